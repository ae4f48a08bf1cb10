//! Every change that anyone can make, typed: authorise, transact, audit. One door for storefront, console
//! and command line.

mod app;

pub use app::{App, AppParts};
