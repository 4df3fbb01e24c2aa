//! As many requests as so many connections can do, side after side in random order.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::super::super::random::Random;
use super::connection::Connection;
use super::{Asks, Job, Tally, Told, connections};

/// Requests of each connection before the time begins.
const WARM: u64 = 50;

pub(super) fn run(job: &Job, asks: &Asks, count: usize, milliseconds: u64) -> Result<Told> {
    let (mut told, mut order) = (Told::default(), Random::new(job.seed, 4));
    told.rates = vec![0; job.sides.len()];
    let span = Duration::from_millis(milliseconds);
    for side in order.shuffled(job.sides.len()) {
        let mut clients = connections(job.sides[side], job, count)?;
        let mut answered = 0;
        for (of_client, tally) in all(&mut clients, asks, span) {
            answered += of_client;
            told.add(side, &tally);
        }
        told.rates[side] = answered * 1000 / milliseconds.max(1);
    }
    Ok(told)
}

/// Requests that each client had answered within the span.
fn all(connections: &mut [Connection], asks: &Asks, span: Duration) -> Vec<(u64, Tally)> {
    let client = |connection: &mut Connection| {
        let (mut tally, mut answered) = (Tally::default(), 0);
        for number in 0..WARM {
            connection.ask(asks, number, &mut tally);
        }
        let start = Instant::now();
        while start.elapsed() < span {
            answered += u64::from(connection.ask(asks, tally.sent, &mut tally).is_some());
        }
        (answered, tally)
    };
    thread::scope(|scope| {
        let clients: Vec<_> =
            connections.iter_mut().map(|connection| scope.spawn(|| client(connection))).collect();
        clients.into_iter().filter_map(|client| client.join().ok()).collect()
    })
}
