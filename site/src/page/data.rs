//! What there is to take away, and how the numbers are made.

mod csv;
mod notes;
mod take;
mod told;

use serde::Serialize;

use crate::SiteError;
use crate::context::{Context, Head};
use crate::cube::Dimension;
use crate::names;
use crate::output::File;
pub(super) use notes::SILENT_DAYS;
use notes::{Machine, Source, Visible};
use take::{Column, Item, Shard};
use told::Told;

#[derive(Debug, Serialize)]
struct Page {
    /// Until when it is counted, and in which zone; none if nothing was counted yet.
    until: Option<String>,
    zone: String,
    csv: Vec<Item>,
    json: Vec<Item>,
    shards: Vec<Shard>,
    columns: Vec<Column>,
    /// How much is how exact, in words.
    quality: String,
    sources: Vec<Source>,
    machines: Vec<Machine>,
    shows_cost: bool,
    /// Source and day of the price table, where prices are told.
    prices: Option<String>,
    visible: Vec<Visible>,
    told: Told,
}

pub(crate) fn files(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let (data, locale) = (context.data, &context.locale);
    let zone = data.zone.unwrap_or(chrono_tz::Tz::UTC);
    let prices = data.prices.as_ref().filter(|_| data.shows_cost()).map(|prices| {
        let parts = [
            ("date", locale.date(prices.as_of).into()),
            ("source", names::line(&prices.source).into()),
        ];
        locale.with("data-how-prices", &parts)
    });
    let page = Page {
        until: data.meta.last_updated.map(|at| locale.instant(at, zone)),
        zone: data.meta.timezone.clone(),
        csv: take::csv(context),
        json: take::json(context),
        shards: take::shards(context),
        columns: take::columns(context),
        quality: notes::quality_in_words(context),
        sources: notes::sources(context),
        machines: notes::machines(context),
        shows_cost: data.shows_cost(),
        prices,
        visible: notes::visible(context),
        told: told::told(context, zone),
    };
    let head = Head {
        title: locale.text("data-title"),
        description: locale.text("data-description"),
        section: "data",
        module: Some("script/offline.js".to_owned()),
        ..Head::default()
    };
    Ok(vec![context.page("data/index.html", "pages/data.html", head, &page)?])
}

/// The tables for spreadsheets: once for all languages.
#[expect(clippy::unnecessary_wraps, reason = "all makers of files have one form")]
pub(crate) fn tables(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let tables = take::tables(context);
    let file = |(dimension, path, name): (Dimension, &str, &str)| {
        File::new(path, csv::table(context, dimension, name))
    };
    Ok(tables.map(file).collect())
}

#[cfg(test)]
mod tests;
