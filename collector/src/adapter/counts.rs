//! The counts of one response, brought into classes that do not overlap.

use data_schema::{Tokens, Usage};

/// What a tool told of one response. Absent = not told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) input: Option<Tokens>,
    pub(crate) cache_read: Option<Tokens>,
    pub(crate) cache_creation: Option<Tokens>,
    pub(crate) cache_creation_1h: Option<Tokens>,
    /// All billed output, reasoning included.
    pub(crate) output: Option<Tokens>,
    pub(crate) reasoning: Option<Tokens>,
    /// Only where nothing finer is told.
    pub(crate) total: Option<Tokens>,
}

/// Damage that was mended: what to tell of it.
pub(crate) type Mended = Option<&'static str>;

/// The sum of two numbers that a tool tells apart; not told if neither is.
pub(crate) fn together(first: Option<Tokens>, second: Option<Tokens>) -> Option<Tokens> {
    match (first, second) {
        (None, None) => None,
        (first, second) => Some(Tokens::saturating(number(first) + number(second))),
    }
}

fn number(tokens: Option<Tokens>) -> u64 {
    tokens.map_or(0, Tokens::get)
}

impl Counts {
    /// For tools whose prompt number contains what was read from and written to the cache.
    pub(crate) fn prompt_with_cache(self) -> (Self, Mended) {
        let Some(prompt) = self.input else { return (self, None) };
        let cached = number(self.cache_read) + number(self.cache_creation);
        let mended = cached > prompt.get();
        let input = Some(Tokens::saturating(prompt.get().saturating_sub(cached)));
        let text = "more tokens come from the cache than the prompt has: the rest of the prompt is counted as 0";
        (Self { input, ..self }, mended.then_some(text))
    }

    /// For tools whose output number lacks the reasoning.
    pub(crate) fn output_without_reasoning(self) -> Self {
        Self { output: together(self.output, self.reasoning), ..self }
    }

    /// For tools of which some versions count the caches inside of the prompt, or the reasoning inside of the output,
    /// and others do not, where `told` is the sum that stands beside them: the reading that adds up to it. Nothing
    /// adds up: the caches are taken to be inside if that is possible at all, and `None` is returned beside.
    pub(crate) fn fitting(self, told: Option<Tokens>, usual: Shape) -> (Self, Option<Shape>) {
        let Some(told) = told else { return (self.shaped(usual), Some(usual)) };
        let candidates = [usual, Shape::ALL[0], Shape::ALL[1], Shape::ALL[2], Shape::ALL[3]];
        let fits =
            |shape: &Shape| self.is_possible(*shape) && self.shaped(*shape).sum() == told.get();
        match candidates.into_iter().find(fits) {
            Some(shape) => (self.shaped(shape), Some(shape)),
            None => (self.shaped(usual), None),
        }
    }

    fn is_possible(self, shape: Shape) -> bool {
        let cached = number(self.cache_read) + number(self.cache_creation);
        (!shape.prompt_has_cache || cached <= number(self.input))
            && (!shape.output_has_reasoning || number(self.reasoning) <= number(self.output))
    }

    fn shaped(self, shape: Shape) -> Self {
        let counts = if shape.prompt_has_cache { self.prompt_with_cache().0 } else { self };
        if shape.output_has_reasoning { counts } else { counts.output_without_reasoning() }
    }

    /// Reasoning is a part of the output.
    pub(crate) fn clamped(self) -> (Self, Mended) {
        let mended = number(self.reasoning) > number(self.output);
        let reasoning = if mended { self.output.or(Some(Tokens::ZERO)) } else { self.reasoning };
        let text = "more tokens are reasoning than output: all output is counted as reasoning";
        (Self { reasoning, ..self }, mended.then_some(text))
    }

    /// These and others. What is told on one side only is what that side tells.
    pub(crate) fn plus(self, other: Self) -> Self {
        let sum = |one: Option<Tokens>, other: Option<Tokens>| match (one, other) {
            (Some(one), Some(other)) => {
                Some(Tokens::saturating(one.get().saturating_add(other.get())))
            }
            (one, other) => one.or(other),
        };
        Self {
            input: sum(self.input, other.input),
            cache_read: sum(self.cache_read, other.cache_read),
            cache_creation: sum(self.cache_creation, other.cache_creation),
            cache_creation_1h: sum(self.cache_creation_1h, other.cache_creation_1h),
            output: sum(self.output, other.output),
            reasoning: sum(self.reasoning, other.reasoning),
            total: sum(self.total, other.total),
        }
    }

    /// All tokens.
    pub(crate) fn sum(self) -> u64 {
        self.into_usage(Usage::default()).total()
    }

    /// Every count, written out: what tells two readings of one counter apart.
    pub(crate) fn written(self) -> String {
        let counts = [
            self.input,
            self.cache_read,
            self.cache_creation,
            self.cache_creation_1h,
            self.output,
            self.reasoning,
            self.total,
        ];
        counts.map(|count| number(count).to_string()).join(" ")
    }

    /// Puts the counts into a record's usage.
    pub(crate) fn into_usage(self, usage: Usage) -> Usage {
        Usage {
            input_tokens: self.input,
            cache_read_tokens: self.cache_read,
            cache_creation_tokens: self.cache_creation,
            cache_creation_1h_tokens: self.cache_creation_1h,
            output_tokens: self.output,
            reasoning_tokens: self.reasoning,
            total_tokens: self.total,
            ..usage
        }
    }
}

/// What a tool's numbers contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) prompt_has_cache: bool,
    pub(crate) output_has_reasoning: bool,
}

impl Shape {
    const ALL: [Self; 4] = [
        Self { prompt_has_cache: true, output_has_reasoning: true },
        Self { prompt_has_cache: false, output_has_reasoning: true },
        Self { prompt_has_cache: true, output_has_reasoning: false },
        Self { prompt_has_cache: false, output_has_reasoning: false },
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(input: u64, cache: u64, output: u64, reasoning: u64) -> Counts {
        Counts {
            input: Tokens::new(input),
            cache_read: Tokens::new(cache),
            output: Tokens::new(output),
            reasoning: Tokens::new(reasoning),
            ..Counts::default()
        }
    }

    #[test]
    fn the_sum_beside_the_numbers_says_what_they_contain() {
        let usual = Shape { prompt_has_cache: true, output_has_reasoning: true };
        let cases = [(1100, 200, 100), (1900, 1000, 100), (1160, 200, 160), (1960, 1000, 160)];
        for (told, input, output) in cases {
            let (fitting, shape) = counts(1000, 800, 100, 60).fitting(Tokens::new(told), usual);
            assert!(shape.is_some(), "{told}");
            assert_eq!((number(fitting.input), number(fitting.output)), (input, output), "{told}");
        }
        let (fitting, shape) = counts(1000, 800, 100, 60).fitting(Tokens::new(5), usual);
        assert_eq!((number(fitting.input), shape), (200, None));
    }

    #[test]
    fn what_cannot_be_is_mended_and_told() {
        let (counts, mended) = counts(100, 800, 10, 60).prompt_with_cache();
        assert_eq!((number(counts.input), mended.is_some()), (0, true));
        let (counts, mended) = counts.clamped();
        assert_eq!((number(counts.reasoning), mended.is_some()), (10, true));
    }

    #[test]
    fn nothing_told_is_not_zero() {
        assert_eq!(Counts::default().output_without_reasoning().output, None);
    }
}
