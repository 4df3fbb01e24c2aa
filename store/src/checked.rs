//! Only files that fit the format are written, and so only those ever leave the machine.

use data_schema::{Text, Tombstones};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::path::{Entry, SourceFolder};
use crate::verify::check_file;
use crate::{Changes, StoreError};

/// Reads every file that is about to be written as a reader would.
///
/// # Errors
///
/// The first file, by path, that is not what its name says.
pub(crate) fn check_changes(changes: &Changes) -> Result<(), StoreError> {
    let written: Vec<(&str, &[u8])> =
        changes.iter().filter_map(|(path, bytes)| Some((path, bytes?))).collect();
    let wrong =
        written.into_par_iter().filter_map(|(path, bytes)| Some((path, fault(path, bytes)?)));
    match wrong.min() {
        None => Ok(()),
        Some((path, reason)) => Err(StoreError::Invalid { path: path.to_owned(), reason }),
    }
}

/// What is wrong with a file.
fn fault(path: &str, bytes: &[u8]) -> Option<String> {
    if path == data_schema::TOMBSTONES_FILE {
        return Tombstones::parse(bytes).err().map(|error| error.to_string());
    }
    let below = path.strip_prefix("raw/")?;
    match entry(below) {
        Some(entry) => check_file(&entry, bytes).err(),
        None => Some("is no name that this program gives".to_owned()),
    }
}

/// The entry of a path below `raw/`.
fn entry(below: &str) -> Option<Entry> {
    let parts: Vec<&str> = below.split('/').collect();
    match parts.as_slice() {
        [machine, name] => Entry::of_machine(&Text::from(*machine), name),
        [machine, provider, name] => SourceFolder::new(&Text::from(*machine), provider).entry(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use data_schema::{DayFile, Period, RecordId, UsageRecord};

    use super::*;

    fn reason(path: &str, bytes: &[u8]) -> String {
        let mut changes = Changes::default();
        changes.write("raw/m/codex/2026-05-01.json", day());
        changes.write(path, bytes.to_vec());
        match check_changes(&changes) {
            Err(StoreError::Invalid { path: named, reason }) => {
                assert_eq!(named, path);
                reason
            }
            other => panic!("{path}: {other:?}"),
        }
    }

    fn day() -> Vec<u8> {
        let at = "2026-05-01T10:00:00Z".parse().unwrap();
        let record = UsageRecord::new(RecordId::new("t", "a", ""), at);
        DayFile::new("m".into(), "codex".into(), Period::day_of(at), at, vec![record]).to_bytes()
    }

    #[test]
    fn a_file_that_is_not_what_its_name_says_is_not_written() {
        assert!(reason("raw/m/codex/2026-05-02.json", &day()).contains("2026-05-01"));
        assert!(reason("raw/n/codex/2026-05-01.json", &day()).contains("m/codex"));
        assert!(reason("raw/m/claude-code/2026-05-01.json", &day()).contains("m/codex"));
        assert!(reason("raw/m/codex/limits-2026-05.json", &day()).contains("readings"));
        assert!(reason("raw/m/machine.json", b"{}").contains("missing field"));
        assert!(reason("raw/m/codex/notes.txt", b"x").contains("no name"));
        assert!(reason("raw/m/codex/deep/2026-05-01.json", &day()).contains("no name"));
        let damaged = String::from_utf8(day()).unwrap().replace("unknown", "unknwon");
        assert!(reason("raw/m/codex/2026-05-03.json", damaged.as_bytes()).contains("hash"));
        assert!(reason("tombstones.json", b"{}").contains("version"));
    }

    #[test]
    fn good_files_removals_and_files_beside_them_pass() {
        let mut changes = Changes::default();
        changes.write("raw/m/codex/2026-05-01.json", day());
        changes.remove("raw/m/codex/whatever");
        changes.write("README.md", b"x".to_vec());
        changes.write("tombstones.json", Tombstones::default().to_bytes());
        assert!(check_changes(&changes).is_ok());
    }
}
