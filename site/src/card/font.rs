//! The letters of pictures: how wide they are, and where they come from.
//!
//! Two fonts are compiled in (`site/fonts`). A letter that they lack is looked for in the fonts of the machine, and
//! only then are those read; one that no font has becomes a box, so that no text is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use resvg::usvg::fontdb::{Database, FaceInfo, ID, Source, Style, Weight};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::outline::DrawSettings;
use skrifa::outline::pen::SvgPen;
use skrifa::{FontRef, MetadataProvider};

static REGULAR: &[u8] = include_bytes!("../../fonts/DejaVuSans.ttf");
static BOLD: &[u8] = include_bytes!("../../fonts/DejaVuSans-Bold.ttf");

/// The family of both fonts.
pub(crate) const FAMILY: &str = "DejaVu Sans";

/// Stands for a letter that no font has.
pub(crate) const BOX: char = '□';

/// Where texts are cut.
const CUT: char = '…';

/// One of the two fonts.
struct Face {
    letters: skrifa::charmap::Charmap<'static>,
    widths: GlyphMetrics<'static>,
}

impl Face {
    fn new(bytes: &'static [u8]) -> Option<Self> {
        let font = FontRef::new(bytes).ok()?;
        let widths = font.glyph_metrics(Size::new(1.0), LocationRef::default());
        Some(Self { letters: font.charmap(), widths })
    }

    /// How wide a letter is where the font is one pixel high.
    fn width(&self, letter: char) -> Option<f32> {
        self.widths.advance_width(self.letters.map(letter)?)
    }
}

/// Fonts for pictures.
pub(crate) struct Fonts {
    regular: Option<Face>,
    bold: Option<Face>,
    database: Arc<Database>,
    /// Letters from fonts of the machine: face, and width where the font is one pixel high.
    found: BTreeMap<char, (ID, f32)>,
    /// Letters that are looked for nowhere else: they become boxes.
    lost: BTreeSet<char>,
}

impl Fonts {
    /// The two fonts alone.
    pub(crate) fn bundled() -> Self {
        let mut database = Database::new();
        for bytes in [REGULAR, BOLD] {
            database.load_font_source(Source::Binary(Arc::new(bytes)));
        }
        database.set_sans_serif_family(FAMILY);
        database.set_serif_family(FAMILY);
        Self {
            regular: Face::new(REGULAR),
            bold: Face::new(BOLD),
            database: Arc::new(database),
            found: BTreeMap::new(),
            lost: BTreeSet::new(),
        }
    }

    /// With what the machine has for those of the letters that the two lack. Without such letters, no font of the
    /// machine is touched.
    pub(crate) fn with_letters(letters: impl IntoIterator<Item = char>) -> Self {
        let mut fonts = Self::bundled();
        let mut wanted: BTreeSet<char> =
            letters.into_iter().filter(|letter| fonts.lacks(*letter)).collect();
        if wanted.is_empty() {
            return fonts;
        }
        let mut system = Database::new();
        system.load_system_fonts();
        let mut database = Database::clone(&fonts.database);
        for info in in_order(&system) {
            if wanted.is_empty() {
                break;
            }
            let letters = drawn(&system, info, &wanted);
            let Some(id) =
                (!letters.is_empty()).then(|| copy(&system, info, &mut database)).flatten()
            else {
                continue;
            };
            for (letter, width) in letters {
                wanted.remove(&letter);
                fonts.found.insert(letter, (id, width));
            }
        }
        fonts.database = Arc::new(database);
        fonts.lost = wanted;
        fonts
    }

    /// Whether one of the two fonts has the letter.
    pub(crate) fn has(&self, letter: char) -> bool {
        self.regular.as_ref().is_some_and(|face| face.width(letter).is_some())
    }

    /// Whether a letter has a shape that the two fonts do not have.
    pub(crate) fn lacks(&self, letter: char) -> bool {
        !is_mark(letter) && !letter.is_whitespace() && !self.has(letter)
    }

    /// Letters that become boxes.
    pub(crate) fn lost(&self) -> &BTreeSet<char> {
        &self.lost
    }

    /// All fonts, for drawing.
    pub(crate) fn database(&self) -> Arc<Database> {
        Arc::clone(&self.database)
    }

    /// The font of a letter that the two lack.
    pub(crate) fn other(&self) -> BTreeMap<char, ID> {
        self.found.iter().map(|(letter, (id, _))| (*letter, *id)).collect()
    }

    /// A text as it can be drawn: a box for every letter that no font has, nothing for marks without a shape.
    pub(crate) fn drawable(&self, text: &str) -> String {
        let known = |letter: char| self.has(letter) || self.found.contains_key(&letter);
        let letters = text.chars().filter(|letter| !is_mark(*letter));
        letters
            .map(|letter| if letter.is_whitespace() { ' ' } else { letter })
            .map(|letter| if known(letter) { letter } else { BOX })
            .collect()
    }

    /// How wide a text is. That of a letter that is not known here is guessed.
    pub(crate) fn width(&self, text: &str, size: f32, bold: bool) -> f32 {
        let face = if bold { &self.bold } else { &self.regular };
        let found = |letter: &char| self.found.get(letter).map(|(_, width)| *width);
        let width = |letter: char| match face.as_ref().and_then(|face| face.width(letter)) {
            _ if is_mark(letter) => 0.0,
            Some(width) => width,
            None => found(&letter).unwrap_or(if is_wide(letter) { 1.0 } else { 0.7 }),
        };
        text.chars().map(width).sum::<f32>() * size
    }

    /// The text, cut in the middle so that it is not wider than asked for: names often differ in their ends.
    pub(crate) fn fit(&self, text: &str, room: f32, size: f32, bold: bool) -> String {
        if self.width(text, size, bold) <= room {
            return text.to_owned();
        }
        let letters: Vec<char> = text.chars().collect();
        let cut = |kept: usize| -> String {
            let end = kept / 3;
            let begin = letters.iter().take(kept - end);
            let end = letters.iter().skip(letters.len() - end);
            begin.chain([&CUT]).chain(end).collect()
        };
        let mut kept = letters.len().saturating_sub(1);
        while kept > 0 && self.width(&cut(kept), size, bold) > room {
            kept -= 1;
        }
        cut(kept)
    }
}

impl fmt::Debug for Fonts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Fonts")
            .field("found", &self.found)
            .field("lost", &self.lost)
            .finish_non_exhaustive()
    }
}

/// Joins letters or chooses their form, and has no shape of its own.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        || matches!(letter, '\u{e0001}'..='\u{e01ef}')
}

/// Letters that are as wide as they are high: those of East Asia, and pictures.
fn is_wide(letter: char) -> bool {
    matches!(letter, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}')
        || matches!(letter, '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}')
        || matches!(letter, '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}')
}

/// Faces of the machine, plain ones first; the same fonts come in the same order whatever the file system says.
fn in_order(system: &Database) -> Vec<&FaceInfo> {
    let mut faces: Vec<&FaceInfo> = system.faces().collect();
    faces.sort_by_key(|face| {
        let is_plain =
            face.style == Style::Normal && face.weight == Weight::NORMAL && !face.monospaced;
        let is_sans = face.post_script_name.contains("Sans");
        (!is_plain, !is_sans, face.post_script_name.clone(), face.index)
    });
    faces
}

/// Those of the letters that a face has an outline for, with their widths. Fonts of coloured pictures have none.
fn drawn(system: &Database, info: &FaceInfo, wanted: &BTreeSet<char>) -> Vec<(char, f32)> {
    let letters = system.with_face_data(info.id, |bytes, index| {
        let font = FontRef::from_index(bytes, index).ok()?;
        let (letters, outlines) = (font.charmap(), font.outline_glyphs());
        let widths = font.glyph_metrics(Size::new(1.0), LocationRef::default());
        let drawn = |letter: &char| {
            let glyph = letters.map(*letter)?;
            let mut pen = SvgPen::new();
            let settings = DrawSettings::unhinted(Size::new(16.0), LocationRef::default());
            outlines.get(glyph)?.draw(settings, &mut pen).ok()?;
            let width = widths.advance_width(glyph)?;
            (!pen.to_string().is_empty()).then_some((*letter, width))
        };
        Some(wanted.iter().filter_map(drawn).collect())
    });
    letters.flatten().unwrap_or_default()
}

/// Takes a face over, with its bytes: a font is read once, not at each use.
fn copy(system: &Database, info: &FaceInfo, to: &mut Database) -> Option<ID> {
    let bytes = system.with_face_data(info.id, |bytes, _| bytes.to_vec())?;
    let mut info = info.clone();
    info.source = Source::Binary(Arc::new(bytes));
    Some(to.push_face_info(info))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_fonts_are_there_and_have_what_pictures_use() {
        let fonts = Fonts::bundled();
        assert!(fonts.bold.is_some());
        for letter in "AZaz09$%.,+-·≈<>□…▲▼×–()/éßöŁğЖя".chars() {
            assert!(fonts.has(letter), "{letter}");
            assert!(
                fonts.bold.as_ref().is_some_and(|face| face.width(letter).is_some()),
                "{letter} in bold"
            );
        }
        assert!(!fonts.has('漢'));
    }

    #[test]
    fn a_letter_that_no_font_has_becomes_one_box_and_is_named() {
        // Private letters, which no font of a machine should have: the last is not even a character.
        let text = "a\u{f8ff5}\u{10fffe}b";
        let fonts = Fonts::with_letters(text.chars());
        assert_eq!(fonts.drawable(text), "a□□b");
        assert_eq!(fonts.lost().len(), 2);
        assert!(Fonts::with_letters("plain".chars()).lost().is_empty());
    }

    #[test]
    fn marks_without_a_shape_leave_no_box() {
        assert_eq!(Fonts::bundled().drawable("a\u{200d}b\u{fe0f}\u{3000}c"), "ab c");
    }

    #[test]
    fn a_text_is_cut_in_the_middle_until_it_fits() {
        let fonts = Fonts::bundled();
        let name = "an-extraordinarily-long-name-of-a-model-2026-05";
        let cut = fonts.fit(name, 150.0, 12.0, false);
        assert!(fonts.width(&cut, 12.0, false) <= 150.0);
        assert!(cut.starts_with("an-ext") && cut.contains('…') && cut.ends_with("-05"), "{cut}");
        assert_eq!(fonts.fit("short", 150.0, 12.0, false), "short");
        assert_eq!(fonts.fit("no room", 1.0, 12.0, false), "…");
    }

    #[test]
    fn unknown_letters_are_counted_as_wide_as_high_where_they_are_of_east_asia() {
        let width = |text: &str| Fonts::bundled().width(text, 10.0, false);
        assert!((width("漢字") - 20.0).abs() < 0.01);
        assert!((width("Հա") - 14.0).abs() < 0.01);
    }
}
