//! Rule 3: requests that the proxy saw and that no line of a log was paired with.
//!
//! They stand against the unpaired records of the same tool, model and place: the session where both know it, else the
//! machine and the day of the report zone. Where nothing stands there, the log is complete as far as it goes, and the
//! requests are additions: title, router and memory calls, and answers that broke off. Where something does, both may
//! mean the same responses, and one side counts, never the sum: the better, then the greater.
//!
//! What stands against requests is chosen so that neither a switch in mid-session nor a tool beside the proxy takes
//! anything away:
//!
//! - A day's end parts nothing: a record within [`SKEW`] of midnight may stand against the day beside it.
//! - Where pairs show that log and wire can be told together, only records between the first and the last request there
//!   (and [`SKEW`] around) stand against requests: before, the proxy was not in use. The same holds for estimates. A
//!   counter's reading always stands against them, because it is of a stretch of time, not of its own time.
//! - Records of another machine, and requests of programs that name no tool, stand only against estimates, partial
//!   counts and readings: exact ones would have been paired.
//! - Where a tool's requests name sessions that its log knows, a request of another session is no record's of these.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::model::Models;
use super::sighting::{Sighting, Sightings};
use super::wire::{SKEW, end, tool_of_log, tool_of_wire};
use super::{Context, Gap, Witness};
use crate::{End, HashId, Kind, Quality, Text, UtcSeconds, Via};

/// Where a request stands against records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Session(HashId),
    Machine(Text),
    /// Some machine: not that of the proxy.
    Elsewhere,
}

/// Tool (none where the request names none), place and day.
type Spot = (Option<Text>, Place, NaiveDate);
/// Spot and plain name of the model.
type GroupKey = (Spot, Text);

/// What the records of logs, paired or not, say of where a tool was used.
#[derive(Default)]
struct Known {
    sessions: BTreeSet<(Text, HashId, NaiveDate)>,
    machines: BTreeSet<(Text, Text, NaiveDate)>,
    /// Machines and days with inexact records.
    inexact: BTreeSet<(Text, NaiveDate)>,
    /// Tools whose requests name the sessions that their logs know.
    with_sessions: BTreeSet<Text>,
}

/// The first and the last time that the proxy saw something, and whether it was paired with a log.
#[derive(Clone, Copy, Default)]
struct Span {
    from: Option<UtcSeconds>,
    to: Option<UtcSeconds>,
    has_pair: bool,
}

/// Requests and the records that stand against them.
#[derive(Default)]
struct Group {
    wire: Vec<Witness>,
    logs: Vec<Witness>,
}

struct Settling<'a> {
    context: &'a Context<'a>,
    /// Tools that the requests name.
    tools: BTreeSet<Text>,
    known: Known,
    spans: BTreeMap<Spot, Span>,
    groups: BTreeMap<GroupKey, Group>,
    /// Names that clients asked for, by spot, and the model that was served.
    asked: BTreeMap<GroupKey, Text>,
}

/// Lets every request count that stands against nothing, and one side of everything else.
pub(super) fn settle(
    wire: Vec<Witness>,
    others: Vec<Witness>,
    seen: &mut Sightings,
    context: &Context<'_>,
) -> (Vec<Witness>, Vec<Gap>) {
    let mut settling = Settling {
        context,
        tools: wire.iter().filter_map(tool_of_wire).collect(),
        known: Known::default(),
        spans: BTreeMap::new(),
        groups: BTreeMap::new(),
        asked: BTreeMap::new(),
    };
    if wire.is_empty() {
        return (others, Vec::new());
    }
    settling.learn(&wire, &others, seen);
    let mut facts = settling.place_requests(wire, seen);
    settling.see_pairs(&others, seen);
    for fact in others {
        let is_free = fact.record.usage.via == Via::Log && !seen.contains_key(&fact.record.id);
        let group = if is_free { settling.group_of(&fact) } else { None };
        match group.and_then(|key| settling.groups.get_mut(&key)) {
            Some(group) => group.logs.push(fact),
            None => facts.push(fact),
        }
    }
    let mut gaps = Vec::new();
    for (key, group) in settling.groups {
        facts.extend(one_side(key, group, (seen, &mut gaps)));
    }
    (facts, gaps)
}

impl Settling<'_> {
    fn day(&self, at: UtcSeconds) -> NaiveDate {
        (self.context.day_of)(at)
    }

    /// The day of a time first, then those that a clock may mean.
    fn days(&self, at: UtcSeconds) -> Vec<NaiveDate> {
        let mut days = vec![self.day(at)];
        for other in [self.day(at.plus(-SKEW)), self.day(at.plus(SKEW))] {
            if !days.contains(&other) {
                days.push(other);
            }
        }
        days
    }

    fn learn(&mut self, wire: &[Witness], others: &[Witness], seen: &Sightings) {
        for fact in others.iter().filter(|fact| fact.record.usage.via == Via::Log) {
            let tool = tool_of_log(fact);
            let is_named = self.tools.contains(&tool);
            if is_named && seen.get(&fact.record.id).is_some_and(|one| one.same_session) {
                self.known.with_sessions.insert(tool.clone());
            }
            for day in self.days(fact.record.at) {
                if is_named {
                    let machine = (tool.clone(), fact.machine.clone(), day);
                    self.known.machines.insert(machine);
                    let session = fact.record.attribution.session;
                    let session = session.map(|session| (tool.clone(), session, day));
                    self.known.sessions.extend(session);
                } else if is_inexact(fact) {
                    self.known.inexact.insert((fact.machine.clone(), day));
                }
            }
        }
        for fact in wire {
            let Some(tool) = tool_of_wire(fact) else { continue };
            if self.knows_session(&tool, fact) {
                self.known.with_sessions.insert(tool);
            }
        }
    }

    fn knows_session(&self, tool: &Text, wire: &Witness) -> bool {
        let Some(session) = wire.record.attribution.session else { return false };
        let key = (tool.clone(), session, self.day(wire.record.at));
        self.known.sessions.contains(&key)
    }

    /// Where a request stands against records; `None` if it is of a session that no log knows.
    fn place(&self, tool: Option<&Text>, wire: &Witness) -> Option<Place> {
        let day = self.day(wire.record.at);
        let machine = || wire.machine.clone();
        let Some(tool) = tool else {
            let is_here = self.known.inexact.contains(&(machine(), day));
            return Some(if is_here { Place::Machine(machine()) } else { Place::Elsewhere });
        };
        if let Some(session) = wire.record.attribution.session {
            if self.knows_session(tool, wire) {
                return Some(Place::Session(session));
            }
            if self.known.with_sessions.contains(tool) {
                return None;
            }
        }
        let is_here = self.known.machines.contains(&(tool.clone(), machine(), day));
        Some(if is_here { Place::Machine(machine()) } else { Place::Elsewhere })
    }

    /// Puts every request into a group; returns those that stand against nothing.
    fn place_requests(&mut self, wire: Vec<Witness>, seen: &mut Sightings) -> Vec<Witness> {
        let mut alone = Vec::new();
        for mut fact in wire {
            let tool = tool_of_wire(&fact);
            let place = self.place(tool.as_ref(), &fact);
            if let Some(tool) = &tool {
                fact.provider = tool.clone();
            }
            let Some(place) = place else {
                seen.insert(fact.record.id, Sighting::of_wire(&fact, true));
                alone.push(fact);
                continue;
            };
            let spot: Spot = (tool, place, self.day(fact.record.at));
            let models = Models::of(&fact.record.usage);
            if let Some(asked) = models.asked {
                let served =
                    self.asked.entry((spot.clone(), asked)).or_insert(models.served.clone());
                *served = models.served.clone().min(served.clone());
            }
            self.spans.entry(spot.clone()).or_default().see(&fact, false);
            self.groups.entry((spot, models.served)).or_default().wire.push(fact);
        }
        alone
    }

    /// Notes where and when requests were paired.
    fn see_pairs(&mut self, others: &[Witness], seen: &Sightings) {
        for fact in others.iter().filter(|fact| seen.contains_key(&fact.record.id)) {
            let tool = tool_of_log(fact);
            let session = fact.record.attribution.session.map(Place::Session);
            let places = [Place::Machine(fact.machine.clone()), Place::Elsewhere];
            for place in places.into_iter().chain(session) {
                let spot = (Some(tool.clone()), place, self.day(fact.record.at));
                self.spans.entry(spot).or_default().see(fact, true);
            }
        }
    }

    /// The group of requests that a record stands against.
    fn group_of(&self, log: &Witness) -> Option<GroupKey> {
        let is_inexact = is_inexact(log);
        let tool = tool_of_log(log);
        let is_named = self.tools.contains(&tool);
        let tool = Some(tool);
        let machine = Place::Machine(log.machine.clone());
        let mut places = Vec::new();
        if is_named {
            let session = log.record.attribution.session;
            places.extend(session.map(|session| (tool.clone(), Place::Session(session))));
            places.push((tool.clone(), machine.clone()));
        }
        if is_named && is_inexact {
            places.push((tool, Place::Elsewhere));
        }
        if !is_named && is_inexact {
            places.extend([(None, machine), (None, Place::Elsewhere)]);
        }
        let days = self.days(log.record.at);
        let spots = places.iter().flat_map(|(tool, place)| {
            days.iter().map(move |day| (tool.clone(), place.clone(), *day))
        });
        spots.filter(|spot| self.is_in_sight(spot, log)).find_map(|spot| self.model_at(spot, log))
    }

    /// Whether the proxy was in use when a record was written.
    fn is_in_sight(&self, spot: &Spot, log: &Witness) -> bool {
        let Some(span) = self.spans.get(spot) else { return false };
        let is_timed = log.record.usage.kind == Kind::Response;
        !is_timed || !(span.has_pair || is_inexact(log)) || span.contains(log.record.at)
    }

    /// The group at a spot whose model may be that of a record.
    fn model_at(&self, spot: Spot, log: &Witness) -> Option<GroupKey> {
        let models = Models::of(&log.record.usage);
        for name in models.names() {
            let key = (spot.clone(), name.clone());
            if self.groups.contains_key(&key) {
                return Some(key);
            }
            if let Some(served) = self.asked.get(&key) {
                return Some((spot, served.clone()));
            }
        }
        None
    }
}

impl Span {
    fn see(&mut self, fact: &Witness, is_pair: bool) {
        let (from, to) = (fact.record.at, end(fact));
        self.from = Some(self.from.map_or(from, |known| known.min(from)));
        self.to = self.to.max(Some(to));
        self.has_pair |= is_pair;
    }

    fn contains(&self, at: UtcSeconds) -> bool {
        let from = self.from.is_some_and(|from| from.plus(-SKEW) <= at);
        from && self.to.is_some_and(|to| at <= to.plus(SKEW))
    }
}

/// Whether a record cannot be paired by its counts.
fn is_inexact(fact: &Witness) -> bool {
    fact.record.usage.kind != Kind::Response || fact.record.usage.quality != Quality::Exact
}

/// The side of a group that counts.
fn one_side(
    (spot, model): GroupKey,
    mut group: Group,
    (seen, gaps): (&mut Sightings, &mut Vec<Gap>),
) -> Vec<Witness> {
    let is_alone = group.logs.is_empty();
    let of_logs: BTreeSet<&Text> = group.logs.iter().map(|log| &log.provider).collect();
    // Requests that name no tool are those of the only one that they stand against.
    let only =
        if of_logs.len() == 1 { of_logs.first().map(|tool| Text::clone(tool)) } else { None };
    for fact in &mut group.wire {
        if let (Some(tool), false) = (&only, is_alone) {
            fact.provider = tool.clone();
        }
        seen.insert(fact.record.id, Sighting::of_wire(fact, is_alone));
    }
    if is_alone {
        return group.wire;
    }
    let (log_tokens, wire_tokens) = (total(&group.logs), total(&group.wire));
    let claim = |side: &[Witness], tokens| (typical(side), std::cmp::Reverse(tokens));
    let log_counts = claim(&group.logs, log_tokens) <= claim(&group.wire, wire_tokens);
    let wire_requests = group.wire.iter().map(|fact| fact.record.usage.request_count()).sum();
    let provider = only.or(spot.0).unwrap_or_else(|| group.wire[0].provider.clone());
    gaps.push(Gap {
        provider,
        model,
        date: spot.2,
        log_tokens,
        wire_tokens,
        wire_requests,
        log_counts,
    });
    let mut side = if log_counts { group.logs } else { group.wire };
    if log_tokens != wire_tokens {
        for fact in &mut side {
            fact.record.usage.quality = fact.record.usage.quality.max(Quality::Partial);
        }
    }
    side
}

fn total(facts: &[Witness]) -> u64 {
    facts.iter().fold(0, |sum, fact| sum.saturating_add(fact.record.usage.total()))
}

/// The quality of most tokens: the best that at least half of them have. A response that broke off is no exact one. One
/// weak record among many takes nothing from a side.
fn typical(facts: &[Witness]) -> Quality {
    let quality = |fact: &Witness| match fact.record.usage.end {
        End::Complete => fact.record.usage.quality,
        _ => fact.record.usage.quality.max(Quality::Partial),
    };
    let half = total(facts).div_ceil(2);
    let tokens_of = |least: Quality| {
        let good = facts.iter().filter(|fact| quality(fact) <= least);
        good.fold(0_u64, |sum, fact| sum.saturating_add(fact.record.usage.total()))
    };
    let qualities = [Quality::Exact, Quality::Partial, Quality::Estimated];
    qualities.into_iter().find(|least| tokens_of(*least) >= half).unwrap_or_default()
}
