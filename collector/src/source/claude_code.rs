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
mod paths;
pub(super) mod shape;

use std::path::{Path, PathBuf};

use data_schema::packed::Damaged;

use crate::environment::Environment;
use crate::files::LogFile;
use crate::logs::Logs;
use crate::report::Retention;
use crate::source::{Located, Place, Source};

/// The provider's id.
const ID: &str = "claude-code";

/// What counts, in this revision. Raised when the same line would count differently.
const REVISION: u32 = 1;

/// The adapter.
#[derive(Debug)]
pub(super) struct ClaudeCode;

impl Source for ClaudeCode {
    fn id(&self) -> &'static str {
        ID
    }

    fn title(&self) -> &'static str {
        "Claude Code"
    }

    fn directory_key(&self) -> &'static str {
        "claudeDir"
    }

    fn revision(&self) -> u32 {
        REVISION
    }

    fn locate(&self, place: &Place<'_>) -> Located {
        paths::locate(place)
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

    fn retention(
        &self,
        roots: &[PathBuf],
        files: &[LogFile],
        environment: &Environment,
    ) -> Option<Retention> {
        load::retention(roots, files, environment)
    }
}
