//! SVG badges under the names of Token Matters 1.x.

mod widths;

use data_schema::summary::{LatestFile, PeriodSummary};
use minijinja::context;

use crate::SiteError;
use crate::format;
use crate::palette::{BADGE_QUIET, BADGE_VALUE};
use crate::templates::Templates;
use widths::{OTHER, WIDTHS};

/// Space beside a text, in pixels.
const PADDING: u32 = 5;
/// Chinese characters are as wide as the font is high.
const IDEOGRAPHS: std::ops::RangeInclusive<char> = '\u{3400}'..='\u{9fff}';
const EM: u32 = 1100;
/// The least width of the dark card, in tenths of a pixel: its label fits, in a wide font as well.
const DARK_LEAST: usize = 2200;
/// Above this brightness (0 to 1) of a background, text is dark.
const BRIGHT: f64 = 0.69;

/// File name and content of every badge.
pub(crate) fn badges(
    latest: &LatestFile,
    templates: &Templates,
) -> Result<Vec<(String, String)>, SiteError> {
    let week = &latest.last_7_days;
    let label = "Token Usage (7d)";
    let (tokens, both) = (value(week, false), value(week, true));
    let color = if is_empty(week) { BADGE_QUIET } else { BADGE_VALUE };
    Ok(vec![
        ("token-usage.svg".into(), flat(templates, label, &tokens, color)?),
        ("token-usage-cost.svg".into(), flat(templates, label, &both, color)?),
        ("token-usage-pixel.svg".into(), pixel(templates, label, &tokens)?),
        ("token-usage-cost-pixel.svg".into(), pixel(templates, label, &both)?),
        ("token-usage-dark.svg".into(), dark(templates, &latest.last_30_days)?),
    ])
}

fn is_empty(period: &PeriodSummary) -> bool {
    period.totals.requests == 0 && period.totals.tokens.total_tokens == 0
}

/// Tokens of a window, with their cost where it is asked for and known.
fn value(period: &PeriodSummary, with_cost: bool) -> String {
    if is_empty(period) {
        return "no data yet".to_owned();
    }
    let tokens = format::tokens(period.totals.tokens.total_tokens);
    let cost = &period.totals.cost;
    let cost = format::cost(cost.total_usd, cost.unpriced_tokens);
    if with_cost && !cost.is_empty() { format!("{tokens} · {cost}") } else { tokens }
}

/// The two-part badge whose form is that of badge-maker 6.0.0, style `flat`
/// (<https://github.com/badges/shields>, read 2026-11-19).
pub(crate) fn flat(
    templates: &Templates,
    label: &str,
    message: &str,
    color: &str,
) -> Result<String, SiteError> {
    let part = |text: &str| if text.is_empty() { 0 } else { text_width(text) };
    let (label_text, message_text) = (part(label), part(message));
    let left = if label.is_empty() { 0 } else { label_text + 2 * PADDING };
    let right = message_text + 2 * PADDING;
    let message_start = if left > 0 { left - 1 + PADDING } else { PADDING };
    let dark_text = brightness(color) > BRIGHT;
    let svg = templates.render(
        "badge-flat.svg",
        context! {
            title => if label.is_empty() { message.to_owned() } else { format!("{label}: {message}") },
            width => left + right,
            left => left,
            right => right,
            left_color => if label.is_empty() { color } else { BADGE_QUIET },
            right_color => color,
            label => label,
            message => message,
            // Tenths of a pixel: the text is drawn ten times as large and scaled down.
            label_x => (1 + PADDING) * 10 + label_text * 5,
            label_length => label_text * 10,
            message_x => message_start * 10 + message_text * 5,
            message_length => message_text * 10,
            dark_text => dark_text,
        },
    )?;
    Ok(svg.trim_end().to_owned())
}

/// Whole pixels that a text is wide, made odd so that it stands on the grid.
fn text_width(text: &str) -> u32 {
    let width = |letter: char| {
        if IDEOGRAPHS.contains(&letter) {
            return EM;
        }
        let place = WIDTHS.binary_search_by_key(&letter, |(known, _)| *known);
        place.map_or(OTHER, |place| WIDTHS[place].1)
    };
    let hundredths: u32 = text.chars().map(width).sum();
    (hundredths / 100) | 1
}

/// Perceived brightness of a colour (<https://www.w3.org/TR/AERT/#color-contrast>), 0 to 1.
fn brightness(color: &str) -> f64 {
    let digits = color.trim_start_matches('#');
    let digits: String = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        _ => digits.to_owned(),
    };
    let channel = |from: usize| {
        let value = digits.get(from..from + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        f64::from(value.unwrap_or(0))
    };
    (channel(0) * 299.0 + channel(2) * 587.0 + channel(4) * 114.0) / 255_000.0
}

/// The monospaced badge of 1.x: 7.2 pixels a character.
fn pixel(templates: &Templates, label: &str, value: &str) -> Result<String, SiteError> {
    let part = |text: &str| tenths(text, 72) + 160;
    let (left, right) = (part(label), part(value));
    let svg = templates.render(
        "badge-pixel.svg",
        context! {
            title => format!("{label}: {value}"),
            label => label,
            value => value,
            width => decimal(left + 120 + right + 160),
            inner => decimal(left + 120 + right + 150),
            value_x => decimal(left + 120),
        },
    )?;
    Ok(svg.trim_end().to_owned())
}

/// The large card of 1.x: all digits of 30 days.
fn dark(templates: &Templates, month: &PeriodSummary) -> Result<String, SiteError> {
    let digits = format::grouped(month.totals.tokens.total_tokens);
    let digits_width = tenths(&digits, 144);
    let width = (digits_width + 520 + 400).max(DARK_LEAST);
    let label = "AI Tokens I Used · Last 30 Days";
    let svg = templates.render(
        "badge-dark.svg",
        context! {
            title => format!("{label}: {digits} tokens"),
            label => label,
            digits => digits,
            width => decimal(width),
            word_x => decimal(200 + digits_width + 60),
        },
    )?;
    Ok(svg.trim_end().to_owned())
}

/// Width of a monospaced text, in tenths of a pixel.
fn tenths(text: &str, per_character: usize) -> usize {
    text.chars().count() * per_character
}

fn decimal(tenths: usize) -> String {
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        rest => format!("{}.{rest}", tenths / 10),
    }
}

#[cfg(test)]
mod tests;
