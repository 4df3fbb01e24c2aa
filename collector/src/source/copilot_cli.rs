//! GitHub Copilot CLI: `~/.copilot` has up to three stores of the same requests.
//!
//! 1. `session-state/<session>/events.jsonl`: `session.usage_record` per request (since a version between 1.0.91 and
//!    1.0.102) with the provider's response id, and `session.shutdown` with sums per model.
//! 2. `session-store.db`, table `assistant_usage_events`: a row per request, without an id of the response. The
//!    `JetBrains` plugin and the desktop application write there too.
//! 3. A file of OpenTelemetry spans, one JSON object per line, if the user asked for one: below `otel`, or where
//!    `COPILOT_OTEL_FILE_EXPORTER_PATH` says. Spans `chat` are requests; `invoke_agent` repeats their sum.
//!
//! Facts (Copilot CLI 1.0.102 run against a mock, 2026-11-21: a tool call, a resumed session, both kinds of endpoints;
//! its `schemas/session-events.schema.json`; older versions:
//! <https://github.com/getagentseal/codeburn/blob/main/docs/providers/copilot.md>, read 2026-11-21):
//!
//! - In all three the input contains what was read from and written to the cache, and the output the reasoning.
//! - A request of several stores is one record: its identity is the session, its counts, and which request with these
//!   counts it is in the session ([`request::Requests`]). No store needs to know of another, and what was stored from
//!   one is joined with what another tells later.
//! - The sums of `session.shutdown` grow over resumed runs of a session, and may begin anew when the context is
//!   compacted. They are readings of a counter, which gives way to the requests of the session when data is read. Where
//!   the records of the same file tell as much, there is no reading.
//! - A forked session repeats events with the session that they came from (`accounting.sourceSessionId`).
//! - Costs are premium requests and AI credits, not money: left out. `~/.copilot/data.db` of the desktop application
//!   holds its settings, not usage.
//!
//! Open: what a run of an old version used that neither ended well nor had a database; what came before a compaction in
//! such a run. Its spans of VS Code (`service.name` is `copilot-chat`) are left to that source.

use std::path::{Path, PathBuf};

use data_schema::Quality;

use crate::adapter::{Adapter, Log, ReadError, Sink, write_ahead};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

mod request;
mod session;
mod spans;
mod store;

/// What is known of Copilot CLI.
static INFO: Info = Info {
    id: "copilot-cli",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::Genuine { version: "1.0.102", date: "2026-11-21" },
    lacks: "old versions without a database: what a run used that did not end well",
    keeps: Keeps::Unknown,
    directory_key: "directory",
    variables: &[
        Variable::instead("COPILOT_HOME"),
        Variable::beside("COPILOT_OTEL_FILE_EXPORTER_PATH"),
    ],
    below: &[".copilot"],
    folders: &[Folder::all("~/.copilot")],
    not_entered: &[
        "pkg",
        "logs",
        "node_modules",
        "files",
        "checkpoints",
        "research",
        "rewind-file-snapshots",
        "installed-plugins",
    ],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct CopilotCli;

/// One of the three stores.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Session,
    Store,
    Spans,
}

fn kind(path: &Path) -> Option<Kind> {
    let name = path.file_name()?.to_str()?;
    let is_below = |folder: &str| path.iter().any(|part| part == folder);
    if is_below("session-state") || is_below("history-session-state") {
        return (name == "events.jsonl").then_some(Kind::Session);
    }
    match name {
        "session-store.db" => Some(Kind::Store),
        _ if path.extension()? == "jsonl" => Some(Kind::Spans),
        _ => None,
    }
}

impl Adapter for CopilotCli {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        kind(path).is_some()
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        (kind(log) == Some(Kind::Store)).then(|| write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        match kind(log.path) {
            Some(Kind::Session) => session::read(log, sink),
            Some(Kind::Store) => store::read(log, sink),
            Some(Kind::Spans) => spans::read(log, sink),
            None => Ok(()),
        }
    }
}
