use data_schema::{RecordId, Text, Tokens, UsageRecord, Variant};
use proptest::prelude::*;

use super::*;
use crate::{Cost, PriceBook};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn table(date: &str, models: &str) -> PricesFile {
    let text = format!(
        r#"{{"version":"2.0","source":"list of {date}","date":"{date}","models":{models}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn cost(table: &PricesFile, model: &str, at: NaiveDate) -> Option<Money> {
    cost_in(&PriceBook::of_table(table.clone()), model, at)
}

fn cost_in(book: &PriceBook, model: &str, at: NaiveDate) -> Option<Money> {
    let mut record = UsageRecord::new(RecordId::new("t", model, ""), noon(at));
    record.usage.model = Text::from(model);
    record.usage.input_tokens = Tokens::new(300_000);
    record.usage.output_tokens = Tokens::new(1_000);
    match book.cost("p", &record) {
        Cost::Priced(amount) => Some(amount),
        Cost::Unpriced => None,
    }
}

fn noon(day: NaiveDate) -> data_schema::UtcSeconds {
    format!("{day}T12:00:00Z").parse().unwrap()
}

fn json(prices: &[DatedPrice]) -> String {
    serde_json::to_string(prices).unwrap()
}

#[test]
fn an_older_price_stays_with_its_end_and_the_newer_one_follows() {
    let old = table("2026-01-01", r#"{"m":[{"input":"3","output":"15"}]}"#);
    let new = table("2026-06-01", r#"{"m":[{"input":"2","output":"10"}]}"#);
    let made = refresh(&old, &new, day("2026-06-01"), false);
    let expected = r#"[{"until":"2026-06-01","read":"2026-01-01","source":"list of 2026-01-01","input":"3","output":"15"},{"from":"2026-06-01","input":"2","output":"10"}]"#;
    assert_eq!(json(&made.table.models["m"]), expected);
    assert_eq!(made.changes.len(), 1);
    assert_eq!(made.changes[0].kind, ChangeKind::Changed);
    assert_eq!(cost(&made.table, "m", day("2026-05-31")), cost(&old, "m", day("2026-05-31")));
    assert_eq!(cost(&made.table, "m", day("2026-06-01")), cost(&new, "m", day("2026-06-01")));
    let again = refresh(&made.table, &new, day("2026-07-01"), false);
    assert_eq!(again.changes, [], "the same list changes nothing");
    assert_eq!(again.table.models, made.table.models);
}

#[test]
fn a_second_refresh_of_one_day_replaces_the_first() {
    let old = table("2026-01-01", r#"{"m":[{"input":"3","output":"15"}]}"#);
    let on = day("2026-06-01");
    let first =
        refresh(&old, &table("2026-06-01", r#"{"m":[{"input":"2","output":"9"}]}"#), on, false);
    let new = table("2026-06-01", r#"{"m":[{"input":"2","output":"10"}]}"#);
    let second = refresh(&first.table, &new, on, false);
    assert_eq!(second.table.models["m"].len(), 2);
    assert_eq!(cost(&second.table, "m", on), cost(&new, "m", on));
    assert_eq!(cost(&second.table, "m", day("2026-05-01")), cost(&old, "m", day("2026-05-01")));
}

#[test]
fn a_newly_listed_spelling_keeps_the_price_that_it_had_before() {
    let old = table("2026-01-01", r#"{"m":[{"input":"3","output":"15"}]}"#);
    let new = table(
        "2026-06-01",
        r#"{"m":[{"input":"3","output":"15"}],"M-20260101":[{"input":"1","output":"5"}]}"#,
    );
    let made = refresh(&old, &new, day("2026-06-01"), false);
    let at = day("2026-05-01");
    assert_eq!(cost(&made.table, "m-20260101", at), cost(&old, "m-20260101", at));
    assert_eq!(
        cost(&made.table, "m-20260101", day("2026-06-02")),
        Some(Money::from_picos(305_000_000_000))
    );
    assert_eq!(made.changes[0].kind, ChangeKind::New);
}

#[test]
fn a_model_that_is_not_listed_any_more_keeps_its_price() {
    let old = table("2026-01-01", r#"{"m":[{"input":"3","output":"15"}]}"#);
    let new = table("2026-06-01", r#"{"n":[{"input":"1","output":"2"}]}"#);
    let made = refresh(&old, &new, day("2026-06-01"), false);
    assert_eq!(cost(&made.table, "m", day("2026-07-01")), cost(&old, "m", day("2026-07-01")));
    let kinds: Vec<_> = made.changes.iter().map(|one| (one.model.as_str(), one.kind)).collect();
    assert_eq!(kinds, [("m", ChangeKind::Gone), ("n", ChangeKind::New)]);
    assert_eq!(made.table.models["m"][0].read, Some(day("2026-01-01")), "when it was seen last");
    let again = refresh(&made.table, &new, day("2026-07-01"), false);
    assert_eq!(again.changes, [], "it is told once");
}

#[test]
fn what_looks_like_a_mistake_is_left_out_unless_it_is_forced() {
    let old = table("2026-01-01", r#"{"m":[{"input":"3","output":"15","cacheRead":"0.3"}]}"#);
    let on = day("2026-06-01");
    for (price, word) in [
        (r#"{"input":"30.1","output":"15"}"#, "more than 10 times"),
        (r#"{"input":"3","output":"1.4"}"#, "more than 10 times"),
        (r#"{"input":"3","output":"15","cacheRead":"0.02"}"#, "`cacheRead`"),
        (r#"{"input":"3","output":"0"}"#, "a price of 0"),
        (r#"{"output":"15"}"#, "`input` was 3 and has no price"),
        (r#"{"input":"3","output":"15","variants":[{"above":200000,"input":"60"}]}"#, "`input`"),
    ] {
        let new = table("2026-06-01", &format!(r#"{{"m":[{price}]}}"#));
        let made = refresh(&old, &new, on, false);
        assert!(made.is_partial(), "{price}");
        let doubt = made.changes[0].doubt.as_deref().unwrap();
        assert!(doubt.contains(word), "{price}: {doubt}");
        assert_eq!(made.table.models, old.models, "{price}");
        let forced = refresh(&old, &new, on, true);
        assert!(!forced.is_partial());
        assert_eq!(forced.table.models["m"].len(), 2, "{price}");
    }
    let ten_times = table("2026-06-01", r#"{"m":[{"input":"30","output":"1.5"}]}"#);
    assert!(
        !refresh(&old, &ten_times, on, false).is_partial(),
        "ten times is not more than ten times"
    );
    let free = table("2026-06-01", r#"{"m":[{"free":true,"input":"0","output":"0"}]}"#);
    assert!(!refresh(&old, &free, on, false).is_partial(), "told to be free");
}

#[test]
fn what_was_kept_by_hand_is_changed_by_its_usual_rates_only() {
    let old = table(
        "2026-01-01",
        r#"{"m":[{"source":"invoice","input":"3","output":"15","variants":[{"above":200000,"input":"6"}]}]}"#,
    );
    let same = table("2026-06-01", r#"{"m":[{"input":"3","output":"15"}]}"#);
    let on = day("2026-06-01");
    assert_eq!(refresh(&old, &same, on, false).changes, []);
    let other = table("2026-06-01", r#"{"m":[{"input":"2","output":"15"}]}"#);
    assert_eq!(refresh(&old, &other, on, false).changes.len(), 1);
}

#[test]
fn rates_of_exchange_before_the_day_stay() {
    let with = |rates: &str| {
        let text = format!(
            r#"{{"version":"2.0","date":"2026-01-01","exchangeRates":{{"CNY":{rates}}},"models":{{}}}}"#
        );
        serde_json::from_str::<PricesFile>(&text).unwrap()
    };
    let old = with(r#"[{"from":"2026-01-01","usd":"0.1"},{"from":"2026-05-01","usd":"0.2"}]"#);
    let new = with(r#"[{"from":"2026-05-15","usd":"0.3"},{"from":"2026-07-01","usd":"0.4"}]"#);
    let rates = refresh(&old, &new, day("2026-06-01"), false).table.exchange_rates;
    let usd = |at: &str| model::usd(&rates, "CNY", day(at)).unwrap().to_string();
    let found = ["2025-01-01", "2026-05-31", "2026-06-01", "2026-07-01"].map(usd);
    assert_eq!(found, ["0.1", "0.2", "0.3", "0.4"]);
}

#[test]
fn a_table_with_something_that_no_price_can_be_is_refused() {
    for (models, word) in [
        ("{}", "0 models"),
        (r#"{"m":[]}"#, "m: no price"),
        (r#"{"m":[{"input":"-1"}]}"#, "below zero"),
        (r#"{"m":[{"input":"1","variants":[{"tier":"batch","output":"-1"}]}]}"#, "below zero"),
        (r#"{"m":[{"input":"1","factors":{"us":"-1"}}]}"#, "below zero"),
    ] {
        let error = check(&table("2026-01-01", models)).unwrap_err().to_string();
        assert!(error.contains(word), "{models}: {error}");
    }
    let mut newer = table("2026-01-01", r#"{"m":[{"input":"1"}]}"#);
    assert!(check(&newer).is_ok());
    newer.version = "3.0".into();
    assert!(check(&newer).is_err());
}

/// Names that are spellings of one another, and one that is not.
const NAMES: [&str; 6] =
    ["m", "m-20260101", "m-thinking", "m-thinking-20260101", "v/m", "us.anthropic.m"];

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0..200_u64).prop_map(|days| day("2026-01-01") + chrono::Days::new(days))
}

fn any_rates() -> impl Strategy<Value = Rates> {
    (0..40_i128, 0..40_i128).prop_map(|(input, output)| Rates {
        input: Some(Money::from_picos(input * 1_000_000_000_000)),
        output: Some(Money::from_picos(output * 1_000_000_000_000)),
        ..Rates::default()
    })
}

fn any_prices() -> impl Strategy<Value = Vec<DatedPrice>> {
    let variant = prop::option::of((any_rates(), prop::option::of(Just("batch".to_owned()))));
    let price = (
        prop::option::of(any_day()),
        prop::option::weighted(0.3, any_day()),
        prop::option::weighted(0.3, prop::sample::select(vec!["CNY", "EUR", "XXX"])),
        any_rates(),
        variant,
    );
    let price = price.prop_map(|(from, until, currency, rates, variant)| DatedPrice {
        from,
        until: until.filter(|until| from.is_none_or(|from| from < *until)),
        currency: currency.map(str::to_owned),
        rates,
        variants: variant
            .map(|(rates, tier)| Variant { tier, above: Some(200_000), rates })
            .into_iter()
            .collect(),
        ..DatedPrice::default()
    });
    prop::collection::vec(price, 1..4).prop_map(|mut prices| {
        prices.sort_by_key(|price| price.from);
        prices.dedup_by_key(|price| price.from);
        prices
    })
}

fn any_table() -> impl Strategy<Value = PricesFile> {
    let names = prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned);
    let models = prop::collection::btree_map(names, any_prices(), 0..5);
    let rate = (prop::option::of(any_day()), 1..9_i128)
        .prop_map(|(from, usd)| DatedRate { from, usd: Money::from_picos(usd * 100_000_000_000) });
    let rates = prop::collection::vec(rate, 1..4).prop_map(|mut rates| {
        rates.sort_by_key(|rate| rate.from);
        rates.dedup_by_key(|rate| rate.from);
        rates
    });
    let currencies = prop::sample::select(vec!["CNY".to_owned(), "EUR".to_owned()]);
    let exchange_rates = prop::collection::btree_map(currencies, rates, 0..3);
    (models, exchange_rates, any_day()).prop_map(|(models, exchange_rates, date)| PricesFile {
        version: "2.0".into(),
        source: "list".into(),
        date,
        exchange_rates,
        models,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_was_priced_before_the_day_never_changes(
        old in any_table(),
        new in any_table(),
        newer in any_table(),
        on in any_day(),
        later in 0..50_u64,
        force in any::<bool>(),
    ) {
        let first = refresh(&old, &new, on, force).table;
        let later = on + chrono::Days::new(later);
        let second = refresh(&first, &newer, later, force).table;
        let [old, first, second] = [old, first, second].map(PriceBook::of_table);
        for model in NAMES.into_iter().chain(["x/us.anthropic.m-thinking", "m[1m]", "other"]) {
            for at in (0..200).map(|days| day("2026-01-01") + chrono::Days::new(days)) {
                let before = cost_in(&old, model, at);
                if before.is_some() && at < on {
                    prop_assert_eq!(before, cost_in(&first, model, at), "{} on {}", model, at);
                }
                let between = cost_in(&first, model, at);
                if between.is_some() && at < later {
                    prop_assert_eq!(between, cost_in(&second, model, at), "{} on {}", model, at);
                }
            }
        }
    }
}

#[test]
fn a_change_says_what_costs_something_else() {
    let old = table(
        "2026-11-01",
        r#"{"a":[{"input":"1","output":"2"}],"b":[{"input":"1","output":"2"}],"c":[{"input":"1","output":"2"}],
            "d":[{"input":"1","output":"2"}]}"#,
    );
    let new = table(
        "2026-11-19",
        r#"{"a":[{"input":"1.5","output":"2"}],"b":[{"input":"1","output":"2","audioInput":"40","imageInput":"3"}],
            "c":[{"input":"1","output":"2","variants":[{"tier":"batch","input":"0.5","output":"1"}]}],
            "e":[{"input":"5","output":"6"}]}"#,
    );
    let made = refresh(&old, &new, day("2026-11-19"), false);
    let lines: Vec<String> = made.changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "~ a: 1 in, 2 out → 1.5 in, 2 out",
            "~ b: 1 in, 2 out → 1 in, 2 out (audioInput, imageInput)",
            "~ c: 1 in, 2 out → 1 in, 2 out (tiers or sizes)",
            "- d: 1 in, 2 out",
            "+ e: 5 in, 6 out",
        ]
    );
}
