//! How a budget stands.

use chrono::{Datelike, Days, NaiveDate};
use data_schema::Money;
use data_schema::settings::WeekStart;

use crate::calendar::days_before;
use crate::exchange::Exchanged;

/// A budget with what it comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BudgetState {
    /// Its name, or what it is about in words.
    pub name: String,
    /// What it holds for.
    pub period: BudgetPeriod,
    /// What is held against it.
    pub of: BudgetOf,
    /// Only this source.
    pub source: Option<String>,
    /// Only this project.
    pub project: Option<String>,
    /// ISO 4217 code of all amounts.
    pub currency: String,
    /// What the period may cost.
    pub amount: Money,
    /// The same in USD at today's rate.
    pub amount_usd: Money,
    /// First day of the running period.
    pub start: NaiveDate,
    /// Its last day.
    pub end: NaiveDate,
    /// What it has cost so far, each day at its rate.
    pub spent: Exchanged,
    /// What it comes to by its end: see [`data_schema::forecast`]. Absent where too little is known.
    pub forecast: Option<Exchanged>,
    /// Tokens of the period without a price: they are in no amount.
    pub unpriced_tokens: u64,
}

/// What a budget holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever shows budgets must handle all")]
pub enum BudgetPeriod {
    /// A calendar day of the report zone.
    Day,
    /// A week, which begins as the settings say.
    Week,
    /// A calendar month.
    Month,
}

/// What is held against a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever shows budgets must handle all")]
pub enum BudgetOf {
    /// What everything would cost at list price, whoever pays.
    List,
    /// What is paid by the token.
    Billed,
}

/// How a budget stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "whoever shows budgets must handle all")]
pub enum Standing {
    /// Neither of the others.
    Within,
    /// The forecast is above it.
    Expected,
    /// More is spent already.
    Passed,
}

impl BudgetPeriod {
    /// As the settings write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    pub(super) fn read(text: Option<&str>) -> Result<Self, String> {
        match text.unwrap_or("month").trim() {
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            other => Err(format!("`period`: `{other}` is none of `day`, `week` and `month`")),
        }
    }

    /// First and last day of the period that a day lies in.
    pub fn around(self, day: NaiveDate, week_start: WeekStart) -> (NaiveDate, NaiveDate) {
        let later =
            |day: NaiveDate, days: u64| day.checked_add_days(Days::new(days)).unwrap_or(day);
        match self {
            Self::Day => (day, day),
            Self::Week => {
                let since = days_since(day, week_start);
                (days_before(day, since), later(day, 6 - since))
            }
            Self::Month => {
                let length = u32::from(day.num_days_in_month());
                (days_before(day, u64::from(day.day0())), later(day, u64::from(length - day.day())))
            }
        }
    }
}

/// Days since the week of a day began.
fn days_since(day: NaiveDate, week_start: WeekStart) -> u64 {
    let weekday = day.weekday();
    u64::from(match week_start {
        WeekStart::Monday => weekday.num_days_from_monday(),
        WeekStart::Sunday => weekday.num_days_from_sunday(),
        WeekStart::Saturday => (weekday.num_days_from_sunday() + 1) % 7,
    })
}

impl BudgetOf {
    /// As the settings write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Billed => "billed",
        }
    }

    pub(super) fn read(text: Option<&str>) -> Result<Self, String> {
        match text.unwrap_or("list").trim() {
            "list" => Ok(Self::List),
            "billed" => Ok(Self::Billed),
            other => Err(format!("`of`: `{other}` is neither `list` nor `billed`")),
        }
    }
}

impl Standing {
    /// One word: `within`, `expected` or `passed`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Within => "within",
            Self::Expected => "expected",
            Self::Passed => "passed",
        }
    }
}

impl BudgetState {
    /// How it stands. Exactly the amount is within it.
    pub fn standing(&self) -> Standing {
        let limit = Exchanged::unchanged(self.amount);
        if self.spent > limit {
            Standing::Passed
        } else if self.forecast.is_some_and(|forecast| forecast > limit) {
            Standing::Expected
        } else {
            Standing::Within
        }
    }

    /// Percent of it that is spent, cut; `None` of a budget of nothing.
    pub fn share(&self) -> Option<u64> {
        let spent = self.spent.amount().picos().max(0);
        let share = spent.saturating_mul(100).checked_div(self.amount.picos())?;
        Some(u64::try_from(share).unwrap_or(u64::MAX))
    }
}
