//! Names of the ledger's files.
//!
//! `2026-05-01.jsonl` is what the first proxy on the folder wrote; `2026-05-01-2.jsonl` goes on where that was full.
//! A second proxy that runs at the same time has files of its own: `2026-05-01.2.jsonl`, `2026-05-01.2-2.jsonl`.

use std::fmt;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

/// The end of their names.
const ENDING: &str = ".jsonl";

/// Name of a file, in the order of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) date: NaiveDate,
    /// From 1.
    pub(super) writer: u32,
    /// From 1.
    pub(super) part: u32,
}

impl Name {
    /// `None` if it is no name of ours.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(ENDING)?;
        let (stem, part) = match stem.get(10..)?.split_once('-') {
            Some((writer, part)) => (&stem[..10 + writer.len()], part.parse().ok()?),
            None => (stem, 1),
        };
        let (date, writer) = match stem.split_once('.') {
            Some((date, writer)) => (date, writer.parse().ok()?),
            None => (stem, 1),
        };
        let name = Self { date: date.parse().ok()?, writer, part };
        (part > 0 && writer > 0).then_some(name)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.date)?;
        if self.writer > 1 {
            write!(formatter, ".{}", self.writer)?;
        }
        if self.part > 1 {
            write!(formatter, "-{}", self.part)?;
        }
        formatter.write_str(ENDING)
    }
}

/// A file of the ledger.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// `None`: somebody put it there, and it is only read.
    pub(super) name: Option<Name>,
    pub(super) path: PathBuf,
    /// Bytes.
    pub(super) size: u64,
}

/// All files, in the order of reading: by day, those with another name last. A folder that is missing has none.
pub(super) fn files(folder: &Path) -> std::io::Result<Vec<Found>> {
    let listed = match fs_err::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in listed {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.ends_with(ENDING)) else { continue };
        // One that has gone since is none.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_file() {
            let (name, size) = (Name::parse(name), metadata.len());
            found.push(Found { name, path: entry.path(), size });
        }
    }
    found.sort_by(|a, b| {
        (a.name.is_none(), a.name, &a.path).cmp(&(b.name.is_none(), b.name, &b.path))
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_stand_in_the_order_of_writing() {
        let texts = [
            "2026-04-30-2.jsonl",
            "2026-05-01.jsonl",
            "2026-05-01-2.jsonl",
            "2026-05-01-10.jsonl",
            "2026-05-01.2.jsonl",
            "2026-05-01.2-2.jsonl",
            "2026-05-02.jsonl",
        ];
        let names: Vec<Name> = texts.iter().map(|text| Name::parse(text).unwrap()).collect();
        assert!(names.is_sorted());
        let written: Vec<String> = names.iter().map(ToString::to_string).collect();
        assert_eq!(written, texts);
    }

    #[test]
    fn other_names_are_none_of_ours() {
        for text in [
            "",
            ".jsonl",
            "notes.jsonl",
            "2026-05-01.json",
            "2026-13-01.jsonl",
            "2026-05-01-x.jsonl",
            "2026-05-01-0.jsonl",
            "2026-05-01.0.jsonl",
            "2026-05-01-2-3.jsonl",
            "äääääää.jsonl",
        ] {
            assert_eq!(Name::parse(text), None, "{text}");
        }
    }
}
