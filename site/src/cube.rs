//! All rows of the yearly shards: what every number of every page is added up from.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use data_schema::Quality;
use data_schema::summary::{Aggregate, DateRange, Shard, TokenCounts};

/// What rows can be told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dimension {
    Source,
    Model,
    Machine,
    Project,
}

impl Dimension {
    pub(crate) const ALL: [Self; 4] = [Self::Source, Self::Model, Self::Machine, Self::Project];

    /// Folder of its pages, and stem of its messages: `sources`.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Source => "sources",
            Self::Model => "models",
            Self::Machine => "machines",
            Self::Project => "projects",
        }
    }
}

/// A name's place in [`Cube::names`].
pub(crate) type Place = u32;

/// One day of one source, model, machine and project.
#[derive(Clone, Debug)]
struct Row {
    day: NaiveDate,
    /// In the order of [`Dimension::ALL`].
    places: [Place; 4],
    sum: Aggregate,
}

/// All rows, sorted by day.
#[derive(Debug, Default)]
pub(crate) struct Cube {
    rows: Vec<Row>,
    /// Sorted names of each dimension.
    names: [Vec<String>; 4],
}

impl Cube {
    /// Puts the years together; a row whose columns are of unequal length is an error, told in words.
    pub(crate) fn new(shards: &[Shard]) -> Result<Self, String> {
        let mut names: [Vec<String>; 4] = Default::default();
        for shard in shards {
            for (all, own) in names.iter_mut().zip(dictionaries(shard)) {
                all.extend(own.iter().cloned());
            }
        }
        for all in &mut names {
            all.sort_unstable();
            all.dedup();
        }
        let mut rows = Vec::new();
        for shard in shards {
            let place = |(all, own): (&Vec<String>, &Vec<String>)| -> Vec<Place> {
                own.iter().map(|name| position(all, name)).collect()
            };
            let own: Vec<Vec<Place>> = names.iter().zip(dictionaries(shard)).map(place).collect();
            for index in 0..shard.columns.day.len() {
                rows.push(row(shard, index, &own).ok_or_else(|| {
                    format!("row {} of the year {} is not complete", index + 1, shard.year)
                })?);
            }
        }
        rows.sort_by_key(|row| row.day);
        Ok(Self { rows, names })
    }

    /// The names of a dimension, sorted; projects may hold an empty name.
    pub(crate) fn names(&self, dimension: Dimension) -> &[String] {
        &self.names[dimension as usize]
    }

    /// The name at a place.
    pub(crate) fn name(&self, dimension: Dimension, place: Place) -> &str {
        self.names[dimension as usize].get(place as usize).map_or("", String::as_str)
    }

    /// First and last day with use.
    pub(crate) fn range(&self) -> Option<DateRange> {
        let (first, last) = (self.rows.first()?, self.rows.last()?);
        Some(DateRange { start: first.day, end: last.day })
    }

    /// Everything.
    pub(crate) fn all(&self) -> View<'_> {
        View { cube: self, rows: &self.rows, only: None }
    }
}

fn dictionaries(shard: &Shard) -> [&Vec<String>; 4] {
    let names = &shard.dictionaries;
    [&names.providers, &names.models, &names.machines, &names.projects]
}

fn position(sorted: &[String], name: &str) -> Place {
    let place = sorted.binary_search_by(|known| known.as_str().cmp(name)).unwrap_or(0);
    Place::try_from(place).unwrap_or(0)
}

/// One row of a shard; none if a column is too short or names what is not there.
fn row(shard: &Shard, index: usize, own: &[Vec<Place>]) -> Option<Row> {
    let columns = &shard.columns;
    let place = |dimension: usize, column: &[u32]| -> Option<Place> {
        own[dimension].get(*column.get(index)? as usize).copied()
    };
    let count = |column: &[u64]| column.get(index).copied();
    let mut tokens = TokenCounts {
        input_tokens: count(&columns.input_tokens)?,
        output_tokens: count(&columns.output_tokens)?,
        cache_creation_tokens: count(&columns.cache_creation_tokens)?,
        cache_read_tokens: count(&columns.cache_read_tokens)?,
        reasoning_tokens: count(&columns.reasoning_tokens)?,
        ..TokenCounts::default()
    };
    tokens.total_tokens = [
        tokens.input_tokens,
        tokens.output_tokens,
        tokens.cache_creation_tokens,
        tokens.cache_read_tokens,
        count(&columns.other_tokens)?,
    ]
    .into_iter()
    .fold(0, u64::saturating_add);
    let data_quality = match columns.quality.get(index)? {
        0 => Quality::Exact,
        1 => Quality::Partial,
        _ => Quality::Estimated,
    };
    Some(Row {
        day: NaiveDate::from_yo_opt(shard.year, u32::from(*columns.day.get(index)?))?,
        places: [
            place(0, &columns.provider)?,
            place(1, &columns.model)?,
            place(2, &columns.machine)?,
            place(3, &columns.project)?,
        ],
        sum: Aggregate {
            tokens,
            requests: count(&columns.requests)?,
            cost_usd: *columns.cost_usd.get(index)?,
            // Absent in shards of a year of which nothing is known to be paid.
            billed_usd: columns.billed_usd.get(index).copied().unwrap_or_default(),
            covered_usd: columns.covered_usd.get(index).copied().unwrap_or_default(),
            unpriced_tokens: count(&columns.unpriced_tokens)?,
            data_quality,
            // Absent in shards of an earlier version.
            inexact_tokens: count(&columns.inexact_tokens).unwrap_or(0),
        },
    })
}

/// Some of the rows: those of a stretch of days, and of one name if one was chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    cube: &'a Cube,
    rows: &'a [Row],
    only: Option<(Dimension, Place)>,
}

impl<'a> View<'a> {
    /// The cube that it is a part of.
    pub(crate) fn cube(&self) -> &'a Cube {
        self.cube
    }

    /// The rows of these days, both included.
    pub(crate) fn within(self, range: DateRange) -> Self {
        let start = self.rows.partition_point(|row| row.day < range.start);
        let end = self.rows.partition_point(|row| row.day <= range.end);
        Self { rows: self.rows.get(start..end).unwrap_or_default(), ..self }
    }

    /// The rows of one name.
    pub(crate) fn only(self, dimension: Dimension, place: Place) -> Self {
        Self { only: Some((dimension, place)), ..self }
    }

    fn rows(self) -> impl Iterator<Item = &'a Row> {
        let is_in = move |row: &&Row| {
            self.only.is_none_or(|(dimension, place)| row.places[dimension as usize] == place)
        };
        self.rows.iter().filter(is_in)
    }

    /// First and last day with use.
    pub(crate) fn range(self) -> Option<DateRange> {
        let mut rows = self.rows();
        let first = rows.next()?.day;
        Some(DateRange { start: first, end: rows.last().map_or(first, |row| row.day) })
    }

    /// The sum of all rows.
    pub(crate) fn total(self) -> Aggregate {
        let mut total = Aggregate::default();
        self.rows().for_each(|row| add(&mut total, &row.sum));
        total
    }

    /// Sums by name, the largest first, then by name.
    pub(crate) fn by(self, dimension: Dimension) -> Vec<(Place, Aggregate)> {
        let mut sums: BTreeMap<Place, Aggregate> = BTreeMap::new();
        for row in self.rows() {
            add_to(&mut sums, row.places[dimension as usize], &row.sum);
        }
        largest_first(sums)
    }

    /// Sums by model and source, the largest first.
    pub(crate) fn by_model_and_source(self) -> Vec<((Place, Place), Aggregate)> {
        let mut sums: BTreeMap<(Place, Place), Aggregate> = BTreeMap::new();
        for row in self.rows() {
            let key =
                (row.places[Dimension::Model as usize], row.places[Dimension::Source as usize]);
            add_to(&mut sums, key, &row.sum);
        }
        largest_first(sums)
    }

    /// Sums by day: only days with use are there.
    pub(crate) fn days(self) -> BTreeMap<NaiveDate, Aggregate> {
        let mut sums = BTreeMap::new();
        for row in self.rows() {
            add_to(&mut sums, row.day, &row.sum);
        }
        sums
    }

    /// Sums by day and name: only days with use are there.
    pub(crate) fn days_by(
        self,
        dimension: Dimension,
    ) -> BTreeMap<NaiveDate, BTreeMap<Place, Aggregate>> {
        let mut sums: BTreeMap<NaiveDate, BTreeMap<Place, Aggregate>> = BTreeMap::new();
        for row in self.rows() {
            add_to(sums.entry(row.day).or_default(), row.places[dimension as usize], &row.sum);
        }
        sums
    }

    /// Months with use, as their first days.
    pub(crate) fn months(self) -> Vec<NaiveDate> {
        let mut months: Vec<NaiveDate> =
            self.rows().filter_map(|row| row.day.with_day(1)).collect();
        months.dedup();
        months
    }
}

fn largest_first<K: Ord + Copy>(sums: BTreeMap<K, Aggregate>) -> Vec<(K, Aggregate)> {
    let mut sums: Vec<(K, Aggregate)> = sums.into_iter().collect();
    sums.sort_by_key(|(key, sum)| (std::cmp::Reverse(sum.tokens.total_tokens), *key));
    sums
}

fn add_to<K: Ord>(sums: &mut BTreeMap<K, Aggregate>, key: K, more: &Aggregate) {
    match sums.entry(key) {
        std::collections::btree_map::Entry::Vacant(place) => {
            place.insert(more.clone());
        }
        std::collections::btree_map::Entry::Occupied(mut sum) => add(sum.get_mut(), more),
    }
}

/// Adds an aggregate to a sum. An amount that is not known adds nothing: its tokens are counted as unpriced.
pub(crate) fn add(sum: &mut Aggregate, more: &Aggregate) {
    sum.tokens.add(&more.tokens);
    sum.requests = sum.requests.saturating_add(more.requests);
    sum.cost_usd = match (sum.cost_usd, more.cost_usd) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    };
    sum.billed_usd += more.billed_usd;
    sum.covered_usd += more.covered_usd;
    sum.unpriced_tokens = sum.unpriced_tokens.saturating_add(more.unpriced_tokens);
    sum.data_quality = sum.data_quality.max(more.data_quality);
    sum.inexact_tokens = sum.inexact_tokens.saturating_add(more.inexact_tokens);
}

/// Tokens that went in: those read from a cache, and all together.
pub(crate) fn cached(sum: &Aggregate) -> (u64, u64) {
    let tokens = &sum.tokens;
    let all = tokens
        .cache_read_tokens
        .saturating_add(tokens.cache_creation_tokens)
        .saturating_add(tokens.input_tokens);
    (tokens.cache_read_tokens, all)
}

#[cfg(test)]
pub(crate) mod tests;
