//! Connecting to upstreams: names, TCP and TLS together have one deadline.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use tower_service::Service;

type BoxError = Box<dyn Error + Send + Sync>;

/// A connector with a deadline.
#[derive(Clone, Debug)]
pub(crate) struct Timed<C> {
    inner: C,
    deadline: Duration,
}

impl<C> Service<Uri> for Timed<C>
where
    C: Service<Uri>,
    C::Future: Send + 'static,
    C::Error: Into<BoxError>,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let connected = tokio::time::timeout(self.deadline, self.inner.call(address));
        Box::pin(async move {
            match connected.await {
                Ok(connected) => connected.map_err(Into::into),
                Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            }
        })
    }
}

/// Connects without TLS.
pub(crate) fn plain(deadline: Duration) -> Timed<HttpConnector> {
    Timed { inner: tcp(), deadline }
}

/// Connects with TLS; for a WebSocket, HTTP/2 is not offered.
///
/// # Errors
///
/// What the system trusts cannot be read, in words.
pub(crate) fn tls(
    deadline: Duration,
    is_socket: bool,
) -> Result<Timed<HttpsConnector<HttpConnector>>, String> {
    let provider = rustls::crypto::ring::default_provider();
    let builder = HttpsConnectorBuilder::new()
        .with_provider_and_platform_verifier(provider)
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        .https_only();
    let inner = if is_socket {
        builder.enable_http1().wrap_connector(tcp())
    } else {
        builder.enable_all_versions().wrap_connector(tcp())
    };
    Ok(Timed { inner, deadline })
}

fn tcp() -> HttpConnector {
    let mut connector = HttpConnector::new();
    // Without this, small pieces of a body wait for 40 ms.
    connector.set_nodelay(true);
    connector.enforce_http(false);
    connector
}
