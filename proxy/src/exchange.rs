//! One request from its head to its line in the ledger, whatever happens on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use data_schema::{End, LedgerEntry, Text};
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use crate::bodies::BodyLog;
use crate::error::{CLIENT_CLOSED, ProxyError};
use crate::gate::Permit;
use crate::live::Open;
use crate::meter::Seen;
use crate::metrics::end_word;
use crate::server::Proxy;

/// The error of answers that were cut because the proxy ended.
const SHUTDOWN: &str = "shutdown";

/// What is known of a request. Its line is written when it ends, at the latest when it is dropped: a client that goes
/// drops everything.
pub(crate) struct Exchange {
    proxy: Arc<Proxy>,
    pub(crate) entry: LedgerEntry,
    started: Instant,
    /// How much of the time others were waited for.
    elsewhere: Duration,
    /// Bytes of a request's body that is still on its way.
    bytes_in: Option<Arc<AtomicU64>>,
    permit: Option<Permit>,
    /// Where its bodies are kept, if they are.
    pub(crate) bodies: Option<BodyLog>,
    open: Arc<Open>,
    is_done: bool,
}

impl Exchange {
    /// A request whose head has arrived.
    pub(crate) fn begin(proxy: &Arc<Proxy>, head: &Parts) -> Self {
        let entry = LedgerEntry {
            request: new_id(),
            at: proxy.clock.now(),
            path: format!("{} {}", head.method, head.uri.path()),
            ..LedgerEntry::default()
        };
        let bodies = proxy.bodies.begin(&entry.request);
        let (proxy, started) = (Arc::clone(proxy), Instant::now());
        proxy.metrics.begin();
        let open = proxy.live.begin(&entry, started);
        Self {
            proxy,
            entry,
            started,
            elsewhere: Duration::ZERO,
            bytes_in: None,
            permit: None,
            bodies,
            open,
            is_done: false,
        }
    }

    /// How long it has taken until now.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// It may be sent on.
    pub(crate) fn permit(&mut self, permit: Permit) {
        self.open.know(&self.entry);
        self.permit = Some(permit);
    }

    /// Others were waited for since then: the client's body, the upstream.
    pub(crate) fn waited(&mut self, since: Instant) {
        self.elsewhere += since.elapsed();
    }

    /// Where the bytes of a request's body are counted that are still on their way.
    pub(crate) fn counts(&mut self, bytes_in: Option<Arc<AtomicU64>>) {
        self.bytes_in = bytes_in;
    }

    /// Microseconds that the proxy itself took until now.
    pub(crate) fn overhead(&mut self) -> u32 {
        let own = self.elapsed().saturating_sub(self.elsewhere);
        let own = u32::try_from(own.as_micros()).unwrap_or(u32::MAX);
        self.entry.overhead_us = Some(own);
        own
    }

    /// Whether its line is written.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    /// What the upstream says about its limits.
    pub(crate) fn limits(&mut self, headers: &HeaderMap) {
        let upstream = self.entry.upstream.as_deref().unwrap_or_default();
        let told = self.proxy.rate_limits.take(upstream, headers, self.proxy.clock.now());
        self.entry.account = self.entry.account.or(told.account);
        self.entry.limits = told.changed;
    }

    /// More of the answer's body goes to the client.
    pub(crate) fn passed(&mut self, bytes: u64) {
        self.entry.bytes_out += bytes;
        self.open.passed(bytes);
    }

    /// The head of the answer goes to the client.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.entry.status = Some(status.as_u16());
    }

    /// The first byte of the answer's body goes to the client.
    pub(crate) fn first_byte(&mut self) {
        self.entry.ttft_ms = Some(milliseconds(self.elapsed()));
    }

    /// The proxy answers itself.
    pub(crate) fn refused(&mut self, error: &ProxyError) {
        if error.kind == CLIENT_CLOSED {
            return self.gone();
        }
        self.entry.status = Some(error.status.as_u16());
        self.entry.error = Some(Text::from(error.kind));
        self.entry.end = End::UpstreamError;
        self.finish();
    }

    /// The answer has ended, and this is what it told. Only the first end counts.
    pub(crate) fn ended(&mut self, seen: Seen) {
        if self.is_done {
            return;
        }
        fill(&mut self.entry, seen);
        self.finish();
    }

    /// One answer of many on a socket has ended: it has a line of its own.
    pub(crate) fn told(&mut self, seen: Seen) {
        let mut entry = self.entry.clone();
        entry.request = new_id();
        (entry.bytes_in, entry.bytes_out) = (0, 0);
        fill(&mut entry, seen);
        entry.duration_ms = Some(milliseconds(self.elapsed()));
        self.proxy.metrics.note_operation(&entry);
        self.write(&entry);
    }

    /// Nobody takes the rest of the answer, and this is what it told until now. Clients go when they have read the
    /// protocol's own end, without waiting for that of HTTP: then it is whole.
    pub(crate) fn abandoned(&mut self, mut seen: Seen) {
        if seen.end != End::Complete && seen.error.is_none() {
            let is_cut = self.proxy.is_cut();
            seen.end = if is_cut { End::Truncated } else { End::ClientClosed };
            if is_cut {
                seen.error = Some(Text::from(SHUTDOWN));
            }
        }
        self.ended(seen);
    }

    /// The client has gone before there was an answer.
    fn gone(&mut self) {
        self.entry.end = End::ClientClosed;
        if self.proxy.is_cut() {
            self.entry.end = End::Truncated;
            self.entry.error = Some(Text::from(SHUTDOWN));
        }
        self.finish();
    }

    /// Writes the line, once.
    fn finish(&mut self) {
        if std::mem::replace(&mut self.is_done, true) {
            return;
        }
        if let Some(bytes_in) = &self.bytes_in {
            self.entry.bytes_in = bytes_in.load(Ordering::Relaxed);
        }
        self.entry.duration_ms = Some(milliseconds(self.elapsed()));
        if let Some(permit) = self.permit.take() {
            permit.settle(&self.entry);
        }
        self.proxy.metrics.note(&self.entry);
        self.proxy.live.end(&self.open, &self.entry);
        self.write(&self.entry);
    }

    fn write(&self, entry: &LedgerEntry) {
        log(entry);
        if let Err(error) = self.proxy.ledger.record(entry) {
            self.proxy.metrics.unwritten();
            tracing::error!(request = entry.request, "{error}");
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.is_done {
            self.gone();
        }
    }
}

/// What an answer told.
fn fill(entry: &mut LedgerEntry, seen: Seen) {
    entry.response = seen.response;
    entry.model = seen.model;
    entry.input_tokens = seen.input_tokens;
    entry.cache_read_tokens = seen.cache_read_tokens;
    entry.cache_creation_tokens = seen.cache_creation_tokens;
    entry.cache_creation_1h_tokens = seen.cache_creation_1h_tokens;
    entry.output_tokens = seen.output_tokens;
    entry.reasoning_tokens = seen.reasoning_tokens;
    entry.image_tokens = seen.image_tokens;
    entry.audio_tokens = seen.audio_tokens;
    entry.total_tokens = seen.total_tokens;
    entry.web_searches = seen.web_searches;
    entry.tier = seen.tier;
    entry.region = seen.region.or(entry.region.take());
    entry.cost = seen.cost;
    entry.quality = seen.quality;
    entry.end = seen.end;
    entry.error = seen.error;
}

/// A line in the log, for those who want one a request.
fn log(entry: &LedgerEntry) {
    tracing::info!(
        request = entry.request,
        path = entry.path,
        upstream = entry.upstream.as_deref(),
        model = entry.model.as_deref().or(entry.requested_model.as_deref()),
        status = entry.status,
        end = end_word(entry.end),
        error = entry.error.as_deref(),
        ttft_ms = entry.ttft_ms,
        duration_ms = entry.duration_ms,
        "request"
    );
}

fn milliseconds(span: Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}

/// An id that no other request has.
fn new_id() -> String {
    let mut bytes = [0; 8];
    // Without random bytes, requests of one moment may share an id: they are told apart by their time.
    let _ = getrandom::fill(&mut bytes);
    HEXLOWER.encode(&bytes)
}
