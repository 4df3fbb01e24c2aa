//! A calendar month as it comes together, beside the month before, with budget and forecast.

use chrono::{Datelike, NaiveDate};
use data_schema::summary::DateRange;
use serde::Serialize;

use super::kit::Kit;
use super::measure::Measure;
use crate::chart::line::{self, Forecast, Line};
use crate::chart::scale::{self, Label};
use crate::period::{self, back};

/// A forecast needs so many days of the month.
const DAYS: u32 = 5;
/// What the rest of a month is taken to be like: whole weeks before its last known day, which may not be over.
const WEEKS: u64 = 4;
/// Where more than a part of this of the tokens has no price, tokens are drawn instead of amounts.
const UNPRICED: u64 = 5;

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
    })
}

/// The budget over everything.
fn budget(kit: &Kit<'_, '_>) -> Option<u64> {
    let budgets = &kit.context.data.budgets.as_ref()?.budgets;
    let all = budgets.iter().find(|budget| budget.provider.is_none())?;
    u64::try_from(all.monthly_usd.picos() / 1_000_000).ok()
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
        let share = crate::locale::numbers::percent(spent, budget);
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
        let known = u64::try_from((end - first).num_days()).unwrap_or(0) / 7;
        let weeks = known.min(WEEKS);
        if end.day() < DAYS || weeks == 0 {
            return None;
        }
        let range = DateRange { start: back(end, weeks * 7), end: back(end, 1) };
        let rest = u64::try_from((last - end).num_days()).unwrap_or(0);
        forecast(now.last().copied().unwrap_or(0), &self.days(range), rest, last.day() as usize)
    }
}

/// What has come together, and for each day left the mean of the same weekday in whole weeks before the last known
/// day. The range is half of what the largest and the smallest of those weeks differ by, for the weeks that are
/// left.
fn forecast(spent: u64, before: &[u64], rest: u64, last_day: usize) -> Option<Forecast> {
    let weeks: Vec<&[u64]> = before.chunks_exact(7).collect();
    let count = u128::try_from(weeks.len()).ok().filter(|count| *count > 0)?;
    let sums: Vec<u128> =
        weeks.iter().map(|week| week.iter().map(|value| u128::from(*value)).sum()).collect();
    // `before` ends the day before the last known one: the day after that has the second weekday of each week.
    let ahead = (0..rest).map(|day| usize::try_from((day + 1) % 7).unwrap_or(0));
    let more: u128 =
        ahead.map(|day| weeks.iter().map(|week| u128::from(week[day])).sum::<u128>()).sum::<u128>()
            / count;
    let spread = sums.iter().max()? - sums.iter().min()?;
    let spread = spread * u128::from(rest) / 14;
    let whole = |value: u128| u64::try_from(value).unwrap_or(u64::MAX);
    let value = u128::from(spent) + more;
    Some(Forecast {
        value: whole(value),
        low: whole(value.saturating_sub(spread)).max(spent),
        high: whole(value + spread),
        last_day,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_takes_each_day_left_as_the_same_weekday_was() {
        // Two weeks that end the day before the last known one; 10 on its weekday, 1 and 2 on the next two.
        let weeks = [10, 1, 2, 0, 0, 0, 0, 10, 3, 2, 0, 0, 0, 0];
        let told = forecast(100, &weeks, 2, 30).unwrap();
        assert_eq!(told, Forecast { value: 104, low: 104, high: 104, last_day: 30 });
        let all = forecast(100, &weeks, 7, 30).unwrap();
        assert_eq!((all.value, all.low, all.high), (114, 113, 115));
    }

    #[test]
    fn a_forecast_is_never_below_what_is_spent_and_needs_a_week() {
        let uneven = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 700];
        let told = forecast(5, &uneven, 7, 30).unwrap();
        assert_eq!((told.value, told.low, told.high), (355, 5, 705));
        assert_eq!(forecast(5, &[1, 2, 3], 7, 30), None);
        assert_eq!(forecast(u64::MAX, &[1; 7], 7, 30).unwrap().value, u64::MAX);
    }
}
