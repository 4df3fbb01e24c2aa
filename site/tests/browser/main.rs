//! The site in a real browser. `cargo test -p site --test browser` runs this alone; it needs Chromium.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test that cannot set up has failed; names of files are our own"
)]

mod access;
mod chromium;
mod explore;
mod layout;
mod network;
#[expect(dead_code, reason = "the tests without a browser use the rest")]
#[path = "../it/sample.rs"]
mod sample;
mod scripts;
mod server;
mod shots;
mod world;
