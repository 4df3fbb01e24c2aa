//! Which rollouts have to be read: one that has changed, and all of a family that one of its members has
//! changed in, because a fork's requests are known by its parents'.

use std::collections::{HashMap, HashSet};

use data_schema::packed::Damaged;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::family::Families;
use super::load::{Member, as_member, kin_of, read, read_member};
use crate::contribution::Kin;
use crate::files::LogFile;
use crate::logs::{Logs, Read, Reading, State};

/// Reads the rollouts that have changed, and their families.
pub(super) fn read_changed(logs: &mut Logs<'_>) -> Result<(), Damaged> {
    mark_relatives(logs);
    let changed = logs.changed_logs();
    let mut members: HashMap<usize, Member> = HashMap::new();
    logs.read(&changed, read, |index, member| {
        if let Some(member) = member {
            members.insert(index, member);
        }
    })?;
    let kin: Vec<Option<Kin>> = (0..logs.files.len())
        .map(|index| match members.get(&index) {
            Some(member) => Some(kin_of(&member.stream)),
            None => logs.entry(index).and_then(|entry| entry.kin.clone()),
        })
        .collect();
    logs.groups = groups(&kin);
    // A rollout that came from no other counts by itself; the others of its family need its stream.
    let families = families(&kin, &logs.groups);
    let touched = changed.iter().map(|index| logs.groups[*index]);
    let touched: HashSet<u32> = touched.filter(|group| families.contains(group)).collect();
    let missing: Vec<usize> = (0..logs.files.len())
        .filter(|index| touched.contains(&logs.groups[*index]) && !members.contains_key(index))
        .collect();
    let files: Vec<(&LogFile, Reading<'_>)> = missing
        .iter()
        .map(|index| &logs.files[*index])
        .map(|file| (file, logs.reading(file)))
        .collect();
    let read: Vec<Member> =
        files.par_iter().map(|(file, reading)| read_member(file, *reading)).collect();
    members.extend(missing.into_iter().zip(read));
    settle(logs, members);
    Ok(())
}

/// Rollouts whose family has changed, or lost a member, are read anew.
fn mark_relatives(logs: &mut Logs<'_>) {
    let mut keys: Vec<u64> = logs.files.iter().map(|file| file.key).collect();
    keys.extend(&logs.gone);
    let kin: Vec<Option<Kin>> = keys.iter().map(|key| logs.kin(*key)).collect();
    let groups = groups(&kin);
    let families = families(&kin, &groups);
    let is_changed = |place: &usize| logs.states.get(*place) != Some(&State::Same);
    let changed = (0..keys.len()).filter(is_changed).map(|place| groups[place]);
    let changed: HashSet<u32> = changed.filter(|group| families.contains(group)).collect();
    for (state, group) in logs.states.iter_mut().zip(&groups) {
        if changed.contains(group) {
            *state = State::New;
        }
    }
}

/// Groups of more than one rollout, or of one that came from another.
fn families(kin: &[Option<Kin>], groups: &[u32]) -> HashSet<u32> {
    let mut seen = HashSet::new();
    let came = |kin: &Option<Kin>| kin.as_ref().is_some_and(|kin| !kin.ancestors.is_empty());
    let pairs = kin.iter().zip(groups);
    pairs
        .filter(|(kin, group)| !seen.insert(**group) || came(kin))
        .map(|(_, group)| *group)
        .collect()
}

/// A number for every rollout, the same for those that have a thread or an ancestor in common.
fn groups(kin: &[Option<Kin>]) -> Vec<u32> {
    let mut sets = Sets::default();
    let mut threads: HashMap<u64, u32> = HashMap::new();
    let mut groups: Vec<u32> = Vec::with_capacity(kin.len());
    for kin in kin {
        let own = sets.add();
        for thread in kin.iter().flat_map(|kin| kin.ancestors.iter().chain([&kin.thread])) {
            let known = *threads.entry(*thread).or_insert(own);
            sets.join(known, own);
        }
        groups.push(own);
    }
    groups.iter().map(|group| sets.root(*group)).collect()
}

/// Sets that are joined until they are what belongs together.
#[derive(Default)]
struct Sets {
    parents: Vec<u32>,
}

impl Sets {
    fn add(&mut self) -> u32 {
        let new = u32::try_from(self.parents.len()).unwrap_or(u32::MAX);
        self.parents.push(new);
        new
    }

    fn root(&mut self, mut place: u32) -> u32 {
        while self.parents[place as usize] != place {
            let above = self.parents[self.parents[place as usize] as usize];
            self.parents[place as usize] = above;
            place = above;
        }
        place
    }

    fn join(&mut self, left: u32, right: u32) {
        let (left, right) = (self.root(left), self.root(right));
        self.parents[left.max(right) as usize] = left.min(right);
    }
}

/// Makes records of all members of the families that were read.
fn settle(logs: &mut Logs<'_>, members: HashMap<usize, Member>) {
    let mut members: Vec<(usize, Member)> = members.into_iter().collect();
    members.sort_by_key(|(index, _)| *index);
    let (mut streams, mut rest) = (Vec::new(), Vec::new());
    for (index, Member { stream, report, error }) in members {
        streams.push(stream);
        rest.push((index, report, error));
    }
    let mut families = Families::new(&streams);
    for (place, (index, report, error)) in rest.into_iter().enumerate() {
        let identities = families.identify(place);
        let file = logs.files[index].clone();
        let clock = logs.reading(&file).clock;
        let contribution = as_member(&file, clock, &streams[place], identities, report);
        let read: Read<()> = Read::of(&file, contribution, error, ());
        logs.take(index, read);
    }
}
