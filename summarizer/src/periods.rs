//! Totals, splits and trends of any set of cells.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::hash::Hash;

use chrono::NaiveDate;
use data_schema::Money;
use data_schema::summary::{
    Breakdown, CostBreakdown, DailySummary, DailyTrendEntry, DateRange, MachineSummary,
    ModelSummary, NativeAmount, PeriodSummary, ProjectSummary, ProviderSummary, SUMMARY_VERSION,
    Totals, TrendPart, WireShare,
};
use rustc_hash::FxHashMap;

use crate::calendar::days;
use crate::cube::{Cell, Key};
use crate::files::Frame;

/// Cells of a view.
pub(crate) type Cells<'a> = [&'a (Key, Cell)];

/// The currency of list values.
const CURRENCY: &str = "USD";

pub(crate) fn sum(cells: &Cells<'_>) -> Cell {
    cells.iter().fold(Cell::default(), |mut sum, (_, cell)| {
        sum.add(cell);
        sum
    })
}

/// Cells of many days with the days added up: all but a trend is made of these. In no order.
pub(crate) fn without_days<'c>(
    cells: impl IntoIterator<Item = &'c (Key, Cell)>,
) -> Vec<(Key, Cell)> {
    let mut sums: FxHashMap<Key, Cell> = FxHashMap::default();
    for (key, cell) in cells {
        sums.entry(Key { day: NaiveDate::default(), ..*key }).or_default().add(cell);
    }
    sums.into_iter().collect()
}

pub(crate) fn totals(frame: &Frame<'_>, cells: &Cells<'_>) -> Totals {
    let total = sum(cells);
    let cost =
        if frame.show_cost() { cost(frame, cells, &total) } else { CostBreakdown::default() };
    Totals {
        tokens: total.tokens,
        cost,
        requests: total.requests,
        data_quality: total.quality,
        inexact_tokens: total.inexact_tokens,
        wire: None,
    }
}

fn cost(frame: &Frame<'_>, cells: &Cells<'_>, total: &Cell) -> CostBreakdown {
    let names = &frame.cube.names;
    // The order of places is the order of names.
    let unpriced: BTreeSet<u32> = cells
        .iter()
        .filter(|(_, cell)| cell.unpriced_tokens > 0)
        .map(|(key, _)| key.model)
        .collect();
    let by_provider = grouped(cells, |key| key.provider).into_iter().map(|(provider, cell)| {
        let amount = NativeAmount { amount: cell.cost(), currency: CURRENCY.to_owned() };
        (names.providers.name(provider).to_string(), amount)
    });
    CostBreakdown {
        total_usd: total.cost(),
        billed_usd: Money::from_picos(total.billed),
        covered_usd: Money::from_picos(total.covered),
        unpriced_tokens: total.unpriced_tokens,
        unpriced_models: unpriced
            .iter()
            .map(|model| names.models.name(*model).to_string())
            .collect(),
        by_provider: by_provider.collect(),
    }
}

/// Sums by any part of the key, the largest first, then by name.
fn grouped<K: Copy + Eq + Hash + Ord>(
    cells: &Cells<'_>,
    part: impl Fn(&Key) -> K,
) -> Vec<(K, Cell)> {
    let mut groups: FxHashMap<K, Cell> = FxHashMap::default();
    for (key, cell) in cells.iter().copied() {
        groups.entry(part(key)).or_default().add(cell);
    }
    let mut groups: Vec<(K, Cell)> = groups.into_iter().collect();
    groups.sort_unstable_by_key(|(key, cell)| {
        (Reverse((cell.tokens.total_tokens, cell.requests)), *key)
    });
    groups
}

fn breakdown(frame: &Frame<'_>, cells: &Cells<'_>) -> Breakdown {
    let names = &frame.cube.names;
    let aggregate = |cell: &Cell| cell.aggregate(frame.show_cost());
    let by_provider = grouped(cells, |key| key.provider).into_iter().map(|(provider, cell)| {
        ProviderSummary::new(names.providers.name(provider).to_string(), aggregate(&cell))
    });
    let by_machine =
        grouped(cells, |key| key.machine).into_iter().map(|(machine, cell)| MachineSummary {
            machine: names.machines.name(machine).to_string(),
            aggregate: aggregate(&cell),
        });
    let by_model = grouped(cells, |key| (key.model, key.provider)).into_iter().map(
        |((model, provider), cell)| ModelSummary {
            model: names.models.name(model).to_string(),
            provider: names.providers.name(provider).to_string(),
            aggregate: aggregate(&cell),
        },
    );
    let by_project =
        grouped(cells, |key| key.project).into_iter().map(|(project, cell)| ProjectSummary {
            project: names.projects.name(project).to_string(),
            aggregate: aggregate(&cell),
        });
    let mut by_project: Vec<ProjectSummary> = by_project.collect();
    if by_project.iter().all(|row| row.project.is_empty()) {
        by_project.clear();
    }
    Breakdown {
        by_provider: by_provider.collect(),
        by_machine: by_machine.collect(),
        by_model: by_model.collect(),
        by_project,
    }
}

/// One entry per calendar day of the range, days without use included. The cells are sorted by day and
/// source.
fn trend(frame: &Frame<'_>, cells: &Cells<'_>, range: DateRange) -> Vec<DailyTrendEntry> {
    let mut days_with_use = cells
        .chunk_by(|left, right| left.0.day == right.0.day)
        .map(|day| (day[0].0.day, day))
        .peekable();
    let entry = |date: NaiveDate| {
        let day = days_with_use.next_if(|(day, _)| *day == date);
        trend_entry(frame, date, day.map_or(&[], |(_, cells)| cells))
    };
    days(range.start, range.end).map(entry).collect()
}

fn trend_entry(frame: &Frame<'_>, date: NaiveDate, cells: &Cells<'_>) -> DailyTrendEntry {
    let show_cost = frame.show_cost();
    let mut total = Cell::default();
    let parts = cells.chunk_by(|left, right| left.0.provider == right.0.provider).map(|cells| {
        let cell = sum(cells);
        total.add(&cell);
        let part = TrendPart {
            total_tokens: cell.tokens.total_tokens,
            cost_usd: cell.cost().filter(|_| show_cost),
            data_quality: cell.quality,
        };
        (frame.cube.names.providers.name(cells[0].0.provider).to_string(), part)
    });
    let by_provider = parts.collect();
    DailyTrendEntry {
        date,
        total_tokens: total.tokens.total_tokens,
        cost: total.cost().filter(|_| show_cost),
        requests: total.requests,
        by_provider,
    }
}

pub(crate) fn period(frame: &Frame<'_>, cells: &Cells<'_>, range: DateRange) -> PeriodSummary {
    let sums = without_days(cells.iter().copied());
    let mut period = period_of(frame, &sums.iter().collect::<Vec<_>>(), cells, range);
    tell_wire(frame, range, &mut period.totals, &mut period.breakdown);
    period
}

/// The same where the days have been added up already.
pub(crate) fn period_of(
    frame: &Frame<'_>,
    sums: &Cells<'_>,
    cells: &Cells<'_>,
    range: DateRange,
) -> PeriodSummary {
    PeriodSummary {
        date_range: range,
        totals: totals(frame, sums),
        breakdown: breakdown(frame, sums),
        daily_trend: trend(frame, cells, range),
    }
}

pub(crate) fn daily(frame: &Frame<'_>, date: NaiveDate, cells: &Cells<'_>) -> DailySummary {
    let (mut totals, mut breakdown) = (totals(frame, cells), breakdown(frame, cells));
    let range = DateRange { start: date, end: date };
    tell_wire(frame, range, &mut totals, &mut breakdown);
    DailySummary { version: SUMMARY_VERSION.to_owned(), date, totals, breakdown }
}

/// Tells what went through the proxy in a window, as a whole and by source.
fn tell_wire(
    frame: &Frame<'_>,
    range: DateRange,
    totals: &mut Totals,
    Breakdown { by_provider, .. }: &mut Breakdown,
) {
    totals.wire = wire(frame, range, None);
    if totals.wire.is_some() {
        for row in by_provider {
            row.wire = wire(frame, range, Some(&row.provider));
        }
    }
}

/// What went through the proxy in a window, of one shown source or all.
pub(crate) fn wire(frame: &Frame<'_>, range: DateRange, shown: Option<&str>) -> Option<WireShare> {
    let names = &frame.cube.names.providers;
    let rows = frame.cube.wire.iter();
    let rows = rows.filter(|day| (range.start..=range.end).contains(&day.date));
    WireShare::sum(rows.filter(|day| {
        shown.is_none_or(|wanted| names.shown(&day.provider).is_some_and(|name| **name == *wanted))
    }))
}

/// First and last day with data.
pub(crate) fn range(cells: &Cells<'_>) -> Option<DateRange> {
    let days = || cells.iter().map(|(key, _)| key.day);
    Some(DateRange { start: days().min()?, end: days().max()? })
}

/// The cells whose day lies in a range; all cells are sorted by day.
pub(crate) fn within(cells: &[(Key, Cell)], range: DateRange) -> Vec<&(Key, Cell)> {
    let start = cells.partition_point(|(key, _)| key.day < range.start);
    let end = cells.partition_point(|(key, _)| key.day <= range.end);
    cells[start..end.max(start)].iter().collect()
}
