//! What goes to the client: the upstream's bytes as they come, with the meter beside them, or the proxy's own words.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::exchange::Exchange;
use crate::meter::Meter;
use crate::silence::{COMMENT, Quiet, Silence};
use crate::strip::Transform;
use crate::wire::Busy;

/// The body of an answer.
pub(crate) struct AnswerBody {
    kind: Kind,
    busy: Option<Busy>,
}

enum Kind {
    /// The proxy's own words.
    Own(Option<Bytes>),
    /// A page of the proxy's own.
    Page(axum::body::Body),
    /// The upstream's.
    Relayed(Box<Relayed>),
}

/// Why an answer does not go on. The client's connection is cut then: it must not look like an end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("the upstream broke off: {0}")]
    Cut(hyper::Error),
    #[error("the upstream was silent for too long")]
    Silent,
    #[error(transparent)]
    Page(axum::Error),
}

/// An upstream's answer on its way. Dropping it drops the connection to the upstream, which cancels the request there.
pub(crate) struct Relayed {
    inner: Incoming,
    meter: Box<dyn Meter>,
    transform: Option<Box<dyn Transform>>,
    silence: Silence,
    exchange: Exchange,
    /// What is sent before anything else that comes.
    queued: Option<Frame<Bytes>>,
    broken: Option<AnswerError>,
    /// Whether all that came before has been written.
    is_flushed: bool,
    is_begun: bool,
    is_over: bool,
}

impl AnswerBody {
    /// An upstream's answer.
    pub(crate) fn relayed(mut relayed: Relayed) -> Self {
        if relayed.inner.is_end_stream() {
            // Nobody asks for a piece of a body that has none.
            relayed.end(true);
            return Self { kind: Kind::Own(None), busy: None };
        }
        Self { kind: Kind::Relayed(Box::new(relayed)), busy: None }
    }

    /// A page of the proxy's own.
    pub(crate) fn page(body: axum::body::Body) -> Self {
        Self { kind: Kind::Page(body), busy: None }
    }

    /// No body.
    pub(crate) fn empty() -> Self {
        Self { kind: Kind::Own(None), busy: None }
    }

    /// Keeps the connection busy until the answer has ended.
    pub(crate) fn holding(mut self, busy: Busy) -> Self {
        self.busy = Some(busy);
        self
    }
}

impl From<String> for AnswerBody {
    fn from(text: String) -> Self {
        Self { kind: Kind::Own(Some(Bytes::from(text))), busy: None }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = AnswerError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        let this = self.get_mut();
        match &mut this.kind {
            Kind::Own(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Kind::Page(body) => {
                let frame = ready!(Pin::new(body).poll_frame(context));
                Poll::Ready(frame.map(|frame| frame.map_err(AnswerError::Page)))
            }
            Kind::Relayed(relayed) => {
                let is_stalled = this.busy.as_ref().is_some_and(Busy::is_stalled);
                relayed.poll(context, is_stalled)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Own(bytes) => bytes.is_none(),
            Kind::Page(body) => body.is_end_stream(),
            Kind::Relayed(relayed) => relayed.is_over && relayed.queued.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Own(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Kind::Page(body) => body.size_hint(),
            // What is changed on its way has no length before its end.
            Kind::Relayed(relayed) if relayed.transform.is_some() => SizeHint::default(),
            Kind::Relayed(relayed) => relayed.inner.size_hint(),
        }
    }
}

impl Relayed {
    pub(crate) fn new(
        inner: Incoming,
        meter: Box<dyn Meter>,
        silence: Silence,
        exchange: Exchange,
    ) -> Self {
        Self {
            inner,
            meter,
            transform: None,
            silence,
            exchange,
            queued: None,
            broken: None,
            is_flushed: false,
            is_begun: false,
            is_over: false,
        }
    }

    /// The same, changed on its way.
    pub(crate) fn changed(mut self, transform: Option<Box<dyn Transform>>) -> Self {
        self.transform = transform;
        self
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
        is_stalled: bool,
    ) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        loop {
            if let Some(frame) = self.queued.take() {
                return Poll::Ready(Some(Ok(frame)));
            }
            if self.is_over {
                return Poll::Ready(None);
            }
            if self.broken.is_some() {
                // What is written already reaches the client before the connection is cut, as it would without a
                // proxy. A client that takes nothing is woken for, and has its deadline.
                if !std::mem::replace(&mut self.is_flushed, true) {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                if is_stalled {
                    return Poll::Pending;
                }
                return Poll::Ready(self.broken.take().map(Err));
            }
            match Pin::new(&mut self.inner).poll_frame(context) {
                Poll::Pending => match ready!(self.silence.poll(context)) {
                    Quiet::Comment => return Poll::Ready(Some(Ok(Frame::data(COMMENT)))),
                    Quiet::TooLong => self.breaks(AnswerError::Silent),
                },
                Poll::Ready(Some(Err(error))) => self.breaks(AnswerError::Cut(error)),
                Poll::Ready(Some(Ok(frame))) => self.came(frame),
                Poll::Ready(None) => self.close(None),
            }
        }
    }

    fn came(&mut self, frame: Frame<Bytes>) {
        let bytes = match frame.into_data() {
            Ok(bytes) => bytes,
            Err(trailers) => return self.close(Some(trailers)),
        };
        if !std::mem::replace(&mut self.is_begun, true) {
            self.exchange.first_byte();
        }
        self.silence.passed(&bytes);
        self.meter.feed(&bytes);
        self.exchange.bodies.iter_mut().for_each(|log| log.answer(&bytes));
        let bytes = match self.transform.as_mut() {
            Some(transform) => transform.push(bytes),
            None => bytes,
        };
        self.exchange.passed(bytes.len() as u64);
        self.queued = Some(Frame::data(bytes)).filter(has_some);
        // Of an answer whose length is known, nobody asks for the end.
        if self.transform.is_none() && self.inner.is_end_stream() {
            self.end(true);
        }
    }

    /// The upstream has ended its answer.
    fn close(&mut self, trailers: Option<Frame<Bytes>>) {
        let kept = self.transform.as_mut().map(|transform| transform.finish());
        match kept.filter(|bytes| !bytes.is_empty()) {
            // Trailers belong to the bytes as they came; nothing that is metered has any.
            Some(bytes) => {
                self.exchange.passed(bytes.len() as u64);
                self.queued = Some(Frame::data(bytes));
            }
            None => self.queued = trailers,
        }
        self.end(true);
    }

    /// The upstream has not ended its answer, and will not.
    fn breaks(&mut self, error: AnswerError) {
        let mut seen = self.meter.finish(false);
        let word =
            if matches!(error, AnswerError::Silent) { "upstream_idle" } else { "upstream_cut" };
        seen.error.get_or_insert_with(|| word.into());
        self.exchange.ended(seen);
        let kept = self.transform.as_mut().map(|transform| Frame::data(transform.finish()));
        self.queued = kept.filter(has_some);
        self.broken = Some(error);
    }

    fn end(&mut self, is_whole: bool) {
        self.is_over = true;
        let seen = self.meter.finish(is_whole);
        self.exchange.ended(seen);
    }
}

fn has_some(frame: &Frame<Bytes>) -> bool {
    frame.data_ref().is_some_and(|bytes| !bytes.is_empty())
}

impl Drop for Relayed {
    fn drop(&mut self) {
        if !self.exchange.is_done() {
            // What was seen until the client went counts.
            let seen = self.meter.finish(false);
            self.exchange.abandoned(seen);
        }
    }
}
