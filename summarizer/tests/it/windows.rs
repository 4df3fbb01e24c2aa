//! `latest.json`: windows that end with the as-of day.

use data_schema::summary::{LatestFile, MetaFile, PeriodSummary};
use data_schema::{DaySum, TimeQuality, Tokens, Usage};
use summarizer::Input;

use crate::support::{LARGE, add, at_times, file, input, options, record, summary, witness};

fn range(window: &PeriodSummary) -> String {
    format!("{} {}", window.date_range.start, window.date_range.end)
}

#[test]
fn windows_are_the_last_7_and_30_days_and_nothing_else() {
    let times = [
        "2026-04-30T10:00:00Z",
        "2026-05-01T10:00:00Z",
        "2026-05-23T10:00:00Z",
        "2026-05-24T10:00:00Z",
        "2026-05-30T10:00:00Z",
        "2026-05-31T10:00:00Z",
    ];
    let mut options = options(chrono_tz::UTC);
    options.as_of = Some("2026-05-30T23:00:00Z".parse().unwrap());
    let latest: LatestFile = file(&summary(&at_times(&times), &options), "latest.json");
    assert_eq!(range(&latest.last_7_days), "2026-05-24 2026-05-30");
    assert_eq!(range(&latest.last_30_days), "2026-05-01 2026-05-30");
    let requests = |window: &PeriodSummary| window.totals.requests;
    assert_eq!([requests(&latest.last_7_days), requests(&latest.last_30_days)], [2, 4]);
    assert_eq!(latest.last_7_days.daily_trend.len(), 7);
    assert_eq!(latest.last_30_days.daily_trend.len(), 30);
    assert_eq!(latest.today.unwrap().totals.requests, 1);
    assert_eq!(latest.last_updated, Some("2026-05-31T10:00:00Z".parse().unwrap()));
}

#[test]
fn the_as_of_day_is_one_of_the_report_zone() {
    let mut options = options(chrono_tz::Asia::Tokyo);
    options.as_of = Some("2026-05-30T23:00:00Z".parse().unwrap());
    let latest: LatestFile = file(&summary(&Input::default(), &options), "latest.json");
    assert_eq!(range(&latest.last_7_days), "2026-05-25 2026-05-31");
}

#[test]
fn today_is_null_on_a_day_without_use() {
    let mut options = options(chrono_tz::UTC);
    options.as_of = Some("2026-05-03T00:00:00Z".parse().unwrap());
    let latest: LatestFile =
        file(&summary(&at_times(&["2026-05-01T10:00:00Z"]), &options), "latest.json");
    assert_eq!(latest.today, None);
    assert_eq!(latest.last_7_days.totals.requests, 1);
}

#[test]
fn a_guessed_time_in_the_future_moves_no_window() {
    let mut input = at_times(&["2026-05-01T10:00:00Z"]);
    let mut guessed = record("guess", "2031-01-01T00:00:00Z", LARGE, [1, 1]);
    guessed.at_quality = TimeQuality::Guess;
    add(&mut input, [witness("laptop", "codex", guessed)]);
    let summary = summary(&input, &options(chrono_tz::UTC));
    let latest: LatestFile = file(&summary, "latest.json");
    assert_eq!(range(&latest.last_7_days), "2026-04-25 2026-05-01");
    assert_eq!(latest.last_updated, Some("2026-05-01T10:00:00Z".parse().unwrap()));
    let meta: MetaFile = file(&summary, "meta.json");
    assert_eq!(meta.totals.requests, 2, "it is counted all the same");
}

#[test]
fn where_all_times_are_guesses_the_newest_guess_ends_the_windows() {
    let mut guessed = record("guess", "2026-05-01T10:00:00Z", LARGE, [1, 1]);
    guessed.at_quality = TimeQuality::Guess;
    let input = input([witness("laptop", "codex", guessed)]);
    let latest: LatestFile = file(&summary(&input, &options(chrono_tz::UTC)), "latest.json");
    assert_eq!(range(&latest.last_7_days), "2026-04-25 2026-05-01");
    assert_eq!(latest.last_updated, None);
}

#[test]
fn a_day_sum_is_the_newest_day_in_every_zone() {
    let usage = Usage { model: LARGE.into(), input_tokens: Tokens::new(5), ..Usage::default() };
    let date = "2026-05-01".parse().unwrap();
    let sum =
        DaySum { machine: "laptop".into(), provider: "codex".into(), date, span: None, usage };
    let input = Input { day_sums: vec![sum], ..Input::default() };
    // Noon in UTC is the next day there.
    let options = options(chrono_tz::Pacific::Kiritimati);
    let latest: LatestFile = file(&summary(&input, &options), "latest.json");
    assert_eq!(latest.today.map(|today| today.date), Some(date));
    assert_eq!(latest.last_7_days.date_range.end, date);
}

#[test]
fn nothing_at_all_gives_empty_files() {
    let summary = summary(&Input::default(), &options(chrono_tz::UTC));
    let latest: LatestFile = file(&summary, "latest.json");
    assert_eq!((latest.last_updated, latest.today), (None, None));
    let meta: MetaFile = file(&summary, "meta.json");
    assert_eq!((meta.date_range, meta.totals.requests), (None, 0));
    assert!(meta.providers.is_empty() && meta.shards.is_empty() && meta.daily_files.is_empty());
}
