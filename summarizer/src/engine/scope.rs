//! The days and sessions on and in which records may be entangled without a shared id.

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use data_schema::resolve::REACH;
use data_schema::{DaySum, HashId, RecordId, Text, UsageRecord, UtcSeconds, Via};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Blocks;
use super::shared::Marks;
use crate::SummarizeError;
use crate::calendar::day;

/// What the proxy saw may stand against all of its report day, which has 25 hours at most, and what is near the ends of
/// that: days beside are found by time, because a zone may have left out a day. Seconds.
const AROUND: i64 = 27 * 3600;
const _: () = assert!(AROUND > REACH);

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
    times: FxHashSet<UtcSeconds>,
    /// Seconds that the longest request took.
    longest: i64,
    /// All ids of what the proxy saw.
    ids: FxHashSet<RecordId>,
    counters: FxHashSet<HashId>,
}

impl Scope {
    pub(super) fn new(
        blocks: &Blocks,
        marks: &Marks,
        day_sums: &[DaySum],
        zone: Tz,
    ) -> Result<Self, SummarizeError> {
        let mut special = special(blocks)?;
        special.add_relatives(blocks, marks)?;
        let mut scope =
            Self { wire: special.days(zone), counters: special.counters, ..Self::default() };
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

/// All times of what the proxy saw, and all sessions that have a counter.
fn special(blocks: &Blocks) -> Result<Special, SummarizeError> {
    let mut special = Special::default();
    for (number, block) in blocks.blocks.iter().enumerate() {
        if block.is_special {
            blocks.read(number, |_, unpacker| special.take(unpacker.record()))?;
        }
    }
    Ok(special)
}

impl Special {
    fn take(&mut self, record: &UsageRecord) {
        if let (true, Some(session)) = (record.usage.kind.is_reading(), record.attribution.session)
        {
            self.counters.insert(session);
        }
        if record.usage.via == Via::Wire {
            self.times.insert(record.at);
            let seconds = record.usage.duration_ms.unwrap_or(0) / 1000;
            self.longest = self.longest.max(i64::from(seconds));
            self.ids.extend(ids(record));
        }
    }

    /// Adds the times of all that shares an id with something the proxy saw: the one response that they are counts at
    /// any of them.
    fn add_relatives(&mut self, blocks: &Blocks, marks: &Marks) -> Result<(), SummarizeError> {
        if self.ids.is_empty() {
            return Ok(());
        }
        let mut relatives: Vec<(UtcSeconds, Vec<RecordId>)> = Vec::new();
        for number in 0..blocks.blocks.len() {
            if marks.any_shared(blocks.starts[number]..blocks.starts[number + 1]) {
                blocks.read(number, |number, unpacker| {
                    if marks.is_shared(number) && !marks.is_twin(number) {
                        let record = unpacker.record();
                        relatives.push((record.at, ids(record).collect()));
                    }
                })?;
            }
        }
        let mut by_id: FxHashMap<RecordId, Vec<usize>> = FxHashMap::default();
        for (index, (_, ids)) in relatives.iter().enumerate() {
            for id in ids {
                by_id.entry(*id).or_default().push(index);
            }
        }
        let mut to_follow: Vec<RecordId> = self.ids.drain().collect();
        while let Some(id) = to_follow.pop() {
            // What is taken out is not followed twice.
            for index in by_id.remove(&id).unwrap_or_default() {
                let (at, ids) = &relatives[index];
                self.times.insert(*at);
                to_follow.extend(ids);
            }
        }
        Ok(())
    }

    /// All report days that something the proxy saw may touch.
    fn days(&self, zone: Tz) -> FxHashSet<NaiveDate> {
        // Two that are one response may give it the time of one and the duration of the other.
        let range = |at: &UtcSeconds| {
            (day(zone, at.plus(-AROUND)), day(zone, at.plus(self.longest + AROUND)))
        };
        let ranges: FxHashSet<(NaiveDate, NaiveDate)> = self.times.iter().map(range).collect();
        ranges.into_iter().flat_map(|(first, last)| around(first, last)).collect()
    }
}

/// All ids of a record.
fn ids(record: &UsageRecord) -> impl Iterator<Item = RecordId> {
    std::iter::once(record.id).chain(record.was.iter().copied())
}

/// Days from the one before `first` to the one behind `last`.
fn around(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let one = Days::new(1);
    let first = first.checked_sub_days(one).unwrap_or(first);
    let last = last.checked_add_days(one).unwrap_or(last);
    first.iter_days().take_while(move |day| *day <= last)
}
