//! The same record by record, for verbs that look at single responses.

use chrono_tz::Tz;
use collector::Scanned;
use data_schema::Text;
use data_schema::settings::SharedSettings;
use pricing::PriceBook;
use store::Problem;
use summarizer::{Input, SummarizeError, again_if_damaged};

use super::{Ask, Making};
use crate::outcome::Failure;
use crate::output::notes;
use crate::scan::scan;
use crate::session::Session;

/// What it takes to show records.
pub(crate) struct Ground {
    pub(crate) scanned: Scanned,
    /// Files of the store that could not be used.
    pub(crate) problems: Vec<Problem>,
    pub(crate) zone: Tz,
    pub(crate) book: PriceBook,
    pub(crate) settings: SharedSettings,
    /// Name of this machine in the store.
    pub(crate) machine: Text,
}

/// What is handed on: all records, with the number of parts that the store gave; the others are those of the logs.
pub(crate) struct Evidence<'a> {
    pub(crate) input: &'a mut Input,
    pub(crate) stored_parts: usize,
    pub(crate) zone: Tz,
}

/// Reads the logs and the store, and hands on what they hold. The store is not changed.
pub(crate) fn look<T>(
    session: &Session,
    ask: Ask,
    mut take: impl FnMut(Evidence<'_>) -> Result<T, SummarizeError>,
) -> Result<(T, Ground), Failure> {
    let making = Making::open(session, ask)?;
    let machine = match &making.store {
        Some((store, _)) => store.machine_name(&making.machine.name, &making.machine.id)?,
        None => making.machine.name.clone(),
    };
    let mut again = false;
    let (taken, scanned, problems) = again_if_damaged(|| {
        // What turned out to be damaged may be the scan's.
        if std::mem::replace(&mut again, true) {
            session.forget_scan_cache();
        }
        let cache = (!ask.no_cache).then(|| session.scan_cache());
        let mut scanned = scan(session, cache.as_deref());
        let mut input = making.input(&mut scanned)?;
        notes(&input.notices);
        let problems = std::mem::take(&mut input.problems);
        let stored_parts = input.parts.len().saturating_sub(scanned.sources.len());
        let taken = take(Evidence { input: &mut input, stored_parts, zone: making.zone })?;
        Ok::<_, SummarizeError>((taken, scanned, problems))
    })?;
    let Making { zone, book, settings, .. } = making;
    Ok((taken, Ground { scanned, problems, zone, book, settings, machine: machine.into() }))
}
