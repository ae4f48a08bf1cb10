use jiff::SignedDuration;

use super::*;
use crate::action::fixture::{EMAIL, Fixture, OFFICER, record, source};
use crate::action::{SignedIn, Wish, confirm_proposal, propose, sign_in::begin, signed_in};
use crate::base::Email;
use crate::staff::{Credentials, UNUSED};

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

/// Somebody who joined with a password, and has no second factor.
async fn joined(fixture: &Fixture, name: &str, role: Role) -> Token {
    let id = fixture.staff(name, role).await.id().unwrap();
    let (random, now) = (crate::base::SeededRandom::new(3), fixture.app().clock().now());
    let password = crate::staff::Password::choose("a quiet meadow with nine cows", &[]).unwrap();
    let hash = fixture.office.hasher().hash(password, &random).await.unwrap();
    let write =
        move |tx: &mut Tx<'_>| tx.put(&CREDENTIALS, &id, &Credentials::of_password(hash.clone(), now));
    fixture.app().store().transact::<_, StoreError>(write).await.unwrap();
    id
}

async fn enters(fixture: &Fixture, name: &str) -> bool {
    let wish = crate::action::SignIn {
        email: format!("{name}@example.com"),
        password: crate::base::SecretBytes::new(b"a quiet meadow with nine cows".to_vec()),
        code: zeroize::Zeroizing::default(),
        source: source(),
    };
    crate::action::sign_in(&fixture.office, wish).await.is_ok()
}

#[tokio::test]
async fn a_second_factor_that_nobody_enrols_is_waited_for_for_seven_days() {
    let (fixture, _) = Fixture::open(false).await;
    let app = fixture.app();
    joined(&fixture, "bob", Role::Support).await;
    fixture.wait(UNFINISHED - SignedDuration::from_secs(1));
    tidy_staff(app).await.unwrap();
    assert!(enters(&fixture, "bob").await, "to enrol");
    fixture.wait(SignedDuration::from_secs(1));
    assert!(!enters(&fixture, "bob").await, "the door is shut before the sweep comes");
    tidy_staff(app).await.unwrap();
    let deed = fixture.last_deed();
    assert!(deed.starts_with("machine EndUnfinished \"bob@example.com\" Done"), "{deed}");
    let bob = fixture.person("bob@example.com").unwrap();
    assert_eq!(bob.state, PersonState::Invited);
    let kept: Result<_, StoreError> = app.store().read(|view| view.get(&CREDENTIALS, &bob.id));
    assert!(kept.unwrap().is_none(), "the password is gone");
    // Once somebody is the last who administers the platform, nobody could invite them anew.
    fixture.amend(EMAIL, |ada| ada.role = Role::Auditor).await;
    joined(&fixture, "zoe", Role::PlatformAdministrator).await;
    fixture.wait(UNFINISHED);
    tidy_staff(app).await.unwrap();
    assert!(enters(&fixture, "zoe").await);
}

#[tokio::test]
async fn an_invitation_that_nobody_takes_ends_after_seven_days_but_for_a_founders() {
    let (fixture, ada) = Fixture::open(false).await;
    let (app, zoe) = (fixture.app(), fixture.staff("zoe", Role::SecurityOfficer).await);
    let email = Email::new("bob@example.com").unwrap();
    let wish = Wish::Grant(email, record("bob", Role::Support));
    let number = propose(app, &ada, wish).await.unwrap();
    confirm_proposal(&fixture.office, &zoe, number).await.unwrap();
    let state = |email: &str| fixture.person(email).unwrap().state;
    fixture.wait(UNFINISHED - SignedDuration::from_secs(1));
    tidy_staff(app).await.unwrap();
    assert_eq!(state("bob@example.com"), PersonState::Invited);
    fixture.wait(SignedDuration::from_secs(1));
    tidy_staff(app).await.unwrap();
    let ended = state("bob@example.com");
    assert!(matches!(ended, PersonState::Disabled { why: WhyDisabled::NotJoined, .. }), "{ended:?}");
    assert_eq!(state(OFFICER), PersonState::Invited, "whom nobody could invite again");
    // Two people may let them in again.
    propose(app, &ada, Wish::Reinstate(fixture.person("bob@example.com").unwrap().id)).await.unwrap();
}
