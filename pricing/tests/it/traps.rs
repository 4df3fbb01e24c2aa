//! Mistakes that other programs make with prices.

use data_schema::{DatedPrice, Kind, Money, PricesFile, Text};
use pricing::PriceBook;

use crate::{cost, cost_in, dollars, response, tokens};

fn with_user(models: &str) -> (PriceBook, Vec<String>) {
    let table = format!(r#"{{"version":"2.0","date":"2026-06-01","models":{models}}}"#);
    PriceBook::builtin().with_user(table.as_bytes()).unwrap()
}

#[test]
fn two_responses_below_the_long_context_limit_cost_the_usual_rates() {
    let one = response("claude-sonnet-4-5", |usage| usage.input_tokens = tokens(150_000));
    let sum: Money = [&one, &one].into_iter().filter_map(cost).sum();
    assert_eq!(sum.to_string(), "0.9");
}

#[test]
fn a_sum_of_many_responses_has_no_context_size() {
    let sum = |requests| {
        dollars("claude-sonnet-4-5", |usage| {
            usage.input_tokens = tokens(300_000);
            usage.requests = requests;
        })
    };
    assert_eq!(sum(Some(2)), "0.9");
    assert_eq!(sum(Some(0)), "0.9", "nobody knows how many");
    assert_eq!(sum(Some(1)), "1.8");
    assert_eq!(sum(None), "1.8");
    let reading = dollars("claude-sonnet-4-5", |usage| {
        usage.input_tokens = tokens(300_000);
        usage.kind = Kind::Reading;
    });
    assert_eq!(reading, "0.9");
}

#[test]
fn the_limit_looks_at_the_whole_prompt_and_moves_every_class() {
    let cost = |written| {
        dollars("claude-sonnet-4-5", |usage| {
            usage.cache_read_tokens = tokens(100_000);
            usage.cache_creation_tokens = tokens(written);
            usage.cache_creation_1h_tokens = tokens(written);
            usage.output_tokens = tokens(1000);
        })
    };
    assert_eq!(cost(100_000), "0.645");
    assert_eq!(cost(100_001), "1.282512");
}

#[test]
fn an_hour_in_the_cache_follows_the_input_of_the_tier() {
    let hour = |model: &str, tier: &str| {
        dollars(model, |usage| {
            usage.cache_creation_tokens = tokens(100_000);
            usage.cache_creation_1h_tokens = tokens(100_000);
            usage.tier = Some(tier.into());
        })
    };
    assert_eq!(hour("claude-opus-4-8", "standard"), "1");
    assert_eq!(hour("claude-opus-4-8", "batch"), "0.5");
    assert_eq!(hour("claude-opus-4-8", "fast"), "2");
    assert_eq!(hour("glm-4.6", "standard"), "0", "writes are free there");
}

#[test]
fn an_unknown_model_is_unpriced_whatever_known_name_it_contains() {
    for model in [
        "gpt-5.9-x",
        "gpt-5-x",
        "xgpt-5",
        "claude-opus-4-9",
        "claude-opus-4-80",
        "claude-sonnet",
        "claude",
        "gpt",
        "sonnet",
        "opus",
        "auto",
        "model",
        "default",
        "unknown",
        "<synthetic>",
        "",
        " ",
        "/",
        "(high)",
        "[1m]",
    ] {
        assert_eq!(dollars(model, |usage| usage.input_tokens = tokens(1)), "unpriced", "{model:?}");
    }
}

#[test]
fn all_spellings_of_sonnet_have_one_name_and_one_price() {
    let book = PriceBook::builtin();
    for model in [
        "claude-sonnet-4.5",
        "claude-4.5-sonnet",
        "anthropic/claude-sonnet-4-5-20250929",
        "us.anthropic.claude-sonnet-4-5-v1:0",
        "claude-sonnet-4-5@20250929",
        "claude-sonnet-4-5-20250929[1m]",
        "claude-sonnet-4-5-thinking",
    ] {
        assert_eq!(book.canonical_model(model), "claude-sonnet-4-5", "{model}");
        let cost = dollars(model, |usage| usage.output_tokens = tokens(1_000_000));
        assert_eq!(cost, "15", "{model}");
    }
    let free = "anthropic/claude-sonnet-4.5:free";
    assert_eq!(book.canonical_model(free), "claude-sonnet-4-5");
    assert_eq!(dollars(free, |usage| usage.output_tokens = tokens(1_000_000)), "0");
}

#[test]
fn a_users_price_goes_before_the_table_in_every_spelling() {
    let (book, notices) = with_user(r#"{"Claude-Sonnet-4-5":[{"input":"1","output":"2"}]}"#);
    assert_eq!(notices, Vec::<String>::new());
    for model in ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "anthropic/claude-4.5-sonnet"]
    {
        let record = response(model, |usage| usage.input_tokens = tokens(1_000_000));
        assert_eq!(cost_in(&book, &record).unwrap().to_string(), "1", "{model}");
    }
}

#[test]
fn before_a_users_first_day_the_table_holds() {
    let (book, _) = with_user(r#"{"gpt-5":[{"from":"2026-05-02","input":"9"}]}"#);
    let mut record = response("gpt-5", |usage| usage.input_tokens = tokens(1_000_000));
    assert_eq!(cost_in(&book, &record).unwrap().to_string(), "1.25");
    record.at = "2026-05-01T23:59:59Z".parse().unwrap();
    assert_eq!(cost_in(&book, &record).unwrap().to_string(), "1.25");
    record.at = "2026-05-02T00:00:00Z".parse().unwrap();
    assert_eq!(cost_in(&book, &record).unwrap().to_string(), "9");
}

#[test]
fn what_the_tool_reported_changes_no_list_price() {
    let reported = |amount: Option<&str>| {
        dollars("gpt-5", |usage| {
            usage.input_tokens = tokens(1_000_000);
            usage.cost = amount.map(Text::from);
            usage.currency = amount.map(|_| "USD".into());
        })
    };
    for amount in [None, Some("0"), Some("99"), Some("-1"), Some("NaN")] {
        assert_eq!(reported(amount), "1.25", "{amount:?}");
    }
    let unknown = dollars("a-model-of-mine", |usage| {
        usage.input_tokens = tokens(1);
        usage.cost = Some("0".into());
    });
    assert_eq!(unknown, "unpriced", "a reported zero is no price");
}

#[test]
fn a_price_below_zero_is_told_and_not_used() {
    let (book, notices) = with_user(r#"{"mine":[{"input":"-1"}],"yours":[{"input":"1"}]}"#);
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].starts_with("line 1: mine: a price below zero"), "{notices:?}");
    assert!(!book.knows("mine") && book.knows("yours"));
    let old = br#"{"providers":{"p":{"models":{"m":{"inputPerMTok":-1}}}}}"#;
    let (book, notices) = PriceBook::builtin().with_user(old).unwrap();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert_eq!(cost_in(&book, &response("m", |usage| usage.input_tokens = tokens(1))), None);
}

#[test]
fn the_greatest_prices_and_counts_stay_in_range() {
    let greatest: Option<Money> = "100000000000000000000".parse().ok();
    let mut price = DatedPrice { web_search: greatest, ..DatedPrice::default() };
    price.rates.input = greatest;
    price.rates.cache_write = greatest;
    price.factors.insert("fast".into(), greatest.unwrap());
    let table = PricesFile {
        version: "2.0".into(),
        source: String::new(),
        date: "2026-06-01".parse().unwrap(),
        exchange_rates: std::collections::BTreeMap::default(),
        models: [("m".to_owned(), vec![price])].into(),
    };
    let (book, _) = PriceBook::builtin().with_user(&table.to_bytes()).unwrap();
    let record = response("m", |usage| {
        usage.input_tokens = tokens(data_schema::MAX_COUNT);
        usage.cache_creation_tokens = tokens(data_schema::MAX_COUNT);
        usage.cache_creation_1h_tokens = tokens(data_schema::MAX_COUNT);
        usage.web_searches = Some(u32::MAX);
        usage.tier = Some("fast".into());
    });
    assert!(cost_in(&book, &record) > greatest);
    let old = br#"{"exchangeRates":{"X/USD":100000000000000000000},"providers":{"p":{"models":{"m":
        {"inputPerMTok":100000000000000000000,"totalPerKTok":1e20,"currency":"X"}}}}}"#;
    let (book, _) = PriceBook::builtin().with_user(old).unwrap();
    assert_eq!(cost_in(&book, &response("m", |usage| usage.input_tokens = tokens(1))), None);
}

#[test]
fn the_table_is_there_without_a_network_and_says_its_age() {
    let book = PriceBook::builtin();
    assert!(book.as_of() >= "2026-11-19".parse().unwrap());
    assert!(book.source().starts_with("https://"), "{}", book.source());
}
