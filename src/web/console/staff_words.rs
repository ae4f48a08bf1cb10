//! What pages call roles, sides, states, and the points at which a record falls short.

use jiff::Timestamp;

use super::form::Problem;
use super::frame::when;
use crate::action::ProposalError;
use crate::locale::Texts;
use crate::proposal::{MOST_OPEN, Proposed, Record, Unfit};
use crate::staff::{EmploymentKind, Ineligible, MOST_PERSONS, Person, Role, Screening, Side, standing};

/// A role's name.
pub fn role(texts: &Texts, role: Role) -> String {
    texts.say(match role {
        Role::PlatformAdministrator => "role-platform-administrator",
        Role::SecurityOfficer => "role-security-officer",
        Role::Auditor => "role-auditor",
        Role::OperatorOwner => "role-operator-owner",
        Role::ShopManager => "role-shop-manager",
        Role::Fulfilment => "role-fulfilment",
        Role::Support => "role-support",
    })
}

/// What the role is for, in a sentence.
pub fn role_text(texts: &Texts, role: Role) -> String {
    texts.say(match role {
        Role::PlatformAdministrator => "role-platform-administrator-text",
        Role::SecurityOfficer => "role-security-officer-text",
        Role::Auditor => "role-auditor-text",
        Role::OperatorOwner => "role-operator-owner-text",
        Role::ShopManager => "role-shop-manager-text",
        Role::Fulfilment => "role-fulfilment-text",
        Role::Support => "role-support-text",
    })
}

/// A side's name.
pub fn side(texts: &Texts, side: Side) -> String {
    texts.say(match side {
        Side::Platform => "side-platform",
        Side::Operator => "side-operator",
    })
}

/// How somebody is employed.
pub fn kind(texts: &Texts, kind: EmploymentKind) -> String {
    texts.say(match kind {
        EmploymentKind::Employee => "staff-employee",
        EmploymentKind::Contractor => "staff-contractor",
    })
}

/// Which of the list's filters somebody is found under.
pub fn state_name(person: &Person, now: Timestamp) -> &'static str {
    match standing(person, now) {
        Ok(()) => "active",
        Err(Ineligible::NotJoined) => "invited",
        Err(Ineligible::Disabled | Ineligible::Unused) => "disabled",
        Err(_) => "shut-out",
    }
}

/// The state in words, and the colour's name.
pub fn state(texts: &Texts, person: &Person, now: Timestamp) -> (String, &'static str) {
    match state_name(person, now) {
        "active" => (texts.say("staff-state-active"), "good"),
        "invited" => (texts.say("staff-state-invited"), "warn"),
        "disabled" => (texts.say("staff-state-disabled"), "muted"),
        _ => (texts.say("staff-state-shut-out"), "bad"),
    }
}

/// Which field falls short, what is wrong with it, and the cure.
pub fn ineligible(texts: &Texts, why: Ineligible) -> Problem {
    let (field, key) = match why {
        Ineligible::NotJoined => ("state", "ineligible-not-joined"),
        Ineligible::Disabled => ("state", "ineligible-disabled"),
        Ineligible::Unused => ("state", "ineligible-unused"),
        Ineligible::EmploymentEnded => ("ended", "ineligible-ended"),
        Ineligible::EmploymentAhead => ("since", "ineligible-ahead"),
        Ineligible::NotAnEmployee => ("kind", "ineligible-contractor"),
        Ineligible::TooNew => ("since", "ineligible-too-new"),
        Ineligible::NotScreened => ("screening_method", "ineligible-not-screened"),
        Ineligible::ScreeningLapsed => ("screening_until", "ineligible-lapsed"),
        Ineligible::NotApproved => ("role", "ineligible-not-approved"),
    };
    Problem::new(field, texts.say(key))
}

/// A proposal in one line.
pub fn proposed(texts: &Texts, what: &Proposed) -> String {
    match what {
        Proposed::Grant { record, .. } => texts.say_with(
            "proposal-grant",
            &[("name", record.name.as_str().into()), ("role", role(texts, record.role).into())],
        ),
        Proposed::Change { person, record } if person.role != record.role => texts.say_with(
            "proposal-change-role",
            &[
                ("name", record.name.as_str().into()),
                ("from", role(texts, person.role).into()),
                ("to", role(texts, record.role).into()),
            ],
        ),
        Proposed::Change { record, .. } => {
            texts.say_with("proposal-change-record", &[("name", record.name.as_str().into())])
        }
        Proposed::Reinstate { person } => {
            texts.say_with("proposal-reinstate", &[("email", person.email.as_str().into())])
        }
        Proposed::ResetCredentials { person } => {
            texts.say_with("proposal-reset", &[("email", person.email.as_str().into())])
        }
        Proposed::Collector { settings: Some(settings) } => {
            texts.say_with("proposal-collector", &[("place", settings.place().into())])
        }
        Proposed::Collector { settings: None } => texts.say("proposal-collector-nowhere"),
    }
}

/// Label and value of everything in a record.
pub fn record(texts: &Texts, record: &Record) -> Vec<(String, String)> {
    let employment = &record.employment;
    let none = || texts.say("staff-none");
    let screening = |get: fn(&Screening) -> String| record.screening.as_ref().map_or_else(none, get);
    vec![
        (texts.say("staff-name"), record.name.to_string()),
        (texts.say("staff-role"), role(texts, record.role)),
        (texts.say("staff-employer"), employment.employer.to_string()),
        (texts.say("staff-kind"), kind(texts, employment.kind)),
        (texts.say("staff-since"), employment.since.to_string()),
        (texts.say("staff-ended"), employment.ended.map_or_else(none, |day| day.to_string())),
        (texts.say("staff-screening-method"), screening(|screening| screening.method.to_string())),
        (texts.say("staff-screening-on"), screening(|screening| screening.on.to_string())),
        (texts.say("staff-screening-until"), screening(|screening| screening.valid_until.to_string())),
        (texts.say("staff-screening-reference"), screening(|screening| screening.reference.to_string())),
    ]
}

/// Why somebody may not decide.
pub fn unfit(texts: &Texts, unfit: Unfit) -> String {
    match unfit {
        Unfit::Proposer => texts.say("proposal-own"),
        Unfit::Concerned => texts.say("proposal-about-you"),
        Unfit::NoRight => texts.say("proposal-no-right"),
        Unfit::Standing(why) => ineligible(texts, why).text,
    }
}

/// What a refused proposal says, and at which field; `None` for what is not a matter of the form.
pub fn refused(texts: &Texts, error: &ProposalError) -> Option<Problem> {
    let (field, text) = match error {
        ProposalError::Denied(_) | ProposalError::Gone | ProposalError::Store(_) => return None,
        ProposalError::Ineligible(why) => return Some(ineligible(texts, *why)),
        ProposalError::Unfit(why) => ("proposal", unfit(texts, *why)),
        ProposalError::Closed => ("proposal", texts.say("proposal-closed")),
        ProposalError::ProposerGone => ("proposal", texts.say("proposal-proposer-gone")),
        ProposalError::NotYours => ("proposal", texts.say("proposal-not-yours")),
        ProposalError::EmailTaken => ("email", texts.say("proposal-email-taken")),
        ProposalError::AlreadyProposed(number) => {
            let number = number.to_string();
            ("proposal", texts.say_with("proposal-already", &[("number", number.into())]))
        }
        ProposalError::TooMany => {
            ("proposal", texts.say_with("proposal-too-many", &[("most", MOST_OPEN.into())]))
        }
        ProposalError::Full => {
            ("proposal", texts.say_with("proposal-full", &[("most", MOST_PERSONS.into())]))
        }
        ProposalError::OtherSide => ("role", texts.say("proposal-other-side")),
        ProposalError::Unchanged => ("proposal", texts.say("proposal-unchanged")),
        ProposalError::LastAdministrator => ("role", texts.say("staff-last-administrator")),
        ProposalError::WrongState => ("proposal", texts.say("proposal-wrong-state")),
    };
    Some(Problem::new(field, text))
}

/// "Ada Osei, 2026-11-23 19:00 UTC".
pub fn by_at(by: &str, at: Timestamp) -> String {
    format!("{by}, {}", when(at))
}
