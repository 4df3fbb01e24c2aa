//! A year in review: its numbers, for the page and for the picture.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use data_schema::summary::{Aggregate, DateRange};

use super::facts::{Facts, Ranking, Streak, streaks};
use crate::cube::Dimension;
use crate::data::Data;
use crate::period;

/// Models and sources that are named.
const NAMES: usize = 5;

/// What there is to tell about a calendar year.
#[derive(Debug)]
pub(crate) struct Review {
    pub(crate) year: i32,
    /// Whether no further day of it can come.
    pub(crate) is_over: bool,
    /// All days of it, or those so far.
    pub(crate) range: DateRange,
    pub(crate) total: Aggregate,
    pub(crate) days: BTreeMap<NaiveDate, Aggregate>,
    pub(crate) busiest: Option<(NaiveDate, Aggregate)>,
    pub(crate) longest: Streak,
    /// First day and sum of all twelve months.
    pub(crate) months: Vec<(NaiveDate, Aggregate)>,
    pub(crate) models: Ranking,
    pub(crate) sources: Ranking,
}

/// Years with use, the first one first.
pub(crate) fn years(data: &Data) -> Vec<i32> {
    let mut years: Vec<i32> = data.cube.all().months().iter().map(NaiveDate::year).collect();
    years.dedup();
    years
}

impl Review {
    /// None if there is no such year.
    pub(crate) fn new(facts: &Facts<'_>, year: i32) -> Option<Self> {
        let whole = period::year(year)?;
        let end = facts.data.end;
        let is_over = end > whole.end;
        let view = facts.data.cube.all().within(whole);
        let days = view.days();
        // A clock that was wrong may have left days after the last one.
        let last = days.keys().next_back().copied().unwrap_or(end).max(end);
        let range = DateRange { start: whole.start, end: last.min(whole.end) };
        let busiest =
            days.iter().max_by_key(|(day, sum)| (sum.tokens.total_tokens, Reverse(**day)));
        let month = |number: u32| {
            let start = NaiveDate::from_ymd_opt(year, number, 1)?;
            Some((start, view.within(period::month(start)).total()))
        };
        Some(Self {
            year,
            is_over,
            range,
            total: view.total(),
            busiest: busiest.map(|(day, sum)| (*day, sum.clone())),
            longest: streaks(&days, range.end).1,
            months: (1..=12).filter_map(month).collect(),
            models: facts.ranking(view, Dimension::Model, NAMES),
            sources: facts.ranking(view, Dimension::Source, NAMES),
            days,
        })
    }

    /// Name, value and remark of what is told first, beside tokens and cost.
    pub(crate) fn facts(&self, facts: &Facts<'_>) -> Vec<(&'static str, String, String)> {
        let locale = facts.locale;
        let told =
            |sum: &Aggregate| locale.with("wrapped-tokens", &[("n", facts.tokens(sum).into())]);
        let active = u64::try_from(self.days.len()).unwrap_or(u64::MAX);
        let months = self
            .months
            .iter()
            .max_by_key(|(month, sum)| (sum.tokens.total_tokens, Reverse(*month)));
        let range = self.longest.range.map(|range| locale.range(range)).unwrap_or_default();
        let mut rows = vec![
            ("requests", locale.count(self.total.requests), String::new()),
            ("card-active-days", locale.count(active), String::new()),
            ("card-longest-streak", facts.days(self.longest.days), range),
        ];
        if let Some((day, sum)) = &self.busiest {
            rows.push(("wrapped-busiest-day", locale.short_date(*day), told(sum)));
        }
        if let Some((month, sum)) = months {
            rows.push((
                "wrapped-busiest-month",
                locale.text(&format!("month-{}", month.month())),
                told(sum),
            ));
        }
        if let Some(share) = super::facts::cache_share(&self.total) {
            let read = locale.tokens(self.total.tokens.cache_read_tokens);
            rows.push((
                "card-from-cache",
                share,
                locale.with("wrapped-tokens", &[("n", read.into())]),
            ));
        }
        rows
    }
}
