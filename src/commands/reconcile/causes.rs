//! What is likely behind a gap. A guess in words: the numbers of two sides do not tell why they differ.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::counted::{Counted, Tally};
use super::gap::Row;

/// A likely cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    CutStreams,
    NotCollected,
    OtherUse,
    Retention,
    OtherAccount,
    OtherVendor,
    PlanUse,
    CachedPrompt,
    DayBoundary,
    Estimated,
    PriceRule,
    Unpriced,
    Rounded,
}

impl Cause {
    /// Its name in JSON.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::CutStreams => "cutStreams",
            Self::NotCollected => "notCollected",
            Self::OtherUse => "otherUse",
            Self::Retention => "logRetention",
            Self::OtherAccount => "otherAccount",
            Self::OtherVendor => "otherVendor",
            Self::PlanUse => "planUse",
            Self::CachedPrompt => "cachedPrompt",
            Self::DayBoundary => "dayBoundary",
            Self::Estimated => "estimated",
            Self::PriceRule => "priceRule",
            Self::Unpriced => "unpriced",
            Self::Rounded => "rounded",
        }
    }

    /// In words, with what to do where something can be done.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::CutStreams => {
                "streams that were cut, titles and summaries: they are billed, and no tool logs them (`proxy serve` sees them)"
            }
            Self::NotCollected => {
                "another machine, or another tool on this one, that is not collected (`token-matters machine list`)"
            }
            Self::OtherUse => {
                "use in a browser, an app or a script of your own with the same account"
            }
            Self::Retention => {
                "before the first day that was collected, or the tool had deleted its log before it was read (`doctor` tells when)"
            }
            Self::OtherAccount => {
                "the two sides are about different accounts, keys or workspaces: others may share the statement's, or these logs may be of another one"
            }
            Self::OtherVendor => {
                "the same model was bought elsewhere: a cloud, a relay, another vendor's bill"
            }
            Self::PlanUse => "a subscription covers it: it is on no bill by the token",
            Self::CachedPrompt => {
                "prompt tokens of the cache are counted by one side only, or twice by the other"
            }
            Self::DayBoundary => {
                "the gap of a neighbouring day is the other way round: the vendor's day begins at another hour than that of UTC"
            }
            Self::Estimated => {
                "what was counted is in part estimated by its tool, and not told by the vendor"
            }
            Self::PriceRule => {
                "another price: batch, flex or priority, long context, credits, a discount, taxes (`token-matters prices explain MODEL` shows the rule)"
            }
            Self::Unpriced => {
                "tokens without a known price are in no list value (`pricing.json` can name it)"
            }
            Self::Rounded => "the bill is rounded",
        }
    }
}

/// By witness and model: the gap of each day.
type Gaps = BTreeMap<(String, String), BTreeMap<NaiveDate, i128>>;

/// Notes likely causes in all rows.
pub(super) fn explain(rows: &mut [Row], counted: &Counted<'_>) {
    let mut gaps = Gaps::new();
    for row in rows.iter() {
        if let Some(gap) = row.gap() {
            gaps.entry((row.by.clone(), row.key.clone())).or_default().insert(row.day, gap);
        }
    }
    let first = counted.days().map(|(first, _)| first);
    for row in rows.iter_mut().filter(|row| !row.counts) {
        let of_model = gaps.get(&(row.by.clone(), row.key.clone()));
        let mut causes = of_tokens(row, of_model, first);
        causes.extend(of_cost(row));
        causes.sort_unstable();
        causes.dedup();
        row.causes = causes;
    }
}

fn of_tokens(
    row: &Row,
    of_model: Option<&BTreeMap<NaiveDate, i128>>,
    first: Option<NaiveDate>,
) -> Vec<Cause> {
    let (Some(gap), Some(stated)) = (row.gap(), row.stated.tokens) else { return Vec::new() };
    if gap == 0 {
        return Vec::new();
    }
    let nothing = Tally::default();
    let tally = row.tally.as_ref().unwrap_or(&nothing);
    let mut causes = Vec::new();
    if of_model.is_some_and(|gaps| is_moved(row.day, gap, gaps)) {
        causes.push(Cause::DayBoundary);
    }
    if is_cache(gap, tally) {
        causes.push(Cause::CachedPrompt);
    }
    if tally.inexact_tokens > 0 {
        causes.push(Cause::Estimated);
    }
    let is_small = gap.saturating_mul(10) <= i128::from(stated);
    if gap < 0 {
        if tally.plan_tokens > 0 {
            causes.push(Cause::PlanUse);
        }
        causes.extend([Cause::OtherAccount, Cause::OtherVendor]);
    } else if tally.classes.total > 0 && is_small {
        causes.push(Cause::CutStreams);
    } else {
        let is_before = first.is_none_or(|first| row.day <= first);
        causes.extend(is_before.then_some(Cause::Retention));
        causes.extend([Cause::NotCollected, Cause::OtherUse, Cause::OtherAccount]);
    }
    causes
}

/// Whether the day before or after has about the same gap the other way round.
fn is_moved(day: NaiveDate, gap: i128, gaps: &BTreeMap<NaiveDate, i128>) -> bool {
    let around = [day.pred_opt(), day.succ_opt()];
    around.into_iter().flatten().filter_map(|day| gaps.get(&day)).any(|other| {
        let is_opposite = (*other < 0) != (gap < 0) && *other != 0;
        is_opposite && gap.saturating_add(*other).abs().saturating_mul(4) <= gap.abs()
    })
}

/// Whether a gap is as large as what a cache held, give or take two in a hundred.
fn is_cache(gap: i128, tally: &Tally) -> bool {
    let (read, written) = (tally.classes.cache_read, tally.classes.cache_write);
    [read, written, read.saturating_add(written)].into_iter().any(|cached| {
        let cached = i128::from(cached);
        cached > 0 && (gap.abs() - cached).abs().saturating_mul(50) <= cached
    })
}

fn of_cost(row: &Row) -> Vec<Cause> {
    // A cent, in picos of USD.
    const CENT: i128 = 10_000_000_000;
    let Some(gap) = row.cost_gap() else { return Vec::new() };
    let stated = row.stated.cost.map_or(0, data_schema::Money::picos);
    let same_tokens = match (row.gap(), row.stated.tokens) {
        (Some(gap), Some(tokens)) => gap.abs().saturating_mul(100) <= i128::from(tokens),
        _ => row.counted() > 0,
    };
    let unpriced = row.tally.as_ref().is_some_and(|tally| tally.unpriced_tokens > 0);
    let mut causes = Vec::new();
    let gap = gap.picos();
    if gap == 0 {
        return causes;
    }
    if unpriced {
        causes.push(Cause::Unpriced);
    }
    if gap.abs() <= CENT {
        causes.push(Cause::Rounded);
    } else if same_tokens && gap.abs().saturating_mul(200) > stated.abs() {
        causes.push(Cause::PriceRule);
    } else if row.stated.tokens.is_none() && row.counted() == 0 {
        causes.extend([Cause::NotCollected, Cause::OtherUse, Cause::OtherAccount]);
    }
    causes
}

#[cfg(test)]
mod tests {
    use pricing::PriceBook;

    use super::super::counted::Classes;
    use super::super::gap::{Stated, Witness};
    use super::*;

    fn row(day: &str, stated: u64, tally: Tally) -> Row {
        Row {
            by: "bill.csv".to_owned(),
            witness: Witness::File,
            day: day.parse().unwrap(),
            model: "m".to_owned(),
            key: "m".to_owned(),
            stated: Stated { tokens: Some(stated), ..Stated::default() },
            tally: Some(tally),
            counts: false,
            causes: Vec::new(),
        }
    }

    fn tally(total: u64, cache_read: u64) -> Tally {
        let classes = Classes { cache_read, total, ..Classes::default() };
        Tally { classes, ..Tally::default() }
    }

    fn causes(mut rows: Vec<Row>) -> Vec<Vec<Cause>> {
        let book = PriceBook::builtin();
        explain(&mut rows, &Counted::new(&book));
        rows.into_iter().map(|row| row.causes).collect()
    }

    #[test]
    fn a_gap_has_the_cause_that_its_size_speaks_for() {
        let of = |stated, tally| causes(vec![row("2026-05-02", stated, tally)]).remove(0);
        assert!(of(1000, tally(1000, 0)).is_empty());
        assert_eq!(of(1000, tally(950, 0)), [Cause::CutStreams]);
        assert!(of(1000, tally(0, 0)).contains(&Cause::NotCollected));
        assert!(of(100, tally(1000, 900)).contains(&Cause::CachedPrompt));
        let covered = Tally { plan_tokens: 500, ..tally(500, 0) };
        assert!(of(0, covered).contains(&Cause::PlanUse));
    }

    #[test]
    fn a_gap_that_turns_round_on_the_next_day_is_the_day_of_another_zone() {
        let days = vec![
            row("2026-05-02", 1000, tally(700, 0)),
            row("2026-05-03", 1000, tally(1300, 0)),
            row("2026-05-09", 1000, tally(700, 0)),
        ];
        let told: Vec<bool> =
            causes(days).iter().map(|causes| causes.contains(&Cause::DayBoundary)).collect();
        assert_eq!(told, [true, true, false]);
    }

    const ALL: [Cause; 13] = [
        Cause::CutStreams,
        Cause::NotCollected,
        Cause::OtherUse,
        Cause::Retention,
        Cause::OtherAccount,
        Cause::OtherVendor,
        Cause::PlanUse,
        Cause::CachedPrompt,
        Cause::DayBoundary,
        Cause::Estimated,
        Cause::PriceRule,
        Cause::Unpriced,
        Cause::Rounded,
    ];

    #[test]
    fn every_cause_has_a_name_and_words_of_its_own() {
        let names: std::collections::BTreeSet<&str> = ALL.iter().map(|one| one.key()).collect();
        let words: std::collections::BTreeSet<&str> = ALL.iter().map(|one| one.text()).collect();
        assert_eq!((names.len(), words.len()), (ALL.len(), ALL.len()));
    }
}
