//! Machines under the names that they are shown by: `machineNames` of the shared settings.
//!
//! Applied once to everything that was read, before anything is added up, so that two machines with one name are one
//! machine everywhere. Nothing stored changes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use data_schema::{MachineFile, Scope, Text};

use crate::input::Input;

/// The names that machines are shown by, by the stored ones.
#[derive(Clone, Debug, Default)]
pub struct ShownNames {
    names: BTreeMap<Text, Text>,
}

impl ShownNames {
    /// As the shared settings say.
    pub fn new(names: &BTreeMap<String, String>) -> Self {
        let pairs = names.iter().filter(|(stored, shown)| stored != shown && !shown.is_empty());
        let pairs = pairs.map(|(stored, shown)| (Text::from(&**stored), Text::from(&**shown)));
        Self { names: pairs.collect() }
    }

    /// The name that a machine is shown by.
    pub fn of<'t>(&'t self, stored: &'t Text) -> &'t Text {
        self.names.get(stored).unwrap_or(stored)
    }

    fn replace(&self, name: &mut Text) {
        if let Some(shown) = self.names.get(name) {
            *name = Text::clone(shown);
        }
    }
}

/// Takes what is forgotten out of everything beside records: tombstones name machines as they are stored.
pub(crate) fn forget(input: &mut Input) {
    let mut memory = std::mem::take(&mut input.tombstones).memory();
    if memory.is_empty() {
        return;
    }
    input.day_sums.retain(|sum| !memory.forgets_source(&sum.machine, &sum.provider));
    input.limits.retain(|(machine, provider, reading)| {
        let of = reading.source.as_deref().unwrap_or(provider);
        !memory.forgets_source(machine, provider) && !memory.forgets_source(machine, of)
    });
    input.machines.retain(|machine, _| !memory.covers(Scope::Machine, machine));
}

/// Gives every machine the name that it is shown by. The settings name none any more then, so that doing it twice
/// does nothing more.
pub(crate) fn rename(input: &mut Input) {
    let settings = &mut input.settings;
    let names = ShownNames::new(&std::mem::take(&mut settings.machine_names));
    if names.names.is_empty() {
        return;
    }
    for block in input.parts.iter_mut().flat_map(|part| &mut part.blocks) {
        names.replace(&mut block.machine);
    }
    input.day_sums.iter_mut().for_each(|sum| names.replace(&mut sum.machine));
    input.limits.iter_mut().for_each(|(machine, ..)| names.replace(machine));
    for ((mut machine, provider), since) in std::mem::take(&mut input.covered_since) {
        names.replace(&mut machine);
        let known = input.covered_since.entry((machine, provider)).or_insert(since);
        *known = since.min(*known);
    }
    for (stored, card) in std::mem::take(&mut input.machines) {
        put_card(&mut input.machines, names.of(&stored), card);
    }
    // Names that were given to a machine stay with it.
    for (stored, shown) in &names.names {
        if let Some(alias) = settings.aliases.machines.get(&**stored).cloned() {
            settings.aliases.machines.entry(shown.to_string()).or_insert(alias);
        }
    }
}

/// The card of the machine that collected first stands for both.
fn put_card(cards: &mut BTreeMap<Text, MachineFile>, shown: &Text, card: MachineFile) {
    match cards.entry(Text::clone(shown)) {
        Entry::Vacant(empty) => {
            empty.insert(card);
        }
        Entry::Occupied(mut known) => {
            if card.first_collected < known.get().first_collected {
                known.insert(card);
            }
        }
    }
}
