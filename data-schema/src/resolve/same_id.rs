//! Rule 1: the same id across providers and machines is one record.

use std::cmp::Reverse;

use super::sighting::{Sighting, Sightings};
use super::{Context, Witness};
use crate::{Attribution, End, Kind, Quality, Rank, RecordId, Usage, UtcSeconds, Via, join};

/// Merges witnesses of the same id. Ids that stand once are not touched: in a store of one machine
/// these are nearly all. Notes what the proxy and others both saw.
pub(super) fn merge(
    witnesses: Vec<Witness>,
    context: &Context<'_>,
    seen: &mut Sightings,
) -> Vec<Witness> {
    let mut order: Vec<(RecordId, usize)> = Vec::with_capacity(witnesses.len());
    order.extend(witnesses.iter().enumerate().map(|(index, witness)| (witness.record.id, index)));
    order.sort_unstable();
    if order.windows(2).all(|pair| pair[0].0 != pair[1].0) {
        return witnesses;
    }
    let mut waiting: Vec<Option<Witness>> = witnesses.into_iter().map(Some).collect();
    let groups = order.chunk_by(|left, right| left.0 == right.0);
    groups
        .filter_map(|group| {
            let group = group.iter().filter_map(|(_, index)| waiting[*index].take());
            merge_kinds(group.collect(), context, seen)
        })
        .collect()
}

/// Merges a group. A counter's reading and what is none never have the same id in truth; where they do, it is not known
/// which session the reading is of.
fn merge_kinds(
    group: Vec<Witness>,
    context: &Context<'_>,
    seen: &mut Sightings,
) -> Option<Witness> {
    let is_reading = |witness: &Witness| witness.record.usage.kind.is_reading();
    let is_mixed = group.iter().any(is_reading) && !group.iter().all(is_reading);
    let mut merged = merge_group(group, context, seen)?;
    if is_mixed {
        merged.record.attribution.session = None;
    }
    Some(merged)
}

fn merge_group(
    mut group: Vec<Witness>,
    context: &Context<'_>,
    seen: &mut Sightings,
) -> Option<Witness> {
    if group.len() == 1 {
        return group.pop();
    }
    let mut take = |via: Via| {
        let (these, rest) = group.drain(..).partition(|witness| witness.record.usage.via == via);
        group = rest;
        joined(these, context)
    };
    let [wire, log, event] = [Via::Wire, Via::Log, Via::Api].map(&mut take);
    let other = match (event, log) {
        (Some(event), Some(log)) => Some(with_event(event, log)),
        (one, other) => one.or(other),
    };
    match (wire, other) {
        (Some(wire), Some(other)) => Some(pair(wire, other, seen)),
        (one, other) => one.or(other),
    }
}

/// A response that a log has and the vendor told: an exact log counts, else the vendor's word.
fn with_event(event: Witness, mut log: Witness) -> Witness {
    log.record.at = log.record.at.min(event.record.at);
    let is_void = log.record.usage.kind == Kind::Void;
    if !is_void && log.record.usage.quality != Quality::Exact {
        take_counts(&mut log, event.record.usage);
    }
    name_payer(&mut log, event.record.attribution);
    log
}

/// The counts of another witness; what the tool itself said about the cost stays, and so does the kind
/// of witness that the place comes from.
fn take_counts(place: &mut Witness, counts: Usage) {
    let told = std::mem::replace(&mut place.record.usage, counts);
    let usage = &mut place.record.usage;
    usage.via = told.via;
    usage.cost = usage.cost.take().or(told.cost);
    usage.currency = usage.currency.take().or(told.currency);
    usage.billing = usage.billing.or(told.billing);
    usage.tier = usage.tier.take().or(told.tier);
    usage.region = usage.region.take().or(told.region);
    // Parts of a count are the same parts only of the same count.
    if usage.cache_creation_tokens == told.cache_creation_tokens {
        usage.cache_creation_1h_tokens =
            usage.cache_creation_1h_tokens.or(told.cache_creation_1h_tokens);
    }
    if usage.output_tokens == told.output_tokens {
        usage.reasoning_tokens = usage.reasoning_tokens.or(told.reasoning_tokens);
    }
    if &*usage.model == "unknown" {
        usage.model = told.model;
    }
}

/// Who pays, where only the other witness knows it.
fn name_payer(place: &mut Witness, other: Attribution) {
    let known = &mut place.record.attribution;
    known.key = known.key.take().or(other.key);
    known.account = known.account.or(other.account);
    known.vendor = known.vendor.take().or(other.vendor);
}

/// Joins witnesses of one kind; the place is that of the best claim.
fn joined(group: Vec<Witness>, context: &Context<'_>) -> Option<Witness> {
    let place = group.iter().min_by_key(|witness| claim(witness, context))?;
    let (machine, provider) = (place.machine.clone(), place.provider.clone());
    let record = group.into_iter().map(|witness| *witness.record).reduce(join)?;
    Some(Witness { machine, provider, record: Box::new(record) })
}

/// Who a response belongs to: its own line before copies, the log before an event of the vendor, then
/// who saw it first, then who collected first.
fn claim<'w>(
    witness: &'w Witness,
    context: &Context<'_>,
) -> (Reverse<Rank>, Via, UtcSeconds, UtcSeconds, &'w str, &'w str) {
    let first = context.first_collected.get(&witness.machine);
    let record = &witness.record;
    (
        Reverse(record.usage.rank),
        record.usage.via,
        record.seen(),
        first.copied().unwrap_or_else(|| UtcSeconds::default().plus(i64::MAX)),
        &witness.machine,
        &witness.provider,
    )
}

/// One response that the proxy saw and a tool or vendor told: the counts of the better witness, the
/// place and names of the tool's own.
pub(super) fn pair(wire: Witness, mut other: Witness, seen: &mut Sightings) -> Witness {
    seen.insert(other.record.id, Sighting::of_both(&wire, &other));
    other.record.at = other.record.at.min(wire.record.at);
    if other.record.usage.kind == Kind::Void {
        return other;
    }
    if is_better(&wire.record.usage, &other.record.usage) {
        take_counts(&mut other, wire.record.usage);
    } else {
        let usage = &mut other.record.usage;
        usage.ttft_ms = wire.record.usage.ttft_ms;
        usage.duration_ms = wire.record.usage.duration_ms;
    }
    name_payer(&mut other, wire.record.attribution);
    other
}

/// Whether what the proxy saw counts: the whole of an answer before an exact log, and that before an answer that broke
/// off or that the meter could not read to its end. Of two that are both incomplete, the greater.
fn is_better(wire: &Usage, other: &Usage) -> bool {
    let is_whole = wire.end == End::Complete && wire.kind == Kind::Response;
    match other.quality {
        _ if is_whole && wire.quality == Quality::Exact => true,
        Quality::Exact => false,
        Quality::Partial => wire.total() > other.total(),
        Quality::Estimated => wire.quality < Quality::Estimated || wire.total() > other.total(),
    }
}
