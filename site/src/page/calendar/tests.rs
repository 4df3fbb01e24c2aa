use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use scraper::{ElementRef, Html, Selector};
use serde_json::json;

use super::*;
use crate::cube::tests::{Use, shard, use_of};
use crate::page::sample::Sample;

fn page(sample: &Sample) -> String {
    sample.files(files).remove("calendar/index.html").unwrap()
}

fn find<'a>(html: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    html.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: &ElementRef<'_>) -> String {
    element.text().collect::<String>().trim().to_owned()
}

/// A year in which most days have use, of sizes that no pattern foretells.
fn whole_year() -> Vec<Use<'static>> {
    let mut state = 7_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let days = (1..=365).filter_map(|day| match next() % 7 {
        0 => None,
        size => Some(use_of(
            day,
            "codex",
            "a",
            (next() % 90_000) * 10_u64.pow(u32::try_from(size).unwrap() / 2 + 1),
        )),
    });
    days.collect()
}

#[test]
fn weekdays_are_row_heads_months_are_groups_of_columns_and_every_day_is_one_cell() {
    let html = page(&Sample::new(&[
        shard(2025, &whole_year()),
        shard(2026, &[use_of(1, "codex", "a", 5)]),
    ]));
    let html = Html::parse_document(&html);
    let years: Vec<String> = find(&html, ".year h3 > a").iter().map(text).collect();
    assert_eq!(years, ["2026", "2025"], "the newest is first");
    let table = find(&html, "table.calendar")[1];
    let within = |selector: &str| -> Vec<ElementRef<'_>> {
        table.select(&Selector::parse(selector).unwrap()).collect()
    };
    let rows = within("tbody tr > th[scope=row]");
    assert_eq!(
        rows.iter().map(text).collect::<Vec<_>>(),
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    );
    let span = |cell: &ElementRef<'_>, name| {
        cell.value().attr(name).map_or(1, |span| span.parse::<usize>().unwrap())
    };
    let columns: usize = within("thead tr > *").iter().map(|head| span(head, "colspan")).sum();
    let groups: usize = within("colgroup").iter().map(|group| span(group, "span")).sum();
    for row in within("tbody tr") {
        assert_eq!(row.children().filter_map(ElementRef::wrap).count(), columns);
    }
    assert_eq!(groups, columns, "heads of groups have groups to be heads of");
    let cells = within("tbody td[class]");
    // The first use of the sample is on 2 January.
    assert!((360..=365).contains(&cells.len()), "{}", cells.len());
    assert!(
        cells.iter().all(|cell| text(cell).contains(", ") && cell.children().count() == 1),
        "text and nothing else"
    );
    let links: Vec<&str> =
        within("thead a").iter().filter_map(|link| link.value().attr("href")).collect();
    assert!(links.contains(&"../2025/03/index.html"), "{links:?}");
}

#[test]
fn the_first_column_of_a_week_is_the_day_of_the_settings() {
    let site = json!({ "version": "2.0", "weekStart": "sunday" });
    let sample =
        Sample::new(&[shard(2026, &[use_of(1, "codex", "a", 5)])]).with("site.json", &site);
    let html = Html::parse_document(&page(&sample));
    assert_eq!(text(&find(&html, "table.calendar tbody th")[0]), "Sun");
}

#[test]
fn twelve_months_cost_the_start_page_little() {
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap().len()
    };
    let one = page(&Sample::new(&[shard(2025, &[use_of(365, "codex", "a", 5)])]));
    let all = page(&Sample::new(&[shard(2025, &whole_year())]));
    let cost = gzip(&all) - gzip(&one);
    assert!(cost <= 3_500, "{cost} bytes");
}

#[test]
fn one_day_is_one_cell_of_the_highest_level_without_legend_and_hours() {
    let hours = json!({ "version": "2.0", "timezone": "UTC", "dateRange": null, "weekdays":
        [{ "weekday": 1, "hours": [{ "totalTokens": 5, "requests": 1 }] }] });
    let sample =
        Sample::new(&[shard(2026, &[use_of(140, "codex", "a", 5)])]).with("hours.json", &hours);
    let html = Html::parse_document(&page(&sample));
    assert_eq!(find(&html, "td.l5").iter().map(text).collect::<Vec<_>>(), ["5, 20 May"]);
    assert!(find(&html, ".levels").is_empty());
    assert!(find(&html, "table.hours").is_empty());
}

#[test]
fn hours_are_a_table_of_seven_days_where_they_are_published() {
    let uses = [use_of(139, "codex", "a", 5), use_of(140, "codex", "a", 5)];
    let bare = Sample::new(&[shard(2026, &uses)]);
    assert!(!page(&bare).contains("class=\"cells hours\""));
    let weekday = |number: u8| json!({ "weekday": number, "hours": (0..24).map(|hour| json!({ "totalTokens": hour * 1_000, "requests": 1 })).collect::<Vec<_>>() });
    let hours = json!({ "version": "2.0", "timezone": "Europe/<b>", "dateRange": { "start": "2026-05-19", "end": "2026-05-20" },
        "weekdays": (1..=7).map(weekday).collect::<Vec<_>>() });
    let html = page(&bare.with("hours.json", &hours));
    assert!(
        html.contains("Most between 23 and 24 on Mondays: 23.0K tokens. Hours of Europe/&lt;b&gt;"),
        "{html}"
    );
    let html = Html::parse_document(&html);
    assert_eq!(find(&html, "table.hours tbody td").len(), 7 * 24);
    assert_eq!(find(&html, "table.hours thead th[scope=col]").len(), 24);
    assert_eq!(find(&html, "table.hours td.l0").len(), 7, "the first hour of each day");
}

#[test]
fn without_use_there_is_no_calendar() {
    assert!(Sample::new(&[]).files(files).is_empty());
}
