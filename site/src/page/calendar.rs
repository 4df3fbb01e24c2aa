//! All years as a calendar, and the hours of the week.

use chrono::Datelike;
use data_schema::summary::DateRange;
use serde::Serialize;

use crate::SiteError;
use crate::chart::calendar::{self, CalendarYear, Levels};
use crate::chart::hours::{self, Hours};
use crate::context::{Context, Head};
use crate::output::File;
use crate::page::words::{about, quality};
use crate::period;

#[derive(Debug, Serialize)]
struct Page {
    /// The newest first.
    years: Vec<Year>,
    legend: Vec<calendar::Step>,
    hours: Option<Hours>,
}

#[derive(Debug, Serialize)]
struct Year {
    /// Its number, which is its anchor as well.
    name: String,
    href: String,
    total: String,
    full: String,
    /// `exact`, `partial` or `estimated`.
    quality: &'static str,
    calendar: CalendarYear,
}

pub(crate) fn files(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let Some(all) = context.data.cube.range() else { return Ok(Vec::new()) };
    let locale = &context.locale;
    let days = calendar::tokens_by_day(context.data.cube.all());
    let levels = Levels::of(days.values().copied());
    let (first, last) = (all.start.year(), all.end.year());
    let years = (first..=last).rev().filter_map(|year| {
        let whole = period::year(year)?;
        // The year that is going on ends with its last day in the summary.
        let end =
            if year == last { context.data.end.min(whole.end).max(all.end) } else { whole.end };
        // What was before the first use is not known to be nothing.
        let range = DateRange { start: whole.start.max(all.start), end };
        let calendar = calendar::stretch(context, range, &days, &levels)?;
        Some(total(context, range, calendar))
    });
    let page =
        Page { years: years.collect(), legend: levels.legend(locale), hours: hours::grid(context) };
    let head = Head {
        title: locale.text("calendar-title"),
        description: locale
            .with("calendar-description", &[("date", locale.date(all.start).into())]),
        section: "calendar",
        ..Head::default()
    };
    Ok(vec![context.page("calendar/index.html", "pages/calendar.html", head, &page)?])
}

fn total(context: &Context<'_>, range: DateRange, calendar: CalendarYear) -> Year {
    let locale = &context.locale;
    let sum = context.data.cube.all().within(range).total();
    let tokens = about(sum.data_quality, locale.tokens(sum.tokens.total_tokens));
    Year {
        name: range.start.year().to_string(),
        href: period::year_path(range.start),
        total: locale.with("calendar-year-total", &[("tokens", tokens.into())]),
        full: locale.count(sum.tokens.total_tokens),
        quality: quality(sum.data_quality),
        calendar,
    }
}

#[cfg(test)]
mod tests;
