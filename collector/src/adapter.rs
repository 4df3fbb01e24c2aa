//! The ground that sources stand on: every log is read as a whole, stands for itself, and is handed on response by
//! response.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use data_schema::packed::Damaged;

use crate::files::LogFile;
use crate::logs::{Logs, Read, Reading};
use crate::report::SourceReport;
use crate::source::{Info, Keeps, Located, Place, Source, locate};
use crate::trace::Places;

pub(crate) use counts::{Counts, Shape, together};
pub(crate) use database::{Database, Row, write_ahead};
pub(crate) use draft::Draft;
pub(crate) use log::{Log, ReadError, json_file, readable};
pub(crate) use overlap::logs_itself;
pub(crate) use sink::Sink;
pub(crate) use spellings::AnyUsage;
pub(crate) use uri::{file_path, percent_decoded};

mod counts;
mod database;
mod draft;
mod log;
mod overlap;
mod sink;
mod spellings;
mod uri;

/// A source whose logs stand each for itself.
pub(crate) trait Adapter: Sync {
    /// What is known of it.
    fn info(&self) -> &Info;

    /// Where the logs are, or would be.
    fn locate(&self, place: &Place<'_>) -> Located {
        locate(self.info(), place)
    }

    /// Whether a file is a log.
    fn is_log(&self, path: &Path) -> bool;

    /// The file beside a log that changes what the log gives: for a database,
    /// [`write_ahead`].
    fn companion(&self, _log: &Path) -> Option<PathBuf> {
        None
    }

    /// More places of logs, named by files in the folders that were found.
    fn named_in(&self, _folders: &[PathBuf]) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Reads one log into the sink. What was taken before an error counts.
    fn read(&self, log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError>;

    /// Days after which the tool deletes a log; asked for the tool's own settings.
    fn retention_days(&self, _roots: &[PathBuf]) -> Option<u32> {
        match self.info().keeps {
            Keeps::Days(days) => Some(days),
            _ => None,
        }
    }
}

#[expect(private_interfaces, reason = "sources are written in this crate")]
impl<A: Adapter> Source for A {
    fn info(&self) -> &Info {
        Adapter::info(self)
    }

    fn locate(&self, place: &Place<'_>) -> Located {
        let mut located = Adapter::locate(self, place);
        let named = self.named_in(&located.roots);
        located.add(Located::among(named, None));
        located
    }

    fn is_log(&self, path: &Path) -> bool {
        Adapter::is_log(self, path)
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        Adapter::companion(self, log)
    }

    fn read(&self, logs: &mut Logs<'_>) -> Result<(), Damaged> {
        let changed = logs.changed_logs();
        logs.read(&changed, |file, reading, _| read_log(self, file, reading), |_, ()| {})
    }

    fn places(&self, file: &LogFile, reading: Reading<'_>) -> Places {
        let mut sink = Sink::new(Adapter::info(self), &file.path).noting_places();
        let log = Log { path: &file.path, reading };
        // Whatever is wrong with the log was told by the scan.
        let _ = catch_unwind(AssertUnwindSafe(|| self.read(&log, &mut sink)));
        sink.into_places()
    }

    fn retention_days(&self, roots: &[PathBuf]) -> Option<u32> {
        Adapter::retention_days(self, roots)
    }
}

fn read_log<A: Adapter>(adapter: &A, file: &LogFile, reading: Reading<'_>) -> Read<()> {
    let mut sink = Sink::new(Adapter::info(adapter), &file.path);
    let log = Log { path: &file.path, reading };
    let result = catch_unwind(AssertUnwindSafe(|| adapter.read(&log, &mut sink)));
    let reason = match result {
        Ok(Ok(())) => None,
        Ok(Err(error)) if error.is_gone() => Some(None),
        Ok(Err(error)) => Some(Some(error.to_string())),
        // One file must not cost the others; the panic has told its place.
        Err(_) => Some(Some("ended this parser: that is a bug, please report it".to_owned())),
    };
    let is_whole = reason.is_none();
    let mut report = SourceReport::default();
    reason.flatten().into_iter().for_each(|reason| report.fail(&file.path, reason));
    // What is known of a log is not given up for nothing.
    let contribution = (is_whole || !sink.is_empty()).then(|| sink.finish(reading.clock));
    Read { contribution, is_whole, report, rest: () }
}
