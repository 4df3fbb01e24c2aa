//! Cline CLI, and Cline since 4.1 in editors: `~/.cline/data/sessions/<session>/<name>.messages.json`, one document per
//! agent of a session; `<session>.json` beside it tells the working folder and a sum.
//!
//! Facts (Cline CLI 3.0.65 run against a mock, 2026-11-21; <https://github.com/cline/cline>, `sdk/packages/core`,
//! read 2026-11-21):
//!
//! - `metrics` of an assistant message is the usage of the request that it ends. `inputTokens` contains what was read
//!   from and written to the cache. Reasoning is part of the output and not told.
//! - A session that was copied keeps the ids of its messages: the session is no part of the identity.
//! - A task of Cline 3 that goes on here begins with a copy of its messages, and the old sum on the last of them; a
//!   notice of the user's side ends the copy. What is before it is counted by the source `cline`.
//! - Where no message has metrics (it broke off, or is of an older version) the sum of the session is a reading of a
//!   counter, which gives way to messages. `aggregateUsage` contains sub-agents, which have documents of their own.
//! - With the provider `claude-code` another tool is run, which logs the request itself: not counted here.

use std::path::{Path, PathBuf};

use data_schema::{Kind, Quality, UtcSeconds};
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink, json_file, readable};
use crate::loose::{LooseCount, LooseNumber, LooseText, LooseTime, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

/// What is known of Cline CLI.
static INFO: Info = Info {
    id: "cline-cli",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::Genuine { version: "3.0.65", date: "2026-11-21" },
    lacks: "reasoning apart from output",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[
        Variable::instead("CLINE_SESSION_DATA_DIR"),
        Variable::instead("CLINE_DATA_DIR"),
        Variable::instead("CLINE_DIR"),
    ],
    below: &["sessions", "data/sessions"],
    folders: &[Folder::all("~/.cline/data/sessions")],
    not_entered: &[],
};

/// The end of the name of a log.
const END: &str = ".messages.json";
/// The newest version of the format that is known.
const KNOWN_VERSION: f64 = 1.0;
/// What ends the copy of an older task.
const NOTICE: &[u8] = b"this is a legacy conversation";
/// The provider that is another tool.
const OTHER_TOOL: &str = "claude-code";

/// The adapter.
#[derive(Debug)]
pub(super) struct ClineCli;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document<'a> {
    version: LooseNumber,
    agent: LooseText<'static>,
    updated_at: LooseTime,
    origin: Maybe<Origin>,
    #[serde(borrow)]
    messages: Vec<Maybe<Message<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Origin {
    version: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Message<'a> {
    id: LooseText<'static>,
    role: LooseText<'static>,
    ts: LooseTime,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    model_info: Maybe<Model>,
    metrics: Maybe<Metrics>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Model {
    id: LooseText<'static>,
    provider: LooseText<'static>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metrics {
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cache_read_tokens: LooseCount,
    cache_write_tokens: LooseCount,
    cost: LooseNumber,
    total_cost: LooseNumber,
}

/// What is told of a session as a whole.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Manifest {
    provider: LooseText<'static>,
    model: LooseText<'static>,
    cwd: LooseText<'static>,
    ended_at: LooseTime,
    metadata: Maybe<Metadata>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    usage: Maybe<Metrics>,
}

impl Adapter for ClineCli {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(END))
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        manifest(log)
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let bytes = log.bytes()?;
        let text = readable(&bytes);
        let document: Document<'_> = if text.trim_start().starts_with('[') {
            Document { messages: serde_json::from_str(&text)?, ..Document::default() }
        } else {
            serde_json::from_str(&text)?
        };
        if let Some(version) = document.version.0.filter(|version| *version > KNOWN_VERSION) {
            return Err(ReadError::version(version, "1"));
        }
        let manifest = manifest(log.path).and_then(|path| json_file(&path)).unwrap_or_default();
        let session = Session { log, document: &document, manifest: &manifest };
        session.messages(sink);
        Ok(())
    }
}

/// The file that tells of the session as a whole.
fn manifest(log: &Path) -> Option<PathBuf> {
    let folder = log.parent()?;
    Some(folder.join(format!("{}.json", folder.file_name()?.to_str()?)))
}

/// One document, and what belongs to it.
struct Session<'s> {
    log: &'s Log<'s>,
    document: &'s Document<'s>,
    manifest: &'s Manifest,
}

impl Session<'_> {
    fn messages(&self, sink: &mut Sink<'_>) {
        let all = &self.document.messages;
        let is_notice = |message: &Maybe<Message<'_>>| {
            let message = message.0.as_ref().filter(|message| message.role.get() == Some("user"));
            let content = message.and_then(|message| message.content);
            content.is_some_and(|content| memmem::find(content.get().as_bytes(), NOTICE).is_some())
        };
        let own = all.iter().rposition(is_notice).map_or(0, |notice| notice + 1);
        let answers = all[own..].iter().filter_map(|message| message.0.as_ref());
        let answers = answers.filter(|message| message.role.get() == Some("assistant"));
        let mut has_metrics = false;
        for message in answers {
            match message.metrics.0 {
                Some(metrics) => {
                    has_metrics = true;
                    self.push(sink, message, metrics);
                }
                None => sink.silent(),
            }
        }
        if !has_metrics && own == 0 {
            self.sum(sink);
        }
    }

    /// What all records of the document have in common.
    fn draft(&self, metrics: Metrics, counts: Counts) -> Draft<'_> {
        let agent = self.document.agent.get().filter(|agent| *agent != "lead");
        Draft {
            model: self.manifest.model.get(),
            counts,
            cost: metrics.cost.0.or(metrics.total_cost.0),
            session: Some(self.log.folder(1)),
            folder: self.manifest.cwd.get(),
            agent,
            version: self.document.origin.0.as_ref().and_then(|origin| origin.version.get()),
            vendor: self.manifest.provider.get(),
            ..Draft::default()
        }
    }

    fn push(&self, sink: &mut Sink<'_>, message: &Message<'_>, metrics: Metrics) {
        let info = message.model_info.0.as_ref();
        let provider = info.and_then(|info| info.provider.get()).or(self.manifest.provider.get());
        if provider == Some(OTHER_TOOL) {
            return;
        }
        let (id, at) = (message.id.get().unwrap_or_default(), message.ts.0);
        let second = at.map_or(0, UtcSeconds::seconds).to_string();
        let draft = self.draft(metrics, metrics.counts(sink));
        sink.push(&Draft {
            own: &[id, &second],
            at,
            model: info.and_then(|info| info.id.get()).or(draft.model),
            vendor: provider,
            ..draft
        });
    }

    /// The sum of a session of which no message tells what it used.
    fn sum(&self, sink: &mut Sink<'_>) {
        let is_main = self.log.path.file_name().and_then(|name| name.to_str())
            == Some(&format!("{}{END}", self.log.folder(1)));
        let usage = self.manifest.metadata.0.as_ref().and_then(|metadata| metadata.usage.0);
        let (Some(metrics), true) = (usage, is_main) else { return };
        if self.manifest.provider.get() == Some(OTHER_TOOL) {
            return;
        }
        let counts = metrics.counts(sink);
        if counts.sum() == 0 {
            return;
        }
        let values = format!("{:?} {:?} {:?}", counts.input, counts.output, counts.cache_read);
        sink.push(&Draft {
            own: &["sum", self.log.folder(1), &values],
            at: self.manifest.ended_at.0.or(self.document.updated_at.0),
            quality: Some(Quality::Partial),
            kind: Kind::SessionReading,
            ..self.draft(metrics, counts)
        });
    }
}

impl Metrics {
    fn counts(self, sink: &mut Sink<'_>) -> Counts {
        let counts = Counts {
            input: sink.count(self.input_tokens, "inputTokens"),
            output: sink.count(self.output_tokens, "outputTokens"),
            cache_read: sink.count(self.cache_read_tokens, "cacheReadTokens"),
            cache_creation: sink.count(self.cache_write_tokens, "cacheWriteTokens"),
            ..Counts::default()
        };
        sink.prompt_with_cache(counts)
    }
}
