//! Every response that counts, one after the other, as reports count them.
//!
//! A month of them is in memory at a time, beside those that only count together with others.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use data_schema::resolve::{Resolved, Witness};
use data_schema::{DaySum, RecordId, Text, UsageRecord, UtcSeconds};
use rustc_hash::FxHashSet;
use store::Block;

use super::adder::of_day;
use super::statements::{Counted, weigh};
use super::{Blocks, Job, Records, resolved, scope::Scope, shared};
use crate::SummarizeError;
use crate::calendar::{Clock, Local, day};
use crate::input::Input;

/// One line of an export.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Fact<'a> {
    /// The calendar day of the report zone; a day sum has the day that its machine counted.
    pub day: NaiveDate,
    /// Name of the machine.
    pub machine: &'a Text,
    /// Id of the source.
    pub provider: &'a Text,
    /// The response. Of a day sum only the usage part means something.
    pub record: &'a UsageRecord,
    /// Whether it is the sum of a whole day, taken over from version 1.0, and no response.
    pub is_day_sum: bool,
}

/// One of all facts, as a pass on all cores sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) machine: &'a Text,
    pub(crate) provider: &'a Text,
    pub(crate) record: &'a UsageRecord,
    /// Where it stands in the calendar of the report zone. Of what has no time, only the day means something.
    pub(crate) local: Local,
    /// Whether it is a response at its time, and no sum of a stretch of time: those of days that 1.x stored, and those
    /// that interfaces tell.
    pub(crate) has_time: bool,
}

/// All responses that count.
pub struct Facts {
    blocks: Blocks,
    marks: shared::Marks,
    scope: Scope,
    zone: Tz,
    /// Sorted by date.
    day_sums: Vec<DaySum>,
    /// Those that count together with others, by month.
    resolved: BTreeMap<Month, Vec<Witness>>,
    /// Blocks that have something of a month.
    months: BTreeMap<Month, BTreeSet<usize>>,
    /// Those that are sums of an interface.
    stated: FxHashSet<RecordId>,
}

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Year and month of UTC.
type Month = (i32, u32);

impl Facts {
    /// Finds out what counts, and takes all records and day sums out of the input.
    ///
    /// # Errors
    ///
    /// [`SummarizeError::Damaged`]: an index or a cache does not hold what it should.
    pub fn of(input: &mut Input, zone: Tz) -> Result<Self, SummarizeError> {
        let records = Records::of(input);
        let day_sums = std::mem::take(&mut input.day_sums);
        let (blocks, marks) = shared::find(records)?;
        let scope = Scope::new(&blocks, &marks, &day_sums, zone)?;
        let mut facts = Self {
            blocks,
            marks,
            scope,
            zone,
            day_sums: Vec::new(),
            resolved: BTreeMap::new(),
            months: BTreeMap::new(),
            stated: FxHashSet::default(),
        };
        let entangled = facts.first_look()?;
        let found = resolved(entangled, day_sums, input, zone);
        let mut counted = Counted::default();
        if !found.statements.is_empty() {
            facts.count(&found, &mut counted)?;
        }
        let weighed = weigh(found.statements, &counted, &input.settings.statements.count);
        facts.stated = weighed.facts.iter().map(|fact| fact.record.id).collect();
        for witness in found.facts.into_iter().chain(weighed.facts) {
            facts.resolved.entry(month(witness.record.at)).or_default().push(witness);
        }
        facts.day_sums = found.day_sums;
        facts.day_sums.sort_by(|one, other| {
            let key = |sum: &DaySum| (sum.date, sum.machine.clone(), sum.provider.clone());
            key(one).cmp(&key(other)).then_with(|| one.usage.model.cmp(&other.usage.model))
        });
        Ok(facts)
    }

    /// Hands out everything of some days, the earliest first; day sums come before the responses of their day.
    ///
    /// # Errors
    ///
    /// What `take` fails with, or [`SummarizeError::Damaged`].
    pub fn each<E: From<SummarizeError>>(
        &self,
        days: Option<(NaiveDate, NaiveDate)>,
        mut take: impl FnMut(&Fact<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let is_wanted = |day: NaiveDate| days.is_none_or(|(from, to)| (from..=to).contains(&day));
        let mut sums = self.day_sums.iter().filter(|sum| is_wanted(sum.date)).peekable();
        let months: BTreeSet<Month> =
            self.months.keys().chain(self.resolved.keys()).copied().collect();
        for month in months.into_iter().filter(|month| may_have(*month, days)) {
            for witness in self.month(month)? {
                let day = day(self.zone, witness.record.at);
                if !is_wanted(day) {
                    continue;
                }
                while let Some(sum) = sums.next_if(|sum| sum.date <= day) {
                    take_sum(sum, &mut take)?;
                }
                take(&Fact {
                    day,
                    machine: &witness.machine,
                    provider: &witness.provider,
                    record: &witness.record,
                    is_day_sum: false,
                })?;
            }
        }
        sums.try_for_each(|sum| take_sum(sum, &mut take))
    }

    /// Hands out everything, on all cores and in no order; returns what each core made of its own.
    ///
    /// # Errors
    ///
    /// [`SummarizeError::Damaged`].
    pub(crate) fn on_all_cores<T: Send>(
        &self,
        new: impl Fn() -> T + Sync,
        take: impl Fn(&mut T, &Seen<'_>) + Sync,
    ) -> Result<Vec<T>, SummarizeError> {
        let job = self.job();
        let mut cores = self.blocks.on_all_cores(&new, |own, number| {
            let Block { machine, provider, .. } = &self.blocks.blocks[number];
            job.split(number, |record, local, stands_alone| {
                if stands_alone {
                    take(own, &Seen { machine, provider, record, local, has_time: true });
                }
            })
        })?;
        let (mut own, mut clock) = (new(), Clock::new(self.zone));
        for Witness { machine, provider, record } in self.resolved.values().flatten() {
            let (local, has_time) = (clock.local(record.at), !self.stated.contains(&record.id));
            take(&mut own, &Seen { machine, provider, record, local, has_time });
        }
        for sum in &self.day_sums {
            let (machine, provider, record) = (&sum.machine, &sum.provider, &of_day(sum));
            let local = Local { day: sum.date, weekday: 0, hour: 0 };
            take(&mut own, &Seen { machine, provider, record, local, has_time: false });
        }
        cores.push(own);
        Ok(cores)
    }

    /// Adds up what statements are held against.
    fn count(&self, found: &Resolved, counted: &mut Counted) -> Result<(), SummarizeError> {
        let job = self.job();
        for number in self.months.values().flatten().collect::<BTreeSet<_>>() {
            let provider = &self.blocks.blocks[*number].provider;
            job.split(*number, |record, _, stands_alone| {
                if stands_alone {
                    counted.add_record(provider, record);
                }
            })?;
        }
        found.facts.iter().for_each(|fact| counted.add_record(&fact.provider, &fact.record));
        for sum in &found.day_sums {
            counted.add_record(&sum.provider, &of_day(sum));
        }
        Ok(())
    }

    fn job(&self) -> Job<'_> {
        Job { blocks: &self.blocks, marks: &self.marks, scope: &self.scope, zone: self.zone }
    }

    /// Takes out what does not stand alone, and notes which block has what months.
    fn first_look(&mut self) -> Result<Vec<Witness>, SummarizeError> {
        let job = self.job();
        let new = <(BTreeMap<Month, BTreeSet<usize>>, Vec<Witness>)>::default;
        let cores = self.blocks.on_all_cores(new, |(months, entangled), number| {
            let block = &self.blocks.blocks[number];
            let mut last = None;
            job.split(number, |record, _, stands_alone| {
                if stands_alone {
                    let day = record.at.seconds().div_euclid(DAY);
                    if last.replace(day) != Some(day) {
                        months.entry(month(record.at)).or_default().insert(number);
                    }
                } else {
                    entangled.push(witness(block, record));
                }
            })
        })?;
        let mut all = Vec::new();
        for (months, entangled) in cores {
            for (month, blocks) in months {
                self.months.entry(month).or_default().extend(blocks);
            }
            all.extend(entangled);
        }
        Ok(all)
    }

    /// All that counts in a month, sorted.
    fn month(&self, wanted: Month) -> Result<Vec<Witness>, SummarizeError> {
        let job = self.job();
        let mut facts = self.resolved.get(&wanted).cloned().unwrap_or_default();
        for number in self.months.get(&wanted).into_iter().flatten() {
            let block = &self.blocks.blocks[*number];
            job.split(*number, |record, _, stands_alone| {
                if stands_alone && month(record.at) == wanted {
                    facts.push(witness(block, record));
                }
            })?;
        }
        facts.sort_unstable_by(|one, other| {
            let key = |fact: &Witness| (fact.record.at, fact.record.id);
            let place = |fact: &Witness| (fact.machine.clone(), fact.provider.clone());
            key(one).cmp(&key(other)).then_with(|| place(one).cmp(&place(other)))
        });
        Ok(facts)
    }
}

impl std::fmt::Debug for Facts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Facts").field("zone", &self.zone).finish_non_exhaustive()
    }
}

fn witness(block: &Block, record: &UsageRecord) -> Witness {
    Witness {
        machine: block.machine.clone(),
        provider: block.provider.clone(),
        record: Box::new(record.clone()),
    }
}

fn take_sum<E>(sum: &DaySum, take: &mut impl FnMut(&Fact<'_>) -> Result<(), E>) -> Result<(), E> {
    take(&Fact {
        day: sum.date,
        machine: &sum.machine,
        provider: &sum.provider,
        record: &of_day(sum),
        is_day_sum: true,
    })
}

fn month(at: UtcSeconds) -> Month {
    let date = at.utc_date();
    (date.year(), date.month())
}

/// Whether a month of UTC may meet some days of any zone.
fn may_have((year, month): Month, days: Option<(NaiveDate, NaiveDate)>) -> bool {
    let Some((from, to)) = days else { return true };
    let around = |date: NaiveDate, days: i64| {
        date.checked_add_signed(chrono::TimeDelta::days(days)).unwrap_or(date)
    };
    let of = |date: NaiveDate| (date.year(), date.month());
    (of(around(from, -1))..=of(around(to, 1))).contains(&(year, month))
}
