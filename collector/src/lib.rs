#![doc = include_str!("../README.md")]

mod cache;
mod collect;
mod config;
mod contribution;
mod environment;
mod files;
mod lines;
mod logs;
mod loose;
mod machine;
mod project;
mod report;
mod scan;
pub mod source;
mod times;

pub use collect::{Collected, Days, Runner, collect};
pub use config::{Config, Fault, ProviderConfig};
pub use environment::{Environment, Platform};
pub use machine::machine_name;
pub use project::Projects;
pub use report::{Retention, SourceReport, Warning};
pub use scan::{SAVED_AFTER, ScanOptions, Scanned, ScannedSource, scan_sources};
