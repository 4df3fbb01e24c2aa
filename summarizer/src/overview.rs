//! `latest.json`, `meta.json`, `hours.json`, `limits.json`, and the files of which there is one each.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use data_schema::settings::Visibility;
use data_schema::summary::{
    DateRange, HoursFile, LatestFile, MetaFile, PeriodSummary, SUMMARY_VERSION, Totals,
    WeekdayHours,
};

use crate::calendar::{day, days_before};
use crate::dimensions::Slugs;
use crate::files::{File, Frame, json};
use crate::periods::{daily, period, range, totals, wire, within};
use crate::{limits, prices, reconcile, sessions, site};

pub(crate) fn files(
    frame: &Frame<'_>,
    others: &BTreeMap<String, Vec<u8>>,
    slugs: Slugs,
) -> Vec<File> {
    let mut files = vec![
        ("latest.json".to_owned(), json(&latest(frame))),
        ("meta.json".to_owned(), json(&meta(frame, others, slugs))),
    ];
    if frame.options.publish.hours == Visibility::Show {
        files.push(("hours.json".to_owned(), json(&hours(frame))));
    }
    if frame.options.publish.limits == Visibility::Show {
        files.push(("limits.json".to_owned(), json(&limits::file(frame))));
    }
    files.push(site::file(frame));
    files.extend(prices::file(frame));
    files.extend(reconcile::file(frame));
    files.extend(sessions::file(frame));
    files
}

/// The day that windows end with: as told, else that of the newest trusted record.
fn as_of(frame: &Frame<'_>) -> NaiveDate {
    let told = frame.options.as_of.map(|at| day(frame.options.zone, at));
    // Where all times are guesses, the newest guess is better than 1970.
    let newest = frame.cube.newest.day.or_else(|| Some(frame.cube.cells.last()?.0.day));
    told.or(newest).unwrap_or_default()
}

fn latest(frame: &Frame<'_>) -> LatestFile {
    let today = as_of(frame);
    let window = |days: u64| -> PeriodSummary {
        let range = DateRange { start: days_before(today, days - 1), end: today };
        period(frame, &within(&frame.cube.cells, range), range)
    };
    let of_today = within(&frame.cube.cells, DateRange { start: today, end: today });
    LatestFile {
        version: SUMMARY_VERSION.to_owned(),
        last_updated: frame.cube.newest.at,
        timezone: frame.options.zone.name().to_owned(),
        last_7_days: window(7),
        last_30_days: window(30),
        today: (!of_today.is_empty()).then(|| daily(frame, today, &of_today)),
    }
}

fn meta(frame: &Frame<'_>, files: &BTreeMap<String, Vec<u8>>, slugs: Slugs) -> MetaFile {
    let cells: Vec<_> = frame.cube.cells.iter().collect();
    let names = |folder: &str| -> Vec<String> {
        let prefix = format!("{folder}/");
        let inside =
            files.keys().filter_map(|path| path.strip_prefix(&prefix)?.strip_suffix(".json"));
        inside.map(str::to_owned).collect()
    };
    let values =
        |folder: &str| slugs.get(folder).into_iter().flat_map(BTreeMap::keys).cloned().collect();
    let range = range(&cells);
    let shards = names("data/v1").into_iter().map(|name| format!("{name}.json"));
    MetaFile {
        version: SUMMARY_VERSION.to_owned(),
        last_updated: frame.cube.newest.at,
        timezone: frame.options.zone.name().to_owned(),
        date_range: range,
        totals: Totals {
            wire: range.and_then(|range| wire(frame, range, None)),
            ..totals(frame, &frame.all_time.iter().collect::<Vec<_>>())
        },
        providers: values("providers"),
        machines: values("machines"),
        models: values("models"),
        daily_files: names("daily").iter().filter_map(|date| date.parse().ok()).collect(),
        weekly_files: names("weekly"),
        monthly_files: names("monthly"),
        shards: shards.collect(),
        slugs,
    }
}

fn hours(frame: &Frame<'_>) -> HoursFile {
    let cells: Vec<_> = frame.cube.cells.iter().collect();
    let weekdays = frame.cube.hours.chunks(24).zip(1..);
    let weekdays = weekdays.map(|(hours, weekday)| WeekdayHours { weekday, hours: hours.to_vec() });
    HoursFile {
        version: SUMMARY_VERSION.to_owned(),
        timezone: frame.options.zone.name().to_owned(),
        date_range: range(&cells),
        weekdays: weekdays.collect(),
    }
}
