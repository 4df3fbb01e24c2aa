//! Counters: a tool that keeps a growing total per session. Each reading counts its difference to the
//! one before, on its own day, whichever machine took it.
//!
//! Where the tool also told responses of the session one by one, a reading gives way to them: it counts what
//! the responses between it and the one before leave of its difference. A reading with a duration is no growing total
//! but what its session used in that time, and gives way to the responses in it.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Witness;
use crate::{HashId, Kind, Money, Text, Tokens, Usage, UtcSeconds, Via};

/// A session of a source.
type Session = (Text, Option<HashId>);
/// Responses of each session that has a counter, in the order of time.
type Told = FxHashMap<Session, Vec<(UtcSeconds, Usage)>>;

/// Turns readings into what was used since the reading before. They stay readings: how many responses they stand for
/// is not known, so that no size of context may choose their price.
pub(super) fn differences(facts: Vec<Witness>) -> Vec<Witness> {
    if !facts.iter().any(|fact| fact.record.usage.kind.is_reading()) {
        return facts;
    }
    let (readings, mut facts): (Vec<Witness>, Vec<Witness>) =
        facts.into_iter().partition(|fact| fact.record.usage.kind.is_reading());
    let mut told = Told::default();
    let mut sessions: BTreeMap<(Session, Option<Text>), Vec<Witness>> = BTreeMap::new();
    for reading in readings {
        let record = &reading.record;
        // A session that has one counter goes on counting when the model changes.
        let counter = match record.usage.kind {
            Kind::SessionReading => None,
            _ => Some(record.usage.model.clone()),
        };
        let session = session(&reading);
        if session.1.is_some() {
            told.entry(session.clone()).or_default();
        }
        sessions.entry((session, counter)).or_default().push(reading);
    }
    find_told(&facts, &mut told);
    for ((session, counter), readings) in sessions {
        let told = told.get(&session).map_or(&[][..], Vec::as_slice);
        let is_of_counter =
            |usage: &Usage| counter.as_ref().is_none_or(|model| usage.model == *model);
        let told: Vec<_> = told.iter().filter(|(_, usage)| is_of_counter(usage)).collect();
        facts.extend(counted_once(readings, &told));
    }
    facts
}

/// What the readings of one counter tell beside the responses of its session, which stand in the order of time.
fn counted_once(mut readings: Vec<Witness>, told: &[&(UtcSeconds, Usage)]) -> Vec<Witness> {
    readings.sort_by_key(|reading| {
        (reading.record.at, reading.record.usage.total(), reading.record.id)
    });
    let mut next = told.iter().copied().peekable();
    let mut before: Option<Usage> = None;
    for reading in &mut readings {
        let now = reading.record.usage.clone();
        let at = reading.record.at;
        reading.record.usage = if let Some(duration) = now.duration_ms {
            let end = at.plus(i64::from(duration.div_ceil(1000)));
            let within = told.iter().copied().filter(|(time, _)| (at..=end).contains(time));
            left(Usage { kind: Kind::Response, ..now }, sum(within))
        } else {
            let same_epoch = before.as_ref().filter(|before| now.total() >= before.total());
            let rest = match same_epoch {
                Some(before) => since(&now, before),
                None => now.clone(),
            };
            before = Some(now);
            left(rest, sum(std::iter::from_fn(|| next.next_if(|(time, _)| *time <= at))))
        };
    }
    readings.retain(|reading| reading.record.usage.total() > 0);
    readings
}

fn session(witness: &Witness) -> Session {
    (witness.provider.clone(), witness.record.attribution.session)
}

/// Finds the responses of the sessions that are asked for.
fn find_told(facts: &[Witness], told: &mut Told) {
    if told.is_empty() {
        return;
    }
    for fact in facts.iter().filter(|fact| fact.record.usage.via == Via::Log) {
        if let Some(responses) = told.get_mut(&session(fact)) {
            responses.push((fact.record.at, fact.record.usage.clone()));
        }
    }
    for responses in told.values_mut() {
        responses.sort_by_key(|(at, _)| *at);
    }
}

/// What responses have used together; `None` if there is none.
fn sum<'u>(responses: impl Iterator<Item = &'u (UtcSeconds, Usage)>) -> Option<Usage> {
    responses.fold(None, |sum, (_, usage)| {
        Some(sum.map_or_else(|| counted(usage), |sum| plus(&sum, usage)))
    })
}

/// What is left of a counter's difference when responses have told a part of it.
fn left(difference: Usage, told: Option<Usage>) -> Usage {
    match told {
        None => difference,
        Some(told) if told.total() < difference.total() => since(&difference, &told),
        Some(_) => Usage::default(),
    }
}

/// The usage of one response as a part of a sum.
fn counted(usage: &Usage) -> Usage {
    Usage { requests: Some(usage.requests.unwrap_or(1)), ..usage.clone() }
}

/// A sum with one more response.
fn plus(sum: &Usage, usage: &Usage) -> Usage {
    let both = |one: Option<Tokens>, other: Option<Tokens>| match (one, other) {
        (Some(one), Some(other)) => Some(Tokens::saturating(one.get().saturating_add(other.get()))),
        (one, other) => one.or(other),
    };
    let count = |count: Option<u32>| count.unwrap_or(0);
    Usage {
        input_tokens: both(sum.input_tokens, usage.input_tokens),
        cache_read_tokens: both(sum.cache_read_tokens, usage.cache_read_tokens),
        cache_creation_tokens: both(sum.cache_creation_tokens, usage.cache_creation_tokens),
        cache_creation_1h_tokens: both(
            sum.cache_creation_1h_tokens,
            usage.cache_creation_1h_tokens,
        ),
        output_tokens: both(sum.output_tokens, usage.output_tokens),
        reasoning_tokens: both(sum.reasoning_tokens, usage.reasoning_tokens),
        image_tokens: both(sum.image_tokens, usage.image_tokens),
        audio_tokens: both(sum.audio_tokens, usage.audio_tokens),
        total_tokens: both(sum.total_tokens, usage.total_tokens),
        web_searches: Some(count(sum.web_searches).saturating_add(count(usage.web_searches))),
        requests: Some(count(sum.requests).saturating_add(usage.requests.unwrap_or(1))),
        cost: cost_of_both(sum, usage),
        ..sum.clone()
    }
}

/// What the tool says that both cost; `None` if it does not say so of one of them.
fn cost_of_both(sum: &Usage, usage: &Usage) -> Option<Text> {
    let (one, other) = (amount(sum)?, amount(usage)?);
    (sum.currency == usage.currency).then(|| (one + other).to_string().into())
}

fn amount(usage: &Usage) -> Option<Money> {
    usage.cost.as_ref()?.parse().ok()
}

fn since(now: &Usage, before: &Usage) -> Usage {
    let less = |now: Option<Tokens>, before: Option<Tokens>| {
        now.map(|now| Tokens::saturating(now.get().saturating_sub(before.map_or(0, Tokens::get))))
    };
    let count = |now: Option<u32>, before: Option<u32>| {
        now.map(|now| now.saturating_sub(before.unwrap_or(0)))
    };
    Usage {
        input_tokens: less(now.input_tokens, before.input_tokens),
        cache_read_tokens: less(now.cache_read_tokens, before.cache_read_tokens),
        cache_creation_tokens: less(now.cache_creation_tokens, before.cache_creation_tokens),
        cache_creation_1h_tokens: less(
            now.cache_creation_1h_tokens,
            before.cache_creation_1h_tokens,
        ),
        output_tokens: less(now.output_tokens, before.output_tokens),
        reasoning_tokens: less(now.reasoning_tokens, before.reasoning_tokens),
        image_tokens: less(now.image_tokens, before.image_tokens),
        audio_tokens: less(now.audio_tokens, before.audio_tokens),
        total_tokens: less(now.total_tokens, before.total_tokens),
        web_searches: count(now.web_searches, before.web_searches),
        requests: count(now.requests, before.requests),
        cost: cost_since(now, before),
        currency: now.currency.clone().filter(|_| cost_since(now, before).is_some()),
        ..now.clone()
    }
}

/// What the tool says that it cost since the reading before, where both say so in one currency.
fn cost_since(now: &Usage, before: &Usage) -> Option<Text> {
    let (now_cost, before_cost) = (amount(now)?, amount(before)?);
    let is_comparable = now.currency == before.currency && now_cost >= before_cost;
    is_comparable.then(|| (now_cost - before_cost).to_string().into())
}
