//! Newer prices behind older ones: what was priced before does not change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::NaiveDate;
use data_schema::{DatedPrice, DatedRate, Money, PricesFile, Rates};

use crate::PriceError;
use crate::model::{self, place_on_day};
use crate::name::spellings;
use crate::rate::{amounts, classes, effective};

/// A price that became so many times greater or smaller is a mistake until somebody says that it is not.
const JUMP: i128 = 10;
/// More models than all vendors and resellers together have.
const MOST_MODELS: usize = 20_000;

/// A table with newer prices, and what is different in it.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever shows it shows all of it")]
pub struct Refresh {
    /// The older prices, with their ends, and the newer ones.
    pub table: PricesFile,
    /// By name of the model.
    pub changes: Vec<Change>,
}

/// What is different about a model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever shows it shows all of it")]
pub struct Change {
    /// Its name.
    pub model: String,
    /// What it is.
    pub kind: ChangeKind,
    /// The usual rates before.
    pub old: Option<Rates>,
    /// The usual rates from the day on.
    pub new: Option<Rates>,
    /// Why it looks like a mistake.
    pub doubt: Option<String>,
    /// Whether the table has it: what looks like a mistake is left out, unless it is forced.
    pub is_taken: bool,
}

/// One line: `+` for a new model, `~` for another price, `-` for one that is gone, `!` for what is left out. Where prompts
/// and output cost the same, it says what does not.
impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match (self.is_taken, self.kind) {
            (false, _) => '!',
            (true, ChangeKind::New) => '+',
            (true, ChangeKind::Changed) => '~',
            (true, ChangeKind::Gone) => '-',
        };
        write!(formatter, "{sign} {}:", self.model)?;
        if let Some(old) = &self.old {
            write!(formatter, " {}", usual(old))?;
        }
        match &self.new {
            Some(new) if self.old.is_some() => write!(formatter, " → {}", usual(new))?,
            Some(new) => write!(formatter, " {}", usual(new))?,
            None => {}
        }
        if let (Some(old), Some(new)) = (&self.old, &self.new)
            && usual(old) == usual(new)
        {
            write!(formatter, " ({})", beside(old, new))?;
        }
        self.doubt.iter().try_for_each(|doubt| write!(formatter, "; {doubt}"))
    }
}

/// What prompts and output cost, in words.
fn usual(rates: &Rates) -> String {
    let amount = |amount: Option<Money>| amount.map_or("–".to_owned(), |one| one.to_string());
    match rates.total {
        Some(total) => format!("{total} for every token"),
        None => format!("{} in, {} out", amount(rates.input), amount(rates.output)),
    }
}

/// The classes whose rates differ.
fn beside(old: &Rates, new: &Rates) -> String {
    let pairs = classes(old).into_iter().zip(classes(new));
    let others = pairs.filter(|(old, new)| old != new).map(|((name, _), _)| name);
    let others: Vec<&str> = others.collect();
    if others.is_empty() { "tiers or sizes".to_owned() } else { others.join(", ") }
}

/// How a model differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever shows it must handle all")]
pub enum ChangeKind {
    /// It was not listed.
    New,
    /// It has another price from the day on.
    Changed,
    /// It is not listed any more: it keeps its price.
    Gone,
}

impl Refresh {
    /// Whether something looks like a mistake and was left out.
    pub fn is_partial(&self) -> bool {
        self.changes.iter().any(|change| !change.is_taken)
    }
}

/// Puts newer prices behind older ones, from a day on.
///
/// Every older price stays and gets its end; the newer one begins on the day. A model that was not listed, but whose
/// other spelling was, has that one's price before the day. Models that are not listed any more stay. Rates of
/// exchange alike: those before the day stay as they are. So nothing changes that was priced before the day.
///
/// What looks like a mistake (a price more than ten times greater or smaller, one of 0, one that has gone) is told, and
/// left out without `force`. A price that names a source of its own was kept by hand: tiers and sizes that the newer
/// table does not know are no change of it.
pub fn refresh(old: &PricesFile, new: &PricesFile, on: NaiveDate, force: bool) -> Refresh {
    let names: BTreeSet<String> = new.models.keys().map(|name| key(name)).collect();
    let mut table = PricesFile {
        version: data_schema::VERSION.into(),
        source: new.source.clone(),
        // A list that is older than what is here says nothing about what the program brings.
        date: old.date.max(new.date),
        exchange_rates: exchange_rates(old, new, on),
        models: BTreeMap::new(),
    };
    let mut changes = Vec::new();
    for (name, prices) in &old.models {
        let mut prices = prices.clone();
        if !names.contains(name) {
            if prices.iter().all(|price| price.read.is_none()) {
                changes.push(gone(name, &prices, on));
            }
            for price in &mut prices {
                price.read = price.read.or(Some(old.date));
            }
        }
        table.models.insert(name.clone(), prices);
    }
    for (name, prices) in &new.models {
        let name = key(name);
        let earlier = spellings(&name).iter().find_map(|name| old.models.get(name)).cloned();
        let is_listed = old.models.contains_key(&name);
        let Some((prices, mut change)) = newer(&name, earlier, prices, (old, on)) else { continue };
        if !is_listed {
            change.kind = ChangeKind::New;
        }
        change.is_taken = force || change.doubt.is_none();
        if change.is_taken {
            table.models.insert(name, prices);
        }
        changes.push(change);
    }
    changes.sort_by(|left, right| left.model.cmp(&right.model));
    Refresh { table, changes }
}

/// A name as it is looked up.
fn key(name: &str) -> String {
    name.trim().to_lowercase()
}

fn gone(name: &str, prices: &[DatedPrice], on: NaiveDate) -> Change {
    let old = place_on_day(prices, on).map(|place| prices[place].rates);
    Change {
        model: name.to_owned(),
        kind: ChangeKind::Gone,
        old,
        new: None,
        doubt: None,
        is_taken: true,
    }
}

/// The older prices with the newer ones behind them; `None` if nothing changes.
fn newer(
    name: &str,
    earlier: Option<Vec<DatedPrice>>,
    new: &[DatedPrice],
    (old, on): (&PricesFile, NaiveDate),
) -> Option<(Vec<DatedPrice>, Change)> {
    let in_force =
        |prices: &[DatedPrice]| place_on_day(prices, on).map(|place| prices[place].clone());
    let before = earlier.as_deref().and_then(in_force);
    let now = in_force(new)?;
    let change = Change {
        model: name.to_owned(),
        kind: ChangeKind::Changed,
        old: before.as_ref().map(|price| price.rates),
        new: Some(now.rates),
        doubt: doubt(before.as_ref(), &now),
        is_taken: true,
    };
    let Some(mut prices) = earlier else { return Some((new.to_vec(), change)) };
    let is_listed = old.models.contains_key(name);
    if before.as_ref().is_some_and(|before| is_same(before, &now)) {
        return (!is_listed).then_some((prices, change));
    }
    let begun = |price: &DatedPrice| price.from.is_none_or(|from| from < on);
    // A first price that begins later holds before its day as well: this one follows it.
    if !prices.iter().any(begun)
        && let Some(first) = prices.iter_mut().min_by_key(|price| price.from)
    {
        first.from = None;
    }
    prices.retain(begun);
    let newest = prices.iter_mut().max_by_key(|price| price.from);
    if let Some(ended) = newest.filter(|price| price.until.is_none_or(|until| on < until)) {
        ended.until = Some(on);
        ended.read = ended.read.or(Some(old.date));
        ended.source = ended.source.take().or_else(|| Some(old.source.clone()));
    }
    let announced = new.iter().filter(|price| price.from.is_some_and(|from| from > on));
    let announced = announced.cloned().collect::<Vec<_>>();
    prices.push(DatedPrice { from: Some(on), ..now });
    prices.extend(announced);
    Some((prices, change))
}

/// Whether two prices are the same, whatever is said about their days and sources.
fn is_same(old: &DatedPrice, new: &DatedPrice) -> bool {
    let is_by_hand = old.source.is_some() && new.source.is_none();
    let rest =
        |price: &DatedPrice| (price.variants.clone(), price.factors.clone(), price.web_search);
    let currency = |price: &DatedPrice| price.currency.clone().filter(|code| code != "USD");
    old.rates == new.rates
        && currency(old) == currency(new)
        && (is_by_hand || rest(old) == rest(new))
}

/// Why a new price looks like a mistake.
fn doubt(old: Option<&DatedPrice>, new: &DatedPrice) -> Option<String> {
    let is_nothing = |price: &DatedPrice| {
        [price.rates.input, price.rates.output, price.rates.total].contains(&Some(Money::ZERO))
    };
    if is_nothing(new) && !old.is_some_and(is_nothing) && !new.free {
        return Some("a price of 0".to_owned());
    }
    jump(old?, new)
}

/// Tells of a price that is more than ten times another, or less than a tenth of it, or gone: in words that name both.
pub(crate) fn jump(old: &DatedPrice, new: &DatedPrice) -> Option<String> {
    let mut steps: Vec<(Option<&str>, Option<u64>)> = vec![(None, None)];
    steps.extend(new.variants.iter().map(|one| (one.tier.as_deref(), one.above)));
    for (tier, above) in steps {
        let (before, after) = (effective(old, tier, above), effective(new, tier, above));
        for ((class, before), (_, after)) in classes(&before).into_iter().zip(classes(&after)) {
            let is_main = matches!(class, "input" | "output");
            match (before, after) {
                (Some(before), None) if is_main && after_total(new).is_none() => {
                    return Some(format!("`{class}` was {before} and has no price"));
                }
                (Some(before), Some(after)) if before > Money::ZERO && after > Money::ZERO => {
                    let (small, great) = (before.min(after), before.max(after));
                    if great.picos() > small.picos().saturating_mul(JUMP) {
                        return Some(format!(
                            "`{class}` was {before} and is {after}: more than {JUMP} times as much or as little"
                        ));
                    }
                }
                _ => {}
            }
        }
    }
    None
}

fn after_total(price: &DatedPrice) -> Option<Money> {
    price.rates.total
}

/// The older rates of exchange, with the newer ones from the day on.
fn exchange_rates(
    old: &PricesFile,
    new: &PricesFile,
    on: NaiveDate,
) -> BTreeMap<String, Vec<DatedRate>> {
    let mut all = old.exchange_rates.clone();
    for (currency, rates) in &new.exchange_rates {
        let Some(known) = all.get_mut(currency) else {
            all.insert(currency.clone(), rates.clone());
            continue;
        };
        let one = BTreeMap::from([(currency.clone(), rates.clone())]);
        let now = model::usd(&one, currency, on);
        let begun = |rate: &DatedRate| rate.from.is_none_or(|from| from < on);
        if !known.iter().any(begun)
            && let Some(first) = known.iter_mut().min_by_key(|rate| rate.from)
        {
            first.from = None;
        }
        known.retain(begun);
        let before = known.iter().max_by_key(|rate| rate.from).map(|rate| rate.usd);
        known.extend(
            now.filter(|now| Some(*now) != before).map(|usd| DatedRate { from: Some(on), usd }),
        );
        known.extend(rates.iter().filter(|rate| rate.from.is_some_and(|from| from > on)));
    }
    all
}

/// A downloaded table before the one that comes with the program. If the program's is the newer one, its prices follow
/// from the day that they were read; else only models that the downloaded one does not list are taken from it.
pub(crate) fn layered(downloaded: PricesFile, embedded: PricesFile) -> PricesFile {
    if downloaded.date < embedded.date {
        return refresh(&downloaded, &embedded, embedded.date, true).table;
    }
    let mut table = downloaded;
    for (name, prices) in embedded.models {
        let is_known = spellings(&name).iter().any(|name| table.models.contains_key(name));
        if !is_known {
            table.models.insert(name, prices);
        }
    }
    for (currency, rates) in embedded.exchange_rates {
        table.exchange_rates.entry(currency).or_insert(rates);
    }
    table
}

/// Looks at a table from elsewhere as a whole.
///
/// # Errors
///
/// Another version, no model or too many, an amount below zero, a rate of exchange that is nothing.
pub(crate) fn check(table: &PricesFile) -> Result<(), PriceError> {
    let wrong = |text: String| Err(PriceError::Table(text));
    if !table.version.starts_with("2.") {
        return wrong(format!("version `{}` is not one that this program reads", table.version));
    }
    if table.models.is_empty() || table.models.len() > MOST_MODELS {
        return wrong(format!("{} models: from 1 to {MOST_MODELS} make sense", table.models.len()));
    }
    for (currency, rates) in &table.exchange_rates {
        if rates.is_empty() || rates.iter().any(|rate| rate.usd <= Money::ZERO) {
            return wrong(format!("exchangeRates, {currency}: a rate that is nothing"));
        }
    }
    for (name, prices) in &table.models {
        let below = |price: &DatedPrice| {
            let variants = price.variants.iter().map(|variant| variant.rates);
            let rates = variants.chain([price.rates]).flat_map(|rates| amounts(&rates));
            let others = price.factors.values().copied().chain(price.web_search);
            rates.chain(others).any(|amount| amount < Money::ZERO)
        };
        if prices.is_empty() || prices.iter().any(below) {
            return wrong(format!("{name}: no price, or one below zero"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
