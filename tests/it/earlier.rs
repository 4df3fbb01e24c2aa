//! Earlier stores that cannot be joined any more.

use crate::support::{Machine, responses};

#[test]
fn an_earlier_store_that_is_damaged_is_told_and_stops_no_run() {
    let machine = Machine::new();
    machine.write_log(".claude/projects/p/s1.jsonl", &responses(0..3));
    let earlier = machine.data().join("earlier.git");
    fs_err::create_dir_all(&earlier).unwrap();
    fs_err::write(earlier.join("HEAD"), "half").unwrap();
    let stores = r#"{"current": "store.git", "earlier": ["earlier.git"]}"#;
    fs_err::write(machine.data().join("stores.json"), stores).unwrap();
    let run = machine.run(&["collect"]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    assert!(run.stderr().contains("cannot be joined"), "{}", run.stderr());
    let report = machine.run(&["report", "--json"]);
    assert_eq!(report.json()["totals"]["requests"], 3);
    fs_err::remove_dir_all(&earlier).unwrap();
    machine.run(&["collect"]).ok();
}
