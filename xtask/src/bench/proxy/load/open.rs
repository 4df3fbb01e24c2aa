//! A fixed rate, whatever becomes of the requests before: latency counts from the time at which a request was due.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::super::super::random::Random;
use super::super::figures::{self, Series};
use super::connection::Connection;
use super::{Asks, Job, Tally, Told, connections};

/// Connections of each side: at a rate of 2,000 a second they are all busy only when answers take 32 ms.
const CONNECTIONS: usize = 64;
/// Until the first request of a block is due.
const LEAD: Duration = Duration::from_millis(20);

/// How long, and how many times.
pub(super) struct Plan {
    pub(super) rate: u64,
    pub(super) blocks: u64,
    pub(super) milliseconds: u64,
}

pub(super) fn run(job: &Job, asks: &Asks, plan: &Plan) -> Result<Told> {
    let (mut told, mut order) = (Told::default(), Random::new(job.seed, 2));
    let mut sides = Vec::new();
    for side in &job.sides {
        sides.push(connections(*side, job, CONNECTIONS)?);
    }
    let span = Duration::from_millis(plan.milliseconds);
    let mut taken = vec![Vec::new(); sides.len()];
    // The first block opens connections and fills pools, and counts for nothing.
    for block in 0..=plan.blocks {
        let count = figures::count(if block == 0 { span / 4 } else { span }, plan.rate);
        let mut latencies = vec![Vec::new(); sides.len()];
        for side in order.shuffled(sides.len()) {
            let (of_side, tallies) = one(&mut sides[side], asks, plan.rate, count);
            latencies[side] = of_side;
            for tally in tallies {
                told.add(side, &tally);
            }
        }
        if block > 0 {
            for (all, block) in taken.iter_mut().zip(latencies) {
                all.extend(block);
            }
        }
    }
    if let [direct, relayed] = taken.as_slice() {
        told.series = vec![Series::of("answer", direct, relayed)];
    }
    Ok(told)
}

/// A block; latencies in the order in which requests were due. One that failed has the longest.
pub(super) fn one(
    connections: &mut [Connection],
    asks: &Asks,
    rate: u64,
    count: u64,
) -> (Vec<u64>, Vec<Tally>) {
    let (next, start) = (AtomicU64::new(0), Instant::now() + LEAD);
    let client = |connection: &mut Connection| {
        let (mut taken, mut tally) = (Vec::new(), Tally::default());
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return (taken, tally);
            }
            let due = start + figures::due(number, rate);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let answered = connection.ask(asks, number, &mut tally);
            let latency = answered.map(|answered| (answered.last - due).as_nanos());
            taken.push((number, latency.and_then(|latency| u64::try_from(latency).ok())));
        }
    };
    let ended: Vec<_> = thread::scope(|scope| {
        let clients: Vec<_> =
            connections.iter_mut().map(|connection| scope.spawn(|| client(connection))).collect();
        clients.into_iter().filter_map(|client| client.join().ok()).collect()
    });
    let (taken, tallies): (Vec<_>, Vec<_>) = ended.into_iter().unzip();
    let mut taken: Vec<(u64, Option<u64>)> = taken.into_iter().flatten().collect();
    taken.sort_unstable();
    (taken.into_iter().map(|(_, latency)| latency.unwrap_or(u64::MAX / 4)).collect(), tallies)
}
