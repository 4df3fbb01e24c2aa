#![doc = include_str!("../README.md")]

mod budgets;
mod calendar;
mod cube;
mod days;
mod dimensions;
mod engine;
mod error;
mod exchange;
mod files;
mod input;
mod limits;
mod months;
mod names;
mod overview;
mod pack;
mod paid;
mod periods;
mod plans;
mod prepared;
mod prices;
mod reconcile;
mod reconciliation;
mod rename;
mod report;
mod sessions;
mod shards;
mod site;
mod stamp;
mod sums;
mod timeline;
mod write;

pub use budgets::{BudgetOf, BudgetPeriod, BudgetState, Standing, budgets};
pub use engine::{Fact, Facts, again_if_damaged, sums};
pub use error::SummarizeError;
pub use exchange::{Exchange, Exchanged};
pub use files::{Summary, summarize};
pub use input::{Input, Options, parse_settings, read_settings};
pub use limits::{LimitNow, Limits, Reset, Told};
pub use months::MonthOfModel;
pub use plans::{PlanMonth, PlanState, not_covered, plans};
pub use prepared::Need;
pub use reconciliation::{Reconciliation, StatedDay, reconciliation};
pub use rename::ShownNames;
pub use report::{
    Amounts, Change, Dimension, Earlier, Grouping, Only, Order, Query, Report, Row, Tokens,
    UnknownName, report, unknown_names,
};
pub use stamp::Stamp;
pub use sums::Sums;
pub use timeline::{Burn, Timeline, Window};
pub use write::Written;
