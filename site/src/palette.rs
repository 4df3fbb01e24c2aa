//! Colours of sources: eight slots that stay apart for every kind of colour vision, in light and dark.
//!
//! Hues follow Okabe and Ito (<https://jfly.uni-koeln.de/color/>, read 2026-11-19), with lightness set for
//! each background. A test checks their contrast.

use std::fmt::Write as _;

/// One slot: on a light and on a dark background.
pub(crate) const SLOTS: [(&str, &str); 8] = [
    ("#b84f14", "#f0894a"),
    ("#1668a8", "#5aaef0"),
    ("#11805e", "#3ac79b"),
    ("#8a4fb0", "#c493e6"),
    ("#8a6d00", "#dcb93c"),
    ("#b03a5b", "#f07f9f"),
    ("#4a6572", "#9db8c6"),
    ("#5b7a1c", "#a6cb58"),
];

/// Everything that is not a source's: CSS variable, on light, on dark.
///
/// `page` and `card` are the backgrounds, `ink` and `soft` texts, `accent` links and bars, `line` and `track`
/// what only separates, `other` the sources beyond the slots.
const THEME: [(&str, &str, &str); 8] = [
    ("page", "#f6f5f2", "#111318"),
    ("card", "#ffffff", "#191c22"),
    ("ink", "#1c1f24", "#eceef2"),
    ("soft", "#5d636d", "#a0a7b4"),
    ("accent", "#1668a8", "#5aaef0"),
    ("line", "#e3e1dc", "#2a2f38"),
    ("track", "#eceae5", "#272c35"),
    ("other", "#85898f", "#747b87"),
];

/// Slots of the three bars of the sign, from left to right.
pub(crate) const SIGN: [usize; 3] = [1, 0, 2];

/// Left part of a badge, and its right part where there is nothing to show.
pub(crate) const BADGE_QUIET: &str = "#555";
/// Right part of a badge: the accent of the light page, on which white text stands out.
pub(crate) const BADGE_VALUE: &str = "#1668a8";

/// All colours as CSS variables of one theme: `--page` …, and the slots `--s0` ….
pub(crate) fn variables(dark: bool) -> String {
    let mut css = String::new();
    for (name, light_color, dark_color) in THEME {
        let _ = write!(css, "--{name}:{};", if dark { dark_color } else { light_color });
    }
    for (index, (light_color, dark_color)) in SLOTS.iter().enumerate() {
        let _ = write!(css, "--s{index}:{};", if dark { dark_color } else { light_color });
    }
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of WCAG 2.2.
    fn luminance(color: &str) -> f64 {
        let channel = |from: usize| {
            let value = f64::from(u8::from_str_radix(&color[from..from + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// A colour of the theme on light and on dark.
    fn theme(name: &str) -> [&'static str; 2] {
        let (_, light, dark) = THEME.iter().find(|(known, ..)| *known == name).unwrap();
        [light, dark]
    }

    #[test]
    fn every_slot_stands_out_from_the_card() {
        let [light_card, dark_card] = theme("card");
        for (light, dark) in SLOTS {
            assert!(contrast(light, light_card) >= 4.5, "{light}");
            assert!(contrast(dark, dark_card) >= 4.5, "{dark}");
        }
    }

    #[test]
    fn every_text_can_be_read_on_every_background() {
        // WCAG 2.2, 1.4.3: 4.5 for text; 1.4.11: 3 for what is drawn.
        for (colors, backgrounds, least) in [
            (["ink", "soft", "accent"].as_slice(), ["page", "card", "track"].as_slice(), 4.5),
            (&["other"], &["card"], 3.0),
        ] {
            for (color, background) in
                colors.iter().flat_map(|color| backgrounds.iter().map(move |back| (color, back)))
            {
                for (color, background) in theme(color).into_iter().zip(theme(background)) {
                    let found = contrast(color, background);
                    assert!(found >= least, "{color} on {background}: {found:.2}");
                }
            }
        }
        assert!(contrast("#ffffff", BADGE_VALUE) >= 4.5);
    }
}
