//! What the fuzz targets of this project feed. It is not for anybody else, and may change at any time.

use std::path::{Path, PathBuf};

use data_schema::UsageRecord;
use data_schema::packed::{Damaged, Unpacker};

use super::{Info, SOURCES, Scan, Source};
use crate::cache::Cache;
use crate::environment::Environment;
use crate::logs::Logs;

/// What one file gave.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Given {
    /// Its records, as they were read.
    pub records: Vec<UsageRecord>,
    /// Damage that was told.
    pub warnings: Vec<String>,
}

/// A source that takes every file for a log.
#[derive(Clone, Copy)]
struct Any(&'static dyn Source);

impl Source for Any {
    fn info(&self) -> &Info {
        self.0.info()
    }

    fn is_log(&self, _path: &Path) -> bool {
        true
    }

    fn companion(&self, log: &Path) -> Option<PathBuf> {
        self.0.companion(log)
    }

    fn read(&self, logs: &mut Logs<'_>) -> Result<(), Damaged> {
        self.0.read(logs)
    }
}

/// Reads one file as a log of every source, whatever its name; by id of the source.
pub fn read_as_all(file: &Path, environment: &Environment) -> Vec<(&'static str, Given)> {
    SOURCES.iter().map(|source| (source.id(), read_as(Any(*source), file, environment))).collect()
}

fn read_as(source: Any, file: &Path, environment: &Environment) -> Given {
    let scan = Scan { environment, saved_after: u64::MAX, progress: &|_| {} };
    let mut cache = Cache::none();
    let mut given = Given::default();
    let mut logs = Logs::find(&source, &[file.to_owned()], &scan, &mut cache);
    let read = source.read(&mut logs);
    let keys: Vec<u64> = logs.files.iter().map(|file| file.key).collect();
    let report = std::mem::take(&mut logs.report);
    given.warnings.extend(report.warnings.into_iter().map(|warning| warning.reason));
    given.warnings.extend(read.is_err().then(|| "what was just read is damaged".to_owned()));
    for key in keys {
        let Some(entry) = cache.entry(source.id(), key) else { continue };
        let Ok(contribution) = cache.contribution(entry) else { continue };
        given.warnings.extend(contribution.warnings.iter().map(|(_, reason)| reason.clone()));
        let records = &contribution.records;
        let mut unpacker = Unpacker::new(&records.packed, &records.words);
        while let Ok(Some(record)) = unpacker.advance() {
            given.records.push(record.clone());
        }
    }
    given
}
