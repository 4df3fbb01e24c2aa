//! What the IDE tells: credits.

use std::sync::LazyLock;

use data_schema::Billing;
use memchr::memmem;
use serde::Deserialize;

use super::worth;
use crate::adapter::{Draft, Log, ReadError, Sink};
use crate::lines::Markers;
use crate::loose::{LooseNumber, LooseText, LooseTime, Maybe};

static MARKERS: LazyLock<Markers> = LazyLock::new(|| Markers::any(&["\"usage_summary\""]));

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    id: LooseText<'static>,
    timestamp: LooseTime,
    payload: Maybe<Payload>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Payload {
    #[serde(rename = "type")]
    kind: LooseText<'static>,
    #[serde(rename = "promptTurnSummaries")]
    summaries: Option<Vec<Maybe<Summary>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    unit: LooseText<'static>,
    usage: LooseNumber,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Execution {
    #[serde(rename = "executionId")]
    id: LooseText<'static>,
    session_id: LooseText<'static>,
    chat_session_id: LooseText<'static>,
    start_time: LooseTime,
    created_at: LooseTime,
    model_id: LooseText<'static>,
    usage_summary: Option<Vec<Maybe<Summary>>>,
}

/// One session: a line per turn.
pub(super) fn read(log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
    let mut place = 0_u32;
    log.lines(sink, &MARKERS, |sink, event: Event| {
        let Some(payload) = event.payload.0.as_ref() else { return };
        if payload.kind.get() != Some("usage_summary") {
            return;
        }
        place += 1;
        let Some(credits) = payload.summaries.as_deref().and_then(credits) else {
            sink.silent();
            return;
        };
        let (session, which) = (log.folder(1), place.to_string());
        sink.push(&Draft {
            own: &["turn", session, event.id.get().unwrap_or(&which)],
            at: event.timestamp.0,
            cost: Some(worth(credits)),
            billing: Some(Billing::Plan),
            session: Some(session),
            ..Draft::default()
        });
    })
}

/// An execution of older versions: one document.
pub(super) fn read_old(log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
    let bytes = log.bytes()?;
    // Files of many kinds have no extension there.
    if memmem::find(&bytes, b"\"usageSummary\"").is_none() {
        return Ok(());
    }
    let execution: Execution = serde_json::from_slice(&bytes)?;
    let Some(credits) = execution.usage_summary.as_deref().and_then(credits) else {
        sink.silent();
        return Ok(());
    };
    let session = execution.chat_session_id.get().or(execution.session_id.get());
    let session = session.unwrap_or(log.folder(1));
    sink.push(&Draft {
        own: &["execution", execution.id.get().unwrap_or(log.stem())],
        at: execution.start_time.0.or(execution.created_at.0),
        model: execution.model_id.get(),
        cost: Some(worth(credits)),
        billing: Some(Billing::Plan),
        session: Some(session),
        ..Draft::default()
    });
    Ok(())
}

/// All credits of a turn; `None` if nothing tells any. Another unit is no credit.
fn credits(summaries: &[Maybe<Summary>]) -> Option<f64> {
    let told = summaries.iter().filter_map(|summary| summary.0.as_ref());
    let told = told.filter(|summary| {
        summary
            .unit
            .get()
            .is_none_or(|unit| unit.trim_end_matches('s').eq_ignore_ascii_case("credit"))
    });
    let told: Vec<f64> =
        told.filter_map(|summary| summary.usage.0).filter(|usage| *usage >= 0.0).collect();
    (!told.is_empty()).then(|| told.iter().sum())
}
