//! One message of `OpenCode`, however it is kept.

use data_schema::{Rank, Tokens, UtcSeconds, parse_log_time};
use serde::Deserialize;

use crate::adapter::{Counts, Draft, Shape, Sink, logs_itself};
use crate::loose::{LooseCount, LooseNumber, LooseText, Maybe};

/// 2026-04-01 in milliseconds since 1970. Messages that tell no total and began before that have the output of old
/// versions.
const NEW_OUTPUT: u64 = 1_775_001_600_000;
/// Milliseconds by which an id is younger than its message if the message is a copy.
const COPIED_AFTER: u64 = 2000;
/// The first twelve digits of an id hold the time of its making, in 1/4096 of a millisecond; higher digits are cut.
const ID_TIMES: u64 = 1 << 36;

/// What counts of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    pub(super) id: LooseText<'static>,
    #[serde(rename = "sessionID")]
    pub(super) session_id: LooseText<'static>,
    pub(super) role: LooseText<'static>,
    #[serde(rename = "modelID")]
    model_id: LooseText<'static>,
    #[serde(rename = "providerID")]
    provider_id: LooseText<'static>,
    /// Version 2.
    model: Maybe<Model>,
    agent: LooseText<'static>,
    path: Maybe<Place>,
    pub(super) time: Maybe<Time>,
    finish: LooseText<'static>,
    cost: LooseNumber,
    tokens: Maybe<Told>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Model {
    id: LooseText<'static>,
    #[serde(rename = "providerID")]
    provider_id: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place {
    cwd: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Time {
    pub(super) created: LooseNumber,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Told {
    total: LooseCount,
    input: LooseCount,
    output: LooseCount,
    reasoning: LooseCount,
    cache: Maybe<Cache>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct Cache {
    read: LooseCount,
    write: LooseCount,
}

/// A part of a message: only those of the kind `step-finish` count.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    #[serde(rename = "type")]
    kind: LooseText<'static>,
    cost: LooseNumber,
    tokens: Maybe<Told>,
}

/// What is known of the session of a message.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    /// The session that it is a part of, or a fork of.
    pub(super) parent: Option<String>,
    /// Whether it is a part: the work of a sub-agent.
    pub(super) is_part: bool,
    pub(super) folder: Option<String>,
    pub(super) version: Option<String>,
}

/// A message and where it stands.
pub(super) struct Placed<'a> {
    pub(super) message: &'a Message,
    pub(super) id: &'a str,
    pub(super) session: &'a str,
    pub(super) about: &'a Session,
}

impl Part {
    /// Whether it tells what a step used.
    pub(super) fn is_step(&self) -> bool {
        self.kind.get() == Some("step-finish") && self.tokens.0.is_some()
    }
}

impl Message {
    /// Whether its steps tell more than it does: it comes from the time of several steps in one message, or was broken
    /// off before its tokens were written.
    pub(super) fn needs_steps(&self) -> bool {
        self.finish.get().is_none() || self.tokens.0.as_ref().is_none_or(Told::is_nothing)
    }

    /// Milliseconds since 1970, as told. Some forks tell seconds.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "times are positive and below 2^53; what is not becomes a number that is one too"
    )]
    fn created(&self) -> Option<u64> {
        self.time.0.as_ref()?.created.0.map(|created| created as u64)
    }

    fn provider(&self) -> Option<&str> {
        let nested = || self.model.0.as_ref()?.provider_id.get();
        self.provider_id.get().or_else(nested)
    }

    fn model(&self) -> Option<&str> {
        let nested = || self.model.0.as_ref()?.id.get();
        self.model_id.get().or_else(nested)
    }
}

impl Told {
    fn is_nothing(&self) -> bool {
        let cache = self.cache.0.unwrap_or_default();
        let all = [self.input, self.output, self.reasoning, cache.read, cache.write];
        let is_something =
            |count: &LooseCount| matches!(count, LooseCount::Told(tokens) if tokens.get() > 0);
        !all.iter().any(is_something)
    }
}

/// Takes a message. `steps` are its parts that tell what a step used, in their order; none: its own numbers count.
pub(super) fn take(sink: &mut Sink<'_>, placed: &Placed<'_>, steps: &[Part]) {
    let message = placed.message;
    if message.provider().is_some_and(logs_itself) {
        return;
    }
    if !steps.is_empty() {
        for (number, step) in steps.iter().enumerate() {
            if let Some(told) = &step.tokens.0 {
                push(sink, placed, &number.to_string(), (told, step.cost.0));
            }
        }
        return;
    }
    match &message.tokens.0 {
        Some(told) => push(sink, placed, "0", (told, message.cost.0)),
        None => sink.silent(),
    }
}

fn push(sink: &mut Sink<'_>, placed: &Placed<'_>, step: &str, (told, cost): (&Told, Option<f64>)) {
    let message = placed.message;
    let cache = told.cache.0.unwrap_or_default();
    let raw = Counts {
        input: sink.count(told.input, "tokens.input"),
        output: sink.count(told.output, "tokens.output"),
        reasoning: sink.count(told.reasoning, "tokens.reasoning"),
        cache_read: sink.count(cache.read, "tokens.cache.read"),
        cache_creation: sink.count(cache.write, "tokens.cache.write"),
        ..Counts::default()
    };
    let total = sink.count(told.total, "tokens.total").filter(|total| total.get() > 0);
    let usual = Shape { prompt_has_cache: false, output_has_reasoning: has_old_output(message) };
    let created = message.created();
    let began = created.map_or_else(|| placed.id.to_owned(), |created| created.to_string());
    let numbers = [raw.input, raw.output, raw.reasoning, raw.cache_read, raw.cache_creation]
        .map(|number| number.map_or(0, Tokens::get).to_string());
    let [input, output, reasoning, read, write] = &numbers;
    let (provider, model) = (message.provider(), message.model());
    let about = placed.about;
    sink.push(&Draft {
        own: &[
            &began,
            provider.unwrap_or_default(),
            model.unwrap_or_default(),
            step,
            input,
            output,
            reasoning,
            read,
            write,
        ],
        at: created.and_then(at),
        model,
        counts: raw.fitting(total, usual).0,
        cost,
        rank: rank(placed.id, created),
        session: Some(placed.session),
        parent: about.parent.as_deref(),
        folder: message.path.0.as_ref().and_then(|path| path.cwd.get()).or(about.folder.as_deref()),
        agent: message.agent.get().filter(|_| about.is_part),
        version: about.version.as_deref(),
        vendor: provider,
        ..Draft::default()
    });
}

fn at(created: u64) -> Option<UtcSeconds> {
    parse_log_time(&created.to_string())
}

/// Whether the output contains the reasoning if no total says anything else.
fn has_old_output(message: &Message) -> bool {
    let is_old = message.created().is_some_and(|created| created < NEW_OUTPUT);
    let apart = |name: Option<&str>| {
        name.is_some_and(|name| {
            ["google", "gemini", "xai", "grok"].iter().any(|part| name.contains(part))
        })
    };
    is_old && !apart(message.provider()) && !apart(message.model())
}

/// A copy has an id that was made after the message began.
fn rank(id: &str, created: Option<u64>) -> Rank {
    let made = id
        .strip_prefix("msg_")
        .and_then(|rest| rest.get(..12))
        .and_then(|digits| u64::from_str_radix(digits, 16).ok());
    let (Some(made), Some(created)) = (made, created) else { return Rank::Own };
    let later = (made / 4096).wrapping_sub(created) % ID_TIMES;
    if (COPIED_AFTER..ID_TIMES / 2).contains(&later) { Rank::Copy } else { Rank::Own }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The id that the tool makes at a time in milliseconds.
    fn id(at: u64) -> String {
        format!("msg_{:012x}AbCdEfGhIjKlMn", (at * 4096 + 1) % (1 << 48))
    }

    #[test]
    fn an_id_that_is_younger_than_its_message_is_a_copy() {
        let created = 1_777_629_600_123;
        assert_eq!(rank(&id(created), Some(created)), Rank::Own);
        assert_eq!(rank(&id(created + 1), Some(created)), Rank::Own);
        assert_eq!(rank(&id(created + 86_400_000), Some(created)), Rank::Copy);
        for odd in ["msg_1", "", "x", "msg_zzzzzzzzzzzzAb"] {
            assert_eq!(rank(odd, Some(created)), Rank::Own, "{odd}");
        }
    }
}
