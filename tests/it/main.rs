//! The command from outside: real logs, a real store, real files.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod cache;
mod collect;
mod page;
mod report;
mod serve;
mod statusline;
mod support;
