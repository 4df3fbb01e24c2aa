//! What a developer runs: checks, generated files, benches.

fn main() {}
