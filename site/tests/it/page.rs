//! The overview page.

use std::io::Write;

use chrono::Days;

use crate::markup;
use crate::sample::{Sample, Use};

/// Names as an enemy, or only an odd tool, would give them.
const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "]]></style><b>'&amp;",
    "abc\u{202e}exe.txt\u{2066}\u{200f}",
    "two\nlines\r\u{0}\u{1b}[31m",
    "{{ page }}{% raw %}",
];

/// Bytes after gzip, as a web server sends them.
fn zipped(text: &str) -> usize {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap().len()
}

/// The page without its style sheet.
fn body(page: &str) -> String {
    let (before, rest) = page.split_once("<style>").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    format!("{before}<style></style>{after}")
}

/// Rows of the table with this caption: the texts of their cells.
fn rows(page: &str, caption: &str) -> Vec<Vec<String>> {
    let (_, table) = page.split_once(&format!("<caption>{caption}")).unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    let (_, table) = table.split_once("<tbody>").unwrap();
    let cells = |row: &str| row.split("</t").map(text).filter(|cell| !cell.is_empty()).collect();
    table.split("<tr>").skip(1).map(cells).collect()
}

/// A fragment without its tags.
fn text(fragment: &str) -> String {
    let fragment = fragment.strip_prefix("h>").or(fragment.strip_prefix("d>")).unwrap_or(fragment);
    let pieces = fragment.split('<').map(|piece| piece.split_once('>').map_or(piece, |two| two.1));
    pieces.collect::<String>().trim().trim_start_matches("r>").trim().to_owned()
}

/// A name that does not compress.
fn noise(seed: u64, letters: usize) -> String {
    let mut state = seed;
    let mut letter = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'!' + u8::try_from((state >> 33) % 94).unwrap())
    };
    (0..letters).map(|_| letter()).collect()
}

/// 30 days of 12 sources, 60 models and 20 machines with names as long as a file name may be.
fn crowd() -> Sample {
    let end = Sample::new([]).end;
    let uses = (0..1_800_u64).map(|number| {
        let day = end.checked_sub_days(Days::new(number % 30)).unwrap();
        let mut one = Use::on(&day.to_string())
            .by(&noise(number % 12, 250), &noise(100 + number % 60, 250))
            .at(&noise(200 + number % 20, 250))
            .tokens(1_000_003 * (number * number % 977 + 1));
        one.project = noise(300 + number % 40, 250);
        if number % 60 > 5 { one.unpriced() } else { one }
    });
    Sample::new(uses)
}

#[test]
fn a_small_sample() {
    insta::assert_snapshot!(body(&Sample::small().build().page()));
}

#[test]
fn the_page_is_small_whatever_is_in_it() {
    let small = zipped(&Sample::small().build().page());
    let crowd = zipped(&crowd().build().page());
    println!("{small} bytes after gzip; {crowd} with 12 sources, 60 models, 20 machines");
    assert!(small < 8_000, "{small}");
    assert!(crowd < 30_000, "{crowd}");
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_runs_nothing() {
    for sample in [Sample::small(), crowd()] {
        let page = sample.build().page();
        for word in ["<script", "javascript:", " onerror=\"", " src=", "@import", "url("] {
            assert!(!page.contains(word), "{word}");
        }
        let addresses =
            page.split("http").skip(1).filter(|rest| !rest.starts_with("://www.w3.org/2000/svg"));
        assert_eq!(addresses.count(), 0);
    }
}

#[test]
fn hostile_names_are_text() {
    for name in HOSTILE {
        let mut one = Use::on("2026-05-20").by(name, name).at(name).unpriced();
        one.project = name.into();
        let site = Sample::new([one]).build();
        let page = site.page();
        assert_eq!(markup::html(&page), Ok(()), "{name:?}");
        for word in ["<script", "<img", "]]>", "</style><b>", "\u{202e}", "\u{1b}", "two\nlines"] {
            assert!(!page.contains(word), "{word:?} of {name:?}");
        }
        assert_eq!(page.matches("</style>").count(), 1);
    }
    let site = Sample::new([Use::on("2026-05-20").at(HOSTILE[0]).by("a", HOSTILE[5])]).build();
    assert!(site.page().contains("<bdi>&lt;script&gt;alert(1)&lt;&#x2f;script&gt;</bdi>"));
    assert!(site.page().contains("<bdi>{{ page }}{% raw %}</bdi>"));
}

#[test]
fn every_page_is_well_formed() {
    let hidden = Sample { costs_hidden: true, ..Sample::small() };
    let samples =
        [Sample::new([]), Sample::new([Use::on("2026-05-20")]), Sample::small(), hidden, crowd()];
    for (number, sample) in samples.iter().enumerate() {
        assert_eq!(markup::html(&sample.build().page()), Ok(()), "{number}");
    }
}

#[test]
fn an_empty_store_says_what_to_do() {
    let page = Sample::new([]).build().page();
    assert!(page.contains("<h1>Nothing counted yet</h1>"));
    assert!(page.contains("token-matters up") && page.contains("token-matters demo"));
    assert!(!page.contains("<table") && !page.contains("$0.00") && !page.contains("0 tokens"));
}

#[test]
fn one_day_is_a_page_of_one_bar_and_one_month() {
    let page = Sample::new([Use::on("2026-05-20")]).build().page();
    assert!(page.contains("<span class=\"big\" title=\"1,000,000 tokens\">1.0M</span> tokens"));
    assert_eq!(page.matches("fill=\"var(--").count(), 1);
    assert_eq!(rows(&page, "By month"), [["May 2026", "1.0M", "$2.50", "1"]]);
    assert!(page.contains("All time since 20 May 2026"));
}

#[test]
fn an_unfinished_day_says_until_when_it_is_counted() {
    // 16:42 UTC is 18:42 in Berlin.
    let page = Sample::small().build().page();
    assert!(page.contains("<h2>20 May 2026, until 18:42</h2>"));
    assert!(page.contains(">20 May<small>until 18:42</small></span>"));
    assert!(page.contains("<g class=\"open\"><title>20 May 2026 until 18:42: "));
    assert!(page.contains("Last use 20 May 2026, 18:42"));
    assert_eq!(page.matches("until ").count(), 3);
}

#[test]
fn a_last_day_without_use_is_zero_and_not_unfinished() {
    let mut sample = Sample::new([Use::on("2026-05-18")]);
    sample.last = Some("2026-05-18T20:00:00Z");
    let page = sample.build().page();
    assert!(!page.contains("until"), "{page}");
    assert!(page.contains("<h2>20 May 2026</h2><p class=\"num\" title=\"0 tokens\">0</p>"));
    assert!(page.contains("Last use 18 May 2026, 22:00"));
}

#[test]
fn thirty_days_without_use_show_the_months_before() {
    let page = Sample::new([Use::on("2026-01-05")]).build().page();
    assert!(page.contains("Nothing was used in these 30 days."));
    assert!(!page.contains("By source") && !page.contains("$0.00"));
    assert_eq!(rows(&page, "By month"), [["January 2026", "1.0M", "$2.50", "1"]]);
}

#[test]
fn what_has_no_price_is_never_zero() {
    let page = Sample::new([Use::on("2026-05-18").unpriced()]).build().page();
    assert!(!page.contains("$0"), "{page}");
    assert!(page.contains("<strong>no price yet</strong> ·"));
    assert!(page.contains("<strong>1.0M tokens have no price yet</strong>"));
    assert_eq!(
        rows(&page, "By source")[0],
        ["Claude Code", "100%", "1.0M", "200K", "100K", "500K", "200K", "no price yet", "1"]
    );
}

#[test]
fn what_has_a_price_in_part_has_a_plus() {
    let page = Sample::small().build().page();
    assert!(page.contains("A <strong>+</strong> means"));
    assert!(page.contains("<bdi>gpt-6-preview</bdi>."));
    let sources = rows(&page, "By source");
    assert_eq!((sources[0][7].as_str(), sources[1][7].as_str()), ("$7.50", "$2.50+"));
    assert!(page.contains("18 May 2026: 2.3M tokens, $2.50+ – Claude Code 2.3M, Codex 1.3K"));
}

#[test]
fn hidden_costs_leave_no_trace() {
    let page = Sample { costs_hidden: true, ..Sample::small() }.build().page();
    for word in ["$", "List value", "list price", "no price", "–</td>"] {
        assert!(!page.contains(word), "{word}");
    }
    assert_eq!(rows(&page, "By month")[0], ["May 2026", "4.5M", "5"]);
}

#[test]
fn the_largest_numbers_do_not_wrap() {
    let huge = |day: &str| Use::on(day).tokens(u64::MAX);
    let page =
        Sample::new([huge("2026-05-19"), huge("2026-05-20"), huge("2026-04-01")]).build().page();
    assert_eq!(markup::html(&page), Ok(()));
    assert!(page.contains("title=\"18,446,744,073,709,551,615 tokens\">18,446,744.1T</span>"));
    assert!(!page.contains("NaN") && !page.contains("inf"));
}

#[test]
fn a_column_adds_up_with_the_row_of_all_others() {
    let uses = (0..25).map(|number| {
        Use::on("2026-05-20")
            .at(&format!("machine {number}"))
            .by("codex", &format!("m{number}"))
            .tokens(10 + number)
    });
    let sample = Sample::new(uses);
    let page = sample.build().page();
    let total = sample.latest().last_30_days.totals;
    for caption in ["By model", "By machine"] {
        let rows = rows(&page, caption);
        assert_eq!(rows.len(), 11, "{caption}");
        assert_eq!(rows[10][0], "15 more");
        let column = |index: usize| -> u64 {
            rows.iter().map(|row| row[index].parse::<u64>().unwrap()).sum()
        };
        assert_eq!(column(2), total.tokens.total_tokens);
        assert_eq!(column(3), total.tokens.input_tokens);
        assert_eq!(column(4), total.tokens.output_tokens);
        assert_eq!(column(5), total.tokens.cache_read_tokens);
        assert_eq!(column(6), total.tokens.cache_creation_tokens);
        assert_eq!(column(8), total.requests);
        let dollars: f64 =
            rows.iter().map(|row| row[7].trim_start_matches('$').parse::<f64>().unwrap()).sum();
        assert!((dollars - 62.5).abs() < 0.001, "{dollars}");
    }
}

#[test]
fn eleven_rows_are_all_shown() {
    let uses = (0..11).map(|number| Use::on("2026-05-20").at(&format!("machine {number}")));
    let page = Sample::new(uses).build().page();
    assert_eq!(rows(&page, "By machine").len(), 11);
    assert!(!page.contains(" more</bdi>"));
}

#[test]
fn a_reader_of_the_page_aloud_finds_headings_and_named_tables() {
    let page = crowd().build().page();
    assert_eq!(page.matches("<h1").count(), 1);
    assert!(page.find("<h1") < page.find("<h2") && !page.contains("<h3"));
    assert_eq!(page.matches("<table").count(), page.matches("<caption").count());
    assert_eq!(page.matches("<th ").count(), page.matches("<th scope=").count());
    assert!(
        page.contains("<html lang=\"en\">")
            && page.contains("role=\"img\" aria-label=\"Stacked bars")
    );
    assert!(
        page.contains("<a class=\"skip\" href=\"#main\">") && page.contains("<main id=\"main\">")
    );
}

#[test]
fn many_sources_have_eight_colours_and_one_for_the_others() {
    let page = crowd().build().page();
    let (_, legend) = page.split_once("<ul class=\"legend\">").unwrap();
    let (legend, _) = legend.split_once("</ul>").unwrap();
    assert_eq!(legend.matches("<li>").count(), 9);
    assert!(legend.ends_with("<i style=\"background:var(--other)\"></i><bdi>4 others</bdi></li>"));
}
