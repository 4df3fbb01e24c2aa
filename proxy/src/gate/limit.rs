//! What may be used: `5 USD/day`, `100000 tokens/5h`, `200 requests/month`.

use std::fmt;
use std::str::FromStr;

use data_schema::Money;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a budget is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "whoever shows an amount must know all units")]
pub enum Unit {
    /// Requests that an upstream answered.
    Requests,
    /// Tokens of all classes.
    Tokens,
    /// List value in US dollars, or what the upstream itself told.
    Cost,
}

/// How long a budget lasts until it begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum Every {
    /// Five hours from the first request on, as vendors' plans have it.
    FiveHours,
    /// A calendar day.
    Day,
    /// A calendar week from Monday on.
    Week,
    /// A calendar month.
    Month,
}

/// A budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// What it is counted in.
    pub unit: Unit,
    /// How many; of [`Unit::Cost`] in 10⁻¹² dollars.
    pub amount: i128,
    /// When it begins anew.
    pub every: Every,
}

/// The greatest number of a budget, so that sums never overflow.
const GREATEST: u64 = 1_000_000_000_000_000;

impl Unit {
    /// The word for it in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::Cost => "USD",
        }
    }

    /// An amount as people read it: money with four digits behind the point at most.
    pub(crate) fn shown(self, amount: i128) -> String {
        match self {
            Self::Cost => {
                let rounded = Money::from_picos(amount).rounded(4);
                let short = rounded.trim_end_matches('0').trim_end_matches('.');
                format!("{short} USD")
            }
            Self::Requests | Self::Tokens => {
                let word = self.word();
                let word = if amount == 1 { word.trim_end_matches('s') } else { word };
                format!("{amount} {word}")
            }
        }
    }
}

impl Every {
    /// The word for it in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::FiveHours => "5h",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, every) = (self.unit.word(), self.every.word());
        match self.unit {
            Unit::Cost => write!(formatter, "{} {unit}/{every}", Money::from_picos(self.amount)),
            Unit::Requests | Unit::Tokens => write!(formatter, "{} {unit}/{every}", self.amount),
        }
    }
}

impl FromStr for Limit {
    type Err = String;

    /// Reads `AMOUNT UNIT/WINDOW`.
    ///
    /// # Errors
    ///
    /// Anything else, in words.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| {
            format!(
                "`{text}`: {what}; a budget is AMOUNT UNIT/WINDOW, such as `5 USD/day`, `100000 tokens/5h` or `200 requests/month`"
            )
        };
        let (amount, every) = text.split_once('/').ok_or_else(|| wrong("there is no `/`"))?;
        let (amount, unit) = amount
            .trim()
            .split_once(' ')
            .ok_or_else(|| wrong("amount and unit stand apart, with a space"))?;
        let every = match every.trim() {
            "5h" => Every::FiveHours,
            "day" => Every::Day,
            "week" => Every::Week,
            "month" => Every::Month,
            _ => return Err(wrong("the window is `5h`, `day`, `week` or `month`")),
        };
        let unit = match unit.trim() {
            "USD" => Unit::Cost,
            "token" | "tokens" => Unit::Tokens,
            "request" | "requests" => Unit::Requests,
            _ => return Err(wrong("the unit is `USD`, `tokens` or `requests`")),
        };
        let amount = match unit {
            Unit::Cost => {
                amount.parse().ok().filter(|money| *money >= Money::ZERO).map(Money::picos)
            }
            Unit::Tokens | Unit::Requests => {
                amount.parse().ok().filter(|count: &u64| *count <= GREATEST).map(i128::from)
            }
        };
        let amount = amount.ok_or_else(|| wrong("the amount is no number of that unit"))?;
        Ok(Self { unit, amount, every })
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_was_read() {
        for text in ["5 USD/day", "0.25 USD/5h", "100000 tokens/week", "200 requests/month"] {
            assert_eq!(text.parse::<Limit>().unwrap().to_string(), text);
        }
        let loose: Limit = " 1 request / day ".parse().unwrap();
        assert_eq!(loose.to_string(), "1 requests/day");
        assert_eq!("5 USD/day".parse::<Limit>().unwrap().amount, 5_000_000_000_000);
    }

    #[test]
    fn what_is_no_budget_is_told_with_an_example() {
        let texts = ["", "5", "5 USD", "5USD/day", "5 EUR/day", "-1 USD/day", "1.5 tokens/day"];
        let more = ["5 USD/hour", "x tokens/day", "9999999999999999 requests/day", "NaN USD/day"];
        for text in texts.into_iter().chain(more) {
            let told = text.parse::<Limit>().unwrap_err();
            assert!(told.contains("`5 USD/day`") && told.contains(text), "{told}");
        }
    }

    #[test]
    fn amounts_are_shown_short() {
        assert_eq!(Unit::Cost.shown(1_234_567_890_123), "1.2346 USD");
        assert_eq!(Unit::Cost.shown(5_000_000_000_000), "5 USD");
        assert_eq!(Unit::Cost.shown(0), "0 USD");
        assert_eq!(Unit::Requests.shown(1), "1 request");
        assert_eq!(Unit::Tokens.shown(20), "20 tokens");
    }
}
