//! Which records share an id with another one, found in sorted lists of ids.

use data_schema::packed::{Damaged, write_bytes, write_signed, write_varint};
use data_schema::{Attribution, HashId, RecordId, Text, Usage, UsageRecord, UtcSeconds};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use store::{Block, IdPlace};

use super::bits::Bits;
use super::{Blocks, Records};
use crate::SummarizeError;

/// Ids that are merged at a time: a core's cache holds them.
const IDS: usize = 64 * 1024;

/// What is known of each record.
#[derive(Debug, Default)]
pub(super) struct Marks {
    shared: Bits,
    twins: Bits,
}

impl Marks {
    /// Whether another record has one of its ids.
    pub(super) fn is_shared(&self, number: usize) -> bool {
        self.shared.get(number)
    }

    /// Whether a record of these shares an id.
    pub(super) fn any_shared(&self, numbers: std::ops::Range<usize>) -> bool {
        self.shared.any(numbers)
    }

    /// Whether it is left out: it repeats another record of the same machine and source, byte for byte, or is not
    /// to be shown.
    pub(super) fn is_twin(&self, number: usize) -> bool {
        self.twins.get(number)
    }
}

/// Finds records that share ids. The lists of ids are gone afterwards.
///
/// A fresh scan repeats what the store holds of this machine. Such twins are left out first, so that
/// their number does not matter for the memory.
pub(super) fn find(records: Records) -> Result<(Blocks, Marks), SummarizeError> {
    let Records { blocks, ids, filter } = records;
    let left_out = filter.mark(&blocks)?;
    let Some(shared) = mark(&blocks, &ids, &left_out)? else {
        return Ok((blocks, Marks { twins: left_out, ..Marks::default() }));
    };
    let twins = left_out.of_length(blocks.count());
    if !mark_twins(&blocks, &shared, &twins)? {
        return Ok((blocks, Marks { shared, twins }));
    }
    let shared = mark(&blocks, &ids, &twins)?.unwrap_or_default();
    Ok((blocks, Marks { shared, twins }))
}

/// Marks all records that share an id with another one, except those that are left out; `None` if
/// there is none.
fn mark(
    blocks: &Blocks,
    lists: &[(usize, Vec<IdPlace>)],
    left_out: &Bits,
) -> Result<Option<Bits>, SummarizeError> {
    let count: usize = lists.iter().map(|(_, ids)| ids.len()).sum();
    let shared = Bits::new(blocks.count());
    // Ids are hashes: equal ranges hold about as many of them.
    let ranges = (count / IDS).clamp(1, 1 << 12);
    let found = (0..ranges).into_par_iter().map(|range| {
        let (from, to) = (bound(range, ranges), bound(range + 1, ranges));
        let mut merged: Vec<(RecordId, usize)> = Vec::with_capacity(2 * count / ranges);
        for (base, ids) in lists {
            let start = from.map_or(0, |from| ids.partition_point(|place| place.id < from));
            let end = to.map_or(ids.len(), |to| ids.partition_point(|place| place.id < to));
            for place in ids.get(start..end).ok_or(Damaged)? {
                let number = blocks.number(base + place.block as usize, place.record)?;
                if !left_out.get(number) {
                    merged.push((place.id, number));
                }
            }
        }
        // Each list is a run already, which this sort makes use of.
        merged.sort();
        merged.dedup();
        let mut any = false;
        for group in merged.chunk_by(|left, right| left.0 == right.0) {
            if group.len() > 1 {
                any = true;
                for (_, number) in group {
                    shared.set(*number);
                }
            }
        }
        Ok::<bool, SummarizeError>(any)
    });
    let any = found.try_reduce(|| false, |one, other| Ok(one || other))?;
    Ok(any.then_some(shared))
}

/// Where a range of ids begins; `None` at both ends.
fn bound(range: usize, ranges: usize) -> Option<RecordId> {
    if range == 0 || range >= ranges {
        return None;
    }
    let start = (range as u128) * (1 << 64) / ranges as u128;
    Some(RecordId::from_bytes(u64::try_from(start).ok()?.to_be_bytes()))
}

/// Of marked records that say the same, marks all but the first; whether there are some.
fn mark_twins(blocks: &Blocks, shared: &Bits, twins: &Bits) -> Result<bool, SummarizeError> {
    let cores = blocks.on_all_cores(<(Vec<_>, Vec<u8>)>::default, |(found, bytes), number| {
        if !shared.any(blocks.starts[number]..blocks.starts[number + 1]) {
            return Ok(());
        }
        let block = &blocks.blocks[number];
        blocks.read(number, |number, unpacker| {
            if shared.get(number) {
                let record = unpacker.record();
                write(block, record, bytes);
                found.push((record.id, store::check(bytes), number));
            }
        })
    })?;
    let mut found: Vec<(RecordId, u64, usize)> = Vec::new();
    for (own, _) in cores {
        found.extend(own);
    }
    found.par_sort_unstable();
    let mut any = false;
    for group in found.chunk_by(|left, right| (left.0, left.1) == (right.0, right.1)) {
        for (.., number) in &group[1..] {
            twins.set(*number);
            any = true;
        }
    }
    Ok(any)
}

/// Writes all that a record and its place say, whatever its names are numbered.
fn write(block: &Block, record: &UsageRecord, bytes: &mut Vec<u8>) {
    let UsageRecord { id, was, at, at_quality, usage, attribution, extra } = record;
    bytes.clear();
    text(&block.machine, bytes);
    text(&block.provider, bytes);
    bytes.extend(id.bytes());
    write_varint(was.len() as u64, bytes);
    for id in was {
        bytes.extend(id.bytes());
    }
    time(Some(*at), bytes);
    bytes.push(*at_quality as u8);
    write_usage(usage, bytes);
    write_attribution(attribution, bytes);
    let extra = extra.as_ref().map(|extra| serde_json::to_vec(extra).unwrap_or_default());
    write_bytes(&extra.unwrap_or_default(), bytes);
}

fn write_usage(usage: &Usage, bytes: &mut Vec<u8>) {
    #[rustfmt::skip]
    let Usage {
        model, requested_model, input_tokens, cache_read_tokens, cache_creation_tokens,
        cache_creation_1h_tokens, output_tokens, reasoning_tokens, image_tokens, audio_tokens,
        total_tokens, web_searches, tier, region, requests, cost, currency, billing, quality, via, end,
        ttft_ms, duration_ms, rank, revision, kind,
    } = usage;
    text(model, bytes);
    for name in [requested_model, tier, region, cost, currency] {
        name_or_none(name.as_ref(), bytes);
    }
    let counts = [
        input_tokens,
        cache_read_tokens,
        cache_creation_tokens,
        cache_creation_1h_tokens,
        output_tokens,
        reasoning_tokens,
        image_tokens,
        audio_tokens,
        total_tokens,
    ];
    // No count is the greatest number, so that the number behind it is none.
    for count in counts {
        write_varint(count.map_or(0, |count| count.get() + 1), bytes);
    }
    for count in [*web_searches, *requests, *ttft_ms, *duration_ms, Some(*revision)] {
        write_varint(count.map_or(0, |count| u64::from(count) + 1), bytes);
    }
    bytes.push(billing.map_or(0, |billing| billing as u8 + 1));
    bytes.extend([*quality as u8, *via as u8, *end as u8, *rank as u8, *kind as u8]);
}

fn write_attribution(part: &Attribution, bytes: &mut Vec<u8>) {
    let Attribution { seen, session, parent, project, agent, client, account, key, vendor } = part;
    time(*seen, bytes);
    for hash in [session, parent, account] {
        bytes.extend(hash.map_or(0, HashId::bits).to_le_bytes());
    }
    for name in [project, agent, client, key, vendor] {
        name_or_none(name.as_ref(), bytes);
    }
}

fn text(text: &Text, bytes: &mut Vec<u8>) {
    write_bytes(text.as_bytes(), bytes);
}

fn name_or_none(name: Option<&Text>, bytes: &mut Vec<u8>) {
    bytes.push(u8::from(name.is_some()));
    if let Some(name) = name {
        text(name, bytes);
    }
}

fn time(time: Option<UtcSeconds>, bytes: &mut Vec<u8>) {
    write_signed(time.map_or(-1, UtcSeconds::seconds), bytes);
}
