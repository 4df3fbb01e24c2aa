use data_schema::{Text, Variant};
use proptest::prelude::*;

use super::*;

const TIERS: [&str; 4] = ["fast", "priority", "batch", "flex"];
const REGIONS: [&str; 2] = ["us", "eu"];
const SIZES: [u64; 3] = [0, 100, 5_000];

/// The rules as they are told, worked out anew for one response.
fn told(price: &DatedPrice, usage: &Usage) -> Option<Money> {
    let one_response = usage.kind == Kind::Response && matches!(usage.requests, None | Some(1));
    let context = if one_response { usage.context() } else { 0 };
    let above = price.variants.iter().filter_map(|variant| variant.above);
    let above = above.filter(|above| context > *above).max();
    let tier = match usage.tier.as_deref() {
        Some("fast") if price.factors.contains_key("fast") => None,
        Some("fast") => Some("priority"),
        tier => tier,
    };
    let rates = effective(price, tier, above);
    let per_million = |count: u64, rate: Money| i128::from(count) * rate.picos() / 1_000_000;
    let count = |count: Option<Tokens>| count.map_or(0, Tokens::get);
    let mut sum = 0;
    if let Some(rate) = rates.total {
        sum = per_million(usage.total(), rate);
    } else {
        if usage.total() > 0 && is_undivided(usage) {
            return None;
        }
        let written = count(usage.cache_creation_tokens);
        let hour = count(usage.cache_creation_1h_tokens).min(written);
        for (count, rate) in [
            (count(usage.input_tokens), rates.input),
            (count(usage.cache_read_tokens), rates.cache_read.or(rates.input)),
            (written - hour, rates.cache_write.or(rates.input)),
            (hour, hour_rate(&rates)),
            (count(usage.output_tokens), rates.output),
        ] {
            if count > 0 {
                sum += per_million(count, rate?);
            }
        }
    }
    for name in [&usage.tier, &usage.region].into_iter().flatten() {
        if let Some(factor) = price.factors.get(&**name) {
            sum = scale(sum, *factor);
        }
    }
    let searches = price.web_search.map_or(0, Money::picos);
    Some(Money::from_picos(sum + i128::from(usage.web_searches.unwrap_or(0)) * searches))
}

fn any_money() -> impl Strategy<Value = Option<Money>> {
    // Up to 200 USD for a million tokens, and amounts that no 64 bits hold.
    let picos = prop_oneof![0..200_000_000_000_000_i128, Just(1_i128 << 80), Just(0)];
    prop::option::weighted(0.7, picos.prop_map(Money::from_picos))
}

fn any_rates() -> impl Strategy<Value = Rates> {
    let total = prop::option::weighted(0.1, Just(Money::from_picos(3_000_000)));
    let classes = [any_money(), any_money(), any_money(), any_money(), any_money()];
    (classes, total).prop_map(|([input, output, cache_read, cache_write, hour], total)| Rates {
        input,
        output,
        cache_read,
        cache_write,
        cache_write_1h: hour,
        total,
        ..Rates::default()
    })
}

fn any_price() -> impl Strategy<Value = DatedPrice> {
    let tier = prop::option::of(prop::sample::select(TIERS.to_vec()));
    let above = prop::option::of(prop::sample::select(SIZES.to_vec()));
    let variant = (tier, above, any_rates()).prop_map(|(tier, above, rates)| Variant {
        tier: tier.map(str::to_owned),
        above,
        rates,
    });
    let names = prop::sample::select([TIERS.as_slice(), &REGIONS].concat());
    let factor = (0..3_000_000_000_000_i128).prop_map(Money::from_picos);
    let factors = prop::collection::btree_map(names.prop_map(str::to_owned), factor, 0..3);
    (any_rates(), prop::collection::vec(variant, 0..5), factors, any_money()).prop_map(
        |(rates, variants, factors, web_search)| DatedPrice {
            rates,
            variants,
            factors,
            web_search,
            ..DatedPrice::default()
        },
    )
}

fn any_usage() -> impl Strategy<Value = Usage> {
    let count = || prop::option::weighted(0.6, prop_oneof![0..200_u64, 0..2_000_000_u64]);
    let counts = [count(), count(), count(), count(), count(), count()];
    let tier = prop::option::of(prop::sample::select([TIERS.as_slice(), &["auto"]].concat()));
    let region = prop::option::of(prop::sample::select(REGIONS.to_vec()));
    let requests = prop::option::of(0..3_u32);
    let rest = (tier, region, requests, prop::option::of(0..4_u32), any::<bool>());
    (counts, rest).prop_map(|([input, read, written, hour, output, total], rest)| {
        let (tier, region, requests, web_searches, only_total) = rest;
        let class = |count: Option<u64>| count.filter(|_| !only_total).and_then(Tokens::new);
        Usage {
            input_tokens: class(input),
            cache_read_tokens: class(read),
            cache_creation_tokens: class(written),
            cache_creation_1h_tokens: class(hour),
            output_tokens: class(output),
            total_tokens: total.and_then(Tokens::new),
            tier: tier.map(Text::from),
            region: region.map(Text::from),
            requests,
            web_searches,
            ..Usage::default()
        }
    })
}

proptest! {
    #[test]
    fn rates_that_were_worked_out_before_give_what_the_rules_say(
        price in any_price(),
        usages in prop::collection::vec(any_usage(), 1..8),
    ) {
        let prepared = Prepared::new(&price);
        for usage in &usages {
            prop_assert_eq!(prepared.cost(usage), told(&price, usage));
        }
    }
}
