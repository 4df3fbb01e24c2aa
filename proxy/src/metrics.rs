//! What is told to monitors: counters and histograms in the text form of `OpenMetrics`, which Prometheus reads.
//!
//! Names of tokens and durations are those of OpenTelemetry's conventions for generative AI
//! (<https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/>, read 2026-11-21), written as Prometheus
//! writes them; what these conventions have no name for begins with `token_matters_proxy_`.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use data_schema::{End, LedgerEntry, Text, Tokens};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Bounds of durations in seconds, as the conventions advise.
const DURATIONS: [f64; 14] =
    [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
/// Bounds of tokens, as the conventions advise.
const TOKENS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
/// Bounds of the proxy's own time in seconds.
const OVERHEADS: [f64; 10] =
    [0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.1, 1.0];
/// Names of models that are told apart: clients may ask for any, and each costs memory for ever.
const MODELS: usize = 200;
/// What all further ones are called.
const OTHER: &str = "other";

/// What a request is counted under.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    gen_ai_operation_name: &'static str,
    gen_ai_provider_name: String,
    gen_ai_request_model: String,
    gen_ai_response_model: String,
    error_type: String,
}

/// What tokens are counted under.
#[expect(clippy::struct_field_names, reason = "the conventions fix the names")]
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTokens {
    gen_ai_token_type: &'static str,
    gen_ai_provider_name: String,
    gen_ai_request_model: String,
    gen_ai_response_model: String,
}

/// How requests ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    upstream: String,
    status: u16,
    end: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Direction {
    direction: &'static str,
}

type Histograms<L> = Family<L, Histogram>;

/// Counters and histograms of one proxy.
pub struct Metrics {
    registry: Registry,
    tokens: Histograms<OfTokens>,
    durations: Histograms<Operation>,
    first_bytes: Histograms<Operation>,
    overheads: Histogram,
    requests: Family<Ended, Counter>,
    bytes: Family<Direction, Counter>,
    open: Gauge,
    unwritten: Counter,
    models: Mutex<HashSet<Text>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let tokens = Histograms::new_with_constructor(of_tokens as fn() -> Histogram);
        let durations = Histograms::new_with_constructor(of_durations as fn() -> Histogram);
        let first_bytes = Histograms::new_with_constructor(of_durations as fn() -> Histogram);
        let mut metrics = Self {
            registry: Registry::default(),
            tokens,
            durations,
            first_bytes,
            overheads: Histogram::new(OVERHEADS),
            requests: Family::default(),
            bytes: Family::default(),
            open: Gauge::default(),
            unwritten: Counter::default(),
            models: Mutex::default(),
        };
        metrics.register();
        metrics
    }
}

fn of_tokens() -> Histogram {
    Histogram::new(TOKENS)
}

fn of_durations() -> Histogram {
    Histogram::new(DURATIONS)
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("gen_ai_client_token_usage", "Tokens of a request", self.tokens.clone());
        registry.register_with_unit(
            "gen_ai_client_operation_duration",
            "From the request to the last byte of its answer",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register_with_unit(
            "gen_ai_server_time_to_first_token",
            "From the request to the first byte of its answer",
            Unit::Seconds,
            self.first_bytes.clone(),
        );
        let own = registry.sub_registry_with_prefix("token_matters_proxy");
        own.register_with_unit(
            "overhead",
            "What the proxy itself took before it asked the upstream",
            Unit::Seconds,
            self.overheads.clone(),
        );
        own.register("requests", "Requests that have ended", self.requests.clone());
        own.register_with_unit("body", "Bytes of bodies", Unit::Bytes, self.bytes.clone());
        own.register("open_requests", "Requests that are on their way", self.open.clone());
        own.register(
            "unwritten_entries",
            "Lines of the ledger that could not be written",
            self.unwritten.clone(),
        );
    }

    /// A request has begun.
    pub(crate) fn begin(&self) {
        self.open.inc();
    }

    /// A line of the ledger could not be written.
    pub(crate) fn unwritten(&self) {
        self.unwritten.inc();
    }

    /// Takes one request that has ended.
    pub(crate) fn note(&self, entry: &LedgerEntry) {
        self.open.dec();
        let ended = Ended {
            upstream: entry.upstream.as_deref().unwrap_or("none").to_owned(),
            status: entry.status.unwrap_or_default(),
            end: end_word(entry.end),
        };
        self.requests.get_or_create(&ended).inc();
        for (direction, bytes) in [("request", entry.bytes_in), ("answer", entry.bytes_out)] {
            self.bytes.get_or_create(&Direction { direction }).inc_by(bytes);
        }
        if let Some(overhead) = entry.overhead_us {
            self.overheads.observe(f64::from(overhead) / 1e6);
        }
        if entry.protocol.is_some() {
            self.note_operation(entry);
        }
    }

    /// Takes one answer that has ended, which may be one of many on a socket.
    pub(crate) fn note_operation(&self, entry: &LedgerEntry) {
        let operation = Operation {
            gen_ai_operation_name: operation_name(entry.protocol.as_deref()),
            gen_ai_provider_name: entry.vendor.as_deref().unwrap_or_default().to_owned(),
            gen_ai_request_model: self.model(entry.requested_model.as_ref()),
            gen_ai_response_model: self.model(entry.model.as_ref()),
            error_type: error_type(entry),
        };
        let seconds = |milliseconds: u32| f64::from(milliseconds) / 1e3;
        if let Some(duration) = entry.duration_ms {
            self.durations.get_or_create(&operation).observe(seconds(duration));
        }
        if let Some(first) = entry.ttft_ms {
            self.first_bytes.get_or_create(&operation).observe(seconds(first));
        }
        let input = [entry.input_tokens, entry.cache_read_tokens, entry.cache_creation_tokens];
        let input = input.into_iter().flatten().map(Tokens::get).reduce(u64::saturating_add);
        for (kind, count) in [("input", input), ("output", entry.output_tokens.map(Tokens::get))] {
            let Some(count) = count else { continue };
            let labels = OfTokens {
                gen_ai_token_type: kind,
                gen_ai_provider_name: operation.gen_ai_provider_name.clone(),
                gen_ai_request_model: operation.gen_ai_request_model.clone(),
                gen_ai_response_model: operation.gen_ai_response_model.clone(),
            };
            #[expect(clippy::cast_precision_loss, reason = "a monitor rounds anyway")]
            self.tokens.get_or_create(&labels).observe(count as f64);
        }
    }

    /// The model's name, as long as there are not too many.
    fn model(&self, model: Option<&Text>) -> String {
        let Some(model) = model else { return String::new() };
        let mut known = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(model) {
            return model.to_string();
        }
        if known.len() >= MODELS {
            return OTHER.to_owned();
        }
        known.insert(Text::clone(model));
        model.to_string()
    }

    /// All of them in the text form that Prometheus reads.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // A text takes everything that is written to it.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Metrics")
    }
}

/// The conventions' word for what was asked.
fn operation_name(protocol: Option<&str>) -> &'static str {
    match protocol {
        Some("gemini-generate") => "generate_content",
        Some("openai-embeddings") => "embeddings",
        Some("openai-completions") => "text_completion",
        _ => "chat",
    }
}

/// Empty where all went well: a word or the status otherwise, both few in number.
fn error_type(entry: &LedgerEntry) -> String {
    match (entry.end, entry.status) {
        (End::Complete, Some(status)) if status < 400 => String::new(),
        (_, Some(status)) if status >= 400 => status.to_string(),
        (end, _) => end_word(end).to_owned(),
    }
}

pub(crate) fn end_word(end: End) -> &'static str {
    match end {
        End::Complete => "complete",
        End::ClientClosed => "client_closed",
        End::UpstreamError => "upstream_error",
        End::Truncated => "truncated",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(model: &str) -> LedgerEntry {
        LedgerEntry {
            status: Some(200),
            upstream: Some(Text::from("anthropic")),
            vendor: Some(Text::from("anthropic")),
            protocol: Some(Text::from("anthropic-messages")),
            requested_model: Some(Text::from(model)),
            model: Some(Text::from(model)),
            input_tokens: Tokens::new(3),
            cache_read_tokens: Tokens::new(2000),
            output_tokens: Tokens::new(50),
            ttft_ms: Some(120),
            duration_ms: Some(2500),
            overhead_us: Some(90),
            bytes_in: 100,
            bytes_out: 900,
            ..LedgerEntry::default()
        }
    }

    #[test]
    fn a_request_is_told_under_the_names_of_the_conventions() {
        let metrics = Metrics::default();
        metrics.begin();
        metrics.note(&entry("claude-opus-4-8"));
        let text = metrics.text();
        for line in [
            "gen_ai_client_token_usage_sum{gen_ai_token_type=\"input\",gen_ai_provider_name=\"anthropic\",gen_ai_request_model=\"claude-opus-4-8\",gen_ai_response_model=\"claude-opus-4-8\"} 2003.0",
            "token_matters_proxy_requests_total{upstream=\"anthropic\",status=\"200\",end=\"complete\"} 1",
            "token_matters_proxy_body_bytes_total{direction=\"answer\"} 900",
            "token_matters_proxy_open_requests 0",
            "token_matters_proxy_overhead_seconds_count 1",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn names_of_models_that_clients_invent_do_not_fill_the_memory() {
        let metrics = Metrics::default();
        for number in 0..MODELS + 50 {
            metrics.begin();
            metrics.note(&entry(&format!("model-{number}")));
        }
        let text = metrics.text();
        let is_count =
            |line: &&str| line.starts_with("gen_ai_client_operation_duration_seconds_count");
        assert_eq!(text.lines().filter(is_count).count(), MODELS + 1);
        assert!(text.contains("gen_ai_request_model=\"other\""));
    }

    #[test]
    fn what_was_refused_has_no_tokens() {
        let metrics = Metrics::default();
        metrics.begin();
        metrics.note(&LedgerEntry { status: Some(404), ..LedgerEntry::default() });
        let text = metrics.text();
        assert!(
            text.contains("requests_total{upstream=\"none\",status=\"404\",end=\"complete\"} 1")
        );
        assert!(!text.contains("gen_ai_client_token_usage_sum"));
    }
}
