//! The style `social`: a count in a bubble beside a button.

use std::fmt::Write as _;

use super::{Badge, escape, odd_pixels, open};
use crate::badge::widths::Font;

const HEIGHT: u64 = 20;
const INNER: u64 = 19;
/// Space beside the label and the message, and between their boxes, in pixels.
const LABEL_PADDING: u64 = 5;
const MESSAGE_PADDING: u64 = 4;
const GUTTER: u64 = 6;

pub(super) fn svg(badge: &Badge) -> String {
    let label = capitalised(&badge.label);
    let label_width = odd_pixels(&label, Font::BoldHelvetica11);
    let message_width = odd_pixels(&badge.message, Font::BoldHelvetica11);
    let left = label_width + 2 * LABEL_PADDING;
    let right = message_width + 2 * MESSAGE_PADDING;
    let mut svg = open(&(left + 1 + GUTTER + right).to_string(), HEIGHT, &label, &badge.message);
    write_boxes(&mut svg, left, right, &badge.suffix);
    let (id, label, message) = (&badge.suffix, escape(&label), escape(&badge.message));
    // Tenths of a pixel: the text is drawn ten times as large and scaled down.
    let (label_x, label_length) = (LABEL_PADDING * 10 + label_width * 5, label_width * 10);
    let message_x = (left + GUTTER + MESSAGE_PADDING) * 10 + message_width * 5;
    let message_length = message_width * 10;
    let _ = write!(
        svg,
        "<g aria-hidden=\"true\" fill=\"#333\" text-anchor=\"middle\" \
         font-family=\"Helvetica Neue,Helvetica,Arial,sans-serif\" text-rendering=\"geometricPrecision\" \
         font-weight=\"700\" font-size=\"110px\" line-height=\"14px\">\
         <rect id=\"llink{id}\" stroke=\"#d5d5d5\" fill=\"url(#a{id})\" x=\".5\" y=\".5\" width=\"{left}\" \
         height=\"{INNER}\" rx=\"2\"/>\
         <text aria-hidden=\"true\" x=\"{label_x}\" y=\"150\" fill=\"#fff\" transform=\"scale(.1)\" \
         textLength=\"{label_length}\">{label}</text>\
         <text x=\"{label_x}\" y=\"140\" transform=\"scale(.1)\" textLength=\"{label_length}\">{label}</text>\
         <text aria-hidden=\"true\" x=\"{message_x}\" y=\"150\" fill=\"#fff\" transform=\"scale(.1)\" \
         textLength=\"{message_length}\">{message}</text>\
         <text id=\"rlink{id}\" x=\"{message_x}\" y=\"140\" transform=\"scale(.1)\" \
         textLength=\"{message_length}\">{message}</text></g></svg>"
    );
    svg
}

/// The two boxes with the tip of the bubble.
fn write_boxes(svg: &mut String, left: u64, right: u64, id: &str) {
    let bubble = left + GUTTER;
    let _ = write!(
        svg,
        "<style>a:hover #llink{id}{{fill:url(#b{id});stroke:#ccc}}a:hover #rlink{id}{{fill:#4183c4}}</style>\
         <linearGradient id=\"a{id}\" x2=\"0\" y2=\"100%\"><stop offset=\"0\" stop-color=\"#fcfcfc\" \
         stop-opacity=\"0\"/><stop offset=\"1\" stop-opacity=\".1\"/></linearGradient>\
         <linearGradient id=\"b{id}\" x2=\"0\" y2=\"100%\"><stop offset=\"0\" stop-color=\"#ccc\" \
         stop-opacity=\".1\"/><stop offset=\"1\" stop-opacity=\".1\"/></linearGradient>\
         <g stroke=\"#d5d5d5\"><rect stroke=\"none\" fill=\"#fcfcfc\" x=\".5\" y=\".5\" width=\"{left}\" \
         height=\"{INNER}\" rx=\"2\"/>\
         <rect x=\"{bubble}.5\" y=\".5\" width=\"{right}\" height=\"{INNER}\" rx=\"2\" fill=\"#fafafa\"/>\
         <rect x=\"{bubble}\" y=\"7.5\" width=\".5\" height=\"5\" stroke=\"#fafafa\"/>\
         <path d=\"M{bubble}.5 6.5 l-3 3v1 l3 3\" fill=\"#fafafa\"/></g>"
    );
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}
