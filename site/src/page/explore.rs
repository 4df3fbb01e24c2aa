//! The page that filters in the browser, and its module.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate};
use data_schema::summary::DateRange;
use serde::Serialize;

use crate::SiteError;
use crate::context::{Context, Head};
use crate::cube::Dimension;
use crate::locale::numbers::Units;
use crate::marks::Colors;
use crate::names;
use crate::output::File;
use crate::period::{self, Window};

mod module;
mod words;

/// Periods that have a button.
const PRESETS: [&str; 8] = ["7d", "28d", "91d", "month", "last-month", "year", "12m", "all"];

const MEASURES: [&str; 8] =
    ["tokens", "cost", "requests", "input", "output", "cacheRead", "cacheWrite", "cacheRatio"];

/// The form and the words around it.
#[derive(Debug, Serialize)]
struct Page {
    presets: [&'static str; 8],
    measures: Vec<&'static str>,
    by: Vec<&'static str>,
    filters: Vec<&'static str>,
    facts: Vec<&'static str>,
    /// Days between which there is data: whole years.
    bounds: [NaiveDate; 2],
    links: Vec<Link>,
    /// [`Handed`] as JSON that cannot end its element.
    data: String,
}

/// Where the same is to be had without the module.
#[derive(Debug, Serialize)]
struct Link {
    href: String,
    text: String,
}

/// What the module is handed.
#[derive(Debug, Serialize)]
struct Handed {
    /// First day with use.
    first: NaiveDate,
    /// First and last day that can be chosen.
    bounds: [NaiveDate; 2],
    /// Stretches of the buttons.
    presets: BTreeMap<&'static str, [NaiveDate; 2]>,
    /// What can be told apart and counted, by key of the address.
    choices: BTreeMap<&'static str, Vec<&'static str>>,
    units: Units,
    /// Addresses of the years, from the page.
    shards: BTreeMap<String, String>,
    /// Names in the order of first use, each as (name, title, slot of its colour).
    names: BTreeMap<&'static str, Vec<(String, String, usize)>>,
    words: serde_json::Value,
}

pub(crate) fn files(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let data = context.data;
    let Some(range) = data.cube.range() else {
        return Ok(Vec::new());
    };
    let mut hidden = Vec::new();
    if !data.shows_cost() {
        hidden.push("cost");
    }
    if !data.shows_projects() {
        hidden.push("project");
    }
    let without = |list: &[&'static str]| -> Vec<&'static str> {
        list.iter().copied().filter(|name| !hidden.contains(name)).collect()
    };
    let last = range.end.max(data.end);
    let year = |day: NaiveDate| period::year(day.year()).unwrap_or(range);
    let bounds = [year(range.start).start, year(last).end];
    let measures = without(&MEASURES);
    let by = without(&["source", "model", "machine", "project", "quality"]);
    let page = Page {
        presets: PRESETS,
        measures: measures.clone(),
        by: by.clone(),
        filters: without(&["source", "model", "machine", "project"]),
        facts: without(&["tokens", "cost", "requests", "cacheRatio"]),
        bounds,
        links: links(context),
        data: element(&Handed {
            first: range.start,
            bounds,
            presets: PRESETS
                .into_iter()
                .map(|name| (name, preset(name, range.start, last)))
                .collect(),
            units: context.locale.units(),
            shards: shards(context),
            names: all_names(context),
            words: words::of(&context.locale, data.shows_cost()),
            choices: BTreeMap::from([("measure", measures), ("by", by)]),
        })?,
    };
    let head = Head {
        title: context.locale.text("explore-title"),
        description: context.locale.text("explore-description"),
        section: "explore",
        module: Some(module::address(&module::text())),
        picture: None,
        ..Head::default()
    };
    Ok(vec![context.page("explore/index.html", "pages/explore.html", head, &page)?])
}

/// The ES module, under a name with its hash: an older page never meets a newer module.
#[expect(clippy::unnecessary_wraps, reason = "as all that make files")]
pub(crate) fn module(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    if context.data.is_empty() {
        return Ok(Vec::new());
    }
    let text = module::text();
    Ok(vec![File::new(module::address(&text), text)])
}

/// JSON for a `script` element: a name from a log must not end it, and not turn the text around.
fn element(handed: &Handed) -> Result<String, SiteError> {
    let json = serde_json::to_string(handed).map_err(|error| SiteError::Summary {
        path: "explore".into(),
        message: error.to_string(),
    })?;
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter == '<' || letter.is_control() || names::turns(letter) {
            let _ = write!(text, "\\u{:04x}", u32::from(letter));
        } else {
            text.push(letter);
        }
    }
    Ok(text)
}

/// The days of a button. All end with the last day but the month before.
fn preset(name: &str, first: NaiveDate, last: NaiveDate) -> [NaiveDate; 2] {
    let month = period::month(last).start;
    let all = Some(DateRange { start: first, end: last });
    let range = match Window::ALL.into_iter().find(|window| window.id() == name) {
        Some(window) => window.range(last, all),
        None if name == "last-month" => period::month(period::back(month, 1)),
        None if name == "month" => DateRange { start: month, end: last },
        None => DateRange { start: last.with_ordinal(1).unwrap_or(last), end: last },
    };
    [range.start, range.end]
}

fn links(context: &Context<'_>) -> Vec<Link> {
    let mut pages = vec![("index.html", "nav-overview"), ("calendar/index.html", "nav-calendar")];
    pages.extend([
        ("sources/index.html", "sources"),
        ("models/index.html", "models"),
        ("machines/index.html", "machines"),
    ]);
    if context.data.shows_projects() {
        pages.push(("projects/index.html", "projects"));
    }
    pages.push(("data/index.html", "explore-data-page"));
    let link = |(path, key): (&str, &str)| Link {
        href: format!("../{path}"),
        text: context.locale.text(key),
    };
    pages.into_iter().map(link).collect()
}

fn shards(context: &Context<'_>) -> BTreeMap<String, String> {
    let root = "../".repeat(context.home.matches('/').count() + 1);
    let names = context.data.shards.iter().map(|(name, _)| name);
    names.map(|name| (name.chars().take(4).collect(), format!("{root}data/v1/{name}"))).collect()
}

fn all_names(context: &Context<'_>) -> BTreeMap<&'static str, Vec<(String, String, usize)>> {
    let cube = &context.data.cube;
    let mut all = BTreeMap::new();
    for (dimension, key) in
        Dimension::ALL.into_iter().zip(["source", "model", "machine", "project"])
    {
        let colors = Colors::new(cube, dimension, &context.data.site.colors);
        let entry = |(place, slot)| {
            let name = cube.name(dimension, place);
            (name.to_owned(), context.shown(dimension, name), slot)
        };
        all.insert(key, colors.preferred().into_iter().map(entry).collect());
    }
    let quality = ["exact", "partial", "estimated"].into_iter().zip([2, 4, 1]);
    let quality = quality.map(|(name, slot)| {
        let text = context.locale.text(&format!("explore-{name}"));
        (name.to_owned(), text, slot)
    });
    all.insert("quality", quality.collect());
    all
}

#[cfg(test)]
mod tests;
