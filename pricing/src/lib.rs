#![doc = include_str!("../README.md")]

pub mod import;

mod book;
mod error;
mod explain;
mod lines;
mod model;
mod name;
mod payers;
mod quote;
mod rate;
mod refresh;
mod user;
mod v1;

pub use book::PriceBook;
pub use error::PriceError;
pub use explain::{Exchange, Explanation, InForce};
pub use lines::{LineClass, PriceLine, PriceLines};
pub use model::{Cost, ModelPrices};
pub use payers::{Bill, Payer, Payers, Plan, PlanPeriod, amount, currency_code};
pub use quote::Quote;
pub use rate::{Line, Working};
pub use refresh::{Change, ChangeKind, Refresh, refresh};
