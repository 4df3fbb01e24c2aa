//! The largest numbers of a page.

use data_schema::Money;
use data_schema::summary::Aggregate;
use serde::Serialize;

use super::kit::{Chip, Kit, Stretch, micros};
use crate::cube::Dimension;
use crate::cube::cached;
use crate::locale::dates::time_of_day;
use crate::locale::numbers::percent;

/// A number with its name.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Fact {
    pub(crate) label: String,
    pub(crate) number: String,
    /// All its digits, where the number is short.
    pub(crate) full: Option<String>,
    pub(crate) chip: Option<Chip>,
    pub(crate) lines: Vec<String>,
    /// A line that leads somewhere: text and page.
    pub(crate) link: Option<(String, String)>,
    /// The time up to which it is known, as text and for the browser, which adds its age.
    pub(crate) until: Option<(String, String)>,
}

/// Tokens, cost, cache and active days of a stretch.
pub(crate) fn of(kit: &Kit<'_, '_>, stretch: &Stretch<'_>) -> Vec<Fact> {
    let total = stretch.view.total();
    let mut facts = vec![tokens(kit, stretch, &total)];
    if kit.shows_cost() {
        facts.push(cost(kit, stretch, &total));
    }
    facts.extend(cache(kit, stretch, &total));
    facts.push(active(kit, stretch, &total));
    facts
}

/// How a number of a stretch has changed, or that there is nothing to compare it with.
fn change(
    kit: &Kit<'_, '_>,
    stretch: &Stretch<'_>,
    value: fn(&Aggregate) -> u64,
) -> Option<String> {
    let Some(compared) = &stretch.compared else {
        return None;
    };
    let (now, before) = (compared.now.total(), compared.before.total());
    kit.compared(&compared.ranges, value(&now), value(&before), stretch.days())
}

fn tokens(kit: &Kit<'_, '_>, stretch: &Stretch<'_>, total: &Aggregate) -> Fact {
    let change = change(kit, stretch, |sum| sum.tokens.total_tokens);
    let number = kit.tokens(total);
    let full = kit.count(total);
    Fact {
        label: kit.text("tokens"),
        full: (full != number).then_some(full),
        number,
        chip: kit.chip(total),
        lines: change.into_iter().collect(),
        ..Fact::default()
    }
}

fn cost(kit: &Kit<'_, '_>, stretch: &Stretch<'_>, total: &Aggregate) -> Fact {
    let unpriced = (total.unpriced_tokens > 0).then(|| {
        let models = stretch.view.by(Dimension::Model);
        let count = models.iter().filter(|(_, sum)| sum.unpriced_tokens > 0).count();
        let share = percent(total.unpriced_tokens, total.tokens.total_tokens);
        kit.context.locale.with(
            "fact-unpriced",
            &[("count", count.into()), ("n", count.to_string().into()), ("share", share.into())],
        )
    });
    let has_page = kit.context.data.prices.is_some();
    let (link, line) = match unpriced {
        Some(text) if has_page => (Some((text, "prices/index.html".to_owned())), None),
        text => (None, text),
    };
    // A change of amounts of which a part is not known says nothing.
    let is_known = |sum: Aggregate| sum.unpriced_tokens == 0;
    let known = stretch.compared.as_ref().is_some_and(|compared| {
        is_known(compared.now.total()) && is_known(compared.before.total())
    });
    let change = change(kit, stretch, micros).filter(|_| known);
    Fact {
        label: kit.text("cost"),
        number: kit.cost(total),
        lines: change.into_iter().chain(line).chain(paid(kit, total)).collect(),
        link,
        ..Fact::default()
    }
}

/// What of it is paid by the token, and what subscriptions cover, where either is known.
fn paid(kit: &Kit<'_, '_>, total: &Aggregate) -> impl Iterator<Item = String> {
    let locale = &kit.context.locale;
    let amounts = [("fact-billed", total.billed_usd), ("fact-covered", total.covered_usd)];
    let told = amounts.into_iter().filter(|(_, amount)| *amount > Money::ZERO);
    told.map(|(key, amount)| locale.with(key, &[("amount", locale.cost(Some(amount), 0).into())]))
}

fn cache(kit: &Kit<'_, '_>, stretch: &Stretch<'_>, total: &Aggregate) -> Option<Fact> {
    let (read, all) = cached(total);
    if all == 0 {
        return None;
    }
    let before = stretch.compared.as_ref().map(|compared| cached(&compared.before.total()));
    let before = before.filter(|(_, all)| *all > 0).map(|(read, all)| {
        let share = percent(read, all);
        kit.context.locale.with("fact-cache-before", &[("share", share.into())])
    });
    Some(Fact {
        label: kit.text("fact-cache"),
        number: percent(read, all),
        lines: before.into_iter().collect(),
        ..Fact::default()
    })
}

fn active(kit: &Kit<'_, '_>, stretch: &Stretch<'_>, total: &Aggregate) -> Fact {
    let locale = &kit.context.locale;
    let (active, days) = (stretch.view.days().len(), stretch.days());
    let number = locale.with(
        "fact-active-of",
        &[("n", active.to_string().into()), ("all", locale.count(days).into())],
    );
    let requests = (total.requests > 0).then(|| {
        let (count, n) = (total.requests, locale.count(total.requests));
        locale.with("fact-responses", &[("count", count.into()), ("n", n.into())])
    });
    Fact {
        label: kit.text("fact-active"),
        number,
        lines: requests.into_iter().collect(),
        ..Fact::default()
    }
}

/// The last day with use, and until when it is counted.
pub(crate) fn latest(kit: &Kit<'_, '_>) -> Option<Fact> {
    let (context, data) = (kit.context, kit.context.data);
    let day = data.cube.range()?.end;
    let total =
        data.cube.all().within(data_schema::summary::DateRange { start: day, end: day }).total();
    let date = context.locale.short_date(day);
    let at = data.latest.last_updated;
    let until = at
        .zip(data.zone)
        .and_then(|(at, zone)| Some((at.to_string(), time_of_day(at, zone, day)?)));
    let until = until.map(|(at, time)| {
        let text = context
            .locale
            .with("fact-until", &[("date", date.clone().into()), ("time", time.into())]);
        (text, at)
    });
    let lines = if until.is_none() { vec![date] } else { Vec::new() };
    let cost = kit.cost(&total);
    Some(Fact {
        label: kit.text("fact-latest"),
        number: kit.tokens(&total),
        full: (!cost.is_empty()).then_some(cost),
        lines,
        until,
        ..Fact::default()
    })
}
