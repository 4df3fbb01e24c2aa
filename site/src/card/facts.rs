//! The numbers of pictures and of years in review.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use data_schema::Quality;
use data_schema::summary::{Aggregate, DateRange};

use super::draw::Paint;
use crate::cube::{self, Dimension, Place, View};
use crate::data::Data;
use crate::locale::Locale;
use crate::locale::numbers::percent;
use crate::marks::{self, Colors};
use crate::names;

/// Days in a row with use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Streak {
    pub(crate) days: u64,
    /// None if there is no such day.
    pub(crate) range: Option<DateRange>,
}

/// The streak that lasts, and the longest one. A streak lasts until a day without use is over: the last day may
/// still get some.
pub(crate) fn streaks(days: &BTreeMap<NaiveDate, Aggregate>, end: NaiveDate) -> (Streak, Streak) {
    let (mut run, mut longest) = (Streak::default(), Streak::default());
    for day in days.keys().copied() {
        let follows = run.range.is_some_and(|range| range.end.succ_opt() == Some(day));
        run = match run.range.filter(|_| follows) {
            Some(range) => {
                Streak { days: run.days + 1, range: Some(DateRange { end: day, ..range }) }
            }
            None => Streak { days: 1, range: Some(DateRange { start: day, end: day }) },
        };
        if run.days > longest.days {
            longest = run;
        }
    }
    let lasts =
        run.range.is_some_and(|range| range.end >= end || range.end.succ_opt() == Some(end));
    (if lasts { run } else { Streak::default() }, longest)
}

/// A name's part of a sum.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    pub(crate) place: Place,
    pub(crate) name: String,
    /// The path of its mark, for a source.
    pub(crate) mark: Option<&'static str>,
    /// The colour as pages know it, and as pictures do.
    pub(crate) color: String,
    pub(crate) paint: Paint,
    pub(crate) sum: Aggregate,
}

/// The largest names, and all others.
#[derive(Clone, Debug)]
pub(crate) struct Ranking {
    pub(crate) slices: Vec<Slice>,
    pub(crate) total: Aggregate,
    /// How many names are not among them, and their sum.
    pub(crate) others: Option<(u64, Aggregate)>,
}

/// Colours of sources and models: they follow the first use of each, so they are found out once.
#[derive(Debug)]
pub(crate) struct Palettes {
    sources: Colors,
    models: Colors,
}

impl Palettes {
    pub(crate) fn new(data: &Data) -> Self {
        let colors = |dimension| Colors::new(&data.cube, dimension, &data.site.colors);
        Self { sources: colors(Dimension::Source), models: colors(Dimension::Model) }
    }
}

/// A summary in the words of one language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) data: &'a Data,
    pub(crate) locale: &'a Locale,
    pub(crate) palettes: &'a Palettes,
}

impl Facts<'_> {
    /// Tokens of a sum, with a sign before it if some are estimated.
    pub(crate) fn tokens(&self, sum: &Aggregate) -> String {
        estimated(sum, self.locale.tokens(sum.tokens.total_tokens))
    }

    /// What a sum would cost; none where costs are hidden.
    pub(crate) fn cost(&self, sum: &Aggregate) -> Option<String> {
        if !self.data.shows_cost() {
            return None;
        }
        let text = self.locale.cost(sum.cost_usd, sum.unpriced_tokens);
        let has_amount = text.contains(|letter: char| letter.is_ascii_digit());
        Some(if has_amount { estimated(sum, text) } else { text }).filter(|text| !text.is_empty())
    }

    /// Name and value of what a card or a page tells first about a sum, costs only where they are shown.
    pub(crate) fn totals(&self, sum: &Aggregate) -> Vec<(&'static str, String)> {
        let mut facts = vec![("tokens", self.tokens(sum))];
        facts.extend(self.cost(sum).map(|cost| ("cost-short", cost)));
        facts.push(("requests", self.locale.tokens(sum.requests)));
        facts.extend(cache_share(sum).map(|share| ("card-from-cache", share)));
        facts
    }

    /// Names and values as one sentence, for those who do not see the picture.
    pub(crate) fn sentence(&self, facts: &[(&'static str, String)]) -> String {
        let told = facts.iter().map(|(key, value)| format!("{}: {value}", self.locale.text(key)));
        told.collect::<Vec<_>>().join("; ")
    }

    /// Until when the numbers reach.
    pub(crate) fn until(&self) -> String {
        self.locale.with("card-until", &[("date", self.locale.date(self.data.end).into())])
    }

    /// `5 days`.
    pub(crate) fn days(&self, count: u64) -> String {
        let number = i64::try_from(count).unwrap_or(i64::MAX);
        let shown = self.locale.count(count);
        self.locale.with("card-days", &[("count", number.into()), ("n", shown.into())])
    }

    /// `214 active days`.
    pub(crate) fn active(&self, count: usize) -> String {
        let number = i64::try_from(count).unwrap_or(i64::MAX);
        let shown = self.locale.count(u64::try_from(count).unwrap_or(u64::MAX));
        self.locale.with("card-active", &[("count", number.into()), ("n", shown.into())])
    }

    /// `7 others`.
    pub(crate) fn others(&self, count: u64) -> String {
        self.locale
            .with("others", &[("n", self.locale.count(count).into()), ("count", count.into())])
    }

    /// The largest names of a dimension.
    pub(crate) fn ranking(&self, view: View<'_>, dimension: Dimension, count: usize) -> Ranking {
        let colors = match dimension {
            Dimension::Source => &self.palettes.sources,
            _ => &self.palettes.models,
        };
        let rows = view.by(dimension);
        let (first, rest) = rows.split_at(count.min(rows.len()));
        let places: Vec<_> = first.iter().map(|(place, _)| *place).collect();
        let colors = colors.of_page(&places);
        let slice = |(place, sum): &(_, Aggregate)| {
            let id = self.data.cube.name(dimension, *place);
            let is_source = dimension == Dimension::Source;
            let color = colors.get(place).map_or(marks::OTHER, String::as_str);
            Slice {
                place: *place,
                name: if is_source { marks::source_title(id) } else { names::line(id) },
                mark: is_source.then(|| marks::mark(id)),
                color: color.to_owned(),
                paint: Paint::of_variable(color),
                sum: sum.clone(),
            }
        };
        let mut others = Aggregate::default();
        for (_, sum) in rest {
            cube::add(&mut others, sum);
        }
        let number = u64::try_from(rest.len()).unwrap_or(u64::MAX);
        Ranking {
            slices: first.iter().map(slice).collect(),
            total: view.total(),
            others: (number > 0).then_some((number, others)),
        }
    }
}

fn estimated(sum: &Aggregate, text: String) -> String {
    if sum.data_quality == Quality::Estimated { format!("≈{text}") } else { text }
}

/// Part of the prompt that was read from the cache; none without a prompt.
pub(crate) fn cache_share(sum: &Aggregate) -> Option<String> {
    let (read, prompt) = cube::cached(sum);
    (prompt > 0).then(|| percent(read, prompt))
}

/// Part of a length, for drawing.
#[expect(clippy::cast_precision_loss, reason = "a length of at most some thousand pixels")]
#[expect(
    clippy::cast_possible_truncation,
    reason = "a tenth of a pixel is the finest that is drawn"
)]
pub(crate) fn scaled(part: u64, whole: u64, length: f32) -> f32 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64) as f32 * length }
}

/// A whole number as a length.
#[expect(clippy::cast_precision_loss, reason = "counts of cells, bars and lines")]
pub(crate) fn steps(count: usize) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(texts: &[(&str, u64)]) -> BTreeMap<NaiveDate, Aggregate> {
        let sum = |tokens: u64| {
            let mut sum = Aggregate::default();
            sum.tokens.total_tokens = tokens;
            sum
        };
        texts.iter().map(|(day, tokens)| (day.parse().unwrap(), sum(*tokens))).collect()
    }

    #[test]
    fn a_streak_lasts_until_a_day_without_use_is_over() {
        let used =
            days(&[("2026-02-27", 1), ("2026-02-28", 1), ("2026-03-01", 1), ("2026-03-04", 1)]);
        let on = |end: &str| streaks(&used, end.parse().unwrap());
        assert_eq!(on("2026-03-04").0.days, 1);
        assert_eq!(on("2026-03-05").0.days, 1);
        assert_eq!(on("2026-03-06").0, Streak::default());
        let longest = on("2026-03-06").1;
        assert_eq!(
            (longest.days, longest.range.unwrap().start.to_string()),
            (3, "2026-02-27".to_owned())
        );
        assert_eq!(streaks(&days(&[]), "2026-03-06".parse().unwrap()), Default::default());
    }
}
