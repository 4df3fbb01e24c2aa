//! From packed records to sums, without ever holding all records.
//!
//! A record is *entangled* if what other records say may change what it counts. Entangled records are
//! taken out and go through [`resolve`]; all others are facts as they stand and are added up straight
//! from the bytes.
//!
//! Why that gives what resolving everything would give: a step of [`resolve`] changes, moves or drops a
//! record only
//!
//! 1. if it shares an id, its own or an earlier one, with another record (`alias`, `same_id`). Records
//!    whose ids meet over several others share one with a neighbour each, so that all of them are
//!    entangled. Equal copies of one record at one place are one record: the join changes nothing then.
//! 2. if it is void, a counter's reading (`counters`) or a statement (`statements`), or a response of a session that has
//!    a counter: all of these are entangled. What statements are held against are sums, which all records are in,
//!    entangled or not.
//! 3. if the proxy saw it, or a response in the same tool, machine and report day, or one whose time
//!    fits (`wire`): all that the proxy saw is entangled, and every record on a report day that such a
//!    request touches from 27 hours before it until as long after the latest end that any request has:
//!    [`REACH`], the whole report day, and what is near its ends in a zone that left out the day beside it;
//!    and on the days beside those, because clocks that change at midnight may repeat the end of a day.
//!    A request that shares an id with others counts at the time of any of them, so that their days are
//!    days of the proxy, too.
//!    What is told of a day of the proxy beside its records is a sum over its source and day, which all
//!    are in for the same reason.
//!
//!    [`REACH`]: data_schema::resolve::REACH
//! 4. if a day sum of 1.x stands on its machine, source and report day (`day_sums`), or on one of the
//!    report days that the sum's own day touches: these records are entangled, with the days beside.
//!
//! The other way round, none of these steps looks at a record that is not entangled: pairs and groups
//! are made within what 1 to 4 name. Entangling more changes nothing, because resolving leaves a record
//! that nothing else speaks of as it is. A property test compares both ways.

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono_tz::Tz;
use data_schema::packed::{Damaged, Unpacker};
use data_schema::resolve::{Context, Resolved, WireDay, Witness, resolve};
use data_schema::{DaySum, Text, UsageRecord, UtcSeconds};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use store::{Block, IdPlace, Part};

use crate::SummarizeError;
use crate::calendar::{Clock, Local, day};
use crate::input::{Input, Options};
use crate::rename;
use crate::sums::Sums;
use adder::Adder;
pub(crate) use facts::Seen;
pub use facts::{Fact, Facts};
use filter::Filter;
use scope::Scope;
use statements::{Counted, weigh};

mod adder;
mod bits;
mod facts;
mod filter;
mod scope;
mod shared;
mod statements;
#[cfg(test)]
pub(crate) mod tests;

/// Blocks that a core takes at a time.
const STEP: usize = 16;

/// Adds up all records and day sums of the input, and takes them out of it, so that their memory is
/// given back as early as may be. Sessions cost memory and are made only if wanted.
///
/// # Errors
///
/// [`SummarizeError::Damaged`]: an index or a cache does not hold what it should, so that nothing can
/// be said about the totals.
pub fn sums(
    input: &mut Input,
    options: &Options<'_>,
    with_sessions: bool,
) -> Result<Sums, SummarizeError> {
    let records = Records::of(input);
    let day_sums = std::mem::take(&mut input.day_sums);
    let (blocks, marks) = shared::find(records)?;
    let scope = Scope::new(&blocks, &marks, &day_sums, options.zone)?;
    let job = Job { blocks: &blocks, marks: &marks, scope: &scope, zone: options.zone };
    // Statements are special: without such a block there is nothing to hold against what was counted.
    let has_statements = blocks.blocks.iter().any(|block| block.is_special);
    let new_adder = || match (Adder::new(options, with_sessions), has_statements) {
        (adder, true) => adder.with_days_of_utc(),
        (adder, false) => adder,
    };
    let (mut adders, entangled) = job.run(&new_adder)?;
    let mut adder = new_adder();
    let apart = add_resolved(entangled, day_sums, (input, options), &mut adder);
    adders.push(adder);
    Ok(finish(adders, apart, (input, options)))
}

/// All sums, and what statements say of them.
fn finish(
    mut adders: Vec<Adder<'_>>,
    Apart { statements, wire }: Apart,
    (input, options): (&Input, &Options<'_>),
) -> Sums {
    let mut counted = Counted::default();
    if !statements.is_empty() {
        for adder in &adders {
            adder.counted(&mut counted);
        }
    }
    let weighed = weigh(statements, &counted, &input.settings.statements.count);
    if let Some(adder) = adders.last_mut() {
        weighed.facts.iter().for_each(|fact| adder.fact(fact));
    }
    Sums { stated: weighed.rows, wire, ..Adder::finish(adders, options.prices) }
}

/// Runs once more what has found a derived file damaged: whoever reads the store or the logs anew makes
/// it anew. So that nobody gets a wrong total, what was made of it before is thrown away.
///
/// # Errors
///
/// What `run` fails with.
pub fn again_if_damaged<T>(
    mut run: impl FnMut() -> Result<T, SummarizeError>,
) -> Result<T, SummarizeError> {
    match run() {
        Err(SummarizeError::Damaged) => run(),
        result => result,
    }
}

/// What resolving tells beside what is added up.
struct Apart {
    statements: Vec<Witness>,
    wire: Vec<WireDay>,
}

/// Resolves witnesses and day sums and adds up what counts; returns what is told beside.
fn add_resolved(
    witnesses: Vec<Witness>,
    day_sums: Vec<DaySum>,
    (input, options): (&Input, &Options<'_>),
    adder: &mut Adder<'_>,
) -> Apart {
    let resolved = resolved(witnesses, day_sums, input, options.zone);
    resolved.facts.iter().for_each(|fact| adder.fact(fact));
    resolved.day_sums.iter().for_each(|sum| adder.day_sum(sum));
    Apart { statements: resolved.statements, wire: resolved.wire }
}

/// Resolves witnesses and day sums.
fn resolved(witnesses: Vec<Witness>, day_sums: Vec<DaySum>, input: &Input, zone: Tz) -> Resolved {
    let first =
        |(name, card): (&Text, &data_schema::MachineFile)| (name.clone(), card.first_collected);
    let context = Context {
        first_collected: input.machines.iter().map(first).collect(),
        covered_since: input.covered_since.clone(),
        day_of: &move |at: UtcSeconds| day(zone, at),
    };
    resolve(witnesses, day_sums, &context)
}

/// All blocks with the ids in them.
struct Records {
    blocks: Blocks,
    /// Sorted lists, with the place of the block that 0 means in each.
    ids: Vec<(usize, Vec<IdPlace>)>,
    /// What is left out.
    filter: Filter,
}

/// Blocks whose records are numbered through.
struct Blocks {
    blocks: Vec<Block>,
    /// Number of each block's first record, and of all records at the end.
    starts: Vec<usize>,
}

impl Records {
    /// Takes all records out of the input, where machines have the names that they are shown by from now on, and
    /// where nothing is left beside records that is to be forgotten.
    fn of(input: &mut Input) -> Self {
        let filter = Filter::new(&input.tombstones, &input.parts);
        rename::forget(input);
        rename::rename(input);
        Self { filter, ..Self::new(std::mem::take(&mut input.parts)) }
    }

    fn new(parts: Vec<Part>) -> Self {
        let mut blocks = Vec::with_capacity(parts.iter().map(|part| part.blocks.len()).sum());
        let mut ids = Vec::with_capacity(parts.len());
        for part in parts {
            ids.push((blocks.len(), part.ids));
            blocks.extend(part.blocks);
        }
        let mut starts = vec![0];
        let mut end = 0;
        for block in &blocks {
            end += block.count as usize;
            starts.push(end);
        }
        Self { blocks: Blocks { blocks, starts }, ids, filter: Filter::default() }
    }
}

impl Blocks {
    /// Number of all records.
    fn count(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The number of a record.
    fn number(&self, block: usize, record: u32) -> Result<usize, Damaged> {
        let is_there = self.blocks.get(block).is_some_and(|known| record < known.count);
        if is_there { Ok(self.starts[block] + record as usize) } else { Err(Damaged) }
    }

    /// Reads all records of a block in order.
    fn read(
        &self,
        block: usize,
        mut take: impl FnMut(usize, &Unpacker<'_>),
    ) -> Result<(), SummarizeError> {
        let known = &self.blocks[block];
        let bytes = known.bytes().map_err(|_| Damaged)?;
        let mut unpacker = Unpacker::new(&bytes, &known.words);
        let mut number = self.starts[block];
        while unpacker.advance()?.is_some() {
            take(number, &unpacker);
            number += 1;
        }
        // A count that is not true would shift the marks of all records behind it.
        if number == self.starts[block + 1] { Ok(()) } else { Err(SummarizeError::Damaged) }
    }

    /// Lets every core take blocks until none is left; returns what each core made of its own.
    fn on_all_cores<T: Send>(
        &self,
        new: impl Fn() -> T + Sync,
        take: impl Fn(&mut T, usize) -> Result<(), SummarizeError> + Sync,
    ) -> Result<Vec<T>, SummarizeError> {
        let next = AtomicUsize::new(0);
        let work = |_| {
            let mut own = new();
            loop {
                let start = next.fetch_add(STEP, Ordering::Relaxed);
                if start >= self.blocks.len() {
                    return Ok(own);
                }
                for block in start..self.blocks.len().min(start + STEP) {
                    take(&mut own, block)?;
                }
            }
        };
        (0..rayon::current_num_threads()).into_par_iter().with_max_len(1).map(work).collect()
    }
}

/// The pass that counts.
struct Job<'a> {
    blocks: &'a Blocks,
    marks: &'a shared::Marks,
    scope: &'a Scope,
    zone: Tz,
}

impl Job<'_> {
    /// Adds up what stands alone; returns the entangled records.
    fn run<'p>(
        &self,
        new_adder: &(impl Fn() -> Adder<'p> + Sync),
    ) -> Result<(Vec<Adder<'p>>, Vec<Witness>), SummarizeError> {
        let new = || (new_adder(), Vec::new());
        let cores = self
            .blocks
            .on_all_cores(new, |(adder, entangled), block| self.block(block, adder, entangled))?;
        let (adders, entangled): (Vec<_>, Vec<_>) = cores.into_iter().unzip();
        Ok((adders, entangled.into_iter().flatten().collect()))
    }

    fn block(
        &self,
        number: usize,
        adder: &mut Adder<'_>,
        entangled: &mut Vec<Witness>,
    ) -> Result<(), SummarizeError> {
        let block = &self.blocks.blocks[number];
        let scope = self.scope.of(&block.machine, &block.provider);
        adder.enter(block);
        self.blocks.read(number, |number, unpacker| {
            if self.marks.is_twin(number) {
                return;
            }
            let record = unpacker.record();
            let local = adder.local(record.at);
            if self.stands_alone(number, record, scope.contains(record, local.day)) {
                adder.packed(unpacker, local);
            } else {
                entangled.push(Witness {
                    machine: block.machine.clone(),
                    provider: block.provider.clone(),
                    record: Box::new(record.clone()),
                });
            }
        })
    }

    /// Reads the records of a block that repeat no other, where each stands in the calendar, and whether it stands
    /// alone.
    fn split(
        &self,
        number: usize,
        mut take: impl FnMut(&UsageRecord, Local, bool),
    ) -> Result<(), SummarizeError> {
        let block = &self.blocks.blocks[number];
        let scope = self.scope.of(&block.machine, &block.provider);
        let mut clock = Clock::new(self.zone);
        self.blocks.read(number, |number, unpacker| {
            if !self.marks.is_twin(number) {
                let record = unpacker.record();
                let local = clock.local(record.at);
                let is_in_scope = scope.contains(record, local.day);
                take(record, local, self.stands_alone(number, record, is_in_scope));
            }
        })
    }

    /// Whether nothing that other records say may change what a record counts.
    fn stands_alone(&self, number: usize, record: &UsageRecord, is_in_scope: bool) -> bool {
        !self.marks.is_shared(number) && !is_in_scope && !store::is_special(record)
    }
}
