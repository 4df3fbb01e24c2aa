//! The price book: the table that comes with the program, a downloaded one before it, a user's own prices on top.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use data_schema::summary::PriceOrigin;
use data_schema::{DatedPrice, HashId, Money, PricesFile, UsageRecord};

use crate::model::{self, Cost, ModelPrices};
use crate::name::{is_free, spellings};
use crate::payers::Payers;
use crate::rate::Prepared;
use crate::{PriceError, Quote, refresh, user, v1};

/// The table of `pricing/data/prices.json`, compiled in.
const TABLE: &str = include_str!("../data/prices.json");

/// Prices by model and day.
#[derive(Clone, Debug)]
pub struct PriceBook {
    table: PricesFile,
    /// Whether a downloaded table stands before the one that comes with the program.
    is_downloaded: bool,
    /// A user's prices by model. Apart from the table: whatever spelling of a model the table lists, the
    /// user's price goes before it.
    own: BTreeMap<String, Vec<DatedPrice>>,
    /// A user's prices that hold for one provider only.
    by_provider: BTreeMap<(String, String), DatedPrice>,
    /// What was laid on top of the table that comes with the program, in its order.
    laid: Vec<HashId>,
    payers: Payers,
}

impl PriceBook {
    /// The prices that come with the program.
    pub fn builtin() -> Self {
        let table =
            serde_json::from_str(TABLE).expect("a test reads the table that is compiled in");
        Self::of_table(table)
    }

    pub(crate) fn of_table(table: PricesFile) -> Self {
        Self {
            table,
            is_downloaded: false,
            own: BTreeMap::new(),
            by_provider: BTreeMap::new(),
            laid: Vec::new(),
            payers: Payers::default(),
        }
    }

    /// The same prices, with those who pay them.
    #[must_use]
    pub fn with_payers(self, payers: Payers) -> Self {
        Self { payers, ..self }
    }

    /// Who pays.
    pub fn payers(&self) -> &Payers {
        &self.payers
    }

    /// What a unit of a currency is worth in USD on a day; `None` if nothing tells.
    pub fn usd(&self, currency: &str, day: NaiveDate) -> Option<Money> {
        model::usd(&self.table.exchange_rates, currency, day)
    }

    /// Puts a downloaded table before the one that comes with the program; before [`Self::with_user`]. Models that
    /// it does not list stay. If the program is newer than the table, the program's prices follow the downloaded
    /// ones from the day that they were read: what was counted before does not change.
    ///
    /// # Errors
    ///
    /// No price table, or one with an amount below zero, a rate of exchange that is nothing, or no model.
    pub fn with_downloaded(mut self, bytes: &[u8]) -> Result<Self, PriceError> {
        let table = downloaded(bytes)?;
        self.laid.push(HashId::new("downloaded", &String::from_utf8_lossy(bytes)));
        self.table = refresh::layered(table, self.table);
        self.is_downloaded = true;
        Ok(self)
    }

    /// Lays a user's `pricing.json` on top: a price table, or the form of Token Matters 1.x. Returns what could not
    /// be used, or looks like a mistake, as well: one line each, with the line of the file.
    ///
    /// A user's price goes before the table's in all spellings of its model. On days before the first
    /// `from` of the user's prices, the table's price holds; rates of exchange alike. A model whose prices cannot be
    /// used has those of the table.
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
        let user::Table { exchange_rates, models, mut notices } = user::parse(bytes)?;
        for (currency, rates) in exchange_rates {
            let earlier = self.table.exchange_rates.remove(&currency).unwrap_or_default();
            let first = rates.iter().map(|rate| rate.from).min().flatten();
            let is_before = |from: Option<NaiveDate>| {
                first.is_some_and(|first| from.is_none_or(|from| from < first))
            };
            let earlier = earlier.into_iter().filter(|rate| is_before(rate.from));
            let all = earlier.chain(rates).collect();
            self.table.exchange_rates.insert(currency, all);
        }
        for user::Model { line, name, prices } in models {
            let has_rate = |currency: &str| {
                currency == "USD" || self.table.exchange_rates.contains_key(currency)
            };
            for doubt in user::doubts(&prices, self.listed(&spellings(&name)), has_rate) {
                notices.push((line, format!("{name}: {doubt}")));
            }
            let prices = self.after_listed(&name, prices);
            self.own.insert(name, prices);
        }
        notices.sort();
        let notices = notices.into_iter().map(|(line, text)| format!("line {line}: {text}"));
        Ok((self, notices.collect()))
    }

    /// A user's prices, with those of the table before the first of them.
    fn after_listed(&self, name: &str, prices: Vec<DatedPrice>) -> Vec<DatedPrice> {
        let Some(Some(first)) = prices.iter().map(|price| price.from).min() else { return prices };
        let listed = self.listed(&spellings(name)).unwrap_or_default().iter();
        let earlier = listed.filter(|price| price.from.is_none_or(|from| from < first));
        earlier.cloned().chain(prices).collect()
    }

    /// The same book with one price per model for all days: the one of a day, or none if none holds then. What
    /// everything would cost at the prices of that day.
    #[must_use]
    pub fn at_prices_of(&self, day: NaiveDate) -> Self {
        let mut book = self.clone();
        let lists = book.table.models.values_mut().chain(book.own.values_mut());
        for list in lists {
            let on_day =
                model::place_on_day(list.as_slice(), day).map(|place| list.swap_remove(place));
            let always = |price| DatedPrice { from: None, until: None, ..price };
            *list = on_day.map(always).into_iter().collect();
        }
        book.laid.push(HashId::new("prices of", &day.to_string()));
        book
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
        let free = is_free(model);
        let found = if free { None } else { self.of_provider(provider, model) };
        let prices = found.map(|found| found.prices).unwrap_or_default();
        ModelPrices {
            prices: prices.iter().map(Prepared::new).collect(),
            free,
            payers: self.payers.of(provider),
            rates: &self.table.exchange_rates,
        }
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
    pub(crate) fn of_provider(&self, provider: &str, model: &str) -> Option<Found<'_>> {
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
        let together = |all: HashId, one: HashId| HashId::new("prices", &format!("{all}{one}"));
        let prices = self.laid.iter().copied().fold(table, together);
        together(prices, HashId::new("payers", &self.payers.text())).bits()
    }

    /// The day that the table was read.
    pub fn as_of(&self) -> NaiveDate {
        self.table.date
    }

    /// Where the table comes from.
    pub fn source(&self) -> &str {
        &self.table.source
    }

    /// Whether a downloaded table stands before the one that comes with the program.
    pub fn is_downloaded(&self) -> bool {
        self.is_downloaded
    }

    /// The listed prices and the rates of exchange, without a user's own prices.
    pub fn table(&self) -> &PricesFile {
        &self.table
    }

    /// A user's own prices by model. Before the first of its days, each has those of the table.
    pub fn own(&self) -> &BTreeMap<String, Vec<DatedPrice>> {
        &self.own
    }

    /// Names that the book lists, a user's own before those of the table.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.own.keys().chain(self.table.models.keys()).map(String::as_str)
    }
}

/// Prices with where they were found.
pub(crate) struct Found<'a> {
    pub(crate) origin: PriceOrigin,
    pub(crate) name: &'a str,
    pub(crate) prices: &'a [DatedPrice],
}

/// Reads a downloaded table.
fn downloaded(bytes: &[u8]) -> Result<PricesFile, PriceError> {
    let table: PricesFile = serde_json::from_slice(bytes)?;
    refresh::check(&table)?;
    Ok(table)
}

fn same_rates(left: &[DatedPrice], right: &[DatedPrice]) -> bool {
    let rates = |price: &DatedPrice| (price.from, price.until, price.rates);
    left.iter().map(rates).eq(right.iter().map(rates))
}

#[cfg(test)]
mod tests;
