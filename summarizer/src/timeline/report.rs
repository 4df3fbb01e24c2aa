//! Reports by hour of the day and by window.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use data_schema::{Text, UtcSeconds};

use super::{Burn, NO_HOUR, Timeline, WINDOW, is_active};
use crate::report::{Dimension, Grouping, Query, Report, Row, arrange, numbers};
use crate::sums::Cell;

/// What a row is about, in the order of output: what has no time comes last.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    when: When,
    provider: Option<Text>,
    model: Option<Text>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    Hour(u8),
    /// Its start, and its place among the windows.
    Window(UtcSeconds, u32),
    Never,
}

/// Sums of a row.
#[derive(Clone, Default)]
struct Sum {
    /// Of the days that were asked for.
    cell: Cell,
    /// Of all days: what an open window has in all.
    whole: Cell,
    /// Whether there is anything on the days that were asked for.
    is_in: bool,
}

/// What is asked for, by places of names.
struct Wanted<'q> {
    query: &'q Query,
    providers: Vec<bool>,
    models: Vec<bool>,
    /// Whether rows name the source and the model.
    by: [bool; 2],
}

impl Wanted<'_> {
    fn has(&self, provider: u32, model: u32) -> bool {
        self.providers[provider as usize] && self.models[model as usize]
    }

    fn is_in(&self, day: NaiveDate) -> bool {
        self.query.range.is_none_or(|(from, to)| (from..=to).contains(&day))
    }
}

impl Timeline {
    /// A report of [`Grouping::Blocks`], else one of [`Grouping::Hours`]. Windows are always told by source and
    /// account; a window that a range of days cuts has only what is on those days, so that all views add up to the
    /// same, but how fast it fills is said of all of it. What has no time has a row without hour and window.
    ///
    /// Rows are split by source and model only, and what alone is counted was told to [`Timeline::of`], except for
    /// sources and models.
    pub fn report(&self, query: &Query, now: UtcSeconds) -> Report {
        let is_blocks = query.grouping == Grouping::Blocks;
        let by = |dimension| query.split.contains(&dimension);
        let only = &query.only;
        let models = self.models.iter().zip(&self.canonical);
        let wanted = Wanted {
            query,
            providers: self.providers.iter().map(|id| only.has_source(id)).collect(),
            models: models.map(|(name, shown)| only.has_model(name, shown)).collect(),
            by: [is_blocks || by(Dimension::Source), by(Dimension::Model)],
        };
        let mut rows: BTreeMap<Key, Sum> = BTreeMap::new();
        let mut by_provider: BTreeMap<u32, Cell> = BTreeMap::new();
        let mut totals = Cell::default();
        let hours = self.hours.iter().filter(|(key, _)| wanted.has(key.provider, key.model));
        for (key, cell) in hours.filter(|(key, _)| wanted.is_in(key.day)) {
            by_provider.entry(key.provider).or_default().add(cell);
            totals.add(cell);
            let when = match key.of_day {
                NO_HOUR => When::Never,
                _ if is_blocks => continue,
                hour => When::Hour(hour),
            };
            let sum = rows.entry(self.key(when, key.provider, key.model, &wanted)).or_default();
            sum.cell.add(cell);
        }
        if is_blocks {
            self.add_windows(&wanted, &mut rows);
        }
        let mut rows: Vec<Row> = rows.into_iter().map(|row| self.row(row, now)).collect();
        arrange(&mut rows, query);
        let name = |place: u32| Some(self.providers[place as usize].to_string());
        let by_provider = by_provider.into_iter();
        Report {
            rows,
            by_provider: by_provider
                .map(|(place, cell)| Row { provider: name(place), ..numbers(&cell) })
                .collect(),
            totals: numbers(&totals),
            wire: None,
        }
    }

    fn add_windows(&self, wanted: &Wanted<'_>, rows: &mut BTreeMap<Key, Sum>) {
        let mut found: BTreeMap<Key, Sum> = BTreeMap::new();
        for (part, cell) in &self.parts {
            let window = &self.spans[part.window as usize];
            if !wanted.has(window.provider, part.model) {
                continue;
            }
            let when = When::Window(window.start, part.window);
            let key = self.key(when, window.provider, part.model, wanted);
            let sum = found.entry(key).or_default();
            sum.whole.add(cell);
            if wanted.is_in(part.day) {
                sum.cell.add(cell);
                sum.is_in = true;
            }
        }
        rows.extend(found.into_iter().filter(|(_, sum)| sum.is_in));
    }

    fn key(&self, when: When, provider: u32, model: u32, wanted: &Wanted<'_>) -> Key {
        let [by_provider, by_model] = wanted.by;
        Key {
            when,
            provider: by_provider.then(|| self.providers[provider as usize].clone()),
            model: by_model.then(|| self.canonical[model as usize].clone()),
        }
    }

    fn row(&self, (key, sum): (Key, Sum), now: UtcSeconds) -> Row {
        let mut row = Row {
            provider: key.provider.map(|name| name.to_string()),
            model: key.model.map(|name| name.to_string()),
            ..numbers(&sum.cell)
        };
        match key.when {
            When::Hour(hour) => row.hour = Some(u32::from(hour)),
            When::Never => {}
            When::Window(start, place) => {
                let window = &self.spans[place as usize];
                row.start = Some(start);
                row.end = Some(start.plus(WINDOW));
                row.last_at = Some(window.last);
                row.is_active = Some(is_active(start, now));
                row.account = window.account.map(|account| account.to_string());
                row.gap_seconds = self.gap(place);
                let tokens = sum.whole.tokens.total_tokens;
                row.burn = Burn::of(start, now, tokens, sum.whole.cost()).map(Box::new);
            }
        }
        row
    }

    /// Seconds between the last response of the window before and a window's start; `None` for the first one.
    fn gap(&self, place: u32) -> Option<i64> {
        let before = &self.spans[place.checked_sub(1)? as usize];
        let window = &self.spans[place as usize];
        let is_same = (before.provider, before.account) == (window.provider, window.account);
        is_same.then(|| window.start.seconds() - before.last.seconds())
    }
}
