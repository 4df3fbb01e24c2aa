//! Rules 2 and 3: what the proxy saw and what a tool's log says, without a shared id.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;

use super::same_id::pair;
use super::{Context, Gap, Witness};
use crate::{HashId, Quality, Text, UtcSeconds, Via};

/// A log line may be this much older than the request. Seconds.
const BEFORE: i64 = 5;
/// And this much younger than the end of the response. Seconds.
const AFTER: i64 = 120;

/// Pairs wire and log records, and lets one side count where pairs are missing.
pub(super) fn reconcile(facts: Vec<Witness>, context: &Context<'_>) -> (Vec<Witness>, Vec<Gap>) {
    if !facts.iter().any(|fact| fact.record.usage.via == Via::Wire) {
        return (facts, Vec::new());
    }
    // A wire record that was merged with a log by its id stands in the tool's own folder already.
    let (wire, logs): (Vec<Witness>, Vec<Witness>) = facts.into_iter().partition(is_unpaired_wire);
    let (mut paired, wire, logs) = pair_by_time(wire, logs);
    let (left, gaps) = count_one_side(wire, logs, context);
    paired.extend(left);
    (paired, gaps)
}

fn is_unpaired_wire(fact: &Witness) -> bool {
    fact.record.usage.via == Via::Wire && fact.record.attribution.session.is_none()
}

/// The tool that a client's name begins with: `codex/0.145.0` is `codex`.
fn tool(fact: &Witness) -> Text {
    let client = fact.record.attribution.client.as_deref();
    let name = client.and_then(|client| client.split('/').next()).filter(|name| !name.is_empty());
    name.map_or_else(|| fact.provider.clone(), Text::from)
}

fn end(wire: &Witness) -> UtcSeconds {
    let seconds = wire.record.usage.duration_ms.map_or(0, |duration| i64::from(duration / 1000));
    wire.record.at.plus(seconds)
}

/// One to one, nearest first: same tool and model, equal prompt and output, a time that fits.
fn pair_by_time(
    wire: Vec<Witness>,
    logs: Vec<Witness>,
) -> (Vec<Witness>, Vec<Witness>, Vec<Witness>) {
    type Shape = (Text, Text, u64, u64);
    let shape = |fact: &Witness| -> Shape {
        let usage = &fact.record.usage;
        let output = usage.output_tokens.map_or(0, crate::Tokens::get);
        (tool(fact), usage.model.clone(), usage.context(), output)
    };
    let mut by_shape: BTreeMap<Shape, Vec<usize>> = BTreeMap::new();
    for (index, log) in logs.iter().enumerate() {
        by_shape.entry(shape(log)).or_default().push(index);
    }
    let mut candidates = Vec::new();
    for (wire_index, seen) in wire.iter().enumerate() {
        let (from, to) = (seen.record.at.plus(-BEFORE), end(seen).plus(AFTER));
        for log_index in by_shape.get(&shape(seen)).into_iter().flatten() {
            let log = &logs[*log_index];
            if (from..=to).contains(&log.record.at) {
                let distance = (log.record.at.seconds() - end(seen).seconds()).abs();
                let key = (distance, seen.record.id, log.record.id);
                candidates.push((key, wire_index, *log_index));
            }
        }
    }
    candidates.sort_unstable();
    let (mut wire, mut logs): (Vec<_>, Vec<_>) =
        (wire.into_iter().map(Some).collect(), logs.into_iter().map(Some).collect());
    let mut paired = Vec::new();
    for (_, wire_index, log_index) in candidates {
        if wire[wire_index].is_some()
            && let Some(log) = logs[log_index].take()
            && let Some(seen) = wire[wire_index].take()
        {
            paired.push(pair(seen, log));
        }
    }
    let rest = |facts: Vec<Option<Witness>>| facts.into_iter().flatten().collect();
    (paired, rest(wire), rest(logs))
}

/// What a group of left-over records is about.
type Group = (Text, Option<HashId>, Text, NaiveDate, Text);

/// Of every (tool, session or machine and day, model) that has unpaired records on both sides, the
/// better side counts.
fn count_one_side(
    wire: Vec<Witness>,
    logs: Vec<Witness>,
    context: &Context<'_>,
) -> (Vec<Witness>, Vec<Gap>) {
    let group = |fact: &Witness| -> Group {
        let day = (context.day_of)(fact.record.at);
        (tool(fact), None, fact.machine.clone(), day, fact.record.usage.model.clone())
    };
    let mut groups: BTreeMap<Group, (Vec<Witness>, Vec<Witness>)> = BTreeMap::new();
    let seen: HashSet<Group> = wire.iter().map(group).collect();
    let mut facts = Vec::new();
    for fact in wire {
        groups.entry(group(&fact)).or_default().0.push(fact);
    }
    for fact in logs {
        let key = group(&fact);
        if seen.contains(&key) {
            groups.entry(key).or_default().1.push(fact);
        } else {
            facts.push(fact);
        }
    }
    let mut gaps = Vec::new();
    for ((tool, _, _, date, model), (mut wire, mut logs)) in groups {
        for fact in &mut wire {
            fact.provider = tool.clone();
        }
        if logs.is_empty() {
            facts.extend(wire);
            continue;
        }
        let (log_tokens, wire_tokens) = (total(&logs), total(&wire));
        gaps.push(Gap { provider: tool, model, date, log_tokens, wire_tokens });
        let log_counts = (worst(&logs), std::cmp::Reverse(log_tokens))
            <= (worst(&wire), std::cmp::Reverse(wire_tokens));
        let side = if log_counts { &mut logs } else { &mut wire };
        for fact in side.iter_mut() {
            fact.record.usage.quality = fact.record.usage.quality.max(Quality::Partial);
        }
        facts.append(side);
    }
    (facts, gaps)
}

fn total(facts: &[Witness]) -> u64 {
    facts.iter().map(|fact| fact.record.usage.total()).sum()
}

/// Quality of the weakest record; a response that broke off is no exact one.
fn worst(facts: &[Witness]) -> Quality {
    let quality = |fact: &Witness| {
        let complete = fact.record.usage.end == crate::End::Complete;
        if complete {
            fact.record.usage.quality
        } else {
            fact.record.usage.quality.max(Quality::Partial)
        }
    };
    facts.iter().map(quality).max().unwrap_or_default()
}
