//! The console as its people use it: set-up, sign-in, orders, goods, gateway, certificate, go-live.

use hyper::{Method, StatusCode};

use super::harness::{Admin, Browser, Shop, Shopper, cards, people};

async fn open() -> (tempfile::TempDir, Shop, Admin) {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let admin = Admin::set_up(&shop).await;
    (folder, shop, admin)
}

#[tokio::test]
async fn the_set_up_code_works_once_and_few_guesses_are_free() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut stranger = Browser::new(shop.console());
    for _ in 0..8 {
        let page = stranger.get("/setup").await;
        let page = stranger.submit(page.form("/setup").set("code", "AAAA-BBBB-CCCC")).await;
        assert!(page.forms().iter().all(|form| form.value("password").is_none()), "{}", page.words());
    }
    // The tries of this hour are used up: even the right code has to wait, so that guessing never pays.
    let page = stranger.get("/setup").await;
    let page = stranger.submit(page.form("/setup").set("code", shop.setup_code())).await;
    assert!(page.forms().iter().all(|form| form.value("password").is_none()), "{}", page.words());
    let code = shop.setup_code().to_owned();
    shop.stop();

    let (_folder, shop, _admin) = open().await;
    let mut second = Browser::new(shop.console());
    let page = second.get("/setup").await;
    let again = page.forms().into_iter().find(|form| form.action == "/setup");
    if let Some(form) = again {
        let page = second.submit(form.set("code", &code)).await;
        assert!(page.forms().iter().all(|form| form.value("password").is_none()), "{}", page.words());
    }
}

#[tokio::test]
async fn nothing_is_shown_without_signing_in_and_sign_out_ends_it() {
    let (_folder, shop, mut admin) = open().await;
    let mut stranger = Browser::new(shop.console());
    for path in [
        "/",
        "/orders",
        "/orders/1001",
        "/products",
        "/products/import",
        "/settings/gateway",
        "/settings/certificate",
        "/settings/ranges",
        "/go-live",
    ] {
        let page = stranger.get(path).await;
        assert!(page.at.starts_with("/sign-in"), "{path} is shown to a stranger: {}", page.words());
    }
    let page = admin.browser.get("/").await;
    let cookie = admin.browser.cookie("__Host-session").unwrap().to_owned();
    let out = admin.browser.submit(page.form("/sign-out")).await;
    assert!(out.at.starts_with("/sign-in"), "{}", out.at);
    let replay = [("cookie", format!("__Host-session={cookie}"))];
    let replay: Vec<_> = replay.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = stranger.once(Method::GET, "/orders", None, &replay).await.unwrap();
    assert!(page.status.is_redirection(), "the old session still works: {}", page.words());
}

#[tokio::test]
async fn wrong_tries_lock_and_say_nothing_of_which_part_was_wrong() {
    let (_folder, shop, mut admin) = open().await;
    let mut browser = Browser::new(shop.console());
    let mut said = Vec::new();
    for (email, password, code) in [
        (people::EMAIL, "not the password at all", "000000"),
        ("nobody@example.com", "not the password at all", ""),
        (people::EMAIL, people::PASSWORD, "000000"),
        (people::EMAIL, people::PASSWORD, ""),
    ] {
        let page = browser.get("/sign-in").await;
        let form = page.form("/sign-in").set("email", email).set("password", password);
        let page = browser.submit(form.set("code", code)).await;
        assert!(!page.status.is_success() && !page.text().contains(password), "{}", page.status);
        said.push(page.words().replace(email, "SOMEBODY"));
    }
    assert!(said.iter().all(|words| *words == said[0]), "{said:#?}");
    for _ in 0..2 {
        let page = browser.get("/sign-in").await;
        browser
            .submit(
                page.form("/sign-in").set("email", people::EMAIL).set("password", "wrong again and again"),
            )
            .await;
    }
    let page = browser.get("/sign-in").await;
    let page = browser
        .submit(
            page.form("/sign-in")
                .set("email", people::EMAIL)
                .set("password", people::PASSWORD)
                .set("code", &admin.second.code()),
        )
        .await;
    assert!(page.at.starts_with("/sign-in") && page.says("Too many wrong tries"), "{}", page.words());
}

#[tokio::test]
async fn an_order_is_read_back_with_brand_and_last_four_and_no_more() {
    let (_folder, shop, mut admin) = open().await;
    let card = cards::number(77);
    let mut shopper = Shopper::of(&shop);
    let paid = shopper.buy("stoneware-mug", &card, "951").await;
    assert!(people::is_paid(&paid), "{}", paid.words());
    let orders = admin.orders().await;
    let links = orders.links("/orders/");
    assert_eq!(links.len(), 1, "{}", orders.words());
    let order = admin.browser.get(&links[0]).await;
    assert!(
        order.says("Grace Hopper") && order.says("Mill Lane 7") && order.says(&card[12..]),
        "{}",
        order.words()
    );
    assert!(!order.text().contains(&card) && !order.text().contains(&card[..12]));
}

#[tokio::test]
async fn goods_come_in_by_csv_and_every_mistake_is_named() {
    let (_folder, shop, mut admin) = open().await;
    let head = "Handle,Title,Body,Category,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Price,Variant Compare At Price,Variant Inventory Qty,Variant Grams,Image Src,Image Alt Text,Status\r\n";
    let good = format!("{head}oak-stool,Oak Stool,Three legs.,Home,,,,,OAK-1,89.00,,4,3500,,,active\r\n");
    let bad = format!("{head}oak stool,,Three legs.,Home,,,,,OAK-1,89;00,,many,3500,,,maybe\r\n");
    let page = admin.browser.get("/products/import").await;
    let page = admin.browser.upload(page.form("/products/import"), "file", "bad.csv", bad.as_bytes()).await;
    for words in ["Handle", "Title", "Variant Price", "Variant Inventory Qty", "Status"] {
        assert!(page.says(words), "{words} is not named: {}", page.words());
    }
    assert_eq!(Browser::new(shop.storefront()).get("/product/oak-stool").await.status, StatusCode::NOT_FOUND);
    let page = admin.browser.get("/products/import").await;
    let page = admin.browser.upload(page.form("/products/import"), "file", "good.csv", good.as_bytes()).await;
    assert!(page.status.is_success(), "{} {}", page.status, page.words());
    let product = Browser::new(shop.storefront()).get("/product/oak-stool").await;
    assert!(product.says("Oak Stool") && product.says("EUR 89.00"), "{}", product.words());
}

#[tokio::test]
async fn another_shops_export_goes_in_and_the_page_tells_of_each_row_that_did_not() {
    let (_folder, shop, mut admin) = open().await;
    let file = "ID,Type,SKU,Name,Published,Description,Stock,Regular price,Categories,Images,GTIN\r\n\
        1,simple,STOOL,Oak Stool,1,<p>Three <b>legs</b>.</p>\\n<script>x</script>,,\"89,00\",Home,https://old.example/stool.png,4006381333931\r\n\
        2,grouped,SET,A set,1,\"two\r\nlines\",,,Home,,\r\n\
        3,simple,CARD,Gift,1,,1,free,Home,,\r\n";
    let page = admin.browser.get("/products/import").await;
    let page = admin.browser.upload(page.form("/products/import"), "file", "woo.csv", file.as_bytes()).await;
    assert_eq!(page.status, StatusCode::OK);
    for words in [
        "Imported from WooCommerce: 1 new and 0 replaced products",
        "2 rows were left out",
        "3 Type A grouped product is only a list",
        "4 line 5 Regular price Write an amount",
        "One picture was left out",
        "The file does not say how many there are",
        "Columns that were ignored: GTIN",
    ] {
        assert!(page.says(words), "{words:?} is missing: {}", page.words());
    }
    let product = Browser::new(shop.storefront()).get("/product/oak-stool").await;
    assert!(
        product.says("Oak Stool") && product.says("EUR 89.00") && product.says("Three legs."),
        "{}",
        product.words()
    );
    assert!(!product.text().contains("<b>legs") && !product.text().contains("old.example"));
}

#[tokio::test]
async fn the_report_of_an_export_stays_light_however_much_is_wrong() {
    let (_folder, _shop, mut admin) = open().await;
    let strange: Vec<_> =
        (0..500).map(|number| format!("A column that nobody here knows {number}")).collect();
    let mut file = format!("Type,SKU,Name,Regular price,Attribute 1 name,{}\n", strange.join(","));
    for number in 0..2_000 {
        let cells = vec!["x"; 500].join(",");
        file += &format!(
            "subscription of the year {number},S,A name,5,,{}\n",
            if number == 0 { &cells } else { "" }
        );
    }
    file += "simple,CUP,Cup,5,,\n";
    let page = admin.browser.get("/products/import").await;
    let page = admin.browser.upload(page.form("/products/import"), "file", "woo.csv", file.as_bytes()).await;
    assert!(page.says("2000 rows were left out") && page.says("1 new"), "{}", page.words());
    assert!(page.says("and 460 more"), "{}", page.words());
    assert!(page.text().len() < 30_000, "{} bytes", page.text().len());
}

#[tokio::test]
async fn a_file_with_another_ending_is_refused_before_it_is_read() {
    let (_folder, _shop, mut admin) = open().await;
    let good = "Handle,Title,Category,Variant SKU,Variant Price\noak-stool,Oak Stool,Home,OAK-1,89.00\n";
    for (field, name, told) in [
        ("file", "products.xlsx", "products.xlsx does not end in .csv"),
        ("file", "products", "products does not end in .csv"),
    ] {
        let page = admin.browser.get("/products/import").await;
        let page = admin.browser.upload(page.form("/products/import"), field, name, good.as_bytes()).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.says(told), "{}", page.words());
    }
    let page = admin.browser.get("/products/import").await;
    let page =
        admin.browser.upload(page.form("/products/import"), "file", "Products.CSV", good.as_bytes()).await;
    assert!(page.says("1 new"), "{}", page.words());
}

#[tokio::test]
async fn a_gateway_key_goes_in_and_never_comes_out() {
    let (_folder, _shop, mut admin) = open().await;
    let key = "sk_test_51HxSecretSecretSecret";
    admin.use_stripe(key).await;
    let page = admin.browser.get("/settings/gateway").await;
    assert!(!page.text().contains(key), "the key is shown");
    assert!(
        page.words().to_lowercase().contains("raw card"),
        "says that Stripe must enable raw card data: {}",
        page.words()
    );
    assert!(page.says("SAQ D"), "{}", page.words());
}

#[tokio::test]
async fn going_live_ends_the_demo_for_good() {
    let (_folder, shop, mut admin) = open().await;
    let page = admin.browser.get("/go-live").await;
    let refused = page.forms().into_iter().find(|form| form.action == "/go-live");
    if let Some(form) = refused {
        let page =
            admin.browser.submit(form.set("shop_name", "Meadow & Mill").set("name", "Meadow & Mill")).await;
        assert!(!page.status.is_success(), "a shop without a real gateway went live: {}", page.words());
    }
    admin.use_stripe("sk_live_51HxSecretSecretSecret").await;
    let page = admin.browser.get("/go-live").await;
    let form = page.form("/go-live");
    let field = form.fields.iter().map(|(name, _)| name.clone()).find(|name| name != "csrf").unwrap();
    let wrong = admin.browser.submit(form.set(&field, "Another Shop")).await;
    assert!(!wrong.status.is_success(), "{}", wrong.words());
    let page = admin.browser.get("/go-live").await;
    let page = admin.browser.submit(page.form("/go-live").set(&field, "Meadow & Mill")).await;
    assert!(page.status.is_success(), "{} {}", page.status, page.words());
    let home = Browser::new(shop.storefront()).get("/").await;
    assert!(!home.says("Demo shop") && home.links("/product/").is_empty(), "{}", home.words());
    let page = admin.browser.get("/settings/gateway").await;
    let back = admin.browser.submit(page.form("/settings/gateway").set("gateway", "test")).await;
    assert!(!back.status.is_success(), "the test gateway came back: {}", back.words());
}

#[tokio::test]
async fn a_certificate_is_asked_for_uploaded_and_shown_without_a_restart() {
    let (_folder, shop, mut admin) = open().await;
    let page = admin.browser.get("/settings/certificate").await;
    let form = page.form("/settings/certificate/request");
    let field = form.fields.iter().map(|(name, _)| name.clone()).find(|name| name != "csrf").unwrap();
    let page = admin.browser.submit(form.set(&field, "shop.example.com")).await;
    assert!(page.text().contains("BEGIN CERTIFICATE REQUEST"), "{}", page.words());

    let key = rcgen::KeyPair::generate().unwrap();
    let chain = rcgen::CertificateParams::new(vec!["shop.example.com".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap()
        .pem();
    let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let page = admin.browser.get("/settings/certificate").await;
    let wrong = page.form("/settings/certificate").set("chain", &chain).set("key", &other);
    let page = admin.browser.submit(wrong).await;
    assert!(!page.status.is_success() && !page.text().contains("BEGIN PRIVATE KEY"), "{}", page.words());
    let page = admin.browser.get("/settings/certificate").await;
    let page = admin
        .browser
        .submit(page.form("/settings/certificate").set("chain", &chain).set("key", &key.serialize_pem()))
        .await;
    assert!(page.status.is_success(), "{} {}", page.status, page.words());
    assert_eq!(super::transport::leaf_pem(shop.storefront()), chain.replace("\r\n", "\n"));
    assert_ne!(super::transport::leaf_pem(shop.console()), chain.replace("\r\n", "\n"));
}
