//! What alone is counted, and names that nothing has.

use super::query::{Dimension, Only};
use crate::sums::{Known, KnownNames, Sums};

impl Only {
    /// Whether a source counts.
    pub(crate) fn has_source(&self, id: &str) -> bool {
        self.sources.is_empty() || self.sources.iter().any(|name| is_source(name, id))
    }

    /// Whether a model counts, told its own name and the one that it is shown under.
    pub(crate) fn has_model(&self, name: &str, shown: &str) -> bool {
        let is = |wanted: &String| is_same(wanted, name) || is_same(wanted, shown);
        self.models.is_empty() || self.models.iter().any(is)
    }

    /// Whether a project counts; the empty name is that of none.
    pub(crate) fn has_project(&self, project: &str) -> bool {
        self.projects.is_empty() || self.projects.iter().any(|name| is_project(name, project))
    }

    /// Whether a machine counts.
    pub(crate) fn has_machine(&self, name: &str) -> bool {
        self.machines.is_empty() || self.machines.iter().any(|wanted| is_same(wanted, name))
    }
}

/// A name that was asked for and that nothing has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownName {
    /// What it should be the name of.
    pub dimension: Dimension,
    /// The name.
    pub name: String,
    /// Names that are known and like it, the nearest first; three at most.
    pub nearest: Vec<String>,
}

/// The names that were asked for and that nothing has, on whatever day. Each is told with the nearest that are known.
pub fn unknown_names(sums: &Sums, only: &Only) -> Vec<UnknownName> {
    let mut unknown = Vec::new();
    for dimension in Dimension::ALL {
        let known = shown(&sums.names, dimension);
        for name in only.names(dimension) {
            if !matching(&sums.names, dimension, &one(dimension, name)).contains(&true) {
                unknown.push(UnknownName {
                    dimension,
                    name: name.clone(),
                    nearest: nearest(name, &known),
                });
            }
        }
    }
    unknown
}

/// Which places of names are counted, of each dimension; `None` = all.
pub(super) struct Wanted([Option<Vec<bool>>; 4]);

impl Wanted {
    pub(super) fn new(names: &KnownNames, only: &Only) -> Self {
        Self(Dimension::ALL.map(|dimension| {
            (!only.names(dimension).is_empty()).then(|| matching(names, dimension, only))
        }))
    }

    /// Whether a cell counts: the places of its source, model, project and machine.
    pub(super) fn has(&self, places: [u32; 4]) -> bool {
        let is_wanted = |(wanted, place): (&Option<Vec<bool>>, u32)| {
            wanted.as_ref().is_none_or(|wanted| wanted.get(place as usize) == Some(&true))
        };
        self.0.iter().zip(places).all(is_wanted)
    }
}

/// Which places of names count. A project's place is that of a cell: 0 is none.
fn matching(names: &KnownNames, dimension: Dimension, only: &Only) -> Vec<bool> {
    let of = |known: &[Known], has: &dyn Fn(&str) -> bool| -> Vec<bool> {
        known.iter().map(|known| has(&known.name)).collect()
    };
    match dimension {
        Dimension::Source => of(&names.providers, &|id| only.has_source(id)),
        Dimension::Model => {
            let shown = names.models.iter().zip(&names.canonical);
            shown.map(|(known, shown)| only.has_model(&known.name, shown)).collect()
        }
        Dimension::Project => {
            let mut projects = of(&names.projects, &|name| only.has_project(name));
            projects.insert(0, only.has_project(""));
            projects
        }
        Dimension::Machine => of(&names.machines, &|name| only.has_machine(name)),
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}

/// Whether a name means a source: its id or its title.
fn is_source(name: &str, id: &str) -> bool {
    is_same(name, id) || data_schema::sources::title(id).is_some_and(|title| is_same(name, title))
}

/// Whether a name means a project: all of it, or what stands behind a `/` in it.
fn is_project(name: &str, project: &str) -> bool {
    let (name, project) = (name.to_lowercase(), project.to_lowercase());
    if name.is_empty() {
        return project.is_empty();
    }
    project.strip_suffix(&name).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// Nothing but one name.
fn one(dimension: Dimension, name: &str) -> Only {
    let mut only = Only::default();
    let names = match dimension {
        Dimension::Source => &mut only.sources,
        Dimension::Model => &mut only.models,
        Dimension::Project => &mut only.projects,
        Dimension::Machine => &mut only.machines,
    };
    names.insert(name.to_owned());
    only
}

/// The names that are shown.
fn shown(names: &KnownNames, dimension: Dimension) -> Vec<String> {
    let row = |known: &[Known]| known.iter().map(|known| known.name.to_string()).collect();
    match dimension {
        Dimension::Source => row(&names.providers),
        Dimension::Project => row(&names.projects),
        Dimension::Machine => row(&names.machines),
        Dimension::Model => {
            let mut all: Vec<String> = names.canonical.iter().map(ToString::to_string).collect();
            all.sort_unstable();
            all.dedup();
            all
        }
    }
}

/// Names that are looked at letter by letter; longer ones are cut.
const LETTERS: usize = 80;

/// Those of `known` that are like a name, the nearest first.
fn nearest(name: &str, known: &[String]) -> Vec<String> {
    let wanted = name.to_lowercase();
    let near = |known: &&String| {
        let lower = known.to_lowercase();
        let distance = distance(&wanted, &lower);
        let is_inside = !wanted.is_empty() && lower.contains(&wanted);
        let limit = 2.max(wanted.chars().count().min(LETTERS) / 3);
        (is_inside || distance <= limit).then_some((distance, (*known).clone()))
    };
    let mut found: Vec<(usize, String)> = known.iter().filter_map(|name| near(&name)).collect();
    found.sort_unstable();
    found.truncate(3);
    found.into_iter().map(|(_, name)| name).collect()
}

/// Letters to put in, take away or change until one text is the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(LETTERS).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in one.chars().take(LETTERS).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], place + 1);
        for (column, known) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *known);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        let known = ["gpt-5", "gpt-5-codex", "claude-sonnet-4-5"].map(str::to_owned);
        assert_eq!(nearest("gtp-5", &known)[0], "gpt-5");
        assert_eq!(nearest("sonnet", &known), ["claude-sonnet-4-5"]);
        assert_eq!(nearest("GPT-5-COEDX", &known)[0], "gpt-5-codex");
        assert!(nearest("--json", &known).is_empty());
    }

    #[test]
    fn a_distance_counts_letters() {
        for (one, other, expected) in
            [("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(one, other), expected);
        }
    }

    #[test]
    fn a_project_is_named_in_whole_or_by_its_end() {
        for name in ["org/api", "API", "api"] {
            assert!(is_project(name, "Org/api"), "{name}");
        }
        for name in ["", "pi", "org", "/api"] {
            assert!(!is_project(name, "org/api"), "{name}");
        }
    }
}
