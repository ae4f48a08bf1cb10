//! Second factors through the console's router: what opens before, what asks again, what pages may run.

use axum::http::{Method, StatusCode};
use jiff::SignedDuration;

use super::access::{ADDRESSES, Needs, form_page};
use super::tests::{Browser, PAGES, Page, code_of, signed_in};
use crate::action::fixture::{Fixture, PASSWORD};

fn policy(page: &Page) -> &str {
    page.headers["content-security-policy"].to_str().unwrap()
}

#[tokio::test]
async fn only_the_passkeys_pages_run_a_script_and_name_it_with_its_hash() {
    let (fixture, mut browser) = signed_in().await;
    browser.host = "console.shop.example:9443";
    let mut stranger = Browser::of(&fixture);
    stranger.host = browser.host;
    for page in [stranger.get("/sign-in").await, browser.get("/security").await] {
        assert!(policy(&page).contains("script-src 'self'; require-trusted-types-for 'script'"));
        assert!(!policy(&page).contains("unsafe"));
        assert_eq!(page.text.matches("<script").count(), 1);
        let tag = page.text.split("<script ").nth(1).unwrap().split('>').next().unwrap();
        assert!(tag.contains("src=\"/assets/passkey-") && tag.contains("integrity=\"sha384-"), "{tag}");
        let powers = page.headers["permissions-policy"].to_str().unwrap();
        assert!(powers.contains("publickey-credentials-get=(self)") && powers.contains("camera=()"));
    }
    for path in PAGES {
        let page = browser.get(path).await;
        assert!(!page.text.contains("<script") && !policy(&page).contains("script-src"), "{path}");
    }
    // Under an address or a name that the certificate does not have there is nothing to run.
    for host in ["10.0.2.15:9443", "evil.example:9443", "console.shop.example.evil.example"] {
        (browser.host, stranger.host) = (host, host);
        for page in [stranger.get("/sign-in").await, browser.get("/security").await] {
            assert!(!page.text.contains("<script") && !page.text.contains("data-passkey"), "{host}");
            let powers = page.headers["permissions-policy"].to_str().unwrap();
            assert!(powers.contains("publickey-credentials-get=()"));
        }
        assert!(browser.get("/security").await.text.contains("https://console.shop.example:9443/"));
    }
}

#[tokio::test]
async fn what_matters_asks_for_the_second_factor_again_and_goes_on_where_it_was() {
    let (fixture, mut browser) = signed_in().await;
    assert_eq!(browser.get("/settings/gateway").await.status, StatusCode::OK);
    fixture.wait(SignedDuration::from_mins(10));
    assert_eq!(browser.get("/orders").await.status, StatusCode::OK, "reading goes on");
    for path in ["/settings/gateway", "/security", "/security/app"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        assert!(page.location.starts_with("/step-up?then=%2Fse"), "{}", page.location);
    }
    let place = browser.get("/settings/gateway").await.location;
    let page = browser.get(&place).await;
    assert!(page.text.contains("name=\"then\" value=\"/settings/gateway\""), "{}", page.text);
    let token = page.token();
    let wrong =
        browser.post("/step-up", &format!("csrf={token}&then=%2Fsettings%2Fgateway&code=000000")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("value=\"/settings/gateway\"") && !wrong.text.contains("000000"));
    let code = fixture.second();
    let right = format!("csrf={token}&then=%2Fsettings%2Fgateway&code={}", code.as_str());
    assert_eq!(browser.post("/step-up", &right).await.location, "/settings/gateway");
    assert_eq!(browser.get("/settings/gateway").await.status, StatusCode::OK);
    // The old session's token is worth nothing under the new id.
    assert_eq!(browser.post("/step-up", &right).await.status, StatusCode::FORBIDDEN);
    for foreign in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example"] {
        let fields = format!("then={foreign}&code={}", fixture.second().as_str());
        assert_eq!(browser.submit("/step-up", "/step-up", &fields).await.location, "/", "{foreign}");
    }
}

#[tokio::test]
async fn every_form_that_matters_leads_to_the_second_factor_and_back_to_its_page_when_the_proof_is_old() {
    let (fixture, mut browser) = signed_in().await;
    // Used all the time, so that the session lives on and only the proof grows old.
    for _ in 0..2 {
        fixture.wait(SignedDuration::from_mins(8));
        assert_eq!(browser.get("/orders").await.status, StatusCode::OK);
    }
    let token = browser.get("/orders").await.token();
    let mut walked = 0;
    for address in ADDRESSES {
        if address.needs != Needs::Fresh && address.needs.step_up().is_none() {
            continue;
        }
        walked += 1;
        let path = filled(address.path);
        // With a token that is good, and with none: the proof is asked for before anything is read.
        let pages = if address.method == Method::POST {
            vec![browser.post(&path, &format!("csrf={token}")).await, browser.post(&path, "").await]
        } else {
            vec![browser.get(&path).await]
        };
        let then = format!("/step-up?then={}", form_page(address.path, &path).replace('/', "%2F"));
        for page in pages {
            let answer = (page.status, page.location.as_str());
            assert_eq!(answer, (StatusCode::SEE_OTHER, then.as_str()), "{} {path}", address.method);
        }
    }
    assert!(walked >= 55, "{walked} addresses");
    // And from there back to the page of the form, which is there.
    let place = browser.post("/settings/collector", &format!("csrf={token}&protocol=none")).await.location;
    let token = browser.get(&place).await.token();
    let code = fixture.second();
    let fields = format!("csrf={token}&then=%2Fsettings%2Fcollector&code={}", code.as_str());
    assert_eq!(browser.post("/step-up", &fields).await.location, "/settings/collector");
    assert_eq!(browser.get("/settings/collector").await.status, StatusCode::OK);
}

/// An address with something for each of its parts in braces.
fn filled(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "1".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn people_change_their_own_sign_in_and_nothing_secret_comes_back() {
    let (fixture, mut browser) = signed_in().await;
    let fields = |old: &str, new: &str, again: &str| {
        format!("old={old}&password={new}&password_again={again}").replace(' ', "+")
    };
    let new = "eleven cows on a quiet hill";
    for (typed, says) in [
        (fields(PASSWORD, "short", "short"), "at least 15 characters"),
        (fields(PASSWORD, new, "another"), "The two passwords differ"),
        (fields("not the old one", new, new), "not your present password"),
        (fields(PASSWORD, PASSWORD, PASSWORD), "one of your last four passwords"),
        (fields(PASSWORD, "thecannockchasepanther", "x"), "stolen from somebody before"),
    ] {
        let page = browser.submit("/security", "/security/password", &typed).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}");
        assert!(page.text.contains(says), "{says}: {}", page.text);
        assert!(!page.text.contains(new) && !page.text.contains(PASSWORD));
    }
    let page = browser.submit("/security", "/security/password", &fields(PASSWORD, new, new)).await;
    assert_eq!(page.location, "/security?password");
    let mut other = Browser::of(&fixture);
    assert_eq!(other.sign_in(PASSWORD, &fixture.second()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.sign_in(new, &fixture.second()).await.location, "/");

    let page = browser.submit("/security", "/security/app/remove", "").await;
    assert!(page.text.contains("This is your last second factor"), "{}", page.text);
    let page = browser.submit("/security", "/security/recovery-codes", "").await;
    assert_eq!(page.text.matches("<li>").count(), 10);
    assert!(browser.get("/security").await.text.contains("10 codes are left"));

    let page = browser.get("/security/sessions").await;
    assert_eq!(page.text.matches("<tr>").count(), 3, "head, this one, the other one: {}", page.text);
    let page = browser.submit("/security/sessions", "/security/sessions/end-others", "").await;
    assert_eq!(page.location, "/security/sessions");
    assert_eq!(other.get("/").await.location, "/sign-in");
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_first_code_shows_the_same_secret_again() {
    let fixture = Fixture::new(false).await;
    let mut browser = Browser::of(&fixture);
    browser.set_session(fixture.set_up().await);
    let page = browser.get("/enrol").await;
    let (token, code) = (page.token(), code_of(&page, &fixture));
    let wrong = browser.post("/enrol/app", &format!("csrf={token}&code=000000")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(code_of(&wrong, &fixture), code);
    let right = browser.post("/enrol/app", &format!("csrf={token}&code={code}")).await;
    assert_eq!(right.text.matches("<li>").count(), 10);
    assert_eq!(browser.get("/enrol").await.location, "/");
    assert_eq!(browser.get("/security/app").await.location, "/security", "one app is enough");
}
