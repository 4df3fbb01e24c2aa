//! Trae: `logs/<start>/Modular/ai-agent_*_stdout.log` in its data folder, a text log of the agent.
//!
//! Facts (Token Matters 1.x, <https://github.com/newbdez33/token-matters>, `collector/src/providers/trae-pro`, which was
//! written beside a running Trae in February 2026; <https://github.com/zhujunzhujunzhu/ai-token-report>, its notes on
//! Trae with the sums of 211 real lines of December 2025; <https://github.com/vista-zhangg/WorkMeow>,
//! `backend/trae-metering.js`, June 2026; all read 2026-11-21):
//!
//! - A line begins with its time, with an offset from UTC, and its level.
//! - `token usage: TokenUsageEvent { … }` tells what one call really used, once. The prompt contains both caches, the
//!   completion the reasoning, and the total is their sum. `prompt_tokens_total` grows and is not looked at. `name` is
//!   mostly empty: the model is not known then. Versions that run the agent on this machine write such a line for every
//!   call; those that run it at the vendor only for side work, such as titles.
//! - `TimingCost: TimingCostOriginEvent { data: "…" }` tells of one call of a model how long it took, and how long until
//!   the first word.
//! - `[aha_net] send: … url=…, body_len=…` tells how much was sent: with `create_agent_task` the user's turn, with
//!   `commit_toolcall_result` a tool's answer. The call that it leads to tells its times after that.
//! - `[AhaNetHTTPClient/Stream] …create_agent_task, Status: 200` tells that a task began.
//! - Trae deletes logs after about five days, some at its next start.
//!
//! What no line tells is estimated, and every such record says so:
//!
//! - output = (time − time until the first word) × 100 tokens a second;
//! - input = bytes sent since the call before × 0.5 (the rest is JSON around the text) / 4 bytes a token;
//! - a call that took longer than 60 seconds waited for something. It counts like the 95th percentile of the calls in
//!   the same log that did not; if there is none, like 60 seconds.
//!
//! A call whose message has real counts is not estimated, and no call of a log that has real counts of more than side
//! work without saying of which message. The keys `providers.trae-pro.estimation` of 1.x are known and not used: the
//! numbers above are part of what a record means.
//!
//! The databases beside the logs are enciphered, or hold the state of windows.

use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;

use data_schema::{Quality, Tokens};

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Shape, Sink};
use crate::lines::{Line, Lines, Markers};
use crate::source::{Evidence, Folder, Info, Keeps, Role};

use event::{Call, Event, Usage};

mod event;

static INFO: Info = Info {
    id: "trae-pro",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Estimated,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/newbdez33/token-matters, collector/src/providers/trae-pro (2026-11-21)",
            "https://github.com/zhujunzhujunzhu/ai-token-report, notes on Trae (2026-11-21)",
            "https://github.com/vista-zhangg/WorkMeow, backend/trae-metering.js (2026-11-21)",
        ],
    },
    lacks: "most calls tell no tokens: output is taken to come at 100 tokens a second, input to be half of the bytes sent at 4 bytes a token",
    keeps: Keeps::Prunes,
    directory_key: "traeDir",
    variables: &[],
    below: &["logs"],
    folders: &[
        Folder::all("{user-data}/Trae/logs"),
        Folder::all("{user-data}/Trae CN/logs"),
        Folder::all("{user-data}/TraeCN/logs"),
    ],
    not_entered: &[],
};

static MARKERS: LazyLock<Markers> = LazyLock::new(|| {
    Markers::any(&["TokenUsageEvent", "TimingCostOriginEvent", "body_len=", "create_agent_task,"])
});

/// Tokens a second that a model writes.
const RATE: f64 = 100.0;
/// Bytes that are sent for one token: 4, and as many around the text.
const BYTES_A_TOKEN: u64 = 8;
/// Milliseconds after which a call has waited for something.
const LONGEST: f64 = 60_000.0;

/// The adapter.
#[derive(Debug)]
pub(super) struct Trae;

/// What a log tells.
#[derive(Default)]
struct Told {
    /// Calls, each with the bytes that were sent for it.
    calls: Vec<(u64, Call, u64)>,
    /// Real counts, with their line.
    usages: Vec<(u64, Usage)>,
    tasks: usize,
}

impl Adapter for Trae {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("ai-agent_") && name.ends_with("_stdout.log")
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let mut told = Told::default();
        let mut sent: u64 = 0;
        let file = log.reading.open(log.path)?;
        let read = Lines::new(file).for_each(&MARKERS, |number, line| {
            // What is longer is no line of this kind.
            let Line::Whole(bytes) = line else { return };
            match Event::parse(&String::from_utf8_lossy(bytes)) {
                Some(Event::Sent(bytes)) => sent = sent.saturating_add(bytes),
                Some(Event::Call(call)) => {
                    told.calls.push((number, call, std::mem::take(&mut sent)));
                }
                Some(Event::Usage(usage)) => told.usages.push((number, usage)),
                Some(Event::Task) => told.tasks += 1,
                Some(Event::Damaged(what)) => {
                    sink.at_line(number);
                    sink.skip(what);
                }
                None => {}
            }
        });
        tell(log, sink, &told);
        Ok(read?)
    }
}

fn tell(log: &Log<'_>, sink: &mut Sink<'_>, told: &Told) {
    for (line, usage) in &told.usages {
        sink.at_line(*line);
        real(log, sink, usage);
    }
    let known: HashSet<&str> =
        told.usages.iter().filter_map(|(_, usage)| usage.message.as_deref()).collect();
    let is_local =
        |usage: &Usage| !usage.is_side && usage.message.is_none() && usage.prompt.is_some();
    if told.usages.iter().any(|(_, usage)| is_local(usage)) {
        return;
    }
    let usual = usual(&told.calls);
    for (line, call, sent) in &told.calls {
        if !known.contains(call.message.as_str()) {
            sink.at_line(*line);
            estimated(log, sink, call, *sent, usual);
        }
    }
    if told.tasks > 0 && told.calls.is_empty() && told.usages.is_empty() {
        sink.silent();
    }
}

/// Milliseconds of the 95th percentile of the calls that did not wait.
fn usual(calls: &[(u64, Call, u64)]) -> f64 {
    let mut times: Vec<f64> =
        calls.iter().map(|(_, call, _)| call.generation).filter(|time| *time <= LONGEST).collect();
    times.sort_by(f64::total_cmp);
    let place = (times.len() * 95 / 100).min(times.len().saturating_sub(1));
    times.get(place).copied().unwrap_or(LONGEST)
}

fn real(log: &Log<'_>, sink: &mut Sink<'_>, usage: &Usage) {
    let counts = Counts {
        input: usage.prompt,
        cache_read: usage.cache_read,
        cache_creation: usage.cache_creation,
        output: usage.completion,
        reasoning: usage.reasoning,
        ..Counts::default()
    };
    let usual = Shape { prompt_has_cache: true, output_has_reasoning: true };
    let session = usage.session.as_deref();
    sink.push(&Draft {
        own: &[session.unwrap_or_default(), &usage.stamp, &counts.written()],
        at: data_schema::parse_log_time(&usage.stamp),
        model: Some(&usage.name),
        counts: counts.fitting(usage.total, usual).0,
        quality: Some(Quality::Partial),
        session: session.or(Some(log.folder(2))),
        ..Draft::default()
    });
}

fn estimated(log: &Log<'_>, sink: &mut Sink<'_>, call: &Call, sent: u64, usual: f64) {
    let time = if call.generation > LONGEST { usual } else { call.generation };
    let counts = Counts {
        input: Some(Tokens::saturating(sent.div_ceil(BYTES_A_TOKEN))).filter(|_| sent > 0),
        output: crate::loose::LooseCount::from_number((time / 1000.0 * RATE).round())
            .keep("output", &mut |_| {}),
        ..Counts::default()
    };
    let took = call.generation.to_string();
    sink.push(&Draft {
        own: &[&call.session, &call.message, &call.stamp, &took],
        at: data_schema::parse_log_time(&call.stamp),
        model: call.model.as_deref(),
        requested_model: call.requested.as_deref(),
        counts,
        quality: Some(Quality::Estimated),
        session: Some(&call.session)
            .filter(|id| !id.is_empty())
            .map(String::as_str)
            .or(Some(log.folder(2))),
        ..Draft::default()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(generation: f64) -> (u64, Call, u64) {
        (1, Call { generation, ..Call::default() }, 0)
    }

    #[test]
    fn calls_that_waited_are_left_out_before_the_percentile_is_taken() {
        let calls: Vec<_> = (1..=20).map(|second| call(f64::from(second) * 1000.0)).collect();
        assert!((usual(&calls) - 20_000.0).abs() < f64::EPSILON);
        let waited: Vec<_> = calls.into_iter().chain([call(300_000.0), call(900_000.0)]).collect();
        assert!((usual(&waited) - 20_000.0).abs() < f64::EPSILON);
        assert!((usual(&[call(300_000.0)]) - LONGEST).abs() < f64::EPSILON);
    }
}
