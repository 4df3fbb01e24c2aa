//! Numbers and text of the generators: the same at every run and on every system, so integers only.

/// `SplitMix64`, <https://prng.di.unimi.it/splitmix64.c>, read 2026-11-21.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

const LETTERS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

impl Random {
    /// A sequence for each pair: of a kind of file, and its number.
    pub(crate) fn new(kind: u64, number: u64) -> Self {
        let mut random = Self(kind.wrapping_mul(0xd6e8_feb8_6659_fd93) ^ number);
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 for a limit of 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// A number from `least` to below `limit`.
    pub(crate) fn between(&mut self, least: u64, limit: u64) -> u64 {
        least + self.below(limit.saturating_sub(least))
    }

    /// Whether a thing happens that happens so many times in a hundred.
    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// The numbers below `count`, each once, in any order.
    pub(crate) fn shuffled(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            let place = self.below(u64::try_from(last + 1).unwrap_or(1));
            order.swap(last, usize::try_from(place).unwrap_or(0));
        }
        order
    }

    /// One of a list.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let place = self.below(u64::try_from(list.len()).unwrap_or(1));
        &list[usize::try_from(place).unwrap_or(0)]
    }

    /// Lengths with a long tail, as tool results have: half of them are `least` to twice that, a quarter
    /// twice to four times that, and so on up to 256 times. Bytes.
    pub(crate) fn long_tail(&mut self, least: u64) -> u64 {
        let doubled = least << self.next().trailing_zeros().min(7);
        doubled + self.below(doubled)
    }

    /// Letters and digits, as in ids.
    pub(crate) fn letters(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(*self.pick(LETTERS))).collect()
    }

    /// A random UUID, version 4.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 50),
            low & 0xffff_ffff_ffff
        )
    }
}

/// Words as they stand in a JSON string: with escapes, with letters of several bytes, and now and then
/// with what looks like a usage line to a search that does not know about escapes.
const WORDS: &[&str] = &[
    "fn",
    "let",
    "mut",
    "impl",
    "struct",
    "return",
    "match",
    "Some(value)",
    "Result<(), Error>",
    "the",
    "and",
    "of",
    "to",
    "for",
    "is",
    "with",
    "test",
    "error",
    "file",
    "path",
    "line",
    "build",
    "cargo",
    "\\n",
    "\\n    ",
    "\\t",
    "\\\"",
    "C:\\\\src\\\\app",
    "{}",
    "[0]",
    "=>",
    "::",
    "//",
    "中文",
    "é",
    "–",
    "“quoted”",
    "🦀",
    "\\u001b[32mok\\u001b[0m",
    "Größe",
];
const DECOYS: &[&str] = &[
    "{\\\"usage\\\":{\\\"input_tokens\\\":7,\\\"output_tokens\\\":9}}",
    "\\\"type\\\":\\\"token_count\\\"",
];
/// Bytes of the text that all texts are cut from.
const POOL: usize = 1 << 20;

/// The text that all texts are cut from, at the ends of words.
pub(crate) struct Pool {
    text: Vec<u8>,
    starts: Vec<usize>,
}

impl Pool {
    pub(crate) fn new() -> Self {
        let mut random = Random::new(0, 0);
        let (mut text, mut starts) = (Vec::with_capacity(POOL + 64), Vec::new());
        while text.len() < POOL {
            starts.push(text.len());
            let words = if random.below(500) == 0 { DECOYS } else { WORDS };
            text.extend_from_slice(random.pick(words).as_bytes());
            text.push(b' ');
        }
        starts.push(text.len());
        Self { text, starts }
    }

    /// Appends text of nearly so many bytes, never more.
    pub(crate) fn push(&self, random: &mut Random, bytes: u64, line: &mut Vec<u8>) {
        let mut left = usize::try_from(bytes).unwrap_or(usize::MAX);
        let words = u64::try_from(self.starts.len() - 1).unwrap_or(1);
        loop {
            let first = usize::try_from(random.below(words)).unwrap_or(0);
            let start = self.starts[first];
            let end = self.starts.partition_point(|end| *end <= start.saturating_add(left)) - 1;
            if end == first {
                return;
            }
            let piece = &self.text[start..self.starts[end]];
            line.extend_from_slice(piece);
            left -= piece.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_seed_others() {
        let ids = |kind, number| Random::new(kind, number).letters(24);
        assert_eq!(ids(1, 2), ids(1, 2));
        assert_ne!(ids(1, 2), ids(2, 1));
        assert_ne!(ids(1, 2), ids(1, 3));
    }

    #[test]
    fn a_text_is_a_valid_json_string_of_the_length_that_was_asked_for() {
        let (pool, mut random) = (Pool::new(), Random::new(1, 1));
        for bytes in [0, 10, 1000, 3_000_000] {
            let mut line = vec![b'"'];
            pool.push(&mut random, bytes, &mut line);
            line.push(b'"');
            let length = u64::try_from(line.len()).unwrap() - 2;
            assert!(length <= bytes && length + 100 > bytes, "{length} of {bytes}");
            serde_json::from_slice::<String>(&line).unwrap();
        }
    }
}
