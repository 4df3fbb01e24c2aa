//! One log that is being written.

use std::path::Path;

use anyhow::Result;

use crate::bench::logs::Clock;
use crate::bench::random::{Pool, Random};
use crate::bench::truth::Totals;

/// Shortest text of a tool result, before its tail. Bytes.
const RESULT: u64 = 400;

/// The usage of one response, in classes that do not overlap; reasoning is a part of the output.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) input: u64,
    pub(super) read: u64,
    pub(super) written: u64,
    pub(super) output: u64,
    pub(super) reasoning: u64,
}

impl Answer {
    /// The prompt with what was read from and written to the cache.
    pub(super) fn prompt(self) -> u64 {
        self.input + self.read + self.written
    }

    /// Output without reasoning.
    pub(super) fn visible(self) -> u64 {
        self.output - self.reasoning
    }

    /// All tokens.
    pub(super) fn total(self) -> u64 {
        self.prompt() + self.output
    }
}

/// A log, its times and its totals.
pub(super) struct Page<'a> {
    pub(super) text: Vec<u8>,
    pub(super) totals: Totals,
    pub(super) random: Random,
    number: u64,
    clock: Clock,
    pool: &'a Pool,
}

impl<'a> Page<'a> {
    /// The log of this number, of about so many bytes.
    pub(super) fn new(kind: u64, number: u64, bytes: u64, pool: &'a Pool) -> Self {
        let mut random = Random::new(kind, number);
        let clock = Clock::new(&mut random, bytes);
        let text = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0) + 8_000);
        Self { text, totals: Totals::default(), random, number, clock, pool }
    }

    /// One of so many projects.
    pub(super) fn project(&self) -> String {
        format!("/home/dev/projects/project-{:03}", self.number % 60)
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Whether there is room for more.
    pub(super) fn has_room(&self, bytes: u64) -> bool {
        (self.text.len() as u64) < bytes
    }

    /// The next moment, as the tools write it.
    pub(super) fn at(&mut self) -> String {
        self.clock.go_on(&mut self.random);
        self.clock.text()
    }

    /// The same in milliseconds since 1970.
    pub(super) fn millis(&mut self) -> u64 {
        self.clock.go_on(&mut self.random);
        self.clock.millis()
    }

    /// Text as it stands in a JSON string, as long as what tools give back.
    pub(super) fn words(&mut self) {
        let bytes = self.random.long_tail(RESULT);
        self.pool.push(&mut self.random, bytes, &mut self.text);
    }

    /// A response, which counts. Some tools tell no writes to the cache, and some no reasoning.
    pub(super) fn answer(&mut self, writes: bool, reasons: bool) -> Answer {
        let random = &mut self.random;
        let output = random.between(10, 2_500);
        let answer = Answer {
            input: random.between(100, 20_000),
            read: random.between(1, 60_000),
            written: if writes { random.between(1, 5_000) } else { 0 },
            output,
            reasoning: if reasons { random.below(output) } else { 0 },
        };
        self.totals += Totals {
            responses: 1,
            input: answer.input,
            output: answer.output,
            cache_read: answer.read,
            cache_creation: answer.written,
        };
        answer
    }

    /// Writes the file; its length and its totals.
    pub(super) fn save(self, path: &Path) -> Result<(u64, Totals)> {
        fs_err::create_dir_all(path.parent().unwrap_or(path))?;
        fs_err::write(path, &self.text)?;
        Ok((self.text.len() as u64, self.totals))
    }
}
