use scraper::{Html, Selector};
use serde_json::json;

use super::*;
use crate::cube::tests::{shard, use_of};
use crate::page::sample::Sample;

fn sample() -> Sample {
    Sample::new(&[shard(2026, &[use_of(130, "codex", "a", 5_000), use_of(135, "<b>", "b", 1_000)])])
}

fn html(sample: &Sample) -> String {
    sample.files(files).remove("data/index.html").unwrap()
}

fn texts(html: &str, selector: &str) -> Vec<String> {
    let html = Html::parse_document(html);
    let found = Selector::parse(selector).unwrap();
    let text = html.select(&found).map(|cell| cell.text().collect::<String>());
    text.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn every_file_that_is_offered_is_there() {
    let sample = sample();
    let made = sample.files(tables);
    let page = html(&sample);
    let offered = texts(&page, ".files code");
    let csv: Vec<&String> = offered
        .iter()
        .filter(|path| path.starts_with("data/") && !path.starts_with("data/v1"))
        .collect();
    assert_eq!(csv.len(), 3, "projects are not shown: {offered:?}");
    assert!(csv.iter().all(|path| made.contains_key(*path)));
    assert!(offered.contains(&"summary/latest.json".to_owned()));
    assert!(offered.contains(&"data/v1/2026-0123456789abcdef.json".to_owned()));
    assert!(!offered.contains(&"summary/hours.json".to_owned()), "it is not in the summary");
    assert!(!offered.contains(&"summary/site.json".to_owned()));
}

#[test]
fn a_summary_that_is_not_beside_the_pages_is_not_linked() {
    let offered = texts(&html(&sample().apart()), ".files code");
    assert!(offered.contains(&"data/daily.csv".to_owned()));
    assert!(offered.iter().all(|path| !path.starts_with("summary/")), "{offered:?}");
}

#[test]
fn exact_and_uncertain_tokens_of_a_source_add_up() {
    let mut year = shard(2026, &[use_of(1, "codex", "a", 5_000), use_of(2, "codex", "b", 1_000)]);
    year.columns.quality = vec![0, 2];
    year.columns.inexact_tokens = vec![0, 250];
    let page = html(&Sample::new(&[year]));
    let row = texts(&page, "[aria-labelledby=quality] tbody tr:first-child > *");
    assert_eq!(row, ["Codex CLI", "6,000", "5,750", "250", "96%", "estimated"]);
    assert!(page.contains("96% of all tokens are exact. 250 are partial or estimated"));
}

#[test]
fn a_machine_says_when_it_was_used_first_and_last() {
    let row = texts(&html(&sample()), "[aria-labelledby=machines] tbody tr > *");
    assert_eq!(row, ["laptop", "10 May 2026", "5 days ago 15 May 2026", "2", "6,000"]);
}

#[test]
fn limits_budgets_plans_and_witnesses_are_there_where_the_summary_has_them() {
    let bare = html(&sample());
    for id in ["limits", "plans", "witnesses"] {
        assert!(!bare.contains(&format!("id=\"{id}\"")), "{id}");
    }
    let sample = sample()
        .with("limits.json", &json!({ "version": "2.0", "limits": [
            { "provider": "codex", "at": "2026-05-20T10:00:00Z", "window": "5h", "usedFraction": 0.125, "via": "log" },
            { "provider": "codex", "at": "2026-05-20T10:00:00Z", "window": "7d", "via": "log" },
        ]}))
        .with("budgets.json", &json!({ "version": "2.0", "budgets": [{ "monthlyUSD": "120" }] }))
        .with("plans.json", &json!({ "version": "2.0", "plans": [{ "provider": "codex", "name": "Plus", "monthlyUSD": "20" }] }))
        .with("reconcile.json", &json!({ "version": "2.0", "sources": [{ "provider": "codex",
            "dateRange": { "start": "2026-05-01", "end": "2026-05-02" }, "logTokens": 10, "wireTokens": 12,
            "countedTokens": 13, "wireRequests": 4, "wireOnlyRequests": 1, "wireOnlyTokens": 3 }], "statements": [{ "provider": "openai-admin",
            "dateRange": { "start": "2026-05-01", "end": "2026-05-02" }, "statedTokens": 40, "countedTokens": 30,
            "missingTokens": 11, "moreTokens": 1, "statedRequests": 3, "costUSD": "1.5", "models": [
            { "model": "gpt-5.5", "statedTokens": 21, "countedTokens": 10, "missingTokens": 11, "moreTokens": 0 },
            { "model": "gpt-5.4", "statedTokens": 19, "countedTokens": 20, "missingTokens": 0, "moreTokens": 1 },
            ] }] }));
    let page = html(&sample);
    let limits = texts(&page, "[aria-labelledby=limits] tbody tr");
    assert!(limits[0].contains("13%") || limits[0].contains("12%"), "{limits:?}");
    assert!(limits[1].contains("unknown"), "what was not told is not zero: {limits:?}");
    assert!(texts(&page, "[aria-labelledby=plans] td").contains(&"$120.00".to_owned()));
    assert!(texts(&page, "[aria-labelledby=witnesses] td").contains(&"13".to_owned()));
    let told = texts(&page, "[aria-labelledby=statements] tbody tr");
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("OpenAI usage and costs") && told[0].contains("$1.50"), "{told:?}");
    assert!(told[1].contains("gpt-5.5") && told[1].contains("11"), "{told:?}");
}

#[test]
fn hidden_costs_leave_no_trace() {
    let mut year = shard(2026, &[use_of(1, "codex", "a", 5)]);
    year.columns.cost_usd = vec![None];
    let sample = Sample::new(&[year])
        .with("budgets.json", &json!({ "version": "2.0", "budgets": [{ "monthlyUSD": "120" }] }))
        .with("plans.json", &json!({ "version": "2.0", "plans": [{ "provider": "codex", "name": "Plus", "monthlyUSD": "20" }] }));
    let page = html(&sample);
    let main = page.split_once("<main").unwrap().1.to_lowercase();
    for word in ["$", "cost", "price", "usd", "budget"] {
        assert!(!main.contains(word), "{word}");
    }
    assert!(sample.files(tables).values().all(|text| !text.contains("usd")));
}

#[test]
fn with_nothing_counted_the_page_says_so_and_offers_nothing() {
    let page = html(&Sample::new(&[]));
    assert!(page.contains("Nothing has been counted yet."));
    assert!(texts(&page, "a code").is_empty());
}
