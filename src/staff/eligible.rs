//! Whether somebody may have, and may still have, the role that their row names: the policy's second line.
//!
//! Pure. Asked when a role is granted, at each sign-in and at each request, so that a person whose record
//! stops meeting it is out at once. Days are those of UTC.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::{EmploymentKind, Person, PersonState};

/// The years of employment before somebody may administer the platform.
pub const YEARS: i16 = 2;
/// An account that was not used for so long is disabled (PCI DSS 8.2.6).
pub const UNUSED: SignedDuration = SignedDuration::from_hours(90 * 24);

/// An invitation that nobody took, and a second factor that nobody enrolled, end after so long.
pub const UNFINISHED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Why somebody may not have the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ineligible {
    /// Invited, and has not joined yet.
    #[error("has not accepted the invitation")]
    NotJoined,
    /// Somebody switched the account off.
    #[error("is disabled")]
    Disabled,
    /// Not used for 90 days.
    #[error("was not used for 90 days")]
    Unused,
    /// The last day of the employment is over.
    #[error("the employment has ended")]
    EmploymentEnded,
    /// The first day of the employment is yet to come.
    #[error("the employment has not begun")]
    EmploymentAhead,
    /// Not an employee.
    #[error("is not an employee")]
    NotAnEmployee,
    /// Employed for less than two years.
    #[error("is employed for less than two years")]
    TooNew,
    /// No screening on file.
    #[error("has no screening on file")]
    NotScreened,
    /// The screening is of a day that is yet to come, or does not count any more.
    #[error("the screening does not count today")]
    ScreeningLapsed,
    /// Nobody else has approved this role.
    #[error("nobody else has approved this role")]
    NotApproved,
}

/// The day of an instant.
pub fn day(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// The first day on which `years` full years have passed since `since`: who began on 29 February waits until
/// 1 March in a year without one. `None` past the end of the calendar.
pub fn anniversary(since: Date, years: i16) -> Option<Date> {
    let constrained = since.checked_add(Span::new().years(years)).ok()?;
    if constrained.day() == since.day() { Some(constrained) } else { constrained.tomorrow().ok() }
}

/// Whether the person may act in the role of their row now.
pub fn standing(person: &Person, now: Timestamp) -> Result<(), Ineligible> {
    match person.state {
        PersonState::Active => {}
        PersonState::Invited => return Err(Ineligible::NotJoined),
        PersonState::Disabled { .. } => return Err(Ineligible::Disabled),
    }
    if now.duration_since(person.last_seen) >= UNUSED {
        return Err(Ineligible::Unused);
    }
    qualifies(person, now)
}

/// Whether the person's record allows the role of their row, whatever state the account is in.
pub fn qualifies(person: &Person, now: Timestamp) -> Result<(), Ineligible> {
    let today = day(now);
    let employment = &person.employment;
    if employment.ended.is_some_and(|last| last < today) {
        return Err(Ineligible::EmploymentEnded);
    }
    if employment.since > today {
        return Err(Ineligible::EmploymentAhead);
    }
    if person.role.administers() {
        if employment.kind != EmploymentKind::Employee {
            return Err(Ineligible::NotAnEmployee);
        }
        if anniversary(employment.since, YEARS).is_none_or(|full| full > today) {
            return Err(Ineligible::TooNew);
        }
    }
    if person.role.side() == super::Side::Platform {
        let screening = person.screening.as_ref().ok_or(Ineligible::NotScreened)?;
        if screening.on > today || screening.valid_until < today {
            return Err(Ineligible::ScreeningLapsed);
        }
    }
    let approved = person.attested.as_ref().is_some_and(|attested| attested.role == person.role)
        || person.approvals.iter().any(|approval| approval.role == person.role && approval.by != person.id);
    if approved { Ok(()) } else { Err(Ineligible::NotApproved) }
}

#[cfg(test)]
#[path = "eligible_tests.rs"]
mod tests;
