//! A run without secrets: what looks like a key or an address in a name is replaced by its hash before it is stored.

use std::borrow::Cow;

use data_schema::{RecordSet, Redactor, Secret};

use crate::run::{Run, SourceRun};

/// The run as it may be stored, and what was found: different texts of each kind. Without a find, nothing is copied.
pub(crate) fn clean(run: &Run) -> (Cow<'_, Run>, Vec<(Secret, usize)>) {
    let mut redactor = Redactor::default();
    let mut clean = Cow::Borrowed(run);
    for (place, source) in run.sources.iter().enumerate() {
        if let Some(source) = clean_source(source, &mut redactor) {
            clean.to_mut().sources[place] = source;
        }
    }
    (clean, redactor.found().collect())
}

fn clean_source(source: &SourceRun, redactor: &mut Redactor) -> Option<SourceRun> {
    let records: Vec<_> =
        source.records.iter().filter_map(|record| redactor.record(record)).collect();
    let limits: Vec<_> = source.limits.iter().map(|reading| redactor.limit(reading)).collect();
    if records.is_empty() && limits.iter().all(Option::is_none) {
        return None;
    }
    let mut clean = source.clone();
    let replaced: RecordSet = records.into_iter().collect();
    clean.records.retain(|record| replaced.get(record.id).is_none());
    clean.records.extend(replaced.into_sorted());
    for (reading, new) in clean.limits.iter_mut().zip(limits) {
        if let Some(new) = new {
            *reading = new;
        }
    }
    Some(clean)
}
