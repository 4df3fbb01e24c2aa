//! Rule 4: day sums of 1.x count where finer records do not cover their day.
//!
//! A sum whose zone is known stands against the records between the two ends of its day; one whose zone is not known
//! (a 1.x file that still lies in the repository) against those of the same day in the report zone. Sums of one
//! machine, provider and date are one day, wherever they were read from.

use chrono::NaiveDate;
use rustc_hash::FxHashMap;

use super::{Context, Witness};
use crate::{DaySum, Span, Text, UtcSeconds, compare};

/// Chooses per machine, provider and day: before `coveredSince` the greater of the day sums and the
/// records, from then on the records. A sum counts on the report day that the middle of its day lies in.
pub(super) fn choose(
    mut facts: Vec<Witness>,
    day_sums: Vec<DaySum>,
    context: &Context<'_>,
) -> (Vec<Witness>, Vec<DaySum>) {
    if day_sums.is_empty() {
        return (facts, day_sums);
    }
    let mut days = Days::new(day_sums);
    for fact in &facts {
        if let Some(place) = days.place(fact, context) {
            days.all[place].records += fact.record.usage.total();
        }
    }
    days.decide(context);
    facts.retain(|fact| !days.place(fact, context).is_some_and(|place| days.all[place].counts));
    let counting = days.all.into_iter().filter(|day| day.counts);
    let mut sums: Vec<DaySum> = counting.flat_map(|day| day.into_sums(context)).collect();
    sums.sort_by(|left, right| {
        let key = |sum: &DaySum| {
            (sum.date, sum.machine.clone(), sum.provider.clone(), sum.usage.model.clone())
        };
        key(left).cmp(&key(right))
    });
    (facts, sums)
}

/// Machine and provider.
type Source = (Text, Text);

/// All days that have a sum.
struct Days {
    all: Vec<Day>,
    sources: FxHashMap<Source, Places>,
}

/// One day of one machine and provider.
struct Day {
    source: Source,
    date: NaiveDate,
    span: Option<Span>,
    /// Snapshots of one day repeat each other: the greatest of every model stands for it.
    models: FxHashMap<Text, DaySum>,
    /// Tokens of the records of that day.
    records: u64,
    counts: bool,
}

/// The days of one machine and provider.
#[derive(Default)]
struct Places {
    /// Sorted.
    spans: Vec<(Span, NaiveDate, usize)>,
    dates: FxHashMap<NaiveDate, usize>,
}

impl Days {
    fn new(day_sums: Vec<DaySum>) -> Self {
        let mut all: Vec<Day> = Vec::new();
        let mut places: FxHashMap<(Source, NaiveDate), usize> = FxHashMap::default();
        for sum in day_sums {
            let source = (sum.machine.clone(), sum.provider.clone());
            let key = (source.clone(), sum.date);
            let place = *places.entry(key).or_insert_with(|| {
                all.push(Day::new(source, sum.date));
                all.len() - 1
            });
            all[place].take(sum);
        }
        let mut sources: FxHashMap<Source, Places> = FxHashMap::default();
        for (place, day) in all.iter().enumerate() {
            let places = sources.entry(day.source.clone()).or_default();
            match day.span {
                Some(span) => places.spans.push((span, day.date, place)),
                None => drop(places.dates.insert(day.date, place)),
            }
        }
        for places in sources.values_mut() {
            places.spans.sort_unstable();
        }
        Self { all, sources }
    }

    /// The day that a record stands against.
    fn place(&self, fact: &Witness, context: &Context<'_>) -> Option<usize> {
        let places = self.sources.get(&(fact.machine.clone(), fact.provider.clone()))?;
        let at = fact.record.at;
        let later = places.spans.partition_point(|(span, ..)| span.from <= at);
        let known = later.checked_sub(1).map(|before| places.spans[before]);
        if let Some((_, _, place)) = known.filter(|(span, ..)| span.contains(at)) {
            return Some(place);
        }
        if places.dates.is_empty() {
            return None;
        }
        places.dates.get(&(context.day_of)(at)).copied()
    }

    fn decide(&mut self, context: &Context<'_>) {
        for day in &mut self.all {
            let since = context.covered_since.get(&day.source);
            let is_covered = since.is_some_and(|since| day.begins_at_or_after(*since, context));
            let total: u64 = day.models.values().map(|sum| sum.usage.total()).sum();
            day.counts = !is_covered && total > day.records;
        }
    }
}

impl Day {
    fn new(source: Source, date: NaiveDate) -> Self {
        Self { source, date, span: None, models: FxHashMap::default(), records: 0, counts: false }
    }

    fn take(&mut self, sum: DaySum) {
        self.span = match (self.span, sum.span) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        match self.models.entry(sum.usage.model.clone()) {
            std::collections::hash_map::Entry::Vacant(empty) => {
                empty.insert(sum);
            }
            std::collections::hash_map::Entry::Occupied(mut known) => {
                if compare(&sum.usage, &known.get().usage).is_gt() {
                    known.insert(sum);
                }
            }
        }
    }

    fn begins_at_or_after(&self, since: UtcSeconds, context: &Context<'_>) -> bool {
        match self.span {
            Some(span) => span.from >= since,
            // No second of it lies before.
            None => (context.day_of)(since.plus(-1)) < self.date,
        }
    }

    fn into_sums(self, context: &Context<'_>) -> impl Iterator<Item = DaySum> {
        let Self { span, date, .. } = self;
        let date = span.map_or(date, |span| (context.day_of)(span.middle()));
        self.models.into_values().map(move |sum| DaySum { date, span, ..sum })
    }
}
