//! Reading a store: day files, day sums of 1.x, shared settings, and what is broken.

use std::path::Path;

use data_schema::settings::{Naming, Visibility};
use data_schema::summary::{DailySummary, MetaFile};
use data_schema::{DayFile, MachineFile, Period, UsageRecord};
use store::Store;
use summarizer::{Input, SummarizeError};
use tempfile::TempDir;

use crate::support::{LARGE, file, options, record, summary};

fn put(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, bytes).unwrap();
}

fn day_file(machine: &str, records: Vec<UsageRecord>) -> Vec<u8> {
    let at = records[0].at;
    DayFile::new(machine.into(), "codex".into(), Period::day_of(at), at, records).to_bytes()
}

fn read(root: &Path) -> Result<Input, SummarizeError> {
    Input::from_snapshot(&Store::folder(root).snapshot()?)
}

const DAY_OF_1X: &str = r#"{"version":"1.0","collectedAt":"2026-02-19T10:00:00.000Z","machine":"old",
    "provider":"claude-code","date":"2026-02-19","dataQuality":"exact","records":[
    {"model":"test-large","inputTokens":1000,"outputTokens":200,"totalTokens":1200,"requests":3}]}"#;

#[test]
fn day_sums_of_1x_in_a_checkout_are_counted_beside_records() {
    let root = TempDir::new().unwrap();
    put(root.path(), "raw/old/claude-code/2026-02-19_92142f.json", DAY_OF_1X.as_bytes());
    let records = vec![record("1", "2026-02-19T10:00:00Z", LARGE, [10, 1])];
    put(root.path(), "raw/new/codex/2026-02-19.json", &day_file("new", records));
    let input = read(root.path()).unwrap();
    assert!(input.problems.is_empty(), "{:?}", input.problems);
    // A day sum keeps its day in every zone.
    let summary = summary(&input, &options(chrono_tz::Pacific::Kiritimati));
    let day: DailySummary = file(&summary, "daily/2026-02-19.json");
    assert_eq!((day.totals.requests, day.totals.tokens.total_tokens), (3, 1200));
    let meta: MetaFile = file(&summary, "meta.json");
    assert_eq!((meta.totals.requests, meta.totals.tokens.total_tokens), (4, 1211));
    assert_eq!(meta.machines, ["new", "old"]);
}

#[test]
fn snapshots_of_one_day_of_1x_are_not_added_up() {
    let root = TempDir::new().unwrap();
    let earlier = DAY_OF_1X.replace("1000", "900").replace("1200", "1100");
    put(root.path(), "raw/old/claude-code/2026-02-19_000001.json", earlier.as_bytes());
    put(root.path(), "raw/old/claude-code/2026-02-19_92142f.json", DAY_OF_1X.as_bytes());
    let summary = summary(&read(root.path()).unwrap(), &options(chrono_tz::UTC));
    let meta: MetaFile = file(&summary, "meta.json");
    assert_eq!((meta.totals.requests, meta.totals.tokens.total_tokens), (3, 1200));
}

#[test]
fn a_broken_file_is_a_problem_and_the_rest_goes_on() {
    let root = TempDir::new().unwrap();
    let good = day_file("m", vec![record("1", "2026-02-19T10:00:00Z", LARGE, [10, 1])]);
    let other = day_file("m", vec![record("2", "2026-02-20T10:00:00Z", LARGE, [10, 1])]);
    let changed =
        String::from_utf8(other).unwrap().replace("\"inputTokens\":10", "\"inputTokens\":11");
    put(root.path(), "raw/m/codex/2026-02-19.json", &good);
    put(root.path(), "raw/m/codex/2026-02-20.json", changed.as_bytes());
    put(root.path(), "raw/m/codex/2026-02-21.json", &good[..good.len() / 2]);
    put(root.path(), "raw/m/codex/2026-02-22.json", br#"{"version":"3.0"}"#);
    put(root.path(), "raw/m/codex/2026-02-23_abcdef.json", b"[]");
    put(root.path(), "raw/m/codex/limits-2026-02.json", b"");
    put(root.path(), "raw/m/machine.json", b"{}");
    let input = read(root.path()).unwrap();
    let problems: Vec<&str> = input.problems.iter().map(|problem| problem.path.as_str()).collect();
    let expected = [
        "raw/m/codex/2026-02-20.json",
        "raw/m/codex/2026-02-21.json",
        "raw/m/codex/2026-02-22.json",
        "raw/m/codex/2026-02-23_abcdef.json",
        "raw/m/codex/limits-2026-02.json",
        "raw/m/machine.json",
    ];
    assert_eq!(problems, expected);
    assert!(input.problems.iter().all(|problem| problem.reason.ends_with("left out")));
    let meta: MetaFile = file(&summary(&input, &options(chrono_tz::UTC)), "meta.json");
    assert_eq!(meta.totals.requests, 1);
}

#[test]
fn the_card_of_a_machine_is_read_and_orders_its_alias() {
    let root = TempDir::new().unwrap();
    let records = vec![record("1", "2026-02-19T10:00:00Z", LARGE, [10, 1])];
    put(root.path(), "raw/m/codex/2026-02-19.json", &day_file("m", records));
    let card = MachineFile {
        version: "2.0".to_owned(),
        machine: "m".to_owned(),
        id: "0123".to_owned(),
        first_collected: "2026-02-20T00:00:00Z".parse().unwrap(),
        programs: Vec::new(),
    };
    put(root.path(), "raw/m/machine.json", &card.to_bytes());
    assert_eq!(read(root.path()).unwrap().machines["m"], card);
}

#[test]
fn shared_settings_are_read() {
    let root = TempDir::new().unwrap();
    let yaml = "timezone: Asia/Tokyo\npublish:\n  machines: name\n  cost: show\naliases:\n  projects:\n    acme/rocket: work\n";
    put(root.path(), "token-matters.yaml", yaml.as_bytes());
    let settings = read(root.path()).unwrap().settings;
    assert_eq!(settings.timezone.as_deref(), Some("Asia/Tokyo"));
    assert_eq!(
        (settings.publish.machines, settings.publish.cost),
        (Naming::Name, Visibility::Show)
    );
    assert_eq!(settings.publish.hours, Visibility::Hide, "what is not told is the default");
    assert_eq!(settings.aliases.projects["acme/rocket"], "work");
    put(root.path(), "token-matters.yaml", b"\n");
    assert_eq!(read(root.path()).unwrap().settings.timezone, None);
}

#[test]
fn a_fault_in_the_shared_settings_is_named_with_its_place() {
    let root = TempDir::new().unwrap();
    for (yaml, words) in [
        ("timezone: UTC\npublish:\n  machines: nobody\n", ["line 3", "nobody"]),
        ("timezone: UTC\npublish:\n  machine: name\n", ["line 3", "machine"]),
        ("publish: [\n", ["line", "token-matters.yaml"]),
    ] {
        put(root.path(), "token-matters.yaml", yaml.as_bytes());
        let error = read(root.path()).unwrap_err().to_string();
        assert!(error.starts_with("token-matters.yaml: "), "{error}");
        for word in words {
            assert!(error.contains(word), "{word} is not in: {error}");
        }
    }
    put(root.path(), "token-matters.yaml", b"timezone: \xff\n");
    assert!(matches!(read(root.path()), Err(SummarizeError::Settings { .. })));
    // A key of the first level may be one of a newer version: it is told and stops nothing.
    put(root.path(), "token-matters.yaml", b"timezon: UTC\n");
    let notices = read(root.path()).unwrap().settings.notices();
    assert!(notices[0].contains("`timezon` is not known"), "{notices:?}");
}
