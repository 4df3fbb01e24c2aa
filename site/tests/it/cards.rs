//! Cards, link previews and years in review, from the outside.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{Datelike, Days, NaiveDate};
use serde_json::{Value, json};
use site::{Built, SiteOptions, build_site};
use tempfile::TempDir;

/// Ten million tokens of one source and model on one day.
#[derive(Clone)]
struct Day {
    date: NaiveDate,
    source: String,
    model: String,
    tokens: u64,
    cost: Option<&'static str>,
    quality: u8,
}

fn on(day: &str) -> Day {
    Day {
        date: day.parse().unwrap(),
        source: "claude-code".into(),
        model: "claude-opus-4-8".into(),
        tokens: 10_000_000,
        cost: Some("2.5"),
        quality: 0,
    }
}

impl Day {
    fn of(mut self, source: &str, model: &str) -> Self {
        (self.source, self.model) = (source.into(), model.into());
        self
    }
}

/// A summary whose last day is `end`.
struct Summary {
    days: Vec<Day>,
    end: NaiveDate,
    shows_cost: bool,
}

/// What was built of it.
struct Site {
    files: BTreeMap<String, Vec<u8>>,
    built: Built,
}

impl Summary {
    fn new(end: &str, days: impl IntoIterator<Item = Day>) -> Self {
        Self { days: days.into_iter().collect(), end: end.parse().unwrap(), shows_cost: true }
    }

    /// Three calendar years of seven sources with models of their own, on most days.
    fn large() -> Self {
        let first: NaiveDate = "2024-01-01".parse().unwrap();
        let end: NaiveDate = "2026-12-30".parse().unwrap();
        let days = first.iter_days().take_while(|day| *day <= end).enumerate();
        let used = days.filter(|(number, _)| number % 11 != 0).flat_map(|(number, day)| {
            (0..7).map(move |name| {
                let tokens =
                    u64::try_from(number * 7_919 % 1_000 + 1).unwrap() * (name + 1) * 12_345;
                let day = on(&day.to_string())
                    .of(&format!("source-{name}"), &format!("claude-model-{name}-2026"));
                Day { tokens, ..day }
            })
        });
        Self::new("2026-12-30", used)
    }

    fn build(&self) -> Site {
        let root = TempDir::new().unwrap();
        let summary = root.path().join("summary");
        let put = |path: &str, value: Value| {
            let path = summary.join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, value.to_string()).unwrap();
        };
        let mut years: BTreeMap<i32, Vec<&Day>> = BTreeMap::new();
        for day in &self.days {
            years.entry(day.date.year()).or_default().push(day);
        }
        let name = |year: &i32| format!("{year}-0123456789abcdef.json");
        let names: Vec<String> = years.keys().map(name).collect();
        let tokens: u64 = self.days.iter().map(|day| day.tokens).sum();
        let cost = if self.shows_cost { json!("1") } else { Value::Null };
        let totals = json!({
            "inputTokens": 0, "outputTokens": 0, "cacheCreationTokens": 0, "cacheReadTokens": 0, "totalTokens": tokens,
            "cost": { "totalUSD": cost, "unpricedTokens": 0, "unpricedModels": [], "byProvider": {} },
            "requests": 1, "dataQuality": "exact", "inexactTokens": 0,
        });
        let range = json!({ "start": self.end, "end": self.end });
        let empty = json!([]);
        let period = json!({
            "dateRange": range, "totals": totals, "dailyTrend": empty,
            "byProvider": empty, "byMachine": empty, "byModel": empty, "byProject": empty,
            "breakdown": { "byProvider": empty, "byMachine": empty, "byModel": empty, "byProject": empty },
        });
        put(
            "latest.json",
            json!({
                "version": "2.0", "lastUpdated": null, "timezone": "UTC", "last7Days": period, "last30Days": period,
            }),
        );
        put(
            "meta.json",
            json!({
                "version": "2.0", "lastUpdated": null, "timezone": "UTC", "dateRange": null, "totals": totals,
                "providers": empty, "machines": empty, "models": empty, "slugs": {}, "dailyFiles": empty,
                "weeklyFiles": empty, "monthlyFiles": empty, "shards": names,
            }),
        );
        for (year, days) in &years {
            put(&format!("data/v1/{}", name(year)), self.shard(*year, days));
        }
        let out = root.path().join("out");
        let built = build_site(&summary, &out, &SiteOptions::default()).unwrap();
        let mut files = BTreeMap::new();
        read(&out, &out, &mut files);
        Site { files, built }
    }

    fn shard(&self, year: i32, days: &[&Day]) -> Value {
        let names = |of: fn(&Day) -> &String| -> Vec<&String> {
            let mut names: Vec<&String> = days.iter().map(|day| of(day)).collect();
            names.sort();
            names.dedup();
            names
        };
        let (sources, models) = (names(|day| &day.source), names(|day| &day.model));
        let column =
            |of: &dyn Fn(&Day) -> Value| -> Value { days.iter().map(|day| of(day)).collect() };
        let place =
            |names: &[&String], name: &String| json!(names.iter().position(|known| *known == name));
        let unpriced =
            |day: &Day| if day.cost.is_none() && self.shows_cost { day.tokens } else { 0 };
        json!({
            "version": "2.0", "year": year,
            "dictionaries": { "providers": sources, "models": models, "machines": ["laptop"], "projects": [""] },
            "columns": {
                "day": column(&|day| json!(day.date.ordinal())),
                "provider": column(&|day| place(&sources, &day.source)),
                "model": column(&|day| place(&models, &day.model)),
                "machine": column(&|_| json!(0)),
                "project": column(&|_| json!(0)),
                "inputTokens": column(&|day| json!(day.tokens / 10)),
                "outputTokens": column(&|_| json!(0)),
                "cacheCreationTokens": column(&|_| json!(0)),
                "cacheReadTokens": column(&|day| json!(day.tokens - day.tokens / 10)),
                "reasoningTokens": column(&|_| json!(0)),
                "otherTokens": column(&|_| json!(0)),
                "requests": column(&|_| json!(12)),
                "costUSD": column(&|day| if self.shows_cost { json!(day.cost) } else { Value::Null }),
                "unpricedTokens": column(&|day| json!(unpriced(day))),
                "quality": column(&|day| json!(day.quality)),
            },
        })
    }
}

fn read(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert(name, fs_err::read(&path).unwrap());
        }
    }
}

impl Site {
    fn text(&self, path: &str) -> String {
        String::from_utf8(self.files.get(path).unwrap_or_else(|| panic!("no {path}")).clone())
            .unwrap()
    }

    /// Paths below a folder with an ending.
    fn paths(&self, folder: &str, end: &str) -> Vec<&String> {
        self.files.keys().filter(|path| path.starts_with(folder) && path.ends_with(end)).collect()
    }

    /// All SVG of cards and years.
    fn svgs(&self) -> Vec<(&String, String)> {
        let paths = self.paths("card/", ".svg").into_iter().chain(self.paths("wrapped/", ".svg"));
        paths.map(|path| (path, self.text(path))).collect()
    }

    /// Width, height, and how many pixels have the colour of texts.
    fn pixels(&self, path: &str) -> (u32, u32, usize) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(&self.files[path]));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut data = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut data).unwrap();
        let ink =
            data.as_chunks::<3>().0.iter().filter(|color| **color == [0x14, 0x18, 0x1d]).count();
        (info.width, info.height, ink)
    }
}

const CARDS: [&str; 7] = ["summary", "streak", "calendar", "models", "sources", "spark", "skyline"];

#[test]
fn all_cards_and_previews_are_there_before_anything_was_counted() {
    let site = Summary::new("2026-05-20", []).build();
    for name in CARDS {
        for theme in ["", "-light", "-dark"] {
            let svg = site.text(&format!("card/{name}{theme}.svg"));
            assert!(svg.contains("No data yet"), "{name}{theme}");
            roxmltree::Document::parse(&svg).unwrap();
        }
    }
    for name in ["index", "7d", "30d", "91d", "12m", "all"] {
        let (width, height, ink) = site.pixels(&format!("og/{name}.png"));
        assert!((width, height) == (1200, 630) && ink > 500, "{name}: {ink}");
    }
    assert!(site.paths("wrapped/", "").is_empty(), "no year without use");
}

#[test]
fn cards_are_small_well_formed_and_hold_all_that_they_need() {
    let site = Summary::large().build();
    for (path, svg) in site.svgs() {
        let document = roxmltree::Document::parse(&svg).unwrap();
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"), "{path}");
        for name in ["title", "desc"] {
            let node = root
                .children()
                .find(|node| node.has_tag_name(("http://www.w3.org/2000/svg", name)));
            assert!(
                node.and_then(|node| node.text()).is_some_and(|text| !text.is_empty()),
                "{path}: {name}"
            );
        }
        for foreign in ["href", "url(", "<script", "<animate", "<image", "<foreignObject", "var("] {
            assert!(!svg.contains(foreign), "{path} has {foreign}");
        }
        let is_card = path.starts_with("card/");
        assert_eq!(root.attribute("width"), Some(if is_card { "495" } else { "1200" }), "{path}");
        let most = match path.as_str() {
            path if path.contains("skyline") => 40_000,
            path if path.contains("calendar") => 10_000,
            path if path.starts_with("wrapped/") => 24_000,
            _ => 4_200,
        };
        assert!(svg.len() <= most, "{path} has {} bytes", svg.len());
        let has_both = svg.contains("@media (prefers-color-scheme:dark)");
        assert_eq!(
            has_both,
            is_card && !path.contains("-light") && !path.contains("-dark"),
            "{path}"
        );
    }
    assert!(site.text("card/models-light.svg").contains("#f5f6f8"));
    assert!(site.text("card/models-dark.svg").contains("#171e26"));
    assert!(!site.text("card/models-dark.svg").contains("#f5f6f8"));
}

#[test]
fn pictures_are_of_the_right_size_show_text_and_are_few() {
    let site = Summary::large().build();
    let pictures: Vec<&String> =
        site.files.keys().filter(|path| path.split('.').next_back() == Some("png")).collect();
    assert_eq!(pictures.len(), 12, "{pictures:?}");
    for path in pictures {
        let (width, height, ink) = site.pixels(path);
        let (wanted, most) =
            if path.starts_with("og/") { ((1200, 630), 80_000) } else { ((1200, 1500), 120_000) };
        assert_eq!((width, height), wanted, "{path}");
        assert!(site.files[path].len() <= most, "{path} has {} bytes", site.files[path].len());
        assert!(ink > 3_000, "{path} has {ink} pixels of text");
    }
}

#[test]
fn the_same_summary_gives_the_same_bytes() {
    let summary = Summary::large();
    let (one, other) = (summary.build().files, summary.build().files);
    assert!(one.iter().all(|(path, bytes)| other.get(path) == Some(bytes)));
}

#[test]
fn numbers_are_those_of_the_data_with_signs_for_what_is_not_sure() {
    let mut days = vec![on("2026-05-01"), on("2026-05-02"), on("2026-05-03"), on("2026-05-19")];
    days.push(on("2026-05-20").of("codex", "gpt-6-preview"));
    days[4].cost = None;
    days[4].quality = 2;
    let site = Summary::new("2026-05-20", days).build();
    let summary = site.text("card/summary.svg");
    for text in
        ["≈50.0M", "≈$10.00+", "5 of 30", "until 20 May 2026", "Nothing earlier to compare with."]
    {
        assert!(summary.contains(&format!(">{text}<")), "{text} in {summary}");
    }
    let streak = site.text("card/streak.svg");
    for text in [">2 days<", ">3 days<", "1 to 3 May 2026", "19 to 20 May 2026"] {
        assert!(streak.contains(text), "{text} in {streak}");
    }
    let models = site.text("card/models.svg");
    for text in [">no price yet<", ">80%<", ">$10.00<", ">≈10.0M<"] {
        assert!(models.contains(text), "{text} in {models}");
    }
}

#[test]
fn hidden_costs_leave_no_trace() {
    let mut summary = Summary::large();
    summary.shows_cost = false;
    let site = summary.build();
    let pages = site.paths("wrapped/", ".html").into_iter().map(|path| (path, site.text(path)));
    for (path, text) in site.svgs().into_iter().chain(pages) {
        let text = text.to_lowercase();
        for word in ["$", "price", "cost"] {
            let main = text.split("<main").nth(1).unwrap_or(&text);
            assert!(!main.contains(word), "{path} has {word}");
        }
    }
    let priced = Summary::large().build();
    assert_ne!(priced.files["og/index.png"], site.files["og/index.png"]);
}

#[test]
fn hostile_names_are_text_cut_to_their_room() {
    let names = [
        "</text><script>alert(1)</script>",
        "\"onload='x' & ]]> <!--",
        "nul\u{0}and\u{ffff}\u{202e}turned",
        "漢字のとても長い名前漢字のとても長い名前漢字のとても長い名前漢字のとても長い名前",
        "𒐫﷽𒐫﷽",
    ];
    let long = format!("{}-2026", "W".repeat(300));
    let days = names.iter().copied().chain([long.as_str()]).enumerate().map(|(number, name)| {
        let tokens = 10_000_000 - u64::try_from(number).unwrap();
        Day { tokens, ..on("2026-05-20").of(name, name) }
    });
    let site = Summary::new(
        "2026-05-20",
        days.chain([Day { tokens: 90_000_000, ..on("2026-05-19").of("x", &long) }]),
    )
    .build();
    for (path, svg) in site.svgs() {
        let document =
            roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{path}: {error}"));
        let tags: Vec<&str> = document
            .descendants()
            .filter(roxmltree::Node::is_element)
            .map(|node| node.tag_name().name())
            .collect();
        assert!(!tags.contains(&"script"), "{path}");
    }
    let models = site.text("card/models.svg");
    assert!(models.contains("&lt;/text&gt;&lt;script&gt;"), "{models}");
    assert!(models.contains(">WWW") && models.contains("…"), "{models}");
    let page = site.text("wrapped/2026/index.html");
    assert!(
        !page.contains("<script>alert") && page.contains("stand as boxes"),
        "a name may lack its letters"
    );
}

#[test]
fn letters_without_a_font_are_counted() {
    let plain = Summary::new("2026-05-20", [on("2026-05-20")]).build();
    assert_eq!(plain.built.boxes, 0);
    assert!(!plain.text("wrapped/2026/index.html").contains("stand as boxes"));
    let rare =
        Summary::new("2026-05-20", [on("2026-05-20").of("codex", "m\u{10fffd}\u{f8ff5}")]).build();
    assert_eq!(rare.built.boxes, 2);
    assert!(rare.text("wrapped/2026/index.html").contains("stand as boxes"));
    assert!(
        rare.text("wrapped/2026.svg").contains("m\u{10fffd}\u{f8ff5}"),
        "a browser may have the letters"
    );
}

#[test]
fn a_closed_year_keeps_its_page_and_its_pictures() {
    let old = [on("2025-03-01"), on("2025-03-02").of("codex", "gpt-5.5"), on("2025-12-31")];
    let closed = ["wrapped/2025/index.html", "wrapped/2025.svg", "wrapped/2025.png", "og/2025.png"];
    let open = Summary::new("2025-12-31", old.clone()).build();
    for path in ["wrapped/2025/index.html", "wrapped/2025.svg"] {
        assert!(open.text(path).contains("so far"), "{path}: the last day is not over");
    }
    let before = Summary::new("2026-01-03", old.iter().cloned().chain([on("2026-01-02")])).build();
    let later = on("2026-01-09").of("漢字", "new \u{10fffd}");
    let after =
        Summary::new("2026-01-09", old.iter().cloned().chain([on("2026-01-02"), later])).build();
    for path in closed {
        assert_eq!(before.files[path], after.files[path], "{path}");
    }
    for path in ["wrapped/2025/index.html", "wrapped/2025.svg"] {
        assert!(!before.text(path).contains("so far"), "{path}");
    }
    assert!(before.text("wrapped/2026/index.html").contains("so far"));
    assert_ne!(before.files["wrapped/2026.png"], after.files["wrapped/2026.png"]);
    assert!(before.text("wrapped/index.html").contains("wrapped/2025/index.html"));
}

#[test]
fn the_page_of_a_year_tells_what_its_picture_tells() {
    let mut days: Vec<Day> = (0..4)
        .map(|number| {
            let day: NaiveDate = "2025-06-01".parse().unwrap();
            on(&day.checked_add_days(Days::new(number)).unwrap().to_string())
        })
        .collect();
    days.push(Day { tokens: 30_000_000, ..on("2025-08-09").of("codex", "gpt-5.5") });
    let site = Summary::new("2026-01-03", days).build();
    let (page, svg) = (site.text("wrapped/2025/index.html"), site.text("wrapped/2025.svg"));
    for text in [
        "70.0M",
        "$12.50",
        "9 Aug",
        "June",
        "4 days",
        "90%",
        "Claude Code",
        "gpt-5.5",
        "57%",
        "43%",
    ] {
        assert!(page.contains(text), "{text} on the page");
        assert!(svg.contains(text), "{text} in the picture");
    }
    assert!(page.contains("wrapped/2025.png\"") && page.contains("wrapped/2025.svg\""));
}
