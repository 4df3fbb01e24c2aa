use data_schema::Money;
use data_schema::summary::{SUMMARY_VERSION, ShardColumns, ShardDictionaries};

use super::*;

/// A day's use: day of the year, source, model, tokens.
pub(crate) type Use<'a> = (u16, &'a str, &'a str, u64);

pub(crate) fn use_of<'a>(day: u16, source: &'a str, model: &'a str, tokens: u64) -> Use<'a> {
    (day, source, model, tokens)
}

/// A shard whose tokens cost a dollar each; a model called `unpriced` has no price.
pub(crate) fn shard(year: i32, uses: &[Use<'_>]) -> Shard {
    let names = |name: fn(&Use<'_>) -> String| {
        let mut names: Vec<String> = uses.iter().map(name).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let dictionaries = ShardDictionaries {
        providers: names(|one| one.1.to_owned()),
        models: names(|one| one.2.to_owned()),
        machines: vec!["laptop".to_owned()],
        projects: vec![String::new()],
    };
    let mut columns = ShardColumns::default();
    for (day, source, model, tokens) in uses {
        let place = |names: &[String], name: &str| position(names, name);
        let is_priced = *model != "unpriced";
        columns.day.push(*day);
        columns.provider.push(place(&dictionaries.providers, source));
        columns.model.push(place(&dictionaries.models, model));
        columns.machine.push(0);
        columns.project.push(0);
        columns.input_tokens.push(*tokens);
        columns.output_tokens.push(0);
        columns.cache_creation_tokens.push(0);
        columns.cache_read_tokens.push(0);
        columns.reasoning_tokens.push(0);
        columns.other_tokens.push(0);
        columns.requests.push(1);
        columns.cost_usd.push(is_priced.then(|| tokens.to_string().parse::<Money>().unwrap()));
        columns.unpriced_tokens.push(if is_priced { 0 } else { *tokens });
        columns.quality.push(0);
        columns.inexact_tokens.push(0);
    }
    Shard { version: SUMMARY_VERSION.to_owned(), year, dictionaries, columns }
}

fn cube() -> Cube {
    let first = shard(2025, &[use_of(364, "codex", "a", 5), use_of(365, "codex", "b", 7)]);
    let second = shard(
        2026,
        &[
            use_of(1, "claude-code", "a", 11),
            use_of(1, "codex", "unpriced", 13),
            use_of(32, "codex", "a", 17),
        ],
    );
    Cube::new(&[second, first]).unwrap()
}

fn range(start: &str, end: &str) -> DateRange {
    DateRange { start: start.parse().unwrap(), end: end.parse().unwrap() }
}

#[test]
fn years_are_one_and_a_view_is_the_sum_of_its_rows() {
    let cube = cube();
    assert_eq!(cube.range(), Some(range("2025-12-30", "2026-02-01")));
    assert_eq!(cube.all().total().tokens.total_tokens, 53);
    let turn = cube.all().within(range("2025-12-31", "2026-01-01"));
    assert_eq!(turn.total().tokens.total_tokens, 31);
    assert_eq!(turn.days().len(), 2);
    assert_eq!(turn.range(), Some(range("2025-12-31", "2026-01-01")));
    assert_eq!(cube.all().within(range("2027-01-01", "2027-12-31")).total(), Aggregate::default());
    assert_eq!(cube.all().months().len(), 3);
}

#[test]
fn every_split_adds_up_to_the_total() {
    let cube = cube();
    let total = cube.all().total();
    for dimension in Dimension::ALL {
        let mut sum = Aggregate::default();
        cube.all().by(dimension).iter().for_each(|(_, part)| add(&mut sum, part));
        assert_eq!(sum, total, "{dimension:?}");
        let of_days = cube.all().days_by(dimension);
        let mut sum = Aggregate::default();
        of_days.values().flat_map(BTreeMap::values).for_each(|part| add(&mut sum, part));
        assert_eq!(sum, total, "{dimension:?} by day");
    }
    let by_source = cube.all().by(Dimension::Source);
    let names: Vec<&str> =
        by_source.iter().map(|(place, _)| cube.name(Dimension::Source, *place)).collect();
    assert_eq!(names, ["codex", "claude-code"]);
    let (codex, sum) = &by_source[0];
    assert_eq!(cube.all().only(Dimension::Source, *codex).total(), *sum);
    let models = cube.all().only(Dimension::Source, *codex).by(Dimension::Model);
    assert_eq!(models.len(), 3);
}

#[test]
fn what_has_no_price_is_counted_and_costs_nothing_that_is_known() {
    let cube = cube();
    let total = cube.all().total();
    assert_eq!(total.unpriced_tokens, 13);
    assert_eq!(total.cost_usd, Some("40".parse().unwrap()));
    let only = cube.all().by(Dimension::Model).into_iter();
    let unpriced = only
        .filter(|(place, _)| cube.name(Dimension::Model, *place) == "unpriced")
        .map(|(_, sum)| sum.cost_usd);
    assert_eq!(unpriced.collect::<Vec<_>>(), [None]);
}

#[test]
fn a_shard_that_is_not_whole_is_an_error_and_no_number() {
    let mut short = shard(2026, &[use_of(1, "codex", "a", 5), use_of(2, "codex", "a", 6)]);
    short.columns.output_tokens.pop();
    assert_eq!(Cube::new(&[short]).unwrap_err(), "row 2 of the year 2026 is not complete");
    let mut astray = shard(2026, &[use_of(1, "codex", "a", 5)]);
    astray.columns.model = vec![9];
    assert!(Cube::new(&[astray]).is_err());
    let mut never = shard(2026, &[use_of(366, "codex", "a", 5)]);
    never.columns.day = vec![366];
    assert!(Cube::new(&[never]).is_err(), "2026 has no day 366");
}
