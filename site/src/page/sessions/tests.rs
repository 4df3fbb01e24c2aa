use data_schema::summary::{Aggregate, SUMMARY_VERSION, SessionsFile, TokenCounts};
use scraper::{Html, Selector};

use super::*;
use crate::cube::tests::{shard, use_of};
use crate::page::sample::Sample;

fn session(tokens: u64, project: Option<&str>) -> SessionSummary {
    SessionSummary {
        session: format!("{tokens:016x}"),
        provider: "codex".to_owned(),
        models: vec!["<b>gpt</b>".to_owned()],
        project: project.map(str::to_owned),
        first_at: "2026-05-01T10:00:00Z".parse().unwrap(),
        last_at: "2026-05-01T12:05:59Z".parse().unwrap(),
        aggregate: Aggregate {
            tokens: TokenCounts { total_tokens: tokens, ..TokenCounts::default() },
            requests: 3,
            cost_usd: Some("1.5".parse().unwrap()),
            ..Aggregate::default()
        },
    }
}

fn sample(hide_cost: bool, sessions: Vec<SessionSummary>) -> Sample {
    let mut year = shard(2026, &[use_of(1, "codex", "a", 5)]);
    if hide_cost {
        year.columns.cost_usd = vec![None];
    }
    let count = 1_234;
    let file = SessionsFile { version: SUMMARY_VERSION.to_owned(), count, sessions };
    Sample::new(&[year]).with("sessions.json", &file)
}

fn cells(html: &str, selector: &str) -> Vec<String> {
    let html = Html::parse_document(html);
    let found = Selector::parse(selector).unwrap();
    let text = html.select(&found).map(|cell| cell.text().collect::<String>());
    text.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn there_is_no_page_where_sessions_are_not_published() {
    let sample = Sample::new(&[shard(2026, &[use_of(1, "codex", "a", 5)])]);
    assert!(sample.files(files).is_empty());
}

#[test]
fn the_largest_hundred_are_listed_by_tokens_with_names_as_text() {
    let sessions = (1..=120).map(|n| session(n * 1_000, None)).collect();
    let page = &sample(false, sessions).files(files)["sessions/index.html"];
    assert!(page.contains("&lt;b&gt;gpt"), "a name is text");
    let first = cells(page, "main tbody tr:first-child > *");
    assert_eq!(
        first,
        [
            "1 May 2026, 12:00",
            "120,000",
            "$1.50",
            "3",
            "2:05 h",
            "Codex CLI",
            "<b>gpt</b>",
            "00000000"
        ]
    );
    assert_eq!(cells(page, "main tbody tr").len(), 100);
    assert!(cells(page, ".lead")[0].contains("100") && cells(page, ".lead")[0].contains("1,234"));
}

#[test]
fn a_project_has_a_column_only_where_one_is_told() {
    let heads = |sessions| {
        cells(&sample(false, sessions).files(files)["sessions/index.html"], "main thead th")
    };
    assert!(!heads(vec![session(1, None)]).contains(&"Project".to_owned()));
    assert!(heads(vec![session(1, Some("x")), session(2, None)]).contains(&"Project".to_owned()));
}

#[test]
fn hidden_costs_leave_no_trace() {
    let page = &sample(true, vec![session(1, None)]).files(files)["sessions/index.html"];
    let body = page.split_once("<main").unwrap().1;
    assert!(!body.contains('$') && !body.to_lowercase().contains("price"), "{body}");
}
