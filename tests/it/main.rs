//! The command from outside: real logs, a real store, real files.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod audit;
mod cache;
mod canary;
mod collect;
mod differences;
mod doctor;
mod earlier;
mod export;
mod import;
mod init;
mod interfaces;
mod killed;
mod limits;
mod live;
mod mcp;
mod money;
mod page;
mod pipeline;
mod prices;
mod privacy;
mod proxy_env;
mod proxy_keys;
mod proxy_killed;
mod proxy_ledger;
mod proxy_serve;
#[cfg(unix)]
mod proxy_service;
mod publish;
mod reconcile;
mod report;
mod reports;
mod schedule;
mod serve;
mod statusline;
mod store_tools;
mod support;
#[cfg(target_os = "linux")]
mod tui;
