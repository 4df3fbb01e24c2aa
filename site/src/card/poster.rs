//! The picture of a year in review, 1200 by 1500.

use super::draw::{Drawing, Paint, Style};
use super::facts::{Facts, Ranking, scaled, steps};
use super::preview::brand;
use super::review::Review;
use super::small::bars;
use super::year::{Cells, Grid};
use crate::locale::numbers::percent;

pub(crate) const SIZE: (f32, f32) = (1200.0, 1500.0);
const LEFT: f32 = 84.0;
const RIGHT: f32 = SIZE.0 - LEFT;
const INSIDE: f32 = RIGHT - LEFT;
/// Between two columns.
const GUTTER: f32 = 56.0;

const YEAR: Style = Style::new(132.0, Paint::INK).bold();
const HUGE: Style = Style::new(76.0, Paint::INK);
const LABEL: Style = Style::new(22.0, Paint::SOFT);
const VALUE: Style = Style::new(34.0, Paint::INK);
const HEADING: Style = Style::new(22.0, Paint::INK).bold();
const NAME: Style = Style::new(22.0, Paint::INK);

/// The whole picture.
pub(crate) fn poster(
    facts: &Facts<'_>,
    mut drawing: Drawing<'_>,
    review: &Review,
    site: &str,
) -> String {
    let locale = facts.locale;
    let title = locale.with("wrapped-title", &[("year", review.year.to_string().into())]);
    drawing.rect((0.0, 0.0, SIZE.0, SIZE.1), 0.0, Paint::PAGE);
    brand(&mut drawing, site, (LEFT, 110.0));
    drawing.text((RIGHT, 110.0), LABEL.end().within(420.0), &locale.text("nav-wrapped"));
    rule(&mut drawing, 146.0);
    let year = review.year.to_string();
    let wide = drawing.width(&year, YEAR);
    drawing.text((LEFT - 8.0, 286.0), YEAR, &year);
    if !review.is_over {
        let so_far = locale.text("wrapped-so-far");
        drawing.text(
            (LEFT + wide + 14.0, 286.0),
            Style::new(40.0, Paint::SOFT).within(300.0),
            &so_far,
        );
    }
    drawing.text((LEFT, 338.0), LABEL.within(INSIDE), &locale.range(review.range));
    totals(&mut drawing, facts, review);
    numbers(&mut drawing, facts, review);
    months(&mut drawing, facts, review);
    let room = (INSIDE - GUTTER) / 2.0;
    ranking(&mut drawing, facts, ("models", &review.models), (LEFT, room));
    ranking(&mut drawing, facts, ("sources", &review.sources), (LEFT + room + GUTTER, room));
    calendar(&mut drawing, facts, review);
    drawing.finish(SIZE, &title, &facts.sentence(&facts.totals(&review.total)))
}

fn rule(drawing: &mut Drawing<'_>, y: f32) {
    drawing.rect((LEFT, y, INSIDE, 2.0), 0.0, Paint::LINE);
}

/// Tokens at the left, cost at the right.
fn totals(drawing: &mut Drawing<'_>, facts: &Facts<'_>, review: &Review) {
    rule(drawing, 372.0);
    let cost = facts.cost(&review.total);
    let room = if cost.is_some() { INSIDE / 2.0 } else { INSIDE } - 20.0;
    drawing.text((LEFT, 418.0), LABEL.within(room), &facts.locale.text("tokens"));
    drawing.text((LEFT - 4.0, 494.0), HUGE.shrunk(room), &facts.tokens(&review.total));
    if let Some(cost) = cost {
        drawing.text((RIGHT, 418.0), LABEL.end().within(room), &facts.locale.text("cost"));
        drawing.text((RIGHT, 494.0), HUGE.end().shrunk(room), &cost);
    }
}

/// Six numbers in two rows.
fn numbers(drawing: &mut Drawing<'_>, facts: &Facts<'_>, review: &Review) {
    rule(drawing, 528.0);
    let room = INSIDE / 3.0;
    for (place, (key, value, remark)) in review.facts(facts).iter().enumerate() {
        let x = LEFT + room * steps(place % 3);
        let y = 576.0 + 128.0 * steps(place / 3);
        let room = room - 20.0;
        drawing.text((x, y), LABEL.within(room), &facts.locale.text(key));
        drawing.text((x, y + 42.0), VALUE.shrunk(room), value);
        drawing.text((x, y + 74.0), LABEL.shrunk(room), remark);
    }
}

fn months(drawing: &mut Drawing<'_>, facts: &Facts<'_>, review: &Review) {
    const TOP: f32 = 856.0;
    const TALL: f32 = 110.0;
    rule(drawing, 804.0);
    let counts: Vec<u64> = review.months.iter().map(|(_, sum)| sum.tokens.total_tokens).collect();
    drawing.path(&bars(&counts, (LEFT, TOP, INSIDE, TALL)), Paint::Series(0));
    drawing.rect((LEFT, TOP + TALL, INSIDE, 2.0), 0.0, Paint::LINE);
    let room = INSIDE / 12.0;
    for (place, (month, sum)) in review.months.iter().enumerate() {
        let x = LEFT + room * (steps(place) + 0.5);
        let style = Style::new(20.0, Paint::SOFT).middle();
        drawing.text(
            (x, TOP + TALL + 30.0),
            style.within(room - 4.0),
            &facts.locale.month_name(*month),
        );
        if sum.tokens.total_tokens > 0 {
            let most = counts.iter().copied().max().unwrap_or(0);
            let y = TOP + TALL - scaled(sum.tokens.total_tokens, most, TALL).max(1.0) - 10.0;
            let style = Style::new(18.0, Paint::SOFT).middle();
            drawing.text((x, y), style.shrunk(room - 4.0), &facts.tokens(sum));
        }
    }
}

/// The largest names with their shares.
fn ranking(
    drawing: &mut Drawing<'_>,
    facts: &Facts<'_>,
    (key, ranking): (&str, &Ranking),
    (x, room): (f32, f32),
) {
    const TOP: f32 = 1058.0;
    const LINE: f32 = 40.0;
    drawing.rect((x, TOP - 42.0, room, 2.0), 0.0, Paint::LINE);
    drawing.text((x, TOP), HEADING.within(room), &facts.locale.text(key));
    let all = ranking.total.tokens.total_tokens;
    for (number, slice) in ranking.slices.iter().enumerate() {
        let y = TOP + 42.0 + LINE * steps(number);
        drawing.sign((x, y - 17.0), 19.0, (slice.mark, slice.paint));
        drawing.text((x + 30.0, y), NAME.within(room - 30.0 - 190.0), &slice.name);
        drawing.text((x + room - 76.0, y), LABEL.end().shrunk(104.0), &facts.tokens(&slice.sum));
        let share = percent(slice.sum.tokens.total_tokens, all);
        drawing.text((x + room, y), NAME.end().shrunk(72.0), &share);
    }
}

fn calendar(drawing: &mut Drawing<'_>, facts: &Facts<'_>, review: &Review) {
    const STEP: f32 = 19.3;
    let cells = Cells { left: LEFT, top: 1328.0, step: STEP, side: 16.3, text: 16.0 };
    Grid::new(facts, crate::period::year(review.year).unwrap_or(review.range), &review.days).draw(
        drawing,
        facts.locale,
        cells,
    );
}
