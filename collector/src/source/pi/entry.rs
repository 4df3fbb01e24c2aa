//! One entry of a session, and what the entries before it say of it.

use data_schema::{Billing, Tokens, UtcSeconds, parse_log_time};
use serde::Deserialize;

use super::{NEWEST, PiFamily};
use crate::adapter::{Counts, Draft, Shape, Sink};
use crate::loose::{LooseCount, LooseNumber, LooseText, Maybe};

/// Providers whose answers a subscription pays for.
const ON_A_PLAN: [&str; 2] = ["openai-codex", "github-copilot"];

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(rename = "type")]
    kind: LooseText<'static>,
    version: LooseNumber,
    id: LooseText<'static>,
    timestamp: LooseText<'static>,
    cwd: LooseText<'static>,
    parent_session: LooseText<'static>,
    /// Of a change of the model.
    model_id: LooseText<'static>,
    /// Kind of a sub-agent.
    agent: LooseText<'static>,
    message: Maybe<Message>,
    /// Of an entry that is a call by itself, or of a change of the model.
    provider: LooseText<'static>,
    model: LooseText<'static>,
    stop_reason: LooseText<'static>,
    usage: Maybe<Usage>,
}

/// A message. One that is no answer has none of this but the role.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Message {
    role: LooseText<'static>,
    provider: LooseText<'static>,
    model: LooseText<'static>,
    /// The model that a router took.
    #[serde(alias = "responseModel")]
    upstream_model: LooseText<'static>,
    response_id: LooseText<'static>,
    stop_reason: LooseText<'static>,
    #[serde(rename = "timestamp")]
    milliseconds: LooseNumber,
    usage: Maybe<Usage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Usage {
    input: LooseCount,
    output: LooseCount,
    cache_read: LooseCount,
    cache_write: LooseCount,
    #[serde(rename = "cacheWrite1h")]
    cache_write_1h: LooseCount,
    cttl: Maybe<Lifetimes>,
    #[serde(alias = "reasoning")]
    reasoning_tokens: LooseCount,
    total_tokens: LooseCount,
    server: Maybe<Server>,
    cost: Maybe<Cost>,
    /// Of `OpenClaw`, in some versions.
    #[serde(rename = "costUSD")]
    cost_usd: LooseNumber,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Lifetimes {
    ephemeral1h: LooseCount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Server {
    web_search: LooseNumber,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cost {
    total: LooseNumber,
}

impl Entry {
    /// The version of the format, if it is newer than those that are known.
    pub(super) fn newer_version(&self) -> Option<f64> {
        let is_header = self.kind.get() == Some("session");
        self.version.0.filter(|version| is_header && *version > NEWEST)
    }
}

/// What is known of a session so far.
#[derive(Debug)]
pub(super) struct Session {
    id: String,
    folder: Option<String>,
    parent: Option<String>,
    model: Option<String>,
    agent: Option<String>,
}

impl Session {
    /// A session whose header has not been read yet.
    pub(super) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), folder: None, parent: None, model: None, agent: None }
    }

    /// Takes the next entry. `written`: when it was put into the store, where there is one.
    pub(super) fn take(
        &mut self,
        tool: &PiFamily,
        sink: &mut Sink<'_>,
        mut entry: Entry,
        written: Option<UtcSeconds>,
    ) {
        let text = |text: &LooseText<'_>| text.get().map(ToOwned::to_owned);
        match entry.kind.get() {
            Some("session") => {
                self.id = text(&entry.id).unwrap_or_else(|| self.id.clone());
                self.folder = text(&entry.cwd);
                self.parent = entry.parent_session.get().map(|path| id_in(path).to_owned());
            }
            Some("session_init") => self.agent = text(&entry.agent),
            // OMP writes `provider/model`.
            Some("model_change") => {
                let after_provider = |model: &str| Some(model.split_once('/')?.1.to_owned());
                let joined = entry.model.get().and_then(after_provider);
                self.model = text(&entry.model_id).or(joined);
            }
            Some("message") => {
                if let Some(message) = &entry.message.0
                    && message.role.get() == Some("assistant")
                {
                    self.answer(tool, sink, (&entry, message), written);
                }
            }
            Some("model_usage") => {
                let call = Message {
                    provider: std::mem::take(&mut entry.provider),
                    model: std::mem::take(&mut entry.model),
                    stop_reason: std::mem::take(&mut entry.stop_reason),
                    usage: std::mem::take(&mut entry.usage),
                    ..Message::default()
                };
                self.answer(tool, sink, (&entry, &call), written);
            }
            _ => {}
        }
    }

    fn answer(
        &self,
        tool: &PiFamily,
        sink: &mut Sink<'_>,
        (entry, message): (&Entry, &Message),
        written: Option<UtcSeconds>,
    ) {
        let provider = message.provider.get();
        if provider.is_some_and(|provider| tool.passes_on.contains(&provider)) {
            return;
        }
        let Some(usage) = &message.usage.0 else { return sink.silent() };
        let counts = usage.counts(sink);
        // Nothing came of it, or the tool wrote it itself.
        let is_no_answer = matches!(message.stop_reason.get(), Some("error" | "aborted"))
            || provider == Some(tool.info.id);
        if is_no_answer && counts.sum() == 0 {
            return;
        }
        let milliseconds = message.milliseconds.0.map(|time| time.to_string());
        let told = [entry.timestamp.get(), milliseconds.as_deref()];
        let at = told.into_iter().flatten().find_map(parse_log_time).or(written);
        let values = usage.identity();
        let [entered, begun] = told.map(Option::unwrap_or_default);
        let is_timed = !entered.is_empty() || !begun.is_empty();
        let alone = [self.id.as_str(), entry.id.get().unwrap_or_default()];
        let [session, id] = if is_timed { [""; 2] } else { alone };
        let upstream = message.upstream_model.get();
        let model = message.model.get().or(self.model.as_deref());
        sink.push(&Draft {
            response: message.response_id.get(),
            own: &[session, id, entered, begun, model.unwrap_or_default(), &values],
            at,
            model: upstream.or(model),
            requested_model: upstream.and(model),
            counts,
            web_searches: usage.web_searches(),
            cost: usage.cost.0.as_ref().and_then(|cost| cost.total.0).or(usage.cost_usd.0),
            billing: provider.filter(|name| ON_A_PLAN.contains(name)).map(|_| Billing::Plan),
            session: Some(&self.id),
            parent: self.parent.as_deref(),
            folder: self.folder.as_deref(),
            agent: self.agent.as_deref(),
            vendor: provider,
            ..Draft::default()
        });
    }
}

impl Usage {
    fn counts(&self, sink: &mut Sink<'_>) -> Counts {
        let lifetimes = self.cttl.0.as_ref().map_or(LooseCount::NotTold, |told| told.ephemeral1h);
        let counts = Counts {
            input: sink.count(self.input, "input"),
            cache_read: sink.count(self.cache_read, "cacheRead"),
            cache_creation: sink.count(self.cache_write, "cacheWrite"),
            cache_creation_1h: sink
                .count(self.cache_write_1h, "cacheWrite1h")
                .or_else(|| sink.count(lifetimes, "cttl.ephemeral1h")),
            output: sink.count(self.output, "output"),
            reasoning: sink.count(self.reasoning_tokens, "reasoningTokens"),
            total: None,
        };
        let total =
            sink.count(self.total_tokens, "totalTokens").filter(|total| *total > Tokens::ZERO);
        let usual = Shape { prompt_has_cache: false, output_has_reasoning: true };
        counts.fitting(total, usual).0
    }

    /// The numbers as they stand there.
    fn identity(&self) -> String {
        let number = |count: LooseCount| match count {
            LooseCount::Told(tokens) => tokens.get(),
            _ => 0,
        };
        let [input, output] = [self.input, self.output].map(number);
        let [read, write] = [self.cache_read, self.cache_write].map(number);
        format!("{input} {output} {read} {write}")
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked"
    )]
    fn web_searches(&self) -> Option<u32> {
        let number = self.server.0.as_ref()?.web_search.0?;
        (1.0..1e6).contains(&number).then_some(number as u32)
    }
}

/// The id of the session that a file belongs to: its name ends with it.
fn id_in(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let stem = name.strip_suffix(".jsonl").unwrap_or(name);
    stem.rsplit('_').next().unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_named_by_its_file_or_its_id() {
        let path = "/h/.pi/agent/sessions/--w--/2026-05-01T10-00-00-000Z_0a1b.jsonl";
        assert_eq!(id_in(path), "0a1b");
        assert_eq!(id_in("0a1b"), "0a1b");
    }
}
