//! `CodeBuddy` and `WorkBuddy` (Tencent): `~/.codebuddy/projects/<project>/*.jsonl` and `~/.workbuddy/projects`, one
//! entry per line, usage on those of the assistant.
//!
//! Facts (<https://github.com/junhoyeo/tokscale> `crates/tokscale-core/src/sessions/codebuddy.rs` at 3b0c119, and
//! <https://github.com/getagentseal/codeburn> `docs/providers/workbuddy.md` and `src/providers/workbuddy.ts`; read
//! 2026-11-21; `src/parsers/workbuddy.js` of <https://github.com/vibe-cafe/vibe-usage>, read 2026-11-21. They disagree
//! on which lines count: see below.):
//!
//! - Usage stands in `message.usage`, `providerData.usage` or `providerData.rawUsage`, under the names of any vendor:
//!   one of them counts.
//! - The prompt contains what was read from the cache: an example has a total of prompt and output alone.
//! - An answer and the calls of tools in it are lines of their own, with the same usage and the same
//!   `providerData.messageId`: one reading counts only answers, the others every line. Every line counts here, lines of
//!   one message once; without that id, lines of one session with the same numbers once.
//! - An entry that is not `completed` is not all there yet.
//!
//! Open: the logs of the editor extension and the application's database, which repeat some of it.

use std::path::Path;
use std::sync::LazyLock;

use data_schema::Quality;
use serde::Deserialize;

use crate::adapter::{Adapter, AnyUsage, Draft, Log, ReadError, Shape, Sink};
use crate::lines::Markers;
use crate::loose::{LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

static MARKERS: LazyLock<Markers> =
    LazyLock::new(|| Markers::any(&["\"usage\"", "\"rawUsage\"", "\"assistant\""]));

/// A tool that writes sessions as `CodeBuddy` does.
#[derive(Debug)]
pub(super) struct BuddyFamily {
    info: Info,
}

/// `CodeBuddy`.
pub(super) static CODEBUDDY: BuddyFamily = BuddyFamily {
    info: Info {
        id: "codebuddy",
        revision: 1,
        role: Role::Meter,
        quality: Quality::Partial,
        evidence: Evidence::Described {
            by: &[
                "https://github.com/junhoyeo/tokscale (2026-11-21)",
                "https://github.com/getagentseal/codeburn/blob/main/docs/providers/workbuddy.md (2026-11-21)",
                "https://github.com/vibe-cafe/vibe-usage (2026-11-21)",
            ],
        },
        lacks: "what only the editor extension logs",
        keeps: Keeps::Unknown,
        directory_key: "directory",
        variables: &[],
        below: &["projects"],
        folders: &[Folder::all("~/.codebuddy/projects")],
        not_entered: &[],
    },
};

/// `WorkBuddy`, also by the name of `WorkBuddy AI`.
pub(super) static WORKBUDDY: BuddyFamily = BuddyFamily {
    info: Info {
        id: "workbuddy",
        variables: &[Variable::instead("WORKBUDDY_HOME"), Variable::beside("WORKBUDDY_AI_HOME")],
        folders: &[Folder::all("~/.workbuddy/projects"), Folder::all("~/.workbuddy-ai/projects")],
        ..CODEBUDDY.info
    },
};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "type")]
    kind: LooseText<'static>,
    role: LooseText<'static>,
    status: LooseText<'static>,
    timestamp: LooseTime,
    session_id: LooseText<'static>,
    cwd: LooseText<'static>,
    message: Maybe<Message>,
    provider_data: Maybe<ProviderData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    model: LooseText<'static>,
    usage: Maybe<AnyUsage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ProviderData {
    model: LooseText<'static>,
    request_model_id: LooseText<'static>,
    message_id: LooseText<'static>,
    usage: Maybe<AnyUsage>,
    raw_usage: Maybe<AnyUsage>,
}

impl Adapter for BuddyFamily {
    fn info(&self) -> &Info {
        &self.info
    }

    fn is_log(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "jsonl")
            && path.components().any(|part| part.as_os_str() == "projects")
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        log.lines(sink, &MARKERS, |sink, entry: Entry| answer(log, sink, &entry))
    }
}

fn answer(log: &Log<'_>, sink: &mut Sink<'_>, entry: &Entry) {
    let is_answer = match entry.kind.get() {
        Some("message") => entry.role.get() == Some("assistant"),
        kind => kind == Some("function_call"),
    };
    if !is_answer || entry.status.get().is_some_and(|status| status != "completed") {
        return;
    }
    let message = entry.message.0.as_ref();
    let data = entry.provider_data.0.as_ref();
    let usage = message
        .and_then(|message| message.usage.0.as_ref())
        .or(data.and_then(|data| data.usage.0.as_ref()))
        .or(data.and_then(|data| data.raw_usage.0.as_ref()));
    let Some(usage) = usage else {
        if entry.role.get() == Some("assistant") {
            sink.silent();
        }
        return;
    };
    let session = entry.session_id.get().unwrap_or(log.stem());
    let usual = Shape { prompt_has_cache: true, output_has_reasoning: true };
    let counts = usage.counts(sink, usual);
    let values = counts.written();
    let asked = data.and_then(|data| data.request_model_id.get());
    let model = data.and_then(|data| data.model.get());
    let model = model.or(asked).or(message.and_then(|message| message.model.get()));
    sink.push(&Draft {
        own: &[session, data.and_then(|data| data.message_id.get()).unwrap_or(&values)],
        at: entry.timestamp.0,
        model,
        requested_model: asked,
        counts,
        session: Some(session),
        folder: entry.cwd.get(),
        ..Draft::default()
    });
}
