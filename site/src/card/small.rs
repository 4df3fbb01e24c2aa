//! Cards of a few numbers: summary, streak, bars of thirty days.

use std::fmt::Write as _;

use data_schema::summary::{Aggregate, DateRange};

use super::draw::{Drawing, Paint, Style, number};
use super::facts::{Facts, Streak, scaled, steps, streaks};
use crate::locale::Locale;
use crate::period::Window;

/// Width of all cards, as those of other projects in the same README have it.
pub(crate) const WIDTH: f32 = 495.0;
/// From the edge to what is inside.
pub(crate) const MARGIN: f32 = 20.0;
pub(crate) const INSIDE: f32 = WIDTH - 2.0 * MARGIN;

pub(crate) const TITLE: Style = Style::new(14.0, Paint::INK).bold();
pub(crate) const SMALL: Style = Style::new(11.0, Paint::SOFT);
const VALUE: Style = Style::new(23.0, Paint::INK);

/// Heights.
const SUMMARY: f32 = 146.0;
const STREAK: f32 = 124.0;
const SPARK: f32 = 132.0;
const EMPTY: f32 = 92.0;

/// Name, value and remark.
type Fact = (String, String, String);

/// Background, title, and until when the numbers reach.
pub(crate) fn head(drawing: &mut Drawing<'_>, facts: &Facts<'_>, title: &str, height: f32) {
    drawing.frame(WIDTH, height);
    let until = facts.until();
    let room = INSIDE - drawing.width(&until, SMALL) - 12.0;
    drawing.text((MARGIN, 31.0), TITLE.within(room), title);
    drawing.text((WIDTH - MARGIN, 31.0), SMALL.end(), &until);
}

/// A card before anything was counted.
pub(crate) fn empty(mut drawing: Drawing<'_>, locale: &Locale, title: &str) -> String {
    let text = locale.text("card-no-data");
    drawing.frame(WIDTH, EMPTY);
    drawing.text((MARGIN, 31.0), TITLE.within(INSIDE), title);
    drawing.text((MARGIN, 62.0), Style::new(13.0, Paint::SOFT).within(INSIDE), &text);
    drawing.finish((WIDTH, EMPTY), title, &text)
}

/// Numbers side by side.
fn columns(drawing: &mut Drawing<'_>, rows: &[Fact]) {
    let room = INSIDE / steps(rows.len().max(1));
    // All values are of one size: that of the one that needs the smallest.
    let style = rows.iter().map(|(_, value, _)| drawing.sized(VALUE.shrunk(room - 12.0), value));
    let style = style
        .reduce(|one, other| if other.size() < one.size() { other } else { one })
        .unwrap_or(VALUE);
    for (number, (name, value, remark)) in rows.iter().enumerate() {
        let (x, room) = (MARGIN + room * steps(number), room - 12.0);
        drawing.text((x, 60.0), SMALL.within(room), name);
        drawing.text((x, 87.0), style, value);
        drawing.text((x, 106.0), SMALL.shrunk(room), remark);
    }
}

fn described(rows: &[Fact]) -> String {
    let told = rows.iter().map(|(name, value, remark)| {
        if remark.is_empty() {
            format!("{name}: {value}")
        } else {
            format!("{name}: {value} ({remark})")
        }
    });
    told.collect::<Vec<_>>().join("; ")
}

/// A stretch of days for comparing.
struct Stretch {
    sum: Aggregate,
    active: u64,
}

/// Tokens, cost, active days and responses of thirty days, with their changes.
pub(crate) fn summary(facts: &Facts<'_>, mut drawing: Drawing<'_>) -> String {
    let locale = facts.locale;
    let title = locale.text("card-summary");
    let view = facts.data.cube.all();
    let Some(all) = view.range() else {
        return empty(drawing, locale, &title);
    };
    let stretch = |range: DateRange| {
        let view = view.within(range);
        Stretch { sum: view.total(), active: u64::try_from(view.days().len()).unwrap_or(u64::MAX) }
    };
    let Stretch { sum, active } = stretch(Window::Days30.range(facts.data.end, None));
    // What was before the first use is not known, so nothing is compared with it.
    let compared =
        Window::Days30.comparison(facts.data.end).filter(|two| all.start <= two.before.start);
    let compared = compared.map(|two| (stretch(two.now), stretch(two.before)));
    let change = |count: fn(&Stretch) -> Option<u64>| -> String {
        let two = compared.as_ref().and_then(|(now, before)| Some((count(now)?, count(before)?)));
        two.and_then(|(now, before)| locale.change(now, before)).unwrap_or_default()
    };
    let mut rows = vec![(
        locale.text("tokens"),
        facts.tokens(&sum),
        change(|of| Some(of.sum.tokens.total_tokens)),
    )];
    if let Some(cost) = facts.cost(&sum) {
        rows.push((locale.text("cost-short"), cost, change(|of| cents(&of.sum))));
    }
    let active =
        locale.with("card-of", &[("n", locale.count(active).into()), ("all", "30".into())]);
    rows.push((locale.text("card-active-days"), active, change(|of| Some(of.active))));
    rows.push((
        locale.text("requests"),
        locale.tokens(sum.requests),
        change(|of| Some(of.sum.requests)),
    ));
    head(&mut drawing, facts, &title, SUMMARY);
    columns(&mut drawing, &rows);
    let note = if compared.is_some() { "card-change-note" } else { "card-nothing-earlier" };
    let note = locale.text(note);
    drawing.text((MARGIN, 130.0), Style::new(10.0, Paint::SOFT).within(INSIDE), &note);
    let description = format!("{}; {note}; {}", described(&rows), facts.until());
    drawing.finish((WIDTH, SUMMARY), &title, &description)
}

/// An amount for comparing; none if a part of it has no price.
fn cents(sum: &Aggregate) -> Option<u64> {
    let amount = sum.cost_usd.filter(|_| sum.unpriced_tokens == 0)?;
    amount.rounded(2).replace('.', "").parse().ok()
}

/// All tokens, the streak that lasts, and the longest one.
pub(crate) fn streak(facts: &Facts<'_>, mut drawing: Drawing<'_>) -> String {
    let locale = facts.locale;
    let title = locale.text("card-streak");
    let view = facts.data.cube.all();
    let Some(all) = view.range() else {
        return empty(drawing, locale, &title);
    };
    let (current, longest) = streaks(&view.days(), facts.data.end);
    let streak = |key: &str, streak: Streak| {
        let range = streak.range.map(|range| locale.range(range)).unwrap_or_default();
        (locale.text(key), facts.days(streak.days), range)
    };
    let since = locale.with("card-since", &[("date", locale.date(all.start).into())]);
    let rows = [
        (locale.text("card-all-tokens"), facts.tokens(&view.total()), since),
        streak("card-current-streak", current),
        streak("card-longest-streak", longest),
    ];
    head(&mut drawing, facts, &title, STREAK);
    columns(&mut drawing, &rows);
    let description = format!("{}; {}", described(&rows), facts.until());
    drawing.finish((WIDTH, STREAK), &title, &description)
}

/// Thirty days as bars.
pub(crate) fn spark(facts: &Facts<'_>, mut drawing: Drawing<'_>) -> String {
    const TOP: f32 = 48.0;
    const FLOOR: f32 = 100.0;
    let locale = facts.locale;
    let title = locale.text("card-spark");
    if facts.data.is_empty() {
        return empty(drawing, locale, &title);
    }
    let range = Window::Days30.range(facts.data.end, None);
    let days = facts.data.cube.all().within(range).days();
    let counts: Vec<u64> = range
        .start
        .iter_days()
        .take_while(|day| *day <= range.end)
        .map(|day| days.get(&day).map_or(0, |sum| sum.tokens.total_tokens))
        .collect();
    head(&mut drawing, facts, &title, SPARK);
    drawing.rect((MARGIN, FLOOR, INSIDE, 1.0), 0.0, Paint::LINE);
    drawing.path(&bars(&counts, (MARGIN, TOP, INSIDE, FLOOR - TOP)), Paint::Series(0));
    drawing.text((MARGIN, 117.0), SMALL, &locale.short_date(range.start));
    drawing.text((WIDTH - MARGIN, 117.0), SMALL.end(), &locale.short_date(range.end));
    let total = facts.tokens(&facts.data.cube.all().within(range).total());
    let mut told = format!("{}: {total}", locale.text("tokens"));
    if let Some((day, sum)) =
        days.iter().max_by_key(|(day, sum)| (sum.tokens.total_tokens, std::cmp::Reverse(**day)))
    {
        let parts = [("n", facts.tokens(sum).into()), ("date", locale.short_date(*day).into())];
        told = format!("{told} · {}", locale.with("card-most", &parts));
    }
    drawing.text((WIDTH / 2.0, 117.0), SMALL.middle().within(INSIDE - 120.0), &told);
    drawing.finish((WIDTH, SPARK), &title, &format!("{told}; {}", facts.until()))
}

/// One path of bars in an area: left, top, width, height. A day with use is at least a pixel high.
pub(crate) fn bars(counts: &[u64], (left, top, width, height): (f32, f32, f32, f32)) -> String {
    let most = counts.iter().copied().max().unwrap_or(0);
    let slot = width / steps(counts.len().max(1));
    let gap = (slot * 0.2).max(0.5);
    let mut path = String::new();
    for (place, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let tall = scaled(*count, most, height).max(1.0);
        let [x, y, wide, tall] =
            [left + slot * steps(place) + gap / 2.0, top + height - tall, slot - gap, tall]
                .map(number);
        let _ = write!(path, "M{x} {y}h{wide}v{tall}h-{wide}z");
    }
    path
}
