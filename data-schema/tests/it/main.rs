//! Laws of the formats, seen from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod join;
mod newer;
mod resolve;
mod robust;
mod rules;
mod schema;
mod settings;
