//! The gallery of badges and cards, with the lines to copy.

mod lines;

use serde::Serialize;

use crate::SiteError;
use crate::badge::metric::{self, Metric, Numbers, Span};
use crate::badge::{self, CLASSIC, SPARK, Style, own};
use crate::card::CARDS;
use crate::context::{Context, Head};
use crate::output::File;
use crate::period::Window;
use lines::{Picture, Take};

/// The stretch that is chosen at first: what people expect of a badge.
const CHOSEN: Span = Span::Of(Window::Days30);

#[derive(Serialize)]
struct Body {
    /// Whether addresses are whole.
    has_address: bool,
    periods: Vec<Period>,
    groups: Vec<Group>,
    own: Vec<Take>,
    styles: Vec<Named>,
    cards: Vec<Group>,
    classic: Vec<Named>,
    /// The line that asks shields.io for a badge: it needs a whole address.
    shields: Option<String>,
    /// Two lines of which GitHub shows one.
    pair: String,
}

#[derive(Serialize)]
struct Period {
    id: &'static str,
    name: String,
    is_chosen: bool,
}

/// Badges of one metric, or one card.
#[derive(Serialize)]
struct Group {
    id: &'static str,
    title: String,
    about: String,
    takes: Vec<Take>,
}

/// A picture with its file and, in the list of styles, the name of its style.
#[derive(Serialize)]
struct Named {
    name: &'static str,
    file: String,
    picture: Picture,
}

pub(crate) fn files(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let numbers = Numbers::new(context.data);
    let locale = &context.locale;
    let head = Head {
        title: locale.text("badges-title"),
        description: locale.text("badges-description"),
        section: "badges",
        ..Head::default()
    };
    let period = |span: &Span| Period {
        id: span.id(),
        name: locale.text(&format!("badges-period-{}", span.id())),
        is_chosen: *span == CHOSEN,
    };
    let body = Body {
        has_address: context.address("").is_some(),
        periods: Span::PERIODS.iter().map(period).collect(),
        groups: groups(context, &numbers),
        own: own_badges(context, &numbers),
        styles: styles(context, &numbers),
        cards: CARDS.into_iter().map(|name| card(context, name)).collect(),
        classic: classics(context),
        shields: shields(context, &numbers),
        pair: pair(context),
    };
    Ok(vec![context.page("badges/index.html", "pages/badges.html", head, &body)?])
}

/// Every metric of every stretch, and the drawing of 30 days.
fn groups(context: &Context<'_>, numbers: &Numbers) -> Vec<Group> {
    let locale = &context.locale;
    let take = |metric: Metric, span: Span| {
        let saying = numbers.saying(locale, metric, span);
        let alt = format!("{}: {}", saying.label, saying.message);
        let path = badge::path(&metric::stem(metric, span));
        let label = metric::lasting_label(locale, metric, span);
        Take::new(context, &path, &label, alt).of(span.id())
    };
    let is_told = |metric: &Metric| *metric != Metric::Limit || numbers.has_limit();
    let shown = Metric::ALL.into_iter().filter(|metric| metric.is_shown(context.data));
    let shown = shown.filter(is_told);
    let mut groups: Vec<Group> = shown
        .map(|metric| {
            let takes = metric.spans().iter().map(|span| take(metric, *span)).collect();
            group(context, metric.id(), takes)
        })
        .collect();
    let saying = numbers.saying(locale, Metric::Tokens, CHOSEN);
    let alt = format!("{}: {}", saying.label, saying.message);
    let spark = Take::new(context, &badge::path(SPARK), &saying.label, alt).of(Span::Now.id());
    groups.push(group(context, "spark", vec![spark]));
    groups
}

fn group(context: &Context<'_>, id: &'static str, takes: Vec<Take>) -> Group {
    let text = |kind: &str| context.locale.text(&format!("badges-{kind}-{id}"));
    Group { id, title: text("name"), about: text("about"), takes }
}

fn own_badges(context: &Context<'_>, numbers: &Numbers) -> Vec<Take> {
    let take = |own: own::Own| {
        let (label, message) = (own.badge.label(), own.badge.message());
        let (label, alt) = match label {
            "" => (own.stem.as_str(), message.to_owned()),
            label => (label, format!("{label}: {message}")),
        };
        Take::new(context, &badge::path(&own.stem), label, alt)
    };
    own::badges(context, numbers).into_iter().map(take).collect()
}

/// One badge in all styles.
fn styles(context: &Context<'_>, numbers: &Numbers) -> Vec<Named> {
    let saying = numbers.saying(&context.locale, Metric::Tokens, CHOSEN);
    let stem = metric::stem(Metric::Tokens, CHOSEN);
    let style = |style: Style| {
        let file = badge::path(&badge::with_style(&stem, style));
        let alt = format!("{}: {}", saying.label, saying.message);
        Named { name: style.name(), picture: Picture { path: file.clone(), alt }, file }
    };
    Style::ALL.map(style).into()
}

/// The badges of 1.x; where costs are hidden, those that once told them are not shown.
fn classics(context: &Context<'_>) -> Vec<Named> {
    let is_shown = |name: &&str| context.data.shows_cost() || !name.contains("cost");
    let named = |name: &'static str| {
        let file = badge::path(name);
        let alt = context.locale.text(&format!("badges-{name}"));
        Named { name, picture: Picture { path: file.clone(), alt }, file }
    };
    CLASSIC.into_iter().filter(is_shown).map(named).collect()
}

fn card(context: &Context<'_>, name: &'static str) -> Group {
    let title = context.locale.text(&format!("card-{name}"));
    let take = Take::new(context, &format!("card/{name}.svg"), &title, title.clone());
    Group { id: name, about: String::new(), takes: vec![take], title }
}

fn shields(context: &Context<'_>, numbers: &Numbers) -> Option<String> {
    let saying = numbers.saying(&context.locale, Metric::Tokens, CHOSEN);
    let stem = metric::stem(Metric::Tokens, CHOSEN);
    let json = context.address(&format!("badge/{stem}.json"))?;
    let url = format!("https://img.shields.io/endpoint?url={}", lines::percent_encoded(&json));
    Some(lines::markdown_picture(&saying.label, &url))
}

/// GitHub hides one of two pictures by the fragments of their addresses.
fn pair(context: &Context<'_>) -> String {
    let label = context.locale.text("card-calendar");
    let line = |theme: &str| {
        let path = lines::address(context, &format!("card/calendar-{theme}.svg"));
        lines::markdown_picture(&label, &format!("{path}#gh-{theme}-mode-only"))
    };
    format!("{}\n{}", line("dark"), line("light"))
}
