//! Zed's own agent: `threads/threads.db` in Zed's data folder, a row per thread, its JSON compressed by zstd.
//!
//! Facts (<https://github.com/zed-industries/zed>, `crates/agent/src/db.rs` at 0642ec7e, read 2026-11-21):
//!
//! - `cumulative_token_usage` grows with every request of the thread. `request_token_usage` has the last request of each
//!   message of the user and adds up to less, after an upgrade of an old thread perhaps to more: the greater counts.
//! - Input contains no caches; reasoning is not told apart.
//! - Only the model that is chosen now is told, and only the time of the last change.
//! - Threads of other agents (Claude Code, Codex, Gemini CLI through ACP) are kept by those agents. Versions and forks that
//!   keep them here too name the agent in a column, or as the provider; they do not count.
//!
//! So a thread is a counter.

use std::collections::BTreeMap;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use data_schema::{Kind, Quality, Tokens};
use ruzstd::decoding::StreamingDecoder;
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Row, Sink, logs_itself, write_ahead};
use crate::loose::{LooseCount, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, On, Role};

static INFO: Info = Info {
    id: "zed",
    revision: 1,
    role: Role::Counter,
    quality: Quality::Partial,
    evidence: Evidence::VendorCode {
        repository: "zed-industries/zed",
        commit: "0642ec7e49e2d2c06f55db8c5bb2d4eca0f5223b",
    },
    lacks: "single requests; the models of a thread but the last one",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[],
    below: &["threads"],
    folders: &[
        Folder::on(On::Linux, "{data}/zed/threads"),
        Folder::on(On::MacOs, "{support}/Zed/threads"),
        Folder::on(On::Windows, "{localappdata}/Zed/threads"),
    ],
    not_entered: &[],
};

/// A thread larger than this is damaged. Bytes after decompression.
const LARGEST_THREAD: u64 = 1024 * 1024 * 1024;
/// Versions of a thread's JSON; the first ones tell none.
const KNOWN: [&str; 3] = ["0.1.0", "0.2.0", "0.3.0"];
/// What the column of the agent says of Zed's own.
const OWN: [&str; 4] = ["zed", "zed agent", "zed-agent", "native"];

/// The adapter.
#[derive(Debug)]
pub(super) struct Zed;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Thread {
    version: LooseText<'static>,
    updated_at: LooseTime,
    model: Maybe<Model>,
    cumulative_token_usage: Maybe<Usage>,
    request_token_usage: Maybe<BTreeMap<String, Maybe<Usage>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Model {
    provider: LooseText<'static>,
    model: LooseText<'static>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the tool's names")]
struct Usage {
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cache_creation_input_tokens: LooseCount,
    cache_read_input_tokens: LooseCount,
}

impl Adapter for Zed {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "threads.db")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let database = log.database(sink)?;
        let mut unknown = None;
        let columns = [
            "id",
            "data_type",
            "data",
            "updated_at",
            "parent_id",
            "folder_paths",
            "agent_name",
            "agent_id",
        ];
        database.rows("threads", &columns, "", |row| {
            let id = row.text(0).unwrap_or_default();
            let agent = row.text(6).or_else(|| row.text(7));
            if agent.is_some_and(|agent| !OWN.iter().any(|own| agent.eq_ignore_ascii_case(own))) {
                return;
            }
            match thread(row) {
                Ok(thread) => {
                    let version = thread.version.get().filter(|version| !KNOWN.contains(version));
                    unknown = version.map(ToOwned::to_owned).or(unknown.take());
                    if version.is_none() {
                        take(sink, row, &id, &thread);
                    }
                }
                Err(reason) => sink.skip(format!("thread `{id}` {reason}")),
            }
        })?;
        match unknown {
            Some(version) => Err(ReadError::version(version, "0.1.0 to 0.3.0")),
            None => Ok(()),
        }
    }
}

fn thread(row: &Row<'_, '_>) -> Result<Thread, String> {
    let data = row.bytes(2).unwrap_or_default();
    let told = |error: serde_json::Error| format!("is not valid JSON: {error}");
    match row.text(1).as_deref() {
        Some("zstd") => {
            let decoder = StreamingDecoder::new(data)
                .map_err(|error| format!("cannot be unpacked: {error}"))?;
            let reader = BufReader::new(decoder.take(LARGEST_THREAD));
            serde_json::from_reader(reader).map_err(told)
        }
        Some("json") | None => serde_json::from_slice(data).map_err(told),
        Some(other) => Err(format!("is kept as `{other}`, which is not known")),
    }
}

fn take(sink: &mut Sink<'_>, row: &Row<'_, '_>, id: &str, thread: &Thread) {
    let model = thread.model.0.as_ref();
    let provider = model.and_then(|model| model.provider.get());
    if provider.is_some_and(logs_itself) {
        return;
    }
    let cumulative = counts(sink, thread.cumulative_token_usage.0.unwrap_or_default());
    let mut sum = Counts::default();
    for usage in thread.request_token_usage.0.iter().flat_map(BTreeMap::values) {
        let request = counts(sink, usage.0.unwrap_or_default());
        sum = Counts {
            input: plus(sum.input, request.input),
            output: plus(sum.output, request.output),
            cache_read: plus(sum.cache_read, request.cache_read),
            cache_creation: plus(sum.cache_creation, request.cache_creation),
            ..sum
        };
    }
    let counts = if sum.sum() > cumulative.sum() { sum } else { cumulative };
    let own = [counts.input, counts.output, counts.cache_read, counts.cache_creation]
        .map(|count| count.map_or(0, Tokens::get).to_string());
    let [input, output, read, write] = &own;
    let name = model.and_then(|model| model.model.get());
    let parent = row.text(4);
    // Several folders stand one below the other; which of them was meant is not told.
    let folder = row.text(5).filter(|folders| !folders.trim().contains('\n'));
    sink.push(&Draft {
        own: &[id, input, output, read, write, name.unwrap_or_default()],
        at: thread.updated_at.0.or_else(|| row.time(3)),
        model: name,
        counts,
        session: Some(id),
        parent: parent.as_deref(),
        folder: folder.as_deref(),
        vendor: provider,
        kind: Kind::SessionReading,
        ..Draft::default()
    });
}

fn counts(sink: &mut Sink<'_>, usage: Usage) -> Counts {
    Counts {
        input: sink.count(usage.input_tokens, "input_tokens"),
        output: sink.count(usage.output_tokens, "output_tokens"),
        cache_read: sink.count(usage.cache_read_input_tokens, "cache_read_input_tokens"),
        cache_creation: sink
            .count(usage.cache_creation_input_tokens, "cache_creation_input_tokens"),
        ..Counts::default()
    }
}

fn plus(left: Option<Tokens>, right: Option<Tokens>) -> Option<Tokens> {
    match (left, right) {
        (Some(left), Some(right)) => {
            Some(Tokens::saturating(left.get().saturating_add(right.get())))
        }
        (left, right) => left.or(right),
    }
}
