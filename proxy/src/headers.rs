//! Headers that are not handed on.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// What the proxy's own headers begin with.
const OWN: &str = "x-token-matters-";
/// The id of a request, on every answer.
pub(crate) const REQUEST_HEADER: HeaderName = HeaderName::from_static("x-token-matters-request");
/// Microseconds that the proxy itself took, on every answer.
pub(crate) const OVERHEAD_HEADER: HeaderName =
    HeaderName::from_static("x-token-matters-overhead-us");
/// The project that a request belongs to.
pub(crate) const PROJECT_HEADER: &str = "x-token-matters-project";

/// Headers that speak of one connection only (RFC 9110, 7.6.1). `Trailer` goes on, since trailers do;
/// `Transfer-Encoding` is written anew by whoever writes the body.
const HOP_BY_HOP: [HeaderName; 7] = [
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Takes out what speaks of one connection only, also what `Connection` names.
pub(crate) fn without_hops(headers: &mut HeaderMap) {
    if headers.contains_key(header::CONNECTION) {
        for name in named(headers) {
            headers.remove(name);
        }
        headers.remove(header::CONNECTION);
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

/// Makes a client's headers into those that the upstream gets.
pub(crate) fn for_upstream(headers: &mut HeaderMap, is_chunked: bool) {
    // Trailers are handed on, so that asking for them may be, too.
    let wants_trailers = headers.get(header::TE).is_some_and(|value| value == "trailers");
    without_hops(headers);
    headers.remove(header::HOST);
    let is_own = |name: &&HeaderName| name.as_str().starts_with(OWN);
    let own: Vec<HeaderName> = headers.keys().filter(is_own).cloned().collect();
    for name in own {
        headers.remove(name);
    }
    if is_chunked {
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    if wants_trailers {
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("te"));
    }
}

/// Lets a WebSocket be asked for, or agreed to, on the next connection, too.
pub(crate) fn with_upgrade(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
}

/// Whether a WebSocket is asked for. No other protocol is let through: one that the proxy does not know could hide
/// requests from it.
pub(crate) fn wants_websocket(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Whether the body comes in a coding that the proxy does not know: `chunked` alone is read.
pub(crate) fn has_foreign_coding(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    codings.next().is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked"))
        || codings.next().is_some()
}

/// The headers that `Connection` names.
fn named(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(header::CONNECTION).iter();
    let tokens = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    tokens.filter_map(|token| HeaderName::from_bytes(token.trim_ascii()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let lines = lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(name, value);
        }
        map
    }

    #[test]
    fn what_connection_names_goes_in_every_line_of_it() {
        let mut headers = map(&[
            ("connection", "close, X-One"),
            ("x-one", "1"),
            ("connection", "x-two"),
            ("x-two", "2"),
            ("x-three", "3"),
            ("keep-alive", "timeout=5"),
        ]);
        without_hops(&mut headers);
        assert_eq!(headers, map(&[("x-three", "3")]));
    }

    #[test]
    fn the_upstream_is_not_told_what_is_for_the_proxy() {
        let mut headers = map(&[
            ("host", "127.0.0.1:8999"),
            ("x-token-matters-upstream", "anthropic"),
            ("x-token-matters-key", "secret"),
            ("x-api-key", "theirs"),
            ("te", "trailers"),
        ]);
        for_upstream(&mut headers, true);
        let left = map(&[
            ("x-api-key", "theirs"),
            ("transfer-encoding", "chunked"),
            ("te", "trailers"),
            ("connection", "te"),
        ]);
        assert_eq!(headers, left);
    }

    #[test]
    fn only_websockets_are_upgrades_and_only_chunked_is_read() {
        assert!(wants_websocket(&map(&[("upgrade", "WebSocket")])));
        assert!(!wants_websocket(&map(&[("upgrade", "h2c")])));
        assert!(!has_foreign_coding(&map(&[("transfer-encoding", "chunked")])));
        assert!(!has_foreign_coding(&map(&[])));
        assert!(has_foreign_coding(&map(&[("transfer-encoding", "gzip, chunked")])));
        let twice = map(&[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")]);
        assert!(has_foreign_coding(&twice));
    }
}
