//! The site from the outside: a summary goes in, files come out.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod badges;
mod files;
mod markup;
mod page;
mod sample;
