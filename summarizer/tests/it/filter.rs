//! What is forgotten or not wanted is in no sum; machines are shown by their names.

use std::sync::Arc;

use chrono_tz::UTC;
use data_schema::packed::{Packer, Words};
use data_schema::summary::MetaFile;
use data_schema::{
    HashId, LimitReading, MachineFile, Scope, Text, Tombstone, Tombstones, UsageRecord,
};
use store::{Block, LEFT_OUT};
use summarizer::{Facts, Input, Options, SummarizeError};

use crate::support::{self, LARGE, file, options, record, summary, text, witness};

fn about(name: &str, project: Option<&str>, session: &str) -> UsageRecord {
    let mut record = record(name, "2026-05-01T10:00:00Z", LARGE, [100, 10]);
    record.attribution.project = project.map(Text::from);
    record.attribution.session = Some(HashId::new("session", session));
    record
}

/// Three machines; one response was seen by two of them.
fn input() -> Input {
    let mut input = support::input([
        witness("laptop", "codex", about("1", Some("open"), "s1")),
        witness("laptop", "codex", about("2", Some("secret"), "s2")),
        witness("tower", "codex", about("2", Some("secret"), "s2")),
        witness("tower", "claude-code", about("3", Some("open"), "s3")),
        witness("mini", "codex", about("4", None, "s4")),
    ]);
    for (name, first) in [("laptop", "2026-04-01"), ("tower", "2026-03-01"), ("mini", "2026-05-01")]
    {
        input.machines.insert(name.into(), card(name, first));
    }
    let reading = LimitReading {
        at: "2026-05-02T10:00:00Z".parse().unwrap(),
        account: None,
        window: "5h".to_owned(),
        scope: None,
        used_fraction: None,
        resets_at: None,
        via: "log".to_owned(),
        source: None,
    };
    input.limits = vec![("tower".into(), "codex".into(), reading)];
    input
}

fn card(name: &str, first: &str) -> MachineFile {
    MachineFile {
        version: "2.0".into(),
        machine: name.into(),
        id: format!("id-of-{name}"),
        first_collected: format!("{first}T00:00:00Z").parse().unwrap(),
        programs: Vec::new(),
    }
}

fn forgetting(scope: Scope, value: &str) -> Input {
    let mut input = input();
    let mut tombstones = Tombstones::default();
    tombstones.insert(Tombstone::new(
        scope,
        value,
        [1; 16],
        "2026-05-09T00:00:00Z".parse().unwrap(),
    ));
    input.tombstones = tombstones;
    input
}

fn meta(input: &Input) -> MetaFile {
    file(&summary(input, &options(UTC)), "meta.json")
}

fn requests(input: &Input) -> u64 {
    meta(input).totals.requests
}

#[test]
fn each_scope_takes_out_its_own() {
    assert_eq!(requests(&input()), 4);
    let session = HashId::new("session", "s2").to_string();
    for (scope, value, left) in [
        (Scope::Project, "secret", 3),
        (Scope::Project, "no such project", 4),
        (Scope::Session, session.as_str(), 3),
        (Scope::Machine, "tower", 3),
        (Scope::Machine, "mini", 3),
        (Scope::Source, "codex", 1),
    ] {
        let input = forgetting(scope, value);
        assert_eq!(requests(&input), left, "{scope:?} {value}");
        let mut facts = 0;
        let all = Facts::of(&mut input.clone(), UTC).unwrap();
        all.each(None, |_| {
            facts += 1;
            Ok::<(), SummarizeError>(())
        })
        .unwrap();
        assert_eq!(facts, left, "an export agrees: {scope:?} {value}");
    }
}

#[test]
fn what_is_left_is_what_would_be_without_it() {
    let without = |wanted: fn(&str, &str, &UsageRecord) -> bool| {
        let all = [
            ("laptop", "codex", about("1", Some("open"), "s1")),
            ("laptop", "codex", about("2", Some("secret"), "s2")),
            ("tower", "codex", about("2", Some("secret"), "s2")),
            ("tower", "claude-code", about("3", Some("open"), "s3")),
            ("mini", "codex", about("4", None, "s4")),
        ];
        let left =
            all.into_iter().filter(|(machine, source, record)| wanted(machine, source, record));
        let left = left.map(|(machine, source, record)| witness(machine, source, record));
        let mut left = support::input(left);
        (left.machines, left.limits) = (input().machines, input().limits);
        left
    };
    let project = without(|_, _, record| record.attribution.project.as_deref() != Some("secret"));
    let mut source = without(|_, source, _| source != "codex");
    source.limits.clear();
    for (scope, value, expected) in
        [(Scope::Project, "secret", project), (Scope::Source, "codex", source)]
    {
        let forgotten = summary(&forgetting(scope, value), &options(UTC));
        assert_eq!(text(&forgotten), text(&summary(&expected, &options(UTC))), "{scope:?}");
    }
}

#[test]
fn nothing_names_what_is_forgotten() {
    let shown = text(&summary(&forgetting(Scope::Project, "secret"), &options(UTC)));
    assert!(!shown.contains("secret") && shown.contains("open"));
    let shown = text(&summary(&forgetting(Scope::Machine, "tower"), &options(UTC)));
    assert!(!shown.contains("tower") && shown.contains("laptop"));
    assert!(!shown.contains("\"5h\""), "its limits go as well");
    let other = text(&summary(&forgetting(Scope::Machine, "mini"), &options(UTC)));
    assert!(other.contains("\"5h\""));
}

#[test]
fn the_records_themselves_are_handed_out_without_what_is_forgotten() {
    let count = |input: &Input| {
        let mut count = 0;
        input.each_stored(|_, _, _| count += 1).unwrap();
        count
    };
    assert_eq!(count(&input()), 5);
    assert_eq!(count(&forgetting(Scope::Project, "secret")), 3);
    assert_eq!(count(&forgetting(Scope::Machine, "tower")), 3);
}

/// A block as a scan makes it.
fn scanned(records: &[UsageRecord], needs_project: bool) -> Block {
    let (mut packer, mut words) = (Packer::default(), Words::default());
    for record in records {
        packer.push(record, 0, &mut words);
    }
    let (count, bytes) = (packer.len(), Arc::new(packer.into_bytes()));
    let range = 0..bytes.len();
    let origin = (Text::from("laptop"), Text::from("codex"));
    let mut block = Block::in_memory(origin, Arc::new(words), count, bytes, range);
    block.needs_project = needs_project;
    block
}

#[test]
fn work_that_is_not_wanted_is_in_no_sum_and_takes_nothing_from_what_is_stored() {
    let records = [
        about("1", Some(LEFT_OUT), "s1"),
        about("5", Some(LEFT_OUT), "s5"),
        about("6", Some("open"), "s5"),
        about("7", None, "s5"),
    ];
    for (needs_project, expected) in [(false, 6), (true, 5)] {
        let mut input = input();
        input.add_blocks(vec![scanned(&records, needs_project)]).unwrap();
        assert_eq!(requests(&input), expected, "{needs_project}");
        let shown = text(&summary(&input, &options(UTC)));
        assert!(!shown.contains("left-out"));
    }
}

#[test]
fn machines_with_one_shown_name_are_one_machine() {
    let mut input = input();
    for (stored, shown) in [("laptop", "Desk"), ("tower", "Desk"), ("gone", "Nowhere")] {
        input.settings.machine_names.insert(stored.into(), shown.into());
    }
    let meta = meta(&input);
    assert_eq!(meta.machines, ["Desk", "mini"]);
    assert_eq!(meta.totals.requests, 4);
    let shown = text(&summary(&input, &options(UTC)));
    assert!(!shown.contains("tower") && !shown.contains("laptop") && !shown.contains("Nowhere"));
    // The one that collected first is first: the tower's card stands for both.
    let published = Options { publish: data_schema::settings::Publish::default(), ..options(UTC) };
    let day: data_schema::summary::DailySummary =
        file(&summary(&input, &published), "daily/2026-05-01.json");
    let rows = &day.breakdown.by_machine;
    let first = rows.iter().find(|row| row.machine == "machine 1").unwrap();
    assert_eq!(first.aggregate.requests, 3);
}

#[test]
fn an_alias_that_was_given_stays_with_a_machine_that_is_renamed() {
    let mut input = input();
    input.settings.aliases.machines.insert("mini".into(), "the small one".into());
    input.settings.machine_names.insert("mini".into(), "Kitchen".into());
    let published = Options { publish: data_schema::settings::Publish::default(), ..options(UTC) };
    let shown = text(&summary(&input, &published));
    assert!(shown.contains("the small one") && !shown.contains("Kitchen"), "{shown}");
}

#[test]
fn a_machine_is_forgotten_by_its_stored_name_whatever_it_is_shown_by() {
    let mut input = forgetting(Scope::Machine, "tower");
    input.settings.machine_names.insert("laptop".into(), "tower".into());
    input.settings.machine_names.insert("tower".into(), "laptop".into());
    let meta = meta(&input);
    assert_eq!(meta.machines, ["mini", "tower"]);
    assert_eq!(meta.totals.requests, 3);
}
