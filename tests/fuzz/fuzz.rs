//! Fuzzing of every parser that reads what somebody else wrote on the payment path, and of the import of
//! products: libFuzzer feeds one of `payment::gateway::untrusted` or `catalog::import::untrusted`, named by `CASHCOW_FUZZ_TARGET`; `python3 -m tests.fuzz` is the way to run it.
//!
//! An input is a finding if it makes the parser panic, takes it too long (libFuzzer's own `-timeout`), makes it
//! hold more memory than [`allowed`], or brings a card number out of it into what is kept, logged or shown.

#![no_main]
#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "a finding is told by a panic, the list on the terminal"
)]

mod memory;
mod planted;

use std::sync::OnceLock;

use cashcow::catalog::import::untrusted as import;
use cashcow::payment::gateway::untrusted::{self, Parser};
use cashcow::payment::looks_like_card_number;
use libfuzzer_sys::fuzz_target;

const TARGET: &str = "CASHCOW_FUZZ_TARGET";

static CHOSEN: OnceLock<Parser> = OnceLock::new();

/// The most that a parser may hold at once for an input of this length, what it tells included. serde
/// keeps what it cannot place yet at 32 bytes for a "1," while its list grows: 48 times. The longest answer
/// (256 KiB) makes that 16 MiB, and the most charges under way (64) one gigabyte, if every gateway is against us.
fn allowed(input: usize) -> usize {
    input * 64 + 64 * 1024
}

/// One short row may stand for a hundred variants, and a file has at most ten thousand rows: the import runs once
/// at a time, and may hold this much more.
const IMPORT: usize = 16 * 1024 * 1024;

/// Takes the target from the environment; without one, lists all and ends.
fn choose() {
    let all: Vec<Parser> = untrusted::parsers().chain(import::PARSERS).collect();
    let Some(name) = std::env::var_os(TARGET) else {
        for (name, _) in all {
            println!("{name}");
        }
        std::process::exit(0);
    };
    let chosen = all.into_iter().chain(planted::PARSERS).find(|(known, _)| name == *known);
    let chosen = chosen.unwrap_or_else(|| panic!("{TARGET}: there is no parser {name:?}"));
    CHOSEN.get_or_init(|| chosen);
}

fuzz_target!(init: choose(), |input: &[u8]| {
    let Some((name, parser)) = CHOSEN.get() else { panic!("no target was chosen") };
    let (said, most) = memory::watch(|| parser(input));
    let more = if import::PARSERS.iter().any(|(known, _)| known == name) { IMPORT } else { 0 };
    let allowed = allowed(input.len()) + more;
    assert!(most <= allowed, "{name} held {most} bytes for {} of input; {allowed} are allowed", input.len());
    let known = said.is_empty() || said == "pay.example" || said.ends_with(".pay.example");
    assert!(*name != untrusted::REDIRECT || known, "{name} would send a shopper to {said}");
    assert!(!looks_like_card_number(&said), "{name} lets a card number out: {said}");
});
