//! What the proxy answers itself: whether it runs, metrics, and what goes on now.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderValue, Request, StatusCode, header};

use crate::error::ProxyError;
use crate::live::Snapshot;
use crate::protocol::Family;
use crate::server::Proxy;

/// Of the program.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// What tells whether it runs: the one page that says nothing of anybody.
const HEALTH: &str = "/healthz";
/// What monitors read.
const METRICS: &str = "/metrics";
/// What begins all other own paths.
const OWN: &str = "/token-matters/";

/// Whether the proxy answers a path itself. Everything else is an upstream's.
pub(crate) fn is_own(path: &str) -> bool {
    path == HEALTH || path == METRICS || path.starts_with(OWN)
}

/// The pages.
pub(crate) fn router(proxy: &Arc<Proxy>) -> Router {
    Router::new()
        .route(HEALTH, get(health))
        .route(METRICS, get(metrics))
        .route("/token-matters/live", get(live))
        .fallback(nothing)
        .layer(middleware::from_fn_with_state(Arc::clone(proxy), guarded))
        .with_state(Arc::clone(proxy))
}

/// Keeps pages in browsers out, and from everything but its health those who have no admin key. Metrics are open to
/// programs of this machine, as long as nobody else can reach them.
async fn guarded(
    State(proxy): State<Arc<Proxy>>,
    request: Request<Body>,
    next: Next,
) -> Result<Response, Refused> {
    proxy.gate.keep_out(request.headers(), request.uri()).map_err(Refused)?;
    let path = request.uri().path();
    let is_open = path == HEALTH || (path == METRICS && proxy.config.listen.ip().is_loopback());
    if !is_open && !proxy.gate.is_admin(request.headers()) {
        let message = "this needs the admin key: send it in the header x-token-matters-admin";
        return Err(Refused(ProxyError::new(StatusCode::UNAUTHORIZED, "admin_key", message)));
    }
    Ok(next.run(request).await)
}

/// An error of a page.
struct Refused(ProxyError);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.0.response(Family::Other).map(Body::new)
    }
}

async fn nothing() -> Refused {
    Refused(ProxyError::new(StatusCode::NOT_FOUND, "no_page", "there is no such page"))
}

async fn health() -> Response {
    own("application/json", format!("{{\"status\":\"ok\",\"version\":\"{VERSION}\"}}\n"))
}

async fn live(State(proxy): State<Arc<Proxy>>) -> Response {
    let (open, recent) = proxy.live.snapshot();
    let budgets = proxy.gate.usage();
    let budgets = budgets.iter().filter_map(|budget| serde_json::to_value(budget).ok()).collect();
    let snapshot = Snapshot {
        at: proxy.clock.now(),
        version: VERSION.to_owned(),
        open,
        recent,
        limits: proxy.rate_limits.latest(),
        budgets,
    };
    own("application/json", serde_json::to_string(&snapshot).unwrap_or_default())
}

async fn metrics(State(proxy): State<Arc<Proxy>>) -> Response {
    // <https://prometheus.io/docs/instrumenting/content_negotiation/> (read 2026-11-21).
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    own(kind, proxy.metrics.text())
}

fn own(content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    let value = HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}
