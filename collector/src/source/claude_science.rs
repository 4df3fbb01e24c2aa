//! Claude Science: one or more databases below its home, table `frames`: a row per frame, which is a conversation or the
//! turn of a sub-agent.
//!
//! Facts (<https://github.com/ccusage/ccusage>, `rust/adapters/claude-science/README.md` and `src/loader.rs` at 31f52373,
//! read 2026-11-21; the only description):
//!
//! - The counts of a frame are sums that grow while it goes on. Those of its sub-agents are not in them.
//! - Input contains no caches: the four numbers add up.
//! - `total_cost` is the app's own estimate in US dollars; models may have the name of a route before a colon; times are
//!   milliseconds.
//!
//! So a frame is a counter.
//!
//! Open: whether a frame changes its model; the counter goes on under the new name.

use std::path::{Path, PathBuf};

use data_schema::{Kind, Quality};

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink, write_ahead};
use crate::source::{Evidence, Folder, Info, Keeps, On, Role, Variable};

static INFO: Info = Info {
    id: "claude-science",
    revision: 1,
    role: Role::Counter,
    quality: Quality::Partial,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/ccusage/ccusage/blob/31f523737134c13c1d9547b1a675ddd9e2bfd435/rust/adapters/claude-science/README.md (2026-11-21)",
        ],
    },
    lacks: "single requests",
    keeps: Keeps::Unknown,
    directory_key: "directory",
    variables: &[Variable::instead("CLAUDE_SCIENCE_DB")],
    below: &[".claude-science"],
    folders: &[
        Folder::all("~/.claude-science"),
        Folder::all("{config}/claude-science"),
        Folder::all("{config}/Claude Science"),
        Folder::all("{data}/claude-science"),
        Folder::all("{data}/Claude Science"),
        Folder::on(On::MacOs, "{support}/Claude Science"),
        Folder::on(On::Windows, "{appdata}/Claude Science"),
    ],
    not_entered: &["Cache", "Code Cache", "GPUCache", "logs", "node_modules"],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct ClaudeScience;

impl Adapter for ClaudeScience {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "db")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let database = log.database(sink)?;
        let there = database.columns("frames")?;
        if !there.is_empty() && !there.contains("input_tokens") {
            sink.silent();
            return Ok(());
        }
        let columns = [
            "id",
            "root_frame_id",
            "model",
            "input_tokens",
            "output_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "total_cost",
            "updated_at",
        ];
        database.rows("frames", &columns, "", |row| {
            let id = row.text(0).unwrap_or_default();
            let numbers = [3, 4, 5, 6].map(|column| row.text(column).unwrap_or_default());
            // Frames of files that were added have no counts at all.
            if numbers.iter().all(String::is_empty) {
                return;
            }
            let told = row.text(2);
            let model =
                told.as_deref().map(|model| model.split_once(':').map_or(model, |(_, name)| name));
            let [input, output, read, write] = &numbers;
            let parent = row.text(1).filter(|root| *root != id);
            let counts = Counts {
                input: sink.count(row.count(3), "input_tokens"),
                output: sink.count(row.count(4), "output_tokens"),
                cache_read: sink.count(row.count(5), "cache_read_tokens"),
                cache_creation: sink.count(row.count(6), "cache_write_tokens"),
                ..Counts::default()
            };
            sink.push(&Draft {
                own: &[&id, input, output, read, write, model.unwrap_or_default()],
                at: row.time(8),
                model,
                counts,
                cost: row.number(7),
                session: Some(&id),
                parent: parent.as_deref(),
                kind: Kind::SessionReading,
                ..Draft::default()
            });
        })
    }
}
