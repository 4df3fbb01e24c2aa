//! Under which names machines write.

use std::collections::BTreeMap;

use data_schema::{MachineFile, Text};

/// Cards of machines by name.
pub(crate) type Cards = BTreeMap<Text, MachineFile>;

/// The name under which a machine writes where these machines are known: the one that its id has already; else the
/// one that it wants; else, if another machine has that, one with four digits of its id behind it.
pub(crate) fn name_among(cards: &Cards, wanted: &str, id: &str) -> Text {
    if let Some((name, _)) = cards.iter().find(|(_, card)| card.id == id) {
        return name.clone();
    }
    if !cards.contains_key(wanted) {
        return wanted.into();
    }
    let digits: String =
        id.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
    let lengths = [4, 8, digits.len()];
    let names = lengths.iter().map(|length| {
        let digits = digits.get(..*length).unwrap_or(&digits);
        Text::from(format!("{wanted}-{digits}"))
    });
    let names: Vec<Text> = names.collect();
    let free = names.iter().find(|name| !cards.contains_key(*name));
    free.or(names.last()).cloned().unwrap_or_else(|| wanted.into())
}

/// Where the folders of machines go when they are joined with those of other machines: a folder keeps its name unless
/// another machine has it. A folder without a card, as 1.x wrote them, keeps its name.
pub(crate) fn targets(ours: &Cards, theirs: &Cards) -> BTreeMap<Text, Text> {
    let mut known = theirs.clone();
    let mut targets = BTreeMap::new();
    for (name, card) in ours {
        let target = name_among(&known, name, &card.id);
        known.entry(target.clone()).or_insert_with(|| card.clone());
        targets.insert(name.clone(), target);
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cards(of: &[(&str, &str)]) -> Cards {
        let card = |(name, id): &(&str, &str)| {
            let card = MachineFile {
                version: "2.0".to_owned(),
                machine: (*name).to_owned(),
                id: (*id).to_owned(),
                first_collected: data_schema::UtcSeconds::default(),
                programs: Vec::new(),
            };
            (Text::from(*name), card)
        };
        of.iter().map(card).collect()
    }

    #[test]
    fn a_machine_keeps_its_name_and_a_second_one_gets_digits() {
        let known = cards(&[("laptop", "aa11"), ("desk", "bb22")]);
        assert_eq!(&*name_among(&known, "laptop", "aa11"), "laptop");
        assert_eq!(&*name_among(&known, "new-name", "bb22"), "desk");
        assert_eq!(&*name_among(&known, "laptop", "cc33dd44"), "laptop-cc33");
        let crowded = cards(&[("laptop", "aa11"), ("laptop-cc33", "ee")]);
        assert_eq!(&*name_among(&crowded, "laptop", "cc33dd44"), "laptop-cc33dd44");
        assert_eq!(&*name_among(&known, "phone", "x"), "phone");
    }

    #[test]
    fn folders_move_out_of_the_way_of_other_machines_only() {
        let ours = cards(&[("laptop", "aa11"), ("desk", "bb22"), ("old", "cc33")]);
        let theirs = cards(&[("laptop", "9999"), ("desk", "bb22"), ("new", "cc33")]);
        let targets = targets(&ours, &theirs);
        let targets: Vec<(&str, &str)> =
            targets.iter().map(|(from, to)| (&**from, &**to)).collect();
        assert_eq!(targets, [("desk", "desk"), ("laptop", "laptop-aa11"), ("old", "new")]);
    }
}
