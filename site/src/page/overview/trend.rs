//! The bars of a page, with the table of their numbers.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use data_schema::summary::{Aggregate, DateRange};
use serde::Serialize;

use super::kit::{Kit, Name, Sentence, Stack, Stretch, day_href, micros};
use super::measure::Measure;
use crate::chart::bars::{self, Bars, Series, Value};
use crate::chart::scale::{self, Label};
use crate::cube::{self, Place};
use crate::locale::numbers::percent;
use crate::marks::OTHER;
use crate::period::{self, Unit};

/// Room for a word below the bars, in percent of the width: on a desk and on a phone.
const WORD: (usize, usize) = (6, 19);
/// Up to so many days, each may have a word; of more, Mondays.
const EACH_DAY: usize = 10;

/// Up to so many weeks, each month has a word; of more, each quarter.
const A_YEAR: usize = 70;

/// Of more numbers than that, a table that is not what its page is about has no columns for what is stacked.
const CELLS: usize = 150;

/// Bars of tokens and of cost, and their numbers.
#[derive(Debug, Serialize)]
pub(crate) struct Trend {
    pub(crate) legend: Vec<Name>,
    pub(crate) tokens: Drawing,
    pub(crate) cost: Option<Drawing>,
    pub(crate) has_inexact: bool,
    pub(crate) table: Slots,
}

/// Bars with the words around them.
#[derive(Debug, Serialize)]
pub(crate) struct Drawing {
    pub(crate) bars: Bars,
    pub(crate) left: Vec<Label>,
    pub(crate) below: Vec<Label>,
    /// What it shows, in a sentence.
    pub(crate) told: String,
    pub(crate) top: Option<Sentence>,
}

/// One row for each bar.
#[derive(Debug, Serialize)]
pub(crate) struct Slots {
    /// Key of the first column's heading: `day`, `week`, `month`.
    pub(crate) unit: &'static str,
    /// What is stacked; empty if there is only one.
    pub(crate) columns: Vec<String>,
    /// The same, for the browser alone, where columns would make the page too large: with `|` between them. The
    /// table then leads to pages that have them.
    pub(crate) folded: Option<String>,
    pub(crate) rows: Vec<Slot>,
    pub(crate) has_cost: bool,
}

/// A bar in numbers.
#[derive(Debug, Serialize)]
pub(crate) struct Slot {
    /// Number of the day, where the page is about a month.
    pub(crate) day: Option<u32>,
    pub(crate) label: String,
    pub(crate) href: Option<String>,
    pub(crate) tokens: String,
    pub(crate) cells: Vec<String>,
    /// The cells of columns that are folded.
    pub(crate) folded: Option<String>,
    pub(crate) cost: String,
}

/// Sums of the days of each slot.
pub(crate) fn by_slot(days: BTreeMap<NaiveDate, Aggregate>, slots: &[DateRange]) -> Vec<Aggregate> {
    let mut sums = vec![Aggregate::default(); slots.len()];
    for (day, sum) in days {
        if let Some(slot) = slot_of(slots, day) {
            cube::add(&mut sums[slot], &sum);
        }
    }
    sums
}

fn slot_of(slots: &[DateRange], day: NaiveDate) -> Option<usize> {
    let slot = slots.partition_point(|slot| slot.end < day);
    slots.get(slot).filter(|slot| slot.start <= day).map(|_| slot)
}

/// What bars are made of.
struct Stacked<'a> {
    stack: &'a Stack,
    unit: Unit,
    slots: Vec<DateRange>,
    totals: Vec<Aggregate>,
    /// By series, then by slot; what has no colour of its own comes last.
    parts: Vec<Vec<Aggregate>>,
}

/// The bars of a stretch. `is_whole`: the page is about these days, and its rows are what links to days lead to.
pub(crate) fn of(kit: &Kit<'_, '_>, stretch: &Stretch<'_>, stack: &Stack, is_whole: bool) -> Trend {
    let unit = Unit::of(stretch.range);
    let stacked = Stacked::new(stretch, stack, unit);
    let total = stretch.view.total();
    let has_cost = kit.shows_cost() && micros(&total) > 0;
    let legend = stacked.legend(kit);
    Trend {
        tokens: stacked.drawing(kit, stretch, Measure::Tokens),
        cost: has_cost.then(|| stacked.drawing(kit, stretch, Measure::Cost)),
        has_inexact: total.inexact_tokens > 0,
        table: stacked.table(kit, &legend, is_whole),
        legend,
    }
}

impl<'a> Stacked<'a> {
    fn new(stretch: &Stretch<'_>, stack: &'a Stack, unit: Unit) -> Self {
        let slots = unit.slots(stretch.range);
        let has_others = !stack.others.is_empty();
        let mut totals = vec![Aggregate::default(); slots.len()];
        let mut parts = vec![totals.clone(); stack.places.len() + usize::from(has_others)];
        for (day, names) in stretch.view.days_by(stack.dimension) {
            let Some(slot) = slot_of(&slots, day) else { continue };
            for (place, sum) in names {
                let series = stack.places.iter().position(|known| *known == place);
                cube::add(&mut totals[slot], &sum);
                if let Some(part) = parts.get_mut(series.unwrap_or(stack.places.len())) {
                    cube::add(&mut part[slot], &sum);
                }
            }
        }
        Self { stack, unit, slots, totals, parts }
    }

    fn legend(&self, kit: &Kit<'_, '_>) -> Vec<Name> {
        let name = |place: &Place| kit.name(self.stack, self.stack.dimension, *place);
        let mut names: Vec<Name> = self.stack.places.iter().map(name).collect();
        match self.stack.others.as_slice() {
            [] => {}
            [only] => names.push(name(only)),
            others => names.push(Name {
                text: kit.context.locale.with(
                    "others",
                    &[("n", others.len().to_string().into()), ("count", others.len().into())],
                ),
                href: None,
                mark: None,
                color: Some(OTHER.to_owned()),
            }),
        }
        names
    }

    fn drawing(&self, kit: &Kit<'_, '_>, stretch: &Stretch<'_>, measure: Measure) -> Drawing {
        let value = |sum: &Aggregate| Value {
            all: measure.of(sum),
            inexact: match measure {
                Measure::Tokens => sum.inexact_tokens,
                Measure::Cost => {
                    scale::part(sum.inexact_tokens, sum.tokens.total_tokens, micros(sum))
                }
            },
        };
        let colors = self.stack.places.iter().map(|place| self.stack.color(*place));
        let series: Vec<Series> = colors
            .chain([OTHER.to_owned()])
            .zip(&self.parts)
            .map(|(color, sums)| Series { color, values: sums.iter().map(value).collect() })
            .collect();
        let axis = bars::axis(&series);
        Drawing {
            bars: bars::stacked(&series, axis, stretch.is_open),
            left: axis.labels(|value| measure.short(kit, value)),
            below: scale::below(self.words(kit), self.slots.len(), WORD.0, WORD.1),
            told: self.told(kit, stretch, measure),
            top: self.top(kit, measure),
        }
    }

    /// Words below the slots that may have one.
    fn words(&self, kit: &Kit<'_, '_>) -> Vec<(usize, String)> {
        let locale = &kit.context.locale;
        let few = self.slots.len() <= EACH_DAY;
        let mut words = Vec::new();
        for (number, slot) in self.slots.iter().enumerate() {
            let day = slot.start;
            let word = match self.unit {
                Unit::Day if few => Some(format!(
                    "{} {}",
                    locale.weekday(day.weekday().num_days_from_monday()),
                    day.day()
                )),
                Unit::Day => {
                    (day.weekday().num_days_from_monday() == 0).then(|| locale.short_date(day))
                }
                // The first week that ends in a month; of years, in a quarter.
                Unit::Week => {
                    let is_first = slot.end.day() <= 7 || (number == 0 && slot.end.day() <= 20);
                    let is_told = self.slots.len() <= A_YEAR || slot.end.month() % 3 == 1;
                    (is_first && is_told).then(|| month(kit, slot.end))
                }
                Unit::Month => (day.month() % 3 == 1 || few).then(|| month(kit, day)),
            };
            words.extend(word.map(|word| (number, word)));
        }
        words
    }

    fn label(&self, kit: &Kit<'_, '_>, slot: DateRange) -> String {
        let locale = &kit.context.locale;
        match self.unit {
            Unit::Day => {
                let weekday = locale.weekday(slot.start.weekday().num_days_from_monday());
                locale.with(
                    "slot-day",
                    &[("weekday", weekday.into()), ("date", locale.date(slot.start).into())],
                )
            }
            Unit::Week => locale.range(slot),
            Unit::Month => locale.month(slot.start),
        }
    }

    /// How much, on how many days, when most, and who most of it.
    fn told(&self, kit: &Kit<'_, '_>, stretch: &Stretch<'_>, measure: Measure) -> String {
        let locale = &kit.context.locale;
        let total = stretch.view.total();
        let all = measure.of(&total);
        let peak = (0..self.slots.len())
            .max_by_key(|slot| (measure.of(&self.totals[*slot]), std::cmp::Reverse(*slot)));
        let Some(peak) = peak.filter(|_| all > 0) else {
            return kit.text("trend-nothing");
        };
        let key = match self.unit {
            Unit::Day => "trend-told-day",
            Unit::Week => "trend-told-week",
            Unit::Month => "trend-told-month",
        };
        let when = match self.unit {
            Unit::Day => locale.short_date(self.slots[peak].start),
            _ => self.label(kit, self.slots[peak]),
        };
        let what = match measure {
            Measure::Tokens => locale
                .with("trend-tokens", &[("n", kit.tokens(&total).into()), ("count", all.into())]),
            Measure::Cost => kit.cost(&total),
        };
        let active = stretch.view.days().len();
        locale.with(
            key,
            &[
                ("what", what.into()),
                ("active", active.to_string().into()),
                ("count", stretch.days().into()),
                ("n", locale.count(stretch.days()).into()),
                ("when", when.into()),
                ("most", measure.told(kit, &self.totals[peak]).into()),
            ],
        )
    }

    /// Who used most.
    fn top(&self, kit: &Kit<'_, '_>, measure: Measure) -> Option<Sentence> {
        let sum = |slots: &Vec<Aggregate>| {
            slots.iter().fold(0_u64, |sum, slot| sum.saturating_add(measure.of(slot)))
        };
        let all = self.totals.iter().fold(0_u64, |all, slot| all.saturating_add(measure.of(slot)));
        let sums =
            self.stack.places.iter().zip(&self.parts).map(|(place, slots)| (*place, sum(slots)));
        let largest = sums.max_by_key(|(place, sum)| (*sum, std::cmp::Reverse(*place)));
        let (place, sum) = largest.filter(|(_, sum)| *sum > 0 && self.stack.places.len() > 1)?;
        let name = kit.title(self.stack.dimension, place);
        Some(kit.sentence("trend-top", ("name", name), &[("share", percent(sum, all).into())]))
    }

    fn table(&self, kit: &Kit<'_, '_>, legend: &[Name], is_whole: bool) -> Slots {
        let mut columns: Vec<String> = Vec::new();
        if self.parts.len() > 1 {
            columns.extend(legend.iter().map(|name| name.text.clone()));
        }
        let is_folded = !is_whole && columns.len() * self.slots.len() > CELLS;
        let fold = |texts: &mut Vec<String>| {
            is_folded.then(|| {
                texts.drain(..).map(|text| text.replace('|', "¦")).collect::<Vec<_>>().join("|")
            })
        };
        let row = |(number, slot): (usize, &DateRange)| {
            let total = &self.totals[number];
            let parts = self.parts.iter().filter(|_| !columns.is_empty()).map(|part| &part[number]);
            let mut cells =
                parts.map(|sum| dash(sum.tokens.total_tokens, kit.count(sum))).collect();
            let is_anchor = is_whole && self.unit == Unit::Day;
            Slot {
                day: is_anchor.then(|| slot.start.day()),
                label: self.label(kit, *slot),
                href: (total.tokens.total_tokens > 0 && !is_anchor).then(|| self.href(*slot)),
                tokens: dash(total.tokens.total_tokens, kit.count(total)),
                folded: fold(&mut cells),
                cells,
                cost: kit.cost(total),
            }
        };
        Slots {
            unit: match self.unit {
                Unit::Day => "day",
                Unit::Week => "week",
                Unit::Month => "month",
            },
            rows: self.slots.iter().enumerate().map(row).collect(),
            folded: fold(&mut columns),
            columns,
            has_cost: kit.shows_cost(),
        }
    }

    fn href(&self, slot: DateRange) -> String {
        match self.unit {
            Unit::Day => day_href(slot.start),
            Unit::Week => period::week_path(slot.start),
            Unit::Month => period::month_path(slot.start),
        }
    }
}

fn dash(value: u64, text: String) -> String {
    if value == 0 { "–".to_owned() } else { text }
}

/// A month, with its year if it is January.
fn month(kit: &Kit<'_, '_>, day: NaiveDate) -> String {
    if day.month() == 1 { day.year().to_string() } else { kit.context.locale.month_name(day) }
}
