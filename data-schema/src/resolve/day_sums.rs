//! Rule 4: day sums of 1.x count where finer records do not cover their day.

use chrono::NaiveDate;
use rustc_hash::FxHashMap;

use super::{Context, Witness};
use crate::record::usage_bytes;
use crate::{DaySum, Text};

/// Machine, provider and day.
type Day = (Text, Text, NaiveDate);

/// Chooses per machine, provider and day: before `coveredSince` the greater of the day sums and the
/// records, from then on the records.
pub(super) fn choose(
    mut facts: Vec<Witness>,
    day_sums: Vec<DaySum>,
    context: &Context<'_>,
) -> (Vec<Witness>, Vec<DaySum>) {
    if day_sums.is_empty() {
        return (facts, day_sums);
    }
    let by_model = greatest(day_sums);
    let mut days: FxHashMap<Day, u64> = FxHashMap::default();
    for ((day, _), sum) in &by_model {
        *days.entry(day.clone()).or_default() += sum.usage.total();
    }
    let day_of = |fact: &Witness| -> Day {
        (fact.machine.clone(), fact.provider.clone(), (context.day_of)(fact.record.at))
    };
    let mut finer: FxHashMap<Day, u64> = FxHashMap::default();
    for fact in &facts {
        let day = day_of(fact);
        if days.contains_key(&day) {
            *finer.entry(day).or_default() += fact.record.usage.total();
        }
    }
    days.retain(|(machine, provider, date), total| {
        let since = context.covered_since.get(&(machine.clone(), provider.clone()));
        let covered = since.is_some_and(|since| *date >= (context.day_of)(*since));
        let records = finer.get(&(machine.clone(), provider.clone(), *date)).copied().unwrap_or(0);
        !covered && *total > records
    });
    facts.retain(|fact| !days.contains_key(&day_of(fact)));
    let mut sums: Vec<DaySum> = by_model
        .into_iter()
        .filter(|((day, _), _)| days.contains_key(day))
        .map(|(_, sum)| sum)
        .collect();
    sums.sort_by(|left, right| {
        let key = |sum: &DaySum| {
            (sum.date, sum.machine.clone(), sum.provider.clone(), sum.usage.model.clone())
        };
        key(left).cmp(&key(right))
    });
    (facts, sums)
}

/// Snapshots of one day repeat each other: the greatest of every model stands for it; among equal ones
/// the greater bytes, so that the order of files changes nothing.
fn greatest(day_sums: Vec<DaySum>) -> FxHashMap<(Day, Text), DaySum> {
    let weight = |sum: &DaySum| (sum.usage.total(), usage_bytes(&sum.usage));
    let mut by_model: FxHashMap<(Day, Text), DaySum> = FxHashMap::default();
    for sum in day_sums {
        let day = (sum.machine.clone(), sum.provider.clone(), sum.date);
        let key = (day, sum.usage.model.clone());
        match by_model.entry(key) {
            std::collections::hash_map::Entry::Vacant(empty) => {
                empty.insert(sum);
            }
            std::collections::hash_map::Entry::Occupied(mut known) => {
                if weight(&sum) > weight(known.get()) {
                    known.insert(sum);
                }
            }
        }
    }
    by_model
}
