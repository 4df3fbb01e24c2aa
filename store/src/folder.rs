//! A plain folder of day files: what a checkout in a workflow is.

use std::fs::Metadata;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use data_schema::Text;
use fs_err as fs;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use walkdir::WalkDir;

use crate::listing::{Listing, Scope};
use crate::path::SourceFolder;
use crate::{Changes, durable};

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub(crate) root: PathBuf,
}

/// By what a file is known to be unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    /// Last change of the content, in nanoseconds since 1970.
    pub(crate) mtime_ns: i64,
    /// Last change of anything, set by the system alone, where it has that.
    pub(crate) ctime_ns: i64,
    /// 0 where the system has none.
    pub(crate) inode: u64,
}

impl Stamp {
    #[cfg(unix)]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let ns = |seconds: i64, ns: i64| seconds.saturating_mul(1_000_000_000).saturating_add(ns);
        Self {
            size: metadata.len(),
            mtime_ns: ns(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: ns(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let since = |time: std::time::SystemTime| time.duration_since(std::time::UNIX_EPOCH).ok();
        let modified = metadata.modified().ok().and_then(since);
        let mtime_ns = modified.and_then(|time| i64::try_from(time.as_nanos()).ok()).unwrap_or(0);
        Self { size: metadata.len(), mtime_ns, ctime_ns: mtime_ns, inode: 0 }
    }

    /// As bytes, to be hashed.
    pub(crate) fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.size.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.mtime_ns.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.ctime_ns.to_le_bytes());
        bytes[24..].copy_from_slice(&self.inode.to_le_bytes());
        bytes
    }
}

impl Folder {
    /// The files, on all cores: each folder of a source is read by itself.
    pub(crate) fn list(&self, scope: Scope<'_>) -> io::Result<Listing<Stamp>> {
        let raw = self.root.join("raw");
        let mut listing = Listing::default();
        if matches!(scope, Scope::Nothing) || !raw.exists() {
            return Ok(listing);
        }
        let mut sources: Vec<(Text, fs::DirEntry)> = Vec::new();
        for item in fs::read_dir(raw)? {
            let item = item?;
            let Some(machine) = utf8(&item).filter(|name| scope.has(name)) else { continue };
            let kind = item.file_type()?;
            if kind.is_file() {
                listing.foreign.push(format!("raw/{machine}"));
            } else if kind.is_dir() {
                let machine = Text::from(machine);
                for item in fs::read_dir(item.path())? {
                    sources.push((Text::clone(&machine), item?));
                }
            }
        }
        let parts: io::Result<Vec<_>> = sources
            .into_par_iter()
            .map(|(machine, item)| self.list_source(&machine, &item))
            .collect();
        parts?.into_iter().for_each(|part| listing.append(part));
        Ok(listing.sorted())
    }

    /// What lies at one place in a machine's folder: its card, or the folder of a source.
    fn list_source(&self, machine: &Text, item: &fs::DirEntry) -> io::Result<Listing<Stamp>> {
        let mut listing = Listing::default();
        let Some(name) = utf8(item) else { return Ok(listing) };
        let kind = item.file_type()?;
        if kind.is_file() {
            if let Some(stamp) = stamp(item)? {
                listing.of_machine(machine, &name, stamp);
            }
        } else if kind.is_dir() {
            let folder = SourceFolder::new(machine, &name);
            for item in fs::read_dir(item.path())? {
                let item = item?;
                let Some(name) = utf8(&item) else { continue };
                let kind = item.file_type()?;
                if kind.is_dir() {
                    self.list_foreign(&item.path(), &mut listing.foreign)?;
                } else if kind.is_file()
                    && let Some(stamp) = stamp(&item)?
                {
                    listing.of_source(&folder, &name, stamp);
                }
            }
        }
        Ok(listing)
    }

    /// Files that lie too deep to be ours.
    fn list_foreign(&self, folder: &Path, foreign: &mut Vec<String>) -> io::Result<()> {
        for entry in WalkDir::new(folder) {
            let entry = entry?;
            if entry.file_type().is_file() {
                foreign.extend(relative(entry.path(), &self.root));
            }
        }
        Ok(())
    }

    /// What a file is known by; `None` if it is not there.
    pub(crate) fn stamp(&self, path: &str) -> Option<Stamp> {
        fs::metadata(self.root.join(path)).ok().map(|metadata| Stamp::of(&metadata))
    }

    pub(crate) fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.root.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a file into a buffer, and what it is known by afterwards.
    pub(crate) fn read_into(&self, path: &str, bytes: &mut Vec<u8>) -> io::Result<Stamp> {
        bytes.clear();
        let mut file = fs::File::open(self.root.join(path))?;
        file.read_to_end(bytes)?;
        Ok(Stamp::of(&file.metadata()?))
    }

    /// Writes all files, then takes away those that are to go: what is read in between has too much, and
    /// never too little.
    pub(crate) fn write(&self, changes: &Changes) -> io::Result<()> {
        for (path, bytes) in changes.iter() {
            if let Some(bytes) = bytes {
                durable::replace(&self.root.join(path), bytes)?;
            }
        }
        for (path, _) in changes.iter().filter(|(_, bytes)| bytes.is_none()) {
            match fs::remove_file(self.root.join(path)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Where files lie that belong to the store but are not data.
    pub(crate) fn private_folder(&self) -> PathBuf {
        self.root.join(".token-matters")
    }
}

/// The name of a file, if it is UTF-8: others are none of ours.
fn utf8(item: &fs::DirEntry) -> Option<String> {
    item.file_name().into_string().ok()
}

/// `None` for a file that is gone by now.
fn stamp(item: &fs::DirEntry) -> io::Result<Option<Stamp>> {
    match item.metadata() {
        Ok(metadata) => Ok(Some(Stamp::of(&metadata))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn relative(path: &Path, root: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> =
        path.strip_prefix(root).ok()?.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}
