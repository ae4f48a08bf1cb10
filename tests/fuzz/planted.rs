//! Parsers with one fault each: what the fuzzing must find within seconds, or it finds nothing at all. The
//! faults lie deeper than luck reaches: without coverage, three right bytes in a row take sixteen million tries.

use cashcow::payment::gateway::untrusted::Parser;

/// By the promise that they break.
pub const PARSERS: [Parser; 4] = [
    ("planted-panic", |input| if mazes(input) { panic!("found") } else { String::new() }),
    ("planted-card", |input| String::from_utf8_lossy(input).into_owned()),
    ("planted-memory", |input| if mazes(input) { "x".repeat(1 << 20) } else { String::new() }),
    ("planted-time", |input| {
        while mazes(input) {
            std::thread::yield_now();
        }
        String::new()
    }),
];

/// Each byte is a place of its own in the code, so that coverage tells a try that came one further.
fn mazes(input: &[u8]) -> bool {
    let byte = |place| input.get(place).copied().unwrap_or(0);
    if byte(0) != b'{' {
        return false;
    }
    if byte(1) != b'c' {
        return false;
    }
    if byte(2) != b'o' {
        return false;
    }
    byte(3) == b'w'
}
