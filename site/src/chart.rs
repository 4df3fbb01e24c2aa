//! Stacked bars of days, as numbers for the template: no drawing happens elsewhere.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use data_schema::summary::DailyTrendEntry;
use serde::Serialize;

use crate::{format, sources};

/// Size of the drawing in its own units.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 280.0;
/// Where the bars stand.
const LEFT: f64 = 56.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 28.0;
/// Part of a day's width that its bar takes.
const BAR: f64 = 0.72;
/// The least height of a part that is not zero: it must be seen.
const LEAST: f64 = 1.0;
/// About how many days get a label.
const LABELS: usize = 8;

/// A drawing.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Chart {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) base: f64,
    pub(crate) ticks: Vec<Tick>,
    pub(crate) days: Vec<Day>,
}

/// A line across with its value.
#[derive(Debug, Serialize)]
pub(crate) struct Tick {
    y: String,
    label: String,
}

/// One day's bar.
#[derive(Debug, Serialize)]
pub(crate) struct Day {
    /// Middle of the bar.
    middle: String,
    /// Empty for days without a label.
    label: String,
    title: String,
    parts: Vec<Part>,
    /// For the table behind the drawing.
    date: String,
    tokens: String,
    cost: String,
    requests: String,
    weekend: bool,
    x: String,
    width: String,
}

/// One source's part of a bar.
#[derive(Debug, Serialize)]
pub(crate) struct Part {
    y: String,
    height: String,
    slot: usize,
}

pub(crate) fn chart(trend: &[DailyTrendEntry], slots: &BTreeMap<String, usize>) -> Chart {
    let largest = trend.iter().map(|day| day.total_tokens).max().unwrap_or(0);
    let top = nice_top(largest);
    let base = HEIGHT - BOTTOM;
    let scale = (base - TOP) / approximate(top.max(1));
    let step = (WIDTH - LEFT - RIGHT) / approximate(trend.len().max(1) as u64);
    let every = trend.len().div_ceil(LABELS).max(1);
    let days = trend.iter().enumerate().map(|(index, entry)| {
        // Labels are counted from the end: the last day always has one.
        let labelled = (trend.len() - 1 - index).is_multiple_of(every);
        let left = LEFT + step * approximate(index as u64);
        day(entry, slots, &Place { left, step, base, scale, labelled })
    });
    let days = days.collect();
    let ticks = (0..=4).map(|quarter| {
        let value = top / 4 * quarter;
        Tick { y: decimal(base - approximate(value) * scale), label: format::tokens(value) }
    });
    let ticks = if largest == 0 { Vec::new() } else { ticks.collect() };
    Chart { width: WIDTH, height: HEIGHT, left: LEFT, right: WIDTH - RIGHT, base, ticks, days }
}

struct Place {
    left: f64,
    step: f64,
    base: f64,
    scale: f64,
    labelled: bool,
}

fn day(entry: &DailyTrendEntry, slots: &BTreeMap<String, usize>, place: &Place) -> Day {
    let mut y = place.base;
    let mut parts = Vec::new();
    for (source, part) in entry.by_provider.iter().filter(|(_, part)| part.total_tokens > 0) {
        let height = (approximate(part.total_tokens) * place.scale).max(LEAST);
        y -= height;
        let slot = slots.get(source).copied().unwrap_or(0);
        parts.push(Part { y: decimal(y), height: decimal(height), slot });
    }
    let tokens = format::tokens(entry.total_tokens);
    let cost = entry.cost.map(format::dollars).unwrap_or_default();
    Day {
        middle: decimal(place.left + place.step / 2.0),
        label: if place.labelled { format::short_date(entry.date) } else { String::new() },
        title: title(entry, &tokens, &cost),
        parts,
        date: format::date(entry.date),
        tokens,
        cost,
        requests: format::grouped(entry.requests),
        weekend: is_weekend(entry.date),
        x: decimal(place.left + place.step * (1.0 - BAR) / 2.0),
        width: decimal(place.step * BAR),
    }
}

fn title(entry: &DailyTrendEntry, tokens: &str, cost: &str) -> String {
    let date = format::date(entry.date);
    if entry.total_tokens == 0 {
        return format!("{date}: nothing");
    }
    let parts: Vec<String> = entry
        .by_provider
        .iter()
        .map(|(id, part)| format!("{} {}", sources::title(id), format::tokens(part.total_tokens)))
        .collect();
    let cost = if cost.is_empty() { String::new() } else { format!(", {cost}") };
    format!("{date}: {tokens} tokens{cost} – {}", parts.join(", "))
}

fn is_weekend(date: NaiveDate) -> bool {
    date.weekday().num_days_from_monday() >= 5
}

/// The smallest of 4, 8, 20, 40, … that holds the value, so that quarters are round.
fn nice_top(largest: u64) -> u64 {
    let mut unit: u64 = 1;
    loop {
        for factor in [4, 8, 12, 20] {
            let top = unit.saturating_mul(factor);
            if top >= largest || top == u64::MAX {
                return top;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

#[expect(clippy::cast_precision_loss, reason = "only for drawing")]
fn approximate(value: u64) -> f64 {
    value as f64
}

/// One decimal is enough for a drawing.
fn decimal(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_ends_at_a_round_number_above_the_largest_day() {
        for (largest, top) in
            [(0, 4), (4, 4), (5, 8), (9, 12), (13, 20), (21, 40), (1_234_567, 2_000_000)]
        {
            assert_eq!(nice_top(largest), top);
        }
        assert!(nice_top(u64::MAX) >= u64::MAX / 20 * 19);
    }

    #[test]
    fn a_small_part_is_seen_and_an_empty_day_is_there() {
        let day = |total: u64| {
            let part =
                data_schema::summary::TrendPart { total_tokens: total, ..Default::default() };
            DailyTrendEntry {
                date: "2026-05-01".parse().unwrap(),
                total_tokens: total,
                cost: None,
                requests: 1,
                by_provider: BTreeMap::from([("codex".to_owned(), part)]),
            }
        };
        let chart = chart(&[day(0), day(1), day(1_000_000)], &BTreeMap::new());
        assert_eq!(chart.days.len(), 3);
        assert!(chart.days[0].parts.is_empty());
        assert_eq!(chart.days[1].parts[0].height, "1");
        assert_eq!(chart.ticks.len(), 5);
    }
}
