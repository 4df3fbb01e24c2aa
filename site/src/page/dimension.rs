//! Lists of sources, models, machines and projects, and one page for each name.

use chrono::{Months, NaiveDate};
use data_schema::sources;
use data_schema::summary::{Aggregate, DateRange};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::Serialize;

use super::overview::extras;
use super::overview::facts::{self, Fact};
use super::overview::kit::{Kit, Name, Stack, Stretch};
use super::overview::{Body, Link, TEMPLATE, described, numbers, tables};
use crate::SiteError;
use crate::chart::scale::share;
use crate::chart::spark;
use crate::context::{Context, Head};
use crate::cube::{Dimension, Place, View};
use crate::locale::numbers::percent;
use crate::output::File;
use crate::period::{self, Window};

/// Template of lists.
const LIST: &str = "pages/names.html";
/// Width and height of the bars of twelve months.
const SPARK: (u64, u64) = (96, 20);

/// All names of a dimension.
#[derive(Debug, Serialize)]
struct List {
    title: String,
    /// Key of the first column's heading.
    head: &'static str,
    told: String,
    rows: Vec<Row>,
    has_cost: bool,
    /// Whether a row is of a source that is marked.
    has_unverified: bool,
}

/// One name.
#[derive(Debug, Serialize)]
struct Row {
    name: Name,
    /// Whether it is a source whose format is known from descriptions only.
    is_unverified: bool,
    tokens: String,
    share: String,
    bar: String,
    recent: String,
    cost: String,
    /// Bars of twelve months in a box of 96 by 20.
    spark: String,
    first: String,
    last: String,
}

pub(crate) fn files(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let data = context.data;
    let Some(all) = data.cube.range() else {
        return Ok(Vec::new());
    };
    let kit = Kit::new(context);
    let mut files = Vec::new();
    let mut pages: Vec<(Dimension, Place)> = Vec::new();
    for dimension in Dimension::ALL {
        if dimension == Dimension::Project && !data.shows_projects() {
            continue;
        }
        let sums = data.cube.all().by(dimension);
        files.push(list(&kit, dimension, &sums)?);
        let named = sums.into_iter().map(|(place, _)| (dimension, place));
        pages.extend(named.filter(|(dimension, place)| kit.href(*dimension, *place).is_some()));
    }
    let made: Vec<File> = pages
        .par_iter()
        .map(|(dimension, place)| page(&kit, *dimension, *place, all))
        .collect::<Result<_, SiteError>>()?;
    files.extend(made);
    Ok(files)
}

fn list(
    kit: &Kit<'_, '_>,
    dimension: Dimension,
    sums: &[(Place, Aggregate)],
) -> Result<File, SiteError> {
    let locale = &kit.context.locale;
    let stack = kit.stack(kit.context.data.cube.all(), dimension);
    let all = kit.context.data.cube.all().total().tokens.total_tokens;
    let title = kit.text(dimension.folder());
    let told = locale.with(
        &format!("list-{}", dimension.folder()),
        &[("count", sums.len().into()), ("n", sums.len().to_string().into())],
    );
    let rows: Vec<Row> =
        sums.iter().filter_map(|(place, sum)| row(kit, &stack, *place, sum, all)).collect();
    let body = List {
        title: title.clone(),
        head: tables::head(dimension),
        told: told.clone(),
        has_cost: kit.shows_cost(),
        has_unverified: rows.iter().any(|row| row.is_unverified),
        rows,
    };
    let head = Head { title, description: told, section: dimension.folder(), ..Head::default() };
    kit.context.page(&format!("{}/index.html", dimension.folder()), LIST, head, &body)
}

fn row(kit: &Kit<'_, '_>, stack: &Stack, place: Place, sum: &Aggregate, all: u64) -> Option<Row> {
    let data = kit.context.data;
    let view = data.cube.all().only(stack.dimension, place);
    let range = view.range()?;
    let recent = view.within(Window::Days28.range(data.end, None)).total();
    let tokens = sum.tokens.total_tokens;
    Some(Row {
        name: kit.name(stack, stack.dimension, place),
        is_unverified: is_unverified(kit, stack.dimension, place),
        tokens: kit.count(sum),
        share: percent(tokens, all),
        bar: share(tokens, all),
        recent: if recent.tokens.total_tokens == 0 { "–".to_owned() } else { kit.count(&recent) },
        cost: kit.cost(sum),
        spark: spark::bars(&twelve_months(view, data.end), SPARK.0, SPARK.1),
        first: kit.context.locale.date(range.start),
        last: kit.context.locale.date(range.end),
    })
}

/// Whether a name is that of a source whose format is known from descriptions only.
fn is_unverified(kit: &Kit<'_, '_>, dimension: Dimension, place: Place) -> bool {
    let cube = &kit.context.data.cube;
    dimension == Dimension::Source && sources::is_unverified(cube.name(dimension, place))
}

/// Tokens of the last twelve calendar months, the running one included.
fn twelve_months(view: View<'_>, end: NaiveDate) -> Vec<u64> {
    let month = |ago: u32| {
        let day = period::month(end).start.checked_sub_months(Months::new(ago))?;
        Some(view.within(period::month(day)).total().tokens.total_tokens)
    };
    (0..12).rev().map(|ago| month(ago).unwrap_or(0)).collect()
}

fn page(
    kit: &Kit<'_, '_>,
    dimension: Dimension,
    place: Place,
    all: DateRange,
) -> Result<File, SiteError> {
    let (data, locale) = (kit.context.data, &kit.context.locale);
    let view = data.cube.all().only(dimension, place);
    let used = view.range().unwrap_or(all);
    let stretch = Stretch {
        is_open: true,
        ..Stretch::new(view, DateRange { start: used.start, end: data.end }, None)
    };
    let by = if dimension == Dimension::Source { Dimension::Model } else { Dimension::Source };
    let stack = kit.stack(view, by);
    let total = view.total().tokens.total_tokens;
    let whole = data.cube.all().total().tokens.total_tokens;
    let dates = [("first", locale.date(used.start).into()), ("last", locale.date(used.end).into())];
    let mut lead = vec![
        locale.with(if used.start == used.end { "name-used-once" } else { "name-used" }, &dates),
        locale.with("name-share", &[("share", percent(total, whole).into())]),
    ];
    if is_unverified(kit, dimension, place) {
        lead.push(kit.text("unverified-told"));
    }
    let mut body = Body {
        title: kit.title(dimension, place),
        name: Some(kit.name(&kit.stack(data.cube.all(), dimension), dimension, place)),
        lead,
        links: links(kit, dimension, place),
        tables: tables::of(kit, &stretch, &stack, Some(dimension)),
        ..numbers(kit, &stretch, &stack)
    };
    body.facts = name_facts(kit, view, std::mem::take(&mut body.facts));
    if dimension == Dimension::Source {
        body.facts.extend(extras::not_in_log(kit, Some(data.cube.name(dimension, place))));
    }
    if stretch.range.start == stretch.range.end {
        body.trend = None;
    }
    let path = kit.href(dimension, place).unwrap_or_default();
    let head = Head {
        title: body.title.clone(),
        description: described(kit, &stretch),
        section: dimension.folder(),
        ..Head::default()
    };
    kit.context.page(&path, TEMPLATE, head, &body)
}

/// The list that a name stands in, and for a model its prices.
fn links(kit: &Kit<'_, '_>, dimension: Dimension, place: Place) -> Vec<Link> {
    let data = kit.context.data;
    let all = Link::new(
        kit.text(&format!("all-{}", dimension.folder())),
        format!("{}/index.html", dimension.folder()),
    );
    let name = data.cube.name(dimension, place);
    let prices = (dimension == Dimension::Model && data.prices.is_some()).then(|| {
        Link::new(
            kit.text("name-prices"),
            format!("prices/index.html#{}", crate::names::slug(name)),
        )
    });
    std::iter::once(all).chain(prices).collect()
}

/// All time, and beside it what the last twelve months and four weeks say.
fn name_facts(kit: &Kit<'_, '_>, view: View<'_>, mut all: Vec<Fact>) -> Vec<Fact> {
    let data = kit.context.data;
    if let Some(first) = all.first_mut() {
        first.label = kit.text("fact-all-time");
    }
    // Of a name that came in the last twelve months, they are all time.
    let is_old =
        view.range().is_some_and(|used| used.start < Window::Months12.range(data.end, None).start);
    let wanted = if is_old { vec![Window::Months12, Window::Days28] } else { vec![Window::Days28] };
    let windows = wanted.into_iter().filter_map(|window| {
        let stretch = Stretch::new(view, window.range(data.end, None), window.comparison(data.end));
        let fact = facts::of(kit, &stretch).into_iter().next()?;
        Some(Fact { label: kit.text(&format!("fact-{}", window.id())), ..fact })
    });
    all.splice(1..1, windows.collect::<Vec<_>>());
    all
}

#[cfg(test)]
mod tests {
    use data_schema::sources::UNVERIFIED;

    use super::*;
    use crate::cube::tests::{shard, use_of};
    use crate::page::sample::Sample;

    #[test]
    fn a_source_whose_format_nobody_has_verified_is_marked_in_the_list_and_on_its_own_page() {
        const MARK: &str = "Unverified: ";
        for source in UNVERIFIED.iter().take(1).chain(&["codex"]) {
            let made = Sample::new(&[shard(2026, &[use_of(1, source, "a", 5)])]).files(files);
            let is_marked = UNVERIFIED.contains(source);
            let own = &made[&format!("sources/{source}/index.html")];
            assert_eq!(own.contains(MARK), is_marked, "{source}");
            // Once beside the name, and once below the list.
            let list = made["sources/index.html"].matches(MARK).count();
            assert_eq!(list, if is_marked { 2 } else { 0 }, "{source}");
        }
    }

    #[test]
    fn what_no_log_tells_stands_on_the_page_of_a_source_where_there_is_a_proxy() {
        let sample = Sample::new(&[shard(2026, &[use_of(1, "codex", "a", 5)])]);
        let own = |sample: &Sample| sample.files(files)["sources/codex/index.html"].clone();
        assert!(!own(&sample).contains("Not in any log"));
        let sample = sample.with("reconcile.json", &serde_json::json!({ "version": "2.0", "sources": [
            { "provider": "codex", "dateRange": { "start": "2026-01-01", "end": "2026-01-02" }, "logTokens": 1,
              "wireTokens": 5, "countedTokens": 5, "wireRequests": 13, "wireOnlyRequests": 8,
              "wireOnlyTokens": 4 },
            { "provider": "proxy", "dateRange": { "start": "2026-01-01", "end": "2026-01-02" }, "logTokens": 0,
              "wireTokens": 9, "countedTokens": 9, "wireRequests": 7, "wireOnlyRequests": 7,
              "wireOnlyTokens": 9 },
        ] }));
        let page = own(&sample);
        assert!(page.contains("Not in any log"));
        assert!(page.contains("8 of 13 requests through the proxy"));
    }
}
