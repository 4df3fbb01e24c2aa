use data_schema::{RecordId, Text, Tokens};

use super::*;

fn tokens(count: u64) -> Option<Tokens> {
    Tokens::new(count)
}

fn record(model: &str) -> UsageRecord {
    let at = "2026-05-01T10:00:00Z".parse().unwrap();
    let mut record = UsageRecord::new(RecordId::new("t", model, ""), at);
    record.usage.model = Text::from(model);
    record
}

fn dollars(book: &PriceBook, record: &UsageRecord) -> String {
    match book.cost("claude-code", record) {
        Cost::Priced(amount) => amount.to_string(),
        Cost::Unpriced => "unpriced".into(),
    }
}

fn priced(model: &str, change: impl Fn(&mut data_schema::Usage)) -> String {
    let mut record = record(model);
    change(&mut record.usage);
    dollars(&PriceBook::builtin(), &record)
}

#[test]
fn input_and_output_cost_their_rates() {
    let cost = priced("claude-sonnet-4-5", |usage| {
        usage.input_tokens = tokens(100);
        usage.output_tokens = tokens(10);
    });
    assert_eq!(cost, "0.00045");
}

#[test]
fn reasoning_is_part_of_the_output() {
    let cost = priced("gpt-5", |usage| {
        usage.input_tokens = tokens(200);
        usage.cache_read_tokens = tokens(800);
        usage.output_tokens = tokens(100);
        usage.reasoning_tokens = tokens(60);
    });
    assert_eq!(cost, "0.00135");
}

#[test]
fn cache_writes_cost_by_their_lifetime() {
    let cost = |hour| {
        priced("claude-sonnet-4-5", |usage| {
            usage.cache_creation_tokens = tokens(100_000);
            usage.cache_creation_1h_tokens = tokens(hour);
        })
    };
    assert_eq!(cost(100_000), "0.6");
    assert_eq!(cost(0), "0.375");
    assert_eq!(cost(50_000), "0.4875");
}

#[test]
fn the_whole_context_chooses_the_long_context_rates_of_all_tokens() {
    let cost = |input, read, output| {
        priced("claude-sonnet-4-5", |usage| {
            usage.input_tokens = tokens(input);
            usage.cache_read_tokens = tokens(read);
            usage.output_tokens = tokens(output);
        })
    };
    assert_eq!(cost(300_000, 0, 1000), "1.8225");
    assert_eq!(cost(200_000, 0, 0), "0.6");
    assert_eq!(cost(200_001, 0, 0), "1.200006");
    assert_eq!(cost(100_000, 150_000, 0), "0.69");
}

#[test]
fn fast_mode_and_regions_are_factors() {
    let cost = |tier: Option<&str>, region: Option<&str>| {
        priced("claude-opus-4-8", |usage| {
            usage.input_tokens = tokens(1_000_000);
            usage.tier = tier.map(Text::from);
            usage.region = region.map(Text::from);
        })
    };
    assert_eq!(cost(None, None), "5");
    assert_eq!(cost(Some("fast"), None), "10");
    assert_eq!(cost(None, Some("us")), "5.5");
    assert_eq!(cost(Some("batch"), None), "2.5");
}

#[test]
fn tiers_of_openai_have_rates_of_their_own() {
    let cost = |tier: &str, input| {
        priced("gpt-5.4", |usage| {
            usage.input_tokens = tokens(input);
            usage.tier = Some(tier.into());
        })
    };
    assert_eq!(cost("flex", 100_000), "0.125");
    assert_eq!(cost("priority", 100_000), "0.5");
    assert_eq!(cost("fast", 100_000), "0.5");
    assert_eq!(cost("batch", 300_000), "0.75");
}

#[test]
fn web_searches_cost_apart() {
    let cost = priced("claude-opus-4-8", |usage| {
        usage.input_tokens = tokens(0);
        usage.web_searches = Some(3);
    });
    assert_eq!(cost, "0.03");
}

#[test]
fn a_model_that_nobody_lists_is_unpriced_and_never_a_neighbour() {
    for model in ["gpt-5.9-x", "claude-opus-4-9", "auto", "model", "unknown", "codex-auto-review"] {
        let cost = priced(model, |usage| usage.input_tokens = tokens(1));
        assert_eq!(cost, "unpriced", "{model}");
        assert!(!PriceBook::builtin().knows(model), "{model}");
    }
    let undivided = priced("gpt-5", |usage| usage.total_tokens = tokens(5));
    assert_eq!(undivided, "unpriced", "a total without its parts has no price");
    assert_eq!(priced("unknown", |_| {}), "0", "nothing used costs nothing");
    assert_eq!(priced("some/model:free", |usage| usage.input_tokens = tokens(9)), "0");
}

#[test]
fn all_spellings_of_a_model_have_one_name_and_one_price() {
    let book = PriceBook::builtin();
    for model in [
        "claude-4.5-sonnet",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "claude-sonnet-4-5[1m]",
    ] {
        assert_eq!(book.canonical_model(model), "claude-sonnet-4-5");
        assert_eq!(priced(model, |usage| usage.output_tokens = tokens(1_000_000)), "15");
    }
    assert_eq!(book.canonical_model(" My-Own "), "My-Own");
}

#[test]
fn a_price_holds_from_its_day_on() {
    let table = br#"{"version":"2.0","date":"2026-06-01","models":{"m":[
        {"input":"1"},{"from":"2026-05-02","input":"3"}]}}"#;
    let (book, notices) = PriceBook::builtin().with_user(table).unwrap();
    assert!(notices.is_empty());
    let mut record = record("m");
    record.usage.input_tokens = tokens(1_000_000);
    assert_eq!(dollars(&book, &record), "1");
    record.at = "2026-05-02T00:00:00Z".parse().unwrap();
    assert_eq!(dollars(&book, &record), "3");
}

#[test]
fn prices_of_version_1_hold_for_their_provider() {
    let table = br#"{"exchangeRates":{"CNY/USD":0.1389},"providers":{
        "claude-code":{"type":"token","models":{
            "claude-opus-4-6":{"inputPerMTok":15,"outputPerMTok":75,"currency":"USD"},
            "_default":{"totalPerKTok":0.05,"currency":"CNY"}}},
        "trae-pro":{"type":"subscription","subscription":{"plan":"Pro","monthlyCost":10,"currency":"USD"}},
        "x":{"models":{"m":{"inputPerMTok":1,"currency":"EUR"}}}}}"#;
    let (book, notices) = PriceBook::builtin().with_user(table).unwrap();
    assert_eq!(notices.len(), 1, "{notices:?}");
    let mut own = record("claude-opus-4-6");
    own.usage.input_tokens = tokens(1_000_000);
    assert_eq!(dollars(&book, &own), "15");
    assert_eq!(book.cost("other", &own), Cost::Priced("5".parse().unwrap()));
    let mut unlisted = record("glm-x");
    unlisted.usage.total_tokens = tokens(1000);
    assert_eq!(dollars(&book, &unlisted), "0.006945");
}

#[test]
fn a_broken_file_names_the_place() {
    let error = PriceBook::builtin().with_user(b"{\n \"models\": 5}").unwrap_err();
    assert!(error.to_string().starts_with("line 2"), "{error}");
    let table =
        b"{\"version\":\"2.0\",\"date\":\"2026-06-01\",\"models\":{\n\"m\":[{\"inptu\":\"1\"}]}}";
    let (book, notices) = PriceBook::builtin().with_user(table).unwrap();
    assert!(notices[0].starts_with("line 2: m: unknown field `inptu`"), "{notices:?}");
    assert!(!book.knows("m"));
}

#[test]
fn the_fingerprint_follows_the_prices_and_their_order() {
    let one = br#"{"version":"2.0","date":"2026-01-01","models":{"m":[{"input":"1"}]}}"#;
    let other = br#"{"version":"2.0","date":"2026-01-01","models":{"m":[{"input":"2"}]}}"#;
    let with = |files: &[&[u8]]| {
        let lay = |book: PriceBook, file: &&[u8]| book.with_user(file).unwrap().0;
        files.iter().fold(PriceBook::builtin(), lay).fingerprint()
    };
    assert_eq!(with(&[one]), with(&[one]));
    let all = [with(&[]), with(&[one]), with(&[other]), with(&[one, other]), with(&[other, one])];
    let different: std::collections::BTreeSet<u64> = all.into_iter().collect();
    assert_eq!(different.len(), all.len());
}
