//! The join: what two sets of records of one provider make together.
//!
//! Commutative, associative and idempotent, so that the order of files, runs and machines changes
//! nothing; and it only ever adds. `tests/it/join.rs` proves the laws.

use std::cmp::{Ordering, Reverse};
use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use crate::record::{attribution_bytes, usage_bytes};
use crate::{Attribution, Rank, RecordId, TimeQuality, Usage, UsageRecord, UtcSeconds};

/// Joins two records of the same id.
///
/// Each part is taken whole from one of them: usage from the greater of (own over copy, revision,
/// total, output, bytes); attribution from the greater of (own over copy, the earlier `seen`, bytes);
/// the time is the earliest trusted one. `was` joins by union.
pub fn join(left: UsageRecord, right: UsageRecord) -> UsageRecord {
    debug_assert_eq!(left.id, right.id, "only records of one response are joined");
    if left == right {
        return left;
    }
    let attribution_order = compare_attribution(&left, &right);
    let (seen_left, seen_right) = (left.seen(), right.seen());
    let (at_quality, at) = earliest_trusted(&left, &right);
    let (usage, other_usage) = (left.usage, right.usage);
    let usage_order = compare_usage(&usage, &other_usage);
    let (mut attribution, seen) = match attribution_order {
        Ordering::Less => (right.attribution, seen_right),
        _ => (left.attribution, seen_left),
    };
    attribution.seen = (seen != at).then_some(seen);
    UsageRecord {
        id: left.id,
        was: union(left.was, right.was),
        at,
        at_quality,
        usage: if usage_order == Ordering::Less { other_usage } else { usage },
        attribution,
        extra: join_extra(left.extra, right.extra),
    }
}

/// Which usage part is the greater.
fn compare_usage(left: &Usage, right: &Usage) -> Ordering {
    let key = |usage: &Usage| {
        let output = usage.output_tokens.map_or(0, crate::Tokens::get);
        (usage.rank, usage.revision, usage.total(), output)
    };
    key(left).cmp(&key(right)).then_with(|| usage_bytes(left).cmp(&usage_bytes(right)))
}

/// Which attribution part is the greater.
fn compare_attribution(left: &UsageRecord, right: &UsageRecord) -> Ordering {
    let key = |record: &UsageRecord| -> (Rank, Reverse<UtcSeconds>) {
        (record.usage.rank, Reverse(record.seen()))
    };
    key(left).cmp(&key(right)).then_with(|| {
        let bytes = |part: &Attribution| attribution_bytes(part);
        bytes(&left.attribution).cmp(&bytes(&right.attribution))
    })
}

/// The earliest trusted time, else the earliest guess.
fn earliest_trusted(left: &UsageRecord, right: &UsageRecord) -> (TimeQuality, UtcSeconds) {
    (left.at_quality, left.at).min((right.at_quality, right.at))
}

fn union(mut left: Vec<RecordId>, right: Vec<RecordId>) -> Vec<RecordId> {
    left.extend(right);
    left.sort_unstable();
    left.dedup();
    left
}

/// Fields of a newer version: every key survives, with the greater bytes where both have it.
fn join_extra(
    left: Option<Box<Map<String, Value>>>,
    right: Option<Box<Map<String, Value>>>,
) -> Option<Box<Map<String, Value>>> {
    let (mut left, right) = match (left, right) {
        (Some(left), Some(right)) => (left, right),
        (one, other) => return one.or(other),
    };
    for (key, value) in *right {
        let text = value.to_string();
        let greater = left.get(&key).is_none_or(|known| known.to_string().as_str() < text.as_str());
        if greater {
            left.insert(key, value);
        }
    }
    Some(left)
}

/// A set of records, one per id: what a file, a machine or a whole store holds.
///
/// Records are boxed: moving a million of them elsewhere moves pointers and needs no second room.
#[derive(Clone, Debug, Default)]
pub struct RecordSet {
    /// Where the record of an id lies.
    places: FxHashMap<RecordId, u32>,
    #[expect(clippy::vec_box, reason = "the boxes move into witnesses one by one")]
    records: Vec<Box<UsageRecord>>,
}

impl RecordSet {
    /// Adds a record, joining it with the one of the same id.
    pub fn insert(&mut self, record: UsageRecord) {
        let next = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        match self.places.entry(record.id) {
            Entry::Vacant(empty) => {
                empty.insert(next);
                self.records.push(Box::new(record));
            }
            Entry::Occupied(known) => {
                let known = &mut self.records[*known.get() as usize];
                if **known != record {
                    **known = join((**known).clone(), record);
                }
            }
        }
    }

    /// The record of an id.
    pub fn get(&self, id: RecordId) -> Option<&UsageRecord> {
        let place = *self.places.get(&id)? as usize;
        self.records.get(place).map(|record| &**record)
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// All records, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &UsageRecord> {
        self.records.iter().map(|record| &**record)
    }

    /// All records in their boxes, in no order.
    pub fn into_boxes(self) -> Vec<Box<UsageRecord>> {
        self.records
    }

    /// Keeps the records that `wanted` accepts.
    pub fn retain(&mut self, mut wanted: impl FnMut(&UsageRecord) -> bool) {
        self.records.retain(|record| wanted(record));
        let ids = self.records.iter().map(|record| record.id);
        self.places = ids.zip(0..).collect();
    }

    /// All records sorted by (`at`, `id`): the order of files.
    pub fn into_sorted(self) -> Vec<UsageRecord> {
        let mut records: Vec<UsageRecord> =
            self.records.into_iter().map(|record| *record).collect();
        records.sort_unstable_by_key(|record| (record.at, record.id));
        records
    }
}

impl Extend<UsageRecord> for RecordSet {
    fn extend<I: IntoIterator<Item = UsageRecord>>(&mut self, records: I) {
        for record in records {
            self.insert(record);
        }
    }
}

impl FromIterator<UsageRecord> for RecordSet {
    fn from_iter<I: IntoIterator<Item = UsageRecord>>(records: I) -> Self {
        let mut set = Self::default();
        set.extend(records);
        set
    }
}
