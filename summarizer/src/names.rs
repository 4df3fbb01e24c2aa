//! Names as they are shown: real, given, or none.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use data_schema::settings::{ModelNaming, Naming, ProjectNaming};
use data_schema::{Text, UtcSeconds};

use crate::Options;
use crate::input::Input;

/// Decides what is shown of every name.
#[derive(Debug, Default)]
pub(crate) struct Names {
    machines: HashMap<Text, Text>,
    projects: HashMap<Text, Text>,
    models: HashMap<Text, Text>,
}

/// When a name was seen first: what aliases are given by.
pub(crate) type FirstSeen = BTreeMap<Text, UtcSeconds>;

impl Names {
    /// `machines`, `projects` and `models` are all names there are.
    pub(crate) fn new(input: &Input, options: &Options<'_>, seen: [&FirstSeen; 3]) -> Self {
        let [machines, projects, models] = seen;
        let given = &input.settings.aliases;
        let shown_machines = match options.publish.machines {
            Naming::Name => real(machines),
            Naming::Alias => aliases(machines, &given.machines, "machine"),
        };
        let shown_projects = match options.publish.projects {
            ProjectNaming::Hide => {
                projects.keys().map(|name| (name.clone(), Text::from(""))).collect()
            }
            ProjectNaming::Name => real(projects),
            ProjectNaming::Alias => aliases(projects, &given.projects, "project"),
        };
        let canonical = |name: &Text| Text::from(options.prices.canonical_model(name));
        let shown_models = models.keys().map(|name| (name.clone(), canonical(name))).collect();
        let mut names =
            Self { machines: shown_machines, projects: shown_projects, models: shown_models };
        if options.publish.models == ModelNaming::Listed {
            let mut unlisted = FirstSeen::new();
            for (name, first) in models.iter().filter(|(name, _)| !options.prices.knows(name)) {
                let earliest = unlisted.entry(canonical(name)).or_insert(*first);
                *earliest = (*earliest).min(*first);
            }
            let aliases = aliases(&unlisted, &given.models, "model");
            for shown in names.models.values_mut() {
                if let Some(alias) = aliases.get(shown) {
                    *shown = alias.clone();
                }
            }
        }
        names
    }

    pub(crate) fn machine(&self, name: &Text) -> Text {
        self.machines.get(name).unwrap_or(name).clone()
    }

    /// Empty for a record without a project, and where projects are hidden.
    pub(crate) fn project(&self, name: Option<&Text>) -> Text {
        name.and_then(|name| self.projects.get(name)).cloned().unwrap_or_else(|| Text::from(""))
    }

    pub(crate) fn model(&self, name: &Text) -> Text {
        self.models.get(name).unwrap_or(name).clone()
    }
}

fn real(names: &FirstSeen) -> HashMap<Text, Text> {
    names.keys().map(|name| (name.clone(), name.clone())).collect()
}

/// Given names, else the next free number in the order of first sight.
fn aliases(names: &FirstSeen, given: &BTreeMap<String, String>, word: &str) -> HashMap<Text, Text> {
    let mut order: Vec<(&Text, &UtcSeconds)> = names.iter().collect();
    order.sort_by_key(|(name, first)| (**first, (*name).clone()));
    let taken: BTreeSet<&str> = given.values().map(String::as_str).collect();
    let mut numbered = (1..)
        .map(|number| format!("{word} {number}"))
        .filter(|alias| !taken.contains(alias.as_str()));
    order
        .into_iter()
        .map(|(name, _)| {
            let alias = given.get(&**name).cloned().or_else(|| numbered.next()).unwrap_or_default();
            (name.clone(), Text::from(alias))
        })
        .collect()
}

/// A name that can be a file's: what is not a letter, digit, `.`, `_` or `-` becomes `-`; equal ones get
/// a number.
pub(crate) fn slugs<'n>(names: impl Iterator<Item = &'n str>) -> BTreeMap<String, String> {
    let mut taken = BTreeSet::new();
    let mut slugs = BTreeMap::new();
    for name in names {
        let plain: String = name
            .chars()
            .map(|letter| {
                if letter.is_ascii_alphanumeric() || "._-".contains(letter) {
                    letter.to_ascii_lowercase()
                } else {
                    '-'
                }
            })
            .collect();
        let plain = plain.trim_matches(['-', '.']).chars().take(80).collect::<String>();
        let plain = if plain.is_empty() { "unnamed".to_owned() } else { plain };
        let numbered = (2..).map(|number| format!("{plain}-{number}"));
        let slug =
            std::iter::once(plain.clone()).chain(numbered).find(|slug| taken.insert(slug.clone()));
        slugs.insert(name.to_owned(), slug.unwrap_or(plain.clone()));
    }
    slugs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_given_in_order_of_first_sight_and_given_ones_stay() {
        let at = |second| UtcSeconds::default().plus(second);
        let names =
            FirstSeen::from([("b".into(), at(1)), ("a".into(), at(2)), ("c".into(), at(3))]);
        let given = BTreeMap::from([("a".to_owned(), "machine 1".to_owned())]);
        let aliases = aliases(&names, &given, "machine");
        let alias = |name: &str| aliases[name].to_string();
        assert_eq!([alias("a"), alias("b"), alias("c")], ["machine 1", "machine 2", "machine 3"]);
    }

    #[test]
    fn slugs_are_safe_and_differ() {
        let slugs = slugs(["../x", "a/b", "a-b", "A_B", ""].into_iter());
        assert_eq!(slugs["../x"], "x");
        assert_eq!((slugs["a/b"].as_str(), slugs["a-b"].as_str()), ("a-b", "a-b-2"));
        assert_eq!((slugs["A_B"].as_str(), slugs[""].as_str()), ("a_b", "unnamed"));
    }
}
