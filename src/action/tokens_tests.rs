use super::*;
use crate::action::fixture::{EMAIL, Fixture, source};
use crate::staff::{PersonState, Role, WhyDisabled};

fn wish(rights: &[Right]) -> MakeToken {
    MakeToken {
        name: Line::new("stock from the till").unwrap(),
        rights: rights.to_vec(),
        range: "10.0.2.0/25".parse().unwrap(),
        days: 90,
    }
}

async fn change_ada(fixture: &Fixture, change: impl Fn(&mut Person) + Send + Sync + 'static) {
    fixture
        .app()
        .store()
        .transact(move |tx| {
            for (id, mut person) in tx.scan(&PERSONS, &Span::all(10))? {
                change(&mut person);
                tx.put(&PERSONS, &id, &person)?;
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_token_carries_what_it_was_made_for_and_nothing_that_needs_the_second_factor() {
    let (fixture, ada) = Fixture::open(false).await;
    let (token, secret) =
        make_token(&fixture.office, &ada, wish(&[Right::ChangeProducts, Right::SeeProducts])).await.unwrap();
    assert!(fixture.last_deed().contains("MakeToken \"stock from the till: see-products change-products"));
    assert!(!fixture.last_deed().contains(secret.as_str()));
    let bearer = believe(fixture.app(), &secret, source()).await.unwrap();
    assert_eq!(bearer.actor.rights(), [Right::SeeProducts, Right::ChangeProducts]);
    assert_eq!(bearer.actor.require(Right::ChangeProducts), Ok(()));
    assert_eq!(bearer.actor.require(Right::SeeOrders), Err(Denied::Right(Right::SeeOrders)));
    assert_eq!(tokens(fixture.app(), &ada).unwrap()[0].id, token.id);
    let error = make_token(&fixture.office, &ada, wish(&[Right::RefundPayment])).await;
    assert_eq!(error.map(|_| ()), Err(TokenError::NeedsPerson(Right::RefundPayment)));
    // A token makes no tokens and sees none.
    let error = make_token(&fixture.office, &bearer.actor, wish(&[Right::SeeProducts])).await;
    assert_eq!(error.map(|_| ()), Err(TokenError::NotAPerson));
    assert!(tokens(fixture.app(), &bearer.actor).unwrap().is_empty());
    let revoked = revoke_token(fixture.app(), &bearer.actor, token.id).await;
    assert_eq!(revoked, Err(TokenError::NotAPerson));
}

#[tokio::test]
async fn a_wish_that_cannot_be_is_refused_for_its_reason() {
    let (fixture, ada) = Fixture::open(false).await;
    let make = async |wish| make_token(&fixture.office, &ada, wish).await.map(|_| ());
    assert_eq!(make(wish(&[])).await, Err(TokenError::NoRight));
    for range in ["10.0.0.0/16", "192.0.2.0/24", "0.0.0.0/0", "::/0"] {
        let wish = MakeToken { range: range.parse().unwrap(), ..wish(&[Right::SeeOrders]) };
        assert_eq!(make(wish).await, Err(TokenError::Range), "{range}");
    }
    for days in [0, 366] {
        assert_eq!(make(MakeToken { days, ..wish(&[Right::SeeOrders]) }).await, Err(TokenError::Days));
    }
    for _ in 0..MOST_TOKENS_OF_ONE {
        assert_eq!(make(wish(&[Right::SeeOrders])).await, Ok(()));
    }
    assert_eq!(make(wish(&[Right::SeeOrders])).await, Err(TokenError::TooMany));
    fixture.wait(SignedDuration::from_hours(24 * 91));
    change_ada(&fixture, |person| person.last_seen += SignedDuration::from_hours(24 * 91)).await;
    let stale = make(wish(&[Right::SeeOrders])).await;
    assert_eq!(stale, Ok(()), "what has ended makes room");
}

#[tokio::test]
async fn an_old_proof_makes_no_token() {
    let (fixture, _) = Fixture::open(false).await;
    let ada = Actor::person(&fixture.person(EMAIL).unwrap(), source(), false);
    let made = make_token(&fixture.office, &ada, wish(&[Right::SeeOrders])).await;
    assert_eq!(made.map(|_| ()), Err(TokenError::StepUp));
}

#[tokio::test]
async fn a_token_dies_with_its_end_its_revocation_its_range_its_role_and_its_owner() {
    let (fixture, ada) = Fixture::open(false).await;
    let app = fixture.app();
    let make = async || make_token(&fixture.office, &ada, wish(&[Right::SeeOrders])).await.unwrap();
    let wrong = async |secret: &str, from: &str| {
        let refused = believe(app, secret, from.parse().unwrap()).await;
        assert_eq!(refused.map(|_| ()), Err(NotBelieved::Wrong));
        // Not a word of which it was for the caller; for the audit, all of it.
        let deed = fixture.last_deed();
        assert!(deed.contains("RefuseToken") && !deed.contains(secret), "{deed}");
        deed
    };
    let (token, secret) = make().await;
    assert!(wrong(&secret, "10.0.2.200").await.contains("outside its range"));
    revoke_token(app, &ada, token.id).await.unwrap();
    assert!(wrong(&secret, "10.0.2.2").await.contains("stranger"));
    assert_eq!(revoke_token(app, &ada, token.id).await, Err(TokenError::Gone));
    let (_, secret) = make().await;
    // Who became the auditor keeps what an auditor may; who sells nothing any more sees no orders.
    for (role, may) in [(Role::Auditor, true), (Role::SecurityOfficer, false)] {
        change_ada(&fixture, move |person| {
            person.role = role;
            person.attested.as_mut().unwrap().role = role;
        })
        .await;
        let bearer = believe(app, &secret, source()).await.unwrap();
        assert_eq!(bearer.actor.may(Right::SeeOrders), may, "{role:?}");
    }
    let now = app.clock().now();
    change_ada(&fixture, move |person| {
        person.state = PersonState::Disabled { at: now, why: WhyDisabled::Dismissed };
    })
    .await;
    assert!(wrong(&secret, "10.0.2.2").await.starts_with("ada@example.com RefuseToken"));
    change_ada(&fixture, |person| person.state = PersonState::Active).await;
    assert!(believe(app, &secret, source()).await.is_ok());
    fixture.wait(SignedDuration::from_hours(24 * 89));
    assert!(believe(app, &secret, source()).await.is_ok(), "a day before its end");
    fixture.wait(SignedDuration::from_hours(24));
    change_ada(&fixture, |person| person.last_seen += SignedDuration::from_hours(24 * 90)).await;
    assert!(wrong(&secret, "10.0.2.2").await.contains("expired"));
}

#[tokio::test]
async fn wrong_tokens_wait_and_a_good_one_beside_them_does_not() {
    let (fixture, ada) = Fixture::open(false).await;
    let (_, secret) = make_token(&fixture.office, &ada, wish(&[Right::SeeOrders])).await.unwrap();
    let mut tries = 0;
    let waited = loop {
        match believe(fixture.app(), "cct_guess", source()).await {
            Err(NotBelieved::Wrong) => tries += 1,
            Err(NotBelieved::Wait(wait)) => break wait,
            other => panic!("{other:?}"),
        }
        assert!(tries < 20);
    };
    assert!(waited > SignedDuration::ZERO && tries >= 5);
    assert!(believe(fixture.app(), &secret, source()).await.is_ok());
    let elsewhere = believe(fixture.app(), "cct_guess", "192.0.2.1".parse().unwrap()).await;
    assert_eq!(elsewhere.map(|_| ()), Err(NotBelieved::Wrong), "another source waits for nothing");
}

#[tokio::test]
async fn a_token_of_somebody_else_is_seen_and_revoked_by_whoever_may_change_their_sides_staff() {
    let (fixture, ada) = Fixture::open(false).await;
    let app = fixture.app();
    let (token, secret) = make_token(&fixture.office, &ada, wish(&[Right::SeeOrders])).await.unwrap();
    let founder = fixture.person(EMAIL).unwrap();
    let as_role = |role: Role, fresh: bool| {
        let other = Person { id: Token::from_bytes([7; 16]), role, ..founder.clone() };
        Actor::person(&other, source(), fresh)
    };
    let right = Right::ChangePlatformStaff;
    for (role, fresh, seen, revoked) in [
        (Role::Auditor, true, Ok(1), Err(StaffError::Denied(Denied::Right(right)))),
        (Role::SecurityOfficer, false, Ok(1), Err(StaffError::Denied(Denied::StepUp(right)))),
        // The other side's people are not there for the operator's staff.
        (Role::OperatorOwner, true, Err(StaffError::Gone), Err(StaffError::Gone)),
        (
            Role::ShopManager,
            true,
            Err(StaffError::Denied(Denied::Right(Right::SeeStaff))),
            Err(StaffError::Denied(Denied::Right(Right::SeeStaff))),
        ),
        (Role::SecurityOfficer, true, Ok(1), Ok(())),
    ] {
        let actor = as_role(role, fresh);
        let found = tokens_of(app, &actor, founder.id).map(|tokens| tokens.len());
        assert_eq!(found, seen, "{role:?}");
        assert!(believe(app, &secret, source()).await.is_ok(), "{role:?}");
        assert_eq!(revoke_token_of(app, &actor, founder.id, token.id).await, revoked, "{role:?} {fresh}");
    }
    assert!(fixture.last_deed().contains(&format!("RevokeToken \"stock from the till of {EMAIL}\"")));
    assert_eq!(believe(app, &secret, source()).await.map(|_| ()), Err(NotBelieved::Wrong));
    let officer = as_role(Role::SecurityOfficer, true);
    assert_eq!(revoke_token_of(app, &officer, founder.id, token.id).await, Err(StaffError::Gone));
}
