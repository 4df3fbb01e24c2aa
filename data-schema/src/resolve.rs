//! Resolve: one response, several witnesses.
