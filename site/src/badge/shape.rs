//! Badges of two texts in five styles. Their form is that of badge-maker 6.0.0, byte by byte
//! (<https://github.com/badges/shields>, read 2026-11-19).

mod flat;
mod social;
mod wide;

use std::fmt::Write as _;

pub(super) use flat::{graph, odd_pixels};

/// Left part of a badge, and its right part where there is nothing to show.
pub(crate) const QUIET: &str = "#555";
/// Above this brightness of a background, in hundredths, text is dark.
const BRIGHT: u32 = 69;

/// The look of a badge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Style {
    /// Round corners, a slight gradient.
    #[default]
    Flat,
    /// Square corners, no gradient.
    FlatSquare,
    /// Large capitals.
    ForTheBadge,
    /// A strong gradient.
    Plastic,
    /// A count beside a button.
    Social,
}

impl Style {
    /// All of them, that of plain file names first.
    pub const ALL: [Self; 5] =
        [Self::Flat, Self::FlatSquare, Self::ForTheBadge, Self::Plastic, Self::Social];

    /// Its name in settings and, but for `flat`, at the end of file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::FlatSquare => "flat-square",
            Self::ForTheBadge => "for-the-badge",
            Self::Plastic => "plastic",
            Self::Social => "social",
        }
    }
}

/// A badge of two texts. Whatever they hold, [`Badge::svg`] is well-formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    label: String,
    message: String,
    color: String,
    style: Style,
    suffix: String,
}

impl Badge {
    /// A grey badge of the style `flat`. The label may be empty: there is then no left part.
    pub fn new(label: &str, message: &str) -> Self {
        Self {
            label: plain(label),
            message: plain(message),
            color: QUIET.to_owned(),
            style: Style::Flat,
            suffix: String::new(),
        }
    }

    /// With a colour of its right part, `#rrggbb` or `#rgb`.
    #[must_use]
    pub fn with_color(mut self, color: &str) -> Self {
        color.clone_into(&mut self.color);
        self
    }

    /// In another style.
    #[must_use]
    pub fn with_style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// With ids of its own, made of a name: several badges can then stand in one page as `<svg>` elements.
    #[must_use]
    pub fn with_ids_of(mut self, name: &str) -> Self {
        // FNV-1a: short, and the same name has the same ids in every build.
        let mut hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        self.suffix.clear();
        for _ in 0..4 {
            let digit = u32::try_from(hash % 36).ok().and_then(|digit| char::from_digit(digit, 36));
            self.suffix.extend(digit);
            hash /= 36;
        }
        self
    }

    /// Its left text.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Its right text.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The colour of its right part.
    pub fn color(&self) -> &str {
        &self.color
    }

    /// The picture.
    pub fn svg(&self) -> String {
        match self.style {
            Style::Flat => flat::svg(self, &flat::FLAT),
            Style::FlatSquare => flat::svg(self, &flat::FLAT_SQUARE),
            Style::Plastic => flat::svg(self, &flat::PLASTIC),
            Style::ForTheBadge => wide::svg(self),
            Style::Social => social::svg(self),
        }
    }
}

/// The beginning of a picture: its size, and what a screen reader says.
pub(super) fn open(width: &str, height: u64, label: &str, message: &str) -> String {
    let (label, message) = (escape(label), escape(message));
    let title = if label.is_empty() { message } else { format!("{label}: {message}") };
    let mut svg = String::with_capacity(1_700);
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-label=\"{title}\"><title>{title}</title>"
    );
    svg
}

/// Text without what XML cannot hold and what cannot be seen: control characters become spaces.
fn plain(text: &str) -> String {
    let is_letter = |letter: &char| !matches!(letter, '\u{fffe}' | '\u{ffff}');
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    text.chars().filter(is_letter).map(plain).collect()
}

/// Text as XML, in elements and in attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Whether text on a colour is dark: its perceived brightness
/// (<https://www.w3.org/TR/AERT/#color-contrast>), rounded to hundredths, is high.
fn has_dark_text(color: &str) -> bool {
    let digits = color.trim_start_matches('#');
    let digits: String = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        _ => digits.to_owned(),
    };
    let channel = |from: usize| {
        let value = digits.get(from..from + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        u32::from(value.unwrap_or(0))
    };
    let brightness = channel(0) * 299 + channel(2) * 587 + channel(4) * 114;
    (brightness * 100 + 127_500) / 255_000 > BRIGHT
}
