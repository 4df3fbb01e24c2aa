//! Writes the cache's file anew.

use std::fs::{File, Metadata};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use data_schema::packed::{Words, write_bytes, write_varint};
use store::check;

use super::form::{write_details, write_entry};
use super::load::{HEAD, MAGIC, form};
use super::{Cache, Content, Entry, Span, Stored, WordRow};
use crate::contribution::Contribution;

/// What a new file holds so far.
struct Writer<'a> {
    old: &'a Cache,
    out: BufWriter<File>,
    offset: u64,
    words: Words,
    /// Bytes of the old file that come next.
    run: Range<u64>,
}

/// What names of unfinished files begin with, here and of other derived files in the folder.
const PREFIX: &str = ".tm-";

/// Bytes that are copied in one go.
const COPIED: u64 = 1024 * 1024;

impl Cache {
    /// Writes everything, then takes the place of the old file. All content is stored afterwards, and in
    /// memory no more. Without a file to write to, nothing happens; if it cannot be written, a notice says so.
    pub(crate) fn save(&mut self) {
        let Some(path) = self.path.clone() else { return };
        if let Err(error) = self.write(&path) {
            let notice = format!(
                "the scan cache cannot be written, and the next run reads all again: {error}"
            );
            self.notices.push(notice);
            // Not tried again in this run.
            self.path = None;
        }
    }

    fn write(&mut self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs_err::create_dir_all(folder)?;
        let temporary = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder)?;
        let out = BufWriter::with_capacity(1 << 18, temporary.as_file().try_clone()?);
        let mut writer = Writer { old: self, out, offset: 0, words: self.words.clone(), run: 0..0 };
        writer.put(&[0; HEAD])?;
        let (table, stored) = writer.table()?;
        let (offset, table_check) = (writer.offset, check(&table));
        writer.put(&table)?;
        let mut out = writer.out;
        let words = writer.words;
        out.seek(SeekFrom::Start(0))?;
        out.write_all(&head(offset, table.len() as u64, table_check))?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        temporary.persist(path)?;
        remove_leftovers(folder, &file);
        self.file = Some(Arc::new(file));
        self.content = None;
        self.table_check = table_check;
        self.table_offset = offset;
        self.words = words;
        for ((source, log), content) in stored {
            let table = self.sources.get_mut(&source);
            if let Some(entry) = table.and_then(|table| table.logs.get_mut(&log)) {
                entry.content = Content::Stored(content);
            }
        }
        Ok(())
    }
}

/// Takes away what killed runs have left beside a new file: what is an hour older.
fn remove_leftovers(folder: &Path, new: &File) {
    let changed = |metadata: Metadata| metadata.modified().ok();
    let Some(now) = new.metadata().ok().and_then(changed) else { return };
    let Ok(items) = fs_err::read_dir(folder) else { return };
    for item in items.filter_map(Result::ok) {
        let time = item.metadata().ok().and_then(changed);
        let age = time.and_then(|time| now.duration_since(time).ok());
        let is_old = age.is_some_and(|age| age > Duration::from_hours(1));
        if is_old && item.file_name().to_string_lossy().starts_with(PREFIX) {
            // One that stays is only a waste of room.
            let _ = fs_err::remove_file(item.path());
        }
    }
}

/// Where the content of a log of a source lies now.
type Moved = Vec<((String, u64), Stored)>;

impl Writer<'_> {
    /// Writes the content of all logs; returns the table and where everything lies.
    fn table(&mut self) -> io::Result<(Vec<u8>, Moved)> {
        let mut rows = Vec::new();
        let mut moved = Vec::new();
        let mut sources: Vec<_> = self.old.sources.iter().collect();
        sources.sort_by_key(|(source, _)| *source);
        write_varint(sources.len() as u64, &mut rows);
        for (source, table) in sources {
            write_bytes(source.as_bytes(), &mut rows);
            write_varint(u64::from(table.revision), &mut rows);
            write_varint(table.responses, &mut rows);
            write_varint(u64::from(table.is_unfinished), &mut rows);
            write_varint(table.logs.len() as u64, &mut rows);
            let mut logs: Vec<(&u64, &Entry)> = table.logs.iter().collect();
            logs.sort_by_key(|(_, entry)| place(entry));
            for (log, entry) in logs {
                let stored = self.content(entry)?;
                write_entry(*log, entry, &stored, &mut rows);
                moved.push(((source.clone(), *log), stored));
            }
        }
        let mut table = Vec::new();
        self.words.write(&mut table);
        let projects =
            &self.old.projects[..self.old.projects.len().min(self.words.projects().len())];
        write_varint(projects.len() as u64, &mut table);
        for project in projects {
            table.extend(project.signature.to_le_bytes());
            write_bytes(project.name.as_bytes(), &mut table);
        }
        table.extend(rows);
        Ok((table, moved))
    }

    fn content(&mut self, entry: &Entry) -> io::Result<Stored> {
        match &entry.content {
            Content::Stored(stored) => {
                let records = self.copy(stored.records)?;
                let details = self.copy(stored.details)?;
                Ok(Stored { records, details, words: stored.words.clone() })
            }
            Content::Fresh(contribution) => {
                let words = self.row(contribution);
                let records = self.append(&contribution.records.packed)?;
                let details = self.append(&write_details(contribution))?;
                Ok(Stored { records, details, words })
            }
        }
    }

    /// Takes over bytes of the old file with their check sum, whether they are whole or not. What lies side
    /// by side is copied together.
    fn copy(&mut self, span: Span) -> io::Result<Span> {
        if span.offset != self.run.end {
            self.flush()?;
            self.run = span.offset..span.offset;
        }
        self.run.end += span.length;
        let offset = self.offset;
        self.offset += span.length;
        Ok(Span { offset, ..span })
    }

    /// Writes what is to be copied.
    fn flush(&mut self) -> io::Result<()> {
        let run = std::mem::replace(&mut self.run, 0..0);
        let mut offset = run.start;
        while offset < run.end {
            let length = (run.end - offset).min(COPIED);
            if let Some(content) = &self.old.content {
                let place = |offset: u64| usize::try_from(offset).map_err(io::Error::other);
                let bytes = content.get(place(offset)?..place(offset + length)?);
                self.out.write_all(bytes.ok_or(io::ErrorKind::UnexpectedEof)?)?;
            } else {
                let file = self.old.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
                let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
                store::read_at(file, &mut bytes, offset)?;
                self.out.write_all(&bytes)?;
            }
            offset += length;
        }
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<Span> {
        let offset = self.offset;
        self.put(bytes)?;
        Ok(Span { offset, length: bytes.len() as u64, check: check(bytes) })
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.flush()?;
        self.offset += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn row(&mut self, contribution: &Contribution) -> WordRow {
        let words = &contribution.records.words;
        WordRow {
            texts: words.texts().iter().map(|text| self.words.number_text(text)).collect(),
            folders: words
                .projects()
                .iter()
                .map(|folder| self.words.number_project(folder))
                .collect(),
            hashes: words.hashes().into(),
        }
    }
}

/// Stored content is copied in the order in which it lies.
fn place(entry: &Entry) -> u64 {
    match &entry.content {
        Content::Stored(stored) => stored.records.offset,
        Content::Fresh(_) => u64::MAX,
    }
}

fn head(offset: u64, length: u64, table_check: u64) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    head.extend(form().to_le_bytes());
    for number in [offset, length, table_check] {
        head.extend(number.to_le_bytes());
    }
    let head_check = check(&head);
    head.extend(head_check.to_le_bytes());
    head
}
