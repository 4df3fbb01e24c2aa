//! Who owns a request: forks and sub-agents begin with a replay of their parent's requests.
//!
//! A request without a response id is known by its owner thread and the chain of all accepted events up
//! to it, which a replay repeats. A replayed request gets its owner's id, so that it is the owner's
//! record however many files repeat it, and even if the owner's own log is gone.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use data_schema::{RecordId, Text, UtcSeconds, namespace};
use sha2::{Digest, Sha256};

use super::parse::{Request, Response, Stream};
use super::shape::Counts;

/// Events of a replay are written in one go; the first own answer comes later. Seconds.
const BURST_GAP: i64 = 3;
/// However a replay is known, it does not pause for so long. Seconds.
const REPLAY_PAUSE: i64 = 10;
/// How far two clocks of one machine may lie apart. Seconds.
const SLACK: i64 = 5;

/// What a request is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) id: RecordId,
    /// What other files, or an earlier run, may have called it.
    pub(super) was: Vec<RecordId>,
    /// The thread that made the request.
    pub(super) owner: Text,
    pub(super) replayed: bool,
    /// Whether the owner was guessed, because no ancestor's log is there.
    pub(super) guessed: bool,
}

/// All streams of a scan.
pub(super) struct Families<'a> {
    streams: &'a [Stream],
    /// The longest stream of every thread.
    by_thread: HashMap<&'a str, usize>,
    chains: Vec<Vec<[u8; 32]>>,
    owners: Vec<Option<Vec<Owned>>>,
}

/// Owner of one request.
#[derive(Clone)]
struct Owned {
    owner: Text,
    replayed: bool,
    guessed: bool,
}

impl<'a> Families<'a> {
    pub(super) fn new(streams: &'a [Stream]) -> Self {
        let mut by_thread: HashMap<&str, usize> = HashMap::new();
        for (index, stream) in streams.iter().enumerate() {
            let longest = by_thread.entry(&stream.thread).or_insert(index);
            if streams[*longest].requests.len() < stream.requests.len() {
                *longest = index;
            }
        }
        let chains = streams.iter().map(|stream| chain(START, &stream.requests)).collect();
        Self { streams, by_thread, chains, owners: vec![None; streams.len()] }
    }

    /// The identities of one stream's requests, in their order.
    pub(super) fn identify(&mut self, index: usize) -> Vec<Identity> {
        let owners = self.owners(index, &mut Vec::new());
        let stream = &self.streams[index];
        let alone = own_start_alone(stream);
        stream
            .requests
            .iter()
            .zip(&self.chains[index])
            .zip(owners)
            .enumerate()
            .map(|(position, ((request, link), owned))| {
                identity(request, link, owned, &known_as(stream, position < alone))
            })
            .collect()
    }

    /// Whose requests a stream's are. `path` holds the streams that are being looked at, so that a
    /// circle of parents ends.
    fn owners(&mut self, index: usize, path: &mut Vec<usize>) -> Vec<Owned> {
        if let Some(known) = &self.owners[index] {
            return known.clone();
        }
        path.push(index);
        let stream = &self.streams[index];
        let parents =
            stream.ancestors.iter().filter_map(|thread| self.by_thread.get(thread.as_str()));
        let parent = parents.copied().find(|parent| !path.contains(parent));
        let owners = if let Some(parent) = parent {
            let replayed = self.replayed_from(index, parent);
            let mut owners = self.owners(parent, path);
            owners.truncate(replayed);
            for owned in &mut owners {
                owned.replayed = true;
            }
            // What goes beyond the parent's log belongs to it as well: its end is missing there.
            let end = if replayed == self.streams[parent].requests.len() {
                own_start_alone(stream).max(replayed)
            } else {
                replayed
            };
            let rest = Text::from(self.streams[parent].thread.as_str());
            owners.resize(end, Owned { owner: rest, replayed: true, guessed: false });
            owners
        } else {
            let owner = stream.ancestors.last().unwrap_or(&stream.thread);
            let owner = Text::from(owner.as_str());
            vec![Owned { owner, replayed: true, guessed: true }; own_start_alone(stream)]
        };
        let mut owners = owners;
        let own =
            Owned { owner: Text::from(stream.thread.as_str()), replayed: false, guessed: false };
        owners.resize(stream.requests.len(), own);
        path.pop();
        self.owners[index] = Some(owners.clone());
        owners
    }

    /// Length of the prefix that repeats the parent's requests: equal events in the same order, never
    /// earlier than the parent's, before the thread's own first turn, and without a pause unless they
    /// were copied with their times. A single one that came long after the line that began it may be a
    /// thread's own that is equal by chance.
    fn replayed_from(&self, index: usize, parent: usize) -> usize {
        let (child, parent_stream) = (&self.streams[index], &self.streams[parent]);
        let end = own_turn_start(child).unwrap_or(child.requests.len());
        let late = pause_at(child, 0, REPLAY_PAUSE);
        let pause = (1..end).find(|position| pause_at(child, *position, REPLAY_PAUSE));
        let pause = pause.unwrap_or(end);
        let same_time = |copy: &Request, original: &Request| copy.told == original.told;
        let pairs = child.requests[..end].iter().zip(&parent_stream.requests);
        let links = self.chains[index].iter().zip(&self.chains[parent]);
        let repeated = pairs
            .zip(links)
            .enumerate()
            .take_while(|(position, ((copy, original), (copy_link, original_link)))| {
                copy_link == original_link
                    && !is_before(copy.told, original.told)
                    && (*position < pause || same_time(copy, original))
            })
            .count();
        let by_chance =
            repeated == 1 && late && !same_time(&child.requests[0], &parent_stream.requests[0]);
        if by_chance { 0 } else { repeated }
    }
}

fn is_before(copy: Option<UtcSeconds>, original: Option<UtcSeconds>) -> bool {
    matches!((copy, original), (Some(copy), Some(original)) if copy.plus(SLACK) < original)
}

/// Where a stream's own requests begin, as far as the file alone can tell.
fn own_start_alone(stream: &Stream) -> usize {
    if stream.ancestors.is_empty() {
        return 0;
    }
    own_turn_start(stream).unwrap_or_else(|| pause_start(stream, BURST_GAP))
}

/// The first request of a turn that the thread itself began.
fn own_turn_start(stream: &Stream) -> Option<usize> {
    stream.requests.iter().position(|request| request.own_turn)
}

/// The first request after a pause of at least so many seconds.
fn pause_start(stream: &Stream, pause: i64) -> usize {
    let all = stream.requests.len();
    (0..all).find(|position| pause_at(stream, *position, pause)).unwrap_or(all)
}

/// Whether a request came so many seconds or more after the one before it; the first one after the line
/// that began it.
fn pause_at(stream: &Stream, position: usize, pause: i64) -> bool {
    let told = |request: &Request| request.told;
    let before = stream.requests.iter().take(position).rev().find_map(told).or(stream.began);
    let now = stream.requests.get(position).and_then(told);
    let paused = matches!((before, now), (Some(before), Some(now)) if now >= before.plus(pause));
    paused && (position > 0 || !begins_with_replay(stream))
}

/// Where a parent's first line is repeated, its replay follows; it may keep the parent's time. Then the
/// first gap says nothing.
fn begins_with_replay(stream: &Stream) -> bool {
    let first = stream.requests.first().and_then(|request| request.told);
    let is_old = matches!((stream.began, first), (Some(began), Some(first)) if first >= began.plus(FIRST_ANSWER));
    stream.repeats_parent || is_old
}

/// Longer than any first answer takes. Seconds.
const FIRST_ANSWER: i64 = 1800;

/// The threads under which this file, read alone, would have counted a request: the first is the one
/// that it would have chosen.
fn known_as(stream: &Stream, replayed: bool) -> Vec<&str> {
    if replayed {
        stream.ancestors.iter().rev().map(String::as_str).collect()
    } else {
        vec![&stream.thread]
    }
}

fn identity(request: &Request, link: &[u8; 32], owned: Owned, known_as: &[&str]) -> Identity {
    let mut ids: Vec<RecordId> = Vec::new();
    ids.extend(request.response.as_ref().map(Response::record_id));
    if request.counted.is_some() {
        let threads = std::iter::once(&*owned.owner).chain(known_as.iter().copied());
        ids.extend(threads.map(|thread| {
            RecordId::new(namespace::CODEX, &format!("{thread}:{}", HEXLOWER.encode(link)), "")
        }));
    }
    let id = ids[0];
    let mut was = ids.split_off(1);
    was.sort_unstable();
    was.dedup();
    was.retain(|other| *other != id);
    let Owned { owner, replayed, guessed } = owned;
    Identity { id, was, owner, replayed, guessed }
}

/// The link before the first request.
pub(super) const START: [u8; 32] = [0; 32];

/// The identities of requests of a thread that came from no other.
pub(super) fn identify_alone(
    thread: &str,
    requests: &[Request],
    links: &[[u8; 32]],
) -> Vec<Identity> {
    let owned = Owned { owner: Text::from(thread), replayed: false, guessed: false };
    let pairs = requests.iter().zip(links);
    pairs.map(|(request, link)| identity(request, link, owned.clone(), &[thread])).collect()
}

/// The link that requests behind these are chained to.
pub(super) fn last_link(before: [u8; 32], requests: &[Request], links: &[[u8; 32]]) -> [u8; 32] {
    let counted = requests.iter().zip(links).rev().find(|(request, _)| request.counted.is_some());
    counted.map_or(before, |(_, link)| *link)
}

/// For every request the hash of all accepted events up to it, behind an earlier link. A record without a
/// count takes its place by its response id but leaves the chain of counts as it is.
pub(super) fn chain(before: [u8; 32], requests: &[Request]) -> Vec<[u8; 32]> {
    let mut link = before;
    requests
        .iter()
        .map(|request| {
            let mut hasher = Sha256::new();
            hasher.update(link);
            match (&request.counted, &request.response) {
                (Some((total, last)), _) => {
                    for counts in [total, last] {
                        hasher.update(counts.as_ref().map_or([0; 48], Counts::bytes));
                    }
                    link = hasher.finalize().into();
                    link
                }
                (None, response) => {
                    hasher.update(response.as_ref().map_or("", |response| &response.id));
                    hasher.finalize().into()
                }
            }
        })
        .collect()
}
