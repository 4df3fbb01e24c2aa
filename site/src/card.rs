//! Cards to embed, link previews and years in review: SVG and PNG.
//!
//! Cards are drawn by the browser of the reader, in the colours of the theme that the reader has; each is there in
//! one fixed theme as well. PNG are drawn here, with fonts of our own. All of them are there from the first build
//! on: a picture that was missing once stays missing in the caches of others.

mod draw;
mod facts;
mod font;
mod png;
mod poster;
mod preview;
mod ranking;
pub(crate) mod review;
mod small;
mod year;

use std::collections::BTreeSet;
use std::path::Path;

use chrono::NaiveDate;
use data_schema::summary::DateRange;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::SiteError;
use crate::context::Context;
use crate::data::Data;
use crate::locale::Locale;
use crate::names;
use crate::output::File;
use crate::period::Window;
use draw::{Drawing, Reader, Theme};
pub(crate) use facts::{Facts, Palettes, Ranking, cache_share, streaks};
use font::Fonts;
use review::Review;

/// The cards, by their names in `card/`.
pub(crate) const CARDS: [&str; 7] =
    ["summary", "streak", "calendar", "models", "sources", "spark", "skyline"];

/// Windows with a picture for link previews, by its name in `og/`.
const PREVIEWS: [(&str, Window); 6] = [
    ("index", Window::Days28),
    ("7d", Window::Days7),
    ("30d", Window::Days30),
    ("91d", Window::Days91),
    ("12m", Window::Months12),
    ("all", Window::All),
];

/// All pictures, and how many letters stand as boxes in them because no font has them.
pub(crate) fn files(context: &Context<'_>) -> Result<(Vec<File>, usize), SiteError> {
    let pictures = Pictures::new(context.data, &context.locale, context.title())?;
    let paths = pictures.paths();
    let draw = |path: &String| {
        pictures.draw(path).map(|bytes| bytes.map(|bytes| File::new(path.clone(), bytes)))
    };
    let files: Vec<Option<File>> = paths.par_iter().map(draw).collect::<Result<_, SiteError>>()?;
    Ok((files.into_iter().flatten().collect(), pictures.boxes()))
}

/// All pictures of a summary.
#[derive(Debug)]
pub(crate) struct Pictures<'a> {
    data: &'a Data,
    locale: &'a Locale,
    /// Words of PNG: English where no font here has the letters of the language.
    english: Option<Locale>,
    palettes: Palettes,
    site: String,
    /// For a browser, and for PNG.
    plain: Fonts,
    fonts: Fonts,
}

impl<'a> Pictures<'a> {
    pub(crate) fn new(data: &'a Data, locale: &'a Locale, site: String) -> Result<Self, SiteError> {
        let words = words(locale, data.end);
        let fonts = Fonts::with_letters(letters(data, &site).chain(words.chars()));
        let is_readable = !words.chars().any(|letter| fonts.lost().contains(&letter));
        let english = if is_readable { None } else { Some(Locale::new("en")?) };
        Ok(Self {
            data,
            locale,
            english,
            palettes: Palettes::new(data),
            site,
            plain: Fonts::bundled(),
            fonts,
        })
    }

    /// Paths of all pictures below the root.
    pub(crate) fn paths(&self) -> Vec<String> {
        let cards = CARDS.iter().flat_map(|name| {
            ["", "-light", "-dark"].map(|theme| format!("card/{name}{theme}.svg"))
        });
        let previews = PREVIEWS.iter().map(|(name, _)| format!("og/{name}.png"));
        let years = review::years(self.data).into_iter().flat_map(|year| {
            [format!("og/{year}.png"), format!("wrapped/{year}.svg"), format!("wrapped/{year}.png")]
        });
        cards.chain(previews).chain(years).collect()
    }

    /// One picture; none if there is no such path.
    pub(crate) fn draw(&self, path: &str) -> Result<Option<Vec<u8>>, SiteError> {
        let (name, kind) = path.rsplit_once('.').unwrap_or((path, ""));
        match name.split_once('/') {
            Some(("card", name)) => Ok(self.card(name).map(String::into_bytes)),
            Some(("og", name)) => {
                self.preview(name).map(|svg| png::png(&svg, &self.fonts)).transpose()
            }
            Some(("wrapped", year)) if kind == "svg" => {
                let drawing = Drawing::new(&self.plain, Theme::Light, Reader::Viewer);
                Ok(self.poster(year, self.facts(self.locale), drawing).map(String::into_bytes))
            }
            Some(("wrapped", year)) => {
                let svg = self.poster(year, self.facts(self.words()), self.pixels());
                svg.map(|svg| png::png(&svg, &self.fonts)).transpose()
            }
            _ => Ok(None),
        }
    }

    /// How many letters of names no font has. Words that no font has are English ones instead.
    fn boxes(&self) -> usize {
        let names: BTreeSet<char> = letters(self.data, &self.site).collect();
        self.fonts.lost().intersection(&names).count()
    }

    fn facts<'b>(&'b self, locale: &'b Locale) -> Facts<'b> {
        Facts { data: self.data, locale, palettes: &self.palettes }
    }

    fn words(&self) -> &Locale {
        self.english.as_ref().unwrap_or(self.locale)
    }

    fn pixels(&self) -> Drawing<'_> {
        Drawing::new(&self.fonts, Theme::Light, Reader::Pixels)
    }

    fn card(&self, name: &str) -> Option<String> {
        let (name, theme) = match name.rsplit_once('-') {
            Some((name, "light")) => (name, Theme::Light),
            Some((name, "dark")) => (name, Theme::Dark),
            _ => (name, Theme::Both),
        };
        let (facts, drawing) =
            (self.facts(self.locale), Drawing::new(&self.plain, theme, Reader::Browser));
        Some(match name {
            "summary" => small::summary(&facts, drawing),
            "streak" => small::streak(&facts, drawing),
            "calendar" => year::calendar(&facts, drawing),
            "models" => ranking::models(&facts, drawing),
            "sources" => ranking::sources(&facts, drawing),
            "spark" => small::spark(&facts, drawing),
            "skyline" => year::skyline(&facts, drawing),
            _ => return None,
        })
    }

    fn preview(&self, name: &str) -> Option<String> {
        let facts = self.facts(self.words());
        let window = PREVIEWS.iter().find(|(known, _)| *known == name);
        let range: DateRange = match window {
            Some((_, window)) => window.range(self.data.end, self.data.cube.all().range()),
            None => Review::new(&facts, name.parse().ok()?)?.range,
        };
        let is_whole_year = window.is_none() && self.data.end > range.end;
        let title = if is_whole_year { name.to_owned() } else { facts.locale.range(range) };
        Some(preview::preview(&facts, self.pixels(), (&title, &self.site), range))
    }

    fn poster(&self, year: &str, facts: Facts<'_>, drawing: Drawing<'_>) -> Option<String> {
        let review = Review::new(&facts, year.parse().ok()?)?;
        Some(poster::poster(&facts, drawing, &review, &self.site))
    }
}

/// The letters of a language's words, units and dates.
fn words(locale: &Locale, day: NaiveDate) -> String {
    let keys = [
        "tokens",
        "cost",
        "requests",
        "models",
        "sources",
        "nav-wrapped",
        "card-from-cache",
        "card-active-days",
    ];
    let texts = keys.iter().map(|key| locale.text(key));
    let months = (1..=12).map(|number| locale.text(&format!("month-{number}")));
    let counts = [5, 8, 13].map(|power| locale.tokens(10_u64.pow(power)));
    texts.chain(months).chain(counts).chain([locale.date(day)]).collect()
}

/// All letters of names that pictures may show.
fn letters<'a>(data: &'a Data, site: &str) -> impl Iterator<Item = char> + use<'a> {
    use crate::cube::Dimension;
    let names = [Dimension::Source, Dimension::Model]
        .into_iter()
        .flat_map(|dimension| data.cube.names(dimension));
    let names = names.map(|name| names::line(name)).chain([site.to_owned()]);
    names.flat_map(|name| name.chars().collect::<Vec<_>>())
}

/// Whether names hold letters that the fonts of ours lack: another machine draws them otherwise, or as boxes.
pub(crate) fn has_rare_letters<'a>(names: impl IntoIterator<Item = &'a str>) -> bool {
    let fonts = Fonts::bundled();
    names.into_iter().flat_map(str::chars).any(|letter| fonts.lacks(letter))
}

/// Calls `visit` with the path of each picture of a summary, and with what draws it and tells its length in bytes: for
/// measuring one picture without the rest of the site.
///
/// # Errors
///
/// There is no summary, or a file of it cannot be read.
pub fn each_picture(
    summary: &Path,
    visit: &mut dyn FnMut(&str, &dyn Fn() -> usize),
) -> Result<(), SiteError> {
    let data = Data::read(summary)?;
    let locale = Locale::new("en")?;
    let pictures = Pictures::new(&data, &locale, String::new())?;
    for path in pictures.paths() {
        visit(&path, &|| pictures.draw(&path).ok().flatten().map_or(0, |bytes| bytes.len()));
    }
    Ok(())
}
