//! Day files: what a machine writes below `raw/<machine>/<provider>/`.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::envelope::{self, Envelope};
use crate::record::Line;
use crate::{FormatError, Text, UsageRecord, UtcSeconds};

pub use read::DayFileHead;

mod read;

/// The version that this program writes.
pub const VERSION: &str = "2.0";

/// The version of a file: major versions differ in meaning, minor ones add fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_structs, reason = "a version is two numbers")]
pub struct Version {
    /// Another major version is refused.
    pub major: u32,
    /// A newer minor version is read and never rewritten.
    pub minor: u32,
}

impl Version {
    /// What this program writes.
    pub const CURRENT: Self = Self { major: 2, minor: 0 };
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = FormatError;

    /// # Errors
    ///
    /// Not two numbers with a point between them.
    fn from_str(text: &str) -> Result<Self, FormatError> {
        let parts = text.split_once('.').and_then(|(major, minor)| {
            Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
        });
        parts.ok_or(FormatError::NoVersion)
    }
}

/// The stretch of UTC time that a file covers: a day, or a month that has been closed for a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum Period {
    /// `2026-05-01`.
    Day(NaiveDate),
    /// `2026-05`, kept as its first day.
    Month(NaiveDate),
}

impl Period {
    /// The day that an instant lies in.
    pub fn day_of(at: UtcSeconds) -> Self {
        Self::Day(at.utc_date())
    }

    /// The month that an instant lies in.
    pub fn month_of(at: UtcSeconds) -> Self {
        let date = at.utc_date();
        Self::Month(date.with_day(1).unwrap_or(date))
    }

    /// Whether an instant lies in it.
    pub fn contains(self, at: UtcSeconds) -> bool {
        match self {
            Self::Day(_) => Self::day_of(at) == self,
            Self::Month(_) => Self::month_of(at) == self,
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(date) => write!(formatter, "{}", date.format("%Y-%m-%d")),
            Self::Month(date) => write!(formatter, "{}", date.format("%Y-%m")),
        }
    }
}

impl FromStr for Period {
    type Err = FormatError;

    /// # Errors
    ///
    /// Neither `YYYY-MM-DD` nor `YYYY-MM`.
    fn from_str(text: &str) -> Result<Self, FormatError> {
        let period = match text.split_at_checked(7) {
            Some((month, "")) => date(month, "-01").map(Self::Month),
            Some((month, day)) => date(month, day).map(Self::Day),
            None => None,
        };
        period.ok_or_else(|| FormatError::Field {
            field: "period",
            message: format!("`{}` is neither a day nor a month", text.escape_debug()),
        })
    }
}

/// The date of `2026-05` and `-01`.
fn date(month: &str, day: &str) -> Option<NaiveDate> {
    let number = |digits: &str| {
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u32>().ok())?
    };
    let (year, month) = month.split_once('-')?;
    let day = day.strip_prefix('-')?;
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    NaiveDate::from_ymd_opt(number(year)?.try_into().ok()?, number(month)?, number(day)?)
}

/// The program part that counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct Adapter {
    /// Its name, which is the provider's id.
    pub name: Text,
    /// The greatest revision among the records.
    pub revision: u32,
}

/// A day or a month of one provider on one machine, version 2.x.
///
/// ```
/// use data_schema::{DayFile, Period, RecordId, UsageRecord};
/// let at = "2026-05-01T10:00:00Z".parse()?;
/// let record = UsageRecord::new(RecordId::new("anthropic", "msg_1", ""), at);
/// let file = DayFile::new("laptop".into(), "claude-code".into(), Period::day_of(at), at, vec![record]);
/// assert_eq!(DayFile::parse(&file.to_bytes())?, file);
/// # Ok::<(), data_schema::FormatError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DayFile {
    /// As read; [`Version::CURRENT`] for a new one.
    pub version: Version,
    /// Name of the machine.
    pub machine: Text,
    /// Id of the source.
    pub provider: Text,
    /// What it covers.
    pub period: Period,
    /// When this content was first written.
    pub collected_at: UtcSeconds,
    /// Who counted.
    pub adapter: Adapter,
    /// Sorted by (`at`, `id`); never empty.
    pub records: Vec<UsageRecord>,
}

impl DayFile {
    /// A file of this version; sorts the records.
    pub fn new(
        machine: Text,
        provider: Text,
        period: Period,
        collected_at: UtcSeconds,
        mut records: Vec<UsageRecord>,
    ) -> Self {
        records.sort_unstable_by_key(|record| (record.at, record.id));
        let revision = records.iter().map(|record| record.usage.revision).max().unwrap_or(0);
        let adapter = Adapter { name: provider.clone(), revision };
        Self {
            version: Version::CURRENT,
            machine,
            provider,
            period,
            collected_at,
            adapter,
            records,
        }
    }

    /// Whether this program may write the file anew: not one of a newer minor version.
    pub fn is_ours_to_rewrite(&self) -> bool {
        self.version <= Version::CURRENT
    }

    /// The file's bytes: 2-space envelope, one record per line, newline at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let period = self.period.to_string();
        let envelope = Envelope {
            machine: &self.machine,
            provider: &self.provider,
            period: &period,
            collected_at: self.collected_at,
            adapter: Some(&self.adapter),
            list: "records",
        };
        let file_revision = Some(self.adapter.revision);
        envelope::write(&envelope, self.records.iter().map(|record| Line { record, file_revision }))
    }
}

#[cfg(test)]
mod tests;
