//! All copies of a record, wherever they stand, and which of them counts.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use data_schema::{HashId, Memory, RecordId, Text, UsageRecord};
use store::{Block, Part};
use summarizer::{Facts, SummarizeError};

use crate::known::evidence::Evidence;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Record(RecordId),
    Session(HashId),
}

/// Where a copy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Store,
    /// A log of this machine: place of its source, and of its block there.
    Log {
        source: usize,
        block: usize,
    },
}

/// One copy of a record.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    pub(super) machine: Text,
    pub(super) provider: Text,
    pub(super) origin: Origin,
    pub(super) record: UsageRecord,
}

/// All copies of one response.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) ids: BTreeSet<RecordId>,
    pub(super) copies: Vec<Copy>,
    /// What counts.
    pub(super) fact: Option<Counts>,
}

/// What counts of a group.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    pub(super) day: NaiveDate,
    pub(super) machine: Text,
    pub(super) provider: Text,
    pub(super) record: UsageRecord,
}

/// Finds all copies, and what counts of them.
pub(super) fn find(
    evidence: &mut Evidence<'_>,
    asked: Asked,
) -> Result<Vec<Group>, SummarizeError> {
    let mut memory = evidence.input.tombstones.memory();
    let parts = &evidence.input.parts;
    let stored = evidence.stored_parts;
    let mut ids: BTreeSet<RecordId> = match asked {
        Asked::Record(id) => BTreeSet::from([id]),
        Asked::Session(session) => of_session(parts, session)?,
    };
    let mut copies = Vec::new();
    // A copy may name more ids under which the same response stands.
    loop {
        copies.clear();
        let known = ids.len();
        for (number, part) in parts.iter().enumerate() {
            let source = number.checked_sub(stored);
            of_ids(part, source, &ids, &mut |copy| take(&mut memory, copy, &mut copies))?;
        }
        for copy in &copies {
            ids.insert(copy.record.id);
            ids.extend(copy.record.was.iter().copied());
        }
        if ids.len() == known {
            break;
        }
    }
    let mut groups = grouped(copies);
    count(evidence, &mut groups)?;
    groups.sort_by_key(|group| {
        group.copies.iter().map(|copy| (copy.record.at, copy.record.id)).min()
    });
    Ok(groups)
}

/// Keeps a copy, unless it is to be forgotten.
fn take(memory: &mut Memory, (block, copy): (&Block, Copy), copies: &mut Vec<Copy>) {
    let is_forgotten = memory.forgets_source(&copy.machine, &copy.provider)
        || memory.forgets_record(&copy.record)
        || block.leaves_out(&copy.record);
    if !is_forgotten {
        copies.push(copy);
    }
}

fn of_session(parts: &[Part], session: HashId) -> Result<BTreeSet<RecordId>, SummarizeError> {
    let mut ids = BTreeSet::new();
    let blocks = parts.iter().flat_map(|part| &part.blocks);
    for block in blocks.filter(|block| block.words.hashes().contains(&session)) {
        let read = block.each(|record| {
            if record.attribution.session == Some(session) {
                ids.insert(record.id);
            }
        });
        read.map_err(|_| SummarizeError::Damaged)?;
    }
    Ok(ids)
}

/// Hands out all records of a part with one of the ids. `source`: the place of the scanned source that it is of.
fn of_ids(
    part: &Part,
    source: Option<usize>,
    ids: &BTreeSet<RecordId>,
    take: &mut impl FnMut((&Block, Copy)),
) -> Result<(), SummarizeError> {
    let mut places: HashMap<u32, BTreeSet<u32>> = HashMap::new();
    for id in ids {
        let first = part.ids.partition_point(|place| place.id < *id);
        let same = part.ids[first..].iter().take_while(|place| place.id == *id);
        for place in same {
            places.entry(place.block).or_default().insert(place.record);
        }
    }
    let mut blocks: Vec<_> = places.into_iter().collect();
    blocks.sort_unstable();
    for (number, records) in blocks {
        let block_number = number as usize;
        let block = part.blocks.get(block_number).ok_or(SummarizeError::Damaged)?;
        let mut at = 0;
        let read = block.each(|record| {
            if records.contains(&at) {
                let origin = match source {
                    Some(source) => Origin::Log { source, block: block_number },
                    None => Origin::Store,
                };
                let (machine, provider) = (block.machine.clone(), block.provider.clone());
                take((block, Copy { machine, provider, origin, record: record.clone() }));
            }
            at += 1;
        });
        read.map_err(|_| SummarizeError::Damaged)?;
    }
    Ok(())
}

/// Copies that have an id in common are one response.
fn grouped(copies: Vec<Copy>) -> Vec<Group> {
    let mut groups: Vec<Option<Group>> = Vec::new();
    let mut places: HashMap<RecordId, usize> = HashMap::new();
    for copy in copies {
        let ids: Vec<RecordId> =
            std::iter::once(copy.record.id).chain(copy.record.was.iter().copied()).collect();
        let mut group = Group::default();
        let known: BTreeSet<usize> = ids.iter().filter_map(|id| places.get(id).copied()).collect();
        for place in known {
            if let Some(other) = groups[place].take() {
                group.ids.extend(other.ids);
                group.copies.extend(other.copies);
            }
        }
        group.ids.extend(ids);
        group.copies.push(copy);
        for id in &group.ids {
            places.insert(*id, groups.len());
        }
        groups.push(Some(group));
    }
    groups.into_iter().flatten().collect()
}

/// Notes what counts, as reports count it.
fn count(evidence: &mut Evidence<'_>, groups: &mut [Group]) -> Result<(), SummarizeError> {
    let dates = groups.iter().flat_map(|group| &group.copies).map(|copy| copy.record.at.utc_date());
    let (Some(first), Some(last)) = (dates.clone().min(), dates.max()) else { return Ok(()) };
    // A day of another zone begins up to a day apart.
    let days = (first.pred_opt().unwrap_or(first), last.succ_opt().unwrap_or(last));
    let mut places: HashMap<RecordId, usize> = HashMap::new();
    for (place, group) in groups.iter().enumerate() {
        places.extend(group.ids.iter().map(|id| (*id, place)));
    }
    let facts = Facts::of(evidence.input, evidence.zone)?;
    facts.each(Some(days), |fact| {
        let ids = std::iter::once(&fact.record.id).chain(&fact.record.was);
        let mut ids = ids;
        let place = ids.find_map(|id| places.get(id)).filter(|_| !fact.is_day_sum);
        if let Some(place) = place {
            groups[*place].fact.get_or_insert_with(|| Counts {
                day: fact.day,
                machine: fact.machine.clone(),
                provider: fact.provider.clone(),
                record: fact.record.clone(),
            });
        }
        Ok::<(), SummarizeError>(())
    })
}

impl Group {
    /// The record that counts, else a copy.
    pub(super) fn record(&self) -> &UsageRecord {
        self.fact.as_ref().map_or_else(|| &self.copies[0].record, |fact| &fact.record)
    }

    pub(super) fn provider(&self) -> &Text {
        self.fact.as_ref().map_or_else(|| &self.copies[0].provider, |fact| &fact.provider)
    }

    /// Whether a copy's counts are those that count.
    pub(super) fn is_counted(&self, copy: &Copy) -> bool {
        self.fact.as_ref().is_some_and(|fact| fact.record.usage == copy.record.usage)
    }

    /// Why this counts, in words.
    pub(super) fn why(&self) -> &'static str {
        use data_schema::{Kind, Rank, Via};
        let Some(fact) = &self.fact else {
            let usages = || self.copies.iter().map(|copy| &copy.record.usage);
            return if usages().all(|usage| usage.kind == Kind::Void) {
                "it does not count: a newer version of the parser took it back"
            } else if usages().all(|usage| usage.kind == Kind::Statement) {
                "it does not count: a vendor's statement is a second opinion (`reconcile` shows it)"
            } else if usages().any(|usage| usage.kind.is_reading()) {
                "it does not count by itself: what a counter grew by from one reading to the next is counted"
            } else {
                "it does not count by itself: another witness tells of the same response or of the same day (docs/proxy.md)"
            };
        };
        let counted = |copy: &&Copy| self.is_counted(copy);
        let others = || self.copies.iter().filter(|copy| !self.is_counted(copy));
        let Some(taken) = self.copies.iter().find(counted) else {
            return "it was made of several witnesses: each part is taken from the one that knows it best";
        };
        let usage = &taken.record.usage;
        if others().next().is_none() {
            return if self.copies.len() == 1 {
                "it is the only witness"
            } else {
                "all copies say the same"
            };
        }
        if fact.record.usage.via == Via::Wire
            || others().any(|copy| copy.record.usage.via == Via::Wire)
        {
            return "the proxy and a log tell of the same response: the better told one counts";
        }
        if usage.rank == Rank::Own && others().all(|copy| copy.record.usage.rank == Rank::Copy) {
            return "it is the response's own line; the others are replays of it";
        }
        if others().all(|copy| copy.record.usage.revision < usage.revision) {
            return "a newer version of the parser read it";
        }
        "it tells the most tokens of all copies"
    }
}
