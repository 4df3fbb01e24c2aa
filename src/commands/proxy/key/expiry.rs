//! When a key ends: `30d`, or its last day.

use chrono::{Days, NaiveDate, NaiveTime};
use data_schema::UtcSeconds;

const DAY: i64 = 86_400;

/// The moment from which on a key opens nothing.
///
/// # Errors
///
/// No such time, or one that is past, in words.
pub(super) fn read(text: &str, now: UtcSeconds) -> Result<UtcSeconds, String> {
    let wrong = |what: &str| format!("{text}: {what}");
    if let Some(days) = text.strip_suffix('d') {
        let days = days.parse::<u16>().ok().filter(|days| *days > 0);
        let days = days.ok_or_else(|| wrong("must be a number of days, such as 30d"))?;
        return Ok(now.plus(i64::from(days) * DAY));
    }
    let day: NaiveDate = text
        .parse()
        .map_err(|_| wrong("must be days, such as 30d, or a date, such as 2026-12-31"))?;
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    let end = UtcSeconds::from(next.and_time(NaiveTime::MIN).and_utc());
    if end <= now {
        return Err(wrong("that day is over"));
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_now_and_a_date_is_the_last_day() {
        let now: UtcSeconds = "2026-06-01T12:00:00Z".parse().unwrap();
        let end = |text| read(text, now).map(|end| end.to_string());
        assert_eq!(end("30d").unwrap(), "2026-07-01T12:00:00Z");
        assert_eq!(end("2026-12-31").unwrap(), "2027-01-01T00:00:00Z");
        assert_eq!(end("2026-06-01").unwrap(), "2026-06-02T00:00:00Z");
        for text in ["2026-05-31", "0d", "-1d", "d", "30", "tomorrow", "2026-02-30", "99999d"] {
            assert!(end(text).unwrap_err().starts_with(text), "{text}");
        }
    }
}
