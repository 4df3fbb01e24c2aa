//! Transcripts of Devin: steps in a document.

use serde::Deserialize;

use super::{Metadata, Session, database_of, model, sessions};
use crate::adapter::{Counts, Database, Draft, Log, ReadError, Sink};
use crate::loose::{LooseCount, LooseNumber, LooseText, LooseTime, Maybe};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Transcript {
    schema_version: LooseText<'static>,
    session_id: LooseText<'static>,
    agent: Maybe<Agent>,
    steps: Vec<Maybe<Step>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Agent {
    version: LooseText<'static>,
    model_name: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Step {
    #[serde(rename = "step_id")]
    number: LooseNumber,
    source: LooseText<'static>,
    timestamp: LooseTime,
    model_name: LooseText<'static>,
    metrics: Maybe<Metrics>,
    metadata: Maybe<Metadata>,
    extra: Maybe<Extra>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Extra {
    generation_model: LooseText<'static>,
}

/// Counts in which the prompt contains the caches.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metrics {
    prompt_tokens: LooseCount,
    completion_tokens: LooseCount,
    cached_tokens: LooseCount,
    extra: Maybe<MoreMetrics>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MoreMetrics {
    cache_creation_input_tokens: LooseCount,
}

pub(super) fn read(log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
    let transcript: Transcript = log.document()?;
    if let Some(version) = transcript.schema_version.get()
        && !version.starts_with("ATIF-v1.")
    {
        return Err(ReadError::version(version, "ATIF-v1.0 to ATIF-v1.7"));
    }
    let session = transcript.session_id.get().unwrap_or(log.stem());
    let about = match known(log, session)? {
        Known::Counted => return Ok(()),
        Known::Not(about) => about,
    };
    for (number, step) in (1_u64..).zip(&transcript.steps) {
        if let Some(step) = &step.0 {
            take(sink, step, &Place { transcript: &transcript, session, about: &about, number });
        }
    }
    Ok(())
}

/// Where a step stands.
struct Place<'a> {
    transcript: &'a Transcript,
    session: &'a str,
    about: &'a Session,
    number: u64,
}

/// What the database knows of a session.
enum Known {
    /// Its answers: they count there.
    Counted,
    /// At most what the session is about.
    Not(Session),
}

fn known(log: &Log<'_>, session: &str) -> Result<Known, ReadError> {
    let Some(path) = database_of(log.path).filter(|path| path.exists()) else {
        return Ok(Known::Not(Session::default()));
    };
    let database = Database::open(&path)?;
    let mut is_counted = false;
    if database.has("message_nodes")? {
        let statement = "SELECT 1 FROM message_nodes WHERE session_id = ?1 LIMIT 1";
        database.find(statement, session, |_| is_counted = true)?;
    }
    if is_counted {
        Ok(Known::Counted)
    } else {
        Ok(Known::Not(sessions(&database)?.remove(session).unwrap_or_default()))
    }
}

fn take(sink: &mut Sink<'_>, step: &Step, place: &Place<'_>) {
    let source = step.source.get();
    if !matches!(source, Some("agent" | "assistant") | None) {
        return;
    }
    let unknown = Metadata::default();
    let metadata = step.metadata.0.as_ref().unwrap_or(&unknown);
    let counts = match (&step.metrics.0, metadata.metrics.0) {
        (Some(metrics), _) => prompt_with_cache(sink, metrics),
        (None, Some(metrics)) => metrics.counts(sink),
        (None, None) => {
            if source.is_some() {
                sink.silent();
            }
            return;
        }
    };
    let number =
        step.number.0.map_or_else(|| place.number.to_string(), |number| number.to_string());
    let number = format!("step {number}");
    let agent = place.transcript.agent.0.as_ref();
    let extra = step.extra.0.as_ref();
    let names = [
        metadata.generation_model.get(),
        extra.and_then(|extra| extra.generation_model.get()),
        step.model_name.get(),
        agent.and_then(|agent| agent.model_name.get()),
        place.about.model.as_deref(),
    ];
    sink.push(&Draft {
        own: &[place.session, metadata.request_id.get().unwrap_or(&number)],
        at: metadata.created_at.0.or(step.timestamp.0).or(place.about.at),
        model: model(&names),
        counts,
        session: Some(place.session),
        folder: place.about.folder.as_deref(),
        version: agent.and_then(|agent| agent.version.get()),
        ..Draft::default()
    });
}

fn prompt_with_cache(sink: &mut Sink<'_>, metrics: &Metrics) -> Counts {
    let extra = metrics.extra.0.as_ref();
    let written = extra.map_or(LooseCount::NotTold, |extra| extra.cache_creation_input_tokens);
    let raw = Counts {
        input: sink.count(metrics.prompt_tokens, "prompt_tokens"),
        output: sink.count(metrics.completion_tokens, "completion_tokens"),
        cache_read: sink.count(metrics.cached_tokens, "cached_tokens"),
        cache_creation: sink.count(written, "cache_creation_input_tokens"),
        ..Counts::default()
    };
    sink.prompt_with_cache(raw)
}
