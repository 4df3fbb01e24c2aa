//! Drawings of a word's size: bars of a year, the line of a ratio.

use std::fmt::Write as _;

use super::scale::{part, tenths};

/// Bars in a box of `width` by `height`, as one path; the highest fills the box.
pub(crate) fn bars(values: &[u64], width: u64, height: u64) -> String {
    let (width, height) = (width * 10, height * 10);
    let largest = values.iter().copied().max().unwrap_or(0);
    let count = values.len().max(1) as u64;
    let mut path = String::new();
    for (slot, value) in values.iter().enumerate().filter(|(_, value)| **value > 0) {
        let start = width * slot as u64 / count;
        let size = (width / count * 4 / 5).max(1);
        let tall = part(*value, largest, height).max(10);
        let _ = write!(
            path,
            "M{} {}h{}v{}h-{2}z",
            tenths(start),
            tenths(height - tall),
            tenths(size),
            tenths(tall)
        );
    }
    path
}

/// A line in a box of `width` by `height` for parts of a whole, as one path; where there is none, it breaks.
pub(crate) fn line(values: &[Option<(u64, u64)>], width: u64, height: u64) -> String {
    let (width, height) = (width * 10, height * 10);
    let last = values.len().saturating_sub(1).max(1) as u64;
    let mut path = String::new();
    for (slot, value) in values.iter().enumerate() {
        let Some((of, whole)) = value else { continue };
        let is_first = slot == 0 || values[slot - 1].is_none();
        let (x, y) = (width * slot as u64 / last, height - part(*of, *whole, height));
        let _ = write!(path, "{}{} {}", if is_first { 'M' } else { 'L' }, tenths(x), tenths(y));
        // A point alone is a dot: a line of no length with round ends.
        if is_first && values.get(slot + 1).is_none_or(Option::is_none) {
            path.push_str("h0");
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_box_and_the_smallest_is_seen() {
        assert_eq!(bars(&[10, 0, 5, 1], 40, 20), "M0 0h8v20h-8zM20 10h8v10h-8zM30 18h8v2h-8z");
        assert_eq!(bars(&[1_000, 1], 20, 10), "M0 0h8v10h-8zM10 9h8v1h-8z");
        assert_eq!(bars(&[0, 0], 20, 10), "");
    }

    #[test]
    fn a_line_breaks_where_nothing_is_known() {
        let half = Some((1, 2));
        assert_eq!(line(&[half, Some((1, 1)), None, half], 30, 10), "M0 5L10 0M30 5h0");
        assert_eq!(line(&[], 30, 10), "");
    }
}
