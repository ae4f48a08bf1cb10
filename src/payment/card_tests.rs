use proptest::prelude::*;

use super::*;

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn parse(number: &str, expiry: &str, code: &str, holder: &str) -> Result<Card, Vec<&'static str>> {
    Card::parse(number, expiry, code, holder, now())
        .map_err(|errors| errors.into_iter().map(|error| error.key).collect())
}

#[test]
fn a_card_is_read_as_people_write_it() {
    let card = parse(" 4242 4242-4242 4242 ", "12 / 2027", " 123 ", " Ada Osei ").unwrap();
    assert_eq!(card.expose_number(), "4242424242424242");
    assert_eq!(card.expiry(), (12, 2027));
    assert_eq!((card.expose_code(), card.expose_holder()), ("123", "Ada Osei"));
    assert_eq!((card.last_four(), card.brand()), ("4242", Brand::Visa));
    for expiry in ["11/26", "1126", "112026", "11-26", "11 / 26"] {
        assert_eq!(parse("5555555555554444", expiry, "123", "A").unwrap().expiry(), (11, 2026), "{expiry}");
    }
    assert_eq!(parse("378282246310005", "1/27", "1234", "A").unwrap().brand(), Brand::Amex);
}

#[test]
fn every_field_is_told_what_is_wrong_with_it_at_once() {
    let all = ["card-number-empty", "card-expiry-empty", "card-code-empty", "card-holder-empty"];
    assert_eq!(parse("", " ", "", "").unwrap_err(), all);
    let wrong = ["card-number-wrong", "card-expiry-wrong", "card-code-wrong", "card-holder-is-number"];
    assert_eq!(parse("4242424242424241", "13/27", "12", "4242424242424242").unwrap_err(), wrong);
    for number in ["0000000000000000", "42", "42424242424242424242", "4242x4242", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"]
    {
        assert_eq!(parse(number, "12/27", "123", "A").unwrap_err(), ["card-number-wrong"], "{number}");
    }
    for code in ["12", "1234", "12a", "١٢٣"] {
        assert_eq!(parse("4242424242424242", "12/27", code, "A").unwrap_err(), ["card-code-wrong"], "{code}");
    }
    assert_eq!(parse("378282246310005", "12/27", "123", "A").unwrap_err(), ["card-code-wrong-amex"]);
    let long = "x".repeat(101);
    assert_eq!(parse("4242424242424242", "12/27", "123", &long).unwrap_err(), ["card-holder-wrong"]);
}

#[test]
fn a_number_has_one_of_its_schemes_lengths() {
    // Each satisfies Luhn's check.
    for (number, code) in [
        ("4222222222222", "123"),
        ("4013250000000000006", "123"),
        ("36227206271667", "123"),
        ("3056930009020004", "123"),
        ("6205500000000000004", "123"),
        ("371449635398431", "1234"),
        ("500000000009", "123"),
    ] {
        assert!(parse(number, "12/27", code, "A").is_ok(), "{number}");
    }
    for (number, code) in [
        ("42424242424242", "123"),
        ("55555555555553", "123"),
        ("555555555555555551", "123"),
        ("3782822463100052", "1234"),
        ("37828224631003", "1234"),
        ("601111111111116", "123"),
        ("3622720627163", "123"),
    ] {
        assert!(luhn(number.as_bytes()), "{number}");
        assert_eq!(parse(number, "12/27", code, "A").unwrap_err(), ["card-number-wrong"], "{number}");
    }
}

#[test]
fn a_card_is_good_to_the_end_of_its_month_everywhere() {
    for (expiry, key) in [
        ("10/26", "card-expiry-past"),
        ("12/25", "card-expiry-past"),
        ("12/47", "card-expiry-wrong"),
        ("00/27", "card-expiry-wrong"),
        ("12/027", "card-expiry-wrong"),
        ("+1/27", "card-expiry-wrong"),
        ("tomorrow", "card-expiry-wrong"),
    ] {
        assert_eq!(parse("4242424242424242", expiry, "123", "A").unwrap_err(), [key], "{expiry}");
    }
    let still_november_somewhere = "2026-12-01T11:59:59Z".parse().unwrap();
    assert!(Card::parse("4242424242424242", "11/26", "123", "A", still_november_somewhere).is_ok());
    let over = "2026-12-01T12:00:00Z".parse().unwrap();
    assert!(Card::parse("4242424242424242", "11/26", "123", "A", over).is_err());
}

#[test]
fn nothing_of_a_card_is_shown() {
    let card = parse("4242424242424242", "12/27", "123", "Ada Osei").unwrap();
    assert_eq!(format!("{card:?} {card:#?}"), "Card Card");
    let errors = Card::parse("4242424242424241", "12/27", "123", "Ada", now()).unwrap_err();
    assert!(!format!("{errors:?}").contains("4242"));
}

proptest! {
    #[test]
    fn no_form_makes_it_panic(number in ".{0,50}", expiry in "[0-9/ .-]{0,9}|.{0,9}", code in ".{0,6}", holder in ".{0,120}") {
        let _ = Card::parse(&number, &expiry, &code, &holder, now());
    }

    #[test]
    fn one_wrong_digit_is_always_noticed(place in 0_usize..16, by in 1_u8..10) {
        let mut number = b"4242424242424242".to_vec();
        number[place] = (number[place] - b'0' + by) % 10 + b'0';
        prop_assert!(!luhn(&number));
    }
}
