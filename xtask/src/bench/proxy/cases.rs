//! What is measured.

use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::answer::Wire;
use super::load::{Kind, Shape, Told};
use super::parts::{PATIENCE, Part};
use super::report::{Report, Rounds, median, megabytes, ms_of};
use super::{Bench, figures, files, resident, say};

/// The data folder whose ledger is compared with what was sent.
pub(super) const DATA: &str = "data";
/// One of so many answers under load is compared by hash; alone, every one of so many.
const CHECKS: (u64, u64) = (64, 16);
/// Requests a second of the open model.
const RATE: u64 = 2000;
/// Rounds of the bare relay, which is only compared with.
const FLOOR_ROUNDS: u32 = 2;
/// Streams: pieces, microseconds between two.
const STREAM: (u32, u64) = (200, 2000);
/// Open streams at the same time, and what each has.
const HELD: (usize, (u32, u64)) = (1000, (40, 250_000));
/// Requests a second of the soak.
const SOAK_RATE: u64 = 300;
/// Starts of the proxy.
const STARTS: u32 = 20;

/// 100 KB asked, a short answer.
pub(super) fn large(check_every: u64) -> Shape {
    let (wire, is_exact) = (Wire::Chat, true);
    Shape { wire, asked: 100_000, answered: 2_000, stream: None, is_exact, check_every }
}

/// 1 KB asked, 1 KB answered.
pub(super) fn small(check_every: u64) -> Shape {
    Shape { asked: 1000, answered: 1000, ..large(check_every) }
}

fn streamed(stream: (u32, u64), check_every: u64) -> Shape {
    Shape { wire: Wire::Messages, asked: 2000, stream: Some(stream), ..large(check_every) }
}

/// From its start to the line that it listens.
pub(super) fn cold_start(bench: &mut Bench) -> Result<()> {
    let mut taken = Vec::new();
    for _ in 0..STARTS {
        let command = bench.proxy_command("cold", true);
        let part = Part::start("proxy", command, &bench.scratch)?;
        taken.push(u64::try_from(part.ready.as_micros())?);
        part.stop()?;
    }
    let (first, middle) = (taken.first().copied().unwrap_or(0), median(taken.clone()));
    let told = format!("{} (median of {STARTS}; the very first {})", ms_of(middle), ms_of(first));
    bench.report.figure("cold start", "30 ms", &told, middle <= 30_000);
    Ok(())
}

/// What is added to one answer, alone and at a rate, and to streams.
pub(super) fn latency(bench: &mut Bench) -> Result<()> {
    let (relay, proxy) = (bench.relay()?, bench.proxy(DATA)?);
    let idle = {
        thread::sleep(Duration::from_secs(2));
        resident(proxy.process())?
    };
    let is_met = idle <= 15_000_000;
    bench.report.figure("memory, idle", "15 MB", &megabytes(idle), is_met);
    let pairs = Kind::Pairs { warm: 300, count: 3000 };
    let (what, target) = (("100 KB body, not streamed, 1 client", "answer"), (150, 500));
    one(bench, &pairs, &large(CHECKS.1), [&relay, &proxy], &[(what, target)])?;
    let open = Kind::Open { rate: RATE, blocks: 3, milliseconds: 1000 };
    let (what, target) = (("the same at 2,000 requests/s", "answer"), (250, 1000));
    one(bench, &open, &large(CHECKS.0), [&relay, &proxy], &[(what, target)])?;
    let streams = Kind::Streams { blocks: 5, at_once: 4 };
    let rows = [
        (("200 chunks, first byte", "first byte"), (150, 600)),
        (("200 chunks, each chunk", "piece"), (50, 200)),
    ];
    // The blocks have numbers: the first, which only warms up, is the one that is compared.
    one(bench, &streams, &streamed(STREAM, 1_000_000), [&relay, &proxy], &rows)?;
    proxy.stop()
}

/// A row: what and which series, the targets of p50 and p99. Microseconds.
type Row<'a> = ((&'a str, &'a str), (i64, i64));

fn one(
    bench: &mut Bench,
    kind: &Kind,
    shape: &Shape,
    [relay, proxy]: [&Part; 2],
    rows: &[Row<'_>],
) -> Result<()> {
    let wanted = bench.options.rounds;
    let floor = rounds(bench, kind, shape, relay, wanted.min(FLOOR_ROUNDS))?;
    let measured = rounds(bench, kind, shape, proxy, wanted)?;
    for (row, target) in rows {
        bench.report.latency(*row, *target, &measured, &floor);
    }
    Ok(())
}

/// Rounds until enough of them count, and at most twice as many.
pub(super) fn rounds(
    bench: &mut Bench,
    kind: &Kind,
    shape: &Shape,
    relay: &Part,
    wanted: u32,
) -> Result<Rounds> {
    let mut rounds = Rounds::default();
    for _ in 0..2 * wanted {
        let direct = bench.mock.elsewhere();
        let told = bench.load(kind.clone(), shape.clone(), &[&direct, relay])?;
        let is_void = told.series.iter().any(figures::Series::is_void);
        let rest = if is_void { &mut rounds.void } else { &mut rounds.valid };
        rest.push(told.series);
        let verdict = if is_void { "void" } else { "counts" };
        say(&format!("{}: {kind:?}: {}, {verdict}", relay.name, last(&rounds, is_void)));
        if rounds.valid.len() >= wanted as usize {
            break;
        }
    }
    Ok(rounds)
}

fn last(rounds: &Rounds, is_void: bool) -> String {
    let round = if is_void { rounds.void.last() } else { rounds.valid.last() };
    let series = round.into_iter().flatten().map(|series| {
        let (added, halves) = (series.added, series.halves);
        format!("{} + {}/{} µs, direct p99 {halves:?}", series.name, added.p50, added.p99)
    });
    series.collect::<Vec<_>>().join(", ")
}

/// As many requests as 32 connections can do.
pub(super) fn throughput(bench: &mut Bench) -> Result<()> {
    let (relay, proxy) = (bench.relay()?, bench.proxy(DATA)?);
    let kind = Kind::Closed { connections: 32, milliseconds: 2000 };
    let mut rates: [Vec<u64>; 3] = Default::default();
    for _ in 0..bench.options.rounds {
        let direct = bench.mock.elsewhere();
        let told = bench.load(kind.clone(), small(CHECKS.0), &[&direct, &relay, &proxy])?;
        for (rates, rate) in rates.iter_mut().zip(told.rates) {
            rates.push(rate);
        }
    }
    // Of the same round each: a machine that is slower for a while slows both.
    let of_relay = rates[1].iter().zip(&rates[2]);
    let ratio = median(of_relay.map(|(relay, proxy)| proxy * 1000 / relay.max(&1)).collect());
    let [direct, relay, through] = rates.map(median);
    let (whole, rest) = (ratio / 1000, ratio % 1000);
    let told =
        format!("{through} requests/s, {whole}.{rest:03} of the bare relay (direct {direct})");
    let is_met = through >= 12_000 || ratio >= 800;
    let target = "12,000 requests/s, or 0.8 of a bare relay";
    bench.report.figure("throughput, 1 KB, 32 connections", target, &told, is_met);
    bench.report.note(format!("The bare relay did {relay} requests/s."));
    proxy.stop()
}

/// What a thousand open streams take.
pub(super) fn memory(bench: &mut Bench) -> Result<()> {
    let proxy = bench.proxy(DATA)?;
    let (streams, shape) = HELD;
    let running = bench.begin(Kind::Hold { streams }, streamed(shape, 16), &[&proxy])?;
    let opened = running.line(PATIENCE)?;
    let memory = resident(proxy.process())?;
    let told = if opened == "open" {
        running.told(PATIENCE)?
    } else {
        // Not all of them began: what went wrong is told at once.
        serde_json::from_str(&opened)?
    };
    bench.note(&told, &[&proxy]);
    let is_met = memory <= 60_000_000 && told.failed == 0;
    bench.report.figure("memory, 1,000 open streams", "60 MB", &megabytes(memory), is_met);
    proxy.stop()
}

/// Whether memory grows.
pub(super) fn soak(bench: &mut Bench) -> Result<()> {
    let seconds = u64::from(bench.options.soak_minutes) * 60;
    if seconds == 0 {
        return Ok(());
    }
    files::empty(&bench.scratch.join("soak"))?;
    let (proxy, before) = (bench.proxy("soak")?, bench.sent);
    let kind = Kind::Soak { rate: SOAK_RATE, seconds };
    let running = bench.begin(kind, small(CHECKS.0), &[&proxy])?;
    let mut taken = Vec::new();
    // At a tenth, in the middle, before the end.
    for part in [seconds / 10, seconds * 4 / 10, seconds * 45 / 100] {
        thread::sleep(Duration::from_secs(part));
        taken.push(resident(proxy.process())?);
    }
    let told: Told = running.told(Duration::from_secs(seconds) + PATIENCE)?;
    bench.note(&told, &[&proxy]);
    // This ledger is another one.
    let sent = std::mem::replace(&mut bench.sent, before) - before;
    let text: Vec<String> = taken.iter().map(|bytes| megabytes(*bytes)).collect();
    let [start, middle, end] = taken[..] else { return Ok(()) };
    // What the allocator keeps comes and goes by a megabyte.
    let is_met = end <= middle.max(start) + 1_000_000;
    let what = format!("memory, soak of {} minutes, {sent} requests", seconds / 60);
    bench.report.figure(&what, "no growth", &text.join(", then "), is_met);
    proxy.stop()
}

/// The same figures of another tool, one client and many, for the table beside it.
pub(super) fn peer(bench: &mut Bench, peer: &Part) -> Result<()> {
    let shape = Shape { is_exact: false, check_every: 0, ..large(0) };
    let kind = Kind::Pairs { warm: 30, count: 200 };
    let proxy = bench.proxy("peer")?;
    let before = bench.sent;
    let ours = rounds(bench, &kind, &shape, &proxy, 2)?;
    let theirs = rounds(bench, &kind, &shape, peer, 2)?;
    let [one, other] = [&ours, &theirs].map(|rounds| Report::added_text(rounds, "answer"));
    bench.report.peer("adds to an answer, 100 KB body, 1 client", &one, &other);
    let kind = Kind::Closed { connections: 32, milliseconds: 3000 };
    let shape = Shape { is_exact: false, ..small(0) };
    let mut rates = Vec::new();
    for side in [&proxy, peer] {
        let told = bench.load(kind.clone(), shape.clone(), &[side])?;
        rates.push(told.rates.first().copied().unwrap_or(0).to_string());
    }
    bench.report.peer("the same run: requests/s, 1 KB, 32 connections", &rates[0], &rates[1]);
    let memory = [&proxy, peer].map(|part| resident(part.process()).map(megabytes));
    let [one, other] = memory;
    bench.report.peer("memory after it", &one?, &other?);
    bench.sent = before;
    proxy.stop()
}
