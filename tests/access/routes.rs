//! Every address of the console as every role: what the table allows is there, everything else is not.

use cashcow::staff::{Right, Role};
use cashcow::web::console::access::{ADDRESSES, Address, Needs};
use hyper::{Method, StatusCode};

use super::crew::{Member, founders, hire, href, propose};
use super::harness::{Browser, Shop, Shopper, cards};

/// Pages that are there for the role and lead nowhere in this shop: nothing is held for its order.
const EMPTY: [&str; 2] = ["/orders/{number}/capture", "/orders/{number}/release"];

/// What stands for the parts of an address in braces.
fn filled(address: &Address, person: &str) -> String {
    let path = match address.path {
        path if path.starts_with("/orders/") => path.replace("{number}", "1001"),
        path if path.starts_with("/products/") => path.replace("{handle}", "stoneware-mug"),
        path if path.starts_with("/staff/") => {
            path.replace("/staff/{id}", person).replace("{token}", "00000000000000000000000000")
        }
        // Of the operator's owner, so that both sides know of it; decided on long ago.
        path if path.starts_with("/proposals/") => path.replace("{number}", "2"),
        path if path.starts_with("/join/") => path.replace("{link}", "00000000000000000000000000"),
        path => path.to_owned(),
    };
    let mut path = path;
    while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
        path.replace_range(from..=to, "1");
    }
    path
}

/// The token that every form of this session carries.
async fn token(browser: &mut Browser) -> String {
    let page = browser.get("/roles").await;
    page.forms().iter().find_map(|form| form.value("csrf").map(str::to_owned)).unwrap()
}

/// What an address answers. A form goes with this token and nothing else in it; with none, so that nothing is done.
async fn answer(browser: &mut Browser, address: &Address, path: &str, csrf: &str) -> (StatusCode, String) {
    let fields = if csrf.is_empty() { String::new() } else { format!("csrf={csrf}") };
    let form = ("application/x-www-form-urlencoded".to_owned(), fields.into_bytes());
    let body = (address.method != Method::GET).then_some(form);
    let page = browser.once(address.method.clone(), path, body, &[]).await.unwrap();
    let to = page.headers.get("location").map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
    (page.status, to)
}

#[tokio::test]
async fn every_pair_of_role_and_address_is_as_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let page = Shopper::of(&shop).buy("stoneware-mug", &cards::number(1), "123").await;
    assert!(page.at.starts_with("/order/"), "{}", page.words());
    let (mut ada, mut noor) = founders(&shop).await;
    let mut crew = Vec::new();
    for role in Role::ALL {
        if !matches!(role, Role::PlatformAdministrator | Role::SecurityOfficer) {
            crew.push(hire(&shop, &mut ada, &mut noor, role).await);
        }
    }
    // Somebody of the operator's side whom all who see staff may see.
    let person = href(&ada.browser.get("/staff").await, "The support");
    let platform = href(&ada.browser.get("/staff").await, "The auditor");
    propose(&mut ada, "Somebody New", Role::PlatformAdministrator).await;
    crew.push(Member { role: Role::PlatformAdministrator, browser: ada.browser });
    crew.push(Member { role: Role::SecurityOfficer, browser: noor.browser });

    let mut walked = 0;
    for member in &mut crew {
        for address in ADDRESSES {
            let path = filled(address, &person);
            let (status, to) = answer(&mut member.browser, address, &path, "").await;
            let pair =
                format!("{} {} as {}: {status} {to}", address.method, address.path, member.role.name());
            assert!(!status.is_server_error(), "{pair}");
            let right = match address.needs {
                Needs::Right(right) | Needs::Form(right, _) => right,
                _ => continue,
            };
            walked += 1;
            if !member.role.may(right) {
                assert_eq!(status, StatusCode::NOT_FOUND, "{pair}");
                continue;
            }
            assert!(!to.starts_with("/sign-in") && !to.starts_with("/enrol"), "{pair}");
            if address.method == Method::GET {
                let there = status == StatusCode::OK || status.is_redirection();
                assert!(there || EMPTY.contains(&address.path), "{pair}");
            } else {
                // The right is there; the token is not.
                assert!(status.is_client_error() && status != StatusCode::NOT_FOUND, "{pair}");
            }
        }
        // Of the other side's people the operator's staff learns nothing, not even that they are.
        let page = member.browser.once(Method::GET, &platform, None, &[]).await.unwrap();
        let sees = member.role.may(Right::SeeStaff) && member.role.side() == cashcow::staff::Side::Platform;
        assert_eq!(page.status == StatusCode::OK, sees, "{}: {}", member.role.name(), page.status);
        let listed = member.browser.get("/proposals").await.says("Somebody New");
        assert_eq!(listed, sees, "{}", member.role.name());
    }
    assert!(walked > 250, "{walked} pairs");

    // What the navigation offers is there, for everybody.
    for member in &mut crew {
        let page = member.browser.get("/").await;
        for href in page.links("/") {
            let found = member.browser.once(Method::GET, &href, None, &[]).await.unwrap();
            assert_ne!(found.status, StatusCode::NOT_FOUND, "{href} as {}", member.role.name());
        }
    }

    // Who is not signed in is led to the door, whatever the address.
    let mut stranger = Browser::new(shop.console());
    for address in ADDRESSES.iter().filter(|address| address.needs != Needs::Anyone) {
        let (status, to) = answer(&mut stranger, address, &filled(address, &person), "").await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/sign-in"), "{}", address.path);
    }

    // With a good token, too, nobody gets past what the table says. Whoever may not change staff goes first, since
    // what is allowed is done.
    crew.sort_by_key(|member| (member.role.may(Right::ChangeOperatorStaff), member.role == Role::Auditor));
    let mut sent = 0;
    for member in &mut crew {
        let csrf = token(&mut member.browser).await;
        let page = member.browser.get(&person).await;
        if member.role == Role::Auditor {
            assert!(!page.says("Disabled"), "somebody without the right did it: {}", page.words());
        }
        for address in ADDRESSES.iter().filter(|address| address.method == Method::POST) {
            let Needs::Right(right) = address.needs else { continue };
            sent += 1;
            let path = filled(address, &person);
            let (status, to) = answer(&mut member.browser, address, &path, &csrf).await;
            let pair = format!("POST {} as {}: {status} {to}", address.path, member.role.name());
            assert!(!status.is_server_error(), "{pair}");
            if !member.role.may(right) {
                assert_eq!(status, StatusCode::NOT_FOUND, "{pair}");
                continue;
            }
            assert_ne!(status, StatusCode::FORBIDDEN, "{pair}: the token is good");
            assert!(!to.starts_with("/sign-in") && !to.starts_with("/step-up"), "{pair}");
            assert_ne!(status, StatusCode::NOT_FOUND, "{pair}");
        }
    }
    assert!(sent > 150, "{sent} forms");
    let last = crew.last_mut().unwrap();
    assert!(last.browser.get(&person).await.says("Disabled"), "and those who may have done it");

    // Each refusal is in the journal: who, from where, which right, at which address; of a person the row alone.
    let log = std::fs::read_to_string(shop.folder().join("cashcowd.log")).unwrap();
    let refused: Vec<_> = log.lines().filter(|line| line.contains("has no right to")).collect();
    let of = |words: &str| refused.iter().any(|line| line.contains(words) && line.contains("from 127.0.0.1"));
    assert!(of("has no right to go-live: POST /go-live") && of("change-collector: POST /settings/collector"));
    assert!(refused.iter().all(|line| !line.contains('@') && !line.contains("The support")));
}

#[tokio::test]
async fn a_form_that_no_page_sent_leaves_a_line_that_quotes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let kind = "application/x-www-form-urlencoded";
    let (shopper, staff) = (shop.storefront(), shop.console());
    let mut status = Vec::new();
    for (door, path, kind, body) in [
        (shopper, "/cart/add", kind, "handle=s3cret&csrf=none"),
        (shopper, "/cart/add", kind, "handle=s3cret%zz"),
        (staff, "/sign-in", kind, "password=s3cret&password=s3cret"),
        (staff, "/api/v1/session", "application/json", "{\"password\": \"s3cret\""),
    ] {
        let body = Some((kind.to_owned(), body.as_bytes().to_vec()));
        status.push(Browser::new(door).once(Method::POST, path, body, &[]).await.unwrap().status.as_u16());
    }
    assert_eq!(status, [403, 400, 400, 400]);
    let log = std::fs::read_to_string(shop.folder().join("cashcowd.log")).unwrap();
    for line in [
        "/cart: a form was not believed",
        "/cart: a form was refused: the form is not encoded",
        "/sign-in: a form was refused: a field came twice",
        "/api/v1/session: a request was refused: malformed",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert!(!log.contains("s3cret"), "{log}");
}
