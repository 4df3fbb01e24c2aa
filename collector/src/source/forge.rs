//! Forge: the database `~/.forge/.forge.db` (`~/forge/.forge.db` in older versions), table `conversations`; the context
//! of each is JSON, with usage on messages.
//!
//! Facts (<https://github.com/tailcallhq/forgecode>, `crates/forge_repo/src/conversation/conversation_record.rs`, commit
//! 17d95c37, and `crates/forge_domain/src/env.rs`, commit 7892fd77, read 2026-11-21):
//!
//! - `context.messages[]` is `{"message": {"text": {...}}, "usage": {...}}`. Each number is `{"actual": n}` or
//!   `{"approx": n}`; the latter is an estimate of Forge itself and bills nobody.
//! - `prompt_tokens` contains `cached_tokens`; `completion_tokens` contains the reasoning. `cost` is in US dollars.
//! - Messages have no id and no time. A compaction takes messages away and moves the others, so that their place tells
//!   nothing either: an answer is known by its tool calls, else by its conversation and numbers. Its time is the one
//!   at which the conversation was last changed when it was first seen.
//! - A copy of a conversation has a new id: its answers without tool calls count again.
//! - A fork of Forge compresses contexts (`context_zstd`): those are read as well.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use data_schema::{Quality, Tokens};
use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Row, Sink, write_ahead};
use crate::loose::{LooseCount, LooseNumber, LooseText, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role};

/// A context that is larger unpacked is none. Bytes.
const LARGEST_CONTEXT: u64 = 512 * 1024 * 1024;

static INFO: Info = Info {
    id: "forge",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::VendorCode {
        repository: "tailcallhq/forgecode",
        commit: "17d95c37077f3e0ef3b95bc4834adb74fb557440",
    },
    lacks: "times and ids of answers, tokens written to a cache, what was compacted before the first look",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[],
    // The database itself: `~/forge` may be any folder of the user's.
    below: &[".forge.db"],
    folders: &[Folder::all("~/.forge/.forge.db"), Folder::all("~/forge/.forge.db")],
    not_entered: &[],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct Forge;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Context {
    messages: Vec<Maybe<Entry>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    message: Maybe<Message>,
    usage: Maybe<EntryUsage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    text: Maybe<TextMessage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TextMessage {
    role: LooseText<'static>,
    model: LooseText<'static>,
    tool_calls: Vec<Maybe<ToolCall>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ToolCall {
    call_id: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EntryUsage {
    prompt_tokens: Maybe<TokenCount>,
    completion_tokens: Maybe<TokenCount>,
    cached_tokens: Maybe<TokenCount>,
    cost: LooseNumber,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenCount {
    #[serde(alias = "Actual")]
    actual: LooseCount,
}

impl Adapter for Forge {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == ".forge.db")
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(write_ahead(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let columns = [
            "conversation_id",
            "context",
            "context_zstd",
            "updated_at",
            "created_at",
            "cwd",
            "parent_id",
        ];
        log.database(sink)?.rows("conversations", &columns, "", |row| {
            let Some(context) = context(row) else { return };
            match context {
                Ok(context) => conversation(sink, row, &context),
                Err(error) => {
                    let id = row.text(0).unwrap_or_default();
                    sink.skip(format!("the context of conversation {id} is not read: {error}"));
                }
            }
        })
    }
}

/// What a conversation holds, packed or not; `None` if nothing.
fn context(row: &Row<'_, '_>) -> Option<Result<Context, String>> {
    if let Some(context) = row.json(1) {
        return Some(context.map_err(|error: serde_json::Error| error.to_string()));
    }
    let packed = row.bytes(2)?;
    let mut text = Vec::new();
    let read = ruzstd::decoding::StreamingDecoder::new(packed)
        .map_err(|error| error.to_string())
        .and_then(|unpacked| {
            unpacked.take(LARGEST_CONTEXT).read_to_end(&mut text).map_err(|error| error.to_string())
        });
    Some(read.and_then(|_| serde_json::from_slice(&text).map_err(|error| error.to_string())))
}

fn conversation(sink: &mut Sink<'_>, row: &Row<'_, '_>, context: &Context) {
    let id = row.text(0).unwrap_or_default();
    let parent = row.text(6);
    let folder = row.text(5);
    let place = Draft {
        at: row.time(3).or(row.time(4)),
        session: Some(&id),
        parent: parent.as_deref(),
        folder: folder.as_deref(),
        ..Draft::default()
    };
    // Answers of one conversation with equal numbers.
    let mut equal: FxHashMap<[u64; 3], u32> = FxHashMap::default();
    for entry in context.messages.iter().filter_map(|entry| entry.0.as_ref()) {
        let text = entry.message.0.as_ref().and_then(|message| message.text.0.as_ref());
        let is_answer = text
            .and_then(|text| text.role.get())
            .is_some_and(|role| role.eq_ignore_ascii_case("assistant"));
        match (text, &entry.usage.0) {
            (Some(text), Some(usage)) if is_answer => {
                answer(sink, &place, (text, usage), &mut equal);
            }
            (Some(_), None) if is_answer => sink.silent(),
            _ => {}
        }
    }
}

fn answer(
    sink: &mut Sink<'_>,
    place: &Draft<'_>,
    (text, usage): (&TextMessage, &EntryUsage),
    equal: &mut FxHashMap<[u64; 3], u32>,
) {
    let mut actual = |count: &Maybe<TokenCount>, field| {
        sink.count(count.0.as_ref().map(|count| count.actual).unwrap_or_default(), field)
    };
    let counts = Counts {
        input: actual(&usage.prompt_tokens, "prompt_tokens"),
        cache_read: actual(&usage.cached_tokens, "cached_tokens"),
        output: actual(&usage.completion_tokens, "completion_tokens"),
        ..Counts::default()
    };
    let numbers =
        [counts.input, counts.cache_read, counts.output].map(|count| count.map_or(0, Tokens::get));
    let nth = equal.entry(numbers).or_default();
    *nth += 1;
    let [input, read, output] = numbers.map(|number| number.to_string());
    let nth = nth.to_string();
    let mut calls = text.tool_calls.iter().filter_map(|call| call.0.as_ref());
    let call = calls.find_map(|call| call.call_id.get());
    let of_call = [call.unwrap_or_default(), &input, &read, &output];
    let of_place = [place.session.unwrap_or_default(), &input, &read, &output, &nth];
    let counts = sink.prompt_with_cache(counts);
    sink.push(&Draft {
        own: if call.is_some() { &of_call } else { &of_place },
        model: text.model.get(),
        counts,
        cost: usage.cost.0,
        ..place.clone()
    });
}
