//! `recover.toml`: the ranges that hosting staff give a machine whose console nobody reaches any more.
//! Counts only beside a signature, which is judged elsewhere.

use super::appliance::{RANGES, ranges};
use super::document::{Section, read_document};
use super::names::Hostname;
use super::range::AdminRange;
use super::{Fault, Mistakes};
use crate::base::Line;

/// The version of the file that this image reads.
const VERSION: u64 = 1;
/// Who answers for a range of which the file does not say it.
const OWNER: &str = "hosting staff";

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// The machine that it is for.
    pub hostname: Hostname,
    /// Greater than that of every file that the machine took before.
    pub serial: u64,
    /// From where the console may be reached from now on: 1 to 64, none of which overlap.
    pub admin_ranges: Vec<AdminRange>,
}

impl Recovery {
    /// Reads the text of a file called `name`.
    pub fn parse(name: &str, text: &str) -> Result<Self, Mistakes> {
        read_document(name, text, read)
    }
}

fn read(root: &Section<'_>) -> Option<Recovery> {
    let version = root.required("version", "1").and_then(|field| field.number(VERSION, VERSION));
    let hostname = root.required("hostname", "\"shop-1\"").and_then(|field| field.parsed(Hostname::new));
    let most = u64::try_from(i64::MAX).unwrap_or_default();
    let serial = root.required("serial", "1").and_then(|field| field.number(1, most));
    let found = root.required("admin_ranges", RANGES).and_then(|field| ranges(&field, "admin_ranges"));
    let (version, found) = (version, found?);
    let owned = |(net, name, owner): (_, _, Option<_>)| {
        Some(AdminRange { net, name, owner: owner.or_else(|| Line::new(OWNER).ok())? })
    };
    version?;
    Some(Recovery {
        hostname: hostname?,
        serial: serial?,
        admin_ranges: found.into_iter().map(owned).collect::<Option<_>>()?,
    })
}

/// The text of a file that says this; the names are quoted as TOML wants them.
pub fn recovery_text(recovery: &Recovery) -> Result<String, Fault> {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let rows: String = recovery
        .admin_ranges
        .iter()
        .map(|range| {
            let (net, name, owner) = (range.net, quoted(range.name.as_str()), quoted(range.owner.as_str()));
            format!("  {{ cidr = \"{net}\", name = {name}, owner = {owner} }},\n")
        })
        .collect();
    let (hostname, serial) = (recovery.hostname.as_str(), recovery.serial);
    let text = format!(
        "# Ranges for a machine whose console nobody reaches. Signed in recover.sig: do not edit.\n\
         version = {VERSION}\nhostname = \"{hostname}\"\nserial = {serial}\nadmin_ranges = [\n{rows}]\n"
    );
    match Recovery::parse("recover.toml", &text) {
        Ok(read) if read == *recovery => Ok(text),
        Ok(_) => Err(Fault::new("would not be read as it was meant", "use plain names")),
        Err(mistakes) => Err(mistakes
            .0
            .into_iter()
            .next()
            .map_or_else(|| Fault::new("is not readable", "use plain names"), |mistake| mistake.fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read_whatever_the_names() {
        let range = |net: &str, name: &str| AdminRange {
            net: net.parse().unwrap(),
            name: Line::new(name).unwrap(),
            owner: Line::new("Ada \"A\" Osei").unwrap(),
        };
        let recovery = Recovery {
            hostname: Hostname::new("shop-1").unwrap(),
            serial: 7,
            admin_ranges: vec![range("192.0.2.0/24", "desk \"2\\ \u{fc}"), range("2001:db8::/64", "six")],
        };
        let text = recovery_text(&recovery).unwrap();
        assert_eq!(Recovery::parse("recover.toml", &text).unwrap(), recovery);
        let twice = Recovery {
            admin_ranges: vec![range("192.0.2.0/24", "a"), range("192.0.2.1/32", "b")],
            ..recovery
        };
        assert!(recovery_text(&twice).unwrap_err().wrong.contains("overlaps admin_ranges[0]"));
    }

    #[test]
    fn every_mistake_is_named() {
        let text = "version = 1\nhostname = \"shop-1\"\nserial = 0\nadmin_ranges = []\nmore = 1\n";
        let said = Recovery::parse("recover.toml", text).unwrap_err().to_string();
        let wanted = [
            "recover.toml line 3, serial: ",
            "recover.toml line 4, admin_ranges: lets nobody reach the console",
            "recover.toml line 5, more: is not known here",
        ];
        for (line, wanted) in said.lines().zip(wanted) {
            assert!(line.starts_with(wanted), "{said}");
        }
        assert_eq!(said.lines().count(), 3, "{said}");
    }
}
