//! The machine under the shop: provisioning, the firewall's sets, the screen, the journal, and what the
//! service asks of systemd and of the kernel.
//!
//! Owns what is written under `/run/cashcow` and the accepted provisioning file. Refuses to look up names,
//! to start a shell, and to take input at the screen.
//!
//! Invariants:
//! - A file appears whole or not at all; what must outlive a power cut is synced before it counts.
//! - Nothing that is shown or logged carries a secret but the set-up code, which the screen is for.

mod address;
mod alert;
mod card;
mod exit;
mod firewall;
mod harden;
mod journal;
mod notify;
mod problems;
mod ranges;
mod recover;
mod render;
mod resolver;
mod screen;
mod setup;
mod sockets;
mod status;
mod whole;

pub use address::own_addresses;
pub use alert::ALERT;
pub use exit::{Exit, Failure};
pub use firewall::{FirewallState, NFT};
pub use harden::{harden, refuse_root};
pub use journal::{Journal, journal};
pub use notify::{Tell, alive_every, tell};
pub use problems::{Problem, Problems};
pub use ranges::{
    Applied, MOST_COLLECTORS, Moment, RangeFiles, TRIAL, Trial, Wanted, WantedTrial, boottime, decide,
    load_ranges,
};
pub use recover::{
    Attempt, Attempts, RECOVER_FILE, RECOVER_SIGNATURE, RecoverOutcome, Recovered, RecoveryKey,
    ask_recovery_key, keep_public_key, take_recovery,
};
pub use resolver::{NETWORKD_STATE, write_resolvers};
pub use screen::show;
pub use setup::{Places, Volume, setup};
pub use sockets::{HandedSockets, handed_keeper_socket, handed_sockets};
pub use status::{BEAT, Health, SetupCode, Status, StatusFile};
pub use whole::{write_durably, write_whole};
