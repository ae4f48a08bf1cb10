//! What the pages of people and ranges tell those who read them.

use cashcow::staff::Role;

use super::crew::{founders, hire};
use super::harness::{Admin, Page, Shop};

/// The links of the summary of errors, in their order.
fn problems(page: &Page) -> Vec<String> {
    let text = page.text();
    let summary = text.split("class=\"summary-of-errors\"").nth(1).expect("a summary of errors");
    let links = summary.split("</ul>").next().unwrap().split("href=\"#").skip(1);
    links.map(|link| link.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_form_is_told_at_once_by_its_name_and_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut ada = Admin::set_up(&shop).await;

    let page = ada.open("/staff/new").await;
    let form = page.form("/staff/new").set("email", "bo at example").set("since", "soon");
    let form = form.set("screening_on", "2026-02-01").set("screening_until", "2025-01-01");
    let page = ada.browser.submit(form).await;
    let wrong = ["name", "email", "role", "employer", "since"];
    let screening = ["screening_method", "screening_until", "screening_reference"];
    let told: Vec<_> = problems(&page).into_iter().filter(|field| field != "kind").collect();
    assert_eq!(told, [&wrong[..], &screening].concat(), "{}", page.words());
    for words in
        ["Legal name: enter 1 to 100", "Filed as: enter 1 to 100", "First day of employment: enter a day"]
    {
        assert!(page.words().matches(words).count() == 2, "{words}: on top and beside its field");
    }
    assert_eq!(page.form("/staff/new").value("email"), Some("bo at example"));

    let page = ada.open("/tokens").await;
    let form = page.form("/tokens").set("range", "10.0.0.0/33").set("days", "0");
    let page = ada.browser.submit(form).await;
    assert_eq!(problems(&page), ["name", "rights", "range", "days"], "{}", page.words());
    assert_eq!(page.form("/tokens").value("days"), Some("0"));

    let page = ada.open("/settings/certificate").await;
    let form = page.form("/settings/certificate").set("chain", "no certificate");
    let page = ada.browser.submit(form).await;
    assert!(page.text().contains("id=\"key-error\"") && page.says("No request waits"), "{}", page.words());

    // An import that took nothing does not look like one that did.
    let file = "ID,Type,SKU,Name,Published,Regular price,Categories\n3,simple,CARD,Gift,1,free,Home\n";
    let page = ada.open("/products/import").await;
    let form = page.form("/products/import");
    let page = ada.browser.upload(form, "file", "woo.csv", file.as_bytes()).await;
    assert!(page.says("One row was left out Nothing was imported."), "{}", page.words());
    assert!(!page.says("Imported from"), "{}", page.words());
}

#[tokio::test]
async fn a_second_person_is_asked_for_until_there_is_one_and_ranges_name_who_is_inside() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let (mut ada, mut noor) = founders(&shop).await;
    assert!(!ada.browser.get("/").await.says("Let a second person join"));
    let mut owner = hire(&shop, &mut ada, &mut noor, Role::OperatorOwner).await.browser;

    let page = ada.browser.get("/settings/ranges").await;
    assert!(page.says("You, from 127.0.0.1 Noor Haddad, The operator-owner"), "{}", page.words());
    let page = owner.get("/settings/ranges").await;
    assert!(page.says("You, from 127.0.0.1"), "{}", page.words());
    assert!(
        !page.says("Noor Haddad"),
        "the operator's staff is not told of the platform's: {}",
        page.words()
    );

    let alone = tempfile::tempdir().unwrap();
    let shop = Shop::start(alone.path());
    let mut ada = Admin::set_up(&shop).await;
    assert!(ada.browser.get("/").await.says("Let a second person join"));
}
