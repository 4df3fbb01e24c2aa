//! `cargo xtask bench proxy`: what the proxy adds to a direct call, beside a bare relay and `LiteLLM`.
//!
//! Upstream, bare relay and load tool are this program itself, each in a process of its own (`bench-part`), compiled in
//! release. The proxy is the real command, and it records. See `PERFORMANCE.md`.

mod answer;
mod cases;
mod figures;
mod ledger;
mod load;
mod mock;
mod options;
mod parts;
mod peer;
mod relay;
mod report;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::{files, say, tools};
use load::{Job, Kind, Shape, Told};
use options::Options;
use parts::{Part, Running};
use report::Report;

/// A hidden verb: one of the processes of the bench.
pub(crate) fn part(arguments: &[String]) -> Result<()> {
    match arguments {
        [part] if part == "mock" => mock::run(),
        [part, upstream] if part == "relay" => relay::run(upstream.parse()?),
        [part, job] if part == "load" => load::run(job),
        _ => bail!("bench-part mock | relay UPSTREAM | load JOB"),
    }
}

/// The surroundings of the bench.
struct Bench {
    options: Options,
    /// The command.
    ours: PathBuf,
    /// This program, in release.
    parts: PathBuf,
    /// Where runs leave their files; emptied at the start.
    scratch: PathBuf,
    /// What stays from one bench to the next.
    kept: PathBuf,
    mock: Part,
    report: Report,
    /// Calls of the load tool so far: the seed of the next.
    calls: u64,
    /// Requests that went through the proxy, and answers that were compared by hash.
    sent: u64,
    checked: u64,
}

pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    let mut bench = Bench::new(root, options)?;
    let measured = bench.measure();
    let page = bench.report.page();
    say(&page);
    if let Some(path) = &bench.options.out {
        let mut file = fs_err::OpenOptions::new().create(true).append(true).open(path)?;
        writeln!(file, "{page}")?;
    }
    measured?;
    let wrong = bench.report.wrong();
    ensure!(wrong.is_empty(), "WRONG: {}", wrong.join("; "));
    Ok(())
}

impl Bench {
    fn new(root: &Path, options: Options) -> Result<Self> {
        let target = tools::target_folder(root)?;
        let kept = match &options.folder {
            Some(folder) => std::path::absolute(folder)?,
            None => target.join("bench"),
        };
        let scratch = kept.join("proxy");
        files::empty(&scratch)?;
        let ours = match &options.binary {
            Some(binary) => std::path::absolute(binary)?,
            None => parts::build(root, &target, "token-matters", options.profile)?,
        };
        let own = std::env::current_exe()?;
        let parts = match &options.parts {
            Some(parts) => std::path::absolute(parts)?,
            None if cfg!(debug_assertions) => parts::build(root, &target, "xtask", "release")?,
            None => own,
        };
        for program in [&ours, &parts] {
            ensure!(program.is_file(), "{} is not there", program.display());
        }
        let mock = Part::start("mock", parts::own(&parts, &["mock"]), &scratch)?;
        let report = Report::default();
        let (calls, sent, checked) = (0, 0, 0);
        Ok(Self { options, ours, parts, scratch, kept, mock, report, calls, sent, checked })
    }

    fn measure(&mut self) -> Result<()> {
        cases::cold_start(self)?;
        cases::latency(self)?;
        cases::throughput(self)?;
        cases::memory(self)?;
        ledger::check(self)?;
        cases::soak(self)?;
        peer::run(self)
    }

    /// The proxy, with recording on, over a data folder of this bench.
    fn proxy(&self, data: &str) -> Result<Part> {
        Part::start("proxy", self.proxy_command(data, false), &self.scratch)
    }

    /// `is_measured`: nothing is started before it.
    fn proxy_command(&self, data: &str, is_measured: bool) -> std::process::Command {
        let address = self.mock.address;
        let (chat, messages) =
            (format!("openai=http://{address}"), format!("anthropic=http://{address}"));
        let arguments = [
            "proxy",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--upstream",
            &chat,
            "--upstream",
            &messages,
        ];
        let mut command = if is_measured {
            let mut command = std::process::Command::new(&self.ours);
            command.args(arguments);
            command
        } else {
            parts::with_files(&self.ours, &arguments)
        };
        command.env_clear().env("TZ", "UTC").env("HOME", &self.scratch);
        command.arg("--data").arg(self.scratch.join(data));
        command
    }

    fn relay(&self) -> Result<Part> {
        let upstream = self.mock.address.to_string();
        Part::start("relay", parts::own(&self.parts, &["relay", &upstream]), &self.scratch)
    }

    /// Begins a call of the load tool.
    fn begin(&mut self, kind: Kind, shape: Shape, sides: &[&Part]) -> Result<Running> {
        self.calls += 1;
        let sides = sides.iter().map(|side| side.address).collect();
        let job = Job { kind, sides, mock: self.mock.address, shape, seed: self.calls };
        Running::start(&self.parts, &job, &self.scratch)
    }

    /// One call of the load tool, to its end. What went wrong is noted.
    fn load(&mut self, kind: Kind, shape: Shape, sides: &[&Part]) -> Result<Told> {
        let told = self.begin(kind, shape, sides)?.told(parts::PATIENCE)?;
        self.note(&told, sides);
        Ok(told)
    }

    /// Keeps count of what the proxy was sent, of what was compared, and of what failed.
    fn note(&mut self, told: &Told, sides: &[&Part]) {
        for (side, sent) in sides.iter().zip(&told.sent) {
            if side.name == "proxy" {
                self.sent += sent;
            }
        }
        self.checked += told.checked;
        if told.failed > 0 {
            let (failed, first) = (told.failed, told.failures.join(", "));
            self.report.fault(format!("{failed} answers were not what they should be: {first}"));
        }
    }
}

/// Nanoseconds since 1970: upstream and load tool share the system's clock, so a piece tells how long it was on its way.
#[expect(clippy::disallowed_methods, reason = "two processes have no other clock in common")]
fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// A process' resident memory. Bytes.
fn resident(process: u32) -> Result<u64> {
    let kilobytes = if let Ok(text) = fs_err::read_to_string(format!("/proc/{process}/status")) {
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.map(|line| line.trim_end_matches("kB").trim().to_owned())
    } else {
        let output = std::process::Command::new("ps")
            .args(["-o", "rss=", "-p", &process.to_string()])
            .output()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let kilobytes: u64 = kilobytes.context("the system tells no memory")?.parse()?;
    Ok(kilobytes * 1024)
}
