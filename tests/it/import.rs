//! `store import` from outside: repositories of Token Matters 1.x, hand-checked numbers.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Machine, claude_line, git};

const ZONE: &str = "machine: laptop\ntimezone: America/New_York\n";
const LOG: &str = ".claude/projects/w/s.jsonl";
const SUMS: &str = "raw/laptop/claude-code/sums-2026.json";

/// One model of a file of 1.x.
fn model(name: &str, counts: [i64; 6]) -> String {
    let [input, output, creation, read, total, requests] = counts;
    format!(
        r#"{{"model":"{name}","inputTokens":{input},"outputTokens":{output},"cacheCreationTokens":{creation},"cacheReadTokens":{read},"totalTokens":{total},"requests":{requests}}}"#
    )
}

fn day(root: &Path, place: (&str, &str), (date, hash): (&str, &str), records: &[String]) {
    named(root, place.0, place, (date, hash), records);
}

/// A file in the folder of one machine that names another.
fn named(
    root: &Path,
    folder: &str,
    (machine, provider): (&str, &str),
    (date, hash): (&str, &str),
    records: &[String],
) {
    let text = json!({
        "version": "1.0", "collectedAt": format!("{date}T20:30:00.000Z"), "machine": machine,
        "provider": provider, "date": date, "dataQuality": "exact",
        "records": serde_json::from_str::<Value>(&format!("[{}]", records.join(","))).unwrap(),
    });
    let path = format!("raw/{folder}/{provider}/{date}_{hash}.json");
    write(root, &path, &format!("{text:#}\n"));
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, text).unwrap();
}

/// Seven files, one of them broken:
///
/// | machine, source, day | tokens |
/// |---|---|
/// | laptop, claude-code, 8 March (23 hours) | sonnet 1,000 + 200 + 50 + 5,000 of the first snapshot, opus 10 + 5 of the second |
/// | laptop, codex, 9 March | 900 with 800 cached among them, 100 out: 100 + 800 + 100 |
/// | laptop, codex, 10 March | a counter that went back by 850; 10 out |
/// | tower, glm-coding, 9 March | 80,000, nothing finer |
/// | `../../x`, opencode, 9 March | 5 + 5 |
fn old_repository(root: &Path) {
    let place = ("laptop", "claude-code");
    let first = [
        model("claude-sonnet-4-5", [1000, 200, 50, 5000, 6250, 3]),
        model("<synthetic>", [0, 0, 0, 0, 0, 2]),
    ];
    day(root, place, ("2026-03-08", "aaaaaa"), &first);
    let second = [
        model("claude-sonnet-4-5", [100, 20, 0, 0, 120, 1]),
        model("claude-opus-4-6", [10, 5, 0, 0, 15, 1]),
    ];
    day(root, place, ("2026-03-08", "bbbbbb"), &second);
    let codex = ("laptop", "codex");
    day(root, codex, ("2026-03-09", "cccccc"), &[model("gpt-5", [900, 100, 0, 800, 1000, 4])]);
    day(root, codex, ("2026-03-10", "dddddd"), &[model("o3", [-850, 10, 0, 0, -840, 1])]);
    let glm = r#"{"totalTokens":80000,"requests":15,"note":"GLM monitoring API"}"#.to_owned();
    day(root, ("tower", "glm-coding"), ("2026-03-09", "eeeeee"), &[glm]);
    let haiku = model("claude-haiku-4-5", [5, 5, 0, 0, 10, 1]);
    named(root, "tower", ("../../x", "opencode"), ("2026-03-09", "ffffff"), &[haiku]);
    write(root, "raw/tower/codex/2026-03-11_abcdef.json", "{\"version\": \"1.0\", ");
    let prices = r#"{"exchangeRates":{"CNY/USD":0.5},"providers":{"glm-coding":{"type":"token","models":{"_default":{"totalPerKTok":0.05,"currency":"CNY"}}}}}"#;
    write(root, "pricing.json", prices);
}

fn machine() -> Machine {
    let machine = Machine::new();
    machine.config(ZONE);
    old_repository(&machine.root.path().join("old"));
    machine
}

/// The totals of a report, without what the tokens would cost.
fn tokens(machine: &Machine, arguments: &[&str]) -> Value {
    let totals = machine.totals(arguments);
    let keys = [
        "inputTokens",
        "outputTokens",
        "cacheCreationTokens",
        "cacheReadTokens",
        "totalTokens",
        "requests",
    ];
    keys.iter().map(|key| (*key, totals[key].clone())).collect::<Vec<_>>().into_iter().fold(
        json!({}),
        |mut all, (key, value)| {
            all[key] = value;
            all
        },
    )
}

fn everything() -> Value {
    json!({
        "inputTokens": 1115, "outputTokens": 320, "cacheCreationTokens": 50, "cacheReadTokens": 5800,
        "totalTokens": 87285, "requests": 25,
    })
}

/// Which days a report has, with their tokens.
fn days(machine: &Machine, arguments: &[&str]) -> Vec<(String, u64)> {
    let report = machine.run(&[&["report", "--json"], arguments].concat()).ok().json();
    let mut days: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    for row in report["rows"].as_array().unwrap() {
        let day =
            row["date"].as_str().or(row["period"].as_str()).unwrap_or_else(|| panic!("{row}"));
        *days.entry(day.to_owned()).or_default() += row["totalTokens"].as_u64().unwrap();
    }
    days.into_iter().collect()
}

#[test]
fn a_repository_of_1x_is_taken_over_to_the_token() {
    let machine = machine();
    let trial = machine.run(&["store", "import", "old", "--dry-run", "--json"]);
    assert_eq!(trial.code(), 3, "{}", trial.stderr());
    assert_eq!(trial.json()["written"].as_array().unwrap().len(), 5);
    assert!(!machine.data().join("store.git").exists());
    assert_eq!(tokens(&machine, &[])["totalTokens"], 0);

    let run = machine.run(&["store", "import", "old", "--json"]);
    assert_eq!(run.code(), 3, "one file is broken: {}", run.stderr());
    let told = run.json();
    let expected = json!({
        "timezone": "America/New_York", "dryRun": false, "files": 6, "machines": 3, "providers": 4,
        "days": 5, "tokens": 87285, "clamped": 2, "prices": "taken", "coveredSince": [],
        "differences": [], "problems": [],
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&told[key], value, "{key}: {told:#}");
    }
    assert_eq!(told["badFiles"][0]["path"], "raw/tower/codex/2026-03-11_abcdef.json");
    assert_eq!(told["renamed"][0]["path"], "raw/tower/opencode/2026-03-09_ffffff.json");
    assert!(told["timezoneBecause"].as_str().unwrap().contains("config.yaml"), "{told:#}");
    assert_eq!(tokens(&machine, &[]), everything());
    let own = [("2026-03-08", 6265), ("2026-03-09", 81010), ("2026-03-10", 10)];
    assert_eq!(days(&machine, &[]), own.map(|(day, tokens)| (day.to_owned(), tokens)));
    // 80,000 tokens at 0.05 a thousand in a currency of half a dollar.
    let glm = machine.run(&["report", "--json"]).ok().json();
    let source =
        glm["byProvider"].as_array().unwrap().iter().find(|row| row["provider"] == "glm-coding");
    assert_eq!(source.unwrap()["cost"]["listUSD"], "2", "{glm:#}");
    // In Tokyo, the middle of a day of New York lies on the next one.
    let tokyo = days(&machine, &["--timezone", "Asia/Tokyo"]);
    assert_eq!(tokyo[0], ("2026-03-09".to_owned(), 6265));
    machine.run(&["store", "verify"]).ok();
}

#[test]
fn a_second_import_changes_nothing_and_a_newer_state_adds_to_it() {
    let machine = machine();
    let import =
        |arguments: &[&str]| machine.run(&[&["store", "import", "old"], arguments].concat());
    import(&[]);
    let commits = machine.commits();
    let again = import(&[]);
    assert!(again.stdout().contains("Nothing new"), "{}", again.stdout());
    assert!(again.stdout().contains("as at the import before"), "{}", again.stdout());
    assert_eq!((machine.commits(), tokens(&machine, &[])), (commits, everything()));

    let old = machine.root.path().join("old");
    let more = [model("gpt-5", [1900, 100, 0, 800, 2000, 5])];
    day(&old, ("laptop", "codex"), ("2026-03-09", "999999"), &more);
    import(&[]);
    assert_eq!(machine.commits(), commits + 1);
    assert_eq!(tokens(&machine, &[])["totalTokens"], 88285);
}

#[test]
fn what_differs_from_records_is_listed_with_what_counts() {
    let machine = machine();
    // 150 tokens on 8 March.
    machine.write_log(LOG, &claude_line("msg_1", "2026-03-08T15:00:00Z", 50));
    machine.run(&["collect"]).ok();
    let told = machine.run(&["store", "import", "old", "--json"]).json();
    let difference = json!([{
        "machine": "laptop", "provider": "claude-code", "date": "2026-03-08", "sums": 6265,
        "records": 150, "counts": "sums",
    }]);
    assert_eq!(told["differences"], difference);
    assert_eq!(told["coveredSince"][0]["since"], "2026-03-09T04:00:00Z");
    assert_eq!(tokens(&machine, &[]), everything());
    let table = machine.run(&["store", "import", "old"]).stdout();
    assert!(table.contains("6,265") && table.contains("150"), "{table}");
}

#[test]
fn covered_days_count_by_their_records() {
    let machine = machine();
    let lines = [
        claude_line("msg_0", "2026-03-05T15:00:00Z", 0),
        claude_line("msg_1", "2026-03-08T15:00:00Z", 50),
    ];
    machine.write_log(LOG, &lines.concat());
    machine.run(&["collect"]).ok();
    let told = machine.run(&["store", "import", "old", "--json"]).json();
    assert_eq!(told["coveredSince"][0]["since"], "2026-03-06T05:00:00Z");
    assert_eq!(told["differences"][0]["counts"], "records");
    // Codex, GLM and the stranger have no records: 1,000 + 10 + 80,000 + 10.
    assert_eq!(tokens(&machine, &[])["totalTokens"], 81020 + 100 + 150);
    // Once taken over, the logs may go.
    fs_err::remove_dir_all(machine.home().join(".claude")).unwrap();
    assert_eq!(tokens(&machine, &[])["totalTokens"], 81020 + 100 + 150);
}

#[test]
fn the_zone_is_that_of_1x_unless_told_otherwise() {
    let machine = Machine::new();
    old_repository(&machine.root.path().join("old"));
    let import = |arguments: &[&str]| {
        let told =
            machine.run(&[&["store", "import", "old", "--json", "--dry-run"], arguments].concat());
        told.json()["timezone"].as_str().unwrap().to_owned()
    };
    assert_eq!(import(&[]), "Asia/Shanghai");
    // 1.x had its configuration at one place only.
    let old = machine.home().join(".token-matters/config.yaml");
    fs_err::create_dir_all(old.parent().unwrap()).unwrap();
    fs_err::write(old, "dataRepo: ~/data\ntimezone: Europe/Berlin\n").unwrap();
    assert_eq!(import(&[]), "Europe/Berlin");
    machine.config("timezone: America/New_York\n");
    assert_eq!(import(&[]), "America/New_York");
    assert_eq!(import(&["--zone", "Asia/Tokyo"]), "Asia/Tokyo");
}

#[test]
fn what_is_no_data_repository_is_refused_with_a_remedy() {
    let machine = Machine::new();
    for from in ["home", "nowhere"] {
        let run = machine.run(&["store", "import", from]);
        assert_eq!(run.code(), 1, "{}", run.stderr());
        assert!(run.stderr().contains("name a checkout with `raw/` in it"), "{}", run.stderr());
    }
}

/// A remote, and a working clone of it.
fn cloned(machine: &Machine) -> String {
    let root = machine.root.path();
    let old = root.join("old");
    git(&old, &["init", "-q", "-b", "main"]);
    git(&old, &["add", "."]);
    git(&old, &["commit", "-q", "-m", "collect: 2026-03-11"]);
    git(root, &["clone", "-q", "--bare", "old", "data.git"]);
    let url = format!("file://{}", root.join("data.git").display());
    git(&old, &["remote", "add", "origin", &url]);
    url
}

#[test]
fn a_remote_is_read_without_a_checkout() {
    let machine = machine();
    let url = cloned(&machine);
    let told = machine.run(&["store", "import", &url, "--json"]).json();
    assert_eq!(told["tokens"], 87285, "{told:#}");
    assert_eq!(tokens(&machine, &[]), everything());
    let bare = machine.run(&["store", "import", "data.git"]);
    assert!(bare.stdout().contains("Nothing new"), "{}", bare.stdout());
}

#[test]
fn the_working_clone_of_1x_leads_to_its_remote_and_each_day_counts_once() {
    let machine = machine();
    cloned(&machine);
    let old = machine.root.path().join("old");
    machine.config(&format!("{ZONE}dataRepo: {}\n", old.display()));
    machine.write_log(LOG, &claude_line("msg_1", "2026-03-08T15:00:00Z", 50));
    machine.run(&["collect"]).ok();
    // The files of 1.x are in the remote, and count without an import.
    assert_eq!(tokens(&machine, &[]), everything());
    let import = machine.run(&["store", "import", old.to_str().unwrap()]);
    assert_eq!(import.code(), 3, "one file is broken: {}{}", import.stdout(), import.stderr());
    assert_eq!(tokens(&machine, &[]), everything());
    let remote = machine.root.path().join("data.git");
    let files = git(&remote, &["ls-tree", "-r", "--name-only", "HEAD"]);
    assert!(
        files.contains(SUMS) && files.contains("raw/laptop/claude-code/2026-03-08_aaaaaa.json"),
        "{files}"
    );
    // Another machine sees the same.
    let other = Machine::new();
    other.config(&format!(
        "machine: other\ntimezone: America/New_York\ndataRepo: {}\n",
        remote.display()
    ));
    other.run(&["collect"]).ok();
    assert_eq!(tokens(&other, &[]), everything());
}
