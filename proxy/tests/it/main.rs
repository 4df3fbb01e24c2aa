//! The proxy as its clients see it: real sockets, an upstream of the test's own.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod raw;
mod support;

mod bad_input;
mod cancel;
mod credentials;
mod keys;
mod ledger;
mod meter;
mod observe;
mod pass_through;
mod relay;
mod routes;
mod socket;
mod trouble;
mod upstreams;
