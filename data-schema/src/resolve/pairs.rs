//! Rule 2: a request that the proxy saw and a line of a log that speak of one response, without a shared id.
//!
//! The prompt is compared as a whole, because a log may not tell apart what was read from and written to a cache;
//! output with or without reasoning, because some tools tell it beside the output. A model fits by any of its names: as
//! it was asked for or served, with or without the day of its release.
//!
//! A pair is sought in this order, and in each step nearest first:
//!
//! 1. of one session, however far their clocks are from each other (up to [`SKEW`]);
//! 2. in the window of design 3.5: from 5 s before the request until 120 s after the end of the answer;
//! 3. the same where both name a session, and not the same one: a fork, or an agent below another;
//! 4. outside the window, where clocks differ (up to [`SKEW`]), but never of two sessions;
//! 5. of a program that names no tool, or that speaks under the name of another one (up to [`SKEW`]);
//! 6. with a log that tells a bare total only;
//! 7. with an equal prompt, where the answer broke off or one side knows it in part only;
//! 8. with clocks that are set to another zone (up to [`REACH`]).
//!
//! A pair outside the window that no session tells is likely and not sure: it counts once, and is marked partial.

use super::Witness;
use super::matching::matched;
use super::model::Models;
use super::same_id::pair;
use super::sighting::Sightings;
use super::wire::{REACH, SKEW, end, tool_of_log, tool_of_wire};
use crate::sources::may_speak_as;
use crate::{End, HashId, Kind, Quality, RecordId, Text, Tokens, Via};

/// A log line may be this much older than the request. Seconds.
const BEFORE: i64 = 5;
/// And this much younger than the end of the response. Seconds.
const AFTER: i64 = 120;

/// What is compared of a record.
struct Point {
    /// Its place in the list that it comes from.
    place: usize,
    id: RecordId,
    start: i64,
    end: i64,
    tool: Option<Text>,
    models: Models,
    session: Option<HashId>,
    prompt: u64,
    output: u64,
    reasoning: u64,
    total: u64,
    /// Tells a total and nothing finer.
    is_bare: bool,
    /// Told to its end, and exact.
    is_whole: bool,
}

impl Point {
    fn new(place: usize, fact: &Witness, tool: Option<Text>) -> Self {
        let usage = &fact.record.usage;
        let count = |count: Option<Tokens>| count.map_or(0, Tokens::get);
        let parts = [usage.input_tokens, usage.cache_read_tokens, usage.output_tokens];
        Self {
            place,
            id: fact.record.id,
            start: fact.record.at.seconds(),
            end: if usage.via == Via::Wire { end(fact) } else { fact.record.at }.seconds(),
            tool,
            models: Models::of(usage),
            session: fact.record.attribution.session,
            prompt: usage.context(),
            output: count(usage.output_tokens),
            reasoning: count(usage.reasoning_tokens),
            total: usage.total(),
            is_bare: usage.total_tokens.is_some() && parts.iter().all(Option::is_none),
            is_whole: usage.end == End::Complete && usage.quality == Quality::Exact,
        }
    }
}

/// A step of the search.
struct Step {
    /// Points with equal keys are compared.
    key: fn(&Point) -> Option<Key>,
    /// Whether a request and a line speak of one response.
    fits: fn(&Point, &Point) -> bool,
    /// Whether what `fits` says of the time holds.
    in_time: fn(&Point, &Point) -> bool,
}

/// Tool and count.
type Key = (Option<Text>, u64);

const STEPS: [Step; 8] = [
    Step { key: by_prompt, fits: |w, l| is_equal(w, l) && is_one_session(w, l), in_time: in_skew },
    Step {
        key: by_prompt,
        fits: |w, l| is_equal(w, l) && may_be_one_session(w, l),
        in_time: in_window,
    },
    Step { key: by_prompt, fits: is_equal, in_time: in_window },
    Step {
        key: by_prompt,
        fits: |w, l| is_equal(w, l) && may_be_one_session(w, l),
        in_time: in_skew,
    },
    Step {
        key: |point| (point.prompt > 0).then_some((None, point.prompt)),
        fits: |w, l| is_equal(w, l) && may_be_one_session(w, l) && may_be_tool(w, l),
        in_time: in_skew,
    },
    Step {
        key: |point| {
            Some((point.tool.clone()?, point.total)).map(|(tool, total)| (Some(tool), total))
        },
        fits: |w, l| l.is_bare && w.models.fits(&l.models) && may_be_one_session(w, l),
        in_time: in_window,
    },
    Step {
        key: |point| by_prompt(point).filter(|_| point.prompt > 0),
        fits: |w, l| {
            let is_part = !w.is_whole || !l.is_whole;
            is_part && w.models.fits(&l.models) && may_be_one_session(w, l)
        },
        in_time: |w, l| in_window(w, l) || (is_one_session(w, l) && in_skew(w, l)),
    },
    Step {
        key: by_prompt,
        fits: |w, l| is_equal(w, l) && may_be_one_session(w, l),
        in_time: |w, l| (w.start - REACH..=w.end + REACH).contains(&l.start),
    },
];

fn by_prompt(point: &Point) -> Option<Key> {
    Some((Some(point.tool.clone()?), point.prompt))
}

/// Equal counts of a model that may be the same.
fn is_equal(wire: &Point, log: &Point) -> bool {
    let outputs = |point: &Point| [point.output, point.output.saturating_add(point.reasoning)];
    let is_same = wire.output == log.output
        || outputs(log).contains(&wire.output)
        || outputs(wire).contains(&log.output);
    is_same && !log.is_bare && wire.prompt == log.prompt && wire.models.fits(&log.models)
}

fn is_one_session(wire: &Point, log: &Point) -> bool {
    wire.session.is_some() && wire.session == log.session
}

/// Whether nothing says that they are of two sessions.
fn may_be_one_session(wire: &Point, log: &Point) -> bool {
    wire.session.is_none() || log.session.is_none() || wire.session == log.session
}

/// Whether a program that names no tool, or the tool that it names, may be the one that wrote the log.
fn may_be_tool(wire: &Point, log: &Point) -> bool {
    match (&wire.tool, &log.tool) {
        (Some(named), Some(tool)) => may_speak_as(tool, named),
        _ => true,
    }
}

fn in_window(wire: &Point, log: &Point) -> bool {
    (wire.start - BEFORE..=wire.end + AFTER).contains(&log.start)
}

fn in_skew(wire: &Point, log: &Point) -> bool {
    (wire.start - SKEW..=wire.end + SKEW).contains(&log.start)
}

/// Pairs what it can. Returns everything that has a log, paired or not, and the requests that are left.
pub(super) fn pair_all(
    wire: Vec<Witness>,
    others: Vec<Witness>,
    seen: &mut Sightings,
) -> (Vec<Witness>, Vec<Witness>) {
    let point = |(place, fact)| Point::new(place, fact, tool_of_wire(fact));
    let mut requests: Vec<Point> = wire.iter().enumerate().map(point).collect();
    requests.sort_unstable_by_key(|point| (point.end, point.id));
    let may_pair = |fact: &Witness| {
        fact.record.usage.kind == Kind::Response && !seen.contains_key(&fact.record.id)
    };
    let lines = others.iter().enumerate().filter(|(_, fact)| may_pair(fact));
    let mut lines: Vec<Point> =
        lines.map(|(place, fact)| Point::new(place, fact, Some(tool_of_log(fact)))).collect();
    lines.sort_unstable_by_key(|point| (point.start, point.id));

    let mut wire: Vec<Option<Witness>> = wire.into_iter().map(Some).collect();
    let mut others: Vec<Option<Witness>> = others.into_iter().map(Some).collect();
    for step in &STEPS {
        let distance = |one: &Point, other: &Point| {
            let fits = (step.in_time)(one, other) && (step.fits)(one, other);
            fits.then(|| (other.start - one.end).abs())
        };
        let pairs = matched(&requests, &lines, step.key, |point| point.end, distance);
        for (request, line) in &pairs {
            let (request, line) = (&requests[*request], &lines[*line]);
            let is_sure = in_window(request, line) || is_one_session(request, line);
            let (request, line) = (request.place, line.place);
            if let (Some(request), Some(line)) = (wire[request].take(), others[line].take()) {
                let mut fact = pair(request, line, seen);
                if !is_sure {
                    let quality = &mut fact.record.usage.quality;
                    *quality = (*quality).max(Quality::Partial);
                }
                others.push(Some(fact));
            }
        }
        requests.retain(|point| wire[point.place].is_some());
        lines.retain(|point| others[point.place].is_some());
    }
    (others.into_iter().flatten().collect(), wire.into_iter().flatten().collect())
}
