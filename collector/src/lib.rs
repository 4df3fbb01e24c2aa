#![doc = include_str!("../README.md")]

mod adapter;
mod cache;
mod collect;
mod config;
mod contribution;
mod environment;
mod files;
mod frames;
mod http;
pub mod interface;
mod lines;
mod logs;
mod loose;
mod machine;
mod project;
mod report;
mod rules;
mod sample;
mod scan;
pub mod schedule;
pub mod source;
mod stalled;
mod times;
mod trace;

pub use collect::{Collected, Days, Runner, collect, plan};
pub use config::{
    Config, Fault, PricesConfig, ProjectRules, ProviderConfig, ScheduleConfig, StatuslineConfig,
};
pub use environment::{Environment, Platform};
pub use http::{Client, Http, HttpError, Request, Response};
pub use machine::machine_name;
pub use project::Projects;
pub use report::{Retention, SourceReport, Warning};
pub use sample::{SampleError, sample};
pub use scan::{SAVED_AFTER, ScanOptions, Scanned, ScannedSource, scan_sources};
pub use stalled::Stalled;
pub use trace::{LogOfRecords, Trace, find_lines};
