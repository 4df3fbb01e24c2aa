//! By which rule a response is priced, step by step.

use chrono::NaiveDate;
use data_schema::summary::PriceOrigin;
use data_schema::{DatedPrice, Money, UsageRecord, nearest};

use crate::PriceBook;
use crate::model::{exchanged, place_on_day, usd};
use crate::name::{is_free, spellings};
use crate::rate::{Prepared, Working};

/// How the price of a response is found.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever shows it shows all of it")]
pub struct Explanation {
    /// Names that were looked up, the most exact first.
    pub spellings: Vec<String>,
    /// Whose price it is; `None` if nobody lists the model.
    pub origin: Option<PriceOrigin>,
    /// The name under which it was found.
    pub name: Option<String>,
    /// All prices of that name.
    pub prices: Vec<DatedPrice>,
    /// The one of the day; `None` if the price has ended and no other has begun.
    pub in_force: Option<InForce>,
    /// The names nearest to it that are listed, where it is not.
    pub near: Vec<String>,
    /// What it costs in USD; `None` if it is unpriced.
    pub cost: Option<Money>,
}

/// The price of a day, and what it makes of a response.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever shows it shows all of it")]
pub struct InForce {
    /// The price.
    pub price: DatedPrice,
    /// The day that it was read.
    pub read: NaiveDate,
    /// Where it comes from.
    pub source: String,
    /// Whether the day lies before the first one of the price.
    pub is_before_first: bool,
    /// Tier, size and factors that hold, and the parts of the sum.
    pub working: Working,
    /// How the sum becomes USD, if it is none.
    pub exchange: Option<Exchange>,
}

/// A rate of exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever shows it shows all of it")]
pub struct Exchange {
    /// ISO 4217 code of the price.
    pub currency: String,
    /// USD for one unit on the day; `None` if nothing tells.
    pub usd: Option<Money>,
}

impl PriceBook {
    /// Tells by which rule a response is priced. Its cost is that of [`PriceBook::cost`].
    pub fn explain(&self, provider: &str, record: &UsageRecord) -> Explanation {
        let model = &*record.usage.model;
        let mut told = Explanation {
            spellings: spellings(model),
            origin: None,
            name: None,
            prices: Vec::new(),
            in_force: None,
            near: Vec::new(),
            cost: None,
        };
        if is_free(model) {
            return Explanation {
                origin: Some(PriceOrigin::Free),
                cost: Some(Money::ZERO),
                ..told
            };
        }
        let Some(found) = self.of_provider(provider, model) else {
            told.near = self.near(&told.spellings);
            return told;
        };
        told.origin = Some(found.origin);
        told.name = Some(found.name.to_owned());
        told.prices = found.prices.to_vec();
        let day = record.at.utc_date();
        if let Some(place) = place_on_day(found.prices, day) {
            let is_own = found.origin == PriceOrigin::User;
            let (in_force, cost) = self.in_force(&found.prices[place], record, is_own);
            told.in_force = Some(in_force);
            told.cost = cost;
        }
        told
    }

    fn in_force(
        &self,
        price: &DatedPrice,
        record: &UsageRecord,
        is_own: bool,
    ) -> (InForce, Option<Money>) {
        let day = record.at.utc_date();
        let working = Prepared::new(price).working(&record.usage);
        let currency = price.currency.as_deref().filter(|code| *code != "USD");
        let exchange = currency.map(|currency| Exchange {
            currency: currency.to_owned(),
            usd: usd(&self.table().exchange_rates, currency, day),
        });
        let cost = match &exchange {
            None => working.total,
            Some(Exchange { usd, .. }) => {
                working.total.zip(*usd).map(|(total, usd)| exchanged(total, usd))
            }
        };
        let of_table = if is_own { "pricing.json" } else { self.source() };
        let in_force = InForce {
            price: price.clone(),
            read: price.read.unwrap_or_else(|| self.as_of()),
            source: price.source.clone().unwrap_or_else(|| of_table.to_owned()),
            is_before_first: price.from.is_some_and(|from| day < from),
            working,
            exchange,
        };
        (in_force, cost)
    }

    /// Up to five names that are most like one that is not listed.
    fn near(&self, spellings: &[String]) -> Vec<String> {
        let Some(shortest) = spellings.last() else { return Vec::new() };
        let mut left: Vec<&str> = self.names().collect();
        left.dedup();
        let mut found = Vec::new();
        while found.len() < 5 {
            let Some(near) = nearest(shortest, left.iter().copied()) else { break };
            let near = near.to_owned();
            left.retain(|name| *name != near);
            found.push(near);
        }
        if found.is_empty() {
            let begins = |name: &&str| {
                shortest
                    .split(['-', '.', ':'])
                    .next()
                    .is_some_and(|word| word.len() > 2 && name.starts_with(word))
            };
            found = left.into_iter().filter(begins).take(5).map(str::to_owned).collect();
        }
        found
    }
}
