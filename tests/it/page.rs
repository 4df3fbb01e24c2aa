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
    assert!(page.contains("All time since 1 May 2026"));
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
