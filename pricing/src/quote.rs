//! What a price is, for people to read: whose, under which name, and its steps.

use data_schema::summary::{PriceOrigin, PriceStep};
use data_schema::{DatedPrice, Money, Rates};

use crate::rate::{effective, hour_rate};

/// By which price a model is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quote {
    /// Whose price it is.
    pub origin: PriceOrigin,
    /// The name under which it was found; none where a name tells that a model is free.
    pub name: Option<String>,
    /// In order of their days, each plain price before those of its tiers and sizes.
    pub steps: Vec<PriceStep>,
}

impl Quote {
    pub(crate) fn new(origin: PriceOrigin, name: &str, prices: &[DatedPrice]) -> Self {
        let mut dated: Vec<&DatedPrice> = prices.iter().collect();
        dated.sort_by_key(|price| price.from);
        let steps = dated.into_iter().flat_map(steps).collect();
        Self { origin, name: Some(name.to_owned()), steps }
    }

    pub(crate) fn free() -> Self {
        Self { origin: PriceOrigin::Free, name: None, steps: Vec::new() }
    }
}

fn steps(price: &DatedPrice) -> Vec<PriceStep> {
    let mut steps = vec![step(price, None, &effective(price, None, None))];
    for variant in &price.variants {
        let (tier, above) = (variant.tier.as_deref(), variant.above);
        let size = above.map(|above| format!("above {above}"));
        let words: Vec<&str> = tier.into_iter().chain(size.as_deref()).collect();
        steps.push(step(price, Some(words.join(" ")), &effective(price, tier, above)));
    }
    for (name, factor) in &price.factors {
        let rates = times(&effective(price, None, None), *factor);
        steps.push(step(price, Some(name.clone()), &rates));
    }
    steps
}

fn step(price: &DatedPrice, condition: Option<String>, rates: &Rates) -> PriceStep {
    // Written for an hour is charged as it is where nothing is told, and not as the prompt.
    let hour = rates.cache_write.and_then(|_| hour_rate(rates));
    PriceStep {
        from: price.from,
        condition,
        input: rates.input,
        output: rates.output,
        cache_read: rates.cache_read,
        cache_creation: rates.cache_write,
        cache_creation_1h: rates.cache_write_1h.or(hour),
        total: rates.total,
        web_search: price.web_search,
        source: price.source.clone(),
    }
}

/// Rates times a factor; what is beyond 10⁻¹² of the currency is cut.
fn times(rates: &Rates, factor: Money) -> Rates {
    let scale = |rate: Option<Money>| {
        rate.map(|rate| Money::from_picos(crate::rate::scale(rate.picos(), factor)))
    };
    Rates {
        input: scale(rates.input),
        output: scale(rates.output),
        cache_read: scale(rates.cache_read),
        cache_write: scale(rates.cache_write),
        cache_write_1h: scale(rates.cache_write_1h),
        audio_input: scale(rates.audio_input),
        audio_output: scale(rates.audio_output),
        image_input: scale(rates.image_input),
        image_output: scale(rates.image_output),
        total: scale(rates.total),
    }
}

#[cfg(test)]
mod tests;
