//! The tools on this machine: found, readable, how much, and for how long.

use collector::source::{Place, SOURCES, Source};
use collector::{Retention, ScannedSource};
use data_schema::UtcSeconds;

use super::{Check, Visit};
use crate::output::{bytes, counted};
use crate::scan;

/// Days of a tool's own memory below which a holiday costs data.
const FEW_DAYS: u32 = 14;

/// What the logs are like.
pub(super) struct Tools {
    pub(super) checks: Vec<Check>,
    /// What the scan had to say about its cache.
    pub(super) notices: Vec<String>,
}

pub(super) fn look(visit: &Visit) -> Tools {
    let mut scanned = scan::look(&visit.session);
    let mut checks = Vec::new();
    for source in SOURCES {
        match scanned.sources.iter().find(|scanned| scanned.id == source.id()) {
            Some(scanned) => checks.extend(of_source(visit, source, scanned)),
            None => checks.push(Check::off(source.title(), "switched off in config.yaml")),
        }
    }
    if scanned.sources.iter().all(|source| source.report.files == 0) {
        let remedy = "use one of the tools, or name its folder below `providers` in config.yaml";
        checks.push(Check::warn("logs", "none of any tool were found", remedy));
    }
    Tools { checks, notices: scanned.notices().to_vec() }
}

fn of_source(visit: &Visit, source: &dyn Source, scanned: &ScannedSource) -> Vec<Check> {
    let (label, report) = (scanned.title, &scanned.report);
    let key = format!("`providers.{}.{}`", source.id(), source.directory_key());
    if let Some(missing) = scanned.located.missing.first() {
        let remedy = format!(
            "mend it, or switch the source off: `enabled: false` beside {key} in config.yaml"
        );
        return vec![Check::fail(label, missing.clone(), remedy)];
    }
    if scanned.located.roots.is_empty() {
        let place = Place { environment: visit.environment(), configured: None };
        let looked: Vec<String> =
            source.locate(&place).looked.iter().map(|path| path.display().to_string()).collect();
        return vec![Check::off(label, format!("not found; looked for {}", looked.join(", ")))];
    }
    if report.failed {
        let first = report.warnings.iter().find(|warning| warning.line.is_none());
        let message =
            first.map_or_else(String::new, |first| format!("{} {}", first.file, first.reason));
        return vec![Check::fail(
            label,
            message,
            "check the owner and permissions of the file or folder",
        )];
    }
    if report.files == 0 {
        return vec![Check::off(label, "found, without any log")];
    }
    let mut checks = vec![found(scanned)];
    checks.extend(report.notices.iter().map(|notice| {
        Check::warn(label, notice.clone(), "`token-matters collect --verbose` lists all warnings")
    }));
    checks.extend(report.retention.as_ref().map(|retention| kept(label, retention)));
    checks
}

fn found(scanned: &ScannedSource) -> Check {
    let (label, report) = (scanned.title, &scanned.report);
    let logs = counted(report.files, "log");
    let records = counted(report.records, "response");
    let newest = newest(scanned).map_or_else(String::new, |at| format!(", the newest of {at}"));
    let message = format!("{logs}, {}, {records}{newest}", bytes(report.bytes));
    if report.skipped == 0 {
        return Check::pass(label, message);
    }
    let skipped = counted(report.skipped, "line");
    let remedy = "`token-matters collect --verbose` lists them; a line that a tool is still writing is read next time";
    Check::warn(label, format!("{message}; {skipped} could not be counted"), remedy)
}

/// Time of the newest response.
fn newest(scanned: &ScannedSource) -> Option<UtcSeconds> {
    let mut newest = None;
    for block in scanned.blocks().ok()? {
        block.each(|record| newest = newest.max(Some(record.at))).ok()?;
    }
    newest
}

/// How long the tool itself keeps its logs.
fn kept(title: &str, retention: &Retention) -> Check {
    let label = format!("{title} keeps logs");
    let Retention { days, files, .. } = retention;
    let soon = match files {
        0 => "none goes within 14 days".to_owned(),
        files => {
            format!("{} ({}) go within 14 days", counted(*files, "log"), bytes(retention.bytes))
        }
    };
    let message = format!("{days} days; {soon}");
    if *days < FEW_DAYS {
        let remedy = "collect at least daily (`token-matters schedule install`), or raise `cleanupPeriodDays` in the tool's settings.json: `token-matters init` offers it";
        Check::warn(&label, message, remedy)
    } else {
        Check::pass(&label, message)
    }
}
