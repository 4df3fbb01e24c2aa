//! Stores in real folders and repositories.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod care;
mod compact;
mod concurrent;
mod contention;
mod damage;
mod forget;
mod formats;
mod history;
mod import;
mod index;
mod leftovers;
mod net;
mod refused;
mod runs;
mod support;
mod sync;
mod trouble;
