//! People who are proposed, confirmed, invited and enrolled as the console wants it.

use cashcow::staff::Role;

use super::harness::people::{PASSWORD, Second};
use super::harness::{Admin, Browser, Page, Shop};

/// Somebody who has joined and has a second factor.
pub struct Member {
    pub role: Role,
    pub browser: Browser,
}

/// The administrator and the officer of a new machine: the officer joins by the link that the administrator is
/// shown.
pub async fn founders(shop: &Shop) -> (Admin, Admin) {
    let mut ada = Admin::set_up(shop).await;
    let noor = href(&ada.browser.get("/staff").await, "Noor Haddad");
    let link = make(&mut ada, &noor, "link").await;
    let noor = join(shop, &link, "").await;
    (ada, noor)
}

/// The address of the page of whoever is called `name`.
pub fn href(page: &Page, name: &str) -> String {
    let text = page.text();
    let before = text.split(&format!("\">{name}</a>")).next().unwrap();
    assert!(before.len() < text.len(), "{name} is not on {}: {}", page.at, page.words());
    before.rsplit("href=\"").next().unwrap().to_owned()
}

/// One half of an invitation, as it is shown once.
pub async fn make(who: &mut Admin, person: &str, half: &str) -> String {
    let page = who.browser.get(person).await;
    let page = who.browser.submit(page.form(&format!("{person}/{half}"))).await;
    let text = page.text();
    let secret = text.split("<p class=\"secret\" translate=\"no\">").nth(1);
    let secret = secret.unwrap_or_else(|| panic!("no {half} is shown: {} {}", page.status, page.words()));
    let secret = secret.split('<').next().unwrap().to_owned();
    let again = who.browser.get(person).await;
    assert!(!again.text().contains(&secret), "the {half} is shown twice");
    secret
}

/// Opens the link, chooses a password and adds an app.
pub async fn join(shop: &Shop, link: &str, code: &str) -> Admin {
    let mut browser = Browser::new(shop.console());
    let path = link.trim_start_matches(shop.console().trim_end_matches('/'));
    let page = browser.get(path).await;
    let form = page.form(path).set("code", code).set("password", PASSWORD).set("password_again", PASSWORD);
    let page = browser.submit(form).await;
    assert!(
        page.at.starts_with("/enrol"),
        "nothing opens before a second factor: {} {}",
        page.at,
        page.words()
    );
    let early = browser.get("/orders").await;
    assert!(early.at.starts_with("/enrol"), "{}", early.at);
    let mut second = Second::scan(&early);
    let page = browser.submit(early.form("/enrol/app").set("code", &second.code())).await;
    assert!(page.status.is_success(), "{} {}", page.status, page.words());
    second.note(&page);
    Admin { browser, second }
}

/// The form of somebody new, filled in.
pub async fn propose(who: &mut Admin, name: &str, role: Role) -> Page {
    let page = who.browser.get("/staff/new").await;
    let form = page
        .form("/staff/new")
        .set("name", name)
        .set("email", &format!("{}@example.com", role.name()))
        .set("role", role.name())
        .set("employer", "Meadow Hosting")
        .set("kind", "employee")
        .set("since", "2020-01-01")
        .set("screening_method", "criminal record certificate")
        .set("screening_on", "2025-01-15")
        .set("screening_until", "2039-01-14")
        .set("screening_reference", "HR 7");
    who.browser.submit(form).await
}

/// One of them proposes, the other confirms; each makes a half; the person joins.
pub async fn hire(shop: &Shop, ada: &mut Admin, noor: &mut Admin, role: Role) -> Member {
    let name = format!("The {}", role.name());
    let page = propose(ada, &name, role).await;
    let number = page.at.split("made=").nth(1).unwrap_or_else(|| panic!("{}", page.words())).to_owned();
    let confirm = format!("/proposals/{number}/confirm");
    assert!(page.forms().iter().all(|form| form.action != confirm), "the proposer is offered to confirm");
    let page = noor.browser.get("/proposals").await;
    let page = noor.browser.submit(page.form(&confirm)).await;
    assert!(page.says("is confirmed and done"), "{}", page.words());
    let person = href(&ada.browser.get("/staff").await, &name);
    let link = make(ada, &person, "link").await;
    let code = make(noor, &person, "code").await;
    let member = join(shop, &link, &code).await;
    Member { role, browser: member.browser }
}
