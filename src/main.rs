//! The command: parses, calls, prints, exits.

fn main() {}
