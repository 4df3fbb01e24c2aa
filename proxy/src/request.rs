//! A request's body on its way to the upstream.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::arriving::{Arriving, BodyError};
use crate::buffers::{Buffers, Share};
use crate::config::Config;

/// A body on its way: what was read already, then what still arrives.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    read: Option<Bytes>,
    trailers: Option<HeaderMap>,
    arriving: Option<Arriving>,
    is_chunked: bool,
}

/// Bytes allocated at once for a body that says its length: it may say more than it has.
const FIRST: usize = 128 * 1024;

/// Reads a body up to a limit, so that it can be looked at before it is sent on. `seen` counts its bytes.
///
/// # Errors
///
/// The client broke off, sends nothing more, or sends too much.
pub(crate) async fn read(
    body: Incoming,
    config: &Config,
    buffers: &Arc<Buffers>,
    seen: &mut u64,
) -> Result<Outgoing, BodyError> {
    if body.is_end_stream() {
        return Ok(Outgoing::default());
    }
    let length = body.size_hint().exact();
    let mut outgoing = Outgoing { is_chunked: length.is_none(), ..Outgoing::default() };
    if length.is_some_and(|length| length > config.limits.body) {
        return Err(BodyError::TooLarge);
    }
    let mut arriving = Arriving::new(body, config);
    let mut share = Share::of(buffers);
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let mut is_whole = false;
    while *seen < config.limits.buffered as u64 && share.has_room() {
        let Some(frame) = arriving.next().await else {
            is_whole = true;
            break;
        };
        match frame?.into_data() {
            Ok(bytes) => {
                *seen += bytes.len() as u64;
                share.grow(bytes.len());
                if first.is_empty() {
                    first = bytes;
                } else {
                    if rest.is_empty() {
                        let length = length.unwrap_or(0).min(FIRST as u64);
                        rest.reserve(usize::try_from(length).unwrap_or(0).max(first.len() * 2));
                        rest.extend_from_slice(&first);
                    }
                    rest.extend_from_slice(&bytes);
                }
            }
            Err(frame) => outgoing.trailers = frame.into_trailers().ok(),
        }
        if arriving.is_over() {
            is_whole = true;
            break;
        }
    }
    let read = if rest.is_empty() { first } else { rest.freeze() };
    outgoing.read = Some(share.hold(read));
    outgoing.arriving = (!is_whole).then_some(arriving);
    Ok(outgoing)
}

impl Outgoing {
    /// What was read of it.
    pub(crate) fn beginning(&self) -> &[u8] {
        self.read.as_deref().unwrap_or_default()
    }

    /// What was read of it, if that is all.
    pub(crate) fn whole(&self) -> Option<&Bytes> {
        self.read.as_ref().filter(|_| self.arriving.is_none())
    }

    /// Whether it comes in pieces of a length that is not known.
    pub(crate) fn is_chunked(&self) -> bool {
        self.is_chunked
    }

    /// Sends other bytes instead.
    pub(crate) fn replace(&mut self, bytes: Bytes) {
        self.read = Some(bytes);
    }

    /// The same once more; `None` if a part of it is not kept.
    pub(crate) fn again(&self) -> Option<Self> {
        let (read, trailers) = (self.read.clone(), self.trailers.clone());
        let again = || Self { read, trailers, arriving: None, is_chunked: self.is_chunked };
        self.arriving.is_none().then(again)
    }

    /// Where the bytes are counted that are still to come; `None` if there are none.
    pub(crate) fn count(&mut self, seen: u64) -> Option<Arc<AtomicU64>> {
        Some(self.arriving.as_mut()?.count(seen))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(bytes) = self.read.take().filter(|bytes| !bytes.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.arriving.as_mut() {
            Some(arriving) => arriving.poll(context),
            None => Poll::Ready(self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read.as_ref().is_none_or(Bytes::is_empty)
            && self.trailers.is_none()
            && self.arriving.as_ref().is_none_or(Arriving::is_over)
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_chunked {
            return SizeHint::default();
        }
        let read = self.read.as_ref().map_or(0, |bytes| bytes.len() as u64);
        let rest = self.arriving.as_ref().map_or(Some(0), Arriving::left);
        rest.map_or_else(SizeHint::default, |rest| SizeHint::with_exact(read + rest))
    }
}
