//! Orders that fail: what the page says, what is left as it was, and that it goes on by itself.

use super::pebble::BLOCKED;
use super::stage::{SHOP, Stage};

/// The form that asks again.
async fn again(stage: &mut Stage) -> super::harness::Page {
    let page = stage.admin.browser.get(SHOP).await;
    let form = page.forms().into_iter().find(|form| form.action.ends_with("/retry")).unwrap();
    stage.admin.browser.submit(form).await
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_told_and_the_other_name_gets_its_certificate() {
    let mut stage = Stage::begin().await;
    stage.pebble.lead("elsewhere.example.com", "127.0.0.2");
    stage.ask(SHOP, "elsewhere.example.com shop.example.com", "http-01", &[]).await;
    let page = stage.until_it_says(SHOP, "shop.example.com In place").await;
    assert!(page.says("elsewhere.example.com Not yet"), "{}", page.words());
    assert!(page.says("could not see that elsewhere.example.com leads here"), "{}", page.words());
    assert!(page.says("let port 80 through"), "{}", page.words());
    assert!(page.says("The authority is asked again on"), "{}", page.words());
    assert!(stage.shown(Some("shop.example.com")).is_for("shop.example.com"));
    let page = again(&mut stage).await;
    assert!(page.says("Wait a moment, then ask again."), "{}", page.words());
}

#[tokio::test]
async fn an_authority_that_refuses_is_quoted() {
    let mut stage = Stage::begin().await;
    stage.ask(SHOP, BLOCKED, "http-01", &[]).await;
    let page = stage.until_it_says(SHOP, "the authority refused").await;
    assert!(page.says(&format!("{BLOCKED} Not yet")), "{}", page.words());
    assert!(page.words().to_lowercase().contains("policy"), "its own words: {}", page.words());
}

#[tokio::test]
async fn an_authority_that_is_down_is_asked_again_and_one_that_forgot_the_account_gets_a_new_one() {
    let mut stage = Stage::begin().await;
    let own = stage.shown(None);
    stage.pebble.pause();
    stage.ask(SHOP, "shop.example.com", "http-01", &[]).await;
    let page = stage.until_it_says(SHOP, "could not be reached").await;
    assert!(page.says("shop.example.com Not yet"), "{}", page.words());
    assert_eq!(stage.shown(Some("shop.example.com")), own);

    // Asked for anew: that is no repetition of what failed.
    stage.pebble.resume();
    stage.ask(SHOP, "shop.example.com", "http-01", &[]).await;
    stage.until_it_says(SHOP, "shop.example.com In place").await;
    let first = stage.shown(Some("shop.example.com"));

    stage.pebble.pause();
    stage.pebble.resume();
    stage.ask(SHOP, "shop.example.com", "tls-alpn-01", &[]).await;
    stage.until_it_says(SHOP, "checked by tls-alpn-01").await;
    stage.until_it_says(SHOP, "shop.example.com In place").await;
    let second = stage.shown(Some("shop.example.com"));
    assert!(second.is_for("shop.example.com") && second != first);
}

#[tokio::test]
async fn what_is_typed_wrong_is_named_at_its_field_and_stays() {
    let mut stage = Stage::begin().await;
    for (name, more, words) in [
        ("", &[][..], "Write 1 to 10 host names."),
        ("10.0.2.15", &[], "10.0.2.15 is not a host name."),
        ("*.example.com", &[], "*.example.com stands for many names."),
        ("shop.example.com", &[("agreed", "")], "agree to them"),
        (
            "shop.example.com",
            &[("authority", "other"), ("directory", "ca.example.com")],
            "Write the address like",
        ),
        (
            "shop.example.com",
            &[("authority", "other"), ("directory", "https://ca.example.com:8443/dir")],
            "must be at port 443",
        ),
        (
            "shop.example.com",
            &[("authority", "other"), ("directory", "https://ca.example.com/dir"), ("root", "no root")],
            "Paste one certificate in PEM",
        ),
        ("shop.example.com", &[("binding_id", "kid-1")], "Paste both the key ID"),
    ] {
        let page = stage.ask(SHOP, name, "tls-alpn-01", more).await;
        assert_eq!(page.status, 422, "{name} {more:?}");
        assert!(page.says(words), "{words}: {}", page.words());
        let form = page.form(&format!("{SHOP}/ask"));
        assert_eq!(form.value("ask_names"), Some(name));
        assert_eq!(form.value("check"), Some("tls-alpn-01"));
        for (field, value) in more.iter().filter(|(field, _)| *field != "agreed") {
            assert_eq!(form.value(field), Some(*value), "{field}");
        }
    }
    let page = stage.admin.browser.get(SHOP).await;
    assert!(!page.says("In place and asked for"), "nothing was asked for: {}", page.words());
}
