//! Sessions since 2.25: `CURRENT` names the generation whose `projection-state.json` holds, and the journal tells what
//! came after it. Both tell the sums of the session; each file gives its last.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::LazyLock;

use data_schema::{Quality, UtcSeconds};
use serde::Deserialize;

use super::reading;
use crate::adapter::{Counts, Draft, Log, ReadError, Sink, json_file};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseText, LooseTime, Maybe};

/// The folder of these sessions.
const UNIFIED: &str = "unified";
/// The form that is known.
const STORE_FORMAT: &str = "mistral.vibe.unified-session-store/v1";

static MARKERS: LazyLock<Markers> = LazyLock::new(|| Markers::any(&["\"tokenUsage\""]));

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Current {
    store_format: LooseText<'static>,
    generation: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RuntimeState {
    session_metadata: Maybe<SessionMetadata>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SessionMetadata {
    active_model: LooseText<'static>,
    cwd: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Projection {
    snapshot: Maybe<State>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Record {
    payload: Maybe<Payload>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Payload {
    snapshot: Maybe<State>,
    delta: Vec<Maybe<Operation>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Operation {
    state: Maybe<State>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct State {
    session: Maybe<Session>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Session {
    updated_at: LooseTime,
    token_usage: Maybe<TokenUsage>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are the tool's own")]
struct TokenUsage {
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cached_input_tokens: LooseCount,
}

/// Sums, and when they were told.
type Point = (TokenUsage, Option<UtcSeconds>);

pub(super) fn is_inside(path: &Path) -> bool {
    path.ancestors().any(|folder| folder.ends_with(UNIFIED))
}

pub(super) fn is_log(path: &Path) -> bool {
    let is_named = |name: &str| path.file_name().is_some_and(|own| own == name);
    let is_journal = path.extension() == Some(OsStr::new("jsonl"))
        && path.parent().is_some_and(|folder| folder.ends_with("journal"));
    is_inside(path) && (is_named("projection-state.json") || is_journal)
}

pub(super) fn read(log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
    let Some(root) = log
        .path
        .ancestors()
        .find(|folder| folder.parent().is_some_and(|parent| parent.ends_with(UNIFIED)))
    else {
        return Ok(());
    };
    let current: Current = json_file(&root.join("CURRENT")).unwrap_or_default();
    match current.store_format.get() {
        None | Some(STORE_FORMAT) => {}
        Some(other) => return Err(ReadError::version(other, STORE_FORMAT)),
    }
    let generation = root.join("generations").join(current.generation.get().unwrap_or_default());
    let runtime: RuntimeState =
        json_file(&generation.join("runtime-state.json")).unwrap_or_default();
    let Some((usage, at)) = last(log, sink)? else {
        sink.silent();
        return Ok(());
    };
    let counts = Counts {
        input: sink.count(usage.input_tokens, "inputTokens"),
        cache_read: sink.count(usage.cached_input_tokens, "cachedInputTokens"),
        output: sink.count(usage.output_tokens, "outputTokens"),
        ..Counts::default()
    };
    let metadata = runtime.session_metadata.0.as_ref();
    reading(
        sink,
        counts,
        &Draft {
            at,
            model: metadata.and_then(|metadata| metadata.active_model.get()),
            folder: metadata.and_then(|metadata| metadata.cwd.get()),
            session: root.file_name().and_then(OsStr::to_str),
            // This form is known from a description only.
            quality: Some(Quality::Partial),
            ..Draft::default()
        },
    );
    Ok(())
}

/// The last sums that a file tells.
fn last(log: &Log<'_>, sink: &mut Sink<'_>) -> Result<Option<Point>, ReadError> {
    if log.path.extension() == Some(OsStr::new("json")) {
        let projection: Projection = log.document()?;
        return Ok(projection.snapshot.0.as_ref().and_then(point));
    }
    let mut last = None;
    log.lines(sink, &MARKERS, |_, record: Record| {
        let Some(payload) = &record.payload.0 else { return };
        let operations = payload.delta.iter().filter_map(|operation| operation.0.as_ref());
        let states = operations.map(|operation| &operation.state).chain([&payload.snapshot]);
        let newest = states.filter_map(|state| state.0.as_ref()).filter_map(point).next_back();
        last = newest.or(last);
    })?;
    Ok(last)
}

fn point(state: &State) -> Option<Point> {
    let session = state.session.0.as_ref()?;
    Some((session.token_usage.0?, session.updated_at.0))
}
