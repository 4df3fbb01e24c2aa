//! One bit per record.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bits that all cores may set.
#[derive(Debug, Default)]
pub(super) struct Bits {
    words: Vec<AtomicU64>,
}

impl Bits {
    pub(super) fn new(count: usize) -> Self {
        Self { words: (0..count.div_ceil(64)).map(|_| AtomicU64::new(0)).collect() }
    }

    /// The same bits with room for so many.
    pub(super) fn of_length(mut self, count: usize) -> Self {
        self.words.resize_with(count.div_ceil(64), AtomicU64::default);
        self
    }

    pub(super) fn set(&self, number: usize) {
        // Nothing is read by them before all cores are done.
        self.words[number / 64].fetch_or(1 << (number % 64), Ordering::Relaxed);
    }

    pub(super) fn get(&self, number: usize) -> bool {
        let word = self.words.get(number / 64).map_or(0, |word| word.load(Ordering::Relaxed));
        word >> (number % 64) & 1 == 1
    }

    /// Whether one of these is set.
    pub(super) fn any(&self, mut numbers: std::ops::Range<usize>) -> bool {
        numbers.any(|number| self.get(number))
    }
}
