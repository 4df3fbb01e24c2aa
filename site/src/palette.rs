//! All colours, as data. Every one has a value on light and one on dark; tests check contrast and that series stay
//! apart for every kind of colour vision.
//!
//! Badges, cards and pages take their colours from here and nowhere else.

use std::fmt::Write as _;

/// A colour on a light and on a dark background.
pub(crate) type Pair = (&'static str, &'static str);

/// Colours of series, in the order in which they are given away. What has none is drawn in [`OTHER`].
pub(crate) const SERIES: [Pair; 6] = [
    ("#0a84e8", "#8fb4ff"),
    ("#a43203", "#f5a65b"),
    ("#2f7a5a", "#4fe0c0"),
    ("#6b1f5c", "#e5467f"),
    ("#9c8200", "#a88a22"),
    ("#5c37c5", "#9a6cf0"),
];

/// Everything that is not told apart.
pub(crate) const OTHER: Pair = ("#77808c", "#8b95a1");

/// Levels of the calendar, from no use to most.
pub(crate) const RAMP: [Pair; 6] = [
    ("#e9edf2", "#1f2831"),
    ("#b5d3f5", "#173b63"),
    ("#6fabec", "#1d5c9e"),
    ("#2f7fd6", "#3a87d8"),
    ("#0f55a3", "#79b4f2"),
    ("#08305f", "#c4e0ff"),
];

/// Roles: CSS variable, on light, on dark.
///
/// `page` and `card` are backgrounds, `ink` and `soft` texts, `link` links and focus, `line` and `track` only
/// separate, `good`, `warn` and `bad` say exact, estimated and over a budget.
pub(crate) const ROLES: [(&str, Pair); 10] = [
    ("page", ("#ffffff", "#0e1318")),
    ("card", ("#f5f6f8", "#171e26")),
    ("ink", ("#14181d", "#e9edf2")),
    ("soft", ("#56606c", "#9aa6b2")),
    ("link", ("#0a58c2", "#7fb2ff")),
    ("line", ("#d5dae1", "#2c3641")),
    ("track", ("#e4e8ed", "#26303a")),
    ("good", ("#0b6b3a", "#5fd08f")),
    ("warn", ("#8a5300", "#f0b455")),
    ("bad", ("#b3261e", "#ff8a80")),
];

/// Colours of badges by name: white text stands out on all of them, and all stand out from white and from
/// GitHub's dark canvas.
pub(crate) const BADGE: [(&str, &str); 6] = [
    ("blue", "#0b6bcb"),
    ("green", "#0b6b3a"),
    ("amber", "#8a5300"),
    ("red", "#b3261e"),
    ("violet", "#5c37c5"),
    ("grey", "#555"),
];

/// A role's colours.
pub(crate) fn role(name: &str) -> Pair {
    ROLES.iter().find(|(known, _)| *known == name).map_or(OTHER, |(_, pair)| *pair)
}

/// All colours as CSS variables of one theme: `--page` …, `--s0` … `--s5`, `--other`, `--l0` … `--l5`.
pub(crate) fn variables(dark: bool) -> String {
    let pick = |pair: Pair| if dark { pair.1 } else { pair.0 };
    let mut css = String::new();
    for (name, pair) in ROLES {
        let _ = write!(css, "--{name}:{};", pick(pair));
    }
    for (index, pair) in SERIES.into_iter().enumerate() {
        let _ = write!(css, "--s{index}:{};", pick(pair));
    }
    let _ = write!(css, "--other:{};", pick(OTHER));
    for (index, pair) in RAMP.into_iter().enumerate() {
        let _ = write!(css, "--l{index}:{};", pick(pair));
    }
    css
}

#[cfg(test)]
mod tests;
