//! What is measured from outside while it runs: many open streams, and a long time of everything.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::super::figures;
use super::connection::Connection;
use super::{Asks, Job, Shape, Tally, Told, connections, say};

/// Stack of a thread that only waits. Bytes.
const STACK: usize = 128 * 1024;
/// Connections of a soak.
const CLIENTS: usize = 64;
/// Of how many requests of a soak one is a stream, and what it has: pieces, microseconds between two.
const STREAM: (u64, (u32, u64)) = (10, (20, 1000));

/// Streams that are open at the same time. The first line of output is `open`, when all have begun.
pub(super) fn hold(job: &Job, asks: &Asks, streams: usize) -> Result<Told> {
    let side = *job.sides.first().context("a side")?;
    let (begun, mut told) = (AtomicUsize::new(0), Told::default());
    let client = || {
        let mut tally = Tally::default();
        let note = || {
            if begun.fetch_add(1, Ordering::Relaxed) + 1 == streams {
                say("open");
            }
        };
        match Connection::open(side, job.mock) {
            Ok(mut connection) => {
                connection.ask_then(asks, 1, &mut tally, note);
            }
            Err(error) => tally.failures.push(error),
        }
        tally
    };
    thread::scope(|scope| {
        let mut clients = Vec::new();
        for _ in 0..streams {
            let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, client)?;
            clients.push(thread);
        }
        for client in clients {
            told.add(0, &client.join().unwrap_or_default());
        }
        anyhow::Ok(())
    })?;
    Ok(told)
}

/// A fixed rate for a long time.
pub(super) fn soak(job: &Job, asks: &Asks, rate: u64, seconds: u64) -> Result<Told> {
    let side = *job.sides.first().context("a side")?;
    let streams = Asks::of(&Shape { stream: Some(STREAM.1), ..job.shape.clone() });
    let mut told = Told::default();
    let count = figures::count(Duration::from_secs(seconds), rate);
    let (next, start) = (std::sync::atomic::AtomicU64::new(0), Instant::now());
    let client = |connection: &mut Connection| {
        let mut tally = Tally::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return tally;
            }
            let due = start + figures::due(number, rate);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let asks = if number.is_multiple_of(STREAM.0) { &streams } else { asks };
            connection.ask(asks, number + 1, &mut tally);
        }
    };
    let mut clients = connections(side, job, CLIENTS)?;
    let tallies: Vec<Tally> = thread::scope(|scope| {
        let clients: Vec<_> =
            clients.iter_mut().map(|connection| scope.spawn(|| client(connection))).collect();
        clients.into_iter().filter_map(|client| client.join().ok()).collect()
    });
    for tally in tallies {
        told.add(0, &tally);
    }
    Ok(told)
}
