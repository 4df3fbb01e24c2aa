//! A client's connection with the deadlines that HTTP itself does not have: for a head that drips in, for a client
//! that does not take its answer, and for one that asks nothing more.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::config::Deadlines;
use crate::deadline::Deadline;

/// What a connection is doing, as those know it who answer.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// Requests that have begun, and those that have ended.
    begun: AtomicU32,
    ended: AtomicU32,
    /// Whether the client does not take what is written.
    is_stalled: AtomicBool,
}

/// Held while a request is being answered.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Flow>);

impl Busy {
    pub(crate) fn begin(flow: &Arc<Flow>) -> Self {
        flow.begun.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(flow))
    }

    /// Whether bytes wait that the client has not taken.
    pub(crate) fn is_stalled(&self) -> bool {
        self.0.is_stalled.load(Ordering::Relaxed)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// A client's connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    flow: Arc<Flow>,
    head: Duration,
    idle: Duration,
    /// Requests that had begun when it was last looked.
    begun: u32,
    /// Until when bytes must have come, where no request is being answered.
    read_until: Option<Instant>,
    is_in_head: bool,
    /// Until when the client must have taken bytes, where it takes none.
    write_until: Option<Instant>,
    reading: Deadline,
    writing: Deadline,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, flow: Arc<Flow>, deadlines: &Deadlines) -> Self {
        Self {
            stream,
            flow,
            head: deadlines.client_head,
            idle: deadlines.client_idle,
            begun: 0,
            read_until: None,
            is_in_head: false,
            write_until: None,
            reading: Deadline::default(),
            writing: Deadline::default(),
        }
    }

    /// Whether a request is being answered. Forgets the deadlines of the one before.
    fn is_busy(&mut self) -> bool {
        let begun = self.flow.begun.load(Ordering::Relaxed);
        if begun != self.begun {
            self.begun = begun;
            self.read_until = None;
            self.is_in_head = false;
        }
        begun != self.flow.ended.load(Ordering::Relaxed)
    }

    /// Bytes have come: outside of a request they are the next one's head, which must be whole in time.
    fn came(&mut self) {
        if !self.is_busy() && !self.is_in_head {
            self.is_in_head = true;
            self.read_until = Some(Instant::now() + self.head);
        }
    }

    /// No bytes have come.
    fn waits(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_busy() {
            return Poll::Pending;
        }
        let idle = self.idle;
        let until = *self.read_until.get_or_insert_with(|| Instant::now() + idle);
        ready!(self.reading.poll(context, until));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// What became of writing.
    fn wrote<T>(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            if self.write_until.take().is_some() {
                self.flow.is_stalled.store(false, Ordering::Relaxed);
            }
            // After the last bytes of an answer nobody reads before the next request comes: its deadline begins here.
            let _ = self.waits(context);
            return outcome;
        }
        self.flow.is_stalled.store(true, Ordering::Relaxed);
        let idle = self.idle;
        let until = *self.write_until.get_or_insert_with(|| Instant::now() + idle);
        ready!(self.writing.poll(context, until));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut wire.stream).poll_read(context, buffer) {
            Poll::Pending => wire.waits(context),
            ready @ Poll::Ready(_) => {
                if buffer.filled().len() > before {
                    wire.came();
                }
                ready
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let outcome = Pin::new(&mut wire.stream).poll_write(context, bytes);
        wire.wrote(context, outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let outcome = Pin::new(&mut wire.stream).poll_write_vectored(context, slices);
        wire.wrote(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
