//! Connections to upstreams, kept and used again.

use std::error::Error;
use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use http::uri::Scheme;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::arriving::BodyError;
use crate::config::Config;
use crate::connect::{self, Timed};
use crate::error::ProxyError;
use crate::request::Outgoing;

/// How long an idle connection is kept. Servers drop theirs after 60 seconds and more.
const IDLE: Duration = Duration::from_secs(55);

/// A pool of connections with TLS, made at its first use: reading the system's certificates takes longer than the rest
/// of the start.
type Secure = OnceLock<Result<Pool<Timed<HttpsConnector<HttpConnector>>, Outgoing>, String>>;

/// Asks upstreams.
pub(crate) struct Client {
    connect: Duration,
    plain: Pool<Timed<HttpConnector>, Outgoing>,
    tls: Secure,
    /// For `WebSocket`s, which begin with HTTP/1.1 only.
    sockets: Secure,
}

/// Why an upstream has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("{0}")]
    Tls(String),
    #[error("{}", with_causes(.0))]
    Http(#[from] hyper_util::client::legacy::Error),
    #[error("it has not answered in time")]
    Late,
}

impl Client {
    pub(crate) fn new(config: &Config) -> Self {
        let connect = config.deadlines.connect;
        let plain = builder().build(connect::plain(connect));
        Self { connect, plain, tls: OnceLock::new(), sockets: OnceLock::new() }
    }

    /// Sends a request, and waits for the head of the answer. Dropping the future cancels the request.
    pub(crate) async fn request(
        &self,
        request: Request<Outgoing>,
        is_socket: bool,
    ) -> Result<Response<Incoming>, ClientError> {
        if request.uri().scheme() == Some(&Scheme::HTTP) {
            return Ok(self.plain.request(request).await?);
        }
        let secure = if is_socket { &self.sockets } else { &self.tls };
        let made = || connect::tls(self.connect, is_socket).map(|made| builder().build(made));
        let pool = secure.get_or_init(made).as_ref();
        let pool = pool.map_err(|error| ClientError::Tls(error.clone()))?;
        Ok(pool.request(request).await?)
    }
}

fn builder() -> hyper_util::client::legacy::Builder {
    let mut builder = Pool::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE).http1_preserve_header_case(true);
    builder
}

impl ClientError {
    /// Whether the upstream cannot have seen the request.
    pub(crate) fn is_unseen(&self) -> bool {
        match self {
            Self::Http(error) => {
                error.is_connect()
                    || self.causes().any(|cause| {
                        cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled)
                    })
            }
            Self::Tls(_) | Self::Late => false,
        }
    }

    /// A word for it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Tls(_) => "tls",
            Self::Late => "timeout",
            Self::Http(_) if self.is_timeout() => "timeout",
            Self::Http(error) if error.is_connect() => "connect",
            Self::Http(_) => "upstream_cut",
        }
    }

    /// What the client is told.
    pub(crate) fn refusal(&self, upstream: &str) -> ProxyError {
        if let Some(body) = BodyError::within(self) {
            return body.refusal();
        }
        let kind = self.kind();
        let (status, what) = match kind {
            "timeout" => (StatusCode::GATEWAY_TIMEOUT, "does not answer"),
            "upstream_cut" => (StatusCode::BAD_GATEWAY, "broke off before its answer"),
            _ => (StatusCode::BAD_GATEWAY, "cannot be reached"),
        };
        ProxyError::new(status, kind, format!("the upstream {upstream} {what}: {self}"))
    }

    fn is_timeout(&self) -> bool {
        self.causes().any(|cause| {
            let cause = cause.downcast_ref::<io::Error>();
            cause.is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
        })
    }

    fn causes(&self) -> impl Iterator<Item = &(dyn Error + 'static)> {
        std::iter::successors(self.source(), |error| (*error).source())
    }
}

fn with_causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
