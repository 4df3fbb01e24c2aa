//! The proxy's own ledger: `~/.token-matters/proxy/ledger/*.jsonl`, a line for each request that went through it.
//!
//! `docs/ledger.md` describes its fields. A request that tells no tokens (refused, or an error of the vendor) is no
//! record; what the vendor said about its limits counts all the same. A response whose vendor's id is random enough has
//! the id that the tool's own log gives it, any other that of its request.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use data_schema::packed::Damaged;
use data_schema::{LedgerEntry, LimitReading, Quality, sources};

use crate::contribution::{Contribution, Told, Unsettled};
use crate::files::LogFile;
use crate::lines::{Line, Lines, Markers};
use crate::logs::{Logs, Read, Reading, Seen};
use crate::report::SourceReport;
use crate::source::{
    Evidence, Folder, Info, Keeps, Located, Place, Role, Source, Variable, locate,
};

/// The variable that names the folder of Token Matters. The command sets it to the folder in use.
const HOME: &str = "TOKEN_MATTERS_HOME";

/// That folder, below a home.
const USUAL: &str = ".token-matters";
/// Where the ledger lies below it.
const BELOW: &str = "proxy/ledger";

/// What is known of the proxy.
static INFO: Info = Info {
    id: "proxy",
    revision: 1,
    role: Role::Meter,
    quality: Quality::Exact,
    evidence: Evidence::Genuine { version: "0.1.0", date: "2026-11-21" },
    lacks: "what does not go through the proxy",
    // What has been collected is deleted after 60 days; nothing else.
    keeps: Keeps::Forever,
    directory_key: "directory",
    variables: &[Variable::instead(HOME)],
    below: &[BELOW],
    folders: &[Folder::all("~/.token-matters/proxy/ledger")],
    not_entered: &[],
};

/// Every line is looked at, so that damage is told: a request is an object, and a power cut leaves zeros.
static MARKERS: LazyLock<Markers> = LazyLock::new(|| Markers::any(&["{", "\0", "}"]));

/// The source.
#[derive(Debug)]
pub(super) struct Proxy;

impl Source for Proxy {
    fn info(&self) -> &Info {
        &INFO
    }

    /// In the folder of Token Matters that is in use, and in those of other systems on this machine. Most people have no
    /// proxy: a ledger that is not there is missing only where the configuration names it.
    fn locate(&self, place: &Place<'_>) -> Located {
        if place.configured.is_some() {
            return locate(&INFO, place);
        }
        let environment = place.environment;
        let own = environment.variable(HOME).map(PathBuf::from);
        let own = own.unwrap_or_else(|| environment.home.join(USUAL)).join(BELOW);
        let others = environment.other_homes.iter().map(|home| home.join(USUAL).join(BELOW));
        let others = others.filter(|folder| folder.exists());
        Located::among(std::iter::once(own).chain(others).collect(), None)
    }

    fn is_log(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "jsonl")
    }

    fn read(&self, logs: &mut Logs<'_>) -> Result<(), Damaged> {
        let changed = logs.changed_logs();
        logs.read(&changed, read, |_, ()| {})
    }
}

/// What a file gives.
#[derive(Default)]
struct Ledger {
    records: Unsettled,
    limits: Vec<LimitReading>,
    report: SourceReport,
    saw_usage: bool,
}

/// Reads one file, or goes on where `before` ended.
fn read(file: &LogFile, reading: Reading<'_>, before: Option<&Contribution>) -> Read<()> {
    let mut ledger = Ledger::default();
    let mut start = (0, 0);
    let mut told = &[][..];
    if let Some(before) = before
        && let Some(resume) = &before.resume
        && before.records.each_told(|told| ledger.records.push(told)).is_ok()
    {
        start = (resume.offset, resume.lines);
        ledger.limits.clone_from(&before.limits);
        ledger.report.skipped = before.skipped;
        ledger.saw_usage = before.saw_usage;
        told = &before.warnings;
    } else {
        ledger = Ledger::default();
    }
    let mut seen = Seen::default();
    let result = reading.open(&file.path).and_then(|mut reader| {
        let mut lines = Lines::part(&mut reader, start.0, u64::MAX)?;
        let result = lines
            .for_each(&MARKERS, |number, line| ledger.line(&file.path, start.1 + number, line));
        let passed = lines.passed();
        drop(lines);
        seen = reader.seen(passed);
        result
    });
    let contribution = Contribution {
        // A long answer that began before a short one stands behind it.
        records: ledger.records.settle_unordered(reading.clock),
        limits: ledger.limits,
        skipped: ledger.report.skipped,
        warnings: ledger.report.told_after(told),
        saw_usage: ledger.saw_usage,
        is_silent: false,
        kin: None,
        resume: seen.resume(start),
    };
    Read::of(file, contribution, result.err(), ())
}

impl Ledger {
    fn line<R: io::Read>(&mut self, path: &Path, number: u64, line: Line<'_, R>) {
        match line.parse::<LedgerEntry>() {
            Ok(entry) if entry.request.is_empty() => {
                self.report.skip(path, number, "is no request of the proxy; the line is left out");
            }
            Ok(entry) => self.take(entry),
            Err(error) => self.report.skip_line(path, number, &error),
        }
    }

    fn take(&mut self, mut entry: LedgerEntry) {
        // Whose limits these are: the vendor counts what this client does, in whatever way it gets there.
        let client = entry.client.as_deref().and_then(sources::of_client);
        for mut reading in entry.limits.drain(..) {
            reading.source = client.map(str::to_owned);
            self.limits.push(reading);
        }
        let Some(mut record) = entry.to_record() else { return };
        self.saw_usage = true;
        // A request that used nothing and cost nothing is none.
        if record.usage.total() == 0 && record.usage.cost.is_none() {
            return;
        }
        record.usage.revision = INFO.revision;
        let told = Some(record.at);
        self.records.push(Told { record, told, mark: 0 });
    }
}
