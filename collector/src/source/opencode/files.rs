//! Messages as files: versions before 1.2.

use std::path::{Path, PathBuf};

use super::message::{Message, Part, Placed, Session, take};
use crate::adapter::{Log, ReadError, Sink, json_file};

/// Parts that tell what a step used are small; those that hold texts may be very large. Bytes.
const LARGEST_STEP: u64 = 4096;

pub(super) fn read(log: &Log<'_>, sink: &mut Sink<'_>) -> Result<(), ReadError> {
    let message: Message = log.document()?;
    if message.role.get() != Some("assistant") {
        return Ok(());
    }
    let id = message.id.get().unwrap_or(log.stem());
    let session = message.session_id.get().unwrap_or(log.folder(1));
    let steps = if message.needs_steps() {
        steps(&log.above(3).join("part").join(log.stem()))
    } else {
        Vec::new()
    };
    let about = Session::default();
    take(sink, &Placed { message: &message, id, session, about: &about }, &steps);
    Ok(())
}

/// The steps of a message, in the order of their names, which is that of time.
fn steps(folder: &Path) -> Vec<Part> {
    let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
    let is_small = |entry: &fs_err::DirEntry| {
        entry.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LARGEST_STEP)
    };
    let mut paths: Vec<PathBuf> = entries.filter(is_small).map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| json_file(path)).filter(Part::is_step).collect()
}
