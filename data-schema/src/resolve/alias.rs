//! One response under several ids: `was` names those that it had before.

use rustc_hash::FxHashMap;

use super::Witness;
use crate::RecordId;

/// Gives all records of one response the id of the record that names the others.
pub(super) fn give_newest_ids(mut witnesses: Vec<Witness>) -> Vec<Witness> {
    let mut families = Families::default();
    for witness in &witnesses {
        for old in &witness.record.was {
            families.union(witness.record.id, *old);
        }
    }
    if families.parent.is_empty() {
        return witnesses;
    }
    let newest = families.newest(&witnesses);
    for witness in &mut witnesses {
        let record = &mut witness.record;
        if let Some(root) = families.known_root(record.id)
            && let Some(newest) = newest.get(&root)
            && record.id != *newest
        {
            let old = std::mem::replace(&mut record.id, *newest);
            record.was.push(old);
            record.was.retain(|was| was != newest);
            record.was.sort_unstable();
            record.was.dedup();
        }
    }
    witnesses
}

/// Sets of ids that mean one response.
#[derive(Default)]
struct Families {
    parent: FxHashMap<RecordId, RecordId>,
}

impl Families {
    fn root(&mut self, id: RecordId) -> RecordId {
        let mut root = *self.parent.entry(id).or_insert(id);
        while let Some(parent) = self.parent.get(&root).filter(|parent| **parent != root) {
            root = *parent;
        }
        // The way is shortened for the next one; a loop, because a chain may have any length.
        let mut next = id;
        while next != root {
            next = self.parent.insert(next, root).unwrap_or(root);
        }
        root
    }

    fn known_root(&mut self, id: RecordId) -> Option<RecordId> {
        self.parent.contains_key(&id).then(|| self.root(id))
    }

    /// The smaller id is the root, whatever the order of the calls.
    fn union(&mut self, one: RecordId, other: RecordId) {
        let (one, other) = (self.root(one), self.root(other));
        self.parent.insert(one.max(other), one.min(other));
    }

    /// The id of every family: of a record that names others and is named by none; among equals the
    /// smallest.
    fn newest(&mut self, witnesses: &[Witness]) -> FxHashMap<RecordId, RecordId> {
        let old: rustc_hash::FxHashSet<RecordId> =
            witnesses.iter().flat_map(|witness| witness.record.was.iter().copied()).collect();
        let mut newest: FxHashMap<RecordId, (bool, RecordId)> = FxHashMap::default();
        for witness in witnesses.iter().filter(|witness| !witness.record.was.is_empty()) {
            let id = witness.record.id;
            let candidate = (old.contains(&id), id);
            let best = newest.entry(self.root(id)).or_insert(candidate);
            *best = candidate.min(*best);
        }
        newest.into_iter().map(|(root, (_, id))| (root, id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_old_ids_may_have_any_length() {
        let mut ids: Vec<RecordId> =
            (0..200_000).map(|native| RecordId::new("t", &format!("{native}"), "")).collect();
        ids.sort();
        let mut families = Families::default();
        // From the greatest on, each is the root of the one before: the longest way there can be.
        for pair in ids.windows(2).rev() {
            families.union(pair[1], pair[0]);
        }
        assert!(ids.iter().rev().all(|id| families.root(*id) == ids[0]));
    }
}
