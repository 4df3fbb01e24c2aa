//! Years in review: a list, and a page for each year.

use data_schema::summary::Aggregate;
use serde::Serialize;

use crate::SiteError;
use crate::card::review::{Review, years};
use crate::card::{Facts, Palettes, Ranking, has_rare_letters};
use crate::context::{Context, Head};
use crate::locale::numbers::percent;
use crate::output::File;

/// The list of years.
#[derive(Debug, Serialize)]
struct List {
    years: Vec<Listed>,
    shows_cost: bool,
}

#[derive(Debug, Serialize)]
struct Listed {
    year: String,
    is_over: bool,
    tokens: String,
    cost: Option<String>,
    active: String,
}

/// One year.
#[derive(Debug, Serialize)]
struct Page {
    year: String,
    is_over: bool,
    range: String,
    sentence: String,
    facts: Vec<Fact>,
    months: Vec<Row>,
    models: Vec<Row>,
    sources: Vec<Row>,
    shows_cost: bool,
    /// Alternative text of the picture.
    alt: String,
    /// Whether the picture may have boxes for letters.
    has_rare_letters: bool,
}

#[derive(Debug, Serialize)]
struct Fact {
    key: &'static str,
    value: String,
    remark: String,
}

/// A row of a table with a bar.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    mark: Option<&'static str>,
    color: String,
    tokens: String,
    /// All digits.
    exact: String,
    /// From 0 to 100, of the largest row.
    bar: String,
    share: String,
    cost: Option<String>,
    /// Whether the name is one from a log.
    is_name: bool,
}

pub(crate) fn files(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let years = years(context.data);
    if years.is_empty() {
        return Ok(Vec::new());
    }
    let palettes = Palettes::new(context.data);
    let facts = Facts { data: context.data, locale: &context.locale, palettes: &palettes };
    let reviews: Vec<Review> =
        years.into_iter().filter_map(|year| Review::new(&facts, year)).collect();
    let mut files = vec![list(context, &facts, &reviews)?];
    for review in &reviews {
        files.push(page(context, &facts, review)?);
    }
    Ok(files)
}

fn list(context: &Context<'_>, facts: &Facts<'_>, reviews: &[Review]) -> Result<File, SiteError> {
    let listed = |review: &Review| Listed {
        year: review.year.to_string(),
        is_over: review.is_over,
        tokens: facts.tokens(&review.total),
        cost: facts.cost(&review.total),
        active: facts.active(review.days.len()),
    };
    let body = List {
        years: reviews.iter().rev().map(listed).collect(),
        shows_cost: context.data.shows_cost(),
    };
    let head = Head {
        title: context.locale.text("wrapped-years"),
        description: context.locale.text("wrapped-years-description"),
        section: "wrapped",
        module: None,
        picture: Some("og/index.png".to_owned()),
        ..Head::default()
    };
    context.page("wrapped/index.html", "pages/wrapped.html", head, &body)
}

fn page(context: &Context<'_>, facts: &Facts<'_>, review: &Review) -> Result<File, SiteError> {
    let locale = &context.locale;
    let year = review.year.to_string();
    let key = if review.is_over { "wrapped-title" } else { "wrapped-title-so-far" };
    let title = locale.with(key, &[("year", year.clone().into())]);
    let sentence = sentence(facts, review);
    let alt = locale.with(
        "wrapped-picture-alt",
        &[("title", title.clone().into()), ("sentence", sentence.clone().into())],
    );
    let mut shown =
        vec![Fact { key: "tokens", value: facts.tokens(&review.total), remark: String::new() }];
    let cost = facts.cost(&review.total);
    shown.extend(cost.map(|value| Fact { key: "cost", value, remark: String::new() }));
    shown.extend(review.facts(facts).into_iter().map(|(key, value, remark)| Fact {
        key,
        value,
        remark,
    }));
    let site = context.title();
    let names =
        review.models.slices.iter().chain(&review.sources.slices).map(|slice| slice.name.as_str());
    let body = Page {
        is_over: review.is_over,
        range: locale.range(review.range),
        facts: shown,
        months: months(facts, review),
        models: rows(facts, &review.models),
        sources: rows(facts, &review.sources),
        shows_cost: context.data.shows_cost(),
        alt,
        has_rare_letters: has_rare_letters(names.chain([site.as_str()])),
        sentence: sentence.clone(),
        year,
    };
    let path = format!("wrapped/{}/index.html", body.year);
    let picture = Some(format!("og/{}.png", body.year));
    let head =
        Head { title, description: sentence, section: "wrapped", picture, ..Head::default() };
    context.page(&path, "pages/wrapped.html", head, &body)
}

fn sentence(facts: &Facts<'_>, review: &Review) -> String {
    let parts = [
        ("tokens", facts.tokens(&review.total).into()),
        ("responses", facts.locale.count(review.total.requests).into()),
        ("days", facts.active(review.days.len()).into()),
    ];
    facts.locale.with("wrapped-sentence", &parts)
}

fn row(facts: &Facts<'_>, sum: &Aggregate, (most, all): (u64, u64)) -> Row {
    let tokens = sum.tokens.total_tokens;
    Row {
        name: String::new(),
        mark: None,
        color: "s0".to_owned(),
        tokens: facts.tokens(sum),
        exact: facts.locale.count(tokens),
        bar: bar(tokens, most),
        share: percent(tokens, all),
        cost: facts.cost(sum),
        is_name: false,
    }
}

/// A length from 0 to 100, with one digit.
fn bar(part: u64, most: u64) -> String {
    let tenths = u128::from(part) * 1000 / u128::from(most.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn months(facts: &Facts<'_>, review: &Review) -> Vec<Row> {
    let most = review.months.iter().map(|(_, sum)| sum.tokens.total_tokens).max().unwrap_or(0);
    let all = review.total.tokens.total_tokens;
    let past = review.months.iter().filter(|(month, _)| *month <= review.range.end);
    past.map(|(month, sum)| Row {
        name: facts.locale.text(&format!("month-{}", chrono::Datelike::month(month))),
        ..row(facts, sum, (most, all))
    })
    .collect()
}

fn rows(facts: &Facts<'_>, ranking: &Ranking) -> Vec<Row> {
    let all = ranking.total.tokens.total_tokens;
    let most = ranking.slices.first().map_or(0, |slice| slice.sum.tokens.total_tokens);
    let slices = ranking.slices.iter().map(|slice| Row {
        name: slice.name.clone(),
        mark: slice.mark,
        color: slice.color.clone(),
        is_name: true,
        ..row(facts, &slice.sum, (most, all))
    });
    let others = ranking.others.iter().map(|(count, sum)| Row {
        name: facts.others(*count),
        color: "other".to_owned(),
        bar: bar(sum.tokens.total_tokens.min(most), most),
        ..row(facts, sum, (most, all))
    });
    slices.chain(others).collect()
}
