use std::collections::BTreeMap;

use data_schema::summary::TrendPart;

use super::*;

fn series(ids: &[&str]) -> Vec<Series> {
    let one = |id: &&str| Series {
        title: (*id).to_owned(),
        color: (*id).to_owned(),
        ids: vec![(*id).to_owned()],
    };
    ids.iter().map(one).collect()
}

fn entry(parts: &[(&str, u64, Option<&str>)]) -> DailyTrendEntry {
    let part = |(id, tokens, cost): &(&str, u64, Option<&str>)| {
        let cost_usd = cost.map(|cost| cost.parse().unwrap());
        ((*id).to_owned(), TrendPart { total_tokens: *tokens, cost_usd, ..Default::default() })
    };
    let by_provider: BTreeMap<String, TrendPart> = parts.iter().map(part).collect();
    DailyTrendEntry {
        date: "2026-05-01".parse().unwrap(),
        total_tokens: by_provider.values().map(|part| part.total_tokens).sum(),
        cost: by_provider.values().filter_map(|part| part.cost_usd).reduce(|one, two| one + two),
        requests: 1,
        by_provider,
    }
}

#[test]
fn the_axis_ends_at_a_round_number_above_the_largest_day() {
    for (largest, top) in
        [(0, 4), (4, 4), (5, 8), (9, 12), (13, 20), (21, 40), (1_234_567, 2_000_000)]
    {
        assert_eq!(nice_top(largest), top);
    }
    assert_eq!(nice_top(u64::MAX), u64::MAX);
}

#[test]
fn a_small_part_is_seen_and_an_empty_day_is_there() {
    let days = [entry(&[]), entry(&[("codex", 1, None)]), entry(&[("codex", 1_000_000, None)])];
    let chart = chart(&days, &series(&["codex"]), None);
    assert_eq!(chart.days.len(), 3);
    assert!(chart.days[0].parts.is_empty());
    assert_eq!(chart.days[1].parts[0].height, "8");
    assert_eq!(chart.days[0].title, "1 May 2026: nothing");
    let labels: Vec<&str> = chart.ticks.iter().map(|tick| tick.label.as_str()).collect();
    assert_eq!(labels, ["1.2M", "900K", "600K", "300K", "0"]);
}

#[test]
fn parts_stand_on_each_other_in_the_order_of_the_legend() {
    let day = entry(&[("a", 1, None), ("b", 3, None)]);
    let chart = chart(&[day], &series(&["b", "a"]), None);
    let parts: Vec<(&str, &str, &str)> = chart.days[0]
        .parts
        .iter()
        .map(|part| (part.color.as_str(), part.y.as_str(), part.height.as_str()))
        .collect();
    assert_eq!(parts, [("b", "250", "750"), ("a", "0", "250")]);
}

#[test]
fn nothing_used_draws_nothing() {
    let chart = chart(&[entry(&[]), entry(&[])], &[], None);
    assert!(chart.ticks.is_empty() && chart.days.is_empty());
}

#[test]
fn only_the_last_day_can_be_unfinished() {
    let days = [entry(&[("codex", 1, None)]), entry(&[("codex", 1, None)])];
    let chart = chart(&days, &series(&["codex"]), Some("18:42"));
    assert_eq!((chart.days[0].until.as_str(), chart.days[1].until.as_str()), ("", "18:42"));
    assert_eq!(chart.days[1].title, "1 May 2026 until 18:42: 1 tokens – Codex 1");
}

#[test]
fn a_day_with_a_source_without_price_says_that_there_is_more() {
    assert_eq!(cost(&entry(&[("a", 1, Some("2.5")), ("b", 1, Some("1"))])), "$3.50");
    assert_eq!(cost(&entry(&[("a", 1, Some("2.5")), ("b", 1, None)])), "$2.50+");
    assert_eq!(cost(&entry(&[("b", 1, None)])), "");
    assert_eq!(cost(&entry(&[("b", 0, Some("0"))])), "", "nothing was used, so there is no amount");
}
