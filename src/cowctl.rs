//! The staff tool's entry point.

fn main() {}
