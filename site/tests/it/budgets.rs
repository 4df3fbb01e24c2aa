//! What pages, pictures and data may weigh. Bytes are counted after gzip, as a web server sends them.

use std::collections::BTreeMap;
use std::io::Write;

use chrono::Days;

use crate::rules::Tree;
use crate::sample::states::{empty, named};
use crate::sample::{Sample, Use};

fn zipped(bytes: &[u8]) -> usize {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap().len()
}

/// What is over its budget.
fn over(what: &str, measured: usize, budget: usize) -> Option<String> {
    (measured > budget).then(|| format!("{what}: {measured}, {budget} at most"))
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
    let end = empty().end;
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
fn the_largest_team_s_site_stays_within_its_budgets() {
    let sample = named("three-years-and-twelve-machines");
    let tree = Tree::of(&sample.build(), &sample);
    let overview = tree.page("index.html");
    let script: String = overview
        .all("script:not([src]):not([type='application/json'])")
        .iter()
        .flat_map(scraper::ElementRef::text)
        .collect();
    let mut faults = vec![
        over("start page", zipped(overview.text.as_bytes()), 25_000),
        over("elements of the start page", overview.all("*").len(), 1_500),
        over("script of the start page", zipped(script.as_bytes()), 4_000),
        // The study wants 10 MB. A page for each of 156 weeks and files of every day for spreadsheets are the rest.
        over("whole site", tree.files.values().map(Vec::len).sum(), 13_000_000),
    ];
    for (path, bytes) in &tree.files {
        let budget = match path.rsplit('.').next() {
            Some("html") if path != "index.html" => Some(60_000),
            Some("js") => Some(12 * 1_024),
            // The study wants 100,000. Amounts that are exact to the last digit cost the rest.
            Some("json") if path.starts_with("data/v1/") => Some(108_000),
            _ => None,
        };
        faults.push(budget.and_then(|budget| heavy(path, zipped(bytes), budget)));
        let raw = match path.rsplit('.').next() {
            Some("svg") if path.starts_with("badge/spark") => Some(2_000),
            Some("svg") if path.starts_with("badge/") => Some(1_638),
            Some("svg") if path.starts_with("card/skyline") => Some(40_000),
            // As the picture that is made of it.
            Some("svg") if path.starts_with("wrapped/") => Some(120_000),
            Some("svg") => Some(10_000),
            Some("png") => Some(80_000),
            _ => None,
        };
        faults.push(raw.and_then(|budget| heavy(path, bytes.len(), budget)));
    }
    let faults: Vec<String> = faults.into_iter().flatten().collect();
    assert!(faults.is_empty(), "{}\n{}", faults.join("\n"), by_folder(&tree).join("\n"));
}

/// Where the bytes of a site are, the most first.
fn by_folder(tree: &Tree) -> Vec<String> {
    let mut folders: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (path, bytes) in &tree.files {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let digit = |letter: char| if letter.is_ascii_digit() { '0' } else { letter };
        let sum = folders.entry(folder.chars().map(digit).collect()).or_default();
        *sum = (sum.0 + bytes.len(), sum.1 + 1);
    }
    let mut folders: Vec<_> = folders.into_iter().collect();
    folders.sort_by_key(|(_, (bytes, _))| std::cmp::Reverse(*bytes));
    let line =
        |(folder, (bytes, files))| format!("{bytes:>9} bytes, {files:>3} files in /{folder}");
    folders.into_iter().take(12).map(line).collect()
}

fn heavy(path: &str, measured: usize, budget: usize) -> Option<String> {
    (measured > budget).then(|| format!("{path}: {measured}, {budget} at most"))
}

#[test]
fn the_start_page_is_small_whatever_is_in_it() {
    let small = zipped(Sample::small().build().page().as_bytes());
    let crowd = zipped(crowd().build().page().as_bytes());
    println!("{small} bytes after gzip; {crowd} with 12 sources, 60 models, 20 machines");
    assert!(small < 15_000, "{small}");
    // Names that do not compress, of which none is real.
    assert!(crowd < 35_000, "{crowd}");
}

#[test]
fn a_window_needs_no_more_than_itself_and_every_other_page_two_files_that_all_share() {
    let sample = named("a-year");
    let tree = Tree::of(&sample.build(), &sample);
    let whole = ["", "7d/", "30d/", "91d/", "12m/", "all/"].map(|path| format!("{path}index.html"));
    for page in &tree.pages {
        let wanted =
            page.all("link[rel=stylesheet],script[src]:not([type=module]),iframe,video,audio");
        let is_whole = whole.contains(&page.path) || page.path == "404.html";
        assert_eq!(wanted.len(), if is_whole { 0 } else { 2 }, "{}", page.path);
    }
    let shared = tree.files.keys().filter(|path| path.starts_with("assets/"));
    assert_eq!(shared.count(), 2);
    let overview = tree.page("index.html");
    assert_eq!(overview.all("img,script[src],picture,object").len(), 0);
}
