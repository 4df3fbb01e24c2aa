//! `sums-<YYYY>.json`: day sums that were taken over from Token Matters 1.x.
//!
//! 1.x knew sums of local days, without a zone in its files. What is stored names the zone, and for each sum the
//! instants between which it lies, so that a reader needs no table of zones.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, MappedLocalTime, NaiveDate, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::envelope::{self, Envelope};
use crate::record::usage_bytes;
use crate::{DaySum, FormatError, Quality, Text, Tokens, Usage, UtcSeconds, Version};

/// The shortest and the longest local day, in hours: where clocks are put forward or back.
const HOURS: std::ops::RangeInclusive<i64> = 23..=25;

/// A stretch of time: from the first instant up to, and without, the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "an interval has two ends")]
pub struct Span {
    /// The first second.
    pub from: UtcSeconds,
    /// The first second behind it.
    pub to: UtcSeconds,
}

/// The usage of one model on one local day.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct ZonedSum {
    /// The day, as 1.x named it.
    pub date: NaiveDate,
    /// When that day was.
    pub span: Span,
    /// Model, token classes that do not overlap, `totalTokens` where nothing finer is known, requests and quality.
    pub usage: Usage,
}

/// The sums of one machine, provider and year.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct DaySumsFile {
    /// As read; [`Version::CURRENT`] for a new one.
    pub version: Version,
    /// Name of the machine.
    pub machine: Text,
    /// Id of the source.
    pub provider: Text,
    /// The year of the days.
    pub year: i32,
    /// When this content was first written.
    pub collected_at: UtcSeconds,
    /// Whose days the sums are about.
    pub zone: Tz,
    /// From when on the records of this machine and provider count and the sums are a second opinion; absent if
    /// there were no records yet.
    pub covered_since: Option<UtcSeconds>,
    /// Sorted by day and model, one for both, never empty.
    pub sums: Vec<ZonedSum>,
}

impl Span {
    /// A calendar day of a zone; `None` outside of 1970 to 9999, or where the zone has left out that day.
    pub fn of_day(zone: Tz, date: NaiveDate) -> Option<Self> {
        let next = date.checked_add_days(Days::new(1))?;
        let span = Self { from: start(zone, date)?, to: start(zone, next)? };
        span.is_day().then_some(span)
    }

    /// Whether an instant lies in it.
    pub fn contains(self, at: UtcSeconds) -> bool {
        self.from <= at && at < self.to
    }

    /// The instant in its middle.
    pub fn middle(self) -> UtcSeconds {
        self.from.plus((self.to.seconds() - self.from.seconds()) / 2)
    }

    fn is_day(self) -> bool {
        HOURS.contains(&((self.to.seconds() - self.from.seconds()) / 3600))
    }
}

/// The first second of a day. Where clocks skip midnight, the day begins when they go on.
fn start(zone: Tz, date: NaiveDate) -> Option<UtcSeconds> {
    let midnight: NaiveDateTime = date.and_hms_opt(0, 0, 0)?;
    let mut quarters = (0..8).map(|quarter| midnight + chrono::TimeDelta::minutes(15 * quarter));
    let first = quarters.find_map(|time| match zone.from_local_datetime(&time) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(at),
        MappedLocalTime::None => None,
    })?;
    UtcSeconds::new(first.timestamp())
}

/// A line of the file. Keys stand in the order of the field table.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    date: NaiveDate,
    from: UtcSeconds,
    to: UtcSeconds,
    model: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_tokens: Option<Tokens>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cache_read_tokens: Option<Tokens>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cache_creation_tokens: Option<Tokens>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output_tokens: Option<Tokens>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total_tokens: Option<Tokens>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requests: Option<u32>,
    #[serde(default, skip_serializing_if = "is_exact")]
    quality: Quality,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_exact(quality: &Quality) -> bool {
    *quality == Quality::Exact
}

impl From<&ZonedSum> for Line {
    fn from(sum: &ZonedSum) -> Self {
        let usage = &sum.usage;
        Self {
            date: sum.date,
            from: sum.span.from,
            to: sum.span.to,
            model: usage.model.clone(),
            input_tokens: usage.input_tokens,
            cache_read_tokens: usage.cache_read_tokens,
            cache_creation_tokens: usage.cache_creation_tokens,
            output_tokens: usage.output_tokens,
            total_tokens: usage.total_tokens,
            requests: usage.requests,
            quality: usage.quality,
        }
    }
}

impl From<Line> for ZonedSum {
    fn from(line: Line) -> Self {
        let usage = Usage {
            model: line.model,
            input_tokens: line.input_tokens,
            cache_read_tokens: line.cache_read_tokens,
            cache_creation_tokens: line.cache_creation_tokens,
            output_tokens: line.output_tokens,
            total_tokens: line.total_tokens,
            requests: line.requests,
            quality: line.quality,
            ..Usage::default()
        };
        Self { date: line.date, span: Span { from: line.from, to: line.to }, usage }
    }
}

/// What is read beside version and hash.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    machine: Text,
    provider: Text,
    period: String,
    zone: String,
    covered_since: Option<UtcSeconds>,
    collected_at: UtcSeconds,
    hash: String,
    sums: Vec<Line>,
}

impl DaySumsFile {
    /// Whether this program may write the file anew: not one of a newer minor version.
    pub fn is_ours_to_rewrite(&self) -> bool {
        self.version <= Version::CURRENT
    }

    /// The file's bytes: envelope, one sum per line, hash, newline at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let period = format!("{:04}", self.year);
        let envelope = Envelope {
            machine: &self.machine,
            provider: &self.provider,
            period: &period,
            collected_at: self.collected_at,
            adapter: None,
            list: "sums",
        };
        let mut more = vec![("zone", self.zone.name().to_owned())];
        more.extend(self.covered_since.map(|since| ("coveredSince", since.to_string())));
        envelope::write_with(&envelope, &more, self.sums.iter().map(Line::from))
    }

    /// Reads a file and checks its hash.
    ///
    /// # Errors
    ///
    /// Not a file of ours, an unknown major version, an unknown zone, a value out of range, a day of another year or
    /// twice, a wrong hash.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let version = envelope::check_version(bytes)?;
        let whole: Whole =
            serde_json::from_slice(bytes).map_err(|error| FormatError::json(&error))?;
        envelope::check_hash(bytes, &whole.hash)?;
        let wrong =
            |field, message: &str| FormatError::Field { field, message: message.to_owned() };
        let year = whole.period.parse().map_err(|_| wrong("period", "is not a year like 2026"))?;
        let zone =
            whole.zone.parse().map_err(|_| wrong("zone", "is no zone of the IANA database"))?;
        let sums: Vec<ZonedSum> = whole.sums.into_iter().map(ZonedSum::from).collect();
        if let Some(sum) = sums.iter().find(|sum| sum.date.year() != year) {
            return Err(wrong("date", &format!("{} is not of the year {year}", sum.date)));
        }
        if let Some(sum) = sums.iter().find(|sum| !sum.span.is_day()) {
            return Err(wrong("to", &format!("{} is not 23 to 25 hours long", sum.date)));
        }
        if !sums.is_sorted_by(|left, right| left.key() < right.key()) {
            return Err(wrong("sums", "are not sorted by day and model, or not one for both"));
        }
        let Whole { machine, provider, covered_since, collected_at, .. } = whole;
        Ok(Self { version, machine, provider, year, collected_at, zone, covered_since, sums })
    }

    /// Joins two files of one machine, provider and year: for each day and model the greater usage; the earlier
    /// `coveredSince`; the zone of the file that was written later, whose days the sums then are about.
    ///
    /// Commutative, associative and idempotent.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        let stamp = |file: &Self| (file.collected_at, file.zone.name());
        let (newer, older) =
            if stamp(&self) >= stamp(&other) { (self, other) } else { (other, self) };
        let covered_since = match (newer.covered_since, older.covered_since) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let is_same_zone = newer.zone == older.zone;
        let mut sums: BTreeMap<(NaiveDate, Text), ZonedSum> = BTreeMap::new();
        for mut sum in newer.sums.into_iter().chain(older.sums) {
            if !is_same_zone {
                sum.span = Span::of_day(newer.zone, sum.date).unwrap_or(sum.span);
            }
            match sums.entry((sum.date, sum.usage.model.clone())) {
                std::collections::btree_map::Entry::Vacant(empty) => {
                    empty.insert(sum);
                }
                std::collections::btree_map::Entry::Occupied(mut known) => {
                    if compare(&sum.usage, &known.get().usage).is_gt() {
                        known.insert(sum);
                    }
                }
            }
        }
        let sums = sums.into_values().collect();
        Self { version: Version::CURRENT, covered_since, sums, ..newer }
    }

    /// Whether both say the same, whenever they were written.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.zone == other.zone
            && self.covered_since == other.covered_since
            && self.sums == other.sums
    }

    /// The sums as [`crate::resolve::resolve`] takes them.
    pub fn day_sums(&self) -> impl Iterator<Item = DaySum> {
        self.sums.iter().map(|sum| DaySum {
            machine: self.machine.clone(),
            provider: self.provider.clone(),
            date: sum.date,
            span: Some(sum.span),
            usage: sum.usage.clone(),
        })
    }
}

impl ZonedSum {
    fn key(&self) -> (NaiveDate, &str) {
        (self.date, &self.usage.model)
    }
}

/// Which of two sums of one day and model stands for it: the greater; among equal ones that with the greater bytes,
/// so that the order of files changes nothing.
pub fn compare(one: &Usage, other: &Usage) -> Ordering {
    let by_total = one.total().cmp(&other.total());
    by_total.then_with(|| usage_bytes(one).cmp(&usage_bytes(other)))
}

#[cfg(test)]
mod tests;
