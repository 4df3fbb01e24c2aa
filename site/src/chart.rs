//! Stacked bars of days, as numbers for the template: no drawing happens elsewhere.
//!
//! The drawing is stretched to the width that there is; its texts are HTML beside it, so that they keep
//! their size on a phone.

use data_schema::summary::DailyTrendEntry;
use serde::Serialize;

use crate::format;
use crate::sources::{self, Series};

/// Width and height of the drawing in its own units.
const SIZE: f64 = 1000.0;
/// Part of a day's width that its bar takes.
const BAR: f64 = 0.76;
/// The least height of a part that is not zero: it must be seen.
const LEAST: f64 = 8.0;
/// About how many days get a label.
const LABELS: usize = 8;
/// Sources that the text of a bar names.
const NAMED: usize = 8;

/// A drawing.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Chart {
    /// Width and height of the drawing.
    size: String,
    /// From the top down; none if there is nothing to show.
    ticks: Vec<Tick>,
    days: Vec<Day>,
}

/// A line across with its value.
#[derive(Debug, Serialize)]
struct Tick {
    y: String,
    label: String,
}

/// One day's bar.
#[derive(Debug, Serialize)]
struct Day {
    /// Middle of the bar, in percent of the width.
    middle: String,
    /// Empty for days without a label.
    label: String,
    /// Time of the last use, if the day may not be over yet; else empty.
    until: String,
    title: String,
    parts: Vec<Part>,
    /// For the table behind the drawing.
    date: String,
    tokens: String,
    cost: String,
    requests: String,
    x: String,
    width: String,
}

/// One source's part of a bar.
#[derive(Debug, Serialize)]
struct Part {
    y: String,
    height: String,
    color: String,
}

/// The bars of all days. `until` is the time of the newest record, if it lies on the last day.
pub(crate) fn chart(trend: &[DailyTrendEntry], series: &[Series], until: Option<&str>) -> Chart {
    let largest = trend.iter().map(|day| day.total_tokens).max().unwrap_or(0);
    if largest == 0 {
        return Chart::default();
    }
    let top = nice_top(largest);
    let scale = SIZE / approximate(top);
    let step = SIZE / approximate(trend.len() as u64);
    let every = trend.len().div_ceil(LABELS);
    let days = trend.iter().enumerate().map(|(index, entry)| {
        let after = trend.len() - 1 - index;
        let place = Place {
            left: step * approximate(index as u64),
            step,
            scale,
            // Labels are counted from the end: the last day always has one.
            labelled: after.is_multiple_of(every),
            until: until.filter(|_| after == 0).unwrap_or_default(),
        };
        day(entry, series, &place)
    });
    let days = days.collect();
    let tick = |quarter: u64| {
        let value = top / 4 * quarter;
        Tick { y: decimal(SIZE - approximate(value) * scale), label: format::round_tokens(value) }
    };
    Chart { size: decimal(SIZE), ticks: (0..=4).rev().map(tick).collect(), days }
}

struct Place<'a> {
    left: f64,
    step: f64,
    scale: f64,
    labelled: bool,
    until: &'a str,
}

fn day(entry: &DailyTrendEntry, series: &[Series], place: &Place<'_>) -> Day {
    let mut y = SIZE;
    let mut parts = Vec::new();
    for one in series {
        let told = one.ids.iter().filter_map(|id| entry.by_provider.get(id));
        let tokens = told.fold(0_u64, |sum, part| sum.saturating_add(part.total_tokens));
        if tokens > 0 {
            let height = (approximate(tokens) * place.scale).max(LEAST);
            y -= height;
            parts.push(Part { y: decimal(y), height: decimal(height), color: one.color.clone() });
        }
    }
    let tokens = format::tokens(entry.total_tokens);
    let cost = cost(entry);
    Day {
        middle: decimal((place.left + place.step / 2.0) * 100.0 / SIZE),
        label: if place.labelled { format::short_date(entry.date) } else { String::new() },
        until: place.until.to_owned(),
        title: title(entry, &tokens, &cost, place.until),
        parts,
        date: format::date(entry.date),
        tokens,
        cost,
        requests: format::grouped(entry.requests),
        x: decimal(place.left + place.step * (1.0 - BAR) / 2.0),
        width: decimal(place.step * BAR),
    }
}

/// A day's amount. A day does not say how many of its tokens have no price, but a source without any amount
/// shows that some have none.
fn cost(entry: &DailyTrendEntry) -> String {
    let unpriced = entry.by_provider.values().filter(|part| part.cost_usd.is_none());
    let unpriced = unpriced.fold(0_u64, |sum, part| sum.saturating_add(part.total_tokens));
    let amount = entry.cost.filter(|_| entry.total_tokens > 0);
    amount.map_or_else(String::new, |amount| format::cost(Some(amount), unpriced))
}

fn title(entry: &DailyTrendEntry, tokens: &str, cost: &str, until: &str) -> String {
    let date = format::date(entry.date);
    if entry.total_tokens == 0 {
        return format!("{date}: nothing");
    }
    let until = if until.is_empty() { String::new() } else { format!(" until {until}") };
    let cost = if cost.is_empty() { String::new() } else { format!(", {cost}") };
    let mut sources: Vec<_> =
        entry.by_provider.iter().filter(|(_, part)| part.total_tokens > 0).collect();
    sources.sort_by_key(|(_, part)| std::cmp::Reverse(part.total_tokens));
    let mut names: Vec<String> = sources
        .iter()
        .take(NAMED)
        .map(|(id, part)| format!("{} {}", sources::title(id), format::tokens(part.total_tokens)))
        .collect();
    if sources.len() > NAMED {
        names.push(format!("{} more", sources.len() - NAMED));
    }
    format!("{date}{until}: {tokens} tokens{cost} – {}", names.join(", "))
}

/// The smallest of 4, 8, 12, 20, 40, … that holds the value, so that quarters are round.
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
mod tests;
