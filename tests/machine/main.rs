//! The binary's machine verbs as processes: what a person sees and what the kernel gets.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod check;
mod firewall;
mod journal;
mod ranges;

use std::io::Write;
use std::process::{Command, Output};

/// Runs `cashcowd` with these arguments.
fn cashcowd(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cashcowd")).args(arguments).env_clear().output().unwrap()
}

/// Says past the harness, which keeps what passing tests print, that a test shows nothing here: `tests/run` counts it.
fn skipped(why: std::fmt::Arguments<'_>) {
    std::io::stderr().write_all(format!("\nskipped: {why}\n").as_bytes()).unwrap();
}

/// What it wrote to standard error.
fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
