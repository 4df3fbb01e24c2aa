//! One view of all cells.

use std::cmp::Reverse;
use std::ops::Range;

use chrono::NaiveDate;
use data_schema::{HashId, Money, Text, UtcSeconds};
use rayon::iter::{
    IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelIterator,
};
use rayon::slice::{ParallelSlice, ParallelSliceMut};
use rustc_hash::FxHashMap;

use super::found::{Found, Group, Key, NONE, Places, Span, only, place_of};
use super::part::Part;
use super::period::Periods;
use super::query::{Dimension, Grouping, Order, Query};
use super::row::Row;
use super::wanted::Wanted;
use crate::sums::{self, Cell, KnownNames, SessionCell, SessionKey, Sums};

/// Cells that a core looks at in one go.
const STEP: usize = 1 << 15;

/// What is asked of the cells.
pub(super) struct View<'a> {
    sums: &'a Sums,
    query: &'a Query,
    periods: Periods,
    wanted: Wanted,
    /// The place of the shown name of each model.
    models: Vec<u32>,
    /// The shown names of models, sorted.
    shown: Vec<&'a Text>,
    /// By what rows are split beside what they are about.
    split: Vec<Dimension>,
    /// What rows are taken apart by, without what they are split by already.
    parts: Vec<Dimension>,
    /// What is looked at instead of cells, if rows are sessions.
    sessions: Option<&'a [(SessionKey, SessionCell)]>,
}

/// A row to be.
struct Entry {
    key: Key,
    part: Part,
    span: Option<Span>,
    parts: Vec<(Places, Part)>,
}

/// Several rows in one.
struct Others {
    count: u64,
    sum: Part,
    parts: FxHashMap<Places, Part>,
}

impl Others {
    fn of(entry: Entry) -> Self {
        Self { count: 1, sum: entry.part, parts: entry.parts.into_iter().collect() }
    }

    fn join(mut self, other: Self) -> Self {
        self.count += other.count;
        self.sum.add(&other.sum);
        for (places, part) in other.parts {
            self.parts.entry(places).and_modify(|sum| sum.add(&part)).or_insert(part);
        }
        self
    }
}

/// What a cell is about.
struct About {
    day: NaiveDate,
    session: Option<HashId>,
    /// As they were told.
    places: Places,
}

/// Where a row stands: by its size, its time, and its place among all keys.
type Rank = (Reverse<i128>, Option<UtcSeconds>, u32);

/// Days, the last one included.
type Days = Option<(NaiveDate, NaiveDate)>;

impl<'a> View<'a> {
    pub(super) fn new(sums: &'a Sums, query: &'a Query) -> Self {
        let lead = query.grouping.dimension();
        let (models, shown) = shown_models(&sums.names);
        let mut split = query.split.clone();
        split.retain(|dimension| lead != Some(*dimension));
        let mut parts = query.parts.clone();
        parts.retain(|dimension| lead != Some(*dimension) && !split.contains(dimension));
        let is_by_session = query.grouping == Grouping::Session;
        Self {
            sums,
            query,
            periods: Periods { grouping: query.grouping, week_start: query.week_start },
            wanted: Wanted::new(&sums.names, &query.only),
            models,
            shown,
            split,
            parts,
            sessions: is_by_session.then(|| sums.sessions.as_deref().unwrap_or_default()),
        }
    }

    /// What counts on some days.
    pub(super) fn found(&self, days: Days) -> Found {
        let (from, to) = days.unwrap_or((NaiveDate::MIN, NaiveDate::MAX));
        let places = match self.sessions {
            Some(sessions) => within(sessions, (from, to), |about| about.day),
            None => within(&self.sums.cells, (from, to), |about| about.day),
        };
        let look = |mut found: Found, place: u32| {
            self.look(place, &mut found);
            found
        };
        let parts = places.into_par_iter().with_min_len(STEP).fold(Found::default, look);
        let mut found = parts.reduce(Found::default, Found::join);
        found.cells.par_sort_unstable();
        found
    }

    /// Counts a cell, if it is asked for.
    fn look(&self, place: u32, found: &mut Found) {
        let About { day, session, places } = self.about(place);
        if !self.wanted.has(places) {
            return;
        }
        found.count(places[0], self.cell(place));
        if !self.query.grouping.needs_times() {
            let key = self.key(self.periods.number(day), self.shown_places(places));
            found.cells.push((Key { session, ..key }, place));
        }
    }

    fn about(&self, place: u32) -> About {
        if let Some(sessions) = self.sessions {
            let SessionKey { day, session, provider, model, machine, project } =
                sessions[place as usize].0;
            About { day, session, places: [provider, model, project, machine] }
        } else {
            let sums::Key { day, provider, model, machine, project } =
                self.sums.cells[place as usize].0;
            About { day, session: None, places: [provider, model, project, machine] }
        }
    }

    fn cell(&self, place: u32) -> &Cell {
        match self.sessions {
            Some(sessions) => &sessions[place as usize].1.cell,
            None => &self.sums.cells[place as usize].1,
        }
    }

    /// What is told of a session beside its numbers.
    fn span(&self, group: &Group) -> Option<Span> {
        let sessions = self.sessions?;
        let spans = group.iter().map(|(_, place)| {
            let (about, part) = &sessions[*place as usize];
            Span { project: about.project, first: part.first, last: part.last }
        });
        spans.reduce(Span::join)
    }

    fn sum(&self, group: &Group) -> Cell {
        let mut sum = Cell::default();
        for (_, place) in group {
            sum.add(self.cell(*place));
        }
        sum
    }

    fn shown_places(&self, [source, model, project, machine]: Places) -> Places {
        [source, self.models[model as usize], project, machine]
    }

    fn key(&self, period: i32, places: Places) -> Key {
        let lead = self.query.grouping.dimension();
        let lead = lead.map_or(NONE, |dimension| places[place_of(dimension)]);
        Key { period, session: None, lead, places: only(&self.split, places) }
    }

    /// The rows in their order.
    pub(super) fn rows(&self, found: &Found, before: Option<&Found>) -> Vec<Row> {
        let groups: Vec<&Group> = found.groups().collect();
        let ranks = groups.par_iter().enumerate().map(|(place, group)| self.rank(group, place));
        let mut order: Vec<Rank> = ranks.collect();
        let compare = |one: &Rank, other: &Rank| {
            if self.query.reverse { other.cmp(one) } else { one.cmp(other) }
        };
        let rest = match self.query.top {
            Some(top) if top < order.len() => {
                order.select_nth_unstable_by(top, compare);
                order.split_off(top)
            }
            _ => Vec::new(),
        };
        order.par_sort_unstable_by(compare);
        let entry = |(.., place): &Rank| self.entry(groups[*place as usize], before);
        let mut rows: Vec<Row> = order.par_iter().map(|rank| self.row(&entry(rank))).collect();
        rows.extend(self.others(&rest, entry));
        rows
    }

    fn rank(&self, group: &Group, place: usize) -> Rank {
        let size = match self.query.order {
            Order::Key => 0,
            _ => self.size(&self.sum(group)),
        };
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        (Reverse(size), self.span(group).map(|span| span.first), place)
    }

    fn entry(&self, group: &Group, before: Option<&Found>) -> Entry {
        let key = group[0].0;
        let earlier = before.map(|before| self.earlier(key, before));
        let sum_before =
            earlier.map(|group| (!group.is_empty()).then(|| self.sum(group)).ok_or(()));
        let parts_before = earlier.map(|group| self.parts_of(group));
        let of = |part: &Places| Some(parts_before.as_ref()?.get(part).copied().ok_or(()));
        let parts = self.parts_of(group).into_iter();
        let mut parts: Vec<(Places, Part)> =
            parts.map(|(key, cell)| (key, Part::new(cell, of(&key)))).collect();
        self.sort_parts(&mut parts);
        Entry { key, part: Part::new(self.sum(group), sum_before), span: self.span(group), parts }
    }

    /// The cells of the same row in the range before.
    fn earlier<'f>(&self, key: Key, before: &'f Found) -> &'f Group {
        let shift = match (self.query.range, self.query.earlier) {
            (Some((now, _)), Some((then, _))) => {
                self.periods.number(now) - self.periods.number(then)
            }
            _ => 0,
        };
        before.group(&Key { period: key.period.saturating_sub(shift), ..key })
    }

    /// What a row is taken apart in.
    fn parts_of(&self, group: &Group) -> FxHashMap<Places, Cell> {
        let mut parts: FxHashMap<Places, Cell> = FxHashMap::default();
        if !self.parts.is_empty() {
            for (_, place) in group {
                let places = self.shown_places(self.about(*place).places);
                parts.entry(only(&self.parts, places)).or_default().add(self.cell(*place));
            }
        }
        parts
    }

    fn sort_parts(&self, parts: &mut [(Places, Part)]) {
        parts.sort_unstable_by_key(|(places, part)| (Reverse(self.size(&part.cell)), *places));
        if self.query.reverse {
            parts.reverse();
        }
    }

    /// The larger one comes first; all are equal if that is not asked for.
    fn size(&self, cell: &Cell) -> i128 {
        match self.query.order {
            Order::Key => 0,
            Order::Tokens => i128::from(cell.tokens.total_tokens),
            Order::Cost => cell.cost().map_or(-1, Money::picos),
            Order::Requests => i128::from(cell.requests),
            Order::Output => i128::from(cell.tokens.output_tokens),
        }
    }

    fn row(&self, entry: &Entry) -> Row {
        let Key { period, session, lead, mut places } = entry.key;
        let mut row = entry.part.row();
        self.periods.tell(period, &mut row);
        if let Some(dimension) = self.query.grouping.dimension() {
            places[place_of(dimension)] = lead;
        }
        self.name(places, &mut row);
        if let Some(span) = entry.span {
            row.session =
                Some(session.map_or_else(|| "unknown".to_owned(), |session| session.to_string()));
            (row.first_at, row.last_at) = (Some(span.first), Some(span.last));
            if row.project.is_none() && span.project > 0 {
                row.project = Some(self.project(span.project));
            }
        }
        row.parts = entry.parts.iter().map(|(places, part)| self.part_row(*places, part)).collect();
        row
    }

    fn part_row(&self, places: Places, part: &Part) -> Row {
        let mut row = part.row();
        self.name(places, &mut row);
        row
    }

    /// All rows beyond those that were asked for in one.
    fn others(&self, rest: &[Rank], entry: impl Fn(&Rank) -> Entry + Sync) -> Option<Row> {
        let add = |ranks: &[Rank]| ranks.iter().map(&entry).map(Others::of).reduce(Others::join);
        let parts: Vec<Option<Others>> = rest.par_chunks(STEP).map(add).collect();
        let Others { count, sum, parts } = parts.into_iter().flatten().reduce(Others::join)?;
        let mut parts: Vec<(Places, Part)> = parts.into_iter().collect();
        self.sort_parts(&mut parts);
        let parts = parts.iter().map(|(places, part)| self.part_row(*places, part)).collect();
        Some(Row { others: Some(count), parts, ..sum.row() })
    }

    /// Writes names in a row.
    fn name(&self, [source, model, project, machine]: Places, row: &mut Row) {
        let names = &self.sums.names;
        if source != NONE {
            row.provider = Some(names.providers[source as usize].name.to_string());
        }
        if model != NONE {
            row.model = Some(self.shown[model as usize].to_string());
        }
        if project != NONE {
            row.project = Some(self.project(project));
        }
        if machine != NONE {
            row.machine = Some(names.machines[machine as usize].name.to_string());
        }
    }

    fn project(&self, place: u32) -> String {
        let known = place.checked_sub(1).map(|place| &self.sums.names.projects[place as usize]);
        known.map_or_else(String::new, |known| known.name.to_string())
    }
}

/// The places that some days have in a list that is sorted by day.
fn within<K, C>(
    cells: &[(K, C)],
    (from, to): (NaiveDate, NaiveDate),
    day: impl Fn(&K) -> NaiveDate,
) -> Range<u32> {
    let start = cells.partition_point(|(key, _)| day(key) < from);
    let end = cells.partition_point(|(key, _)| day(key) <= to).max(start);
    let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    place(start)..place(end)
}

/// Where the shown name of each model stands among all of them, sorted, and these.
fn shown_models(names: &KnownNames) -> (Vec<u32>, Vec<&Text>) {
    let mut shown: Vec<&Text> = names.canonical.iter().collect();
    shown.sort_unstable();
    shown.dedup();
    let place = |name: &Text| shown.binary_search(&name).unwrap_or(0);
    let models = names.canonical.iter().map(|name| u32::try_from(place(name)).unwrap_or(0));
    (models.collect(), shown)
}
