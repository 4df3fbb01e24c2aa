//! `sessions.json`: the largest sessions. It is made where everything is shown, and never for others.

use std::cmp::Reverse;

use data_schema::settings::Publish;
use data_schema::summary::{SUMMARY_VERSION, SessionSummary, SessionsFile};
use data_schema::{HashId, UtcSeconds};
use rustc_hash::FxHashMap;

use crate::files::{File, Frame, json};
use crate::sums::{Cell, SessionCell, SessionKey};

/// Sessions in the file.
const LARGEST: usize = 100;

/// A session of a source: two sources may call theirs alike.
type Session = (HashId, u32);

/// What is summed up of one session.
struct Sum {
    cell: Cell,
    models: FxHashMap<u32, u64>,
    /// The place behind that of the name; 0 for none.
    project: u32,
    first: UtcSeconds,
    last: UtcSeconds,
}

pub(crate) fn file(frame: &Frame<'_>) -> Option<File> {
    let parts = frame.cube.sessions.as_deref()?;
    if frame.options.publish != Publish::everything() {
        return None;
    }
    let (count, largest) = largest(parts);
    let sessions = largest.into_iter().map(|(session, sum)| row(frame, session, sum)).collect();
    let file = SessionsFile { version: SUMMARY_VERSION.to_owned(), count, sessions };
    Some(("sessions.json".to_owned(), json(&file)))
}

/// The number of sessions, and the largest of them in their order.
fn largest(parts: &[(SessionKey, SessionCell)]) -> (u64, Vec<(Session, Sum)>) {
    // All of them are added up in a few bytes each, the largest once more in full.
    let mut sizes: FxHashMap<Session, (u64, u64)> = FxHashMap::default();
    for (session, _, part) in with_id(parts) {
        let (tokens, requests) = sizes.entry(session).or_default();
        *tokens = tokens.saturating_add(part.cell.tokens.total_tokens);
        *requests += part.cell.requests;
    }
    let count = sizes.len() as u64;
    let mut order: Vec<_> =
        sizes.into_iter().map(|(session, size)| (Reverse(size), session)).collect();
    if order.len() > LARGEST {
        order.select_nth_unstable(LARGEST);
        order.truncate(LARGEST);
    }
    order.sort_unstable();
    let places: FxHashMap<Session, usize> =
        order.iter().enumerate().map(|(place, (_, session))| (*session, place)).collect();
    let mut sums: Vec<Option<Sum>> = order.iter().map(|_| None).collect();
    for (session, key, part) in with_id(parts) {
        if let Some(place) = places.get(&session) {
            sums[*place].get_or_insert_with(|| Sum::new(part)).add(key, part);
        }
    }
    let sessions = order.into_iter().map(|(_, session)| session);
    (count, sessions.zip(sums).filter_map(|(session, sum)| Some((session, sum?))).collect())
}

/// The parts whose session is told.
fn with_id(
    parts: &[(SessionKey, SessionCell)],
) -> impl Iterator<Item = (Session, &SessionKey, &SessionCell)> {
    parts.iter().filter_map(|(key, part)| Some(((key.session?, key.provider), key, part)))
}

impl Sum {
    fn new(part: &SessionCell) -> Self {
        Self {
            cell: Cell::default(),
            models: FxHashMap::default(),
            project: 0,
            first: part.first,
            last: part.last,
        }
    }

    fn add(&mut self, key: &SessionKey, part: &SessionCell) {
        self.cell.add(&part.cell);
        *self.models.entry(key.model).or_default() += part.cell.tokens.total_tokens;
        self.project = match (self.project, key.project) {
            // Places of sorted names: the smallest name of several, so that the order changes nothing.
            (0, other) | (other, 0) => other,
            (one, other) => one.min(other),
        };
        self.first = self.first.min(part.first);
        self.last = self.last.max(part.last);
    }
}

fn row(frame: &Frame<'_>, (session, provider): Session, sum: Sum) -> SessionSummary {
    let (names, known) = (&frame.cube.names, &frame.cube.known);
    // Spellings of one model are one model.
    let mut shown: FxHashMap<u32, u64> = FxHashMap::default();
    for (model, tokens) in sum.models {
        let place = names.models.place(&known.models[model as usize].name);
        *shown.entry(place).or_default() += tokens;
    }
    let mut models: Vec<(u32, u64)> = shown.into_iter().collect();
    models.sort_unstable_by_key(|(place, tokens)| (Reverse(*tokens), *place));
    let provider = &known.providers[provider as usize].name;
    let project = sum.project.checked_sub(1).map(|place| &known.projects[place as usize].name);
    SessionSummary {
        session: session.to_string(),
        provider: names.providers.name(names.providers.place(provider)).to_string(),
        models: models.iter().map(|(place, _)| names.models.name(*place).to_string()).collect(),
        project: project.and_then(|name| names.projects.shown(name)).map(ToString::to_string),
        first_at: sum.first,
        last_at: sum.last,
        aggregate: sum.cell.aggregate(frame.show_cost()),
    }
}
