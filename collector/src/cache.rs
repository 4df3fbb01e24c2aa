//! The scan cache: what every log gave when it was read, so that it is read once.
//!
//! It knows logs only; what is stored is the store's own mark. Everything in it can be made again from the
//! logs, so that it may be deleted at any time. It is one file, replaced as a whole: two runs at once each
//! leave a good one. All parts are used only after their check sum has been compared.
//!
//! ```text
//! head     magic, form, place and check sum of the table
//! content  per log: packed records; then limits, warnings and what is needed to go on
//! table    names and folders; per source and log: identity, place of its content
//! ```
//!
//! The table is read at every run, some 60 bytes per log; content only where something has changed.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use data_schema::packed::{Damaged, Words};
use data_schema::{HashId, Text, UtcSeconds};
use rustc_hash::FxBuildHasher;
use store::{Block, read_at};

use crate::contribution::{Contribution, Kin, Records, Resume};
use crate::files::Identity;
use crate::times::Window;

mod form;
mod load;
mod save;

/// Logs by the hash of their path.
pub(crate) type Logs = HashMap<u64, Entry, FxBuildHasher>;

/// Content that is read as a whole at most. Bytes.
const LARGEST_IN_MEMORY: u64 = 16 * 1024 * 1024;

/// What is known of the logs.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    path: Option<PathBuf>,
    /// The file that stored content lies in.
    file: Option<Arc<File>>,
    /// All content of that file, once more than a little of it is wanted.
    content: Option<Arc<Vec<u8>>>,
    /// Check sum of the table as it was read or written last, and where it lies.
    table_check: u64,
    table_offset: u64,
    /// Names and folders of all logs; files name them by number.
    words: Words,
    /// What each folder was when it was looked at.
    pub(crate) projects: Vec<KnownProject>,
    /// By the source's id.
    pub(crate) sources: HashMap<String, Table, FxBuildHasher>,
    /// What a person should know.
    pub(crate) notices: Vec<String>,
}

/// A folder's project, and what it was found by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownProject {
    pub(crate) signature: u64,
    pub(crate) name: String,
}

/// The logs of one source.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) revision: u32,
    /// Responses, each once.
    pub(crate) responses: u64,
    /// Whether it was saved in the middle of a run: the number of responses is not right then.
    pub(crate) is_unfinished: bool,
    pub(crate) logs: Logs,
}

/// What is known of one log.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) identity: Identity,
    pub(crate) window: Window,
    pub(crate) count: u32,
    /// Time of its newest record.
    pub(crate) newest: Option<UtcSeconds>,
    pub(crate) skipped: usize,
    pub(crate) has_warnings: bool,
    pub(crate) saw_usage: bool,
    pub(crate) is_silent: bool,
    pub(crate) kin: Option<Kin>,
    /// Where to go on: offset, lines before it, check sum of what is before it.
    pub(crate) resume: Option<Place>,
    content: Content,
}

/// A place in a log behind a complete line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) offset: u64,
    pub(crate) lines: u64,
    pub(crate) check: u64,
}

#[derive(Clone, Debug)]
enum Content {
    Fresh(Arc<Contribution>),
    Stored(Stored),
}

/// Content in the cache's file.
#[derive(Clone, Debug)]
struct Stored {
    records: Span,
    details: Span,
    /// Numbers of names and folders, and hashes: the words of the records.
    words: WordRow,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Span {
    offset: u64,
    length: u64,
    check: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct WordRow {
    texts: Box<[u32]>,
    folders: Box<[u32]>,
    hashes: Box<[HashId]>,
}

impl Entry {
    /// Whether what the log gives depends on no other log.
    pub(crate) fn is_alone(&self) -> bool {
        self.kin.as_ref().is_none_or(|kin| kin.ancestors.is_empty())
    }

    pub(crate) fn fresh(identity: Identity, contribution: Contribution) -> Self {
        let place = |resume: &Resume| Place {
            offset: resume.offset,
            lines: resume.lines,
            check: resume.check,
        };
        Self {
            identity,
            window: contribution.records.window,
            count: contribution.records.count,
            newest: contribution.records.newest,
            skipped: contribution.skipped,
            has_warnings: !contribution.warnings.is_empty(),
            saw_usage: contribution.saw_usage,
            is_silent: contribution.is_silent,
            kin: contribution.kin.clone(),
            resume: contribution.resume.as_ref().map(place),
            content: Content::Fresh(Arc::new(contribution)),
        }
    }
}

impl Cache {
    /// A cache that is neither read nor written.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Identifies everything that is in it, if it lies in a file as it is. Where there are no logs, nothing is written,
    /// and nothing is what there is.
    pub(crate) fn fingerprint(&self) -> Option<u64> {
        let has_no_logs = self.sources.values().all(|table| table.logs.is_empty());
        match &self.file {
            Some(_) => Some(self.table_check),
            None => (self.path.is_some() && has_no_logs).then_some(0),
        }
    }

    /// The logs of a source; another revision knows none.
    pub(crate) fn table(&mut self, source: &str, revision: u32) -> &mut Table {
        let table = self.sources.entry(source.to_owned()).or_default();
        if table.revision != revision {
            *table = Table { revision, ..Table::default() };
        }
        table
    }

    /// All folders that records name.
    pub(crate) fn folders(&self) -> &[Text] {
        self.words.projects()
    }

    /// What is known of a log of a source.
    pub(crate) fn entry(&self, source: &str, log: u64) -> Option<&Entry> {
        self.sources.get(source)?.logs.get(&log)
    }

    /// Gives every folder that a log names a number.
    pub(crate) fn number_folders(&mut self) {
        for entry in self.sources.values().flat_map(|table| table.logs.values()) {
            if let Content::Fresh(contribution) = &entry.content {
                for folder in contribution.records.words.projects() {
                    self.words.number_project(folder);
                }
            }
        }
    }

    /// Forgets everything, because it is damaged.
    pub(crate) fn forget(&mut self) {
        let path = self.path.take();
        let mut notices = std::mem::take(&mut self.notices);
        notices
            .push("the scan cache is damaged: all logs are read, and it is made anew".to_owned());
        *self = Self { path, notices, ..Self::default() };
    }

    /// Everything that a log gave.
    pub(crate) fn contribution(&self, entry: &Entry) -> Result<Arc<Contribution>, Damaged> {
        let stored = match &entry.content {
            Content::Fresh(contribution) => return Ok(Arc::clone(contribution)),
            Content::Stored(stored) => stored,
        };
        let details = form::read_details(&self.read(stored.details)?)?;
        let words = self.row(&stored.words, self.folders())?;
        let place = entry.resume;
        Ok(Arc::new(Contribution {
            records: Records {
                words,
                packed: Arc::new(self.read(stored.records)?),
                count: entry.count,
                newest: entry.newest,
                exceptions: details.exceptions,
                window: entry.window,
            },
            limits: details.limits,
            skipped: entry.skipped,
            warnings: details.warnings,
            saw_usage: entry.saw_usage,
            is_silent: entry.is_silent,
            kin: entry.kin.clone(),
            resume: place.map(|place| Resume {
                offset: place.offset,
                lines: place.lines,
                check: place.check,
                state: details.state,
            }),
        }))
    }

    /// The records of a log as a block; `projects` are those of [`Cache::folders`] and of the log's own.
    pub(crate) fn block(&self, entry: &Entry, projects: &Projects<'_>) -> Result<Block, Damaged> {
        let origin = (Text::from(""), Text::from(""));
        match &entry.content {
            Content::Fresh(contribution) => {
                let records = &contribution.records;
                let folders = records.words.projects();
                let names = folders.iter().map(|folder| (projects.of)(folder)).collect();
                let words = Arc::new(records.words.with_projects(names));
                let bytes = Arc::clone(&records.packed);
                let length = bytes.len();
                Ok(Block::in_memory(origin, words, records.count, bytes, 0..length))
            }
            Content::Stored(stored) => {
                let words = Arc::new(self.row(&stored.words, projects.all)?);
                if let Some(content) = &self.content {
                    let range = Self::checked(content, stored.records)?;
                    let bytes = Arc::clone(content);
                    return Ok(Block::in_memory(origin, words, entry.count, bytes, range));
                }
                let file = self.file.as_ref().ok_or(Damaged)?;
                let Span { offset, length, check } = stored.records;
                let length = usize::try_from(length).map_err(|_| Damaged)?;
                let span = (offset, length, check);
                Ok(Block::in_file(origin, words, entry.count, Arc::clone(file), span))
            }
        }
    }

    fn row(&self, row: &WordRow, projects: &[Text]) -> Result<Words, Damaged> {
        let text = |number: &u32| self.words.text(*number).cloned().ok_or(Damaged);
        let project = |number: &u32| projects.get(*number as usize).cloned().ok_or(Damaged);
        let texts: Vec<Text> = row.texts.iter().map(text).collect::<Result<_, _>>()?;
        let projects: Vec<Text> = row.folders.iter().map(project).collect::<Result<_, _>>()?;
        Ok(Words::of(texts, projects, row.hashes.to_vec()))
    }

    /// Reads all content at once, if it is not too much, for a run that needs it more than once.
    pub(crate) fn load_content(&mut self) -> Result<(), Damaged> {
        if let (Some(file), 1..=LARGEST_IN_MEMORY) = (&self.file, self.table_offset) {
            let mut bytes = vec![0; usize::try_from(self.table_offset).map_err(|_| Damaged)?];
            read_at(file, &mut bytes, 0).map_err(|_| Damaged)?;
            self.content = Some(Arc::new(bytes));
        }
        Ok(())
    }

    fn checked(content: &[u8], span: Span) -> Result<Range<usize>, Damaged> {
        let place = |offset: u64| usize::try_from(offset).map_err(|_| Damaged);
        let end = span.offset.checked_add(span.length).ok_or(Damaged)?;
        let range = place(span.offset)?..place(end)?;
        let bytes = content.get(range.clone()).ok_or(Damaged)?;
        if store::check(bytes) == span.check { Ok(range) } else { Err(Damaged) }
    }

    fn read(&self, span: Span) -> Result<Vec<u8>, Damaged> {
        if let Some(content) = &self.content {
            return Ok(content[Self::checked(content, span)?].to_vec());
        }
        let file = self.file.as_ref().ok_or(Damaged)?;
        let length = usize::try_from(span.length).map_err(|_| Damaged)?;
        let mut bytes = vec![0; length];
        read_at(file, &mut bytes, span.offset).map_err(|_| Damaged)?;
        if store::check(&bytes) == span.check { Ok(bytes) } else { Err(Damaged) }
    }
}

/// Projects of folders.
pub(crate) struct Projects<'a> {
    /// Of [`Cache::folders`], in their order.
    pub(crate) all: &'a [Text],
    /// Of any folder.
    pub(crate) of: &'a dyn Fn(&str) -> Text,
}
