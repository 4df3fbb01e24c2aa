//! The days and sessions on and in which records may be entangled without a shared id.

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use data_schema::{DaySum, HashId, Text, UsageRecord, UtcSeconds, Via};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Blocks;
use crate::SummarizeError;
use crate::calendar::day;

/// A log line may be so much older than its request (`resolve` pairs up to 5). Seconds.
const BEFORE: i64 = 60;
/// And so much younger than the end of the response (`resolve` pairs up to 120). Seconds.
const AFTER: i64 = 300;

/// Days of all records, and of those of one machine and source.
#[derive(Debug, Default)]
pub(super) struct Scope {
    wire: FxHashSet<NaiveDate>,
    day_sums: FxHashMap<(Text, Text), FxHashSet<NaiveDate>>,
    /// Sessions that have a counter, of whatever source: one reading of several places may be given the source of one and
    /// the session of another.
    counters: FxHashSet<HashId>,
}

/// The days and sessions of one machine and source.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScopeOf<'a> {
    wire: Option<&'a FxHashSet<NaiveDate>>,
    day_sums: Option<&'a FxHashSet<NaiveDate>>,
    counters: &'a FxHashSet<HashId>,
}

/// What is found in blocks that hold more than responses.
#[derive(Default)]
struct Special {
    wire_days: FxHashSet<NaiveDate>,
    counters: FxHashSet<HashId>,
}

impl Scope {
    pub(super) fn new(
        blocks: &Blocks,
        day_sums: &[DaySum],
        zone: Tz,
    ) -> Result<Self, SummarizeError> {
        let Special { wire_days, counters } = special(blocks, zone)?;
        let mut scope = Self { wire: wire_days, counters, ..Self::default() };
        for sum in day_sums {
            let key = (sum.machine.clone(), sum.provider.clone());
            let days = scope.day_sums.entry(key).or_default();
            days.extend(around(sum.date, sum.date));
            if let Some(span) = sum.span {
                days.extend(around(day(zone, span.from), day(zone, span.to)));
            }
        }
        Ok(scope)
    }

    pub(super) fn of(&self, machine: &Text, provider: &Text) -> ScopeOf<'_> {
        let key = || (machine.clone(), provider.clone());
        let day_sums = if self.day_sums.is_empty() { None } else { self.day_sums.get(&key()) };
        let wire = Some(&self.wire).filter(|days| !days.is_empty());
        ScopeOf { wire, day_sums, counters: &self.counters }
    }
}

impl ScopeOf<'_> {
    /// Whether a record may be entangled, which stands on this day.
    pub(super) fn contains(&self, record: &UsageRecord, day: NaiveDate) -> bool {
        let has =
            |days: Option<&FxHashSet<NaiveDate>>| days.is_some_and(|days| days.contains(&day));
        let session = record.attribution.session.filter(|_| !self.counters.is_empty());
        let is_counted = session.is_some_and(|session| self.counters.contains(&session));
        has(self.wire) || has(self.day_sums) || is_counted
    }
}

/// All report days that something the proxy saw may touch, and all sessions that have a counter.
fn special(blocks: &Blocks, zone: Tz) -> Result<Special, SummarizeError> {
    let mut counters: FxHashSet<HashId> = FxHashSet::default();
    let mut times: FxHashSet<UtcSeconds> = FxHashSet::default();
    let mut longest = 0;
    for (number, block) in blocks.blocks.iter().enumerate() {
        if block.is_special {
            blocks.read(number, |_, unpacker| {
                let record = unpacker.record();
                if let (true, Some(session)) =
                    (record.usage.kind.is_reading(), record.attribution.session)
                {
                    counters.insert(session);
                }
                if record.usage.via == Via::Wire {
                    times.insert(record.at);
                    let seconds = record.usage.duration_ms.unwrap_or(0) / 1000;
                    longest = longest.max(i64::from(seconds));
                }
            })?;
        }
    }
    // Two that are one response may give it the time of one and the duration of the other.
    let ranges: FxHashSet<(NaiveDate, NaiveDate)> = times
        .into_iter()
        .map(|at| (day(zone, at.plus(-BEFORE)), day(zone, at.plus(longest + AFTER))))
        .collect();
    let wire_days = ranges.into_iter().flat_map(|(first, last)| around(first, last)).collect();
    Ok(Special { wire_days, counters })
}

/// Days from the one before `first` to the one behind `last`.
fn around(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let one = Days::new(1);
    let first = first.checked_sub_days(one).unwrap_or(first);
    let last = last.checked_add_days(one).unwrap_or(last);
    first.iter_days().take_while(move |day| *day <= last)
}
