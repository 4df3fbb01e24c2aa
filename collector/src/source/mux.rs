//! Mux: `~/.mux/sessions/<workspace>/chat.jsonl`, one message per line; finished sub-agents in
//! `subagent-transcripts/<task>/chat.jsonl` below it.
//!
//! Facts (<https://github.com/coder/mux>, `src/common/types/message.ts`, commit 03778ffb, and
//! `src/common/utils/tokens/displayUsage.ts`, read 2026-11-21; `docs/providers/mux.md` of
//! <https://github.com/getagentseal/codeburn>, read 2026-11-21):
//!
//! - `metadata.usage` is what the AI SDK told. Since its version 6 `inputTokens` contains the caches for all providers;
//!   before, for Anthropic it did not. `outputTokens` contains `reasoningTokens`.
//! - Tokens written to a cache are in `metadata.providerMetadata.anthropic.cacheCreationInputTokens`.
//! - The model is written `provider:model`.
//! - The id of a message is a time and random characters; a forked workspace and the transcript of a sub-agent keep it.
//! - `session-usage.json` and `analytics/` are sums of the same: not read.
//! - Mux calls providers itself, and no other tool.
//!
//! Open: answers of Anthropic from before the AI SDK 6 whose caches are smaller than the rest of the prompt are
//! counted too low by the caches; nothing in a message tells the version.

use std::path::Path;
use std::sync::LazyLock;

use data_schema::{Quality, Tokens};
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink, json_file};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

static INFO: Info = Info {
    id: "mux",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::VendorCode {
        repository: "coder/mux",
        commit: "03778ffb068717f1f454a7439330377dc8b5fb59",
    },
    lacks: "names of workspaces, messages that a compaction of an older version took away",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("MUX_ROOT")],
    below: &["sessions"],
    folders: &[
        Folder::all("~/.mux/sessions"),
        Folder::all("~/.mux-dev/sessions"),
        Folder::all("~/.cmux/sessions"),
    ],
    not_entered: &[],
};

/// Answers with usage, and answers of whatever kind.
static MARKERS: LazyLock<Markers> = LazyLock::new(|| Markers::any(&["\"usage\"", "\"assistant\""]));

/// The adapter.
#[derive(Debug)]
pub(super) struct Mux;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    id: LooseText<'static>,
    role: LooseText<'static>,
    metadata: Maybe<Metadata>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    model: LooseText<'static>,
    timestamp: LooseTime,
    agent_id: LooseText<'static>,
    usage: Maybe<SdkUsage>,
    #[serde(rename = "providerMetadata")]
    provider: Maybe<ProviderMetadata>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are the tool's own")]
struct SdkUsage {
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    reasoning_tokens: LooseCount,
    cached_input_tokens: LooseCount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProviderMetadata {
    anthropic: Maybe<Anthropic>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Anthropic {
    cache_creation_input_tokens: LooseCount,
}

/// `config.json`: projects, each with its workspaces.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    projects: Vec<(String, Maybe<Project>)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Project {
    workspaces: Vec<Maybe<Workspace>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Workspace {
    id: LooseText<'static>,
}

impl Adapter for Mux {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "chat.jsonl")
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let is_transcript = log.folder(2) == "subagent-transcripts";
        let workspace = log.folder(if is_transcript { 3 } else { 1 });
        let session = log.folder(1);
        let project = project(log, workspace);
        log.lines(sink, &MARKERS, |sink, message: Message| {
            let Some(metadata) = message.metadata.0.as_ref() else { return };
            if message.role.get() != Some("assistant") {
                return;
            }
            let draft = Draft {
                session: Some(session),
                parent: is_transcript.then_some(workspace),
                folder: project.as_deref(),
                agent: metadata.agent_id.get().or(is_transcript.then_some("subagent")),
                ..Draft::default()
            };
            answer(sink, &message, metadata, &draft);
        })
    }
}

/// The path of the project that a workspace belongs to.
fn project(log: &Log<'_>, workspace: &str) -> Option<String> {
    let sessions = log.path.ancestors().find(|folder| folder.ends_with("sessions"))?;
    let config: Config = json_file(&sessions.with_file_name("config.json"))?;
    let has_it = |project: &Maybe<Project>| {
        let workspaces = project.0.iter().flat_map(|project| &project.workspaces);
        workspaces.filter_map(|one| one.0.as_ref()).any(|one| one.id.get() == Some(workspace))
    };
    config.projects.into_iter().find(|(_, project)| has_it(project)).map(|(path, _)| path)
}

fn answer<'a>(
    sink: &mut Sink<'_>,
    message: &'a Message,
    metadata: &'a Metadata,
    draft: &Draft<'a>,
) {
    let Some(usage) = &metadata.usage.0 else { return sink.silent() };
    let Some(id) = message.id.get() else {
        return sink.skip("an answer has no `id`: it cannot be told from others");
    };
    let provider = metadata.provider.0.as_ref();
    let anthropic = provider.and_then(|provider| provider.anthropic.0.as_ref());
    let created = anthropic.map(|anthropic| anthropic.cache_creation_input_tokens);
    let counts = Counts {
        input: sink.count(usage.input_tokens, "inputTokens"),
        cache_read: sink.count(usage.cached_input_tokens, "cachedInputTokens"),
        cache_creation: sink.count(created.unwrap_or_default(), "cacheCreationInputTokens"),
        output: sink.count(usage.output_tokens, "outputTokens"),
        reasoning: sink.count(usage.reasoning_tokens, "reasoningTokens"),
        ..Counts::default()
    };
    let model = metadata.model.get();
    let (vendor, model) = match model.and_then(|model| model.split_once(':')) {
        Some((vendor, model)) => (Some(vendor), Some(model)),
        None => (None, model),
    };
    sink.push(&Draft {
        own: &[id],
        at: metadata.timestamp.0,
        model,
        vendor,
        counts: without_caches(counts),
        ..draft.clone()
    });
}

/// Caches that are greater than the prompt are not in it.
fn without_caches(counts: Counts) -> Counts {
    let number = |count: Option<Tokens>| count.map_or(0, Tokens::get);
    let cached = number(counts.cache_read) + number(counts.cache_creation);
    if cached > number(counts.input) { counts } else { counts.prompt_with_cache().0 }
}
