//! By which price every model is counted.

mod lines;

use std::collections::BTreeSet;

use data_schema::Money;
use data_schema::summary::{ModelPrice, PriceOrigin, PriceStep, PricesSummary};
use serde::Serialize;

use crate::SiteError;
use crate::context::{Context, Head};
use crate::locale::Locale;
use crate::marks;
use crate::names;
use crate::output::File;
use crate::templates::Templates;
use lines::Missing;

/// Where the module of the form lies, below the root.
const MODULE: &str = "script/prices.js";

#[derive(Debug, Serialize)]
struct Page {
    lead: String,
    /// Where the built-in table comes from; an address only if it is one.
    source: String,
    address: Option<String>,
    /// Whether a model has a price of its own for an hour in the cache.
    has_hour: bool,
    /// Columns beside the model.
    columns: usize,
    models: Vec<Model>,
    missing: Option<Missing>,
}

#[derive(Debug, Serialize)]
struct Model {
    name: String,
    /// Anchor; only at the first row of a name.
    id: Option<String>,
    source: String,
    mark: &'static str,
    used: String,
    /// Tokens without a price, in words.
    unpriced: Option<String>,
    rule: Option<String>,
    found_as: Option<String>,
    is_free: bool,
    steps: Vec<Step>,
}

#[derive(Debug, Serialize)]
struct Step {
    from: String,
    condition: String,
    /// Price of all classes alike, in place of the amounts.
    total: Option<String>,
    amounts: Vec<String>,
    search: Option<String>,
    source: Option<String>,
}

pub(crate) fn files(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let Some(prices) = shown(context) else { return Ok(Vec::new()) };
    let locale = &context.locale;
    let mut seen = BTreeSet::new();
    let mut models: Vec<&ModelPrice> = prices.models.iter().collect();
    models.sort_by_key(|model| {
        (rank(model), std::cmp::Reverse(model.total_tokens), &model.model, &model.provider)
    });
    let steps = || prices.models.iter().flat_map(|model| &model.prices);
    let has_hour = steps().any(|step| step.cache_creation_1h.is_some());
    let page = Page {
        lead: locale.with("prices-lead", &[("date", locale.date(prices.as_of).into())]),
        source: names::line(&prices.source),
        address: is_address(&prices.source).then(|| prices.source.clone()),
        has_hour,
        columns: if has_hour { 5 } else { 4 },
        models: models.iter().map(|model| row(context, model, has_hour, &mut seen)).collect(),
        missing: lines::missing(context, &models),
    };
    let head = Head {
        title: locale.text("prices-title"),
        description: locale.text("prices-description"),
        section: "data",
        module: page.missing.is_some().then(|| MODULE.to_owned()),
        ..Head::default()
    };
    Ok(vec![context.page("prices/index.html", "pages/prices.html", head, &page)?])
}

/// The module of the form: once for all languages.
pub(crate) fn module(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    match shown(context) {
        Some(_) => Ok(vec![script(&context.templates, MODULE, "prices.js")?]),
        None => Ok(Vec::new()),
    }
}

/// A module of ours as a file.
pub(super) fn script(templates: &Templates, path: &str, name: &str) -> Result<File, SiteError> {
    Ok(File::new(path, templates.render(name, minijinja::context! {})?))
}

/// The prices, where amounts are shown at all.
pub(super) fn shown<'a>(context: &Context<'a>) -> Option<&'a PricesSummary> {
    context.data.prices.as_ref().filter(|_| context.data.shows_cost())
}

/// Models without any price first, then those of whose tokens some have none.
fn rank(model: &ModelPrice) -> u8 {
    match (model.unpriced_tokens, model.prices.is_empty()) {
        (0, _) => 2,
        (_, true) => 0,
        (_, false) => 1,
    }
}

fn is_address(text: &str) -> bool {
    text.starts_with("https://")
        && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control())
}

fn row(
    context: &Context<'_>,
    model: &ModelPrice,
    has_hour: bool,
    seen: &mut BTreeSet<String>,
) -> Model {
    let locale = &context.locale;
    let slug = names::slug(&model.model);
    let parts = [
        ("tokens", locale.tokens(model.total_tokens).into()),
        ("range", locale.range(model.date_range).into()),
    ];
    let unpriced = [
        ("unpriced", locale.tokens(model.unpriced_tokens).into()),
        ("tokens", locale.tokens(model.total_tokens).into()),
    ];
    let is_partly = !model.prices.is_empty() && model.unpriced_tokens > 0;
    let rule = model.origin.map(|origin| match origin {
        PriceOrigin::User => "prices-rule-user",
        PriceOrigin::Listed => "prices-rule-listed",
        PriceOrigin::Free => "prices-rule-free",
    });
    let found_as =
        |name: &String| locale.with("prices-found-as", &[("name", names::line(name).into())]);
    Model {
        name: names::line(&model.model),
        id: seen.insert(slug.clone()).then_some(slug),
        source: marks::source_title(&model.provider),
        mark: marks::mark(&model.provider),
        used: locale.with("prices-used", &parts),
        unpriced: is_partly.then(|| locale.with("prices-no-tokens", &unpriced)),
        rule: rule.map(|key| locale.text(key)),
        found_as: model.found_as.as_ref().map(found_as),
        is_free: model.origin == Some(PriceOrigin::Free),
        steps: model.prices.iter().map(|price| step(locale, price, has_hour)).collect(),
    }
}

fn step(locale: &Locale, price: &PriceStep, has_hour: bool) -> Step {
    let input = price.input;
    let plain = |amount: Option<Money>| amount.map_or_else(|| "–".to_owned(), rate);
    let cached = |amount: Option<Money>| match (amount, input) {
        (None, Some(_)) => locale.text("prices-as-input"),
        (amount, _) => plain(amount),
    };
    let mut amounts = vec![
        plain(input),
        plain(price.output),
        cached(price.cache_read),
        cached(price.cache_creation),
    ];
    if has_hour {
        amounts.push(plain(price.cache_creation_1h));
    }
    Step {
        from: price.from.map_or_else(|| locale.text("prices-always"), |day| locale.date(day)),
        condition: price
            .condition
            .as_deref()
            .map_or_else(|| locale.text("prices-plain"), |condition| applies(locale, condition)),
        total: price.total.map(rate),
        amounts,
        search: price
            .web_search
            .map(|amount| locale.with("prices-search", &[("price", rate(amount).into())])),
        source: price.source.as_deref().filter(|source| is_address(source)).map(str::to_owned),
    }
}

/// `batch`; `priority, prompts above 272,000 tokens`.
fn applies(locale: &Locale, condition: &str) -> String {
    let Some((tier, size)) = condition.rsplit_once("above ") else { return names::line(condition) };
    let Ok(size) = size.trim().parse::<u64>() else { return names::line(condition) };
    let above = locale.with("prices-above", &[("n", locale.count(size).into())]);
    match tier.trim() {
        "" => above,
        tier => format!("{}, {above}", names::line(tier)),
    }
}

/// An amount with all its digits, at least two behind the point: prices are not rounded.
fn rate(amount: Money) -> String {
    let text = amount.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    format!("${whole}.{part:0<2}")
}

#[cfg(test)]
mod tests;
