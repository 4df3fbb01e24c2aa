//! Numbers on pages are those of the summary.

use chrono::{Datelike, NaiveDate};
use data_schema::Money;

use crate::rules::{Tree, words};
use crate::sample::states::{HOSTILE, named};
use crate::sample::{Sample, Use};

/// The sum of some uses with the separators that pages have.
fn full(sample: &Sample, is_in: impl Fn(&Use) -> bool) -> String {
    let uses = sample.uses.iter().filter(|one| is_in(one));
    site::grouped(uses.map(|one| one.tokens).fold(0, u64::saturating_add))
}

fn days(sample: &Sample, days: u64) -> impl Fn(&Use) -> bool {
    let start = sample.end.checked_sub_days(chrono::Days::new(days - 1)).unwrap();
    move |one| one.day >= start
}

fn assert_told(tree: &Tree, path: &str, number: &str) {
    let main = words(tree.page(path).all("main")[0]);
    assert!(main.contains(number), "{path} does not tell {number}");
}

#[test]
fn every_period_tells_its_full_number_of_tokens() {
    let sample = named("a-year");
    let tree = Tree::of(&sample.build(), &sample);
    for (path, length) in [
        ("7d/index.html", 7),
        ("index.html", 28),
        ("30d/index.html", 30),
        ("91d/index.html", 91),
        ("all/index.html", 9_999),
    ] {
        assert_told(&tree, path, &full(&sample, days(&sample, length)));
    }
    let mut months: Vec<(i32, u32)> =
        sample.uses.iter().map(|one| (one.day.year(), one.day.month())).collect();
    months.dedup();
    assert_eq!(months.len(), 13);
    for (year, month) in months {
        let is_in = |one: &Use| (one.day.year(), one.day.month()) == (year, month);
        assert_told(&tree, &format!("{year}/{month:02}/index.html"), &full(&sample, is_in));
    }
    for year in [2025, 2026] {
        assert_told(
            &tree,
            &format!("{year}/index.html"),
            &full(&sample, |one| one.day.year() == year),
        );
    }
    let monday: NaiveDate = "2026-02-16".parse().unwrap();
    let week = |one: &Use| one.day.iso_week() == monday.iso_week();
    assert_told(&tree, "2026/w08/index.html", &full(&sample, week));
}

type Pick = fn(&Use) -> &String;
type IsIn<'a> = Box<dyn Fn(&Use) -> bool + 'a>;

#[test]
fn every_source_model_machine_and_project_tells_its_full_number_of_tokens() {
    let sample = named("a-quarter");
    let tree = Tree::of(&sample.build(), &sample);
    let dimensions: [(&str, Pick); 4] = [
        ("sources", |one| &one.source),
        ("models", |one| &one.model),
        ("machines", |one| &one.machine),
        ("projects", |one| &one.project),
    ];
    for (folder, pick) in dimensions {
        let pages = tree.pages.iter().filter(|page| page.path.starts_with(&format!("{folder}/")));
        let texts: Vec<String> = pages
            .filter(|page| page.path.matches('/').count() == 2)
            .map(|page| words(page.all("main")[0]))
            .collect();
        let names: std::collections::BTreeSet<&String> = sample.uses.iter().map(pick).collect();
        assert_eq!(texts.len(), names.len(), "pages of {folder}");
        for name in names {
            let number = full(&sample, |one| pick(one) == name);
            assert!(
                texts.iter().any(|text| text.contains(&number)),
                "{folder}: {name} has {number}"
            );
        }
    }
}

/// A cell with nothing but a full number, or with the dash of a day without use.
fn number(cell: &str) -> Option<u64> {
    if cell == "–" { Some(0) } else { cell.replace(',', "").parse().ok() }
}

/// The rows of bars, as they stand in the table below them: all tokens, and those of each source.
fn rows(tree: &Tree, path: &str) -> Vec<(u64, Vec<u64>)> {
    let mut rows = Vec::new();
    for row in tree.page(path).all("table[data-numbers] tbody tr") {
        let cells: Vec<String> =
            row.child_elements().filter(|cell| cell.value().name() == "td").map(words).collect();
        let numbers: Vec<u64> = cells.iter().map_while(|cell| number(cell)).collect();
        let (total, parts) = numbers.split_first().expect("a row of full numbers");
        rows.push((*total, parts.to_vec()));
    }
    assert!(!rows.is_empty(), "{path} has no numbers");
    rows
}

#[test]
fn the_tables_below_bars_add_up_to_the_summary() {
    let sample = named("three-years-and-twelve-machines");
    let tree = Tree::of(&sample.build(), &sample);
    let year = |year| move |one: &Use| one.day.year() == year;
    let pages: [(&str, IsIn<'_>); 8] = [
        ("index.html", Box::new(days(&sample, 28))),
        ("7d/index.html", Box::new(days(&sample, 7))),
        ("91d/index.html", Box::new(days(&sample, 91))),
        ("all/index.html", Box::new(|_| true)),
        ("2024/index.html", Box::new(year(2024))),
        ("2026/index.html", Box::new(year(2026))),
        ("2025/02/index.html", Box::new(|one| (one.day.year(), one.day.month()) == (2025, 2))),
        ("sources/codex/index.html", Box::new(|one| one.source == "codex")),
    ];
    for (path, is_in) in pages {
        let uses = || sample.uses.iter().filter(|one| is_in(one));
        let rows = rows(&tree, path);
        let told: u64 = rows.iter().map(|row| row.0).sum();
        assert_eq!(told, uses().map(|one| one.tokens).sum::<u64>(), "{path}");
        for (total, parts) in rows.iter().filter(|(_, parts)| parts.len() > 1) {
            assert_eq!(*total, parts.iter().sum::<u64>(), "{path}: columns of a row");
        }
    }
}

#[test]
fn all_data_can_be_taken_along() {
    let sample = named("a-year");
    let site = sample.build();
    let shards: Vec<String> =
        site.files().into_keys().filter(|path| path.starts_with("data/v1/")).collect();
    let mut total = 0;
    for shard in &shards {
        let shard: data_schema::summary::Shard = serde_json::from_str(&site.text(shard)).unwrap();
        let columns = shard.columns;
        for column in [
            columns.input_tokens,
            columns.output_tokens,
            columns.cache_read_tokens,
            columns.cache_creation_tokens,
            columns.other_tokens,
        ] {
            total += column.iter().sum::<u64>();
        }
    }
    assert_eq!(site::grouped(total), full(&sample, |_| true));
}

#[test]
fn what_has_no_price_is_never_zero() {
    let sample = Sample::new([Use::on("2026-05-18").unpriced(), Use::on("2026-05-20").unpriced()]);
    for page in Tree::of(&sample.build(), &sample).pages {
        assert!(!words(page.all("body")[0]).contains("$0.00"), "{}", page.path);
    }
}

#[test]
fn hidden_costs_leave_no_trace() {
    let sample = named("hidden-costs");
    let site = sample.build();
    for (path, bytes) in site.files() {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if path.ends_with(".html") {
            let tree = Tree::of(&site, &sample);
            let main = words(tree.page(&path).all("main")[0]).to_lowercase();
            for word in ["$", "cost", "list price", "no price", "budget"] {
                assert!(!main.contains(word), "{word} in {path}");
            }
        } else if path.ends_with(".svg") || path.ends_with(".atom") {
            assert!(!text.contains('$') && !text.contains("price"), "{path}");
        }
    }
}

#[test]
fn the_largest_numbers_do_not_wrap() {
    let huge = |day: &str| Use::on(day).tokens(u64::MAX);
    let sample = Sample::new([huge("2026-05-19"), huge("2026-05-20"), huge("2026-04-01")]);
    let tree = Tree::of(&sample.build(), &sample);
    assert_eq!(tree.faults(), Vec::<String>::new());
    assert_told(&tree, "index.html", "18,446,744,073,709,551,615");
    for page in &tree.pages {
        assert!(!page.text.contains("NaN") && !page.text.contains("inf\""), "{}", page.path);
    }
}

#[test]
fn hostile_names_are_text_wherever_they_stand() {
    let sample = named("hostile");
    let tree = Tree::of(&sample.build(), &sample);
    for page in &tree.pages {
        for element in page.all(
            "main script:not([type='application/json']),main style,main img[onerror],main iframe",
        ) {
            assert!(!element.html().contains("alert"), "{}: {}", page.path, element.html());
        }
        assert!(!page.text.contains("two\nlines"), "{}", page.path);
    }
    let overview = words(tree.page("index.html").all("main")[0]);
    for name in [HOSTILE[0], HOSTILE[1], HOSTILE[5]] {
        assert!(overview.contains(name), "{name} is not told as it is");
    }
}

#[test]
fn a_cost_in_part_has_a_plus_and_an_estimated_sum_says_so() {
    let sample = named("unpriced");
    let overview = words(Tree::of(&sample.build(), &sample).page("index.html").all("main")[0]);
    let is_in = days(&sample, 28);
    let priced: Money =
        sample.uses.iter().filter(|one| is_in(one)).filter_map(|one| one.cost).sum();
    let told = site::cost(Some(priced), 1);
    assert!(told.ends_with('+') && overview.contains(&told), "{told}");
    let sample = named("estimated");
    let overview = words(Tree::of(&sample.build(), &sample).page("index.html").all("main")[0]);
    assert!(overview.contains('≈'));
}
