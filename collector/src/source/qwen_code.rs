//! Qwen Code: `~/.qwen/projects/<project>/chats/*.jsonl`, one event per line; `~/.qwen/tmp/*/chats/session-*.json`,
//! documents of the kind of Gemini CLI, in versions before 0.14.
//!
//! Facts (<https://github.com/QwenLM/qwen-code>, `packages/core/src/services/chatRecordingService.ts`, commit 015346f1,
//! read 2026-11-21, and Qwen Code 0.15.10 run against a mock, 2026-11-21):
//!
//! - `promptTokenCount` contains what was read from the cache.
//! - Behind endpoints of the `OpenAI` kind `candidatesTokenCount` contains the thoughts, behind others it does not: the
//!   total beside them decides.
//! - Every call leaves a `system` line `ui_telemetry` with `qwen-code.api_response`, which alone tells the provider's
//!   response id, and most leave an `assistant` line with the same numbers right behind it. The memory extractor and
//!   sub-agents leave the former only; versions before telemetry the latter only. Whichever of a pair comes first
//!   counts.
//! - `/branch` copies every line into a new file with another `sessionId`; `uuid` stays.
//! - Suggestions for the next prompt are called and not recorded at all.
//! - Transcripts of sub-agents lie in `subagents/`, beside `chats/`: their calls are in the telemetry of the session.

use std::path::Path;
use std::sync::LazyLock;

use data_schema::{Quality, Tokens};
use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::gemini_cli::conversation;
use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Shape, Sink};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

/// What is known of Qwen Code.
static INFO: Info = Info {
    id: "qwen-code",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::Genuine { version: "0.15.10", date: "2026-11-21" },
    lacks: "suggestions for the next prompt",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("QWEN_RUNTIME_DIR"), Variable::instead("QWEN_HOME")],
    below: &["projects", "tmp"],
    folders: &[Folder::all("~/.qwen/projects"), Folder::all("~/.qwen/tmp")],
    not_entered: &[],
};

/// The kind of telemetry that tells of an answer.
const API_RESPONSE: &str = "qwen-code.api_response";

static MARKERS: LazyLock<Markers> = LazyLock::new(|| {
    Markers::any(&["\"usageMetadata\"", "\"qwen-code.api_response\"", "\"assistant\""])
});

/// The adapter.
#[derive(Debug)]
pub(super) struct QwenCode;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    uuid: LooseText<'static>,
    session_id: LooseText<'static>,
    timestamp: LooseTime,
    #[serde(rename = "type")]
    kind: LooseText<'static>,
    cwd: LooseText<'static>,
    version: LooseText<'static>,
    model: LooseText<'static>,
    agent_name: LooseText<'static>,
    usage_metadata: Maybe<UsageMetadata>,
    system_payload: Maybe<SystemPayload>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are the tool's own")]
struct UsageMetadata {
    prompt_token_count: LooseCount,
    candidates_token_count: LooseCount,
    thoughts_token_count: LooseCount,
    cached_content_token_count: LooseCount,
    total_token_count: LooseCount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SystemPayload {
    ui_event: Maybe<UiEvent>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct UiEvent {
    #[serde(rename = "event.name")]
    name: LooseText<'static>,
    response_id: LooseText<'static>,
    model: LooseText<'static>,
    subagent_name: LooseText<'static>,
    input_token_count: LooseCount,
    output_token_count: LooseCount,
    thoughts_token_count: LooseCount,
    cached_content_token_count: LooseCount,
    total_token_count: LooseCount,
}

impl Adapter for QwenCode {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        let is_in_chats = path.parent().is_some_and(|folder| folder.ends_with("chats"));
        let is_lines = path.extension().is_some_and(|extension| extension == "jsonl");
        (is_in_chats && is_lines) || conversation::is_document(path)
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        if conversation::is_document(log.path) {
            return conversation::read(log, sink);
        }
        let mut pairs = Pairs::default();
        log.lines(sink, &MARKERS, |sink, event: Event| {
            let answer = match (event.kind.get(), &event.usage_metadata.0, telemetry(&event)) {
                (Some("system"), _, Some(told)) => of_telemetry(sink, told),
                (Some("assistant"), Some(usage), _) => of_line(sink, &event, usage),
                (Some("assistant"), None, _) => return sink.silent(),
                _ => return,
            };
            if !pairs.is_second(&answer) {
                push(log, sink, &event, &answer);
            }
        })
    }
}

fn telemetry(event: &Event) -> Option<&UiEvent> {
    let told = event.system_payload.0.as_ref()?.ui_event.0.as_ref()?;
    (told.name.get() == Some(API_RESPONSE)).then_some(told)
}

/// What a line tells of an answer.
struct Answer<'a> {
    is_telemetry: bool,
    response: Option<&'a str>,
    model: Option<&'a str>,
    agent: Option<&'a str>,
    counts: Counts,
    total: Option<Tokens>,
}

fn of_telemetry<'a>(sink: &mut Sink<'_>, told: &'a UiEvent) -> Answer<'a> {
    Answer {
        is_telemetry: true,
        response: told.response_id.get(),
        model: told.model.get(),
        agent: told.subagent_name.get(),
        counts: Counts {
            input: sink.count(told.input_token_count, "input_token_count"),
            cache_read: sink.count(told.cached_content_token_count, "cached_content_token_count"),
            output: sink.count(told.output_token_count, "output_token_count"),
            reasoning: sink.count(told.thoughts_token_count, "thoughts_token_count"),
            ..Counts::default()
        },
        total: sink.count(told.total_token_count, "total_token_count"),
    }
}

fn of_line<'a>(sink: &mut Sink<'_>, event: &'a Event, usage: &UsageMetadata) -> Answer<'a> {
    Answer {
        is_telemetry: false,
        response: None,
        model: event.model.get(),
        agent: event.agent_name.get(),
        counts: Counts {
            input: sink.count(usage.prompt_token_count, "promptTokenCount"),
            cache_read: sink.count(usage.cached_content_token_count, "cachedContentTokenCount"),
            output: sink.count(usage.candidates_token_count, "candidatesTokenCount"),
            reasoning: sink.count(usage.thoughts_token_count, "thoughtsTokenCount"),
            ..Counts::default()
        },
        total: sink.count(usage.total_token_count, "totalTokenCount"),
    }
}

fn push(log: &Log<'_>, sink: &mut Sink<'_>, event: &Event, answer: &Answer<'_>) {
    let Some(uuid) = event.uuid.get() else {
        return sink.skip("an answer has no `uuid`: it cannot be told from others");
    };
    let session = event.session_id.get().unwrap_or(log.stem());
    let usual = Shape { prompt_has_cache: true, output_has_reasoning: true };
    sink.push(&Draft {
        response: answer.response,
        own: &[uuid],
        at: event.timestamp.0,
        model: answer.model,
        counts: answer.counts.fitting(answer.total, usual).0,
        session: Some(session),
        folder: event.cwd.get(),
        agent: answer.agent,
        version: event.version.get(),
        ..Draft::default()
    });
}

/// Answers that were told in one way, and may still be told in the other.
#[derive(Default)]
struct Pairs {
    /// By prompt, output and total: in lines, in telemetry.
    open: FxHashMap<[Option<u64>; 3], [u32; 2]>,
}

impl Pairs {
    /// Whether an answer has been told in the other way before; each such telling stands for one.
    fn is_second(&mut self, answer: &Answer<'_>) -> bool {
        let numbers = [answer.counts.input, answer.counts.output, answer.total];
        let open = self.open.entry(numbers.map(|count| count.map(Tokens::get))).or_default();
        let (own, other) = match (open, answer.is_telemetry) {
            ([line, telemetry], true) => (telemetry, line),
            ([line, telemetry], false) => (line, telemetry),
        };
        let is_second = *other > 0;
        if is_second {
            *other -= 1;
        } else {
            *own += 1;
        }
        is_second
    }
}
