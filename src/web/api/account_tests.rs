//! One's own account, and an authority of one's own, through the router.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::tests::{Answer, Desk, body_for, operations};
use crate::action::fixture::PASSWORD;
use crate::staff::{CREDENTIALS, Role};
use crate::store::{Reads, Span, StoreError};

const NEXT: &str = "a quieter meadow with twelve sheep";

fn is_field(answer: &Answer, field: &str) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.json);
    assert_eq!(answer.json["errors"][0]["field"], field, "{}", answer.json);
}

#[tokio::test]
async fn a_password_is_changed_with_the_present_one_and_ends_the_other_sessions() {
    let desk = Desk::open().await;
    let other = desk.signed_in_as(Role::Support).await;
    let session = desk.signed_in_as(Role::Support).await;
    let change = |old: &str, new: &str| json!({"old_password": old, "password": new});
    for (old, new, field) in [
        ("not the gate", NEXT, "old_password"),
        (PASSWORD, "cow 17", "password"),
        (PASSWORD, PASSWORD, "password"),
        (PASSWORD, "support@example.com!", "password"),
    ] {
        let answer = desk.call(&session, "PUT", "/account/password", change(old, new)).await;
        is_field(&answer, field);
        assert!(!answer.json.to_string().contains(new) && !answer.json.to_string().contains(old));
    }
    assert_eq!(desk.call(&other, "GET", "/me", Value::Null).await.status, StatusCode::OK);
    let done = desk.call(&session, "PUT", "/account/password", change(PASSWORD, NEXT)).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.json);
    assert!(desk.fixture.last_deed().contains("ChangePassword"));
    assert_eq!(desk.call(&other, "GET", "/me", Value::Null).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.call(&session, "GET", "/me", Value::Null).await.status, StatusCode::OK);
    is_field(&desk.call(&session, "PUT", "/account/password", change(NEXT, PASSWORD)).await, "password");
}

#[tokio::test]
async fn wrong_passwords_make_the_change_wait_as_they_make_the_door() {
    let desk = Desk::open().await;
    let session = desk.signed_in_as(Role::Support).await;
    let wrong = json!({"old_password": "wrong", "password": NEXT});
    for _ in 0..10 {
        let answer = desk.call(&session, "PUT", "/account/password", wrong.clone()).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers.contains_key("retry-after"));
            return;
        }
        is_field(&answer, "old_password");
    }
    panic!("nobody was made to wait");
}

#[tokio::test]
async fn factors_are_listed_without_a_secret_and_the_last_one_stays() {
    let desk = Desk::open().await;
    let session = desk.signed_in_as(Role::OperatorOwner).await;
    let account = desk.call(&session, "GET", "/account", Value::Null).await.json;
    assert!(account["app_since"].is_string() && account["passkeys"] == json!([]), "{account}");
    let app = desk.call(&session, "DELETE", "/account/app", Value::Null).await;
    assert_eq!(app.json["type"], "/api/v1/problems/conflict", "{}", app.json);
    let second = desk.call(&session, "POST", "/account/app", Value::Null).await;
    assert_eq!(second.status, StatusCode::CONFLICT, "there is one already: {}", second.json);
    let none = desk.call(&session, "DELETE", "/account/passkeys/none", Value::Null).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    let made = desk.call(&session, "POST", "/account/recovery-codes", Value::Null).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let codes = made.json["recovery_codes"].as_array().unwrap().clone();
    assert_eq!(codes.len(), 10);
    let account = desk.call(&session, "GET", "/account", Value::Null).await.json;
    assert_eq!(account["recovery_codes_left"], 10);
    assert!(!account.to_string().contains(codes[0].as_str().unwrap()));
    let proved = desk.call(&session, "POST", "/session/step-up", json!({"code": codes[0]})).await;
    assert_eq!(proved.status, StatusCode::OK, "a new code opens: {}", proved.json);
}

#[tokio::test]
async fn an_account_is_changed_with_a_fresh_proof_alone_and_never_by_a_program() {
    let desk = Desk::open().await;
    let session = desk.signed_in_as(Role::Support).await;
    let (_, program) = desk.token_as(Role::Support, vec![crate::staff::Right::SeeOrders]).await;
    desk.fixture.wait(SignedDuration::from_mins(14));
    assert_eq!(desk.call(&session, "GET", "/account", Value::Null).await.status, StatusCode::OK);
    desk.fixture.wait(SignedDuration::from_mins(2));
    for (method, path) in [
        ("GET", "/account"),
        ("PUT", "/account/password"),
        ("POST", "/account/app"),
        ("DELETE", "/account/app"),
        ("DELETE", "/account/passkeys/none"),
        ("POST", "/account/recovery-codes"),
    ] {
        let body = if method == "PUT" { json!({}) } else { Value::Null };
        let late = desk.call(&session, method, path, body.clone()).await;
        assert_eq!(late.json["type"], "/api/v1/problems/step-up-needed", "{method} {path}");
        let by_program = desk.call(&program, method, path, body).await;
        assert_eq!(by_program.json["type"], "/api/v1/problems/needs-session", "{method} {path}");
    }
    let listed = desk.call(&session, "GET", "/account/sessions", Value::Null).await;
    assert_eq!(listed.status, StatusCode::OK, "where one is signed in needs no proof");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_and_those_of_others_are_not_there() {
    let desk = Desk::open().await;
    let (one, two) = (desk.signed_in_as(Role::Support).await, desk.signed_in_as(Role::Support).await);
    let three = desk.signed_in_as(Role::Support).await;
    let foreign = desk.signed_in_as(Role::Fulfilment).await;
    let listed = desk.call(&one, "GET", "/account/sessions", Value::Null).await.json;
    let items = listed["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["this"], &items[1]["this"]), (3, &json!(true), &json!(false)));
    assert!([&one, &two, &three].iter().all(|token| !listed.to_string().contains(&token[4..])));
    let theirs = desk.call(&foreign, "GET", "/account/sessions", Value::Null).await.json;
    let path = |mark: &Value| format!("/account/sessions/{}", mark.as_str().unwrap());
    let not_mine = desk.call(&one, "DELETE", &path(&theirs["items"][0]["mark"]), Value::Null).await;
    let nothing = desk.call(&one, "DELETE", "/account/sessions/0000000000000000", Value::Null).await;
    assert_eq!((not_mine.status, &not_mine.json), (StatusCode::NOT_FOUND, &nothing.json));
    assert_eq!(desk.call(&foreign, "GET", "/me", Value::Null).await.status, StatusCode::OK);
    let ended = desk.call(&one, "DELETE", &path(&items[1]["mark"]), Value::Null).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    let mut open = Vec::new();
    for token in [&two, &three] {
        open.push(desk.call(token, "GET", "/me", Value::Null).await.status == StatusCode::OK);
    }
    assert_eq!(open.iter().filter(|open| **open).count(), 1);
    let others = desk.call(&one, "POST", "/account/sessions/end-others", Value::Null).await;
    assert_eq!(others.status, StatusCode::NO_CONTENT);
    let listed = desk.call(&one, "GET", "/account/sessions", Value::Null).await.json;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn another_authority_is_asked_as_in_the_console_and_told_apart_by_its_fields() {
    let desk = Desk::open().await;
    let session = desk.signed_in_as(Role::OperatorOwner).await;
    let path = "/settings/certificate/ask";
    let wish = |more: Value| {
        let mut wish = json!({"names": ["shop.example.com"], "agreed": true});
        wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        wish
    };
    let directory = "https://ca.example.com/acme/directory";
    let other = json!({"directory": directory});
    for (more, field) in [
        (json!({"authority": {"directory": "http://ca.example.com/directory"}}), "authority.directory"),
        (json!({"authority": {"directory": "https://ca.example.com:8443/x"}}), "authority.directory"),
        (json!({"authority": {"directory": directory, "root": "no certificate"}}), "authority.root"),
        (json!({"authority": other, "staging": true}), "staging"),
        (json!({"authority": other, "check": "dns-01"}), "check"),
        (json!({"authority": other, "binding": {"key_id": "kid", "key": "!"}}), "binding"),
    ] {
        is_field(&desk.call(&session, "POST", path, wish(more)).await, field);
    }
    let more = json!({"authority": other, "check": "tls-alpn-01",
        "binding": {"key_id": "kid-1", "key": "c2VjcmV0LXNlY3JldC1zZWNyZXQ"}});
    let asked = desk.call(&session, "POST", path, wish(more)).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.json);
    assert_eq!(asked.json["placed"][0]["names"], json!(["shop.example.com"]), "{}", asked.json);
    assert!(!asked.json.to_string().contains("c2Vjcm"), "the binding's key is not shown again");
    assert!(desk.fixture.last_deed().contains(directory), "{}", desk.fixture.last_deed());
}

#[tokio::test]
async fn before_a_second_factor_every_operation_but_its_enrolment_and_the_way_out_is_closed() {
    let desk = Desk::open().await;
    let session = desk.signed_in_as(Role::PlatformAdministrator).await;
    let forget = |tx: &mut crate::store::Tx<'_>| {
        for (id, mut kept) in tx.scan(&CREDENTIALS, &Span::all(20))? {
            kept.totp = None;
            kept.recovery = Default::default();
            tx.put(&CREDENTIALS, &id, &kept)?;
        }
        Ok::<_, StoreError>(())
    };
    desk.fixture.app().store().transact(forget).await.unwrap();
    let mut open = Vec::new();
    for (method, path, needs) in operations() {
        if needs == "anyone" || path == "/session" {
            continue;
        }
        let answer = desk.call(&session, &method, &path, body_for(&method)).await;
        if answer.json["type"] != "/api/v1/problems/not-enrolled" {
            open.push(format!("{method} {path}"));
        }
    }
    assert_eq!(open, ["POST /account/app", "PUT /account/app"]);
    let left = desk.call(&session, "DELETE", "/session", Value::Null).await;
    assert_eq!(left.status, StatusCode::NO_CONTENT);
}
