//! Names of files in a store.
//!
//! | path | holds |
//! |---|---|
//! | `raw/<machine>/<provider>/<date>.json` | a UTC day |
//! | `raw/<machine>/<provider>/<date>~<n>.json` | more of a day whose first file this version may not rewrite |
//! | `raw/<machine>/<provider>/<YYYY-MM>_<hash>.json` | a closed month |
//! | `raw/<machine>/<provider>/limits-<YYYY-MM>.json` | what the vendor said about limits |
//! | `raw/<machine>/<provider>/limits-<YYYY-MM>~<n>.json` | more of it, as with days |
//! | `raw/<machine>/<provider>/limits-<YYYY>.json` | the same of a closed year |
//! | `raw/<machine>/<provider>/<date>_<hash6>.json` | version 1.0 |
//! | `raw/<machine>/<provider>/sums-<YYYY>.json` | day sums that were taken over from version 1.0 |
//! | `raw/<machine>/machine.json` | the machine's card |

use chrono::NaiveDate;
use data_schema::{Period, Text};

/// Name of a machine's card.
pub(crate) const CARD: &str = "machine.json";

/// One file of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Path from the root, with `/`.
    pub path: String,
    /// Name of the machine.
    pub machine: Text,
    /// Id of the source; empty for the machine's card.
    pub provider: Text,
    /// What it holds.
    pub kind: EntryKind,
}

/// What a file holds, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a reader must handle every kind")]
pub enum EntryKind {
    /// Records of a day or month.
    Records(Period),
    /// Sums of a local day, version 1.0.
    DayV1(NaiveDate),
    /// Sums of the local days of a year, taken over from version 1.0.
    DaySums(i32),
    /// Limits of a month, `YYYY-MM`, or of a closed year, `YYYY`.
    Limits(String),
    /// The machine's card.
    Machine,
}

/// The folder of one source on one machine, where entries are read from.
#[derive(Clone, Debug)]
pub(crate) struct SourceFolder {
    machine: Text,
    provider: Text,
    /// Path from the root, with `/` at the end.
    pub(crate) path: String,
    is_plain: bool,
}

impl SourceFolder {
    pub(crate) fn new(machine: &Text, provider: &str) -> Self {
        Self {
            machine: Text::clone(machine),
            provider: Text::from(provider),
            path: format!("raw/{machine}/{provider}/"),
            is_plain: is_plain(machine) && is_plain(provider),
        }
    }

    /// The entry of a file in it; `None` for one that is none of ours.
    pub(crate) fn entry(&self, name: &str) -> Option<Entry> {
        let kind = if self.is_plain { kind(name) } else { None }?;
        Some(Entry {
            path: [self.path.as_str(), name].concat(),
            machine: Text::clone(&self.machine),
            provider: Text::clone(&self.provider),
            kind,
        })
    }
}

impl Entry {
    /// The entry of a file in the folder of a machine; `None` for one that is none of ours.
    pub(crate) fn of_machine(machine: &Text, name: &str) -> Option<Self> {
        (name == CARD && is_plain(machine)).then(|| Self {
            path: machine_file(machine),
            machine: Text::clone(machine),
            provider: Text::from(""),
            kind: EntryKind::Machine,
        })
    }
}

fn is_plain(name: &str) -> bool {
    !name.starts_with('.') && !name.is_empty()
}

fn kind(name: &str) -> Option<EntryKind> {
    let stem = name.strip_suffix(".json")?;
    if let Some(name) = stem.strip_prefix("limits-") {
        let month = match name.split_once('~') {
            Some((month, number)) => number.parse::<u32>().ok().map(|_| month)?,
            None => name,
        };
        let is_year = month.len() == 4 && month.bytes().all(|byte| byte.is_ascii_digit());
        return (is_year || matches!(period(month), Some(Period::Month(_))))
            .then(|| EntryKind::Limits(month.to_owned()));
    }
    if let Some(year) = stem.strip_prefix("sums-") {
        let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
        return year.parse().ok().filter(|_| is_year).map(EntryKind::DaySums);
    }
    if let Some((period, hash)) = stem.split_once('_') {
        let is_hash = !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        return match self::period(period).filter(|_| is_hash)? {
            Period::Day(date) => Some(EntryKind::DayV1(date)),
            month @ Period::Month(_) => Some(EntryKind::Records(month)),
        };
    }
    let period = match stem.split_once('~') {
        Some((date, number)) => number.parse::<u32>().ok().and_then(|_| period(date)),
        None => period(stem),
    };
    match period? {
        day @ Period::Day(_) => Some(EntryKind::Records(day)),
        Period::Month(_) => None,
    }
}

/// A day or a month as [`Period`] reads it, without the detour over a format: a store has 100,000 names.
fn period(text: &str) -> Option<Period> {
    let number = |range: std::ops::Range<usize>| {
        let digits = text.as_bytes().get(range)?;
        digits.iter().try_fold(0, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'))
        })
    };
    let hyphen = |place| text.as_bytes().get(place) == Some(&b'-');
    let date = |day| {
        let year = i32::try_from(number(0..4)?).ok()?;
        NaiveDate::from_ymd_opt(year, number(5..7)?, day)
    };
    match text.len() {
        10 if hyphen(4) && hyphen(7) => date(number(8..10)?).map(Period::Day),
        7 if hyphen(4) => date(1).map(Period::Month),
        _ => None,
    }
}

/// The folder of one source on one machine.
pub(crate) fn folder(machine: &str, provider: &str) -> String {
    format!("raw/{machine}/{provider}")
}

/// The `number`th file of a day, from 1.
pub(crate) fn day_file(machine: &str, provider: &str, date: NaiveDate, number: u32) -> String {
    let folder = folder(machine, provider);
    let date = Period::Day(date);
    match number {
        1 => format!("{folder}/{date}.json"),
        more => format!("{folder}/{date}~{more}.json"),
    }
}

/// The `number`th file of a month's limits, from 1.
pub(crate) fn limits_file(machine: &str, provider: &str, month: &str, number: u32) -> String {
    let folder = folder(machine, provider);
    match number {
        1 => format!("{folder}/limits-{month}.json"),
        more => format!("{folder}/limits-{month}~{more}.json"),
    }
}

/// The day sums of a year that were taken over from version 1.0.
pub(crate) fn sums_file(machine: &str, provider: &str, year: i32) -> String {
    format!("{}/sums-{year:04}.json", folder(machine, provider))
}

/// The machine's card.
pub(crate) fn machine_file(machine: &str) -> String {
    format!("raw/{machine}/{CARD}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind_of(name: &str) -> Option<EntryKind> {
        SourceFolder::new(&"m".into(), "codex").entry(name).map(|entry| entry.kind)
    }

    #[test]
    fn every_name_says_what_the_file_holds() {
        let day: Period = "2026-05-01".parse().unwrap();
        assert_eq!(kind_of("2026-05-01.json"), Some(EntryKind::Records(day)));
        assert_eq!(kind_of("2026-05-01~2.json"), Some(EntryKind::Records(day)));
        let month = "2026-05".parse().unwrap();
        assert_eq!(kind_of("2026-05_0123456789abcdef.json"), Some(EntryKind::Records(month)));
        for name in ["limits-2026-05.json", "limits-2026-05~2.json"] {
            assert_eq!(kind_of(name), Some(EntryKind::Limits("2026-05".into())));
        }
        assert_eq!(kind_of("limits-2025.json"), Some(EntryKind::Limits("2025".into())));
        let date = NaiveDate::from_ymd_opt(2026, 5, 1).unwrap();
        assert_eq!(kind_of("2026-05-01_a1b2c3.json"), Some(EntryKind::DayV1(date)));
        assert_eq!(kind_of("sums-2026.json"), Some(EntryKind::DaySums(2026)));
        assert_eq!(sums_file("m", "codex", 2026), "raw/m/codex/sums-2026.json");
        let card = Entry::of_machine(&"m".into(), "machine.json").unwrap();
        assert_eq!((card.kind, &*card.path), (EntryKind::Machine, "raw/m/machine.json"));
    }

    #[test]
    fn other_files_are_not_ours() {
        for name in [
            "README.md",
            "2026-13-01.json",
            "2026-05.json",
            "notes.json",
            "2026-05-01~x.json",
            "limits-2026-05~x.json",
            "limits-2026-05-01.json",
            "sums-26.json",
            "sums-2026-05.json",
            "sums-+026.json",
            "limits-202.json",
            "limits-2o26.json",
        ] {
            assert_eq!(kind_of(name), None, "{name}");
        }
        let hidden = SourceFolder::new(&"m".into(), ".x");
        assert_eq!(hidden.entry("2026-05-01.json"), None);
        assert_eq!(Entry::of_machine(&"m".into(), "notes.json"), None);
        assert_eq!(Entry::of_machine(&".m".into(), "machine.json"), None);
    }

    proptest! {
        #[test]
        fn a_period_reads_as_the_format_reads_it(text in "[0-9]{3,5}-[0-9]{2}(-[0-3][0-9])?|.{7}|.{10}") {
            prop_assert_eq!(period(&text), text.parse().ok());
        }
    }
}
