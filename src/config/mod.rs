//! The two files that tell a machine what it is: `cashcowd.toml`, fixed in the signed image, and
//! `appliance.toml`, which hosting staff hand to a new machine.
//!
//! Owns their types and the words for every mistake in them. Both parse to final types: nothing behind
//! this room sees a text that was not checked. Refuses unknown keys, files over 64 KiB, and under the
//! release profile everything that belongs to development.
//!
//! Invariant: all mistakes of a file are reported at once, each with line, field, what is wrong and what
//! to write instead; none of the texts carries a secret, a control character or a line break.

mod appliance;
mod attested;
mod document;
mod names;
mod network;
mod range;
mod recovery;
mod report;
mod settings;

pub use appliance::{Appliance, Dev, Shop};
pub use attested::{Attested, AttestedScreening};
pub use document::{FILE_LIMIT, read_file};
pub use names::{Endpoint, Hostname, Mac, ServerName};
pub use network::{Addressing, Network};
pub use range::{AdminRange, MOST_RANGES, canonical, check_ranges, parse_range, within};
pub use recovery::{Recovery, recovery_text};
pub use report::{Fault, Mistake, Mistakes};
pub use settings::{Paths, Ports, Profile, Settings, TpmAt, TpmFiles};

#[cfg(test)]
mod tests;
