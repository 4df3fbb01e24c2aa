//! Copilot in VS Code, and in other editors that are built on it.
//!
//! 1. `globalStorage/github.copilot-chat/agent-traces.db`: spans, if the user has switched them on. A span `chat` is a
//!    request of a model; `invoke_agent` repeats the sum. Older than seven days they are deleted. Exact.
//! 2. `workspaceStorage/<folder>/chatSessions/<session>.jsonl` and `globalStorage/emptyWindowChatSessions`: a journal
//!    of changes (`kind` 0 = the whole session, 1 = set, 2 = append, 3 = delete) from which the session is made anew;
//!    before 1.109 the session itself as `.json`, which may still lie beside the journal. Partial.
//!
//! Facts (read 2026-11-21): <https://github.com/microsoft/vscode-copilot-chat>,
//! `src/platform/otel/node/sqlite/otelSqliteStore.ts`; <https://github.com/microsoft/vscode> (commit
//! `047238f9fe1b7661362b3f27cfbddd503339cb1b`), `src/vs/workbench/contrib/chat/common/model/objectMutationLog.ts`;
//! <https://github.com/getagentseal/codeburn/blob/main/docs/providers/copilot.md>.
//!
//! - A turn of a session may be many requests. It tells the prompt of the last of them and the output of all, without
//!   caches. So it is a reading of what the session used from the turn's begin to its end, and gives way to spans of
//!   the session in that time when data is read. Neither needs to be there for the other.
//! - A turn that was taken back was spent all the same: it counts if it was seen.
//! - Turns and spans without counts are not estimated from their texts.
//! - The input of a span contains the caches, its output the reasoning.
//! - Copilot CLI and Claude Code run inside of VS Code as well, and log their requests themselves: spans of their traces
//!   (`agent_name` is `copilotcli` or `claude`) are not counted here.
//!
//! Open: spans of other processes of an editor; completions while typing, which nothing tells.

use std::path::{Path, PathBuf};

use data_schema::Quality;

use crate::adapter::{Adapter, Log, ReadError, Sink, write_ahead};
use crate::source::{Evidence, Folder, Info, Keeps, Role};

mod chat;
mod journal;
mod spans;

/// What is known of Copilot in VS Code.
static INFO: Info = Info {
    id: "copilot-vscode",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::VendorCode {
        repository: "microsoft/vscode-copilot-chat",
        commit: "1e56a63bdde4a0dd546751691a1ba7f226f6499c",
    },
    lacks: "caches and all but the last prompt of a turn, where spans are not switched on; completions while typing",
    keeps: Keeps::Prunes,
    directory_key: "directory",
    variables: &[],
    below: &[
        "User/workspaceStorage",
        "User/globalStorage/emptyWindowChatSessions",
        "User/globalStorage/github.copilot-chat/agent-traces.db",
    ],
    folders: &[
        Folder::all("{editor}/User/workspaceStorage/*/chatSessions"),
        Folder::all("{editor}/User/globalStorage/emptyWindowChatSessions"),
        Folder::all("{editor}/User/globalStorage/github.copilot-chat/agent-traces.db"),
    ],
    not_entered: &["chatEditingSessions"],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct CopilotVscode;

impl Adapter for CopilotVscode {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        is_database(path) || is_chat(path)
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        is_database(log).then(|| write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        if is_database(log.path) { spans::read(log, sink) } else { chat::read(log, sink) }
    }
}

fn is_database(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "agent-traces.db")
}

fn is_chat(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    path.extension().is_some_and(|end| end == "jsonl" || end == "json")
        && folder.is_some_and(|name| name == "chatSessions" || name == "emptyWindowChatSessions")
}
