//! Subscriptions: what each month of them costs, and the list value that they covered.
//!
//! The price of a period is shared out over its days in whole picos, so that the shares of a period's days add up to its
//! price. A period begins on the day of the month on which the subscription began (on the last day of a shorter month). A
//! period in which the subscription ends is as short as it lasted: it was paid for as a whole.

use std::collections::BTreeMap;

use chrono::{Datelike, Months, NaiveDate};
use data_schema::Money;
use pricing::{Plan, PlanPeriod};

use crate::budgets::BudgetPeriod;
use crate::calendar::days;
use crate::exchange::{Exchange, Exchanged};
use crate::sums::Sums;

/// A subscription with its months.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlanState {
    /// The subscription.
    pub plan: Plan,
    /// ISO 4217 code of `share` and `whole`: the asked one, or the subscription's own where it has no rate.
    pub currency: String,
    /// Calendar months of the report zone, in order: those that it covers a day of, up to today.
    pub months: Vec<PlanMonth>,
}

/// A month of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlanMonth {
    /// First day of the month.
    pub month: NaiveDate,
    /// What its days cost, those after today left out.
    pub share: Exchanged,
    /// What all of its days cost.
    pub whole: Exchanged,
    /// List value of what it covered, in the asked currency.
    pub covered: Exchanged,
    /// Whether today lies in it.
    pub is_running: bool,
}

impl PlanMonth {
    /// Tenths of how often the list value is the share, rounded; `None` where it cost nothing.
    pub fn worth_tenths(&self) -> Option<u64> {
        let (covered, share) = (self.covered.magnitude(), self.share.magnitude());
        let tenths = covered.saturating_mul(10).saturating_add(share / 2).checked_div(share)?;
        Some(u64::try_from(tenths).unwrap_or(u64::MAX))
    }

    /// Whether the list value is at least what it cost.
    pub fn is_worth_it(&self) -> bool {
        self.covered >= self.share
    }
}

impl PlanState {
    /// Whether its cost and the list value are in one currency, so that they can be held against each other and added.
    pub fn is_comparable(&self, exchange: &Exchange<'_>) -> bool {
        self.currency == exchange.code()
    }
}

/// All subscriptions of the price book with their months from `first` to `today`, in the currency of `exchange`, and what
/// a person should know, one line each.
pub fn plans(
    sums: &Sums,
    exchange: &Exchange<'_>,
    first: NaiveDate,
    today: NaiveDate,
) -> (Vec<PlanState>, Vec<String>) {
    let all = exchange.book().payers().plans();
    let mut notices = Vec::new();
    let states = (0..).zip(all).map(|(place, plan)| {
        let has_rate = exchange.of_currency(plan.price, &plan.currency, today).is_some();
        if !has_rate {
            notices.push(format!(
                "there is no exchange rate for {}, so that `{}` is shown in it and added to nothing; add it to `exchangeRates` of your pricing.json",
                plan.currency, plan.name
            ));
        }
        let currency = if has_rate { exchange.code() } else { &plan.currency };
        let covered = covered(sums, exchange, place);
        let months = months(plan, first, today).into_iter();
        let months = months.map(|month| PlanMonth {
            covered: covered.get(&month).copied().unwrap_or_default(),
            ..costs(plan, exchange, month, today)
        });
        PlanState { plan: plan.clone(), currency: currency.to_owned(), months: months.collect() }
    });
    (states.collect(), notices)
}

/// List value by source of which nothing tells who pays, since a day: what a new subscription may be about. Sources
/// without any are not in it.
pub fn not_covered(
    sums: &Sums,
    exchange: &Exchange<'_>,
    first: NaiveDate,
) -> BTreeMap<String, Exchanged> {
    let mut sources: BTreeMap<String, Exchanged> = BTreeMap::new();
    let start = sums.cells.partition_point(|(key, _)| key.day < first);
    for (key, cell) in sums.cells[start..].iter().filter(|(_, cell)| cell.payer_unknown > 0) {
        let name = &sums.names.providers[key.provider as usize].name;
        *sources.entry(name.to_string()).or_default() +=
            exchange.of(Money::from_picos(cell.payer_unknown), key.day);
    }
    sources
}

/// What a subscription covered, by the first day of the month.
fn covered(sums: &Sums, exchange: &Exchange<'_>, place: u32) -> BTreeMap<NaiveDate, Exchanged> {
    let mut months: BTreeMap<NaiveDate, Exchanged> = BTreeMap::new();
    for ((day, plan), amount) in &sums.plans {
        if *plan == place {
            let amount = exchange.of(Money::from_picos(*amount), *day);
            *months.entry(month_of(*day).0).or_default() += amount;
        }
    }
    months
}

fn month_of(day: NaiveDate) -> (NaiveDate, NaiveDate) {
    BudgetPeriod::Month.around(day, data_schema::settings::WeekStart::Monday)
}

/// First days of the months that a subscription covers a day of.
fn months(plan: &Plan, first: NaiveDate, today: NaiveDate) -> Vec<NaiveDate> {
    if plan.since > today {
        return Vec::new();
    }
    let first = month_of(plan.since.max(first)).0;
    let last = plan.until.and_then(|until| until.pred_opt()).map_or(today, |day| day.min(today));
    let months = (0..).map_while(|count| first.checked_add_months(Months::new(count)));
    months.take_while(|month| *month <= last).collect()
}

fn costs(plan: &Plan, exchange: &Exchange<'_>, month: NaiveDate, today: NaiveDate) -> PlanMonth {
    let (mut share, mut whole) = (Exchanged::ZERO, Exchanged::ZERO);
    let (start, end) = month_of(month);
    for day in days(start, end).filter(|day| plan.covers(*day)) {
        let own = share_of(plan, day);
        let of_day = exchange.of_currency(own, &plan.currency, day);
        let of_day = of_day.unwrap_or_else(|| Exchanged::unchanged(own));
        whole += of_day;
        if day <= today {
            share += of_day;
        }
    }
    let is_running = start <= today && today <= end;
    PlanMonth { month, share, whole, covered: Exchanged::ZERO, is_running }
}

/// What a day of a subscription costs, in its own currency; the subscription covers the day.
fn share_of(plan: &Plan, day: NaiveDate) -> Money {
    let (start, end) = paid_period(plan, day);
    let count = i128::from((end - start).num_days().max(1));
    let number = i128::from((day - start).num_days());
    let until = |days: i128| plan.price.picos().saturating_mul(days) / count;
    Money::from_picos(until(number + 1) - until(number))
}

/// The paid period that a day lies in: its first day, and the first day behind it.
fn paid_period(plan: &Plan, day: NaiveDate) -> (NaiveDate, NaiveDate) {
    let step = match plan.period {
        PlanPeriod::Month => 1,
        PlanPeriod::Year => 12,
    };
    let number = |day: NaiveDate| day.year() * 12 + i32::try_from(day.month0()).unwrap_or(0);
    let passed = u32::try_from(number(day) - number(plan.since)).unwrap_or(0) / step * step;
    let after = |months: u32| plan.since.checked_add_months(Months::new(months));
    let begins = after(passed).unwrap_or(plan.since);
    let passed = if begins > day { passed.saturating_sub(step) } else { passed };
    let start = after(passed).unwrap_or(plan.since);
    let end = after(passed + step).unwrap_or(NaiveDate::MAX);
    (start, plan.until.map_or(end, |until| until.min(end)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plan(since: &str, until: Option<&str>, price: &str, period: PlanPeriod) -> Plan {
        Plan {
            name: "Max".to_owned(),
            price: price.parse().unwrap(),
            currency: "USD".to_owned(),
            period,
            since: since.parse().unwrap(),
            until: until.map(|day| day.parse().unwrap()),
            sources: vec!["claude-code".to_owned()],
            accounts: Vec::new(),
        }
    }

    fn period(plan: &Plan, day: &str) -> (String, String) {
        let (start, end) = paid_period(plan, day.parse().unwrap());
        (start.to_string(), end.to_string())
    }

    #[test]
    fn a_period_begins_on_the_day_of_the_month_on_which_the_first_one_did() {
        let late = plan("2026-01-31", None, "20", PlanPeriod::Month);
        let periods = ["2026-01-31", "2026-02-27", "2026-02-28", "2026-03-30", "2026-03-31"];
        let periods = periods.map(|day| period(&late, day));
        let expected = [
            ("2026-01-31", "2026-02-28"),
            ("2026-01-31", "2026-02-28"),
            ("2026-02-28", "2026-03-31"),
            ("2026-02-28", "2026-03-31"),
            ("2026-03-31", "2026-04-30"),
        ];
        assert_eq!(periods, expected.map(|(start, end)| (start.to_owned(), end.to_owned())));
        let leap = plan("2024-02-29", None, "200", PlanPeriod::Year);
        assert_eq!(period(&leap, "2025-02-27").1, "2025-02-28");
        assert_eq!(period(&leap, "2025-02-28"), ("2025-02-28".into(), "2026-02-28".into()));
        let ends = plan("2026-01-15", Some("2026-02-01"), "20", PlanPeriod::Month);
        assert_eq!(period(&ends, "2026-01-20"), ("2026-01-15".into(), "2026-02-01".into()));
    }

    proptest! {
        #[test]
        fn the_shares_of_the_days_of_a_period_add_up_to_its_price(
            since in 0..20_000_i64, after in 0..2_000_i64, price in 0..10_i128.pow(18),
            lasts in prop::option::of(1..400_i64), yearly in any::<bool>(),
        ) {
            let start = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap();
            let since = start + chrono::TimeDelta::days(since);
            let period = if yearly { PlanPeriod::Year } else { PlanPeriod::Month };
            let until = lasts.map(|days| since + chrono::TimeDelta::days(days));
            let price = Money::from_picos(price);
            let base = plan("2026-01-01", None, "0", period);
            let plan = Plan { since, until, price, ..base };
            let day = since + chrono::TimeDelta::days(after);
            prop_assume!(plan.covers(day));
            let (first, behind) = paid_period(&plan, day);
            prop_assert!(first <= day && day < behind);
            let all = first.iter_days().take_while(|day| *day < behind);
            let all: Vec<NaiveDate> = all.collect();
            // Every day of a period lies in the same one.
            prop_assert!(all.iter().all(|day| paid_period(&plan, *day) == (first, behind)));
            let sum: Money = all.iter().map(|day| share_of(&plan, *day)).sum();
            prop_assert_eq!(sum, price);
        }
    }
}
