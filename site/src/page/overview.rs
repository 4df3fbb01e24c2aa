//! The start page and the other windows, and what they share with the pages of periods and names.

use data_schema::summary::DateRange;
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use crate::SiteError;
use crate::chart;
use crate::context::{Context, Head};
use crate::cube::Dimension;
use crate::output::File;
use crate::period::{self, Window, back};

pub(crate) mod extras;
pub(crate) mod facts;
pub(crate) mod kit;
pub(crate) mod measure;
mod mix;
pub(crate) mod month;
pub(crate) mod tables;
pub(crate) mod trend;

use kit::{Kit, Name, Stack, Stretch};

/// Template of all pages with bars and breakdowns.
pub(crate) const TEMPLATE: &str = "pages/period.html";

/// Of fewer days, nothing is compared; windows are shown with at least so many.
const WEEK: u64 = 7;

/// A page with numbers. What it has nothing to tell about is empty.
#[derive(Debug, Default, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a part of the page that is there or not"
)]
pub(crate) struct Body {
    pub(crate) title: String,
    /// The name that the page is about.
    pub(crate) name: Option<Name>,
    /// Days and zone, or when a name was used.
    pub(crate) lead: Vec<String>,
    pub(crate) tabs: Vec<Link>,
    /// Other pages about the same.
    pub(crate) links: Vec<Link>,
    pub(crate) previous: Option<Link>,
    pub(crate) next: Option<Link>,
    pub(crate) notices: Vec<kit::Sentence>,
    /// What the browser says if nothing came in for long: the time of the newest record, and the sentence.
    pub(crate) stale: Option<(String, String)>,
    pub(crate) facts: Vec<facts::Fact>,
    pub(crate) trend: Option<trend::Trend>,
    /// Whether the numbers of the bars are what the page is about.
    pub(crate) opens_table: bool,
    pub(crate) periods: Vec<Period>,
    pub(crate) tables: Vec<tables::Table>,
    pub(crate) mix: Option<mix::Mix>,
    pub(crate) month: Option<month::Month>,
    pub(crate) limits: Vec<extras::Limit>,
    pub(crate) witnesses: Vec<kit::Sentence>,
    pub(crate) sessions: Option<extras::Sessions>,
    /// The calendar and the hours, of the start page and of twelve months.
    pub(crate) calendar: Option<Value>,
    pub(crate) hours: Option<Value>,
    /// Whether nothing was ever counted.
    pub(crate) is_empty: bool,
    pub(crate) has_cost: bool,
    pub(crate) has_inexact: bool,
}

/// A link of a row of links.
#[derive(Debug, Serialize)]
pub(crate) struct Link {
    pub(crate) text: String,
    pub(crate) href: String,
    pub(crate) is_current: bool,
}

/// A month of a year.
#[derive(Debug, Serialize)]
pub(crate) struct Period {
    pub(crate) link: Link,
    pub(crate) tokens: String,
    pub(crate) share: String,
    pub(crate) bar: String,
    pub(crate) cost: String,
    pub(crate) days: String,
}

impl Link {
    pub(crate) fn new(text: String, href: String) -> Self {
        Self { text, href, is_current: false }
    }
}

pub(crate) fn files(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let kit = Kit::new(context);
    let Some(all) = context.data.cube.range() else {
        return Ok(vec![empty(&kit)?]);
    };
    Window::ALL.into_iter().map(|window| page(&kit, window, all)).collect()
}

/// Before the first use: how to start, and nothing else.
fn empty(kit: &Kit<'_, '_>) -> Result<File, SiteError> {
    let title = kit.text("empty-title");
    let body = Body { title: title.clone(), is_empty: true, ..Body::default() };
    let head = Head {
        title,
        description: kit.text("empty-lead"),
        section: "overview",
        is_whole: true,
        ..Head::default()
    };
    kit.context.page(&Window::Days28.path(), TEMPLATE, head, &body)
}

fn page(kit: &Kit<'_, '_>, window: Window, all: DateRange) -> Result<File, SiteError> {
    let data = kit.context.data;
    let stretch = stretch(kit, window, all);
    let stack = kit.stack(stretch.view, Dimension::Source);
    let is_start = window == Window::Days28;
    let mut body = Body {
        title: kit.text(&format!("window-title-{}", window.id())),
        lead: vec![kit.context.locale.range(stretch.range), data.latest.timezone.clone()],
        tabs: tabs(kit, window),
        links: running(kit),
        tables: tables::of(kit, &stretch, &stack, None),
        ..numbers(kit, &stretch, &stack)
    };
    if is_start {
        body.facts.splice(0..0, facts::latest(kit));
        body.notices = extras::quiet_machines(kit);
        body.stale = stale(kit);
        body.month = month::of(kit, data.end).filter(|_| all.start < all.end);
        body.limits = extras::limits(kit);
        body.facts.extend(extras::not_in_log(kit, None));
        body.witnesses = extras::witnesses(kit);
        body.sessions = extras::sessions(kit, &stack);
    }
    if is_start || window == Window::Months12 {
        let calendar = chart::calendar::year_back(kit.context, data.cube.all(), data.end);
        body.calendar =
            calendar.filter(|_| all.start < all.end).map(|calendar| Value::from(Serde(&calendar)));
        body.hours = chart::hours::grid(kit.context).map(|hours| Value::from(Serde(&hours)));
    }
    let head = Head {
        title: body.title.clone(),
        description: described(kit, &stretch),
        section: "overview",
        is_whole: true,
        ..Head::default()
    };
    kit.context.page(&window.path(), TEMPLATE, head, &body)
}

/// The days of a window, as far as anything is known of them.
fn stretch<'a>(kit: &Kit<'a, '_>, window: Window, all: DateRange) -> Stretch<'a> {
    let data = kit.context.data;
    let mut range = window.range(data.end, Some(all));
    range.start = range.start.max(all.start.min(back(data.end, WEEK - 1)));
    let is_known = all.start <= back(data.end, WEEK - 1);
    let ranges = window.comparison(data.end).filter(|_| is_known);
    Stretch { is_open: true, ..Stretch::new(data.cube.all(), range, ranges) }
}

/// What every page with numbers shows: facts, bars, mix. Of a single day with use there are no bars.
pub(crate) fn numbers(kit: &Kit<'_, '_>, stretch: &Stretch<'_>, stack: &Stack) -> Body {
    let only_day = kit.context.data.cube.range().is_none_or(|all| all.start == all.end);
    Body {
        facts: facts::of(kit, stretch),
        trend: (!only_day).then(|| trend::of(kit, stretch, stack, false)),
        mix: Some(mix::of(kit, stretch)),
        has_cost: kit.shows_cost(),
        has_inexact: stretch.view.total().inexact_tokens > 0,
        ..Body::default()
    }
}

/// A stretch in one sentence.
pub(crate) fn described(kit: &Kit<'_, '_>, stretch: &Stretch<'_>) -> String {
    let total = stretch.view.total();
    let cost = kit.cost(&total);
    let key =
        if cost.is_empty() || kit::micros(&total) == 0 { "described-tokens" } else { "described" };
    let range = kit.context.locale.range(stretch.range);
    let parts =
        [("tokens", kit.tokens(&total).into()), ("cost", cost.into()), ("range", range.into())];
    kit.context.locale.with(key, &parts)
}

fn tabs(kit: &Kit<'_, '_>, current: Window) -> Vec<Link> {
    let tab = |window: Window| Link {
        is_current: window == current,
        ..Link::new(kit.text(&format!("window-{}", window.id())), window.path())
    };
    Window::ALL.into_iter().map(tab).collect()
}

/// The week, month and year of the last day with use.
fn running(kit: &Kit<'_, '_>) -> Vec<Link> {
    let Some(all) = kit.context.data.cube.range() else {
        return Vec::new();
    };
    let day = all.end;
    vec![
        Link::new(super::stretch::week_title(kit, day), period::week_path(day)),
        Link::new(kit.context.locale.month(day), period::month_path(day)),
        Link::new(super::stretch::year_title(kit, day), period::year_path(day)),
    ]
}

fn stale(kit: &Kit<'_, '_>) -> Option<(String, String)> {
    let data = kit.context.data;
    let at = data.latest.last_updated?;
    let told = kit.context.locale.instant(at, data.zone.unwrap_or(chrono_tz::UTC));
    Some((at.to_string(), kit.context.locale.with("notice-stale", &[("at", told.into())])))
}

#[cfg(test)]
mod tests;
