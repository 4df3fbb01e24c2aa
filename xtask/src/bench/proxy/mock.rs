//! `bench-part mock`: an upstream that answers at once, on one thread.
//!
//! How it answers stands in the request's headers, which every relay hands on: `x-bench-bytes` (length of a whole
//! answer), `x-bench-stream: PIECES,MICROSECONDS`, `x-bench-check` (it keeps the SHA-256 of what it sends). Each answer
//! has its number in `x-bench-number`; `GET /bench/hash/NUMBER` tells what was sent, beside the relay.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use memchr::memmem;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::time::{Instant, Sleep};

use super::answer::{self, Wire};
use super::{now, say};

/// What a whole answer has where the request does not say it. Bytes.
const BYTES: usize = 1000;
/// Pieces of a stream where the request does not say it.
const PIECES: (u32, u64) = (200, 2000);

#[derive(Default)]
struct State {
    /// The next answer's.
    number: AtomicU64,
    hashes: Mutex<HashMap<u64, String>>,
}

impl State {
    fn keep(&self, number: u64, hash: Sha256) {
        self.hashes.lock().unwrap_or_else(PoisonError::into_inner).insert(number, hex(hash));
    }
}

/// A hash in words.
pub(super) fn hex(hash: Sha256) -> String {
    use std::fmt::Write as _;
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(super) fn run() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        say(&format!("listening on http://{}", listener.local_addr()?));
        let state = Arc::new(State::default());
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let state = Arc::clone(&state);
            tokio::spawn(async move {
                let service = service_fn(|request| serve(Arc::clone(&state), request));
                // A client that hangs up has its reasons.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}

async fn serve(
    state: Arc<State>,
    request: Request<Incoming>,
) -> Result<Response<Answer>, Infallible> {
    let (head, mut body) = request.into_parts();
    let path = head.uri.path();
    if head.method != Method::POST {
        return Ok(Response::new(told(&state, path)));
    }
    let mut asked = Asked::of(&head.headers);
    while let Some(Ok(frame)) = body.frame().await {
        if let (None, Some(bytes)) = (asked.is_told, frame.data_ref()) {
            asked.look(bytes);
        }
    }
    let wire = Wire::of(path);
    let number = state.number.fetch_add(1, Ordering::Relaxed);
    let kind = if asked.stream.is_some() { "text/event-stream" } else { "application/json" };
    let answer = if let Some(how) = asked.stream {
        let hash = asked.check.then(Sha256::new);
        Answer::Stream(Box::new(Stream::new(state, (wire, number), how, hash)))
    } else {
        let body = answer::whole(wire, number, asked.bytes);
        if asked.check {
            state.keep(number, Sha256::new_with_prefix(&body));
        }
        Answer::Whole(Some(Bytes::from(body)))
    };
    let mut response = Response::new(answer);
    response.headers_mut().insert("content-type", http::HeaderValue::from_static(kind));
    response.headers_mut().insert("x-bench-number", number.into());
    Ok(response)
}

/// What is told beside the answers.
fn told(state: &State, path: &str) -> Answer {
    let number = path.strip_prefix("/bench/hash/").and_then(|number| number.parse().ok());
    let hashes = state.hashes.lock().unwrap_or_else(PoisonError::into_inner);
    let hash = number.and_then(|number: u64| hashes.get(&number).cloned());
    Answer::Whole(Some(Bytes::from(hash.unwrap_or_default())))
}

/// How an answer is wanted.
struct Asked {
    bytes: usize,
    stream: Option<(u32, u64)>,
    check: bool,
    /// Whether the headers say it: else the body does.
    is_told: Option<()>,
}

impl Asked {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let stream = text("x-bench-stream").and_then(|text| {
            let (pieces, interval) = text.split_once(',')?;
            Some((pieces.parse().ok()?, interval.parse().ok()?))
        });
        let bytes = text("x-bench-bytes").and_then(|bytes| bytes.parse().ok());
        let is_told = (stream.is_some() || bytes.is_some()).then_some(());
        let check = text("x-bench-check").is_some();
        Self { bytes: bytes.unwrap_or(BYTES), stream, check, is_told }
    }

    /// For relays that drop headers they do not know.
    fn look(&mut self, body: &[u8]) {
        let has = |words: &str| memmem::find(body, words.as_bytes()).is_some();
        if has(r#""stream":true"#) || has(r#""stream": true"#) {
            self.stream = Some(PIECES);
        }
    }
}

/// An answer on its way.
enum Answer {
    Whole(Option<Bytes>),
    Stream(Box<Stream>),
}

/// A stream on its way: its beginning, pieces, its end.
struct Stream {
    state: Arc<State>,
    wire: Wire,
    number: u64,
    pieces: u32,
    /// Frames, the beginning among them.
    sent: u32,
    interval: Duration,
    begun: Instant,
    timer: Pin<Box<Sleep>>,
    hash: Option<Sha256>,
}

impl Stream {
    fn new(
        state: Arc<State>,
        (wire, number): (Wire, u64),
        (pieces, interval): (u32, u64),
        hash: Option<Sha256>,
    ) -> Self {
        let (begun, interval) = (Instant::now(), Duration::from_micros(interval));
        let timer = Box::pin(tokio::time::sleep_until(begun));
        Self { state, wire, number, pieces, sent: 0, interval, begun, timer, hash }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.sent > self.pieces + 1 {
            return Poll::Ready(None);
        }
        if self.sent > 0 && !self.interval.is_zero() {
            ready!(self.timer.as_mut().poll(context));
            let next = self.begun + self.interval * (self.sent + 1);
            self.timer.as_mut().reset(next);
        }
        let text = match self.sent {
            0 => answer::begin(self.wire, self.number),
            sent if sent <= self.pieces => answer::piece(self.wire, self.number, now()),
            _ => answer::end(self.wire, self.number),
        };
        self.sent += 1;
        if let Some(hash) = &mut self.hash {
            hash.update(&text);
        }
        if self.sent > self.pieces + 1
            && let Some(hash) = self.hash.take()
        {
            self.state.keep(self.number, hash);
        }
        Poll::Ready(Some(Bytes::from(text)))
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = match self.get_mut() {
            Self::Whole(body) => body.take(),
            Self::Stream(stream) => ready!(stream.poll(context)),
        };
        Poll::Ready(data.map(|data| Ok(Frame::data(data))))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => {
                SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64))
            }
            Self::Stream(_) => SizeHint::default(),
        }
    }
}
