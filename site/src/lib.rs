#![doc = include_str!("../README.md")]

mod badge;
mod build;
mod chart;
mod error;
mod format;
mod page;
mod palette;
mod sources;
mod templates;

pub use build::{Built, build_site};
pub use error::SiteError;
pub use format::{cost, grouped, tokens};
