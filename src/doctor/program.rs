//! The program itself and the machine's clock.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use chrono::{Datelike, Days, NaiveDate};

use super::{Check, Visit};
use crate::environment;

/// Name of the program's file.
const NAME: &str = "token-matters";
/// Years that a clock of this version can show: the one in which it was made, and 20 more.
const YEARS: std::ops::RangeInclusive<i32> = 2026..=2046;

pub(super) fn checks(visit: &Visit, newest_day: Option<NaiveDate>) -> Vec<Check> {
    let today = visit.now().to_chrono().date_naive();
    vec![version(), clock(today, newest_day)]
}

/// Which program this is, and which one the shell starts.
fn version() -> Check {
    let version = env!("CARGO_PKG_VERSION");
    let Some(own) = environment::program() else { return Check::pass("version", version) };
    let shown = format!("{version}, {}", own.display());
    let file = |path: &Path| fs_err::canonicalize(path).ok();
    let others = environment::in_search_path(NAME);
    let Some(first) = others.first().filter(|first| file(first) != file(&own)) else {
        return Check::pass("version", shown);
    };
    let (message, remedy) = other(&own, first, changed);
    Check::warn("version", format!("{shown}; {message}"), remedy)
}

/// What there is to say where the shell starts another program than this one.
fn other<T: PartialOrd>(
    own: &Path,
    first: &Path,
    changed: impl Fn(&Path) -> Option<T>,
) -> (String, String) {
    let shown = first.display();
    if changed(first) > changed(own) {
        (
            format!("{shown} is newer"),
            format!("use {shown}, and run `{shown} schedule install` again"),
        )
    } else {
        (
            format!("`{NAME}` starts {shown}, which is older"),
            format!("replace {shown}, or take it out of the search path"),
        )
    }
}

fn changed(path: &Path) -> Option<std::time::SystemTime> {
    let path: PathBuf = fs_err::canonicalize(path).ok()?;
    fs_err::metadata(path).as_ref().map(Metadata::modified).ok()?.ok()
}

/// A clock that is wrong by a year puts responses on days that nobody looks at.
fn clock(today: NaiveDate, newest_day: Option<NaiveDate>) -> Check {
    const LABEL: &str = "clock";
    let remedy = "set the system's clock; responses keep the times of their logs";
    let year = today.year();
    if !YEARS.contains(&year) {
        let message = format!("it is {today}, which this version cannot be run on");
        return Check::fail(LABEL, message, remedy);
    }
    let tomorrow = today.checked_add_days(Days::new(1));
    match newest_day.filter(|newest| Some(*newest) > tomorrow) {
        Some(newest) => {
            let message = format!(
                "it is {today}, and the store has responses of {newest}: this clock or another machine's is wrong"
            );
            Check::warn(LABEL, message, remedy)
        }
        None => Check::pass(LABEL, today.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_clock_is_wrong_outside_of_the_programs_years_and_behind_the_newest_response() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let state = |today: &str, newest: Option<&str>| clock(day(today), newest.map(day)).state;
        assert_eq!(state("2026-06-01", None), State::Pass);
        assert_eq!(state("2026-06-01", Some("2026-06-02")), State::Pass);
        assert_eq!(state("2026-06-01", Some("2026-06-03")), State::Warn);
        assert_eq!(state("2025-06-01", None), State::Fail);
        assert_eq!(state("2070-01-01", None), State::Fail);
    }

    #[test]
    fn a_newer_program_in_the_search_path_is_named() {
        let (own, first) = (Path::new("/a/token-matters"), Path::new("/b/token-matters"));
        let age = |newer: &'static str| move |path: &Path| Some(i32::from(path.starts_with(newer)));
        assert_eq!(other(own, first, age("/b")).0, "/b/token-matters is newer");
        assert_eq!(
            other(own, first, age("/a")).0,
            "`token-matters` starts /b/token-matters, which is older"
        );
    }
}
