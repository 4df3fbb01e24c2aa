//! Whole logs through the sources.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod cache;
mod cases;
mod claude_code;
mod codex;
mod counters;
mod damage;
mod every_cache;
mod every_damage;
mod interfaces;
mod logs;
mod overlaps;
mod schedule;
mod sources;
mod store;
mod support;
mod wire;
