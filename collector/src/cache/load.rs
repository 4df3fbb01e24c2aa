//! Reads the cache's file.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use data_schema::packed::{Damaged, FORM, Reader, Words};
use store::{check, read_at};

use super::form::read_entry;
use super::{Cache, KnownProject, Table};

/// First bytes of the file.
pub(super) const MAGIC: [u8; 8] = *b"tm-scan\n";
/// Version of the form; together with that of packed records.
const VERSION: u32 = 2;
/// Bytes of the head: magic, form, place, length and check sum of the table, check sum of all that.
pub(super) const HEAD: usize = 8 + 4 + 8 + 8 + 8 + 8;

/// The form of this program's cache.
pub(super) fn form() -> u32 {
    VERSION << 16 | FORM
}

/// Why a file is of no use.
enum Unusable {
    Damaged,
    OtherForm,
}

impl From<Damaged> for Unusable {
    fn from(_: Damaged) -> Self {
        Self::Damaged
    }
}

impl Cache {
    /// Reads the cache of a file. One that is of no use is as if it were not there, and a notice says so.
    pub(crate) fn open(path: &Path) -> Self {
        let mut cache = Self { path: Some(path.to_owned()), ..Self::default() };
        let file = match fs_err::File::open(path) {
            Ok(file) => file.into_parts().0,
            Err(error) if error.kind() == ErrorKind::NotFound => return cache,
            Err(error) => {
                let notice = format!("{error}; all logs are read");
                cache.notices.push(notice);
                return cache;
            }
        };
        match read(file) {
            Ok(read) => Self { path: cache.path, ..read },
            Err(reason) => {
                let reason = match reason {
                    Unusable::Damaged => "is damaged",
                    Unusable::OtherForm => "is of another version of token-matters",
                };
                let notice = format!(
                    "the scan cache {} {reason}: all logs are read, and it is made anew",
                    path.display()
                );
                cache.notices.push(notice);
                cache
            }
        }
    }
}

fn read(file: std::fs::File) -> Result<Cache, Unusable> {
    let mut head = [0; HEAD];
    read_at(&file, &mut head, 0).map_err(|_| Unusable::Damaged)?;
    let mut reader = Reader::new(&head);
    if reader.array()? != MAGIC {
        return Err(Unusable::Damaged);
    }
    let found = u32::from_le_bytes(reader.array()?);
    if found != form() {
        return Err(Unusable::OtherForm);
    }
    let mut number = || reader.array().map(u64::from_le_bytes);
    let (offset, length, table_check, head_check) = (number()?, number()?, number()?, number()?);
    let size = file.metadata().map_err(|_| Unusable::Damaged)?.len();
    let is_whole = offset.checked_add(length) == Some(size);
    if check(&head[..HEAD - 8]) != head_check || !is_whole {
        return Err(Unusable::Damaged);
    }
    let mut table = vec![0; usize::try_from(length).map_err(|_| Unusable::Damaged)?];
    read_at(&file, &mut table, offset).map_err(|_| Unusable::Damaged)?;
    if check(&table) != table_check {
        return Err(Unusable::Damaged);
    }
    let cache = read_table(&table)?;
    Ok(Cache { file: Some(Arc::new(file)), table_check, table_offset: offset, ..cache })
}

fn read_table(bytes: &[u8]) -> Result<Cache, Damaged> {
    let mut reader = Reader::new(bytes);
    let mut cache = Cache { words: Words::read(&mut reader)?, ..Cache::default() };
    for _ in 0..reader.varint()? {
        let signature = u64::from_le_bytes(reader.array()?);
        cache.projects.push(KnownProject { signature, name: reader.text()?.to_owned() });
    }
    for _ in 0..reader.varint()? {
        let source = reader.text()?.to_owned();
        let mut table = Table {
            revision: reader.u32()?,
            responses: reader.varint()?,
            is_unfinished: reader.varint()? != 0,
            ..Table::default()
        };
        let count = reader.varint()?;
        table.logs.reserve(usize::try_from(count).unwrap_or(0).min(bytes.len()));
        for _ in 0..count {
            let (path, entry) = read_entry(&mut reader)?;
            table.logs.insert(path, entry);
        }
        cache.sources.insert(source, table);
    }
    if reader.is_at_end() { Ok(cache) } else { Err(Damaged) }
}
