//! Exports of other shops as those write them: what becomes of each cell, and what is left out for what.

use super::*;
use crate::base::{Currency::Eur, Currency::Jpy, Money};
use crate::catalog::{Status, Variant};

pub(super) const SHOPIFY: &str = "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,\
    Option2 Value,Option3 Name,Option3 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,\
    Variant Inventory Qty,Variant Price,Variant Compare At Price,Variant Requires Shipping,Variant Taxable,\
    Variant Barcode,Image Src,Image Alt Text,Gift Card,Status";
pub(super) const WOO: &str = "ID,Type,SKU,Name,Published,Visibility in catalog,Short description,Description,\
    Date sale price starts,Date sale price ends,Tax status,In stock?,Stock,Weight (kg),Sale price,Regular price,\
    Categories,Images,Parent,Position,Attribute 1 name,Attribute 1 value(s),Attribute 1 visible,\
    Attribute 2 name,Attribute 2 value(s),Attribute 2 visible,Attribute 3 name,Attribute 3 value(s)";

/// Cells by the names of their columns; the others are empty.
fn row(header: &str, cells: &[(&str, &str)]) -> String {
    let cell = |column: &str| {
        let cell = cells.iter().find(|(name, _)| *name == column).map_or("", |(_, cell)| *cell);
        format!("\"{}\"", cell.replace('"', "\"\""))
    };
    for (name, _) in cells {
        assert!(header.split(',').any(|column| column == *name), "{name} is no column");
    }
    header.split(',').map(cell).collect::<Vec<_>>().join(",")
}

fn file(header: &str, rows: &[&[(&str, &str)]]) -> Vec<u8> {
    let rows: Vec<_> = rows.iter().map(|cells| row(header, cells)).collect();
    format!("{header}\n{}\n", rows.join("\n")).into_bytes()
}

pub(super) fn day(text: &str) -> Timestamp {
    format!("{text}T12:00:00Z").parse().unwrap()
}

fn take(header: &str, rows: &[&[(&str, &str)]]) -> Import {
    read(&file(header, rows), Eur, day("2026-03-01")).unwrap()
}

fn left(import: &Import) -> Vec<(Option<u64>, Option<&'static str>, Problem)> {
    import.left_out.shown().iter().map(|it| (it.row, it.column, it.problem.clone())).collect()
}

fn variants(imported: &Imported) -> Vec<(&str, String, i64)> {
    let told = |it: &'_ Variant| (it.label(), it.price.minor);
    imported.product.variants.iter().map(|it| (it.sku.as_str(), told(it).0, told(it).1)).collect()
}

/// A simple WooCommerce product but for these cells.
fn woo<'a>(cells: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [("ID", "7"), ("Type", "simple"), ("SKU", "CUP"), ("Name", "Cup"), ("Published", "1")];
    let more = [("Visibility in catalog", "visible"), ("Tax status", "taxable"), ("In stock?", "1")];
    let last = [("Stock", "5"), ("Regular price", "9.5"), ("Categories", "Kitchen")];
    let mut all: Vec<_> = usual.into_iter().chain(more).chain(last).collect();
    all.retain(|(name, _)| !cells.iter().any(|(other, _)| other == name));
    all.extend(cells);
    all
}

/// A Shopify product in one form but for these cells.
fn shopify<'a>(cells: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [("Handle", "cup"), ("Title", "Cup"), ("Type", "Kitchen"), ("Published", "true")];
    let more = [("Option1 Name", "Title"), ("Option1 Value", "Default Title"), ("Variant SKU", "CUP")];
    let last =
        [("Variant Inventory Tracker", "shopify"), ("Variant Inventory Qty", "5"), ("Variant Price", "9.5")];
    let mut all: Vec<_> = usual.into_iter().chain(more).chain(last).collect();
    all.retain(|(name, _)| !cells.iter().any(|(other, _)| other == name));
    all.extend(cells);
    all
}

#[test]
fn a_shopify_product_keeps_its_texts_options_prices_weights_and_stock() {
    let import = take(
        SHOPIFY,
        &[
            &[
                ("Handle", "apron"),
                ("Title", "Apron &amp; bib"),
                ("Body (HTML)", "<p>Washed <b>linen</b>.</p><ul><li>Warm</li></ul>"),
                ("Vendor", "Us"),
                ("Type", "Kitchen"),
                ("Tags", "linen, home"),
                ("Published", "TRUE"),
                ("Option1 Name", "Size"),
                ("Option1 Value", "S"),
                ("Option2 Name", "Colour"),
                ("Option2 Value", "Oat"),
                ("Variant SKU", "AP-S"),
                ("Variant Grams", "300.4"),
                ("Variant Inventory Tracker", "shopify"),
                ("Variant Inventory Qty", "-2"),
                ("Variant Price", "42.90"),
                ("Variant Compare At Price", "50.00"),
                ("Variant Barcode", "4006381333931"),
                ("Image Src", "https://cdn.example/files/apron@2x.jpg?v=1"),
                ("Image Alt Text", "An apron"),
                ("Status", "active"),
            ],
            &[
                ("Handle", "apron"),
                ("Option1 Value", "M"),
                ("Option2 Value", "Oat"),
                ("Variant SKU", "AP-M"),
                ("Variant Inventory Qty", "7"),
                ("Variant Price", "44"),
                ("Variant Compare At Price", "0"),
                ("Variant Taxable", "false"),
            ],
            &[("Handle", "apron"), ("Image Src", "https://cdn.example/files/back.jpg")],
        ],
    );
    assert_eq!((import.format, import.left_out.count(), import.products.len()), (Format::Shopify, 0, 1));
    let apron = &import.products[0];
    assert_eq!(apron.product.title.as_str(), "Apron & bib");
    assert_eq!(apron.product.body.as_str(), "Washed linen.\n\n• Warm");
    assert_eq!((apron.product.category.as_str(), apron.product.status), ("Kitchen", Status::Active));
    assert_eq!(variants(apron), [("AP-S", "S / Oat".to_owned(), 4290), ("AP-M", "M / Oat".to_owned(), 4400)]);
    assert_eq!(apron.product.variants[0].compare_at, Some(Money::new(5000, Eur)));
    assert_eq!(apron.product.variants[1].compare_at, None, "Shopify shows no lower former price");
    assert_eq!(
        (apron.product.variants[0].grams, apron.variants.as_slice()),
        (300, &[(2, Some(0)), (3, Some(7))][..])
    );
    let foreign = apron.foreign.as_ref().unwrap();
    let wanted: Vec<_> = foreign.wanted.iter().map(Line::as_str).collect();
    assert_eq!(
        (wanted, foreign.addresses, foreign.alt.as_str()),
        (vec!["apron_2x.jpg", "back.jpg"], 2, "An apron")
    );
    assert_eq!(import.ignored, ["Vendor", "Variant Barcode"]);
    assert_eq!(import.remarks.rows(Remark::StockNegative), [2]);
    assert_eq!(
        (import.remarks.rows(Remark::StockUntracked), import.remarks.rows(Remark::OwnTax)),
        (vec![3], vec![3])
    );
}

#[test]
fn shopifys_column_names_of_2025_are_known_too() {
    let text = "Title,URL handle,Description,Type,Published on online store,SKU,Option1 name,Option1 value,Price,\
        Compare-at price,Inventory tracker,Inventory quantity,Weight value (grams),Product image URL\n\
        Cup,cup,<p>Blue</p>,Kitchen,true,CUP,,,9.50,,shopify,3,250,\n\
        Can,can,,Kitchen,true,CAN,,,free,,shopify,3,250,\n";
    let import = read(text.as_bytes(), Eur, day("2026-03-01")).unwrap();
    assert_eq!((import.format, import.products.len()), (Format::Shopify, 1));
    assert_eq!(
        (import.products[0].variants[0], import.products[0].product.variants[0].grams),
        ((2, Some(3)), 250)
    );
    assert_eq!(
        left(&import),
        [(Some(3), Some("Price"), Problem::Price { decimals: 2 })],
        "as this file calls it"
    );
}

#[test]
fn what_shopify_leaves_empty_is_made_and_told() {
    let import = take(
        SHOPIFY,
        &[
            &shopify(&[("Handle", "Été-Top"), ("Type", ""), ("Tags", "women, new"), ("Variant SKU", "")]),
            &shopify(&[
                ("Handle", "can"),
                ("Type", ""),
                ("Variant Inventory Qty", ""),
                ("Variant SKU", "CAN"),
            ]),
        ],
    );
    let [top, can] = import.products.as_slice() else { panic!("{:?}", left(&import)) };
    assert_eq!((top.product.handle.as_str(), variants(top)[0].0), ("ete-top", "ete-top"));
    assert_eq!((top.product.category.as_str(), can.product.category.as_str()), ("women", "Other"));
    assert_eq!(import.remarks.rows(Remark::SkuMade), [2]);
    assert_eq!(import.remarks.rows(Remark::HandleChanged), [2]);
    assert_eq!(import.remarks.rows(Remark::CategoryMade), [3]);
    assert_eq!((import.remarks.rows(Remark::StockUnsaid), can.variants[0].1), (vec![3], None));
}

#[test]
fn a_product_that_is_off_sale_there_is_a_draft_here() {
    for (published, status, ours) in [
        ("true", "active", Status::Active),
        ("", "", Status::Active),
        ("FALSE", "active", Status::Draft),
        ("true", "draft", Status::Draft),
        ("true", "archived", Status::Draft),
        ("true", "unlisted", Status::Draft),
    ] {
        let import = take(SHOPIFY, &[&shopify(&[("Published", published), ("Status", status)])]);
        assert_eq!(import.products[0].product.status, ours, "{published} {status}");
    }
    for (published, visibility, ours) in [
        ("1", "visible", Status::Active),
        ("0", "visible", Status::Draft),
        ("-1", "visible", Status::Draft),
        ("'-1", "visible", Status::Draft),
        ("1", "hidden", Status::Draft),
    ] {
        let import = take(WOO, &[&woo(&[("Published", published), ("Visibility in catalog", visibility)])]);
        assert_eq!(import.products[0].product.status, ours, "{published} {visibility}");
    }
}

#[test]
fn each_row_that_shopify_cannot_give_us_is_named_with_its_column_and_the_others_go_in() {
    let good = shopify(&[("Handle", "good"), ("Variant SKU", "GOOD")]);
    let told = |cells: &[(&str, &str)]| {
        let import = take(SHOPIFY, &[&good, &shopify(cells)]);
        assert_eq!(import.products.len(), 1, "the good one goes in");
        assert_eq!(import.rows_left.iter().collect::<Vec<_>>(), [&3]);
        let (row, column, problem) = left(&import).remove(0);
        assert_eq!(row, Some(3));
        (column.unwrap_or_default(), problem)
    };
    assert_eq!(told(&[("Handle", "")]), ("Handle", Problem::Empty));
    assert_eq!(told(&[("Handle", "東京")]), ("Handle", Problem::Handle));
    assert_eq!(told(&[("Title", "<p></p>")]), ("Title", Problem::Empty));
    assert_eq!(told(&[("Title", &"x".repeat(121))]), ("Title", Problem::TooLong { max: 120 }));
    assert_eq!(
        told(&[("Body (HTML)", &"x".repeat(200_001))]),
        ("Body (HTML)", Problem::TooLong { max: 5000 })
    );
    assert_eq!(told(&[("Variant Price", "")]), ("Variant Price", Problem::Empty));
    assert_eq!(told(&[("Variant Price", "1,234.50")]), ("Variant Price", Problem::Price { decimals: 2 }));
    assert_eq!(told(&[("Variant Price", "0")]), ("Variant Price", Problem::PriceOutOfRange));
    assert_eq!(told(&[("Variant Inventory Qty", "many")]), ("Variant Inventory Qty", Problem::Number));
    assert_eq!(told(&[("Variant Inventory Qty", "1000001")]), ("Variant Inventory Qty", Problem::Number));
    assert_eq!(told(&[("Variant Grams", "heavy")]), ("Variant Grams", Problem::Weight));
    assert_eq!(
        told(&[("Variant Requires Shipping", "false")]),
        ("Variant Requires Shipping", Problem::NotShipped)
    );
    assert_eq!(told(&[("Gift Card", "true")]), ("Gift Card", Problem::GiftCard));
    assert_eq!(told(&[("Option3 Name", "Length")]), ("Option3 Name", Problem::TooManyOptions));
    assert_eq!(
        told(&[("Option1 Name", ""), ("Option1 Value", "Red")]),
        ("Option1 Value", Problem::OptionWithoutName)
    );
    assert_eq!(told(&[("Variant SKU", "GOOD")]), ("Variant SKU", Problem::SkuTwice { row: 2 }));
    let again = told(&[("Handle", "good"), ("Title", "Again")]);
    assert_eq!(again, ("", Problem::OptionsTwice { row: 2 }));
}

#[test]
fn a_broken_variant_leaves_its_product_and_a_broken_product_takes_its_variants_along() {
    let size = |handle, title, name, size, sku, price| {
        vec![
            ("Handle", handle),
            ("Title", title),
            ("Type", "Tops"),
            ("Option1 Name", name),
            ("Option1 Value", size),
            ("Variant SKU", sku),
            ("Variant Price", price),
        ]
    };
    let import = take(
        SHOPIFY,
        &[
            &size("tee", "Tee", "Size", "S", "T-S", "5"),
            &size("tee", "", "", "M", "T-M", "five"),
            &size("tee", "", "", "L", "T-L", "5"),
            &size("top", "", "Size", "S", "P-S", "5"),
            &size("top", "", "", "M", "P-M", "5"),
            &[("Handle", "top"), ("Image Src", "https://cdn.example/p.jpg")],
            &size("tee", "Tee", "Size", "XL", "T-XL", "5"),
        ],
    );
    assert_eq!(import.products.len(), 1);
    assert_eq!(variants(&import.products[0]).iter().map(|it| it.0).collect::<Vec<_>>(), ["T-S", "T-L"]);
    assert_eq!(import.products[0].foreign.as_ref().unwrap().left, ["T-M"]);
    assert_eq!(
        left(&import),
        [
            (Some(3), Some("Variant Price"), Problem::Price { decimals: 2 }),
            (Some(5), Some("Title"), Problem::Empty),
            (Some(6), None, Problem::ProductLeftOut { row: 5 }),
            (Some(8), Some("Handle"), Problem::HandleApart { row: 2 }),
        ]
    );
}

#[test]
fn a_woocommerce_product_keeps_its_texts_price_weight_and_facts() {
    let import = take(
        WOO,
        &[&woo(&[
            ("Name", "Größe &amp; Glanz"),
            ("Short description", r"Blue.\nRound."),
            ("Description", r"<p>Made by hand.</p>\n\n<p>C:\\new</p><script>alert(1)</script>"),
            ("Weight (kg)", "0,45"),
            ("Sale price", "8,5"),
            ("Regular price", "9,5000"),
            ("Categories", r"Home, Home > Kitchen > Cups\, mugs, Gifts"),
            ("Attribute 1 name", "Colour"),
            ("Attribute 1 value(s)", "Blue, White"),
            ("Attribute 1 visible", "1"),
            ("Attribute 2 name", "Secret"),
            ("Attribute 2 value(s)", "x"),
            (
                "Images",
                "https://shop.example/a/cup.jpg, https://shop.example/b/cup.jpg, https://shop.example/c.png",
            ),
        ])],
    );
    assert_eq!((import.format, import.left_out.count()), (Format::WooCommerce, 0), "{:?}", left(&import));
    let cup = &import.products[0];
    assert_eq!((cup.product.handle.as_str(), cup.product.title.as_str()), ("groesse-glanz", "Größe & Glanz"));
    assert_eq!(cup.product.body.as_str(), "Blue.\nRound.\n\nMade by hand.\n\nC:\\new\n\nColour: Blue, White");
    assert_eq!((cup.product.category.as_str(), cup.product.variants[0].grams), ("Cups, mugs", 450));
    assert_eq!((variants(cup)[0].2, cup.product.variants[0].compare_at), (850, Some(Money::new(950, Eur))));
    assert_eq!((cup.variants[0], cup.product.options.len()), ((2, Some(5)), 0));
    let foreign = cup.foreign.as_ref().unwrap();
    let wanted: Vec<_> = foreign.wanted.iter().map(Line::as_str).collect();
    assert_eq!(
        (wanted, foreign.addresses),
        (vec!["c.png"], 3),
        "two pictures called cup.jpg: which is which?"
    );
    assert_eq!(import.remarks.all().collect::<Vec<_>>(), [Remark::MoreCategories]);
}

#[test]
fn a_sale_holds_only_on_its_days() {
    let on = |starts, ends| {
        let cells =
            woo(&[("Sale price", "8"), ("Date sale price starts", starts), ("Date sale price ends", ends)]);
        let import = take(WOO, &[&cells]);
        (import.products[0].product.variants[0].price.minor, import.remarks.rows(Remark::SaleDated).len())
    };
    assert_eq!(on("", ""), (800, 0));
    assert_eq!(on("2026-03-01", "2026-03-01 23:59:59"), (800, 1));
    assert_eq!(on("2026-03-02", ""), (950, 1));
    assert_eq!(on("", "2026-02-28"), (950, 1));
    let higher = take(WOO, &[&woo(&[("Sale price", "12")])]);
    assert_eq!(higher.products[0].product.variants[0].price.minor, 950, "not a sale there either");
}

#[test]
fn variations_become_variants_in_their_order_and_any_value_becomes_each() {
    let parent: &[(&str, &str)] = &[
        ("ID", "1"),
        ("Type", "variable"),
        ("SKU", "tee"),
        ("Name", "Tee"),
        ("Published", "1"),
        ("Categories", "Tops"),
        ("Attribute 1 name", "Material"),
        ("Attribute 1 value(s)", "Cotton"),
        ("Attribute 1 visible", "1"),
        ("Attribute 2 name", "Color"),
        ("Attribute 2 value(s)", "Red, Blue"),
        ("Attribute 3 name", "Size"),
        ("Attribute 3 value(s)", "L, M"),
    ];
    let variation = |sku, position, color, size, price, stock| {
        vec![
            ("Type", "variation"),
            ("SKU", sku),
            ("Parent", "tee"),
            ("Position", position),
            ("Published", "1"),
            ("In stock?", "1"),
            ("Stock", stock),
            ("Regular price", price),
            ("Attribute 1 name", "color"),
            ("Attribute 1 value(s)", color),
            ("Attribute 2 name", "Size"),
            ("Attribute 2 value(s)", size),
        ]
    };
    let import = take(
        WOO,
        &[
            parent,
            &variation("red", "2", "Red", "", "25", "4"),
            &variation("blue-m", "1", "Blue", "M", "20", "3"),
            &variation("blue", "3", "Blue", "", "25", ""),
            &variation("free", "4", "Green", "S", "", "1"),
        ],
    );
    let tee = &import.products[0];
    assert_eq!(tee.product.options.iter().map(Line::as_str).collect::<Vec<_>>(), ["color", "Size"]);
    assert_eq!(
        variants(tee),
        [
            ("blue-m", "Blue / M".to_owned(), 2000),
            ("red-l", "Red / L".to_owned(), 2500),
            ("red-m", "Red / M".to_owned(), 2500),
            ("blue-l", "Blue / L".to_owned(), 2500),
        ]
    );
    assert_eq!(tee.variants, [(3 + 1, Some(3)), (3, None), (3, None), (5, None)]);
    assert_eq!(tee.product.body.as_str(), "Material: Cotton");
    assert_eq!(
        (import.remarks.rows(Remark::Spread), import.remarks.rows(Remark::StockShared)),
        (vec![3, 5], vec![3])
    );
    assert_eq!(left(&import), [(Some(6), Some("Regular price"), Problem::Empty)]);
}

#[test]
fn each_row_that_woocommerce_cannot_give_us_is_named_with_its_column_and_the_others_go_in() {
    let good = woo(&[("SKU", "GOOD"), ("Name", "Good")]);
    let told = |cells: &[(&str, &str)]| {
        let import = take(WOO, &[&good, &woo(cells)]);
        assert_eq!((import.products.len(), import.rows_left.len()), (1, 1), "{:?}", left(&import));
        let (row, column, problem) = left(&import).remove(0);
        assert_eq!(row, Some(3));
        (column.unwrap_or_default(), problem)
    };
    assert_eq!(told(&[("Type", "grouped")]), ("Type", Problem::Grouped));
    assert_eq!(told(&[("Type", "external")]), ("Type", Problem::External));
    assert_eq!(told(&[("Type", "simple, virtual")]), ("Type", Problem::NotShipped));
    assert_eq!(told(&[("Type", "simple, downloadable")]), ("Type", Problem::NotShipped));
    assert_eq!(
        told(&[("Type", "subscription")]),
        ("Type", Problem::ProductType { kind: "subscription".to_owned() })
    );
    assert_eq!(told(&[("Type", "")]).0, "Type");
    assert_eq!(told(&[("Type", "variable")]), ("", Problem::NoVariants));
    let lost = told(&[("Type", "variation"), ("Parent", "id:99")]);
    assert_eq!(lost, ("Parent", Problem::ParentMissing { parent: "id:99".to_owned() }));
    assert_eq!(told(&[("Name", "東京"), ("SKU", "東"), ("ID", "")]).1, Problem::NoHandle);
    assert_eq!(told(&[("Regular price", "")]), ("Regular price", Problem::Empty));
    assert_eq!(told(&[("Sale price", "cheap")]), ("Sale price", Problem::Price { decimals: 2 }));
    assert_eq!(told(&[("Stock", "2.5")]), ("Stock", Problem::Number));
    assert_eq!(told(&[("Weight (kg)", "1001")]), ("Weight (kg)", Problem::Weight));
    assert_eq!(told(&[("SKU", "GOOD"), ("Name", "Other")]), ("SKU", Problem::SkuTwice { row: 2 }));
}

#[test]
fn a_variable_product_past_our_limits_is_left_out_whole() {
    let parent = woo(&[("Type", "variable"), ("SKU", "tee"), ("Regular price", "")]);
    let variation = |cells: &[(&'static str, &'static str)]| {
        let own = [
            ("Type", "variation"),
            ("SKU", "v"),
            ("Parent", "tee"),
            ("Published", "1"),
            ("Regular price", "5"),
        ];
        own.into_iter().chain(cells.iter().copied()).collect::<Vec<_>>()
    };
    let three = variation(&[("Attribute 1 name", "A"), ("Attribute 2 name", "B"), ("Attribute 3 name", "C")]);
    let import = take(WOO, &[&parent, &three]);
    assert_eq!(
        left(&import),
        [
            (Some(2), Some("Attribute 3 name"), Problem::TooManyOptions),
            (Some(3), None, Problem::ProductLeftOut { row: 2 })
        ]
    );
    let values: Vec<_> = (0..101).map(|number| format!("v{number}")).collect();
    let values = values.join(", ");
    let mut many = parent.clone();
    many.extend([("Attribute 1 name", "Size"), ("Attribute 1 value(s)", values.as_str())]);
    let import = take(WOO, &[&many, &variation(&[("Attribute 1 name", "Size")])]);
    assert_eq!(left(&import)[0], (Some(3), Some("Attribute 1 value(s)"), Problem::TooManyVariants));
    let off = variation(&[("Published", "0"), ("Attribute 1 name", "Size"), ("Attribute 1 value(s)", "S")]);
    let off: Vec<_> = off.into_iter().filter(|cell| *cell != ("Published", "1")).collect();
    assert_eq!(left(&take(WOO, &[&parent, &off]))[0], (Some(3), Some("Published"), Problem::VariantOff));
    let virtual_one = variation(&[("Attribute 1 name", "Size"), ("Attribute 1 value(s)", "S")]);
    let virtual_one: Vec<_> = virtual_one
        .into_iter()
        .map(|cell| if cell.0 == "Type" { ("Type", "variation, virtual") } else { cell })
        .collect();
    assert_eq!(left(&take(WOO, &[&parent, &virtual_one]))[0], (Some(3), Some("Type"), Problem::NotShipped));
    let rows: Vec<_> =
        (0..=MOST_VARIANTS).map(|number| (number.to_string(), format!("T-{number}"))).collect();
    let rows: Vec<_> = rows
        .iter()
        .map(|(size, sku)| {
            shopify(&[
                ("Handle", "tee"),
                ("Option1 Name", "Size"),
                ("Option1 Value", size),
                ("Variant SKU", sku),
            ])
        })
        .collect();
    let rows: Vec<&[(&str, &str)]> = rows.iter().map(Vec::as_slice).collect();
    let import = take(SHOPIFY, &rows);
    assert_eq!(
        (left(&import)[0].2.clone(), import.products.len(), import.rows_left.len()),
        (Problem::TooManyVariants, 0, 101)
    );
    assert_eq!((import.left_out.shown().len(), import.left_out.rest()), (MOST_LEFT_OUT, 101 - MOST_LEFT_OUT));
}

#[test]
fn two_woocommerce_products_of_one_name_have_two_handles() {
    let import = take(WOO, &[&woo(&[]), &woo(&[("SKU", "CUP-2")]), &woo(&[("SKU", ""), ("ID", "12")])]);
    let handles: Vec<_> = import.products.iter().map(|it| it.product.handle.as_str()).collect();
    assert_eq!(handles, ["cup", "cup-cup-2", "cup-12"]);
    assert_eq!(variants(&import.products[2])[0].0, "cup-12", "a SKU of its handle");
}

#[test]
fn formulas_stay_the_text_that_they_are() {
    let cells = [
        ("Name", "'=HYPERLINK(\"https://evil.example\")"),
        ("SKU", "'+CUP"),
        ("Stock", "'-3"),
        ("Description", "@sum"),
    ];
    let import = take(WOO, &[&woo(&cells)]);
    let cup = &import.products[0];
    assert_eq!(cup.product.title.as_str(), "=HYPERLINK(\"https://evil.example\")");
    assert_eq!((variants(cup)[0].0, cup.variants[0].1, cup.product.body.as_str()), ("+CUP", Some(0), "@sum"));
}

#[test]
fn marks_semicolons_carriage_returns_and_quoted_lines_are_taken_and_lines_are_told() {
    let text = "\u{feff}Handle;Title;Body (HTML);Type;Variant SKU;Variant Price\r\n\
        cup;Cup;\"one\r\ntwo\";Kitchen;CUP;9,50\r\n\
        can;Can;;Kitchen;CAN;free\r\n";
    let import = read(text.as_bytes(), Eur, day("2026-03-01")).unwrap();
    assert_eq!(import.products[0].product.body.as_str(), "one two");
    assert_eq!(import.products[0].product.variants[0].price.minor, 950);
    let told = &import.left_out.shown()[0];
    assert_eq!((told.row, told.line, told.column), (Some(3), Some(4), Some("Variant Price")));
    let yen =
        read(&file(SHOPIFY, &[&shopify(&[("Variant Price", "900.00")])]), Jpy, day("2026-03-01")).unwrap();
    assert_eq!(yen.products[0].product.variants[0].price, Money::new(900, Jpy));
}

#[test]
fn a_file_that_is_damaged_as_a_whole_is_refused_as_a_whole() {
    let good = file(
        SHOPIFY,
        &[&shopify(&[("Title", "Kaffee")]), &shopify(&[("Handle", "b"), ("Variant SKU", "B")])],
    );
    let problem = |bytes: &[u8]| {
        let told = read(bytes, Eur, day("2026-03-01")).unwrap_err();
        (told.shown()[0].row, told.shown()[0].problem.clone())
    };
    // Windows-1252 writes an accent as one byte: guessing would make wrong names of the others.
    let latin = String::from_utf8(good.clone()).unwrap().replace("Kaffee", "Caf\0");
    let latin: Vec<u8> = latin.bytes().map(|byte| if byte == 0 { 0xe9 } else { byte }).collect();
    assert_eq!(problem(&latin), (Some(2), Problem::NotUtf8));
    let utf16: Vec<u8> = b"\xff\xfe".iter().copied().chain(good.iter().flat_map(|byte| [*byte, 0])).collect();
    assert_eq!(problem(&utf16).1, Problem::NotUtf8);
    let open = "Handle,Title,Type,Variant SKU,Variant Price\ncup,Cup,Home,CUP,5\ncan,\"Can,Home,CAN,5\njug,Jug,Home,JUG,5\n";
    assert_eq!(problem(open.as_bytes()), (Some(3), Problem::QuoteOpen), "where it is opened");
    assert_eq!(problem(SHOPIFY.as_bytes()), (None, Problem::NoRows));
    let rows = format!("{SHOPIFY}\n{}", "a,b\n".repeat(10_001));
    assert_eq!(problem(rows.as_bytes()), (None, Problem::TooManyRows));
}

#[test]
fn a_description_past_our_limit_is_cut_at_a_word_and_told() {
    let long = "word ".repeat(1_200);
    let import = take(SHOPIFY, &[&shopify(&[("Body (HTML)", &long)])]);
    let body = import.products[0].product.body.as_str();
    assert!(body.ends_with("word…") && body.chars().count() <= 5_000 && body.len() > 4_900, "{}", body.len());
    assert_eq!(import.remarks.rows(Remark::BodyCut), [2]);
}

#[test]
fn our_own_file_is_still_ours() {
    let own = "Handle,Title,Body,Category,Variant SKU,Variant Price,Vendor,Published\ncup,Cup,<b>,Kitchen,CUP,free,,\n";
    let told = read(own.as_bytes(), Eur, day("2026-03-01")).unwrap_err();
    assert_eq!((told.count(), told.shown()[0].column), (1, Some("Variant Price")), "one mistake refuses it");
}
