//! What happens while an upstream says nothing: a comment now and then, if that is wanted, and an end of patience.

use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, header};

use crate::config::Config;
use crate::deadline::Deadline;

/// A comment of server-sent events, which clients pass over:
/// <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream> (read 2026-11-20).
pub(crate) const COMMENT: Bytes = Bytes::from_static(b": keep-alive\n\n");

/// An upstream's silence.
#[derive(Debug)]
pub(crate) struct Silence {
    longest: Duration,
    since: Option<Instant>,
    end: Deadline,
    comments: Option<Comments>,
}

/// What is to be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quiet {
    Comment,
    TooLong,
}

#[derive(Debug)]
struct Comments {
    every: Duration,
    next: Option<Instant>,
    timer: Deadline,
    /// The last bytes that passed: comments stand between events only.
    tail: [u8; 3],
}

impl Silence {
    /// Of an answer with these headers.
    pub(crate) fn of(config: &Config, headers: &HeaderMap) -> Self {
        let comments = config.keep_alive.filter(|_| takes_comments(headers)).map(|every| {
            Comments { every, next: None, timer: Deadline::default(), tail: *b"\n\n\n" }
        });
        let longest = config.deadlines.upstream_idle;
        Self { longest, since: None, end: Deadline::default(), comments }
    }

    /// Bytes have passed.
    pub(crate) fn passed(&mut self, bytes: &[u8]) {
        self.since = None;
        if let Some(comments) = &mut self.comments {
            comments.next = None;
            for byte in &bytes[bytes.len().saturating_sub(3)..] {
                comments.tail.rotate_left(1);
                comments.tail[2] = *byte;
            }
        }
    }

    /// No bytes are there: ready when something is to be done.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Quiet> {
        let since = *self.since.get_or_insert_with(Instant::now);
        if self.end.poll(context, since + self.longest).is_ready() {
            return Poll::Ready(Quiet::TooLong);
        }
        let Some(comments) = self.comments.as_mut().filter(|comments| comments.is_between_events())
        else {
            return Poll::Pending;
        };
        let next = *comments.next.get_or_insert(since + comments.every);
        ready!(comments.timer.poll(context, next));
        comments.next = Some(next + comments.every);
        Poll::Ready(Quiet::Comment)
    }
}

impl Comments {
    fn is_between_events(&self) -> bool {
        self.tail.ends_with(b"\n\n") || self.tail.ends_with(b"\n\r\n")
    }
}

/// Events in plain text of no fixed length.
fn takes_comments(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    let is_events = kind.is_some_and(|kind| {
        kind.get(..17).is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/event-stream"))
    });
    let coding = headers.get(header::CONTENT_ENCODING);
    let is_plain = coding.is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    is_events && is_plain && !headers.contains_key(header::CONTENT_LENGTH)
}
