//! How exact the numbers are, which machines told them, and what is shown of them.

use data_schema::Quality;
use serde::Serialize;

use crate::context::Context;
use crate::cube::Dimension;
use crate::locale::numbers::percent;
use crate::marks;
use crate::names;
use crate::page::words::{about, quality};

/// Days without use after which a machine counts as silent.
pub(crate) const SILENT_DAYS: i64 = 3;

/// How exact a source is.
#[derive(Debug, Serialize)]
pub(super) struct Source {
    title: String,
    mark: &'static str,
    tokens: String,
    exact: String,
    inexact: String,
    share: String,
    quality: &'static str,
}

/// What a machine told.
#[derive(Debug, Serialize)]
pub(super) struct Machine {
    name: String,
    slug: String,
    first: String,
    last: String,
    /// Days since its last use, if it is silent.
    silent: Option<String>,
    days: String,
    tokens: String,
    quality: &'static str,
}

/// Whether something is shown.
#[derive(Debug, Serialize)]
pub(super) struct Visible {
    what: String,
    how: String,
}

pub(super) fn sources(context: &Context<'_>) -> Vec<Source> {
    let view = context.data.cube.all();
    let locale = &context.locale;
    let row = |(place, sum): (u32, data_schema::summary::Aggregate)| {
        let id = view.cube().name(Dimension::Source, place);
        let total = sum.tokens.total_tokens;
        let inexact = sum.inexact_tokens.min(total);
        Source {
            title: marks::source_title(id),
            mark: marks::mark(id),
            tokens: locale.count(total),
            exact: locale.count(total - inexact),
            inexact: locale.count(inexact),
            share: percent(total - inexact, total),
            quality: quality(sum.data_quality),
        }
    };
    view.by(Dimension::Source).into_iter().map(row).collect()
}

/// `99% of all tokens were counted by the provider …`
pub(super) fn quality_in_words(context: &Context<'_>) -> String {
    let locale = &context.locale;
    let sum = context.data.cube.all().total();
    let total = sum.tokens.total_tokens;
    let inexact = sum.inexact_tokens.min(total);
    let key = match (total, sum.data_quality) {
        (0, _) => "data-quality-none",
        (_, Quality::Exact) => "data-quality-exact",
        (_, Quality::Partial) => "data-quality-partial",
        (_, Quality::Estimated) => "data-quality-estimated",
    };
    let parts = [
        ("share", percent(total - inexact, total).into()),
        ("inexact", locale.tokens(inexact).into()),
    ];
    locale.with(key, &parts)
}

pub(super) fn machines(context: &Context<'_>) -> Vec<Machine> {
    let view = context.data.cube.all();
    let locale = &context.locale;
    let row = |(place, sum): (u32, data_schema::summary::Aggregate)| {
        let own = view.only(Dimension::Machine, place);
        let range = own.range()?;
        let name = view.cube().name(Dimension::Machine, place);
        let silent = (context.data.end - range.end).num_days();
        let parts = [("count", silent.into()), ("n", silent.to_string().into())];
        let days = u64::try_from(own.days().len()).unwrap_or(u64::MAX);
        Some(Machine {
            name: names::line(name),
            slug: names::slug(name),
            first: locale.date(range.start),
            last: locale.date(range.end),
            silent: (silent >= SILENT_DAYS).then(|| locale.with("data-machine-silent", &parts)),
            days: locale.count(days),
            tokens: about(sum.data_quality, locale.count(sum.tokens.total_tokens)),
            quality: quality(sum.data_quality),
        })
    };
    view.by(Dimension::Machine).into_iter().filter_map(row).collect()
}

/// What of the numbers is shown and what is not, as far as the summary tells.
pub(super) fn visible(context: &Context<'_>) -> Vec<Visible> {
    let data = context.data;
    let named = |dimension: Dimension, prefix: &str| {
        let names = data.cube.names(dimension);
        if !names.is_empty() && names.iter().all(|name| is_alias(name, prefix)) {
            "data-shown-alias"
        } else {
            "data-shown-name"
        }
    };
    let or_hidden = |is_shown: bool| if is_shown { "data-shown" } else { "data-not-shown" };
    let projects =
        if data.shows_projects() { named(Dimension::Project, "project") } else { "data-not-shown" };
    let mut rows = vec![
        ("machines", named(Dimension::Machine, "machine")),
        ("projects", projects),
        ("hours-title", or_hidden(data.hours.is_some())),
        ("data-limits", or_hidden(data.limits.is_some())),
        ("nav-sessions", or_hidden(data.sessions.is_some())),
    ];
    if data.shows_cost() {
        rows.push(("cost", "data-shown"));
    }
    let text = |(what, how): (&str, &str)| Visible {
        what: context.locale.text(what),
        how: context.locale.text(how),
    };
    rows.into_iter().map(text).collect()
}

/// `machine 3`: a name that was given in place of the real one.
fn is_alias(name: &str, prefix: &str) -> bool {
    let number = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(' '));
    name.is_empty() || number.is_some_and(|number| number.parse::<u32>().is_ok())
}
