//! Pictures of 1200 by 630 that chats and feeds show beside a link.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use data_schema::summary::DateRange;

use super::draw::{Drawing, Paint, Style, number};
use super::facts::{Facts, Ranking, scaled, steps};
use crate::cube::{Dimension, Place, View};
use crate::period::Unit;

pub(crate) const SIZE: (f32, f32) = (1200.0, 630.0);
const LEFT: f32 = 72.0;
const INSIDE: f32 = SIZE.0 - 2.0 * LEFT;
/// The bars.
const TOP: f32 = 350.0;
const FLOOR: f32 = 530.0;
/// Sources that have a colour of their own.
const NAMES: usize = 4;

const HEAD: Style = Style::new(28.0, Paint::INK).bold();
const SPAN: Style = Style::new(26.0, Paint::SOFT);
const HUGE: Style = Style::new(96.0, Paint::INK);
const UNIT: Style = Style::new(36.0, Paint::SOFT);
const NAME: Style = Style::new(22.0, Paint::SOFT);
const VALUE: Style = Style::new(34.0, Paint::INK);

/// One stretch of days: `title` says which.
pub(crate) fn preview(
    facts: &Facts<'_>,
    mut drawing: Drawing<'_>,
    (title, site): (&str, &str),
    range: DateRange,
) -> String {
    let locale = facts.locale;
    let view = facts.data.cube.all().within(range);
    let sum = view.total();
    drawing.rect((0.0, 0.0, SIZE.0, SIZE.1), 0.0, Paint::PAGE);
    brand(&mut drawing, site, (LEFT, 92.0));
    drawing.text((SIZE.0 - LEFT, 92.0), SPAN.end().within(480.0), title);
    if sum.tokens.total_tokens == 0 && sum.requests == 0 {
        let text = locale.text("card-no-data");
        drawing.text((LEFT, 330.0), Style::new(64.0, Paint::SOFT), &text);
        return drawing.finish(SIZE, title, &text);
    }
    let tokens = facts.tokens(&sum);
    let wide = drawing.width(&tokens, HUGE);
    drawing.text((LEFT - 4.0, 208.0), HUGE, &tokens);
    let unit = locale.text("card-tokens");
    drawing.text((LEFT + wide + 18.0, 208.0), UNIT.within(300.0), &unit);
    let told = row(&mut drawing, facts, view, 290.0);
    let ranking = facts.ranking(view, Dimension::Source, NAMES);
    bars(&mut drawing, (view, &ranking), range);
    legend(&mut drawing, facts, &ranking, 588.0);
    drawing.finish(SIZE, title, &told)
}

/// The sign and the site's name.
pub(crate) fn brand(drawing: &mut Drawing<'_>, site: &str, (x, y): (f32, f32)) {
    for (slot, (left, tall)) in [(0.0, 15.0), (13.5, 27.0), (27.0, 36.0)].into_iter().enumerate() {
        drawing.rect((x + left, y + 4.0 - tall, 9.0, tall), 0.0, Paint::Series(slot));
    }
    drawing.text((x + 52.0, y), HEAD.within(500.0), site);
}

/// Cost, responses, share of the cache, active days.
fn row(drawing: &mut Drawing<'_>, facts: &Facts<'_>, view: View<'_>, y: f32) -> String {
    let sum = view.total();
    let mut rows = facts.totals(&sum);
    let active = u64::try_from(view.days().len()).unwrap_or(u64::MAX);
    rows.push(("card-active-days", facts.locale.count(active)));
    let told = facts.sentence(&rows);
    let shown = rows.get(1..).unwrap_or_default();
    let room = INSIDE / steps(shown.len().max(1));
    for (place, (key, value)) in shown.iter().enumerate() {
        let x = LEFT + room * steps(place);
        drawing.text((x, y - 34.0 - 2.0), NAME.within(room - 20.0), &facts.locale.text(key));
        drawing.text((x, y + 4.0), VALUE.shrunk(room - 20.0), value);
    }
    told
}

/// Bars of days, weeks or months, stacked by source.
fn bars(drawing: &mut Drawing<'_>, (view, ranking): (View<'_>, &Ranking), range: DateRange) {
    let slots = Unit::of(range).slots(range);
    let days = view.days_by(Dimension::Source);
    let numbers: BTreeMap<Place, usize> =
        ranking.slices.iter().enumerate().map(|(number, slice)| (slice.place, number)).collect();
    let paints = ranking.slices.iter().map(|slice| slice.paint).chain([Paint::Other]);
    let mut parts: Vec<(Paint, Vec<u64>)> =
        paints.map(|paint| (paint, vec![0; slots.len()])).collect();
    for (number, slot) in slots.iter().enumerate() {
        for (place, sum) in days.range(slot.start..=slot.end).flat_map(|(_, names)| names) {
            let part = numbers.get(place).copied().unwrap_or(ranking.slices.len());
            let count = &mut parts[part].1[number];
            *count = count.saturating_add(sum.tokens.total_tokens);
        }
    }
    stack(drawing, &parts, (LEFT, TOP, INSIDE, FLOOR - TOP));
    drawing.rect((LEFT, FLOOR, INSIDE, 2.0), 0.0, Paint::LINE);
}

/// Stacked bars in an area: a path for each colour.
pub(crate) fn stack(
    drawing: &mut Drawing<'_>,
    parts: &[(Paint, Vec<u64>)],
    area: (f32, f32, f32, f32),
) {
    let (left, top, width, height) = area;
    let length = parts.first().map_or(0, |(_, counts)| counts.len());
    let total =
        |slot: usize| parts.iter().fold(0_u64, |sum, (_, counts)| sum.saturating_add(counts[slot]));
    let most = (0..length).map(total).max().unwrap_or(0);
    let slot = width / steps(length.max(1));
    let gap = (slot * 0.2).max(0.5);
    let mut floors = vec![top + height; length];
    for (paint, counts) in parts {
        let mut path = String::new();
        for (place, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let tall = scaled(*count, most, height).max(1.0);
            floors[place] -= tall;
            // A line of the background is left between two parts.
            let drawn = if tall > 3.0 { tall - 1.0 } else { tall };
            let (x, y) = (left + slot * steps(place) + gap / 2.0, floors[place] + tall - drawn);
            let [x, y, wide, tall] = [x, y, slot - gap, drawn].map(number);
            let _ = write!(path, "M{x} {y}h{wide}v{tall}h-{wide}z");
        }
        drawing.path(&path, *paint);
    }
}

/// Names of the colours, side by side.
fn legend(drawing: &mut Drawing<'_>, facts: &Facts<'_>, ranking: &Ranking, y: f32) {
    let names = ranking.slices.iter().map(|slice| (slice.name.clone(), slice.mark, slice.paint));
    let others = ranking.others.iter().map(|(count, _)| (facts.others(*count), None, Paint::Other));
    let names: Vec<_> = names.chain(others).collect();
    let room = INSIDE / steps(names.len().max(1));
    let mut x = LEFT;
    for (name, mark, paint) in names {
        drawing.sign((x, y - 17.0), 19.0, (mark, paint));
        drawing.text((x + 28.0, y), NAME.within(room - 56.0), &name);
        x += (drawing.width(&name, NAME) + 28.0).min(room - 28.0) + 28.0;
    }
}
