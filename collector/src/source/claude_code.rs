//! Claude Code: `~/.claude/projects/**/*.jsonl`, one event per line, usage on assistant lines.
//!
//! Facts (Claude Code 2.1.197 run against a mock, 2026-11-19; format described by its users at
//! <https://github.com/anthropics/claude-code/issues/22686> and
//! <https://github.com/ryoppippi/ccusage/issues/913>, read 2026-11-19; its settings at
//! <https://docs.claude.com/en/docs/claude-code/settings>, read 2026-11-19):
//!
//! - One response is written as one line per content block, all with one `message.id`. The prompt's
//!   numbers repeat, the output grows, the last line is the bill.
//! - `input_tokens` excludes both cache classes; thinking is inside `output_tokens`.
//! - Resumed sessions, `/btw` files and `progress` lines repeat messages of other files: a replay in a
//!   side file even has another request id and other cache numbers.
//! - `usage.iterations` of another type than `message` are calls that the numbers above them do not
//!   contain: of an advisor model, which they name, or for a summary (`compaction`) by the model itself
//!   (<https://platform.claude.com/docs/en/build-with-claude/compaction>).
//! - `<synthetic>` is a placeholder that nobody was billed for.
//! - A `user` line may carry `toolUseResult.usage`, a copy of a sub-agent's last numbers: not counted.
//! - Files older than `cleanupPeriodDays` (default 30) are deleted when the tool starts.

mod load;
mod memo;
mod parse;
pub(super) mod shape;

use std::path::{Path, PathBuf};

use data_schema::Quality;
use data_schema::packed::Damaged;

use crate::files::LogFile;
use crate::logs::{Logs, Reading};
use crate::source::{Evidence, Folder, Info, Keeps, On, Role, Source, Variable};
use crate::trace::Places;

/// What counts, in this revision. Raised when the same line would count differently.
const REVISION: u32 = 1;

/// Days after which Claude Code deletes a log, unless its settings say otherwise.
const RETENTION_DAYS: u32 = 30;

/// A tool that writes the logs of Claude Code.
#[derive(Debug)]
pub(super) struct ClaudeFamily {
    info: Info,
}

/// Claude Code itself.
pub(super) static CLAUDE_CODE: ClaudeFamily = ClaudeFamily {
    info: Info {
        id: "claude-code",
        revision: REVISION,
        role: Role::Meter,
        quality: Quality::Exact,
        evidence: Evidence::Genuine { version: "2.1.197", date: "2026-11-19" },
        lacks: "streams that were cut and repeated",
        keeps: Keeps::Days(RETENTION_DAYS),
        directory_key: "claudeDir",
        variables: &[Variable::instead("CLAUDE_CONFIG_DIR")],
        below: &["projects"],
        folders: &[Folder::all("~/.claude/projects"), Folder::all("{config}/claude/projects")],
        not_entered: &[],
    },
};

/// The agent mode of the desktop application: the same files below a folder for each session.
///
/// Described by <https://github.com/getagentseal/codeburn> (2026-08-22), which also names the second place under
/// Windows, where the application comes from the store.
pub(super) static CLAUDE_DESKTOP: ClaudeFamily = ClaudeFamily {
    info: Info {
        id: "claude-desktop",
        folders: &[
            Folder::all("{user-data}/Claude/local-agent-mode-sessions"),
            Folder::on(
                On::Windows,
                "{localappdata}/Packages/*Claude_*/LocalCache/Roaming/Claude/local-agent-mode-sessions",
            ),
        ],
        below: &["local-agent-mode-sessions"],
        directory_key: "directory",
        variables: &[],
        lacks: "streams that were cut and repeated; where its files lie is known from descriptions",
        ..CLAUDE_CODE.info
    },
};

/// Copies of Claude Code with other settings, side by side: <https://github.com/numman-ali/cc-mirror>.
pub(super) static CC_MIRROR: ClaudeFamily = ClaudeFamily {
    info: Info {
        id: "cc-mirror",
        folders: &[Folder::all("~/.cc-mirror/*/config/projects")],
        below: &["config/projects", "projects"],
        lacks: "streams that were cut and repeated; where its files lie is known from descriptions",
        directory_key: "directory",
        variables: &[],
        ..CLAUDE_CODE.info
    },
};

/// `OpenClaude`, which brings other vendors' models into Claude Code.
///
/// It counts every vendor's caches as Anthropic does, outside of the prompt: <https://github.com/Gitlawb/openclaude>,
/// `src/services/api/cacheMetrics.ts`, read 2026-11-21. Where its files lie: <https://github.com/getagentseal/codeburn>,
/// `src/providers/openclaude.ts`, read 2026-11-21.
pub(super) static OPENCLAUDE: ClaudeFamily = ClaudeFamily {
    info: Info {
        id: "openclaude",
        evidence: Evidence::VendorCode {
            repository: "Gitlawb/openclaude",
            commit: "16ae3a523e6f8f27dc71b99e780f9f9512df2d14",
        },
        folders: &[Folder::all("~/.openclaude/projects")],
        directory_key: "directory",
        variables: &[Variable::instead("OPENCLAUDE_CONFIG_DIR")],
        ..CLAUDE_CODE.info
    },
};

impl Source for ClaudeFamily {
    fn info(&self) -> &Info {
        &self.info
    }

    /// Logs lie below a folder `projects`; the desktop application keeps other things beside it.
    fn is_log(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "jsonl")
            && path.components().any(|part| part.as_os_str() == "projects")
    }

    /// The card of a sub-agent.
    fn companion(&self, log: &Path) -> Option<PathBuf> {
        parse::card(log)
    }

    fn read(&self, logs: &mut Logs<'_>) -> Result<(), Damaged> {
        let changed = logs.changed_logs();
        logs.read(&changed, load::read, |_, ()| {})
    }

    fn places(&self, file: &LogFile, reading: Reading<'_>) -> Places {
        load::places(file, reading)
    }

    fn retention_days(&self, roots: &[PathBuf]) -> Option<u32> {
        let told = roots.iter().filter_map(|root| load::cleanup_period(root)).min();
        Some(told.unwrap_or(RETENTION_DAYS))
    }

    fn answer(&self) -> Option<&'static [u8]> {
        Some(b"\"assistant\"")
    }
}
