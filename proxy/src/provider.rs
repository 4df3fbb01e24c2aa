//! Asking an upstream, where it is wanted more than once, always before the first byte of an answer.

use std::time::{Duration, Instant};

use data_schema::{Attempt, Text};
use http::{Request, Response, StatusCode, header};
use hyper::body::Incoming;

use crate::client::ClientError;
use crate::error::ProxyError;
use crate::exchange::Exchange;
use crate::request::Outgoing;
use crate::server::Proxy;
use crate::upstream::Upstream;

/// Before the second try, and doubled before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause. An upstream that asks for a longer one is not asked again: the client is told.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Asks an upstream. What it may have seen is asked again only where it says itself that it cannot answer now, and
/// what is not kept whole never.
///
/// # Errors
///
/// There is no answer.
pub(crate) async fn ask(
    proxy: &Proxy,
    exchange: &mut Exchange,
    mut request: Request<Outgoing>,
    upstream: &Upstream,
    is_socket: bool,
) -> Result<Response<Incoming>, ProxyError> {
    let mut pause = FIRST_PAUSE;
    for _ in 0..proxy.config.retries {
        let Some(again) = copy(&request) else { break };
        let begun = Instant::now();
        let outcome = once(proxy, exchange, request, is_socket).await;
        let wanted = match &outcome {
            Ok(answer) => pause_after(answer, pause),
            Err(error) => error.is_unseen().then_some(pause),
        };
        let Some(wanted) = wanted else { return told(outcome, upstream) };
        exchange.entry.attempts.push(attempt(upstream, &outcome, begun));
        drop(outcome);
        let begun = Instant::now();
        tokio::time::sleep(wanted).await;
        exchange.waited(begun);
        pause = (pause * 2).min(LONGEST_PAUSE);
        request = again;
    }
    told(once(proxy, exchange, request, is_socket).await, upstream)
}

async fn once(
    proxy: &Proxy,
    exchange: &mut Exchange,
    request: Request<Outgoing>,
    is_socket: bool,
) -> Result<Response<Incoming>, ClientError> {
    let begun = Instant::now();
    let answer = proxy.client.request(request, is_socket);
    let answer = tokio::time::timeout(proxy.config.deadlines.upstream_head, answer).await;
    exchange.waited(begun);
    answer.unwrap_or(Err(ClientError::Late))
}

fn told(
    outcome: Result<Response<Incoming>, ClientError>,
    upstream: &Upstream,
) -> Result<Response<Incoming>, ProxyError> {
    outcome.map_err(|error| error.refusal(&upstream.name))
}

/// How long to wait before the next try; `None` if this answer is the one.
fn pause_after(answer: &Response<Incoming>, pause: Duration) -> Option<Duration> {
    let is_passing = matches!(answer.status().as_u16(), 502..=504 | 529);
    let asked = answer.headers().get(header::RETRY_AFTER);
    let asked = match asked {
        Some(asked) => Duration::from_secs(asked.to_str().ok()?.parse().ok()?),
        None => pause,
    };
    (is_passing && asked <= LONGEST_PAUSE).then_some(asked)
}

fn attempt(
    upstream: &Upstream,
    outcome: &Result<Response<Incoming>, ClientError>,
    begun: Instant,
) -> Attempt {
    let took = begun.elapsed().as_millis();
    Attempt {
        upstream: Text::clone(&upstream.name),
        status: outcome
            .as_ref()
            .ok()
            .map(Response::status)
            .map(|status: StatusCode| status.as_u16()),
        error: outcome.as_ref().err().map(|error| Text::from(error.kind())),
        duration_ms: u32::try_from(took).unwrap_or(u32::MAX),
    }
}

fn copy(request: &Request<Outgoing>) -> Option<Request<Outgoing>> {
    let mut copy = Request::new(request.body().again()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    Some(copy)
}
