//! All facts, added up by day, source, model, machine and project. Every view is a sum of these cells,
//! so that all views agree.

use chrono::NaiveDate;
use data_schema::resolve::{Context, Witness, resolve};
use data_schema::summary::{Aggregate, TokenCounts};
use data_schema::{DaySum, Money, Quality, Text, TimeQuality, Usage, UsageRecord, UtcSeconds};
use pricing::{Cost, ModelPrices, PriceBook};
use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;
use rustc_hash::FxHashMap;

use crate::calendar::{day, weekday_hour};
use crate::input::{Input, Options};
use crate::names::{FirstSeen, Names};

/// Facts that one thread adds up at a time.
const CHUNK: usize = 16 * 1024;

/// What a cell is about. Names are those that are shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) day: NaiveDate,
    pub(crate) provider: Text,
    pub(crate) model: Text,
    pub(crate) machine: Text,
    pub(crate) project: Text,
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
    /// Sorted by key, so that a day, week or month is one stretch.
    pub(crate) cells: Vec<(Key, Cell)>,
    /// By weekday (0 is Monday) and hour.
    pub(crate) hours: Vec<Cell>,
    /// Time of the newest trusted record.
    pub(crate) newest: Option<UtcSeconds>,
}

impl Cell {
    fn add_usage(&mut self, usage: &Usage, cost: Cost, requests: u64) {
        let tokens = TokenCounts::of(usage);
        let total = tokens.total_tokens;
        self.tokens.add(&tokens);
        self.requests += requests;
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

    pub(crate) fn add_fact(&mut self, record: &UsageRecord, cost: Cost) {
        self.add_usage(&record.usage, cost, record.usage.request_count());
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
    let names = names(&facts, &day_sums, &input, options);
    let partial = |chunk: &[Witness]| {
        let mut part = Part::new(options, &names);
        for fact in chunk {
            part.fact(fact);
        }
        part.done()
    };
    let mut sums = facts.par_chunks(CHUNK).map(partial).reduce(Sums::default, Sums::merge);
    let mut part = Part::new(options, &names);
    for sum in &day_sums {
        part.day_sum(sum);
    }
    sums = sums.merge(part.done());
    let mut cells: Vec<(Key, Cell)> = sums.cells.into_iter().collect();
    cells.sort_unstable_by(|left, right| left.0.cmp(&right.0));
    (Cube { cells, hours: sums.hours, newest: sums.newest }, input)
}

#[derive(Default)]
struct Sums {
    cells: FxHashMap<Key, Cell>,
    hours: Vec<Cell>,
    newest: Option<UtcSeconds>,
}

impl Sums {
    fn merge(mut self, other: Self) -> Self {
        if self.cells.len() < other.cells.len() {
            return other.merge(self);
        }
        for (key, cell) in other.cells {
            self.cells.entry(key).or_default().add(&cell);
        }
        if self.hours.is_empty() {
            self.hours = other.hours;
        } else {
            for (sum, more) in self.hours.iter_mut().zip(&other.hours) {
                sum.add(more);
            }
        }
        self.newest = self.newest.max(other.newest);
        self
    }
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
        let sums = Sums { hours: vec![Cell::default(); 7 * 24], ..Sums::default() };
        Self { options, names, prices: FxHashMap::default(), sums }
    }

    fn done(self) -> Sums {
        self.sums
    }

    fn fact(&mut self, fact: &Witness) {
        let record = &fact.record;
        let cost = self.prices(&fact.provider, &record.usage.model).cost(record);
        let key = Key {
            day: day(self.options.zone, record.at),
            provider: fact.provider.clone(),
            model: self.names.model(&record.usage.model),
            machine: self.names.machine(&fact.machine),
            project: self.names.project(record.attribution.project.as_ref()),
        };
        self.sums.cells.entry(key).or_default().add_fact(record, cost);
        let (weekday, hour) = weekday_hour(self.options.zone, record.at);
        self.sums.hours[weekday * 24 + hour].add_fact(record, cost);
        if record.at_quality == TimeQuality::Trusted {
            self.sums.newest = self.sums.newest.max(Some(record.at));
        }
    }

    /// A sum of a whole day: it has no hour, and no response of its own.
    fn day_sum(&mut self, sum: &DaySum) {
        let at = UtcSeconds::from(sum.date.and_hms_opt(12, 0, 0).unwrap_or_default().and_utc());
        let cost = {
            let id = data_schema::RecordId::new("day-sum", "", "");
            let mut record = UsageRecord::new(id, at);
            record.usage = sum.usage.clone();
            self.prices(&sum.provider, &sum.usage.model).cost(&record)
        };
        let key = Key {
            day: sum.date,
            provider: sum.provider.clone(),
            model: self.names.model(&sum.usage.model),
            machine: self.names.machine(&sum.machine),
            project: Text::from(""),
        };
        let requests = u64::from(sum.usage.requests.unwrap_or(0));
        self.sums.cells.entry(key).or_default().add_usage(&sum.usage, cost, requests);
        self.sums.newest = self.sums.newest.max(Some(at));
    }

    fn prices(&mut self, provider: &Text, model: &Text) -> ModelPrices<'a> {
        let book: &'a PriceBook = self.options.prices;
        *self
            .prices
            .entry((provider.clone(), model.clone()))
            .or_insert_with(|| book.of_model(provider, model))
    }
}

/// All names with the time of their first sight.
fn names(facts: &[Witness], day_sums: &[DaySum], input: &Input, options: &Options<'_>) -> Names {
    let seen = facts.par_chunks(CHUNK).map(Seen::of).reduce(Seen::default, Seen::merge);
    let Seen([mut machines, projects, mut models]) = seen;
    for sum in day_sums {
        machines.entry(sum.machine.clone()).or_default();
        models.entry(sum.usage.model.clone()).or_default();
    }
    for (name, card) in &input.machines {
        machines.insert(name.clone(), card.first_collected);
    }
    Names::new(input, options, [&machines, &projects, &models])
}

#[derive(Default)]
struct Seen([FirstSeen; 3]);

impl Seen {
    fn of(facts: &[Witness]) -> Self {
        let mut seen: [FxHashMap<&Text, UtcSeconds>; 3] = Default::default();
        for fact in facts {
            let record = &fact.record;
            let project = record.attribution.project.as_ref();
            let names = [Some(&fact.machine), project, Some(&record.usage.model)];
            for (seen, name) in seen.iter_mut().zip(names) {
                if let Some(name) = name {
                    let first = seen.entry(name).or_insert(record.at);
                    *first = (*first).min(record.at);
                }
            }
        }
        Self(seen.map(|names| names.into_iter().map(|(name, at)| (name.clone(), at)).collect()))
    }

    fn merge(mut self, other: Self) -> Self {
        for (names, more) in self.0.iter_mut().zip(other.0) {
            for (name, at) in more {
                let first = names.entry(name).or_insert(at);
                *first = (*first).min(at);
            }
        }
        self
    }
}
