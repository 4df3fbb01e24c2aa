//! One chat, from its journal or as it is.

use std::path::Path;
use std::sync::LazyLock;

use data_schema::{Kind, Quality, Tokens, UtcSeconds};
use serde::Deserialize;

use super::journal::Entry;
use crate::adapter::{Counts, Draft, Log, ReadError, Sink, json_file};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseNumber, LooseText, LooseTime, Maybe};

/// Every line that begins a chat or changes a turn.
static MARKERS: LazyLock<Markers> = LazyLock::new(|| Markers::any(&["\"requests\""]));

/// The newest version of a chat that is known.
const KNOWN_VERSION: f64 = 3.0;

/// How long a turn takes at most of which no end is told. Seconds.
const LONGEST_TURN: i64 = 3600;

/// Agents that log their requests themselves.
const OTHER_TOOLS: [&str; 3] = ["copilotcli", "claude", "claude-code"];

/// What is told of a chat.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Chat {
    version: LooseNumber,
    session_id: LooseText<'static>,
    pub(super) requests: Turns,
    /// Turns that were taken out again.
    #[serde(skip)]
    pub(super) gone: Vec<Turn>,
}

/// Turns; anything that is none is a turn without usage, so that places do not shift.
#[derive(Debug, Default)]
pub(super) struct Turns(pub(super) Vec<Turn>);

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Turn {
    request_id: LooseText<'static>,
    pub(super) timestamp: LooseTime,
    pub(super) model_id: LooseText<'static>,
    pub(super) prompt_tokens: LooseCount,
    pub(super) completion_tokens: LooseCount,
    pub(super) result: Maybe<Outcome>,
    pub(super) model_state: Maybe<State>,
    agent: Maybe<Agent>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Agent {
    id: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct State {
    completed_at: LooseTime,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Outcome {
    metadata: Maybe<Metadata>,
    timings: Maybe<Timings>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    prompt_tokens: LooseCount,
    output_tokens: LooseCount,
    resolved_model: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Timings {
    /// Milliseconds.
    total_elapsed: LooseNumber,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Workspace {
    folder: LooseText<'static>,
}

impl<'de> Deserialize<'de> for Turns {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let turns: Vec<Maybe<Turn>> = Vec::deserialize(deserializer)?;
        Ok(Self(turns.into_iter().map(|turn| turn.0.unwrap_or_default()).collect()))
    }
}

pub(super) fn read(log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
    let mut chat = Chat::default();
    let is_journal = log.path.extension().is_some_and(|extension| extension == "jsonl");
    if is_journal {
        log.lines(sink, &MARKERS, |sink, entry: Entry| {
            if entry.apply(&mut chat).is_none() {
                sink.skip("a line is of a kind that is not known");
            }
        })?;
    } else {
        chat = log.document()?;
    }
    if let Some(version) = chat.version.0.filter(|version| *version > KNOWN_VERSION) {
        return Err(ReadError::version(version, "up to 3"));
    }
    sink.at_no_line();
    sink.unordered();
    let folder = folder(log);
    let session = chat.session_id.get().unwrap_or(log.stem()).to_owned();
    for turn in &chat.gone {
        turn.push(sink, &session, folder.as_deref(), None);
    }
    let turns = &chat.requests.0;
    for (place, turn) in turns.iter().enumerate() {
        let next = turns.get(place + 1).and_then(|next| next.timestamp.0);
        turn.push(sink, &session, folder.as_deref(), next);
    }
    Ok(())
}

/// The folder of the editor's window.
fn folder(log: &Log<'_>) -> Option<String> {
    let workspace: Workspace = json_file(&log.path.parent()?.parent()?.join("workspace.json"))?;
    let url = workspace.folder.get()?;
    // Else the name of a machine, then the path there.
    let remote = || {
        let rest = url.strip_prefix("vscode-remote://")?;
        rest.find('/').map(|at| &rest[at..])
    };
    let path = url.strip_prefix("file://").or_else(remote)?;
    let path = decoded(path);
    // A path of Windows begins with a slash there.
    let is_windows = path.as_bytes().get(2) == Some(&b':');
    let path = if is_windows { path[1..].to_owned() } else { path };
    Some(path).filter(|path| Path::new(path).has_root() || is_windows)
}

/// A path with `%20` and the like written out.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let hex = behind.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let code = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let (b'%', Some(code)) = (first, code) {
            bytes.push(code);
            rest = &behind[2..];
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Turn {
    fn push(
        &self,
        sink: &mut Sink<'_>,
        session: &str,
        folder: Option<&str>,
        next: Option<UtcSeconds>,
    ) {
        let outcome = self.result.0.as_ref();
        let metadata = outcome.and_then(|outcome| outcome.metadata.0.as_ref());
        let agent = self.agent.0.as_ref().and_then(|agent| agent.id.get());
        if agent.is_some_and(|agent| OTHER_TOOLS.contains(&agent)) {
            return;
        }
        let mut greater =
            |told: LooseCount, other: Option<LooseCount>, field: &str| -> Option<Tokens> {
                let other = other.and_then(|other| sink.count(other, field));
                sink.count(told, field).max(other)
            };
        let prompt = metadata.map(|metadata| metadata.prompt_tokens);
        let output = metadata.map(|metadata| metadata.output_tokens);
        let counts = Counts {
            input: greater(self.prompt_tokens, prompt, "promptTokens"),
            output: greater(self.completion_tokens, output, "completionTokens"),
            ..Counts::default()
        };
        // A turn that was broken off, or has no answer yet.
        if counts.input.is_none() && counts.output.is_none() {
            if metadata.is_some() {
                sink.silent();
            }
            return;
        }
        let (vendor, asked) = match self.model_id.get().map(|id| id.split_once('/').ok_or(id)) {
            Some(Ok((vendor, model))) => (Some(vendor), Some(model)),
            Some(Err(model)) => (None, Some(model)),
            None => (None, None),
        };
        let resolved = metadata.and_then(|metadata| metadata.resolved_model.get());
        sink.push(&Draft {
            own: &["turn", session, self.request_id.get().unwrap_or_default()],
            at: self.timestamp.0,
            model: resolved.or(asked),
            requested_model: asked,
            counts,
            duration_ms: Some(self.duration(next)),
            quality: Some(Quality::Partial),
            kind: Kind::SessionReading,
            session: Some(session),
            folder,
            vendor,
            ..Draft::default()
        });
    }

    /// From the begin to the end, in milliseconds.
    fn duration(&self, next: Option<UtcSeconds>) -> u32 {
        let begin = self.timestamp.0.map_or(0, UtcSeconds::seconds);
        let state = self.model_state.0.as_ref();
        let end = state.and_then(|state| state.completed_at.0).map(UtcSeconds::seconds);
        let timings = self.result.0.as_ref().and_then(|outcome| outcome.timings.0.as_ref());
        let elapsed =
            timings.and_then(|timings| timings.total_elapsed.0).map(|ms| (ms / 1000.0).ceil());
        let seconds = match (end, elapsed, next) {
            (Some(end), ..) if end >= begin => end - begin,
            #[expect(
                clippy::cast_possible_truncation,
                reason = "what does not fit is the longest turn"
            )]
            (_, Some(elapsed), _) if elapsed >= 0.0 => elapsed as i64,
            (_, _, Some(next)) => next.seconds() - begin - 1,
            _ => LONGEST_TURN,
        };
        let ms = seconds.clamp(0, 7 * 24 * LONGEST_TURN).saturating_mul(1000);
        u32::try_from(ms).unwrap_or(u32::MAX)
    }
}
