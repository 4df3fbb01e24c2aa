//! What is to be forgotten stays out of what is merged.

use data_schema::{DayFile, Period, RecordSet, TOMBSTONES_FILE, Tombstones};

use super::Merge;
use crate::compact::month_file;
use crate::path::EntryKind;
use crate::{Changes, Snapshot, StoreError};

impl Merge<'_> {
    /// Takes out of what goes over there what is to be forgotten, here or there. Where a tombstone is new over there,
    /// files that have come there since are looked at as well: a month, for example, that another machine made of the
    /// days that were forgotten here.
    pub(super) fn obey_tombstones(&mut self) -> Result<(), StoreError> {
        let (ours, theirs) = (tombstones(self.sides.ours)?, tombstones(self.sides.theirs)?);
        let known = theirs.clone();
        let all = ours.union(theirs);
        if all.is_empty() {
            return Ok(());
        }
        let mut stripped = Changes::default();
        for (path, bytes) in self.merged.changes.iter() {
            if let Some(bytes) = bytes {
                strip(&all, path, bytes, &mut stripped);
            }
        }
        if all != known {
            self.strip_theirs(&all, &mut stripped)?;
        }
        for (path, bytes) in stripped.iter() {
            match bytes {
                Some(bytes) => self.merged.changes.write(path, bytes.to_vec()),
                None if self.sides.theirs.entry(path).is_some() => self.merged.changes.remove(path),
                None => self.merged.changes.forget(path),
            }
        }
        Ok(())
    }

    fn strip_theirs(&mut self, all: &Tombstones, into: &mut Changes) -> Result<(), StoreError> {
        let Self { sides, merged, .. } = self;
        for entry in sides.theirs.entries() {
            let path = entry.path.as_str();
            let is_planned = merged.changes.iter().any(|(planned, _)| planned == path);
            if is_planned || sides.ours.object(path) == sides.theirs.object(path) {
                continue;
            }
            match sides.theirs.object(path).filter(|id| !sides.theirs.has(*id)) {
                Some(absent) if matches!(entry.kind, EntryKind::Records(_)) => {
                    merged.wanted.push(absent);
                }
                Some(_) => {}
                None => strip(all, path, &sides.theirs.read(entry)?, into),
            }
        }
        Ok(())
    }
}

/// What a side knows to be forgotten.
fn tombstones(side: &Snapshot) -> Result<Tombstones, StoreError> {
    let is_here = side.object(TOMBSTONES_FILE).is_some_and(|id| side.has(id));
    let bytes = if is_here { side.read_path(TOMBSTONES_FILE)? } else { None };
    Ok(bytes.and_then(|bytes| Tombstones::parse(&bytes).ok()).unwrap_or_default())
}

/// Notes what becomes of a file.
fn strip(tombstones: &Tombstones, path: &str, bytes: &[u8], into: &mut Changes) {
    let mut parts = path.split('/').skip(1);
    if let (Some(machine), Some(provider), Some(_)) = (parts.next(), parts.next(), parts.next())
        && tombstones.memory().forgets_source(machine, provider)
    {
        // Limits and sums as well.
        into.remove(path);
        return;
    }
    let Ok(file) = DayFile::parse(bytes) else { return };
    let left = tombstones.strip(&file);
    if left.as_ref().is_some_and(|left| left.records.len() == file.records.len())
        || !file.is_ours_to_rewrite()
    {
        return;
    }
    into.remove(path);
    let Some(left) = left else { return };
    if let Period::Month(first) = left.period {
        let records: RecordSet = left.records.into_iter().collect();
        let origin = (&*left.machine, &*left.provider);
        if let Some((path, bytes)) = month_file(origin, first, left.collected_at, records) {
            into.write(path, bytes);
        }
    } else {
        into.write(path, left.to_bytes());
    }
}
