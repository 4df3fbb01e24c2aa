//! Codex (command line, application, editor extension): `~/.codex/sessions/**/rollout-*.jsonl`.
//!
//! Facts (<https://github.com/openai/codex>, crate `rollout`, and
//! <https://github.com/ryoppippi/ccusage/issues/950>, `#1288`, read 2026-11-19):
//!
//! - `token_count` events carry the thread's running total and the last request. The same event is
//!   written again when limits are refreshed; only a changed total is a new request.
//! - Totals fall after a compaction, and a resumed file may begin with a large one: then the last
//!   request counts.
//! - Input contains what was read from and written to the cache; output contains reasoning.
//! - Newer versions write `token_usage_record` lines with the response's id beside the counts, also
//!   inside of `compacted` lines. Their `turn_token_usage` and `thread_token_usage` are running sums.
//! - A fork or sub-agent begins with a replay of its parent's events, with new times.
//! - Cold rollouts are compressed (`.jsonl.zst`), archived ones move to `archived_sessions`.
//! - Codex itself deletes nothing.

mod accept;
mod family;
mod kin;
mod load;
mod parse;
mod paths;
mod resume;
pub(super) mod shape;

use std::path::Path;

use data_schema::Quality;
use data_schema::packed::Damaged;

use crate::files::LogFile;
use crate::logs::{Logs, Reading};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Source, Variable};
use crate::trace::Places;

/// What counts, in this revision. Raised when the same line would count differently.
const REVISION: u32 = 1;

/// What is known of Codex.
static INFO: Info = Info {
    id: "codex",
    revision: REVISION,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::Genuine { version: "0.169.0", date: "2026-11-20" },
    lacks: "streams that were cut",
    keeps: Keeps::Forever,
    directory_key: "codexDir",
    variables: &[Variable::instead("CODEX_HOME")],
    below: &["sessions", "archived_sessions"],
    folders: &[Folder::all("~/.codex/sessions"), Folder::all("~/.codex/archived_sessions")],
    not_entered: &[],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct Codex;

impl Source for Codex {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        paths::is_rollout(path)
    }

    fn read(&self, logs: &mut Logs<'_>) -> Result<(), Damaged> {
        kin::read_changed(logs)
    }

    fn places(&self, file: &LogFile, reading: Reading<'_>) -> Places {
        load::places(file, reading)
    }

    fn answer(&self) -> Option<&'static [u8]> {
        Some(b"\"assistant\"")
    }
}
