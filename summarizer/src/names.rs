//! Names as they are shown: real, given, or none.

use std::collections::{BTreeMap, BTreeSet};

use data_schema::settings::{ModelNaming, Naming, ProjectNaming};
use data_schema::{Text, UtcSeconds};
use rustc_hash::FxHashMap;

use crate::Options;
use crate::input::Input;
use crate::sums::{Known, KnownNames};

/// What is shown of the names of one kind.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    /// Every shown name once, sorted: the order of places is the order of names.
    shown: Vec<Text>,
    /// Where the shown name of a real one stands.
    places: FxHashMap<Text, u32>,
}

/// What is shown of every name. Cells hold places instead of names, which are faster to compare.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) providers: Dictionary,
    pub(crate) models: Dictionary,
    pub(crate) machines: Dictionary,
    /// Holds the empty name too: that of records without a project, and of all where projects are hidden.
    pub(crate) projects: Dictionary,
}

/// When a name was seen first: what aliases are given by.
pub(crate) type FirstSeen = BTreeMap<Text, UtcSeconds>;

impl Dictionary {
    fn new(shown_by_name: impl IntoIterator<Item = (Text, Text)>) -> Self {
        let shown_by_name: Vec<(Text, Text)> = shown_by_name.into_iter().collect();
        let shown: BTreeSet<&Text> = shown_by_name.iter().map(|(_, shown)| shown).collect();
        let shown: Vec<Text> = shown.into_iter().cloned().collect();
        let place =
            |name: &Text| u32::try_from(shown.binary_search(name).unwrap_or(0)).unwrap_or(0);
        let places = shown_by_name.iter().map(|(name, shown)| (name.clone(), place(shown)));
        let places = places.collect();
        Self { shown, places }
    }

    /// The place of a real name. All names are known: they were collected from the same facts.
    pub(crate) fn place(&self, name: &str) -> u32 {
        self.places.get(name).copied().unwrap_or(0)
    }

    /// What is shown of a real name; `None` if no fact has it.
    pub(crate) fn shown(&self, name: &str) -> Option<&Text> {
        self.places.get(name).map(|place| self.name(*place))
    }

    /// Whether a name is shown.
    pub(crate) fn shows(&self, shown: &str) -> bool {
        self.shown.binary_search_by(|known| (**known).cmp(shown)).is_ok()
    }

    /// The shown name at a place.
    pub(crate) fn name(&self, place: u32) -> &Text {
        &self.shown[place as usize]
    }
}

impl Names {
    pub(crate) fn new(input: &Input, options: &Options<'_>, known: &KnownNames) -> Self {
        let given = &input.settings.aliases;
        let mut machines = first_seen(&known.machines);
        for (name, card) in &input.machines {
            machines.insert(name.clone(), card.first_collected);
        }
        let machines = match options.publish.machines {
            Naming::Name => real(&machines),
            Naming::Alias => aliases(&machines, &given.machines, "machine"),
        };
        let seen = first_seen(&known.projects);
        let nothing = Text::from("");
        let mut projects = match options.publish.projects {
            ProjectNaming::Hide => {
                seen.keys().map(|name| (name.clone(), nothing.clone())).collect()
            }
            ProjectNaming::Name => real(&seen),
            ProjectNaming::Alias => aliases(&seen, &given.projects, "project"),
        };
        projects.insert(nothing.clone(), nothing);
        Self {
            providers: Dictionary::new(providers(&first_seen(&known.providers), options)),
            models: Dictionary::new(models(known, &given.models, options)),
            machines: Dictionary::new(machines),
            projects: Dictionary::new(projects),
        }
    }
}

fn real(names: &FirstSeen) -> BTreeMap<Text, Text> {
    names.keys().map(|name| (name.clone(), name.clone())).collect()
}

fn first_seen(names: &[Known]) -> FirstSeen {
    names.iter().map(|known| (known.name.clone(), known.first)).collect()
}

/// Known tools as they are, others numbered where only listed names are shown.
fn providers(names: &FirstSeen, options: &Options<'_>) -> BTreeMap<Text, Text> {
    let mut shown = real(names);
    if options.publish.models == ModelNaming::Listed {
        let unlisted = names.iter().filter(|(name, _)| !data_schema::sources::is_known(name));
        let unlisted = unlisted.map(|(name, first)| (name.clone(), *first)).collect();
        shown.extend(aliases(&unlisted, &BTreeMap::new(), "source"));
    }
    shown
}

/// One name for all spellings of a model; a number where only listed ones are shown.
fn models(
    known: &KnownNames,
    given: &BTreeMap<String, String>,
    options: &Options<'_>,
) -> BTreeMap<Text, Text> {
    let all = || known.models.iter().zip(&known.canonical);
    if options.publish.models == ModelNaming::Name {
        return all().map(|(model, shown)| (model.name.clone(), shown.clone())).collect();
    }
    let mut unlisted = FirstSeen::new();
    for (model, canonical) in all().filter(|(model, _)| !options.prices.knows(&model.name)) {
        let earliest = unlisted.entry(canonical.clone()).or_insert(model.first);
        *earliest = (*earliest).min(model.first);
    }
    let aliases = aliases(&unlisted, given, "model");
    let shown = |canonical: &Text| aliases.get(canonical).unwrap_or(canonical).clone();
    all().map(|(model, canonical)| (model.name.clone(), shown(canonical))).collect()
}

/// Given names, else the next free number in the order of first sight.
fn aliases(
    names: &FirstSeen,
    given: &BTreeMap<String, String>,
    word: &str,
) -> BTreeMap<Text, Text> {
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
    fn places_have_the_order_of_shown_names() {
        let pairs = [("x", "b"), ("y", "a"), ("z", "b")];
        let dictionary =
            Dictionary::new(pairs.map(|(name, shown)| (Text::from(name), Text::from(shown))));
        let place = |name: &str| dictionary.place(name);
        assert_eq!([place("x"), place("y"), place("z")], [1, 0, 1]);
        assert_eq!([&**dictionary.name(0), &**dictionary.name(1)], ["a", "b"]);
    }

    #[test]
    fn slugs_are_safe_and_differ() {
        let slugs = slugs(["../x", "a/b", "a-b", "A_B", ""].into_iter());
        assert_eq!(slugs["../x"], "x");
        assert_eq!((slugs["a/b"].as_str(), slugs["a-b"].as_str()), ("a-b", "a-b-2"));
        assert_eq!((slugs["A_B"].as_str(), slugs[""].as_str()), ("a_b", "unnamed"));
    }
}
