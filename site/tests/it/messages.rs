//! The words of all languages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Key, and the variables that its text uses, of every message of a language.
fn messages(tag: &str) -> BTreeMap<String, BTreeSet<String>> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../templates/messages/{tag}.ftl"));
    let text = fs_err::read_to_string(path).unwrap();
    let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut key = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if !line.starts_with(' ')
            && let Some((name, _)) = line.split_once(" =")
        {
            name.clone_into(&mut key);
            assert!(messages.insert(key.clone(), BTreeSet::new()).is_none(), "{tag}: {key} twice");
        }
        let Some(variables) = messages.get_mut(&key) else { continue };
        for rest in line.split('$').skip(1) {
            let name = rest.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
            variables.extend(name.take(1).filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
    messages
}

#[test]
fn all_languages_have_the_same_keys_and_leave_no_part_out() {
    let english = messages("en");
    assert!(english.len() > 50, "{}", english.len());
    let mut faults = Vec::new();
    for tag in ["zh", "ja"] {
        let own = messages(tag);
        let missing = english.keys().filter(|key| !own.contains_key(*key));
        faults.extend(missing.map(|key| format!("{tag}: {key} is missing")));
        let extra = own.keys().filter(|key| !english.contains_key(*key));
        faults.extend(extra.map(|key| format!("{tag}: {key} is not in English")));
        for (key, variables) in &english {
            // How a day is written is a language's own matter.
            if key.starts_with("date") {
                continue;
            }
            // A language without plurals needs no `$count`.
            let shown = |names: &BTreeSet<String>| -> BTreeSet<String> {
                names.iter().filter(|name| *name != "count").cloned().collect()
            };
            if let Some(theirs) = own.get(key).filter(|theirs| shown(theirs) != shown(variables)) {
                faults.push(format!("{tag}: {key} has {theirs:?}, English {variables:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn words_are_calm() {
    for tag in ["en", "zh", "ja"] {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../templates/messages/{tag}.ftl"));
        let text = fs_err::read_to_string(path).unwrap();
        let loud: Vec<&str> = text.lines().filter(|line| line.contains(['!', '！'])).collect();
        assert!(loud.is_empty(), "{tag}: {loud:?}");
    }
}
