//! A badge whose right part draws 30 days.

use std::fmt::Write as _;

use crate::badge::metric::Saying;
use crate::badge::shape::{Badge, graph};
use crate::context::Context;
use crate::period::Window;

/// The drawing, in pixels: a bar and a gap for each of 30 days.
const WIDTH: u64 = 60;
const HEIGHT: u64 = 12;
/// Lower edge of the drawing.
const BASE: u64 = 16;

/// Tokens by day as bars; where there are none, words.
pub(crate) fn svg(context: &Context<'_>, saying: &Saying, name: &str) -> String {
    let badge =
        Badge::new(&saying.label, &saying.message).with_color(saying.color).with_ids_of(name);
    let range = Window::Days30.range(context.data.end, None);
    let days = context.data.cube.all().within(range).days();
    let tokens: Vec<u64> = range
        .start
        .iter_days()
        .take_while(|day| *day <= range.end)
        .map(|day| days.get(&day).map_or(0, |sum| sum.tokens.total_tokens))
        .collect();
    if tokens.iter().all(|tokens| *tokens == 0) {
        return badge.svg();
    }
    graph(&badge, |left| bars(&tokens, left), WIDTH)
}

fn bars(tokens: &[u64], left: u64) -> String {
    let most = tokens.iter().max().copied().unwrap_or(0).max(1);
    let mut path = String::with_capacity(tokens.len() * 16);
    for (x, tokens) in (left..).step_by(2).zip(tokens).filter(|(_, tokens)| **tokens > 0) {
        // Tenths of a pixel; the smallest bar can still be seen.
        let tenths = u128::from(*tokens) * u128::from(HEIGHT * 10) / u128::from(most);
        let tenths = tenths.max(5);
        let (whole, part) = (tenths / 10, tenths % 10);
        let height = if part == 0 { whole.to_string() } else { format!("{whole}.{part}") };
        let _ = write!(path, "M{x} {BASE}v-{height}h1v{height}z");
    }
    path
}
