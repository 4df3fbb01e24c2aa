//! Sources: the tools whose logs are read. Adding one is a folder below `source/` and a line in
//! [`SOURCES`].

use std::path::{Path, PathBuf};

use data_schema::packed::Damaged;

use crate::environment::Environment;
use crate::files::LogFile;
use crate::logs::Logs;
use crate::report::Retention;

#[doc(hidden)]
pub mod bench_support;
mod claude_code;
mod codex;

/// All sources, in the order of output.
pub static SOURCES: [&dyn Source; 2] = [&claude_code::ClaudeCode, &codex::Codex];

/// A tool whose logs are read. The members of this trait that name private types are for the sources of
/// this crate.
#[expect(private_interfaces, reason = "sources are written in this crate")]
pub trait Source: Sync {
    /// The provider's id: name of its folder in the store.
    fn id(&self) -> &'static str;

    /// The tool's name for people.
    fn title(&self) -> &'static str;

    /// The key below `providers.<id>` that says where the tool keeps its files.
    fn directory_key(&self) -> &'static str;

    /// What counts. Raised when the same line would count differently: all logs are read anew then.
    fn revision(&self) -> u32;

    /// Where the logs are, or would be.
    fn locate(&self, place: &Place<'_>) -> Located;

    /// Whether a file is a log.
    fn is_log(&self, path: &Path) -> bool;

    /// The file beside a log that changes what the log gives.
    fn companion(&self, _log: &Path) -> Option<PathBuf> {
        None
    }

    /// Reads the logs that have changed. Damage is told in the report and never stops the rest.
    ///
    /// # Errors
    ///
    /// What was kept of earlier runs is damaged: the run begins anew without it.
    fn read(&self, logs: &mut Logs<'_>) -> Result<(), Damaged>;

    /// What the tool is going to delete.
    fn retention(
        &self,
        _roots: &[PathBuf],
        _files: &[LogFile],
        _environment: &Environment,
    ) -> Option<Retention> {
        None
    }
}

/// What decides where logs are.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the collect run and tests build it")]
pub struct Place<'a> {
    /// The surroundings of the run.
    pub environment: &'a Environment,
    /// The folder that the configuration names.
    pub configured: Option<&'a str>,
}

/// Where logs are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "sources build it")]
pub struct Located {
    /// Folders that exist.
    pub roots: Vec<PathBuf>,
    /// Every folder that was looked for.
    pub looked: Vec<PathBuf>,
    /// Places that somebody named and that are not there.
    pub missing: Vec<String>,
}

impl Located {
    /// Sorts candidate folders into those that exist and the others; `named_by` says who named them,
    /// if it was not the default.
    pub(crate) fn among(candidates: Vec<PathBuf>, named_by: Option<&str>) -> Self {
        let mut located = Self::default();
        for folder in candidates {
            if folder.exists() {
                located.roots.push(folder.clone());
            }
            located.looked.push(folder);
        }
        if let (true, Some(named_by)) = (located.roots.is_empty(), named_by) {
            let looked: Vec<String> =
                located.looked.iter().map(|path| path.display().to_string()).collect();
            located
                .missing
                .push(format!("{named_by} names {}, which does not exist", looked.join(", ")));
        }
        located
    }
}

/// What a scan needs beside the place.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a> {
    /// The surroundings of the run.
    pub(crate) environment: &'a Environment,
    /// Bytes after which a long scan is saved.
    pub(crate) saved_after: u64,
    /// Told what has been read, from any thread.
    pub(crate) progress: &'a (dyn Fn(Progress) + Sync),
}

/// What there is to tell while a scan runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever shows progress must show all")]
pub enum Progress {
    /// So many files and bytes are going to be read.
    Planned {
        /// Number of files.
        files: u64,
        /// Bytes in them.
        bytes: u64,
    },
    /// Bytes of a file have been read.
    Bytes {
        /// How many.
        count: u64,
    },
    /// A file has been read to its end.
    File,
}
