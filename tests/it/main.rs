//! The command from outside: real logs, a real store, real files.

mod collect;
mod page;
mod report;
mod support;
