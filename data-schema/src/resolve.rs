//! Resolve: one response, several witnesses. Happens when data is read, never in the store.
//!
//! 1. The same id across providers or machines is one record.
//! 2. A wire record and a log record without a shared id are paired by client, model, time and counts (`pairs`).
//! 3. What is left unpaired where both wire and log exist: one side counts, never the sum (`left`). What only the proxy
//!    saw is an addition, and is told as such.
//! 4. Day sums of 1.x count before `coveredSince` where they are greater.
//!
//! Counters (readings) become differences first, and statements are put aside.

use chrono::NaiveDate;
use rustc_hash::FxHashMap;

use crate::{DaySum, Kind, Text, UsageRecord, UtcSeconds};

mod alias;
mod counters;
mod day_sums;
mod left;
mod matching;
mod model;
mod pairs;
mod same_id;
mod sighting;
mod wire;

pub use model::plain_model;
pub use sighting::WireDay;
pub use wire::REACH;

/// One record with the place where it stands.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "readers build witnesses field by field")]
pub struct Witness {
    /// Name of the machine whose folder holds it.
    pub machine: Text,
    /// Id of the source whose folder holds it.
    pub provider: Text,
    /// The record.
    pub record: Box<UsageRecord>,
}

/// What resolving needs to know beside the records.
pub struct Context<'a> {
    /// First collection of each machine, from `machine.json`: equal claims go to the first.
    pub first_collected: FxHashMap<Text, UtcSeconds>,
    /// Since when finer records cover a (machine, provider) that has day sums of 1.x.
    pub covered_since: FxHashMap<(Text, Text), UtcSeconds>,
    /// The calendar day of an instant in the report zone.
    pub day_of: &'a (dyn Fn(UtcSeconds) -> NaiveDate + Sync),
}

/// What counts.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Resolved {
    /// One per response, in no order, and one for what a counter counted since its reading before. Never a void or a
    /// statement.
    pub facts: Vec<Witness>,
    /// What vendors and relays tell, each once: never in a total, only beside it.
    pub statements: Vec<Witness>,
    /// Day sums of 1.x that count; the finer facts of the same machine, provider and day are not in
    /// `facts` then.
    pub day_sums: Vec<DaySum>,
    /// What one witness had and the other had not.
    pub gaps: Vec<Gap>,
    /// What the proxy saw, by day and source. Sorted.
    pub wire: Vec<WireDay>,
}

/// A difference between two witnesses of one (source, session or machine and day, model).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The source whose records stand against the wire.
    pub provider: Text,
    /// The model.
    pub model: Text,
    /// Day in the report zone.
    pub date: NaiveDate,
    /// Tokens that the tool's own log has and the wire has not seen.
    pub log_tokens: u64,
    /// Tokens that the wire has seen and the log has not.
    pub wire_tokens: u64,
    /// Requests that the wire has seen and the log has not.
    pub wire_requests: u64,
    /// Whether the log's side counts; else that of the wire.
    pub log_counts: bool,
}

/// Resolves all witnesses of a store. The order of the input changes nothing but the order of `facts`.
pub fn resolve(witnesses: Vec<Witness>, day_sums: Vec<DaySum>, context: &Context<'_>) -> Resolved {
    let witnesses = alias::give_newest_ids(witnesses);
    let mut seen = sighting::Sightings::default();
    let mut facts = same_id::merge(witnesses, context, &mut seen);
    facts.retain(|fact| fact.record.usage.kind != Kind::Void);
    let is_statement = |fact: &Witness| fact.record.usage.kind == Kind::Statement;
    let (statements, facts) = facts.into_iter().partition(is_statement);
    let facts = counters::differences(facts);
    let (facts, gaps) = wire::reconcile(facts, &mut seen, context);
    let (facts, day_sums) = day_sums::choose(facts, day_sums, context);
    let wire = sighting::days(&facts, &gaps, &seen, context);
    Resolved { facts, statements, day_sums, gaps, wire }
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Context")
            .field("first_collected", &self.first_collected)
            .field("covered_since", &self.covered_since)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
