//! The prices of one model, and what they make of its responses.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use data_schema::{DatedPrice, DatedRate, Money, UsageRecord};

use crate::payers::{Bill, Payer, PayersOf};
use crate::rate::{self, Prepared};

/// What a response would cost at list price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever adds costs must handle both")]
pub enum Cost {
    /// In USD.
    Priced(Money),
    /// Nobody told a price: shown as such, never zero.
    Unpriced,
}

/// USD for a unit, by currency and day.
pub(crate) type ExchangeRates = BTreeMap<String, Vec<DatedRate>>;

/// The prices of one model.
#[derive(Clone, Debug)]
pub struct ModelPrices<'a> {
    pub(crate) prices: Vec<Prepared<'a>>,
    pub(crate) free: bool,
    pub(crate) payers: PayersOf<'a>,
    pub(crate) rates: &'a ExchangeRates,
}

impl ModelPrices<'_> {
    /// What a response of this model costs and who pays; `day` is its day in the report zone.
    pub fn bill(&self, record: &UsageRecord, day: NaiveDate) -> Bill {
        let list = self.cost(record);
        let (payer, plan) = self.payers.payer(record, day);
        let billed = match (payer, list) {
            (Payer::Metered, Cost::Priced(list)) => Some(self.told(record).unwrap_or(list)),
            (Payer::Metered, Cost::Unpriced) => self.told(record),
            _ => None,
        };
        Bill { list, payer, billed, plan }
    }

    /// What the tool or vendor told that the response cost, in USD. Nothing, or less, is no bill: some tools write it
    /// where they know no price.
    fn told(&self, record: &UsageRecord) -> Option<Money> {
        let told: Money = record.usage.cost.as_deref()?.parse().ok()?;
        let currency = record.usage.currency.as_deref().unwrap_or("USD");
        let told = exchanged(told, usd(self.rates, currency, record.at.utc_date())?);
        (told > Money::ZERO).then_some(told)
    }

    /// What a response of this model would cost at list price on its day.
    pub fn cost(&self, record: &UsageRecord) -> Cost {
        let usage = &record.usage;
        let nothing = usage.total() == 0 && usage.web_searches.is_none();
        if nothing || self.free {
            return Cost::Priced(Money::ZERO);
        }
        let cost = match self.prices.as_slice() {
            [price] if price.is_always() => price.cost(usage),
            prices => {
                let day = record.at.utc_date();
                place_on_day(prices, day).and_then(|place| {
                    let price = &prices[place];
                    in_usd(price.cost(usage)?, price.price.currency.as_deref(), day, self.rates)
                })
            }
        };
        cost.map_or(Cost::Unpriced, Cost::Priced)
    }
}

/// An amount of a currency in USD by the rate of a day; `None` without a rate.
pub(crate) fn in_usd(
    amount: Money,
    currency: Option<&str>,
    day: NaiveDate,
    rates: &ExchangeRates,
) -> Option<Money> {
    match currency {
        None | Some("USD") => Some(amount),
        Some(currency) => Some(exchanged(amount, usd(rates, currency, day)?)),
    }
}

/// What a unit of a currency is worth in USD: the newest rate that is not younger than the day; before the first, the
/// first.
pub(crate) fn usd(rates: &ExchangeRates, currency: &str, day: NaiveDate) -> Option<Money> {
    if currency == "USD" {
        return Some(Money::from_picos(rate::ONE));
    }
    let rates = rates.get(currency)?;
    let begun = rates.iter().filter(|rate| rate.from.is_none_or(|from| from <= day));
    let rate = begun.max_by_key(|rate| rate.from);
    rate.or_else(|| rates.iter().min_by_key(|rate| rate.from)).map(|rate| rate.usd)
}

/// An amount at a rate; what is beyond 10⁻¹² is cut.
pub(crate) fn exchanged(amount: Money, rate: Money) -> Money {
    Money::from_picos(rate::scale(amount.picos(), rate))
}

/// What holds from a day on, and perhaps not for ever.
pub(crate) trait Dated {
    /// First day in UTC; absent = always.
    fn from(&self) -> Option<NaiveDate>;
    /// First day on which it does not hold any more.
    fn until(&self) -> Option<NaiveDate>;
}

impl Dated for DatedPrice {
    fn from(&self) -> Option<NaiveDate> {
        self.from
    }

    fn until(&self) -> Option<NaiveDate> {
        self.until
    }
}

impl Dated for Prepared<'_> {
    fn from(&self) -> Option<NaiveDate> {
        self.price.from
    }

    fn until(&self) -> Option<NaiveDate> {
        self.price.until
    }
}

/// The place of the newest price that is not younger than the day, unless it has ended; before the first, the first.
pub(crate) fn place_on_day(prices: &[impl Dated], day: NaiveDate) -> Option<usize> {
    let all = || prices.iter().enumerate();
    let begun = all().filter(|(_, price)| price.from().is_none_or(|from| from <= day));
    let newest = begun.max_by_key(|(_, price)| price.from());
    let (place, price) = newest.or_else(|| all().min_by_key(|(_, price)| price.from()))?;
    price.until().is_none_or(|until| day < until).then_some(place)
}
