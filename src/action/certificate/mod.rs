//! Certificates of the storefront and of the console: asked for, uploaded, renewed, removed, while both serve.
//!
//! Owns the rows of certificates that were put in place (several by host name at the storefront, one at the
//! console), the accounts at authorities, and when an authority is asked again. Keys stand in sealed rows and
//! are shown nowhere. The machine's own certificates are not rows of this: they are there always, and are shown
//! where nothing was put in place.
//!
//! Invariants:
//! - Each host name has at most one certificate in place; the one that came last takes the name.
//! - What is in place stays until another one is: a renewal that fails takes nothing away.
//! - An authority is asked at most every ten seconds, and after a failure an hour later, doubling to a day.

mod ask;
mod attempt;
mod change;
mod keep;
mod row;
mod schedule;
mod shown;
mod state;
mod upload;

#[cfg(test)]
mod tests;

pub use ask::{AskAcme, AskError, ask_acme};
pub use change::{ChangeError, remove_certificate, retry_certificate};
pub use keep::{keep_certificates, restore_certificates, tend_certificates};
pub use row::{Authority, MOST_CERTIFICATES, Place};
pub use schedule::{ALARM_BEFORE, FIRST_PAUSE, LONGEST_PAUSE, RETRY_PAUSE};
pub use shown::{FollowError, MakeDirectory, Shown};
pub use state::{CertificateState, PlacedState, Progress, Source, certificate_state};
pub use upload::{CertificateError, MOST_NAMES, replace_certificate, request_certificate};
