//! Rules 2 and 3: what the proxy saw and what a tool's log says, without a shared id.

use super::sighting::Sightings;
use super::{Context, Gap, Witness, left, pairs};
use crate::{Text, UtcSeconds, Via, sources};

/// Clocks of a proxy and of the machine of a log may differ by this, where nothing else speaks against a pair. Seconds.
pub(super) const SKEW: i64 = 600;
/// A record that the proxy saw can change what others count up to this long before its beginning and behind its end:
/// clocks that are set to the wrong zone. Seconds.
pub const REACH: i64 = 12 * 3600;

/// Pairs wire and log records, and lets one side count where pairs are missing.
pub(super) fn reconcile(
    facts: Vec<Witness>,
    seen: &mut Sightings,
    context: &Context<'_>,
) -> (Vec<Witness>, Vec<Gap>) {
    // What was merged with a log by its id is of the log's kind already.
    let is_wire = |fact: &Witness| fact.record.usage.via == Via::Wire;
    if !facts.iter().any(is_wire) {
        return (facts, Vec::new());
    }
    let (wire, others): (Vec<Witness>, Vec<Witness>) = facts.into_iter().partition(is_wire);
    let (others, wire) = pairs::pair_all(wire, others, seen);
    left::settle(wire, others, seen, context)
}

/// The tool that a request names, by the id of its source; `None` if it may be any program.
pub(super) fn tool_of_wire(fact: &Witness) -> Option<Text> {
    let client = fact.record.attribution.client.as_deref()?;
    sources::of_client(client).map(Text::from)
}

/// The tool that wrote a log: as its client names it, else the source whose folder holds it.
pub(super) fn tool_of_log(fact: &Witness) -> Text {
    let client = fact.record.attribution.client.as_deref().unwrap_or_default();
    if let Some(tool) = sources::of_client(client) {
        return Text::from(tool);
    }
    let name = client.split('/').next().filter(|name| !name.is_empty());
    name.map_or_else(|| fact.provider.clone(), Text::from)
}

/// When a response was over.
pub(super) fn end(fact: &Witness) -> UtcSeconds {
    let milliseconds = fact.record.usage.duration_ms.unwrap_or(0);
    fact.record.at.plus(i64::from(milliseconds / 1000))
}
