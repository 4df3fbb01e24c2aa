//! How every source does: what `doctor`, `collect --status`, `up` and `init` tell of the tools on this machine.

use collector::ScannedSource;
use collector::source::{Evidence, Info, Keeps, SOURCES, Source};
use data_schema::{Quality, UtcSeconds};
use serde::Serialize;

use crate::output::counted;

/// Tools without logs that are named; the others are counted.
const NAMED: usize = 8;

/// Whether a source is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Presence {
    /// Its tool has left logs.
    Found,
    /// It has not.
    NotFound,
    /// The configuration has switched it off.
    Off,
}

/// What there is to know of one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Health {
    /// Its id.
    pub(crate) source: &'static str,
    pub(crate) title: &'static str,
    pub(crate) presence: Presence,
    /// Logs that are there, and bytes in them.
    pub(crate) files: usize,
    pub(crate) bytes: u64,
    /// Responses in them, each once.
    pub(crate) records: usize,
    /// Time of the newest response.
    pub(crate) newest_record: Option<UtcSeconds>,
    /// When a log was changed last.
    pub(crate) newest_change: Option<UtcSeconds>,
    /// Lines that could not be counted.
    pub(crate) skipped: usize,
    /// Whether something of it could not be read at all.
    pub(crate) failed: bool,
    /// `meter`, `counter` or `statement`.
    pub(crate) role: &'static str,
    /// How exact its records are at best.
    pub(crate) quality: Quality,
    /// How its format is known.
    pub(crate) evidence: Known,
    /// What its files do not tell; empty if nothing that matters.
    pub(crate) lacks: &'static str,
    /// Days after which the tool deletes its logs; `null` if it does not, or nobody knows.
    pub(crate) retention_days: Option<u32>,
    /// Whether answers are there and none of them tells usage.
    pub(crate) parser_out_of_date: bool,
    /// Files still change while responses have stopped.
    pub(crate) alarm: Option<Alarm>,
}

/// How a format is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Known {
    /// `genuine`, `vendor-code` or `described`.
    pub(crate) kind: &'static str,
    /// Version and day of the run, repository and commit, or addresses.
    pub(crate) by: Vec<&'static str>,
}

/// Files that still change while responses have stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Alarm {
    /// The newest response, if there is any.
    pub(crate) newest_record: Option<UtcSeconds>,
    /// The last change of a log.
    pub(crate) newest_change: UtcSeconds,
    /// Logs that changed without a new response.
    pub(crate) logs: usize,
    /// One of them.
    pub(crate) example: String,
}

impl Known {
    fn of(evidence: Evidence) -> Self {
        let by = match evidence {
            Evidence::Genuine { version, date } => vec![version, date],
            Evidence::VendorCode { repository, commit } => vec![repository, commit],
            Evidence::Described { by } => by.to_vec(),
        };
        Self { kind: evidence.word(), by }
    }
}

impl Alarm {
    /// What has happened, in a sentence.
    pub(crate) fn told(&self) -> String {
        let logs = counted(self.logs, "log");
        let newest = self.newest_record.map_or_else(
            || "no response was ever found in any".to_owned(),
            |at| format!("the newest response is of {at}"),
        );
        format!("{logs} changed until {} without a new response: {newest}", self.newest_change)
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> String {
        format!(
            "if you have used it since then, its format may have changed: update token-matters; if that does not \
             help, report it with the output of `token-matters doctor --sample \"{}\"`. If not, nothing is wrong",
            self.example
        )
    }
}

impl Health {
    /// Of every source, in the order of output. What was not scanned is switched off.
    pub(crate) fn of_all(scanned: &[ScannedSource]) -> Vec<Self> {
        let of = |source: &&'static dyn Source| {
            Self::of(source.info(), scanned.iter().find(|scanned| scanned.id == source.id()))
        };
        SOURCES.iter().map(of).collect()
    }

    /// Of one source.
    pub(crate) fn of(info: &'static Info, scanned: Option<&ScannedSource>) -> Self {
        let report = scanned.map(|scanned| scanned.report.clone()).unwrap_or_default();
        let retention = report.retention.as_ref().map(|retention| retention.days);
        let usual = match info.keeps {
            Keeps::Days(days) => Some(days),
            Keeps::Forever | Keeps::Prunes | Keeps::Unknown => None,
        };
        let alarm = report.stalled.map(|stalled| Alarm {
            newest_record: stalled.newest,
            newest_change: stalled.changed,
            logs: stalled.logs,
            example: stalled.example.display().to_string(),
        });
        Self {
            source: info.id,
            title: info.title(),
            presence: match scanned {
                None => Presence::Off,
                Some(_) if report.files == 0 => Presence::NotFound,
                Some(_) => Presence::Found,
            },
            files: report.files,
            bytes: report.bytes,
            records: report.records,
            newest_record: report.newest,
            newest_change: report.newest_change,
            skipped: report.skipped,
            failed: report.failed,
            role: info.role.word(),
            quality: info.best_quality(),
            evidence: Known::of(info.evidence),
            lacks: info.lacks,
            retention_days: retention.or(usual),
            parser_out_of_date: report.is_out_of_date,
            alarm,
        }
    }

    /// What makes its numbers less than exact, in a few words; nothing for what is exact and known.
    pub(crate) fn limits(&self) -> String {
        let mut parts = Vec::new();
        match self.quality {
            Quality::Exact => {}
            Quality::Partial => parts.push("partial".to_owned()),
            Quality::Estimated => parts.push("estimated".to_owned()),
        }
        if self.evidence.kind == "described" {
            parts.push("unverified".to_owned());
        }
        if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
    }
}

/// One line about tools without logs; all of them with `everything`. `None` if there is none.
pub(crate) fn without_logs(titles: &[&str], others: bool, everything: bool) -> Option<String> {
    let tools = match (titles.len(), others) {
        (0, _) => return None,
        (1, true) => "1 other tool has".to_owned(),
        (1, false) => "1 tool has".to_owned(),
        (count, true) => format!("{count} other tools have"),
        (count, false) => format!("{count} tools have"),
    };
    let is_short = everything || titles.len() <= NAMED + 1;
    let shown = if is_short { titles } else { &titles[..NAMED] };
    let more = match titles.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more (--verbose lists all)"),
    };
    Some(format!("{tools} left no logs on this machine: {}{more}", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_without_logs_take_one_line() {
        assert_eq!(without_logs(&[], true, false), None);
        let line = |count: usize, others, everything| {
            let titles: Vec<String> = (1..=count).map(|number| format!("T{number}")).collect();
            let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
            without_logs(&titles, others, everything).unwrap()
        };
        assert_eq!(line(1, true, false), "1 other tool has left no logs on this machine: T1");
        assert_eq!(line(2, false, false), "2 tools have left no logs on this machine: T1, T2");
        assert!(line(9, true, false).ends_with("T8, T9"), "one more is no longer than its count");
        assert_eq!(
            line(52, true, false),
            "52 other tools have left no logs on this machine: T1, T2, T3, T4, T5, T6, T7, T8 and 44 more (--verbose lists all)"
        );
        assert!(line(52, true, true).ends_with("T51, T52"));
    }

    #[test]
    fn every_source_has_its_health_also_where_nothing_is_found() {
        let all = Health::of_all(&[]);
        assert_eq!(all.len(), SOURCES.len());
        assert!(all.iter().all(|health| health.presence == Presence::Off && health.files == 0));
        let claude = all.iter().find(|health| health.source == "claude-code").unwrap();
        assert_eq!((claude.retention_days, claude.limits()), (Some(30), String::new()));
        assert_eq!((claude.role, claude.evidence.kind), ("meter", "genuine"));
        let guess = Health {
            quality: Quality::Estimated,
            evidence: Known { kind: "described", by: Vec::new() },
            ..claude.clone()
        };
        assert_eq!(guess.limits(), " (estimated, unverified)");
    }

    #[test]
    fn an_alarm_says_what_happened_and_what_to_do() {
        let alarm = Alarm {
            newest_record: Some("2026-05-01T10:00:00Z".parse().unwrap()),
            newest_change: "2026-05-20T10:00:00Z".parse().unwrap(),
            logs: 2,
            example: "/home/me/a b.jsonl".to_owned(),
        };
        assert_eq!(
            alarm.told(),
            "2 logs changed until 2026-05-20T10:00:00Z without a new response: the newest response is of 2026-05-01T10:00:00Z"
        );
        assert!(alarm.remedy().contains("doctor --sample \"/home/me/a b.jsonl\""));
        let stranger = Alarm { newest_record: None, ..alarm };
        assert!(stranger.told().ends_with("no response was ever found in any"));
    }
}
