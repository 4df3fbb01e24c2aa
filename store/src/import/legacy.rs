//! What a repository of 1.x holds, in today's terms.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::path::Path;

use chrono::NaiveDate;
use chrono_tz::Tz;
use data_schema::{DayFileV1, Span, Text, Usage, ZonedSum, compare, name_in_path};

use super::Source;
use super::origin::{Files, Origin};
use crate::path::{Entry, EntryKind, SourceFolder};
use crate::{GitProgram, Problem, StoreError};

/// A file of 1.x has a few hundred bytes; what is larger is none.
const LARGEST: usize = 16 << 20;

/// What a repository of Token Matters 1.x holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Legacy {
    /// The zone that 1.x took its days from.
    pub zone: Tz,
    /// Files of 1.x that were read.
    pub files: usize,
    /// Files of version 2 beside them, which are left alone.
    pub newer: usize,
    /// Counts below zero or out of range that were taken as 0 or left out.
    pub clamped: usize,
    /// Files with such counts.
    pub clamped_files: Vec<Problem>,
    /// Files that could not be read.
    pub bad: Vec<Problem>,
    /// Files with a name that could not stand in a path, and what it became.
    pub renamed: Vec<Problem>,
    /// `pricing.json` of the repository.
    pub prices: Option<Vec<u8>>,
    pub(crate) sums: BTreeMap<Source, BTreeMap<(NaiveDate, Text), Usage>>,
}

impl Legacy {
    /// Reads a checkout, another repository on this machine, or one behind a URL, which is cloned into a temporary
    /// folder below `scratch`. `progress` is told how many of how many files were read.
    ///
    /// # Errors
    ///
    /// There is no such folder or repository, or it cannot be read at all.
    pub fn read(
        from: &str,
        zone: Tz,
        (git, scratch): (&GitProgram, &Path),
        progress: &dyn Fn(usize, usize),
    ) -> Result<Self, StoreError> {
        let files = Files::of(&Origin::of(from)?, git, scratch)?;
        let mut legacy = Self {
            zone,
            files: 0,
            newer: 0,
            clamped: 0,
            clamped_files: Vec::new(),
            bad: Vec::new(),
            renamed: Vec::new(),
            prices: files.prices()?,
            sums: BTreeMap::new(),
        };
        let count = files.count();
        for number in 0..count {
            progress(number, count);
            let path = files.path(number);
            if legacy.is_newer(path) {
                continue;
            }
            match files.read(number) {
                Ok(bytes) => legacy.file(path, &bytes),
                Err(error) => legacy.bad.push(Problem::new(path, &error)),
            }
        }
        Ok(legacy)
    }

    /// Whether a file is one of version 2, by its name.
    fn is_newer(&mut self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        let is_newer = match parts[..] {
            [_, machine, name] => Entry::of_machine(&Text::from(machine), name).is_some(),
            [_, machine, provider, name] => {
                let entry = SourceFolder::new(&Text::from(machine), provider).entry(name);
                entry.is_some_and(|entry| !matches!(entry.kind, EntryKind::DayV1(_)))
            }
            _ => false,
        };
        self.newer += usize::from(is_newer);
        is_newer
    }

    fn file(&mut self, path: &str, bytes: &[u8]) {
        if bytes.len() > LARGEST {
            let reason = "is larger than 16 MB: no file of 1.x";
            self.bad.push(Problem::new(path, &reason));
            return;
        }
        let file = match DayFileV1::parse(bytes) {
            Ok(file) => file,
            Err(error) => {
                self.bad.push(Problem::new(path, &error));
                return;
            }
        };
        if Span::of_day(self.zone, file.date).is_none() {
            let reason = format!("{} is no day of {}", file.date, self.zone);
            self.bad.push(Problem::new(path, &reason));
            return;
        }
        let source = (self.name(path, &file.machine), self.name(path, &file.provider));
        let found = file.day_sums();
        if found.clamped > 0 {
            self.clamped += found.clamped;
            let reason =
                format!("{} counts below zero or out of range were taken as 0", found.clamped);
            self.clamped_files.push(Problem::new(path, &reason));
        }
        self.files += 1;
        let sums = self.sums.entry(source).or_default();
        for sum in found.sums {
            match sums.entry((sum.date, sum.usage.model.clone())) {
                Place::Vacant(empty) => drop(empty.insert(sum.usage)),
                Place::Occupied(mut known) => {
                    if compare(&sum.usage, known.get()).is_gt() {
                        known.insert(sum.usage);
                    }
                }
            }
        }
    }

    /// A name as it can stand in a path: 1.x took any.
    fn name(&mut self, path: &str, name: &Text) -> Text {
        let Some(safe) = name_in_path(name) else { return name.clone() };
        let reason =
            format!("the name {:?} would leave its folder: it is stored as {:?}", &**name, &*safe);
        self.renamed.push(Problem::new(path, &reason));
        safe
    }
}

/// The sums of one machine and provider with the ends of their days.
pub(super) fn zoned(
    sums: &BTreeMap<(NaiveDate, Text), Usage>,
    zone: Tz,
) -> impl Iterator<Item = ZonedSum> {
    sums.iter().filter_map(move |((date, _), usage)| {
        let span = Span::of_day(zone, *date)?;
        Some(ZonedSum { date: *date, span, usage: usage.clone() })
    })
}
