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

/// Backgrounds that the colours stand on: light and dark.
pub(crate) const BACKGROUNDS: (&str, &str) = ("#ffffff", "#191c22");

/// The background `--card` and the slots `--s0` … as CSS variables of one theme.
pub(crate) fn variables(dark: bool) -> String {
    let card = if dark { BACKGROUNDS.1 } else { BACKGROUNDS.0 };
    let mut css = format!("--card:{card};");
    for (index, (light_color, dark_color)) in SLOTS.iter().enumerate() {
        let color = if dark { dark_color } else { light_color };
        let _ = write!(css, "--s{index}:{color};");
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

    #[test]
    fn every_colour_stands_out_from_its_background() {
        for (light, dark) in SLOTS {
            assert!(contrast(light, BACKGROUNDS.0) >= 4.5, "{light}");
            assert!(contrast(dark, BACKGROUNDS.1) >= 4.5, "{dark}");
        }
    }
}
