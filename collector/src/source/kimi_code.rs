//! Kimi Code: `~/.kimi-code/sessions/<folder>/<session>/agents/<agent>/wire.jsonl`, one record per line, usage on
//! `usage.record` lines; the desktop application has the same below its own folder.
//!
//! Facts (<https://github.com/MoonshotAI/kimi-code> `packages/agent-core/src/agent/usage/index.ts` and
//! `src/agent/records/`, read 2026-11-21; where the files lie: <https://github.com/getagentseal/codeburn>
//! `src/providers/kimicode.ts`, read 2026-11-21):
//!
//! - Every `usage.record` is one call. Its `usageScope` only says whether the call counts for the turn that is shown;
//!   the tool itself adds `turn` and `session` up. `step.end` repeats the numbers.
//! - The classes do not overlap. `output` is all output.
//! - `model` is an alias; `llm.request` lines tell which model it stands for.
//! - A fork repeats the records with their times in a new file. A file of an older version of the format is rewritten,
//!   with its times.
//! - The first line has the version of the format; smaller changes are read by the tool itself without change.

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;

use data_schema::{Quality, parse_log_time};
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink, json_file};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseNumber, LooseText, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, On, Role, Variable};

/// What is known of Kimi Code.
static INFO: Info = Info {
    id: "kimi-code",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::VendorCode {
        repository: "MoonshotAI/kimi-code",
        commit: "3ef83ed468cb6c8034e19e9bbcb3b5a57610a868",
    },
    lacks: "",
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead("KIMI_CODE_HOME")],
    below: &["sessions"],
    folders: &[
        Folder::all("~/.kimi-code/sessions"),
        Folder::on(
            On::MacOs,
            "{support}/kimi-desktop/daimon-share/daimon/runtime/kimi-code/home/sessions",
        ),
    ],
    not_entered: &[],
};

static MARKERS: LazyLock<Markers> = LazyLock::new(|| {
    Markers::any(&["\"usage.record\"", "\"llm.request\"", "\"protocol_version\""])
});

/// The adapter.
#[derive(Debug)]
pub(super) struct KimiCode;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Record {
    #[serde(rename = "type")]
    kind: LooseText<'static>,
    #[serde(rename = "protocol_version")]
    version: LooseText<'static>,
    /// Milliseconds since 1970.
    time: LooseNumber,
    model: LooseText<'static>,
    model_alias: LooseText<'static>,
    usage: Maybe<Usage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Usage {
    input_other: LooseCount,
    input_cache_read: LooseCount,
    input_cache_creation: LooseCount,
    output: LooseCount,
}

/// What a session says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct State {
    work_dir: LooseText<'static>,
    cwd: LooseText<'static>,
}

impl Adapter for KimiCode {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        let above = path.ancestors().nth(2).and_then(Path::file_name);
        path.file_name().is_some_and(|name| name == "wire.jsonl")
            && above.is_some_and(|above| above == "agents")
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        let state: State = json_file(&log.above(3).join("state.json")).unwrap_or_default();
        let mut wire = Wire {
            session: log.folder(3),
            agent: log.folder(1),
            folder: state.work_dir.get().or(state.cwd.get()),
            models: HashMap::new(),
            last: None,
        };
        let mut newer = None;
        log.lines(sink, &MARKERS, |sink, record: Record| match record.kind.get() {
            Some("metadata") => newer = newer_version(&record.version),
            Some("llm.request") if newer.is_none() => wire.request(&record),
            Some("usage.record") if newer.is_none() => wire.usage(sink, &record),
            _ => {}
        })?;
        newer.map_or(Ok(()), |version| Err(ReadError::version(version, "1.0 to 1.5")))
    }
}

/// A version of the format that means something else.
pub(super) fn newer_version(version: &LooseText<'_>) -> Option<String> {
    let told = version.get()?;
    let major: Option<u32> = told.split('.').next()?.parse().ok();
    major.filter(|major| *major > 1).map(|_| told.to_owned())
}

/// A log while it is read.
struct Wire<'l> {
    session: &'l str,
    agent: &'l str,
    folder: Option<&'l str>,
    /// What aliases stand for.
    models: HashMap<String, String>,
    /// The model that was asked last.
    last: Option<String>,
}

impl Wire<'_> {
    fn request(&mut self, record: &Record) {
        let Some(model) = record.model.get() else { return };
        if let Some(alias) = record.model_alias.get() {
            self.models.insert(alias.to_owned(), model.to_owned());
        }
        self.last = Some(model.to_owned());
    }

    fn usage(&self, sink: &mut Sink<'_>, record: &Record) {
        let Some(usage) = &record.usage.0 else { return sink.silent() };
        let counts = Counts {
            input: sink.count(usage.input_other, "inputOther"),
            cache_read: sink.count(usage.input_cache_read, "inputCacheRead"),
            cache_creation: sink.count(usage.input_cache_creation, "inputCacheCreation"),
            output: sink.count(usage.output, "output"),
            ..Counts::default()
        };
        let alias = record.model.get();
        let named = alias.and_then(|alias| self.models.get(alias));
        let time = record.time.0.map(|time| time.to_string());
        // Times are those of the call, in a fork too.
        let session = if time.is_some() { "" } else { self.session };
        let time = time.as_deref().unwrap_or_default();
        sink.push(&Draft {
            own: &[session, self.agent, time, alias.unwrap_or_default(), &counts.written()],
            at: parse_log_time(time),
            model: named.or(self.last.as_ref()).map(String::as_str).or(alias),
            requested_model: alias,
            counts,
            session: Some(self.session),
            folder: self.folder,
            agent: Some(self.agent).filter(|agent| *agent != "main"),
            ..Draft::default()
        });
    }
}
