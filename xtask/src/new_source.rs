//! `cargo xtask new-source ID`: what every source begins with. It compiles, and the tests that fail name what is left
//! to fill in. `docs/add-a-source.md` has the whole way.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Serialize;

use crate::sources::filled;

const USAGE: &str = "usage: cargo xtask new-source ID [--title TITLE]";
/// The adapter.
const ADAPTER: &str = include_str!("new_source/adapter.rs.txt");
/// Where sources are registered.
const REGISTRY: &str = "collector/src/source.rs";
/// Where names are.
const NAMES: &str = "data-schema/src/sources.rs";
/// The section of the registry that new ones go to.
const SECTION: &str = "    // --- others, by name ---\n";
/// The list of names, and that of unverified ones.
const KNOWN: &str = "pub const KNOWN: [(&str, &str); ";
const UNVERIFIED: &str = "pub const UNVERIFIED: &[&str] = &[";

/// The cases that every source has: name, the log's content, what it must count to.
const CASES: [(&str, &str, &str); 4] = [
    ("basic", include_str!("new_source/basic.jsonl"), include_str!("new_source/basic.json")),
    (
        "recoverable-errors",
        include_str!("new_source/errors.jsonl"),
        include_str!("new_source/errors.json"),
    ),
    (
        "unknown-version",
        include_str!("new_source/unknown.jsonl"),
        include_str!("new_source/unknown.json"),
    ),
    (
        "unrelated",
        include_str!("new_source/unrelated.jsonl"),
        include_str!("new_source/unrelated.json"),
    ),
];

/// The names of a new source.
#[derive(Debug, Serialize)]
struct Names {
    /// `new-tool`.
    id: String,
    /// `new_tool`.
    module: String,
    /// `NewTool`.
    kind: String,
    /// `New Tool`.
    title: String,
}

pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let names = match arguments {
        [id] => Names::of(id, None)?,
        [id, flag, title] if flag == "--title" => Names::of(id, Some(title))?,
        _ => bail!(USAGE),
    };
    let written = write(root, &names)?;
    let files = [REGISTRY, NAMES].map(|file| root.join(file));
    // A list that the formatter would break otherwise is told by `cargo xtask check`.
    let _ = Command::new("rustfmt").args(["--edition", "2024"]).args(&files).status();
    for path in written {
        say(&format!("wrote {}", path.display()));
    }
    say(&format!(
        "changed {REGISTRY} and {NAMES}\nnow: cargo test -p collector --test it sources\nevery test that fails names \
         what is left to fill in; docs/add-a-source.md has the whole way"
    ));
    Ok(())
}

impl Names {
    fn of(id: &str, title: Option<&str>) -> Result<Self> {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_good = id.starts_with(|letter: char| letter.is_ascii_lowercase())
            && id.bytes().all(is_plain)
            && !id.ends_with('-')
            && !id.contains("--");
        ensure!(is_good, "`{id}`: an id has small letters, digits and hyphens, such as new-tool");
        let capital = |word: &str| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        };
        let words: Vec<String> = id.split('-').map(capital).collect();
        let title = title.map_or_else(|| words.join(" "), |title| title.trim().to_owned());
        ensure!(
            !title.is_empty() && !title.contains(['"', '\\']),
            "`{title}`: a title is a name without quotes"
        );
        Ok(Self { id: id.to_owned(), module: id.replace('-', "_"), kind: words.concat(), title })
    }
}

/// Writes everything, or nothing; returns the new files.
fn write(root: &Path, names: &Names) -> Result<Vec<PathBuf>> {
    let adapter = root.join(format!("collector/src/source/{}.rs", names.module));
    let fixtures = root.join("collector/tests/fixtures/sources").join(&names.id);
    for path in [&adapter, &fixtures] {
        ensure!(!path.exists(), "{} is there already", path.display());
    }
    let registry = fs_err::read_to_string(root.join(REGISTRY))?;
    let registry = registered(&registry, names)?;
    let known = named(&fs_err::read_to_string(root.join(NAMES))?, names)?;
    let mut files = vec![(adapter, filled("the adapter", ADAPTER, names)?)];
    for (case, log, expected) in CASES {
        let folder = fixtures.join(case);
        files.push((folder.join("expected.json"), expected.to_owned()));
        let path = format!("home/.{}/sessions/a.jsonl", names.id);
        files.push((folder.join(path), log.to_owned()));
    }
    for (path, text) in &files {
        fs_err::create_dir_all(path.parent().unwrap_or(root))?;
        fs_err::write(path, text)?;
    }
    fs_err::write(root.join(REGISTRY), registry)?;
    fs_err::write(root.join(NAMES), known)?;
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// The registry with a module and a line in the list.
fn registered(text: &str, names: &Names) -> Result<String> {
    let line = format!("mod {};\n", names.module);
    ensure!(!text.contains(&line), "{REGISTRY} has `{}` already", line.trim());
    let modules: Vec<&str> = text
        .split_inclusive('\n')
        .filter(|line| line.starts_with("mod ") && line.ends_with(";\n"))
        .collect();
    let next = modules.iter().find(|module| **module > line.as_str());
    let (last, next) = (modules.last().context("no modules")?, next.copied());
    let text = match next {
        Some(next) => text.replacen(next, &format!("{line}{next}"), 1),
        None => text.replacen(last, &format!("{last}{line}"), 1),
    };
    let entry = format!("    &{}::{},\n", names.module, names.kind);
    let (before, after) = text
        .split_once(SECTION)
        .with_context(|| format!("{REGISTRY} has no {}", SECTION.trim()))?;
    Ok(format!("{before}{SECTION}{entry}{after}"))
}

/// The names with a new one at the end, and among the unverified.
fn named(text: &str, names: &Names) -> Result<String> {
    let Names { id, title, .. } = names;
    let mut text = text.to_owned();
    if !text.contains(&format!("(\"{id}\", ")) {
        let (before, rest) = text.split_once(KNOWN).context("no list of names")?;
        let (count, rest) = rest.split_once(']').context("no length of the list of names")?;
        let count: usize = count.parse().context("the length of the list of names is no number")?;
        let (list, after) = rest.split_once("\n];").context("no end of the list of names")?;
        let added = count + 1;
        text = format!("{before}{KNOWN}{added}]{list}\n    (\"{id}\", \"{title}\"),\n];{after}");
    }
    let (before, rest) = text.split_once(UNVERIFIED).context("no list of unverified sources")?;
    let (list, after) = rest.split_once("];").context("no end of the unverified sources")?;
    let mut unverified: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    unverified.push(id);
    unverified.sort_unstable();
    unverified.dedup();
    let list: Vec<String> = unverified.iter().map(|id| format!("    \"{id}\",\n")).collect();
    Ok(format!("{before}{UNVERIFIED}\n{}];{after}", list.concat()))
}

#[expect(clippy::print_stdout, reason = "a developer's tool prints")]
fn say(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A copy of the files that a new source changes.
    fn copy() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in [REGISTRY, NAMES] {
            let target = folder.path().join(file);
            fs_err::create_dir_all(target.parent().unwrap()).unwrap();
            fs_err::copy(crate::root().join(file), target).unwrap();
        }
        folder
    }

    #[test]
    fn a_new_source_has_an_adapter_four_cases_and_its_places_in_both_lists() {
        let copy = copy();
        let root = copy.path();
        let names = Names::of("new-tool-2", Some("New Tool")).unwrap();
        let written = write(root, &names).unwrap();
        assert_eq!(written.len(), 1 + 2 * CASES.len());
        let read = |path: &str| fs_err::read_to_string(root.join(path)).unwrap();
        let adapter = read("collector/src/source/new_tool_2.rs");
        assert!(syn::parse_file(&adapter).is_ok(), "{adapter}");
        for part in
            ["//! New Tool:", "id: \"new-tool-2\"", "pub(super) struct NewTool2;", "~/.new-tool-2/"]
        {
            assert!(adapter.contains(part), "{part} in {adapter}");
        }
        let registry = read(REGISTRY);
        assert!(syn::parse_file(&registry).is_ok());
        assert!(registry.contains(&format!("{SECTION}    &new_tool_2::NewTool2,\n")));
        let modules: Vec<&str> = registry.lines().filter(|line| line.starts_with("mod ")).collect();
        let place = modules.iter().position(|line| *line == "mod new_tool_2;").unwrap();
        assert!(modules[place - 1] < modules[place], "{modules:?}");
        let known = read(NAMES);
        assert!(known.contains("\n    (\"new-tool-2\", \"New Tool\"),\n];"));
        let count = data_schema::sources::KNOWN.len() + 1;
        assert!(known.contains(&format!("{KNOWN}{count}] = [")), "the length grows, too");
        assert!(
            known.contains("    \"new-tool-2\",\n"),
            "it is unverified until its evidence is better"
        );
        let case = "collector/tests/fixtures/sources/new-tool-2/basic";
        assert!(
            serde_json::from_str::<serde_json::Value>(&read(&format!("{case}/expected.json")))
                .is_ok()
        );
        assert!(!read(&format!("{case}/home/.new-tool-2/sessions/a.jsonl")).is_empty());
        let again = write(root, &names).unwrap_err().to_string();
        assert!(again.contains("is there already"), "{again}");
    }

    #[test]
    fn a_source_that_is_known_by_name_keeps_its_name() {
        let copy = copy();
        let (id, title) = data_schema::sources::KNOWN[data_schema::sources::KNOWN.len() - 1];
        let text = fs_err::read_to_string(copy.path().join(NAMES)).unwrap();
        let new = named(&text, &Names::of(id, None).unwrap()).unwrap();
        assert_eq!(new.matches(&format!("(\"{id}\", \"{title}\")")).count(), 1);
        let count = data_schema::sources::KNOWN.len();
        assert!(new.contains(&format!("{KNOWN}{count}] = [")));
    }

    #[test]
    fn an_id_that_is_none_is_told() {
        for id in ["", "New", "a b", "-a", "a-", "a--b", "1a", "../x"] {
            assert!(Names::of(id, None).is_err(), "{id}");
        }
        assert!(Names::of("a", Some("x\"")).is_err());
        assert_eq!(Names::of("my-tool", None).unwrap().title, "My Tool");
    }
}
