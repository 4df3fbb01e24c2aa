use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn range(start: &str, end: &str) -> DateRange {
    DateRange { start: day(start), end: day(end) }
}

#[test]
fn every_day_of_a_stretch_stands_once_in_the_row_of_its_weekday() {
    for start in [WeekStart::Monday, WeekStart::Saturday, WeekStart::Sunday] {
        let stretch = range("2025-11-21", "2026-11-20");
        let weeks = weeks(stretch, start);
        let mut days = Vec::new();
        for week in &weeks {
            for (row, day) in week.iter().enumerate() {
                if let Some(day) = day {
                    assert_eq!(day.weekday().num_days_from_monday(), weekday(start, row), "{day}");
                    days.push(*day);
                }
            }
        }
        let all: Vec<NaiveDate> = stretch.start.iter_days().take(365).collect();
        assert_eq!(days, all, "{start:?}");
        assert!(weeks.len() <= 54);
    }
}

#[test]
fn one_day_is_one_column() {
    let weeks = weeks(range("2026-05-20", "2026-05-20"), WeekStart::Monday);
    assert_eq!(weeks.len(), 1);
    assert_eq!(weeks[0].iter().flatten().count(), 1);
    assert_eq!(weeks[0][2], Some(day("2026-05-20")), "a Wednesday");
}

#[test]
fn the_sentence_counts_days_with_use_and_names_the_first_of_equal_ones() {
    let locale = Locale::new("en").unwrap();
    let days: BTreeMap<NaiveDate, u64> = [
        (day("2026-05-01"), 1_000),
        (day("2026-05-12"), 41_200_000),
        (day("2026-05-19"), 41_200_000),
        (day("2026-06-01"), 90_000_000),
    ]
    .into();
    assert_eq!(
        sentence(&locale, range("2026-05-01", "2026-05-31"), &days).unwrap(),
        "3 of 31 days with use, most on 12 May 2026: 41.2M tokens."
    );
    assert_eq!(sentence(&locale, range("2026-07-01", "2026-07-31"), &days), None);
}
