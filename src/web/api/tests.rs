//! The API through its router: every operation as every role, and what holds for all of them.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, COOKIE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::action::fixture::{EMAIL, Fixture, PASSWORD, source};
use crate::action::{MakeToken, load_demo, make_token, revoke_token, signed_in};
use crate::base::{Email, Line, Token};
use crate::staff::{
    Approval, CREDENTIALS, PERSONS, PERSONS_BY_EMAIL, Person, Right, Role, SESSIONS, Session, email_key,
    session_key,
};
use crate::store::{Reads, Span, StoreError};
use crate::web::{Peer, console};

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub json: Value,
}

pub struct Desk {
    pub fixture: Fixture,
    router: Router,
}

impl Desk {
    pub async fn open() -> Self {
        let (fixture, _) = Fixture::open(false).await;
        load_demo(fixture.app(), &Fixture::demo_folder()).await.unwrap();
        let site = Site::new(Arc::clone(fixture.app())).unwrap();
        let router = console::router(site, Arc::clone(&fixture.office));
        Self { fixture, router }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (mut parts, body) = request.into_parts();
        if parts.extensions.get::<Peer>().is_none() {
            parts.extensions.insert(Peer("10.0.2.2:50000".parse().unwrap()));
        }
        let response = self.router.clone().oneshot(Request::from_parts(parts, body)).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let json = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("no JSON: {bytes:?}"))
        };
        Answer { status: parts.status, headers: parts.headers, json }
    }

    pub async fn call(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{ROOT}{path}"));
        if !token.is_empty() {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header(CONTENT_TYPE, "application/json");
            Body::from(body.to_string())
        };
        self.send(request.body(body).unwrap()).await
    }

    /// Somebody in this role who has just signed in; the session's token.
    pub async fn signed_in_as(&self, role: Role) -> String {
        let app = self.fixture.app();
        let (now, ada) = (app.clock().now(), Token::from_bytes([9; 16]));
        let session = Token::random(app.random());
        let founder = self.fixture.person(EMAIL).unwrap();
        app.store()
            .transact(move |tx| {
                let email = Email::new(&format!("{}@example.com", role.name())).unwrap();
                let mut id = [0; 16];
                id[..4].copy_from_slice(&role.name().as_bytes()[..4]);
                let id = Token::from_bytes(id);
                let approval = Approval { by: ada, email: founder.email.clone(), at: now, role };
                let person = Person {
                    id,
                    email: email.clone(),
                    role,
                    approvals: vec![approval],
                    last_seen: now,
                    ..founder.clone()
                };
                tx.put(&PERSONS, &id, &person)?;
                // The founder's second factor does for all of them.
                let credentials = tx.get(&CREDENTIALS, &founder.id)?.unwrap();
                tx.put(&CREDENTIALS, &id, &credentials)?;
                tx.put(&PERSONS_BY_EMAIL, &email_key(email.as_str()), &id)?;
                let row = Session { person: id, begun: now, used: now, proved: Some(now), source: source() };
                tx.put(&SESSIONS, &session_key(session), &row)?;
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
        format!("ccs_{session}")
    }

    /// A token of somebody in this role, with these rights.
    pub async fn token_as(&self, role: Role, rights: Vec<Right>) -> (Token, String) {
        let session = self.signed_in_as(role).await;
        let id = session["ccs_".len()..].parse().unwrap();
        let signed = signed_in(self.fixture.app(), id, source()).await.unwrap().unwrap();
        let wish = MakeToken {
            name: Line::new("test").unwrap(),
            rights,
            range: "10.0.2.0/24".parse().unwrap(),
            days: 90,
        };
        let (token, secret) = make_token(&self.fixture.office, &signed.actor, wish).await.unwrap();
        (token.id, secret.to_string())
    }
}

/// Every operation: method, path with names that nothing has, what it needs.
pub fn operations() -> Vec<(String, String, String)> {
    let document = openapi();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let path = path.strip_prefix(ROOT).unwrap();
            let path = path.replace("{number}", "999999").replace("{kind}", "not-found");
            let path = path.replace("{id}", "0000000000000000000000000a");
            let path = path.replace("{token}", "0000000000000000000000000b").replace("{mark}", "none");
            let path = path.replace("{handle}", "no-such-thing");
            let needs =
                operation["x-right"].as_str().unwrap_or_else(|| panic!("{method} {path} says nothing"));
            all.push((method.to_uppercase(), path, needs.to_owned()));
        }
    }
    assert!(all.len() > 25);
    all
}

pub fn body_for(method: &str) -> Value {
    if method == "GET" || method == "DELETE" { Value::Null } else { json!({}) }
}

fn is_refused(answer: &Answer) -> bool {
    matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED)
}

#[test]
fn the_document_in_the_repository_is_the_one_that_is_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
    let made = format!("{:#}\n", openapi());
    if std::env::var_os("CASHCOW_WRITE_OPENAPI").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == made,
        "docs/openapi.json is not what the code says: CASHCOW_WRITE_OPENAPI=1 cargo test openapi"
    );
}

#[test]
fn every_operation_says_which_right_it_needs_and_whether_the_second_factor() {
    let document = openapi();
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(names.insert(operation["operationId"].as_str().unwrap()), "{method} {path}");
            let name = operation["x-right"].as_str().unwrap();
            let right = Right::of_name(name);
            assert!(
                right.is_some() || ["anyone", "signed-in", "enrol", "session"].contains(&name),
                "{method} {path}"
            );
            let step_up = operation["x-step-up"].as_bool().unwrap();
            if let Some(right) = right {
                assert_eq!(step_up, right.needs_step_up(), "{method} {path}");
            }
            assert_eq!(
                operation["security"].as_array().unwrap().is_empty(),
                name == "anyone",
                "{method} {path}"
            );
            let writes = right.is_some_and(|right| !right.only_reads());
            // What asks for a right to change something is never a GET, but for what shows a secret or a form.
            let shown = ["/api/v1/recovery-key", "/api/v1/go-live"].contains(&path.as_str());
            assert!(!(writes && method == "get") || shown, "{method} {path}");
        }
    }
}

#[test]
fn an_operation_that_does_not_say_what_it_needs_is_not_in_the_table() {
    let document = json!({ "paths": {
        "/a": { "get": { "x-right": "see-orders" }, "post": {} },
        "/b": { "get": { "x-right": "everything" } },
    }});
    let operations = Operations::of(&document);
    assert_eq!(operations.needs(&Method::GET, "/a"), Some(access::Needs::Right(Right::SeeOrders)));
    assert_eq!(operations.needs(&Method::HEAD, "/a"), Some(access::Needs::Right(Right::SeeOrders)));
    assert_eq!(operations.needs(&Method::POST, "/a"), None);
    assert_eq!(operations.needs(&Method::GET, "/b"), None);
}

#[tokio::test]
async fn every_operation_as_every_role_is_what_the_table_says() {
    let desk = Desk::open().await;
    for (method, path, needs) in operations() {
        let nobody = desk.call("", &method, &path, body_for(&method)).await;
        assert_eq!(nobody.status == StatusCode::UNAUTHORIZED, needs != "anyone", "{method} {path}");
        for role in Role::ALL {
            let session = desk.signed_in_as(role).await;
            let answer = desk.call(&session, &method, &path, body_for(&method)).await;
            let may = Right::of_name(&needs).is_none_or(|right| role.may(right));
            assert!(!answer.status.is_server_error(), "{method} {path} as {role:?}: {}", answer.json);
            if may {
                assert!(!is_refused(&answer), "{method} {path} as {role:?}: {}", answer.json);
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path} as {role:?}");
                assert_eq!(answer.json["right"], needs.as_str());
                assert_eq!(answer.json["type"], "/api/v1/problems/not-allowed");
            }
        }
    }
}

#[tokio::test]
async fn two_people_send_the_audit_log_elsewhere_and_a_token_is_never_shown() {
    let desk = Desk::open().await;
    let ada = desk.signed_in_as(Role::PlatformAdministrator).await;
    let noor = desk.signed_in_as(Role::SecurityOfficer).await;
    let manager = desk.signed_in_as(Role::ShopManager).await;
    let place = "/settings/collector";
    let wish = json!({"protocol": "otlp", "address": "10.0.2.9:4318", "secret": "Bearer s3cret"});
    let wrong = json!({"protocol": "otlp", "address": "logs.example:4318", "path": "v1"});
    let answer = desk.call(&ada, "POST", place, wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields: Vec<_> = answer.json["errors"].as_array().unwrap().iter().map(|it| &it["field"]).collect();
    assert_eq!(fields, ["address", "path"]);
    assert_eq!(desk.call(&manager, "POST", place, wish.clone()).await.status, StatusCode::FORBIDDEN);
    let made = desk.call(&ada, "POST", place, wish.clone()).await;
    assert_eq!((made.status, &made.json["what"]), (StatusCode::CREATED, &json!("collector")));
    let again = desk.call(&noor, "POST", place, json!({"protocol": "none"})).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let shown = desk.call(&noor, "GET", place, Value::Null).await;
    assert_eq!((&shown.json["ships"], &shown.json["waiting"]), (&json!(false), &made.json));
    let listed = desk.call(&noor, "GET", "/proposals", Value::Null).await;
    assert_eq!(listed.json["items"], json!([made.json]));
    assert!(!made.json.to_string().contains("s3cret"));
    let confirm = format!("/proposals/{}/confirm", made.json["number"]);
    assert_eq!(desk.call(&ada, "POST", &confirm, Value::Null).await.status, StatusCode::CONFLICT);
    let done = desk.call(&noor, "POST", &confirm, Value::Null).await;
    assert_eq!((done.status, &done.json["state"]), (StatusCode::OK, &json!("confirmed")));
    let shown = desk.call(&noor, "GET", place, Value::Null).await;
    assert_eq!((&shown.json["ships"], shown.json.get("waiting")), (&json!(true), None));
}

#[tokio::test]
async fn a_token_opens_its_rights_and_nothing_else() {
    let desk = Desk::open().await;
    let owner = Role::OperatorOwner;
    for right in Right::ALL.into_iter().filter(|right| owner.may(*right) && !right.needs_step_up()) {
        let (_, secret) = desk.token_as(owner, vec![right]).await;
        for (method, path, needs) in operations() {
            let answer = desk.call(&secret, &method, &path, body_for(&method)).await;
            let may = match needs.as_str() {
                "anyone" | "signed-in" => true,
                needs => needs == right.name(),
            };
            assert!(!answer.status.is_server_error(), "{method} {path}: {}", answer.json);
            assert_eq!(!is_refused(&answer), may, "{method} {path} with {right:?}: {}", answer.json);
        }
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_yours_answer_alike() {
    let desk = Desk::open().await;
    let (theirs, _) = desk.token_as(Role::Auditor, vec![Right::SeeOrders]).await;
    let mine = desk.signed_in_as(Role::Support).await;
    let foreign = desk.call(&mine, "DELETE", &format!("/tokens/{theirs}"), Value::Null).await;
    let unknown = desk.call(&mine, "DELETE", "/tokens/0000000000000000000000000a", Value::Null).await;
    assert_eq!((foreign.status, &foreign.json), (StatusCode::NOT_FOUND, &unknown.json));
    // Without the right nobody learns whether there is such a thing.
    let officer = desk.signed_in_as(Role::SecurityOfficer).await;
    let there = desk.call(&officer, "GET", "/products/stoneware-mug", Value::Null).await;
    let not_there = desk.call(&officer, "GET", "/products/no-such-thing", Value::Null).await;
    assert_eq!((there.status, &there.json), (StatusCode::FORBIDDEN, &not_there.json));
    let wrong_body = desk.call(&officer, "PUT", "/products/stoneware-mug", json!({"x": 1})).await;
    assert_eq!(wrong_body.json["right"], "change-products");
}

#[tokio::test]
async fn a_session_is_begun_used_and_ended_without_a_cookie() {
    let desk = Desk::open().await;
    let wrong = desk.call("", "POST", "/session", json!({"email": EMAIL, "password": "wrong"})).await;
    let nobody =
        desk.call("", "POST", "/session", json!({"email": "x@example.com", "password": "wrong"})).await;
    assert_eq!((wrong.status, &wrong.json), (StatusCode::UNAUTHORIZED, &nobody.json));
    let begun = desk
        .call(
            "",
            "POST",
            "/session",
            json!({"email": EMAIL, "password": PASSWORD, "code": desk.fixture.second().as_str()}),
        )
        .await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.json);
    assert!(begun.headers.get("set-cookie").is_none());
    let token = begun.json["token"].as_str().unwrap().to_owned();
    let me = desk.call(&token, "GET", "/me", Value::Null).await;
    assert_eq!(me.json["email"], EMAIL);
    assert_eq!(me.json["role"], "platform-administrator");
    // The same session as a cookie opens nothing here.
    let cookie = Request::get("/api/v1/me").header(COOKIE, format!("__Host-session={}", &token[4..]));
    assert_eq!(desk.send(cookie.body(Body::empty()).unwrap()).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.call(&token, "DELETE", "/session", Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.call(&token, "GET", "/me", Value::Null).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_old_proof_is_named_and_an_idle_session_ends() {
    let desk = Desk::open().await;
    let session = desk.signed_in_as(Role::PlatformAdministrator).await;
    desk.fixture.wait(SignedDuration::from_mins(10));
    assert_eq!(desk.call(&session, "GET", "/me", Value::Null).await.json["proved_lately"], true);
    desk.fixture.wait(SignedDuration::from_mins(6));
    let answer = desk.call(&session, "GET", "/go-live", Value::Null).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.json["type"], "/api/v1/problems/step-up-needed");
    assert_eq!(answer.json["right"], "go-live");
    assert_eq!(desk.call(&session, "GET", "/orders", Value::Null).await.status, StatusCode::OK);
    let wrong = desk.call(&session, "POST", "/session/step-up", json!({"code": "000000"})).await;
    assert_eq!(wrong.json["type"], "/api/v1/problems/wrong-credentials");
    let code = desk.fixture.second();
    let proved = desk.call(&session, "POST", "/session/step-up", json!({"code": code.as_str()})).await;
    assert_eq!(proved.status, StatusCode::OK, "{}", proved.json);
    assert_eq!(desk.call(&session, "GET", "/orders", Value::Null).await.status, StatusCode::UNAUTHORIZED);
    let session = proved.json["token"].as_str().unwrap().to_owned();
    assert_eq!(desk.call(&session, "GET", "/go-live", Value::Null).await.status, StatusCode::OK);
    desk.fixture.wait(SignedDuration::from_mins(15));
    assert_eq!(desk.call(&session, "GET", "/orders", Value::Null).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_is_dead_at_the_next_request_after_it_was_revoked_or_its_owner_dismissed() {
    let desk = Desk::open().await;
    let app = desk.fixture.app();
    let (id, secret) = desk.token_as(Role::ShopManager, vec![Right::SeeOrders]).await;
    assert_eq!(desk.call(&secret, "GET", "/orders", Value::Null).await.status, StatusCode::OK);
    let elsewhere = Request::get("/api/v1/orders")
        .header(AUTHORIZATION, format!("Bearer {secret}"))
        .extension(Peer("10.0.2.77:1".parse().unwrap()));
    assert_eq!(desk.send(elsewhere.body(Body::empty()).unwrap()).await.status, StatusCode::OK);
    app.store()
        .transact(move |tx| {
            for (key, mut person) in tx.scan(&PERSONS, &Span::all(20))? {
                if person.role == Role::ShopManager {
                    person.employment.ended = Some("2020-01-01".parse().unwrap());
                    tx.put(&PERSONS, &key, &person)?;
                }
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    let dead = desk.call(&secret, "GET", "/orders", Value::Null).await;
    assert_eq!(dead.status, StatusCode::UNAUTHORIZED);
    assert_eq!(dead.headers[WWW_AUTHENTICATE], "Bearer");
    let (second, secret) = desk.token_as(Role::ShopManager, vec![Right::SeeOrders]).await;
    let session = desk.signed_in_as(Role::ShopManager).await;
    let signed = signed_in(app, session[4..].parse().unwrap(), source()).await.unwrap().unwrap();
    revoke_token(app, &signed.actor, second).await.unwrap();
    let dead_too = desk.call(&secret, "GET", "/orders", Value::Null).await;
    assert_eq!((dead_too.status, &dead_too.json), (StatusCode::UNAUTHORIZED, &dead.json));
    assert_ne!(id, second);
}

#[tokio::test]
async fn wrong_tokens_are_made_to_wait_and_told_how_long() {
    let desk = Desk::open().await;
    let wrong = format!("cct_{}", "0".repeat(52));
    let mut last = desk.call(&wrong, "GET", "/me", Value::Null).await;
    for _ in 0..20 {
        assert!(!last.json.to_string().contains("0000"));
        if last.status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        assert_eq!(last.status, StatusCode::UNAUTHORIZED);
        last = desk.call(&wrong, "GET", "/me", Value::Null).await;
    }
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(last.headers[RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap() > 0);
}

#[tokio::test]
async fn tokens_are_made_listed_and_revoked_in_a_session() {
    let desk = Desk::open().await;
    let session = desk.signed_in_as(Role::OperatorOwner).await;
    let wish = |rights: Value, range: &str| json!({"name": "till", "rights": rights, "range": range});
    for (wish, field) in [
        (wish(json!(["refund-payment"]), "10.0.2.0/24"), "rights"),
        (wish(json!(["see-audit"]), "10.0.2.0/24"), "rights"),
        (wish(json!(["see-everything"]), "10.0.2.0/24"), "rights[0]"),
        (wish(json!([]), "10.0.2.0/24"), "rights"),
        (wish(json!(["see-orders"]), "10.0.0.0/8"), "range"),
        (wish(json!(["see-orders"]), "here"), "range"),
    ] {
        let answer = desk.call(&session, "POST", "/tokens", wish).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.json);
        let fault = &answer.json["errors"][0];
        assert_eq!(fault["field"], field, "{}", answer.json);
        assert!(!fault["wrong"].as_str().unwrap().is_empty() && !fault["cure"].as_str().unwrap().is_empty());
    }
    let made = desk.call(&session, "POST", "/tokens", wish(json!(["see-orders"]), "10.0.2.2/32")).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let secret = made.json["secret"].as_str().unwrap().to_owned();
    let listed = desk.call(&session, "GET", "/tokens", Value::Null).await.json;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert!(!listed.to_string().contains(&secret) && !listed.to_string().contains("cct_"));
    let id = made.json["token"]["id"].as_str().unwrap();
    assert_eq!(desk.call(&secret, "GET", "/orders", Value::Null).await.status, StatusCode::OK);
    let by_itself = desk.call(&secret, "DELETE", &format!("/tokens/{id}"), Value::Null).await;
    assert_eq!(by_itself.json["type"], "/api/v1/problems/needs-session");
    let gone = desk.call(&session, "DELETE", &format!("/tokens/{id}"), Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.call(&secret, "GET", "/orders", Value::Null).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn lists_come_in_pages_that_join_without_a_gap() {
    let desk = Desk::open().await;
    let (_, secret) = desk.token_as(Role::Support, vec![Right::SeeProducts]).await;
    let whole = desk.call(&secret, "GET", "/products?limit=100", Value::Null).await.json;
    let whole = whole["items"].as_array().unwrap();
    let (mut joined, mut query) = (Vec::new(), "?limit=7".to_owned());
    loop {
        let page = desk.call(&secret, "GET", &format!("/products{query}"), Value::Null).await.json;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 7);
        joined.extend(items.clone());
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=7&cursor={next}");
    }
    assert_eq!(&joined, whole);
    for wrong in ["?limit=0", "?limit=101", "?limit=x", "?cursor=no-such-thing", "?page=2"] {
        let answer = desk.call(&secret, "GET", &format!("/products{wrong}"), Value::Null).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {}", answer.json);
    }
}

#[tokio::test]
async fn a_product_is_changed_field_by_field_and_what_was_sold_meanwhile_stays_sold() {
    let desk = Desk::open().await;
    let (_, secret) = desk.token_as(Role::ShopManager, vec![Right::SeeProducts, Right::ChangeProducts]).await;
    let path = "/products/stoneware-mug";
    let product = desk.call(&secret, "GET", path, Value::Null).await.json;
    let variant = &product["variants"][0];
    let (sku, was) = (variant["sku"].clone(), variant["on_hand"].as_u64().unwrap());
    let change = |price: &str| {
        json!({"status": "active", "variants": [
            {"sku": sku, "price": price, "on_hand": was + 5, "on_hand_was": was}]})
    };
    let changed = desk.call(&secret, "PUT", path, change("43.10")).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.json);
    assert_eq!(changed.json["variants"][0]["price"], json!({"currency": "EUR", "amount": "43.10"}));
    assert_eq!(changed.json["variants"][0]["on_hand"], was + 5);
    for price in ["0.00", "1e3", "-1", "4242 4242 4242 4242"] {
        let answer = desk.call(&secret, "PUT", path, change(price)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{price}: {}", answer.json);
        assert_eq!(answer.json["errors"][0]["field"], "variants[0].price");
        assert!(!answer.json.to_string().contains("4242"));
    }
}

#[tokio::test]
async fn a_request_past_its_limits_is_refused_with_its_status() {
    let desk = Desk::open().await;
    let (_, secret) = desk.token_as(Role::ShopManager, vec![Right::ChangeProducts]).await;
    let put = |kind: &str, body: Vec<u8>| {
        let request = Request::put("/api/v1/products/stoneware-mug")
            .header(AUTHORIZATION, format!("Bearer {secret}"))
            .header(CONTENT_TYPE, kind);
        desk.send(request.body(Body::from(body)).unwrap())
    };
    let padded = |length: usize| {
        let mut body = br#"{"status": "active"}"#.to_vec();
        body.resize(length, b' ');
        body
    };
    assert_eq!(put("application/json", padded(body::MOST_BODY)).await.status, StatusCode::OK);
    let large = put("application/json", padded(body::MOST_BODY + 1)).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(large.headers[CONTENT_TYPE], "application/problem+json");
    assert_eq!(put("text/plain", padded(20)).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(put("application/json", vec![b'{', 0xff]).await.status, StatusCode::BAD_REQUEST);
    let unknown = put("application/json", br#"{"status": "active", "pan": 1}"#.to_vec()).await;
    assert_eq!(
        (unknown.status, &unknown.json["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("pan"))
    );
    let method = desk.call(&secret, "PATCH", "/products/stoneware-mug", Value::Null).await;
    assert_eq!(
        (method.status, &method.headers[ALLOW]),
        (StatusCode::METHOD_NOT_ALLOWED, &"GET, PUT".parse().unwrap())
    );
    let nowhere = desk.call(&secret, "GET", "/no/such/thing", Value::Null).await;
    assert_eq!(nowhere.json["type"], "/api/v1/problems/not-found");
    let card = desk.call(&secret, "GET", "/products?q=4242424242424242", Value::Null).await;
    assert_eq!(
        (card.status, &card.json["type"]),
        (StatusCode::BAD_REQUEST, &json!("/api/v1/problems/card-number"))
    );
    let two = Request::get("/api/v1/me")
        .header(AUTHORIZATION, format!("Bearer {secret}"))
        .header(AUTHORIZATION, "Bearer other");
    assert_eq!(desk.send(two.body(Body::empty()).unwrap()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nobody_outside_the_ranges_gets_an_answer_of_the_api() {
    let desk = Desk::open().await;
    for path in ["/api/v1/openapi.json", "/api/v1/me"] {
        let request = Request::get(path).extension(Peer("192.0.2.7:1".parse().unwrap()));
        let response = desk.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn without_a_second_factor_a_session_opens_nothing_here() {
    let desk = Desk::open().await;
    let session = desk.signed_in_as(Role::OperatorOwner).await;
    let forget = |tx: &mut crate::store::Tx<'_>| {
        for (id, _) in tx.scan(&CREDENTIALS, &Span::all(20))? {
            tx.delete(&CREDENTIALS, &id);
        }
        Ok::<_, StoreError>(())
    };
    desk.fixture.app().store().transact(forget).await.unwrap();
    for path in ["/me", "/orders", "/tokens"] {
        let answer = desk.call(&session, "GET", path, Value::Null).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(answer.json["type"], "/api/v1/problems/not-enrolled");
    }
}
