//! Sums in a file, so that a run in which nothing has changed reads nothing else.
//!
//! The file is derived: another version, another key or a damaged one is as good as none.
//!
//! Form: [`MAGIC`], the key (length and bytes), the length of the head, the head, the check sum of all that; then lists
//! of cells in chunks, each with a check sum of its own in the head. The cells are there several times: with machines
//! and projects told apart, with one of both, and with none, so that most reports read a small part.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use chrono::NaiveDate;
use data_schema::packed::{Damaged, Reader, write_bytes};
use data_schema::settings::SharedSettings;
use fs_err::File;

use crate::report::{Dimension, Grouping, Query};
use crate::sums::Sums;
pub(crate) use cell::{byte, day, number, read_cell, time, write_cell};
use lists::{Kept, List, rolled};

mod cell;
mod head;
mod lists;

/// What the file begins with; the last byte is the version of the form.
const MAGIC: [u8; 8] = *b"tm-sums\x08";
/// Bytes of a check sum, and of the length of the head.
const CHECK: usize = 8;

/// What is needed of sums that were kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever reads sums builds it")]
pub struct Need {
    /// Machines, each apart.
    pub machines: bool,
    /// Projects, each apart.
    pub projects: bool,
    /// Sessions: what they have of these days, the last one included.
    pub sessions: Option<(NaiveDate, NaiveDate)>,
}

impl Need {
    /// All there is but sessions.
    pub const CELLS: Self = Self { machines: true, projects: true, sessions: None };
    /// Sources and models.
    pub const LEAST: Self = Self { machines: false, projects: false, sessions: None };
    /// All sessions.
    pub const ALWAYS: (NaiveDate, NaiveDate) = (NaiveDate::MIN, NaiveDate::MAX);

    /// What it takes to answer a question.
    pub fn of(query: &Query) -> Self {
        let is_asked = |dimension| {
            query.grouping.dimension() == Some(dimension)
                || query.split.contains(&dimension)
                || query.parts.contains(&dimension)
                || !query.only.names(dimension).is_empty()
        };
        let (from, to) = query.range.unwrap_or(Self::ALWAYS);
        let (begin, end) = query.earlier.unwrap_or((from, to));
        let is_by_session = query.grouping == Grouping::Session;
        Self {
            machines: is_asked(Dimension::Machine),
            projects: is_asked(Dimension::Project),
            sessions: is_by_session.then_some((from.min(begin), to.max(end))),
        }
    }
}

impl Need {
    /// What it takes to hold budgets against what was used.
    pub fn of_budgets(settings: &SharedSettings) -> Self {
        let projects = settings.budgets.iter().any(|budget| budget.project.is_some());
        Self { projects, ..Self::LEAST }
    }

    /// What it takes for both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let days = self.sessions.zip(other.sessions);
        let both = days.map(|(one, other)| (one.0.min(other.0), one.1.max(other.1)));
        Self {
            machines: self.machines || other.machines,
            projects: self.projects || other.projects,
            sessions: both.or(self.sessions).or(other.sessions),
        }
    }
}

/// Whether machines and projects are told apart, in the order of the file: the least first.
const DETAILS: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

/// What the head says of the cells.
struct Lists {
    /// As [`DETAILS`]; none where it would be hardly shorter than the last.
    cells: Vec<Option<List>>,
    sessions: Option<List>,
}

impl Sums {
    /// Reads what is needed of the sums that were written under the same key; there may be more. `None` if there are
    /// none, sessions are needed and were not kept, or the file is damaged or of another version.
    pub fn load(path: &Path, key: &[u8], need: &Need) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let (start, head) = open(&mut file, key)?;
        let mut reader = Reader::new(&head);
        let (mut sums, lists) = read_head(&mut reader).ok()?;
        let lengths = lists.cells.iter().chain([&lists.sessions]).flatten().map(List::bytes);
        let end = lengths.fold(start, u64::saturating_add);
        if !reader.is_at_end() || file.metadata().ok()?.len() != end {
            return None;
        }
        let has = |(machines, projects): &(bool, bool)| {
            (*machines || !need.machines) && (*projects || !need.projects)
        };
        let (mut at, mut cells) = (start, None);
        for (detail, list) in DETAILS.iter().zip(&lists.cells) {
            let Some(list) = list else { continue };
            if cells.is_none() && has(detail) {
                cells = Some(read_rows(&mut file, at, list, Need::ALWAYS, &sums)?);
            }
            at += list.bytes();
        }
        sums.cells = cells?;
        sums.sessions = match (need.sessions, &lists.sessions) {
            (Some(days), Some(list)) => Some(read_rows(&mut file, at, list, days, &sums)?),
            (Some(_), None) => return None,
            (None, _) => None,
        };
        Some(sums)
    }

    /// Writes the sums under a key: what they were made of and how, in any form. The folder exists.
    ///
    /// # Errors
    ///
    /// The file cannot be written; one that was there before stays.
    pub fn save(&self, path: &Path, key: &[u8]) -> io::Result<()> {
        let mut data = Vec::new();
        let mut cells = Vec::new();
        for (machines, projects) in DETAILS {
            let rows = rolled(&self.cells, machines, projects);
            let is_worth_it = (machines && projects) || rows.len() * 2 <= self.cells.len();
            cells.push(is_worth_it.then(|| {
                let (list, chunks) = List::pack(&rows);
                data.extend(chunks);
                list
            }));
        }
        let sessions = self.sessions.as_ref().map(|rows| {
            let (list, chunks) = List::pack(rows);
            data.extend(chunks);
            list
        });
        let mut content = Vec::new();
        head::write(self, &mut content);
        for list in cells.iter().chain([&sessions]) {
            content.push(u8::from(list.is_some()));
            if let Some(list) = list {
                list.write(&mut content);
            }
        }
        let mut head = begin(MAGIC, key);
        head.extend((content.len() as u64).to_le_bytes());
        head.extend(content);
        head.extend(store::check(&head).to_le_bytes());
        replace(path, std::iter::once(&head).chain(&data).map(Vec::as_slice))
    }
}

/// What a file begins with.
fn begin(magic: [u8; 8], key: &[u8]) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    write_bytes(key, &mut bytes);
    bytes
}

/// Reads the head of a file: where it ends, and its content.
fn open(file: &mut File, key: &[u8]) -> Option<(u64, Vec<u8>)> {
    let known = begin(MAGIC, key);
    let mut bytes = vec![0; known.len() + CHECK];
    file.read_exact(&mut bytes).ok()?;
    let (found, length) = bytes.split_at(known.len());
    if found != known {
        return None;
    }
    let length = u64::from_le_bytes(length.try_into().ok()?);
    let start = bytes.len() as u64 + length + CHECK as u64;
    if file.metadata().ok()?.len() < start {
        return None;
    }
    let head = bytes.len();
    bytes.resize(usize::try_from(start).ok()?, 0);
    file.read_exact(&mut bytes[head..]).ok()?;
    let (content, check) = bytes.split_at(bytes.len() - CHECK);
    if store::check(content).to_le_bytes() != *check {
        return None;
    }
    Some((start, content[head..].to_vec()))
}

fn read_head(reader: &mut Reader<'_>) -> Result<(Sums, Lists), Damaged> {
    let sums = head::read(reader)?;
    let mut lists = Vec::new();
    for _ in 0..=DETAILS.len() {
        lists.push(if byte(reader)? == 1 { Some(List::read(reader)?) } else { None });
    }
    let sessions = lists.pop().flatten();
    Ok((sums, Lists { cells: lists, sessions }))
}

/// Reads the rows of some days from a list that begins at a place of the file.
fn read_rows<T: Kept>(
    file: &mut File,
    at: u64,
    list: &List,
    days: (NaiveDate, NaiveDate),
    sums: &Sums,
) -> Option<Vec<T>> {
    let stretch = list.stretch(days);
    let mut bytes = vec![0; usize::try_from(stretch.length).ok()?];
    file.seek(SeekFrom::Start(at + stretch.start)).ok()?;
    file.read_exact(&mut bytes).ok()?;
    stretch.rows(&bytes, &sums.names).ok()
}

/// What a whole file of this form and key holds behind them; `None` if there is none, or it is damaged.
pub(crate) fn load(path: &Path, magic: [u8; 8], key: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = fs_err::read(path).ok()?;
    let (content, check) = bytes.split_at_checked(bytes.len().checked_sub(CHECK)?)?;
    if store::check(content).to_le_bytes() != *check {
        return None;
    }
    let head = begin(magic, key);
    if !content.starts_with(&head) {
        return None;
    }
    bytes.truncate(bytes.len() - CHECK);
    bytes.drain(..head.len());
    Some(bytes)
}

/// Writes such a file.
pub(crate) fn save(
    path: &Path,
    magic: [u8; 8],
    key: &[u8],
    write: impl FnOnce(&mut Vec<u8>),
) -> io::Result<()> {
    let mut bytes = begin(magic, key);
    write(&mut bytes);
    bytes.extend(store::check(&bytes).to_le_bytes());
    replace(path, [bytes.as_slice()])
}

/// Puts the whole content in place at once. A derived file needs not outlive a loss of power.
pub(crate) fn replace<'b>(
    path: &Path,
    parts: impl IntoIterator<Item = &'b [u8]>,
) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".tm-").tempfile_in(folder)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.persist(path)?;
    Ok(())
}
