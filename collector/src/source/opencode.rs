//! `OpenCode` and its forks Kilo CLI and `MiMo` Code: one reader with parameters.
//!
//! Where: the tool's data folder, `$XDG_DATA_HOME/opencode` on every system. Versions before 1.2 wrote one file per
//! message, `storage/message/<session>/<message>.json`, with `storage/part/<message>/*.json`; later ones a database,
//! `opencode.db` or `opencode-<channel>.db`, with the same JSON in `message.data`; version 2 (`opencode-next.db` in its
//! previews) the table `session_message`, whose `type` is a column and whose model is an object.
//!
//! Facts (<https://github.com/anomalyco/opencode>, read 2026-11-21: `packages/opencode/src/session/session.ts` at
//! 008456f4, `session/processor.ts` at 002d9822, `storage/json-migration.ts` at 062aa8c0,
//! `packages/core/src/session/projector.ts` at 008d5715 and `message-updater.ts` at 03130971):
//!
//! - Input never contains the caches. Up to 1.3.15 output is what the AI SDK told: it contains the reasoning of `OpenAI`,
//!   and not that of Google and xAI. From 1.3.16 on (pull request 21047, April 2026) it is the visible output only. The
//!   total decides where it is told; all versions that are in question tell it but the oldest, whose messages are from
//!   before April 2026. Version 2 tells none.
//! - A fork of a session copies its messages with new ids and the same time, model and tokens (Kilo CLI sets their cost
//!   to zero: <https://github.com/Kilo-Org/kilocode/pull/11034>). So does the move from files to the database, with the
//!   same ids, and from version 1 to 2, with new ones. A message is therefore known by the millisecond in which it began,
//!   its model and its tokens. An id begins with the time when it was made: a copy's is later than the message.
//! - Messages from before the loop of one message per answer have several steps: their cost is the sum, their tokens are
//!   those of the last. They tell no `finish`. Their parts of type `step-finish` are read in their stead, as for messages
//!   that were broken off and have no tokens.
//! - `MiMo` Code brings the sessions of Claude Code, Codex and `OpenCode` into its database at its first start; the tables
//!   `claude_import` and `external_import` name them
//!   and the messages that were brought in (<https://github.com/XiaomiMiMo/MiMo-Code>, `session/external-import.ts` at
//!   86da53ce, `session/opencode-import.ts` at 806f00bc). Those count where they come from; what was said in such a
//!   session later counts here.
//! - What a provider such as `claude-code` passes to another tool counts there (`adapter::logs_itself`).
//!
//! Open: titles and summaries of version 2 are only in the session's sums.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use data_schema::Quality;

use crate::adapter::{Adapter, Log, ReadError, Sink, write_ahead};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

mod database;
mod files;
mod message;

/// Folders of the tool that hold no messages, and may hold very much else.
const NOT_ENTERED: [&str; 14] = [
    "bin",
    "log",
    "memory",
    "part",
    "permission",
    "plans",
    "project",
    "repos",
    "session",
    "session_diff",
    "session_share",
    "snapshot",
    "tool-output",
    "worktree",
];

/// A tool of the family.
#[derive(Debug)]
pub(super) struct Family {
    info: Info,
    /// How the names of its databases begin.
    databases: &'static [&'static str],
    /// Tables that name sessions of other tools.
    imports: &'static [&'static str],
}

/// `OpenCode`.
pub(super) static OPENCODE: Family = Family {
    info: Info {
        id: "opencode",
        revision: 1,
        role: Role::Meter,
        quality: Quality::Exact,
        evidence: Evidence::VendorCode {
            repository: "anomalyco/opencode",
            commit: "008456f4dd08000a5bc3fdf13bc1df7046cd1d8e",
        },
        lacks: "titles and summaries of version 2",
        keeps: Keeps::Forever,
        directory_key: "openCodeDir",
        variables: &[Variable::instead("OPENCODE_DATA_DIR"), Variable::beside("OPENCODE_DB")],
        below: &["opencode"],
        folders: &[Folder::all("{data}/opencode")],
        not_entered: &NOT_ENTERED,
    },
    databases: &["opencode"],
    imports: &[],
};

/// Kilo CLI. Its first versions named the databases of channels as `OpenCode` does.
pub(super) static KILO_CLI: Family = Family {
    info: Info {
        id: "kilo-cli",
        revision: 1,
        role: Role::Meter,
        quality: Quality::Exact,
        evidence: Evidence::VendorCode {
            repository: "Kilo-Org/kilocode",
            commit: "043c49bf77c8a657dab459ff37f316bc9a7e27a6",
        },
        lacks: "",
        keeps: Keeps::Forever,
        directory_key: "directory",
        variables: &[Variable::instead("KILO_DATA_DIR"), Variable::beside("KILO_DB")],
        below: &["kilo"],
        folders: &[Folder::all("{data}/kilo")],
        not_entered: &NOT_ENTERED,
    },
    databases: &["kilo", "opencode"],
    imports: &[],
};

/// `MiMo` Code.
pub(super) static MIMO_CODE: Family = Family {
    info: Info {
        id: "mimo-code",
        revision: 1,
        role: Role::Meter,
        quality: Quality::Exact,
        evidence: Evidence::VendorCode {
            repository: "XiaomiMiMo/MiMo-Code",
            commit: "0e293b6de909cf24d5192e1efa11c76917cb2d41",
        },
        lacks: "",
        keeps: Keeps::Forever,
        directory_key: "directory",
        variables: &[Variable::instead("MIMOCODE_HOME"), Variable::beside("MIMOCODE_DB")],
        below: &["data", "mimocode"],
        folders: &[Folder::all("{data}/mimocode")],
        not_entered: &NOT_ENTERED,
    },
    databases: &["mimocode"],
    imports: &["claude_import", "external_import"],
};

impl Family {
    fn is_database(&self, path: &Path) -> bool {
        let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        let fits = |name: &&str| {
            stem.strip_prefix(*name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        path.extension().is_some_and(|extension| extension == "db")
            && self.databases.iter().any(fits)
    }
}

/// `…/storage/message/<session>/<message>.json`.
fn is_message(path: &Path) -> bool {
    let mut above = path.ancestors().skip(2).filter_map(Path::file_name);
    path.extension().is_some_and(|extension| extension == "json")
        && above.next().is_some_and(|name| name == "message")
        && above.next().is_some_and(|name| name == "storage")
}

impl Adapter for Family {
    fn info(&self) -> &Info {
        &self.info
    }

    fn is_log(&self, path: &Path) -> bool {
        self.is_database(path) || is_message(path)
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        self.is_database(log).then(|| write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        if self.is_database(log.path) {
            database::read(self.imports, log, sink)
        } else {
            files::read(log, sink)
        }
    }
}
