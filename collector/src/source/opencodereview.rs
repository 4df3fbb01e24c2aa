//! Open Code Review of Alibaba: `~/.opencodereview/sessions/<repository>/<session>.jsonl`, one record per line; every
//! answer of a model is one.
//!
//! Facts (<https://github.com/alibaba/open-code-review>, `internal/session/persist.go`, commit 0ecf112f, and
//! `internal/llm/usage_resolver.go`, commit a448264e, read 2026-11-21):
//!
//! - `llm_response` has `usage` with four numbers and no total. Over Anthropic's interface `prompt_tokens` lacks the
//!   caches; over that of `OpenAI`, and when the Claude command is called, it contains them. The line does not say which.
//! - Numbers of 0 are written where the provider told nothing.
//! - `uuid` is random. A review that is resumed is a new session, and copies no answers.
//! - It can call the commands of other tools; those are told to leave no log of their own (`--no-session-persistence`).
//!
//! So caches that are greater than the prompt are not in it, nor are tokens that were written to a cache where the
//! model is one of Anthropic's; in all other cases they are. Records with caches are partial.

use std::path::Path;
use std::sync::LazyLock;

use data_schema::{Quality, Tokens};
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role};

static INFO: Info = Info {
    id: "opencodereview",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::VendorCode {
        repository: "alibaba/open-code-review",
        commit: "0ecf112f3d145dfc9b699a81a2bef70478ae4197",
    },
    lacks: "reasoning; whether the caches are a part of the prompt",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[],
    below: &["sessions"],
    folders: &[Folder::all("~/.opencodereview/sessions")],
    not_entered: &[],
};

static MARKERS: LazyLock<Markers> =
    LazyLock::new(|| Markers::any(&["\"llm_response\"", "\"session_start\""]));

/// The adapter.
#[derive(Debug)]
pub(super) struct OpenCodeReview;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    uuid: LooseText<'static>,
    #[serde(rename = "type")]
    kind: LooseText<'static>,
    timestamp: LooseTime,
    cwd: LooseText<'static>,
    #[serde(rename = "taskType")]
    task: LooseText<'static>,
    model: LooseText<'static>,
    usage: Maybe<TokenUsage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names are the tool's own")]
struct TokenUsage {
    prompt_tokens: LooseCount,
    completion_tokens: LooseCount,
    cache_read_tokens: LooseCount,
    cache_write_tokens: LooseCount,
}

impl Adapter for OpenCodeReview {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "jsonl")
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let session = log.stem();
        let mut folder: Option<String> = None;
        log.lines(sink, &MARKERS, |sink, line: Line| match line.kind.get() {
            Some("session_start") => folder = line.cwd.get().map(ToOwned::to_owned),
            Some("llm_response") => answer(sink, session, folder.as_deref(), &line),
            _ => {}
        })
    }
}

fn answer(sink: &mut Sink<'_>, session: &str, folder: Option<&str>, line: &Line) {
    let Some(usage) = &line.usage.0 else { return sink.silent() };
    let Some(uuid) = line.uuid.get() else {
        return sink.skip("an answer has no `uuid`: it cannot be told from others");
    };
    let counts = Counts {
        input: sink.count(usage.prompt_tokens, "prompt_tokens"),
        cache_read: sink.count(usage.cache_read_tokens, "cache_read_tokens"),
        cache_creation: sink.count(usage.cache_write_tokens, "cache_write_tokens"),
        output: sink.count(usage.completion_tokens, "completion_tokens"),
        ..Counts::default()
    };
    let number = |count: Option<Tokens>| count.map_or(0, Tokens::get);
    let (read, created) = (number(counts.cache_read), number(counts.cache_creation));
    let is_anthropic = line.model.get().is_some_and(|model| model.contains("claude"));
    let is_apart = read + created > number(counts.input) || (is_anthropic && created > 0);
    sink.push(&Draft {
        own: &[uuid],
        at: line.timestamp.0,
        model: line.model.get(),
        counts: if is_apart { counts } else { counts.prompt_with_cache().0 },
        quality: (read + created > 0).then_some(Quality::Partial),
        session: Some(session),
        folder,
        agent: line.task.get(),
        ..Draft::default()
    });
}
