//! What the proxy saw, in every place that tells it.

use data_schema::summary::{DailySummary, DimensionSummary, MetaFile, ReconcileFile, WireShare};
use data_schema::{UsageRecord, Via};
use summarizer::{Grouping, Input, Need, Query, Sums, report, sums};

use crate::support::{LARGE, file, input, options, record, summary, witness};

fn seen(name: &str, at: &str, client: &str, tokens: [u64; 2]) -> UsageRecord {
    let mut seen = record(name, at, LARGE, tokens);
    seen.usage.via = Via::Wire;
    seen.attribution.client = Some(client.into());
    seen
}

/// Two days of a tool: what both saw, a title that only the proxy saw, and a script's request the day after.
fn two_days() -> Input {
    input([
        witness("laptop", "codex", record("l1", "2026-05-01T10:00:03Z", LARGE, [100, 10])),
        witness("laptop", "proxy", seen("w1", "2026-05-01T10:00:00Z", "codex_exec/1", [100, 10])),
        witness("laptop", "proxy", seen("w2", "2026-05-01T10:00:01Z", "codex_exec/1", [40, 2])),
        witness("laptop", "proxy", seen("w3", "2026-05-02T10:00:00Z", "curl/8", [7, 3])),
    ])
}

fn share(requests: u64, tokens: u64, alone: [u64; 2]) -> WireShare {
    let [not_in_log_requests, not_in_log_tokens] = alone;
    WireShare { requests, tokens, not_in_log_requests, not_in_log_tokens }
}

#[test]
fn files_tell_what_went_through_the_proxy_as_a_whole_and_by_source() {
    let summary = summary(&two_days(), &options(chrono_tz::UTC));
    let day: DailySummary = file(&summary, "daily/2026-05-01.json");
    assert_eq!(day.totals.tokens.total_tokens, 152);
    assert_eq!(day.totals.wire, Some(share(2, 152, [1, 42])));
    assert_eq!(day.breakdown.by_provider[0].wire, Some(share(2, 152, [1, 42])));
    let meta: MetaFile = file(&summary, "meta.json");
    assert_eq!(meta.totals.wire, Some(share(3, 162, [2, 52])));
    let source: DimensionSummary = file(&summary, "providers/codex.json");
    assert_eq!(source.period.totals.wire, Some(share(2, 152, [1, 42])));
    let machine: DimensionSummary = file(&summary, "machines/laptop.json");
    assert_eq!(machine.period.totals.wire, None, "a machine's part of it is not known");
    let reconcile: ReconcileFile = file(&summary, "reconcile.json");
    let rows = reconcile.sources.iter().map(|row| {
        (
            &*row.provider,
            [row.log_tokens, row.wire_tokens, row.counted_tokens, row.wire_only_tokens],
        )
    });
    let rows: Vec<_> = rows.collect();
    assert_eq!(rows, [("codex", [110, 152, 152, 42]), ("proxy", [0, 10, 10, 10])]);
}

#[test]
fn without_a_proxy_nothing_is_told_of_one() {
    let summary =
        summary(&crate::support::at_times(&["2026-05-01T10:00:00Z"]), &options(chrono_tz::UTC));
    assert!(!crate::support::text(&summary).contains("notInLog"));
    assert!(!summary.files().contains_key("reconcile.json"));
}

#[test]
fn reports_tell_it_of_their_days_and_kept_sums_keep_it() {
    let options = options(chrono_tz::UTC);
    let made = sums(&mut two_days(), &options, false).unwrap();
    let first = "2026-05-01".parse().unwrap();
    let of_day = report(&made, &Query::new(Grouping::Daily).within(Some((first, first))));
    assert_eq!(of_day.wire, Some(share(2, 152, [1, 42])));
    assert_eq!(report(&made, &Query::new(Grouping::Monthly)).wire, Some(share(3, 162, [2, 52])));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sums");
    made.save(&path, b"key").unwrap();
    assert_eq!(Sums::load(&path, b"key", &Need::CELLS), Some(made));
}
