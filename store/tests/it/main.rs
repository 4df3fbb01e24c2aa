//! Stores in real folders and repositories.

mod concurrent;
mod damage;
mod runs;
mod support;
