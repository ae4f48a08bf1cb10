use jiff::SignedDuration;

use super::*;
use crate::action::fixture::{EMAIL, Fixture, OFFICER, record};
use crate::action::{dismiss, sign_in::begin, signed_in, staff_seen};
use crate::proposal::LASTS;
use crate::staff::{EmploymentKind, Side};

/// A shop with its administrator and an active security officer.
async fn two() -> (Fixture, Actor, Actor) {
    let (fixture, ada) = Fixture::open(false).await;
    let zoe = fixture.staff("zoe", Role::SecurityOfficer).await;
    (fixture, ada, zoe)
}

fn email(text: &str) -> Email {
    Email::new(text).unwrap()
}

fn grant(name: &str, role: Role) -> Wish {
    Wish::Grant(email(&format!("{name}@example.com")), record(name, role))
}

fn id(fixture: &Fixture, email: &str) -> Token {
    fixture.person(email).unwrap().id
}

fn state(fixture: &Fixture, number: u64) -> ProposalState {
    let found = fixture.app().store().read::<_, StoreError>(|view| view.get(&PROPOSALS, &number));
    found.unwrap().unwrap().state
}

#[tokio::test]
async fn a_grant_takes_effect_once_another_confirms_and_names_both() {
    let (fixture, ada, zoe) = two().await;
    let app = fixture.app();
    let number = propose(app, &ada, grant("bob", Role::PlatformAdministrator)).await.unwrap();
    assert!(fixture.person("bob@example.com").is_none(), "nothing is done before it is confirmed");
    let deed = fixture.last_deed();
    let wanted = "Propose \"proposal 1: grant platform-administrator to bob@example.com\" Done";
    assert!(deed.contains(wanted), "{deed}");
    confirm_proposal(&fixture.office, &zoe, number).await.unwrap();
    let bob = fixture.person("bob@example.com").unwrap();
    assert_eq!(bob.state, PersonState::Invited);
    let by: Vec<_> = bob.approvals.iter().map(|approval| approval.email.as_str()).collect();
    assert_eq!(by, [EMAIL, "zoe@example.com"]);
    assert_eq!(qualifies(&bob, app.clock().now()), Ok(()));
    assert!(fixture.last_deed().starts_with("zoe@example.com ConfirmProposal \"proposal 1: grant"));
    assert_eq!(
        confirm_proposal(&fixture.office, &zoe, number).await,
        Err(ProposalError::Closed),
        "once is enough"
    );
}

#[tokio::test]
async fn nobody_confirms_or_rejects_what_they_proposed_themselves() {
    let (fixture, ada, zoe) = two().await;
    let app = fixture.app();
    let number = propose(app, &ada, grant("bob", Role::Support)).await.unwrap();
    assert_eq!(confirm_proposal(&fixture.office, &ada, number).await, Err(Unfit::Proposer.into()));
    let deed = fixture.last_deed();
    assert!(deed.starts_with("ada@example.com ConfirmProposal") && deed.contains("Refused"), "{deed}");
    assert_eq!(reject_proposal(app, &ada, number).await, Err(Unfit::Proposer.into()));
    assert_eq!(withdraw_proposal(app, &zoe, number).await, Err(ProposalError::NotYours));
    assert!(fixture.person("bob@example.com").is_none());
    withdraw_proposal(app, &ada, number).await.unwrap();
    assert_eq!(confirm_proposal(&fixture.office, &zoe, number).await, Err(ProposalError::Closed));
}

#[tokio::test]
async fn nobody_decides_about_themselves() {
    let (fixture, ada, zoe) = two().await;
    let (app, noor) = (fixture.app(), fixture.staff("ina", Role::PlatformAdministrator).await);
    let wish = Wish::Change(zoe.id().unwrap(), record("zoe", Role::PlatformAdministrator));
    let number = propose(app, &ada, wish).await.unwrap();
    assert_eq!(confirm_proposal(&fixture.office, &zoe, number).await, Err(Unfit::Concerned.into()));
    assert_eq!(reject_proposal(app, &zoe, number).await, Err(Unfit::Concerned.into()));
    assert_eq!(fixture.person("zoe@example.com").unwrap().role, Role::SecurityOfficer);
    confirm_proposal(&fixture.office, &noor, number).await.unwrap();
    assert_eq!(fixture.person("zoe@example.com").unwrap().role, Role::PlatformAdministrator);
    // Proposing about oneself is no approval of one's own: another's word decides.
    let wish = Wish::Change(ada.id().unwrap(), record("Ada Osei", Role::SecurityOfficer));
    let number = propose(app, &ada, wish).await.unwrap();
    assert_eq!(confirm_proposal(&fixture.office, &ada, number).await, Err(Unfit::Proposer.into()));
    confirm_proposal(&fixture.office, &noor, number).await.unwrap();
}

#[tokio::test]
async fn a_proposal_stands_for_a_day_and_not_a_second_longer() {
    let (fixture, ada, zoe) = two().await;
    let app = fixture.app();
    let (first, second) = (
        propose(app, &ada, grant("bob", Role::Support)).await.unwrap(),
        propose(app, &ada, grant("eve", Role::Support)).await.unwrap(),
    );
    fixture.wait(LASTS);
    confirm_proposal(&fixture.office, &zoe, first).await.unwrap();
    fixture.wait(SignedDuration::from_secs(1));
    assert_eq!(confirm_proposal(&fixture.office, &zoe, second).await, Err(ProposalError::Closed));
    assert_eq!(state(&fixture, second), ProposalState::Open, "as it was written last");
    close_lapsed(app).await.unwrap();
    assert_eq!(state(&fixture, second), ProposalState::Lapsed);
    let deed = fixture.last_deed();
    assert!(deed.starts_with("machine LapseProposal \"proposal 2: grant support"), "{deed}");
    assert!(fixture.person("eve@example.com").is_none());
    // Somebody may propose it again.
    propose(app, &ada, grant("eve", Role::Support)).await.unwrap();
}

#[tokio::test]
async fn the_confirmers_own_record_must_hold_at_that_instant() {
    let (fixture, ada, zoe) = two().await;
    let app = fixture.app();
    let number = propose(app, &ada, grant("bob", Role::Support)).await.unwrap();
    let today = crate::staff::day(app.clock().now());
    type Spoil = fn(&mut Person, jiff::civil::Date);
    let spoil: [(Spoil, Ineligible); 3] = [
        (|zoe, today| zoe.employment.ended = today.yesterday().ok(), Ineligible::EmploymentEnded),
        (|zoe, _| zoe.employment.kind = EmploymentKind::Contractor, Ineligible::NotAnEmployee),
        (|zoe, _| zoe.screening = None, Ineligible::NotScreened),
    ];
    let good = fixture.person("zoe@example.com").unwrap();
    for (spoil, why) in spoil {
        fixture.amend("zoe@example.com", |zoe| spoil(zoe, today)).await;
        assert_eq!(confirm_proposal(&fixture.office, &zoe, number).await, Err(Unfit::Standing(why).into()));
        fixture.amend("zoe@example.com", |zoe| *zoe = good.clone()).await;
    }
    // So must the proposer's.
    fixture.amend(EMAIL, |ada| ada.employment.kind = EmploymentKind::Contractor).await;
    assert_eq!(confirm_proposal(&fixture.office, &zoe, number).await, Err(ProposalError::ProposerGone));
    fixture.amend(EMAIL, |ada| ada.employment.kind = EmploymentKind::Employee).await;
    confirm_proposal(&fixture.office, &zoe, number).await.unwrap();
}

#[tokio::test]
async fn a_platform_role_is_granted_only_where_the_rule_holds_and_the_point_is_named() {
    let (fixture, ada, _) = two().await;
    let app = fixture.app();
    type Spoil = fn(&mut Record);
    let spoil: [(Spoil, Ineligible); 6] = [
        (|record| record.employment.kind = EmploymentKind::Contractor, Ineligible::NotAnEmployee),
        // The shop opened on 2026-11-18: a day short of two years.
        (|record| record.employment.since = "2024-11-19".parse().unwrap(), Ineligible::TooNew),
        (|record| record.employment.since = "2027-01-01".parse().unwrap(), Ineligible::EmploymentAhead),
        (|record| record.employment.ended = Some("2026-11-17".parse().unwrap()), Ineligible::EmploymentEnded),
        (|record| record.screening = None, Ineligible::NotScreened),
        (
            |record| record.screening.as_mut().unwrap().valid_until = "2026-11-17".parse().unwrap(),
            Ineligible::ScreeningLapsed,
        ),
    ];
    for (spoil, why) in spoil {
        let mut bob = record("bob", Role::PlatformAdministrator);
        spoil(&mut bob);
        let asked = propose(app, &ada, Wish::Grant(email("bob@example.com"), bob)).await;
        assert_eq!(asked, Err(ProposalError::Ineligible(why)));
    }
    let mut bob = record("bob", Role::PlatformAdministrator);
    bob.employment.since = "2024-11-18".parse().unwrap();
    propose(app, &ada, Wish::Grant(email("bob@example.com"), bob)).await.unwrap();
}

#[tokio::test]
async fn the_rule_is_asked_again_when_somebody_confirms() {
    let (fixture, ada, zoe) = two().await;
    let app = fixture.app();
    let mut bob = record("bob", Role::Auditor);
    bob.screening.as_mut().unwrap().valid_until = "2026-11-18".parse().unwrap();
    let number = propose(app, &ada, Wish::Grant(email("bob@example.com"), bob)).await.unwrap();
    fixture.wait(SignedDuration::from_hours(14));
    let lapsed = ProposalError::Ineligible(Ineligible::ScreeningLapsed);
    assert_eq!(confirm_proposal(&fixture.office, &zoe, number).await, Err(lapsed), "the day after");
    assert!(fixture.person("bob@example.com").is_none());
    reject_proposal(app, &zoe, number).await.unwrap();
    assert!(fixture.last_deed().starts_with("zoe@example.com RejectProposal"));
}

#[tokio::test]
async fn the_operators_staff_sees_and_changes_its_own_side_alone() {
    let (fixture, ada, zoe) = two().await;
    let app = fixture.app();
    let olga = fixture.staff("olga", Role::OperatorOwner).await;
    let platform = propose(app, &ada, grant("bob", Role::Auditor)).await.unwrap();
    assert_eq!(proposals(app, &olga).unwrap(), []);
    assert_eq!(confirm_proposal(&fixture.office, &olga, platform).await, Err(ProposalError::Gone));
    assert_eq!(reject_proposal(app, &olga, platform).await, Err(ProposalError::Gone));
    let denied = propose(app, &olga, grant("eve", Role::Auditor)).await;
    assert_eq!(denied, Err(ProposalError::Denied(Denied::Right(Right::ChangePlatformStaff))));
    let hidden = propose(app, &olga, Wish::ResetCredentials(zoe.id().unwrap())).await;
    assert_eq!(hidden, Err(ProposalError::Gone), "not even that there is such a person");
    assert!(dismiss(app, &olga, zoe.id().unwrap()).await.is_err());
    assert!(staff_seen(app, &olga).unwrap().iter().all(|person| person.role.side() == Side::Operator));
    let own = propose(app, &olga, grant("eve", Role::Support)).await.unwrap();
    confirm_proposal(&fixture.office, &zoe, own).await.unwrap();
    // Nobody is carried over to the platform.
    let eve = id(&fixture, "eve@example.com");
    let carried = propose(app, &ada, Wish::Change(eve, record("eve", Role::Auditor))).await;
    assert_eq!(carried, Err(ProposalError::OtherSide));
}

#[tokio::test]
async fn one_proposal_a_person_and_a_bounded_number_in_all() {
    let (fixture, ada, zoe) = two().await;
    let app = fixture.app();
    let taken = propose(app, &ada, Wish::Grant(email("Zoe@Example.com"), record("zoe", Role::Support))).await;
    assert_eq!(taken, Err(ProposalError::EmailTaken));
    propose(app, &ada, Wish::ResetCredentials(zoe.id().unwrap())).await.unwrap();
    let again = propose(app, &ada, Wish::Change(zoe.id().unwrap(), record("zoe", Role::Auditor))).await;
    assert_eq!(again, Err(ProposalError::AlreadyProposed(1)));
    propose(app, &ada, grant("p1", Role::Support)).await.unwrap();
    assert_eq!(propose(app, &zoe, grant("P1", Role::Support)).await, Err(ProposalError::AlreadyProposed(2)));
    for n in 2..MOST_OPEN {
        propose(app, &ada, grant(&format!("p{n}"), Role::Support)).await.unwrap();
    }
    assert_eq!(propose(app, &ada, grant("more", Role::Support)).await, Err(ProposalError::TooMany));
    fixture.wait(LASTS + SignedDuration::from_secs(1));
    propose(app, &ada, grant("more", Role::Support)).await.unwrap();
}

#[tokio::test]
async fn rows_of_closed_proposals_go_oldest_first_and_open_ones_stay() {
    let (fixture, ada, _) = two().await;
    let app = fixture.app();
    let kept = u64::try_from(crate::proposal::MOST_KEPT).unwrap();
    let by = (ada.id().unwrap(), email(EMAIL));
    let now = app.clock().now();
    let write = move |tx: &mut Tx<'_>| {
        for number in 1..=kept {
            let what = Proposed::Grant { email: email("x@example.com"), record: record("x", Role::Support) };
            let mut row = Proposal::new(number, what, by.clone(), now - SignedDuration::from_hours(48));
            row.state = ProposalState::Lapsed;
            tx.put(&PROPOSALS, &number, &row)?;
        }
        Ok::<_, StoreError>(())
    };
    app.store().transact(write).await.unwrap();
    assert_eq!(propose(app, &ada, grant("bob", Role::Support)).await, Ok(kept + 1));
    let rows = proposals(app, &ada).unwrap();
    assert_eq!((rows.len(), rows[0].number, rows.last().unwrap().number), (300, 301, 2));
}

#[tokio::test]
async fn the_last_administrator_is_neither_demoted_nor_dismissed() {
    let (fixture, ada, zoe) = two().await;
    let app = fixture.app();
    let demote = || Wish::Change(ada.id().unwrap(), record("Ada Osei", Role::Auditor));
    assert_eq!(propose(app, &zoe, demote()).await, Err(ProposalError::LastAdministrator));
    let last = dismiss(app, &zoe, ada.id().unwrap()).await;
    assert_eq!(last, Err(crate::action::StaffError::LastAdministrator));
    let ina = fixture.staff("ina", Role::PlatformAdministrator).await;
    let number = propose(app, &zoe, demote()).await.unwrap();
    dismiss(app, &ada, ina.id().unwrap()).await.unwrap();
    // What was fine when it was proposed is not any more.
    let third = fixture.staff("uma", Role::SecurityOfficer).await;
    assert_eq!(
        confirm_proposal(&fixture.office, &third, number).await,
        Err(ProposalError::LastAdministrator)
    );
}

#[tokio::test]
async fn another_part_ends_the_sessions_of_the_former_one() {
    let (fixture, ada, zoe) = two().await;
    let (app, bob) = (fixture.app(), fixture.staff("bob", Role::ShopManager).await);
    let person = fixture.person("bob@example.com").unwrap();
    let session = Token::from_bytes([9; 16]);
    let (now, source) = (app.clock().now(), crate::action::fixture::source());
    let write = move |tx: &mut Tx<'_>| begin(tx, &person, session, (now, source), Some(now));
    app.store().transact::<_, StoreError>(write).await.unwrap();
    assert!(signed_in(app, session, source).await.unwrap().is_some());
    let wish = Wish::Change(bob.id().unwrap(), record("bob", Role::Support));
    let number = propose(app, &ada, wish).await.unwrap();
    confirm_proposal(&fixture.office, &zoe, number).await.unwrap();
    assert!(signed_in(app, session, source).await.unwrap().is_none());
    let unchanged = Wish::Change(bob.id().unwrap(), record("bob", Role::Support));
    assert_eq!(propose(app, &ada, unchanged).await, Err(ProposalError::Unchanged));
}

#[tokio::test]
async fn who_comes_back_or_begins_anew_is_invited_and_has_no_password() {
    let (fixture, ada, zoe) = two().await;
    let (app, bob) = (fixture.app(), fixture.staff("bob", Role::Support).await.id().unwrap());
    assert_eq!(propose(app, &ada, Wish::Reinstate(bob)).await, Err(ProposalError::WrongState));
    dismiss(app, &ada, bob).await.unwrap();
    assert_eq!(propose(app, &ada, Wish::ResetCredentials(bob)).await, Err(ProposalError::WrongState));
    let number = propose(app, &ada, Wish::Reinstate(bob)).await.unwrap();
    confirm_proposal(&fixture.office, &zoe, number).await.unwrap();
    assert_eq!(fixture.person("bob@example.com").unwrap().state, PersonState::Invited);

    let number = propose(app, &zoe, Wish::ResetCredentials(ada.id().unwrap())).await.unwrap();
    let ina = fixture.staff("ina", Role::PlatformAdministrator).await;
    confirm_proposal(&fixture.office, &ina, number).await.unwrap();
    let ada = fixture.person(EMAIL).unwrap();
    assert_eq!(ada.state, PersonState::Invited);
    let kept = app.store().read::<_, StoreError>(|view| view.get(&CREDENTIALS, &ada.id)).unwrap();
    assert!(kept.is_none(), "the old password is gone");
}

#[tokio::test]
async fn what_somebody_proposed_is_void_once_they_are_dismissed() {
    let (fixture, ada, zoe) = two().await;
    let (app, ina) = (fixture.app(), fixture.staff("ina", Role::PlatformAdministrator).await);
    let number = propose(app, &ina, grant("bob", Role::PlatformAdministrator)).await.unwrap();
    dismiss(app, &ada, ina.id().unwrap()).await.unwrap();
    assert!(matches!(state(&fixture, number), ProposalState::Withdrawn { .. }));
    assert_eq!(confirm_proposal(&fixture.office, &zoe, number).await, Err(ProposalError::Closed));
}

#[tokio::test]
async fn the_machines_first_officer_is_there_from_the_start_and_only_invited() {
    let (fixture, _) = Fixture::open(false).await;
    let noor = fixture.person(OFFICER).unwrap();
    assert_eq!((noor.role, noor.state), (Role::SecurityOfficer, PersonState::Invited));
    assert_eq!(noor.attested.unwrap().by.as_str(), "Ines Duarte");
}
