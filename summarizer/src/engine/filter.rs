//! What is left out of every sum: what a tombstone forgets, and work that the configuration does not want.
//!
//! Whole blocks are judged by their machine and source, before machines are renamed; records by the numbers of their
//! names, so that each name is looked at once per core. Only blocks that may have something to leave out are read:
//! where nothing is left out, it costs one look at the projects of each block.

use std::sync::Arc;

use data_schema::packed::{Unpacker, Words};
use data_schema::{Memory, Scope, Text, Tombstones};
use store::{Block, LEFT_OUT, Part};

use super::Blocks;
use super::bits::Bits;
use crate::SummarizeError;

/// What is known before any record is read.
#[derive(Debug, Default)]
pub(super) struct Filter {
    memory: Memory,
    /// Blocks that are forgotten as a whole; empty if none is.
    forgotten: Vec<bool>,
}

impl Filter {
    /// Looks at the origins of all blocks, in their order.
    pub(super) fn new(tombstones: &Tombstones, parts: &[Part]) -> Self {
        let mut memory = tombstones.memory();
        let by_origin = memory.has(Scope::Machine) || memory.has(Scope::Source);
        let blocks = parts.iter().flat_map(|part| &part.blocks);
        let forgets = |block: &Block| memory.forgets_source(&block.machine, &block.provider);
        let forgotten = if by_origin { blocks.map(forgets).collect() } else { Vec::new() };
        Self { memory, forgotten }
    }

    /// Marks all records that are left out.
    pub(super) fn mark(&self, blocks: &Blocks) -> Result<Bits, SummarizeError> {
        let leaves_out = self.forgotten.contains(&true)
            || self.memory.has(Scope::Project)
            || self.memory.has(Scope::Session)
            || blocks.blocks.iter().any(Block::leaves_out_some);
        if !leaves_out {
            return Ok(Bits::default());
        }
        let left_out = Bits::new(blocks.count());
        blocks.on_all_cores(
            || Sieve::new(&self.memory),
            |sieve, number| {
                if self.forgotten.get(number).copied().unwrap_or(false) {
                    (blocks.starts[number]..blocks.starts[number + 1])
                        .for_each(|place| left_out.set(place));
                } else if sieve.enter(&blocks.blocks[number]) {
                    blocks.read(number, |place, unpacker| {
                        if sieve.leaves_out(unpacker) {
                            left_out.set(place);
                        }
                    })?;
                }
                Ok(())
            },
        )?;
        Ok(left_out)
    }
}

/// What one core knows.
struct Sieve {
    memory: Memory,
    words: Arc<Words>,
    /// Whether each project is left out; empty if none is.
    projects: Vec<bool>,
    /// Whether a session is left out, as far as it was asked for; empty if none is.
    sessions: Vec<Option<bool>>,
    needs_project: bool,
}

impl Sieve {
    fn new(memory: &Memory) -> Self {
        Self {
            memory: memory.clone(),
            words: Arc::default(),
            projects: Vec::new(),
            sessions: Vec::new(),
            needs_project: false,
        }
    }

    /// Gets ready for the records of a block; whether some of them may be left out.
    fn enter(&mut self, block: &Block) -> bool {
        if !Arc::ptr_eq(&self.words, &block.words) {
            self.words = Arc::clone(&block.words);
            let memory = &mut self.memory;
            let is_left_out =
                |name: &Text| **name == *LEFT_OUT || memory.covers(Scope::Project, name);
            self.projects = self.words.projects().iter().map(is_left_out).collect();
            if !self.projects.contains(&true) {
                self.projects.clear();
            }
            let has_sessions = self.memory.has(Scope::Session);
            let count = if has_sessions { self.words.hashes().len() } else { 0 };
            self.sessions = vec![None; count];
        }
        self.needs_project = block.needs_project;
        self.needs_project || !self.projects.is_empty() || !self.sessions.is_empty()
    }

    /// Whether the record that was read last is left out.
    fn leaves_out(&mut self, unpacker: &Unpacker<'_>) -> bool {
        let numbers = unpacker.numbers();
        let by_project = match numbers.project {
            Some(project) => self.projects.get(project as usize).copied().unwrap_or(false),
            None => self.needs_project,
        };
        by_project || numbers.session.is_some_and(|session| self.forgets_session(session))
    }

    fn forgets_session(&mut self, number: u32) -> bool {
        let Some(known) = self.sessions.get_mut(number as usize) else { return false };
        let (memory, words) = (&mut self.memory, &self.words);
        let look = || words.hash(number).is_some_and(|session| memory.forgets_session(session));
        *known.get_or_insert_with(look)
    }
}
