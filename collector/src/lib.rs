#![doc = include_str!("../README.md")]

mod collect;
mod config;
mod environment;
mod files;
mod lines;
mod loose;
mod machine;
mod project;
mod report;
pub mod source;
mod times;

pub use collect::{Collected, Days, Runner, ScanOptions, ScannedSource, collect, scan_sources};
pub use config::{Config, Fault, ProviderConfig};
pub use environment::{Environment, Platform};
pub use machine::machine_name;
pub use project::Projects;
pub use report::{Retention, SourceReport, Warning};
