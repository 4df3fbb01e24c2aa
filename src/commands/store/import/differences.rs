//! Where the sums of 1.x and the records differ.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use data_schema::{Span, Text};
use serde::Serialize;
use store::{Imported, Legacy};

/// Tokens of records by machine, source and day.
pub(super) type Records = BTreeMap<(Text, Text, NaiveDate), u64>;

/// What counts on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Counts {
    /// The sums of 1.x.
    Sums,
    Records,
}

/// One day that both know, and differently.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    pub(super) machine: Text,
    pub(super) provider: Text,
    pub(super) date: NaiveDate,
    /// Tokens of 1.x.
    pub(super) sums: u64,
    /// Tokens of the records.
    pub(super) records: u64,
    pub(super) counts: Counts,
}

/// The days that both know, and those that records cover and have nothing of; the largest difference first.
pub(super) fn found(legacy: &Legacy, records: &Records, imported: &Imported) -> Vec<Difference> {
    let mut days: BTreeMap<(Text, Text, NaiveDate), (u64, Span)> = BTreeMap::new();
    for sum in legacy.day_sums() {
        let Some(span) = sum.span else { continue };
        let total = sum.usage.total();
        let day = days.entry((sum.machine, sum.provider, sum.date)).or_insert((0, span));
        day.0 += total;
    }
    let mut differences = Vec::new();
    for ((machine, provider, date), (sums, span)) in days {
        let known = records.get(&(machine.clone(), provider.clone(), date)).copied();
        let since = imported.covered_since.get(&(machine.clone(), provider.clone()));
        let is_covered = since.is_some_and(|since| span.from >= *since);
        let records = known.unwrap_or(0);
        if sums == records || (known.is_none() && !is_covered) {
            continue;
        }
        let counts = if !is_covered && sums > records { Counts::Sums } else { Counts::Records };
        differences.push(Difference { machine, provider, date, sums, records, counts });
    }
    differences
        .sort_by_key(|difference| std::cmp::Reverse(difference.sums.abs_diff(difference.records)));
    differences
}
