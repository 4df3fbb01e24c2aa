//! What a report prints.

use collector::source::SOURCES;
use serde_json::Value;

use crate::support::Machine;

/// Without the home folder, and without sources that have no log: there are more of them with every version.
fn normal(text: &str, machine: &Machine) -> String {
    let mut text = text.replace(&machine.home().display().to_string(), "<home>");
    for source in SOURCES {
        let id = source.id();
        let absent = format!(
            ",\n    {{\n      \"provider\": \"{id}\",\n      \"files\": 0,\n      \"records\": 0,\n      \"skipped\": 0,\n      \"warnings\": []\n    }}"
        );
        text = text.replace(&absent, "");
    }
    text
}

#[test]
fn the_json_report_has_its_documented_shape() {
    let machine = Machine::new().with_case("X4_cachewrite").with_case("G_neg");
    let run = machine.run(&["report", "daily", "--json", "--timezone", "Asia/Tokyo"]).ok();
    insta::assert_snapshot!(normal(&run.stdout(), &machine));
}

#[test]
fn all_groupings_have_the_same_totals() {
    let machine = Machine::new().with_case("X10_midnight").with_case("M_resume");
    let totals =
        |kind: &str| machine.run(&["report", kind, "--json"]).ok().json()["totals"].clone();
    let daily = totals("daily");
    assert_eq!(daily["totalTokens"], 3300 + 220);
    for kind in ["weekly", "monthly", "session"] {
        assert_eq!(totals(kind), daily, "{kind}");
    }
}

#[test]
fn a_table_is_for_people() {
    let machine = Machine::new().with_case("X1_reemit");
    let run = machine.run(&["report"]).ok();
    insta::assert_snapshot!(run.stdout());
}

#[test]
fn a_day_of_the_report_zone_is_a_calendar_day() {
    let machine = Machine::new().with_case("X10_midnight");
    let days = |zone: &str| -> Vec<Value> {
        let report = machine.run(&["report", "--json", "--timezone", zone]).ok().json();
        report["rows"].as_array().unwrap().iter().map(|row| row["date"].clone()).collect()
    };
    assert_eq!(days("UTC").len(), 2);
    assert_ne!(days("Pacific/Kiritimati"), days("Pacific/Pago_Pago"));
}

#[test]
fn a_fresh_checkout_is_a_store_without_data() {
    let machine = Machine::new().with_case("A_stream");
    machine.config("dataRepo: ~/data\n");
    fs_err::create_dir_all(machine.home().join("data/.git")).unwrap();
    assert_eq!(machine.totals(&[])["requests"], 1);
}

#[test]
fn days_can_be_chosen() {
    let machine = Machine::new().with_case("M_resume");
    assert_eq!(machine.totals(&["--date", "2026-05-01"])["requests"], 1);
    assert_eq!(machine.totals(&["--since", "2026-05-02"])["requests"], 1);
    assert_eq!(machine.totals(&["--to", "2026-04-30"])["requests"], 0);
}

#[test]
fn wrong_arguments_end_with_2_and_a_suggestion() {
    let machine = Machine::new();
    let run = machine.run(&["report", "--timezone", "Mars/Olympus"]);
    assert_eq!((run.code(), run.stderr().contains("IANA")), (2, true));
    let run = machine.run(&["repot"]);
    assert_eq!((run.code(), run.stderr().contains("report")), (2, true));
    let run = machine.run(&["report", "--jsn"]);
    assert_eq!((run.code(), run.stderr().contains("--json")), (2, true));
}

#[test]
fn every_verb_has_help_with_examples() {
    let machine = Machine::new();
    insta::assert_snapshot!(machine.run(&["--help"]).ok().stdout());
    for verb in ["up", "demo", "collect", "report", "statusline", "summarize", "tui", "mcp"] {
        let help = machine.run(&[verb, "--help"]).ok().stdout();
        assert!(help.contains("Examples:"), "{verb}");
    }
    for verb in ["collect", "report"] {
        let help = machine.run(&[verb, "--help"]).ok().stdout();
        assert!(help.contains("--no-cache") && !help.contains("--background"), "{help}");
    }
}

#[test]
fn a_damaged_identity_of_the_machine_is_an_error_that_says_what_to_do() {
    let machine = Machine::new().with_case("A_stream");
    machine.run(&["collect"]).ok();
    fs_err::write(machine.data().join("machine.json"), "{").unwrap();
    let run = machine.run(&["report"]);
    assert_eq!(run.code(), 1);
    assert!(run.stderr().contains("remove it to give this machine a new id"), "{}", run.stderr());
}
