use std::collections::BTreeMap;

use crate::action::fixture::Fixture;
use crate::action::*;
use crate::base::Currency::Eur;
use crate::catalog::Picture;
use crate::catalog::import::{Mistakes, Problem};

const HEADER: &str = "Handle,Title,Category,Variant SKU,Variant Price,Variant Inventory Qty,Image Src,Image Alt Text,\
    Option1 Name,Option1 Value\n";

fn file(rows: &str) -> ImportProducts {
    let file = format!("{HEADER}{rows}").into_bytes();
    ImportProducts { file, currency: Eur, pictures: BTreeMap::new(), demo: false }
}

fn picture() -> Picture {
    Picture { media_type: "image/png".to_owned(), width: 1, height: 1, bytes: vec![1] }
}

fn mistakes(result: Result<ImportReport, ImportError>) -> Mistakes {
    match result {
        Err(ImportError::Mistakes(mistakes)) => mistakes,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_demo_catalogue_loads_through_the_same_import_and_is_marked() {
    let (fixture, _) = Fixture::open(false).await;
    let report = load_demo(fixture.app(), &Fixture::demo_folder()).await.unwrap();
    assert_eq!((report.added, report.variants, report.pictures), (33, 78, 33));
    assert_eq!((report.ignored.len(), report.unused.len()), (0, 0));
    let catalog = fixture.catalog();
    assert!(catalog.all().iter().all(|product| product.demo));
    assert_eq!(catalog.all().len() - catalog.active().count(), 1, "one draft");
    let again = load_demo(fixture.app(), &Fixture::demo_folder()).await.unwrap();
    assert_eq!((again.added, again.replaced), (0, 33));
    assert!(fixture.last_deed().contains("machine ImportProducts \"33 products\" Done"));
}

#[tokio::test]
async fn a_file_with_one_mistake_changes_nothing() {
    let (fixture, actor) = Fixture::open(false).await;
    let rows = "cup,Cup,Kitchen,CUP,9.50,5,,,,\njug,Jug,Kitchen,JUG,free,1,,,,\n";
    let told = mistakes(import_products(fixture.app(), &actor, file(rows)).await);
    assert_eq!(
        (told.count(), told.shown()[0].row, told.shown()[0].column),
        (1, Some(3), Some("Variant Price"))
    );
    assert!(fixture.catalog().all().is_empty());
    assert_eq!(fixture.stock("CUP"), None);
}

#[tokio::test]
async fn a_product_is_replaced_and_what_is_held_for_orders_stays_held() {
    let (fixture, actor) = Fixture::open(false).await;
    let rows = "cup,Cup,Kitchen,CUP-S,9.50,5,,,Size,S\ncup,,,CUP-M,9.50,5,,,,M\ncup,,,CUP-L,9.50,5,,,,L\n";
    import_products(fixture.app(), &actor, file(rows)).await.unwrap();
    let hold = |sku: &'static str| {
        fixture.app().store().transact(move |tx| {
            let stock = crate::catalog::Stock { on_hand: 5, reserved: 2 };
            tx.put(&crate::catalog::STOCK, &sku.to_owned(), &stock)
        })
    };
    hold("CUP-S").await.unwrap();
    hold("CUP-M").await.unwrap();
    let rows = "cup,Big cup,Kitchen,CUP-S,8,20,,,Size,S\n";
    let report = import_products(fixture.app(), &actor, file(rows)).await.unwrap();
    assert_eq!((report.added, report.replaced), (0, 1));
    let held = fixture.stock("CUP-S").unwrap();
    assert_eq!((held.on_hand, held.reserved), (20, 2));
    assert!(fixture.stock("CUP-M").is_some(), "still held for an order");
    assert_eq!(fixture.stock("CUP-L"), None);
    assert_eq!(fixture.catalog().product("cup").unwrap().title.as_str(), "Big cup");
    let unsaid = import_products(fixture.app(), &actor, file("cup,Cup,Kitchen,CUP-S,8,,,,Size,S\n")).await;
    assert!(unsaid.is_ok());
    assert_eq!(fixture.stock("CUP-S").unwrap().on_hand, 20, "a file that does not say leaves the stock");
}

#[tokio::test]
async fn a_sku_of_another_product_and_a_picture_that_is_nowhere_are_named() {
    let (fixture, actor) = Fixture::open(false).await;
    import_products(fixture.app(), &actor, file("cup,Cup,Kitchen,CUP,9.50,5,,,,\n")).await.unwrap();
    let rows = "jug,Jug,Kitchen,CUP,9,1,jug.jpg,A jug,,\n";
    let told = mistakes(import_products(fixture.app(), &actor, file(rows)).await);
    let problems: Vec<_> = told.shown().iter().map(|mistake| mistake.problem.clone()).collect();
    assert_eq!(
        problems,
        [
            Problem::SkuTaken { handle: "cup".to_owned() },
            Problem::PictureMissing { name: "jug.jpg".to_owned() }
        ]
    );
    let mut with = file("jug,Jug,Kitchen,JUG,9,1,jug.jpg,A jug,,\n");
    with.pictures = BTreeMap::from([("jug.jpg".to_owned(), picture()), ("other.jpg".to_owned(), picture())]);
    let report = import_products(fixture.app(), &actor, with).await.unwrap();
    assert_eq!((report.pictures, report.unused.as_slice()), (1, &["other.jpg".to_owned()][..]));
    let later =
        import_products(fixture.app(), &actor, file("can,Can,Kitchen,CAN,9,1,jug.jpg,A can,,\n")).await;
    assert!(later.is_ok(), "a picture that is in the shop already");
}

#[tokio::test]
async fn a_price_edit_keeps_what_was_sold_meanwhile() {
    let (fixture, actor) = Fixture::open(false).await;
    import_products(fixture.app(), &actor, file("cup,Cup,Kitchen,CUP,9.50,5,,,,\n")).await.unwrap();
    let change = |stock_was, stock, minor| ChangeProduct {
        handle: "cup".to_owned(),
        status: crate::catalog::Status::Draft,
        variants: vec![ChangeVariant {
            sku: "CUP".to_owned(),
            price: crate::base::Money::new(minor, Eur),
            stock_was,
            stock,
        }],
    };
    // The form was made when there were 8; three were sold since; it asks for two more.
    change_product(fixture.app(), &actor, change(8, 10, 800)).await.unwrap();
    assert_eq!(fixture.stock("CUP").unwrap().on_hand, 7);
    assert_eq!(fixture.catalog().product("cup").unwrap().variants[0].price.minor, 800);
    assert_eq!(fixture.catalog().active().count(), 0);
    let refused = change_product(fixture.app(), &actor, change(7, 7, 0)).await;
    assert_eq!(refused, Err(ProductError::Price("CUP".to_owned())));
}
