//! Plans and budgets: who pays, what it was worth, and what a period comes to.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use data_schema::resolve::Witness;
use data_schema::settings::{
    BudgetSettings, PlanSettings, ProjectNaming, Publish, SharedSettings, WeekStart,
};
use data_schema::summary::{BudgetsFile, MetaFile, PlansFile};
use data_schema::{Billing, HashId, Money, Text, UsageRecord};
use pricing::{Payers, PriceBook};
use proptest::prelude::*;
use serde_json::{Value, json};
use summarizer::{
    BudgetState, Exchange, Input, Need, Options, PlanState, Standing, Sums, budgets, not_covered,
    plans, sums,
};

use crate::support::{LARGE, UNLISTED, file, input, options, record, summary, witness};

/// Prices and rates of the tests: 5 USD per million prompt tokens, and 1.25 USD for a euro until May, 1.10 after.
const TABLE: &[u8] = br#"{"version":"2.0","source":"test","date":"2026-06-01","models":{"test-large":[{"input":"5","output":"25"}]},
    "exchangeRates":{"EUR":[{"from":"2026-01-01","usd":"1.25"},{"from":"2026-05-01","usd":"1.10"}]}}"#;

/// Prompt tokens that cost a dollar.
const DOLLAR: u64 = 200_000;

fn settings(yaml: Value) -> SharedSettings {
    serde_json::from_value(yaml).unwrap()
}

fn book(settings: &SharedSettings) -> PriceBook {
    let (book, notices) = PriceBook::builtin().with_user(TABLE).unwrap();
    assert!(notices.is_empty(), "{notices:?}");
    book.with_payers(Payers::new(settings).0)
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

/// A response of so many dollars at noon of a day.
fn spend(number: usize, day: &str, dollars: u64) -> UsageRecord {
    let at = format!("{day}T12:00:00Z");
    record(&format!("{day} {number}"), &at, LARGE, [dollars * DOLLAR, 0])
}

fn made(input: &Input, book: &PriceBook) -> Sums {
    let options = Options { prices: book, ..options(chrono_tz::UTC) };
    sums(&mut input.clone(), &options, false).unwrap()
}

/// Responses of Claude Code, each with its day and its dollars.
fn claude(days: &[(&str, u64)]) -> Vec<Witness> {
    let of = |(number, (day, dollars)): (usize, &(&str, u64))| {
        witness("laptop", "claude-code", spend(number, day, *dollars))
    };
    days.iter().enumerate().map(of).collect()
}

fn seen(settings: &SharedSettings, sums: &Sums, code: &str) -> (Vec<PlanState>, Vec<String>) {
    let book = book(settings);
    let exchange = Exchange::to(&book, code).unwrap();
    plans(sums, &exchange, day("2026-01-01"), day("2026-05-10"))
}

#[test]
fn a_month_of_a_plan_has_its_share_what_it_covered_and_whether_it_was_worth_it() {
    let settings = settings(json!({ "plans": [
        { "name": "Max", "price": "62", "since": "2026-03-16", "sources": ["claude-code"] }] }));
    // The first day is before the plan.
    let days = [("2026-03-15", 70), ("2026-03-16", 10), ("2026-04-10", 100), ("2026-05-02", 4)];
    let sums = made(&input(claude(&days)), &book(&settings));
    let (states, notices) = seen(&settings, &sums, "USD");
    assert!(notices.is_empty(), "{notices:?}");
    let row = |month: &summarizer::PlanMonth| {
        let amounts = [month.share, month.whole, month.covered].map(|sum| sum.amount().rounded(2));
        (month.month.to_string(), amounts, month.worth_tenths(), month.is_worth_it())
    };
    let rows: Vec<_> = states[0].months.iter().map(row).collect();
    let text = |texts: [&str; 3]| texts.map(str::to_owned);
    let expected = [
        // 62 over the 31 days from 16 March on: 2 a day, 16 days of it in March.
        ("2026-03-01".to_owned(), text(["32.00", "32.00", "10.00"]), Some(3), false),
        // 15 days at 2, and 15 days of 62 over the 30 days from 16 April on.
        ("2026-04-01".to_owned(), text(["61.00", "61.00", "100.00"]), Some(16), true),
        // Ten days up to today, and the whole month: 15 of those, and 16 of the next 31.
        ("2026-05-01".to_owned(), text(["20.67", "63.00", "4.00"]), Some(2), false),
    ];
    assert_eq!(rows, expected);
    assert!(states[0].months[2].is_running && !states[0].months[1].is_running);
}

#[test]
fn of_several_plans_the_one_of_the_account_covers_and_else_the_first() {
    let (one, other) = (HashId::new("account", "one"), HashId::new("account", "other"));
    let settings = settings(json!({ "plans": [
        { "name": "First", "price": 20, "since": "2026-05-01", "sources": ["claude-code"] },
        { "name": "Second", "price": 20, "since": "2026-05-01", "sources": ["claude-code"] },
        { "name": "Own", "price": 20, "since": "2026-05-01", "sources": ["claude-code"], "accounts": [one.to_string()] }] }));
    let mut records = [3_u64, 5, 7].map(|dollars| spend(0, "2026-05-02", dollars));
    records[0].id = data_schema::RecordId::new("test", "a", "");
    records[1].id = data_schema::RecordId::new("test", "b", "");
    records[0].attribution.account = Some(one);
    records[1].attribution.account = Some(other);
    let all = input(records.map(|record| witness("laptop", "claude-code", record)));
    let book = book(&settings);
    let sums = made(&all, &book);
    let (states, _) = seen(&settings, &sums, "USD");
    let covered: Vec<String> =
        states.iter().map(|state| state.months[0].covered.amount().to_string()).collect();
    assert_eq!(covered, ["12", "0", "3"]);
    // What is kept for the next run says the same.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sums");
    sums.save(&path, b"key").unwrap();
    assert_eq!(seen(&settings, &Sums::load(&path, b"key", &Need::LEAST).unwrap(), "USD").0, states);
}

#[test]
fn a_plan_in_another_currency_is_exchanged_day_by_day_and_one_without_a_rate_is_told() {
    let settings = settings(json!({ "plans": [
        { "name": "Euro", "price": "30", "currency": "eur", "since": "2026-04-16", "sources": ["claude-code"] },
        { "name": "Test", "price": "30", "currency": "XTS", "since": "2026-04-16", "sources": ["codex"] }] }));
    let sums = made(&input(claude(&[("2026-04-20", 50)])), &book(&settings));
    let (states, notices) = seen(&settings, &sums, "USD");
    assert_eq!(notices.len(), 1);
    assert!(notices[0].contains("XTS") && notices[0].contains("exchangeRates"), "{notices:?}");
    // A euro a day: 15 days at 1.25, 10 days at 1.10.
    let shares = |state: &PlanState| -> Vec<String> {
        state.months.iter().map(|month| month.share.amount().to_string()).collect()
    };
    assert_eq!(
        (states[0].currency.as_str(), shares(&states[0])),
        ("USD", vec!["18.75".into(), "11".into()])
    );
    assert_eq!(
        (states[1].currency.as_str(), shares(&states[1])),
        ("XTS", vec!["15".into(), "10".into()])
    );
    let (states, _) = seen(&settings, &sums, "EUR");
    assert_eq!(shares(&states[0]), ["15", "10"]);
    assert_eq!(states[0].months[0].covered.amount().to_string(), "40");
}

#[test]
fn a_price_of_nothing_or_nonsense_has_a_safe_result() {
    let base = json!({ "name": "P", "price": "20", "since": "2026-05-01", "sources": ["codex"] });
    for (key, value, told) in [
        ("price", json!("NaN"), "no decimal amount"),
        ("price", json!("-1"), "below zero"),
        ("price", Value::Null, "`price` is missing"),
        ("since", Value::Null, "`since` is missing"),
        ("since", json!("yesterday"), "is no day"),
        ("until", json!("2026-05-01"), "`until` is not after `since`"),
        ("period", json!("decade"), "neither `month` nor `year`"),
        ("currency", json!("\u{1b}[31m"), "no code of three letters"),
        ("sources", json!([]), "`sources` is missing"),
        ("accounts", json!(["me@example.com"]), "no hash"),
    ] {
        let mut entry = base.clone();
        entry[key] = value;
        let settings = settings(json!({ "plans": [entry, base] }));
        let (payers, notices) = Payers::new(&settings);
        assert_eq!(payers.plans().len(), 1, "the other one holds: {key}");
        assert!(notices[0].contains("plan 1") && notices[0].contains(told), "{notices:?}");
    }
    let free = PlanSettings { price: Some(json!(0)), ..serde_json::from_value(base).unwrap() };
    let settings = SharedSettings { plans: vec![free], ..SharedSettings::default() };
    let sums = made(&input([]), &book(&settings));
    let (states, _) = seen(&settings, &sums, "USD");
    assert_eq!(states[0].months[0].worth_tenths(), None, "nothing is no part of nothing");
}

/// One budget, seen on a day.
fn budget(entry: &Value, days: &[(&str, u64)], today: &str) -> BudgetState {
    let settings = settings(json!({ "budgets": [entry] }));
    let book = book(&settings);
    let sums = made(&input(claude(days)), &book);
    let (mut states, notices) = budgets(&sums, &settings, &book, day(today));
    assert!(notices.is_empty(), "{notices:?}");
    states.pop().unwrap()
}

fn amounts(state: &BudgetState) -> (String, Option<String>) {
    let text = |sum: summarizer::Exchanged| sum.amount().to_string();
    (text(state.spent), state.forecast.map(text))
}

/// Ten dollars every day from 1 April to 10 May, and what is left out.
fn ten_a_day() -> Vec<(String, u64)> {
    day("2026-04-01").iter_days().take(40).map(|day| (day.to_string(), 10)).collect()
}

fn pairs(days: &[(String, u64)]) -> Vec<(&str, u64)> {
    days.iter().map(|(day, dollars)| (&**day, *dollars)).collect()
}

#[test]
fn a_month_is_expected_to_go_on_like_the_last_weeks() {
    let days = ten_a_day();
    let state = budget(&json!({ "amount": "300" }), &pairs(&days), "2026-05-10");
    // 100 so far, and 21 days of 10.
    assert_eq!(amounts(&state), ("100".to_owned(), Some("310".to_owned())));
    assert_eq!((state.standing(), state.share()), (Standing::Expected, Some(33)));
    assert_eq!((state.name.as_str(), state.end), ("month", day("2026-05-31")));
    let exactly = budget(&json!({ "amount": "100" }), &pairs(&days), "2026-05-10");
    assert_ne!(exactly.standing(), Standing::Passed, "what is all spent is not passed");
    let over = budget(&json!({ "amount": "99.999999" }), &pairs(&days), "2026-05-10");
    assert_eq!(over.standing(), Standing::Passed);
    // Before the fifth day, and without a week, nothing is foretold.
    let early = budget(&json!({ "amount": "300" }), &pairs(&days), "2026-05-04");
    assert_eq!(amounts(&early), ("100".to_owned(), None));
    let new = budget(&json!({ "amount": "300" }), &[("2026-05-08", 10)], "2026-05-10");
    assert_eq!(amounts(&new), ("10".to_owned(), None));
}

#[test]
fn a_week_begins_as_the_settings_say_and_a_day_is_like_its_weekday() {
    // 10 May 2026 is a Sunday.
    let days = ten_a_day();
    let entry = json!({ "amount": "80", "period": "week" });
    for (week_start, first, spent, forecast) in [
        (WeekStart::Monday, "2026-05-04", "70", "70"),
        (WeekStart::Sunday, "2026-05-10", "10", "70"),
        (WeekStart::Saturday, "2026-05-09", "20", "70"),
    ] {
        let settings = SharedSettings { week_start, ..settings(json!({ "budgets": [entry] })) };
        let book = book(&settings);
        let sums = made(&input(claude(&pairs(&days))), &book);
        let state = budgets(&sums, &settings, &book, day("2026-05-10")).0.pop().unwrap();
        assert_eq!(state.start, day(first));
        assert_eq!(amounts(&state), (spent.to_owned(), Some(forecast.to_owned())));
    }
    let entry = json!({ "amount": "8", "period": "day" });
    let morning = budget(&entry, &pairs(&days), "2026-05-11");
    assert_eq!(amounts(&morning), ("0".to_owned(), Some("10".to_owned())));
    assert_eq!(morning.standing(), Standing::Expected);
}

#[test]
fn a_budget_can_be_about_a_source_a_project_or_what_is_billed() {
    let mut billed = spend(1, "2026-05-02", 2);
    billed.usage.billing = Some(Billing::Metered);
    let mut in_project = spend(2, "2026-05-02", 3);
    in_project.attribution.project = Some(Text::from("site"));
    let mut unpriced = spend(3, "2026-05-02", 0);
    unpriced.usage.model = Text::from(UNLISTED);
    unpriced.usage.output_tokens = data_schema::Tokens::new(9);
    let all = input([
        witness("laptop", "claude-code", billed),
        witness("laptop", "codex", in_project),
        witness("laptop", "codex", unpriced),
    ]);
    let settings = settings(json!({ "budgets": [
        { "amount": 1 }, { "amount": 1, "of": "billed" }, { "amount": 1, "source": "codex" },
        { "amount": 1, "project": "site" }, { "amount": "1.1", "currency": "EUR" }] }));
    let book = book(&settings);
    let (states, notices) = budgets(&made(&all, &book), &settings, &book, day("2026-05-02"));
    assert!(notices.is_empty(), "{notices:?}");
    let spent: Vec<String> = states.iter().map(|state| state.spent.amount().rounded(2)).collect();
    assert_eq!(spent, ["5.00", "2.00", "3.00", "3.00", "4.55"]);
    let names: Vec<&str> = states.iter().map(|state| &*state.name).collect();
    assert_eq!(names, ["month", "billed month", "codex month", "site month", "month"]);
    let unpriced: Vec<u64> = states.iter().map(|state| state.unpriced_tokens).collect();
    assert_eq!(unpriced, [9, 9, 9, 0, 9]);
    assert_eq!((states[4].amount_usd, states[4].share()), (money("1.21"), Some(413)));
}

#[test]
fn a_budget_that_cannot_be_used_is_told_with_its_place_and_the_others_hold() {
    for (entry, told) in [
        (json!({}), "`amount` is missing"),
        (json!({ "amount": "-5" }), "is below zero"),
        (json!({ "amount": "NaN" }), "is no decimal amount"),
        (json!({ "amount": "5", "period": "year" }), "none of `day`, `week` and `month`"),
        (json!({ "amount": "5", "of": "plan" }), "neither `list` nor `billed`"),
        (json!({ "amount": "5", "currency": "XTS" }), "no exchange rate for XTS"),
        (json!({ "amount": "5", "currency": "dollars" }), "no code of three letters"),
    ] {
        let settings = settings(json!({ "budgets": [{ "amount": 7 }, entry] }));
        let book = book(&settings);
        let (states, notices) = budgets(&Sums::default(), &settings, &book, day("2026-05-02"));
        assert_eq!(states.len(), 1);
        assert!(notices[0].contains("budget 2") && notices[0].contains(told), "{notices:?}");
    }
    let entry = BudgetSettings {
        amount: Some(json!("5")),
        source: Some("claude-cod".into()),
        other: BTreeMap::from([("colour".to_owned(), json!("red"))]),
        ..BudgetSettings::default()
    };
    let settings = SharedSettings { budgets: vec![entry], ..SharedSettings::default() };
    let (_, notices) = budgets(&Sums::default(), &settings, &book(&settings), day("2026-05-02"));
    assert!(notices[0].contains("`claude-cod`") && notices[1].contains("`colour`"), "{notices:?}");
}

#[test]
fn what_is_published_of_money_follows_what_is_shown() {
    let mut input = input(claude(&[("2026-05-02", 5), ("2026-05-03", 5)]));
    let mut of_project = spend(9, "2026-05-03", 1);
    of_project.attribution.project = Some(Text::from("secret-project"));
    input.add(&"laptop".into(), &"claude-code".into(), [Box::new(of_project)]);
    input.settings = settings(json!({
        "plans": [{ "name": "Max", "price": "240", "period": "year", "since": "2026-05-01", "sources": ["claude-code"] }],
        "budgets": [{ "amount": 8 }, { "amount": 8, "name": "for secret-project", "project": "secret-project" }] }));
    let book = book(&input.settings);
    let shown = |publish: Publish| {
        summary(&input, &Options { publish, prices: &book, ..options(chrono_tz::UTC) })
    };
    let everything = shown(Publish::everything());
    let budgets: BudgetsFile = file(&everything, "budgets.json");
    assert_eq!(budgets.budgets.len(), 2);
    let first = &budgets.budgets[0];
    assert_eq!((first.monthly_usd, first.state.as_deref()), (Some(money("8")), Some("passed")));
    let plans: PlansFile = file(&everything, "plans.json");
    assert_eq!((plans.plans[0].monthly_usd, plans.months.len()), (Some(money("20")), 1));
    assert_eq!(plans.months[0].covered_usd, money("11"));
    let meta: MetaFile = file(&everything, "meta.json");
    assert_eq!(
        (meta.totals.cost.covered_usd, meta.totals.cost.billed_usd),
        (money("11"), Money::ZERO)
    );
    for projects in [ProjectNaming::Hide, ProjectNaming::Alias] {
        let published = shown(Publish { projects, ..Publish::everything() });
        assert!(!crate::support::text(&published).contains("secret-project"), "{projects:?}");
        let budgets: BudgetsFile = file(&published, "budgets.json");
        let is_there = projects == ProjectNaming::Alias;
        assert_eq!(budgets.budgets.len(), 1 + usize::from(is_there));
    }
    let hidden = shown(Publish::default());
    assert!(
        !hidden.files().contains_key("budgets.json") && !hidden.files().contains_key("plans.json")
    );
    assert!(!crate::support::text(&hidden).contains("coveredUSD"));
}

/// Who may pay for a response of the random store.
fn any_payer() -> impl Strategy<Value = (Option<Billing>, Option<u8>, usize, u64, u64)> {
    let billing = prop::option::of(prop_oneof![Just(Billing::Metered), Just(Billing::Plan)]);
    (billing, prop::option::of(0..3_u8), 0..3_usize, 0..60_u64, 0..5_000_u64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn list_value_is_billed_or_covered_or_of_nobody(uses in prop::collection::vec(any_payer(), 0..40)) {
        let account = |number: u8| HashId::new("account", &number.to_string());
        let settings = settings(json!({
            "metered": ["opencode"],
            "plans": [
                { "name": "Own", "price": "20", "since": "2026-04-10", "sources": ["claude-code", "opencode"], "accounts": [account(1).to_string()] },
                { "name": "All", "price": "20", "since": "2026-04-20", "until": "2026-05-10", "sources": ["claude-code"] }] }));
        let sources = ["claude-code", "opencode", "codex"];
        let mut expected = BTreeMap::<&str, i128>::new();
        let mut all = Vec::new();
        for (number, (billing, of, source, after, tokens)) in uses.iter().enumerate() {
            let date = day("2026-04-01") + Days::new(*after);
            let mut record = record(&number.to_string(), &format!("{date}T12:00:00Z"), LARGE, [*tokens, 0]);
            record.usage.billing = *billing;
            record.attribution.account = of.map(account);
            all.push(witness("laptop", sources[*source], record));
            let own = *source < 2 && *of == Some(1) && date >= day("2026-04-10");
            let other = *source == 0 && date >= day("2026-04-20") && date < day("2026-05-10");
            let payer = match billing {
                Some(Billing::Metered) => "billed",
                Some(Billing::Plan) => if own { "Own" } else if other { "All" } else { "covered" },
                None if own => "Own",
                None if other => "All",
                None if *source == 1 => "billed",
                None => "nobody",
            };
            *expected.entry(payer).or_default() += i128::from(*tokens) * 5_000_000;
        }
        let book = book(&settings);
        let sums = made(&input(all.clone()), &book);
        let exchange = Exchange::usd(&book);
        let of = |payer: &str| Money::from_picos(expected.get(payer).copied().unwrap_or(0));
        let (states, _) = plans(&sums, &exchange, day("2026-01-01"), day("2026-07-01"));
        for state in &states {
            let covered: summarizer::Exchanged = state.months.iter().map(|month| month.covered).sum();
            prop_assert_eq!(covered.amount(), of(&state.plan.name));
        }
        let nobody: summarizer::Exchanged =
            not_covered(&sums, &exchange, NaiveDate::MIN).into_values().sum();
        prop_assert_eq!(nobody.amount(), of("nobody"));
        let made = summary(&input(all), &Options { prices: &book, ..options(chrono_tz::UTC) });
        let meta: MetaFile = file(&made, "meta.json");
        let cost = meta.totals.cost;
        prop_assert_eq!(cost.billed_usd, of("billed"));
        prop_assert_eq!(cost.covered_usd, of("Own") + of("All") + of("covered"));
        prop_assert_eq!(cost.total_usd.unwrap_or_default(), cost.billed_usd + cost.covered_usd + nobody.amount());
    }
}
