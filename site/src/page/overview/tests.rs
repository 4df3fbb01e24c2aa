//! Pages with numbers, from rows in memory.

use std::sync::Arc;

use chrono::{Datelike, Days, NaiveDate};
use data_schema::Money;
use data_schema::summary::{
    Breakdown, DateRange, LatestFile, MetaFile, PeriodSummary, SUMMARY_VERSION, Shard, SiteFile,
    Totals,
};

use super::kit::Kit;
use super::*;
use crate::context::Assets;
use crate::cube::Cube;
use crate::data::Data;
use crate::locale::Locale;
use crate::page::{dimension, stretch};
use crate::templates::Templates;

/// Tokens of a source on a machine, with a price of a dollar for a million, or without one.
#[derive(Clone)]
struct Use(NaiveDate, &'static str, &'static str, u64, bool);

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// 70 days until 20 November 2026: seven sources, twelve machines, one of them without a price.
fn many() -> Vec<Use> {
    const SOURCES: [&str; 8] =
        ["claude-code", "codex", "aider", "cursor", "opencode", "gemini-cli", "qwen-code", "new"];
    const MACHINES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let start = day("2026-09-12");
    (0..70_u64)
        .flat_map(|number| {
            let date = start.checked_add_days(Days::new(number)).unwrap();
            (0..3_u64).map(move |more| {
                let place = usize::try_from(number * 5 + more * 3).unwrap();
                let source = SOURCES[place % SOURCES.len()];
                Use(
                    date,
                    source,
                    MACHINES[place % MACHINES.len()],
                    1_000_000 + number * 7_919 + more,
                    source != "new",
                )
            })
        })
        .collect()
}

fn shard(year: i32, uses: &[Use]) -> Shard {
    let mut shard = Shard {
        version: SUMMARY_VERSION.to_owned(),
        year,
        dictionaries: data_schema::summary::ShardDictionaries::default(),
        columns: data_schema::summary::ShardColumns::default(),
    };
    let names = &mut shard.dictionaries;
    let column = |name: fn(&Use) -> &'static str| {
        let mut names: Vec<String> = uses.iter().map(|one| name(one).to_owned()).collect();
        names.sort();
        names.dedup();
        names
    };
    (names.providers, names.machines) = (column(|one| one.1), column(|one| one.2));
    (names.models, names.projects) = (vec!["model".to_owned()], vec![String::new()]);
    let place = |names: &[String], name: &str| {
        u32::try_from(names.iter().position(|known| known == name).unwrap()).unwrap()
    };
    let columns = &mut shard.columns;
    for one in uses {
        columns.day.push(u16::try_from(one.0.ordinal()).unwrap());
        columns.provider.push(place(&names.providers, one.1));
        columns.machine.push(place(&names.machines, one.2));
        columns.model.push(0);
        columns.project.push(0);
        columns.input_tokens.push(one.3);
        for empty in [
            &mut columns.output_tokens,
            &mut columns.cache_creation_tokens,
            &mut columns.cache_read_tokens,
            &mut columns.reasoning_tokens,
            &mut columns.other_tokens,
            &mut columns.inexact_tokens,
        ] {
            empty.push(0);
        }
        columns.requests.push(1);
        columns.cost_usd.push(one.4.then(|| Money::from_picos(i128::from(one.3) * 1_000_000)));
        columns.unpriced_tokens.push(if one.4 { 0 } else { one.3 });
        columns.quality.push(0);
    }
    shard
}

fn data(uses: &[Use], end: &str) -> Data {
    let end = day(end);
    let range = DateRange { start: end, end };
    let period = || PeriodSummary {
        date_range: range,
        totals: Totals::default(),
        breakdown: Breakdown::default(),
        daily_trend: Vec::new(),
    };
    let version = SUMMARY_VERSION.to_owned();
    let mut totals = Totals::default();
    totals.cost.total_usd = Some(Money::ZERO);
    let cube = Cube::new(&[shard(end.year(), uses)]).unwrap();
    let at = Some("2026-11-20T16:42:10Z".parse().unwrap());
    Data {
        meta: MetaFile {
            version: version.clone(),
            last_updated: at,
            timezone: "Europe/Berlin".to_owned(),
            date_range: cube.range(),
            totals,
            providers: Vec::new(),
            machines: Vec::new(),
            models: Vec::new(),
            slugs: std::collections::BTreeMap::default(),
            daily_files: Vec::new(),
            weekly_files: Vec::new(),
            monthly_files: Vec::new(),
            shards: Vec::new(),
        },
        latest: LatestFile {
            version,
            last_updated: at,
            timezone: "Europe/Berlin".to_owned(),
            last_7_days: period(),
            last_30_days: period(),
            today: None,
        },
        site: SiteFile::default(),
        cube,
        hours: None,
        limits: None,
        sessions: None,
        prices: None,
        budgets: None,
        plans: None,
        reconcile: None,
        is_beside: false,
        zone: Some(chrono_tz::Europe::Berlin),
        end,
        shards: Vec::new(),
    }
}

fn with<T>(data: &Data, look: impl FnOnce(&Context<'_>) -> T) -> T {
    let locale = Arc::new(Locale::new("en").unwrap());
    let templates = Templates::new(Arc::clone(&locale), None).unwrap();
    let assets = Assets::new(&templates, "").unwrap();
    look(&Context { data, locale, templates, home: String::new(), languages: vec!["en"], assets })
}

fn text(files: &[File], path: &str) -> String {
    let file = files.iter().find(|file| file.path == path);
    String::from_utf8(file.unwrap_or_else(|| panic!("{path} is not there")).bytes.clone()).unwrap()
}

/// A cell's number.
fn number(text: &str) -> u64 {
    text.trim_start_matches('≈').replace(',', "").replace('–', "0").parse().unwrap()
}

#[test]
fn columns_of_every_table_add_up_to_the_total_of_its_days() {
    let data = data(&many(), "2026-11-20");
    with(&data, |context| {
        let kit = Kit::new(context);
        let all = data.cube.range().unwrap();
        for window in Window::ALL {
            let stretch = stretch(&kit, window, all);
            let stack = kit.stack(stretch.view, Dimension::Source);
            let total = stretch.view.total().tokens.total_tokens;
            for table in tables::of(&kit, &stretch, &stack, None) {
                let rows = table.rows.iter().map(|row| number(&row.sums.tokens));
                let others = table.others.iter().map(|others| number(&others.sums.tokens));
                assert_eq!(rows.chain(others).sum::<u64>(), total, "{window:?} {}", table.id);
            }
            let trend = trend::of(&kit, &stretch, &stack, true);
            let rows = &trend.table.rows;
            assert_eq!(
                rows.iter().map(|row| number(&row.tokens)).sum::<u64>(),
                total,
                "{window:?}"
            );
            for row in rows {
                let parts: u64 = row.cells.iter().map(|cell| number(cell)).sum();
                assert_eq!(parts, number(&row.tokens), "{window:?} {}", row.label);
            }
        }
    });
}

#[test]
fn numbers_that_are_folded_are_the_columns_of_the_whole_table() {
    let data = data(&many(), "2026-11-20");
    with(&data, |context| {
        let kit = Kit::new(context);
        let stretch = stretch(&kit, Window::Days28, data.cube.range().unwrap());
        let stack = kit.stack(stretch.view, Dimension::Source);
        let [folded, whole] =
            [false, true].map(|is_whole| trend::of(&kit, &stretch, &stack, is_whole).table);
        assert_eq!(folded.folded, Some(whole.columns.join("|")));
        assert!(folded.columns.is_empty() && folded.rows[0].cells.is_empty());
        for (folded, whole) in folded.rows.iter().zip(&whole.rows) {
            assert_eq!(folded.folded, Some(whole.cells.join("|")));
        }
    });
}

#[test]
fn a_window_is_compared_by_whole_weeks_and_says_with_what() {
    let even: Vec<Use> =
        many().into_iter().map(|one| Use(one.0, "codex", "a", 1_000, true)).collect();
    let data = data(&even, "2026-11-20");
    let files = with(&data, |context| files(context).unwrap());
    assert!(text(&files, "index.html").contains("no change against 26 Sep to 23 Oct"));
    assert!(
        text(&files, "30d/index.html")
            .contains("no change in the last 28 days, against 26 Sep to 23 Oct")
    );
    assert!(
        !text(&files, "91d/index.html").contains("against"),
        "nothing was known 91 days before"
    );
    let page = text(&files, "index.html");
    assert!(page.contains("84.0K tokens on 28 of 28 days; most on 24 Oct, 3.00K."), "{page}");
}

#[test]
fn days_that_are_over_have_pages_that_never_change() {
    let mut uses = many();
    let files = |uses: &[Use], end: &str| {
        with(&data(uses, end), |context| stretch::files(context).unwrap())
    };
    let before = files(&uses, "2026-11-20");
    uses.push(Use(day("2026-11-21"), "zed", "another", 5_000_000_000, false));
    let after = files(&uses, "2026-11-21");
    let changed: Vec<&str> = before
        .iter()
        .filter(|file| after.iter().all(|other| *other != **file))
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(changed, ["2026/w47/index.html", "2026/11/index.html", "2026/index.html"]);
    assert!(before.len() > 12);
}

#[test]
fn a_running_month_is_compared_with_as_many_days_of_the_one_before() {
    let files = with(&data(&many(), "2026-11-20"), |context| stretch::files(context).unwrap());
    let running = text(&files, "2026/11/index.html");
    assert!(running.contains("against 1 to 20 Oct"), "{running}");
    assert!(
        running.contains("id=\"d20\"")
            && running.contains("rel=\"prev\"")
            && !running.contains("rel=\"next\"")
    );
    let over = text(&files, "2026/10/index.html");
    assert!(over.contains("rel=\"next\""));
    assert!(!over.contains("against"), "September was counted in part: {over}");
    assert!(text(&files, "2026/w46/index.html").contains("<h1>Week 46 of 2026</h1>"));
}

#[test]
fn of_one_day_there_are_no_bars_and_nothing_is_compared() {
    let uses = [Use(day("2026-11-20"), "codex", "a", 1_234_567, true)];
    let files = with(&data(&uses, "2026-11-20"), |context| files(context).unwrap());
    let page = text(&files, "index.html");
    assert!(page.contains("1.23M") && page.contains("1,234,567") && page.contains("id=\"mix\""));
    for word in ["id=\"trend\"", "id=\"month\"", "against", "class=\"cells"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn before_the_first_use_a_page_says_how_to_start_and_nothing_else() {
    let files = with(&data(&[], "2026-11-20"), |context| files(context).unwrap());
    assert_eq!(files.len(), 1);
    let page = text(&files, "index.html");
    assert!(
        page.contains("<h1>No usage collected yet</h1>") && page.contains("token-matters collect")
    );
    assert!(!page.contains("class=\"facts\""));
}

#[test]
fn hidden_costs_are_not_mentioned_and_unknown_ones_are_not_zero() {
    let mut hidden = data(&many(), "2026-11-20");
    hidden.meta.totals.cost.total_usd = None;
    let page = with(&hidden, |context| text(&files(context).unwrap(), "index.html"));
    let main = page.split("<main").nth(1).unwrap();
    for word in ["$", "ist price", "Cost", "no price"] {
        assert!(!main.contains(word), "{word}");
    }
    let unpriced: Vec<Use> =
        many().into_iter().map(|one| Use(one.0, one.1, one.2, one.3, false)).collect();
    let page = with(&data(&unpriced, "2026-11-20"), |context| {
        text(&files(context).unwrap(), "index.html")
    });
    assert!(page.contains("no price yet") && !page.contains("$0"));
    assert!(!page.contains("trend-cost\""), "there is nothing to switch to");
}

#[test]
fn a_machine_that_fell_silent_is_told_for_a_quarter() {
    let mut uses = many();
    uses.retain(|one| one.2 != "c" || one.0 < day("2026-11-10"));
    let silent =
        |end: &str| with(&data(&uses, end), |context| text(&files(context).unwrap(), "index.html"));
    assert!(silent("2026-11-20").contains("No use on <bdi>c</bdi> since "));
}

#[test]
fn a_name_has_a_page_with_what_it_is_used_with() {
    let files = with(&data(&many(), "2026-11-20"), |context| dimension::files(context).unwrap());
    let page = text(&files, "machines/a/index.html");
    assert!(
        page.contains("of all tokens")
            && page.contains("id=\"sources\"")
            && !page.contains("id=\"machines\"")
    );
    let list = text(&files, "machines/index.html");
    assert_eq!(list.matches("class=\"spark\"").count(), 12);
    assert!(files.iter().all(|file| !file.path.starts_with("projects/")), "projects are hidden");
}
