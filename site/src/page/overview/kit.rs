//! What all pages with numbers share: names with their links and marks, numbers with their quality.

use std::collections::BTreeMap;

use chrono::Datelike;
use data_schema::Quality;
use data_schema::summary::{Aggregate, DateRange};
use fluent_bundle::FluentValue;
use serde::Serialize;

use crate::context::Context;
use crate::cube::{Dimension, Place, View};
use crate::locale::numbers::percent;
use crate::marks::{self, Colors, OTHER};
use crate::names;
use crate::palette::SERIES;
use crate::period::{self, Comparison};

/// Picos in a millionth of a dollar, the unit of charts.
const PICOS: i128 = 1_000_000;

/// A context with the colours of what is stacked.
pub(crate) struct Kit<'a, 'b> {
    pub(crate) context: &'a Context<'b>,
    sources: Colors,
    models: Colors,
}

/// What the bars of a page tell apart, and its colours.
pub(crate) struct Stack {
    pub(crate) dimension: Dimension,
    /// At most as many as there are colours, the largest first.
    pub(crate) places: Vec<Place>,
    /// What has no colour of its own.
    pub(crate) others: Vec<Place>,
    colors: BTreeMap<Place, String>,
}

/// The days of a page, and what they are compared with.
#[derive(Clone, Copy)]
pub(crate) struct Stretch<'a> {
    pub(crate) view: View<'a>,
    pub(crate) range: DateRange,
    pub(crate) compared: Option<Compared<'a>>,
    /// Whether its last day may not be over.
    pub(crate) is_open: bool,
}

/// Two views of the same length.
#[derive(Clone, Copy)]
pub(crate) struct Compared<'a> {
    pub(crate) now: View<'a>,
    pub(crate) before: View<'a>,
    pub(crate) ranges: Comparison,
}

/// A name as a table or a legend shows it.
#[derive(Debug, Serialize)]
pub(crate) struct Name {
    pub(crate) text: String,
    /// Its page below the language's folder.
    pub(crate) href: Option<String>,
    /// Path of a mark; a square where a colour is without one.
    pub(crate) mark: Option<&'static str>,
    pub(crate) color: Option<String>,
}

/// A sentence about a name.
#[derive(Debug, Serialize)]
pub(crate) struct Sentence {
    pub(crate) before: String,
    pub(crate) name: String,
    pub(crate) after: String,
}

/// Where the name of a sentence goes; no text of ours has it.
const PLACE: &str = "\u{1}";

/// The quality of a number that is not exact.
#[derive(Debug, Serialize)]
pub(crate) struct Chip {
    /// `estimated`, `partial`.
    pub(crate) kind: &'static str,
    /// `15% estimated`.
    pub(crate) text: String,
    pub(crate) sign: &'static str,
    /// How much of it is; empty if all.
    pub(crate) share: String,
    pub(crate) word: String,
}

impl Stack {
    pub(crate) fn color(&self, place: Place) -> String {
        self.colors.get(&place).map_or_else(|| OTHER.to_owned(), Clone::clone)
    }
}

impl<'a> Stretch<'a> {
    /// Days of a view, compared with another stretch if there was any use by its end.
    pub(crate) fn new(all: View<'a>, range: DateRange, ranges: Option<Comparison>) -> Self {
        let first = all.cube().range().map(|range| range.start);
        // A stretch that was counted in part only is no measure for one that is whole.
        let is_known =
            |ranges: &Comparison| first.is_some_and(|first| first <= ranges.before.start);
        let compared = ranges.filter(is_known).map(|ranges| Compared {
            now: all.within(ranges.now),
            before: all.within(ranges.before),
            ranges,
        });
        Self { view: all.within(range), range, compared, is_open: false }
    }

    /// Number of days.
    pub(crate) fn days(&self) -> u64 {
        u64::try_from((self.range.end - self.range.start).num_days()).unwrap_or(0) + 1
    }
}

impl<'a, 'b> Kit<'a, 'b> {
    pub(crate) fn new(context: &'a Context<'b>) -> Self {
        let colors =
            |dimension| Colors::new(&context.data.cube, dimension, &context.data.site.colors);
        Self { context, sources: colors(Dimension::Source), models: colors(Dimension::Model) }
    }

    /// What bars by a dimension show. Only sources and models have colours; all else is stacked by source.
    pub(crate) fn stack(&self, view: View<'_>, dimension: Dimension) -> Stack {
        let sums = view.by(dimension);
        let mut places: Vec<Place> = sums.into_iter().map(|(place, _)| place).collect();
        let others = places.split_off(SERIES.len().min(places.len()));
        let colors = match dimension {
            Dimension::Model => &self.models,
            _ => &self.sources,
        };
        Stack { dimension, colors: colors.of_page(&places), places, others }
    }

    /// A name as people read it.
    pub(crate) fn title(&self, dimension: Dimension, place: Place) -> String {
        self.context.shown(dimension, self.context.data.cube.name(dimension, place))
    }

    /// A sentence about a name, taken apart around it: the page sets the name apart, so that its direction does not
    /// change that of the sentence.
    pub(crate) fn sentence(
        &self,
        key: &str,
        name: (&str, String),
        parts: &[(&str, FluentValue<'_>)],
    ) -> Sentence {
        let mut parts = parts.to_vec();
        parts.push((name.0, PLACE.into()));
        let text = self.context.locale.with(key, &parts);
        let (before, after) = text.split_once(PLACE).unwrap_or((&text, ""));
        Sentence { before: before.to_owned(), name: name.1, after: after.to_owned() }
    }

    /// A name's page.
    pub(crate) fn href(&self, dimension: Dimension, place: Place) -> Option<String> {
        let name = self.context.data.cube.name(dimension, place);
        (!name.is_empty())
            .then(|| format!("{}/{}/index.html", dimension.folder(), names::slug(name)))
    }

    /// A name with its link; with mark and colour if it is one of those that the page's bars tell apart.
    pub(crate) fn name(&self, stack: &Stack, dimension: Dimension, place: Place) -> Name {
        let is_source = dimension == Dimension::Source;
        let mark = is_source.then(|| marks::mark(self.context.data.cube.name(dimension, place)));
        let has_color = matches!(dimension, Dimension::Source | Dimension::Model);
        let color = (has_color && stack.dimension == dimension).then(|| stack.color(place));
        Name {
            text: self.title(dimension, place),
            href: self.href(dimension, place),
            mark,
            color: color.or_else(|| mark.map(|_| "soft".to_owned())),
        }
    }

    pub(crate) fn text(&self, key: &str) -> String {
        self.context.locale.text(key)
    }

    pub(crate) fn shows_cost(&self) -> bool {
        self.context.data.shows_cost()
    }

    /// A short count.
    pub(crate) fn tokens(&self, sum: &Aggregate) -> String {
        format!("{}{}", about(sum), self.context.locale.tokens(sum.tokens.total_tokens))
    }

    /// All digits.
    pub(crate) fn count(&self, sum: &Aggregate) -> String {
        format!("{}{}", about(sum), self.context.locale.count(sum.tokens.total_tokens))
    }

    /// An amount, or why there is none; nothing where costs are hidden.
    pub(crate) fn cost(&self, sum: &Aggregate) -> String {
        if !self.shows_cost() {
            return String::new();
        }
        if sum.tokens.total_tokens == 0 {
            return "–".to_owned();
        }
        let text = self.context.locale.cost(sum.cost_usd, sum.unpriced_tokens);
        let about = if micros(sum) > 0 { about(sum) } else { "" };
        format!("{about}{text}")
    }

    /// What is not exact about a sum, and how much of it.
    pub(crate) fn chip(&self, sum: &Aggregate) -> Option<Chip> {
        let (kind, sign, key) = match sum.data_quality {
            _ if sum.inexact_tokens == 0 => return None,
            Quality::Exact => return None,
            Quality::Partial => ("partial", "◔", "quality-partial"),
            Quality::Estimated => ("estimated", "≈", "quality-estimated"),
        };
        let word = self.text(key);
        let is_all = sum.inexact_tokens >= sum.tokens.total_tokens;
        let share = percent(sum.inexact_tokens, sum.tokens.total_tokens);
        let text = if is_all { word.clone() } else { format!("{share} {word}") };
        let share = if is_all { String::new() } else { format!(" {share}") };
        Some(Chip { kind, text, sign, share, word })
    }

    /// `26 Sep to 23 Oct`, with the year only where it is another one than that of `year`.
    pub(crate) fn short_range(&self, range: DateRange, year: i32) -> String {
        let locale = &self.context.locale;
        if range.start.year() != year || range.end.year() != year {
            return locale.range(range);
        }
        if range.start == range.end {
            return locale.short_date(range.start);
        }
        let from = if range.start.month() == range.end.month() {
            let (day, number) = (range.start.day().to_string(), range.start.month().to_string());
            let month = locale.month_name(range.start);
            let parts = [
                ("day", day.into()),
                ("month", month.into()),
                ("number", number.into()),
                ("year", year.to_string().into()),
            ];
            locale.with("date-day", &parts)
        } else {
            locale.short_date(range.start)
        };
        let to = locale.short_date(range.end);
        locale.with("range-short", &[("from", from.into()), ("to", to.into())])
    }

    /// A change in words, with the days that it is a change from.
    pub(crate) fn compared(
        &self,
        ranges: &Comparison,
        now: u64,
        before: u64,
        days: u64,
    ) -> Option<String> {
        let locale = &self.context.locale;
        let change = locale.change(now, before)?;
        let range = self.short_range(ranges.before, ranges.now.end.year());
        let length = u64::try_from((ranges.now.end - ranges.now.start).num_days()).unwrap_or(0) + 1;
        let key = match (before == 0, now / before.max(1) >= 11, length == days) {
            (true, ..) => "compare-new",
            (_, true, _) => "compare-times",
            (.., true) => "compare",
            _ => "compare-part",
        };
        let parts =
            [("change", change.into()), ("range", range.into()), ("n", length.to_string().into())];
        Some(locale.with(key, &parts))
    }
}

/// Where a day's numbers are told: its row on the page of its month.
pub(crate) fn day_href(day: chrono::NaiveDate) -> String {
    format!("{}#d{}", period::month_path(day), day.day())
}

/// The sign before a number that is not exact.
fn about(sum: &Aggregate) -> &'static str {
    if sum.inexact_tokens > 0 { "≈" } else { "" }
}

/// An amount in millionths of a dollar.
pub(crate) fn micros(sum: &Aggregate) -> u64 {
    sum.cost_usd.map_or(0, |amount| u64::try_from(amount.picos() / PICOS).unwrap_or(0))
}
