#![doc = include_str!("../README.md")]

mod badge;
mod build;
mod card;
mod chart;
mod context;
mod cube;
mod data;
mod error;
mod locale;
mod marks;
mod names;
mod output;
mod page;
mod palette;
mod period;
mod templates;

pub use badge::{Badge, Style};
pub use build::{SiteOptions, build_site};
pub use card::each_picture;
pub use error::SiteError;
pub use locale::numbers::{cost, grouped, tokens};
pub use output::Built;
