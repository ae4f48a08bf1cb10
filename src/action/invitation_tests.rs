use jiff::SignedDuration;

use super::*;
use crate::action::fixture::{Fixture, OFFICER, PASSWORD, record, source};
use crate::action::{SignIn, Wish, confirm_proposal, propose, sign_in, signed_in};
use crate::base::SecretBytes;
use crate::staff::INVITATION_LASTS;

/// A shop with an administrator, an officer, and Bob who was granted a role.
async fn invited_bob(role: Role) -> (Fixture, Actor, Actor, Token) {
    let (fixture, ada) = Fixture::open(false).await;
    let zoe = fixture.staff("zoe", Role::SecurityOfficer).await;
    let wish = Wish::Grant(Email::new("bob@example.com").unwrap(), record("bob", role));
    let number = propose(fixture.app(), &ada, wish).await.unwrap();
    confirm_proposal(&fixture.office, &zoe, number).await.unwrap();
    let bob = fixture.person("bob@example.com").unwrap().id;
    (fixture, ada, zoe, bob)
}

async fn enter(fixture: &Fixture, link: Token, code: &str) -> Result<Token, JoinError> {
    let password = Password::choose(PASSWORD, &[]).unwrap();
    join(&fixture.office, Join { link, code: code.to_owned(), password, source: source() }).await
}

#[tokio::test]
async fn both_halves_from_two_people_let_somebody_in_once_and_without_a_second_factor() {
    let (fixture, ada, zoe, bob) = invited_bob(Role::ShopManager).await;
    let app = fixture.app();
    let link = make_invitation_link(app, &ada, bob).await.unwrap();
    assert_eq!(make_invitation_code(app, &ada, bob).await, Err(JoinError::BothHalves));
    assert_eq!(enter(&fixture, link, "").await, Err(JoinError::Code(WrongHalf::NoCode)));
    let code = make_invitation_code(app, &zoe, bob).await.unwrap();
    assert_eq!(make_invitation_link(app, &zoe, bob).await, Err(JoinError::BothHalves));
    let shown = invited(app, link).unwrap().unwrap();
    assert_eq!((shown.name.as_str(), shown.role, shown.needs_code), ("bob", Role::ShopManager, true));

    let session = enter(&fixture, link, &code.to_lowercase()).await.unwrap();
    assert!(fixture.last_deed().starts_with("bob@example.com JoinStaff \"shop-manager\" Done"));
    let signed = signed_in(app, session, source()).await.unwrap().unwrap();
    assert!(!signed.fresh, "no second factor yet: nothing opens that asks for one");
    assert!(signed.actor.require(crate::staff::Right::RefundPayment).is_err());
    assert_eq!(fixture.person("bob@example.com").unwrap().state, PersonState::Active);
    assert_eq!(enter(&fixture, link, &code).await, Err(JoinError::NoInvitation), "once");
    assert_eq!(make_invitation_link(app, &ada, bob).await, Err(JoinError::NotInvited));
    let wish = SignIn {
        email: "bob@example.com".to_owned(),
        password: SecretBytes::new(PASSWORD.as_bytes().to_vec()),
        code: zeroize::Zeroizing::default(),
        source: source(),
    };
    assert!(sign_in(&fixture.office, wish).await.is_ok());
}

#[tokio::test]
async fn neither_link_nor_code_is_kept_and_five_wrong_codes_end_the_invitation() {
    let (fixture, ada, zoe, bob) = invited_bob(Role::Support).await;
    let app = fixture.app();
    let link = make_invitation_link(app, &ada, bob).await.unwrap();
    let code = make_invitation_code(app, &zoe, bob).await.unwrap();
    let row = app.store().read::<_, StoreError>(|view| view.get(&INVITATIONS, &bob)).unwrap().unwrap();
    let row = serde_json::to_string(&row).unwrap();
    assert!(!row.contains(&link.to_string()) && !row.contains(&code), "{row}");
    for _ in 0..5 {
        assert_eq!(enter(&fixture, link, "ABCD-EFGH-JKMN").await, Err(JoinError::Code(WrongHalf::Code)));
        assert!(fixture.last_deed().contains("stranger JoinStaff \"bob@example.com\" Refused"));
    }
    assert_eq!(enter(&fixture, link, &code).await, Err(JoinError::NoInvitation));
    // Made anew, it counts again.
    let link = make_invitation_link(app, &ada, bob).await.unwrap();
    let code = make_invitation_code(app, &zoe, bob).await.unwrap();
    assert!(enter(&fixture, link, &code).await.is_ok());
}

#[tokio::test]
async fn an_invitation_ends_after_three_days_and_a_new_one_voids_the_old() {
    let (fixture, ada, zoe, bob) = invited_bob(Role::Support).await;
    let app = fixture.app();
    let old = make_invitation_link(app, &ada, bob).await.unwrap();
    fixture.wait(INVITATION_LASTS);
    assert_eq!(invited(app, old), Ok(None));
    let link = make_invitation_link(app, &ada, bob).await.unwrap();
    let newer = make_invitation_link(app, &ada, bob).await.unwrap();
    assert_eq!(invited(app, link), Ok(None));
    assert!(invited(app, newer).unwrap().is_some());
    let code = make_invitation_code(app, &zoe, bob).await.unwrap();
    fixture.wait(INVITATION_LASTS - SignedDuration::from_secs(1));
    assert!(enter(&fixture, newer, &code).await.is_ok());
}

#[tokio::test]
async fn whose_record_lapsed_meanwhile_does_not_join() {
    let (fixture, ada, zoe, bob) = invited_bob(Role::Auditor).await;
    let app = fixture.app();
    let link = make_invitation_link(app, &ada, bob).await.unwrap();
    let code = make_invitation_code(app, &zoe, bob).await.unwrap();
    fixture.amend("bob@example.com", |bob| bob.screening = None).await;
    let refused = enter(&fixture, link, &code).await;
    assert_eq!(refused, Err(JoinError::Ineligible(Ineligible::NotScreened)));
}

#[tokio::test]
async fn the_machines_first_officer_joins_with_the_link_alone_and_later_never_again_so() {
    let (fixture, ada) = Fixture::open(false).await;
    let (app, noor) = (fixture.app(), fixture.person(OFFICER).unwrap().id);
    assert_eq!(make_invitation_code(app, &ada, noor).await, Err(JoinError::NotInvited));
    let link = make_invitation_link(app, &ada, noor).await.unwrap();
    assert!(!invited(app, link).unwrap().unwrap().needs_code);
    let session = enter(&fixture, link, "").await.unwrap();
    assert!(signed_in(app, session, source()).await.unwrap().is_some());
    // Her credentials are made anew by two others: then there are two to make the halves.
    let (zoe, ina) = (
        fixture.staff("zoe", Role::SecurityOfficer).await,
        fixture.staff("ina", Role::PlatformAdministrator).await,
    );
    let number = propose(app, &zoe, Wish::ResetCredentials(noor)).await.unwrap();
    confirm_proposal(&fixture.office, &ina, number).await.unwrap();
    let link = make_invitation_link(app, &ada, noor).await.unwrap();
    assert!(invited(app, link).unwrap().unwrap().needs_code);
    assert_eq!(enter(&fixture, link, "").await, Err(JoinError::Code(WrongHalf::NoCode)));
}

#[tokio::test]
async fn founders_are_entered_once_and_the_file_has_no_say_after_that() {
    let (fixture, ada) = Fixture::open(false).await;
    let (app, noor) = (fixture.app(), fixture.person(OFFICER).unwrap());
    crate::action::dismiss(app, &ada, noor.id).await.unwrap();
    attest_founders(&fixture.office).await.unwrap();
    let again = fixture.person(OFFICER).unwrap();
    assert_eq!(again.id, noor.id);
    assert!(matches!(again.state, PersonState::Disabled { .. }), "a restart brings nobody back");
}
