//! People whom the provisioning file vouches for: the first of a new machine, on which nobody else could.

use jiff::civil::Date;

use super::Fault;
use super::appliance::line;
use super::document::Section;
use super::report::quote;
use crate::base::{Email, Line};

/// Somebody whom the provisioning file vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// The legal name.
    pub name: Line<100>,
    /// Where mail reaches the person; also the name to sign in with.
    pub email: Email,
    /// Who employs them.
    pub employer: Line<100>,
    /// The first day of the employment.
    pub employed_since: Date,
    /// How they were screened.
    pub screening: AttestedScreening,
    /// Who approved that they administer, by name.
    pub approved_by: Line<100>,
}

/// How somebody was screened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestedScreening {
    /// The method, in words.
    pub method: Line<100>,
    /// When it was done.
    pub on: Date,
    /// The last day on which it counts.
    pub valid_until: Date,
    /// Where the file lies.
    pub reference: Line<100>,
}

const EMAIL_CURE: &str = "write one such as \"ada@example.com\"";

/// Reads one of them. `taken` is the address that another one signs in with.
pub(super) fn read(section: &Section<'_>, taken: Option<&Email>) -> Option<Attested> {
    let text = |key, example| section.required(key, example).and_then(|field| field.parsed(line::<100>));
    let name = text("name", "\"Ada Osei\"");
    let email = section.required("email", "\"ada@example.com\"").and_then(|field| {
        field.parsed(|text| {
            let wrong = |_| Fault::new(format!("{} is not an e-mail address", quote(text)), EMAIL_CURE);
            let email = Email::new(text).map_err(wrong)?;
            match taken {
                Some(taken) if taken.as_str().eq_ignore_ascii_case(email.as_str()) => {
                    let text = format!("{} is the administrator's, too", quote(text));
                    Err(Fault::new(
                        text,
                        "write the address of a second person: two must agree on every grant",
                    ))
                }
                _ => Ok(email),
            }
        })
    });
    let employer = text("employer", "\"Meadow Hosting\"");
    let employed_since =
        section.required("employed_since", "\"2019-04-01\"").and_then(|field| field.parsed(date));
    let approved_by = text("approved_by", "\"Noor Haddad\"");
    let example = "{ method = \"criminal record certificate\", on = \"2025-01-15\", \
                   valid_until = \"2030-01-14\", reference = \"HR 2025-17\" }";
    let screening = section
        .required("screening", example)
        .and_then(|field| field.section())
        .and_then(|section| screening(&section));
    section.close();
    Some(Attested {
        name: name?,
        email: email?,
        employer: employer?,
        employed_since: employed_since?,
        screening: screening?,
        approved_by: approved_by?,
    })
}

fn screening(section: &Section<'_>) -> Option<AttestedScreening> {
    let text = |key, example| section.required(key, example).and_then(|field| field.parsed(line::<100>));
    let day = |key, example| section.required(key, example).and_then(|field| field.parsed(date));
    let method = text("method", "\"criminal record certificate\"");
    let on = day("on", "\"2025-01-15\"");
    let valid_until = day("valid_until", "\"2030-01-14\"");
    let reference = text("reference", "\"HR 2025-17\"");
    section.close();
    Some(AttestedScreening { method: method?, on: on?, valid_until: valid_until?, reference: reference? })
}

fn date(text: &str) -> Result<Date, Fault> {
    let wrong = |_| Fault::new(format!("{} is not a day", quote(text)), "write one such as \"2019-04-01\"");
    text.trim().parse().map_err(wrong)
}
