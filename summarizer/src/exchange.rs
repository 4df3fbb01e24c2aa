//! Amounts in the currency that they are shown in.
//!
//! The rate is that of the day of the use, and a sum is exact: every amount is multiplied by a whole number that depends
//! on its day alone, the products are added up, and only the end is rounded. So all views of the same use add up to the
//! same amount, however they are grouped.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use chrono::NaiveDate;
use data_schema::Money;
use pricing::PriceBook;

/// Parts of a unit of the currency in which a rate is counted.
pub(crate) const NANOS: i128 = 1_000_000_000;
/// Picos of a unit.
const UNIT: i128 = 1_000_000_000_000;

/// A way from USD to the currency of display.
#[derive(Clone, Debug)]
pub struct Exchange<'b> {
    book: &'b PriceBook,
    code: String,
}

/// A sum of amounts at the rates of their days: 10⁻²¹ of the currency's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exchanged(i128);

impl<'b> Exchange<'b> {
    /// No exchange: USD stays USD.
    pub fn usd(book: &'b PriceBook) -> Self {
        Self { book, code: "USD".to_owned() }
    }

    /// To a currency, by its ISO 4217 code in capital letters; `None` if the book has no rate for it.
    pub fn to(book: &'b PriceBook, code: &str) -> Option<Self> {
        let has_rate = book.usd(code, book.as_of()).is_some_and(|rate| rate > Money::ZERO);
        has_rate.then(|| Self { book, code: code.to_owned() })
    }

    /// The currency's ISO 4217 code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The prices whose rates these are.
    pub fn book(&self) -> &'b PriceBook {
        self.book
    }

    /// Billionths of the currency's unit for one USD on a day: the number that amounts of the day are multiplied by.
    pub fn factor(&self, day: NaiveDate) -> i128 {
        if self.code == "USD" {
            return NANOS;
        }
        let rate = self.book.usd(&self.code, day).map_or(0, Money::picos);
        if rate <= 0 {
            return 0;
        }
        (NANOS * UNIT + rate / 2) / rate
    }

    /// An amount of USD at the rate of a day.
    pub fn of(&self, usd: Money, day: NaiveDate) -> Exchanged {
        Exchanged(usd.picos().saturating_mul(self.factor(day)))
    }

    /// An amount of any currency at the rates of a day; `None` if the book has none for it.
    pub fn of_currency(&self, amount: Money, currency: &str, day: NaiveDate) -> Option<Exchanged> {
        if currency == self.code {
            return Some(Exchanged(amount.picos().saturating_mul(NANOS)));
        }
        let rate = self.book.usd(currency, day)?.picos();
        let usd = amount.picos().saturating_mul(rate) / UNIT;
        Some(self.of(Money::from_picos(usd), day))
    }
}

impl Exchanged {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount that is in the currency already.
    pub fn unchanged(amount: Money) -> Self {
        Self(amount.picos().saturating_mul(NANOS))
    }

    /// The number itself, for arithmetic of its kind; nothing of what is below zero.
    pub(crate) fn magnitude(self) -> u128 {
        u128::try_from(self.0).unwrap_or(0)
    }

    /// The other way.
    pub(crate) fn from_magnitude(number: u128) -> Self {
        Self(i128::try_from(number).unwrap_or(i128::MAX))
    }

    /// The amount, rounded half away from zero to 10⁻¹²: exact where nothing was exchanged.
    pub fn amount(self) -> Money {
        let half = if self.0 < 0 { -NANOS / 2 } else { NANOS / 2 };
        Money::from_picos(self.0.saturating_add(half) / NANOS)
    }
}

impl Add for Exchanged {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Exchanged {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Exchanged {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[u8] = br#"{"version":"2.0","source":"test","date":"2026-05-01","models":{},"exchangeRates":{
        "EUR":[{"from":"2026-01-01","usd":"1.25"},{"from":"2026-05-02","usd":"1.10"}],"ZZZ":[{"usd":"0"}]}}"#;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn usd_stays_what_it_is() {
        let book = PriceBook::builtin();
        let exchange = Exchange::usd(&book);
        let amount = Money::from_picos(-123_456_789_012_345_678);
        assert_eq!(exchange.of(amount, day("2026-05-01")).amount(), amount);
        assert_eq!(Exchanged::unchanged(amount).amount(), amount);
    }

    #[test]
    fn a_currency_without_a_rate_is_none() {
        let book = PriceBook::builtin();
        assert!(Exchange::to(&book, "XTS").is_none());
        let exchange = Exchange::usd(&book);
        assert!(exchange.of_currency(Money::from_picos(1), "XTS", day("2026-05-01")).is_none());
    }

    #[test]
    fn each_day_has_its_rate_and_any_grouping_the_same_sum() {
        let (book, _) = PriceBook::builtin().with_user(TABLE).unwrap();
        let exchange = Exchange::to(&book, "EUR").unwrap();
        assert!(Exchange::to(&book, "ZZZ").is_none());
        let amounts: Vec<(Money, NaiveDate)> = (1..2000_i64)
            .map(|number| {
                let day =
                    day("2026-04-20") + chrono::Days::new(u64::try_from(number % 20).unwrap());
                (Money::from_picos(i128::from(number * 7_919)), day)
            })
            .collect();
        let one_by_one: Exchanged =
            amounts.iter().map(|(amount, day)| exchange.of(*amount, *day)).sum();
        let mut by_day = std::collections::BTreeMap::<NaiveDate, Money>::new();
        for (amount, day) in &amounts {
            *by_day.entry(*day).or_default() += *amount;
        }
        let by_day: Exchanged = by_day.iter().map(|(day, amount)| exchange.of(*amount, *day)).sum();
        assert_eq!(one_by_one, by_day);
        assert_eq!(exchange.of("10".parse().unwrap(), day("2026-05-01")).amount().to_string(), "8");
    }
}
