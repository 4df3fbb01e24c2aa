//! Everything that is known, added up: the store and a fresh scan of the logs.

use std::cell::Cell;
use std::path::PathBuf;

use chrono_tz::Tz;
use collector::{Scanned, ScannedSource};
use data_schema::settings::{Publish, SETTINGS_FILE, SharedSettings};
use data_schema::{FormatError, TOMBSTONES_FILE, Text, Tombstones};
use pricing::PriceBook;
use store::{Part, Problem, Snapshot, Store, StoreError};
use summarizer::{
    Input, Options, SummarizeError, Sums, again_if_damaged, parse_settings, read_settings, sums,
};

use crate::exchange::fetch_content;
use crate::outcome::Failure;
use crate::output::{note, notes};
use crate::scan::scan;
use crate::session::{Identity, PROGRAM, Session};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    /// The logs of this machine alone.
    pub(crate) local: bool,
    /// Without what earlier runs kept of the logs.
    pub(crate) no_cache: bool,
    /// Sessions as well.
    pub(crate) sessions: bool,
}

/// What is known.
pub(crate) struct Known {
    pub(crate) sums: Sums,
    pub(crate) scanned: Scanned,
    /// Files of the store that could not be used.
    pub(crate) problems: Vec<Problem>,
    pub(crate) zone: Tz,
}

/// How sums are made.
struct Making<'a> {
    session: &'a Session,
    ask: Ask,
    store: Option<(Store, Snapshot)>,
    machine: Identity,
    zone: Tz,
    book: PriceBook,
    /// Where the store is not asked: what it says of any record all the same.
    agreed: Agreed,
    /// Whether it is the scan's content that turned out to be damaged, and not the store's.
    scan_is_damaged: Cell<bool>,
}

/// Reads the logs and the store. The store is not changed.
pub(crate) fn read(session: &Session, ask: Ask) -> Result<Known, Failure> {
    let store = if ask.local { None } else { session.existing_store()? };
    let store =
        store.map(|store| store.snapshot().map(|snapshot| (store, snapshot))).transpose()?;
    let settings = match &store {
        Some((_, snapshot)) => read_settings(snapshot)?,
        None => SharedSettings::default(),
    };
    notes(&settings.notices());
    let making = Making::new(session, ask, store, &settings)?;
    let mut known = again_if_damaged(|| {
        if making.scan_is_damaged.take() {
            session.forget_scan_cache();
        }
        let cache = (!ask.no_cache).then(|| session.scan_cache());
        let scanned = scan(session, cache.as_deref());
        making.sums(scanned)
    })?;
    notes(known.scanned.notices());
    Ok(known)
}

/// The sums of logs that were scanned for another reason, those of this machine alone.
pub(crate) fn local_sums(session: &Session, scanned: Scanned) -> Result<(Sums, Tz), Failure> {
    let ask = Ask { local: true, no_cache: false, sessions: false };
    let making = Making::new(session, ask, None, &SharedSettings::default())?;
    let known = making.sums(scanned)?;
    Ok((known.sums, known.zone))
}

/// What holds for the logs of this machine as well: what is to be forgotten, and how machines are shown. Two small
/// files of the store, so that this costs the same however large it is.
#[derive(Debug, Default)]
struct Agreed {
    tombstones: Tombstones,
    settings: SharedSettings,
}

impl Agreed {
    /// A store that cannot be opened says nothing: its verbs tell what is wrong with it.
    fn read(session: &Session) -> Result<Self, Failure> {
        let Ok(Some(store)) = session.existing_store() else { return Ok(Self::default()) };
        let Ok(tombstones) = store.root_file(TOMBSTONES_FILE) else { return Ok(Self::default()) };
        let tombstones = tombstones.map(|bytes| Tombstones::parse(&bytes)).transpose();
        let reason = |error: FormatError| StoreError::Tombstones { reason: error.to_string() };
        let tombstones = tombstones.map_err(reason)?.unwrap_or_default();
        let settings = store.root_file(SETTINGS_FILE).ok().flatten();
        let settings = settings.and_then(|bytes| parse_settings(&bytes).ok()).unwrap_or_default();
        Ok(Self { tombstones, settings })
    }

    fn input(&self) -> Input {
        let settings = SharedSettings {
            machine_names: self.settings.machine_names.clone(),
            ..SharedSettings::default()
        };
        Input { tombstones: self.tombstones.clone(), settings, ..Input::default() }
    }

    fn fingerprint(&self) -> u64 {
        let names = format!("{:?}", self.settings.machine_names);
        store::check(&[self.tombstones.to_bytes(), names.into_bytes()].concat())
    }
}

impl<'a> Making<'a> {
    fn new(
        session: &'a Session,
        ask: Ask,
        store: Option<(Store, Snapshot)>,
        settings: &SharedSettings,
    ) -> Result<Self, Failure> {
        let (machine, zone) = (session.identity_to_read()?, session.zone(settings));
        let book = session.prices(store.as_ref().map(|(_, snapshot)| snapshot))?;
        let agreed = if store.is_none() { Agreed::read(session)? } else { Agreed::default() };
        let scan_is_damaged = Cell::new(false);
        Ok(Self { session, ask, store, machine, zone, book, agreed, scan_is_damaged })
    }

    /// The sums of an earlier run, if nothing has changed since; else new ones.
    fn sums(&self, mut scanned: Scanned) -> Result<Known, SummarizeError> {
        let key = scanned.known_fingerprint().map(|scan| self.key(scan));
        let known = key.and_then(|key| Sums::load(&self.path(), &key));
        if let Some(sums) = known.filter(|sums| sums.has_sessions() || !self.ask.sessions) {
            return Ok(Known { sums, scanned, problems: Vec::new(), zone: self.zone });
        }
        let (input, sums) = self.new_sums(&mut scanned).inspect_err(|_| {
            let is_damaged = |source: &ScannedSource| {
                let blocks = source.blocks();
                !blocks.is_ok_and(|blocks| blocks.iter().all(|block| block.bytes().is_ok()))
            };
            self.scan_is_damaged.set(scanned.sources.iter().any(is_damaged));
        })?;
        notes(&input.notices);
        // What could not be read is told at every run.
        if let (Some(scan), true) = (scanned.fingerprint(), input.problems.is_empty())
            && let Err(error) = sums.save(&self.path(), &self.key(scan))
        {
            note(&format!("note: the next report will be made anew: {error}"));
        }
        Ok(Known { sums, scanned, problems: input.problems, zone: self.zone })
    }

    fn new_sums(&self, scanned: &mut Scanned) -> Result<(Input, Sums), SummarizeError> {
        let mut input = self.input(scanned)?;
        let options = Options {
            zone: self.zone,
            as_of: None,
            publish: Publish::everything(),
            prices: &self.book,
        };
        let sums = sums(&mut input, &options, self.ask.sessions)?;
        Ok((input, sums))
    }

    fn input(&self, scanned: &mut Scanned) -> Result<Input, SummarizeError> {
        let (mut input, machine) = match &self.store {
            Some((store, snapshot)) => {
                let machine = store.machine_name(&self.machine.name, &self.machine.id)?;
                fetch_content(store);
                (Input::from_snapshot(snapshot)?, machine)
            }
            None => (self.agreed.input(), self.machine.name.clone()),
        };
        let machine = Text::from(machine);
        for source in &mut scanned.sources {
            let mut blocks = source.blocks().map_err(|_| SummarizeError::Damaged)?;
            for block in &mut blocks {
                block.machine = Text::clone(&machine);
            }
            match source.ids.take() {
                Some(ids) => input.parts.push(Part { blocks, ids }),
                None => input.add_blocks(blocks)?,
            }
        }
        Ok(input)
    }

    /// Everything that the sums depend on, the scan by its fingerprint.
    fn key(&self, scan: u64) -> Vec<u8> {
        let store = self.store.as_ref().map_or(0, |(_, snapshot)| snapshot.fingerprint());
        let (zone, prices) = (self.zone, self.book.fingerprint());
        let (name, id) = (&self.machine.name, &self.machine.id);
        let agreed = self.agreed.fingerprint();
        format!("{PROGRAM} {scan:x} {store:x} {agreed:x} {prices:x} {zone} {name} {id}")
            .into_bytes()
    }

    fn path(&self) -> PathBuf {
        let name = match (self.ask.local, self.ask.sessions) {
            (true, false) => "sums-local.bin",
            (true, true) => "sums-local-sessions.bin",
            (false, false) => "sums.bin",
            (false, true) => "sums-sessions.bin",
        };
        self.session.cache_folder().join(name)
    }
}
