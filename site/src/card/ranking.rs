//! Cards of the largest models and sources: one bar, and a list.

use super::draw::{Drawing, Paint, Style};
use super::facts::{Facts, Ranking, scaled, steps};
use super::small::{INSIDE, MARGIN, WIDTH, empty, head};
use crate::cube::Dimension;
use crate::locale::numbers::percent;
use crate::period::Window;

/// Names in the list; the rest is one row.
const NAMES: usize = 5;
const BAR: (f32, f32) = (46.0, 10.0);
/// First line of the list, and the step to the next.
const FIRST: f32 = 82.0;
const LINE: f32 = 22.0;

const NAME: Style = Style::new(12.5, Paint::INK);
const NUMBER: Style = Style::new(12.5, Paint::INK).end();
const QUIET: Style = Style::new(12.5, Paint::SOFT).end();

pub(crate) fn models(facts: &Facts<'_>, drawing: Drawing<'_>) -> String {
    card(facts, drawing, "card-models", Dimension::Model)
}

pub(crate) fn sources(facts: &Facts<'_>, drawing: Drawing<'_>) -> String {
    card(facts, drawing, "card-sources", Dimension::Source)
}

fn card(facts: &Facts<'_>, mut drawing: Drawing<'_>, key: &str, dimension: Dimension) -> String {
    let title = facts.locale.text(key);
    let range = Window::Days30.range(facts.data.end, None);
    let ranking = facts.ranking(facts.data.cube.all().within(range), dimension, NAMES);
    if ranking.slices.is_empty() {
        return empty(drawing, facts.locale, &title);
    }
    let rows = rows(facts, &ranking);
    let height = FIRST + LINE * steps(rows.len()) - 4.0;
    head(&mut drawing, facts, &title, height);
    bar(&mut drawing, &ranking, (MARGIN, BAR.0, INSIDE, BAR.1));
    // Without costs, the other two columns move to the edge.
    let columns = if facts.data.shows_cost() {
        [320.0, 378.0, WIDTH - MARGIN]
    } else {
        [410.0, WIDTH - MARGIN, 0.0]
    };
    for (number, row) in rows.iter().enumerate() {
        let y = FIRST + LINE * steps(number);
        drawing.sign((MARGIN, y - 10.0), 11.0, (row.mark, row.paint));
        let room = columns[0] - 62.0 - MARGIN - 18.0;
        drawing.text((MARGIN + 18.0, y), NAME.within(room), &row.name);
        drawing.text((columns[0], y), NUMBER.shrunk(60.0), &row.tokens);
        drawing.text((columns[1], y), QUIET, &row.share);
        if let Some(cost) = &row.cost {
            drawing.text((columns[2], y), NUMBER.shrunk(88.0), cost);
        }
    }
    let told: Vec<String> =
        rows.iter().map(|row| format!("{}: {} ({})", row.name, row.tokens, row.share)).collect();
    let description = format!("{}; {}", told.join("; "), facts.until());
    drawing.finish((WIDTH, height), &title, &description)
}

/// A line of the list.
struct Row {
    name: String,
    mark: Option<&'static str>,
    paint: Paint,
    tokens: String,
    share: String,
    cost: Option<String>,
}

fn rows(facts: &Facts<'_>, ranking: &Ranking) -> Vec<Row> {
    let all = ranking.total.tokens.total_tokens;
    let row = |name: String, mark, paint, sum| Row {
        name,
        mark,
        paint,
        tokens: facts.tokens(sum),
        share: percent(sum.tokens.total_tokens, all),
        cost: facts.cost(sum),
    };
    let slices = ranking
        .slices
        .iter()
        .map(|slice| row(slice.name.clone(), slice.mark, slice.paint, &slice.sum));
    let others = ranking
        .others
        .iter()
        .map(|(count, sum)| row(facts.others(*count), None, Paint::Other, sum));
    slices.chain(others).collect()
}

/// All parts side by side, with a gap between them.
pub(crate) fn bar(drawing: &mut Drawing<'_>, ranking: &Ranking, area: (f32, f32, f32, f32)) {
    const GAP: f32 = 1.5;
    let (left, top, width, height) = area;
    let all = ranking.total.tokens.total_tokens;
    let parts = ranking.slices.iter().map(|slice| (slice.paint, &slice.sum));
    let others = ranking.others.iter().map(|(_, sum)| (Paint::Other, sum));
    let mut x = left;
    for (paint, sum) in parts.chain(others) {
        let wide = scaled(sum.tokens.total_tokens, all, width);
        drawing.rect((x, top, (wide - GAP).max(0.5), height), 0.0, paint);
        x += wide;
    }
}
