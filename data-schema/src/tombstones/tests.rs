//! What is forgotten, and what is not.

use proptest::prelude::*;

use super::*;
use crate::{Period, RecordId};

const AT: &str = "2026-05-01T10:00:00Z";

fn tombstone(scope: Scope, value: &str, salt: u8) -> Tombstone {
    Tombstone::new(scope, value, [salt; SALT_BYTES], AT.parse().unwrap())
}

fn of(tombstones: impl IntoIterator<Item = Tombstone>) -> Tombstones {
    let mut all = Tombstones::default();
    tombstones.into_iter().for_each(|tombstone| all.insert(tombstone));
    all
}

fn record(native: &str, project: Option<&str>, session: Option<&str>) -> UsageRecord {
    let mut record = UsageRecord::new(RecordId::new("t", native, ""), AT.parse().unwrap());
    record.attribution.project = project.map(Text::from);
    record.attribution.session = session.map(|session| HashId::new("session", session));
    record.usage.revision = u32::try_from(native.len()).unwrap();
    record
}

#[test]
fn the_file_is_stable_and_names_nothing() {
    let all = of([tombstone(Scope::Project, "secret", 1), tombstone(Scope::Machine, "mole", 2)]);
    let bytes = all.to_bytes();
    let text = String::from_utf8(bytes.clone()).unwrap();
    insta::assert_snapshot!(text);
    assert!(!text.contains("secret") && !text.contains("mole"));
    assert_eq!(Tombstones::parse(&bytes).unwrap(), all);
}

#[test]
fn each_scope_forgets_its_own_and_nothing_else() {
    let session = HashId::new("session", "s").to_string();
    let values = ["p", "m", "codex", session.as_str()];
    let meant = record("a", Some("p"), Some("s"));
    let other = record("b", Some("q"), Some("r"));
    for (scope, value) in Scope::ALL.into_iter().zip(values) {
        let all = of([tombstone(scope, value, 7)]);
        assert!(all.forgets("m", "codex", &meant), "{scope:?}");
        assert!(!all.forgets("n", "claude-code", &other), "{scope:?}");
        assert!(!all.forgets("n", "claude-code", &record("c", None, None)), "{scope:?}");
        // A name counts for its own kind only.
        assert_eq!(Scope::ALL.into_iter().filter(|kind| all.covers(*kind, value)).count(), 1);
    }
    assert!(!Tombstones::default().forgets("m", "codex", &meant));
}

#[test]
fn a_file_loses_what_is_forgotten_and_vanishes_with_its_last_record() {
    let at = AT.parse().unwrap();
    let records = vec![record("a", Some("p"), None), record("bb", Some("q"), None)];
    let period = Period::day_of(at);
    let file = DayFile::new("m".into(), "codex".into(), period, at, records);
    let left = of([tombstone(Scope::Project, "q", 1)]).strip(&file).unwrap();
    let alone =
        DayFile::new("m".into(), "codex".into(), period, at, vec![record("a", Some("p"), None)]);
    assert_eq!(left.to_bytes(), alone.to_bytes(), "as if it had never been there");
    assert_eq!(Tombstones::default().strip(&file).unwrap(), file);
    let both = of([tombstone(Scope::Project, "p", 1), tombstone(Scope::Project, "q", 1)]);
    assert_eq!(both.strip(&file), None);
    assert_eq!(of([tombstone(Scope::Machine, "m", 1)]).strip(&file), None);
}

#[test]
fn what_a_newer_version_adds_is_kept_and_another_major_version_refused() {
    let text = format!(
        r#"{{"version":"2.3","why":"x","tombstones":[{{"scope":"vendor","salt":"{}","hash":"{}","at":"{AT}","by":"me"}}]}}"#,
        "0".repeat(32),
        "a".repeat(16)
    );
    let all = Tombstones::parse(text.as_bytes()).unwrap();
    assert!(!all.forgets("m", "codex", &record("a", Some("p"), Some("s"))));
    let written = String::from_utf8(all.to_bytes()).unwrap();
    for kept in ["2.3", "\"why\": \"x\"", "vendor", "\"by\": \"me\""] {
        assert!(written.contains(kept), "{kept}: {written}");
    }
    let major = text.replace("2.3", "3.0");
    assert!(matches!(Tombstones::parse(major.as_bytes()), Err(FormatError::UnknownVersion { .. })));
    for damaged in [text.replace("aaaaaaaa", "zz"), "{}".to_owned(), "[".to_owned()] {
        assert!(Tombstones::parse(damaged.as_bytes()).is_err(), "{damaged}");
    }
}

fn any_tombstones() -> impl Strategy<Value = Tombstones> {
    let one = (0..4_usize, 0..3_u8, 0..2_u8, 0..3_i64, prop::option::of(0..3_u8));
    let all = prop::collection::vec(one, 0..5);
    (all, prop::option::of(0..3_u8), 0..2_u32).prop_map(|(all, other, minor)| {
        let mut tombstones = of(all.into_iter().map(|(scope, value, salt, later, other)| {
            let mut made = tombstone(Scope::ALL[scope], &value.to_string(), salt);
            made.at = made.at.plus(later);
            made.other =
                other.map(|other| ("x".to_owned(), Value::from(other))).into_iter().collect();
            made
        }));
        tombstones.version.minor = minor;
        tombstones.other =
            other.map(|other| ("y".to_owned(), Value::from(other))).into_iter().collect();
        tombstones
    })
}

proptest! {
    #[test]
    fn the_union_is_the_same_in_any_order_and_any_number_of_times(
        one in any_tombstones(), two in any_tombstones(), three in any_tombstones()
    ) {
        let [a, b, c] = [&one, &two, &three].map(Clone::clone);
        let left = a.clone().union(b.clone()).union(c.clone());
        prop_assert_eq!(&left, &a.clone().union(b.clone().union(c)));
        prop_assert_eq!(a.clone().union(b.clone()), b.clone().union(a.clone()));
        prop_assert_eq!(&a.clone().union(a.clone()), &a);
        prop_assert_eq!(&left.clone().union(a), &left);
        prop_assert_eq!(&Tombstones::parse(&left.to_bytes()).unwrap(), &left);
    }

    #[test]
    fn the_memory_answers_as_the_tombstones_do(
        all in any_tombstones(), names in prop::collection::vec((0..4_u8, 0..4_u8), 1..20)
    ) {
        let mut memory = all.memory();
        for (project, machine) in names {
            let (project, machine) = (project.to_string(), machine.to_string());
            let record = record("a", Some(&project), None);
            let quick = memory.forgets_source(&machine, "0") || memory.forgets_record(&record);
            prop_assert_eq!(quick, all.forgets(&machine, "0", &record));
        }
    }
}
