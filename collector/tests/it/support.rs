//! Scans of a folder that stands for a home.

use std::collections::BTreeMap;
use std::path::Path;

use collector::source::{SOURCES, Source};
use collector::{
    Config, Environment, Platform, ScanOptions, ScannedSource, SourceReport, scan_sources,
};
use data_schema::{LimitReading, RecordSet, Tokens, UsageRecord};
use store::{FileStamp, StoredMark};

/// The run's own time in all tests.
pub(crate) const NOW: &str = "2026-06-01T00:00:00Z";

pub(crate) fn environment(home: &Path) -> Environment {
    Environment {
        home: home.to_owned(),
        other_homes: Vec::new(),
        variables: BTreeMap::new(),
        platform: Platform::Linux,
        now: NOW.parse().unwrap(),
    }
}

pub(crate) fn source(id: &str) -> &'static dyn Source {
    *SOURCES.iter().find(|source| source.id() == id).unwrap()
}

/// One class of tokens, over all records that tell it.
pub(crate) fn sum(records: &[UsageRecord], field: impl Fn(&UsageRecord) -> Option<Tokens>) -> u64 {
    records.iter().filter_map(field).map(Tokens::get).sum()
}

/// What a scan of one source found.
pub(crate) struct Found {
    pub(crate) records: RecordSet,
    pub(crate) limits: Vec<LimitReading>,
    pub(crate) stamps: Vec<FileStamp>,
    pub(crate) report: SourceReport,
}

/// Reads what one source has below `home`, without a cache.
pub(crate) fn scan(id: &str, home: &Path) -> Found {
    scan_in(id, &environment(home))
}

/// The same in other surroundings.
pub(crate) fn scan_in(id: &str, environment: &Environment) -> Found {
    let scanned = scan_sources(&ScanOptions {
        environment,
        config: &Config::default(),
        only: &[id.to_owned()],
        cache: None,
        saved_after: collector::SAVED_AFTER,
        mark: Some(&StoredMark::default()),
        progress: &|_, _| {},
    });
    let source = scanned.sources.into_iter().next().unwrap();
    let records = source.records().unwrap();
    let ScannedSource { limits, stamps, report, .. } = source;
    Found { records, limits, stamps, report }
}
