//! The shape of files: what pages and scripts that were made for 1.x find.

use data_schema::settings::{ProjectNaming, Publish, Visibility};
use data_schema::summary::{LatestFile, MetaFile};
use serde_json::Value;
use summarizer::{Options, Summary};

use crate::support::{LARGE, UNLISTED, file, input, options, record, summary, witness};

fn small() -> Summary {
    let mut first = record("1", "2026-05-01T10:00:00Z", LARGE, [1_000, 200]);
    first.attribution.project = Some("acme/rocket".into());
    let second = record("2", "2026-05-03T22:30:00Z", UNLISTED, [30, 4]);
    let input = input([witness("laptop", "codex", first), witness("tower", "opencode", second)]);
    let publish =
        Publish { cost: Visibility::Show, projects: ProjectNaming::Alias, ..Publish::default() };
    summary(&input, &Options { publish, ..options(chrono_tz::Europe::Berlin) })
}

/// Keys that 1.x wrote, as JSON pointers.
fn assert_has(summary: &Summary, path: &str, pointers: &str) {
    let value: Value = file(summary, path);
    for pointer in pointers.split_whitespace() {
        assert!(value.pointer(pointer).is_some(), "{path} has no {pointer}: {value:#}");
    }
}

const TOTALS: &str = "/totals/inputTokens /totals/outputTokens /totals/cacheCreationTokens
    /totals/cacheReadTokens /totals/totalTokens /totals/requests /totals/cost/totalUSD
    /totals/cost/byProvider/codex/amount /totals/cost/byProvider/codex/currency";
const SPLITS: &str = "/byProvider/0/provider /byProvider/0/inputTokens /byProvider/0/totalTokens
    /byProvider/0/requests /byMachine/0/machine /byMachine/0/totalTokens /byModel/0/model
    /byModel/0/provider /byModel/0/totalTokens";
const TREND: &str = "/dateRange/start /dateRange/end /dailyTrend/0/date
    /dailyTrend/0/totalTokens /dailyTrend/0/cost /dailyTrend/0/requests";

#[test]
fn every_field_of_1x_is_where_it_was() {
    let summary = small();
    assert_has(&summary, "daily/2026-05-01.json", &format!("/date {TOTALS} {SPLITS}"));
    assert_has(&summary, "weekly/2026-W18.json", &format!("/week {TOTALS} {SPLITS} {TREND}"));
    assert_has(&summary, "monthly/2026-05.json", &format!("/month {TOTALS} {SPLITS} {TREND}"));
    assert_has(&summary, "providers/codex.json", &format!("/provider {TOTALS} {TREND}"));
    assert_has(&summary, "machines/machine-1.json", &format!("/machine {TOTALS} {TREND}"));
    let latest: Value = file(&summary, "latest.json");
    for window in ["last7Days", "last30Days"] {
        for pointer in format!("{TOTALS} {SPLITS} {TREND}").split_whitespace() {
            assert!(latest[window].pointer(pointer).is_some(), "{window}{pointer}");
        }
    }
    assert_has(&summary, "latest.json", "/lastUpdated /today/date /today/totals /today/byProvider");
    assert_has(
        &summary,
        "meta.json",
        "/lastUpdated /dateRange/start /dateRange/end /providers/0 /machines/0 /models/0
         /dailyFiles/0 /weeklyFiles/0 /monthlyFiles/0",
    );
}

#[test]
fn latest_and_meta_of_a_small_summary() {
    let summary = small();
    let mut latest: LatestFile = file(&summary, "latest.json");
    // Thirty days of nothing would hide what matters.
    latest.last_30_days.daily_trend.clear();
    insta::assert_json_snapshot!("latest", latest);
    insta::assert_json_snapshot!("meta", file::<MetaFile>(&summary, "meta.json"));
}

#[test]
fn files_are_compact_json_of_one_line() {
    for (path, bytes) in small().files() {
        let line = bytes.strip_suffix(b"}\n").unwrap_or_else(|| panic!("{path} ends otherwise"));
        assert!(!line.contains(&b'\n'), "{path} has several lines");
    }
}

#[test]
fn the_bytes_of_latest_begin_with_the_version() {
    let summary = small();
    let text = String::from_utf8_lossy(&summary.files()["latest.json"]).into_owned();
    assert!(
        text.starts_with(r#"{"version":"2.0","lastUpdated":"2026-05-03T22:30:00Z","#),
        "{text}"
    );
}
