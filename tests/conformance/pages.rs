//! What is held of pages by their source: how they ask for a password.

use super::house::House;

/// Statements of the console's code that make a field for a password.
fn password_fields(source: &str) -> Vec<String> {
    let begins = source.split("Field::new(").skip(1);
    let statement = |text: &str| text.split(['\n', ';']).take(4).collect::<Vec<_>>().join(" ");
    let name = |text: &str| {
        text.trim_start().starts_with("\"password") || text.trim_start().starts_with("\"new_password")
    };
    begins.filter(|text| name(text)).map(statement).collect()
}

#[test]
fn a_password_is_hidden_while_it_is_typed_and_may_be_pasted() {
    let house = House::here();
    let mut found = 0;
    for path in house.files("src/web/console", "rs") {
        for field in password_fields(&house.text(&path)) {
            found += 1;
            let kinds = ["current-password", "new-password"]
                .map(|use_of| format!(".kind(\"password\", \"{use_of}\")"));
            assert!(kinds.iter().any(|kind| field.contains(kind.as_str())), "{path}: {field}");
        }
    }
    assert!(found >= 3, "the search is broken: it finds {found} fields");
    for path in house.files("templates", "html") {
        let text = house.text(&path).to_lowercase();
        assert!(!text.contains("onpaste") && !text.contains("oncopy"), "{path} stands in the way of pasting");
    }
}
