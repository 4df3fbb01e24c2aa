//! Whatever the records, the zone and the publish level: every view adds up to the same totals.

use chrono::NaiveDate;
use chrono_tz::Tz;
use data_schema::resolve::Witness;
use data_schema::settings::{ModelNaming, Naming, ProjectNaming, Publish, Visibility};
use data_schema::summary::{
    Aggregate, Breakdown, DailySummary, DailyTrendEntry, DimensionSummary, HoursFile, LatestFile,
    MetaFile, MonthlySummary, PeriodSummary, Shard, TokenCounts, Totals, WeeklySummary,
};
use data_schema::{
    DaySum, HashId, Kind, Money, Quality, RecordId, Text, TimeQuality, Tokens, Usage, UsageRecord,
    UtcSeconds, Via,
};
use pricing::Cost;
use proptest::prelude::*;
use summarizer::{Grouping, Input, Options, Query, Report, Row, Summary, report, sums};

use crate::support::{LARGE, PRICES, UNLISTED, file, input, options, paths, summary};

/// What every view must agree on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    tokens: TokenCounts,
    requests: u64,
    cost: Money,
    unpriced: u64,
    inexact: u64,
}

impl Sum {
    pub(crate) fn of(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::default(), |mut sum, part| {
            sum.tokens.add(&part.tokens);
            sum.requests += part.requests;
            sum.cost += part.cost;
            sum.unpriced += part.unpriced;
            sum.inexact += part.inexact;
            sum
        })
    }

    fn rows<'a>(rows: impl IntoIterator<Item = &'a Aggregate>) -> Self {
        Self::of(rows.into_iter().map(Self::from))
    }
}

impl From<&Aggregate> for Sum {
    fn from(row: &Aggregate) -> Self {
        Self {
            tokens: row.tokens,
            requests: row.requests,
            cost: row.cost_usd.unwrap_or_default(),
            unpriced: row.unpriced_tokens,
            inexact: row.inexact_tokens,
        }
    }
}

impl From<&Totals> for Sum {
    fn from(totals: &Totals) -> Self {
        Self {
            tokens: totals.tokens,
            requests: totals.requests,
            cost: totals.cost.total_usd.unwrap_or_default(),
            unpriced: totals.cost.unpriced_tokens,
            inexact: totals.inexact_tokens,
        }
    }
}

impl From<&Row> for Sum {
    fn from(row: &Row) -> Self {
        let tokens = serde_json::to_value(row.tokens).unwrap();
        Self {
            tokens: serde_json::from_value(tokens).unwrap(),
            requests: row.requests,
            cost: row.cost.list_usd.unwrap_or_default(),
            unpriced: row.unpriced_tokens,
            inexact: row.inexact_tokens,
        }
    }
}

pub(crate) const ZONES: [Tz; 8] = [
    chrono_tz::UTC,
    chrono_tz::Europe::Berlin,
    chrono_tz::America::Los_Angeles,
    chrono_tz::Pacific::Kiritimati,
    chrono_tz::Etc::GMTPlus12,
    chrono_tz::Asia::Kathmandu,
    chrono_tz::Australia::Lord_Howe,
    chrono_tz::America::St_Johns,
];
pub(crate) const MACHINES: [&str; 3] = ["laptop", "tower", "server"];
pub(crate) const PROVIDERS: [&str; 3] = ["codex", "claude-code", "opencode"];
const MODELS: [&str; 4] = [LARGE, "test-small", UNLISTED, "another-unlisted"];

/// Seconds of 2024-12-20 to 2026-12-01, mostly near a change of clocks or a new year.
fn any_time() -> impl Strategy<Value = UtcSeconds> {
    let near = |at: i64| (at - 100_000)..(at + 100_000);
    // 2025-01-01, 2026-03-29T01:00Z and 2026-10-25T01:00Z.
    let seconds = prop_oneof![
        1_734_652_800_i64..1_796_083_200,
        near(1_735_689_600),
        near(1_774_746_000),
        near(1_792_890_000),
    ];
    seconds.prop_map(|seconds| UtcSeconds::new(seconds).unwrap())
}

fn any_usage() -> impl Strategy<Value = Usage> {
    let count = || prop::option::of(0..2_000_000_u64);
    let classes = [count(), count(), count(), count()];
    let rest = (count(), 0..4_usize, prop::option::of(0..3_u32), 0..4_u8, any::<bool>());
    (classes, rest).prop_map(|([input, output, read, written], rest)| {
        let (total, model, requests, quality, only_total) = rest;
        let tokens = |count: Option<u64>| count.filter(|_| !only_total).and_then(Tokens::new);
        Usage {
            model: MODELS[model].into(),
            input_tokens: tokens(input),
            output_tokens: tokens(output),
            cache_read_tokens: tokens(read),
            cache_creation_tokens: tokens(written),
            reasoning_tokens: tokens(output.map(|output| output / 2)),
            total_tokens: total.filter(|_| only_total).and_then(Tokens::new),
            requests,
            quality: [Quality::Exact, Quality::Exact, Quality::Partial, Quality::Estimated]
                [usize::from(quality)],
            ..Usage::default()
        }
    })
}

/// A record with an id of its own.
fn any_witness() -> impl Strategy<Value = Witness> {
    let place = (0..3_usize, 0..3_usize, prop::option::of(0..3_u8), prop::option::of(0..3_u8));
    (any::<u64>(), any_time(), any_usage(), place, any::<bool>()).prop_map(
        |(id, at, usage, (machine, provider, project, session), guess)| {
            let id = RecordId::new("test", &id.to_string(), "");
            let mut record = UsageRecord::new(id, at);
            record.usage = usage;
            record.at_quality = if guess { TimeQuality::Guess } else { TimeQuality::Trusted };
            record.attribution.project = project.map(|number| Text::from(format!("org/p{number}")));
            record.attribution.session =
                session.map(|number| HashId::new("session", &number.to_string()));
            let (machine, provider) = (MACHINES[machine].into(), PROVIDERS[provider].into());
            Witness { machine, provider, record: Box::new(record) }
        },
    )
}

/// A record that others may share the id with, seen by a log or the proxy, counted, a counter or a statement.
fn any_disputed_witness() -> impl Strategy<Value = Witness> {
    (any_witness(), 0..8_u8, 0..6_u8, 0..8_u8).prop_map(|(mut witness, id, via, kind)| {
        let record = &mut witness.record;
        record.id = RecordId::new("test", &id.to_string(), "");
        record.usage.via = if via == 0 { Via::Wire } else { Via::Log };
        record.usage.kind = match kind {
            0 => Kind::Void,
            1 => Kind::Reading,
            2 => Kind::SessionReading,
            3 => Kind::Statement,
            _ => Kind::Response,
        };
        witness
    })
}

fn any_day_sum() -> impl Strategy<Value = DaySum> {
    (0..3_usize, 0..3_usize, any_time(), any_usage()).prop_map(|(machine, provider, at, usage)| {
        let (machine, provider) = (MACHINES[machine].into(), PROVIDERS[provider].into());
        DaySum { machine, provider, date: at.utc_date(), span: None, usage }
    })
}

/// Snapshots of one day, some with the same total and other classes.
fn snapshots_of_a_day() -> impl Strategy<Value = Vec<DaySum>> {
    let split = (0..4_u64, 0..3_u64);
    (any_day_sum(), prop::collection::vec(split, 0..4)).prop_map(|(sum, splits)| {
        let snapshot = |(input, more)| {
            let mut sum = sum.clone();
            sum.usage.input_tokens = Tokens::new(input);
            sum.usage.output_tokens = Tokens::new(3 - input + more);
            sum
        };
        splits.into_iter().map(snapshot).collect()
    })
}

/// Records with their places, and day sums.
type Facts = (Vec<Witness>, Vec<DaySum>);

fn any_facts() -> impl Strategy<Value = Facts> {
    let plain = prop::collection::vec(any_witness(), 0..12);
    let disputed = prop::collection::vec(any_disputed_witness(), 0..8);
    let day_sums = prop::collection::vec(any_day_sum(), 0..4);
    (plain, disputed, day_sums, snapshots_of_a_day()).prop_map(
        |(plain, disputed, day_sums, snapshots)| {
            let witnesses = plain.into_iter().chain(disputed).collect();
            (witnesses, day_sums.into_iter().chain(snapshots).collect())
        },
    )
}

fn of((witnesses, day_sums): Facts) -> Input {
    Input { day_sums, ..input(witnesses) }
}

pub(crate) fn any_input() -> impl Strategy<Value = Input> {
    any_facts().prop_map(of)
}

fn report_of(input: &Input, options: &Options<'_>, grouping: Grouping) -> Report {
    let sums = sums(&mut input.clone(), options, true).unwrap();
    report(&sums, &Query::new(grouping))
}

fn any_options() -> impl Strategy<Value = Options<'static>> {
    let visible = || prop_oneof![Just(Visibility::Hide), Just(Visibility::Show)];
    let projects = prop_oneof![
        Just(ProjectNaming::Hide),
        Just(ProjectNaming::Alias),
        Just(ProjectNaming::Name),
    ];
    let machines = prop_oneof![Just(Naming::Alias), Just(Naming::Name)];
    let models = prop_oneof![Just(ModelNaming::Listed), Just(ModelNaming::Name)];
    let names = (0..ZONES.len(), machines, projects, models);
    (names, visible(), visible(), visible()).prop_map(|(names, hours, limits, cost)| {
        let (zone, machines, projects, models) = names;
        let publish = Publish { machines, projects, models, hours, limits, cost };
        Options { publish, ..options(ZONES[zone]) }
    })
}

/// The splits of one file agree with its totals.
fn check_splits(totals: &Totals, splits: &Breakdown) -> Result<(), TestCaseError> {
    let all = Sum::from(totals);
    prop_assert_eq!(all, Sum::rows(splits.by_provider.iter().map(|row| &row.aggregate)));
    prop_assert_eq!(all, Sum::rows(splits.by_machine.iter().map(|row| &row.aggregate)));
    prop_assert_eq!(all, Sum::rows(splits.by_model.iter().map(|row| &row.aggregate)));
    if !splits.by_project.is_empty() {
        prop_assert_eq!(all, Sum::rows(splits.by_project.iter().map(|row| &row.aggregate)));
    }
    let amounts = totals.cost.by_provider.values().filter_map(|part| part.amount);
    prop_assert_eq!(all.cost, amounts.sum());
    Ok(())
}

fn check_trend(all: Sum, trend: &[DailyTrendEntry]) -> Result<(), TestCaseError> {
    let tokens: u64 = trend.iter().map(|day| day.total_tokens).sum();
    let requests: u64 = trend.iter().map(|day| day.requests).sum();
    let cost: Money = trend.iter().filter_map(|day| day.cost).sum();
    prop_assert_eq!((all.tokens.total_tokens, all.requests, all.cost), (tokens, requests, cost));
    for day in trend {
        let parts = || day.by_provider.values();
        prop_assert_eq!(day.total_tokens, parts().map(|part| part.total_tokens).sum::<u64>());
        let cost: Money = parts().filter_map(|part| part.cost_usd).sum();
        prop_assert_eq!(day.cost.unwrap_or_default(), cost);
    }
    Ok(())
}

fn check_period(period: &PeriodSummary) -> Result<Sum, TestCaseError> {
    check_splits(&period.totals, &period.breakdown)?;
    let all = Sum::from(&period.totals);
    check_trend(all, &period.daily_trend)?;
    let days = period.date_range.start.iter_days().take_while(|day| *day <= period.date_range.end);
    let told: Vec<NaiveDate> = period.daily_trend.iter().map(|day| day.date).collect();
    prop_assert_eq!(told, days.collect::<Vec<_>>());
    Ok(all)
}

fn periods<'s>(
    summary: &'s Summary,
    folder: &'s str,
    read: impl Fn(&str) -> PeriodSummary,
) -> Result<Sum, TestCaseError> {
    let sums: Result<Vec<Sum>, _> =
        paths(summary, folder).into_iter().map(|path| check_period(&read(path))).collect();
    Ok(Sum::of(sums?))
}

/// All rows of the shards, and those with a project's name.
fn shards(summary: &Summary) -> Result<[Sum; 2], TestCaseError> {
    let mut sums = [Sum::default(); 2];
    for path in paths(summary, "data") {
        let shard: Shard = file(summary, path);
        let columns = &shard.columns;
        for row in 0..columns.day.len() {
            let tokens = TokenCounts {
                input_tokens: columns.input_tokens[row],
                output_tokens: columns.output_tokens[row],
                cache_creation_tokens: columns.cache_creation_tokens[row],
                cache_read_tokens: columns.cache_read_tokens[row],
                reasoning_tokens: columns.reasoning_tokens[row],
                total_tokens: [
                    &columns.input_tokens,
                    &columns.output_tokens,
                    &columns.cache_creation_tokens,
                    &columns.cache_read_tokens,
                    &columns.other_tokens,
                ]
                .map(|column| column[row])
                .iter()
                .sum(),
                ..TokenCounts::default()
            };
            let part = Sum {
                tokens,
                requests: columns.requests[row],
                cost: columns.cost_usd[row].unwrap_or_default(),
                unpriced: columns.unpriced_tokens[row],
                inexact: columns.inexact_tokens[row],
            };
            sums[0] = Sum::of([sums[0], part]);
            if !shard.dictionaries.projects[columns.project[row] as usize].is_empty() {
                sums[1] = Sum::of([sums[1], part]);
            }
            prop_assert!(columns.quality[row] <= 2 && columns.day[row] >= 1);
        }
    }
    Ok(sums)
}

/// Every view of one summary adds up to `meta.json`; returns its totals.
fn check(summary: &Summary) -> Result<Sum, TestCaseError> {
    let meta: MetaFile = file(summary, "meta.json");
    let all = Sum::from(&meta.totals);
    let mut daily = Sum::default();
    for path in paths(summary, "daily") {
        let day: DailySummary = file(summary, path);
        check_splits(&day.totals, &day.breakdown)?;
        daily = Sum::of([daily, Sum::from(&day.totals)]);
    }
    prop_assert_eq!(all, daily);
    let week = |path: &str| file::<WeeklySummary>(summary, path).period;
    prop_assert_eq!(all, periods(summary, "weekly", week)?);
    let month = |path: &str| file::<MonthlySummary>(summary, path).period;
    prop_assert_eq!(all, periods(summary, "monthly", month)?);
    let dimension = |path: &str| file::<DimensionSummary>(summary, path).period;
    for folder in ["providers", "machines", "models"] {
        prop_assert_eq!(all, periods(summary, folder, dimension)?);
    }
    let [rows, of_projects] = shards(summary)?;
    prop_assert_eq!(all, rows);
    let projects = periods(summary, "projects", dimension)?;
    prop_assert_eq!(projects, of_projects);
    let latest: LatestFile = file(summary, "latest.json");
    check_period(&latest.last_7_days)?;
    check_period(&latest.last_30_days)?;
    Ok(all)
}

/// Every report adds up; returns the totals of each grouping.
fn check_reports(input: &Input, options: &Options<'_>) -> Result<[Sum; 4], TestCaseError> {
    let groupings = [Grouping::Daily, Grouping::Weekly, Grouping::Monthly, Grouping::Session];
    let mut sums = [Sum::default(); 4];
    for (sum, grouping) in sums.iter_mut().zip(groupings) {
        let report = report_of(input, options, grouping);
        *sum = Sum::from(&report.totals);
        prop_assert_eq!(*sum, Sum::of(report.rows.iter().map(Sum::from)));
        prop_assert_eq!(*sum, Sum::of(report.by_provider.iter().map(Sum::from)));
    }
    Ok(sums)
}

proptest! {
    #[test]
    fn all_files_and_reports_add_up_to_the_same_totals(input in any_input(), options in any_options()) {
        let summary = summary(&input, &options);
        let all = check(&summary)?;
        let [daily, weekly, monthly, session] = check_reports(&input, &options)?;
        prop_assert_eq!(daily, weekly);
        prop_assert_eq!(daily, monthly);
        // A report shows cost whatever is published.
        prop_assert_eq!(daily, session);
        if options.publish.cost == Visibility::Show {
            prop_assert_eq!(all, daily);
        } else {
            let hidden = Sum { cost: Money::ZERO, unpriced: 0, ..daily };
            prop_assert_eq!(all, hidden);
        }
        if options.publish.hours == Visibility::Show && input.day_sums.is_empty() {
            let hours: HoursFile = file(&summary, "hours.json");
            let hours = || hours.weekdays.iter().flat_map(|weekday| &weekday.hours);
            prop_assert_eq!(all.requests, hours().map(|hour| hour.requests).sum::<u64>());
            let tokens: u64 = hours().map(|hour| hour.total_tokens).sum();
            prop_assert_eq!(all.tokens.total_tokens, tokens);
        }
    }

    #[test]
    fn every_response_is_counted_once_with_its_price(
        witnesses in prop::collection::vec(any_witness(), 0..20),
        zone in 0..ZONES.len(),
    ) {
        let expected = Sum::of(witnesses.iter().map(|witness| {
            let usage = &witness.record.usage;
            let (cost, unpriced) = match PRICES.cost(&witness.provider, &witness.record) {
                Cost::Priced(amount) => (amount, 0),
                Cost::Unpriced => (Money::ZERO, usage.total()),
            };
            let inexact = if usage.quality == Quality::Exact { 0 } else { usage.total() };
            let (tokens, requests) = (TokenCounts::of(usage), usage.request_count());
            Sum { tokens, requests, cost, unpriced, inexact }
        }));
        // The same id twice is one response.
        let mut ids: Vec<RecordId> = witnesses.iter().map(|witness| witness.record.id).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assume!(ids.len() == witnesses.len());
        let summary = summary(&input(witnesses), &options(ZONES[zone]));
        let meta: MetaFile = file(&summary, "meta.json");
        prop_assert_eq!(Sum::from(&meta.totals), expected);
    }

    #[test]
    fn the_order_of_the_input_changes_no_byte(
        (facts, shuffled) in any_facts().prop_flat_map(|(witnesses, day_sums)| {
            let shuffled = (
                Just(witnesses.clone()).prop_shuffle(),
                Just(day_sums.clone()).prop_shuffle(),
            );
            (Just((witnesses, day_sums)), shuffled)
        }),
        options in any_options(),
    ) {
        let (one, other) = (of(facts), of(shuffled));
        for grouping in [Grouping::Daily, Grouping::Session] {
            prop_assert_eq!(
                report_of(&one, &options, grouping),
                report_of(&other, &options, grouping)
            );
        }
        prop_assert_eq!(summary(&one, &options), summary(&other, &options));
    }
}
