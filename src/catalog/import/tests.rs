//! What a person's file may hold, and what they are told when it does not fit.

use super::*;
use crate::base::{Currency::Eur, Money};
use crate::catalog::Status;
use proptest::prelude::*;

const HEADER: &str = "Handle,Title,Body,Category,Option1 Name,Option1 Value,Option2 Name,Option2 Value,\
    Variant SKU,Variant Price,Variant Compare At Price,Variant Inventory Qty,Variant Grams,Image Src,\
    Image Alt Text,Status";

fn file(rows: &[&str]) -> Vec<u8> {
    format!("{HEADER}\n{}\n", rows.join("\n")).into_bytes()
}

fn read(bytes: &[u8], currency: Currency) -> Result<Import, Mistakes> {
    super::read(bytes, currency, Timestamp::UNIX_EPOCH)
}

fn first_mistake(rows: &[&str]) -> Mistake {
    read(&file(rows), Eur).unwrap_err().shown()[0].clone()
}

fn problem(row: &str) -> Problem {
    first_mistake(&[row]).problem
}

#[test]
fn rows_of_a_handle_become_one_product_with_its_variants_and_stock() {
    let import = read(
        &file(&[
            "apron,Linen apron,\"Washed linen,\nmade here\",Kitchen,Size,S,Colour,Oat,AP-S,42.90,50,7,300,apron.jpg,An apron,active",
            "apron,,,,,M,,Oat,AP-M,44,,,310,,,",
            "cup,Cup,,Kitchen,Title,Default Title,,,CUP,9.5,,0,,,,draft",
        ]),
        Eur,
    )
    .unwrap();
    let [apron, cup] = import.products.as_slice() else { panic!("two products") };
    assert_eq!(apron.variants, [(2, Some(7)), (3, None)]);
    assert_eq!(apron.product.variants[0].label(), "S / Oat");
    assert_eq!(apron.product.variants[0].compare_at, Some(Money::new(5000, Eur)));
    assert_eq!(apron.product.variants[1].price, Money::new(4400, Eur));
    assert_eq!(apron.product.body.as_str(), "Washed linen,\nmade here");
    assert_eq!(apron.product.picture.as_ref().unwrap().name.as_str(), "apron.jpg");
    assert_eq!((cup.product.options.len(), cup.product.status), (0, Status::Draft));
    assert_eq!(cup.variants, [(4, Some(0))]);
}

#[test]
fn a_byte_order_mark_semicolons_and_columns_in_another_order_are_taken() {
    let text =
        "\u{feff}variant price;Title;Handle;Category;Vendor;Variant SKU\r\n9.50;Cup;cup;Kitchen;Us;CUP\r\n";
    let import = read(text.as_bytes(), Eur).unwrap();
    assert_eq!(import.products[0].product.variants[0].price.minor, 950);
    assert_eq!(import.ignored, ["Vendor"]);
}

#[test]
fn each_mistake_is_named_for_what_it_is() {
    let row = "Cup,!,Kitchen";
    assert_eq!(problem(&format!("C up,{row},,,,,CUP,1,,,,,,")), Problem::Handle);
    assert_eq!(problem("cup,,,Kitchen,,,,,CUP,1,,,,,,"), Problem::Empty);
    assert_eq!(problem("cup,Cup,,,,,,,CUP,1,,,,,,"), Problem::Empty);
    assert_eq!(problem("cup,Cup,,K,,,,,,1,,,,,,"), Problem::Empty);
    assert_eq!(problem("cup,Cup,,K,,,,,CUP,\"1,50\",,,,,,"), Problem::Price { decimals: 2 });
    assert_eq!(problem("cup,Cup,,K,,,,,CUP,0,,,,,,"), Problem::PriceOutOfRange);
    assert_eq!(problem("cup,Cup,,K,,,,,CUP,1000000,,,,,,"), Problem::PriceOutOfRange);
    assert_eq!(problem("cup,Cup,,K,,,,,CUP,5,5,,,,,"), Problem::CompareNotHigher);
    assert_eq!(problem("cup,Cup,,K,,,,,CUP,5,,-1,,,,"), Problem::Number);
    assert_eq!(problem("cup,Cup,,K,,,,,CUP,5,,1000001,,,,"), Problem::Number);
    assert_eq!(problem("cup,Cup,,K,,,,,CUP,5,,,1.5,,,"), Problem::Number);
    assert_eq!(problem("cup,Cup,,K,,Red,,,CUP,5,,,,,,"), Problem::OptionWithoutName);
    assert_eq!(problem("cup,Cup,,K,,,Colour,Red,CUP,5,,,,,,"), Problem::OptionSecondOnly);
    assert_eq!(problem("cup,Cup,,K,Colour,,,,CUP,5,,,,,,"), Problem::Empty);
    assert_eq!(problem("cup,Cup,,K,,,,,CUP,5,,,,https://x.example/a.jpg,A,"), Problem::PictureAddress);
    assert_eq!(problem("cup,Cup,,K,,,,,CUP,5,,,,../a.jpg,A,"), Problem::PictureName);
    assert_eq!(problem("cup,Cup,,K,,,,,CUP,5,,,,a.svg,A,"), Problem::PictureName);
    assert_eq!(problem("cup,Cup,,K,,,,,CUP,5,,,,a.jpg,,"), Problem::AltMissing);
    assert_eq!(problem("cup,Cup,,K,,,,,CUP,5,,,,,,gone"), Problem::Status);
    assert_eq!(problem("cup,Cup,,K,,,,,CUP,5,,,,,,,extra"), Problem::TooManyCells);
    assert_eq!(
        problem(&format!("cup,{},,K,,,,,CUP,5,,,,,,", "x".repeat(121))),
        Problem::TooLong { max: 120 }
    );
    assert_eq!(problem("cup,Cu\u{202e}p,,K,,,,,CUP,5,,,,,,"), Problem::Control);
}

#[test]
fn mistakes_between_rows_name_both_rows() {
    let cup = "cup,Cup,,K,Size,S,,,CUP-S,5,,,,,,";
    let jug = "jug,Jug,,K,,,,,JUG,5,,,,,,";
    let at = |mistake: Mistake| (mistake.row, mistake.column, mistake.problem);
    assert_eq!(
        at(first_mistake(&[cup, jug, "cup,Cup,,K,Size,M,,,CUP-M,5,,,,,,"])),
        (Some(4), Some("Handle"), Problem::HandleApart { row: 2 })
    );
    assert_eq!(
        at(first_mistake(&[cup, "cup,,,,,s,,,CUP-M,5,,,,,,"])),
        (Some(3), None, Problem::OptionsTwice { row: 2 })
    );
    assert_eq!(
        at(first_mistake(&[cup, "cup,Other,,,,M,,,CUP-M,5,,,,,,"])),
        (Some(3), Some("Title"), Problem::DiffersFromFirst { row: 2 })
    );
    assert_eq!(
        at(first_mistake(&[cup, jug, "can,Can,,K,,,,,JUG,5,,,,,,"])),
        (Some(4), Some("Variant SKU"), Problem::SkuTwice { row: 3 })
    );
}

#[test]
fn one_mistake_takes_nothing_and_all_are_counted() {
    let rows: Vec<String> = (0..50).map(|n| format!("cup-{n},Cup,,K,,,,,CUP-{n},free,,,,,,")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let mistakes = read(&file(&rows), Eur).unwrap_err();
    assert_eq!((mistakes.shown().len(), mistakes.count(), mistakes.rest()), (MOST_SHOWN, 50, 30));
    assert_eq!(mistakes.shown()[19].row, Some(21));
}

#[test]
fn a_file_that_is_no_file_of_products_is_told_so() {
    let problem = |bytes: &[u8]| read(bytes, Eur).unwrap_err().shown()[0].clone();
    assert_eq!(problem(b"").problem, Problem::ColumnMissing);
    assert_eq!(problem(HEADER.as_bytes()).problem, Problem::NoRows);
    let twice = problem(b"Handle,Title,Category,Variant SKU,Variant Price,Title\n");
    assert_eq!((twice.column, twice.problem), (Some("Title"), Problem::ColumnTwice));
    let missing = problem(b"Handle,Title,Category,Variant SKU\n");
    assert_eq!((missing.column, missing.problem), (Some("Variant Price"), Problem::ColumnMissing));
    let latin = [file(&[]), b"cup,K\xf6ln,,K,,,,,CUP,5,,,,,,\n".to_vec()].concat();
    let latin = problem(&latin);
    assert_eq!((latin.row, latin.problem), (Some(2), Problem::NotUtf8));
}

#[test]
fn limits_hold() {
    let large = vec![b'a'; MOST_BYTES + 1];
    assert_eq!(read(&large, Eur).unwrap_err().shown()[0].problem, Problem::FileTooLarge);
    let rows: Vec<String> = (0..=MOST_ROWS).map(|n| format!("c-{n},C,,K,,,,,S-{n},5,,,,,,")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    assert_eq!(read(&file(&rows), Eur).unwrap_err().shown()[0].problem, Problem::TooManyRows);
    assert_eq!(read(&file(&rows[1..]), Eur).unwrap().products.len(), 10_000);
    let rows: Vec<String> = (0..=MOST_VARIANTS).map(|n| format!("c,C,,K,Size,{n},,,S-{n},5,,,,,,")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    assert_eq!(first_mistake(&rows).problem, Problem::TooManyVariants);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = read(&bytes, Eur);
        let _ = read(&[file(&[]), bytes].concat(), Eur);
    }
}
