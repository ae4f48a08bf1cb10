use jiff::SignedDuration;

use super::*;
use crate::action::fixture::{EMAIL, Fixture, PASSWORD, source};
use crate::staff::SESSIONS;
use crate::store::Span;

fn typed(email: &str, password: &str, code: &str) -> SignIn {
    SignIn {
        email: email.to_owned(),
        password: SecretBytes::new(password.as_bytes().to_vec()),
        code: Zeroizing::new(code.to_owned()),
        source: source(),
    }
}

/// The administrator signs in with password and a code that was not used yet.
async fn enter(fixture: &Fixture) -> Result<Token, SignInError> {
    sign_in(&fixture.office, typed(EMAIL, PASSWORD, &fixture.second())).await
}

async fn is_in(fixture: &Fixture, session: Token) -> bool {
    signed_in(fixture.app(), session, source()).await.unwrap().is_some()
}

#[tokio::test]
async fn the_right_password_opens_a_session_of_its_own() {
    let (fixture, _) = Fixture::open(false).await;
    let first = enter(&fixture).await.unwrap();
    let other_way = typed(" ADA@example.com ", PASSWORD, &fixture.second());
    let second = sign_in(&fixture.office, other_way).await.unwrap();
    assert_ne!(first, second);
    let actor = signed_in(fixture.app(), first, source()).await.unwrap().unwrap().actor;
    sign_out(fixture.app(), &actor, first).await.unwrap();
    assert!(!is_in(&fixture, first).await);
    assert!(is_in(&fixture, second).await);
    assert!(fixture.last_deed().starts_with("ada@example.com SignOut"));
}

#[tokio::test]
async fn whatever_is_wrong_gets_one_answer_and_one_record() {
    let (fixture, _) = Fixture::open(false).await;
    let code = fixture.second();
    for (email, password, code) in [
        (EMAIL, "wrong", code.as_str()),
        (EMAIL, PASSWORD, "000000"),
        (EMAIL, PASSWORD, ""),
        (EMAIL, "wrong", ""),
        ("eve@example.com", PASSWORD, code.as_str()),
        ("", "", ""),
        ("x", &"y".repeat(9999), &"1".repeat(9999)),
    ] {
        let refused = sign_in(&fixture.office, typed(email, password, code)).await;
        assert_eq!(refused, Err(SignInError::Wrong), "{email}");
        assert_eq!(fixture.last_deed(), "stranger SignIn \"\" Refused from 10.0.2.2");
        fixture.wait(SignedDuration::from_mins(30));
    }
    assert!(sign_in(&fixture.office, typed(EMAIL, PASSWORD, &code)).await.is_ok(), "no wrong try used it up");
}

#[tokio::test]
async fn a_code_opens_once_also_after_a_restart() {
    let fixture = Fixture::new(false).await;
    let session = fixture.set_up().await;
    let seed = crate::action::offered_app(&fixture.office, session);
    fixture.enrol(session).await;
    let code = |seed: &crate::staff::TotpSeed| seed.code(fixture.app().clock().now());
    let try_it =
        async |office: &Office, code: &str| sign_in(office, typed(EMAIL, PASSWORD, code)).await.is_ok();
    assert!(!try_it(&fixture.office, &code(&seed)).await, "this one confirmed the app");
    fixture.wait(SignedDuration::from_secs(30));
    let second = code(&seed);
    assert!(try_it(&fixture.office, &second).await);
    assert!(fixture.last_deed().contains("SignIn \"password and code\" Done"));
    assert!(!try_it(&fixture.office, &second).await, "replayed");
    let restarted = fixture.office_of(std::sync::Arc::clone(fixture.app()));
    assert!(!try_it(&restarted, &second).await, "replayed after a restart");
    let recovery = fixture.second();
    assert!(try_it(&restarted, &recovery).await);
    assert!(fixture.last_deed().contains("SignIn \"password and recovery code\" Done"));
    let open: Result<Vec<_>, StoreError> = fixture.app().store().read(|view| alarm::open(view));
    let told: Vec<_> = open.unwrap().into_iter().map(|(_, alarm)| (alarm.kind, alarm.count)).collect();
    assert_eq!(told, [(Kind::RecoveryCode, 1)], "whoever found the paper does not get in unseen");
    assert!(!try_it(&restarted, &recovery).await, "used up");
}

#[tokio::test]
async fn a_password_alone_opens_nothing_but_the_enrolment() {
    let fixture = Fixture::new(false).await;
    fixture.set_up().await;
    let session = sign_in(&fixture.office, typed(EMAIL, PASSWORD, "")).await.unwrap();
    let signed = signed_in(fixture.app(), session, source()).await.unwrap().unwrap();
    assert!(!signed.enrolled && !signed.fresh);
    assert!(crate::staff::Right::ALL.iter().all(|right| !signed.actor.may(*right)));
    fixture.enrol(session).await;
    assert_eq!(sign_in(&fixture.office, typed(EMAIL, PASSWORD, "")).await, Err(SignInError::Wrong));
}

#[tokio::test]
async fn six_wrong_tries_lock_for_half_an_hour_and_the_right_one_waits_too() {
    let (fixture, _) = Fixture::open(false).await;
    for n in 0..6 {
        // A wrong code counts as a wrong password does.
        let wrong = if n % 2 == 0 { typed(EMAIL, "wrong", "") } else { typed(EMAIL, PASSWORD, "000000") };
        assert_eq!(sign_in(&fixture.office, wrong).await, Err(SignInError::Wrong));
    }
    let wait = |minutes| Err(SignInError::Wait(SignedDuration::from_mins(minutes)));
    assert_eq!(enter(&fixture).await, wait(30));
    // The source waits as well, whatever the account; and so it is after a restart.
    let restarted = fixture.office_of(std::sync::Arc::clone(fixture.app()));
    assert_eq!(sign_in(&restarted, typed("eve@example.com", "x", "")).await, wait(30));
    let elsewhere =
        SignIn { source: "10.0.2.77".parse().unwrap(), ..typed(EMAIL, PASSWORD, &fixture.second()) };
    assert_eq!(sign_in(&restarted, elsewhere).await, wait(30), "the account, from wherever");
    fixture.wait(SignedDuration::from_mins(29));
    assert_eq!(enter(&fixture).await, wait(1));
    fixture.wait(SignedDuration::from_mins(1));
    assert!(enter(&fixture).await.is_ok());
    assert_eq!(
        sign_in(&fixture.office, typed(EMAIL, "wrong", "")).await,
        Err(SignInError::Wrong),
        "forgiven"
    );
}

#[tokio::test]
async fn many_tries_at_once_count_as_many() {
    let (fixture, _) = Fixture::open(false).await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let office = std::sync::Arc::clone(&fixture.office);
        tries.spawn(async move { sign_in(&office, typed(EMAIL, "wrong", "")).await });
    }
    let outcomes = tries.join_all().await;
    let checked = outcomes.iter().filter(|outcome| **outcome == Err(SignInError::Wrong)).count();
    assert_eq!(checked, 6, "the rest had to wait");
}

#[tokio::test]
async fn a_proof_makes_the_session_fresh_under_another_id() {
    let (fixture, _) = Fixture::open(false).await;
    let session = enter(&fixture).await.unwrap();
    let see = async |id| signed_in(fixture.app(), id, source()).await.unwrap();
    fixture.wait(SignedDuration::from_mins(10));
    let signed = see(session).await.unwrap();
    assert!(!signed.fresh && signed.actor.is_fresh(), "a page waits, a form is still taken");
    fixture.wait(SignedDuration::from_mins(5));
    let signed = see(session).await.unwrap();
    assert!(!signed.actor.is_fresh());
    let refund = crate::staff::Right::RefundPayment;
    assert_eq!(signed.actor.require(refund), Err(crate::action::Denied::StepUp(refund)));
    let wrong = Zeroizing::new("000000".to_owned());
    assert_eq!(prove_with_code(&fixture.office, &signed, session, wrong).await, Err(SignInError::Wrong));
    assert!(fixture.last_deed().contains("StepUp \"\" Refused"));
    let renewed = prove_with_code(&fixture.office, &signed, session, fixture.second()).await.unwrap();
    assert!(see(session).await.is_none(), "the old id opens nothing");
    let fresh = see(renewed).await.unwrap();
    assert!(fresh.fresh && fresh.actor.require(refund).is_ok());
    assert_eq!(fresh.until, signed.until, "it ends no later than before");
    sign_out(fixture.app(), &fresh.actor, renewed).await.unwrap();
    let ended = prove_with_code(&fixture.office, &fresh, renewed, fixture.second()).await;
    assert_eq!(ended, Err(SignInError::Wrong), "a session that has ended is not renewed");
}

#[tokio::test]
async fn wrong_proofs_lock_like_wrong_tries_at_the_door() {
    let (fixture, _) = Fixture::open(false).await;
    let session = enter(&fixture).await.unwrap();
    let signed = signed_in(fixture.app(), session, source()).await.unwrap().unwrap();
    for _ in 0..6 {
        let wrong = Zeroizing::new("000000".to_owned());
        let refused = prove_with_code(&fixture.office, &signed, session, wrong).await;
        assert_eq!(refused, Err(SignInError::Wrong));
    }
    let locked = prove_with_code(&fixture.office, &signed, session, fixture.second()).await;
    assert_eq!(locked, Err(SignInError::Wait(SignedDuration::from_mins(30))));
    assert!(matches!(enter(&fixture).await, Err(SignInError::Wait(_))));
}

#[tokio::test]
async fn people_see_their_own_sessions_and_end_them() {
    let (fixture, _) = Fixture::open(false).await;
    let (this, other) = (enter(&fixture).await.unwrap(), enter(&fixture).await.unwrap());
    let actor = signed_in(fixture.app(), this, source()).await.unwrap().unwrap().actor;
    let own = own_sessions(fixture.app(), &actor, this).unwrap();
    assert_eq!(own.iter().map(|session| session.this).collect::<Vec<_>>(), [true, false, false]);
    assert!(end_session(fixture.app(), &actor, own[1].mark.clone()).await.unwrap());
    assert!(!end_session(fixture.app(), &actor, own[1].mark.clone()).await.unwrap(), "gone");
    end_other_sessions(fixture.app(), &actor, this).await.unwrap();
    assert!(is_in(&fixture, this).await && !is_in(&fixture, other).await);
    assert_eq!(own_sessions(fixture.app(), &actor, this).unwrap().len(), 1);
    let stranger = Actor::machine();
    assert!(own_sessions(fixture.app(), &stranger, this).unwrap().is_empty());
}

#[tokio::test]
async fn a_session_ends_after_rest_and_use_keeps_it() {
    let (fixture, _) = Fixture::open(false).await;
    let session = enter(&fixture).await.unwrap();
    for _ in 0..5 {
        fixture.wait(SignedDuration::from_mins(14));
        assert!(is_in(&fixture, session).await);
    }
    fixture.wait(SignedDuration::from_mins(15));
    assert!(!is_in(&fixture, session).await);
    let session = enter(&fixture).await.unwrap();
    for _ in 0..72 {
        assert!(is_in(&fixture, session).await);
        fixture.wait(SignedDuration::from_mins(10));
    }
    assert!(!is_in(&fixture, session).await, "twelve hours");
}

#[tokio::test]
async fn a_copy_of_the_table_opens_nothing() {
    let (fixture, _) = Fixture::open(false).await;
    let session = enter(&fixture).await.unwrap();
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
    let session = enter(&fixture).await.unwrap();
    let other = enter(&fixture).await.unwrap();
    assert!(is_in(&fixture, session).await);
    let yesterday = crate::staff::day(fixture.app().clock().now()).yesterday().unwrap();
    change(&fixture, move |person| person.employment.ended = Some(yesterday)).await;
    assert!(!is_in(&fixture, session).await);
    assert!(fixture.last_deed().contains("ShutOut \"ada@example.com: the employment has ended\""));
    change(&fixture, |person| person.employment.ended = None).await;
    assert!(!is_in(&fixture, other).await, "every session ended with the first refusal");
    assert!(enter(&fixture).await.is_ok());
    change(&fixture, move |person| person.screening.as_mut().unwrap().valid_until = yesterday).await;
    assert_eq!(enter(&fixture).await, Err(SignInError::Wrong), "no oracle");
}

#[tokio::test]
async fn an_account_that_nobody_used_for_ninety_days_is_disabled() {
    let (fixture, _) = Fixture::open(false).await;
    fixture.wait(crate::staff::UNUSED - SignedDuration::from_secs(1));
    assert!(enter(&fixture).await.is_ok(), "each sign-in begins anew");
    fixture.wait(crate::staff::UNUSED);
    assert_eq!(enter(&fixture).await, Err(SignInError::Wrong));
}
