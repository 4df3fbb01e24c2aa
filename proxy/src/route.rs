//! Which upstream serves a request.
//!
//! In this order: the header, the name before the path, the one that the caller's key is bound to, the model, what the
//! path says by itself, the default of the protocol. Only upstreams of the settings and the built-in ones are ever
//! asked: nothing that a request holds becomes a host.

use std::sync::Arc;

use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, StatusCode};

use crate::config::{Config, Found};
use crate::error::ProxyError;
use crate::gate::Caller;
use crate::pattern;
use crate::protocol::{Endpoint, Family, Platform};
use crate::upstream::{Upstream, address};

/// The header that names an upstream. It is not sent on.
pub(crate) const UPSTREAM_HEADER: &str = "x-token-matters-upstream";

/// First parts of paths of the APIs and of the proxy's own: no upstream has such a name.
pub(crate) const RESERVED: [&str; 18] = [
    "api",
    "backend-api",
    "chat",
    "completions",
    "embeddings",
    "healthz",
    "messages",
    "metrics",
    "model",
    "models",
    "projects",
    "responses",
    "token-matters",
    "upload",
    "v1",
    "v1alpha",
    "v1beta",
    "v1beta1",
];

/// Where a path leads, before the body is looked at.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The upstream whose name the path began with.
    pub(crate) named: Option<Arc<Upstream>>,
    /// Why the path leads nowhere.
    pub(crate) refused: Option<ProxyError>,
    /// The path that the upstream is asked for.
    pub(crate) path: PathAndQuery,
    /// What it says.
    pub(crate) endpoint: Endpoint,
}

/// Who answers, and why.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    pub(crate) upstream: Arc<Upstream>,
    /// `header`, `prefix`, `key`, `model`, `path`, `default`.
    pub(crate) why: &'static str,
}

/// Takes the name of an upstream and aliases out of a path.
pub(crate) fn place(config: &Config, head: &Parts) -> Place {
    let whole = head.uri.path_and_query().cloned();
    let whole = whole.unwrap_or_else(|| PathAndQuery::from_static("/"));
    let (found, rest) = named(config, whole.as_str(), &head.headers);
    let rest = match without_alias(rest.as_deref().unwrap_or(whole.as_str())).or(rest) {
        None => Some(whole),
        Some(rest) => PathAndQuery::try_from(rest).ok(),
    };
    let is_good =
        |path: &PathAndQuery| path.as_str().starts_with('/') && !address::has_dots(path.path());
    let rest = rest.filter(is_good);
    let (named, refused) = match found {
        _ if rest.is_none() => (None, Some(bad_path())),
        Found::Known(upstream) => (Some(upstream), None),
        Found::Needs(message) => (None, Some(incomplete(message))),
        Found::Nothing => (None, None),
    };
    let path = rest.unwrap_or_else(|| PathAndQuery::from_static("/"));
    let mut endpoint = Endpoint::of_request(&head.method, path.path(), &head.headers);
    if named.is_none() && is_azure(&path, &head.headers) {
        endpoint.platform = Some(Platform::Azure);
    }
    if let Some(upstream) = named.as_ref().filter(|_| endpoint.family == Family::Other) {
        endpoint.family = upstream.family;
    }
    Place { named, refused, path, endpoint }
}

/// The upstream that a path begins with, and the rest of the path behind its name.
fn named(config: &Config, path: &str, headers: &HeaderMap) -> (Found, Option<String>) {
    let first = path[1.min(path.len())..].split(['/', '?']).next().unwrap_or_default();
    // Azure's own paths begin with the name of another upstream.
    let is_azures = first == "openai"
        && (path.starts_with("/openai/deployments/")
            || path.split_once('?').is_some_and(|(_, query)| query.contains("api-version="))
            || headers.contains_key("api-key"));
    if first.is_empty() || is_azures || RESERVED.contains(&first) {
        return (Found::Nothing, None);
    }
    let found = config.upstream(first);
    if matches!(found, Found::Nothing) {
        return (found, None);
    }
    let rest = path.get(1 + first.len()..).unwrap_or_default();
    let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    (found, Some(rest))
}

/// `/v1/gemini/…` is `/v1beta/…`.
fn without_alias(path: &str) -> Option<String> {
    path.strip_prefix("/v1/gemini/").map(|rest| format!("/v1beta/{rest}"))
}

/// `/openai/…` with Azure's own key or version.
fn is_azure(path: &PathAndQuery, headers: &HeaderMap) -> bool {
    path.path().starts_with("/openai/")
        && (headers.contains_key("api-key")
            || path.query().is_some_and(|query| query.contains("api-version=")))
}

/// Who answers.
///
/// # Errors
///
/// Nobody does: the error lists the names.
pub(crate) fn choose(
    config: &Config,
    headers: &HeaderMap,
    caller: &Caller,
    place: &Place,
    model: Option<&str>,
) -> Result<Chosen, ProxyError> {
    let found = |upstream, why| Ok(Chosen { upstream, why });
    if let Some(name) = headers.get(UPSTREAM_HEADER) {
        if place.refused.as_ref().is_some_and(|refused| refused.kind == "path") {
            return Err(bad_path());
        }
        return known(config, name.to_str().unwrap_or_default())
            .and_then(|upstream| found(upstream, "header"));
    }
    if let Some(refused) = &place.refused {
        return Err(refused.clone());
    }
    if let Some(upstream) = &place.named {
        return found(Arc::clone(upstream), "prefix");
    }
    if let Some(name) = caller.upstream.as_deref() {
        return known(config, name).and_then(|upstream| found(upstream, "key"));
    }
    if let Some(upstream) = model.and_then(|model| by_model(config, place, model)) {
        return found(upstream, "model");
    }
    let default = default(config, place.endpoint.family);
    let Some(platform) = place.endpoint.platform else {
        return default.map_or_else(|| Err(none(config)), |upstream| found(upstream, "default"));
    };
    match (of_platform(config, platform), default) {
        (Found::Known(upstream), _) => found(upstream, "path"),
        // A server of one's own may speak for all. A vendor never gets what is meant for another.
        (_, Some(upstream)) if !upstream.is_preset => found(upstream, "default"),
        (Found::Needs(message), _) => Err(incomplete(message)),
        (Found::Nothing, _) => Err(none(config)),
    }
}

/// The upstream of a name that somebody has chosen.
fn known(config: &Config, name: &str) -> Result<Arc<Upstream>, ProxyError> {
    match config.upstream(name) {
        Found::Known(upstream) => Ok(upstream),
        Found::Needs(message) => Err(incomplete(message)),
        Found::Nothing => Err(none(config)),
    }
}

/// The first pattern that fits, of an upstream that speaks what the client speaks: nothing is translated.
fn by_model(config: &Config, place: &Place, model: &str) -> Option<Arc<Upstream>> {
    let family = place.endpoint.family;
    let fits = |(wanted, name): &(String, String)| {
        let Found::Known(upstream) = config.upstream(name) else { return None };
        let speaks = upstream.family == family || upstream.family == Family::Other;
        (speaks && pattern::fits(wanted, model)).then_some(upstream)
    };
    config.models.iter().find_map(fits)
}

/// The upstream of a platform: the one of its name, else one of the settings that bills the same.
fn of_platform(config: &Config, platform: Platform) -> Found {
    let name = platform.upstream();
    match config.upstream(name) {
        Found::Known(upstream) => Found::Known(upstream),
        other => {
            let same = |upstream: &&Arc<Upstream>| *upstream.vendor == *name;
            config
                .upstreams
                .values()
                .find(same)
                .map_or(other, |same| Found::Known(Arc::clone(same)))
        }
    }
}

fn default(config: &Config, family: Family) -> Option<Arc<Upstream>> {
    let name = config.defaults.get(&family).map(String::as_str);
    let name = name.or_else(|| (family != Family::Other).then(|| family.word()))?;
    match config.upstream(name) {
        Found::Known(upstream) => Some(upstream),
        Found::Needs(_) | Found::Nothing => None,
    }
}

fn none(config: &Config) -> ProxyError {
    let message = format!(
        "no upstream serves this path: name one of {} in the header {UPSTREAM_HEADER} or before the path, as /NAME/…",
        config.names().join(", ")
    );
    ProxyError::new(StatusCode::NOT_FOUND, "no_upstream", message)
}

fn incomplete(message: String) -> ProxyError {
    ProxyError::new(StatusCode::NOT_FOUND, "no_upstream", message)
}

fn bad_path() -> ProxyError {
    ProxyError::new(
        StatusCode::BAD_REQUEST,
        "path",
        "this path is not sent on: it must begin with `/`, and have no `.` or `..` between slashes",
    )
}
