//! The proxy's own key in the head of a request: found where clients put keys, and taken out.

use data_schema::Confidential;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use percent_encoding::percent_decode_str;

use crate::error::ProxyError;
use crate::gate::secret::PREFIX;

/// The header that holds nothing but the proxy's own key.
pub(crate) const KEY_HEADER: HeaderName = HeaderName::from_static("x-token-matters-key");

/// Where clients put the key of a vendor: of `OpenAI` and most, Anthropic, Google, Azure.
const VENDOR_HEADERS: [HeaderName; 4] = [
    header::AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
    HeaderName::from_static("api-key"),
];

/// Takes every own key out of a head; the first that was found is the one that counts. Keys of vendors stay.
///
/// # Errors
///
/// The address cannot be written without the key.
pub(crate) fn take(head: &mut Parts) -> Result<Option<Confidential>, ProxyError> {
    let mut found = head.headers.remove(KEY_HEADER).map(|value| {
        // What is no text is no key either, but it is meant as one.
        Confidential::new(value.to_str().unwrap_or_default().trim())
    });
    for name in &VENDOR_HEADERS {
        let in_header = take_from(&mut head.headers, name);
        found = found.or(in_header);
    }
    if head.uri.query().is_some_and(|query| query.contains("key=")) {
        let in_query = take_from_query(&mut head.uri)?;
        found = found.or(in_query);
    }
    Ok(found)
}

/// The own key that a header's value holds.
fn own(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?.trim();
    let bearer = text.get(..7).filter(|word| word.eq_ignore_ascii_case("bearer "));
    let key = if bearer.is_some() { text[7..].trim() } else { text };
    key.starts_with(PREFIX).then_some(key)
}

fn take_from(headers: &mut HeaderMap, name: &HeaderName) -> Option<Confidential> {
    let found = Confidential::new(headers.get_all(name).iter().find_map(own)?);
    let others: Vec<HeaderValue> =
        headers.get_all(name).iter().filter(|value| own(value).is_none()).cloned().collect();
    headers.remove(name);
    for value in others {
        headers.append(name, value);
    }
    Some(found)
}

fn take_from_query(uri: &mut Uri) -> Result<Option<Confidential>, ProxyError> {
    let query = uri.query().unwrap_or_default();
    let own = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let value = percent_decode_str(value).decode_utf8().ok()?;
        (name == "key" && value.starts_with(PREFIX)).then(|| Confidential::new(value))
    };
    let Some(found) = query.split('&').find_map(own) else { return Ok(None) };
    let kept: Vec<&str> = query.split('&').filter(|pair| own(pair).is_none()).collect();
    let path = match kept.as_slice() {
        [] => uri.path().to_owned(),
        kept => format!("{}?{}", uri.path(), kept.join("&")),
    };
    let without = PathAndQuery::try_from(path).ok().and_then(|path| {
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).ok()
    });
    // The error names no part of the address: the key is in it.
    *uri = without.ok_or_else(|| {
        ProxyError::new(StatusCode::BAD_REQUEST, "path", "this address cannot be sent on")
    })?;
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    const KEY: &str = "tm_0123456789012345678901234567890123456789012";

    fn head(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::get(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn taken(uri: &str, headers: &[(&str, &str)]) -> (Option<String>, Parts) {
        let mut head = head(uri, headers);
        let key = take(&mut head).unwrap().map(|key| key.expose().to_owned());
        (key, head)
    }

    #[test]
    fn a_key_is_found_wherever_clients_put_one_and_is_gone() {
        let bearer = format!("bearer  {KEY}");
        let places = [
            ("x-token-matters-key", KEY),
            ("authorization", bearer.as_str()),
            ("Authorization", KEY),
            ("x-api-key", KEY),
            ("x-goog-api-key", KEY),
            ("api-key", KEY),
        ];
        for place in places {
            let (key, head) = taken("/v1/messages?a=b", &[place]);
            assert_eq!(key.as_deref(), Some(KEY), "{place:?}");
            assert!(head.headers.is_empty(), "{place:?}");
            assert_eq!(head.uri, "/v1/messages?a=b");
        }
        let queries = [
            (format!("/v1beta/x?key={KEY}"), "/v1beta/x"),
            (format!("/v1beta/x?alt=sse&key={KEY}&a=b%20c"), "/v1beta/x?alt=sse&a=b%20c"),
            (format!("/v1beta/x?key=tm%5F{}", &KEY[3..]), "/v1beta/x"),
            (format!("http://127.0.0.1:1/x?key={KEY}"), "http://127.0.0.1:1/x"),
        ];
        for (uri, without) in queries {
            let (key, head) = taken(&uri, &[]);
            assert_eq!(key.as_deref(), Some(KEY), "{uri}");
            assert_eq!(head.uri, without);
        }
    }

    #[test]
    fn every_copy_is_taken_and_keys_of_vendors_stay() {
        let uri = format!("/x?key={KEY}");
        let all = [("x-api-key", KEY), ("x-api-key", "sk-ant-1"), ("authorization", "Bearer sk-2")];
        let (key, head) = taken(&uri, &all);
        assert_eq!(key.as_deref(), Some(KEY));
        assert_eq!(head.uri, "/x");
        let left: Vec<_> =
            head.headers.iter().map(|(name, value)| (name.as_str(), value)).collect();
        assert_eq!(left.len(), 2);
        assert_eq!(head.headers["x-api-key"], "sk-ant-1");
        assert_eq!(head.headers["authorization"], "Bearer sk-2");
        let foreign = [("authorization", "Basic dG1fMQ=="), ("x-goog-api-key", "AIza")];
        let (key, head) = taken("/x?key=AIza&monkey=tm_1", &foreign);
        assert_eq!(key, None);
        assert_eq!(
            (head.headers.len(), head.uri.to_string()),
            (2, "/x?key=AIza&monkey=tm_1".to_owned())
        );
    }

    #[test]
    fn what_is_meant_as_a_key_is_one_even_if_it_is_nonsense() {
        let (key, head) = taken("/x", &[("x-token-matters-key", "sk-1")]);
        assert_eq!(key.as_deref(), Some("sk-1"));
        assert!(head.headers.is_empty());
        assert_eq!(taken("/x", &[("x-token-matters-key", "")]).0.as_deref(), Some(""));
        assert_eq!(taken("/x", &[("authorization", "ä")]).0, None);
    }
}
