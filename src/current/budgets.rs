//! What of a budget is used by now.

use chrono::NaiveDate;
use data_schema::Money;
use data_schema::settings::SharedSettings;
use pricing::PriceBook;
use serde::{Deserialize, Serialize};
use summarizer::{BudgetState, Sums};

use crate::current::spans::percent;

/// A budget with what is used of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Budget {
    pub(crate) name: String,
    /// `day`, `week` or `month`.
    pub(crate) period: String,
    /// First day of the period.
    pub(crate) since: NaiveDate,
    pub(crate) amount: Money,
    /// ISO 4217 code of the amount.
    pub(crate) currency: String,
    /// `list` or `billed`.
    pub(crate) of: String,
    /// What the responses of the period come to, each at the rate of its day.
    pub(crate) spent: Money,
    /// Used part in steps of 10⁻⁴; `null` where it is not known.
    pub(crate) used_steps: Option<u64>,
}

impl Budget {
    fn of(state: BudgetState) -> Self {
        let spent = state.spent.amount();
        Self {
            used_steps: share(spent, state.amount),
            period: state.period.word().to_owned(),
            since: state.start,
            amount: state.amount,
            of: state.of.word().to_owned(),
            spent,
            name: state.name,
            currency: state.currency,
        }
    }

    /// `63% of 200 USD a month`.
    pub(crate) fn text(&self) -> String {
        let used = self.used_steps.map_or_else(|| "?".to_owned(), percent);
        format!("{used} of {} {} a {}", self.amount, self.currency, self.period)
    }
}

/// All budgets that can be used, and what is wrong with the others.
pub(crate) fn read(
    settings: &SharedSettings,
    sums: &Sums,
    book: &PriceBook,
    today: NaiveDate,
) -> (Vec<Budget>, Vec<String>) {
    let (states, notices) = summarizer::budgets(sums, settings, book, today);
    (states.into_iter().map(Budget::of).collect(), notices)
}

/// A part of an amount in steps of 10⁻⁴; `None` of nothing.
fn share(spent: Money, limit: Money) -> Option<u64> {
    let part = spent.picos().max(0).checked_mul(10_000)?;
    u64::try_from(part.checked_div(limit.picos())?).ok()
}

#[cfg(test)]
mod tests {
    use data_schema::settings::BudgetSettings;

    use super::*;

    #[test]
    fn a_share_is_counted_in_steps() {
        let money = |text: &str| text.parse::<Money>().unwrap();
        assert_eq!(share(money("50"), money("200")), Some(2_500));
        assert_eq!(share(money("50"), money("0")), None);
        assert_eq!(share(money("300"), money("200")), Some(15_000));
    }

    #[test]
    fn what_cannot_be_used_is_told_and_the_rest_is_used() {
        let entry = |amount: &str, period: &str| BudgetSettings {
            amount: Some(amount.into()),
            period: Some(period.to_owned()),
            ..BudgetSettings::default()
        };
        let settings = SharedSettings {
            budgets: vec![entry("200", "month"), entry("x", "day"), entry("5", "yearly")],
            ..SharedSettings::default()
        };
        let today = "2026-06-17".parse().unwrap();
        let (budgets, notices) = read(&settings, &Sums::default(), &PriceBook::builtin(), today);
        assert_eq!(budgets.len(), 1);
        assert_eq!(budgets[0].since.to_string(), "2026-06-01");
        assert_eq!(budgets[0].text(), "0% of 200 USD a month");
        assert_eq!(notices.len(), 2);
        assert!(notices[0].contains("`amount`: `x` is no decimal amount"), "{notices:?}");
        assert!(notices[1].contains("`yearly`"), "{notices:?}");
    }
}
