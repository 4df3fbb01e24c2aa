//! Weeks, months and years. A page of days that are over never changes by what comes later.

use chrono::{Datelike, NaiveDate};
use data_schema::summary::DateRange;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::overview::kit::{Kit, Stretch};
use super::overview::{Body, Link, Period, TEMPLATE, described, month, numbers, tables, trend};
use crate::SiteError;
use crate::chart::scale::share;
use crate::context::{Context, Head};
use crate::cube::Dimension;
use crate::locale::numbers::percent;
use crate::output::File;
use crate::period::{self, Comparison, Unit, back};

/// Kinds of periods that have pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Week,
    Month,
    Year,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Week, Self::Month, Self::Year];

    /// Its days, given one of them.
    fn range(self, day: NaiveDate) -> DateRange {
        match self {
            Self::Week => {
                let start = period::monday(day);
                DateRange { start, end: start.iter_days().nth(6).unwrap_or(start) }
            }
            Self::Month => period::month(day),
            Self::Year => period::year(day.year()).unwrap_or(DateRange { start: day, end: day }),
        }
    }

    fn path(self, day: NaiveDate) -> String {
        match self {
            Self::Week => period::week_path(day),
            Self::Month => period::month_path(day),
            Self::Year => period::year_path(day),
        }
    }

    fn title(self, kit: &Kit<'_, '_>, day: NaiveDate) -> String {
        match self {
            Self::Week => week_title(kit, day),
            Self::Month => kit.context.locale.month(day),
            Self::Year => year_title(kit, day),
        }
    }

    /// The days that are compared with those of the period before: as many from its start.
    fn comparison(self, whole: DateRange, end: NaiveDate) -> Comparison {
        let earlier = self.range(back(whole.start, 1));
        let now = DateRange { start: whole.start, end: whole.end.min(end) };
        let before = if now.end == whole.end {
            earlier
        } else {
            let days = u64::try_from((now.end - now.start).num_days()).unwrap_or(0);
            let last =
                earlier.start.checked_add_days(chrono::Days::new(days)).unwrap_or(earlier.end);
            DateRange { start: earlier.start, end: last.min(earlier.end) }
        };
        Comparison { now, before }
    }
}

/// `Week 8 of 2026`.
pub(crate) fn week_title(kit: &Kit<'_, '_>, day: NaiveDate) -> String {
    let week = day.iso_week();
    let parts =
        [("week", week.week().to_string().into()), ("year", week.year().to_string().into())];
    kit.context.locale.with("week-title", &parts)
}

/// `2026`.
pub(crate) fn year_title(kit: &Kit<'_, '_>, day: NaiveDate) -> String {
    kit.context.locale.with("year-title", &[("year", day.year().to_string().into())])
}

pub(crate) fn files(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let kit = Kit::new(context);
    let days: Vec<NaiveDate> = context.data.cube.all().days().into_keys().collect();
    let mut pages = Vec::new();
    for kind in Kind::ALL {
        let mut known = days.clone();
        known.dedup_by_key(|day| kind.range(*day).start);
        for (number, day) in known.iter().enumerate() {
            let before = number.checked_sub(1).and_then(|number| known.get(number));
            pages.push((kind, *day, before.copied(), known.get(number + 1).copied()));
        }
    }
    pages
        .par_iter()
        .map(|(kind, day, before, after)| page(&kit, *kind, *day, [*before, *after]))
        .collect()
}

fn page(
    kit: &Kit<'_, '_>,
    kind: Kind,
    day: NaiveDate,
    around: [Option<NaiveDate>; 2],
) -> Result<File, SiteError> {
    let data = kit.context.data;
    let whole = kind.range(day);
    let range = DateRange { start: whole.start, end: whole.end.min(data.end) };
    let comparison = kind.comparison(whole, data.end);
    let mut stretch = Stretch::new(data.cube.all(), range, Some(comparison));
    stretch.is_open = data.end <= whole.end;
    let stack = kit.stack(stretch.view, Dimension::Source);
    let [previous, next] =
        around.map(|day| day.map(|day| Link::new(kind.title(kit, day), kind.path(day))));
    let numbers = numbers(kit, &stretch, &stack);
    let body = Body {
        title: kind.title(kit, day),
        lead: vec![kit.context.locale.range(range), data.latest.timezone.clone()],
        links: above(kit, kind, range),
        previous,
        next,
        trend: numbers.trend.map(|_| trend::of(kit, &stretch, &stack, kind != Kind::Year)),
        opens_table: kind != Kind::Year,
        periods: if kind == Kind::Year { months(kit, &stretch) } else { Vec::new() },
        tables: tables::of(kit, &stretch, &stack, None),
        month: (kind == Kind::Month && range.start < range.end)
            .then(|| month::of(kit, range.end))
            .flatten(),
        ..numbers
    };
    let head = Head {
        title: body.title.clone(),
        description: described(kit, &stretch),
        section: "overview",
        ..Head::default()
    };
    kit.context.page(&kind.path(day), TEMPLATE, head, &body)
}

/// The longer periods that one lies in.
fn above(kit: &Kit<'_, '_>, kind: Kind, range: DateRange) -> Vec<Link> {
    let link = |kind: Kind, day: NaiveDate| Link::new(kind.title(kit, day), kind.path(day));
    // Only periods with use have a page.
    let has_use = |kind: Kind, day: &NaiveDate| {
        kit.context.data.cube.all().within(kind.range(*day)).range().is_some()
    };
    match kind {
        Kind::Year => Vec::new(),
        Kind::Month => vec![link(Kind::Year, range.start)],
        Kind::Week => {
            let mut days = vec![range.start, range.end];
            days.dedup_by_key(|day| (day.year(), day.month()));
            days.retain(|day| has_use(Kind::Month, day));
            days.into_iter().map(|day| link(Kind::Month, day)).collect()
        }
    }
}

/// The months of a year.
fn months(kit: &Kit<'_, '_>, stretch: &Stretch<'_>) -> Vec<Period> {
    let all = stretch.view.total().tokens.total_tokens;
    let month = |range: DateRange| {
        let view = stretch.view.within(range);
        let total = view.total();
        let tokens = total.tokens.total_tokens;
        (tokens > 0).then(|| Period {
            link: Link::new(kit.context.locale.month(range.start), period::month_path(range.start)),
            tokens: kit.count(&total),
            share: percent(tokens, all),
            bar: share(tokens, all),
            cost: kit.cost(&total),
            days: view.days().len().to_string(),
        })
    };
    Unit::Month.slots(stretch.range).into_iter().filter_map(month).collect()
}
