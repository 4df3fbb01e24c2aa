//! What a scan of one source has to tell beside its records.

use std::path::Path;

use data_schema::UtcSeconds;
use serde::Serialize;

use crate::files::LogFile;
use crate::lines::LineError;
use crate::stalled::Stalled;

/// Warnings that are kept word by word per source; all are counted.
const KEPT_WARNINGS: usize = 200;

/// How the scan of one source went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SourceReport {
    /// Id of the source.
    pub provider: String,
    /// Log files that are there.
    pub files: usize,
    /// Bytes in them.
    #[serde(skip)]
    pub bytes: u64,
    /// When a log was changed last.
    #[serde(skip)]
    pub newest_change: Option<UtcSeconds>,
    /// Responses that the files which were read hold.
    pub records: usize,
    /// Time of the newest of them.
    #[serde(skip)]
    pub newest: Option<UtcSeconds>,
    /// Whether files still change while responses have stopped.
    #[serde(skip)]
    pub stalled: Option<Stalled>,
    /// Whether answers are there and none of them tells usage: the parser does not know this format.
    #[serde(skip)]
    pub is_out_of_date: bool,
    /// Lines that could not be counted.
    pub skipped: usize,
    /// Damage with its place, sorted; the first of each file.
    pub warnings: Vec<Warning>,
    /// Things to know that are no damage.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// Whether some file or folder could not be read at all.
    #[serde(skip)]
    pub failed: bool,
    /// What the tool itself is going to delete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
}

/// One thing that was wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Warning {
    /// Path of the file.
    pub file: String,
    /// Number of the line, from 1; absent if it is about the whole file.
    pub line: Option<u64>,
    /// What was wrong and what was done about it.
    pub reason: String,
}

/// Logs that a tool deletes by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Retention {
    /// Days after which the tool deletes a log.
    pub days: u32,
    /// Files that go within 14 days.
    pub files: usize,
    /// Bytes in them.
    pub bytes: u64,
    /// When the log that goes first was changed last.
    #[serde(skip)]
    pub oldest: UtcSeconds,
}

/// What counts as soon, in days.
const SOON_DAYS: i64 = 14;
/// Seconds of a day.
const DAY: i64 = 86_400;

impl Retention {
    /// What a tool that deletes logs after so many days since their last change is going to delete.
    pub(crate) fn of(days: u32, files: &[LogFile], now: UtcSeconds) -> Option<Self> {
        let limit = now.plus((SOON_DAYS - i64::from(days)) * DAY);
        let soon = files.iter().filter(|file| file.modified() < limit);
        let (count, bytes) =
            soon.fold((0, 0), |(count, bytes), file| (count + 1, bytes + file.identity.size));
        let oldest = files.iter().map(LogFile::modified).min()?;
        Some(Self { days, files: count, bytes, oldest })
    }
}

impl SourceReport {
    /// An empty report of a source.
    pub(crate) fn new(provider: &str) -> Self {
        Self { provider: provider.to_owned(), ..Self::default() }
    }

    /// Notes damage that left something out or changed it.
    pub(crate) fn warn(&mut self, file: &Path, line: Option<u64>, reason: impl Into<String>) {
        if self.warnings.len() < KEPT_WARNINGS {
            let file = file.to_string_lossy().into_owned();
            self.warnings.push(Warning { file, line, reason: reason.into() });
        }
    }

    /// Notes a line that could not be counted.
    pub(crate) fn skip(&mut self, file: &Path, line: u64, reason: impl Into<String>) {
        self.skipped += 1;
        self.warn(file, Some(line), reason);
    }

    /// Notes a line that could not be parsed.
    pub(crate) fn skip_line(&mut self, file: &Path, line: u64, error: &LineError) {
        let reason = match error {
            LineError::Unfinished => "ends in the middle: the tool is still writing it, or broke off; a complete line is read at the next run".to_owned(),
            LineError::Malformed(reason) => {
                format!("is not valid JSON: {reason}; the line is left out")
            }
        };
        self.skip(file, line, reason);
    }

    /// Notes a file or folder that could not be read: the run is partial.
    pub(crate) fn fail(&mut self, file: &Path, reason: impl Into<String>) {
        self.failed = true;
        self.warn(file, None, reason);
    }

    /// What was told of one file, behind what was told of it before: each once, the first of them.
    pub(crate) fn told_after(self, before: &[(Option<u64>, String)]) -> Vec<(Option<u64>, String)> {
        let new = self.warnings.into_iter().map(|warning| (warning.line, warning.reason));
        let mut told: Vec<(Option<u64>, String)> = Vec::new();
        for warning in before.iter().cloned().chain(new) {
            if told.len() < KEPT_WARNINGS && !told.contains(&warning) {
                told.push(warning);
            }
        }
        told
    }

    /// Takes over what one file had to tell.
    pub(crate) fn merge(&mut self, other: Self) {
        self.files += other.files;
        self.skipped += other.skipped;
        self.failed |= other.failed;
        self.warnings.extend(other.warnings);
        self.notices.extend(other.notices);
    }

    /// Sorts what threads brought in any order, and keeps the first ones.
    pub(crate) fn finish(mut self) -> Self {
        self.warnings.sort();
        self.warnings.dedup();
        let left_out = self.warnings.len().saturating_sub(KEPT_WARNINGS);
        self.warnings.truncate(KEPT_WARNINGS);
        if left_out > 0 {
            self.notices.push(format!("{left_out} more warnings are not listed"));
        }
        self.notices.sort();
        self.notices.dedup();
        self
    }
}
