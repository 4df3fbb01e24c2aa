//! The small file that `collect` leaves behind: all that a line for a prompt may show.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use collector::Scanned;
use data_schema::UtcSeconds;
use data_schema::settings::WeekStart;
use serde::{Deserialize, Serialize};
use summarizer::{Grouping, Query, SummarizeError, report};

use crate::current::Amount;
use crate::current::budgets::{self, Budget};
use crate::current::limits::{self, Limit};
use crate::current::spans::{day, week_start};
use crate::current::windows::{self, Window};
use crate::known::{self, Ask, Local, local_sums};
use crate::outcome::Failure;
use crate::output::{note, silently};
use crate::session::Session;

/// Name of the file, below the folder of what can be made again.
const FILE: &str = "cache/statusline.json";
/// Days that are kept: a month, and one more for other zones.
const DAYS: i64 = 32;
/// Version of the file.
const VERSION: u32 = 2;

/// The file's content.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Prepared {
    pub(super) version: u32,
    /// When the logs were read.
    pub(super) at: UtcSeconds,
    /// The zone of the days.
    pub(super) timezone: String,
    pub(super) week_start: WeekStart,
    /// The last days on which something was used.
    pub(super) days: BTreeMap<NaiveDate, Amount>,
    /// Windows of five hours that were open then.
    pub(super) windows: Vec<Window>,
    /// The newest readings of limits.
    pub(super) limits: Vec<Limit>,
    /// Budgets, as far as this machine uses them.
    pub(super) budgets: Vec<Budget>,
}

/// What was used of the periods that a day lies in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Amounts {
    pub(super) today: Amount,
    pub(super) week: Amount,
    pub(super) month: Amount,
}

impl Prepared {
    /// Reads the file; a damaged one, or one of another version, is as good as none.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let bytes = fs_err::read(folder.join(FILE)).ok()?;
        let prepared: Self = serde_json::from_slice(&bytes).ok()?;
        (prepared.version == VERSION).then_some(prepared)
    }

    fn write(&self, folder: &Path) -> io::Result<()> {
        let path = folder.join(FILE);
        fs_err::create_dir_all(folder.join("cache"))?;
        // Renamed in place: a prompt that reads at the same moment sees the old numbers or the new ones.
        let new = folder.join(format!("cache/.tm-statusline-{}", std::process::id()));
        fs_err::write(&new, serde_json::to_vec(self)?)?;
        fs_err::rename(new, path)
    }

    /// Today, and the week and the month that it lies in.
    pub(super) fn amounts(&self, now: UtcSeconds) -> Amounts {
        let today = day(self.timezone.parse().unwrap_or(Tz::UTC), now);
        let week = week_start(today, self.week_start);
        let mut amounts = Amounts::default();
        for (date, amount) in &self.days {
            if *date == today {
                amounts.today.add(*amount);
            }
            if week_start(*date, self.week_start) == week {
                amounts.week.add(*amount);
            }
            if (date.year(), date.month()) == (today.year(), today.month()) {
                amounts.month.add(*amount);
            }
        }
        amounts
    }
}

/// Leaves the file behind. What cannot be written is a note: the run itself is done.
pub(crate) fn prepare(session: &Session, scanned: Scanned) {
    let written = made(session, scanned).and_then(|prepared| Ok(prepared.write(&session.data)?));
    if let Err(failure) = written {
        let reason = failure.text();
        note(&format!("note: the numbers of the status line stay as they were: {reason}"));
    }
}

fn made(session: &Session, scanned: Scanned) -> Result<Prepared, Failure> {
    let at = session.environment.now;
    let limits = newest_limits(session, &scanned);
    let with_windows = |local: Local| {
        let windows = windows::read(session, &local.scanned)?;
        Ok((local.sums, local.zone, windows))
    };
    let (sums, zone, windows) = local_sums(session, scanned)
        .and_then(with_windows)
        .or_else(|failure| again(session, failure).and_then(with_windows))?;
    let settings = session.shared_settings(None);
    let today = day(zone, at);
    let first = today - chrono::Duration::days(DAYS);
    let rows = report(&sums, &Query::new(Grouping::Daily).within(Some((first, today)))).rows;
    let mut days: BTreeMap<NaiveDate, Amount> = BTreeMap::new();
    for row in &rows {
        let Some(date) = row.date else { continue };
        days.entry(date).or_default().add(row.into());
    }
    let budgets = if settings.budgets.is_empty() {
        Vec::new()
    } else {
        let book = silently(|| session.prices(None))?;
        // What is wrong with one is told by the verbs that are about budgets.
        budgets::read(&settings, &sums, &book, today).0
    };
    let timezone = zone.name().to_owned();
    let week_start = settings.week_start;
    Ok(Prepared { version: VERSION, at, timezone, week_start, days, windows, limits, budgets })
}

/// What was known before and what this run has found; the store is asked only where nothing was known.
fn newest_limits(session: &Session, scanned: &Scanned) -> Vec<Limit> {
    let now = session.environment.now;
    let before = Prepared::read(&session.data).map(|prepared| prepared.limits);
    let before = before.unwrap_or_else(|| {
        let store = session.existing_store().ok().flatten();
        let machine = session.identity_to_read().ok();
        store.zip(machine).map_or_else(Vec::new, |(store, machine)| {
            limits::stored(&store, Some(&machine.name), now)
        })
    });
    limits::newest(before.into_iter().chain(limits::scanned(scanned)), now)
}

/// Reads everything once more if what was kept of the logs turned out to be damaged.
fn again(session: &Session, failure: Failure) -> Result<Local, Failure> {
    let is_damaged = matches!(&failure, Failure::Failed(error)
        if matches!(error.downcast_ref(), Some(SummarizeError::Damaged)));
    if !is_damaged {
        return Err(failure);
    }
    session.forget_scan_cache();
    let known = known::read(session, Ask { local: true, ..Ask::default() })?;
    Ok(Local { sums: known.sums, scanned: known.scanned, zone: known.zone })
}

/// The object that `--json` prints of it; all is null before the first collect.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Json<'a, T> {
    version: &'static str,
    at: Option<UtcSeconds>,
    timezone: Option<&'a str>,
    today: Option<Amount>,
    week: Option<Amount>,
    month: Option<Amount>,
    /// Open windows of five hours: of everything, then by source.
    windows: Option<Vec<&'a Window>>,
    limits: Option<&'a [Limit]>,
    budgets: Option<&'a [Budget]>,
    /// What was told on standard input.
    told: Option<&'a T>,
}

impl<'a, T> Json<'a, T> {
    pub(super) fn new(
        prepared: Option<&'a Prepared>,
        told: Option<&'a T>,
        now: UtcSeconds,
    ) -> Self {
        let amounts = prepared.map(|prepared| prepared.amounts(now));
        let open = |prepared: &'a Prepared| {
            prepared.windows.iter().filter(|window| window.is_open(now)).collect()
        };
        Self {
            version: data_schema::VERSION,
            at: prepared.map(|prepared| prepared.at),
            timezone: prepared.map(|prepared| prepared.timezone.as_str()),
            today: amounts.map(|amounts| amounts.today),
            week: amounts.map(|amounts| amounts.week),
            month: amounts.map(|amounts| amounts.month),
            windows: prepared.map(open),
            limits: prepared.map(|prepared| prepared.limits.as_slice()),
            budgets: prepared.map(|prepared| prepared.budgets.as_slice()),
            told,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_and_the_month_are_those_of_the_zone() {
        let tokens = |total_tokens| Amount { total_tokens, requests: 1, ..Amount::default() };
        let days = ["2026-04-30", "2026-05-01", "2026-05-02"].iter().zip([1, 20, 300]);
        let days = days.map(|(date, count)| (date.parse().unwrap(), tokens(count))).collect();
        let at = "2026-05-01T23:30:00Z".parse().unwrap();
        let mut prepared = Prepared {
            version: VERSION,
            at,
            timezone: String::new(),
            week_start: WeekStart::Monday,
            days,
            windows: Vec::new(),
            limits: Vec::new(),
            budgets: Vec::new(),
        };
        let zones = [("UTC", [20, 321, 320]), ("Europe/Berlin", [300, 321, 320])];
        for (zone, expected) in zones {
            zone.clone_into(&mut prepared.timezone);
            let Amounts { today, week, month } = prepared.amounts(at);
            assert_eq!([today, week, month].map(|amount| amount.total_tokens), expected, "{zone}");
        }
        // 2 May 2026 is a Saturday.
        prepared.week_start = WeekStart::Saturday;
        assert_eq!(prepared.amounts(at).week.total_tokens, 300);
    }
}
