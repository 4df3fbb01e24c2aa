//! One task: its requests, and what was taken out of it.

use std::path::{Path, PathBuf};

use data_schema::{Kind, Quality, Tokens, UtcSeconds, parse_log_time};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::model::{Beside, Used};
use super::sum::Sum;
use super::{OTHER_TOOL, WHOLE_PROMPT};
use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink, readable};
use crate::loose::{LooseCount, LooseNumber, LooseText, Maybe};
use crate::source::Info;

/// One member of the family.
#[derive(Debug)]
pub(in crate::source) struct Tasks {
    pub(super) info: Info,
    pub(super) prompt: Prompt,
    /// The file beside a task that tells its models.
    pub(super) beside: &'static str,
}

/// What `tokensIn` is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Prompt {
    /// The prompt without what came from the cache, but for a few providers.
    WithoutCache,
    /// The whole prompt since this time, in seconds since 1970; before, for endpoints of the `OpenAI` kind only.
    WholeSince(i64),
}

/// What a message tells of usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Say {
    Request,
    SubAgents,
    Deleted,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Message<'a> {
    /// Milliseconds since 1970; no two messages of a task have the same.
    ts: LooseNumber,
    say: LooseText<'static>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    model_info: Maybe<ModelInfo>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ModelInfo {
    model_id: LooseText<'static>,
    provider_id: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Usage {
    tokens_in: LooseCount,
    tokens_out: LooseCount,
    cache_writes: LooseCount,
    cache_reads: LooseCount,
    cost: LooseNumber,
    cancel_reason: LooseText<'static>,
    streaming_failed_message: LooseText<'static>,
    api_protocol: LooseText<'static>,
}

/// A message that tells usage, or will.
struct Told {
    say: Say,
    ts: f64,
    at: Option<UtcSeconds>,
    model: Option<String>,
    provider: Option<String>,
    usage: Usage,
}

impl Adapter for Tasks {
    fn info(&self) -> &Info {
        &self.info
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "ui_messages.json")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(log.with_file_name(self.beside))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let bytes = log.bytes()?;
        let text = readable(&bytes);
        let messages: Vec<Maybe<Message<'_>>> = serde_json::from_str(&text)?;
        let messages = messages.into_iter().filter_map(|message| message.0);
        let told: Vec<Told> = messages.filter_map(|message| told(sink, &message)).collect();
        let mut beside = Beside::of(log);
        let folder = if told.is_empty() { None } else { beside.folder(&bytes) };
        let mut task = Task { tasks: self, log, folder, sum: Sum::default() };
        for (place, one) in told.iter().enumerate() {
            let later = |other: &&Told| other.say == Say::Request;
            let next = told[place + 1..].iter().find(later).map(|next| next.ts);
            let is_known = one.model.is_some();
            let used = if is_known { None } else { beside.before(next) };
            task.push(sink, one, used, next.is_none());
        }
        Ok(())
    }
}

/// What a message tells of usage; damage is told.
fn told(sink: &mut Sink<'_>, message: &Message<'_>) -> Option<Told> {
    let say = match message.say.get()? {
        "api_req_started" => Say::Request,
        "subagent_usage" => Say::SubAgents,
        "deleted_api_reqs" => Say::Deleted,
        _ => return None,
    };
    let text: LooseText<'_> = serde_json::from_str(message.text?.get()).ok()?;
    let usage = match serde_json::from_str::<Usage>(text.get()?) {
        Ok(usage) => usage,
        Err(error) => {
            sink.skip(format!("a request is not valid JSON: {error}"));
            return None;
        }
    };
    let ts = message.ts.0.unwrap_or_default();
    let info = message.model_info.0.as_ref();
    let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
    Some(Told {
        say,
        ts,
        at: parse_log_time(&ts.to_string()),
        model: owned(info.and_then(|info| info.model_id.get())),
        provider: owned(info.and_then(|info| info.provider_id.get())),
        usage,
    })
}

/// A task as far as it has been read.
struct Task<'t> {
    tasks: &'t Tasks,
    log: &'t Log<'t>,
    folder: Option<String>,
    sum: Sum,
}

impl Task<'_> {
    fn push(&mut self, sink: &mut Sink<'_>, told: &Told, used: Option<&Used>, is_last: bool) {
        let usage = &told.usage;
        let model = told.model.as_deref().or(used.map(|used| &*used.model));
        let provider = told.provider.as_deref().or(used.and_then(|used| used.provider.as_deref()));
        let broke_off = usage.cancel_reason.get().or(usage.streaming_failed_message.get());
        let is_told = [usage.tokens_in, usage.tokens_out, usage.cache_reads, usage.cache_writes];
        if is_told.iter().all(|count| *count == LooseCount::NotTold) {
            // The last request may still wait for its answer.
            if told.say == Say::Request && broke_off.is_none() && !is_last {
                sink.silent();
            }
            return;
        }
        if provider == Some(OTHER_TOOL) {
            return;
        }
        let counts = self.tasks.counts(sink, told, provider);
        self.sum.add(counts, usage.cost.0);
        let task = self.log.folder(1);
        let ts = told.ts.to_string();
        let values = self.sum.values();
        let mut draft = Draft {
            own: &[task, &ts],
            at: told.at,
            model,
            counts,
            cost: usage.cost.0,
            quality: broke_off.map(|_| Quality::Partial),
            session: Some(task),
            folder: self.folder.as_deref(),
            vendor: provider,
            ..Draft::default()
        };
        let sub_agents = [task, "sub-agents", &ts];
        let all = [task, "all", &values];
        match told.say {
            Say::Request => {}
            Say::SubAgents => {
                draft.own = &sub_agents;
                draft.agent = Some("subagents");
                draft.quality = Some(Quality::Partial);
            }
            // Some of what was taken out may have been counted before it was. So this is the sum of all requests up
            // to here, which gives way to those that are known. The second before: the next request may begin in
            // the same second, and was not there to be taken out.
            Say::Deleted => {
                draft.own = &all;
                draft.kind = Kind::SessionReading;
                draft.at = told.at.map(|at| at.plus(-1));
                draft.counts = self.sum.counts();
                draft.cost = Some(self.sum.cost());
                draft.quality = Some(Quality::Partial);
            }
        }
        sink.push(&draft);
    }
}

impl Tasks {
    fn counts(&self, sink: &mut Sink<'_>, told: &Told, provider: Option<&str>) -> Counts {
        let usage = &told.usage;
        let counts = Counts {
            input: sink.count(usage.tokens_in, "tokensIn"),
            cache_read: sink.count(usage.cache_reads, "cacheReads"),
            cache_creation: sink.count(usage.cache_writes, "cacheWrites"),
            output: sink.count(usage.tokens_out, "tokensOut"),
            ..Counts::default()
        };
        let number = |tokens: Option<Tokens>| tokens.map_or(0, Tokens::get);
        let cached = number(counts.cache_read).saturating_add(number(counts.cache_creation));
        let is_whole = number(counts.input) >= cached
            && match self.prompt {
                Prompt::WithoutCache => {
                    provider.is_some_and(|provider| WHOLE_PROMPT.contains(&provider))
                }
                Prompt::WholeSince(since) => {
                    let is_old = told.at.is_some_and(|at| at.seconds() < since);
                    !(is_old && usage.api_protocol.get() == Some("anthropic"))
                }
            };
        if is_whole { counts.prompt_with_cache().0 } else { counts }
    }
}
