//! The service's entry point: arguments in, exit code out.

fn main() {}
