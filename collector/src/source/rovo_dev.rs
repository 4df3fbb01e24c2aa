//! Rovo Dev of Atlassian: `~/.rovodev/sessions/<session>/session_context.json`, one document per session with all its
//! requests and responses.
//!
//! Facts (`rust/adapters/rovo/README.md` and `src/parser.rs` in <https://github.com/ccusage/ccusage>, commit 565c43fe;
//! `pydantic_ai_slim/pydantic_ai/usage.py` in <https://github.com/pydantic/pydantic-ai>, commit 003e4cef, whose messages
//! these are, and where the total is input and output; read 2026-11-21; they agree):
//!
//! - A response (`"kind": "response"`) has `usage`. `input_tokens` (`request_tokens` in versions 0.6) contains what was
//!   read from and written to the cache; `details` has the numbers as Anthropic told them, apart.
//! - `usage` of the document is the sum of the responses: not read.
//! - A forked session begins with copies of the responses; `provider_response_id` (`vendor_id` in versions 0.6) stays.
//!   Responses without it are told apart by their time and numbers.
//! - Versions 0.6 do not tell the model.
//! - `sessions.persistenceDir` in `~/.rovodev/config.yml` moves the sessions: the configuration has to name it here.

use std::path::Path;

use data_schema::{Quality, Tokens};
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink};
use crate::loose::{LooseCount, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role};

static INFO: Info = Info {
    id: "rovo-dev",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Partial,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/ccusage/ccusage/tree/main/rust/adapters/rovo, 2026-11-21",
            "https://github.com/pydantic/pydantic-ai, 2026-11-21",
        ],
    },
    lacks: "models in versions 0.6",
    keeps: Keeps::Unknown,
    directory_key: "directory",
    variables: &[],
    below: &["sessions"],
    folders: &[Folder::all("~/.rovodev/sessions")],
    not_entered: &[],
};

/// The adapter.
#[derive(Debug)]
pub(super) struct RovoDev;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SessionContext {
    workspace_path: LooseText<'static>,
    message_history: Vec<Maybe<Message>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    kind: LooseText<'static>,
    model_name: LooseText<'static>,
    timestamp: LooseTime,
    provider_response_id: LooseText<'static>,
    vendor_id: LooseText<'static>,
    usage: Maybe<ResponseUsage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ResponseUsage {
    input_tokens: LooseCount,
    request_tokens: LooseCount,
    output_tokens: LooseCount,
    response_tokens: LooseCount,
    cache_read_tokens: LooseCount,
    cache_write_tokens: LooseCount,
    details: Maybe<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names are the tool's own")]
struct Details {
    input_tokens: LooseCount,
    cache_creation_input_tokens: LooseCount,
    cache_read_input_tokens: LooseCount,
}

impl Adapter for RovoDev {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "session_context.json")
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let session: SessionContext = log.document()?;
        for message in session.message_history.iter().filter_map(|message| message.0.as_ref()) {
            if message.kind.get() == Some("response") {
                response(sink, log.folder(1), session.workspace_path.get(), message);
            }
        }
        Ok(())
    }
}

fn response(sink: &mut Sink<'_>, session: &str, folder: Option<&str>, message: &Message) {
    let Some(usage) = &message.usage.0 else { return sink.silent() };
    let counts = counts(sink, usage);
    let id = message.provider_response_id.get().or(message.vendor_id.get());
    let at = message.timestamp.0.map_or_else(String::new, |at| at.to_string());
    let numbers = [counts.input, counts.cache_read, counts.cache_creation, counts.output]
        .map(|count| count.map_or_else(String::new, |count| count.get().to_string()));
    let [input, read, created, output] = &numbers;
    let by_numbers = [at.as_str(), input, read, created, output];
    let own: &[&str] = match &id {
        Some(id) => &[id],
        None => &by_numbers,
    };
    sink.push(&Draft {
        response: id,
        own,
        at: message.timestamp.0,
        model: message.model_name.get(),
        counts,
        session: Some(session),
        folder,
        ..Draft::default()
    });
}

fn counts(sink: &mut Sink<'_>, usage: &ResponseUsage) -> Counts {
    let input = sink.count(usage.input_tokens, "input_tokens");
    let output = sink.count(usage.output_tokens, "output_tokens");
    let whole = Counts {
        input: input.or(sink.count(usage.request_tokens, "request_tokens")),
        cache_read: sink.count(usage.cache_read_tokens, "cache_read_tokens"),
        cache_creation: sink.count(usage.cache_write_tokens, "cache_write_tokens"),
        output: output.or(sink.count(usage.response_tokens, "response_tokens")),
        ..Counts::default()
    };
    let Some(details) = &usage.details.0 else { return sink.prompt_with_cache(whole) };
    let apart = Counts {
        cache_read: sink.count(details.cache_read_input_tokens, "cache_read_input_tokens"),
        cache_creation: sink
            .count(details.cache_creation_input_tokens, "cache_creation_input_tokens"),
        ..whole
    };
    // Details of other providers have other names.
    match sink.count(details.input_tokens, "details.input_tokens") {
        Some(input) if input > Tokens::ZERO || apart.cache_read.is_some() => {
            Counts { input: Some(input), ..apart }
        }
        _ => sink.prompt_with_cache(whole),
    }
}
