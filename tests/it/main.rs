//! The command from outside: real logs, a real store, real files.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod cache;
mod canary;
mod collect;
mod doctor;
mod earlier;
mod import;
mod init;
mod interfaces;
mod killed;
mod live;
mod page;
mod pipeline;
mod privacy;
mod publish;
mod report;
mod schedule;
mod serve;
mod statusline;
mod store_tools;
mod support;
