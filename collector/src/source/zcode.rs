//! `ZCode`: `cli/db/db.sqlite` below its home, table `model_usage`, a row per request.
//!
//! Facts, in which two descriptions agree (<https://github.com/getagentseal/codeburn>, `docs/providers/zcode.md` at
//! 2d66f13b; <https://github.com/ccusage/ccusage>, `docs/guide/zcode/index.md` at 2801bc72; read 2026-11-21):
//!
//! - Input contains what was read from and written to the caches; it and the output add up to `provider_total_tokens`.
//! - Reasoning was 0 in every row that anybody has seen; the total says whether it is a part of the output.
//! - Requests that failed or were broken off have zeros.
//! - Times are milliseconds.
//!
//! Not read: the lines below `cli/log`, whose counts are struck out, and transcripts without counts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use data_schema::Quality;

use crate::adapter::{
    Adapter, Counts, Draft, Log, ReadError, Shape, Sink, logs_itself, write_ahead,
};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

static INFO: Info = Info {
    id: "zcode",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/getagentseal/codeburn/blob/2d66f13bf20e21ec748df0828891b6771e5c9dd5/docs/providers/zcode.md (2026-11-21)",
            "https://github.com/ccusage/ccusage/blob/2801bc7205df0d6116ec3ee5141c3e92fc2bf659/docs/guide/zcode/index.md (2026-11-21)",
        ],
    },
    lacks: "",
    keeps: Keeps::Unknown,
    directory_key: "directory",
    variables: &[Variable::instead("ZCODE_HOME")],
    below: &["cli/db"],
    folders: &[Folder::all("~/.zcode/cli/db")],
    not_entered: &[],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct ZCode;

impl Adapter for ZCode {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "db.sqlite")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let database = log.database(sink)?;
        let mut sessions: HashMap<String, (Option<String>, Option<String>)> = HashMap::new();
        database.rows("session", &["id", "directory", "path", "parent_id"], "", |row| {
            let about = (row.text(1).or_else(|| row.text(2)), row.text(3));
            sessions.extend(row.text(0).map(|id| (id, about)));
        })?;
        let columns = [
            "id",
            "session_id",
            "model_id",
            "input_tokens",
            "output_tokens",
            "reasoning_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
            "provider_total_tokens",
            "started_at",
            "completed_at",
            "provider_id",
        ];
        let usual = Shape { prompt_has_cache: true, output_has_reasoning: true };
        database.rows("model_usage", &columns, "", |row| {
            let provider = row.text(11);
            if provider.as_deref().is_some_and(logs_itself) {
                return;
            }
            let id = row.text(0).unwrap_or_default();
            let session = row.text(1).unwrap_or_default();
            let raw = Counts {
                input: sink.count(row.count(3), "input_tokens"),
                output: sink.count(row.count(4), "output_tokens"),
                reasoning: sink.count(row.count(5), "reasoning_tokens"),
                cache_read: sink.count(row.count(6), "cache_read_input_tokens"),
                cache_creation: sink.count(row.count(7), "cache_creation_input_tokens"),
                ..Counts::default()
            };
            let total = sink.count(row.count(8), "provider_total_tokens");
            let (folder, parent) = sessions.get(&session).cloned().unwrap_or_default();
            let model = row.text(2);
            sink.push(&Draft {
                own: &[&session, &id],
                at: row.time(9).or_else(|| row.time(10)),
                model: model.as_deref(),
                counts: raw.fitting(total.filter(|total| total.get() > 0), usual).0,
                session: Some(&session),
                parent: parent.as_deref(),
                folder: folder.as_deref(),
                vendor: provider.as_deref(),
                ..Draft::default()
            });
        })
    }
}
