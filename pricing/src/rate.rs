//! The rates that apply to one response, and what they make of its tokens.

use data_schema::{DatedPrice, Kind, Money, Rates, Tokens, Usage};

/// Amounts in the table are per million tokens.
const MILLION: i128 = 1_000_000;
/// One, as a factor.
const ONE: i128 = 1_000_000_000_000;

/// The list value of one response; `None` if a class of tokens has no price.
///
/// Rules (Anthropic: <https://platform.claude.com/docs/en/about-claude/pricing>, `OpenAI`:
/// <https://platform.openai.com/docs/pricing>, read 2026-11-19): the size of the whole prompt chooses
/// the long-context rates for all tokens of the response; cache writes without an hour's price cost
/// twice the input for an hour where five minutes have a price of their own; prompt tokens of a cache
/// without a price of its own are prompt tokens. A sum of several responses tells the size of none of
/// them: it costs the usual rates.
pub(crate) fn cost(price: &DatedPrice, usage: &Usage) -> Option<Money> {
    let tier = usage.tier.as_deref();
    let tokens = |count: Option<Tokens>| count.map_or(0, Tokens::get);
    let total = usage.total();
    let one_response = usage.kind == Kind::Response && matches!(usage.requests, None | Some(1));
    let rates = effective(price, tier, if one_response { usage.context() } else { 0 });
    let sum = if let Some(rate) = rates.total {
        times(total, rate)
    } else {
        if total > 0 && usage.total_tokens.is_some() && is_undivided(usage) {
            return None;
        }
        let written = tokens(usage.cache_creation_tokens);
        let hour = tokens(usage.cache_creation_1h_tokens).min(written);
        let parts = [
            (tokens(usage.input_tokens), rates.input),
            (tokens(usage.cache_read_tokens), rates.cache_read.or(rates.input)),
            (written - hour, rates.cache_write.or(rates.input)),
            (hour, hour_rate(&rates)),
            (tokens(usage.output_tokens), rates.output),
        ];
        let mut sum = 0;
        for (count, rate) in parts.into_iter().filter(|(count, _)| *count > 0) {
            sum = times(count, rate?).saturating_add(sum);
        }
        sum
    };
    let sum = factors(price, usage).fold(sum, scale);
    let searches = i128::from(usage.web_searches.unwrap_or(0));
    let searches = searches.saturating_mul(price.web_search.map_or(0, Money::picos));
    Some(Money::from_picos(sum.saturating_add(searches)))
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
fn hour_rate(rates: &Rates) -> Option<Money> {
    let twice = || rates.input.map(|input| Money::from_picos(input.picos().saturating_mul(2)));
    match (rates.cache_write_1h, rates.cache_write) {
        (Some(rate), _) => Some(rate),
        (None, Some(Money::ZERO)) => Some(Money::ZERO),
        (None, Some(_)) => twice(),
        (None, None) => rates.input,
    }
}

/// The usual rates with those of the tier and of the context's size laid over them.
fn effective(price: &DatedPrice, tier: Option<&str>, context: u64) -> Rates {
    let above = price.variants.iter().filter_map(|variant| variant.above);
    let above = above.filter(|above| context > *above).max();
    // Where a vendor has no factor for its fast mode, it sells it as priority.
    let tier = match tier {
        Some("fast") if price.factors.contains_key("fast") => None,
        Some("fast") => Some("priority"),
        tier => tier,
    };
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
    i128::from(count).saturating_mul(rate_per_million.picos()) / MILLION
}

/// A factor has at most twelve decimals; what is beyond 10⁻¹² of the currency is cut.
fn scale(sum: i128, factor: Money) -> i128 {
    let whole = (sum / ONE).saturating_mul(factor.picos());
    whole.saturating_add((sum % ONE).saturating_mul(factor.picos()) / ONE)
}

/// The amounts that are told.
pub(crate) fn amounts(rates: Rates) -> impl Iterator<Item = Money> {
    let Rates { input, output, cache_read, cache_write, cache_write_1h, total } = rates;
    [input, output, cache_read, cache_write, cache_write_1h, total].into_iter().flatten()
}
