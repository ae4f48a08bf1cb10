//! Exports of other shops against the shop: what they replace, what they leave alone, and the two real ones.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::*;
use crate::action::fixture::Fixture;
use crate::base::Currency::Usd;
use crate::base::Line;
use crate::base::Money;
use crate::catalog::import::Remark;
use crate::catalog::{Status, Variant};

const SHOPIFY: &str = "Handle,Title,Type,Variant SKU,Variant Price,Variant Inventory Qty,Image Src,Option1 Name,\
    Option1 Value,Published\n";
const WOO: &str = "ID,Type,SKU,Name,Published,Stock,Regular price,Categories,Images\n";

fn sent(file: String) -> ImportProducts {
    ImportProducts { file: file.into_bytes(), currency: Usd, pictures: BTreeMap::new(), demo: false }
}

fn picture(byte: u8) -> Picture {
    Picture { media_type: "image/png".to_owned(), width: 1, height: 1, bytes: vec![byte] }
}

fn problems(report: &ImportReport) -> Vec<(Option<u64>, Problem)> {
    report.left_out.shown().iter().map(|it| (it.row, it.problem.clone())).collect()
}

/// A file of the folder `shared/data` beside the checkout, or above it: not ours to pass on. A test without
/// it shows nothing, and says so past the harness, which keeps what passing tests print: `tests/run` counts it.
fn real(name: &str) -> Option<Vec<u8>> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found: Option<PathBuf> =
        above.map(|folder| folder.join("shared/data").join(name)).find(|path| path.is_file());
    if found.is_none() {
        let line = format!("\nskipped: shared/data/{name} is not there\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    Some(std::fs::read(found?).unwrap())
}

async fn import_real(fixture: &Fixture, actor: &Actor, name: &str) -> Option<(ImportReport, Vec<u8>)> {
    let file = real(name)?;
    let sent = ImportProducts { file: file.clone(), currency: Usd, pictures: BTreeMap::new(), demo: false };
    Some((import_products(fixture.app(), actor, sent).await.unwrap(), file))
}

fn offers(variants: &[Variant]) -> Vec<(&str, String, String)> {
    variants.iter().map(|it| (it.sku.as_str(), it.label(), it.price.decimal())).collect()
}

#[tokio::test]
async fn the_real_shopify_export_goes_in_as_it_is() {
    let (fixture, actor) = Fixture::open(false).await;
    let Some((report, file)) = import_real(&fixture, &actor, "shopify-apparel.csv").await else { return };
    assert_eq!(
        (report.format, report.added, report.replaced, report.variants, report.pictures_left),
        (Format::Shopify, 20, 0, 22, 20)
    );
    assert_eq!((report.rows_left, report.left_out.count(), report.pictures), (0, 0, 0));
    assert_eq!(report.ignored, ["Vendor", "Variant Inventory Policy", "Variant Fulfillment Service"]);
    let catalog = fixture.catalog();
    assert_eq!((catalog.all().len(), catalog.active().count()), (20, 20));
    let categories: Vec<_> = catalog.categories().into_iter().collect();
    assert_eq!(categories, [("men", 6), ("women", 14)], "no type there: the first tag");
    let top = catalog.product("classic-varsity-top").unwrap();
    assert_eq!(top.title.as_str(), "Classic Varsity Top");
    assert!(top.body.as_str().starts_with("Womens casual varsity top, This grey and black"));
    assert_eq!(top.options.iter().map(Line::as_str).collect::<Vec<_>>(), ["Size"]);
    let sizes = ["Small", "Medium", "Large"];
    let expected = sizes.map(|size| {
        (format!("classic-varsity-top-{}", size.to_lowercase()), size.to_owned(), "60.00".to_owned())
    });
    let told: Vec<_> =
        offers(&top.variants).into_iter().map(|(sku, size, price)| (sku.to_owned(), size, price)).collect();
    assert_eq!(told, expected);
    let shirt = catalog.product("ocean-blue-shirt").unwrap();
    assert_eq!(offers(&shirt.variants), [("ocean-blue-shirt", String::new(), "50.00".to_owned())]);
    assert_eq!((shirt.options.len(), shirt.picture.as_ref()), (0, None));
    assert_eq!(fixture.stock("classic-varsity-top-large").unwrap().on_hand, 1);
    assert_eq!(
        (report.remarks.rows(Remark::SkuMade).len(), report.remarks.rows(Remark::StockUntracked).len()),
        (22, 22)
    );

    let again = sent(String::from_utf8(file).unwrap());
    let again = import_products(fixture.app(), &actor, again).await.unwrap();
    assert_eq!((again.added, again.replaced, again.unchanged), (0, 20, 20));
    assert_eq!(fixture.catalog().all(), catalog.all());
}

#[tokio::test]
async fn the_real_woocommerce_export_goes_in_but_for_what_we_cannot_sell() {
    let (fixture, actor) = Fixture::open(false).await;
    let Some((report, file)) = import_real(&fixture, &actor, "woocommerce-sample-products.csv").await else {
        return;
    };
    assert_eq!(
        (report.format, report.added, report.replaced, report.variants, report.rows_left),
        (Format::WooCommerce, 11, 0, 24, 4)
    );
    let left: Vec<_> =
        report.left_out.shown().iter().map(|it| (it.row, it.line, it.column, it.problem.clone())).collect();
    let at = |row, problem| (Some(row), Some(row), Some("Type"), problem);
    assert_eq!(
        left,
        [
            at(10, Problem::NotShipped),
            at(11, Problem::NotShipped),
            at(17, Problem::Grouped),
            at(18, Problem::External),
        ]
    );
    let catalog = fixture.catalog();
    assert_eq!((catalog.all().len(), catalog.active().count()), (11, 10));
    let categories: Vec<_> = catalog.categories().into_iter().collect();
    assert_eq!(categories, [("Accessories", 6), ("Hoodies", 2), ("Tshirts", 2)]);
    let hoodie = catalog.product("hoodie").unwrap();
    assert_eq!(hoodie.options.iter().map(Line::as_str).collect::<Vec<_>>(), ["Color", "Logo"]);
    let expected = [
        ("cc-hoodie-blue-logo", "Blue / Yes", "45.00"),
        ("cc-hoodie-green-logo", "Green / Yes", "45.00"),
        ("cc-hoodie-red-logo", "Red / Yes", "45.00"),
        ("cc-hoodie-red", "Red / No", "42.00"),
        ("cc-hoodie-green", "Green / No", "45.00"),
        ("cc-hoodie-blue", "Blue / No", "45.00"),
    ];
    assert_eq!(
        offers(&hoodie.variants),
        expected.map(|(sku, label, price)| (sku, label.to_owned(), price.to_owned()))
    );
    assert_eq!(hoodie.variants[3].compare_at, Some(Money::new(4500, Usd)));
    let tee = catalog.product("t-shirt").unwrap();
    assert_eq!(tee.variants.len(), 9, "each colour in any size");
    assert_eq!(
        offers(&tee.variants)[0],
        ("cc-t-shirt-red-large", "Red / Large".to_owned(), "25.00".to_owned())
    );
    let beanie = catalog.product("beanie").unwrap();
    assert_eq!(offers(&beanie.variants), [("cc-beanie", String::new(), "18.00".to_owned())]);
    assert!(beanie.body.as_str().starts_with("This is a simple product.\n\nPellentesque"));
    assert!(beanie.body.as_str().ends_with("\n\nColor: Red"));
    assert_eq!(catalog.product("hoodie-with-pocket").unwrap().status, Status::Draft, "hidden there");
    assert_eq!(
        (report.remarks.rows(Remark::Spread), report.remarks.rows(Remark::Hidden)),
        (vec![19, 20, 21], vec![9])
    );
    assert_eq!((report.remarks.rows(Remark::StockUnsaid).len(), report.pictures_left), (18, 25));

    let again = sent(String::from_utf8(file).unwrap());
    let again = import_products(fixture.app(), &actor, again).await.unwrap();
    assert_eq!((again.added, again.replaced, again.unchanged, again.rows_left), (0, 11, 11, 4));
    assert_eq!(fixture.catalog().all(), catalog.all());
}

#[tokio::test]
async fn pictures_come_with_the_file_under_the_names_in_which_their_addresses_end() {
    let (fixture, actor) = Fixture::open(false).await;
    let rows = "cup,Cup,Kitchen,CUP,9,1,https://cdn.example/f/cup@2x.png?v=1,,,true\njug,Jug,Kitchen,JUG,9,1,https://cdn.example/jug.png,,,true\n";
    let mut with = sent(format!("{SHOPIFY}{rows}"));
    with.pictures =
        BTreeMap::from([("cup@2x.png".to_owned(), picture(1)), ("stray.png".to_owned(), picture(2))]);
    let report = import_products(fixture.app(), &actor, with).await.unwrap();
    assert_eq!((report.pictures, report.pictures_left, report.unused), (1, 1, vec!["stray.png".to_owned()]));
    let shown = |handle: &str| fixture.catalog().product(handle).unwrap().picture.clone();
    let cup = shown("cup").unwrap();
    assert_eq!((cup.name.as_str(), cup.alt.as_str(), shown("jug")), ("cup_2x.png", "Cup", None));
    let without = import_products(fixture.app(), &actor, sent(format!("{SHOPIFY}{rows}"))).await.unwrap();
    assert_eq!((without.unchanged, shown("cup")), (2, Some(cup)), "a picture that is here stays");
}

#[tokio::test]
async fn a_product_that_only_has_the_same_name_is_left_alone() {
    let (fixture, actor) = Fixture::open(false).await;
    let own = "Handle,Title,Category,Variant SKU,Variant Price\ncup,Cup,Kitchen,MINE,9.50\n";
    import_products(fixture.app(), &actor, sent(own.to_owned())).await.unwrap();
    let woo = format!("{WOO}1,simple,CUP,Cup,1,3,8,Home,\n2,simple,JUG,Jug,1,3,8,Home,\n");
    let report = import_products(fixture.app(), &actor, sent(woo)).await.unwrap();
    assert_eq!(problems(&report), [(Some(2), Problem::HandleTaken { handle: "cup".to_owned() })]);
    assert_eq!((report.added, fixture.catalog().variant("MINE").is_some()), (1, true));
    let renamed = format!("{WOO}2,simple,JUG,Great jug,1,5,8,Home,\n");
    let report = import_products(fixture.app(), &actor, sent(renamed)).await.unwrap();
    assert_eq!((report.added, report.replaced), (0, 1), "known by its SKU");
    let catalog = fixture.catalog();
    assert_eq!(catalog.product("jug").unwrap().title.as_str(), "Great jug");
    assert_eq!(fixture.stock("JUG").unwrap().on_hand, 5);
    let taken = format!("{SHOPIFY}mug,Mug,Home,JUG,9,1,,,,true\n");
    let report = import_products(fixture.app(), &actor, sent(taken)).await.unwrap();
    assert_eq!(problems(&report), [(Some(2), Problem::SkuTaken { handle: "jug".to_owned() })]);
    assert_eq!((report.added, report.replaced), (0, 0));
}

#[tokio::test]
async fn a_variant_whose_row_is_broken_stays_as_it_was() {
    let (fixture, actor) = Fixture::open(false).await;
    let file =
        |price: &str| sent(format!("{SHOPIFY}tee,Tee,Tops,T-S,5,4,,Size,S,true\ntee,,,T-M,{price},7,,,M,\n"));
    import_products(fixture.app(), &actor, file("6")).await.unwrap();
    let report = import_products(fixture.app(), &actor, file("six")).await.unwrap();
    assert_eq!((report.rows_left, report.remarks.rows(Remark::VariantKept)), (1, vec![2]));
    let catalog = fixture.catalog();
    assert_eq!(
        offers(&catalog.product("tee").unwrap().variants),
        [("T-S", "S".to_owned(), "5.00".to_owned()), ("T-M", "M".to_owned(), "6.00".to_owned())]
    );
    assert_eq!(fixture.stock("T-M").unwrap().on_hand, 7);
    let nothing = sent(format!("{SHOPIFY}can,Can,Home,CAN,free,1,,,,true\n"));
    let report = import_products(fixture.app(), &actor, nothing).await.unwrap();
    assert_eq!((report.added, report.rows_left), (0, 1), "nothing went in, and that is told");
}
