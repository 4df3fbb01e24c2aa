//! Droid (Factory): `~/.factory/sessions/**/<session>.settings.json`, one document per session, with the session's
//! growing totals; its transcript lies beside it as `<session>.jsonl`.
//!
//! Facts (<https://github.com/getagentseal/codeburn> `src/providers/droid.ts`, the adapters of
//! <https://github.com/ryoppippi/ccusage> 20.0.11 and <https://github.com/junhoyeo/tokscale> 4.6.0, `factoryUsage` of
//! <https://github.com/sheep3gold/t3code>, and `droid` of <https://github.com/vibe-cafe/vibe-usage>, which was tested
//! with a run of Droid; read 2026-11-21. They agree but for the thoughts: see below.):
//!
//! - `tokenUsage` is the sum of the whole session, whatever models it used; `inclusiveTokenUsage` beside it also has the
//!   sessions that it started, which have files of their own. `inputTokens` lacks both cache classes.
//! - `effectiveFactoryRouterModel` is the model that a router took, else `model` is the last one. One of the user's own
//!   is called `custom:<name>-[<vendor>]-<number>`; `~/.factory/settings.json` says which model that is.
//! - `providerLockTimestamp` is the beginning of the session: the newest time of the transcript says when the total was
//!   reached.
//! - The first three add `thinkingTokens` to `outputTokens`, without a reason. The last two take them for a part of it,
//!   as they are in what Anthropic and `OpenAI` send; so do we, unless there are more thoughts than output.

use std::io::{Read as _, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use data_schema::{Kind, Quality, UtcSeconds, parse_log_time};
use memchr::memmem;
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink, json_file};
use crate::loose::{Items, LooseCount, LooseText, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

/// What is known of Droid.
static INFO: Info = Info {
    id: "droid",
    revision: 1,
    role: Role::Counter,
    quality: Quality::Partial,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/getagentseal/codeburn/blob/main/src/providers/droid.ts (2026-11-21)",
            "https://github.com/ryoppippi/ccusage (20.0.11)",
            "https://github.com/sheep3gold/t3code (2026-11-21)",
        ],
    },
    lacks: "single responses: only each session's total is told, under its last model",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("DROID_SESSIONS_DIR")],
    below: &["sessions"],
    folders: &[Folder::all("~/.factory/sessions")],
    not_entered: &[],
};

/// The end of a log's name.
const END: &str = ".settings.json";

/// How much of a transcript's end is looked at for the newest time. Bytes.
const TAIL: u64 = 64 * 1024;

/// The adapter.
#[derive(Debug)]
pub(super) struct Droid;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Settings {
    model: LooseText<'static>,
    provider_lock: LooseText<'static>,
    effective_factory_router_model: Maybe<Routed>,
    token_usage: Maybe<Totals>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Routed {
    model_id: LooseText<'static>,
}

/// The user's own models.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Catalog {
    custom_models: Items<Custom>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Custom {
    id: LooseText<'static>,
    model: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the log's own names")]
struct Totals {
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cache_creation_tokens: LooseCount,
    cache_read_tokens: LooseCount,
    thinking_tokens: LooseCount,
}

/// How a transcript begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Start {
    id: LooseText<'static>,
    cwd: LooseText<'static>,
}

impl Adapter for Droid {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(END))
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Some(transcript(log))
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let Maybe(Some(settings)) = log.document::<Maybe<Settings>>()? else { return Ok(()) };
        // A session that has not asked yet has none.
        let Some(totals) = &settings.token_usage.0 else {
            if newest(log.path).is_some() {
                sink.silent();
            }
            return Ok(());
        };
        let counts = Counts {
            input: sink.count(totals.input_tokens, "inputTokens"),
            output: sink.count(totals.output_tokens, "outputTokens"),
            cache_read: sink.count(totals.cache_read_tokens, "cacheReadTokens"),
            cache_creation: sink.count(totals.cache_creation_tokens, "cacheCreationTokens"),
            reasoning: sink.count(totals.thinking_tokens, "thinkingTokens"),
            ..Counts::default()
        };
        let start = start(log.path);
        let in_name = log.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let session = start.id.get().or(in_name.strip_suffix(END)).unwrap_or(in_name);
        let asked = settings.model.get();
        let routed = settings.effective_factory_router_model.0.as_ref();
        let routed = routed.and_then(|routed| routed.model_id.get());
        let own = asked.and_then(|asked| own_model(log.path, asked));
        let model = routed.or(own.as_deref()).or(asked.map(named));
        sink.push(&Draft {
            kind: Kind::SessionReading,
            own: &[session, &counts.written(), model.unwrap_or_default()],
            at: newest(log.path),
            model,
            requested_model: asked,
            counts: if counts.reasoning > counts.output {
                counts.output_without_reasoning()
            } else {
                counts
            },
            session: Some(session),
            folder: start.cwd.get(),
            vendor: settings.provider_lock.get(),
            ..Draft::default()
        });
        Ok(())
    }
}

/// The transcript of a session.
fn transcript(log: &Path) -> PathBuf {
    let name = log.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    log.with_file_name(format!("{}.jsonl", name.strip_suffix(END).unwrap_or(&name)))
}

/// The first line of the transcript.
fn start(log: &Path) -> Start {
    let mut bytes = Vec::new();
    let file = fs_err::File::open(transcript(log))
        .and_then(|file| file.take(TAIL).read_to_end(&mut bytes));
    let line = bytes.split(|byte| *byte == b'\n').next().filter(|_| file.is_ok());
    line.and_then(|line| serde_json::from_slice(line).ok()).unwrap_or_default()
}

/// The last time that the transcript tells.
fn newest(log: &Path) -> Option<UtcSeconds> {
    let mut file = fs_err::File::open(transcript(log)).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    let key = b"\"timestamp\"";
    let at = memmem::rfind(&bytes, key)?;
    let value = bytes.get(at + key.len()..)?.split(|byte| *byte == b'"').nth(1)?;
    parse_log_time(std::str::from_utf8(value).ok()?)
}

/// The model that the user's settings name so.
fn own_model(log: &Path, asked: &str) -> Option<String> {
    asked.strip_prefix("custom:")?;
    let is_sessions = |path: &&Path| path.file_name().is_some_and(|name| name == "sessions");
    let home = log.ancestors().find(is_sessions)?.parent()?;
    let catalog: Catalog = json_file(&home.join("settings.json"))?;
    let mut fitting =
        catalog.custom_models.0.iter().filter(|custom| custom.id.get() == Some(asked));
    fitting.find_map(|custom| custom.model.get().map(ToOwned::to_owned))
}

/// A model's name without what Droid puts around it.
fn named(model: &str) -> &str {
    let Some(own) = model.strip_prefix("custom:") else { return model };
    own.split("-[").next().filter(|name| !name.is_empty()).unwrap_or(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_of_ones_own_have_a_name() {
        assert_eq!(named("custom:Claude-Opus-4.5-[Anthropic]-0"), "Claude-Opus-4.5");
        assert_eq!(named("claude-opus-4-5"), "claude-opus-4-5");
        assert_eq!(named("custom:a"), "a");
    }
}
