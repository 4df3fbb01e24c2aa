//! The grid of hours by weekday.

use data_schema::summary::HoursFile;
use serde::Serialize;

use super::calendar::{Levels, Step, weekday};
use crate::context::Context;
use crate::locale::Locale;

/// The hours of a week: weekdays are rows, hours are columns.
#[derive(Debug, Serialize)]
pub(crate) struct Hours {
    /// What the table is, for those who do not see where it stands.
    label: String,
    /// When most was used.
    sentence: String,
    /// `0` … `23`.
    columns: Vec<String>,
    rows: Vec<Row>,
    legend: Vec<Step>,
}

#[derive(Debug, Serialize)]
struct Row {
    weekday: String,
    /// Level and tokens of each hour.
    cells: Vec<(u8, String)>,
}

/// Fewer active days than that say nothing about the hours of a week.
const DAYS: usize = 2;

/// The grid. None where hours are not published, or too few days were active.
pub(crate) fn grid(context: &Context<'_>) -> Option<Hours> {
    let (locale, data) = (&context.locale, context.data);
    let file = data.hours.as_ref()?;
    if data.cube.all().days().len() < DAYS {
        return None;
    }
    let levels =
        Levels::of(file.weekdays.iter().flat_map(|day| &day.hours).map(|cell| cell.total_tokens));
    let row = |number: usize| {
        let from_monday = weekday(data.site.week_start, number);
        let cell = |hour: usize| {
            let count = tokens(file, from_monday, hour);
            (levels.level(count), locale.tokens(count))
        };
        Row { weekday: locale.weekday(from_monday), cells: (0..24).map(cell).collect() }
    };
    Some(Hours {
        label: locale.text("hours-label"),
        sentence: sentence(locale, file)?,
        columns: (0..24).map(|hour| hour.to_string()).collect(),
        rows: (0..7).map(row).collect(),
        legend: levels.legend(locale),
    })
}

/// Tokens of an hour of a weekday, 0 is Monday.
fn tokens(file: &HoursFile, from_monday: u32, hour: usize) -> u64 {
    let days = file.weekdays.iter().filter(|day| u32::from(day.weekday) == from_monday + 1);
    days.filter_map(|day| day.hours.get(hour))
        .fold(0, |sum, cell| sum.saturating_add(cell.total_tokens))
}

/// `Most between 10 and 11 on Tuesdays: 8.64M tokens. Hours of Europe/Berlin, 14 May to 20 Nov 2026.`
fn sentence(locale: &Locale, file: &HoursFile) -> Option<String> {
    let cells = (0..7).flat_map(|day| (0..24).map(move |hour| (day, hour)));
    let counts = cells.map(|(day, hour)| (tokens(file, day, hour), day, hour));
    let most = counts.filter(|(count, ..)| *count > 0);
    // The first of equals, so that nothing but the numbers decides.
    let most = most.max_by_key(|(count, day, hour)| (*count, std::cmp::Reverse((*day, *hour))));
    let (count, day, hour) = most?;
    let range = file.date_range.map_or_else(String::new, |range| locale.range(range));
    let parts = [
        ("from", hour.to_string().into()),
        ("to", (hour + 1).to_string().into()),
        ("weekday", locale.text(&format!("on-weekdays-{}", day + 1)).into()),
        ("tokens", locale.tokens(count).into()),
        ("zone", file.timezone.clone().into()),
        ("range", range.into()),
    ];
    Some(locale.with("hours-sentence", &parts))
}

#[cfg(test)]
mod tests {
    use data_schema::summary::{HourCell, WeekdayHours};

    use super::*;

    fn file(cells: &[(u8, usize, u64)]) -> HoursFile {
        let day = |weekday: u8| {
            let mut hours = vec![HourCell::default(); 24];
            for (_, hour, tokens) in cells.iter().filter(|(day, ..)| *day == weekday) {
                hours[*hour] = HourCell { total_tokens: *tokens, requests: 1 };
            }
            WeekdayHours { weekday, hours }
        };
        HoursFile {
            version: "2.0".into(),
            timezone: "Europe/Berlin".into(),
            date_range: Some(data_schema::summary::DateRange {
                start: "2026-05-14".parse().unwrap(),
                end: "2026-11-20".parse().unwrap(),
            }),
            weekdays: (1..=7).map(day).collect(),
        }
    }

    #[test]
    fn the_sentence_names_the_hour_of_most_use_and_the_zone() {
        let locale = Locale::new("en").unwrap();
        let hours = file(&[(2, 10, 8_640_000), (1, 23, 5), (7, 10, 8_640_000)]);
        assert_eq!(
            sentence(&locale, &hours).unwrap(),
            "Most between 10 and 11 on Tuesdays: 8.64M tokens. Hours of Europe/Berlin, 14 May to 20 Nov 2026."
        );
        assert_eq!(sentence(&locale, &file(&[])), None, "no use, no sentence");
    }

    #[test]
    fn a_weekday_is_found_by_its_number_and_a_short_row_counts_as_far_as_it_goes() {
        let mut hours = file(&[(3, 5, 7)]);
        hours.weekdays.reverse();
        assert_eq!(tokens(&hours, 2, 5), 7);
        assert_eq!(tokens(&hours, 3, 5), 0);
        hours.weekdays.iter_mut().for_each(|day| day.hours.truncate(4));
        assert_eq!(tokens(&hours, 2, 5), 0);
    }
}
