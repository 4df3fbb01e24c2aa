//! One client, one request at a time: a direct one and a relayed one, whichever comes first.

use std::time::Instant;

use anyhow::Result;

use super::super::super::random::Random;
use super::super::figures::Series;
use super::connection::Connection;
use super::{Asks, Job, Tally, Told};

pub(super) fn run(job: &Job, asks: &Asks, warm: u64, count: u64) -> Result<Told> {
    let (mut told, mut order) = (Told::default(), Random::new(job.seed, 1));
    let [mut direct, mut relayed] = two(job)?;
    let (mut of_direct, mut of_relayed) = (Vec::new(), Vec::new());
    let mut tallies = [Tally::default(), Tally::default()];
    for number in 0..warm + count {
        let one = |connection: &mut Connection, tally: &mut Tally| {
            let start = Instant::now();
            let answered = connection.ask(asks, number, tally)?;
            Some((answered.last - start).as_nanos())
        };
        let [first, second] = &mut tallies;
        let (one, other) = if order.percent(50) {
            let one_first = one(&mut direct, first);
            (one_first, one(&mut relayed, second))
        } else {
            let other_first = one(&mut relayed, second);
            (one(&mut direct, first), other_first)
        };
        if let (Some(one), Some(other), true) = (one, other, number >= warm) {
            of_direct.push(u64::try_from(one)?);
            of_relayed.push(u64::try_from(other)?);
        }
    }
    for (side, tally) in tallies.into_iter().enumerate() {
        told.add(side, &tally);
    }
    told.series = vec![Series::of("answer", &of_direct, &of_relayed)];
    Ok(told)
}

fn two(job: &Job) -> Result<[Connection; 2]> {
    let of = |side: usize| {
        let side = job.sides.get(side).copied().unwrap_or(job.mock);
        Connection::open(side, job.mock)
    };
    Ok([of(0)?, of(1)?])
}
