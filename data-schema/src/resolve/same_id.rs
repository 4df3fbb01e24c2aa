//! Rule 1: the same id across providers and machines is one record.

use std::cmp::Reverse;

use super::{Context, Witness};
use crate::{End, Kind, Quality, Rank, RecordId, UtcSeconds, Via, join};

/// Merges witnesses of the same id. Ids that stand once are not touched: in a store of one machine
/// these are nearly all.
pub(super) fn merge(witnesses: Vec<Witness>, context: &Context<'_>) -> Vec<Witness> {
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
            merge_group(group.collect(), context)
        })
        .collect()
}

fn merge_group(mut group: Vec<Witness>, context: &Context<'_>) -> Option<Witness> {
    if group.len() == 1 {
        return group.pop();
    }
    let (wire, others): (Vec<Witness>, Vec<Witness>) =
        group.into_iter().partition(|witness| witness.record.usage.via == Via::Wire);
    match (joined(wire, context), joined(others, context)) {
        (Some(wire), Some(other)) => Some(pair(wire, other)),
        (one, other) => one.or(other),
    }
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
pub(super) fn pair(wire: Witness, mut other: Witness) -> Witness {
    let complete =
        wire.record.usage.end == End::Complete && wire.record.usage.kind == Kind::Response;
    let exact = other.record.usage.quality == Quality::Exact;
    other.record.at = other.record.at.min(wire.record.at);
    if other.record.usage.kind == Kind::Void {
        return other;
    }
    if complete || !exact {
        let session_cost = other.record.usage.cost.take();
        let currency = other.record.usage.currency.take();
        other.record.usage = wire.record.usage;
        other.record.usage.cost = other.record.usage.cost.or(session_cost);
        other.record.usage.currency = other.record.usage.currency.or(currency);
    } else {
        other.record.usage.ttft_ms = wire.record.usage.ttft_ms;
        other.record.usage.duration_ms = wire.record.usage.duration_ms;
    }
    let (attribution, from_wire) = (&mut other.record.attribution, wire.record.attribution);
    attribution.key = attribution.key.take().or(from_wire.key);
    attribution.account = attribution.account.or(from_wire.account);
    attribution.vendor = attribution.vendor.take().or(from_wire.vendor);
    other
}
