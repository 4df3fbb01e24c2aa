//! Command Code (`cmd`): `~/.commandcode/projects/<project>/<session>.jsonl`, one event per line.
//!
//! Facts (<https://github.com/getagentseal/codeburn>, `src/providers/command-code.ts` and
//! `docs/providers/command-code.md` at d60ead0, of September 2026; <https://github.com/junhoyeo/tokscale>,
//! `sessions/commandcode.rs`, of July 2026; both read 2026-11-21):
//!
//! - The first line is `{type: "session", version, id, timestamp, cwd}`. Answers are lines
//!   `{type: "message", id, timestamp, model, usage, message: {role: "assistant"}}` with
//!   `usage: {inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd}`.
//! - `costUsd` is what the tool itself says, in US dollars.
//! - `<session>.checkpoints.jsonl` holds nothing that was used.
//!
//! Both descriptions agree on the place; they differ in the lines, and both are right, for different versions. Older
//! ones (`{role, content, timestamp, sessionId}`) hold words and no counts. Nothing is made of the words: every request
//! sends the whole conversation again, with instructions and tools that stand in no file, and what of it came from a
//! cache is not told. A guess would be off by more than it says.
//!
//! Open: whether `inputTokens` contains the caches; they are taken to stand beside it, as the one description of them
//! does.

use std::path::Path;
use std::sync::LazyLock;

use data_schema::Quality;
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseNumber, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role};

static INFO: Info = Info {
    id: "command-code",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Partial,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/getagentseal/codeburn/blob/d60ead0/docs/providers/command-code.md (2026-11-21)",
            "https://github.com/junhoyeo/tokscale, sessions/commandcode.rs of 4.6.0 (2026-11-21)",
        ],
    },
    lacks: "older versions wrote words and no counts: nothing is made of them",
    keeps: Keeps::Unknown,
    directory_key: "directory",
    variables: &[],
    below: &["projects"],
    folders: &[Folder::all("~/.commandcode/projects")],
    not_entered: &[],
};

static MARKERS: LazyLock<Markers> =
    LazyLock::new(|| Markers::any(&["\"assistant\"", "\"session\""]));

/// The adapter.
#[derive(Debug)]
pub(super) struct CommandCode;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    #[serde(rename = "type")]
    kind: LooseText<'static>,
    id: LooseText<'static>,
    timestamp: LooseTime,
    cwd: LooseText<'static>,
    model: LooseText<'static>,
    usage: Maybe<Usage>,
    message: Maybe<Message>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    role: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Usage {
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cache_read_tokens: LooseCount,
    cache_write_tokens: LooseCount,
    cost_usd: LooseNumber,
}

/// What the first line says of all.
#[derive(Debug, Default)]
struct Head {
    session: Option<String>,
    folder: Option<String>,
}

impl Adapter for CommandCode {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        path.extension().is_some_and(|extension| extension == "jsonl")
            && !stem.ends_with(".checkpoints")
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let mut head = Head::default();
        log.lines(sink, &MARKERS, |sink, event: Event| match event.kind.get() {
            Some("session") => {
                head.session = event.id.get().map(ToOwned::to_owned);
                head.folder = event.cwd.get().map(ToOwned::to_owned);
            }
            Some("message") => answer(log, sink, &head, &event),
            _ => {}
        })
    }
}

fn answer(log: &Log<'_>, sink: &mut Sink<'_>, head: &Head, event: &Event) {
    if event.message.0.as_ref().and_then(|message| message.role.get()) != Some("assistant") {
        return;
    }
    let Some(usage) = &event.usage.0 else {
        sink.silent();
        return;
    };
    let counts = Counts {
        input: sink.count(usage.input_tokens, "inputTokens"),
        output: sink.count(usage.output_tokens, "outputTokens"),
        cache_read: sink.count(usage.cache_read_tokens, "cacheReadTokens"),
        cache_creation: sink.count(usage.cache_write_tokens, "cacheWriteTokens"),
        ..Counts::default()
    };
    let at = event.timestamp.0.map_or_else(String::new, |at| at.to_string());
    let session = head.session.as_deref().unwrap_or(log.stem());
    let values = counts.written();
    // Ids are random: the same id at the same time is the same answer, in whatever copy of the session it stands.
    let own = match event.id.get() {
        Some(id) => [id, at.as_str(), "", ""],
        None => ["", at.as_str(), session, values.as_str()],
    };
    sink.push(&Draft {
        own: &own,
        at: event.timestamp.0,
        model: event.model.get(),
        counts,
        cost: usage.cost_usd.0,
        session: Some(session),
        folder: event.cwd.get().or(head.folder.as_deref()),
        ..Draft::default()
    });
}
