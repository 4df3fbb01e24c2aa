//! The style `for-the-badge`: large capitals, set apart.

use std::fmt::Write as _;

use super::{Badge, QUIET, escape, has_dark_text, open};
use crate::badge::widths::{Font, pixels};

const HEIGHT: u64 = 28;
/// Space beside a text, in quarters of a pixel.
const MARGIN: u64 = 48;
/// Space after each letter, in quarters of a pixel.
const SPACING: u64 = 5;

/// All widths are in quarters of a pixel: what is drawn is exact.
pub(super) fn svg(badge: &Badge) -> String {
    let (label, message) = (badge.label.to_uppercase(), badge.message.to_uppercase());
    let label_width = width(&label, Font::Verdana10);
    let message_width = width(&message, Font::BoldVerdana10);
    let left = if label.is_empty() { 0 } else { label_width + 2 * MARGIN };
    let right = message_width + 2 * MARGIN;
    let mut svg = open(&hundredths((left + right) * 25), HEIGHT, &label, &message);
    svg.push_str("<g shape-rendering=\"crispEdges\">");
    let (color, left_text, right_text) =
        (escape(&badge.color), hundredths(left * 25), hundredths(right * 25));
    let _ = if left > 0 {
        write!(
            svg,
            "<rect width=\"{left_text}\" height=\"{HEIGHT}\" fill=\"{QUIET}\"/>\
             <rect x=\"{left_text}\" width=\"{right_text}\" height=\"{HEIGHT}\" fill=\"{color}\"/>"
        )
    } else {
        write!(svg, "<rect width=\"{right_text}\" height=\"{HEIGHT}\" fill=\"{color}\"/>")
    };
    svg.push_str(
        "</g><g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,Geneva,DejaVu Sans,sans-serif\" \
         text-rendering=\"geometricPrecision\" font-size=\"100\">",
    );
    if left > 0 {
        write_text(&mut svg, &label, (MARGIN, label_width), "");
    }
    let look = if has_dark_text(&badge.color) {
        " font-weight=\"bold\" fill=\"#333\""
    } else {
        " font-weight=\"bold\""
    };
    write_text(&mut svg, &message, (left + MARGIN, message_width), look);
    svg.push_str("</g></svg>");
    svg
}

/// The middle and the length of a text, ten times as large as they are drawn.
fn write_text(svg: &mut String, text: &str, (start, width): (u64, u64), look: &str) {
    let (x, length, text) =
        (hundredths(start * 250 + width * 125), hundredths(width * 250), escape(text));
    let _ = write!(
        svg,
        "<text transform=\"scale(.1)\" x=\"{x}\" y=\"175\" textLength=\"{length}\"{look}>{text}</text>"
    );
}

/// Letters are counted as a browser's script counts them, in units of UTF-16.
fn width(text: &str, font: Font) -> u64 {
    let letters = u64::try_from(text.encode_utf16().count()).unwrap_or(u64::MAX);
    pixels(text, font).saturating_mul(4).saturating_add(letters.saturating_mul(SPACING))
}

/// A number of hundredths, without zeros at its end.
fn hundredths(number: u64) -> String {
    let (whole, part) = (number / 100, number % 100);
    match (part, part % 10) {
        (0, _) => whole.to_string(),
        (_, 0) => format!("{whole}.{}", part / 10),
        _ => format!("{whole}.{part:02}"),
    }
}
