//! Axes: round steps, coordinates, and where words stand.
//!
//! A drawing is 1000 wide and 230 high and stretched to the width of the page. All coordinates are whole tenths, so
//! the same numbers give the same text everywhere.

use std::fmt::Write as _;

use serde::Serialize;

/// Width of a drawing in tenths.
pub(crate) const WIDTH: u64 = 10_000;
/// Height of a drawing in tenths.
pub(crate) const HEIGHT: u64 = 2_300;

/// Ends of an axis, as multiples of ten to some power, and into how many parts each is divided.
const TOPS: [(u64, u64); 10] =
    [(10, 5), (12, 4), (15, 3), (20, 4), (25, 5), (30, 3), (40, 4), (50, 5), (60, 3), (80, 4)];

/// From this part of the width on (in percent), a label ends at its place instead of being centred on it.
const LAST: u64 = 95;

/// A vertical axis from zero to a round number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Axis {
    /// The number at the top.
    pub(crate) top: u64,
    step: u64,
}

/// Words beside an axis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Label {
    /// Place from the start or the top, in percent.
    pub(crate) at: String,
    pub(crate) text: String,
    /// Whether it ends at its place instead of being centred on it.
    pub(crate) is_last: bool,
    /// Whether there is room for it only where the drawing is wide.
    pub(crate) is_wide: bool,
}

impl Axis {
    /// The shortest axis that holds a value.
    pub(crate) fn of(largest: u64) -> Self {
        let mut power: u64 = 1;
        loop {
            for (top, parts) in TOPS {
                if top.saturating_mul(power) >= largest {
                    let top = top.saturating_mul(power);
                    return Self { top, step: top / parts };
                }
            }
            power = power.saturating_mul(10);
        }
    }

    /// A value's place from the top of the drawing, in tenths.
    pub(crate) fn y(self, value: u64) -> u64 {
        HEIGHT - part(value.min(self.top), self.top, HEIGHT)
    }

    /// The values of its lines, from zero up.
    pub(crate) fn values(self) -> Vec<u64> {
        (0..=5_u64)
            .map(|number| number.saturating_mul(self.step))
            .take_while(|value| *value <= self.top)
            .collect()
    }

    /// Its lines as one path.
    pub(crate) fn grid(self) -> String {
        let width = tenths(WIDTH);
        let mut path = String::new();
        for value in self.values() {
            let _ = write!(path, "M0 {}h{width}", tenths(self.y(value)));
        }
        path
    }

    /// Words for its lines.
    pub(crate) fn labels(self, text: impl Fn(u64) -> String) -> Vec<Label> {
        let label = |value: u64| Label {
            at: share(self.y(value), HEIGHT),
            text: plain(&text(value)),
            is_last: false,
            is_wide: false,
        };
        self.values().into_iter().map(label).collect()
    }
}

/// Words below `count` slots, of which those with a text may have one. A word takes `wide` percent of the width where
/// there is room, `narrow` on a phone.
pub(crate) fn below(
    texts: Vec<(usize, String)>,
    count: usize,
    wide: usize,
    narrow: usize,
) -> Vec<Label> {
    let room = texts.len().max(1);
    // How much of the width the slots with a text stand for.
    let spread = texts
        .last()
        .map_or(0, |last| last.0)
        .saturating_sub(texts.first().map_or(0, |first| first.0));
    let spread = (spread * 100 / count.max(1)).max(1);
    let every = |size: usize| (size * (room - 1)).div_ceil(spread).max(1);
    let wide = every(wide);
    // Every place of a phone is also one of the wide drawing.
    let narrow = every(narrow).div_ceil(wide) * wide;
    let mut labels = Vec::new();
    for (number, (slot, text)) in
        texts.into_iter().enumerate().filter(|(number, _)| number % wide == 0)
    {
        let at = (2 * slot as u64 + 1, 2 * count.max(1) as u64);
        let is_last = at.0 * 100 > at.1 * LAST;
        labels.push(Label { at: share(at.0, at.1), text, is_last, is_wide: number % narrow != 0 });
    }
    labels
}

/// `1.50M` as `1.5M`, `$4.00` as `$4`.
fn plain(text: &str) -> String {
    let Some((whole, rest)) = text.split_once('.') else {
        return text.to_owned();
    };
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let (part, unit) = rest.split_at(digits);
    // Cents have two digits or none.
    let part =
        if text.starts_with('$') && part != "00" { part } else { part.trim_end_matches('0') };
    let point = if part.is_empty() { "" } else { "." };
    format!("{whole}{point}{part}{unit}")
}

/// `part / whole` of a length, rounded half up.
pub(crate) fn part(part: u64, whole: u64, length: u64) -> u64 {
    let whole = u128::from(whole.max(1));
    let scaled = (u128::from(part) * u128::from(length) * 2 + whole) / (whole * 2);
    u64::try_from(scaled).unwrap_or(length)
}

/// A share in percent with at most one decimal, as attributes take it.
pub(crate) fn share(of: u64, whole: u64) -> String {
    tenths(part(of, whole, 1_000))
}

/// A number of tenths: `12`, `12.3`.
pub(crate) fn tenths(number: u64) -> String {
    if number.is_multiple_of(10) {
        (number / 10).to_string()
    } else {
        format!("{}.{}", number / 10, number % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_the_next_round_number() {
        let top = |largest| Axis::of(largest).top;
        assert_eq!(
            [0, 7, 10, 11, 13, 16, 21, 26, 31, 41, 51, 61, 81].map(top),
            [10, 10, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100]
        );
        assert_eq!(top(110_000_000), 120_000_000);
        assert_eq!(
            Axis::of(110_000_000).values(),
            [0, 30_000_000, 60_000_000, 90_000_000, 120_000_000]
        );
        assert_eq!(Axis::of(u64::MAX).top, u64::MAX);
    }

    #[test]
    fn lines_are_told_in_short_numbers() {
        let axis = Axis::of(1_400_000);
        assert_eq!(axis.grid(), "M0 230h1000M0 153.3h1000M0 76.7h1000M0 0h1000");
        let labels = axis.labels(crate::tokens);
        let told: Vec<_> =
            labels.iter().map(|label| (label.at.as_str(), label.text.as_str())).collect();
        assert_eq!(told, [("100", "0"), ("66.7", "500K"), ("33.3", "1M"), ("0", "1.5M")]);
        assert_eq!(
            ["$4.00", "$0.50", "1.50亿", "$1,200"].map(plain),
            ["$4", "$0.50", "1.5亿", "$1,200"]
        );
    }

    #[test]
    fn words_below_the_slots_leave_each_other_room() {
        let texts =
            |count: usize| (0..count).map(|slot| (slot, slot.to_string())).collect::<Vec<_>>();
        let told = |labels: Vec<Label>, wide: bool| -> Vec<String> {
            labels
                .into_iter()
                .filter(|label| wide || !label.is_wide)
                .map(|label| label.text)
                .collect()
        };
        assert_eq!(told(below(texts(7), 7, 6, 18), true).len(), 7);
        assert_eq!(told(below(texts(7), 7, 6, 18), false), ["0", "2", "4", "6"]);
        assert_eq!(told(below(texts(40), 40, 6, 18), true).len(), 14);
        let one = below(vec![(3, "x".to_owned())], 4, 6, 18);
        assert_eq!((one[0].at.as_str(), one[0].is_last), ("87.5", false));
        assert!(below(Vec::new(), 0, 6, 18).is_empty());
    }
}
