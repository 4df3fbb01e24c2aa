//! Keeps the ledger small: files that have been collected go after a while, and the oldest go when there are too many.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;

use chrono::{Days, NaiveDate};

use super::LedgerLimits;
use super::names::{self, Found, Name};
use crate::private;

/// What has been collected: bytes by name of the file.
const MARK: &str = "collected.json";
/// Part of the limit from which on a person is told that nothing is collected, in tenths.
const NEARLY: u64 = 8;

/// Bytes by name of the file.
type Sizes = BTreeMap<String, u64>;

/// How long every file is now. Taken before a collection and handed to [`mark_collected`] behind it.
///
/// # Errors
///
/// The folder cannot be listed.
pub fn sizes(folder: &Path) -> io::Result<Sizes> {
    Ok(names::files(folder)?.iter().filter_map(|found| Some((name(found)?, found.size))).collect())
}

/// Notes that so much of every file is in the store: what has been collected may be cleared away some day.
///
/// # Errors
///
/// The note cannot be written.
pub fn mark_collected(folder: &Path, collected: &Sizes) -> io::Result<()> {
    if collected.is_empty() {
        return Ok(());
    }
    private::replace(&folder.join(MARK), &serde_json::to_vec(collected)?)
}

fn marked(folder: &Path) -> Sizes {
    // A note that is damaged says nothing: the next collection writes it anew.
    let bytes = fs_err::read(folder.join(MARK)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn name(found: &Found) -> Option<String> {
    found.name.map(|name| name.to_string())
}

/// Deletes what need not be kept. The file that a proxy writes stays, whatever there is.
pub(super) fn clear(folder: &Path, today: NaiveDate, limits: &LedgerLimits) {
    let files = match names::files(folder) {
        Ok(files) => files,
        Err(error) => {
            tracing::warn!("the ledger cannot be cleared: {error}");
            return;
        }
    };
    let plan = plan(&files, &marked(folder), today, limits);
    for path in &plan.gone {
        match fs_err::remove_file(path) {
            // Another proxy on the folder was faster.
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!("the ledger cannot be cleared: {error}");
            }
            _ => {}
        }
    }
    let what = "run `token-matters collect`, or let `token-matters schedule install` do it";
    if plan.lost > 0 {
        tracing::warn!(
            files = plan.lost,
            "the ledger was full: files were deleted that had not been collected; {what}"
        );
    } else if plan.is_nearly_full {
        tracing::warn!("the ledger is nearly full and has not been collected: {what}");
    }
}

/// What goes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan<'a> {
    gone: Vec<&'a Path>,
    /// Of those, files that have not been collected.
    lost: usize,
    /// Whether files will have to go soon that have not been collected.
    is_nearly_full: bool,
}

fn plan<'a>(
    files: &'a [Found],
    marked: &Sizes,
    today: NaiveDate,
    limits: &LedgerLimits,
) -> Plan<'a> {
    let is_collected = |found: &Found| {
        let collected = name(found).and_then(|name| marked.get(&name).copied());
        collected.is_some_and(|collected| collected >= found.size)
    };
    let before =
        |days: u32| today.checked_sub_days(Days::new(days.into())).unwrap_or(NaiveDate::MIN);
    // Yesterday's may still be written.
    let old = before(limits.days.max(2));
    let is_old = |found: &Found| found.name.is_some_and(|name| name.date < old);
    let mut newest: BTreeMap<u32, Name> = BTreeMap::new();
    for name in files.iter().filter_map(|found| found.name) {
        let known = newest.entry(name.writer).or_insert(name);
        *known = name.max(*known);
    }
    let is_closed =
        |found: &Found| found.name.is_some_and(|name| newest.get(&name.writer) != Some(&name));
    let sum = |files: &mut dyn Iterator<Item = &Found>| files.map(|found| found.size).sum::<u64>();
    let mut plan = Plan::default();
    let (gone, mut left): (Vec<&Found>, Vec<&Found>) =
        files.iter().partition(|found| is_old(found) && is_closed(found) && is_collected(found));
    plan.gone.extend(gone.iter().map(|found| found.path.as_path()));
    let mut total = sum(&mut left.iter().copied());
    // First what is in the store, and the oldest first.
    left.retain(|found| is_closed(found));
    left.sort_by_key(|found| (!is_collected(found), found.name));
    for found in left {
        if total <= limits.all {
            break;
        }
        total = total.saturating_sub(found.size);
        plan.lost += usize::from(!is_collected(found));
        plan.gone.push(&found.path);
    }
    let waits = sum(&mut files.iter().filter(|found| !is_collected(found)));
    plan.is_nearly_full = waits / NEARLY >= limits.all / 10;
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;

    fn file(name: &str, size: u64) -> Found {
        let path = Path::new("ledger").join(name);
        Found { name: Name::parse(name), path, size }
    }

    fn gone(plan: &Plan<'_>) -> Vec<String> {
        let names = plan.gone.iter().map(|path| path.file_name().unwrap().to_string_lossy());
        names.map(Into::into).collect()
    }

    fn day(day: &str) -> NaiveDate {
        day.parse().unwrap()
    }

    #[test]
    fn what_is_old_goes_once_it_is_collected_to_its_end() {
        let files = [
            file("2026-01-01.jsonl", 5),
            file("2026-01-02.jsonl", 5),
            file("2026-01-03.jsonl", 5),
            file("2026-05-01.jsonl", 5),
            file("kept by hand.jsonl", 5),
        ];
        let marked = [("2026-01-01.jsonl", 5), ("2026-01-02.jsonl", 4), ("2026-05-01.jsonl", 5)];
        let marked = marked.map(|(name, size)| (name.to_owned(), size)).into();
        let plan = plan(&files, &marked, day("2026-05-02"), &LedgerLimits::default());
        assert_eq!(gone(&plan), ["2026-01-01.jsonl"]);
        assert_eq!((plan.lost, plan.is_nearly_full), (0, false));
    }

    #[test]
    fn too_much_goes_from_the_oldest_what_is_collected_first_and_never_what_is_written() {
        let files = [
            file("2026-04-01.jsonl", MB),
            file("2026-04-02.jsonl", MB),
            file("2026-04-03.jsonl", MB),
            file("2026-05-01.jsonl", MB),
            file("2026-05-02.jsonl", MB),
        ];
        let marked: Sizes = [("2026-04-02.jsonl".to_owned(), MB)].into();
        let with = |all| LedgerLimits { all, ..LedgerLimits::default() };
        let today = day("2026-05-02");
        let limits = with(4 * MB);
        let first = plan(&files, &marked, today, &limits);
        assert_eq!(gone(&first), ["2026-04-02.jsonl"]);
        assert!(first.is_nearly_full && first.lost == 0);
        let limits = with(1);
        let all = plan(&files, &marked, today, &limits);
        let names = ["2026-04-02", "2026-04-01", "2026-04-03", "2026-05-01"];
        assert_eq!(gone(&all), names.map(|name| format!("{name}.jsonl")));
        assert_eq!(all.lost, 3);
        let limits = with(100 * MB);
        assert_eq!(plan(&files, &marked, today, &limits), Plan::default());
    }

    #[test]
    fn a_mark_says_what_was_there_when_it_was_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("2026-01-01.jsonl");
        fs_err::write(&path, "{}\n").unwrap();
        fs_err::write(folder.path().join("2026-05-02.jsonl"), "{}\n").unwrap();
        let before = sizes(folder.path()).unwrap();
        mark_collected(folder.path(), &before).unwrap();
        clear(folder.path(), day("2026-05-02"), &LedgerLimits::default());
        assert!(!path.exists());
        fs_err::write(&path, "{}\n{}\n").unwrap();
        clear(folder.path(), day("2026-05-02"), &LedgerLimits::default());
        assert!(path.exists(), "more was written than has been collected");
    }
}
