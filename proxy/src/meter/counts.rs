//! What an answer told of its tokens, brought into classes that do not overlap: as the collector's adapters do it with
//! the same numbers in a log (`collector/src/adapter/counts.rs`, `collector/src/source/codex/load.rs`), so that a log
//! and the wire agree.

use data_schema::{Text, Tokens};

use super::Seen;
use crate::json::{Count, Scanner};

/// Numbers as they were told. The last that was told wins, each for itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// The prompt: with or without its caches, as the protocol has it.
    pub(super) input: Option<Tokens>,
    pub(super) cache_read: Option<Tokens>,
    pub(super) cache_creation: Option<Tokens>,
    pub(super) cache_creation_1h: Option<Tokens>,
    pub(super) output: Option<Tokens>,
    pub(super) reasoning: Option<Tokens>,
    pub(super) total: Option<Tokens>,
    /// Whether a number was none, or numbers contradict each other.
    pub(super) is_odd: bool,
}

/// What the numbers of a vendor contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) prompt_has_cache: bool,
    pub(super) output_has_reasoning: bool,
}

/// In the order in which they are tried.
const SHAPES: [Shape; 4] = [
    Shape { prompt_has_cache: true, output_has_reasoning: true },
    Shape { prompt_has_cache: false, output_has_reasoning: true },
    Shape { prompt_has_cache: true, output_has_reasoning: false },
    Shape { prompt_has_cache: false, output_has_reasoning: false },
];

/// A number that was not told, or one that was.
pub(super) fn number(tokens: Option<Tokens>) -> u64 {
    tokens.map_or(0, Tokens::get)
}

/// The sum of two numbers; not told if neither is.
pub(super) fn together(one: Option<Tokens>, other: Option<Tokens>) -> Option<Tokens> {
    one.or(other)?;
    Some(Tokens::saturating(number(one).saturating_add(number(other))))
}

/// Takes a number if it was told; whether it is damaged is returned.
pub(super) fn take(field: &mut Option<Tokens>, count: Count) -> bool {
    let (told, is_odd) = count.get();
    *field = told.or(*field);
    is_odd
}

/// Takes a count that is kept only above zero.
pub(super) fn positive(count: Count) -> Option<u32> {
    count.get().0.and_then(|count| u32::try_from(count.get()).ok()).filter(|count| *count > 0)
}

/// A kind of service that has a price of its own.
pub(super) fn tier(word: &str) -> Option<Text> {
    let tiers = ["priority", "flex", "batch"];
    tiers.iter().find(|tier| word.eq_ignore_ascii_case(tier)).map(|tier| Text::from(*tier))
}

impl Told {
    /// Takes the numbers of slots, in the order of the fields of [`Told`]; whether any was told.
    pub(super) fn take(&mut self, told: &Scanner, slots: [Option<usize>; 7]) -> bool {
        let fields = [
            &mut self.input,
            &mut self.cache_read,
            &mut self.cache_creation,
            &mut self.cache_creation_1h,
            &mut self.output,
            &mut self.reasoning,
            &mut self.total,
        ];
        let mut any = false;
        for (field, slot) in fields.into_iter().zip(slots) {
            let Some(slot) = slot else { continue };
            any |= told.has(slot);
            self.is_odd |= take(field, told.count(slot));
        }
        any
    }

    /// Whether prompt or output was told.
    pub(super) fn is_told(&self) -> bool {
        self.input.or(self.output).is_some()
    }

    /// Whether any number is above zero.
    pub(super) fn is_above_zero(&self) -> bool {
        let all = [self.input, self.cache_read, self.cache_creation, self.output, self.total];
        all.into_iter().any(|count| number(count) > 0)
    }

    /// Numbers of later usage over these: each that was told.
    pub(super) fn overlay(&mut self, later: &Self) {
        self.input = later.input.or(self.input);
        self.cache_read = later.cache_read.or(self.cache_read);
        self.cache_creation = later.cache_creation.or(self.cache_creation);
        self.cache_creation_1h = later.cache_creation_1h.or(self.cache_creation_1h);
        self.output = later.output.or(self.output);
        self.reasoning = later.reasoning.or(self.reasoning);
        self.total = later.total.or(self.total);
        self.is_odd |= later.is_odd;
    }

    /// The reading that adds up to the sum which was told; `usual` if none does, or no sum was told.
    pub(super) fn fitting(self, usual: Shape) -> Self {
        let Some(total) = self.total.filter(|total| total.get() > 0) else {
            return self.shaped(usual);
        };
        let fits = |shape: &Shape| {
            self.is_possible(*shape) && self.clone().shaped(*shape).sum() == total.get()
        };
        let found = std::iter::once(usual).chain(SHAPES).find(fits);
        self.shaped(found.unwrap_or(usual))
    }

    fn cached(&self) -> u64 {
        number(self.cache_read).saturating_add(number(self.cache_creation))
    }

    fn is_possible(&self, shape: Shape) -> bool {
        (!shape.prompt_has_cache || self.cached() <= number(self.input))
            && (!shape.output_has_reasoning || number(self.reasoning) <= number(self.output))
    }

    fn shaped(mut self, shape: Shape) -> Self {
        if let Some(input) = self.input.filter(|_| shape.prompt_has_cache) {
            self.is_odd |= self.cached() > input.get();
            self.input = Some(Tokens::saturating(input.get().saturating_sub(self.cached())));
        }
        if !shape.output_has_reasoning {
            self.output = together(self.output, self.reasoning);
        }
        self
    }

    fn sum(&self) -> u64 {
        let all = [self.input, self.cache_read, self.cache_creation, self.output];
        all.into_iter().map(number).fold(0, u64::saturating_add)
    }

    /// Takes the cached and written tokens out of the input, and cuts every part to its sum.
    pub(super) fn split(mut self) -> Self {
        let input = number(self.input);
        let read = self.within(self.cache_read, input);
        let left = input - number(read);
        let written = self.within(self.cache_creation, left);
        let left = left - number(written);
        (self.cache_read, self.cache_creation) = (read, written);
        self.input = self.input.map(|_| Tokens::saturating(left));
        self
    }

    fn within(&mut self, part: Option<Tokens>, room: u64) -> Option<Tokens> {
        let part = part?;
        self.is_odd |= part.get() > room;
        Some(Tokens::saturating(part.get().min(room)))
    }

    /// Writes disjoint numbers into what was seen. The sum stays only where nothing finer was told.
    pub(super) fn write(mut self, seen: &mut Seen) -> bool {
        if self.reasoning.is_some() {
            self.reasoning = self.within(self.reasoning, number(self.output));
        }
        self.cache_creation_1h = self.within(self.cache_creation_1h, number(self.cache_creation));
        let is_finer = self.input.or(self.cache_read).or(self.cache_creation).or(self.output);
        seen.input_tokens = self.input;
        seen.cache_read_tokens = self.cache_read;
        seen.cache_creation_tokens = self.cache_creation;
        seen.cache_creation_1h_tokens = self.cache_creation_1h;
        seen.output_tokens = self.output;
        seen.reasoning_tokens = self.reasoning;
        seen.total_tokens = self.total.filter(|_| is_finer.is_none());
        self.is_odd
    }
}
