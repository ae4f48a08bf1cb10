//! Every change asks for its right: walked as every role, and looked for in the source.

use std::collections::BTreeMap;
use std::path::Path;

use super::fixture::{Fixture, record, source};
use super::*;
use crate::base::{Currency, Email, Line, Money, Token};
use crate::operator::GatewayChoice;
use crate::ranges::{ChangeRanges, Pending, RANGES, Ranges, Which};
use crate::staff::{Right, Role};
use crate::store::StoreError;
use zeroize::Zeroizing;

fn money() -> Money {
    Money::new(0, Currency::Eur)
}

/// What an action answered: the right it refused for, if it did.
async fn refused_for(fixture: &Fixture, actor: &Actor, right: Right) -> Vec<Option<Right>> {
    let (app, office) = (fixture.app(), &fixture.office);
    let of = |denied: Denied| Some(denied.right());
    let nobody = Token::from_bytes([77; 16]);
    match right {
        Right::DealWithAlarms => vec![match acknowledge_alarm(app, actor, 1, 1).await {
            Err(AcknowledgeError::Denied(denied)) => of(denied),
            _ => None,
        }],
        Right::ChangeProducts => {
            let wish = ChangeProduct {
                handle: "none".to_owned(),
                status: crate::catalog::Status::Draft,
                variants: Vec::new(),
            };
            let import = ImportProducts {
                file: Vec::new(),
                currency: Currency::Eur,
                pictures: BTreeMap::new(),
                demo: false,
            };
            vec![
                match change_product(app, actor, wish).await {
                    Err(ProductError::Denied(denied)) => of(denied),
                    _ => None,
                },
                match import_products(app, actor, import).await {
                    Err(ImportError::Denied(denied)) => of(denied),
                    _ => None,
                },
            ]
        }
        Right::ChangeGateway => {
            let wish = ChooseGateway { choice: GatewayChoice::Stripe, capture: None, typed: BTreeMap::new() };
            vec![match choose_gateway(office, actor, wish).await {
                Err(GatewayError::Denied(denied)) => of(denied),
                _ => None,
            }]
        }
        Right::ChangeStorefrontCertificate | Right::ChangeConsoleCertificate => {
            let place = match right {
                Right::ChangeConsoleCertificate => Place::Console,
                _ => Place::Storefront,
            };
            let wish = AskAcme {
                place,
                names: Vec::new(),
                authority: Authority::LetsEncrypt,
                check: crate::tls::acme::Check::Http,
                agreed: true,
                binding: None,
            };
            let put = |error: CertificateError| match error {
                CertificateError::Denied(denied) => of(denied),
                _ => None,
            };
            let change = |error: ChangeError| match error {
                ChangeError::Denied(denied) => of(denied),
                _ => None,
            };
            let asked = match ask_acme(office, actor, wish).await {
                Err(AskError::Denied(denied)) => of(denied),
                _ => None,
            };
            vec![
                asked,
                request_certificate(office, actor, place, Vec::new()).await.err().and_then(put),
                replace_certificate(office, actor, place, String::new(), None).await.err().and_then(put),
                remove_certificate(office, actor, place, 0).await.err().and_then(change),
                retry_certificate(office, actor, place, 0).await.err().and_then(change),
            ]
        }
        Right::GoLive => vec![
            match go_live(office, actor, GoLive { shop: String::new(), recovery_key: Zeroizing::default() })
                .await
            {
                Err(GoLiveError::Denied(denied)) => of(denied),
                _ => None,
            },
            match keep_recovery_key(office, actor, [0; 32]).await {
                Err(SetUpError::Denied(denied)) => of(denied),
                _ => None,
            },
        ],
        Right::CapturePayment => vec![
            match capture_order(app, actor, 1).await {
                Err(CaptureError::Denied(denied)) => of(denied),
                _ => None,
            },
            match void_order(app, actor, 1).await {
                Err(CaptureError::Denied(denied)) => of(denied),
                _ => None,
            },
        ],
        Right::RefundPayment => {
            let wanted = RefundOrder {
                order: 1,
                what: crate::order::Wish::Full,
                reason: Line::new("late").unwrap(),
                restock: false,
                seen: money(),
                nonce: nobody,
            };
            let denied = |error: RefundError| match error {
                RefundError::Denied(denied) => of(denied),
                _ => None,
            };
            vec![
                preview_refund(app, actor, &wanted).err().and_then(denied),
                refund_order(app, actor, wanted).await.err().and_then(denied),
            ]
        }
        Right::ChangeOperatorStaff | Right::ChangePlatformStaff => {
            let (role, known) = match right {
                Right::ChangeOperatorStaff => (Role::Support, "olga@example.com"),
                _ => (Role::Auditor, "noor@example.com"),
            };
            let known = fixture.person(known).unwrap().id;
            let email = Email::new(&format!("new-{}@example.com", nobody)).unwrap();
            let denied = |error: ProposalError| match error {
                ProposalError::Denied(denied) => of(denied),
                // The other side is not there for the operator's staff.
                ProposalError::Gone => Some(right),
                _ => None,
            };
            let denied_staff = |error: StaffError| match error {
                StaffError::Denied(denied) => of(denied),
                StaffError::Gone => Some(right),
                _ => None,
            };
            // That there is no such token is told only after the right is there.
            let revoked = |error: StaffError| match error {
                StaffError::Gone if actor.may(right) => None,
                error => denied_staff(error),
            };
            let denied_join = |error: JoinError| match error {
                JoinError::Staff(error) => denied_staff(error),
                _ => None,
            };
            let grant = |email: &Email| Wish::Grant(email.clone(), record("new", role));
            let proposed = propose(app, actor, grant(&email)).await;
            if let Ok(number) = proposed {
                withdraw_proposal(app, actor, number).await.unwrap();
            }
            let asked = may_propose(app, actor, Wish::ResetCredentials(known)).err().and_then(denied);
            let mut decided = decided(fixture, actor, right, || grant(&email)).await;
            // Whoever the walk let in, and puts out again.
            let invited = fixture.person(email.as_str()).map_or(known, |person| person.id);
            let dismissed = dismiss(app, actor, invited).await.err().and_then(denied_staff);
            decided.extend([asked, dismissed]);
            fixture.forget(email.as_str()).await;
            decided.extend([
                proposed.err().and_then(denied),
                propose(app, actor, Wish::ResetCredentials(known)).await.err().and_then(denied),
                make_invitation_link(app, actor, known).await.err().and_then(denied_join),
                make_invitation_code(app, actor, known).await.err().and_then(denied_join),
                revoke_token_of(app, actor, known, nobody).await.err().and_then(revoked),
            ]);
            decided
        }
        Right::ChangeCollector => {
            let mut answers = decided(fixture, actor, right, || Wish::Collector(None)).await;
            let proposed = propose(app, actor, Wish::Collector(None)).await;
            if let Ok(number) = proposed {
                withdraw_proposal(app, actor, number).await.unwrap();
            }
            answers.push(match proposed {
                Err(ProposalError::Denied(denied)) => of(denied),
                _ => None,
            });
            answers
        }
        Right::ChangeRanges | Right::ChangeOperatorRanges => {
            let which = if right == Right::ChangeRanges { Which::Admin } else { Which::Operator };
            let change = || ChangeRanges { which, add: Vec::new(), remove: Vec::new() };
            let denied = |error: RangesError| match error {
                RangesError::Denied(denied) => of(denied),
                _ => None,
            };
            let mut answers = vec![
                preview_ranges(app, actor, &change()).err().and_then(denied),
                change_ranges(app, actor, change()).await.err().and_then(denied),
            ];
            let number = on_trial(fixture, which).await;
            let accepted = Accepted(crate::base::Boottime(0));
            answers.push(confirm_ranges(app, actor, number, accepted).await.err().and_then(denied));
            let number = on_trial(fixture, which).await;
            answers.push(take_back_ranges(app, actor, number).await.err().and_then(denied));
            answers
        }
        Right::SeeStaff => {
            let denied = |error: StaffError| match error {
                StaffError::Denied(denied) => of(denied),
                _ => None,
            };
            let listed = match proposals(app, actor) {
                Err(ProposalError::Denied(denied)) => of(denied),
                _ => None,
            };
            vec![
                staff_seen(app, actor).err().and_then(denied),
                person_of_staff(app, actor, nobody).err().and_then(denied),
                listed,
            ]
        }
        Right::SeeAudit => {
            let denied = |error: AuditError| match error {
                AuditError::Denied(denied) => of(denied),
                _ => None,
            };
            let wish = ExportAudit { from: None, bundle: false };
            vec![
                read_audit(app, actor, crate::audit::Query::default(), 1).await.err().and_then(denied),
                read_audit_record(app, actor, 1).await.err().and_then(denied),
                audit_state(app, actor).err().and_then(denied),
                export_audit(app, actor, wish).await.err().and_then(denied),
            ]
        }
        _ => Vec::new(),
    }
}

/// How deciding on what somebody else proposed is answered, and taking it back, which is its proposer's alone.
async fn decided(
    fixture: &Fixture,
    actor: &Actor,
    right: Right,
    wish: impl Fn() -> Wish,
) -> Vec<Option<Right>> {
    let (app, office) = (fixture.app(), &fixture.office);
    let zed = Actor::person(&fixture.person("zed@example.com").unwrap(), source(), true);
    let refused = |error: &ProposalError| match error {
        ProposalError::Denied(denied) => Some(denied.right()),
        ProposalError::Gone => Some(right),
        _ => None,
    };
    let mut answers = Vec::new();
    let number = propose(app, &zed, wish()).await.unwrap();
    let taken_back = withdraw_proposal(app, actor, number).await;
    answers.push(refused(&taken_back.unwrap_err()));
    let rejected = reject_proposal(app, actor, number).await;
    answers.push(rejected.as_ref().err().and_then(refused));
    if rejected.is_err() {
        withdraw_proposal(app, &zed, number).await.unwrap();
    }
    let number = propose(app, &zed, wish()).await.unwrap();
    let confirmed = confirm_proposal(office, actor, number).await;
    answers.push(confirmed.as_ref().err().and_then(refused));
    if confirmed.is_err() {
        withdraw_proposal(app, &zed, number).await.unwrap();
    }
    answers
}

/// Puts a change on trial that nobody asked for.
async fn on_trial(fixture: &Fixture, which: Which) -> u64 {
    let now = fixture.app().clock().now();
    let write = fixture.app().store().transact(move |tx| {
        let mut row = Ranges::load(tx)?;
        row.changes += 1;
        let number = row.changes;
        let ranges = row.confirmed(which).to_vec();
        row.pending = Some(Pending { number, which, ranges, by: "zed@example.com".to_owned(), at: now });
        tx.put(&RANGES, &0, &row)?;
        Ok::<_, StoreError>(number)
    });
    write.await.unwrap()
}

#[tokio::test]
async fn each_role_may_change_what_the_table_says_and_nothing_else() {
    let (fixture, _) = Fixture::open(false).await;
    fixture.staff("olga", Role::OperatorOwner).await;
    fixture.staff("zed", Role::PlatformAdministrator).await;
    let mut walked = 0;
    for role in Role::ALL {
        for right in Right::ALL {
            // A fresh person for each pair: some of these pairs change things.
            let name = format!("{}-{}", role.name(), right.name());
            let actor = fixture.staff(&name, role).await;
            let answers = refused_for(&fixture, &actor, right).await;
            // What is only read is asked for by the pages' own tables, but for staff and the audit log.
            assert!(right.name().starts_with("see-") || !answers.is_empty(), "{right:?} is not walked");
            for answer in answers {
                walked += 1;
                let refused = answer.is_some_and(|refused| {
                    refused == right || (refused == Right::SeeStaff && !role.may(Right::SeeStaff))
                });
                assert_eq!(refused, !role.may(right), "{role:?} {right:?}: {answer:?}");
            }
        }
    }
    assert!(walked > 100, "{walked} pairs");
}

#[test]
fn every_action_that_takes_an_actor_asks_for_a_right() {
    // What everybody who is signed in may do.
    const FREE: [&str; 3] = ["sign_out", "end_session", "end_other_sessions"];
    let walk = include_str!("rights_tests.rs");
    let walk = walk.split("async fn each_role_may_change").next().unwrap();
    let mut seen = 0;
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/action")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.to_str().unwrap().contains("test") {
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let parts = source.split("\npub async fn ").skip(1).map(|part| (part, true));
            let parts = parts.chain(source.split("\npub fn ").skip(1).map(|part| (part, false)));
            for (part, changes) in parts {
                let name = part.split(['(', '<']).next().unwrap();
                let head = part.split(" {\n").next().unwrap();
                let body = part.split("\n}\n").next().unwrap();
                if !head.contains("actor: &Actor") || FREE.contains(&name) {
                    continue;
                }
                // What only reads its caller's own things needs no right.
                if !changes && !body.contains(".require(") {
                    continue;
                }
                seen += 1;
                // Or hands the actor on to one that asks, in the same file.
                let asks = body.contains(".require(")
                    || ["make(", "decide("].iter().any(|called| body.contains(called))
                        && source.contains(".require(");
                // What people change of their own sign-in needs no right, but a fresh proof.
                let proof = path.to_str().unwrap().contains("/action/security/")
                    && (body.contains("fresh(actor)")
                        || body.contains("remove(office, actor") && source.contains("fresh(actor)"));
                // A token is its owner's alone, and carries no right that the owner lacks.
                let own = path.ends_with("action/tokens.rs") && body.contains("actor.owner()");
                assert!(asks || proof || own, "{name} in {} asks for no right", path.display());
                let walked = walk.contains(&format!(" {name}(")) || walk.contains(&format!("({name}("));
                assert!(!asks || walked, "{name} in {} is not walked above", path.display());
            }
        }
    }
    assert!(seen >= 34, "only {seen} actions were found");
}
