//! pi and what came from it: one line per entry of a session, usage on the messages of the assistant.
//!
//! Where: `~/.pi/agent/sessions/--<folder>--/<time>_<id>.jsonl`, `~/.omp/agent/sessions`, `~/.gjc/agent/sessions`, and
//! `~/.openclaw/agents/<agent>/sessions` (before: `.clawdbot`, `.moltbot`, `.moldbot`), where closed sessions are
//! renamed to `*.jsonl.reset.<time>` or `*.jsonl.deleted.<time>`, also compressed (`.zst`), and newer versions keep the
//! same entries in `agent/openclaw-agent.sqlite`, table `transcript_events`.
//!
//! Facts (pi 0.73.1 run against a mock, 2026-11-20; <https://github.com/badlogic/pi-mono> `packages/ai/src/types.ts`,
//! `packages/ai/src/providers/google.ts`, `packages/coding-agent/src/core/session-manager.ts`;
//! <https://github.com/can1357/oh-my-pi> `packages/coding-agent/src/session/session-entries.ts`;
//! <https://github.com/Yeachan-Heo/gajae-code> `packages/ai/src/types.ts`; <https://github.com/openclaw/openclaw>
//! `src/config/sessions/archive-compression.ts`; read 2026-11-21):
//!
//! - `input` lacks both cache classes and `output` contains the reasoning. Older versions put all of the prompt into
//!   `input` behind Google's interface: `totalTokens` tells them apart.
//! - A branch or fork repeats entries in a new file, with their times. A file of the first version has no ids of
//!   entries; they are made up when it is rewritten. So entries are known by their times and counts.
//! - `responseId` is the provider's id of the response, `cost.total` the list price in US dollars.
//! - OMP writes calls that are no part of the conversation, such as titles, as `model_usage` entries.
//! - OMP can go on with a session of Claude Code: it copies the answers, with the provider's ids, so that they are the
//!   same responses. Those of Codex are copied without usage.
//! - Results of the tool `task` repeat what sub-agents used; those have files of their own.
//! - Behind the providers `claude-cli` and `codex-cli`, `OpenClaw` starts Claude Code or Codex, which log for
//!   themselves: their answers are not counted here.
//!
//! Open: whether older versions of `OpenClaw` log what a compaction costs.

mod entry;
mod store;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use data_schema::Quality;

use crate::adapter::{Adapter, Log, ReadError, Sink, write_ahead};
use crate::lines::Markers;
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};
use entry::{Entry, Session};

/// What every line has that counts or says what counts: usage, the header, the kind of a sub-agent, another model.
const NEEDLES: [&str; 3] = ["\"usage\"", "\"session", "\"model_change\""];

static MARKERS: LazyLock<Markers> = LazyLock::new(|| Markers::any(&NEEDLES));

/// The newest version of the format that is known.
const NEWEST: f64 = 3.0;

/// A tool that writes sessions as pi does.
#[derive(Debug)]
pub(super) struct PiFamily {
    info: Info,
    /// Providers that stand for another tool, which logs for itself.
    passes_on: &'static [&'static str],
    /// Name of the database that has the entries of newer versions.
    database: Option<&'static str>,
}

/// pi.
pub(super) static PI: PiFamily = PiFamily {
    info: Info {
        id: "pi",
        revision: 1,
        role: Role::Meter,
        quality: Quality::Exact,
        evidence: Evidence::Genuine { version: "0.73.1", date: "2026-11-20" },
        lacks: "the calls that summarise a session",
        keeps: Keeps::Forever,
        directory_key: "directory",
        variables: &[
            Variable::instead("PI_CODING_AGENT_DIR"),
            Variable::beside("PI_CODING_AGENT_SESSION_DIR"),
        ],
        below: &["agent/sessions", "sessions"],
        folders: &[Folder::all("~/.pi/agent/sessions")],
        not_entered: &[],
    },
    passes_on: &[],
    database: None,
};

/// OMP (oh-my-pi).
pub(super) static OMP: PiFamily = PiFamily {
    info: Info {
        id: "omp",
        evidence: Evidence::VendorCode {
            repository: "can1357/oh-my-pi",
            commit: "01d016cac40ff3e15df51753e62af8b85e9fcf77",
        },
        variables: &[],
        folders: &[Folder::all("~/.omp/agent/sessions")],
        ..PI.info
    },
    ..PI
};

/// gajae-code.
pub(super) static GAJAE_CODE: PiFamily = PiFamily {
    info: Info {
        id: "gajae-code",
        evidence: Evidence::VendorCode {
            repository: "Yeachan-Heo/gajae-code",
            commit: "03a9bfdeea768b103ec5c8c233a461922b6c2148",
        },
        variables: &[Variable::instead("GJC_CODING_AGENT_DIR")],
        folders: &[Folder::all("~/.gjc/agent/sessions"), Folder::all("{data}/gjc/sessions")],
        ..PI.info
    },
    ..PI
};

/// `OpenClaw`.
pub(super) static OPENCLAW: PiFamily = PiFamily {
    info: Info {
        id: "openclaw",
        evidence: Evidence::VendorCode {
            repository: "openclaw/openclaw",
            commit: "141a5b9cd9d8e18e0156cd70e937a3c1e2bb28f3",
        },
        keeps: Keeps::Prunes,
        variables: &[Variable::instead("OPENCLAW_STATE_DIR")],
        below: &["agents"],
        folders: &[
            Folder::all("~/.openclaw/agents"),
            Folder::all("~/.clawdbot/agents"),
            Folder::all("~/.moltbot/agents"),
            Folder::all("~/.moldbot/agents"),
        ],
        ..PI.info
    },
    passes_on: &["claude-cli", "codex-cli"],
    database: Some("openclaw-agent.sqlite"),
};

impl Adapter for PiFamily {
    fn info(&self) -> &Info {
        &self.info
    }

    fn is_log(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        self.is_database(path) || is_session(name, self.database.is_some())
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        self.is_database(log).then(|| write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        if self.is_database(log.path) {
            return store::read(self, log, sink);
        }
        let name = log.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let mut session = Session::new(name.split(".jsonl").next().unwrap_or_default());
        let mut newer = None;
        log.lines(sink, &MARKERS, |sink, entry: Entry| {
            newer = newer.or_else(|| entry.newer_version());
            if newer.is_none() {
                session.take(self, sink, entry, None);
            }
        })?;
        newer.map_or(Ok(()), |version| Err(ReadError::version(version, "1 to 3")))
    }
}

impl PiFamily {
    fn is_database(&self, path: &Path) -> bool {
        self.database.is_some_and(|name| path.file_name().is_some_and(|file| file == name))
    }
}

/// Whether a file is a session, be it a closed one under another name.
fn is_session(name: &str, may_be_closed: bool) -> bool {
    let name = name.strip_suffix(".zst").filter(|_| may_be_closed).unwrap_or(name);
    let Some((stem, end)) = name.split_once(".jsonl") else { return false };
    // What the model was sent, step by step: the same answers once more.
    let is_trace = stem.ends_with(".trajectory");
    let is_closed = end.starts_with(".reset.") || end.starts_with(".deleted.");
    !is_trace && (end.is_empty() || may_be_closed && is_closed)
}
