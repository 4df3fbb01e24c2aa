use scraper::{Html, Selector};
use serde_json::json;

use super::*;
use crate::cube::tests::{shard, use_of};
use crate::page::sample::Sample;

fn sample(models: &serde_json::Value) -> Sample {
    let prices = json!({ "version": "2.0", "asOf": "2026-05-01", "source": "https://prices.example/table", "models": models });
    Sample::new(&[shard(2026, &[use_of(1, "codex", "a", 5)])]).with("prices.json", &prices)
}

fn page(models: &serde_json::Value) -> String {
    sample(models).files(files).remove("prices/index.html").unwrap()
}

fn texts(html: &str, selector: &str) -> Vec<String> {
    let html = Html::parse_document(html);
    let found = Selector::parse(selector).unwrap();
    let text = html.select(&found).map(|cell| cell.text().collect::<String>());
    text.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn model(name: &str, provider: &str, tokens: u64, more: &serde_json::Value) -> serde_json::Value {
    let mut model = json!({
        "model": name, "provider": provider, "dateRange": { "start": "2026-05-01", "end": "2026-05-20" },
        "totalTokens": tokens, "unpricedTokens": 0, "prices": []
    });
    let fields = more.as_object().unwrap().clone();
    model.as_object_mut().unwrap().extend(fields);
    model
}

#[test]
fn models_without_a_price_come_first_and_have_lines_to_copy() {
    let html = page(&json!([
        model(
            "gpt",
            "codex",
            9_000,
            &json!({ "origin": "listed", "prices": [{ "input": "1.25", "output": "10" }] })
        ),
        model("<new>", "codex", 4_000, &json!({ "unpricedTokens": 4_000 })),
        model("<new>", "cursor", 1_000, &json!({ "unpricedTokens": 1_000 })),
    ]));
    let names = texts(&html, "table.prices tbody th > bdi");
    assert_eq!(names, ["<new>", "<new>", "gpt"]);
    assert_eq!(texts(&html, "table.prices tbody:first-of-type td"), ["no price yet"]);
    assert!(!html.contains("$0.00"));
    let lines = &texts(&html, "#price-lines")[0];
    assert_eq!(lines.matches("<new>").count(), 1, "one model, one line: {lines}");
    assert!(texts(&html, "#missing ~ p")[0].contains("5.00K"), "the tokens of both sources");
    let id = Selector::parse("th[id]").unwrap();
    let html = Html::parse_document(&html);
    let ids: Vec<&str> = html.select(&id).filter_map(|head| head.value().attr("id")).collect();
    assert_eq!(ids, [names::slug("<new>").as_str(), "gpt"], "an anchor is there once");
}

#[test]
fn every_step_has_its_day_its_condition_and_exact_amounts() {
    let html = page(&json!([model(
        "claude",
        "claude-code",
        9,
        &json!({
            "origin": "user", "foundAs": "claude-x",
            "prices": [
                { "input": "3", "output": "15", "cacheRead": "0.025", "webSearch": "0.01" },
                { "from": "2026-05-12", "condition": "priority above 272000", "input": "2", "output": "10", "cacheCreation1h": "6" },
                { "condition": "batch", "total": "0.5", "source": "javascript:alert(1)" }
            ]
        })
    )]));
    let cells = texts(&html, "table.prices tbody td");
    assert_eq!(
        cells,
        [
            "always",
            "standard $0.01 for each web search",
            "$3.00",
            "$15.00",
            "$0.025",
            "as input",
            "–",
            "12 May 2026",
            "priority, prompts above 272,000 tokens",
            "$2.00",
            "$10.00",
            "as input",
            "as input",
            "$6.00",
            "always",
            "batch",
            "All tokens: $0.50",
        ]
    );
    assert!(!html.contains("javascript:"), "only addresses become links");
    assert!(html.contains("your own price, found as claude-x"));
    assert!(!html.contains("<form"), "nothing is missing");
}

#[test]
fn a_free_model_and_one_that_is_partly_unpriced_say_so() {
    let html = page(&json!([
        model("x:free", "codex", 9, &json!({ "origin": "free" })),
        model(
            "half",
            "codex",
            8_000,
            &json!({ "origin": "listed", "unpricedTokens": 2_000, "prices": [{ "input": "1" }] })
        ),
    ]));
    assert!(texts(&html, "table.prices tbody td").contains(&"free of charge".to_owned()));
    assert!(html.contains("2.00K of 8.00K tokens without a price"));
    assert!(texts(&html, "#price-lines")[0].contains("half"));
    assert!(!texts(&html, "#price-lines")[0].contains("x:free"));
}

#[test]
fn there_is_no_page_without_prices_or_where_costs_are_hidden() {
    let year = shard(2026, &[use_of(1, "codex", "a", 5)]);
    assert!(Sample::new(std::slice::from_ref(&year)).files(files).is_empty());
    let mut hidden = year;
    hidden.columns.cost_usd = vec![None];
    let prices = json!({ "version": "2.0", "asOf": "2026-05-01", "source": "x", "models": [] });
    let sample = Sample::new(&[hidden]).with("prices.json", &prices);
    assert!(sample.files(files).is_empty() && sample.files(module).is_empty());
}
