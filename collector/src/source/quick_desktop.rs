//! Quick Desktop (Amazon): `metrics/metrics-YYYY-MM-DD.jsonl` in its folder or in that of a profile, one line of the
//! embedded metric format of `CloudWatch` per event.
//!
//! Facts (<https://github.com/getagentseal/codeburn>, `src/providers/quickdesk.ts` at 62f6e34, and
//! <https://github.com/semyonfox/tokentelemetry>, `docs/imports.md` and `engine/internal/ingest/quickdesk.go` at 7715a8b,
//! both read 2026-11-21; the second says that it has the form from the first, so this is one description):
//!
//! - A response is a line with `Model`, `InputTokens` and `OutputTokens`; `CostUSD` and `session_id` may stand beside.
//!   Other lines tell of tools (`ToolName`).
//! - The time is `_aws.Timestamp`, milliseconds since 1970.
//! - No line has an id: session, time, model and counts make it one.
//! - Newer versions keep conversations with the vendor and may write no metrics.
//!
//! Open: whether the input contains caches; whether calls that Quick hands to Kiro or Claude Code stand here as well.
//! Profiles outside of the tool's folder (`profiles.json`, `data_path`) have to be named in the configuration.

use std::path::Path;
use std::sync::LazyLock;

use data_schema::{Quality, parse_log_time};
use serde::Deserialize;

use crate::adapter::{Adapter, Counts, Draft, Log, ReadError, Sink};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseNumber, LooseText, Maybe};
use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

static INFO: Info = Info {
    id: "quick-desktop",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Partial,
    evidence: Evidence::Described {
        by: &[
            "https://github.com/getagentseal/codeburn/blob/62f6e34/src/providers/quickdesk.ts (2026-11-21)",
            "https://github.com/semyonfox/tokentelemetry/blob/7715a8b/docs/imports.md (2026-11-21)",
        ],
    },
    lacks: "no cache; nothing where conversations are kept with the vendor",
    keeps: Keeps::Unknown,
    directory_key: "directory",
    variables: &[Variable::instead("QUICKWORK_HOME")],
    below: &["metrics"],
    folders: &[Folder::all("~/.quickwork")],
    not_entered: &["node_modules"],
};

static MARKERS: LazyLock<Markers> = LazyLock::new(|| Markers::any(&["\"Model\""]));

/// The adapter.
#[derive(Debug)]
pub(super) struct QuickDesktop;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    #[serde(rename = "Model")]
    model: LooseText<'static>,
    #[serde(rename = "InputTokens")]
    input: LooseCount,
    #[serde(rename = "OutputTokens")]
    output: LooseCount,
    #[serde(rename = "CostUSD")]
    cost: LooseNumber,
    session_id: LooseText<'static>,
    #[serde(rename = "_aws")]
    aws: Maybe<Aws>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Aws {
    #[serde(rename = "Timestamp")]
    timestamp: LooseNumber,
}

impl Adapter for QuickDesktop {
    fn info(&self) -> &Info {
        &INFO
    }

    fn is_log(&self, path: &Path) -> bool {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        stem.starts_with("metrics-")
            && path.extension().is_some_and(|extension| extension == "jsonl")
            && path.parent().and_then(Path::file_name).is_some_and(|folder| folder == "metrics")
    }

    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
        log.lines(sink, &MARKERS, |sink, event: Event| response(sink, &event))
    }
}

fn response(sink: &mut Sink<'_>, event: &Event) {
    let Some(model) = event.model.get() else { return };
    let counts = Counts {
        input: sink.count(event.input, "InputTokens"),
        output: sink.count(event.output, "OutputTokens"),
        ..Counts::default()
    };
    let stamp = event.aws.0.as_ref().and_then(|aws| aws.timestamp.0).map(|stamp| stamp.to_string());
    let (stamp, session) = (stamp.unwrap_or_default(), event.session_id.get());
    sink.push(&Draft {
        own: &[session.unwrap_or_default(), &stamp, model, &counts.written()],
        at: parse_log_time(&stamp),
        model: Some(model),
        counts,
        cost: event.cost.0,
        session,
        ..Draft::default()
    });
}
