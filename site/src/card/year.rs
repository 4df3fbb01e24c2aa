//! Days as cells: the calendar card, the calendar of a year in review, and the skyline.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate};
use data_schema::settings::WeekStart;
use data_schema::summary::{Aggregate, DateRange};

use super::draw::{Drawing, Paint, Style, number};
use super::facts::{Facts, scaled, steps};
use super::small::{INSIDE, MARGIN, SMALL, WIDTH, empty, head};
use crate::chart::calendar::Levels;
use crate::locale::Locale;
use crate::period::Window;

const HEIGHT: f32 = 158.0;
const TINY: Style = Style::new(10.0, Paint::SOFT);

/// Days of a stretch by week and weekday.
#[derive(Debug)]
pub(crate) struct Grid<'a> {
    range: DateRange,
    first_weekday: WeekStart,
    days: &'a BTreeMap<NaiveDate, Aggregate>,
    levels: Levels,
}

/// Where and how large cells are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cells {
    pub(crate) left: f32,
    pub(crate) top: f32,
    /// From one cell to the next, and the length of its sides.
    pub(crate) step: f32,
    pub(crate) side: f32,
    /// Size of the months' names.
    pub(crate) text: f32,
}

impl<'a> Grid<'a> {
    pub(crate) fn new(
        facts: &Facts<'_>,
        range: DateRange,
        days: &'a BTreeMap<NaiveDate, Aggregate>,
    ) -> Self {
        let levels = Levels::of(days.values().map(|sum| sum.tokens.total_tokens));
        Self { range, first_weekday: facts.data.site.week_start, days, levels }
    }

    /// Column and row of a day.
    fn place(&self, day: NaiveDate) -> (usize, usize) {
        let row = self.row(day);
        let days = usize::try_from((day - self.range.start).num_days()).unwrap_or(0);
        ((days + self.row(self.range.start)) / 7, row)
    }

    fn row(&self, day: NaiveDate) -> usize {
        let first = match self.first_weekday {
            WeekStart::Monday => 0,
            WeekStart::Saturday => 5,
            WeekStart::Sunday => 6,
        };
        (day.weekday().num_days_from_monday() as usize + 7 - first) % 7
    }

    fn level(&self, day: NaiveDate) -> usize {
        let count = self.days.get(&day).map_or(0, |sum| sum.tokens.total_tokens);
        usize::from(self.levels.level(count))
    }

    fn each_day(&self) -> impl Iterator<Item = NaiveDate> {
        let end = self.range.end;
        self.range.start.iter_days().take_while(move |day| *day <= end)
    }

    /// One path per level, and the names of the months over their first full weeks.
    pub(crate) fn draw(&self, drawing: &mut Drawing<'_>, locale: &Locale, cells: Cells) {
        let mut paths: [String; 6] = Default::default();
        let mut last_month = 0.0_f32;
        for day in self.each_day() {
            let (column, row) = self.place(day);
            let (x, y) =
                (cells.left + cells.step * steps(column), cells.top + cells.step * steps(row));
            let side = number(cells.side);
            let _ = write!(
                paths[self.level(day)],
                "M{} {}h{side}v{side}h-{side}z",
                number(x),
                number(y)
            );
            // A name needs the room of three weeks.
            let has_room =
                last_month <= x && x + cells.step * 3.0 <= cells.left + cells.step * 54.0;
            if day.day() <= 7 && row == 0 && has_room {
                let style = Style::new(cells.text, Paint::SOFT);
                drawing.text((x, cells.top - cells.text * 0.6), style, &locale.month_name(day));
                last_month = x + cells.step * 3.0;
            }
        }
        for (level, path) in paths.iter().enumerate() {
            drawing.path(path, Paint::Level(level));
        }
    }
}

/// Twelve months.
pub(crate) fn calendar(facts: &Facts<'_>, mut drawing: Drawing<'_>) -> String {
    const CELLS: Cells = Cells { left: 47.0, top: 58.0, step: 8.0, side: 7.0, text: 10.0 };
    let title = facts.locale.text("card-calendar");
    let (range, days) = twelve_months(facts);
    if days.is_empty() {
        return empty(drawing, facts.locale, &title);
    }
    head(&mut drawing, facts, &title, HEIGHT);
    let grid = Grid::new(facts, range, &days);
    grid.draw(&mut drawing, facts.locale, CELLS);
    for day in grid
        .each_day()
        .take(7)
        .filter(|day| [0, 2, 4].contains(&day.weekday().num_days_from_monday()))
    {
        let y = CELLS.top + CELLS.step * steps(grid.row(day)) + CELLS.side;
        let name = facts.locale.weekday(day.weekday().num_days_from_monday());
        drawing.text((MARGIN, y), TINY.within(CELLS.left - MARGIN - 3.0), &name);
    }
    let told = told(facts, &days);
    let legend = legend(&mut drawing, facts.locale);
    drawing.text((MARGIN, 141.0), SMALL.within(INSIDE - legend - 12.0), &told);
    drawing.finish((WIDTH, HEIGHT), &title, &format!("{told}; {}", facts.until()))
}

/// The last twelve months and their days with use.
fn twelve_months(facts: &Facts<'_>) -> (DateRange, BTreeMap<NaiveDate, Aggregate>) {
    let range = Window::Months12.range(facts.data.end, None);
    (range, facts.data.cube.all().within(range).days())
}

/// Active days and the busiest of them.
fn told(facts: &Facts<'_>, days: &BTreeMap<NaiveDate, Aggregate>) -> String {
    let active = facts.active(days.len());
    let most =
        days.iter().max_by_key(|(day, sum)| (sum.tokens.total_tokens, std::cmp::Reverse(**day)));
    let Some((day, sum)) = most else { return active };
    let parts = [("n", facts.tokens(sum).into()), ("date", facts.locale.short_date(*day).into())];
    format!("{active} · {}", facts.locale.with("card-most", &parts))
}

/// A cell of each level at the right edge, between two words. Tells its width.
fn legend(drawing: &mut Drawing<'_>, locale: &Locale) -> f32 {
    const STEP: f32 = 9.0;
    let (less, more) = (locale.text("card-less"), locale.text("card-more"));
    let (before, after) = (drawing.width(&less, TINY), drawing.width(&more, TINY));
    let right = WIDTH - MARGIN - after - 5.0;
    let left = right - 6.0 * STEP;
    drawing.text((left - 5.0, 140.5), TINY.end(), &less);
    drawing.text((right + 3.0, 140.5), TINY, &more);
    for level in 0..6 {
        drawing.rect((left + STEP * steps(level), 133.0, 7.0, 7.0), 0.0, Paint::Level(level));
    }
    before + 6.0 * STEP + after + 10.0
}

/// Half of a cell's width and of its depth, and how high the largest day is.
const WIDE: i32 = 7;
const DEEP: i32 = 3;
const TALL: f32 = 60.0;
const SKYLINE: f32 = 312.0;

/// Twelve months as a town seen from above: the more tokens, the higher.
pub(crate) fn skyline(facts: &Facts<'_>, mut drawing: Drawing<'_>) -> String {
    let title = facts.locale.text("card-skyline");
    let (range, days) = twelve_months(facts);
    if days.is_empty() {
        return empty(drawing, facts.locale, &title);
    }
    head(&mut drawing, facts, &title, SKYLINE);
    let grid = Grid::new(facts, range, &days);
    let most = days.values().map(|sum| sum.tokens.total_tokens).max().unwrap_or(0);
    let mut rows: BTreeMap<usize, Vec<Tower>> = BTreeMap::new();
    for day in grid.each_day() {
        let (column, row) = grid.place(day);
        rows.entry(column + row).or_default().push(grid.tower(day, most));
    }
    let ground: String =
        rows.values().flatten().filter(|tower| tower.tall == 0).map(Tower::front).collect();
    drawing.path(&ground, Paint::Level(0));
    // From back to front; towers of one row do not cover each other, so that each colour is one path.
    for towers in rows.values() {
        for level in 1..=5 {
            let same = towers.iter().filter(|tower| tower.tall > 0 && tower.level == level);
            drawing.path(&same.map(Tower::front).collect::<String>(), Paint::Level(level));
        }
        let high = || towers.iter().filter(|tower| tower.tall > 0);
        drawing.shade(&high().map(Tower::left).collect::<String>(), 0.15);
        drawing.shade(&high().map(Tower::right).collect::<String>(), 0.35);
    }
    let told = told(facts, &days);
    for (line, text) in told.split(" · ").enumerate() {
        drawing.text((MARGIN, SKYLINE - 34.0 + 16.0 * steps(line)), SMALL.within(190.0), text);
    }
    drawing.finish((WIDTH, SKYLINE), &title, &format!("{told}; {}", facts.until()))
}

/// A day of the skyline: the corner of its roof that is farthest away, its height, and its level.
struct Tower {
    x: i32,
    y: i32,
    tall: i32,
    level: usize,
}

impl Tower {
    /// Roof and both walls.
    fn front(&self) -> String {
        let Self { x, y, tall, .. } = self;
        match tall {
            0 => format!("M{x} {y}l{WIDE} {DEEP}-{WIDE} {DEEP}-{WIDE}-{DEEP}z"),
            _ => format!("M{x} {y}l{WIDE} {DEEP}v{tall}l-{WIDE} {DEEP}-{WIDE}-{DEEP}v-{tall}z"),
        }
    }

    fn left(&self) -> String {
        format!("M{} {}l{WIDE} {DEEP}v{}l-{WIDE}-{DEEP}z", self.x - WIDE, self.y + DEEP, self.tall)
    }

    fn right(&self) -> String {
        format!("M{} {}l{WIDE}-{DEEP}v{}l-{WIDE} {DEEP}z", self.x, self.y + 2 * DEEP, self.tall)
    }
}

impl Grid<'_> {
    /// Heights follow the square root: one huge day would leave all others flat.
    fn tower(&self, day: NaiveDate, most: u64) -> Tower {
        let count = self.days.get(&day).map_or(0, |sum| sum.tokens.total_tokens);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most the height of the largest day"
        )]
        let tall = match count {
            0 => 0,
            _ => ((scaled(count, most, 1.0).sqrt() * TALL).round() as i32).max(2),
        };
        let (column, row) = self.place(day);
        let [column, row] = [column, row].map(|place| i32::try_from(place).unwrap_or(0));
        Tower {
            x: 86 + (column - row) * WIDE,
            y: 108 + (column + row) * DEEP - tall,
            tall,
            level: self.level(day),
        }
    }
}
