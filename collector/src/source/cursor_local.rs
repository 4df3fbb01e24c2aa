//! Cursor on this machine: the table `cursorDiskKV` of `User/globalStorage/state.vscdb`, where a key
//! `bubbleId:<chat>:<message>` holds a message as JSON.
//!
//! Facts (<https://github.com/getagentseal/codeburn/blob/main/docs/providers/cursor.md> and
//! <https://github.com/Citadawn/cursor-history/blob/main/specs/009-token-usage/data-model.md>, read 2026-11-21; they
//! agree):
//!
//! - `tokenCount` has `inputTokens` and `outputTokens`; newer versions write zeros for most messages. A message without
//!   counts is not counted: texts are not estimated, because what Cursor sends with them is not known.
//! - What is told is what Cursor's own client knew, without caches: estimated. What was billed is in the interface
//!   `cursor-admin` and in the export `cursor-export`, which are sources of their own and no total beside this one.
//! - The key is the identity. The model of a message is in `modelInfo.modelName`, else that of its chat
//!   (`composerData:<chat>`, `modelConfig.modelName`).
//!
//! Open: whether `inputTokens` has the whole prompt.

use std::path::{Path, PathBuf};

use data_schema::Quality;
use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Row, Sink, write_ahead};
use crate::loose::{LooseCount, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role};

/// What is known of Cursor.
static INFO: Info = Info {
    id: "cursor-local",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Estimated,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/getagentseal/codeburn/blob/main/docs/providers/cursor.md (2026-11-21)",
            "https://github.com/Citadawn/cursor-history/blob/main/specs/009-token-usage/data-model.md (2026-11-21)",
        ],
    },
    lacks: "caches, and all counts of most messages of new versions: import Cursor's export instead",
    keeps: Keeps::Unknown,
    directory_key: "directory",
    variables: &[],
    below: &["User/globalStorage/state.vscdb"],
    folders: &[
        Folder::all("{user-data}/Cursor/User/globalStorage/state.vscdb"),
        Folder::all("~/.cursor-server/data/User/globalStorage/state.vscdb"),
    ],
    not_entered: &[],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct CursorLocal;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Bubble {
    token_count: Maybe<Count>,
    model_info: Maybe<Model>,
    created_at: LooseTime,
    timing_info: Maybe<Timing>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Count {
    input_tokens: LooseCount,
    output_tokens: LooseCount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Model {
    model_name: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Timing {
    client_start_time: LooseTime,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Composer {
    model_config: Maybe<Model>,
    created_at: LooseTime,
}

impl Adapter for CursorLocal {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "state.vscdb")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let database = log.database(sink)?;
        let mut chats: FxHashMap<String, Composer> = FxHashMap::default();
        // A range of keys is found in the index; a pattern is not.
        let composers = "WHERE key >= 'composerData:' AND key < 'composerData;'";
        database.rows("cursorDiskKV", &["key", "value"], composers, |row| {
            let key = row.text(0).unwrap_or_default();
            if let (Some(chat), Some(Ok(composer))) =
                (key.strip_prefix("composerData:"), row.json(1))
            {
                chats.insert(chat.to_owned(), composer);
            }
        })?;
        // Most messages tell zeros, and are not parsed.
        let bubbles = "WHERE key >= 'bubbleId:' AND key < 'bubbleId;' AND instr(value, '\"tokenCount\"') > 0 \
            AND instr(value, '\"tokenCount\":{\"inputTokens\":0,\"outputTokens\":0}') = 0";
        database.rows("cursorDiskKV", &["key", "value"], bubbles, |row| {
            message(sink, row, &chats);
        })
    }
}

fn message(sink: &mut Sink<'_>, row: &Row<'_, '_>, chats: &FxHashMap<String, Composer>) {
    let key = row.text(0).unwrap_or_default();
    let bubble: Bubble = match row.json(1) {
        Some(Ok(bubble)) => bubble,
        Some(Err(error)) => {
            sink.skip(format!("a message is not valid JSON: {error}"));
            return;
        }
        None => return,
    };
    let Some(told) = &bubble.token_count.0 else { return };
    let counts = Counts {
        input: sink.count(told.input_tokens, "inputTokens"),
        output: sink.count(told.output_tokens, "outputTokens"),
        ..Counts::default()
    };
    // Zeros stand for "not known".
    if counts.sum() == 0 {
        if told.input_tokens == LooseCount::NotTold && told.output_tokens == LooseCount::NotTold {
            sink.silent();
        }
        return;
    }
    let chat = key.split(':').nth(1).unwrap_or_default();
    let composer = chats.get(chat);
    let name = |model: &Maybe<Model>| {
        model.0.as_ref().and_then(|model| model.model_name.get().map(ToOwned::to_owned))
    };
    let model = name(&bubble.model_info)
        .or_else(|| composer.and_then(|composer| name(&composer.model_config)));
    let started = bubble.timing_info.0.as_ref().and_then(|timing| timing.client_start_time.0);
    sink.push(&Draft {
        own: &[&key],
        at: bubble.created_at.0.or(started).or(composer.and_then(|composer| composer.created_at.0)),
        model: model.as_deref().filter(|model| *model != "default"),
        counts,
        session: Some(chat),
        ..Draft::default()
    });
}
