use jiff::SignedDuration;

use super::*;
use crate::action::fixture::{EMAIL, Fixture, source};
use crate::action::{SignedIn, sign_in::begin, signed_in};
use crate::staff::UNUSED;

async fn session_of(fixture: &Fixture, email: &str, byte: u8) -> Token {
    let (app, session) = (fixture.app(), Token::from_bytes([byte; 16]));
    let (person, now) = (fixture.person(email).unwrap(), app.clock().now());
    let write = move |tx: &mut Tx<'_>| begin(tx, &person, session, (now, source()), Some(now));
    app.store().transact::<_, StoreError>(write).await.unwrap();
    session
}

async fn who(fixture: &Fixture, session: Token) -> Option<SignedIn> {
    signed_in(fixture.app(), session, source()).await.unwrap()
}

#[tokio::test]
async fn a_dismissed_person_is_out_at_once_and_nobody_dismisses_themselves() {
    let (fixture, ada) = Fixture::open(false).await;
    let (app, bob) = (fixture.app(), fixture.staff("bob", Role::ShopManager).await);
    let session = session_of(&fixture, "bob@example.com", 7).await;
    assert!(who(&fixture, session).await.is_some());
    assert_eq!(sessions_of(app, bob.id().unwrap()), Ok(1));
    assert_eq!(dismiss(app, &ada, ada.id().unwrap()).await, Err(StaffError::Oneself));
    dismiss(app, &ada, bob.id().unwrap()).await.unwrap();
    assert!(fixture.last_deed().starts_with("ada@example.com DismissPerson \"bob@example.com\" Done"));
    assert!(who(&fixture, session).await.is_none());
    assert_eq!(sessions_of(app, bob.id().unwrap()), Ok(0));
    assert_eq!(dismiss(app, &ada, bob.id().unwrap()).await, Err(StaffError::Already));
}

#[tokio::test]
async fn whose_employment_ends_is_out_with_the_end_of_the_day_mid_session() {
    let (fixture, _) = Fixture::open(false).await;
    fixture.staff("bob", Role::ShopManager).await;
    let today = crate::staff::day(fixture.app().clock().now());
    fixture.amend("bob@example.com", |bob| bob.employment.ended = Some(today)).await;
    // The shop opened at 11:06.
    fixture.wait(SignedDuration::from_hours(12));
    let session = session_of(&fixture, "bob@example.com", 7).await;
    for _ in 0..5 {
        fixture.wait(SignedDuration::from_mins(10));
        assert!(who(&fixture, session).await.is_some());
    }
    fixture.wait(SignedDuration::from_mins(4));
    assert!(who(&fixture, session).await.is_none(), "the day is over");
    assert!(fixture.last_deed().starts_with("machine ShutOut"), "{}", fixture.last_deed());
}

#[tokio::test]
async fn the_list_is_honest_about_accounts_that_nobody_uses() {
    let (fixture, ada) = Fixture::open(false).await;
    let (app, bob) = (fixture.app(), fixture.staff("bob", Role::Support).await);
    fixture.wait(UNUSED - SignedDuration::from_secs(1));
    tidy_staff(app).await.unwrap();
    assert_eq!(fixture.person("bob@example.com").unwrap().state, PersonState::Active);
    fixture.amend(EMAIL, |ada| ada.last_seen = fixture.app().clock().now()).await;
    fixture.wait(SignedDuration::from_secs(1));
    tidy_staff(app).await.unwrap();
    let state = fixture.person("bob@example.com").unwrap().state;
    assert!(matches!(state, PersonState::Disabled { why: WhyDisabled::Unused, .. }), "{state:?}");
    assert!(fixture.last_deed().starts_with("machine DisableUnused \"bob@example.com\""));
    assert_eq!(fixture.person(EMAIL).unwrap().state, PersonState::Active);
    // Who is out for being away can still be dismissed for good.
    dismiss(app, &ada, bob.id().unwrap()).await.unwrap();
}

#[tokio::test]
async fn only_those_whose_record_holds_count_as_a_second_person() {
    let (fixture, ada) = Fixture::open(false).await;
    let app = fixture.app();
    let others = || others_who_may(app, Right::ChangePlatformStaff, &[ada.id().unwrap()]).unwrap().len();
    assert_eq!(others(), 0, "the officer has not joined");
    fixture.staff("zoe", Role::SecurityOfficer).await;
    fixture.staff("olga", Role::OperatorOwner).await;
    assert_eq!(others(), 1);
    fixture.amend("zoe@example.com", |zoe| zoe.screening = None).await;
    assert_eq!(others(), 0);
}
