//! The console over its own TLS listener: from the set-up code to the order that a shopper placed.

use hyper::StatusCode;

use super::harness::{Admin, Browser, Shop, Shopper, cards};

#[tokio::test]
async fn an_administrator_sets_the_shop_up_and_reads_the_order_without_the_card() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut wrong = Browser::new(shop.console());
    let page = wrong.get("/setup").await;
    let page = wrong.submit(page.form("/setup").set("code", "AAAA-AAAA-AAAA")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.get("/orders").await.at.starts_with("/setup"), "nothing is shown before set-up");

    let mut admin = Admin::set_up(&shop).await;
    let number = cards::number(7);
    Shopper::of(&shop).buy("stoneware-mug", &number, "123").await;
    let list = admin.orders().await;
    let link = list.links("/orders/1").first().cloned().unwrap_or_else(|| panic!("{}", list.words()));
    let order = admin.browser.get(&link).await;
    assert!(
        order.says("Paid") && order.says("Mill Lane 7") && order.says(&number[12..]),
        "{}",
        order.words()
    );
    for page in [&list, &order] {
        assert!(!page.text().contains(&number) && page.says("Test"));
        assert!(page.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    }

    let late = Browser::new(shop.console()).get("/setup").await;
    assert!(late.at.starts_with("/sign-in"), "the code is of no use any more");
    let page = admin.browser.get("/").await;
    admin.browser.submit(page.form("/sign-out")).await;
    assert!(admin.orders().await.at.starts_with("/sign-in"));
    let mut again = Admin::of(&shop).await;
    assert!(again.orders().await.at.starts_with("/orders"));
}

#[tokio::test]
async fn a_file_of_products_reaches_the_storefront() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut admin = Admin::set_up(&shop).await;
    let header = "Handle,Title,Category,Variant SKU,Variant Price,Variant Inventory Qty\n";
    let page = admin.browser.get("/products/import").await;
    let broken = format!("{header}pepper,Black pepper,Pantry,PEPPER,free,9\n");
    let told = admin.browser.upload(page.form("/products/import"), "file", "p.csv", broken.as_bytes()).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.says("Variant Price") && told.says("1 mistake"), "{}", told.words());
    let good = broken.replace("free", "4.50");
    let told = admin.browser.upload(told.form("/products/import"), "file", "p.csv", good.as_bytes()).await;
    assert!(told.status.is_success() && told.says("1 new"), "{}", told.words());
    let product = Browser::new(shop.storefront()).get("/product/pepper").await;
    assert!(product.says("Black pepper") && product.says("EUR 4.50"), "{}", product.words());
}
