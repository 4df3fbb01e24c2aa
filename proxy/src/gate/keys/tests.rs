//! The file of keys.

use super::*;

fn now() -> UtcSeconds {
    "2026-05-01T10:00:00Z".parse().unwrap()
}

fn create(folder: &Path, name: &str, terms: Terms) -> Result<NewKey, KeysError> {
    Keys::edit(folder, |keys| keys.create(name, terms, now()))
}

#[test]
fn the_file_has_the_hash_and_not_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let terms = Terms {
        project: Some("website".into()),
        models: vec!["claude-*".to_owned()],
        budgets: vec!["5 USD/day".parse().unwrap()],
        rates: vec!["8 at once".parse().unwrap()],
        ..Terms::default()
    };
    let made = create(folder.path(), "ci", terms.clone()).unwrap();
    let text = fs_err::read_to_string(folder.path().join(FILE)).unwrap();
    let secret = &made.key.expose()[11..];
    assert!(!text.contains(secret), "{text}");
    assert!(!format!("{made:?}").contains(secret));
    let read = Keys::read(folder.path()).unwrap();
    let key = read.get("ci").unwrap();
    assert!(key.hash.is_of(made.key.expose()));
    assert_eq!(key.terms, terms);
    assert_eq!(key.created, now());
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["version"], 1);
    assert_eq!(value["keys"][0]["budgets"][0], "5 USD/day");
}

#[test]
fn a_name_is_given_once() {
    let folder = tempfile::tempdir().unwrap();
    create(folder.path(), "ci", Terms::default()).unwrap();
    let told = create(folder.path(), "ci", Terms::default()).unwrap_err().to_string();
    assert!(told.contains("already"), "{told}");
    Keys::edit(folder.path(), |keys| keys.revoke("ci", now())).unwrap();
    let told = create(folder.path(), "ci", Terms::default()).unwrap_err().to_string();
    assert!(told.contains("revoked"), "{told}");
    for name in ["", "a b", "ä", "a/b", &"x".repeat(41)] {
        assert!(create(folder.path(), name, Terms::default()).is_err(), "{name}");
    }
    let told = Keys::read(folder.path()).unwrap().get("cj").unwrap_err().to_string();
    assert_eq!(told, "there is no key `cj`; there are: ci");
}

#[test]
fn rotating_keeps_the_terms_and_ends_the_old_key() {
    let folder = tempfile::tempdir().unwrap();
    let terms = Terms { project: Some("website".into()), ..Terms::default() };
    let old = create(folder.path(), "ci", terms.clone()).unwrap();
    let new = Keys::edit(folder.path(), |keys| keys.rotate("ci", now())).unwrap();
    let keys = Keys::read(folder.path()).unwrap();
    let [key] = &keys.keys[..] else { panic!("one key") };
    assert!(key.hash.is_of(new.key.expose()) && !key.hash.is_of(old.key.expose()));
    assert_eq!((key.rotated, &key.terms), (Some(now()), &terms));
    Keys::edit(folder.path(), |keys| keys.revoke("ci", now())).unwrap();
    assert!(Keys::edit(folder.path(), |keys| keys.rotate("ci", now())).is_err());
}

#[test]
fn a_key_ends_at_the_moment_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let terms = Terms { expires: Some(now().plus(60)), ..Terms::default() };
    create(folder.path(), "ci", terms).unwrap();
    let mut keys = Keys::read(folder.path()).unwrap();
    let closed = |keys: &Keys, seconds| keys.get("ci").unwrap().closed(now().plus(seconds));
    assert_eq!([closed(&keys, 0), closed(&keys, 59)], [None, None]);
    assert_eq!(closed(&keys, 60), Some("expired"));
    keys.revoke("ci", now()).unwrap();
    assert_eq!(closed(&keys, 0), Some("revoked"));
}

#[test]
fn what_a_newer_version_wrote_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    create(folder.path(), "ci", Terms::default()).unwrap();
    let path = folder.path().join(FILE);
    let mut value: Value = serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
    value["team"] = "blue".into();
    value["keys"][0]["color"] = serde_json::json!({ "r": 1 });
    fs_err::write(&path, value.to_string()).unwrap();
    create(folder.path(), "other", Terms::default()).unwrap();
    let after: Value = serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
    assert_eq!(after["team"], "blue");
    assert_eq!(after["keys"][0], value["keys"][0]);
}

#[test]
fn a_file_that_is_not_understood_is_told_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let key = r#"{"name":"a","id":"AAAAAAAA","hash":"00","created":"2026-05-01T10:00:00Z"}"#;
    let hash = "0".repeat(64);
    let twice = key.replace("00\"", &format!("{hash}\""));
    let cases = [
        (String::new(), "damaged"),
        ("{\"version\":1,\"keys\":".to_owned(), "line 1"),
        (format!("{{\"version\":1,\"keys\":[{key}]}}"), "64 hex digits"),
        (format!("{{\"version\":1,\"keys\":[{twice},{twice}]}}"), "twice"),
        ("{\"version\":2,\"keys\":{}}".to_owned(), "version 2"),
    ];
    for (content, expected) in cases {
        fs_err::write(&path, &content).unwrap();
        let told = create(folder.path(), "ci", Terms::default()).unwrap_err().to_string();
        assert!(told.contains(expected) && told.contains("keys.json"), "{told}");
        assert_eq!(fs_err::read_to_string(&path).unwrap(), content);
    }
}

#[test]
fn programs_that_change_the_file_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let folder = folder.path();
            scope
                .spawn(move || create(folder, &format!("key-{number}"), Terms::default()).unwrap());
        }
    });
    assert_eq!(Keys::read(folder.path()).unwrap().keys.len(), 8);
}
