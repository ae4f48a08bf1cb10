//! Records of alarms: journal records at priority alert, which the `log` crate has no level for.
//!
//! Written in the journal's native protocol (systemd.io, "Native Journal Protocol"): one datagram, each
//! field as its name, a line feed, the value's length as 64 bits with the lowest byte first, the value and a
//! line feed. So no value can be taken for another field.

use std::io::{Error, Result};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

/// The target of records that go out at priority alert, "action must be taken immediately" (syslog(3)):
/// `log::error!(target: machine::ALERT, ...)`.
pub const ALERT: &str = "alarm";

/// The journal's socket for the native protocol.
pub(super) const SOCKET: &str = "/run/systemd/journal/socket";
/// The most characters of a field's name (journald takes 64).
const MOST_NAME: usize = 64;

/// The way to the journal for records of alarms.
pub(super) struct Alerts {
    socket: UnixDatagram,
    journal: PathBuf,
}

impl Alerts {
    /// Towards the journal that listens at `journal`.
    pub(super) fn to(journal: &Path) -> Result<Self> {
        Ok(Self { socket: UnixDatagram::unbound()?, journal: journal.to_owned() })
    }

    /// Sends one record.
    pub(super) fn send(&self, message: &str, fields: &[(String, String)]) -> Result<()> {
        let record = record(message, fields);
        let sent = self.socket.send_to(&record, &self.journal)?;
        if sent == record.len() { Ok(()) } else { Err(Error::other("the record was cut off")) }
    }
}

fn record(message: &str, fields: &[(String, String)]) -> Vec<u8> {
    let pid = std::process::id().to_string();
    let own = [
        ("PRIORITY", "1"),
        ("SYSLOG_IDENTIFIER", "cashcowd"),
        ("SYSLOG_PID", pid.as_str()),
        ("TARGET", ALERT),
        ("MESSAGE", message),
    ];
    let mut record = Vec::with_capacity(1024);
    for (name, value) in own {
        put(&mut record, name.as_bytes(), value);
    }
    for (name, value) in fields {
        put(&mut record, &field_name(name), value);
    }
    record
}

/// A name as the journal takes it: A to Z, 0 to 9 and underscores, not beginning with an underscore, which
/// journald keeps for itself, and none of those that were written already.
fn field_name(name: &str) -> Vec<u8> {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => byte.to_ascii_uppercase(),
        _ => b'_',
    };
    b"CASHCOW_".iter().copied().chain(name.bytes().map(letter)).take(MOST_NAME).collect()
}

fn put(record: &mut Vec<u8>, name: &[u8], value: &str) {
    let length = u64::try_from(value.len()).unwrap_or(u64::MAX);
    record.extend_from_slice(name);
    record.push(b'\n');
    record.extend_from_slice(&length.to_le_bytes());
    record.extend_from_slice(value.as_bytes());
    record.push(b'\n');
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::time::Duration;

    /// A journal of the test's own.
    pub(in crate::machine) fn journal(folder: &Path) -> (UnixDatagram, PathBuf) {
        let path = folder.join("socket");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        (socket, path)
    }

    /// The fields of the next record, as journald reads them.
    pub(in crate::machine) fn next(journal: &UnixDatagram) -> Vec<(String, String)> {
        let mut bytes = [0; 64 * 1024];
        let length = journal.recv(&mut bytes).unwrap();
        let (mut rest, mut fields) = (&bytes[..length], Vec::new());
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n' || *byte == b'=').unwrap();
            let (name, from) = (String::from_utf8(rest[..end].to_vec()).unwrap(), &rest[end + 1..]);
            let (value, after) = if rest[end] == b'=' {
                let end = from.iter().position(|byte| *byte == b'\n').unwrap();
                (&from[..end], &from[end..])
            } else {
                let (length, from) = from.split_first_chunk().unwrap();
                from.split_at(usize::try_from(u64::from_le_bytes(*length)).unwrap())
            };
            assert_eq!(after[0], b'\n', "{name}");
            fields.push((name, String::from_utf8(value.to_vec()).unwrap()));
            rest = &after[1..];
        }
        fields
    }

    #[test]
    fn a_record_is_one_alert_and_no_value_becomes_a_field() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, path) = journal(folder.path());
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let fields = [field("about", "order 7\nPRIORITY=7"), field("_pid 1", "x")];
        Alerts::to(&path).unwrap().send("nothing ships", &fields).unwrap();
        let pid = std::process::id().to_string();
        let wanted = [
            ("PRIORITY", "1"),
            ("SYSLOG_IDENTIFIER", "cashcowd"),
            ("SYSLOG_PID", &pid),
            ("TARGET", "alarm"),
            ("MESSAGE", "nothing ships"),
            ("CASHCOW_ABOUT", "order 7\nPRIORITY=7"),
            ("CASHCOW__PID_1", "x"),
        ];
        assert_eq!(next(&journal), wanted.map(|(name, value)| field(name, value)));
    }
}
