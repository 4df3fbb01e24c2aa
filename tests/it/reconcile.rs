//! `reconcile`: what was counted beside what vendors say.

use data_schema::{Kind, RecordId, Tokens, UsageRecord, Via};
use serde_json::{Value, json};
use store::{Run as StoreRun, SourceRun, Store};

use crate::support::{Machine, Run, claude_line};

const HEAD: &str = "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count\n";

/// Two responses on two days: 100 in and 300 out, 100 in and 40 out.
fn logged() -> Machine {
    let machine = Machine::new();
    let lines = [
        claude_line("msg_000000000000000000000001", "2026-05-05T10:00:00Z", 300),
        claude_line("msg_000000000000000000000002", "2026-05-06T10:00:00Z", 40),
    ];
    machine.write_log(".claude/projects/p/a.jsonl", &lines.concat());
    machine
}

fn with_file(machine: &Machine, bytes: &[u8], arguments: &[&str]) -> Run {
    let path = machine.root.path().join("bill.csv");
    fs_err::write(&path, bytes).unwrap();
    machine.run(&[&["reconcile", "--with", "bill.csv"], arguments].concat())
}

fn rows(told: &Value) -> &Vec<Value> {
    told["rows"].as_array().unwrap()
}

#[test]
fn a_bill_that_says_the_same_has_no_gap() {
    let machine = logged();
    let bill = format!(
        "\u{feff}{HEAD}2026-05-05,claude-sonnet-4-5-20250929,\"a \"\"key\"\"\nof two lines\",Default,standard,,100,0,0,0,\"300\",0\n2026-05-06,claude-sonnet-4-5-20250929,k,Default,standard,,100,0,0,0,40,0\n"
    );
    let told = with_file(&machine, bill.as_bytes(), &["--json"]).ok().json();
    assert_eq!(rows(&told).len(), 2);
    for row in rows(&told) {
        assert_eq!((&row["gapTokens"], &row["gapPercent"]), (&json!(0), &json!("0.0")), "{row}");
        assert_eq!((&row["causes"], &row["witness"]), (&json!([]), &json!("file")), "{row}");
    }
    assert_eq!(told["totals"][0]["statedTokens"], 540);
    assert_eq!(told["files"][0]["form"], "tokens of Anthropic's console");
    assert_eq!(machine.commits(), 0, "nothing is stored");
}

#[test]
fn a_gap_is_told_with_likely_causes_and_days_can_be_chosen() {
    let machine = logged();
    let bill = format!(
        "{HEAD}2026-05-05,claude-sonnet-4-5,k,w,standard,,120,0,0,0,300,0\n2026-05-06,claude-haiku-4-5,k,w,standard,,5000,0,0,0,0,0\n"
    );
    let told = with_file(&machine, bill.as_bytes(), &["--json"]).ok().json();
    let row = |model: &str, day: &str| {
        rows(&told).iter().find(|row| row["model"] == model && row["day"] == day).unwrap()
    };
    let small = row("claude-sonnet-4-5", "2026-05-05");
    assert_eq!((&small["gapTokens"], &small["causes"]), (&json!(20), &json!(["cutStreams"])));
    assert_eq!(small["gapPercent"], "4.8");
    let missing = row("claude-haiku-4-5", "2026-05-06");
    assert_eq!((&missing["countedTokens"], &missing["gapTokens"]), (&json!(0), &json!(5000)));
    assert!(missing["causes"].as_array().unwrap().contains(&json!("notCollected")));
    // Counted, and not on the bill of the same day.
    let more = row("claude-sonnet-4-5", "2026-05-06");
    assert_eq!((&more["statedTokens"], &more["gapTokens"]), (&json!(0), &json!(-140)));
    for cause in rows(&told).iter().flat_map(|row| row["causes"].as_array().unwrap()) {
        assert!(told["causes"][cause.as_str().unwrap()].is_string(), "{cause} has no words");
    }
    let one =
        with_file(&machine, bill.as_bytes(), &["--json", "--until", "2026-05-05"]).ok().json();
    assert_eq!(rows(&one).len(), 1);
    let text = with_file(&machine, bill.as_bytes(), &[]).ok().stdout();
    assert!(text.contains("cut, titles") && text.contains("5,000"), "{text}");
}

#[test]
fn a_bad_line_is_told_with_its_place_and_the_others_count() {
    let machine = logged();
    let bill = format!(
        "{HEAD}2026-05-05,claude-sonnet-4-5,k,w,standard,,100,0,0,0,300,0\nsoon,claude-sonnet-4-5,k,w,standard,,1,0,0,0,1,0\n\n2026-05-06,claude-sonnet-4-5,k,w,standard,,many,0,0,0,1,0\n2026-05-06,short\n"
    );
    let run = with_file(&machine, bill.as_bytes(), &["--json"]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    for told in [
        "bill.csv:3: `soon` is no day",
        "bill.csv:5: `many` is no number",
        "bill.csv:6: it has 2 columns",
    ] {
        assert!(run.stderr().contains(told), "{told}: {}", run.stderr());
    }
    let told = run.json();
    assert_eq!(
        (&told["files"][0]["usedLines"], &told["files"][0]["skippedLines"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(rows(&told)[0]["gapTokens"], 0);
}

#[test]
fn a_file_of_another_form_is_read_by_the_names_of_its_columns() {
    let machine = logged();
    let bill = "Rechnung Mai\nTag;Modell;Ein;Aus;Preis;Art\n05.05.2026;Claude Sonnet 4.5;100;1.300;0,0198;a\n06.05.2026;Claude Sonnet 4.5;100;40;1,5;b\n";
    let columns = "date=Tag,model=Modell,input=Ein,output=Aus,cost=Preis";
    let told = with_file(&machine, bill.as_bytes(), &["--columns", columns, "--json"]).ok().json();
    let row = &rows(&told)[0];
    assert_eq!((&row["day"], &row["statedTokens"]), (&json!("2026-05-05"), &json!(1400)));
    assert_eq!((&row["statedUSD"], &row["listUSD"]), (&json!("0.0198"), &json!("0.0048")));
    let second = &rows(&told)[1];
    assert_eq!((&second["gapUSD"], &second["causes"]), (&json!("1.4991"), &json!(["priceRule"])));
    let run = with_file(&machine, bill.as_bytes(), &[]);
    assert_eq!(
        (run.code(), run.stderr().contains("--columns date=")),
        (2, true),
        "{}",
        run.stderr()
    );
    let run = with_file(&machine, bill.as_bytes(), &["--columns", "date=Tag,cost=Summe"]);
    assert_eq!(
        (run.code(), run.stderr().contains("no column `Summe`")),
        (2, true),
        "{}",
        run.stderr()
    );
}

#[test]
fn a_currency_without_a_rate_is_told_and_no_cost_is_made_up() {
    let machine = logged();
    let bill = "Day,Model,Cost,Currency\n2026-05-05,claude-sonnet-4-5,3.50,XTS\n";
    let columns = "date=Day,model=Model,cost=Cost,currency=Currency";
    let run = with_file(&machine, bill.as_bytes(), &["--columns", columns, "--json"]);
    assert_eq!(run.code(), 3);
    let told = run.json();
    assert_eq!(
        (&rows(&told)[0]["statedUSD"], &rows(&told)[0]["gapUSD"]),
        (&Value::Null, &Value::Null)
    );
    let problems = told["files"][0]["problems"].to_string();
    assert!(problems.contains("no exchange rate for XTS"), "{problems}");
}

#[test]
fn costs_of_the_console_are_held_against_the_list_value() {
    let machine = logged();
    let bill = "usage_date_utc,model,workspace,token_type,cost_usd,list_price_usd\n2026-05-05,Claude Sonnet 4.5,w,input_no_cache,0.0003,0.0003\n2026-05-05,Claude Sonnet 4.5,w,output,0.0045,0.0045\n";
    let told = with_file(&machine, bill.as_bytes(), &["--json"]).ok().json();
    let row = &rows(&told)[0];
    assert_eq!((&row["statedTokens"], &row["statedUSD"]), (&Value::Null, &json!("0.0048")));
    assert_eq!((&row["gapUSD"], &row["gapUSDPercent"]), (&json!("0"), &json!("0.0")));
}

/// A store that holds what an interface and the proxy told.
fn stored(machine: &Machine) {
    let record = |native: &str, kind, via| {
        let id = RecordId::new("test", native, "");
        let mut record = UsageRecord::new(id, "2026-05-05T11:00:00Z".parse().unwrap());
        record.usage.model = "claude-sonnet-4-5-20250929".into();
        record.usage.input_tokens = Tokens::new(1100);
        record.usage.kind = kind;
        record.usage.via = via;
        record
    };
    let source = |provider: &str, record: UsageRecord| SourceRun {
        provider: provider.into(),
        records: [record].into_iter().collect(),
        limits: Vec::new(),
        files: Vec::new(),
    };
    let mut wire = record("w", Kind::Response, Via::Wire);
    wire.attribution.client = Some("claude-code/2.1.0".into());
    let run = StoreRun {
        machine: "laptop".into(),
        machine_id: "id-of-laptop".into(),
        now: "2026-05-29T00:00:00Z".parse().unwrap(),
        program: "token-matters test".into(),
        sources: vec![
            source("anthropic-admin", record("s", Kind::Statement, Via::Api)),
            source("proxy", wire),
        ],
    };
    let store = Store::open_or_init(&machine.data().join("store.git")).unwrap();
    assert!(store.store_run(&run).unwrap().commit.is_some());
}

#[test]
fn statements_and_the_proxy_are_held_against_what_was_counted() {
    let machine = logged();
    stored(&machine);
    let told = machine.run(&["reconcile", "--json"]).ok().json();
    let row = &rows(&told)[0];
    assert_eq!((&row["by"], &row["witness"]), (&json!("anthropic-admin"), &json!("statement")));
    let gap = row["statedTokens"].as_i64().unwrap() - row["countedTokens"].as_i64().unwrap();
    assert_eq!((&row["statedTokens"], &row["gapTokens"]), (&json!(1100), &json!(gap)));
    let proxy = told["proxy"]["rows"].as_array().unwrap();
    assert_eq!(proxy.len(), 1, "{told}");
    assert_eq!((&proxy[0]["requests"], &proxy[0]["wireTokens"]), (&json!(1), &json!(1100)));
    let none = machine.run(&["reconcile", "--json", "--source", "openai-admin"]).ok().json();
    assert!(rows(&none).is_empty());
    let text = machine.run(&["reconcile"]).ok().stdout();
    assert!(text.contains("anthropic-admin") && text.contains("proxy, days of UTC"), "{text}");
}

#[test]
fn where_nobody_says_anything_it_is_told_how_somebody_could() {
    let machine = logged();
    let run = machine.run(&["reconcile"]).ok();
    assert!(
        run.stdout().is_empty() && run.stderr().contains("--with bill.csv"),
        "{}",
        run.stderr()
    );
    for (arguments, told) in [
        (&["--source", "nobody"][..], "no such source"),
        (&["--since", "2026-05-05", "--until", "2026-05-01"], "--until is before"),
        (&["--with", "bill.csv", "--columns", "x=y"], "none of date"),
        (&["--with", "gone.csv"], "gone.csv"),
    ] {
        let run = machine.run(&[&["reconcile"], arguments].concat());
        assert!(run.code() > 0 && run.stderr().contains(told), "{told}: {}", run.stderr());
    }
}
