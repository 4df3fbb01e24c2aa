//! Kiro: the CLI (`~/.kiro/sessions/cli/<session>.json` with the turns, and `.jsonl` beside it with what was said), and the
//! IDE (`~/.kiro/sessions/<folder>/sess_<id>/messages.jsonl`; before, documents without an extension below
//! `globalStorage/kiro.kiroagent`).
//!
//! Facts (<https://github.com/getagentseal/codeburn/blob/main/docs/providers/kiro.md>, its `src/providers/kiro.ts`, and
//! <https://github.com/junhoyeo/tokscale>, read 2026-11-21; several readers describe the fields of turns and of
//! `usage_summary` alike):
//!
//! - Kiro bills in credits. `metering_usage` of a turn, `promptTurnSummaries` of a `usage_summary` and `usageSummary`
//!   of an execution tell them exactly. A record has no field for credits: they are told as what Kiro asks for a
//!   credit beyond the plan, 0.04 US dollars (<https://kiro.dev/pricing>), and as paid by the plan.
//! - Token counts are 0 in all that was seen. They count where they are not. Else the prompt of a CLI turn is estimated
//!   from the share of the context window that it filled, and the output from the letters of the answer (four a
//!   token). The IDE tells neither: its records have credits and no tokens.
//! - A turn is one record, whichever of the two files of a session tells of it: the turns are read, and what was said is
//!   looked up.
//!
//! Open: the names of models of the IDE; whether the share of the window is that of the last request of a turn.

use std::path::{Path, PathBuf};

use data_schema::Quality;

use crate::adapter::{Adapter, Log, ReadError, Sink};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

mod cli;
mod ide;

/// What is known of Kiro.
static INFO: Info = Info {
    id: "kiro",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Estimated,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/getagentseal/codeburn/blob/main/docs/providers/kiro.md (2026-11-21)",
            "https://github.com/junhoyeo/tokscale (2026-11-21)",
        ],
    },
    lacks: "tokens: credits are exact, tokens of the CLI are estimated, the IDE has none",
    keeps: Keeps::Unknown,
    directory_key: "directory",
    variables: &[Variable::instead("KIRO_HOME")],
    below: &["sessions"],
    folders: &[
        Folder::all("~/.kiro/sessions"),
        Folder::all("{user-data}/Kiro/User/globalStorage/kiro.kiroagent"),
        Folder::all("~/.kiro-server/data/User/globalStorage/kiro.kiroagent"),
    ],
    not_entered: &["snapshots", "workspace-sessions"],
};

/// What a credit beyond the plan costs, in US dollars (<https://kiro.dev/pricing>).
const CREDIT: f64 = 0.04;

/// The adapter.
#[derive(Debug)]
pub(super) struct Kiro;

/// Where a log comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cli,
    Ide,
    OldIde,
}

fn kind(path: &Path) -> Option<Kind> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let folder = path.parent()?.file_name()?;
    match extension {
        Some("json") if folder == "cli" => Some(Kind::Cli),
        Some("jsonl") if path.file_name()? == "messages.jsonl" => Some(Kind::Ide),
        // Folders have names of the same kind there.
        None if path.iter().any(|part| part == "kiro.kiroagent") && path.is_file() => {
            Some(Kind::OldIde)
        }
        _ => None,
    }
}

impl Adapter for Kiro {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        kind(path).is_some()
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        (kind(log) == Some(Kind::Cli)).then(|| log.with_extension("jsonl"))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        match kind(log.path) {
            Some(Kind::Cli) => cli::read(log, sink),
            Some(Kind::Ide) => ide::read(log, sink),
            Some(Kind::OldIde) => ide::read_old(log, sink),
            None => Ok(()),
        }
    }
}

/// What so many credits are worth, in US dollars, without what came from adding up.
fn worth(credits: f64) -> f64 {
    (credits * CREDIT * 1e9).round() / 1e9
}
