//! Sources: the tools whose logs are read. Adding one is a folder below `source/` and a line in
//! [`SOURCES`].

use std::path::PathBuf;

use data_schema::{LimitReading, RecordSet};
use store::FileStamp;

use crate::environment::Environment;
use crate::project::Projects;
use crate::report::SourceReport;

mod claude_code;
mod codex;

/// All sources, in the order of output.
pub static SOURCES: [&dyn Source; 2] = [&claude_code::ClaudeCode, &codex::Codex];

/// A tool whose logs are read.
pub trait Source: Sync {
    /// The provider's id: name of its folder in the store.
    fn id(&self) -> &'static str;

    /// The tool's name for people.
    fn title(&self) -> &'static str;

    /// The key below `providers.<id>` that says where the tool keeps its files.
    fn directory_key(&self) -> &'static str;

    /// Where the logs are, or would be.
    fn locate(&self, place: &Place<'_>) -> Located;

    /// Reads the logs. Damage is told in the report and never stops the rest.
    fn scan(&self, roots: &[PathBuf], scan: &Scan<'_>) -> Scanned;
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
#[expect(clippy::exhaustive_structs, reason = "the collect run and tests build it")]
pub struct Scan<'a> {
    /// The surroundings of the run.
    pub environment: &'a Environment,
    /// Looks up projects.
    pub projects: &'a Projects,
    /// Whether what a file holds is stored already, so that it need not be read.
    pub is_stored: &'a (dyn Fn(&FileStamp) -> bool + Sync),
    /// Told the bytes that have been read, from any thread.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

impl std::fmt::Debug for Scan<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Scan")
            .field("environment", self.environment)
            .finish_non_exhaustive()
    }
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
    /// A file of so many bytes has been read.
    Read {
        /// Its size.
        bytes: u64,
    },
}

/// What a scan found.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "sources build it")]
pub struct Scanned {
    /// One per response.
    pub records: RecordSet,
    /// What the vendor said about limits.
    pub limits: Vec<LimitReading>,
    /// Every file that was read to its end now or is stored already, as it was when the scan began.
    pub stamps: Vec<FileStamp>,
    /// How it went.
    pub report: SourceReport,
}
