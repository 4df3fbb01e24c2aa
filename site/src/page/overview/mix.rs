//! Of which classes the tokens are, and how much was read from a cache.

use data_schema::summary::Aggregate;
use serde::Serialize;

use super::kit::{Kit, Stretch};
use super::trend::by_slot;
use crate::chart::scale::share;
use crate::chart::spark;
use crate::cube::cached;
use crate::locale::numbers::percent;
use crate::period::Unit;

/// Width and height of the line of the cache.
const LINE: (u64, u64) = (1_000, 60);

/// One row for each class of tokens.
#[derive(Debug, Serialize)]
pub(crate) struct Mix {
    pub(crate) rows: Vec<Class>,
    pub(crate) cache: Option<Cache>,
}

/// A class of tokens.
#[derive(Debug, Serialize)]
pub(crate) struct Class {
    /// Key of its name.
    pub(crate) name: &'static str,
    /// Whether it is a part of the row above.
    pub(crate) is_part: bool,
    pub(crate) tokens: String,
    pub(crate) share: String,
    pub(crate) bar: String,
}

/// What was read from a cache, over time.
#[derive(Debug, Serialize)]
pub(crate) struct Cache {
    pub(crate) share: String,
    /// Its line in a box of 1000 by 60; absent if there is only one point.
    pub(crate) line: Option<String>,
    /// What the line shows, in a sentence; empty if it is level.
    pub(crate) told: String,
}

pub(crate) fn of(kit: &Kit<'_, '_>, stretch: &Stretch<'_>) -> Mix {
    let total = stretch.view.total();
    Mix { rows: classes(kit, &total), cache: cache(kit, stretch, &total) }
}

fn classes(kit: &Kit<'_, '_>, total: &Aggregate) -> Vec<Class> {
    let tokens = &total.tokens;
    let told = [
        tokens.input_tokens,
        tokens.output_tokens,
        tokens.cache_creation_tokens,
        tokens.cache_read_tokens,
    ];
    let other = told.into_iter().fold(tokens.total_tokens, u64::saturating_sub);
    let rows = [
        ("cache-read", false, tokens.cache_read_tokens),
        ("cache-write", false, tokens.cache_creation_tokens),
        ("input", false, tokens.input_tokens),
        ("output", false, tokens.output_tokens),
        ("mix-reasoning", true, tokens.reasoning_tokens),
        ("mix-other", false, other),
    ];
    let row = |(name, is_part, count): (&'static str, bool, u64)| Class {
        name,
        is_part,
        tokens: kit.context.locale.count(count),
        share: percent(count, tokens.total_tokens),
        bar: share(count, tokens.total_tokens),
    };
    rows.into_iter().filter(|(.., count)| *count > 0).map(row).collect()
}

fn cache(kit: &Kit<'_, '_>, stretch: &Stretch<'_>, total: &Aggregate) -> Option<Cache> {
    let (read, all) = cached(total);
    if all == 0 {
        return None;
    }
    let slots = Unit::of(stretch.range).slots(stretch.range);
    let points: Vec<Option<(u64, u64)>> = by_slot(stretch.view.days(), &slots)
        .iter()
        .map(|sum| Some(cached(sum)).filter(|(_, all)| *all > 0))
        .collect();
    let known: Vec<(u64, u64)> = points.iter().flatten().copied().collect();
    let ratio =
        |(read, all): &(u64, u64)| u128::from(*read) * 1_000_000 / u128::from((*all).max(1));
    let least = known.iter().min_by_key(|point| ratio(point))?;
    let most = known.iter().max_by_key(|point| ratio(point))?;
    let [low, high] = [least, most].map(|(read, all)| percent(*read, *all));
    let told = if low == high {
        String::new()
    } else {
        kit.context.locale.with("cache-told", &[("low", low.into()), ("high", high.into())])
    };
    let line = (known.len() > 1).then(|| spark::line(&points, LINE.0, LINE.1));
    Some(Cache { share: percent(read, all), line, told })
}
