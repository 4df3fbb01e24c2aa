//! The events of one session.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use data_schema::{Kind, Quality, Tokens};
use serde::Deserialize;

use super::request::{Request, Requests, values};
use crate::adapter::{Counts, Draft, Log, ReadError, Sink};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseNumber, LooseText, LooseTime, Maybe};

/// Events that tell usage, or what belongs to it.
static MARKERS: LazyLock<Markers> = LazyLock::new(|| {
    Markers::any(&["\"session.start\"", "\"session.usage_record\"", "\"session.shutdown\""])
});

/// The newest version of the format that is known.
const KNOWN_VERSION: f64 = 1.0;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    #[serde(rename = "type")]
    kind: LooseText<'static>,
    timestamp: LooseTime,
    agent_id: LooseText<'static>,
    data: Maybe<Data>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Data {
    session_id: LooseText<'static>,
    version: LooseNumber,
    copilot_version: LooseText<'static>,
    context: Maybe<Place>,
    usage: Maybe<Usage>,
    model_metrics: Maybe<BTreeMap<String, Maybe<Metric>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place {
    cwd: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metric {
    requests: Maybe<Number>,
    usage: Maybe<Usage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Number {
    count: LooseCount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Usage {
    model: LooseText<'static>,
    input_tokens: LooseCount,
    output_tokens: LooseCount,
    cache_read_tokens: LooseCount,
    cache_write_tokens: LooseCount,
    reasoning_tokens: LooseCount,
    model_provider: LooseText<'static>,
    accounting: Maybe<Accounting>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Accounting {
    source_session_id: LooseText<'static>,
}

/// A session as far as it has been read.
struct Session {
    id: String,
    folder: Option<String>,
    version: Option<String>,
    /// A version of the format that nobody has looked at.
    unknown: Option<f64>,
    requests: Requests,
    /// What the requests so far have used, by model: input, output, cache read, cache write.
    known: BTreeMap<String, [u64; 4]>,
}

pub(super) fn read(log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
    let mut session = Session {
        id: log.folder(1).to_owned(),
        folder: None,
        version: None,
        unknown: None,
        requests: Requests::default(),
        known: BTreeMap::new(),
    };
    log.lines(sink, &MARKERS, |sink, event: Event| session.take(sink, &event))?;
    match session.unknown {
        Some(version) => Err(ReadError::version(version, "1")),
        None => Ok(()),
    }
}

impl Session {
    fn take(&mut self, sink: &mut Sink<'_>, event: &Event) {
        let (Some(kind), Some(data)) = (event.kind.get(), &event.data.0) else { return };
        if kind == "session.start" {
            self.start(data);
        }
        if self.unknown.is_some() {
            return;
        }
        match kind {
            "session.usage_record" => self.record(sink, event, data),
            "session.shutdown" => self.shutdown(sink, event, data),
            _ => {}
        }
    }

    fn start(&mut self, data: &Data) {
        self.unknown = data.version.0.filter(|version| *version > KNOWN_VERSION);
        if let Some(id) = data.session_id.get() {
            id.clone_into(&mut self.id);
        }
        let place = data.context.0.as_ref();
        self.folder = place.and_then(|place| place.cwd.get()).map(ToOwned::to_owned);
        self.version = data.copilot_version.get().map(ToOwned::to_owned);
    }

    fn record(&mut self, sink: &mut Sink<'_>, event: &Event, data: &Data) {
        let Some(usage) = &data.usage.0 else {
            sink.silent();
            return;
        };
        let source = usage.accounting.0.as_ref();
        let source = source.and_then(|source| source.source_session_id.get());
        let request = Request {
            session: source.unwrap_or(&self.id),
            at: event.timestamp.0,
            folder: self.folder.as_deref(),
            agent: event.agent_id.get(),
            version: self.version.as_deref(),
            vendor: usage.model_provider.get(),
            ..usage.request()
        };
        let told = self.requests.push(sink, &request);
        let known = self.known.entry(usage.model.get().unwrap_or_default().to_owned()).or_default();
        for (sum, number) in known.iter_mut().zip(numbers(told)) {
            *sum = sum.saturating_add(number);
        }
    }

    fn shutdown(&self, sink: &mut Sink<'_>, event: &Event, data: &Data) {
        for (model, metric) in data.model_metrics.0.iter().flatten() {
            let Some(Metric { requests, usage: Maybe(Some(usage)) }) = &metric.0 else { continue };
            let told = usage.request().counts(sink);
            let known = self.known.get(model).copied().unwrap_or_default();
            if numbers(told).iter().zip(known).all(|(told, known)| *told <= known) && told.sum() > 0
            {
                continue;
            }
            let count = requests.0.as_ref().map(|requests| requests.count);
            let count = count.and_then(|count| sink.count(count, "requests.count"));
            let values = values(told);
            let counts = sink.prompt_with_cache(told);
            sink.push(&Draft {
                own: &["sum", &self.id, model, &values],
                at: event.timestamp.0,
                model: Some(model),
                counts,
                requests: count.and_then(|count| u32::try_from(count.get()).ok()),
                quality: Some(Quality::Partial),
                kind: Kind::Reading,
                session: Some(&self.id),
                folder: self.folder.as_deref(),
                version: self.version.as_deref(),
                ..Draft::default()
            });
        }
    }
}

impl Usage {
    fn request(&self) -> Request<'_> {
        Request {
            model: self.model.get(),
            input: self.input_tokens,
            output: self.output_tokens,
            cache_read: self.cache_read_tokens,
            cache_write: self.cache_write_tokens,
            reasoning: self.reasoning_tokens,
            ..Request::default()
        }
    }
}

fn numbers(counts: Counts) -> [u64; 4] {
    let number = |tokens: Option<Tokens>| tokens.map_or(0, Tokens::get);
    [counts.input, counts.output, counts.cache_read, counts.cache_creation].map(number)
}
