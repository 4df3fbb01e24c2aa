//! Streams, a few at once: when the first byte comes, and how long each piece is on its way.

use std::thread;
use std::time::Instant;

use anyhow::Result;

use super::super::super::random::Random;
use super::super::figures::Series;
use super::connection::{Answered, Connection};
use super::{Asks, Job, Tally, Told, connections};

/// Latencies of one side. Nanoseconds.
#[derive(Default)]
struct Taken {
    first: Vec<u64>,
    pieces: Vec<u64>,
}

pub(super) fn run(job: &Job, asks: &Asks, blocks: u64, at_once: usize) -> Result<Told> {
    let (mut told, mut order) = (Told::default(), Random::new(job.seed, 3));
    let mut sides = Vec::new();
    for side in &job.sides {
        sides.push(connections(*side, job, at_once)?);
    }
    let mut taken: Vec<Taken> = sides.iter().map(|_| Taken::default()).collect();
    // The first block counts for nothing; its streams are those that are compared by hash.
    for block in 0..=blocks {
        for side in order.shuffled(sides.len()) {
            for (first, answered, tally) in one(&mut sides[side], asks, block) {
                told.add(side, &tally);
                if let (Some(answered), 1..) = (answered, block) {
                    taken[side].first.push(first);
                    taken[side].pieces.extend(answered.pieces);
                }
            }
        }
    }
    if let [direct, relayed] = taken.as_slice() {
        let first = Series::of("first byte", &direct.first, &relayed.first);
        let pieces = Series::of("piece", &direct.pieces, &relayed.pieces);
        told.series = vec![first, pieces];
    }
    Ok(told)
}

/// One stream on each connection.
fn one(
    connections: &mut [Connection],
    asks: &Asks,
    block: u64,
) -> Vec<(u64, Option<Answered>, Tally)> {
    let client = |connection: &mut Connection| {
        let (mut tally, start) = (Tally::default(), Instant::now());
        let answered = connection.ask(asks, block, &mut tally);
        let first = answered.as_ref().map(|answered| (answered.first - start).as_nanos());
        let first = first.and_then(|first| u64::try_from(first).ok()).unwrap_or(0);
        (first, answered, tally)
    };
    thread::scope(|scope| {
        let clients: Vec<_> =
            connections.iter_mut().map(|connection| scope.spawn(|| client(connection))).collect();
        clients.into_iter().filter_map(|client| client.join().ok()).collect()
    })
}
