#![doc = include_str!("../README.md")]

mod environment;
mod files;
mod lines;
mod loose;
mod project;
mod report;
pub mod source;
mod times;

pub use environment::{Environment, Platform};
pub use project::Projects;
pub use report::{Retention, SourceReport, Warning};
