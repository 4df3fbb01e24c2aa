//! One request over HTTP: is the published page there, and how old is it?

use std::sync::Arc;
use std::time::Duration;

use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Error};

/// Largest answer that is read.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Fetches an address: `https`, or `http` on this machine. The answer must come as a whole within the deadline.
///
/// # Errors
///
/// What went wrong, in words.
pub(crate) fn get(url: &str, deadline: Duration) -> Result<Vec<u8>, String> {
    let is_plain = url.starts_with("http://");
    let is_allowed = if is_plain { is_here(url) } else { url.starts_with("https://") };
    if !is_allowed {
        return Err("is no https address".to_owned());
    }
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = Agent::config_builder()
        .timeout_global(Some(deadline))
        .https_only(!is_plain)
        .user_agent(crate::session::PROGRAM.replace(' ', "/"))
        .tls_config(tls);
    // A proxy cannot reach what listens on this machine alone.
    let config = if is_plain { config.proxy(None) } else { config };
    let agent: Agent = config.build().into();
    let answer = agent.get(url).header("cache-control", "no-cache").call();
    let read =
        answer.and_then(|mut answer| answer.body_mut().with_config().limit(LARGEST).read_to_vec());
    read.map_err(|error| in_words(&error, deadline))
}

fn in_words(error: &Error, deadline: Duration) -> String {
    match error {
        Error::StatusCode(404) => "is not there (the server answers 404)".to_owned(),
        Error::StatusCode(code) => format!("is not given out (the server answers {code})"),
        Error::Timeout(_) => format!("does not answer within {} seconds", deadline.as_secs()),
        Error::HostNotFound => "has a host that nobody knows".to_owned(),
        Error::Io(error) => format!("cannot be reached: {error}"),
        error => format!("cannot be fetched: {error}"),
    }
}

/// Whether an address is about this machine.
fn is_here(url: &str) -> bool {
    let authority =
        url.trim_start_matches("http://").split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => authority.split(':').next(),
    };
    let address = host.and_then(|host| host.parse::<std::net::IpAddr>().ok());
    host == Some("localhost") || address.is_some_and(|address| address.is_loopback())
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
            ("http://localhost.example/", false),
            ("http://192.168.0.1/", false),
        ] {
            assert_eq!(is_here(url), here, "{url}");
        }
        let error = get("http://example.invalid/", Duration::from_secs(1)).unwrap_err();
        assert_eq!(error, "is no https address");
        assert!(get("file:///etc/passwd", Duration::from_secs(1)).is_err());
    }
}
