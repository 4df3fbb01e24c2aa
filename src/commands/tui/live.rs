//! What is shown: read from the store and the logs, with the caches of all verbs.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use data_schema::UtcSeconds;
use data_schema::settings::WeekStart;
use summarizer::{Grouping, Need, Query, report};

use crate::cli::Global;
use crate::current::Amount;
use crate::current::budgets::{self, Budget};
use crate::current::limits::{self, Limit};
use crate::current::spans::{day, month_start, week_start};
use crate::current::windows::{self, Window};
use crate::known::{self, Ask};
use crate::outcome::Failure;
use crate::session::Session;

/// What one model of one source took on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) day: NaiveDate,
    pub(super) source: String,
    pub(super) model: String,
    pub(super) amount: Amount,
}

/// What was read.
#[derive(Clone, Debug)]
pub(super) struct Live {
    /// When.
    pub(super) at: UtcSeconds,
    pub(super) zone: Tz,
    pub(super) week_start: WeekStart,
    /// Since the first of the month, and the whole week that it lies in.
    pub(super) uses: Vec<Use>,
    /// Open windows of this machine.
    pub(super) windows: Vec<Window>,
    pub(super) limits: Vec<Limit>,
    pub(super) budgets: Vec<Budget>,
    /// Files of logs or store that could not be read.
    pub(super) problems: usize,
}

/// What was used of the periods that a day lies in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Periods {
    pub(super) today: Amount,
    pub(super) week: Amount,
    pub(super) month: Amount,
}

impl Live {
    pub(super) fn today(&self, now: UtcSeconds) -> NaiveDate {
        day(self.zone, now)
    }

    /// What was used, by whatever is asked for.
    pub(super) fn by<K: Ord>(
        &self,
        now: UtcSeconds,
        key: impl Fn(&Use) -> K,
    ) -> BTreeMap<K, Periods> {
        let today = self.today(now);
        let (month, week) = (month_start(today), week_start(today, self.week_start));
        let mut sums: BTreeMap<K, Periods> = BTreeMap::new();
        for part in &self.uses {
            let sum = sums.entry(key(part)).or_default();
            if part.day == today {
                sum.today.add(part.amount);
            }
            if (week..=today).contains(&part.day) {
                sum.week.add(part.amount);
            }
            if (month..=today).contains(&part.day) {
                sum.month.add(part.amount);
            }
        }
        sums
    }
}

/// Reads again and again.
pub(super) struct Reader {
    global: Global,
    local: bool,
    /// The windows of a state of the logs: they are looked at again only when something has changed.
    windows: Option<(u64, Vec<Window>)>,
}

impl Reader {
    pub(super) fn new(global: Global, local: bool) -> Self {
        Self { global, local, windows: None }
    }

    pub(super) fn read(&mut self) -> Result<Live, Failure> {
        let session = Session::open(&self.global, true)?;
        let now = session.environment.now;
        let ask = Ask { local: self.local, ..Ask::default() };
        let (mut known, ()) =
            known::read_for(&session, ask, |frame| Ok((Need::of_budgets(frame.settings), ())))?;
        let scan = known.scanned.fingerprint();
        let windows = match &self.windows {
            Some((of, windows)) if Some(*of) == scan => windows.clone(),
            _ => windows::read(&session, &known.scanned)?,
        };
        self.windows = scan.map(|scan| (scan, windows.clone()));
        let store = if self.local { None } else { session.existing_store()? };
        let settings = session.shared_settings(None);
        let limits = store.map_or_else(Vec::new, |store| limits::stored(&store, None, now));
        let today = day(known.zone, now);
        let budgets = if settings.budgets.is_empty() {
            Vec::new()
        } else {
            budgets::read(&settings, &known.sums, &session.prices(None)?, today).0
        };
        let first = month_start(today).min(week_start(today, settings.week_start));
        let query = Query::new(Grouping::Daily).within(Some((first, NaiveDate::MAX)));
        let uses = report(&known.sums, &query).rows.into_iter().filter_map(|row| {
            Some(Use {
                day: row.date?,
                amount: (&row).into(),
                source: row.provider.unwrap_or_default(),
                model: row.model.unwrap_or_default(),
            })
        });
        let failed = known.scanned.sources.iter().filter(|source| source.report.failed).count();
        Ok(Live {
            at: now,
            zone: known.zone,
            week_start: settings.week_start,
            uses: uses.collect(),
            windows,
            limits: limits::newest(limits, now),
            budgets,
            problems: known.problems.len() + failed,
        })
    }
}
