//! A request's body as it comes from the client, with its limits.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::StatusCode;
use http_body::{Body, Frame};
use hyper::body::Incoming;

use crate::config::Config;
use crate::deadline::Deadline;
use crate::error::{CLIENT_CLOSED, ProxyError};

/// Why a request's body does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// More than is allowed.
    #[error("the request's body is larger than `limits.body` allows")]
    TooLarge,
    /// Nothing more came in time.
    #[error("the request's body did not go on in time")]
    Idle,
    /// Not HTTP.
    #[error("the request's body is not as HTTP has it")]
    Malformed,
    /// The client has gone.
    #[error("the client has gone")]
    Gone,
}

/// A body that arrives.
#[derive(Debug)]
pub(crate) struct Arriving {
    body: Incoming,
    /// Bytes that may still come.
    allowed: u64,
    idle: Duration,
    /// Since when bytes are waited for.
    since: Option<Instant>,
    deadline: Deadline,
    count: Option<Arc<AtomicU64>>,
}

impl Arriving {
    pub(crate) fn new(body: Incoming, config: &Config) -> Self {
        Self {
            body,
            allowed: config.limits.body,
            idle: config.deadlines.client_idle,
            since: None,
            deadline: Deadline::default(),
            count: None,
        }
    }

    /// The next piece.
    pub(crate) async fn next(&mut self) -> Option<Result<Frame<Bytes>, BodyError>> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
            let since = *self.since.get_or_insert_with(Instant::now);
            let over = self.deadline.poll(context, since + self.idle);
            return over.map(|()| Some(Err(BodyError::Idle)));
        };
        self.since = None;
        Poll::Ready(frame.map(|frame| self.came(frame.map_err(|error| reason(&error))?)))
    }

    fn came(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, BodyError> {
        if let Some(bytes) = frame.data_ref() {
            let length = bytes.len() as u64;
            self.allowed = self.allowed.checked_sub(length).ok_or(BodyError::TooLarge)?;
            if let Some(count) = &self.count {
                count.fetch_add(length, Ordering::Relaxed);
            }
        }
        Ok(frame)
    }

    /// Whether nothing more will come.
    pub(crate) fn is_over(&self) -> bool {
        self.body.is_end_stream()
    }

    /// Bytes still to come, where that is known.
    pub(crate) fn left(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// Counts on from here.
    pub(crate) fn count(&mut self, seen: u64) -> Arc<AtomicU64> {
        Arc::clone(self.count.insert(Arc::new(AtomicU64::new(seen))))
    }
}

impl BodyError {
    /// What the client is told, if it is still there.
    pub(crate) fn refusal(self) -> ProxyError {
        let (status, kind) = match self {
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::Idle => (StatusCode::REQUEST_TIMEOUT, "client_idle"),
            Self::Malformed => (StatusCode::BAD_REQUEST, "request_body"),
            Self::Gone => (StatusCode::BAD_REQUEST, CLIENT_CLOSED),
        };
        ProxyError::new(status, kind, self.to_string())
    }

    /// The one that another error was caused by.
    pub(crate) fn within(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut causes = std::iter::successors(Some(error), |error| (*error).source());
        causes.find_map(|cause| cause.downcast_ref::<Self>()).copied()
    }
}

/// Chunks that are none are told as input that is not valid; everything else is a connection that has ended.
fn reason(error: &hyper::Error) -> BodyError {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    match cause.map(io::Error::kind) {
        Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => BodyError::Malformed,
        _ => BodyError::Gone,
    }
}
