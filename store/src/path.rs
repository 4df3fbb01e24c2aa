//! Names of files in a store.
//!
//! | path | holds |
//! |---|---|
//! | `raw/<machine>/<provider>/<date>.json` | a UTC day |
//! | `raw/<machine>/<provider>/<date>~<n>.json` | more of a day whose first file this version may not rewrite |
//! | `raw/<machine>/<provider>/<YYYY-MM>_<hash>.json` | a closed month |
//! | `raw/<machine>/<provider>/limits-<YYYY-MM>.json` | what the vendor said about limits |
//! | `raw/<machine>/<provider>/limits-<YYYY-MM>~<n>.json` | more of it, as with days |
//! | `raw/<machine>/<provider>/<date>_<hash6>.json` | version 1.0 |
//! | `raw/<machine>/machine.json` | the machine's card |

use chrono::NaiveDate;
use data_schema::{Period, Text};

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
    /// Limits of a month: `YYYY-MM`.
    Limits(String),
    /// The machine's card.
    Machine,
}

impl Entry {
    /// The entry of a path; `None` for a file that is none of ours.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        let (machine, provider, kind) = match parts[..] {
            ["raw", machine, "machine.json"] => (machine, "", EntryKind::Machine),
            ["raw", machine, provider, name] => (machine, provider, kind(name)?),
            _ => return None,
        };
        let plain = |name: &str| !name.starts_with('.') && !name.is_empty();
        (plain(machine) && (plain(provider) || kind == EntryKind::Machine)).then(|| Self {
            path: path.to_owned(),
            machine: Text::from(machine),
            provider: Text::from(provider),
            kind,
        })
    }
}

fn kind(name: &str) -> Option<EntryKind> {
    let stem = name.strip_suffix(".json")?;
    if let Some(name) = stem.strip_prefix("limits-") {
        let month = match name.split_once('~') {
            Some((month, number)) => number.parse::<u32>().ok().map(|_| month)?,
            None => name,
        };
        return matches!(month.parse(), Ok(Period::Month(_)))
            .then(|| EntryKind::Limits(month.to_owned()));
    }
    if let Some((period, hash)) = stem.split_once('_') {
        let is_hash = !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        return match period.parse().ok().filter(|_| is_hash)? {
            Period::Day(date) => Some(EntryKind::DayV1(date)),
            month @ Period::Month(_) => Some(EntryKind::Records(month)),
        };
    }
    let period = match stem.split_once('~') {
        Some((date, number)) => number.parse::<u32>().ok().and_then(|_| date.parse().ok()),
        None => stem.parse().ok(),
    };
    match period? {
        day @ Period::Day(_) => Some(EntryKind::Records(day)),
        Period::Month(_) => None,
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

/// The machine's card.
pub(crate) fn machine_file(machine: &str) -> String {
    format!("raw/{machine}/machine.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_says_what_the_file_holds() {
        let kind =
            |name: &str| Entry::parse(&format!("raw/m/codex/{name}")).map(|entry| entry.kind);
        let day: Period = "2026-05-01".parse().unwrap();
        assert_eq!(kind("2026-05-01.json"), Some(EntryKind::Records(day)));
        assert_eq!(kind("2026-05-01~2.json"), Some(EntryKind::Records(day)));
        let month = "2026-05".parse().unwrap();
        assert_eq!(kind("2026-05_0123456789abcdef.json"), Some(EntryKind::Records(month)));
        for name in ["limits-2026-05.json", "limits-2026-05~2.json"] {
            assert_eq!(kind(name), Some(EntryKind::Limits("2026-05".into())));
        }
        let date = NaiveDate::from_ymd_opt(2026, 5, 1).unwrap();
        assert_eq!(kind("2026-05-01_a1b2c3.json"), Some(EntryKind::DayV1(date)));
        let card = Entry::parse("raw/m/machine.json").unwrap();
        assert_eq!(card.kind, EntryKind::Machine);
    }

    #[test]
    fn other_files_are_not_ours() {
        for path in [
            "README.md",
            "raw/m/codex/2026-13-01.json",
            "raw/m/codex/2026-05.json",
            "raw/m/codex/notes.json",
            "raw/m/codex/2026-05-01~x.json",
            "raw/m/codex/limits-2026-05~x.json",
            "raw/m/codex/limits-2026-05-01.json",
            "raw/m/.x/2026-05-01.json",
            "raw/m/a/b/2026-05-01.json",
        ] {
            assert_eq!(Entry::parse(path), None, "{path}");
        }
    }
}
