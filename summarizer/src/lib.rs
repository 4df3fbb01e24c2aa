#![doc = include_str!("../README.md")]

mod calendar;
mod cube;
mod days;
mod dimensions;
mod engine;
mod error;
mod files;
mod input;
mod names;
mod overview;
mod pack;
mod periods;
mod prepared;
mod prices;
mod reconcile;
mod rename;
mod report;
mod sessions;
mod shards;
mod site;
mod stamp;
mod sums;
mod write;

pub use engine::{Fact, Facts, again_if_damaged, sums};
pub use error::SummarizeError;
pub use files::{Summary, summarize};
pub use input::{Input, Options, parse_settings, read_settings};
pub use rename::ShownNames;
pub use report::{Grouping, Report, Row, report};
pub use stamp::Stamp;
pub use sums::Sums;
pub use write::Written;
