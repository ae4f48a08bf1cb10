//! Shipping numbered records to a collector elsewhere: RFC 5424 syslog over TLS (RFC 5425), or OTLP over HTTPS.
//!
//! Owns the settings of a collector, both languages, the connection and the loop that ships; knows no business
//! words, and reads the log through [`Ledger`] alone. The log itself is the buffer: what is not confirmed stays
//! there, and at most [`MOST_AT_ONCE`] records are in memory.
//!
//! Invariants:
//! - The bookmark moves only when the collector has confirmed: by an answer (OTLP), or by ending the connection
//!   in order after we did (syslog, which knows no answer). Whatever ends otherwise is told again, so a record
//!   may arrive twice, with the same number.
//! - Records leave in order. One that is not kept any more, or that the collector cannot read, is replaced by one
//!   that says so.
//! - Nothing is sent before the certificate is believed; no name server is asked; no redirect is followed.
//! - Whatever the collector does, memory, waits and requests are bounded, and nobody waits for it.

mod courier;
mod delivery;
mod dial;
mod ledger;
mod otlp;
mod pace;
mod post;
mod record;
mod settings;
mod stream;
mod syslog;
mod trouble;

pub use courier::{Courier, Outbox, State};
pub use ledger::Ledger;
pub use pace::{MOST_AT_ONCE, Pace};
pub use record::{Record, Severity};
pub use settings::{
    Draft, Fault, Field, MOST_PATH, MOST_PEM, MOST_SECRET, Protocol, Secret, Sender, Settings, USUAL_HEADER,
    USUAL_PATH,
};
pub use syslog::MOST_MESSAGE;
pub use trouble::Trouble;
