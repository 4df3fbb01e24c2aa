//! What a report can be asked for, and how it is shown.

use serde_json::Value;

use crate::support::{Machine, Run};

const KINDS: [&str; 10] = [
    "daily", "weekly", "monthly", "yearly", "session", "blocks", "models", "projects", "machines",
    "hours",
];
/// Escapes of a terminal, quotes, ends of lines, marks of direction, and what tables are made of.
const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\"quoted\"\r\n\u{202e}live\u{200f}|`x`<b>,";

/// One line of Claude Code's log.
fn line(day: &str, id: &str, model: &str, tokens: [u64; 4]) -> String {
    let [input, output, written, read] = tokens;
    let line = serde_json::json!({
        "type": "assistant", "timestamp": format!("{day}T10:00:00.000Z"), "sessionId": "s1",
        "version": "2.1.0", "cwd": "/w", "uuid": id, "requestId": format!("req_{id}"),
        "message": {
            "id": format!("msg_{id}"), "type": "message", "role": "assistant", "model": model,
            "content": [], "stop_reason": "end_turn",
            "usage": {
                "input_tokens": input, "output_tokens": output,
                "cache_creation_input_tokens": written, "cache_read_input_tokens": read,
            },
        },
    });
    format!("{line}\n")
}

fn with_log(lines: &[String]) -> Machine {
    let machine = Machine::new();
    machine.write_log(".claude/projects/p/s1.jsonl", &lines.concat());
    machine
}

/// Some days, two sources, a model without a price, long names and large numbers.
fn busy() -> Machine {
    with_log(&[
        line("2026-05-29", "1", "claude-sonnet-4-5", [1_234_567, 45_678, 901_234, 88_000_000]),
        line("2026-05-30", "2", "claude-sonnet-4-5", [10_000, 2_000, 0, 0]),
        line("2026-05-30", "3", "a-model-with-a-name-that-is-longer-than-most", [700, 30, 0, 0]),
        line("2026-05-31", "4", "claude-opus-4-1-20250805", [5_000, 6_000, 7_000, 8_000]),
    ])
    .with_case("X1_reemit")
}

fn json(machine: &Machine, arguments: &[&str]) -> Value {
    machine.run(&[&["report"], arguments, &["--json"]].concat()).ok().json()
}

/// Columns of a terminal that the widest line takes: all letters of these tables are one wide.
fn width(table: &str) -> usize {
    table.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

/// A table as a terminal of some width shows it.
fn table(machine: &Machine, width: &str, arguments: &[&str]) -> Run {
    let mut command = machine.command(&[&["report"], arguments].concat());
    Run(command.env("COLUMNS", width).output().unwrap()).ok()
}

#[test]
fn every_view_has_the_same_totals_with_and_without_filters() {
    let machine = busy();
    for filter in [&[][..], &["--source", "claude-code"], &["--model=GPT-5"], &["--from=20260530"]]
    {
        let totals = |kind: &str| json(&machine, &[&[kind], filter].concat())["totals"].clone();
        let daily = totals("daily");
        assert!(daily["totalTokens"].as_u64().unwrap() > 0, "{filter:?}");
        for kind in KINDS {
            assert_eq!(totals(kind), daily, "{kind} {filter:?}");
        }
    }
}

#[test]
fn tables_fit_the_terminal() {
    let machine = busy();
    for size in ["60", "80", "120", "200"] {
        let daily = table(&machine, size, &[]).stdout();
        assert!(width(&daily) <= size.parse().unwrap(), "{daily}");
        insta::assert_snapshot!(format!("daily_{size}"), daily);
        let breakdown = table(&machine, size, &["monthly", "--breakdown"]).stdout();
        assert!(width(&breakdown) <= size.parse().unwrap(), "{breakdown}");
    }
    insta::assert_snapshot!(
        "monthly_breakdown",
        table(&machine, "120", &["monthly", "--breakdown"]).stdout()
    );
    insta::assert_snapshot!(
        "models_compared",
        table(&machine, "160", &["models", "--last", "2d", "--compare", "previous"]).stdout()
    );
    // A width that was told goes first, and a file has none.
    assert!(width(&table(&machine, "60", &["--width", "200"]).stdout()) > 60);
    assert!(width(&machine.run(&["report"]).ok().stdout()) > 120);
}

#[test]
fn nothing_is_colored_in_a_file() {
    let machine = busy();
    let mut command = machine.command(&["report", "models"]);
    let run = Run(command.env("TERM", "xterm-256color").output().unwrap()).ok();
    assert!(!run.stdout().contains('\u{1b}'), "{}", run.stdout());
}

#[test]
fn marks_are_explained_only_where_they_are_used() {
    let machine = busy();
    let run = table(&machine, "120", &["models"]).stdout();
    assert!(run.contains("no price") && !run.contains("~ some"), "{run}");
    let run = table(&machine, "120", &["daily", "--by", "none"]).stdout();
    assert!(run.contains("0.06+") && run.contains("+ some of these tokens have no price"), "{run}");
    let run = table(&machine, "120", &["--source", "codex"]).stdout();
    assert!(!run.contains("+ some") && !run.contains("~ some"), "{run}");
}

#[test]
fn trap_77_requests_are_distinct_responses_in_every_format() {
    // Three lines of one response, and the same token count three times.
    let machine = Machine::new().with_case("A_stream").with_case("X1_reemit");
    assert_eq!(json(&machine, &["daily"])["totals"]["requests"], 2);
    let csv = machine.run(&["report", "--csv", "--by", "none"]).ok().stdout();
    let mut lines = csv.lines();
    let place = lines.next().unwrap().split(',').position(|name| name == "requests").unwrap();
    assert_eq!(lines.next().unwrap().split(',').nth(place), Some("2"));
    assert_eq!(lines.next(), None);
    for format in ["--width=200", "--markdown"] {
        let shown = machine.run(&["report", "--by", "none", format]).ok().stdout();
        let cells = |line: &str| -> Vec<String> {
            let bars = |letter: char| matches!(letter, '|' | '│');
            let line = line.replace("   ", "|");
            line.split(bars)
                .map(|cell| cell.replace('*', "").trim().to_owned())
                .filter(|cell| !cell.is_empty())
                .collect()
        };
        let head = shown.lines().find(|line| line.contains("Responses")).unwrap();
        let place = cells(head).iter().position(|title| title == "Responses").unwrap();
        let all = shown.lines().find(|line| line.contains("All")).unwrap();
        assert_eq!(cells(all)[place], "2", "{shown}");
    }
}

#[test]
fn trap_78_hostile_names_are_harmless_in_a_table_and_in_markdown() {
    let machine = with_log(&[line("2026-05-30", "1", HOSTILE, [1, 2, 0, 0])]);
    for format in ["--width=200", "--markdown"] {
        for kind in ["daily", "models", "session"] {
            let shown = machine.run(&["report", kind, format]).ok().stdout();
            assert!(shown.contains("quoted"), "{shown}");
            harmless(&shown);
        }
    }
    let markdown = machine.run(&["report", "models", "--markdown"]).ok().stdout();
    let lines: Vec<&str> = markdown.lines().collect();
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    assert_eq!((lines.len(), bars(lines[2])), (4, bars(lines[0])), "{markdown}");
    assert!(lines[2].contains("\\`x\\`&lt;b&gt;"), "{markdown}");
}

#[test]
fn trap_78_hostile_names_are_harmless_in_csv() {
    let names = [HOSTILE, "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "--json"];
    let lines: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(place, name)| line("2026-05-30", &place.to_string(), name, [1, 2, 0, 0]))
        .collect();
    let csv = with_log(&lines).run(&["report", "models", "--csv"]).ok().stdout();
    harmless(&csv.replace("\r\n", "\n"));
    assert!(csv.lines().count() == csv.matches("\r\n").count(), "{csv}");
    for line in csv.lines().skip(1) {
        let cell = line.trim_start_matches('"');
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{line}");
    }
    // Quotes are doubled in quotes, and the number of cells stays the same.
    assert!(csv.contains("\"\"quoted\"\""), "{csv}");
    let mut totals = csv.lines().skip(1).map(|line| line.contains(",3,1,"));
    assert!(totals.all(|is_told| is_told), "{csv}");
}

#[test]
fn trap_78_hostile_names_are_the_same_names_in_json() {
    let machine = with_log(&[line("2026-05-30", "1", HOSTILE, [1, 2, 0, 0])]);
    let run = machine.run(&["report", "models", "--json"]).ok();
    harmless(&run.stdout());
    assert_eq!(run.json()["rows"][0]["model"].as_str().map(str::trim), Some(HOSTILE.trim()));
}

/// No letter steers a terminal.
fn harmless(text: &str) {
    let steers = |letter: &char| {
        (letter.is_control() && *letter != '\n')
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert_eq!(text.chars().find(steers), None, "{text:?}");
}

#[test]
fn a_model_named_like_an_option_is_a_model() {
    let machine = with_log(&[
        line("2026-05-30", "1", "--json", [1, 2, 0, 0]),
        line("2026-05-30", "2", "claude-sonnet-4-5", [10, 20, 0, 0]),
    ]);
    assert_eq!(json(&machine, &["models", "--model=--json"])["totals"]["totalTokens"], 3);
    let run = machine.run(&["report", "--model", "--json"]);
    assert_eq!(run.code(), 2, "{}", run.stdout());
    let table = machine.run(&["report", "models"]).ok().stdout();
    assert!(table.contains("│ --json "), "{table}");
}

#[test]
fn a_name_that_nothing_has_is_refused_with_the_nearest() {
    let machine = busy();
    let run = machine.run(&["report", "--model", "claude-sonet-4-5"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("Did you mean claude-sonnet-4-5"), "{}", run.stderr());
    assert!(run.stderr().contains("report models"), "{}", run.stderr());
    let run = machine.run(&["report", "--source", "codx"]);
    assert!(run.code() == 2 && run.stderr().contains("codex"), "{}", run.stderr());
    // What could have been used and was not is nothing, and no slip.
    assert_eq!(json(&machine, &["--source", "gemini-cli"])["totals"]["totalTokens"], 0);
    assert_eq!(json(&machine, &["--model", "gpt-4.1"])["totals"]["totalTokens"], 0);
}

#[test]
fn the_top_rows_and_the_rest_are_everything() {
    let machine = busy();
    let made = json(&machine, &["models", "--top", "1"]);
    let rows = made["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[1]["others"]), (2, &Value::from(3)));
    assert_eq!(rows[0]["model"], "claude-sonnet-4-5");
    let tokens = |row: &Value| row["totalTokens"].as_u64().unwrap();
    assert_eq!(rows.iter().map(tokens).sum::<u64>(), tokens(&made["totals"]));
    let table = machine.run(&["report", "models", "--top", "1"]).ok().stdout();
    assert!(table.contains("3 others"), "{table}");
}

#[test]
fn ranges_end_today_in_the_report_zone() {
    let machine = busy();
    let days = |arguments: &[&str]| {
        let made = json(&machine, arguments);
        let of = |key: &str| made["dateRange"][key].as_str().unwrap().to_owned();
        (of("start"), of("end"))
    };
    let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    // The run's time is noon of 2026-06-01 in UTC.
    assert_eq!(days(&["--last", "28d"]), pair("2026-05-05", "2026-06-01"));
    assert_eq!(
        days(&["--last", "1d", "--timezone", "Pacific/Kiritimati"]),
        pair("2026-06-02", "2026-06-02")
    );
    assert_eq!(
        days(&["weekly", "--last", "1", "--week-start", "sunday"]),
        pair("2026-05-31", "2026-06-01")
    );
    let run = machine.run(&["report", "--last", "28"]);
    assert_eq!(run.code(), 0);
    for wrong in [
        &["--last", "28h"][..],
        &["--last", "1d", "--since", "2026-05-01"],
        &["--compare", "previous"],
    ] {
        let run = machine.run(&[&["report"], wrong].concat());
        assert_eq!(run.code(), 2, "{wrong:?}: {}", run.stderr());
    }
}

#[test]
fn a_comparison_tells_more_and_percent_and_null() {
    let machine = busy();
    let made = json(
        &machine,
        &["--by", "none", "--from", "2026-05-30", "--to", "2026-05-31", "--compare", "previous"],
    );
    assert_eq!(made["earlierRange"]["start"], "2026-05-28");
    let rows = made["rows"].as_array().unwrap();
    assert_eq!(rows[0]["change"]["totalTokens"], Value::Null);
    assert_eq!(rows[0]["change"]["earlier"], Value::Null);
    assert_eq!(rows[1]["change"]["earlier"]["totalTokens"], 90_181_479);
    assert_eq!(rows[1]["change"]["totalTokens"], 26_000 - 90_181_479);
    assert_eq!(rows[1]["change"]["totalTokensPercent"], "-100.0");
}

#[test]
fn columns_of_csv_add_up_and_money_can_be_left_out() {
    let machine = busy();
    let csv = machine.run(&["report", "monthly", "--breakdown", "--csv"]).ok().stdout();
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let place = head.iter().position(|name| *name == "totalTokens").unwrap();
    let sum: u64 = lines.map(|line| line[place].parse::<u64>().unwrap()).sum();
    assert_eq!(sum, json(&machine, &["daily"])["totals"]["totalTokens"].as_u64().unwrap());
    assert!(head.starts_with(&["month", "model"]) && head.contains(&"listUSD"), "{head:?}");
    for format in ["--csv", "--markdown", "--json", "--width=200"] {
        let shown = machine.run(&["report", format, "--no-cost"]).ok().stdout();
        assert!(!shown.contains("USD") && !shown.contains("price"), "{format}: {shown}");
    }
}

#[test]
fn amounts_say_who_pays() {
    let machine = with_log(&[line("2026-05-30", "1", "claude-sonnet-4-5", [1_000_000, 0, 0, 0])]);
    machine.run(&["collect"]).ok();
    let cost = json(&machine, &[])["totals"]["cost"].clone();
    assert_eq!(
        (&cost["payerUnknownUSD"], &cost["billedUSD"], &cost["planUSD"]),
        (&cost["listUSD"], &"0".into(), &"0".into())
    );
    let table = machine.run(&["report"]).ok().stdout();
    assert!(!table.contains("Billed") && !table.contains("Plan"), "{table}");
}

#[test]
fn an_empty_report_says_where_usage_is_looked_for() {
    let machine = Machine::new();
    for kind in KINDS {
        let run = machine.run(&["report", kind, "--source", "codex"]).ok();
        assert!(run.stderr().contains("No usage was found"), "{}", run.stderr());
    }
    let csv = machine.run(&["report", "--csv"]).ok().stdout();
    assert!(csv.starts_with("inputTokens,") && csv.lines().count() == 1, "{csv}");
}

#[test]
fn where_a_filter_leaves_nothing_a_report_says_so() {
    let machine = with_log(&[line("2026-05-30", "1", "claude-sonnet-4-5", [1, 0, 0, 0])]);
    for kind in KINDS {
        let run = machine.run(&["report", kind, "--until", "2020-01-31"]).ok();
        assert!(run.stderr().contains("Nothing that was counted fits"), "{}", run.stderr());
    }
}

/// Without any log nothing else would say that the scan has not changed.
#[test]
fn sums_of_a_store_are_kept_on_a_machine_without_logs_too() {
    let (machine, viewer) =
        (with_log(&[line("2026-05-30", "1", "gpt-5.5", [5, 0, 0, 0])]), Machine::new());
    machine.run(&["collect"]).ok();
    fs_err::create_dir_all(viewer.data()).unwrap();
    crate::support::copy(&machine.data().join("store.git"), &viewer.data().join("store.git"));
    let first = viewer.run(&["report", "--json"]).ok().stdout();
    assert!(viewer.data().join("cache/sums.bin").is_file());
    assert_eq!(viewer.run(&["report", "--json"]).ok().stdout(), first);
    assert!(first.contains("\"requests\": 1"), "{first}");
}

#[test]
fn windows_have_their_times_gaps_and_speed() {
    let early = line("2026-06-01", "1", "claude-sonnet-4-5", [1000, 200, 0, 0]);
    let late = line("2026-06-01", "2", "claude-opus-4-1", [3000, 600, 0, 0]);
    let machine = with_log(&[early.replace("T10:00:00", "T01:02:03"), late]);
    let shown = table(&machine, "160", &["blocks", "--timezone", "Asia/Tokyo"]).stdout();
    insta::assert_snapshot!("blocks", shown);
    let narrow = table(&machine, "80", &["blocks"]).stdout();
    assert!(width(&narrow) <= 80, "{narrow}");
    let rows = json(&machine, &["blocks", "--breakdown"])["rows"].clone();
    assert_eq!(rows[0]["start"], "2026-06-01T01:02:03Z");
    assert_eq!(rows[1]["isActive"], true);
    assert_eq!(rows[1]["parts"][0]["model"], "claude-opus-4-1");
    assert_eq!(rows[1]["parts"][0]["totalTokens"], 3600);
    // The newest one, and the others in one row.
    let newest = json(&machine, &["blocks", "--desc", "--top", "1"])["rows"].clone();
    assert_eq!((&newest[0]["totalTokens"], &newest[1]["others"]), (&3600.into(), &1.into()));
    let csv = machine.run(&["report", "blocks", "--csv"]).ok().stdout();
    assert!(csv.starts_with("start,end,isActive,"), "{csv}");
    for wrong in [&["--by", "project"][..], &["--last", "2d", "--compare", "previous"]] {
        assert_eq!(machine.run(&[&["report", "hours"], wrong].concat()).code(), 2);
    }
}

#[test]
fn hours_are_those_of_the_report_zone() {
    let machine = with_log(&[
        line("2026-05-30", "1", "claude-sonnet-4-5", [10, 20, 0, 0]),
        line("2026-05-31", "2", "claude-sonnet-4-5", [1, 2, 0, 0]),
    ]);
    let rows = json(&machine, &["hours", "--timezone", "Asia/Tokyo"])["rows"].clone();
    assert_eq!((&rows[0]["hour"], &rows[0]["totalTokens"]), (&19.into(), &33.into()));
    let shown = machine.run(&["report", "hours"]).ok().stdout();
    assert!(shown.contains("10:00"), "{shown}");
}
