//! Counters: a tool that keeps a growing total per session. Each reading counts its difference to the
//! one before, on its own day, whichever machine took it.

use std::collections::BTreeMap;

use super::Witness;
use crate::{HashId, Kind, Text, Tokens, Usage};

/// Turns readings into what was used since the reading before.
pub(super) fn differences(facts: Vec<Witness>) -> Vec<Witness> {
    if !facts.iter().any(|fact| fact.record.usage.kind == Kind::Reading) {
        return facts;
    }
    let (readings, mut facts): (Vec<Witness>, Vec<Witness>) =
        facts.into_iter().partition(|fact| fact.record.usage.kind == Kind::Reading);
    let mut sessions: BTreeMap<(Text, Option<HashId>, Text), Vec<Witness>> = BTreeMap::new();
    for reading in readings {
        let record = &reading.record;
        let key =
            (reading.provider.clone(), record.attribution.session, record.usage.model.clone());
        sessions.entry(key).or_default().push(reading);
    }
    for mut readings in sessions.into_values() {
        readings.sort_by_key(|reading| {
            (reading.record.at, reading.record.usage.total(), reading.record.id)
        });
        let mut before: Option<Usage> = None;
        for mut reading in readings {
            let now = reading.record.usage.clone();
            let same_epoch = before.as_ref().filter(|before| now.total() >= before.total());
            reading.record.usage = match same_epoch {
                Some(before) => since(&now, before),
                None => Usage { kind: Kind::Response, ..now.clone() },
            };
            before = Some(now);
            if reading.record.usage.total() > 0 {
                facts.push(reading);
            }
        }
    }
    facts
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
        // The tool's own cost is a running sum as well, and not ours to take apart.
        cost: None,
        currency: None,
        kind: Kind::Response,
        ..now.clone()
    }
}
