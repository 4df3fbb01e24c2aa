use std::collections::BTreeMap;

use data_schema::summary::Shard;
use serde_json::json;

use super::*;
use crate::cube::tests::{shard, use_of};
use crate::page::sample::Sample;

const ATOM: &str = "http://www.w3.org/2005/Atom";

fn feed(sample: &Sample) -> String {
    sample.files(files).remove(PATH).unwrap()
}

/// Children of each entry by name, after the rules of RFC 4287 were checked.
fn entries(text: &str) -> Vec<BTreeMap<String, String>> {
    let document = roxmltree::Document::parse(text).unwrap();
    let root = document.root_element();
    assert!(root.has_tag_name((ATOM, "feed")));
    for name in ["id", "title", "updated"] {
        assert_eq!(
            root.children().filter(|child| child.has_tag_name((ATOM, name))).count(),
            1,
            "{name}"
        );
    }
    assert!(root.children().any(|child| child.has_tag_name((ATOM, "author"))));
    let mut times = Vec::new();
    let mut ids = Vec::new();
    let mut entries = Vec::new();
    for entry in root.children().filter(|child| child.has_tag_name((ATOM, "entry"))) {
        let children = entry.children().filter(roxmltree::Node::is_element);
        let of = |child: roxmltree::Node<'_, '_>| {
            let text = child.attribute("href").or(child.text()).unwrap_or_default();
            (child.tag_name().name().to_owned(), text.to_owned())
        };
        let fields: BTreeMap<String, String> = children.map(of).collect();
        times.push(DateTime::parse_from_rfc3339(&fields["updated"]).unwrap());
        ids.push(fields["id"].clone());
        assert!(!fields["title"].is_empty() && !fields["link"].is_empty());
        entries.push(fields);
    }
    assert!(times.is_sorted_by(|one, other| one >= other), "the newest is first");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), entries.len(), "no two have one id");
    entries
}

/// Two machines are not told apart here: all use is of one.
fn uses() -> Shard {
    // 5 and 30 April, 11 and 20 May 2026.
    let uses = [
        use_of(95, "codex", "a", 1_000),
        use_of(120, "codex", "unpriced", 2_000),
        use_of(131, "claude-code", "a", 3_000),
        use_of(140, "codex", "a<b>&\u{fffe}", 4_000),
    ];
    shard(2026, &uses)
}

#[test]
fn a_feed_of_nothing_is_valid_and_empty() {
    let text = feed(&Sample::new(&[]));
    assert!(entries(&text).is_empty());
    assert!(text.contains(NEVER));
}

#[test]
fn every_week_and_month_that_is_over_has_an_entry_that_ends_with_it() {
    let text = feed(&Sample::new(&[uses()]));
    let entries = entries(&text);
    let titles: Vec<&str> = entries.iter().map(|entry| entry["title"].as_str()).collect();
    assert_eq!(
        titles,
        [
            "Week 20 of 2026: 3.00K tokens",
            "Week 18 of 2026: 2.00K tokens",
            "April 2026: 3.00K tokens",
            "No price for unpriced",
            "Week 14 of 2026: 1.00K tokens",
        ],
        "the week and the month of the last day are not over"
    );
    assert_eq!(entries[0]["updated"], "2026-05-18T00:00:00+02:00", "midnight of the report zone");
    assert_eq!(entries[0]["link"], "2026/w20/index.html");
    assert_eq!(
        entries[0]["summary"],
        "11 to 17 May 2026: 3.00K tokens on one day with use. $3,000 at list price. Most by Claude Code (100%) and with a."
    );
}

#[test]
fn what_is_over_stays_as_it_is_when_later_use_comes_in() {
    let before = entries(&feed(&Sample::new(&[uses()])));
    let mut later = uses();
    let columns = serde_json::to_value(&later.columns).unwrap();
    let columns: serde_json::Map<String, serde_json::Value> = columns
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, column)| {
            let mut column = column.as_array().unwrap().clone();
            column.push(column.last().unwrap().clone());
            (name.clone(), column.into())
        })
        .collect();
    later.columns = serde_json::from_value(columns.into()).unwrap();
    let after = entries(&feed(&Sample::new(&[later])));
    assert_eq!(before, after);
}

#[test]
fn with_an_address_all_links_are_absolute_and_ids_are_tags_of_it() {
    let site = json!({ "version": "2.0", "address": "https://me.example/tokens/" });
    for entry in entries(&feed(&Sample::new(&[uses()]).with("site.json", &site))) {
        assert!(entry["link"].starts_with("https://me.example/tokens/"), "{entry:?}");
        assert!(entry["id"].starts_with("tag:me.example,2026:tokens/"), "{entry:?}");
    }
}

#[test]
fn a_machine_without_use_for_three_days_is_told_once() {
    let quiet = |day: u16| {
        let text = feed(&Sample::new(&[shard(2026, &[use_of(day, "codex", "a", 5)])]));
        let entries = entries(&text).into_iter();
        entries.filter(|entry| entry["title"] == "laptop is silent").collect::<Vec<_>>()
    };
    // The last day is 20 May, the 140th.
    assert!(quiet(138).is_empty());
    let told = &quiet(137)[0];
    assert_eq!(told["updated"], "2026-05-21T00:00:00+02:00");
    assert_eq!(told["link"], "machines/laptop/index.html");
}

#[test]
fn hidden_costs_leave_no_trace() {
    let mut year = uses();
    year.columns.cost_usd = vec![None; 4];
    year.columns.unpriced_tokens = vec![0; 4];
    let text = feed(&Sample::new(&[year]));
    assert!(!text.contains('$') && !text.to_lowercase().contains("price "), "{text}");
}

#[test]
fn a_day_that_begins_after_midnight_has_an_end() {
    let day = "2018-11-03".parse().unwrap();
    let end = end_of(day, Tz::America__Sao_Paulo);
    assert_eq!(end.to_rfc3339(), "2018-11-04T01:00:00-02:00");
}
