//! Stores in real folders and repositories.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod concurrent;
mod damage;
mod formats;
mod index;
mod refused;
mod runs;
mod support;
