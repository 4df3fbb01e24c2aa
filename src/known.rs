//! Everything that is known, added up: the store and a fresh scan of the logs.

use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use chrono_tz::Tz;
use collector::{Scanned, ScannedSource};
use data_schema::settings::{Publish, SETTINGS_FILE, SharedSettings};
use data_schema::{FormatError, TOMBSTONES_FILE, Text, Tombstones, UtcSeconds};
use pricing::PriceBook;
use store::{Part, Problem, Snapshot, Store, StoreError, StoredMark};
use summarizer::{
    Input, Limits, Need, Only, Options, SummarizeError, Sums, Timeline, again_if_damaged,
    parse_settings, read_settings, sums,
};

use crate::current::spans::day;
use crate::exchange::fetch_content;
use crate::outcome::Failure;
use crate::output::{note, notes};
use crate::scan::scan_since;
use crate::session::{Identity, PROGRAM, Session};

pub(crate) mod evidence;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    /// The logs of this machine alone.
    pub(crate) local: bool,
    /// Without what earlier runs kept of the logs.
    pub(crate) no_cache: bool,
    /// What sums must have; there may be more.
    pub(crate) need: Need,
}

impl Default for Ask {
    fn default() -> Self {
        Self { local: false, no_cache: false, need: Need::CELLS }
    }
}

/// What holds before anything is read.
pub(crate) struct Frame<'a> {
    pub(crate) zone: Tz,
    pub(crate) book: &'a PriceBook,
    pub(crate) settings: &'a SharedSettings,
}

/// What is known.
pub(crate) struct Known {
    pub(crate) sums: Sums,
    pub(crate) scanned: Scanned,
    /// Files of the store that could not be used.
    pub(crate) problems: Vec<Problem>,
    pub(crate) zone: Tz,
    /// The prices that amounts are made with, and who pays them.
    pub(crate) book: PriceBook,
    /// What all machines share.
    pub(crate) settings: SharedSettings,
}

/// What the logs of this machine alone come to.
pub(crate) struct Local {
    pub(crate) sums: Sums,
    pub(crate) scanned: Scanned,
    pub(crate) zone: Tz,
}

/// Hours and windows of everything that is known.
pub(crate) struct KnownTimeline {
    pub(crate) timeline: Timeline,
    /// What vendors said, where it was asked for.
    pub(crate) limits: Limits,
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
    settings: SharedSettings,
    /// Whether the prices are not those in force.
    is_other: bool,
    /// Whether it is the scan's content that turned out to be damaged, and not the store's.
    scan_is_damaged: Cell<bool>,
}

/// Reads the logs and the store. The store is not changed.
pub(crate) fn read(session: &Session, ask: Ask) -> Result<Known, Failure> {
    read_for(session, ask, |_| Ok((ask.need, ()))).map(|(known, ())| known)
}

/// The same for a question, which needs no more than it says.
pub(crate) fn read_for<T>(
    session: &Session,
    ask: Ask,
    question: impl FnOnce(&Frame<'_>) -> Result<(Need, T), Failure>,
) -> Result<(Known, T), Failure> {
    let mut making = Making::open(session, ask)?;
    let Making { zone, book, settings, .. } = &making;
    let (need, question) = question(&Frame { zone: *zone, book, settings })?;
    making.ask.need = need;
    let mut known = making.known()?;
    notes(known.scanned.notices());
    Ok((known, question))
}

/// The same by the prices in force, and by others that are made of them. Of the latter, nothing is kept.
pub(crate) fn read_both(
    session: &Session,
    ask: Ask,
    other: impl FnOnce(&PriceBook) -> Result<PriceBook, Failure>,
) -> Result<(Known, Known), Failure> {
    let mut making = Making::open(session, ask)?;
    let mut known = making.known()?;
    notes(known.scanned.notices());
    making.book = other(&making.book)?;
    making.is_other = true;
    Ok((known, making.known()?))
}

/// The same for hours of the day and windows of five hours. Of `only`, projects and machines are honoured here; `limits`
/// asks for what vendors said as well, in the store and in logs that are not stored yet.
pub(crate) fn read_timeline(
    session: &Session,
    ask: Ask,
    only: &Only,
    limits: bool,
) -> Result<KnownTimeline, Failure> {
    let making = Making::open(session, ask)?;
    let mark = if limits { Some(making.mark()?) } else { None };
    let mut known = again_if_damaged(|| making.timeline(making.scan(mark.as_ref()), only))?;
    if limits {
        let problems = making.limits(&mut known)?;
        known.problems.extend(problems);
        known.problems.sort_by(|one, other| one.path.cmp(&other.path));
        known.problems.dedup_by(|one, other| one.path == other.path);
    }
    notes(known.scanned.notices());
    Ok(known)
}

/// The sums of logs that were scanned for another reason, those of this machine alone.
pub(crate) fn local_sums(session: &Session, scanned: Scanned) -> Result<Local, Failure> {
    let ask = Ask { local: true, ..Ask::default() };
    let making = Making::new(session, ask, None, SharedSettings::default())?;
    let Made { value: sums, scanned, .. } = making.sums(scanned)?;
    Ok(Local { sums, scanned, zone: making.zone })
}

/// What holds for the logs of this machine alone, without any records, and the zone of their days.
pub(crate) fn agreed_input(session: &Session) -> Result<(Input, Tz), Failure> {
    let zone = session.zone(&SharedSettings::default());
    Ok((Agreed::read(session)?.input(), zone))
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

impl Known {
    /// The day of the report zone that an instant lies in.
    pub(crate) fn day(&self, at: UtcSeconds) -> NaiveDate {
        day(self.zone, at)
    }
}

impl Frame<'_> {
    /// The day of the report zone that an instant lies in.
    pub(crate) fn day(&self, at: UtcSeconds) -> NaiveDate {
        day(self.zone, at)
    }
}

/// Makes something of everything that is known.
type Make<'m, T> = dyn Fn(&mut Input, &Options<'_>) -> Result<T, SummarizeError> + 'm;

/// Keeps it under a key.
type Save<'m, T> = dyn Fn(&T, &Path, &[u8]) -> io::Result<()> + 'm;

/// What is made once and kept in a file.
struct Cached<'m, T> {
    path: PathBuf,
    /// What it depends on beside the store, the logs and the settings.
    of: Vec<u8>,
    load: &'m dyn Fn(&Path, &[u8]) -> Option<T>,
    make: &'m Make<'m, T>,
    save: &'m Save<'m, T>,
}

/// What was made, or read.
struct Made<T> {
    value: T,
    scanned: Scanned,
    problems: Vec<Problem>,
}

impl<'a> Making<'a> {
    fn open(session: &'a Session, ask: Ask) -> Result<Self, Failure> {
        let store = if ask.local { None } else { session.existing_store()? };
        let store =
            store.map(|store| store.snapshot().map(|snapshot| (store, snapshot))).transpose()?;
        let settings = match &store {
            Some((_, snapshot)) => read_settings(snapshot)?,
            None => SharedSettings::default(),
        };
        notes(&settings.notices());
        Self::new(session, ask, store, settings)
    }

    fn new(
        session: &'a Session,
        ask: Ask,
        store: Option<(Store, Snapshot)>,
        settings: SharedSettings,
    ) -> Result<Self, Failure> {
        let (machine, zone) = (session.identity_to_read()?, session.zone(&settings));
        let book = session.prices(store.as_ref().map(|(_, snapshot)| snapshot))?;
        let agreed = if store.is_none() { Agreed::read(session)? } else { Agreed::default() };
        let (is_other, scan_is_damaged) = (false, Cell::new(false));
        let settings = if store.is_some() { settings } else { agreed.settings.clone() };
        Ok(Self {
            session,
            ask,
            store,
            machine,
            zone,
            book,
            agreed,
            settings,
            is_other,
            scan_is_damaged,
        })
    }

    fn known(&self) -> Result<Known, Failure> {
        let made = again_if_damaged(|| self.sums(self.scan(None)))?;
        let Made { value: sums, scanned, problems } = made;
        let (zone, book, settings) = (self.zone, self.book.clone(), self.settings.clone());
        Ok(Known { sums, scanned, problems, zone, book, settings })
    }

    /// Reads the logs. `mark`: what the store holds already, to find out what vendors said since.
    fn scan(&self, mark: Option<&StoredMark>) -> Scanned {
        if self.scan_is_damaged.take() {
            self.session.forget_scan_cache();
        }
        let cache = (!self.ask.no_cache).then(|| self.session.scan_cache());
        scan_since(self.session, cache.as_deref(), mark)
    }

    /// The sums of an earlier run, if nothing has changed since; else new ones.
    fn sums(&self, scanned: Scanned) -> Result<Made<Sums>, SummarizeError> {
        self.made(
            scanned,
            &Cached {
                path: self.path(),
                of: Vec::new(),
                load: &|path, key| Sums::load(path, key, &self.ask.need),
                make: &|input, options| sums(input, options, self.ask.need.sessions.is_some()),
                save: &Sums::save,
            },
        )
    }

    /// The same for hours and windows.
    fn timeline(&self, scanned: Scanned, only: &Only) -> Result<KnownTimeline, SummarizeError> {
        let is_part = !(only.machines.is_empty() && only.projects.is_empty());
        let name = match (self.ask.local, is_part) {
            (false, false) => "timeline.bin",
            (false, true) => "timeline-part.bin",
            (true, false) => "timeline-local.bin",
            (true, true) => "timeline-local-part.bin",
        };
        let made = self.made(
            scanned,
            &Cached {
                path: self.session.cache_folder().join(name),
                of: format!(" {:?} {:?}", only.machines, only.projects).into_bytes(),
                load: &Timeline::load,
                make: &|input, options| Timeline::of(input, options, only),
                save: &Timeline::save,
            },
        )?;
        let Made { value: timeline, scanned, problems } = made;
        let limits = Limits::default();
        Ok(KnownTimeline { timeline, limits, scanned, problems, zone: self.zone })
    }

    /// What an earlier run has made, if nothing has changed since; else it is made anew.
    fn made<T>(
        &self,
        mut scanned: Scanned,
        cached: &Cached<'_, T>,
    ) -> Result<Made<T>, SummarizeError> {
        let key = |scan| [self.key(scan), cached.of.clone()].concat();
        let known = scanned.known_fingerprint().map(key).filter(|_| !self.is_other);
        if let Some(value) = known.and_then(|key| (cached.load)(&cached.path, &key)) {
            return Ok(Made { value, scanned, problems: Vec::new() });
        }
        let (input, value) = self.make(&mut scanned, cached.make).inspect_err(|_| {
            let is_damaged = |source: &ScannedSource| {
                let blocks = source.blocks();
                !blocks.is_ok_and(|blocks| blocks.iter().all(|block| block.bytes().is_ok()))
            };
            self.scan_is_damaged.set(scanned.sources.iter().any(is_damaged));
        })?;
        notes(&input.notices);
        // What could not be read is told at every run.
        let is_kept = input.problems.is_empty() && !self.is_other;
        if let (Some(scan), true) = (scanned.fingerprint(), is_kept)
            && let Err(error) = fs_err::create_dir_all(self.session.cache_folder())
                .and_then(|()| (cached.save)(&value, &cached.path, &key(scan)))
        {
            note(&format!("note: the next report will be made anew: {error}"));
        }
        Ok(Made { value, scanned, problems: input.problems })
    }

    fn make<T>(
        &self,
        scanned: &mut Scanned,
        make: &Make<'_, T>,
    ) -> Result<(Input, T), SummarizeError> {
        let mut input = self.input(scanned)?;
        let options = Options {
            zone: self.zone,
            as_of: None,
            publish: Publish::everything(),
            prices: &self.book,
        };
        let made = make(&mut input, &options)?;
        Ok((input, made))
    }

    /// What the store holds of the logs of this machine.
    fn mark(&self) -> Result<StoredMark, Failure> {
        let Some((store, _)) = &self.store else { return Ok(StoredMark::default()) };
        let machine = store.machine_name(&self.machine.name, &self.machine.id)?;
        Ok(store.stored_mark(&machine)?)
    }

    /// Adds what vendors said; returns files of the store that could not be used.
    fn limits(&self, known: &mut KnownTimeline) -> Result<Vec<Problem>, Failure> {
        let machine = match &self.store {
            Some((store, _)) => store.machine_name(&self.machine.name, &self.machine.id)?,
            None => self.machine.name.clone(),
        };
        let machine = Text::from(machine);
        let mut fresh = Vec::new();
        for source in &mut known.scanned.sources {
            let limits = std::mem::take(&mut source.limits).into_iter();
            fresh.extend(limits.map(|one| (machine.clone(), Text::from(source.id), one)));
        }
        let snapshot = self.store.as_ref().map(|(_, snapshot)| snapshot);
        let tombstones = match snapshot {
            Some(snapshot) => snapshot.tombstones()?,
            None => self.agreed.tombstones.clone(),
        };
        let (limits, problems) = Limits::gather(snapshot, tombstones, fresh);
        known.limits = limits;
        Ok(problems)
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
        let name = match (self.ask.local, self.ask.need.sessions.is_some()) {
            (true, false) => "sums-local.bin",
            (true, true) => "sums-local-sessions.bin",
            (false, false) => "sums.bin",
            (false, true) => "sums-sessions.bin",
        };
        self.session.cache_folder().join(name)
    }
}
