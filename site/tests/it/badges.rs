//! Badges as files, and the gallery that shows them.

mod summary;

use std::collections::BTreeSet;

use data_schema::settings::BadgeSettings;
use serde_json::{Value, json};

use crate::markup;
use crate::sample::{Sample, Use};
use summary::{Built, Summary, Turn, limit};

const NAMES: [&str; 5] = ["usage", "usage-cost", "usage-pixel", "usage-cost-pixel", "usage-dark"];
const STYLES: [&str; 5] = ["", "-flat-square", "-for-the-badge", "-plastic", "-social"];
const PERIODS: [&str; 7] = ["today", "7d", "28d", "30d", "91d", "12m", "all"];
const METRICS: [&str; 7] = ["tokens", "cost", "requests", "cache", "days", "model", "source"];

#[test]
fn all_badges_of_a_small_sample() {
    let site = Sample::small().build();
    for name in NAMES {
        let svg = site.badge(name);
        assert_eq!(markup::svg(&svg), Ok(()), "{name}");
        insta::assert_snapshot!(format!("badge-{name}"), svg);
    }
}

#[test]
fn a_badge_without_data_says_so_and_is_quiet() {
    let site = Sample::new([]).build();
    for name in &NAMES[..4] {
        let svg = site.badge(name);
        assert!(svg.contains(">no data yet</text>"), "{name}: {svg}");
        assert!(!svg.contains("$0.00") && !svg.contains("#0b6bcb"), "{name}: {svg}");
    }
    assert!(site.badge("usage-dark").contains(">0</text>"));
    for name in NAMES {
        assert_eq!(markup::svg(&site.badge(name)), Ok(()), "{name}");
    }
}

#[test]
fn a_badge_of_a_week_without_use_says_so_although_there_is_older_data() {
    let site = Sample::new([Use::on("2026-05-01")]).build();
    assert!(site.badge("usage").contains("no data yet"));
    assert!(site.badge("usage-dark").contains(">1,000,000</text>"));
}

#[test]
fn a_badge_shows_that_a_price_is_missing() {
    let some = [Use::on("2026-05-20"), Use::on("2026-05-20").by("codex", "x").unpriced()];
    let site = Sample::new(some).build();
    assert!(site.badge("usage-cost").contains(">2.00M · $2.50+</text>"));
    let site = Sample::new([Use::on("2026-05-20").unpriced()]).build();
    assert!(site.badge("usage-cost").contains(">1.00M · no price yet</text>"));
    assert!(!site.badge("usage-cost-pixel").contains("$0"));
}

#[test]
fn a_badge_of_hidden_costs_shows_tokens_alone() {
    let mut sample = Sample::small();
    sample.costs_hidden = true;
    let site = sample.build();
    assert_eq!(site.badge("usage-cost"), site.badge("usage"));
    assert_eq!(site.badge("usage-cost-pixel"), site.badge("usage-pixel"));
}

/// Half a year that ends on 20 May 2026.
fn some() -> Summary {
    Summary::new([
        Turn::on("2025-12-01").tokens(40_000_000).by("codex", "gpt-5.5"),
        Turn::on("2026-04-30").tokens(5_000_000),
        Turn::on("2026-05-17").tokens(2_000_000),
        Turn::on("2026-05-18").tokens(1_000_000).by("codex", "gpt-5.5").unpriced(),
        Turn::on("2026-05-19").tokens(1_500_000),
    ])
}

/// The names of all badges that are always there.
fn always(metrics: &[&str]) -> BTreeSet<String> {
    let mut stems = vec!["streak".to_owned()];
    for metric in metrics {
        stems.extend(PERIODS.map(|period| format!("{metric}-{period}")));
    }
    let mut names: BTreeSet<String> = NAMES.map(|name| format!("token-{name}.svg")).into();
    names.insert("spark-30d.svg".to_owned());
    for stem in stems {
        names.extend(STYLES.map(|style| format!("{stem}{style}.svg")));
        names.insert(format!("{stem}.json"));
    }
    names
}

#[test]
fn every_metric_of_every_period_is_there_in_every_style_and_as_json() {
    let site = some().build();
    assert_eq!(site.badges(), always(&METRICS));
    for name in site.badges() {
        if name.contains(".json") {
            continue;
        }
        let svg = site.text(&format!("badge/{name}"));
        roxmltree::Document::parse(&svg).unwrap();
        // 1.6 kB; that of the form alone is 1.4 kB.
        assert!(svg.len() <= 1_638, "{name} has {} bytes", svg.len());
    }
}

#[test]
fn badges_say_what_the_summary_says() {
    let site = some().build();
    for (name, label, message) in [
        ("tokens-today", "AI tokens (20 May)", "none"),
        ("tokens-7d", "AI tokens (7d)", "4.50M"),
        ("tokens-28d", "AI tokens (28d)", "9.50M"),
        ("tokens-all", "AI tokens (all time)", "49.5M"),
        ("cost-7d", "AI cost (7d)", "$7.00+"),
        ("cost-today", "AI cost (20 May)", "none"),
        ("requests-12m", "AI responses (12 months)", "5"),
        ("cache-30d", "AI cache reads (30d)", "56%"),
        ("days-7d", "Days with AI (7d)", "3 of 7"),
        ("days-all", "Days with AI (all time)", "5 of 171"),
        ("streak", "AI streak", "3 days"),
        ("model-7d", "Top AI model (7d)", "claude-sonnet-4-6"),
        ("model-all", "Top AI model (all time)", "gpt-5.5"),
        ("source-all", "Top AI tool (all time)", "Codex CLI"),
    ] {
        let svg = site.text(&format!("badge/{name}.svg"));
        assert_eq!(title(&svg), format!("{label}: {message}"));
        let color = if message == "none" { "555" } else { "0b6bcb" };
        let expected =
            json!({"schemaVersion": 1, "label": label, "message": message, "color": color});
        assert_eq!(site.json(&format!("badge/{name}.json")), expected, "{name}");
        assert!(svg.contains(&format!("fill=\"#{color}\"/>")), "{name}");
    }
}

fn title(svg: &str) -> String {
    let document = roxmltree::Document::parse(svg).unwrap();
    document.root_element().first_element_child().unwrap().text().unwrap().to_owned()
}

#[test]
fn a_streak_ends_with_the_day_before_while_the_last_day_has_no_use_yet() {
    let streak = |days: &[&str]| {
        let site = Summary::new(days.iter().map(|day| Turn::on(day))).build();
        title(&site.text("badge/streak.svg"))
    };
    assert_eq!(streak(&["2026-05-18", "2026-05-19", "2026-05-20"]), "AI streak: 3 days");
    assert_eq!(streak(&["2026-05-18", "2026-05-19"]), "AI streak: 2 days");
    assert_eq!(streak(&["2026-05-16", "2026-05-19"]), "AI streak: 1 day");
    assert_eq!(streak(&["2026-05-17", "2026-05-18"]), "AI streak: none");
}

#[test]
fn numbers_that_estimates_went_into_say_so_and_what_has_no_price_is_no_amount() {
    let site = Summary::new([Turn::on("2026-05-20").estimated()]).build();
    assert_eq!(title(&site.text("badge/tokens-7d.svg")), "AI tokens (7d): ≈ 1.00M");
    assert_eq!(title(&site.text("badge/cost-7d.svg")), "AI cost (7d): ≈ $2.00");
    assert_eq!(title(&site.text("badge/requests-7d.svg")), "AI responses (7d): 1");
    let site = Summary::new([Turn::on("2026-05-20").estimated().unpriced()]).build();
    assert_eq!(title(&site.text("badge/cost-7d.svg")), "AI cost (7d): no price yet");
}

#[test]
fn before_anything_is_counted_every_badge_is_there_and_says_so() {
    let site = Summary::new([]).build();
    assert_eq!(site.badges(), always(&METRICS));
    for name in site.badges().iter().filter(|name| !name.starts_with("token-usage")) {
        let text = site.text(&format!("badge/{name}"));
        let is_wide = name.contains("for-the-badge");
        assert!(text.contains(if is_wide { "NO DATA YET" } else { "no data yet" }), "{name}");
        assert!(!text.contains("0b6bcb"), "{name}");
    }
    assert!(site.text("badges/index.html").contains("Nothing is counted yet"));
}

#[test]
fn hidden_costs_leave_no_trace() {
    let mut summary = some();
    summary.hides_cost = true;
    summary.own = vec![own("spent", "cost"), own("mine", "tokens")];
    let site = summary.build();
    let mut expected =
        always(&METRICS.map(|metric| if metric == "cost" { "tokens" } else { metric }));
    expected.extend(["mine.svg", "mine.json"].map(str::to_owned));
    assert_eq!(site.badges(), expected);
    let page = site.text("badges/index.html");
    assert!(!page.to_lowercase().contains("cost") && !page.contains('$'), "{page}");
    for name in site.badges() {
        assert!(!site.text(&format!("badge/{name}")).contains('$'), "{name}");
    }
}

#[test]
fn a_limit_is_there_where_limits_are_published_and_is_the_fullest_that_still_runs() {
    let mut summary = some();
    summary.limits = Some(Vec::new());
    let site = summary.build();
    assert_eq!(title(&site.text("badge/limit.svg")), "AI limit: no data yet");
    let shown = "../badge/limit.svg".to_owned();
    assert!(!site.pictures("badges/index.html").contains(&shown));
    summary.limits = Some(vec![
        limit("codex", "7d", 0.31, "2026-05-24T00:00:00Z"),
        limit("claude-code", "5h", 0.412, "2026-05-20T21:00:00Z"),
        // Its window has started anew since: nobody knows how much of it is used now.
        limit("claude-code", "7d", 0.99, "2026-05-20T09:00:00Z"),
    ]);
    let site = summary.build();
    assert_eq!(title(&site.text("badge/limit.svg")), "Claude Code limit (5h): 41% used");
    assert!(site.pictures("badges/index.html").contains(&shown));
    summary.limits = Some(vec![limit("<b>", "7d", 1.25, "2026-05-24T00:00:00Z")]);
    let site = summary.build();
    let svg = site.text("badge/limit-plastic.svg");
    assert_eq!(title(&svg), "<b> limit (7d): 125% used");
    assert!(svg.contains("#b3261e"));
    assert!(!some().build().badges().iter().any(|name| name.starts_with("limit")));
}

fn own(name: &str, metric: &str) -> BadgeSettings {
    BadgeSettings { name: name.into(), metric: metric.into(), ..BadgeSettings::default() }
}

#[test]
fn badges_of_the_users_own_have_their_metric_period_label_color_and_style() {
    let mut summary = some();
    summary.own = vec![
        own("plain", "tokens"),
        BadgeSettings {
            period: Some("all".into()),
            label: Some("Tokens & <more>".into()),
            color: Some("violet".into()),
            style: Some("for-the-badge".into()),
            ..own("All-Of-It", "tokens")
        },
        BadgeSettings {
            label: Some(String::new()),
            color: Some("#FfFf00".into()),
            ..own("bare", "streak")
        },
    ];
    let site = summary.build();
    assert_eq!(title(&site.text("badge/plain.svg")), "AI tokens (30d): 9.50M");
    let wide = site.text("badge/All-Of-It.svg");
    assert_eq!(title(&wide), "TOKENS & <MORE>: 49.5M");
    assert!(wide.contains("height=\"28\"") && wide.contains("#5c37c5"));
    assert_eq!(
        site.json("badge/All-Of-It.json"),
        json!({"schemaVersion": 1, "label": "Tokens & <more>", "message": "49.5M", "color": "5c37c5"})
    );
    let bare = site.text("badge/bare.svg");
    assert_eq!(title(&bare), "3 days");
    assert!(bare.contains("#ffff00") && bare.contains("fill=\"#333\""));
    let shown = site.pictures("badges/index.html");
    for name in ["plain", "All-Of-It", "bare"] {
        assert!(shown.contains(&format!("../badge/{name}.svg")), "{shown:?}");
    }
}

#[test]
fn an_entry_that_cannot_be_a_badge_is_left_out_and_replaces_nothing() {
    let mut summary = some();
    let wrong = |change: fn(&mut BadgeSettings)| {
        let mut settings = own("wrong", "tokens");
        change(&mut settings);
        settings
    };
    summary.own = vec![
        wrong(|own| own.metric = "words".into()),
        wrong(|own| own.period = Some("5d".into())),
        wrong(|own| own.color = Some("red\" onload=\"x".into())),
        wrong(|own| own.color = Some("#12345é".into())),
        wrong(|own| own.style = Some("round".into())),
        own("tokens-7d", "requests"),
        own("COST-30D-PLASTIC", "requests"),
        own("token-usage", "requests"),
        own("spark-30d", "requests"),
        own("../../index", "tokens"),
        own("", "tokens"),
        own("-", "tokens"),
        own("con", "tokens"),
        own("a b", "tokens"),
        own("twice", "tokens"),
        own("Twice", "requests"),
    ];
    let site = summary.build();
    let mut expected = always(&METRICS);
    expected.extend(["twice.svg", "twice.json"].map(str::to_owned));
    assert_eq!(site.badges(), expected);
    assert_eq!(title(&site.text("badge/tokens-7d.svg")), "AI tokens (7d): 4.50M");
    assert_eq!(title(&site.text("badge/twice.svg")), "AI tokens (30d): 9.50M");
}

#[test]
fn the_sparkline_has_a_bar_for_each_day_with_use_and_the_largest_is_full() {
    let site = some().build();
    let svg = site.text("badge/spark-30d.svg");
    let document = roxmltree::Document::parse(&svg).unwrap();
    let path = document.descendants().find(|node| node.has_tag_name("path")).unwrap();
    let bars: Vec<&str> = path.attribute("d").unwrap().split('M').skip(1).collect();
    let heights: Vec<f64> = bars
        .iter()
        .map(|bar| bar.split_once("v-").unwrap().1.split_once('h').unwrap().0.parse().unwrap())
        .collect();
    assert_eq!(heights, [12.0, 4.8, 2.4, 3.6]);
    assert_eq!(title(&svg), "AI tokens (30d): 9.50M");
}

#[test]
fn names_from_logs_stay_text_in_badges_and_in_the_gallery() {
    let model = "x\"><script>alert(1)</script>\u{202e}\u{7}&";
    let mut summary = Summary::new([Turn::on("2026-05-20").by("claude-code", model)]);
    summary.own = vec![BadgeSettings {
        label: Some("](https://evil.example) <img src=x onerror=y>".into()),
        ..own("mine", "model")
    }];
    let site = summary.build();
    let svg = site.text("badge/model-7d.svg");
    assert_eq!(title(&svg), "Top AI model (7d): x\"><script>alert(1)</script> &");
    let page = site.text("badges/index.html");
    assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{page}");
    let codes = site.codes("badges/index.html", "#own ~ .metric code");
    assert_eq!(
        codes,
        [
            "[![\\](https://evil.example) \\<img src=x onerror=y\\>]\
             (https://ada.example/usage/badge/mine.svg)](https://ada.example/usage/)",
            "<a href=\"https://ada.example/usage/\"><img alt=\"](https://evil.example) \
             &lt;img src=x onerror=y&gt;\" src=\"https://ada.example/usage/badge/mine.svg\"></a>",
        ]
    );
}

#[test]
fn the_gallery_shows_only_badges_that_are_there_and_its_lines_lead_to_them() {
    let mut summary = some();
    for address in [true, false] {
        summary.has_address = address;
        let site = summary.build();
        let shown = site.pictures("badges/index.html");
        let badges: Vec<&str> = shown.iter().filter_map(|path| path.strip_prefix("../")).collect();
        assert!(badges.len() > 50, "{badges:?}");
        for path in badges {
            assert!(site.has(path), "{path}");
        }
        let lines = site.codes("badges/index.html", "main code");
        let whole = "[![AI tokens (30d)](https://ada.example/usage/badge/tokens-30d.svg)](https://ada.example/usage/)";
        assert_eq!(lines.iter().any(|line| line == whole), address, "{lines:?}");
        let part = "![AI tokens (30d)](badge/tokens-30d.svg)";
        assert_eq!(lines.iter().any(|line| line == part), !address, "{lines:?}");
        // The day of the last numbers would not be true for long.
        assert!(lines.iter().any(|line| line.contains("[AI tokens (today)]")), "{lines:?}");
        let page = site.text("badges/index.html");
        assert_eq!(page.contains("site.address"), !address);
        assert!(!page.contains(" style=") && !page.contains("onclick"));
    }
}

#[test]
fn labels_are_in_the_first_language_of_the_site() {
    let mut summary = some();
    summary.languages = vec!["zh".into(), "en".into()];
    let site: Built = summary.build();
    let label = site.json("badge/tokens-7d.json");
    let Value::String(message) = &label["message"] else { panic!("{label}") };
    assert_eq!(message, "450万");
    assert!(site.text("badge/tokens-7d.svg").contains("450万"));
    let shown = site.pictures("en/badges/index.html");
    assert!(shown.contains(&"../../badge/tokens-7d.svg".to_owned()), "{shown:?}");
}
