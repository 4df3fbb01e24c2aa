use super::*;
use crate::source::info::Evidence;
use crate::source::{Keeps, Role, Variable};

const INFO: Info = Info {
    id: "qwen-code",
    revision: 1,
    role: Role::Meter,
    quality: data_schema::Quality::Exact,
    evidence: Evidence::Described { by: &[] },
    lacks: "",
    keeps: Keeps::Unknown,
    directory_key: "directory",
    variables: &[Variable::instead("TOOL_DIR"), Variable::beside("TOOL_FILE")],
    below: &["projects", "tmp"],
    folders: &[
        Folder::all("~/.tool*/projects"),
        Folder::on(On::MacOs, "{support}/tool"),
        Folder::on(On::Linux, "{data}/tool"),
        Folder::all("{editor}/User/x"),
    ],
    not_entered: &[],
};

fn environment(variables: &[(&str, &str)]) -> (tempfile::TempDir, Environment) {
    let home = tempfile::tempdir().unwrap();
    let pairs = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let environment = Environment {
        home: home.path().to_owned(),
        other_homes: Vec::new(),
        variables: pairs.collect(),
        platform: Platform::Linux,
        now: "2026-05-01T00:00:00Z".parse().unwrap(),
    };
    (home, environment)
}

fn made(home: &Path, folders: &[&str]) {
    for folder in folders {
        fs_err::create_dir_all(home.join(folder)).unwrap();
    }
}

#[test]
fn the_usual_places_are_those_of_the_system_with_patterns_filled_in() {
    let (home, environment) = environment(&[("XDG_DATA_HOME", "relative/is/ignored")]);
    let there = [".tool/projects", ".tool-2/projects", ".local/share/tool", ".config/Code/User/x"];
    made(home.path(), &there);
    made(home.path(), &["Library/Application Support/tool", ".toolish"]);
    let located = locate(&INFO, &Place { environment: &environment, configured: None });
    let mut expected = there.map(|folder| home.path().join(folder)).to_vec();
    expected.swap(0, 1);
    expected[..2].sort();
    assert_eq!(located.roots, expected);
    assert!(located.looked.iter().any(|path| path.ends_with("Cursor/User/x")));
}

#[test]
fn a_variable_replaces_the_usual_places_or_adds_to_them() {
    let (home, environment) = environment(&[("TOOL_DIR", "~/a,~/b/tmp"), ("TOOL_FILE", "~/c")]);
    made(home.path(), &["a/projects", "a/tmp", "b/tmp", "c", ".tool/projects"]);
    let located = locate(&INFO, &Place { environment: &environment, configured: None });
    let expected = ["a/projects", "a/tmp", "b/tmp", "c"].map(|folder| home.path().join(folder));
    assert_eq!(located.roots, expected);
    let environment = Environment {
        variables: [("TOOL_FILE".to_owned(), "~/c".to_owned())].into(),
        ..environment
    };
    let located = locate(&INFO, &Place { environment: &environment, configured: None });
    assert_eq!(located.roots, [home.path().join("c"), home.path().join(".tool/projects")]);
}

#[test]
fn a_named_folder_that_is_missing_is_told_and_an_existing_one_is_taken_as_it_is() {
    let (home, environment) = environment(&[]);
    let located = locate(&INFO, &Place { environment: &environment, configured: Some("~/gone") });
    assert!(located.missing[0].starts_with("`providers.qwen-code.directory` names"));
    made(home.path(), &["flat"]);
    let located = locate(&INFO, &Place { environment: &environment, configured: Some("~/flat") });
    assert_eq!(located.roots, [home.path().join("flat")]);
}

#[test]
fn homes_of_other_systems_are_looked_into_as_those_of_linux() {
    let (_home, mut environment) = environment(&[]);
    let other = tempfile::tempdir().unwrap();
    environment.platform = Platform::Windows;
    environment.other_homes.push(other.path().to_owned());
    made(other.path(), &[".local/share/tool"]);
    let located = locate(&INFO, &Place { environment: &environment, configured: None });
    assert_eq!(located.roots, [other.path().join(".local/share/tool")]);
}

#[test]
fn a_star_stands_for_any_run_of_characters() {
    for (name, pattern) in
        [("abc", "a*"), ("abc", "*c"), ("abc", "a*c"), ("abc", "*b*"), ("a", "a")]
    {
        assert!(fits(name, pattern), "{name} {pattern}");
    }
    for (name, pattern) in
        [("abc", "b*"), ("a", "a*a"), ("abc", "*d*"), ("ab", "a"), ("abd", "a*c")]
    {
        assert!(!fits(name, pattern), "{name} {pattern}");
    }
}
