//! A run over all interfaces that are wanted.

use std::io;
use std::path::Path;

use data_schema::{LimitReading, RecordSet, UtcSeconds};

use super::ask::{Ask, InterfaceError};
use super::state::{Last, State};
use super::{Access, Interface, Statements, Window};
use crate::http::Http;
use crate::report::SourceReport;

/// Makes the network for one interface.
pub type NewHttp<'a> = &'a mut dyn FnMut() -> Box<dyn Http>;

/// An interface that the configuration has a section for.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "the command and tests build it")]
pub struct Wanted {
    /// Which.
    pub interface: &'static dyn Interface,
    /// What opens it, or why there is nothing.
    pub access: Result<Access, String>,
    /// Whether a person asked for it now, however short ago it was asked.
    pub now: bool,
}

/// What all interfaces told.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Asked {
    pub(crate) sources: Vec<AskedSource>,
    state: State,
}

/// What one told.
#[derive(Debug)]
pub(crate) struct AskedSource {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) records: RecordSet,
    pub(crate) limits: Vec<LimitReading>,
    pub(crate) report: SourceReport,
}

impl Asked {
    /// Notes what was asked, once what was told is stored.
    ///
    /// # Errors
    ///
    /// The file cannot be written: the same is asked again.
    pub fn note(&self, path: &Path) -> io::Result<()> {
        if self.sources.is_empty() { Ok(()) } else { self.state.write(path) }
    }
}

/// Asks all that are wanted and due, one after the other. `noted` is the file of [`Asked::note`]. One that fails never
/// stops the others.
pub fn ask_all(wanted: Vec<Wanted>, noted: &Path, now: UtcSeconds, http: NewHttp<'_>) -> Asked {
    let mut asked = Asked { sources: Vec::new(), state: State::read(noted) };
    let mut is_offline = false;
    for Wanted { interface, access, now: at_once } in wanted {
        let mut source = AskedSource {
            id: interface.id(),
            title: interface.info().title(),
            records: RecordSet::default(),
            limits: Vec::new(),
            report: SourceReport::new(interface.id()),
        };
        match access {
            Err(reason) => source.report.fail(Path::new(""), reason),
            Ok(access) => {
                let last = asked.state.last(source.id, &access.fingerprint());
                if last.is_some_and(|last| last.is_recent(now)) && !at_once {
                    continue;
                }
                let run = Run { interface, access: &access, now };
                let error = run.ask(&mut *http(), &mut asked.state, &mut source);
                is_offline |= source.tell(error, is_offline);
            }
        }
        asked.sources.push(source);
    }
    asked
}

impl AskedSource {
    /// Tells why it was not asked to the end. That there is no network is told once. Returns whether it is so.
    fn tell(&mut self, error: Option<InterfaceError>, was_offline: bool) -> bool {
        let Some(error) = error else { return false };
        let is_offline = error.is_offline();
        if is_offline && was_offline {
            self.report.failed = true;
        } else {
            self.report.fail(Path::new(""), format!("{} {error}", self.title));
        }
        is_offline
    }
}

struct Run<'a> {
    interface: &'static dyn Interface,
    access: &'a Access,
    now: UtcSeconds,
}

impl Run<'_> {
    /// Asks piece by piece. What was told before an error counts.
    fn ask(
        &self,
        http: &mut dyn Http,
        state: &mut State,
        source: &mut AskedSource,
    ) -> Option<InterfaceError> {
        let (terms, fingerprint) = (self.interface.terms(), self.access.fingerprint());
        let mut up_to = state.last(source.id, &fingerprint).and_then(|last| last.up_to);
        let window = Window::next(self.now, up_to, terms.days_back)?;
        let mut error = None;
        for window in window.pieces(terms.days_at_once) {
            let mut ask = Ask { http, access: self.access, terms, window, now: self.now };
            match self.interface.fetch(&mut ask) {
                Ok(told) => {
                    self.take(told, source);
                    up_to = Some(window.to);
                }
                Err(what) => {
                    error = Some(what);
                    break;
                }
            }
        }
        // One that fails is asked again at the next run, except one that asked to be left alone.
        let is_done = error.is_none() || matches!(error, Some(InterfaceError::TooMany));
        let asked = if is_done { self.now } else { UtcSeconds::default() };
        state.note(source.id, Last { asked, up_to, access: fingerprint });
        source.limits.sort();
        source.limits.dedup();
        source.report.records = source.records.len();
        error
    }

    fn take(&self, mut told: Statements, source: &mut AskedSource) {
        let access = self.access;
        let named = access.account.clone().or_else(|| access.organization.clone());
        let account = named.or_else(|| told.account.take()).unwrap_or_else(|| access.fingerprint());
        source.limits.append(&mut told.limits);
        let (info, terms) = (self.interface.info(), self.interface.terms());
        for record in told.into_records(info, terms, &account).into_boxes() {
            source.records.insert(*record);
        }
    }
}
