//! The overview page as the template sees it.

mod tables;

use chrono_tz::Tz;
use data_schema::Quality;
use data_schema::summary::{LatestFile, MetaFile, MonthlySummary, Totals};
use serde::Serialize;

use crate::chart::{Chart, chart};
use crate::sources::{Colors, series};
use crate::{format, palette};
use tables::{Table, tables};

/// Models without a price that are named.
const UNPRICED_MODELS: usize = 12;

/// Everything on the page.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    empty: bool,
    zone: String,
    /// Time of the newest record in the report zone.
    last_use: String,
    range: String,
    headline: Card,
    cached: String,
    cards: Vec<Card>,
    legend: Vec<Legend>,
    chart: Chart,
    tables: Vec<Table>,
    months: Vec<Month>,
    unpriced: Unpriced,
    quality: String,
    show_cost: bool,
    /// CSS variables on a light and on a dark screen, and the colours of the sign.
    light: String,
    dark: String,
    sign: [&'static str; 3],
}

/// A window's numbers.
#[derive(Debug, Default, Serialize)]
struct Card {
    title: String,
    tokens: String,
    exact: String,
    cost: String,
    requests: String,
}

#[derive(Debug, Serialize)]
struct Legend {
    title: String,
    color: String,
}

#[derive(Debug, Serialize)]
struct Month {
    name: String,
    width: String,
    tokens: String,
    cost: String,
    requests: String,
}

#[derive(Debug, Serialize)]
struct Unpriced {
    tokens: String,
    models: Vec<String>,
    more: usize,
}

/// What the page is made of.
pub(crate) struct Source<'a> {
    pub(crate) latest: &'a LatestFile,
    pub(crate) meta: &'a MetaFile,
    /// The newest months, in order.
    pub(crate) months: &'a [MonthlySummary],
}

impl Page {
    pub(crate) fn new(source: &Source<'_>) -> Self {
        let Source { latest, meta, months } = source;
        let period = &latest.last_30_days;
        let colors = Colors::new(meta.providers.iter().map(String::as_str));
        let series = series(&period.breakdown.by_provider, &colors);
        let cost = &meta.totals.cost;
        let zone: Option<Tz> = latest.timezone.parse().ok();
        let last = latest.last_updated.zip(zone);
        // Whether the last day is over is not told; until when it is counted is.
        let until =
            last.and_then(|(at, zone)| format::time_of_day(at, zone, period.date_range.end));
        Self {
            empty: meta.date_range.is_none(),
            zone: latest.timezone.clone(),
            last_use: last.map_or_else(String::new, |(at, zone)| format::instant(at, zone)),
            range: format::range(period.date_range.start, period.date_range.end),
            headline: card("Last 30 days", &period.totals),
            cached: cached_share(&period.totals),
            cards: cards(latest, meta, until.as_deref()),
            chart: chart(&period.daily_trend, &series, until.as_deref()),
            legend: series
                .into_iter()
                .map(|one| Legend { title: one.title, color: one.color })
                .collect(),
            tables: tables(period, &colors),
            months: month_rows(months),
            unpriced: unpriced(&meta.totals),
            quality: quality(&period.totals),
            show_cost: cost.total_usd.is_some() || cost.unpriced_tokens > 0,
            light: palette::variables(false),
            dark: palette::variables(true),
            sign: palette::SIGN.map(|slot| palette::SLOTS[slot].0),
        }
    }
}

fn card(title: &str, totals: &Totals) -> Card {
    let nothing = totals.tokens.total_tokens == 0;
    let cost = if nothing { String::new() } else { cost(totals) };
    Card {
        title: title.to_owned(),
        tokens: format::tokens(totals.tokens.total_tokens),
        exact: format::grouped(totals.tokens.total_tokens),
        cost,
        requests: format::grouped(totals.requests),
    }
}

fn cost(totals: &Totals) -> String {
    format::cost(totals.cost.total_usd, totals.cost.unpriced_tokens)
}

fn cards(latest: &LatestFile, meta: &MetaFile, until: Option<&str>) -> Vec<Card> {
    let today = latest.today.as_ref().map(|day| &day.totals);
    let nothing = Totals::default();
    // Not "today": a page is read later than it is made.
    let day = format::date(latest.last_30_days.date_range.end);
    let day = until.map_or(day.clone(), |until| format!("{day}, until {until}"));
    let mut cards = vec![
        card(&day, today.unwrap_or(&nothing)),
        card("Last 7 days", &latest.last_7_days.totals),
        card("Last 30 days", &latest.last_30_days.totals),
    ];
    let since = meta
        .date_range
        .map_or_else(String::new, |range| format!(" since {}", format::date(range.start)));
    cards.push(card(&format!("All time{since}"), &meta.totals));
    cards
}

/// Part of the prompt that came from a cache.
fn cached_share(totals: &Totals) -> String {
    let tokens = &totals.tokens;
    let prompt = tokens
        .input_tokens
        .saturating_add(tokens.cache_read_tokens)
        .saturating_add(tokens.cache_creation_tokens);
    if prompt == 0 { String::new() } else { format::percent(tokens.cache_read_tokens, prompt) }
}

/// The newest month first.
fn month_rows(months: &[MonthlySummary]) -> Vec<Month> {
    let largest =
        months.iter().map(|month| month.period.totals.tokens.total_tokens).max().unwrap_or(0);
    let row = |month: &MonthlySummary| {
        let totals = &month.period.totals;
        Month {
            name: month.period.date_range.start.format("%B %Y").to_string(),
            width: format::percent(totals.tokens.total_tokens, largest.max(1)).replace('<', ""),
            tokens: format::tokens(totals.tokens.total_tokens),
            cost: cost(totals),
            requests: format::grouped(totals.requests),
        }
    };
    months.iter().rev().map(row).collect()
}

fn unpriced(totals: &Totals) -> Unpriced {
    let models = &totals.cost.unpriced_models;
    Unpriced {
        tokens: match totals.cost.unpriced_tokens {
            0 => String::new(),
            count => format::tokens(count),
        },
        models: models.iter().take(UNPRICED_MODELS).map(|model| format::name(model)).collect(),
        more: models.len().saturating_sub(UNPRICED_MODELS),
    }
}

/// What is not exact, in words.
fn quality(totals: &Totals) -> String {
    if totals.inexact_tokens == 0 {
        return "Every number is exact: it is what the provider itself reported.".to_owned();
    }
    let tokens = format::tokens(totals.inexact_tokens);
    let share = format::percent(totals.inexact_tokens, totals.tokens.total_tokens);
    let kind = match totals.data_quality {
        Quality::Estimated => "estimated or incomplete",
        _ => {
            "incomplete: the tool did not write the final numbers, or only a replay of them is left"
        }
    };
    format!("{tokens} tokens ({share}) are {kind}. All others are what the provider reported.")
}
