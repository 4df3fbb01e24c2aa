//! Totals, splits and trends of any set of cells.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use chrono::NaiveDate;
use data_schema::Text;
use data_schema::summary::{
    Breakdown, CostBreakdown, DailySummary, DailyTrendEntry, DateRange, MachineSummary,
    ModelSummary, NativeAmount, PeriodSummary, ProjectSummary, ProviderSummary, SUMMARY_VERSION,
    Totals, TrendPart,
};
use rustc_hash::FxHashMap;

use crate::calendar::days;
use crate::cube::{Cell, Key};

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

pub(crate) fn totals(cells: &Cells<'_>, show_cost: bool) -> Totals {
    let total = sum(cells);
    let cost = if show_cost { cost(cells, &total) } else { CostBreakdown::default() };
    Totals {
        tokens: total.tokens,
        cost,
        requests: total.requests,
        data_quality: total.quality,
        inexact_tokens: total.inexact_tokens,
    }
}

fn cost(cells: &Cells<'_>, total: &Cell) -> CostBreakdown {
    let unpriced: BTreeSet<&Text> = cells
        .iter()
        .filter(|(_, cell)| cell.unpriced_tokens > 0)
        .map(|(key, _)| &key.model)
        .collect();
    let by_provider = grouped(cells, |key| &key.provider).into_iter().map(|(provider, cell)| {
        let amount = NativeAmount { amount: cell.cost(), currency: CURRENCY.to_owned() };
        (provider.to_string(), amount)
    });
    CostBreakdown {
        total_usd: total.cost(),
        unpriced_tokens: total.unpriced_tokens,
        unpriced_models: unpriced.into_iter().map(ToString::to_string).collect(),
        by_provider: by_provider.collect(),
    }
}

/// Sums by any part of the key, the largest first, then by name.
fn grouped<'a, K: Eq + Hash + Ord>(
    cells: &Cells<'a>,
    part: impl Fn(&'a Key) -> K,
) -> Vec<(K, Cell)> {
    let mut groups: FxHashMap<K, Cell> = FxHashMap::default();
    for (key, cell) in cells.iter().copied() {
        groups.entry(part(key)).or_default().add(cell);
    }
    let mut groups: Vec<(K, Cell)> = groups.into_iter().collect();
    groups.sort_unstable_by(|(left, a), (right, b)| {
        let order = |cell: &Cell| Reverse((cell.tokens.total_tokens, cell.requests));
        order(a).cmp(&order(b)).then_with(|| left.cmp(right))
    });
    groups
}

pub(crate) fn breakdown(cells: &Cells<'_>, show_cost: bool) -> Breakdown {
    let aggregate = |cell: &Cell| cell.aggregate(show_cost);
    let by_provider = grouped(cells, |key| &key.provider).into_iter().map(|(provider, cell)| {
        ProviderSummary { provider: provider.to_string(), aggregate: aggregate(&cell) }
    });
    let by_machine = grouped(cells, |key| &key.machine).into_iter().map(|(machine, cell)| {
        MachineSummary { machine: machine.to_string(), aggregate: aggregate(&cell) }
    });
    let by_model = grouped(cells, |key| (&key.model, &key.provider)).into_iter().map(
        |((model, provider), cell)| ModelSummary {
            model: model.to_string(),
            provider: provider.to_string(),
            aggregate: aggregate(&cell),
        },
    );
    let projects = grouped(cells, |key| &key.project);
    let hidden = projects.iter().all(|(project, _)| project.is_empty());
    let by_project = projects.into_iter().filter(|_| !hidden).map(|(project, cell)| {
        ProjectSummary { project: project.to_string(), aggregate: aggregate(&cell) }
    });
    Breakdown {
        by_provider: by_provider.collect(),
        by_machine: by_machine.collect(),
        by_model: by_model.collect(),
        by_project: by_project.collect(),
    }
}

/// One entry per calendar day of the range, days without use included.
fn trend(cells: &Cells<'_>, range: DateRange, show_cost: bool) -> Vec<DailyTrendEntry> {
    let mut by_day: BTreeMap<NaiveDate, BTreeMap<&Text, Cell>> = BTreeMap::new();
    for (key, cell) in cells.iter().copied() {
        by_day.entry(key.day).or_default().entry(&key.provider).or_default().add(cell);
    }
    let entry = |date: NaiveDate| {
        let providers = by_day.remove(&date).unwrap_or_default();
        let mut total = Cell::default();
        let parts = providers.into_iter().map(|(provider, cell)| {
            total.add(&cell);
            let part = TrendPart {
                total_tokens: cell.tokens.total_tokens,
                cost_usd: cell.cost().filter(|_| show_cost),
                data_quality: cell.quality,
            };
            (provider.to_string(), part)
        });
        let by_provider = parts.collect();
        DailyTrendEntry {
            date,
            total_tokens: total.tokens.total_tokens,
            cost: total.cost().filter(|_| show_cost),
            requests: total.requests,
            by_provider,
        }
    };
    days(range.start, range.end).map(entry).collect()
}

pub(crate) fn period(cells: &Cells<'_>, range: DateRange, show_cost: bool) -> PeriodSummary {
    PeriodSummary {
        date_range: range,
        totals: totals(cells, show_cost),
        breakdown: breakdown(cells, show_cost),
        daily_trend: trend(cells, range, show_cost),
    }
}

pub(crate) fn daily(date: NaiveDate, cells: &Cells<'_>, show_cost: bool) -> DailySummary {
    DailySummary {
        version: SUMMARY_VERSION.to_owned(),
        date,
        totals: totals(cells, show_cost),
        breakdown: breakdown(cells, show_cost),
    }
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
