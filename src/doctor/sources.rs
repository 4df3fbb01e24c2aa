//! The tools on this machine: found, readable, how much, how exact, and for how long.

use collector::source::{Place, SOURCES, Source};
use collector::{Retention, ScannedSource};

use super::{Check, Visit};
use crate::health::Health;
use crate::output::{bytes, counted};
use crate::scan;

/// Days of a tool's own memory below which a holiday costs data.
const FEW_DAYS: u32 = 14;
/// What to do about lines that were left out.
const LISTED: &str = "`token-matters collect --verbose` lists all warnings";

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
        let there = scanned.sources.iter().find(|scanned| scanned.id == source.id());
        let health = Health::of(source.info(), there);
        let mut of_source = match there {
            Some(scanned) => of_source(visit, *source, scanned, &health),
            None => vec![Check::off(source.title(), "switched off in config.yaml")],
        };
        // The first line of a source is the one about it as a whole.
        if let Some(first) = of_source.first_mut() {
            first.source = Some(Box::new(health));
        }
        checks.extend(of_source);
    }
    if scanned.sources.iter().all(|source| source.report.files == 0) {
        let remedy = "use one of the tools, or name its folder below `providers` in config.yaml";
        checks.push(Check::warn("logs", "none of any tool were found", remedy));
    }
    Tools { checks, notices: scanned.notices().to_vec() }
}

fn of_source(
    visit: &Visit,
    source: &dyn Source,
    scanned: &ScannedSource,
    health: &Health,
) -> Vec<Check> {
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
        let message = format!("not found; looked for {}", looked.join(", "));
        return vec![Check::off(label, message).folding()];
    }
    if report.failed {
        let first = report.warnings.iter().find(|warning| warning.line.is_none());
        let message =
            first.map_or_else(String::new, |first| format!("{} {}", first.file, first.reason));
        let remedy = "do what it says; if it says nothing, check the owner and permissions of the file or folder";
        return vec![Check::fail(label, message, remedy)];
    }
    if report.files == 0 {
        return vec![Check::off(label, "found, without any log").folding()];
    }
    let mut checks = vec![found(health)];
    checks.extend(report.notices.iter().map(|notice| {
        let notice = notice.clone();
        if report.is_out_of_date && notice.contains("out of date") {
            let remedy = "update token-matters; if it is the newest, report it with the output of `token-matters doctor --sample LOG`";
            return Check::warn(label, notice, remedy);
        }
        Check::warn(label, notice, LISTED)
    }));
    checks.extend(
        health.alarm.as_ref().map(|alarm| Check::warn(label, alarm.told(), alarm.remedy())),
    );
    checks.extend(report.retention.as_ref().map(|retention| kept(label, retention)));
    checks
}

fn found(health: &Health) -> Check {
    let label = health.title;
    let logs = counted(health.files, "log");
    let records = counted(health.records, "response");
    let newest = health.newest_record;
    let newest = newest.map_or_else(String::new, |at| format!(", the newest of {at}"));
    let limits = health.limits();
    let message = format!("{logs}, {}, {records}{newest}{limits}", bytes(health.bytes));
    if health.skipped == 0 {
        return Check::pass(label, message);
    }
    let skipped = counted(health.skipped, "line");
    let remedy = "`token-matters collect --verbose` lists them; a line that a tool is still writing is read next time";
    Check::warn(label, format!("{message}; {skipped} could not be counted"), remedy)
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
