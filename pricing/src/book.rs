//! The price book: the table that comes with the program, and a user's own prices on top.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use data_schema::summary::PriceOrigin;
use data_schema::{DatedPrice, HashId, Money, PricesFile, UsageRecord};

use crate::name::{is_free, spellings};
use crate::rate::Prepared;
use crate::{PriceError, Quote, rate, v1};

/// The table of `pricing/data/prices.json`, compiled in.
const TABLE: &str = include_str!("../data/prices.json");

/// What a response would cost at list price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever adds costs must handle both")]
pub enum Cost {
    /// In USD.
    Priced(Money),
    /// Nobody told a price: shown as such, never zero.
    Unpriced,
}

/// Prices by model and day.
#[derive(Clone, Debug)]
pub struct PriceBook {
    table: PricesFile,
    /// A user's prices by model. Apart from the table: whatever spelling of a model the table lists, the
    /// user's price goes before it.
    own: BTreeMap<String, Vec<DatedPrice>>,
    /// A user's prices that hold for one provider only.
    by_provider: BTreeMap<(String, String), DatedPrice>,
    /// What users' files were laid on top, in their order.
    laid: Vec<HashId>,
}

impl PriceBook {
    /// The prices that come with the program.
    pub fn builtin() -> Self {
        let table =
            serde_json::from_str(TABLE).expect("a test reads the table that is compiled in");
        Self { table, own: BTreeMap::new(), by_provider: BTreeMap::new(), laid: Vec::new() }
    }

    /// Lays a user's `pricing.json` on top: a price table, or the form of Token Matters 1.x. Returns
    /// what could not be used as well: prices below zero, and currencies without an exchange rate.
    ///
    /// A user's price goes before the table's in all spellings of its model. On days before the first
    /// `from` of the user's prices, the table's price holds.
    ///
    /// # Errors
    ///
    /// Not JSON of one of the two forms.
    pub fn with_user(mut self, bytes: &[u8]) -> Result<(Self, Vec<String>), PriceError> {
        #[derive(serde::Deserialize)]
        struct Form {
            providers: Option<serde::de::IgnoredAny>,
        }
        let form: Form = serde_json::from_slice(bytes)?;
        self.laid.push(HashId::new("prices", &String::from_utf8_lossy(bytes)));
        if form.providers.is_some() {
            let (prices, notices) = v1::parse(bytes)?;
            self.by_provider.extend(prices);
            return Ok((self, notices));
        }
        let user: PricesFile = serde_json::from_slice(bytes)?;
        let mut notices = Vec::new();
        for (name, prices) in user.models {
            if prices.iter().any(is_negative) {
                notices
                    .push(format!("{name}: a price below zero, so that its prices are not used"));
                continue;
            }
            let name = name.trim().to_lowercase();
            let prices = self.after_listed(&name, prices);
            self.own.insert(name, prices);
        }
        Ok((self, notices))
    }

    /// A user's prices, with those of the table before the first of them.
    fn after_listed(&self, name: &str, prices: Vec<DatedPrice>) -> Vec<DatedPrice> {
        let Some(Some(first)) = prices.iter().map(|price| price.from).min() else { return prices };
        let listed = self.listed(&spellings(name)).unwrap_or_default().iter();
        let earlier = listed.filter(|price| price.from.is_none_or(|from| from < first));
        earlier.cloned().chain(prices).collect()
    }

    /// The prices of the first spelling that is listed: the user's own before the table's.
    fn listed(&self, spellings: &[String]) -> Option<&[DatedPrice]> {
        self.found(spellings).map(|found| found.prices)
    }

    fn found(&self, spellings: &[String]) -> Option<Found<'_>> {
        let books = [(PriceOrigin::User, &self.own), (PriceOrigin::Listed, &self.table.models)];
        books.into_iter().find_map(|(origin, book)| {
            let of_name = |name: &String| book.get_key_value(name);
            let (name, prices) = spellings.iter().find_map(of_name)?;
            Some(Found { origin, name, prices })
        })
    }

    /// The one name under which all spellings of a model are shown: the shortest that is listed at the
    /// same rates. A snapshot that kept its own price is shown apart.
    pub fn canonical_model(&self, name: &str) -> String {
        let spellings = spellings(name);
        let exact = self.listed(&spellings);
        let mut shorter = spellings.iter().rev();
        let shown = shorter.find(|name| match (self.listed(std::slice::from_ref(*name)), exact) {
            (Some(listed), Some(exact)) => same_rates(listed, exact),
            _ => false,
        });
        shown.cloned().unwrap_or_else(|| name.trim().to_owned())
    }

    /// Whether the book lists the model.
    pub fn knows(&self, name: &str) -> bool {
        self.listed(&spellings(name)).is_some()
    }

    /// What a response would cost at list price on its day.
    pub fn cost(&self, provider: &str, record: &UsageRecord) -> Cost {
        self.of_model(provider, &record.usage.model).cost(record)
    }

    /// The prices of one model used through one provider: looked up once for many responses.
    pub fn of_model(&self, provider: &str, model: &str) -> ModelPrices<'_> {
        if is_free(model) {
            return ModelPrices { prices: Vec::new(), free: true };
        }
        let found = self.of_provider(provider, model);
        ModelPrices::new(found.map(|found| found.prices).unwrap_or_default())
    }

    /// Whose prices these are, and what they say; `None` if there are none.
    pub fn quote(&self, provider: &str, model: &str) -> Option<Quote> {
        if is_free(model) {
            return Some(Quote::free());
        }
        let Found { origin, name, prices } = self.of_provider(provider, model)?;
        Some(Quote::new(origin, name, prices))
    }

    /// The user's price for the provider, else that of the book, else the user's for all of the provider.
    fn of_provider(&self, provider: &str, model: &str) -> Option<Found<'_>> {
        let spellings = spellings(model);
        let own = |model: &str| {
            let key = (provider.to_owned(), model.to_owned());
            let ((_, name), price) = self.by_provider.get_key_value(&key)?;
            let prices = std::slice::from_ref(price);
            Some(Found { origin: PriceOrigin::User, name, prices })
        };
        if !self.by_provider.is_empty()
            && let Some(found) = spellings.iter().find_map(|model| own(model))
        {
            return Some(found);
        }
        self.found(&spellings).or_else(|| own(v1::DEFAULT_MODEL))
    }

    /// What identifies these prices: the same number, the same cost of every response.
    pub fn fingerprint(&self) -> u64 {
        let table = HashId::new("prices", TABLE);
        let together = |all: HashId, one: &HashId| HashId::new("prices", &format!("{all}{one}"));
        self.laid.iter().fold(table, together).bits()
    }

    /// The day that the table was read.
    pub fn as_of(&self) -> NaiveDate {
        self.table.date
    }

    /// Where the table comes from.
    pub fn source(&self) -> &str {
        &self.table.source
    }
}

/// Prices with where they were found.
struct Found<'a> {
    origin: PriceOrigin,
    name: &'a str,
    prices: &'a [DatedPrice],
}

/// The prices of one model.
#[derive(Clone, Debug)]
pub struct ModelPrices<'a> {
    prices: Vec<Prepared<'a>>,
    free: bool,
}

impl<'a> ModelPrices<'a> {
    fn new(prices: &'a [DatedPrice]) -> Self {
        Self { prices: prices.iter().map(Prepared::new).collect(), free: false }
    }

    /// What a response of this model would cost at list price on its day.
    pub fn cost(&self, record: &UsageRecord) -> Cost {
        let usage = &record.usage;
        let nothing = usage.total() == 0 && usage.web_searches.is_none();
        if nothing || self.free {
            return Cost::Priced(Money::ZERO);
        }
        let price = match self.prices.as_slice() {
            [price] => Some(price),
            prices => on_day(prices, record.at.utc_date()),
        };
        price.and_then(|price| price.cost(usage)).map_or(Cost::Unpriced, Cost::Priced)
    }
}

fn same_rates(left: &[DatedPrice], right: &[DatedPrice]) -> bool {
    let rates = |price: &DatedPrice| (price.from, price.rates);
    left.iter().map(rates).eq(right.iter().map(rates))
}

fn is_negative(price: &DatedPrice) -> bool {
    let variants = price.variants.iter().map(|variant| variant.rates);
    let rates = variants.chain([price.rates]).flat_map(rate::amounts);
    let others = price.factors.values().copied().chain(price.web_search);
    rates.chain(others).any(|amount| amount < Money::ZERO)
}

/// The newest price that is not younger than the day; before the first, the first.
fn on_day<'p, 'a>(prices: &'p [Prepared<'a>], day: NaiveDate) -> Option<&'p Prepared<'a>> {
    let begun = prices.iter().filter(|price| price.from().is_none_or(|from| from <= day));
    begun
        .max_by_key(|price| price.from())
        .or_else(|| prices.iter().min_by_key(|price| price.from()))
}

#[cfg(test)]
mod tests;
