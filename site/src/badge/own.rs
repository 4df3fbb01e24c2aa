//! Badges of the user's own, from the shared settings. What is not as it should be is left out: a badge must never
//! keep the pages from being built.

use std::collections::BTreeSet;

use data_schema::settings::BadgeSettings;

use crate::badge::metric::{self, Metric, Numbers, Span};
use crate::badge::shape::{Badge, QUIET, Style};
use crate::badge::{CLASSIC, SPARK};
use crate::context::Context;
use crate::names;
use crate::period::Window;

/// Longest name of a file.
const LETTERS: usize = 60;

/// A badge of the user's own: file name without its ending, and picture.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) stem: String,
    pub(crate) badge: Badge,
}

/// All that can be made; of two with one name, the first.
pub(crate) fn badges(context: &Context<'_>, numbers: &Numbers) -> Vec<Own> {
    let mut taken = built_in();
    let mut made = Vec::new();
    for settings in &context.data.site.badges {
        // Some file systems know no difference between `A` and `a`.
        let key = settings.name.to_ascii_lowercase();
        if let Some(badge) = badge(context, numbers, settings)
            && is_safe(&settings.name)
            && taken.insert(key)
        {
            made.push(Own { stem: settings.name.clone(), badge });
        }
    }
    made
}

/// Names that are ours, whether or not they are published.
fn built_in() -> BTreeSet<String> {
    let mut all: BTreeSet<String> = CLASSIC.iter().map(|name| (*name).to_owned()).collect();
    all.insert(SPARK.to_owned());
    for metric in Metric::ALL {
        for span in metric.spans() {
            let stem = metric::stem(metric, *span);
            all.extend(Style::ALL.map(|style| super::with_style(&stem, style)));
        }
    }
    all
}

/// Letters, digits and `-`, beginning with one of the former, and no name of a device.
fn is_safe(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let lower = name.to_ascii_lowercase();
    name.len() <= LETTERS && name.chars().all(is_letter) && names::slug(&lower) == lower
}

fn badge(context: &Context<'_>, numbers: &Numbers, settings: &BadgeSettings) -> Option<Badge> {
    let metric = Metric::of_id(&settings.metric).filter(|metric| metric.is_shown(context.data))?;
    let span = match (metric.spans(), &settings.period) {
        ([only], _) => *only,
        (_, None) => Span::Of(Window::Days30),
        (_, Some(id)) => Span::of_id(id)?,
    };
    let style = match &settings.style {
        None => Style::Flat,
        Some(name) => Style::ALL.into_iter().find(|style| style.name() == name)?,
    };
    let wanted = match &settings.color {
        None => None,
        Some(name) => Some(color(name)?),
    };
    let mut saying = numbers.saying(&context.locale, metric, span);
    if let Some(label) = &settings.label {
        // An empty label is a badge without a left part.
        saying.label = if label.trim().is_empty() { String::new() } else { names::line(label) };
    }
    // Where there is nothing to show, the badge is grey whatever colour it is to have.
    let color = wanted.as_deref().filter(|_| saying.color != QUIET).unwrap_or(saying.color);
    let badge = Badge::new(&saying.label, &saying.message).with_color(color).with_style(style);
    Some(badge.with_ids_of(&settings.name))
}

/// A colour by its name, or as `#rrggbb`.
fn color(name: &str) -> Option<String> {
    if let Some(color) = metric::named_color(name) {
        return Some(color.to_owned());
    }
    let digits = name.strip_prefix('#')?;
    let is_color = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_color.then(|| name.to_ascii_lowercase())
}
