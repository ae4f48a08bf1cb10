//! Exports of strangers: whatever stands in them, and however much.

use super::export_tests::{SHOPIFY, WOO, day};
use super::*;
use crate::base::Currency::Eur;
use proptest::prelude::*;

proptest! {
    #[test]
    fn no_export_makes_it_panic(rows in proptest::collection::vec(proptest::collection::vec("[a-z<>&;,'0-9\\\\. -]{0,12}", 0..30), 0..6)) {
        for header in [SHOPIFY, WOO] {
            let lines: Vec<_> = rows.iter().map(|row| row.join(",")).collect();
            let _ = read(format!("{header}\n{}\n", lines.join("\n")).as_bytes(), Eur, day("2026-03-01"));
        }
    }
}

#[test]
fn pictures_and_attributes_without_end_are_bounded() {
    let images: Vec<_> = (0..25).map(|number| format!("https://shop.example/{number}.png")).collect();
    let names: Vec<_> = (1..=60)
        .map(|number| {
            format!("Attribute {number} name,Attribute {number} value(s),Attribute {number} visible")
        })
        .collect();
    let cells: Vec<_> = (1..=60).map(|number| format!("Fact {number},yes,1")).collect();
    let text = format!(
        "Type,SKU,Name,Regular price,Images,{}\nsimple,CUP,Cup,5,\"{}\",{}\n",
        names.join(","),
        images.join(", "),
        cells.join(",")
    );
    let import = read(text.as_bytes(), Eur, day("2026-03-01")).unwrap();
    let cup = &import.products[0];
    let foreign = cup.foreign.as_ref().unwrap();
    assert_eq!((foreign.wanted.len(), foreign.addresses), (20, 25));
    assert!(cup.product.body.as_str().ends_with("Fact 50: yes"), "{}", cup.product.body.as_str());
    assert_eq!(import.ignored.len(), 30, "the columns of the last ten are named as not read");
}
