//! `bench-part load JOB`: the load tool. It blocks in system calls and uses one thread a connection, so that neither a
//! timer of a runtime nor another request stands between an answer and its time.

mod closed;
mod connection;
mod held;
mod open;
mod pairs;
mod streams;

use std::net::SocketAddr;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::answer::{self, Wire};
use super::figures::Series;
use super::say;
use connection::Connection;

/// What is asked for, again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shape {
    pub(super) wire: Wire,
    /// Bytes of the request's body.
    pub(super) asked: usize,
    /// Bytes of the answer's, where it is no stream.
    pub(super) answered: usize,
    /// Pieces, and microseconds between two of them.
    pub(super) stream: Option<(u32, u64)>,
    /// Whether answers must arrive to the byte. Without it the upstream is not told how to answer either, since not every
    /// relay hands unknown headers on: it answers with what it has.
    pub(super) is_exact: bool,
    /// One answer of so many is compared with what the upstream sent, by SHA-256. 0: none.
    pub(super) check_every: u64,
}

/// One call of the load tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) kind: Kind,
    /// Whom it asks: first the upstream itself.
    pub(super) sides: Vec<SocketAddr>,
    /// Where hashes are told.
    pub(super) mock: SocketAddr,
    pub(super) shape: Shape,
    /// Of the order in which sides are asked.
    pub(super) seed: u64,
}

/// How it asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// One client, one request at a time: pairs of a direct and a relayed one.
    Pairs { warm: u64, count: u64 },
    /// So many requests a second, in pairs of blocks.
    Open { rate: u64, blocks: u64, milliseconds: u64 },
    /// Streams, so many at once, in pairs of blocks.
    Streams { blocks: u64, at_once: usize },
    /// As many requests as so many connections can do.
    Closed { connections: usize, milliseconds: u64 },
    /// So many streams at the same time. Says `open` when all have begun.
    Hold { streams: usize },
    /// A fixed rate for a long time, every tenth a stream.
    Soak { rate: u64, seconds: u64 },
}

/// What a call came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) series: Vec<Series>,
    /// Requests a second of each side, of a closed loop.
    pub(super) rates: Vec<u64>,
    /// Requests of each side, those to warm up among them.
    pub(super) sent: Vec<u64>,
    /// Answers that were compared by hash.
    pub(super) checked: u64,
    /// The first failures, in words, and how many there were.
    pub(super) failures: Vec<String>,
    pub(super) failed: u64,
}

impl Told {
    fn fail(&mut self, error: &anyhow::Error) {
        self.failed += 1;
        if self.failures.len() < 3 {
            self.failures.push(format!("{error:#}"));
        }
    }

    fn add(&mut self, side: usize, tally: &Tally) {
        self.sent.resize(self.sent.len().max(side + 1), 0);
        self.sent[side] += tally.sent;
        self.checked += tally.checked;
        for error in &tally.failures {
            self.fail(error);
        }
    }
}

/// What one connection has done.
#[derive(Debug, Default)]
struct Tally {
    sent: u64,
    checked: u64,
    failures: Vec<anyhow::Error>,
}

/// The requests of a job, made once: without and with the wish for a hash.
struct Asks {
    shape: Shape,
    plain: Vec<u8>,
    checked: Vec<u8>,
}

impl Asks {
    fn of(shape: &Shape) -> Self {
        let body = answer::ask(shape.wire, shape.asked, shape.stream.is_some());
        let how = match shape.stream {
            _ if !shape.is_exact => String::new(),
            Some((pieces, interval)) => format!("x-bench-stream: {pieces},{interval}\r\n"),
            None => format!("x-bench-bytes: {}\r\n", shape.answered),
        };
        let request = |check: &str| {
            let head = format!(
                "POST {} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: token-matters-bench/1\r\nauthorization: Bearer bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{how}{check}\r\n",
                shape.wire.path(),
                body.len()
            );
            [head.as_bytes(), &body].concat()
        };
        Self { shape: shape.clone(), plain: request(""), checked: request("x-bench-check: 1\r\n") }
    }

    /// Whether the request of this number is compared by hash.
    fn is_checked(&self, number: u64) -> bool {
        self.shape.check_every > 0 && number.is_multiple_of(self.shape.check_every)
    }

    fn bytes(&self, is_checked: bool) -> &[u8] {
        if is_checked { &self.checked } else { &self.plain }
    }
}

pub(super) fn run(job: &str) -> Result<()> {
    let job: Job = serde_json::from_str(job)?;
    let asks = Asks::of(&job.shape);
    let told = match job.kind {
        Kind::Pairs { warm, count } => pairs::run(&job, &asks, warm, count),
        Kind::Open { rate, blocks, milliseconds } => {
            open::run(&job, &asks, &open::Plan { rate, blocks, milliseconds })
        }
        Kind::Streams { blocks, at_once } => streams::run(&job, &asks, blocks, at_once),
        Kind::Closed { connections, milliseconds } => {
            closed::run(&job, &asks, connections, milliseconds)
        }
        Kind::Hold { streams } => held::hold(&job, &asks, streams),
        Kind::Soak { rate, seconds } => held::soak(&job, &asks, rate, seconds),
    }?;
    say(&serde_json::to_string(&told)?);
    Ok(())
}

/// A connection for each of so many clients of a side.
fn connections(side: SocketAddr, job: &Job, count: usize) -> Result<Vec<Connection>> {
    (0..count).map(|_| Connection::open(side, job.mock)).collect()
}
