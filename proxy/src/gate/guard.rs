//! Keeps out web pages: a page in the user's browser can send requests to this machine, too.
//!
//! A page of another site is known by `Origin` (<https://fetch.spec.whatwg.org/#origin-header>) and `Sec-Fetch-Site`
//! (<https://www.w3.org/TR/fetch-metadata/>, both read 2026-11-20). One whose own name was made to lead to this machine
//! (DNS rebinding) is of the same origin for the browser, and is known by the name in `Host`. No answer ever has a
//! header of CORS, so that no page can read one.

use std::net::{IpAddr, SocketAddr};

use http::uri::Authority;
use http::{HeaderMap, HeaderName, StatusCode, Uri, header};

use crate::error::ProxyError;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Who may ask.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    listen: IpAddr,
    origins: Vec<String>,
    hosts: Vec<String>,
}

impl Guard {
    pub(crate) fn new(listen: SocketAddr, origins: &[String], hosts: &[String]) -> Self {
        Self { listen: listen.ip(), origins: origins.to_vec(), hosts: hosts.to_vec() }
    }

    /// Refuses pages, by a request's head.
    ///
    /// # Errors
    ///
    /// A page asks, or the request was meant for another host.
    pub(crate) fn check(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), ProxyError> {
        let hosts = headers.get_all(header::HOST).iter().filter(|host| !is_usual(host.as_bytes()));
        let of_headers = hosts.map(|host| host.as_bytes().try_into().ok());
        let of_uri = uri.authority().cloned().map(Some);
        for host in of_headers.chain(of_uri) {
            self.host(host.as_ref())?;
        }
        let mut is_known_page = false;
        for origin in headers.get_all(header::ORIGIN) {
            let is_allowed =
                |allowed: &String| origin.as_bytes().eq_ignore_ascii_case(allowed.as_bytes());
            if !self.origins.iter().any(is_allowed) {
                return Err(refused(
                    "origin",
                    "web pages may not use this proxy; `allowedOrigins` in config.yaml lists exceptions",
                ));
            }
            is_known_page = true;
        }
        let is_of_another = |site: &http::HeaderValue| site != "same-origin" && site != "none";
        if !is_known_page && headers.get(FETCH_SITE).is_some_and(is_of_another) {
            return Err(refused("origin", "pages of other sites may not use this proxy"));
        }
        Ok(())
    }

    /// Addresses cannot be made to lead elsewhere, names can.
    fn host(&self, host: Option<&Authority>) -> Result<(), ProxyError> {
        let foreign = || {
            refused(
                "host",
                "this request names another host than this machine; `allowedHosts` in config.yaml lists the names by which the proxy may be asked",
            )
        };
        let authority = host.filter(|host| !host.as_str().contains('@')).ok_or_else(foreign)?;
        let name = authority.host();
        let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let is_ours = match address {
            Ok(address) => {
                address.is_loopback() || address == self.listen || self.listen.is_unspecified()
            }
            Err(_) => {
                name.eq_ignore_ascii_case("localhost")
                    || self.hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
            }
        };
        if is_ours { Ok(()) } else { Err(foreign()) }
    }
}

/// What nearly every request has: it needs no parsing.
fn is_usual(host: &[u8]) -> bool {
    let name = match memchr::memrchr(b':', host) {
        Some(colon) if host[colon + 1..].iter().all(u8::is_ascii_digit) => &host[..colon],
        Some(_) => return false,
        None => host,
    };
    name == b"127.0.0.1" || name == b"localhost"
}

fn refused(kind: &'static str, message: &str) -> ProxyError {
    ProxyError::new(StatusCode::FORBIDDEN, kind, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listen: &str, headers: &[(&str, &str)]) -> Result<(), &'static str> {
        let origins = ["app://obsidian.md".to_owned()];
        let guard = Guard::new(listen.parse().unwrap(), &origins, &["box.lan".to_owned()]);
        let mut request = http::Request::get("/v1/models");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let head = request.body(()).unwrap().into_parts().0;
        guard.check(&head.headers, &head.uri).map_err(|error| {
            assert_eq!(error.status, 403);
            error.kind
        })
    }

    #[test]
    fn only_names_of_this_machine_are_hosts() {
        let ours = [
            "127.0.0.1:8999",
            "localhost:8999",
            "LOCALHOST",
            "[::1]:8999",
            "127.8.8.8",
            "box.lan:1",
        ];
        for host in ours {
            assert_eq!(check("127.0.0.1:8999", &[("host", host)]), Ok(()), "{host}");
        }
        let foreign = [
            "evil.example:8999",
            "localhost.evil.example",
            "192.168.1.5:8999",
            "a@localhost",
            "",
            "ä",
        ];
        for host in foreign {
            assert_eq!(check("127.0.0.1:8999", &[("host", host)]), Err("host"), "{host}");
        }
        assert_eq!(check("192.168.1.5:8999", &[("host", "192.168.1.5:8999")]), Ok(()));
        assert_eq!(check("0.0.0.0:8999", &[("host", "10.0.0.7:8999")]), Ok(()));
        assert_eq!(check("0.0.0.0:8999", &[("host", "evil.example")]), Err("host"));
        assert_eq!(
            check("127.0.0.1:1", &[("host", "localhost"), ("host", "evil.example")]),
            Err("host")
        );
        assert_eq!(check("127.0.0.1:1", &[]), Ok(()), "HTTP/1.0; no browser leaves it out");
    }

    #[test]
    fn an_address_in_the_request_line_counts_as_well() {
        let guard = Guard::new("127.0.0.1:1".parse().unwrap(), &[], &[]);
        let uri = Uri::from_static("http://evil.example/v1/models");
        assert_eq!(guard.check(&HeaderMap::new(), &uri).unwrap_err().kind, "host");
    }

    #[test]
    fn pages_are_refused_unless_they_are_configured() {
        let with = |headers: &[(&str, &str)]| check("127.0.0.1:1", headers);
        for origin in
            ["https://evil.example", "null", "http://localhost:3000", "http://127.0.0.1:1"]
        {
            assert_eq!(with(&[("origin", origin)]), Err("origin"), "{origin}");
        }
        assert_eq!(
            with(&[("origin", "app://obsidian.md"), ("sec-fetch-site", "cross-site")]),
            Ok(())
        );
        assert_eq!(with(&[("origin", "app://obsidian.md"), ("origin", "null")]), Err("origin"));
        for site in ["cross-site", "same-site", "x"] {
            assert_eq!(with(&[("sec-fetch-site", site)]), Err("origin"), "{site}");
        }
        for site in ["none", "same-origin"] {
            assert_eq!(with(&[("sec-fetch-site", site)]), Ok(()), "{site}");
        }
    }
}
