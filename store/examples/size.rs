//! How large a store gets: `cargo run --release -p store --example size`.
//!
//! Sixty days of 1,500 responses, collected 16 times a day into a real repository, then packed by
//! `git gc`. Prints the size of the repository and of what one run adds to a push, and fails if one of
//! them is above its target. Same numbers in every run: the responses come from a fixed sequence.
//!
//! `-- year`: three machines for a year, 300 responses a machine and day, collected every hour of work; and how
//! long the shallow checkout takes that a workflow begins with.

#![expect(clippy::print_stdout, reason = "an example prints its figures")]

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use data_schema::{Attribution, HashId, RecordId, Tokens, UsageRecord, UtcSeconds};
use store::{FileStamp, Run, SourceRun, Store};

/// What is stored, and what it may take.
struct Shape {
    machines: i64,
    /// Days that are stored.
    days: i64,
    /// Responses of a machine and day.
    records: i64,
    /// Runs of a machine and day.
    runs: i64,
    /// What the packed repository may take. Bytes.
    repository: u64,
    /// What one run may add to a push. Bytes.
    push: u64,
    /// What a checkout may take. Seconds.
    checkout: f64,
}

const SIXTY_DAYS: Shape = Shape {
    machines: 1,
    days: 60,
    records: 1500,
    runs: 16,
    repository: 5_000_000,
    push: 8_000,
    checkout: 5.0,
};
const YEAR: Shape = Shape {
    machines: 3,
    days: 365,
    records: 300,
    runs: 16,
    repository: 80_000_000,
    push: 16_000,
    checkout: 5.0,
};

/// Sessions of a day.
const SESSIONS: i64 = 8;
/// 2026-03-01T00:00:00Z.
const START: i64 = 1_772_323_200;
/// Seconds of a day, and of the working time that its responses fill: 16 hours from 06:00 UTC.
const DAY: i64 = 86_400;
const MORNING: i64 = 6 * 3600;
const WORK: i64 = 16 * 3600;
/// Runs whose push is measured: the last ten days.
const MEASURED: usize = 160;

const MODELS: [&str; 3] =
    ["claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"];
const PROJECTS: [&str; 4] = [
    "github.com/example/shop",
    "github.com/example/site",
    "github.com/example/tools",
    "$HOME/notes",
];

fn main() -> Result<(), Box<dyn Error>> {
    let is_year = std::env::args().any(|argument| argument == "year");
    measure(if is_year { &YEAR } else { &SIXTY_DAYS })
}

fn measure(shape: &Shape) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("store");
    let start = Instant::now();
    let commits = fill(&path, shape)?;
    let seconds = start.elapsed().as_secs_f64();
    let Shape { machines, days, records, .. } = shape;
    println!(
        "stored: {machines} machines, {days} days of {records} responses in {} commits, {seconds:.1} s",
        commits.len()
    );
    println!("before git gc: {} bytes", size(&path)?);
    if Command::new("git").arg("--version").output().is_err() {
        println!("git is not installed: packing and pushing were not measured");
        return Ok(());
    }
    let push = pushes(&path, &commits, shape)?;
    git(&path, &["gc", "--quiet"], "")?;
    let repository = size(&path)?;
    let packs = size(&path.join("objects"))?;
    println!(
        "after git gc: {repository} bytes (target {}), of these {packs} objects, {} per response",
        shape.repository,
        packs / (machines * days * records).unsigned_abs()
    );
    let checkout = checkout(&path, folder.path())?;
    println!("shallow checkout: {checkout:.2} s (target {:.0})", shape.checkout);
    let good = Store::open(&path)?.verify(false, UtcSeconds::default(), "size")?;
    println!(
        "verified: {} files, {} responses, {} problems",
        good.files,
        good.records,
        good.problems.len()
    );
    let is_above = repository > shape.repository || push > shape.push || checkout > shape.checkout;
    if is_above || !good.is_good() {
        return Err("above a target".into());
    }
    Ok(())
}

/// Seconds that a workflow's checkout takes.
fn checkout(path: &Path, folder: &Path) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    let address = format!("file://{}", path.display());
    git(folder, &["clone", "--quiet", "--depth=1", &address, "checkout"], "")?;
    Ok(start.elapsed().as_secs_f64())
}

/// Stores all days and returns the commits in order.
fn fill(path: &Path, shape: &Shape) -> Result<Vec<String>, Box<dyn Error>> {
    let store = Store::open_or_init(path)?;
    let mut sequence = Sequence(1);
    let mut commits = Vec::new();
    for day in 0..shape.days {
        let machines: Vec<_> = (0..shape.machines)
            .map(|machine| records_of(machine, day, shape, &mut sequence))
            .collect();
        for run in 1..=shape.runs {
            let now = START + day * DAY + MORNING + WORK * run / shape.runs;
            for (machine, records) in machines.iter().enumerate() {
                // A run reads all logs of the day that have grown, and finds what it knew as well.
                let read = records.iter().filter(|record| record.at.seconds() <= now).cloned();
                let stored = store.store_run(&Run {
                    machine: format!("laptop{machine}").into(),
                    machine_id: format!("6f1d2a9{machine}"),
                    now: UtcSeconds::default().plus(now),
                    program: "token-matters 0.1.0".into(),
                    sources: vec![SourceRun {
                        provider: "claude-code".into(),
                        records: read.collect(),
                        limits: Vec::new(),
                        files: vec![stamp(day, now)],
                    }],
                })?;
                commits.extend(stored.commit);
            }
        }
    }
    Ok(commits)
}

/// The responses of a day, in the order of their times: sessions overlap, contexts grow.
fn records_of(machine: i64, day: i64, shape: &Shape, sequence: &mut Sequence) -> Vec<UsageRecord> {
    let mut contexts = vec![0; usize::try_from(SESSIONS).unwrap_or(1)];
    let records = shape.records;
    (0..records)
        .map(|number| {
            let pause = WORK / records;
            let jitter = i64::try_from(sequence.below(pause.unsigned_abs())).unwrap_or(0);
            let at = START + day * DAY + MORNING + number * pause + jitter;
            // Every fourth response belongs to the session before.
            let place = (number * SESSIONS / records - i64::from(sequence.below(4) == 0)).max(0);
            let session = (machine * shape.days + day) * SESSIONS + place;
            let context = &mut contexts[usize::try_from(place).unwrap_or(0)];
            response(&format!("msg_{machine}_{day}_{number}"), at, session, context, sequence)
        })
        .collect()
}

fn response(
    native: &str,
    at: i64,
    session: i64,
    context: &mut u64,
    sequence: &mut Sequence,
) -> UsageRecord {
    let id = RecordId::new("anthropic", native, "");
    let mut record = UsageRecord::new(id, UtcSeconds::default().plus(at));
    let written = 200 + {
        let most = sequence.below(9000) + 1;
        sequence.below(most)
    };
    let output = 20 + {
        let most = sequence.below(3000) + 1;
        sequence.below(most)
    };
    let model = usize::from(sequence.below(10) > 6) + usize::from(sequence.below(10) > 8);
    let usage = &mut record.usage;
    usage.model = MODELS[model].into();
    usage.input_tokens = Tokens::new(2 + sequence.below(9));
    usage.cache_read_tokens = Tokens::new(*context);
    usage.cache_creation_tokens = Tokens::new(written);
    usage.cache_creation_1h_tokens = Tokens::new(written);
    usage.output_tokens = Tokens::new(output);
    usage.revision = 1;
    // The window is full after some 150,000 tokens and begins anew with a summary.
    *context = if *context > 150_000 { 12_000 } else { *context + written };
    record.attribution = Attribution {
        session: Some(HashId::new("session", &session.to_string())),
        project: Some(PROJECTS[usize::try_from(session % 4).unwrap_or(0)].into()),
        client: Some(format!("claude-code/2.0.{}", session / 100).into()),
        ..Attribution::default()
    };
    record
}

fn stamp(day: i64, now: i64) -> FileStamp {
    let path = format!("/home/user/.claude/projects/shop/{day}.jsonl");
    let size = now.unsigned_abs();
    FileStamp { path, device: 1, inode: 2, size, mtime_ns: now, revision: 1 }
}

/// Prints what the last runs would have pushed each, and returns the most. Bytes.
fn pushes(path: &Path, commits: &[String], shape: &Shape) -> Result<u64, Box<dyn Error>> {
    let mut sizes = Vec::new();
    let last = &commits[commits.len().saturating_sub(MEASURED + 1)..];
    for pair in last.windows(2) {
        let arguments = ["pack-objects", "--thin", "--revs", "--stdout", "--quiet"];
        let pack = git(path, &arguments, &format!("^{}\n{}\n", pair[0], pair[1]))?;
        sizes.push(u64::try_from(pack.len())?);
    }
    let most = sizes.iter().copied().max().unwrap_or(0);
    let average = sizes.iter().sum::<u64>() / u64::try_from(sizes.len().max(1))?;
    println!(
        "one run in a push: {average} bytes on average, {most} at most (target {})",
        shape.push
    );
    Ok(most)
}

/// Runs git without the user's settings.
fn git(path: &Path, arguments: &[&str], input: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut child = Command::new("git")
        .current_dir(path)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("git {} failed", arguments.join(" ")).into())
    }
}

/// Bytes of all files below a folder.
fn size(folder: &Path) -> Result<u64, Box<dyn Error>> {
    let mut bytes = 0;
    for entry in walkdir::WalkDir::new(folder) {
        let metadata = entry?.metadata()?;
        bytes += if metadata.is_file() { metadata.len() } else { 0 };
    }
    Ok(bytes)
}

/// `SplitMix64`: the same numbers in every run.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }
}
