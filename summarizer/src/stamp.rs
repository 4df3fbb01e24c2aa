//! Whether a summary that was written before is still all that there is to write.

use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use data_schema::packed::{Damaged, Reader, write_bytes, write_signed, write_varint};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::prepared::replace;
use crate::write::{FOLDERS, OPTIONAL};
use crate::{Summary, Written};

/// What the file begins with; the last byte is the version of the form.
const MAGIC: [u8; 8] = *b"tm-mark\x02";
/// Bytes of the check sum.
const CHECK: usize = 8;

/// What a summary was made of, and its files as they were left. It lies in the private folder of the
/// store, never in what is published.
#[derive(Clone, Debug)]
pub struct Stamp {
    path: PathBuf,
    folder: PathBuf,
    key: Vec<u8>,
}

/// A file or folder as it was left.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    /// Below the folder of the summary.
    path: String,
    /// Bytes and nanoseconds since 1970; `None` = it is not there.
    state: Option<(u64, i64)>,
}

impl Stamp {
    /// The stamp of the summary in `folder`, kept below the private folder of the store. `key` is what the
    /// summary is made of and how, in any form: content of the store, settings, options, prices, version
    /// of the program.
    pub fn new(private: &Path, folder: &Path, key: Vec<u8>) -> Self {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let name = store::check(folder.as_os_str().as_encoded_bytes());
        let path = private.join("summaries").join(format!("{name:016x}"));
        Self { path, folder, key }
    }

    /// What writing the summary would do, if it would do nothing: the key is that of the last run, and
    /// all files are as they were left.
    pub fn unchanged(&self) -> Option<Written> {
        let (files, left) = self.read()?;
        let is_same = |left: &Left| state(&self.folder.join(&left.path)) == left.state;
        let is_unchanged = left.par_iter().all(is_same);
        is_unchanged.then_some(Written { unchanged: files, ..Written::default() })
    }

    /// Remembers a summary that has just been written.
    ///
    /// # Errors
    ///
    /// The stamp cannot be written. Nothing depends on it but the time of the next run.
    pub fn write(&self, summary: &Summary) -> io::Result<()> {
        let files = summary.files();
        let absent = OPTIONAL.into_iter().filter(|path| !files.contains_key(*path));
        let others = FOLDERS.into_iter().chain(absent);
        let paths: Vec<&str> = files.keys().map(String::as_str).chain(others).collect();
        let states: Vec<_> = paths.par_iter().map(|path| state(&self.folder.join(path))).collect();
        let mut bytes = MAGIC.to_vec();
        write_bytes(&self.key, &mut bytes);
        write_varint(files.len() as u64, &mut bytes);
        write_varint(paths.len() as u64, &mut bytes);
        for (path, state) in paths.iter().zip(states) {
            write_bytes(path.as_bytes(), &mut bytes);
            bytes.push(u8::from(state.is_some()));
            if let Some((size, changed)) = state {
                write_varint(size, &mut bytes);
                write_signed(changed, &mut bytes);
            }
        }
        bytes.extend(store::check(&bytes).to_le_bytes());
        fs_err::create_dir_all(self.path.parent().unwrap_or(Path::new(".")))?;
        replace(&self.path, [bytes.as_slice()])
    }

    /// The files of the last run and what must not have changed beside them, if its key is this one.
    fn read(&self) -> Option<(usize, Vec<Left>)> {
        let bytes = fs_err::read(&self.path).ok()?;
        let (content, check) = bytes.split_at_checked(bytes.len().checked_sub(CHECK)?)?;
        if store::check(content).to_le_bytes() != *check {
            return None;
        }
        let mut reader = Reader::new(content.strip_prefix(&MAGIC)?);
        if reader.bytes().ok()? != self.key {
            return None;
        }
        read(&mut reader).ok()
    }
}

fn read(reader: &mut Reader<'_>) -> Result<(usize, Vec<Left>), Damaged> {
    let files = usize::try_from(reader.varint()?).map_err(|_| Damaged)?;
    let mut left = Vec::new();
    for _ in 0..reader.varint()? {
        let path = reader.text()?.to_owned();
        let [is_there] = reader.array()?;
        let state = if is_there == 1 { Some((reader.varint()?, reader.signed()?)) } else { None };
        left.push(Left { path, state });
    }
    Ok((files, left))
}

/// Size and time of the last change. That of a folder moves when a file comes, goes or is replaced.
fn state(path: &Path) -> Option<(u64, i64)> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    let changed = metadata.modified().ok()?;
    let nanoseconds = match changed.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).ok()?,
        Err(before) => -i64::try_from(before.duration().as_nanos()).ok()?,
    };
    let size = if metadata.is_dir() { 0 } else { metadata.len() };
    Some((size, nanoseconds))
}
