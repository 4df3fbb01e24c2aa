//! HTTP as this program speaks it: `https`, or `http` to this machine alone; one deadline; answers of limited size;
//! and for vendors' interfaces no way to any other address than the one that was asked.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Error, RequestExt as _};

/// Largest answer that is read, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// What is asked. Its debug form has neither headers nor body, because keys stand there.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The whole address.
    pub url: String,
    /// Name and value.
    pub headers: Vec<(&'static str, String)>,
    /// JSON for a `POST`; `None` is a `GET`.
    pub body: Option<String>,
}

/// What came back, whatever the status says.
#[derive(Clone, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests play recorded ones")]
pub struct Response {
    /// 200 and so on.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why nothing came back. No message names more of the address than its host, or anything of a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// Neither `https` nor this machine.
    #[error("is no https address")]
    NotSecure,
    /// Not within the deadline.
    #[error("does not answer within {0} seconds")]
    Timeout(u64),
    /// No such host, or no network.
    #[error("has a host that nobody knows")]
    UnknownHost,
    /// No connection.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// The answer is larger than anything that makes sense here.
    #[error("gives an answer of more than {} MB", LARGEST / 1024 / 1024)]
    TooLarge,
    /// Anything else.
    #[error("cannot be fetched: {0}")]
    Other(String),
}

/// Something that carries requests: the network, or a record of it in tests.
pub trait Http {
    /// Sends a request once.
    ///
    /// # Errors
    ///
    /// Nothing came back.
    fn send(&mut self, request: &Request) -> Result<Response, HttpError>;

    /// Waits before the next try.
    fn pause(&mut self, time: Duration);

    /// Time since the first request: what a deadline is held against.
    fn elapsed(&self) -> Duration;
}

/// The network.
#[derive(Debug)]
pub struct Client {
    agent: String,
    deadline: Duration,
    redirects: u32,
    begun: Option<Instant>,
    /// For `https`, and for this machine.
    agents: [Option<Agent>; 2],
}

impl Request {
    /// A `GET`.
    pub fn get(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// A `POST` of JSON.
    pub fn post(url: impl Into<String>, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { url: url.into(), headers, body: Some(body.to_string()) }
    }

    /// The request with one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Request").field("url", &self.url).finish_non_exhaustive()
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that names itself `agent` and ends every request at a deadline. It follows no redirect.
    pub fn new(agent: &str, deadline: Duration) -> Self {
        let agent = agent.replace(' ', "/");
        Self { agent, deadline, redirects: 0, begun: None, agents: [None, None] }
    }

    /// The same for public pages, which may move: without any key, redirects are followed.
    #[must_use]
    pub fn for_pages(self) -> Self {
        Self { redirects: 10, ..self }
    }

    fn agent(&mut self, is_plain: bool) -> &Agent {
        let (name, deadline, redirects) = (&self.agent, self.deadline, self.redirects);
        self.agents[usize::from(is_plain)].get_or_insert_with(|| {
            let tls = TlsConfig::builder()
                .root_certs(RootCerts::PlatformVerifier)
                .unversioned_rustls_crypto_provider(Arc::new(
                    rustls::crypto::ring::default_provider(),
                ))
                .build();
            let config = Agent::config_builder()
                .timeout_global(Some(deadline))
                .https_only(!is_plain)
                .max_redirects(redirects)
                .max_redirects_will_error(false)
                .http_status_as_error(false)
                .user_agent(name)
                .tls_config(tls);
            // A proxy cannot reach what listens on this machine alone.
            let config = if is_plain { config.proxy(None) } else { config };
            config.build().into()
        })
    }
}

impl Http for Client {
    fn send(&mut self, request: &Request) -> Result<Response, HttpError> {
        let is_plain = request.url.starts_with("http://");
        let is_allowed =
            if is_plain { is_here(&request.url) } else { request.url.starts_with("https://") };
        if !is_allowed {
            return Err(HttpError::NotSecure);
        }
        self.begun.get_or_insert_with(Instant::now);
        let deadline = self.deadline;
        let words = |error: Error| in_words(&error, deadline);
        let method = if request.body.is_some() { "POST" } else { "GET" };
        let mut made = ureq::http::Request::builder().method(method).uri(&request.url);
        for (name, value) in &request.headers {
            made = made.header(*name, value);
        }
        // What a header that is none looks like is not told: it may be a key.
        let wrong = |_| HttpError::Other("the address or a header is not valid".to_owned());
        let made = made.body(request.body.clone().unwrap_or_default()).map_err(wrong)?;
        let agent = self.agent(is_plain);
        let sent = match request.body {
            Some(_) => made.with_agent(agent).run(),
            None => made.map(|_| ()).with_agent(agent).run(),
        };
        let mut answer = sent.map_err(words)?;
        let retry_after = answer.headers().get("retry-after");
        Ok(Response {
            status: answer.status().as_u16(),
            retry_after: retry_after.and_then(|value| Some(value.to_str().ok()?.to_owned())),
            body: answer.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(words)?,
        })
    }

    fn pause(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn elapsed(&self) -> Duration {
        self.begun.map_or(Duration::ZERO, |begun| begun.elapsed())
    }
}

fn in_words(error: &Error, deadline: Duration) -> HttpError {
    match error {
        Error::Timeout(_) => HttpError::Timeout(deadline.as_secs()),
        Error::HostNotFound => HttpError::UnknownHost,
        Error::Io(error) => HttpError::Unreachable(error.to_string()),
        Error::ConnectionFailed => HttpError::Unreachable("no connection".to_owned()),
        Error::BodyExceedsLimit(_) => HttpError::TooLarge,
        Error::BadUri(_) | Error::Http(_) => {
            HttpError::Other("the address is not valid".to_owned())
        }
        error => HttpError::Other(error.to_string()),
    }
}

/// Whether an address is about this machine.
fn is_here(url: &str) -> bool {
    let host = host(url);
    let address = host.parse::<std::net::IpAddr>().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

/// The host of an address; empty if it has none.
pub(crate) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    // Behind an `@` stands another host than the one that a hasty look sees: such an address has none.
    match authority.strip_prefix('[') {
        _ if authority.contains('@') => "",
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for (url, here) in [
            ("http://127.0.0.1:8787/x", true),
            ("http://localhost", true),
            ("http://[::1]:80/", true),
            ("http://127.0.0.1@evil.example/", false),
            ("http://127.0.0.1:80@evil.example/", false),
            ("http://localhost.example/", false),
            ("http://192.168.0.1/", false),
        ] {
            assert_eq!(is_here(url), here, "{url}");
        }
        let mut client = Client::new("test 1", Duration::from_secs(1));
        let error = client.send(&Request::get("http://example.invalid/")).unwrap_err();
        assert_eq!(error, HttpError::NotSecure);
        assert!(client.send(&Request::get("file:///etc/passwd")).is_err());
    }

    #[test]
    fn a_key_is_in_no_message() {
        let request = Request::get("https://example.invalid/").header("x-api-key", "geheim");
        assert!(!format!("{request:?}").contains("geheim"));
        let broken = Request::get("http://127.0.0.1:1/").header("x-api-key", "geheim\n");
        let error = Client::new("test 1", Duration::from_secs(1)).send(&broken).unwrap_err();
        assert!(!error.to_string().contains("geheim"), "{error}");
    }
}
