//! Whole logs through the sources.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod cache;
mod cases;
mod claude_code;
mod codex;
mod damage;
mod logs;
mod schedule;
mod store;
mod support;
