//! The pass that adds up.

use std::hash::Hash;

use data_schema::Text;
use pricing::{ModelPrices, PriceBook};
use rustc_hash::{FxHashMap, FxHashSet};

use super::starts::{Owner, Owners, Spans};
use super::{Hour, NO_HOUR, Part, Span, Timeline};
use crate::SummarizeError;
use crate::engine::{Facts, Seen};
use crate::report::Only;
use crate::sums::{Cell, join_equal};

/// The windows of all owners.
struct Windows {
    /// By owner: the number of the first window, and all of the owner's.
    of: FxHashMap<Owner, (usize, Spans)>,
}

/// What one core has added up, by numbers of names in the order of their sight.
struct Own<'p> {
    book: &'p PriceBook,
    owners: Owners,
    providers: Names,
    models: Names,
    prices: FxHashMap<(u32, u32), ModelPrices<'p>>,
    hours: Cells<Hour>,
    parts: Cells<Part>,
    wanted: Wanted<'p>,
}

/// What is left in.
struct Wanted<'p> {
    only: &'p Only,
    /// Names that were looked up.
    projects: FxHashSet<Text>,
}

impl Wanted<'_> {
    fn holds(&mut self, seen: &Seen<'_>) -> bool {
        if !self.only.has_machine(seen.machine) {
            return false;
        }
        let Some(project) = seen.record.attribution.project.as_ref() else {
            return self.only.has_project("");
        };
        self.only.projects.is_empty()
            || self.projects.contains(project)
            || self.only.has_project(project) && self.projects.insert(project.clone())
    }
}

/// Names by number; the last one is not looked up.
#[derive(Default)]
struct Names {
    all: Vec<Text>,
    places: FxHashMap<Text, u32>,
    last: u32,
}

impl Names {
    fn place(&mut self, name: &Text) -> u32 {
        if self.all.get(self.last as usize).is_none_or(|last| last != name) {
            let next = u32::try_from(self.all.len()).unwrap_or(0);
            self.last = *self.places.entry(name.clone()).or_insert(next);
            if self.last == next {
                self.all.push(name.clone());
            }
        }
        self.last
    }

    /// Where these stand among sorted names.
    fn among(&self, sorted: &[Text]) -> Vec<u32> {
        let place = |name: &Text| sorted.binary_search(name).unwrap_or(0);
        self.all.iter().map(|name| u32::try_from(place(name)).unwrap_or(0)).collect()
    }
}

/// Sums by key; that of the last key is not looked up.
struct Cells<K> {
    places: FxHashMap<K, usize>,
    rows: Vec<(K, Cell)>,
    last: usize,
}

impl<K: Copy + Eq + Hash> Cells<K> {
    fn new() -> Self {
        Self { places: FxHashMap::default(), rows: Vec::new(), last: 0 }
    }

    fn cell(&mut self, key: K) -> &mut Cell {
        if self.rows.get(self.last).is_none_or(|(last, _)| *last != key) {
            self.last = *self.places.entry(key).or_insert(self.rows.len());
            if self.last == self.rows.len() {
                self.rows.push((key, Cell::default()));
            }
        }
        &mut self.rows[self.last].1
    }
}

impl Own<'_> {
    fn take(&mut self, seen: &Seen<'_>, windows: &Windows) {
        if !self.wanted.holds(seen) {
            return;
        }
        let (provider, model) =
            (self.providers.place(seen.provider), self.models.place(&seen.record.usage.model));
        let book = self.book;
        let prices = self
            .prices
            .entry((provider, model))
            .or_insert_with(|| book.of_model(seen.provider, &seen.record.usage.model));
        let day = seen.local.day;
        let bill = prices.bill(seen.record, day);
        let of_day =
            if seen.has_time { u8::try_from(seen.local.hour).unwrap_or(0) } else { NO_HOUR };
        self.hours.cell(Hour { day, of_day, provider, model }).add_fact(seen.record, bill);
        if seen.has_time {
            let owner = self.owners.place(seen.provider, seen.record.attribution.account);
            let Some((first, spans)) = windows.of.get(&self.owners.all[owner]) else { return };
            let at = seen.record.at;
            let place = spans.partition_point(|(start, _)| *start <= at).saturating_sub(1);
            let window = u32::try_from(first + place).unwrap_or(u32::MAX);
            self.parts.cell(Part { window, day, model }).add_fact(seen.record, bill);
        }
    }
}

/// Adds up all facts, whose windows were found.
pub(super) fn add_up(
    facts: &Facts,
    found: Vec<(Owner, Spans)>,
    book: &PriceBook,
    only: &Only,
) -> Result<Timeline, SummarizeError> {
    let mut windows = Windows { of: FxHashMap::default() };
    let mut owners = Vec::with_capacity(found.len());
    let mut first = 0;
    for (owner, spans) in found {
        let count = spans.len();
        owners.push(owner.clone());
        windows.of.insert(owner, (first, spans));
        first += count;
    }
    let new = || Own {
        book,
        owners: Owners::default(),
        providers: Names::default(),
        models: Names::default(),
        prices: FxHashMap::default(),
        hours: Cells::new(),
        parts: Cells::new(),
        wanted: Wanted { only, projects: FxHashSet::default() },
    };
    let cores = facts.on_all_cores(new, |own, seen| own.take(seen, &windows))?;
    Ok(joined(cores, &owners, windows, book))
}

/// What all cores have added up. The names are sorted, so that nothing depends on who saw which.
fn joined(
    cores: Vec<Own<'_>>,
    owners: &[Owner],
    mut windows: Windows,
    book: &PriceBook,
) -> Timeline {
    let of_windows = owners.iter().map(|(provider, _)| provider.clone());
    let seen = cores.iter().flat_map(|own| own.providers.all.iter().cloned());
    let providers = sorted(of_windows.chain(seen));
    let models = sorted(cores.iter().flat_map(|own| own.models.all.iter().cloned()));
    let canonical = models.iter().map(|model| Text::from(book.canonical_model(model))).collect();
    let mut timeline = Timeline { providers, models, canonical, ..Timeline::default() };
    for own in cores {
        let providers = own.providers.among(&timeline.providers);
        let models = own.models.among(&timeline.models);
        timeline.hours.extend(own.hours.rows.into_iter().map(|(key, cell)| {
            let (provider, model) = (providers[key.provider as usize], models[key.model as usize]);
            (Hour { provider, model, ..key }, cell)
        }));
        let part =
            |(key, cell): (Part, Cell)| (Part { model: models[key.model as usize], ..key }, cell);
        timeline.parts.extend(own.parts.rows.into_iter().map(part));
    }
    timeline.hours.sort_unstable_by_key(|(key, _)| *key);
    join_equal(&mut timeline.hours, Cell::add);
    timeline.parts.sort_unstable_by_key(|(key, _)| *key);
    join_equal(&mut timeline.parts, Cell::add);
    for owner in owners {
        let place = timeline.providers.binary_search(&owner.0).unwrap_or(0);
        let (provider, account) = (u32::try_from(place).unwrap_or(0), owner.1);
        let (_, spans) = windows.of.remove(owner).unwrap_or_default();
        let span = |(start, last)| Span { provider, account, start, last };
        timeline.spans.extend(spans.into_iter().map(span));
    }
    timeline
}

fn sorted(names: impl Iterator<Item = Text>) -> Vec<Text> {
    let mut names: Vec<Text> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}
