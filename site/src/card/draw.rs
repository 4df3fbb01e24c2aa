//! A drawing: shapes and texts in, one SVG out, with colours for both themes or for one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::font::{FAMILY, Fonts};
use crate::palette::{self, Pair};

/// Fonts that are as wide as ours.
const WIDE: &str = "DejaVu Sans,Verdana,Geneva,sans-serif";
/// Fonts of cards, which are narrower or as wide.
const SYSTEM: &str = "system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,DejaVu Sans,sans-serif";

/// Part of a text's height that letters reach above the line on which they stand, and below it.
const ASCENT: f32 = 1.0;
const HEIGHT: f32 = 1.4;

/// Which colours a drawing has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    /// Both: those on dark where the reader prefers that.
    Both,
    Light,
    Dark,
}

/// What a drawing is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A browser: it has fonts of its own, and any letter.
    Browser,
    /// Whoever opens a large picture; texts stand beside texts, so that widths must be as they were measured.
    Viewer,
    /// Our own maker of PNG, with the fonts that are there.
    Pixels,
}

/// A colour of the palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Paint {
    Role(&'static str),
    Series(usize),
    Other,
    Level(usize),
}

impl Paint {
    pub(crate) const PAGE: Self = Self::Role("page");
    pub(crate) const CARD: Self = Self::Role("card");
    pub(crate) const INK: Self = Self::Role("ink");
    pub(crate) const SOFT: Self = Self::Role("soft");
    pub(crate) const LINE: Self = Self::Role("line");

    /// The colour that pages know as `s3` or `other`.
    pub(crate) fn of_variable(name: &str) -> Self {
        let slot = name.strip_prefix('s').and_then(|slot| slot.parse().ok());
        slot.filter(|slot| *slot < palette::SERIES.len()).map_or(Self::Other, Self::Series)
    }

    fn pair(self) -> Pair {
        match self {
            Self::Role(name) => palette::role(name),
            Self::Series(slot) => palette::SERIES[slot % palette::SERIES.len()],
            Self::Other => palette::OTHER,
            Self::Level(level) => palette::RAMP[level.min(palette::RAMP.len() - 1)],
        }
    }

    fn class(self) -> String {
        match self {
            Self::Role(name) => name.to_owned(),
            Self::Series(slot) => format!("s{slot}"),
            Self::Other => "other".to_owned(),
            Self::Level(level) => format!("l{level}"),
        }
    }
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    size: f32,
    paint: Paint,
    bold: bool,
    anchor: Anchor,
    room: Option<f32>,
    shrinks: bool,
}

/// A text that would not fit is made smaller down to this part of its size, and cut only then.
const LEAST: f32 = 0.6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Anchor {
    Start,
    Middle,
    End,
}

impl Style {
    pub(crate) const fn new(size: f32, paint: Paint) -> Self {
        Self { size, paint, bold: false, anchor: Anchor::Start, room: None, shrinks: false }
    }

    pub(crate) const fn size(self) -> f32 {
        self.size
    }

    pub(crate) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// The text ends at its place.
    pub(crate) const fn end(self) -> Self {
        Self { anchor: Anchor::End, ..self }
    }

    /// Its place is the middle of the text.
    pub(crate) const fn middle(self) -> Self {
        Self { anchor: Anchor::Middle, ..self }
    }

    /// The text is not wider: a longer one is cut.
    pub(crate) const fn within(self, room: f32) -> Self {
        Self { room: Some(room), ..self }
    }

    /// The text is not wider: a longer one is smaller. For numbers, which must not be cut.
    pub(crate) const fn shrunk(self, room: f32) -> Self {
        Self { room: Some(room), shrinks: true, ..self }
    }
}

/// A box: left, top, width, height.
pub(crate) type Area = (f32, f32, f32, f32);

/// What is drawn, from back to front.
#[derive(Debug)]
pub(crate) struct Drawing<'a> {
    fonts: &'a Fonts,
    theme: Theme,
    reader: Reader,
    used: BTreeSet<Paint>,
    body: String,
}

impl<'a> Drawing<'a> {
    pub(crate) fn new(fonts: &'a Fonts, theme: Theme, reader: Reader) -> Self {
        Self { fonts, theme, reader, used: BTreeSet::new(), body: String::new() }
    }

    /// An attribute that gives a shape its colour.
    fn fill(&mut self, paint: Paint) -> String {
        self.used.insert(paint);
        match self.theme {
            Theme::Both => format!("class=\"{}\"", paint.class()),
            Theme::Light => format!("fill=\"{}\"", paint.pair().0),
            Theme::Dark => format!("fill=\"{}\"", paint.pair().1),
        }
    }

    /// A rectangle with round corners.
    pub(crate) fn rect(&mut self, area: Area, radius: f32, paint: Paint) {
        let (x, y, width, height) = area;
        if width <= 0.0 || height <= 0.0 {
            return;
        }
        let fill = self.fill(paint);
        let round =
            if radius > 0.0 { format!(" rx=\"{}\"", number(radius)) } else { String::new() };
        let _ = write!(
            self.body,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{round} {fill}/>",
            number(x),
            number(y),
            number(width),
            number(height)
        );
    }

    /// The background of a card, with a hairline around it.
    pub(crate) fn frame(&mut self, width: f32, height: f32) {
        self.rect((0.0, 0.0, width, height), 8.0, Paint::LINE);
        self.rect((1.0, 1.0, width - 2.0, height - 2.0), 7.0, Paint::CARD);
    }

    pub(crate) fn path(&mut self, path: &str, paint: Paint) {
        if !path.is_empty() {
            let fill = self.fill(paint);
            let _ = write!(self.body, "<path d=\"{path}\" {fill}/>");
        }
    }

    /// A shadow on what is below it, the darker the nearer to 1.
    pub(crate) fn shade(&mut self, path: &str, darkness: f32) {
        if !path.is_empty() {
            let _ = write!(self.body, "<path d=\"{path}\" fill-opacity=\"{}\"/>", fine(darkness));
        }
    }

    /// A source's sign or, without one, a square: a box of 16 by 16, scaled.
    pub(crate) fn sign(&mut self, at: (f32, f32), size: f32, (mark, paint): (Option<&str>, Paint)) {
        let fill = self.fill(paint);
        let (x, y, scale) = (number(at.0), number(at.1), fine(size / 16.0));
        let shape = match mark {
            Some(mark) => format!("<path d=\"{mark}\" "),
            None => "<rect x=\"1.5\" y=\"1.5\" width=\"13\" height=\"13\" rx=\"3\" ".to_owned(),
        };
        let _ =
            write!(self.body, "{shape}transform=\"translate({x} {y}) scale({scale})\" {fill}/>");
    }

    /// How wide a text would be.
    pub(crate) fn width(&self, text: &str, style: Style) -> f32 {
        self.fonts.width(text, style.size, style.bold)
    }

    /// A line of text that stands on `at`.
    pub(crate) fn text(&mut self, at: (f32, f32), style: Style, text: &str) {
        if text.is_empty() {
            return;
        }
        let style = self.sized(style, text);
        let text = self.shown(style, text);
        // A browser's font may draw a letter that is not known here as wide as it likes: what is beyond the room is
        // cut off.
        let is_known = |letter: char| letter.is_whitespace() || self.fonts.has(letter);
        let clip =
            style.room.filter(|_| self.reader != Reader::Pixels && !text.chars().all(is_known));
        let (anchor, before) = match style.anchor {
            Anchor::Start => ("", 0.0),
            Anchor::Middle => (" text-anchor=\"middle\"", 0.5),
            Anchor::End => (" text-anchor=\"end\"", 1.0),
        };
        let (mut x, mut y) = at;
        if let Some(room) = clip {
            let (left, top) = (x - room * before, y - style.size * ASCENT);
            let area = [left, top, room, style.size * HEIGHT].map(number);
            let [left_text, top_text, width, height] = area;
            let _ = write!(
                self.body,
                "<svg x=\"{left_text}\" y=\"{top_text}\" width=\"{width}\" height=\"{height}\">"
            );
            (x, y) = (x - left, y - top);
        }
        let fill = self.fill(style.paint);
        let weight = if style.bold { " font-weight=\"700\"" } else { "" };
        let (x, y, size) = (number(x), number(y), number(style.size));
        let _ = write!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{weight}{anchor} {fill}>{}</text>",
            escaped(&text)
        );
        if clip.is_some() {
            self.body.push_str("</svg>");
        }
    }

    /// The style in which a text that may be smaller fits.
    pub(crate) fn sized(&self, style: Style, text: &str) -> Style {
        let wide = self.fonts.width(text, style.size, style.bold);
        match style.room {
            Some(room) if style.shrinks && wide > room => {
                // Sizes are written with one digit: rounded down, so that it fits.
                let size = (style.size * room / wide * 10.0).floor() / 10.0;
                Style { size: size.max(style.size * LEAST), ..style }
            }
            _ => style,
        }
    }

    /// The text with the letters that there are, cut to its room.
    fn shown(&self, style: Style, text: &str) -> String {
        let text = match self.reader {
            Reader::Browser | Reader::Viewer => text.to_owned(),
            Reader::Pixels => self.fonts.drawable(text),
        };
        match style.room {
            Some(room) => self.fonts.fit(&text, room, style.size, style.bold),
            None => text,
        }
    }

    /// The whole SVG. Its title and description are what a screen reader tells.
    pub(crate) fn finish(
        self,
        (width, height): (f32, f32),
        title: &str,
        description: &str,
    ) -> String {
        let family = match self.reader {
            Reader::Browser => SYSTEM,
            Reader::Viewer => WIDE,
            Reader::Pixels => FAMILY,
        };
        let (width, height) = (number(width), number(height));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             role=\"img\" aria-labelledby=\"t d\" font-family=\"{family}\"><title id=\"t\">{}</title><desc id=\"d\">{}</desc>",
            escaped(title),
            escaped(description)
        );
        if self.theme == Theme::Both {
            let _ = write!(svg, "<style>text{{font-variant-numeric:tabular-nums}}");
            for paint in &self.used {
                rule(&mut svg, *paint, paint.pair().0);
            }
            svg.push_str("@media (prefers-color-scheme:dark){");
            for paint in &self.used {
                rule(&mut svg, *paint, paint.pair().1);
            }
            svg.push_str("}</style>");
        }
        svg.push_str(&self.body);
        svg.push_str("</svg>\n");
        svg
    }
}

fn rule(css: &mut String, paint: Paint, color: &str) {
    let _ = write!(css, ".{}{{fill:{color}}}", paint.class());
}

/// A length, to a tenth of a pixel.
pub(crate) fn number(value: f32) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A factor, to a thousandth.
fn fine(value: f32) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Text of XML. What cannot stand in XML at all becomes a space.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                safe.push(' ');
            }
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(theme: Theme, reader: Reader, text: &str) -> String {
        let fonts = Fonts::bundled();
        let mut drawing = Drawing::new(&fonts, theme, reader);
        drawing.text((10.0, 20.0), Style::new(12.0, Paint::INK).within(60.0), text);
        drawing.finish((100.0, 40.0), "a <title>", "\"it's\" & more")
    }

    #[test]
    fn hostile_text_stays_text() {
        let svg = drawn(Theme::Both, Reader::Browser, "</text>\u{0}\u{ffff}");
        assert!(
            svg.contains("a &lt;title&gt;") && svg.contains("&quot;it&#39;s&quot; &amp; more"),
            "{svg}"
        );
        assert!(roxmltree::Document::parse(&svg).is_ok(), "{svg}");
        let all: String = ('\u{0}'..='\u{d7ff}').chain('\u{e000}'..='\u{ffff}').collect();
        assert!(roxmltree::Document::parse(&format!("<a>{}</a>", escaped(&all))).is_ok());
    }

    #[test]
    fn one_theme_has_plain_colours_and_both_have_a_rule_for_each() {
        let (light, dark) = palette::role("ink");
        assert!(drawn(Theme::Light, Reader::Pixels, "x").contains(&format!("fill=\"{light}\"")));
        assert!(drawn(Theme::Dark, Reader::Pixels, "x").contains(&format!("fill=\"{dark}\"")));
        assert!(!drawn(Theme::Dark, Reader::Pixels, "x").contains("<style"));
        let both = drawn(Theme::Both, Reader::Browser, "x");
        assert!(
            both.contains(&format!(
                ".ink{{fill:{light}}}@media (prefers-color-scheme:dark){{.ink{{fill:{dark}}}}}"
            )),
            "{both}"
        );
    }

    #[test]
    fn a_letter_of_unknown_width_is_kept_in_its_room() {
        assert!(
            drawn(Theme::Both, Reader::Browser, "漢")
                .contains("<svg x=\"10\" y=\"8\" width=\"60\"")
        );
        assert!(drawn(Theme::Light, Reader::Pixels, "漢").contains(">□</text>"));
    }
}
