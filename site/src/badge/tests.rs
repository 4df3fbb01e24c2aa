use std::path::Path;

use chrono::NaiveDate;
use data_schema::summary::{Breakdown, CostBreakdown, DateRange, TokenCounts, Totals};

use data_schema::Money;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    file: String,
    label: String,
    message: String,
    color: String,
}

#[test]
fn flat_badges_are_those_of_badge_maker_byte_by_byte() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let index = fs_err::read(folder.join("index.json")).unwrap();
    let all: Vec<Golden> = serde_json::from_slice(&index).unwrap();
    assert_eq!(all.len(), 8);
    let templates = Templates::new().unwrap();
    for golden in all {
        let expected = fs_err::read_to_string(folder.join(&golden.file)).unwrap();
        let made = flat(&templates, &golden.label, &golden.message, &golden.color).unwrap();
        assert_eq!(made, expected.trim_end(), "{}", golden.file);
    }
}

#[test]
fn widths_are_sorted_for_the_search() {
    assert!(WIDTHS.is_sorted_by_key(|(letter, _)| *letter));
}

fn period(tokens: u64, cost: CostBreakdown) -> PeriodSummary {
    let day = NaiveDate::MIN;
    PeriodSummary {
        date_range: DateRange { start: day, end: day },
        totals: Totals {
            tokens: TokenCounts { total_tokens: tokens, ..TokenCounts::default() },
            cost,
            requests: u64::from(tokens > 0),
            ..Totals::default()
        },
        breakdown: Breakdown::default(),
        daily_trend: Vec::new(),
    }
}

fn latest(week: PeriodSummary, month: PeriodSummary) -> LatestFile {
    LatestFile {
        version: "2.0".into(),
        last_updated: None,
        timezone: "UTC".into(),
        last_7_days: week,
        last_30_days: month,
        today: None,
    }
}

/// The text elements of a badge, without the shadows.
fn texts(svg: &str) -> Vec<&str> {
    let texts = svg.split("<text ").skip(1).filter(|text| !text.contains("fill-opacity"));
    let inside = |text| -> Option<&str> { Some(str::split_once(text, '>')?.1.split_once('<')?.0) };
    let mut found: Vec<&str> = texts.filter_map(inside).collect();
    found.dedup();
    found
}

#[test]
fn the_first_four_badges_show_the_last_7_days_and_the_dark_one_all_digits_of_30() {
    for tokens in [1, 999, 1_249, 45_340_000, 999_950_000, u64::MAX] {
        let amount = Money::from_picos(12_345_000_000_000);
        let cost = CostBreakdown { total_usd: Some(amount), ..CostBreakdown::default() };
        let latest = latest(period(tokens, cost), period(tokens - 1, CostBreakdown::default()));
        let short = format::tokens(latest.last_7_days.totals.tokens.total_tokens);
        let both = format!("{short} · {}", format::dollars(amount));
        let digits = format::grouped(latest.last_30_days.totals.tokens.total_tokens);
        let label = "Token Usage (7d)";
        let made = badges(&latest, &Templates::new().unwrap()).unwrap();
        let found: Vec<(&str, Vec<&str>)> =
            made.iter().map(|(name, svg)| (name.as_str(), texts(svg))).collect();
        assert_eq!(
            found,
            [
                ("token-usage.svg", vec![label, &short]),
                ("token-usage-cost.svg", vec![label, &both]),
                ("token-usage-pixel.svg", vec![label, &short]),
                ("token-usage-cost-pixel.svg", vec![label, &both]),
                (
                    "token-usage-dark.svg",
                    vec!["AI Tokens I Used · Last 30 Days", &digits, "tokens"]
                ),
            ]
        );
    }
}
