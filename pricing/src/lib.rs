#![doc = include_str!("../README.md")]

mod book;
mod error;
mod name;
mod rate;
mod v1;

pub use book::{Cost, ModelPrices, PriceBook};
pub use error::PriceError;
