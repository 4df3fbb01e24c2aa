//! Junie of `JetBrains`: `~/.junie/sessions/<session>/events.jsonl`, the events of a session; one kind of them tells what
//! a call used.
//!
//! Facts (`crates/tokscale-core/src/sessions/junie.rs` in <https://github.com/junhoyeo/tokscale>, commit 7b14a4b4, and
//! in <https://github.com/makoMakoGo/tokscale>, commit f8631da7, read 2026-11-21; they agree, and are not independent):
//!
//! - `event.agentEvent` of the kind `LlmResponseMetadataEvent` has a list `modelUsage`, one entry per model that was
//!   called, with numbers and a cost. `timestampMs` beside it is the end of the call.
//! - The same event may be written again, with all its numbers and its time.
//! - State snapshots (`AgentStateUpdatedEvent`) repeat what was before them: only events themselves count.
//!
//! Open: whether `inputTokens` contains the caches, and `outputTokens` the reasoning. Those who describe it add them
//! all up; here the reasoning is taken to be a part of the output, as it is for all providers that Junie calls.

use std::path::Path;
use std::sync::LazyLock;

use data_schema::{Quality, Tokens};
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseNumber, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role};

static INFO: Info = Info {
    id: "junie",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Partial,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/junhoyeo/tokscale, 2026-11-21",
            "https://github.com/makoMakoGo/tokscale, 2026-11-21",
        ],
    },
    lacks: "whether the caches are a part of the prompt; the folder of a session",
    keeps: Keeps::Unknown,
    directory_key: "directory",
    variables: &[],
    below: &["sessions"],
    folders: &[Folder::all("~/.junie/sessions")],
    not_entered: &[],
};

static MARKERS: LazyLock<Markers> =
    LazyLock::new(|| Markers::any(&["\"LlmResponseMetadataEvent\""]));

/// The adapter.
#[derive(Debug)]
pub(super) struct Junie;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Line {
    timestamp_ms: LooseTime,
    event: Maybe<Event>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    agent_event: Maybe<AgentEvent>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AgentEvent {
    kind: LooseText<'static>,
    agent: Maybe<Agent>,
    model_usage: Vec<Maybe<ModelUsage>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Agent {
    name: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ModelUsage {
    model: LooseText<'static>,
    provider: LooseText<'static>,
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cache_input_tokens: LooseCount,
    cache_create_tokens: LooseCount,
    reasoning_tokens: LooseCount,
    cost: LooseNumber,
}

impl Adapter for Junie {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "events.jsonl")
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let session = log.folder(1);
        log.lines(sink, &MARKERS, |sink, line: Line| {
            let Some(event) = line.event.0.as_ref().and_then(|event| event.agent_event.0.as_ref())
            else {
                return;
            };
            if event.kind.get() != Some("LlmResponseMetadataEvent") {
                return;
            }
            if event.model_usage.is_empty() {
                return sink.silent();
            }
            for (index, usage) in event.model_usage.iter().enumerate() {
                if let Some(usage) = &usage.0 {
                    call(sink, session, (&line, event), (index, usage));
                }
            }
        })
    }
}

fn call(
    sink: &mut Sink<'_>,
    session: &str,
    (line, event): (&Line, &AgentEvent),
    (index, usage): (usize, &ModelUsage),
) {
    let counts = Counts {
        input: sink.count(usage.input_tokens, "inputTokens"),
        cache_read: sink.count(usage.cache_input_tokens, "cacheInputTokens"),
        cache_creation: sink.count(usage.cache_create_tokens, "cacheCreateTokens"),
        output: sink.count(usage.output_tokens, "outputTokens"),
        reasoning: sink.count(usage.reasoning_tokens, "reasoningTokens"),
        ..Counts::default()
    };
    let text =
        |count: Option<Tokens>| count.map_or_else(String::new, |count| count.get().to_string());
    // An event has no id: its time and all of its numbers make it one.
    let at = line.timestamp_ms.0.map_or_else(String::new, |at| at.to_string());
    let numbers = [counts.input, counts.cache_read, counts.cache_creation, counts.output].map(text);
    let [input, read, created, output] = &numbers;
    let model = usage.model.get();
    let own =
        [session, &at, &index.to_string(), model.unwrap_or_default(), input, read, created, output];
    sink.push(&Draft {
        own: &own,
        at: line.timestamp_ms.0,
        model,
        counts,
        cost: usage.cost.0,
        session: Some(session),
        agent: event.agent.0.as_ref().and_then(|agent| agent.name.get()),
        vendor: usage.provider.get(),
        ..Draft::default()
    });
}
