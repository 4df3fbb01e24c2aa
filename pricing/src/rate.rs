//! The rates that apply to one response, and what they make of its tokens.

use chrono::NaiveDate;
use data_schema::{DatedPrice, Kind, Money, Rates, Tokens, Usage};

/// Amounts in the table are per million tokens.
const MILLION: u32 = 1_000_000;
/// One, as a factor.
const ONE: i128 = 1_000_000_000_000;

/// A price with the rates of every tier and size of context worked out: once for all responses.
#[derive(Clone, Debug)]
pub(crate) struct Prepared<'a> {
    price: &'a DatedPrice,
    standard: Sizes,
    /// By tier, of those that have rates of their own.
    tiers: Vec<(&'a str, Sizes)>,
}

/// Rates by the context above which they hold, the greatest first; the last hold for all.
type Sizes = Vec<(Option<u64>, ClassRates)>;

/// What each class of tokens costs.
#[derive(Clone, Copy, Debug)]
struct ClassRates {
    input: Option<Money>,
    cache_read: Option<Money>,
    cache_write: Option<Money>,
    cache_write_1h: Option<Money>,
    output: Option<Money>,
    /// All tokens alike: replaces the others.
    total: Option<Money>,
}

impl From<Rates> for ClassRates {
    fn from(rates: Rates) -> Self {
        Self {
            input: rates.input,
            cache_read: rates.cache_read.or(rates.input),
            cache_write: rates.cache_write.or(rates.input),
            cache_write_1h: hour_rate(&rates),
            output: rates.output,
            total: rates.total,
        }
    }
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(price: &'a DatedPrice) -> Self {
        let mut named: Vec<&str> =
            price.variants.iter().filter_map(|variant| variant.tier.as_deref()).collect();
        named.sort_unstable();
        named.dedup();
        let tiers = named.into_iter().map(|tier| (tier, sizes(price, Some(tier)))).collect();
        Self { price, standard: sizes(price, None), tiers }
    }

    /// First day in UTC; absent = always.
    pub(crate) fn from(&self) -> Option<NaiveDate> {
        self.price.from
    }

    fn rates(&self, tier: Option<&str>, context: u64) -> Option<&ClassRates> {
        // Where a vendor has no factor for its fast mode, it sells it as priority.
        let tier = match tier {
            Some("fast") if self.price.factors.contains_key("fast") => None,
            Some("fast") => Some("priority"),
            tier => tier,
        };
        let of_tier = tier.and_then(|tier| self.tiers.iter().find(|(name, _)| *name == tier));
        let sizes = of_tier.map_or(&self.standard, |(_, sizes)| sizes);
        let (_, rates) =
            sizes.iter().find(|(above, _)| above.is_none_or(|above| context > above))?;
        Some(rates)
    }

    /// The list value of one response; `None` if a class of tokens has no price.
    ///
    /// Rules (Anthropic: <https://platform.claude.com/docs/en/about-claude/pricing>, `OpenAI`:
    /// <https://platform.openai.com/docs/pricing>, read 2026-11-19): the size of the whole prompt chooses
    /// the long-context rates for all tokens of the response; cache writes without an hour's price cost
    /// twice the input for an hour where five minutes have a price of their own; prompt tokens of a cache
    /// without a price of its own are prompt tokens. A sum of several responses tells the size of none of
    /// them: it costs the usual rates.
    pub(crate) fn cost(&self, usage: &Usage) -> Option<Money> {
        let one_response = usage.kind == Kind::Response && matches!(usage.requests, None | Some(1));
        let context = if one_response { usage.context() } else { 0 };
        let rates = self.rates(usage.tier.as_deref(), context)?;
        let mut sum = classes(rates, usage)?;
        if usage.tier.is_some() || usage.region.is_some() {
            sum = factors(self.price, usage).fold(sum, scale);
        }
        let searches = i128::from(usage.web_searches.unwrap_or(0));
        let searches = searches.saturating_mul(self.price.web_search.map_or(0, Money::picos));
        Some(Money::from_picos(sum.saturating_add(searches)))
    }
}

/// What the tokens of a response cost, before factors; `None` if a class of them has no price.
fn classes(rates: &ClassRates, usage: &Usage) -> Option<i128> {
    let tokens = |count: Option<Tokens>| count.map_or(0, Tokens::get);
    if let Some(rate) = rates.total {
        return Some(times(usage.total(), rate));
    }
    if usage.total_tokens.is_some() && is_undivided(usage) && usage.total() > 0 {
        return None;
    }
    let written = tokens(usage.cache_creation_tokens);
    let hour = tokens(usage.cache_creation_1h_tokens).min(written);
    let parts = [
        (tokens(usage.input_tokens), rates.input),
        (tokens(usage.cache_read_tokens), rates.cache_read),
        (written - hour, rates.cache_write),
        (hour, rates.cache_write_1h),
        (tokens(usage.output_tokens), rates.output),
    ];
    let mut sum = 0;
    for (count, rate) in parts.into_iter().filter(|(count, _)| *count > 0) {
        sum = times(count, rate?).saturating_add(sum);
    }
    Some(sum)
}

/// The rates of a tier for every size of context that has some.
fn sizes(price: &DatedPrice, tier: Option<&str>) -> Sizes {
    let mut above: Vec<Option<u64>> =
        price.variants.iter().map(|variant| variant.above).chain([None]).collect();
    above.sort_unstable_by(|left, right| right.cmp(left));
    above.dedup();
    above.into_iter().map(|above| (above, effective(price, tier, above).into())).collect()
}

fn is_undivided(usage: &Usage) -> bool {
    let classes = [
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_creation_tokens,
        usage.output_tokens,
    ];
    classes.iter().all(Option::is_none)
}

/// Writes for an hour cost twice the input, where writes have a price at all and are not free.
pub(crate) fn hour_rate(rates: &Rates) -> Option<Money> {
    let twice = || rates.input.map(|input| Money::from_picos(input.picos().saturating_mul(2)));
    match (rates.cache_write_1h, rates.cache_write) {
        (Some(rate), _) => Some(rate),
        (None, Some(Money::ZERO)) => Some(Money::ZERO),
        (None, Some(_)) => twice(),
        (None, None) => rates.input,
    }
}

/// The usual rates with those of the tier and of the context's size laid over them.
pub(crate) fn effective(price: &DatedPrice, tier: Option<&str>, above: Option<u64>) -> Rates {
    let variant = |tier: Option<&str>, above: Option<u64>| {
        price
            .variants
            .iter()
            .find(|variant| variant.tier.as_deref() == tier && variant.above == above)
            .map(|variant| variant.rates)
    };
    let mut layers = Vec::new();
    if tier.is_some() && above.is_some() {
        layers.extend(variant(tier, above));
    }
    if above.is_some() {
        layers.extend(variant(None, above));
    }
    if tier.is_some() {
        layers.extend(variant(tier, None));
    }
    layers.push(price.rates);
    // The price of an hour follows the input in force: one that stands beside the input of a less
    // special layer is not that of a tier with an input of its own.
    let with_input = layers.iter().position(|rates| rates.input.is_some()).unwrap_or(layers.len());
    let first = |rate: fn(&Rates) -> Option<Money>| layers.iter().find_map(rate);
    Rates {
        input: first(|rates| rates.input),
        output: first(|rates| rates.output),
        cache_read: first(|rates| rates.cache_read),
        cache_write: first(|rates| rates.cache_write),
        cache_write_1h: layers.iter().take(with_input + 1).find_map(|rates| rates.cache_write_1h),
        total: first(|rates| rates.total),
    }
}

fn factors<'a>(price: &'a DatedPrice, usage: &'a Usage) -> impl Iterator<Item = Money> + 'a {
    let names = [usage.tier.as_deref(), usage.region.as_deref()];
    names.into_iter().flatten().filter_map(|name| price.factors.get(name).copied())
}

fn times(count: u64, rate_per_million: Money) -> i128 {
    let rate = rate_per_million.picos();
    // Real amounts fit 64 bits, in which a division by a constant is a multiplication.
    let short = u64::try_from(rate).ok().and_then(|rate| count.checked_mul(rate));
    match short {
        Some(product) => i128::from(product / u64::from(MILLION)),
        None => i128::from(count).saturating_mul(rate) / i128::from(MILLION),
    }
}

/// A factor has at most twelve decimals; what is beyond 10⁻¹² of the currency is cut.
pub(crate) fn scale(sum: i128, factor: Money) -> i128 {
    let whole = (sum / ONE).saturating_mul(factor.picos());
    whole.saturating_add((sum % ONE).saturating_mul(factor.picos()) / ONE)
}

/// The amounts that are told.
pub(crate) fn amounts(rates: Rates) -> impl Iterator<Item = Money> {
    let Rates { input, output, cache_read, cache_write, cache_write_1h, total } = rates;
    [input, output, cache_read, cache_write, cache_write_1h, total].into_iter().flatten()
}

#[cfg(test)]
mod tests;
