//! Another shop's export, part of the audit log, a program's token: what the other tests do not call.

use super::harness::people::EMAIL;
use super::harness::{Admin, Shop};
use super::sign_in;

#[tokio::test]
async fn rows_that_an_import_leaves_out_are_named_and_nothing_taken_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut admin = Admin::set_up(&shop).await;
    let desk = sign_in(folder.path(), &shop, EMAIL, &admin.second.code());
    let file = folder.path().join("export.csv");
    let name = file.to_str().unwrap();

    let head = "ID,Type,SKU,Name,Published,Regular price,Stock,Categories,Images\n";
    let bad = "2,simple,CARD,Gift,1,free,1,Home,\n";
    let good = "1,simple,TEA-9,Mint tea,1,6.50,,Tea,https://old.example/tea.jpg\n";
    std::fs::write(&file, format!("{head}{good}{bad}")).unwrap();
    let said = desk.say(&["products", "import", name]);
    assert!(said.starts_with("1 product added, 0 replaced; 1 variant, 0 pictures.\n"), "{said}");
    assert!(said.contains("1 row was left out") && said.contains("row 3, Regular price"), "{said}");
    assert!(said.contains("1 picture left out") && said.contains("--pictures"), "{said}");
    // What the file does not say is told with the row that it is about.
    let remark = said.split("WHAT BECAME OF IT").nth(1).unwrap();
    assert!(remark.lines().any(|line| line.ends_with("  2")), "{said}");
    assert_eq!(desk.json(&["products", "import", name])["rows_left"], 1);

    std::fs::write(&file, format!("{head}{bad}")).unwrap();
    let (code, said) = desk.refused(&["products", "import", name], "");
    assert!(code == 65 && said.contains("nothing was imported: 1 row was left out"), "{code} {said}");
    assert!(said.contains("row 2, Regular price"), "{said}");
    assert_eq!(desk.say(&["products", "list", "--words", "zzzz"]), "No product is like that.\n");
}

#[tokio::test]
async fn part_of_the_log_is_exported_as_lines_and_checked_and_a_wrong_key_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut admin = Admin::set_up(&shop).await;
    let desk = sign_in(folder.path(), &shop, EMAIL, &admin.second.code());
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();

    desk.say(&["audit", "export", "--since", &today, "--lines", &path("lines.jsonl")]);
    let report = desk.json(&["audit", "verify", &path("lines.jsonl")]);
    assert!(report["good"] == true && report["bundle_signed"].is_null(), "{report}");
    let (code, said) = desk.refused(&["audit", "export", "--since", "soon", &path("never.jsonl")], "");
    assert!(code == 65 && said.contains("since"), "{code} {said}");
    assert!(!folder.path().join("never.jsonl").exists() && !folder.path().join("never.part").exists());

    desk.say(&["audit", "export", &path("bundle.jsonl")]);
    let (code, said) =
        desk.refused(&["audit", "verify", "--key", &"AB".repeat(32), &path("bundle.jsonl")], "");
    assert!(code == 65 && said.contains("key"), "{code} {said}");
}

#[tokio::test]
async fn a_programs_token_is_kept_and_opens_only_what_it_carries() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut admin = Admin::set_up(&shop).await;
    let page = admin.open("/tokens").await;
    let form = page.form("/tokens").set("name", "till").set("right.see-products", "yes");
    let page = admin.browser.submit(form).await;
    let text = page.text();
    let token = text.split("class=\"secret token\" translate=\"no\">").nth(1).unwrap();
    let token = token.split('<').next().unwrap();

    let mut desk = super::desk(folder.path(), &shop);
    desk.home = folder.path().join("till");
    desk.say(&["trust", &desk.machine, "--fingerprint", shop.fingerprint()]);
    let output = desk.run(&["login", "--token-stdin"], &format!("{token}\n"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!String::from_utf8_lossy(&output.stdout).contains(token));
    assert!(desk.say(&["products", "list", "--words", "mug"]).contains("stoneware-mug"));
    let (code, said) = desk.refused(&["staff", "list"], "");
    assert_ne!(code, 0, "{said}");
    let (code, said) = desk.refused(&["login", "--token-stdin"], "cct_nothing\n");
    assert!(code == 77 && !said.contains("cct_nothing"), "{code} {said}");
}
