//! What the proxy saw: of every response while it is resolved, and at the end by day and source.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rustc_hash::FxHashMap;

use super::{Context, Gap, Witness};
use crate::{RecordId, Text};

/// What the proxy saw of a source on a day, and what the source's own log tells of the same day.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_structs, reason = "whoever keeps sums builds it anew")]
pub struct WireDay {
    /// Day in the report zone.
    pub date: NaiveDate,
    /// The tool that spoke, by the id of its source; `proxy` where that is not known.
    pub provider: Text,
    /// Requests that went through the proxy.
    pub requests: u64,
    /// Their tokens, as the proxy counted them.
    pub wire_tokens: u64,
    /// Tokens that the tool's own log tells of the day, through the proxy or not.
    pub log_tokens: u64,
    /// Tokens that count on the day.
    pub counted_tokens: u64,
    /// Requests that the proxy saw and that no log tells of.
    pub not_in_log_requests: u64,
    /// Their tokens.
    pub not_in_log_tokens: u64,
}

/// What the proxy and a log said of one response, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sighting {
    requests: u64,
    wire_tokens: u64,
    log_tokens: u64,
    /// Whether no log tells of it.
    is_alone: bool,
    /// Whether both named the same session.
    pub(super) same_session: bool,
}

/// By the id that the response has in the end.
pub(super) type Sightings = FxHashMap<RecordId, Sighting>;

impl Sighting {
    /// A response that both told.
    pub(super) fn of_both(wire: &Witness, other: &Witness) -> Self {
        let session = wire.record.attribution.session;
        Self {
            log_tokens: other.record.usage.total(),
            same_session: session.is_some() && session == other.record.attribution.session,
            ..Self::of_wire(wire, false)
        }
    }

    /// A response that stands under the proxy's record; alone if there is no log that could have told it.
    pub(super) fn of_wire(wire: &Witness, is_alone: bool) -> Self {
        let usage = &wire.record.usage;
        let (requests, wire_tokens) = (usage.request_count(), usage.total());
        Self { requests, wire_tokens, log_tokens: 0, is_alone, same_session: false }
    }
}

/// Adds up by day and source what the proxy saw; days and sources that it saw nothing of are not there.
pub(super) fn days(
    facts: &[Witness],
    gaps: &[Gap],
    seen: &Sightings,
    context: &Context<'_>,
) -> Vec<WireDay> {
    if seen.is_empty() && gaps.is_empty() {
        return Vec::new();
    }
    let mut days: BTreeMap<(NaiveDate, Text), WireDay> = BTreeMap::new();
    let key = |fact: &Witness| ((context.day_of)(fact.record.at), fact.provider.clone());
    for gap in gaps {
        let day = days.entry((gap.date, gap.provider.clone())).or_default();
        if gap.log_counts {
            day.requests += gap.wire_requests;
            day.wire_tokens += gap.wire_tokens;
        } else {
            day.log_tokens += gap.log_tokens;
        }
    }
    for fact in facts {
        let Some(sighting) = seen.get(&fact.record.id) else { continue };
        let day = days.entry(key(fact)).or_default();
        day.requests += sighting.requests;
        day.wire_tokens += sighting.wire_tokens;
        day.log_tokens += sighting.log_tokens;
        if sighting.is_alone {
            day.not_in_log_requests += sighting.requests;
            day.not_in_log_tokens += sighting.wire_tokens;
        }
    }
    for fact in facts {
        if let Some(day) = days.get_mut(&key(fact)) {
            let total = fact.record.usage.total();
            day.counted_tokens += total;
            if !seen.contains_key(&fact.record.id) {
                day.log_tokens += total;
            }
        }
    }
    let named = |((date, provider), day)| WireDay { date, provider, ..day };
    days.into_iter().map(named).collect()
}
