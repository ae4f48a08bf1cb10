//! What is on file about somebody's employment and screening.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::base::Line;

/// How somebody is employed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmploymentKind {
    /// By a contract of employment.
    Employee,
    /// By anything else: through an agency, as a freelancer.
    Contractor,
}

/// An employment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employment {
    /// By whom.
    pub employer: Line<100>,
    /// How.
    pub kind: EmploymentKind,
    /// Its first day.
    pub since: Date,
    /// Its last day, once that is known.
    pub ended: Option<Date>,
}

/// A screening before somebody was trusted (PCI DSS 12.7.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screening {
    /// How: "criminal record certificate and references".
    pub method: Line<100>,
    /// The day on which it was done.
    pub on: Date,
    /// The last day on which it counts.
    pub valid_until: Date,
    /// Where the file lies.
    pub reference: Line<100>,
}
