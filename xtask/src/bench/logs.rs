//! Logs of coding tools with known totals: the same bytes at every run.
//!
//! Sizes of files and lines are those of a real collection of 3,142 files and 1,239 MiB. Every file is
//! made alone, from its kind and number.

mod claude;
mod codex;

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Result;
use data_schema::UtcSeconds;
use fs_err::File;
use rayon::prelude::*;

use super::random::{Pool, Random};
use super::truth::{Append, Totals, Truth};

/// Part of the files, in ten-thousandths, that are not longer than so many bytes.
/// <https://github.com/ccusage/ccusage/blob/main/apps/ccusage/scripts/generate-large-fixture.nu>, read
/// 2026-11-20: p50 105 kB, p75 234 kB, p90 654 kB, p95 1.5 MB, p99 5.4 MB, at most 87 MB. The points
/// between are chosen so that the mean comes near to theirs, 413 kB.
const QUANTILES: [(u64, u64); 11] = [
    (0, 236),
    (2_500, 40_000),
    (5_000, 105_267),
    (7_500, 233_572),
    (9_000, 653_972),
    (9_500, 1_504_757),
    (9_900, 5_383_751),
    (9_950, 5_900_000),
    (9_975, 10_400_000),
    (9_990, 27_900_000),
    (10_000, 87_033_471),
];
const MIB: u64 = 1 << 20;
/// Mean length of a file, unless the number of files is given. Bytes.
const MEAN_FILE: u64 = 413_000;
/// The last second of all logs: 2026-11-19T23:00:00Z.
const END: i64 = 1_795_129_200;
/// Days before it that the logs are spread over.
const DAYS: u64 = 365;
const DAY: u64 = 86_400;
/// Seconds that pass between two lines, at most.
const STEP: u64 = 90;
/// Bytes of a log for each line that gets a time of its own, about.
const LINE: u64 = 4_000;
/// One Claude Code log in so many is that of a sub-agent.
const AGENTS: u64 = 10;
/// The line that no reader may keep in memory. Bytes.
const LONG_LINE: u64 = 500_000_000;
/// Length of the log before and behind it. Bytes.
const AROUND: u64 = 4 * MIB;
/// Length of the one log. Bytes.
const BIG: u64 = 2_000_000_000;
/// Sequence of what is not in a file of its own.
const ELSE: u64 = 99;

/// What is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) claude_mib: u64,
    pub(crate) codex_mib: u64,
    /// 0: as many as the mean length gives.
    pub(crate) files: u64,
    /// 0: as dense as real logs are.
    pub(crate) responses: u64,
}

/// A log to be written.
#[derive(Clone, Copy)]
struct Planned {
    tool: Tool,
    number: u64,
    /// About how long.
    bytes: u64,
    /// Bytes of log for each response.
    pace: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tool {
    Claude,
    Codex,
}

impl Tool {
    fn source(self) -> &'static str {
        if self == Self::Claude { "claude-code" } else { "codex" }
    }

    /// Sequence of its files.
    fn kind(self) -> u64 {
        if self == Self::Claude { 1 } else { 2 }
    }

    /// Bytes of log for each response, as real logs have it.
    fn pace(self) -> u64 {
        if self == Self::Claude { 8_800 } else { 4_600 }
    }
}

/// A log that was written.
struct Written {
    bytes: u64,
    totals: Totals,
}

/// Writes logs of both tools below `OUT/home`.
pub(crate) fn write(out: &Path, size: &Size) -> Result<Truth> {
    let home = out.join("home");
    let pool = Pool::new();
    let mut truth = Truth::default();
    let all_mib = size.claude_mib + size.codex_mib;
    for (tool, mib) in [(Tool::Claude, size.claude_mib), (Tool::Codex, size.codex_mib)] {
        let share = |number: u64| number * mib / all_mib.max(1);
        let pace = (all_mib * MIB).checked_div(size.responses).unwrap_or_else(|| tool.pace());
        let mut plan = plan(tool, mib * MIB, share(size.files), pace);
        // The longest first, so that no core is left with it at the end.
        plan.sort_by_key(|log| std::cmp::Reverse(log.bytes));
        let written: Result<Vec<Written>> =
            plan.par_iter().with_max_len(1).map(|log| one(&home, *log, &pool)).collect();
        for log in &written? {
            truth.add(tool.source(), 1, log.bytes, log.totals);
        }
        if tool == Tool::Claude && !plan.is_empty() {
            truth.append = Some(append(&home, &plan, &pool)?);
        }
    }
    Ok(truth)
}

/// Lengths of all logs of a tool.
fn plan(tool: Tool, bytes: u64, files: u64, pace: u64) -> Vec<Planned> {
    if bytes == 0 {
        return Vec::new();
    }
    let count = if files == 0 { (bytes / MEAN_FILE).max(1) } else { files };
    let lengths: Vec<u64> =
        (0..count).map(|rank| quantile((2 * rank + 1) * 5_000 / count)).collect();
    let sum: u64 = lengths.iter().sum();
    let planned = |(rank, length): (usize, &u64)| {
        let scaled = u128::from(*length) * u128::from(bytes) / u128::from(sum);
        let number = u64::try_from(rank).unwrap_or(0);
        Planned { tool, number, bytes: u64::try_from(scaled).unwrap_or(0), pace }
    };
    lengths.iter().enumerate().map(planned).collect()
}

/// The length that so many ten-thousandths of all files do not exceed. Bytes.
fn quantile(part: u64) -> u64 {
    let ends = QUANTILES.windows(2).find(|ends| part <= ends[1].0);
    let Some([(from, least), (to, most)]) = ends else { return QUANTILES[10].1 };
    least + (most - least) * (part - from) / (to - from)
}

fn one(home: &Path, log: Planned, pool: &Pool) -> Result<Written> {
    match log.tool {
        Tool::Claude => claude::write(home, log, pool),
        Tool::Codex => codex::write(home, log, pool),
    }
}

/// A line for a log of usual length.
fn append(home: &Path, plan: &[Planned], pool: &Pool) -> Result<Append> {
    let own = |log: &&Planned| !claude::is_agent(log.number);
    let logs: Vec<&Planned> = plan.iter().filter(own).collect();
    let log = logs[logs.len() / 2];
    let path = claude::path(log.number);
    let bytes = fs_err::metadata(home.join(&path))?.len();
    let (line, adds) = claude::response(log.number, pool);
    let path = Path::new("home").join(path).to_string_lossy().into_owned();
    Ok(Append { path, bytes, source: Tool::Claude.source().to_owned(), line, adds })
}

/// Writes one log of 2 GB below `OUT/home`.
pub(crate) fn write_big(out: &Path) -> Result<Truth> {
    let pace = Tool::Claude.pace();
    let log = Planned { tool: Tool::Claude, number: 0, bytes: BIG, pace };
    let written = claude::write(&out.join("home"), log, &Pool::new())?;
    let mut truth = Truth::default();
    truth.add(Tool::Claude.source(), 1, written.bytes, written.totals);
    Ok(truth)
}

/// Writes one log below `OUT/home` with a line of 500 MB between usual ones.
pub(crate) fn write_long_line(out: &Path) -> Result<Truth> {
    let pool = Pool::new();
    let pace = Tool::Claude.pace();
    let log = Planned { tool: Tool::Claude, number: 0, bytes: AROUND, pace };
    let written = claude::write_around(&out.join("home"), log, &pool, LONG_LINE)?;
    let mut truth = Truth::default();
    truth.add(Tool::Claude.source(), 1, written.bytes, written.totals);
    Ok(truth)
}

/// A file that is being written, line by line.
struct Log {
    file: BufWriter<File>,
    line: Vec<u8>,
    bytes: u64,
}

impl Log {
    fn create(path: &Path) -> Result<Self> {
        fs_err::create_dir_all(path.parent().unwrap_or(path))?;
        let file = BufWriter::with_capacity(1 << 18, File::create(path)?);
        Ok(Self { file, line: Vec::new(), bytes: 0 })
    }

    /// Writes the line and begins the next.
    fn end_line(&mut self) -> Result<()> {
        self.line.push(b'\n');
        self.file.write_all(&self.line)?;
        self.bytes += u64::try_from(self.line.len())?;
        self.line.clear();
        Ok(())
    }

    fn finish(mut self, totals: Totals) -> Result<Written> {
        self.file.flush()?;
        Ok(Written { bytes: self.bytes, totals })
    }
}

/// The time of a log's lines: it only goes on, and never beyond the end of all logs.
pub(super) struct Clock {
    now: i64,
    millis: u64,
    step: u64,
}

impl Clock {
    /// A log of so many bytes, somewhere in the year.
    pub(super) fn new(random: &mut Random, bytes: u64) -> Self {
        let lines = bytes / LINE + 10;
        let step = STEP.min(DAYS * DAY / lines).max(2);
        let before = random.below((DAYS * DAY).saturating_sub(lines * step)) + lines * step;
        Self { now: END.saturating_sub_unsigned(before), millis: 0, step }
    }

    pub(super) fn go_on(&mut self, random: &mut Random) {
        let step = random.between(1, self.step + 1);
        self.now = self.now.saturating_add_unsigned(step).min(END);
        self.millis = random.below(1000);
    }

    /// As both tools write it.
    pub(super) fn text(&self) -> String {
        let text = UtcSeconds::default().plus(self.now).to_string();
        format!("{}.{:03}Z", text.trim_end_matches('Z'), self.millis)
    }

    /// The same in milliseconds since 1970.
    pub(super) fn millis(&self) -> u64 {
        u64::try_from(self.now).unwrap_or(0) * 1000 + self.millis
    }
}

#[cfg(test)]
mod tests;
