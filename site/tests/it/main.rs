//! The site from the outside: a summary goes in, files come out.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test that cannot set up has failed; names of files are our own"
)]

mod badges;
mod budgets;
mod cards;
mod files;
mod golden;
mod markup;
mod messages;
mod rules;
mod sample;
mod states;
mod sums;
