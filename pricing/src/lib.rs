#![doc = include_str!("../README.md")]

mod book;
mod error;
mod name;
mod quote;
mod rate;
mod v1;

pub use book::{Cost, ModelPrices, PriceBook};
pub use error::PriceError;
pub use quote::Quote;
