//! The styles `flat`, `flat-square` and `plastic`: two boxes of whole pixels.

use std::fmt::Write as _;

use super::{Badge, QUIET, escape, has_dark_text, open};
use crate::badge::widths::{Font, pixels};

/// Space beside a text, in pixels.
const PADDING: u64 = 5;

/// What tells the three styles apart.
pub(super) struct Look {
    height: u64,
    /// Of the text, ten times as large as it is drawn.
    baseline: u64,
    /// Radius of the corners and stops of the gradient; none: square corners, no shadow.
    round: Option<(u64, &'static str)>,
}

pub(super) const FLAT: Look = Look {
    height: 20,
    baseline: 140,
    round: Some((
        3,
        "<stop offset=\"0\" stop-color=\"#bbb\" stop-opacity=\".1\"/><stop offset=\"1\" stop-opacity=\".1\"/>",
    )),
};

pub(super) const FLAT_SQUARE: Look = Look { height: 20, baseline: 140, round: None };

pub(super) const PLASTIC: Look = Look {
    height: 18,
    baseline: 130,
    round: Some((
        4,
        "<stop offset=\"0\" stop-color=\"#fff\" stop-opacity=\".7\"/>\
         <stop offset=\".1\" stop-color=\"#aaa\" stop-opacity=\".1\"/>\
         <stop offset=\".9\" stop-color=\"#000\" stop-opacity=\".3\"/>\
         <stop offset=\"1\" stop-color=\"#000\" stop-opacity=\".5\"/>",
    )),
};

/// Whole pixels that a text is wide, made odd so that it stands on the grid.
pub(in crate::badge) fn odd_pixels(text: &str, font: Font) -> u64 {
    pixels(text, font) | 1
}

/// A text with its place; all numbers in tenths of a pixel: it is drawn ten times as large and scaled down.
struct Line<'a> {
    text: &'a str,
    x: u64,
    y: u64,
    length: u64,
    dark: bool,
}

pub(super) fn svg(badge: &Badge, look: &Look) -> String {
    let width = |text: &str| if text.is_empty() { 0 } else { odd_pixels(text, Font::Verdana11) };
    let (label_width, message_width) = (width(&badge.label), width(&badge.message));
    let left = if badge.label.is_empty() { 0 } else { label_width + 2 * PADDING };
    let right = message_width + 2 * PADDING;
    let mut svg = frame(badge, look, (left, right));
    let (label, message) = (escape(&badge.label), escape(&badge.message));
    if left > 0 {
        let x = (1 + PADDING) * 10 + label_width * 5;
        let line =
            Line { text: &label, x, y: look.baseline, length: label_width * 10, dark: false };
        write_line(&mut svg, &line, look, &badge.suffix);
    }
    let start = if left > 0 { left - 1 + PADDING } else { PADDING };
    let line = Line {
        text: &message,
        x: start * 10 + message_width * 5,
        y: look.baseline,
        length: message_width * 10,
        dark: has_dark_text(&badge.color),
    };
    write_line(&mut svg, &line, look, &badge.suffix);
    svg.push_str("</g></svg>");
    svg
}

/// A badge of the style `flat` whose right part is a drawing: `path` begins at its left edge and is as wide as said.
pub(in crate::badge) fn graph(badge: &Badge, path: impl Fn(u64) -> String, width: u64) -> String {
    let label_width = odd_pixels(&badge.label, Font::Verdana11);
    let left = label_width + 2 * PADDING;
    let mut svg = frame(badge, &FLAT, (left, width + 2 * PADDING));
    let x = (1 + PADDING) * 10 + label_width * 5;
    let label = escape(&badge.label);
    let line = Line { text: &label, x, y: FLAT.baseline, length: label_width * 10, dark: false };
    write_line(&mut svg, &line, &FLAT, &badge.suffix);
    let _ = write!(svg, "<path d=\"{}\"/></g></svg>", path(left + PADDING));
    svg
}

/// Everything but the texts, with the group that they stand in open.
fn frame(badge: &Badge, look: &Look, (left, right): (u64, u64)) -> String {
    let (total, height, id) = (left + right, look.height, &badge.suffix);
    let mut svg = open(&total.to_string(), height, &badge.label, &badge.message);
    let _ = match look.round {
        Some((radius, stops)) => write!(
            svg,
            "<filter id=\"blur{id}\"><feGaussianBlur stdDeviation=\"16\"/></filter>\
             <linearGradient id=\"s{id}\" x2=\"0\" y2=\"100%\">{stops}</linearGradient>\
             <clipPath id=\"r{id}\"><rect width=\"{total}\" height=\"{height}\" rx=\"{radius}\"/></clipPath>\
             <g clip-path=\"url(#r{id})\">"
        ),
        None => write!(svg, "<g shape-rendering=\"crispEdges\">"),
    };
    let color = escape(&badge.color);
    let left_color = if left > 0 { QUIET } else { &color };
    let _ = write!(
        svg,
        "<rect width=\"{left}\" height=\"{height}\" fill=\"{left_color}\"/>\
         <rect x=\"{left}\" width=\"{right}\" height=\"{height}\" fill=\"{color}\"/>"
    );
    if look.round.is_some() {
        let _ = write!(svg, "<rect width=\"{total}\" height=\"{height}\" fill=\"url(#s{id})\"/>");
    }
    svg.push_str(
        "</g><g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,Geneva,DejaVu Sans,sans-serif\" \
         text-rendering=\"geometricPrecision\" font-size=\"110\">",
    );
    svg
}

fn write_line(svg: &mut String, line: &Line<'_>, look: &Look, id: &str) {
    let Line { text, x, y, length, dark } = line;
    let (fill, shadow) = if *dark { (" fill=\"#333\"", "#ccc") } else { ("", "#010101") };
    let below = y + 10;
    let _ = match look.round {
        Some(_) => write!(
            svg,
            "<g transform=\"scale(.1)\"><g aria-hidden=\"true\" fill=\"{shadow}\">\
             <text x=\"{x}\" y=\"{below}\" fill-opacity=\".8\" filter=\"url(#blur{id})\" textLength=\"{length}\">\
             {text}</text>\
             <text x=\"{x}\" y=\"{below}\" fill-opacity=\".3\" textLength=\"{length}\">{text}</text></g>\
             <text x=\"{x}\" y=\"{y}\" textLength=\"{length}\"{fill}>{text}</text></g>"
        ),
        None => write!(
            svg,
            "<text x=\"{x}\" y=\"{y}\" textLength=\"{length}\" transform=\"scale(.1)\"{fill}>{text}</text>"
        ),
    };
}
