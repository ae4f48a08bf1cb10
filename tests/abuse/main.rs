//! What somebody tries who does not keep to the rules of HTTP, of forms or of good manners: on both listeners of
//! the real service, with raw sockets where a library would mend the request on its way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

mod forms;
#[path = "../harness/mod.rs"]
mod harness;
mod injection;
mod patience;
mod smuggling;
mod wire;
