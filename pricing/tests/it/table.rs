//! `data/prices.json` itself.

use data_schema::{Money, PricesFile, Rates};
use pricing::PriceBook;

use crate::{cost, cost_in, response, tokens};

const TABLE: &str = include_str!("../../data/prices.json");
const EXCHANGE_RATES: &str = include_str!("../../data/exchange-rates.json");
const ADDITIONS: &str = include_str!("../../data/additions.json");

fn table() -> PricesFile {
    serde_json::from_str(TABLE).unwrap()
}

/// All rates of the table with the model that they belong to.
fn rates() -> Vec<(String, Rates)> {
    let mut all = Vec::new();
    for (name, prices) in table().models {
        for price in prices {
            let variants = price.variants.iter().map(|variant| variant.rates);
            all.extend(variants.chain([price.rates]).map(|rates| (name.clone(), rates)));
        }
    }
    all
}

fn amounts(rates: &Rates) -> impl Iterator<Item = Money> {
    let prompt = [rates.input, rates.cache_read, rates.cache_write, rates.cache_write_1h];
    prompt.into_iter().chain([rates.output, rates.total]).flatten()
}

#[test]
fn the_table_is_in_the_form_that_the_generator_writes() {
    assert_eq!(String::from_utf8(table().to_bytes()).unwrap(), TABLE);
}

#[test]
fn the_table_holds_the_additions() {
    let additions: PricesFile = serde_json::from_str(ADDITIONS).unwrap();
    assert_eq!(String::from_utf8(additions.to_bytes()).unwrap(), ADDITIONS);
    let table = table();
    for (name, prices) in additions.models {
        assert_eq!(table.models.get(&name), Some(&prices), "{name}");
        assert!(prices.iter().all(|price| price.source.is_some()), "{name} names no source");
    }
}

#[test]
fn the_table_holds_the_rates_of_exchange_month_by_month() {
    let rates: PricesFile = serde_json::from_str(EXCHANGE_RATES).unwrap();
    assert_eq!(String::from_utf8(rates.to_bytes()).unwrap(), EXCHANGE_RATES);
    assert_eq!(table().exchange_rates, rates.exchange_rates);
    assert!(rates.exchange_rates.len() > 20 && !rates.source.is_empty());
    for (currency, rates) in rates.exchange_rates {
        assert_eq!(rates[0].from, "2024-01-01".parse().ok(), "{currency}");
        let days: Vec<_> = rates.iter().filter_map(|rate| rate.from).collect();
        assert!(days.is_sorted() && days.len() == rates.len(), "{currency}");
        assert!(rates.iter().all(|rate| rate.usd > Money::ZERO), "{currency}");
    }
}

#[test]
fn every_amount_is_exact_per_token_and_not_below_zero() {
    let millionth = 1_000_000;
    for (name, rates) in rates() {
        for amount in amounts(&rates) {
            assert_eq!(amount.picos() % millionth, 0, "{name}: {amount}");
            assert!(amount >= Money::ZERO, "{name}: {amount}");
        }
    }
}

#[test]
fn an_hour_in_the_cache_costs_twice_the_input() {
    for (name, rates) in rates() {
        if let (Some(hour), Some(input)) = (rates.cache_write_1h, rates.input) {
            assert_eq!(hour.picos(), 2 * input.picos(), "{name}");
        }
    }
}

#[test]
fn every_model_of_the_table_is_found_under_its_name_at_its_own_price() {
    let book = PriceBook::builtin();
    for (name, prices) in table().models {
        assert!(book.knows(&name), "{name}");
        let record = response(&name, |usage| usage.output_tokens = tokens(1_000_000));
        let found = cost_in(&book, &record);
        assert_eq!(found, prices[0].rates.output, "{name}");
    }
}

#[test]
fn the_name_that_is_shown_has_the_same_price_and_is_shown_as_itself() {
    let (book, table) = (PriceBook::builtin(), table());
    for name in table.models.keys() {
        let shown = book.canonical_model(name);
        assert_eq!(book.canonical_model(&shown), shown, "{name}");
        assert_eq!(table.models[&shown][0].rates, table.models[name][0].rates, "{name}: {shown}");
    }
    assert_eq!(book.canonical_model("gpt-4o-2024-08-06"), "gpt-4o");
    assert_eq!(book.canonical_model("gpt-4o-2024-05-13"), "gpt-4o-2024-05-13");
}

#[test]
fn additions_to_a_name_never_change_its_price() {
    for name in table().models.keys() {
        let price = |name: &str| cost(&response(name, |usage| usage.input_tokens = tokens(1000)));
        for other in [
            format!("openrouter/vendor/{name}"),
            format!(" {}", name.to_uppercase()),
            format!("{name}[1m]"),
            format!("{name} (high)"),
        ] {
            assert_eq!(price(&other), price(name), "{other}");
        }
    }
}
