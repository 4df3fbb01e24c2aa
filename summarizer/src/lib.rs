#![doc = include_str!("../README.md")]

mod calendar;
mod cube;
mod dimensions;
mod error;
mod files;
mod input;
mod names;
mod overview;
mod periods;
mod report;
mod shards;
mod write;

pub use error::SummarizeError;
pub use files::{Summary, summarize};
pub use input::{Input, Options};
pub use report::{Grouping, Report, Row, report};
pub use write::Written;
