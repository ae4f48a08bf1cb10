use jiff::SignedDuration;

use super::*;
use crate::action::fixture::{EMAIL, Fixture, PASSWORD, source};

fn typed(email: &str, password: &str) -> SignIn {
    SignIn {
        email: email.to_owned(),
        password: SecretBytes::new(password.as_bytes().to_vec()),
        source: source(),
    }
}

async fn is_in(fixture: &Fixture, session: Token) -> bool {
    signed_in(fixture.app(), session, source()).await.unwrap().is_some()
}

#[tokio::test]
async fn the_right_password_opens_a_session_of_its_own() {
    let (fixture, _) = Fixture::open(false).await;
    let first = sign_in(&fixture.office, typed(EMAIL, PASSWORD)).await.unwrap();
    let second = sign_in(&fixture.office, typed(" ADA@example.com ", PASSWORD)).await.unwrap();
    assert_ne!(first, second);
    let actor = signed_in(fixture.app(), first, source()).await.unwrap().unwrap().actor;
    sign_out(fixture.app(), &actor, first).await.unwrap();
    assert!(!is_in(&fixture, first).await);
    assert!(is_in(&fixture, second).await);
    assert!(fixture.last_deed().starts_with("ada@example.com SignOut"));
}

#[tokio::test]
async fn an_unknown_account_and_a_wrong_password_get_one_answer() {
    let (fixture, _) = Fixture::open(false).await;
    for (email, password) in
        [(EMAIL, "wrong"), ("eve@example.com", PASSWORD), ("", ""), ("x", &"y".repeat(9999))]
    {
        let refused = sign_in(&fixture.office, typed(email, password)).await;
        assert_eq!(refused, Err(SignInError::Wrong), "{email}");
    }
    assert!(fixture.last_deed().contains("stranger SignIn \"\" Refused from 10.0.2.2"));
}

#[tokio::test]
async fn wrong_tries_grow_slower_and_the_right_one_waits_too() {
    let (fixture, _) = Fixture::open(false).await;
    for _ in 0..5 {
        assert_eq!(sign_in(&fixture.office, typed(EMAIL, "wrong")).await, Err(SignInError::Wrong));
    }
    let wait = SignInError::Wait(SignedDuration::from_secs(2));
    assert_eq!(sign_in(&fixture.office, typed(EMAIL, PASSWORD)).await, Err(wait.clone()));
    // The source waits as well, whatever the account.
    assert_eq!(sign_in(&fixture.office, typed("eve@example.com", "x")).await, Err(wait));
    fixture.wait(SignedDuration::from_secs(2));
    assert!(sign_in(&fixture.office, typed(EMAIL, PASSWORD)).await.is_ok());
    assert_eq!(sign_in(&fixture.office, typed(EMAIL, "wrong")).await, Err(SignInError::Wrong), "forgiven");
}

#[tokio::test]
async fn many_tries_at_once_count_as_many() {
    let (fixture, _) = Fixture::open(false).await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let office = std::sync::Arc::clone(&fixture.office);
        tries.spawn(async move { sign_in(&office, typed(EMAIL, "wrong")).await });
    }
    let outcomes = tries.join_all().await;
    let checked = outcomes.iter().filter(|outcome| **outcome == Err(SignInError::Wrong)).count();
    assert_eq!(checked, 5, "the rest had to wait");
}

#[tokio::test]
async fn a_session_ends_after_rest_and_use_keeps_it() {
    let (fixture, _) = Fixture::open(false).await;
    let session = sign_in(&fixture.office, typed(EMAIL, PASSWORD)).await.unwrap();
    for _ in 0..5 {
        fixture.wait(SignedDuration::from_mins(14));
        assert!(is_in(&fixture, session).await);
    }
    fixture.wait(SignedDuration::from_mins(15));
    assert!(!is_in(&fixture, session).await);
    let session = sign_in(&fixture.office, typed(EMAIL, PASSWORD)).await.unwrap();
    for _ in 0..72 {
        assert!(is_in(&fixture, session).await);
        fixture.wait(SignedDuration::from_mins(10));
    }
    assert!(!is_in(&fixture, session).await, "twelve hours");
}

#[tokio::test]
async fn a_copy_of_the_table_opens_nothing() {
    let (fixture, _) = Fixture::open(false).await;
    let session = sign_in(&fixture.office, typed(EMAIL, PASSWORD)).await.unwrap();
    let rows = fixture.app().store().read(|view| view.scan(&SESSIONS, &Span::all(9)));
    let rows = rows.unwrap_or_else(|error: StoreError| panic!("{error}"));
    assert!(rows.iter().all(|(key, _)| key[..16] != session.to_bytes() && key[16..] != session.to_bytes()));
}

/// Changes the administrator's row behind everybody's back, as another person's action would.
async fn change(fixture: &Fixture, edit: impl Fn(&mut Person) + Send + 'static) {
    let changed = fixture.app().store().transact(move |tx| {
        let id = tx.get(&PERSONS_BY_EMAIL, &EMAIL.to_owned())?.unwrap();
        let mut person = tx.get(&PERSONS, &id)?.unwrap();
        edit(&mut person);
        tx.put(&PERSONS, &id, &person)
    });
    changed.await.unwrap_or_else(|error: StoreError| panic!("{error}"));
}

#[tokio::test]
async fn who_is_dismissed_or_whose_record_lapses_is_out_in_the_middle_of_a_session() {
    let (fixture, _) = Fixture::open(false).await;
    let session = sign_in(&fixture.office, typed(EMAIL, PASSWORD)).await.unwrap();
    let other = sign_in(&fixture.office, typed(EMAIL, PASSWORD)).await.unwrap();
    assert!(is_in(&fixture, session).await);
    let yesterday = crate::staff::day(fixture.app().clock().now()).yesterday().unwrap();
    change(&fixture, move |person| person.employment.ended = Some(yesterday)).await;
    assert!(!is_in(&fixture, session).await);
    assert!(fixture.last_deed().contains("ShutOut \"ada@example.com: the employment has ended\""));
    change(&fixture, |person| person.employment.ended = None).await;
    assert!(!is_in(&fixture, other).await, "every session ended with the first refusal");
    assert!(sign_in(&fixture.office, typed(EMAIL, PASSWORD)).await.is_ok());
    change(&fixture, move |person| person.screening.as_mut().unwrap().valid_until = yesterday).await;
    assert_eq!(sign_in(&fixture.office, typed(EMAIL, PASSWORD)).await, Err(SignInError::Wrong), "no oracle");
}

#[tokio::test]
async fn an_account_that_nobody_used_for_ninety_days_is_disabled() {
    let (fixture, _) = Fixture::open(false).await;
    fixture.wait(crate::staff::UNUSED - SignedDuration::from_secs(1));
    assert!(sign_in(&fixture.office, typed(EMAIL, PASSWORD)).await.is_ok(), "each sign-in begins anew");
    fixture.wait(crate::staff::UNUSED);
    assert_eq!(sign_in(&fixture.office, typed(EMAIL, PASSWORD)).await, Err(SignInError::Wrong));
}
