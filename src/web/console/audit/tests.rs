use axum::http::StatusCode;

use crate::action::fixture::Fixture;
use crate::audit::{self, Hash, verify};
use crate::store::StoreError;
use crate::web::console::tests::{Browser, Page, signed_in};

async fn begun() -> (Fixture, Browser) {
    let (fixture, browser) = signed_in().await;
    let begin = fixture.app().store().transact(|tx| audit::begin(tx, Hash([1; 32]), None));
    assert_eq!(begin.await, Ok::<_, StoreError>(true));
    (fixture, browser)
}

/// The numbers of the records on the page.
fn numbers(page: &Page) -> Vec<u64> {
    let links = page.text.split("<a href=\"/audit/").skip(1);
    links.map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn the_log_is_listed_searched_and_narrowed_and_every_look_is_recorded() {
    let (fixture, mut browser) = begun().await;
    let page = browser.get("/audit").await;
    assert_eq!(page.status, StatusCode::OK);
    let all = numbers(&page);
    assert!(all.len() > 3 && all.is_sorted_by(|a, b| a > b), "{all:?}");
    assert!(page.text.contains("Imported products") && page.text.contains("ada@example.com"));
    assert!(fixture.last_deed().starts_with("ada@example.com ReadAudit \"all\" Done from 10.0.2.2"));

    let page = browser.get("/audit?deed=sign_in&outcome=done&source=10.0.2.0/24").await;
    assert_eq!(numbers(&page).len(), 1);
    assert!(
        page.text.contains("<option value=\"sign_in\" selected>")
            && page.text.contains("<details class=\"narrow-by\" open>")
    );
    assert!(fixture.last_deed().contains("ReadAudit \"sign_in, done, from 10.0.2.0/24\""));
    assert!(numbers(&browser.get("/audit?q=no+such+thing").await).is_empty());
    assert!(numbers(&browser.get("/audit?from=2030-01-01").await).is_empty());
    assert_eq!(
        numbers(&browser.get("/audit?who=machine&until=2026-11-18").await).len(),
        numbers(&browser.get("/audit?who=machine").await).len()
    );

    let page = browser.get(&format!("/audit/{}", all[0])).await;
    assert!(page.text.contains("10.2.1.") && page.text.contains("{&#34;hash&#34;:&#34;"), "{}", page.text);
    assert!(fixture.last_deed().contains(&format!("ReadAudit \"record {}\"", all[0])));
    for gone in ["/audit/0", "/audit/999999", "/audit/x"] {
        assert_eq!(browser.get(gone).await.status, StatusCode::NOT_FOUND, "{gone}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_and_carry_the_filter_on() {
    let (_fixture, mut browser) = begun().await;
    for _ in 0..60 {
        browser.get("/audit?q=machine").await;
    }
    let first = browser.get("/audit?deed=read_audit").await;
    assert_eq!(numbers(&first).len(), 50);
    let last = *numbers(&first).last().unwrap();
    let older = format!("/audit?deed=read_audit&amp;before={last}");
    assert!(
        first.text.contains(&format!("href=\"{}\"", older.replace("&amp;", "&#38;")))
            || first.text.contains(&older),
        "{}",
        first.text
    );
    let second = browser.get(&older.replace("&amp;", "&")).await;
    assert!(numbers(&second).iter().all(|number| *number < last));
    assert!(second.text.contains("href=\"/audit?deed=read_audit\""), "a way back to the newest");
    assert!(first.text.len() < 40_000, "{} bytes", first.text.len());
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_is_named_with_its_cure_and_kept() {
    let (_fixture, mut browser) = begun().await;
    for (query, field, cure) in [
        ("source=10.0.2", "source", "Enter an address such as 10.0.2.7"),
        ("from=yesterday", "from", "Enter a day such as 2026-11-23"),
        ("from=2026-11-20&until=2026-11-19", "until", "The last day is before the first"),
        ("deed=fly", "deed", "Choose a deed from the list"),
    ] {
        let page = browser.get(&format!("/audit?q=mug&{query}")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert!(page.text.contains(&format!("href=\"#{field}\"")) && page.text.contains(cure), "{query}");
        assert!(page.text.contains("value=\"mug\"") && numbers(&page).is_empty(), "{query}");
    }
    let page = browser.get("/audit?q=4111+1111+1111+1111").await;
    assert!(!page.text.contains("1111"), "what could be a card is not sent back, sought or recorded");
}

#[tokio::test]
async fn an_export_is_a_file_that_checks_and_is_recorded() {
    let (fixture, mut browser) = begun().await;
    let page = browser.submit("/audit", "/audit/export", "kind=lines&since=").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.headers["content-disposition"], "attachment; filename=\"audit-2026-11-18.jsonl\"");
    let report = verify(page.text.as_bytes(), None).unwrap();
    assert!(report.last > 3 && report.first == 1);
    assert!(fixture.last_deed().contains("ExportAudit \"JSON lines\" Done"));
    let page = browser.submit("/audit", "/audit/export", "kind=lines&since=soon").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("href=\"#since\"") && page.text.contains("value=\"soon\""));
    // Without a TPM there is no bundle, and no file that looks like one.
    let page = browser.submit("/audit", "/audit/export", "kind=bundle").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("The TPM did not sign."));
    assert_eq!(browser.post("/audit/export", "kind=lines").await.status, StatusCode::FORBIDDEN, "no token");
}
