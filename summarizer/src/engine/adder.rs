//! Adds up facts: one adder per core.

use std::hash::Hash;
use std::sync::Arc;

use chrono::NaiveDate;
use data_schema::packed::{Unpacker, Words};
use data_schema::resolve::Witness;
use data_schema::summary::HourCell;
use data_schema::{DaySum, RecordId, Text, TimeQuality, UsageRecord, UtcSeconds};
use pricing::{Bill, Cost, ModelPrices, PriceBook};
use rayon::slice::ParallelSliceMut;
use rustc_hash::FxHashMap;
use store::Block;

use super::statements::Counted;
use crate::calendar::{Clock, Local};
use crate::input::Options;
use crate::sums::{
    Cell, HOURS, Key, Known, KnownNames, Newest, SessionCell, SessionKey, Sums, join_equal,
};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// No number that a name has.
const UNKNOWN: u32 = u32::MAX;

/// Sums of some facts, with what has been looked up already.
pub(super) struct Adder<'p> {
    book: &'p PriceBook,
    clock: Clock,
    names: Names,
    /// Places of prices by provider and model.
    price_places: FxHashMap<(u32, u32), u32>,
    prices: Vec<ModelPrices<'p>>,
    cells: Cells<Key, DatedCell>,
    sessions: Option<Cells<SessionKey, SessionCell>>,
    hours: Vec<HourCell>,
    /// What subscriptions cover.
    plans: Cells<(NaiveDate, u32), i128>,
    newest: Newest,
    block: Lookup,
    /// Tokens by day of UTC, source and model, where there is something to hold against them.
    seen: Option<FxHashMap<(i64, u32, u32), u64>>,
}

/// Names of each kind in the order of their sight.
#[derive(Default)]
struct Names {
    providers: Row,
    models: Row,
    machines: Row,
    projects: Row,
}

#[derive(Default)]
struct Row {
    names: Vec<Text>,
    places: FxHashMap<Text, u32>,
}

impl Row {
    fn place(&mut self, name: &Text) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = u32::try_from(self.names.len()).unwrap_or(UNKNOWN);
        self.names.push(name.clone());
        self.places.insert(name.clone(), place);
        place
    }
}

/// A cell with the time of its earliest fact: what first sights are found by.
#[derive(Clone, Copy)]
struct DatedCell {
    cell: Cell,
    /// Absent where only day sums are in it.
    first: Option<UtcSeconds>,
}

impl DatedCell {
    fn see(&mut self, at: Option<UtcSeconds>) {
        self.first = match (self.first, at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

/// Cells by key; the same key as before, which is the usual one, is not looked up.
struct Cells<K, C> {
    places: FxHashMap<K, u32>,
    rows: Vec<(K, C)>,
    last: usize,
}

impl<K: Copy + Eq + Hash, C> Cells<K, C> {
    fn new() -> Self {
        Self { places: FxHashMap::default(), rows: Vec::new(), last: 0 }
    }

    fn cell(&mut self, key: K, new: impl FnOnce() -> C) -> &mut C {
        if self.rows.get(self.last).is_none_or(|(last, _)| *last != key) {
            let next = u32::try_from(self.rows.len()).unwrap_or(UNKNOWN);
            let place = *self.places.entry(key).or_insert(next);
            if place == next {
                self.rows.push((key, new()));
            }
            self.last = place as usize;
        }
        &mut self.rows[self.last].1
    }
}

/// The machine or provider of a block. It becomes a known name with the first fact: there may be none.
#[derive(Default)]
struct Origin {
    name: Option<Text>,
    place: Option<u32>,
}

impl Origin {
    /// Whether the name is another one now.
    fn enter(&mut self, name: &Text) -> bool {
        let changed = self.name.as_ref() != Some(name);
        if changed {
            *self = Self { name: Some(name.clone()), place: None };
        }
        changed
    }

    fn place(&mut self, row: &mut Row) -> u32 {
        let name = &self.name;
        *self.place.get_or_insert_with(|| name.as_ref().map_or(UNKNOWN, |name| row.place(name)))
    }
}

/// What the numbers of names in a block are here.
#[derive(Default)]
struct Lookup {
    words: Arc<Words>,
    machine: Origin,
    provider: Origin,
    /// Places of model and price by the number of the model.
    models: Vec<(u32, u32)>,
    /// Places of projects by number.
    projects: Vec<u32>,
}

/// What a fact is about.
struct About {
    key: Key,
    price: u32,
    local: Local,
}

impl<'p> Adder<'p> {
    pub(super) fn new(options: &Options<'p>, with_sessions: bool) -> Self {
        Self {
            book: options.prices,
            clock: Clock::new(options.zone),
            names: Names::default(),
            price_places: FxHashMap::default(),
            prices: Vec::new(),
            cells: Cells::new(),
            sessions: with_sessions.then(Cells::new),
            hours: vec![HourCell::default(); HOURS],
            plans: Cells::new(),
            newest: Newest::default(),
            block: Lookup::default(),
            seen: None,
        }
    }

    /// The same, with sums by day of UTC.
    pub(super) fn with_days_of_utc(self) -> Self {
        Self { seen: Some(FxHashMap::default()), ..self }
    }

    /// Hands out what was added up by day of UTC.
    pub(super) fn counted(&self, counted: &mut Counted) {
        for ((day, provider, model), tokens) in self.seen.iter().flatten() {
            let day = UtcSeconds::default().plus(day * DAY).utc_date();
            let name = |row: &Row, place: u32| row.names[place as usize].clone();
            let provider = name(&self.names.providers, *provider);
            counted.add(day, &provider, &name(&self.names.models, *model), *tokens);
        }
    }

    pub(super) fn local(&mut self, at: UtcSeconds) -> Local {
        self.clock.local(at)
    }

    /// Gets ready for the records of a block.
    pub(super) fn enter(&mut self, block: &Block) {
        let lookup = &mut self.block;
        let same_words = Arc::ptr_eq(&lookup.words, &block.words);
        if !same_words {
            lookup.words = Arc::clone(&block.words);
            lookup.projects.clear();
            lookup.projects.resize(block.words.projects().len(), UNKNOWN);
        }
        let provider_changed = lookup.provider.enter(&block.provider);
        // The price depends on the provider.
        if !same_words || provider_changed {
            lookup.models.clear();
            lookup.models.resize(block.words.texts().len(), (UNKNOWN, UNKNOWN));
        }
        lookup.machine.enter(&block.machine);
    }

    /// Adds the record that was read last from the block that was entered.
    pub(super) fn packed(&mut self, unpacker: &Unpacker<'_>, local: Local) {
        let (record, numbers) = (unpacker.record(), unpacker.numbers());
        let provider = self.block.provider.place(&mut self.names.providers);
        let machine = self.block.machine.place(&mut self.names.machines);
        let (mut model, mut price) = self.block.models[numbers.model as usize];
        if model == UNKNOWN {
            model = self.names.models.place(&record.usage.model);
            price = self.price(provider, model);
            self.block.models[numbers.model as usize] = (model, price);
        }
        let project = match (numbers.project, &record.attribution.project) {
            (Some(number), Some(name)) => {
                let known = &mut self.block.projects[number as usize];
                if *known == UNKNOWN {
                    *known = self.names.projects.place(name);
                }
                *known + 1
            }
            _ => 0,
        };
        let key = Key { day: local.day, provider, model, machine, project };
        self.record(record, &About { key, price, local });
    }

    /// Adds a fact.
    pub(super) fn fact(&mut self, fact: &Witness) {
        let record = &fact.record;
        let provider = self.names.providers.place(&fact.provider);
        let machine = self.names.machines.place(&fact.machine);
        let model = self.names.models.place(&record.usage.model);
        let project = record.attribution.project.as_ref();
        let project = project.map_or(0, |name| self.names.projects.place(name) + 1);
        let price = self.price(provider, model);
        let local = self.clock.local(record.at);
        let key = Key { day: local.day, provider, model, machine, project };
        self.record(record, &About { key, price, local });
    }

    fn record(&mut self, record: &UsageRecord, about: &About) {
        let bill = self.prices[about.price as usize].bill(record, about.key.day);
        let cell = self.cells.cell(about.key, || DatedCell { cell: Cell::default(), first: None });
        cell.cell.add_fact(record, bill);
        cell.see(Some(record.at));
        self.cover(about.key.day, bill);
        let Key { day, provider, model, .. } = about.key;
        if let Some(sessions) = &mut self.sessions {
            let session = session(sessions, record, about.key);
            session.cell.add_fact(record, bill);
        }
        let hour = &mut self.hours[about.local.weekday * 24 + about.local.hour];
        hour.total_tokens += record.usage.total();
        hour.requests += record.usage.request_count();
        if let Some(seen) = &mut self.seen {
            let day = record.at.seconds().div_euclid(DAY);
            *seen.entry((day, provider, model)).or_default() += record.usage.total();
        }
        if record.at_quality == TimeQuality::Trusted {
            self.newest.see(record.at, day);
        }
    }

    /// A sum of a whole day: it has no hour and no response of its own, and counts to no session that is known.
    pub(super) fn day_sum(&mut self, sum: &DaySum) {
        let record = of_day(sum);
        let provider = self.names.providers.place(&sum.provider);
        let machine = self.names.machines.place(&sum.machine);
        let model = self.names.models.place(&sum.usage.model);
        let price = self.price(provider, model);
        let bill = self.prices[price as usize].bill(&record, sum.date);
        let key = Key { day: sum.date, provider, model, machine, project: 0 };
        let cell = self.cells.cell(key, || DatedCell { cell: Cell::default(), first: None });
        cell.cell.add_fact(&record, bill);
        if let Some(sessions) = &mut self.sessions {
            let session = session(sessions, &record, key);
            session.cell.add_fact(&record, bill);
        }
        self.cover(sum.date, bill);
        if let Some(seen) = &mut self.seen {
            let day = record.at.seconds().div_euclid(DAY);
            *seen.entry((day, provider, model)).or_default() += record.usage.total();
        }
        self.newest.see(record.at, sum.date);
    }

    fn cover(&mut self, day: NaiveDate, bill: Bill) {
        if let (Some(plan), Cost::Priced(amount)) = (bill.plan, bill.list) {
            *self.plans.cell((day, plan), || 0) += amount.picos();
        }
    }

    fn price(&mut self, provider: u32, model: u32) -> u32 {
        let (names, prices) = (&self.names, &mut self.prices);
        let place = self.price_places.entry((provider, model)).or_insert_with(|| {
            let name = |row: &Row, place: u32| row.names[place as usize].clone();
            let (provider, model) = (name(&names.providers, provider), name(&names.models, model));
            prices.push(self.book.of_model(&provider, &model));
            u32::try_from(prices.len() - 1).unwrap_or(UNKNOWN)
        });
        *place
    }

    /// What all cores have added up. The names are sorted, so that nothing depends on who saw which.
    pub(super) fn finish(adders: Vec<Self>, book: &PriceBook) -> Sums {
        let mut sums = Sums { hours: vec![HourCell::default(); HOURS], ..Sums::default() };
        let row = |row: fn(&Names) -> &Row| {
            sorted(adders.iter().flat_map(|adder| row(&adder.names).names.iter().cloned()))
        };
        sums.names = KnownNames {
            providers: row(|names| &names.providers),
            models: row(|names| &names.models),
            machines: row(|names| &names.machines),
            projects: row(|names| &names.projects),
            canonical: Vec::new(),
        };
        let canonical = |known: &Known| Text::from(book.canonical_model(&known.name));
        sums.names.canonical = sums.names.models.iter().map(canonical).collect();
        let mut parts: Vec<Vec<(Key, DatedCell)>> = Vec::new();
        for adder in adders {
            parts.push(adder.give(&mut sums));
        }
        first_sights(&mut sums.names, parts.iter().flatten());
        sums.cells = merged(&parts);
        if let Some(sessions) = &mut sums.sessions {
            sessions.par_sort_unstable_by_key(|(key, _)| *key);
            join_equal(sessions, SessionCell::add);
        }
        sums.plans.sort_unstable_by_key(|(key, _)| *key);
        join_equal(&mut sums.plans, |sum, more| *sum += more);
        sums
    }

    /// Hands over what one core has added up, with the places of sorted names.
    fn give(self, sums: &mut Sums) -> Vec<(Key, DatedCell)> {
        let providers = places(&self.names.providers, &sums.names.providers);
        let models = places(&self.names.models, &sums.names.models);
        let machines = places(&self.names.machines, &sums.names.machines);
        let projects = places(&self.names.projects, &sums.names.projects);
        let project = |old: u32| old.checked_sub(1).map_or(0, |old| projects[old as usize] + 1);
        let mut cells = self.cells.rows;
        for (key, _) in &mut cells {
            key.provider = providers[key.provider as usize];
            key.model = models[key.model as usize];
            key.machine = machines[key.machine as usize];
            key.project = project(key.project);
        }
        if let Some(own) = self.sessions {
            let all = sums.sessions.get_or_insert_default();
            all.extend(own.rows.into_iter().map(|(old, cell)| {
                let key = SessionKey {
                    provider: providers[old.provider as usize],
                    model: models[old.model as usize],
                    machine: machines[old.machine as usize],
                    project: project(old.project),
                    ..old
                };
                (key, cell)
            }));
        }
        for (sum, more) in sums.hours.iter_mut().zip(&self.hours) {
            sum.total_tokens += more.total_tokens;
            sum.requests += more.requests;
        }
        sums.plans.extend(self.plans.rows);
        sums.newest.join(self.newest);
        cells
    }
}

/// The cells of all cores, equal keys added up, sorted. Places are sorted instead of cells, which are
/// large.
fn merged(parts: &[Vec<(Key, DatedCell)>]) -> Vec<(Key, Cell)> {
    let mut order: Vec<(Key, u32, u32)> = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    for (part, cells) in (0..).zip(parts) {
        order.extend((0..).zip(cells).map(|(place, (key, _))| (*key, part, place)));
    }
    order.par_sort_unstable_by_key(|(key, ..)| *key);
    let groups = order.chunk_by(|left, right| left.0 == right.0);
    let mut cells = Vec::with_capacity(groups.clone().count());
    for group in groups {
        let mut sum = Cell::default();
        for (_, part, place) in group {
            sum.add(&parts[*part as usize][*place as usize].1.cell);
        }
        cells.push((group[0].0, sum));
    }
    cells
}

/// The cell of a record's session, which has seen the time of the record.
fn session<'c>(
    sessions: &'c mut Cells<SessionKey, SessionCell>,
    record: &UsageRecord,
    Key { day, provider, model, machine, project }: Key,
) -> &'c mut SessionCell {
    let session = record.attribution.session;
    let key = SessionKey { day, session, provider, model, machine, project };
    let new = || SessionCell { cell: Cell::default(), first: record.at, last: record.at };
    let session = sessions.cell(key, new);
    session.first = session.first.min(record.at);
    session.last = session.last.max(record.at);
    session
}

fn sorted(names: impl Iterator<Item = Text>) -> Vec<Known> {
    let mut names: Vec<Text> = names.collect();
    names.sort_unstable();
    names.dedup();
    let known = |name| Known { name, first: UtcSeconds::default() };
    names.into_iter().map(known).collect()
}

/// Where names in the order of their sight stand among sorted ones.
fn places(row: &Row, sorted: &[Known]) -> Vec<u32> {
    let place = |name: &Text| sorted.binary_search_by(|known| known.name.cmp(name)).unwrap_or(0);
    row.names.iter().map(|name| u32::try_from(place(name)).unwrap_or(0)).collect()
}

/// When each name was seen first.
fn first_sights<'c>(names: &mut KnownNames, cells: impl Iterator<Item = &'c (Key, DatedCell)>) {
    let mut rows: [Vec<Option<UtcSeconds>>; 4] =
        [&names.providers, &names.models, &names.machines, &names.projects]
            .map(|row| vec![None; row.len()]);
    let earliest = |place: &mut Option<UtcSeconds>, at: UtcSeconds| {
        *place = Some(place.map_or(at, |known| known.min(at)));
    };
    for (key, cell) in cells {
        let Some(at) = cell.first else { continue };
        let places = [key.provider, key.model, key.machine];
        for (row, place) in rows.iter_mut().zip(places) {
            earliest(&mut row[place as usize], at);
        }
        if let Some(project) = key.project.checked_sub(1) {
            earliest(&mut rows[3][project as usize], at);
        }
    }
    let all = [&mut names.providers, &mut names.models, &mut names.machines, &mut names.projects];
    for (known, first) in
        all.into_iter().zip(rows).flat_map(|(row, first)| row.iter_mut().zip(first))
    {
        known.first = first.unwrap_or_default();
    }
}

/// A day sum as one record at noon of its day.
pub(super) fn of_day(sum: &DaySum) -> UsageRecord {
    let noon = sum.date.and_hms_opt(12, 0, 0).unwrap_or_default().and_utc();
    let id = RecordId::new("day-sum", "", "");
    let mut record = UsageRecord::new(id, UtcSeconds::from(noon));
    record.usage = sum.usage.clone();
    record.usage.requests = Some(record.usage.requests.unwrap_or(0));
    record
}
