//! All facts, added up by day, source, model, machine and project. Every view is a sum of these cells,
//! so that all views agree.

use chrono::NaiveDate;
use data_schema::resolve::{Context, Witness, resolve};
use data_schema::summary::{Aggregate, HourCell, TokenCounts};
use data_schema::{DaySum, Money, Quality, RecordId, Text, TimeQuality, UsageRecord, UtcSeconds};
use pricing::{Cost, ModelPrices, PriceBook};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::slice::{ParallelSlice, ParallelSliceMut};
use rustc_hash::FxHashMap;

use crate::calendar::{day, local};
use crate::input::{Input, Options};
use crate::names::{Names, Seen};

/// Facts that one thread adds up at a time.
const CHUNK: usize = 16 * 1024;
/// Hours of a week.
const HOURS: usize = 7 * 24;

/// What a cell is about: places of shown names, in the order of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) day: NaiveDate,
    pub(crate) provider: u32,
    pub(crate) model: u32,
    pub(crate) machine: u32,
    pub(crate) project: u32,
}

/// Sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) tokens: TokenCounts,
    pub(crate) requests: u64,
    /// List value in picos of USD.
    pub(crate) cost: i128,
    pub(crate) priced_tokens: u64,
    pub(crate) unpriced_tokens: u64,
    pub(crate) quality: Quality,
    pub(crate) inexact_tokens: u64,
}

/// Everything that the files are made of.
#[derive(Debug, Default)]
pub(crate) struct Cube {
    pub(crate) names: Names,
    /// Sorted by key, so that a day, week or month is one stretch.
    pub(crate) cells: Vec<(Key, Cell)>,
    /// By weekday (0 is Monday) and hour.
    pub(crate) hours: Vec<HourCell>,
    /// What is the newest of it.
    pub(crate) newest: Newest,
}

/// Time and day of the newest trusted record or day sum.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Newest {
    pub(crate) at: Option<UtcSeconds>,
    /// In the report zone; a day sum has a day, but no time that a zone could move.
    pub(crate) day: Option<NaiveDate>,
}

impl Newest {
    fn see(&mut self, at: UtcSeconds, day: NaiveDate) {
        self.at = self.at.max(Some(at));
        self.day = self.day.max(Some(day));
    }
}

impl Cell {
    pub(crate) fn add_fact(&mut self, record: &UsageRecord, cost: Cost) {
        let usage = &record.usage;
        let tokens = TokenCounts::of(usage);
        let total = tokens.total_tokens;
        self.tokens.add(&tokens);
        self.requests += usage.request_count();
        match cost {
            Cost::Priced(amount) => {
                self.cost += amount.picos();
                self.priced_tokens += total;
            }
            Cost::Unpriced => self.unpriced_tokens += total,
        }
        self.quality = self.quality.max(usage.quality);
        if usage.quality != Quality::Exact {
            self.inexact_tokens += total;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.tokens.add(&other.tokens);
        self.requests += other.requests;
        self.cost += other.cost;
        self.priced_tokens += other.priced_tokens;
        self.unpriced_tokens += other.unpriced_tokens;
        self.quality = self.quality.max(other.quality);
        self.inexact_tokens += other.inexact_tokens;
    }

    /// `None` if there are tokens and none of them has a price.
    pub(crate) fn cost(&self) -> Option<Money> {
        let unknown = self.priced_tokens == 0 && self.unpriced_tokens > 0 && self.cost == 0;
        (!unknown).then(|| Money::from_picos(self.cost))
    }

    pub(crate) fn aggregate(&self, show_cost: bool) -> Aggregate {
        Aggregate {
            tokens: self.tokens,
            requests: self.requests,
            cost_usd: self.cost().filter(|_| show_cost),
            unpriced_tokens: if show_cost { self.unpriced_tokens } else { 0 },
            data_quality: self.quality,
            inexact_tokens: self.inexact_tokens,
        }
    }
}

/// Resolves all witnesses: what counts, and the day sums of 1.x that count.
pub(crate) fn resolve_input(
    input: &mut Input,
    options: &Options<'_>,
) -> (Vec<Witness>, Vec<DaySum>) {
    let zone = options.zone;
    let context = Context {
        first_collected: input
            .machines
            .iter()
            .map(|(name, card)| (name.clone(), card.first_collected))
            .collect(),
        covered_since: FxHashMap::default(),
        day_of: &move |at| day(zone, at),
    };
    let witnesses = std::mem::take(&mut input.witnesses);
    let resolved = resolve(witnesses, std::mem::take(&mut input.day_sums), &context);
    (resolved.facts, resolved.day_sums)
}

/// Adds up all facts.
pub(crate) fn build(mut input: Input, options: &Options<'_>) -> (Cube, Input) {
    let (facts, day_sums) = resolve_input(&mut input, options);
    let names = Names::new(&input, options, &seen(&facts, &day_sums, &input));
    let partial = |chunk: &[Witness]| {
        let mut part = Part::new(options, &names);
        for fact in chunk {
            part.fact(fact);
        }
        part.done()
    };
    let mut parts: Vec<Sums> = facts.par_chunks(CHUNK).map(partial).collect();
    let mut part = Part::new(options, &names);
    for sum in &day_sums {
        part.day_sum(sum);
    }
    parts.push(part.done());
    // A million small pieces of memory take their time to be given back: both cores do it.
    facts.into_par_iter().with_min_len(CHUNK).for_each(drop);
    let mut cube = Cube { names, hours: vec![HourCell::default(); HOURS], ..Cube::default() };
    for part in &parts {
        for (sum, more) in cube.hours.iter_mut().zip(&part.hours) {
            sum.total_tokens += more.total_tokens;
            sum.requests += more.requests;
        }
        cube.newest.at = cube.newest.at.max(part.newest.at);
        cube.newest.day = cube.newest.day.max(part.newest.day);
    }
    cube.cells = merged(&parts);
    (cube, input)
}

/// The cells of all parts, equal keys added up, sorted by key.
fn merged(parts: &[Sums]) -> Vec<(Key, Cell)> {
    let mut order: Vec<(Key, &Cell)> = Vec::new();
    for part in parts {
        order.extend(part.cells.iter().map(|(key, cell)| (*key, cell)));
    }
    order.par_sort_unstable_by_key(|(key, _)| *key);
    let groups = order.par_chunk_by(|left, right| left.0 == right.0);
    let sum = |group: &[(Key, &Cell)]| {
        let mut sum = *group[0].1;
        for (_, cell) in &group[1..] {
            sum.add(cell);
        }
        (group[0].0, sum)
    };
    groups.map(sum).collect()
}

/// What one thread has added up.
struct Sums {
    cells: FxHashMap<Key, Cell>,
    hours: Vec<HourCell>,
    newest: Newest,
}

/// One thread's sums, with what it has looked up already.
struct Part<'a> {
    options: &'a Options<'a>,
    names: &'a Names,
    prices: FxHashMap<(Text, Text), ModelPrices<'a>>,
    sums: Sums,
}

impl<'a> Part<'a> {
    fn new(options: &'a Options<'a>, names: &'a Names) -> Self {
        let hours = vec![HourCell::default(); HOURS];
        let sums = Sums { cells: FxHashMap::default(), hours, newest: Newest::default() };
        Self { options, names, prices: FxHashMap::default(), sums }
    }

    fn done(self) -> Sums {
        self.sums
    }

    fn fact(&mut self, fact: &Witness) {
        let record = &fact.record;
        let cost = self.prices(&fact.provider, &record.usage.model).cost(record);
        let local = local(self.options.zone, record.at);
        let key = Key {
            day: local.day,
            provider: self.names.providers.place(&fact.provider),
            model: self.names.models.place(&record.usage.model),
            machine: self.names.machines.place(&fact.machine),
            project: self.project(record),
        };
        self.sums.cells.entry(key).or_default().add_fact(record, cost);
        let hour = &mut self.sums.hours[local.weekday * 24 + local.hour];
        hour.total_tokens += record.usage.total();
        hour.requests += record.usage.request_count();
        if record.at_quality == TimeQuality::Trusted {
            self.sums.newest.see(record.at, local.day);
        }
    }

    fn project(&self, record: &UsageRecord) -> u32 {
        self.names.projects.place(record.attribution.project.as_deref().unwrap_or_default())
    }

    /// A sum of a whole day: it has no hour, and no response of its own.
    fn day_sum(&mut self, sum: &DaySum) {
        let record = of_day(sum);
        let cost = self.prices(&sum.provider, &sum.usage.model).cost(&record);
        let key = Key {
            day: sum.date,
            provider: self.names.providers.place(&sum.provider),
            model: self.names.models.place(&sum.usage.model),
            machine: self.names.machines.place(&sum.machine),
            project: self.project(&record),
        };
        self.sums.cells.entry(key).or_default().add_fact(&record, cost);
        self.sums.newest.see(record.at, sum.date);
    }

    fn prices(&mut self, provider: &Text, model: &Text) -> ModelPrices<'a> {
        let book: &'a PriceBook = self.options.prices;
        *self
            .prices
            .entry((provider.clone(), model.clone()))
            .or_insert_with(|| book.of_model(provider, model))
    }
}

/// A day sum as one record at noon of its day.
pub(crate) fn of_day(sum: &DaySum) -> UsageRecord {
    let noon = sum.date.and_hms_opt(12, 0, 0).unwrap_or_default().and_utc();
    let id = RecordId::new("day-sum", "", "");
    let mut record = UsageRecord::new(id, UtcSeconds::from(noon));
    record.usage = sum.usage.clone();
    record.usage.requests = Some(record.usage.requests.unwrap_or(0));
    record
}

/// All names with the time of their first sight.
fn seen(facts: &[Witness], day_sums: &[DaySum], input: &Input) -> Seen {
    let parts: Vec<_> = facts.par_chunks(CHUNK).map(seen_in).collect();
    let mut seen = Seen::default();
    let kinds = [&mut seen.providers, &mut seen.models, &mut seen.machines, &mut seen.projects];
    for (kind, names) in kinds.into_iter().enumerate() {
        for (name, at) in parts.iter().flat_map(|part| &part[kind]) {
            let first = names.entry(Text::clone(name)).or_insert(*at);
            *first = (*first).min(*at);
        }
    }
    for sum in day_sums {
        seen.providers.entry(sum.provider.clone()).or_default();
        seen.machines.entry(sum.machine.clone()).or_default();
        seen.models.entry(sum.usage.model.clone()).or_default();
    }
    for (name, card) in &input.machines {
        seen.machines.insert(name.clone(), card.first_collected);
    }
    seen
}

/// Providers, models, machines and projects of some facts.
fn seen_in(facts: &[Witness]) -> [FxHashMap<&Text, UtcSeconds>; 4] {
    let mut seen: [FxHashMap<&Text, UtcSeconds>; 4] = Default::default();
    for fact in facts {
        let record = &fact.record;
        let project = record.attribution.project.as_ref();
        let names = [Some(&fact.provider), Some(&record.usage.model), Some(&fact.machine), project];
        for (seen, name) in seen.iter_mut().zip(names) {
            if let Some(name) = name {
                let first = seen.entry(name).or_insert(record.at);
                *first = (*first).min(record.at);
            }
        }
    }
    seen
}
