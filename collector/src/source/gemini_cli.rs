//! Gemini CLI: `~/.gemini/tmp/<project>/chats/session-*.jsonl`, a journal of messages; `session-*.json`, one document,
//! in older versions; sub-agents in `chats/<session>/<id>.jsonl`.
//!
//! Facts (<https://github.com/google-gemini/gemini-cli>, `packages/core/src/services/chatRecordingService.ts`, commit
//! 016443b5, read 2026-11-21, and Gemini CLI 0.61.0 run against a mock, 2026-11-21):
//!
//! - `tokens` are the API's numbers: `input` contains `cached`, `output` lacks `thoughts`, `tool` is prompt that tools
//!   add, `total` is the sum of `input`, `output`, `thoughts` and `tool`.
//! - A message is written again, whole and with the same id, when its tool calls or its tokens come in.
//! - `{"$set": {"messages": [...]}}` is the history that the model sees from now on: after `--resume` all old answers
//!   are in it, with new times. It bills nobody.
//! - `{"$rewindTo": ID}` takes messages out of the conversation. They were paid for: they count.
//! - A document that is resumed goes on as a journal beside it, which begins with copies of its messages.
//! - `.project_root` beside `chats` holds the path of the project, in versions since 2026.
//! - Files older than `general.sessionRetention.maxAge` (on by default, `30d`) are deleted when the tool starts.

pub(super) mod conversation;

use std::path::{Path, PathBuf};

use data_schema::Quality;
use serde::Deserialize;

use crate::adapter::{Adapter, Log, ReadError, Sink, json_file};
use crate::loose::{LooseText, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

/// Days after which Gemini CLI deletes a log, unless its settings say otherwise.
const RETENTION_DAYS: u32 = 30;

static INFO: Info = Info {
    id: "gemini-cli",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::Genuine { version: "0.61.0", date: "2026-11-21" },
    lacks: "calls of the model router, streams that were cut",
    keeps: Keeps::Days(RETENTION_DAYS),
    directory_key: "directory",
    variables: &[Variable::instead("GEMINI_CLI_HOME")],
    below: &[".gemini/tmp", "tmp"],
    folders: &[Folder::all("~/.gemini/tmp")],
    not_entered: &["tool-outputs"],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct GeminiCli;

impl Adapter for GeminiCli {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        conversation::is_document(path) || conversation::is_journal(path)
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        conversation::project_file(log)
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        conversation::read(log, sink)
    }

    fn retention_days(&self, roots: &[PathBuf]) -> Option<u32> {
        let settings = roots.iter().filter_map(|root| root.parent());
        let mut settings = settings.filter_map(|folder| json_file(&folder.join("settings.json")));
        retention(&settings.next().unwrap_or_default())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    general: Maybe<General>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct General {
    session_retention: Maybe<Retention>,
}

#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Retention {
    enabled: bool,
    max_age: LooseText<'static>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { enabled: true, max_age: LooseText::default() }
    }
}

/// Days that the settings say; `None` if nothing is deleted.
fn retention(settings: &Settings) -> Option<u32> {
    let told = settings.general.0.as_ref().and_then(|general| general.session_retention.0.as_ref());
    let Some(told) = told else { return Some(RETENTION_DAYS) };
    if !told.enabled {
        return None;
    }
    told.max_age.get().map_or(Some(RETENTION_DAYS), days)
}

/// `24h`, `7d`, `2w`, `1m` in whole days, rounded down; a month has 30.
fn days(age: &str) -> Option<u32> {
    let (number, hours) = [('h', 1), ('d', 24), ('w', 7 * 24), ('m', 30 * 24)]
        .into_iter()
        .find_map(|(unit, hours)| Some((age.strip_suffix(unit)?, hours)))?;
    Some(number.parse::<u32>().ok()?.checked_mul(hours)? / 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_say_how_long_logs_are_kept() {
        for (settings, kept) in [
            ("{}", Some(30)),
            (r#"{"general":{"sessionRetention":{"maxAge":"2w"}}}"#, Some(14)),
            (r#"{"general":{"sessionRetention":{"maxAge":"48h"}}}"#, Some(2)),
            (r#"{"general":{"sessionRetention":{"enabled":false,"maxAge":"7d"}}}"#, None),
            (r#"{"general":[]}"#, Some(30)),
        ] {
            assert_eq!(retention(&serde_json::from_str(settings).unwrap()), kept, "{settings}");
        }
    }
}
