//! `WebSocket`s: bytes go both ways unchanged, and the meter reads what the server says.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use data_schema::End;
use http::Response;
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::connection::Line;
use crate::deadline::Deadline;
use crate::exchange::Exchange;
use crate::meter::{Meter, Seen};
use crate::wire::Busy;

/// Joins the two sides as soon as both have been told so.
pub(crate) fn open(
    line: &Arc<Line>,
    exchange: Exchange,
    meter: Box<dyn Meter>,
    client: OnUpgrade,
    answer: &mut Response<Incoming>,
) {
    let upstream = hyper::upgrade::on(answer);
    let line = Arc::clone(line);
    let mut watch = Watch {
        meter,
        exchange,
        idle: line.proxy.config.deadlines.upstream_idle,
        since: None,
        deadline: Deadline::default(),
        is_begun: false,
        is_over: false,
        fault: Fault::Server,
    };
    tokio::spawn(async move {
        // The connection's own deadlines are those of requests: they rest.
        let _busy = Busy::begin(&line.flow);
        tokio::select! {
            () = carry(&mut watch, client, upstream) => {}
            () = line.cut() => {}
        }
    });
}

async fn carry(watch: &mut Watch, client: OnUpgrade, upstream: OnUpgrade) {
    let (client, upstream) = match tokio::try_join!(client, upstream) {
        Ok(both) => both,
        Err(error) => return tracing::debug!("a tunnel did not open: {error}"),
    };
    let mut upstream = TokioIo::new(upstream);
    let mut client = Side { io: TokioIo::new(client), watch };
    let outcome = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
    if outcome.is_err() && client.watch.fault != Fault::Client {
        client.watch.breaks();
    }
}

/// Why a tunnel breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Server,
    Client,
    Silence,
}

/// What is known of a tunnel. When it is dropped before its end, the client has gone, or the proxy.
struct Watch {
    meter: Box<dyn Meter>,
    exchange: Exchange,
    idle: Duration,
    /// Since when nothing has been read from the client; what is written to it begins anew.
    since: Option<Instant>,
    deadline: Deadline,
    is_begun: bool,
    is_over: bool,
    fault: Fault,
}

impl Watch {
    /// The server has ended it.
    fn end(&mut self) {
        self.is_over = true;
        let seen = self.meter.finish(true);
        self.exchange.ended(seen);
    }

    /// The server has broken off, or both sides are silent.
    fn breaks(&mut self) {
        let mut seen = self.meter.finish(false);
        let is_silent = self.fault == Fault::Silence;
        seen.end = if is_silent { End::Truncated } else { End::UpstreamError };
        let word = if is_silent { "idle" } else { "upstream_cut" };
        seen.error.get_or_insert_with(|| word.into());
        self.exchange.ended(seen);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.exchange.is_done() {
            let mut seen = self.meter.finish(false);
            if seen == Seen::default() {
                // No answer was on its way, but the socket was open.
                seen.end = End::Truncated;
            }
            self.exchange.abandoned(seen);
        }
    }
}

/// The client's side of a tunnel: all bytes of both ways pass here.
struct Side<'a> {
    io: TokioIo<Upgraded>,
    watch: &'a mut Watch,
}

impl AsyncRead for Side<'_> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { io, watch } = self.get_mut();
        if watch.is_over {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let Poll::Ready(outcome) = Pin::new(io).poll_read(context, buffer) else {
            let since = *watch.since.get_or_insert_with(Instant::now);
            ready!(watch.deadline.poll(context, since + watch.idle));
            watch.fault = Fault::Silence;
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        };
        watch.since = None;
        let came = buffer.filled().len() - before;
        watch.exchange.entry.bytes_in += came as u64;
        if outcome.is_err() || came == 0 {
            // A client that has gone ends it: the upstream must not work on for nobody.
            watch.fault = Fault::Client;
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Side<'_> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { io, watch } = self.get_mut();
        let outcome = ready!(Pin::new(io).poll_write(context, bytes));
        match &outcome {
            Ok(written) => {
                if !std::mem::replace(&mut watch.is_begun, true) {
                    watch.exchange.first_byte();
                }
                watch.since = None;
                watch.exchange.entry.bytes_out += *written as u64;
                watch.meter.feed(&bytes[..*written]);
                while let Some(seen) = watch.meter.next_seen() {
                    watch.exchange.told(seen);
                }
            }
            Err(_) => watch.fault = Fault::Client,
        }
        Poll::Ready(outcome)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { io, watch } = self.get_mut();
        // The line is written before the client sees the end.
        if !watch.is_over {
            watch.end();
        }
        Pin::new(io).poll_shutdown(context)
    }
}
