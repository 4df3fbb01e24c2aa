//! A calendar month as it comes together, beside the month before, with budget and forecast.

use chrono::{Datelike, NaiveDate};
use data_schema::Money;
use data_schema::forecast::{self, DAYS, UNPRICED};
use data_schema::summary::{Budget, DateRange};
use serde::Serialize;

use super::kit::Kit;
use super::measure::Measure;
use crate::chart::line::{self, Forecast, Line};
use crate::chart::scale::{self, Label};
use crate::locale::numbers::percent;
use crate::names;
use crate::period::{self, back};

/// The lines of a month with the words around them.
#[derive(Debug, Serialize)]
pub(crate) struct Month {
    pub(crate) title: String,
    pub(crate) line: Line,
    pub(crate) left: Vec<Label>,
    pub(crate) below: Vec<Label>,
    /// What the lines are: class and words.
    pub(crate) legend: Vec<(&'static str, String)>,
    pub(crate) told: Vec<String>,
    /// Whether it is over the budget.
    pub(crate) is_over: bool,
    /// Budgets that are about something else than the line.
    pub(crate) others: Vec<Standing>,
}

/// How a budget stands, in a sentence.
#[derive(Debug, Serialize)]
pub(crate) struct Standing {
    pub(crate) text: String,
    pub(crate) is_over: bool,
}

/// The month that a day lies in. A month that is over has no forecast.
pub(crate) fn of(kit: &Kit<'_, '_>, day: NaiveDate) -> Option<Month> {
    let data = kit.context.data;
    let month = period::month(day);
    let end = month.end.min(data.end);
    let first = data.cube.range()?.start;
    let total = data.cube.all().within(month).total();
    if total.tokens.total_tokens == 0 {
        return None;
    }
    let is_priced =
        kit.shows_cost() && total.unpriced_tokens <= total.tokens.total_tokens / UNPRICED;
    let measure = if is_priced { Measure::Cost } else { Measure::Tokens };
    let earlier = period::month(back(month.start, 1));
    let budget = is_priced.then(|| budget(kit)).flatten();
    let series = Series { kit, measure };
    let now = series.cumulative(DateRange { start: month.start, end });
    let before = if earlier.end < first { Vec::new() } else { series.cumulative(earlier) };
    let forecast =
        (end < month.end).then(|| series.forecast(&now, end, month.end, first)).flatten();
    let drawn = line::Month {
        days: (month.end.day().max(if before.is_empty() { 0 } else { earlier.end.day() })) as usize,
        now,
        before,
        budget,
        forecast,
    };
    let axis = line::axis(&drawn);
    let spent = drawn.now.last().copied().unwrap_or(0);
    Some(Month {
        title: title(kit, month.start, measure),
        left: axis.labels(|value| measure.short(kit, value)),
        below: below(drawn.days),
        legend: legend(kit, &drawn, month.start, earlier.start),
        told: told(&series, &drawn, end, month.end),
        is_over: drawn.budget.is_some_and(|budget| spent > budget),
        line: line::month(&drawn, axis),
        others: other_budgets(kit),
    })
}

/// The budget over everything.
fn budget(kit: &Kit<'_, '_>) -> Option<u64> {
    let budgets = &kit.context.data.budgets.as_ref()?.budgets;
    let all = budgets.iter().find(|budget| is_drawn(budget))?;
    u64::try_from(all.monthly_usd?.picos() / 1_000_000).ok()
}

/// Whether a budget is about the line: a month of everything at list price.
fn is_drawn(budget: &Budget) -> bool {
    let is = |word: &Option<String>, usual: &str| word.as_deref().is_none_or(|word| word == usual);
    budget.provider.is_none()
        && budget.project.is_none()
        && budget.monthly_usd.is_some()
        && is(&budget.period, "month")
        && is(&budget.of, "list")
}

/// The other budgets, as far as it is known what they come to.
fn other_budgets(kit: &Kit<'_, '_>) -> Vec<Standing> {
    let budgets = kit.context.data.budgets.as_ref().filter(|_| kit.shows_cost());
    let budgets = budgets.map_or(&[][..], |file| &file.budgets).iter();
    let drawn = kit.context.data.budgets.iter().flat_map(|file| &file.budgets);
    let drawn = drawn.filter(|budget| is_drawn(budget)).map(std::ptr::from_ref).next();
    let others = budgets.filter(|budget| Some(std::ptr::from_ref(*budget)) != drawn);
    others.filter_map(|budget| standing(kit, budget)).collect()
}

fn standing(kit: &Kit<'_, '_>, budget: &Budget) -> Option<Standing> {
    let locale = &kit.context.locale;
    let (amount, spent) = (budget.amount?, budget.spent?);
    let code = budget.currency.as_deref().unwrap_or("USD");
    let micros = |amount: Money| u64::try_from(amount.picos() / 1_000_000).unwrap_or(0);
    let text = |amount: Money| locale.money(amount, code);
    let key = match budget.state.as_deref() {
        Some("passed") => "month-other-over",
        Some("expected") => "month-other-will",
        _ => "month-other-within",
    };
    let name = names::line(budget.name.as_deref().unwrap_or_default());
    let forecast = budget.forecast.map_or_else(String::new, text);
    let parts = [
        ("name", name.into()),
        ("spent", text(spent).into()),
        ("amount", text(amount).into()),
        ("share", percent(micros(spent), micros(amount)).into()),
        ("forecast", forecast.into()),
    ];
    Some(Standing { text: locale.with(key, &parts), is_over: key == "month-other-over" })
}

fn title(kit: &Kit<'_, '_>, month: NaiveDate, measure: Measure) -> String {
    let key = match measure {
        Measure::Tokens => "month-title-tokens",
        Measure::Cost => "month-title-cost",
    };
    let month = kit.context.locale.month(month);
    kit.context.locale.with(key, &[("month", month.into())])
}

/// Numbers of days below the lines, at the end of each day.
fn below(days: usize) -> Vec<Label> {
    let label = |day: usize| Label {
        at: scale::share(day as u64, days as u64),
        text: day.to_string(),
        is_last: day == days,
        is_wide: false,
    };
    let mut labels: Vec<Label> = (5..days.saturating_sub(2)).step_by(5).map(label).collect();
    labels.push(label(days));
    labels
}

fn legend(
    kit: &Kit<'_, '_>,
    drawn: &line::Month,
    now: NaiveDate,
    before: NaiveDate,
) -> Vec<(&'static str, String)> {
    let locale = &kit.context.locale;
    let mut legend = vec![("now", locale.month(now))];
    if !drawn.before.is_empty() {
        legend.push(("before", locale.month(before)));
    }
    if drawn.forecast.is_some() {
        legend.push(("forecast", kit.text("month-forecast")));
    }
    if let Some(budget) = drawn.budget {
        legend.push((
            "budget",
            locale.with("month-budget", &[("amount", Measure::Cost.short(kit, budget).into())]),
        ));
    }
    legend
}

/// What the lines say, in sentences.
fn told(
    series: &Series<'_, '_, '_>,
    drawn: &line::Month,
    end: NaiveDate,
    last: NaiveDate,
) -> Vec<String> {
    let (kit, locale) = (series.kit, &series.kit.context.locale);
    let text = |value: u64| series.measure.short(kit, value);
    let spent = drawn.now.last().copied().unwrap_or(0);
    let until = locale.short_date(end);
    let mut told =
        vec![locale.with("month-told", &[("value", text(spent).into()), ("date", until.into())])];
    if let Some(forecast) = drawn.forecast {
        let key = if forecast.low < forecast.high {
            "month-forecast-told"
        } else {
            "month-forecast-about"
        };
        let parts = [
            ("value", text(forecast.value).into()),
            ("low", text(forecast.low).into()),
            ("high", text(forecast.high).into()),
        ];
        told.push(locale.with(key, &parts));
    } else if end < last {
        told.push(kit.text(if end.day() < DAYS {
            "month-forecast-needs"
        } else {
            "month-forecast-week"
        }));
    }
    if let Some(budget) = drawn.budget {
        let expected = drawn.forecast.map_or(spent, |forecast| forecast.value);
        let key = match (spent > budget, expected > budget) {
            (true, _) => "month-budget-over",
            (false, true) => "month-budget-will",
            _ => "month-budget-within",
        };
        let share = percent(spent, budget);
        told.push(locale.with(key, &[("amount", text(budget).into()), ("share", share.into())]));
    }
    told
}

struct Series<'a, 'b, 'c> {
    kit: &'a Kit<'b, 'c>,
    measure: Measure,
}

impl Series<'_, '_, '_> {
    fn days(&self, range: DateRange) -> Vec<u64> {
        let days = self.kit.context.data.cube.all().within(range).days();
        let of = |day: NaiveDate| days.get(&day).map_or(0, |sum| self.measure.of(sum));
        range.start.iter_days().take_while(|day| *day <= range.end).map(of).collect()
    }

    fn cumulative(&self, range: DateRange) -> Vec<u64> {
        let mut sum = 0_u64;
        let add = |value: u64| {
            sum = sum.saturating_add(value);
            sum
        };
        self.days(range).into_iter().map(add).collect()
    }

    /// From the fifth day of a month on, if at least a week is known.
    fn forecast(
        &self,
        now: &[u64],
        end: NaiveDate,
        last: NaiveDate,
        first: NaiveDate,
    ) -> Option<Forecast> {
        let known = u64::try_from((end - first).num_days()).unwrap_or(0);
        let days = forecast::days_before(known);
        if end.day() < DAYS || days == 0 {
            return None;
        }
        let range = DateRange { start: back(end, days), end: back(end, 1) };
        let before: Vec<u128> = self.days(range).into_iter().map(u128::from).collect();
        let rest = u64::try_from((last - end).num_days()).unwrap_or(0);
        let spent = u128::from(now.last().copied().unwrap_or(0));
        let told = forecast::rest(spent, &before, rest)?;
        let whole = |value: u128| u64::try_from(value).unwrap_or(u64::MAX);
        Some(Forecast {
            value: whole(told.value),
            low: whole(told.low),
            high: whole(told.high),
            last_day: last.day() as usize,
        })
    }
}
