//! The five badges of Token Matters 1.x, as they were.

use std::fmt::Write as _;

use data_schema::summary::{LatestFile, PeriodSummary};

use crate::badge::metric::color;
use crate::badge::shape::{Badge, QUIET, escape, open};
use crate::locale::numbers as format;
use crate::output::File;

/// Their names.
pub(crate) const CLASSIC: [&str; 5] = [
    "token-usage",
    "token-usage-cost",
    "token-usage-pixel",
    "token-usage-cost-pixel",
    "token-usage-dark",
];

/// The least width of the dark card, in tenths of a pixel: its label fits, in a wide font as well.
const DARK_LEAST: usize = 2200;

pub(super) fn files(latest: &LatestFile) -> Vec<File> {
    let badges = CLASSIC.into_iter().zip(badges(latest));
    badges.map(|(name, svg)| File::new(super::path(name), svg)).collect()
}

/// In the order of [`CLASSIC`].
pub(super) fn badges(latest: &LatestFile) -> [String; 5] {
    let week = &latest.last_7_days;
    let label = "Token Usage (7d)";
    let (tokens, both) = (value(week, false), value(week, true));
    let color = if is_empty(week) { QUIET } else { color("blue") };
    let flat = |message: &str| Badge::new(label, message).with_color(color).svg();
    [
        flat(&tokens),
        flat(&both),
        pixel(label, &tokens),
        pixel(label, &both),
        dark(&latest.last_30_days),
    ]
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

/// A monospaced badge: 7.2 pixels a character.
fn pixel(label: &str, value: &str) -> String {
    let part = |text: &str| tenths(text, 72) + 160;
    let (left, right) = (part(label), part(value));
    let width = left + 120 + right + 160;
    let mut svg = open(&decimal(width), 22, label, value);
    let (inner, value_x) = (decimal(width - 10), decimal(left + 120));
    let (label, value) = (escape(label), escape(value));
    let _ = write!(
        svg,
        "<rect x=\"0.5\" y=\"0.5\" width=\"{inner}\" height=\"21\" fill=\"#fff\" stroke=\"#000\"/>\
         <g fill=\"#000\" font-family=\"Consolas,Monaco,Courier,monospace\" font-size=\"12\">\
         <text x=\"8\" y=\"15\">{label}</text><text x=\"{value_x}\" y=\"15\">{value}</text></g></svg>"
    );
    svg
}

/// The large card: all digits of 30 days.
fn dark(month: &PeriodSummary) -> String {
    let digits = format::grouped(month.totals.tokens.total_tokens);
    let digits_width = tenths(&digits, 144);
    let width = decimal((digits_width + 520 + 400).max(DARK_LEAST));
    let word_x = decimal(200 + digits_width + 60);
    let label = "AI Tokens I Used · Last 30 Days";
    let mut svg = open(&width, 62, label, &format!("{digits} tokens"));
    let _ = write!(
        svg,
        "<rect width=\"{width}\" height=\"62\" rx=\"10\" fill=\"#171717\"/>\
         <text x=\"20\" y=\"22\" fill=\"#a3a3a3\" font-size=\"11\" letter-spacing=\"0.05em\" \
         font-family=\"Inter,SF Pro Display,system-ui,sans-serif\">{label}</text>\
         <text x=\"20\" y=\"48\" fill=\"#f5f5f5\" font-size=\"24\" font-weight=\"300\" letter-spacing=\"-0.02em\" \
         font-family=\"SF Mono,Consolas,Monaco,monospace\">{digits}</text>\
         <text x=\"{word_x}\" y=\"48\" fill=\"#a3a3a3\" font-size=\"12\" \
         font-family=\"Inter,SF Pro Display,system-ui,sans-serif\">tokens</text></svg>"
    );
    svg
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
