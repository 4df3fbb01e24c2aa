//! The Atom feed (RFC 4287, <https://www.rfc-editor.org/rfc/rfc4287>, read 2026-11-21): what is over does not
//! change, so an entry's id and time depend on its days alone and never on when the page was built.

mod id;
mod notices;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, TimeZone};
use chrono_tz::Tz;
use data_schema::Money;
use data_schema::summary::DateRange;
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use crate::SiteError;
use crate::context::Context;
use crate::cube::{Dimension, View};
use crate::locale::numbers::percent;
use crate::marks;
use crate::names;
use crate::output::File;
use crate::page::words::{about, cost};
use crate::period::{self, Unit};

/// Where it lies below the root.
const PATH: &str = "feed.atom";

/// More are not kept.
const ENTRIES: usize = 60;

/// Time of a feed in which nothing ever was.
const NEVER: &str = "1970-01-01T00:00:00Z";

#[derive(Debug, Serialize)]
struct Feed {
    id: String,
    title: String,
    updated: String,
    /// Addresses of the feed and of the start page.
    own: String,
    start: String,
    entries: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    id: String,
    title: String,
    updated: String,
    link: String,
    text: String,
    #[serde(skip)]
    at: DateTime<Tz>,
    #[serde(skip)]
    key: String,
}

/// What an entry is about, before it has an id and addresses.
#[derive(Debug)]
struct News {
    /// What tells it from all others, for ever: `week/2026-W08`.
    key: String,
    /// Its last day.
    day: NaiveDate,
    title: String,
    /// Below the root.
    path: String,
    text: String,
}

pub(crate) fn files(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let zone = context.data.zone.unwrap_or(Tz::UTC);
    let mut news = stretches(context, Unit::Week);
    news.extend(stretches(context, Unit::Month));
    news.extend(notices::all(context));
    let mut entries: Vec<Entry> = news.into_iter().map(|news| entry(context, news, zone)).collect();
    entries.sort_by(|one, other| other.at.cmp(&one.at).then_with(|| one.key.cmp(&other.key)));
    entries.truncate(ENTRIES);
    let newest = entries.first().map(|entry| entry.updated.clone());
    let feed = Feed {
        id: id::of(context, "feed"),
        title: plain(&context.title()),
        updated: newest.unwrap_or_else(|| NEVER.to_owned()),
        own: address(context, PATH),
        start: address(context, "index.html"),
        entries,
    };
    let lang = context.locale.tag();
    let text =
        context.templates.render(PATH, context! { lang, feed => Value::from(Serde(&feed)) })?;
    Ok(vec![File::new(PATH, text)])
}

fn entry(context: &Context<'_>, news: News, zone: Tz) -> Entry {
    let at = end_of(news.day, zone);
    Entry {
        id: id::of(context, &news.key),
        title: plain(&news.title),
        updated: at.to_rfc3339_opts(SecondsFormat::Secs, true),
        link: address(context, &news.path),
        text: plain(&news.text),
        at,
        key: news.key,
    }
}

/// The absolute address, if the site's is known; else a relative one, which is relative to the feed.
fn address(context: &Context<'_>, path: &str) -> String {
    context.address(path).unwrap_or_else(|| path.to_owned())
}

/// A day's last moment, which is the first one of the next. Some days begin later than at midnight.
fn end_of(day: NaiveDate, zone: Tz) -> DateTime<Tz> {
    let next = day.succ_opt().unwrap_or(day).and_time(NaiveTime::MIN);
    (0..24)
        .find_map(|hour| zone.from_local_datetime(&(next + TimeDelta::hours(hour))).earliest())
        .unwrap_or_else(|| zone.from_utc_datetime(&next))
}

/// XML has no place for some letters, not even escaped.
fn plain(text: &str) -> String {
    let is_letter =
        |letter: &char| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}');
    text.chars().filter(is_letter).collect()
}

/// Weeks or months with use that are over, the newest only.
fn stretches(context: &Context<'_>, unit: Unit) -> Vec<News> {
    let all = context.data.cube.all();
    let mut starts: Vec<NaiveDate> = all.days().into_keys().map(|day| unit.start(day)).collect();
    starts.dedup();
    let whole = |start: NaiveDate| match unit {
        Unit::Month => period::month(start),
        Unit::Week | Unit::Day => {
            DateRange { start, end: period::back(start + TimeDelta::days(7), 1) }
        }
    };
    let closed = starts.into_iter().rev().map(whole).filter(|range| range.end < context.data.end);
    closed.take(ENTRIES).map(|range| stretch(context, unit, range, all.within(range))).collect()
}

fn stretch(context: &Context<'_>, unit: Unit, range: DateRange, view: View<'_>) -> News {
    let locale = &context.locale;
    let sum = view.total();
    let tokens = about(sum.data_quality, locale.tokens(sum.tokens.total_tokens));
    let week = range.start.iso_week();
    let (key, path, title) = match unit {
        Unit::Month => (
            format!("month/{:04}-{:02}", range.start.year(), range.start.month()),
            period::month_path(range.start),
            locale.with(
                "feed-month",
                &[("month", locale.month(range.start).into()), ("tokens", tokens.clone().into())],
            ),
        ),
        Unit::Week | Unit::Day => (
            format!("week/{:04}-W{:02}", week.year(), week.week()),
            period::week_path(range.start),
            locale.with(
                "feed-week",
                &[
                    ("week", week.week().to_string().into()),
                    ("year", week.year().to_string().into()),
                    ("tokens", tokens.clone().into()),
                ],
            ),
        ),
    };
    News { key, day: range.end, title, path, text: text(context, range, view, &tokens) }
}

/// `16 to 22 Feb 2026: 45.3M tokens on 5 days with use. $84.31 at list price. Most by …`
fn text(context: &Context<'_>, range: DateRange, view: View<'_>, tokens: &str) -> String {
    let locale = &context.locale;
    let sum = view.total();
    let days = u64::try_from(view.days().len()).unwrap_or(u64::MAX);
    let parts = [
        ("count", days.into()),
        ("n", locale.count(days).into()),
        ("range", locale.range(range).into()),
        ("tokens", tokens.into()),
    ];
    let mut text = locale.with("feed-summary", &parts);
    let is_known = sum.cost_usd.is_some_and(|cost| cost > Money::ZERO);
    if context.data.shows_cost() && is_known {
        let parts = [("cost", cost(locale, &sum).into())];
        text = format!("{text} {}", locale.with("feed-cost", &parts));
    }
    let cube = view.cube();
    let first = |dimension: Dimension| view.by(dimension).into_iter().next();
    if let (Some((source, most)), Some((model, _))) =
        (first(Dimension::Source), first(Dimension::Model))
    {
        let parts = [
            ("source", marks::source_title(cube.name(Dimension::Source, source)).into()),
            ("share", percent(most.tokens.total_tokens, sum.tokens.total_tokens).into()),
            ("model", names::line(cube.name(Dimension::Model, model)).into()),
        ];
        text = format!("{text} {}", locale.with("feed-most", &parts));
    }
    text
}

#[cfg(test)]
mod tests;
