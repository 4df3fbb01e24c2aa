//! From the logs to the page.

use serde_json::Value;

use crate::support::Machine;

fn latest(machine: &Machine, root: &str) -> Value {
    let path = machine.root.path().join(root).join("summary/latest.json");
    serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap()
}

#[test]
fn up_shows_what_the_report_and_the_summary_say() {
    let machine = Machine::new().with_case("X10_midnight").with_case("A_stream");
    let run = machine.run(&["up", "--no-serve"]).ok();
    assert!(run.stdout().contains("Found 1 month of 2 tools"), "{}", run.stdout());
    assert!(
        run.stdout().contains("Claude Code deletes its logs after 30 days"),
        "{}",
        run.stdout()
    );
    let report = machine.totals(&["--since", "2026-04-03"]);
    let latest = latest(&machine, "data/page");
    let window = &latest["last30Days"]["totals"];
    assert_eq!(window["totalTokens"], report["totalTokens"]);
    // Nothing was used within the last 30 days: the windows end with the last use.
    assert_eq!(latest["last30Days"]["dateRange"]["end"], "2026-05-02");
    assert_eq!(window["totalTokens"], 3300 + 259);
    let page = fs_err::read_to_string(machine.data().join("page/index.html")).unwrap();
    assert!(page.contains("1 to 2 May 2026"));
    for file in ["site.json", "prices.json", "sessions.json"] {
        assert!(machine.data().join("page/summary").join(file).exists(), "{file}");
    }
    for badge in ["usage", "usage-cost", "usage-pixel", "usage-cost-pixel", "usage-dark"] {
        assert!(machine.data().join(format!("page/badge/token-{badge}.svg")).exists(), "{badge}");
    }
    assert!(machine.data().join("page/.nojekyll").exists());
}

#[test]
fn a_second_up_over_the_same_logs_changes_no_file() {
    let machine = Machine::new().with_case("X2_fork");
    machine.run(&["up", "--no-serve"]).ok();
    let times = |machine: &Machine| -> Vec<_> {
        let mut files: Vec<_> = ["index.html", "summary/latest.json", "summary/meta.json"]
            .iter()
            .map(|file| {
                fs_err::metadata(machine.data().join("page").join(file))
                    .unwrap()
                    .modified()
                    .unwrap()
            })
            .collect();
        files.sort();
        files
    };
    let before = times(&machine);
    machine.run(&["up", "--no-serve"]).ok();
    assert_eq!(times(&machine), before);
}

#[test]
fn a_machine_without_logs_is_told_where_was_looked_and_offered_the_demo() {
    let machine = Machine::new();
    let run = machine.run(&["up", "--no-serve"]).ok();
    for place in [".claude/projects", ".codex/sessions", "token-matters demo"] {
        assert!(run.stderr().contains(place), "{place}: {}", run.stderr());
    }
}

#[test]
fn the_demo_touches_neither_logs_nor_store() {
    let machine = Machine::new().with_case("A_stream");
    machine.run(&["demo", "--no-serve"]).ok();
    assert!(machine.data().join("demo/index.html").exists());
    assert!(!machine.data().join("store.git").exists());
    assert!(!machine.data().join("machine.json").exists());
}

#[test]
fn the_stages_alone_make_the_same_page_from_a_checkout() {
    let machine = Machine::new().with_case("X10_midnight");
    machine.config("dataRepo: ~/data\n");
    fs_err::create_dir_all(machine.home().join("data/raw")).unwrap();
    machine.run(&["collect"]).ok();
    let checkout = machine.home().join("data");
    let checkout = checkout.to_str().unwrap();
    machine.run(&["summarize", "--raw", checkout, "--out", "public"]).ok();
    machine.run(&["site", "build", "--summary", "public/summary", "--out", "public"]).ok();
    assert_eq!(latest(&machine, "public")["last7Days"]["totals"]["totalTokens"], 3300);
    // Published, machines have aliases and costs are hidden.
    machine.run(&["summarize", "--raw", checkout, "--out", "open", "--publish"]).ok();
    let open = latest(&machine, "open");
    assert_eq!(open["last7Days"]["byMachine"][0]["machine"], "machine 1");
    assert_eq!(open["last7Days"]["totals"]["cost"]["totalUSD"], Value::Null);
    machine.run(&["site", "build", "--summary", "open/summary", "--out", "open"]).ok();
    let page = fs_err::read_to_string(machine.root.path().join("open/index.html")).unwrap();
    assert!(!page.contains("list price") && page.contains("machine 1"));
}

#[test]
fn a_missing_summary_says_how_to_make_one() {
    let machine = Machine::new();
    let run = machine.run(&["site", "build", "--summary", "none", "--out", "public"]);
    assert_eq!((run.code(), run.stderr().contains("token-matters summarize")), (1, true));
}

#[test]
fn pages_come_in_the_languages_of_the_settings_or_of_the_command() {
    let machine = Machine::new().with_case("A_stream");
    machine.config("dataRepo: ~/data\n");
    let checkout = machine.home().join("data");
    fs_err::create_dir_all(checkout.join("raw")).unwrap();
    machine.run(&["collect"]).ok();
    let settings = "site: { languages: [zh, xx, en], badges: [{ name: bad, metric: nothing }] }\n";
    fs_err::write(checkout.join("token-matters.yaml"), settings).unwrap();
    let checkout = checkout.to_str().unwrap();
    let run = machine.run(&["summarize", "--raw", checkout, "--out", "public"]).ok();
    for told in ["`site.languages`: `xx`", "`site.badges`, badge 1: `metric`"] {
        assert!(run.stderr().contains(told), "{}", run.stderr());
    }
    machine.run(&["collect"]).ok();
    machine.run(&["publish", "--raw", checkout, "--out", "page", "--mode", "artifact"]).ok();
    let page = |root: &str, path: &str| {
        let path = machine.root.path().join(root).join(path);
        fs_err::read_to_string(path).unwrap_or_default()
    };
    for (path, language) in [("index.html", "zh"), ("en/index.html", "en")] {
        let start = format!("<html lang=\"{language}\"");
        assert!(page("page", path).contains(&start), "{path}");
    }
    assert!(!machine.root.path().join("page/badge/bad.svg").exists());
    let build = ["site", "build", "--summary", "public/summary", "--out", "public"];
    let told = machine.run(&build).ok().stderr();
    assert!(told.contains("files changed, 0 as they were, 0 removed"), "{told}");
    assert!(!told.contains("in pictures"), "words that no font has are English ones: {told}");
    let told = machine.run(&[&build[..], &["--language", "ja"]].concat()).ok().stderr();
    assert!(page("public", "index.html").contains("<html lang=\"ja\""));
    assert!(!machine.root.path().join("public/en").exists(), "pages of the build before");
    assert!(!told.contains(" 0 removed"), "{told}");
    let run = machine.run(&[&build[..], &["--language", "xx"]].concat());
    assert_eq!((run.code(), run.stderr().contains("takes en, zh, ja")), (1, true));
}

#[test]
fn letters_that_no_font_has_are_told_where_pictures_are_made() {
    let machine = Machine::new();
    let told = machine.run(&["demo", "--no-serve"]).ok().stderr();
    assert!(!told.contains("in pictures"), "{told}");
    let root = machine.data().join("demo");
    let site = root.join("summary/site.json");
    let text = fs_err::read_to_string(&site).unwrap();
    let titled = text.replacen('{', "{\"title\":\"\u{10fffd} and \u{10fffd}\",", 1);
    fs_err::write(&site, titled).unwrap();
    let (root, summary) = (root.to_str().unwrap(), root.join("summary"));
    let build = ["site", "build", "--summary", summary.to_str().unwrap(), "--out", root];
    let told = machine.run(&build).ok().stderr();
    assert!(told.contains("note: 1 letter in pictures is shown as a box"), "{told}");
}

#[test]
fn publishing_over_a_private_summary_leaves_nothing_private() {
    let machine = Machine::new().with_case("A_stream");
    machine.run(&["collect", "--local"]).ok();
    machine.run(&["summarize", "--out", "public"]).ok();
    let summary = machine.root.path().join("public/summary");
    for file in ["sessions.json", "prices.json", "hours.json"] {
        assert!(summary.join(file).exists(), "{file}");
    }
    machine.run(&["summarize", "--out", "public", "--publish"]).ok();
    for file in ["sessions.json", "prices.json", "hours.json"] {
        assert!(!summary.join(file).exists(), "{file}");
    }
    assert!(summary.join("site.json").exists());
    // Sessions are for nobody else, even where everything else may be seen.
    let machine = Machine::new().with_case("A_stream");
    machine.config("dataRepo: ~/data\n");
    let checkout = machine.home().join("data");
    fs_err::create_dir_all(checkout.join("raw")).unwrap();
    machine.run(&["collect"]).ok();
    let all = "publish: { machines: name, projects: name, models: name, hours: show, limits: show, cost: show }\n";
    fs_err::write(checkout.join("token-matters.yaml"), all).unwrap();
    let summarize = ["summarize", "--raw", checkout.to_str().unwrap(), "--out", "public"];
    let sessions = machine.root.path().join("public/summary/sessions.json");
    machine.run(&summarize).ok();
    assert!(sessions.exists());
    machine.run(&[&summarize[..], &["--publish"]].concat()).ok();
    assert!(!sessions.exists() && sessions.with_file_name("hours.json").exists());
}
