//! A file of OpenTelemetry spans.

use std::sync::LazyLock;

use data_schema::{Rank, UtcSeconds};
use serde::Deserialize;

use super::request::{Request, Requests};
use crate::adapter::{Log, ReadError, Sink};
use crate::lines::Markers;
use crate::loose::{LooseCount, LooseText, Maybe};

static MARKERS: LazyLock<Markers> =
    LazyLock::new(|| Markers::any(&["\"gen_ai.usage.input_tokens\"", "\"gen_ai.response.model\""]));

/// The service that is VS Code.
const OTHER_SERVICE: &str = "copilot-chat";

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Span {
    name: LooseText<'static>,
    #[serde(rename = "spanId")]
    id: LooseText<'static>,
    /// Seconds and nanoseconds since 1970.
    end_time: Option<serde_json::Value>,
    attributes: Maybe<Attributes>,
    resource: Maybe<Resource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource {
    attributes: Maybe<Service>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Service {
    #[serde(rename = "service.name")]
    name: LooseText<'static>,
    #[serde(rename = "service.version")]
    version: LooseText<'static>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attributes {
    #[serde(rename = "gen_ai.operation.name")]
    operation: LooseText<'static>,
    #[serde(rename = "gen_ai.conversation.id")]
    session: LooseText<'static>,
    #[serde(rename = "gen_ai.request.model")]
    asked: LooseText<'static>,
    #[serde(rename = "gen_ai.response.model")]
    model: LooseText<'static>,
    #[serde(rename = "gen_ai.usage.input_tokens")]
    input: LooseCount,
    #[serde(rename = "gen_ai.usage.output_tokens")]
    output: LooseCount,
    #[serde(rename = "gen_ai.usage.cache_read.input_tokens")]
    cache_read: LooseCount,
    /// Since 1.0.102 at the latest.
    #[serde(rename = "gen_ai.usage.cache_write.input_tokens")]
    cache_write: LooseCount,
    /// Before.
    #[serde(rename = "gen_ai.usage.cache_creation.input_tokens")]
    cache_creation: LooseCount,
    #[serde(rename = "gen_ai.usage.reasoning.output_tokens")]
    reasoning: LooseCount,
    #[serde(rename = "gen_ai.provider.name")]
    provider: LooseText<'static>,
}

pub(super) fn read(log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
    let mut requests = Requests::default();
    // Files of several processes may be one, and spans end in no order.
    sink.unordered();
    log.lines(sink, &MARKERS, |sink, span: Span| request(sink, &mut requests, &span))
}

fn request(sink: &mut Sink<'_>, requests: &mut Requests, span: &Span) {
    let Some(told) = &span.attributes.0 else { return };
    let is_chat = match told.operation.get() {
        Some(operation) => operation == "chat",
        None => span.name.get().is_some_and(|name| name.starts_with("chat ")),
    };
    let service = span.resource.0.as_ref().and_then(|resource| resource.attributes.0.as_ref());
    let name = service.and_then(|service| service.name.get());
    // Metrics name models as well; only a span has an id.
    if !is_chat || name == Some(OTHER_SERVICE) || span.id.get().is_none() {
        return;
    }
    let cache_write = match told.cache_write {
        LooseCount::NotTold => told.cache_creation,
        told => told,
    };
    requests.push(
        sink,
        &Request {
            session: told.session.get().unwrap_or_default(),
            at: span.end_time.as_ref().and_then(seconds),
            model: told.model.get().or(told.asked.get()),
            input: told.input,
            output: told.output,
            cache_read: told.cache_read,
            cache_write,
            reasoning: told.reasoning,
            rank: Rank::Copy,
            version: service.and_then(|service| service.version.get()),
            vendor: told.provider.get(),
            ..Request::default()
        },
    );
}

fn seconds(time: &serde_json::Value) -> Option<UtcSeconds> {
    UtcSeconds::new(time.get(0)?.as_i64()?)
}
