//! Days are those of the report zone, 23 to 25 hours long; weeks are those of ISO 8601.

use chrono_tz::Tz;
use data_schema::summary::{DailySummary, HoursFile, MetaFile, WeeklySummary};

use crate::support::{at_times, file, options, paths, summary};

/// Responses of every day file, with one response at the beginning of every UTC hour from `start`.
fn responses_by_day(zone: Tz, start: &str, hours: i64) -> Vec<(String, u64)> {
    let start: data_schema::UtcSeconds = start.parse().unwrap();
    let times: Vec<String> = (0..hours).map(|hour| start.plus(hour * 3600).to_string()).collect();
    let times: Vec<&str> = times.iter().map(String::as_str).collect();
    let summary = summary(&at_times(&times), &options(zone));
    let day = |path: &str| {
        let day: DailySummary = file(&summary, path);
        (day.date.to_string(), day.totals.requests)
    };
    paths(&summary, "daily").into_iter().map(day).collect()
}

fn expected(days: &[(&str, u64)]) -> Vec<(String, u64)> {
    days.iter().map(|(day, responses)| ((*day).to_owned(), *responses)).collect()
}

#[test]
fn the_day_on_which_clocks_go_forward_has_23_hours() {
    let days = responses_by_day(chrono_tz::Europe::Berlin, "2026-03-27T23:00:00Z", 71);
    let wanted = [("2026-03-28", 24), ("2026-03-29", 23), ("2026-03-30", 24)];
    assert_eq!(days, expected(&wanted));
}

#[test]
fn the_day_on_which_clocks_go_back_has_25_hours() {
    let days = responses_by_day(chrono_tz::America::New_York, "2026-10-31T04:00:00Z", 73);
    let wanted = [("2026-10-31", 24), ("2026-11-01", 25), ("2026-11-02", 24)];
    assert_eq!(days, expected(&wanted));
}

#[test]
fn a_clock_that_moves_by_half_an_hour_moves_the_days_with_it() {
    let days = responses_by_day(chrono_tz::Australia::Lord_Howe, "2026-04-03T13:00:00Z", 49);
    // UTC+11 until 5 April 02:00, UTC+10:30 from then on: 13:00Z is 23:30 of the 5th.
    assert_eq!(days, expected(&[("2026-04-04", 24), ("2026-04-05", 25)]));
}

#[test]
fn the_zones_at_both_ends_of_the_world_have_their_own_days() {
    let noon = ["2026-05-01T11:30:00Z"];
    for (zone, day) in [
        (chrono_tz::Pacific::Kiritimati, "2026-05-02"),
        (chrono_tz::Etc::GMTPlus12, "2026-04-30"),
        (chrono_tz::UTC, "2026-05-01"),
    ] {
        let summary = summary(&at_times(&noon), &options(zone));
        assert_eq!(paths(&summary, "daily"), [format!("daily/{day}.json")]);
        let meta: MetaFile = file(&summary, "meta.json");
        assert_eq!(meta.timezone, zone.name());
    }
}

#[test]
fn days_around_new_year_go_into_the_week_of_iso_8601() {
    let times =
        ["2024-12-29", "2024-12-30", "2025-01-05", "2025-12-29", "2026-12-31", "2027-01-01"];
    let times = times.map(|day| format!("{day}T12:00:00Z"));
    let times: Vec<&str> = times.iter().map(String::as_str).collect();
    let summary = summary(&at_times(&times), &options(chrono_tz::UTC));
    let week = |path: &str| {
        let week: WeeklySummary = file(&summary, path);
        let range = week.period.date_range;
        format!("{} {} {} {}", week.week, range.start, range.end, week.period.totals.requests)
    };
    let weeks: Vec<String> = paths(&summary, "weekly").into_iter().map(week).collect();
    let wanted = [
        "2024-W52 2024-12-29 2024-12-29 1",
        "2025-W01 2024-12-30 2025-01-05 2",
        "2026-W01 2025-12-29 2025-12-29 1",
        "2026-W53 2026-12-31 2027-01-01 2",
    ];
    assert_eq!(weeks, wanted);
    let week: WeeklySummary = file(&summary, "weekly/2025-W01.json");
    assert_eq!(week.period.daily_trend.len(), 7, "days without use are there");
}

#[test]
fn hours_are_local_and_monday_is_the_first_day() {
    // Friday 23:30 in UTC is Saturday 08:30 in Tokyo.
    let summary = summary(&at_times(&["2026-05-01T23:30:00Z"]), &options(chrono_tz::Asia::Tokyo));
    let hours: HoursFile = file(&summary, "hours.json");
    assert_eq!(hours.weekdays.len(), 7);
    let saturday = &hours.weekdays[5];
    assert_eq!((saturday.weekday, saturday.hours.len()), (6, 24));
    assert_eq!((saturday.hours[8].requests, saturday.hours[8].total_tokens), (1, 110));
    let all = hours.weekdays.iter().flat_map(|weekday| &weekday.hours);
    assert_eq!(all.map(|hour| hour.requests).sum::<u64>(), 1);
}
