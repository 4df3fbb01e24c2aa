//! The way of a request, in seven stages: auth, inject, route, before, provider, after, record.
//!
//! Each stage is one function, and what later work adds (translation, plug-ins) hooks in between them.

use std::sync::Arc;
use std::time::Instant;

use data_schema::Text;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;

use crate::answer::{AnswerBody, Relayed};
use crate::arriving::BodyError;
use crate::connection::Line;
use crate::error::ProxyError;
use crate::exchange::Exchange;
use crate::gate::{Ask, Caller};
use crate::headers;
use crate::hints::{self, Hints};
use crate::inject;
use crate::meter;
use crate::origin;
use crate::protocol::Endpoint;
use crate::provider;
use crate::request::{self, Outgoing};
use crate::route::{self, Chosen, Place};
use crate::server::Proxy;
use crate::silence::Silence;
use crate::strip::{Strip, Transform};
use crate::tunnel;

/// A request on its way, without its body.
struct Way {
    head: Parts,
    place: Place,
    /// The client's side, where it asks for a WebSocket.
    socket: Option<OnUpgrade>,
}

/// A body on its way to the upstream.
struct Sent {
    body: Outgoing,
    hints: Hints,
    /// What the answer then needs.
    transform: Option<Box<dyn Transform>>,
}

/// Answers a request, whatever happens.
pub(crate) async fn relay(line: &Arc<Line>, request: Request<Incoming>) -> Response<AnswerBody> {
    let proxy = &line.proxy;
    let (mut head, body) = request.into_parts();
    let mut exchange = Exchange::begin(proxy, &head);
    origin::note_head(&mut exchange.entry, &head.headers);
    // Before the path is looked at: the proxy's own key may stand in its query.
    let caller = proxy.gate.authenticate(&mut head);
    let place = route::place(&proxy.config, &head);
    let family = place.endpoint.family;
    exchange.entry.protocol = place.endpoint.protocol.word().map(Text::from);
    let socket = head.extensions.remove::<OnUpgrade>();
    let socket = socket.filter(|_| headers::wants_websocket(&head.headers));
    let mut way = Way { head, place, socket };
    match stages(proxy, &mut exchange, &mut way, body, caller).await {
        Ok((answer, transform)) => after(line, exchange, way, answer, transform),
        Err(error) => {
            let mut answer = error.response(family);
            mark(&mut exchange, answer.headers_mut());
            exchange.refused(&error);
            answer
        }
    }
}

async fn stages(
    proxy: &Arc<Proxy>,
    exchange: &mut Exchange,
    way: &mut Way,
    body: Incoming,
    caller: Result<Caller, ProxyError>,
) -> Result<(Response<Incoming>, Option<Box<dyn Transform>>), ProxyError> {
    sane(&way.head)?;
    let caller = caller?;
    let mut sent = inject(proxy, exchange, &way.place, body).await?;
    let endpoint = &way.place.endpoint;
    sent.hints.model = sent.hints.model.or_else(|| endpoint.model.as_deref().map(Text::from));
    let model = sent.hints.model.as_deref();
    let chosen = route::choose(&proxy.config, &way.head.headers, &caller, &way.place, model)?;
    let region = endpoint.region.as_deref().map(Text::from);
    exchange.entry.region = region.or_else(|| chosen.upstream.region.clone());
    let asked = Asked { caller: &caller, head: &way.head, hints: &sent.hints };
    before(proxy, exchange, &asked, &chosen)?;
    provider(proxy, exchange, way, sent, &chosen).await
}

/// Whether it can be handed on at all. Nobody is asked for another host: the proxy speaks to its upstreams only.
fn sane(head: &Parts) -> Result<(), ProxyError> {
    let refused = |kind, message| Err(ProxyError::new(StatusCode::BAD_REQUEST, kind, message));
    if head.uri.authority().is_some() || head.method == Method::CONNECT {
        return refused("other_host", "this is no proxy for other hosts: ask for a path alone");
    }
    if !head.uri.path().starts_with('/') {
        return refused("path", "a path must begin with `/`");
    }
    if headers::has_foreign_coding(&head.headers) {
        let message = "of transfer codings, only `chunked` is read";
        return Err(ProxyError::new(StatusCode::NOT_IMPLEMENTED, "transfer_coding", message));
    }
    Ok(())
}

/// Looks at the body, and adds what its answer needs to tell its usage.
async fn inject(
    proxy: &Proxy,
    exchange: &mut Exchange,
    place: &Place,
    body: Incoming,
) -> Result<Sent, ProxyError> {
    let begun = Instant::now();
    let bytes_in = &mut exchange.entry.bytes_in;
    let read = request::read(body, &proxy.config, &proxy.buffers, bytes_in).await;
    exchange.waited(begun);
    let mut body = read.map_err(BodyError::refusal)?;
    exchange.counts(body.count(exchange.entry.bytes_in));
    exchange.bodies.iter_mut().for_each(|log| log.request(body.beginning()));
    let protocol = place.endpoint.protocol;
    let hints = hints::hints(protocol, body.beginning());
    let changed = body.whole().and_then(|whole| inject::request(protocol, &hints, whole));
    let transform = changed.map(|changed| {
        body.replace(changed);
        Box::new(Strip::default()) as Box<dyn Transform>
    });
    Ok(Sent { body, hints, transform })
}

/// What leave is asked for.
struct Asked<'a> {
    caller: &'a Caller,
    head: &'a Parts,
    hints: &'a Hints,
}

/// Asks for leave.
fn before(
    proxy: &Arc<Proxy>,
    exchange: &mut Exchange,
    asked: &Asked<'_>,
    chosen: &Chosen,
) -> Result<(), ProxyError> {
    let Asked { caller, head, hints } = *asked;
    let entry = &mut exchange.entry;
    origin::note_rest(entry, hints, caller);
    entry.upstream = Some(Text::clone(&chosen.upstream.name));
    entry.vendor = Some(Text::clone(&chosen.upstream.vendor));
    entry.route = Some(Text::from(chosen.why));
    let permit = proxy.gate.admit(&Ask {
        caller,
        project: entry.project.as_deref(),
        model: hints.model.as_deref(),
        upstream: &chosen.upstream.name,
        vendor: entry.vendor.as_deref(),
        at: entry.at,
        is_metered: entry.protocol.is_some(),
        needs_key: chosen.upstream.adds_credential(&head.headers),
        body: Some(entry.bytes_in),
        most_output: hints.most_output,
    })?;
    exchange.permit(permit);
    Ok(())
}

/// Asks the upstream.
async fn provider(
    proxy: &Proxy,
    exchange: &mut Exchange,
    way: &mut Way,
    sent: Sent,
    chosen: &Chosen,
) -> Result<(Response<Incoming>, Option<Box<dyn Transform>>), ProxyError> {
    let upstream = &chosen.upstream;
    let uri = upstream.uri(&way.place.path).map_err(|error| {
        let message = format!("this path cannot be sent on: {error}");
        ProxyError::new(StatusCode::BAD_REQUEST, "path", message)
    })?;
    let mut request = Request::new(sent.body);
    *request.method_mut() = way.head.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = std::mem::take(&mut way.head.headers);
    // How the client wrote the names of its headers.
    *request.extensions_mut() = std::mem::take(&mut way.head.extensions);
    let is_chunked = request.body().is_chunked();
    headers::for_upstream(request.headers_mut(), is_chunked);
    if sent.transform.is_some() {
        let length = request.body().beginning().len();
        let headers = request.headers_mut();
        if !is_chunked {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        // Nothing can be taken out of an answer that is compressed.
        headers.remove(header::ACCEPT_ENCODING);
    }
    if way.socket.is_some() {
        headers::with_upgrade(request.headers_mut());
    }
    upstream.prepare(&mut request, proxy.clock.now())?;
    let is_socket = way.socket.is_some();
    let answer = provider::ask(proxy, exchange, request, upstream, is_socket).await?;
    Ok((answer, sent.transform))
}

/// Hands the answer on, with the meter beside it.
fn after(
    line: &Arc<Line>,
    mut exchange: Exchange,
    way: Way,
    mut answer: Response<Incoming>,
    transform: Option<Box<dyn Transform>>,
) -> Response<AnswerBody> {
    let endpoint: &Endpoint = &way.place.endpoint;
    exchange.entry.protocol = endpoint.protocol.word().map(Text::from);
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        return switched(line, exchange, way, answer);
    }
    exchange.limits(answer.headers());
    exchange.answered(answer.status());
    headers::without_hops(answer.headers_mut());
    *answer.version_mut() = Version::HTTP_11;
    let transform = transform.filter(|_| is_events(answer.headers()));
    if transform.is_some() {
        answer.headers_mut().remove(header::CONTENT_LENGTH);
    }
    let (mut head, body) = answer.into_parts();
    let meter = meter::of_answer(endpoint.protocol, &head);
    let silence = Silence::of(&line.proxy.config, &head.headers);
    mark(&mut exchange, &mut head.headers);
    let relayed = Relayed::new(body, meter, silence, exchange).changed(transform);
    Response::from_parts(head, AnswerBody::relayed(relayed))
}

/// The upstream speaks WebSocket from now on; to one who did not ask for it, that is no answer.
fn switched(
    line: &Arc<Line>,
    mut exchange: Exchange,
    way: Way,
    mut answer: Response<Incoming>,
) -> Response<AnswerBody> {
    let Some(client) = way.socket else {
        let message = "the upstream changed the protocol without being asked";
        let error = ProxyError::new(StatusCode::BAD_GATEWAY, "upstream_http", message);
        let mut answer = error.response(way.place.endpoint.family);
        mark(&mut exchange, answer.headers_mut());
        exchange.refused(&error);
        return answer;
    };
    exchange.answered(answer.status());
    headers::without_hops(answer.headers_mut());
    headers::with_upgrade(answer.headers_mut());
    mark(&mut exchange, answer.headers_mut());
    let is_deflated = is_deflated(answer.headers());
    let meter = meter::of_socket(way.place.endpoint.protocol, is_deflated);
    tunnel::open(line, exchange, meter, client, &mut answer);
    answer.map(|_| AnswerBody::empty())
}

/// The headers that every answer has.
fn mark(exchange: &mut Exchange, headers: &mut HeaderMap) {
    headers.insert(headers::OVERHEAD_HEADER, HeaderValue::from(exchange.overhead()));
    if let Ok(id) = HeaderValue::from_str(&exchange.entry.request) {
        headers.insert(headers::REQUEST_HEADER, id);
    }
}

/// Whether what is said on a WebSocket is compressed: RFC 7692.
fn is_deflated(headers: &HeaderMap) -> bool {
    let agreed = headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS).iter();
    agreed
        .filter_map(|agreed| agreed.to_str().ok())
        .any(|agreed| agreed.contains("permessage-deflate"))
}

/// Events in plain text: what can be changed on its way.
fn is_events(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
        && !headers.contains_key(header::CONTENT_ENCODING)
}
