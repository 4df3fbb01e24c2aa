//! One view of all cells.

use std::cmp::{Ordering, Reverse};

use chrono::NaiveDate;
use data_schema::{Money, Text};
use rustc_hash::FxHashMap;

use super::found::{Found, Key, NONE, Places, Span, Sum, only, place_of};
use super::part::Part;
use super::period::Periods;
use super::query::{Dimension, Grouping, Order, Query};
use super::row::Row;
use super::wanted::Wanted;
use crate::sums::{Cell, KnownNames, Sums};

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
}

/// A row with what it is sorted by.
struct Entry {
    key: Key,
    part: Part,
    span: Option<Span>,
    parts: Vec<(Places, Part)>,
}

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
        Self {
            sums,
            query,
            periods: Periods { grouping: query.grouping, week_start: query.week_start },
            wanted: Wanted::new(&sums.names, &query.only),
            models,
            shown,
            split,
            parts,
        }
    }

    /// What counts on some days.
    pub(super) fn found(&self, days: Days) -> Found {
        let mut found = Found::default();
        if self.query.grouping == Grouping::Session {
            let sessions = self.sums.sessions.as_deref().unwrap_or_default();
            for (about, part) in within(sessions, days, |about| about.day) {
                let raw = [about.provider, about.model, about.project, about.machine];
                if !self.wanted.has(raw) {
                    continue;
                }
                found.count(about.provider, &part.cell);
                let places = self.places(raw);
                let key = Key { session: about.session, ..self.key(0, places) };
                let sum = found.add(key, self.part(places), &part.cell);
                sum.see(Span { project: about.project, first: part.first, last: part.last });
            }
            return found;
        }
        let has_rows = !matches!(self.query.grouping, Grouping::Blocks | Grouping::Hours);
        let mut period = (None, 0);
        for (about, cell) in within(&self.sums.cells, days, |about| about.day) {
            let raw = [about.provider, about.model, about.project, about.machine];
            if !self.wanted.has(raw) {
                continue;
            }
            found.count(about.provider, cell);
            if has_rows {
                if period.0 != Some(about.day) {
                    period = (Some(about.day), self.periods.number(about.day));
                }
                let places = self.places(raw);
                found.add(self.key(period.1, places), self.part(places), cell);
            }
        }
        found
    }

    fn places(&self, [source, model, project, machine]: Places) -> Places {
        [source, self.models[model as usize], project, machine]
    }

    fn key(&self, period: i32, places: Places) -> Key {
        let lead = self.query.grouping.dimension();
        let lead = lead.map_or(NONE, |dimension| places[place_of(dimension)]);
        Key { period, session: None, lead, places: only(&self.split, places) }
    }

    fn part(&self, places: Places) -> Option<Places> {
        (!self.parts.is_empty()).then(|| only(&self.parts, places))
    }

    /// The rows in their order.
    pub(super) fn rows(&self, found: Found, before: Option<Found>) -> Vec<Row> {
        let mut entries = self.entries(found, before);
        self.sort(&mut entries);
        let rest = match self.query.top {
            Some(top) if top < entries.len() => entries.split_off(top),
            _ => Vec::new(),
        };
        let mut rows: Vec<Row> = entries.iter().map(|entry| self.row(entry)).collect();
        rows.extend(self.others(&rest));
        rows
    }

    fn entries(&self, found: Found, before: Option<Found>) -> Vec<Entry> {
        let shift = match (self.query.range, self.query.earlier) {
            (Some((now, _)), Some((then, _))) => {
                self.periods.number(now) - self.periods.number(then)
            }
            _ => 0,
        };
        let mut before = before.map(|before| before.rows);
        let mut entry = |(key, sum): (Key, Sum)| {
            let earlier = Key { period: key.period.saturating_sub(shift), ..key };
            let before = before.as_mut().map(|before| before.remove(&earlier));
            let of = |part: &Places| {
                let before = before.as_ref()?;
                Some(before.as_ref().and_then(|sum| sum.parts.get(part).copied()).ok_or(()))
            };
            let mut parts: Vec<(Places, Part)> =
                sum.parts.iter().map(|(key, cell)| (*key, Part::new(*cell, of(key)))).collect();
            self.sort_parts(&mut parts);
            let earlier = before.as_ref().map(|sum| sum.as_ref().map(|sum| sum.cell).ok_or(()));
            Entry { key, part: Part::new(sum.cell, earlier), span: sum.span, parts }
        };
        found.rows.into_iter().map(&mut entry).collect()
    }

    fn sort(&self, entries: &mut [Entry]) {
        let order = |left: &Entry, right: &Entry| {
            let begin = |entry: &Entry| entry.span.map(|span| span.first);
            self.by_size(&left.part.cell, &right.part.cell)
                .then_with(|| begin(left).cmp(&begin(right)))
                .then_with(|| left.key.cmp(&right.key))
        };
        entries.sort_unstable_by(order);
        if self.query.reverse {
            entries.reverse();
        }
    }

    fn sort_parts(&self, parts: &mut [(Places, Part)]) {
        parts.sort_unstable_by(|left, right| {
            self.by_size(&left.1.cell, &right.1.cell).then_with(|| left.0.cmp(&right.0))
        });
        if self.query.reverse {
            parts.reverse();
        }
    }

    /// The larger one first; all are equal if that is not asked for.
    fn by_size(&self, left: &Cell, right: &Cell) -> Ordering {
        let size = |cell: &Cell| {
            Reverse(match self.query.order {
                Order::Key => 0,
                Order::Tokens => i128::from(cell.tokens.total_tokens),
                Order::Cost => cell.cost().map_or(-1, Money::picos),
                Order::Requests => i128::from(cell.requests),
                Order::Output => i128::from(cell.tokens.output_tokens),
            })
        };
        size(left).cmp(&size(right))
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
    fn others(&self, rest: &[Entry]) -> Option<Row> {
        let (first, more) = rest.split_first()?;
        let mut sum = first.part;
        for entry in more {
            sum.add(&entry.part);
        }
        let mut parts: FxHashMap<Places, Part> = FxHashMap::default();
        for (places, part) in rest.iter().flat_map(|entry| &entry.parts) {
            parts.entry(*places).and_modify(|sum| sum.add(part)).or_insert(*part);
        }
        let mut parts: Vec<(Places, Part)> = parts.into_iter().collect();
        self.sort_parts(&mut parts);
        let parts = parts.iter().map(|(places, part)| self.part_row(*places, part)).collect();
        Some(Row { others: Some(rest.len() as u64), parts, ..sum.row() })
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

/// The stretch of some days of a list that is sorted by day.
fn within<K, C>(
    cells: &[(K, C)],
    days: Days,
    day: impl Fn(&K) -> NaiveDate,
) -> impl Iterator<Item = &(K, C)> {
    let (from, to) = days.unwrap_or((NaiveDate::MIN, NaiveDate::MAX));
    let start = cells.partition_point(|(key, _)| day(key) < from);
    cells[start..].iter().take_while(move |(key, _)| day(key) <= to)
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
