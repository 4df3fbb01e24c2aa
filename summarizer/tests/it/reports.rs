//! Reports: every view of one store adds up to the same, and what is asked for is what is told.

use std::sync::LazyLock;

use data_schema::settings::{PlanSettings, SharedSettings, WeekStart};
use data_schema::{DaySum, HashId, Money, Usage};
use pricing::{Payers, PriceBook};
use proptest::prelude::*;
use summarizer::{
    Dimension, Grouping, Input, Only, Options, Order, Query, Report, Row, Sums, report, sums,
    unknown_names,
};

use crate::sums::{MACHINES, PROVIDERS, Sum, ZONES, any_input};
use crate::support::{LARGE, PRICES, UNLISTED, input, options, record, witness};

/// The prices of the tests, where a subscription covers one source, another is metered, and of the third nobody knows.
static PAID: LazyLock<PriceBook> = LazyLock::new(|| {
    let settings = SharedSettings {
        plans: vec![PlanSettings {
            name: "Max".to_owned(),
            price: Some("100".into()),
            since: Some("2024-01-01".to_owned()),
            sources: vec!["claude-code".to_owned()],
            ..PlanSettings::default()
        }],
        metered: vec!["codex".to_owned()],
        ..SharedSettings::default()
    };
    let (payers, notices) = Payers::new(&settings);
    assert!(notices.is_empty(), "{notices:?}");
    PRICES.clone().with_payers(payers)
});

const TIMED: [Grouping; 5] =
    [Grouping::Daily, Grouping::Weekly, Grouping::Monthly, Grouping::Yearly, Grouping::Session];
const NAMED: [Grouping; 3] = [Grouping::Models, Grouping::Projects, Grouping::Machines];
/// All of them.
pub(crate) const GROUPINGS: [Grouping; 10] = [
    Grouping::Daily,
    Grouping::Weekly,
    Grouping::Monthly,
    Grouping::Yearly,
    Grouping::Session,
    Grouping::Models,
    Grouping::Projects,
    Grouping::Machines,
    Grouping::Blocks,
    Grouping::Hours,
];
const ORDERS: [Order; 5] = [Order::Key, Order::Tokens, Order::Cost, Order::Requests, Order::Output];
const WEEKS: [WeekStart; 3] = [WeekStart::Monday, WeekStart::Sunday, WeekStart::Saturday];

/// Everything that must agree: counts, and who pays.
type All = (Sum, [Money; 3]);

fn all<'a>(rows: impl IntoIterator<Item = &'a Row>) -> All {
    let rows: Vec<&Row> = rows.into_iter().collect();
    let sum = |of: fn(&Row) -> Money| rows.iter().map(|row| of(row)).sum();
    let amounts = [
        sum(|row| row.cost.billed_usd),
        sum(|row| row.cost.plan_usd),
        sum(|row| row.cost.payer_unknown_usd),
    ];
    (Sum::of(rows.into_iter().map(Sum::from)), amounts)
}

/// A report adds up; returns its totals.
fn check(report: &Report) -> Result<All, TestCaseError> {
    let totals = all([&report.totals]);
    prop_assert_eq!(totals, all(&report.rows));
    prop_assert_eq!(totals, all(&report.by_provider));
    for row in report.rows.iter().filter(|row| !row.parts.is_empty()) {
        prop_assert_eq!(all([row]), all(&row.parts));
    }
    Ok(totals)
}

fn some_dimensions() -> impl Strategy<Value = Vec<Dimension>> {
    prop::sample::subsequence(Dimension::ALL.to_vec(), 0..=4)
}

fn any_only() -> impl Strategy<Value = Only> {
    let name = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        prop::collection::btree_set(prop::sample::select(names), 0..2)
    };
    let models = name(&[LARGE, "TEST-SMALL", UNLISTED]);
    let projects = name(&["org/p0", "p1", ""]);
    (name(&PROVIDERS), models, projects, name(&MACHINES)).prop_map(
        |(sources, models, projects, machines)| Only { sources, models, projects, machines },
    )
}

pub(crate) fn any_query() -> impl Strategy<Value = Query> {
    let asked = (any_only(), prop::sample::select(ORDERS.to_vec()), any::<bool>());
    (some_dimensions(), some_dimensions(), asked, prop::option::of(0..6_usize)).prop_map(
        |(split, parts, (only, order, reverse), top)| Query {
            split,
            parts,
            only,
            order,
            reverse,
            top,
            ..Query::new(Grouping::Daily)
        },
    )
}

proptest! {
    #[test]
    fn trap_69_every_view_of_one_store_has_the_same_totals(
        input in any_input(),
        zone in 0..ZONES.len(),
        query in any_query(),
    ) {
        let options = Options { prices: &PAID, ..options(ZONES[zone]) };
        let sums = sums(&mut input.clone(), &options, true).unwrap();
        let expected = check(&report(&sums, &Query { grouping: Grouping::Daily, ..query.clone() }))?;
        for week_start in WEEKS {
            for grouping in TIMED.into_iter().chain(NAMED) {
                let query = Query { grouping, week_start, ..query.clone() };
                prop_assert_eq!(check(&report(&sums, &query))?, expected, "{:?}", query);
            }
        }
        // What has rows elsewhere has the same totals here.
        for grouping in [Grouping::Blocks, Grouping::Hours] {
            let made = report(&sums, &Query { grouping, ..query.clone() });
            prop_assert_eq!(all([&made.totals]), expected);
        }
    }

    #[test]
    fn what_one_filter_leaves_and_what_it_leaves_out_is_everything(
        input in any_input(),
        zone in 0..ZONES.len(),
        grouping in prop::sample::select(TIMED.to_vec()),
    ) {
        let options = Options { prices: &PAID, ..options(ZONES[zone]) };
        let sums = sums(&mut input.clone(), &options, true).unwrap();
        let whole = report(&sums, &Query::new(grouping)).totals;
        for (dimension, names) in [(Dimension::Machine, MACHINES), (Dimension::Source, PROVIDERS)] {
            let parts = names.map(|name| {
                let names = [name.to_owned()].into();
                let only = match dimension {
                    Dimension::Machine => Only { machines: names, ..Only::default() },
                    _ => Only { sources: names, ..Only::default() },
                };
                report(&sums, &Query { only, ..Query::new(grouping) }).totals
            });
            prop_assert_eq!(all(&parts), all([&whole]), "{:?}", dimension);
        }
    }
}

/// Two machines, three projects, two sources, three months.
fn store() -> Sums {
    let make = |name: &str, at: &str, model: &str, tokens, place: [&str; 3], session: &str| {
        let [machine, source, project] = place;
        let mut record = record(name, at, model, tokens);
        record.attribution.project = (!project.is_empty()).then(|| project.into());
        record.attribution.session = Some(HashId::new("session", session));
        witness(machine, source, record)
    };
    let small = "test-small";
    let input = input([
        make("a", "2026-03-30T10:00:00Z", LARGE, [100, 10], ["tower", "codex", "org/api"], "one"),
        make("b", "2026-04-28T10:00:00Z", LARGE, [200, 20], ["tower", "codex", "org/api"], "one"),
        make("c", "2026-05-01T10:00:00Z", small, [400, 40], ["laptop", "codex", "org/web"], "one"),
        make("d", "2026-05-03T10:00:00Z", LARGE, [800, 80], ["laptop", "claude-code", ""], "two"),
        make("e", "2026-05-03T11:00:00Z", UNLISTED, [1600, 160], ["tower", "codex", "x/api"], "x"),
    ]);
    sums(&mut input.clone(), &options(chrono_tz::UTC), true).unwrap()
}

fn plain(grouping: Grouping) -> Query {
    Query { split: Vec::new(), ..Query::new(grouping) }
}

fn totals(rows: &[Row]) -> Vec<u64> {
    rows.iter().map(|row| row.tokens.total_tokens).collect()
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

#[test]
fn rows_are_about_what_is_asked_for() {
    let sums = store();
    let rows = |grouping| report(&sums, &plain(grouping)).rows;
    let years = rows(Grouping::Yearly);
    assert_eq!((years[0].year.as_deref(), totals(&years)), (Some("2026"), vec![3410]));
    let models = rows(Grouping::Models);
    let names: Vec<&str> = models.iter().filter_map(|row| row.model.as_deref()).collect();
    assert_eq!(names, [UNLISTED, LARGE, "test-small"]);
    assert_eq!(totals(&models), [1760, 1210, 440]);
    let projects = rows(Grouping::Projects);
    let names: Vec<&str> = projects.iter().filter_map(|row| row.project.as_deref()).collect();
    assert_eq!(names, ["", "org/api", "org/web", "x/api"]);
    let machines = rows(Grouping::Machines);
    assert_eq!(
        (machines[0].machine.as_deref(), totals(&machines)),
        (Some("laptop"), vec![1320, 2090])
    );
    let split = Query { split: vec![Dimension::Machine], ..plain(Grouping::Monthly) };
    let split = report(&sums, &split).rows;
    let names: Vec<(&str, &str)> = split
        .iter()
        .filter_map(|row| Some((row.month.as_deref()?, row.machine.as_deref()?)))
        .collect();
    assert_eq!(
        names,
        [("2026-03", "tower"), ("2026-04", "tower"), ("2026-05", "laptop"), ("2026-05", "tower")]
    );
}

#[test]
fn a_week_that_begins_on_sunday_is_named_by_it() {
    let sums = store();
    let weeks = |week_start| {
        let made = report(&sums, &Query { week_start, ..plain(Grouping::Weekly) });
        made.rows.into_iter().filter_map(|row| row.week).collect::<Vec<_>>()
    };
    // 2026-05-03 is a Sunday.
    assert_eq!(weeks(WeekStart::Monday), ["2026-W14", "2026-W18"]);
    assert_eq!(weeks(WeekStart::Sunday), ["2026-03-29", "2026-04-26", "2026-05-03"]);
    assert_eq!(weeks(WeekStart::Saturday), ["2026-03-28", "2026-04-25", "2026-05-02"]);
}

#[test]
fn a_filter_takes_ids_titles_ends_and_any_spelling() {
    let sums = store();
    let total = |only: Only| {
        let of = |grouping| report(&sums, &Query { only: only.clone(), ..plain(grouping) }).totals;
        let daily = of(Grouping::Daily).tokens.total_tokens;
        assert_eq!(of(Grouping::Session).tokens.total_tokens, daily, "{only:?}");
        daily
    };
    let set = |name: &str| [name.to_owned()].into();
    assert_eq!(total(Only { sources: set("claude-code"), ..Only::default() }), 880);
    assert_eq!(total(Only { sources: set("Claude Code"), ..Only::default() }), 880);
    assert_eq!(total(Only { models: set("TEST-Large"), ..Only::default() }), 1210);
    let spelled = Only { models: set("vendor/test-large"), ..Only::default() }.spelled(&PRICES);
    assert_eq!(total(spelled), 1210);
    assert_eq!(total(Only { projects: set("api"), ..Only::default() }), 110 + 220 + 1760);
    assert_eq!(total(Only { projects: set("org/api"), ..Only::default() }), 330);
    assert_eq!(total(Only { projects: set(""), ..Only::default() }), 880);
    // A session that two machines worked on is counted in part.
    assert_eq!(total(Only { machines: set("laptop"), ..Only::default() }), 1320);
    let both = ["laptop".to_owned(), "tower".to_owned()].into();
    assert_eq!(total(Only { machines: both, ..Only::default() }), 3410);
}

#[test]
fn a_name_that_nothing_has_is_told_with_the_nearest() {
    let set = |name: &str| [name.to_owned()].into();
    let only = Only {
        sources: set("codx"),
        models: set("test-lagre"),
        projects: set("org/ap"),
        machines: set("laptop"),
    };
    let unknown = unknown_names(&store(), &only);
    let told: Vec<(Dimension, &str, &str)> = unknown
        .iter()
        .map(|unknown| (unknown.dimension, &*unknown.name, &*unknown.nearest[0]))
        .collect();
    assert_eq!(
        told,
        [
            (Dimension::Source, "codx", "codex"),
            (Dimension::Model, "test-lagre", LARGE),
            (Dimension::Project, "org/ap", "org/api"),
        ]
    );
}

#[test]
fn what_is_beyond_the_top_is_one_row() {
    let sums = store();
    let query = Query { order: Order::Tokens, top: Some(1), ..plain(Grouping::Models) };
    let made = report(&sums, &query);
    assert_eq!(totals(&made.rows), [1760, 1650]);
    assert_eq!((made.rows[0].others, made.rows[1].others), (None, Some(2)));
    assert_eq!(made.rows[1].model, None);
    // As many as there are leave none over.
    let all = report(&sums, &Query { top: Some(3), ..query });
    assert_eq!((all.rows.len(), all.rows[2].others), (3, None));
}

#[test]
fn rows_come_in_the_order_that_is_asked_for() {
    let sums = store();
    let order = |order, reverse| {
        totals(&report(&sums, &Query { order, reverse, ..plain(Grouping::Daily) }).rows)
    };
    assert_eq!(order(Order::Key, false), [110, 220, 440, 2640]);
    assert_eq!(order(Order::Key, true), [2640, 440, 220, 110]);
    assert_eq!(order(Order::Tokens, false), [2640, 440, 220, 110]);
    // The small model costs next to nothing.
    assert_eq!(order(Order::Cost, false), [2640, 220, 110, 440]);
    assert_eq!(order(Order::Output, true), [110, 220, 440, 2640]);
}

#[test]
fn parts_are_below_their_row() {
    let query = Query { parts: vec![Dimension::Model], ..plain(Grouping::Daily) };
    let rows = report(&store(), &query).rows;
    let last = rows.last().unwrap();
    let parts: Vec<(&str, u64)> = last
        .parts
        .iter()
        .filter_map(|part| Some((part.model.as_deref()?, part.tokens.total_tokens)))
        .collect();
    assert_eq!((last.tokens.total_tokens, parts), (2640, vec![(UNLISTED, 1760), (LARGE, 880)]));
}

#[test]
fn a_row_stands_beside_the_same_row_of_the_range_before() {
    let sums = store();
    let query = Query {
        range: Some((day("2026-05-01"), day("2026-05-03"))),
        earlier: Some((day("2026-04-28"), day("2026-04-30"))),
        ..plain(Grouping::Daily)
    };
    let made = report(&sums, &query);
    let changes: Vec<_> = made.rows.iter().map(|row| row.change.clone().unwrap()).collect();
    // The first day of the one beside the first of the other.
    assert_eq!(changes[0].earlier.unwrap().total_tokens, 220);
    assert_eq!(changes[0].total_tokens, Some(220));
    assert_eq!(changes[0].total_tokens_percent.as_deref(), Some("100.0"));
    assert_eq!((changes[1].earlier, changes[1].total_tokens), (None, None));
    let all = made.totals.change.unwrap();
    assert_eq!(
        (all.total_tokens, all.total_tokens_percent.as_deref()),
        (Some(2860), Some("1300.0"))
    );
    // 100 * 5 + 10 * 25 of a million; the model without a price is in no amount.
    assert_eq!(all.earlier.unwrap().list_usd, Some("0.0015".parse().unwrap()));
    let models = report(&sums, &Query { grouping: Grouping::Models, ..query });
    let large = models.rows.iter().find(|row| row.model.as_deref() == Some(LARGE)).unwrap();
    assert_eq!(large.change.as_ref().unwrap().total_tokens, Some(660));
    let new = models.rows.iter().find(|row| row.model.as_deref() == Some(UNLISTED)).unwrap();
    assert_eq!(new.change.as_ref().unwrap().total_tokens, None);
    assert_eq!(report(&sums, &plain(Grouping::Daily)).totals.change, None);
}

#[test]
fn a_day_sum_is_in_the_report_of_sessions() {
    let usage = Usage { model: LARGE.into(), requests: Some(2), ..Usage::default() };
    let usage = Usage { input_tokens: data_schema::Tokens::new(500), ..usage };
    let (machine, provider) = ("laptop".into(), "codex".into());
    let date = day("2026-05-01");
    let sum = DaySum { machine, provider, date, span: None, usage };
    let mut input = Input { day_sums: vec![sum], ..Input::default() };
    let sums = sums(&mut input, &options(chrono_tz::UTC), true).unwrap();
    let rows = report(&sums, &plain(Grouping::Session)).rows;
    assert_eq!((rows[0].session.as_deref(), rows[0].requests), (Some("unknown"), 2));
    assert_eq!(totals(&rows), [500]);
}
