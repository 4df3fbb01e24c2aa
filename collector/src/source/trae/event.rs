//! Lines of Trae's log of the agent.

use data_schema::Tokens;
use serde::Deserialize;

use crate::loose::{LooseNumber, LooseText};

/// One line that tells of usage.
pub(super) enum Event {
    /// So many bytes were sent for a call that is to come.
    Sent(u64),
    /// A call of a model, with its times.
    Call(Call),
    /// Real counts of one call.
    Usage(Usage),
    /// A task began.
    Task,
    /// The line begins like one of the others.
    Damaged(&'static str),
}

/// A call of a model, with its times.
#[derive(Debug, Default)]
pub(super) struct Call {
    /// The line's own time, as it stands there.
    pub(super) stamp: String,
    pub(super) session: String,
    pub(super) message: String,
    pub(super) model: Option<String>,
    pub(super) requested: Option<String>,
    /// Milliseconds from the first word to the last.
    pub(super) generation: f64,
}

/// Real counts of one call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) stamp: String,
    pub(super) session: Option<String>,
    pub(super) message: Option<String>,
    /// Whether it is work beside the agent's own, such as a title.
    pub(super) is_side: bool,
    pub(super) name: String,
    pub(super) prompt: Option<Tokens>,
    pub(super) completion: Option<Tokens>,
    pub(super) total: Option<Tokens>,
    pub(super) reasoning: Option<Tokens>,
    pub(super) cache_creation: Option<Tokens>,
    pub(super) cache_read: Option<Tokens>,
}

/// The data of a call's times.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Timing {
    config_name: LooseText<'static>,
    provider_model_name: LooseText<'static>,
    server_processing_time: LooseNumber,
    first_sse_event_time: LooseNumber,
}

/// What stands before the data of a call's times.
const TIMING: &str = "TimingCost: TimingCostOriginEvent { data: \"";
/// What stands before real counts.
const USAGE: &str = "token usage: TokenUsageEvent {";

impl Event {
    /// What a line tells; `None` if it is another line.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (stamp, rest) = line.split_once(char::is_whitespace)?;
        let rest = rest.trim_start().strip_prefix("INFO")?;
        let has_time = stamp.as_bytes().first().is_some_and(u8::is_ascii_digit);
        if !has_time {
            return None;
        }
        if let Some((_, data)) = rest.split_once(TIMING) {
            return Some(call(stamp, data).unwrap_or(Self::Damaged(
                "the times of a call cannot be read: the call is not counted",
            )));
        }
        if let Some((before, data)) = rest.split_once(USAGE) {
            let is_side = before.contains("title");
            return Some(Self::Usage(Usage { is_side, ..usage(stamp, data) }));
        }
        if rest.contains("[aha_net] send:") {
            return sent(rest).map(Self::Sent);
        }
        let is_task = rest.contains("[AhaNetHTTPClient/Stream]")
            && rest.contains("create_agent_task,")
            && rest.contains("Status: 200");
        is_task.then_some(Self::Task)
    }
}

/// Bytes that were sent for a call of a model.
fn sent(line: &str) -> Option<u64> {
    let url = after(line, "url=")?;
    let is_call = url.contains("create_agent_task") || url.contains("commit_toolcall_result");
    let length = after(line, "body_len=")?;
    let digits = length.split(|c: char| !c.is_ascii_digit()).next()?;
    is_call.then(|| digits.parse().ok()).flatten()
}

fn call(stamp: &str, data: &str) -> Option<Event> {
    let (data, rest) = quoted(data)?;
    let timing: Timing = serde_json::from_str(&data).ok()?;
    let whole = timing.server_processing_time.0.unwrap_or(0.0);
    let first = timing.first_sse_event_time.0.unwrap_or(0.0);
    let config = timing.config_name.get();
    let model = timing.provider_model_name.get().or(config);
    Some(Event::Call(Call {
        stamp: stamp.to_owned(),
        session: after(rest, "session_id=").unwrap_or_default().to_owned(),
        message: after(rest, "message_id=").unwrap_or_default().to_owned(),
        model: model.map(ToOwned::to_owned),
        requested: config.map(ToOwned::to_owned),
        generation: (whole - first).max(0.0),
    }))
}

fn usage(stamp: &str, data: &str) -> Usage {
    let (fields, rest) = data.split_once('}').unwrap_or((data, ""));
    let number = |name: &str| {
        let value = after_field(fields, name)?;
        let digits = value.strip_prefix("Some(").unwrap_or(value);
        let digits = digits.split(|c: char| !c.is_ascii_digit()).next()?;
        Tokens::new(digits.parse().ok()?)
    };
    let name = after_field(fields, "name").and_then(|name| quoted(name.strip_prefix('"')?));
    Usage {
        stamp: stamp.to_owned(),
        session: after(rest, "session_id=").map(ToOwned::to_owned),
        message: after(rest, "message_id=").map(ToOwned::to_owned),
        is_side: false,
        name: name.map(|(name, _)| name).unwrap_or_default(),
        prompt: number("prompt_tokens"),
        completion: number("completion_tokens"),
        total: number("total_tokens"),
        reasoning: number("reasoning_tokens"),
        cache_creation: number("cache_creation_input_tokens"),
        cache_read: number("cache_read_input_tokens"),
    }
}

/// The text of a quoted string whose first quote has been taken away, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut plain = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((plain, &text[at + 1..])),
            '\\' => plain.push(match letters.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            }),
            other => plain.push(other),
        }
    }
    None
}

/// The word behind a name and its `=`.
fn after<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(name)?;
    let ends = |c: char| c.is_whitespace() || matches!(c, ',' | '"' | '}');
    Some(rest.split(ends).next().unwrap_or_default()).filter(|word| !word.is_empty())
}

/// What follows a field's name in the way that Rust writes structs for people.
fn after_field<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = fields;
    loop {
        let (before, value) = rest.split_once(name)?;
        // `prompt_tokens` is also the beginning of `prompt_tokens_total`, and the end of others.
        let begins = before.is_empty() || before.ends_with([' ', ',', '{']);
        match value.strip_prefix(": ") {
            Some(value) if begins => return Some(value),
            _ => rest = value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_with_or_without_some() {
        let line = "2026-06-29T12:29:49.880117+08:00  INFO chat: llm_stream: token usage: TokenUsageEvent { name: \"glm-5\", prompt_tokens_total: Some(9), prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100, reasoning_tokens: None, cache_creation_input_tokens: Some(200), cache_read_input_tokens: Some(300) } trace_id=\"t\" session_id=s1 message_id=m1";
        let Some(Event::Usage(usage)) = Event::parse(line) else { panic!("no counts") };
        assert_eq!(usage.prompt, Tokens::new(1000));
        assert_eq!(usage.cache_read, Tokens::new(300));
        assert_eq!((usage.reasoning, usage.name.as_str()), (None, "glm-5"));
        assert_eq!((usage.session.as_deref(), usage.message.as_deref()), (Some("s1"), Some("m1")));
    }

    #[test]
    fn times_are_read_out_of_a_quoted_text() {
        let line = r#"2026-02-18T08:00:01 INFO x: TimingCost: TimingCostOriginEvent { data: "{\"config_name\":\"a \\\"b\\\"\",\"server_processing_time\":5200,\"first_sse_event_time\":1200}" } session_id=s message_id=m"#;
        let Some(Event::Call(call)) = Event::parse(line) else { panic!("no call") };
        assert!((call.generation - 4000.0).abs() < f64::EPSILON);
        assert_eq!(call.model.as_deref(), Some("a \"b\""));
        assert_eq!((call.session.as_str(), call.message.as_str()), ("s", "m"));
    }

    #[test]
    fn only_bytes_for_a_model_count() {
        let line = |url: &str| {
            format!(
                "2026-02-18T08:00:01 INFO [aha_net] send: calling Fetch id=1, url=https://x/api/agent/v3/{url}, headers_count=2, body_len=684 trace_id=\"t\""
            )
        };
        assert!(matches!(Event::parse(&line("create_agent_task")), Some(Event::Sent(684))));
        assert!(Event::parse(&line("report")).is_none());
        assert!(Event::parse("2026-02-18T08:00:01 DEBUG [aha_net] send: x").is_none());
        assert!(Event::parse("plain words INFO").is_none());
    }
}
