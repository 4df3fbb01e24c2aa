//! Summaries and reports, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod calendar;
mod filter;
mod kept;
mod money;
mod publish;
mod reports;
mod shape;
mod statements;
mod store;
mod sums;
mod support;
mod views;
mod windows;
mod wire;
mod written;
