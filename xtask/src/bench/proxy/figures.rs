//! The load tool's arithmetic: when requests are due, percentiles, paired differences, and which rounds count.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The longest latency that is told apart. Microseconds.
const LONGEST: u64 = 60_000_000;
/// By how many hundredths the direct p99 of the two halves of a round may differ.
const STEADY: u64 = 130;

/// Percentiles. Microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Percentiles {
    pub(super) count: u64,
    pub(super) p50: u64,
    pub(super) p99: u64,
    pub(super) max: u64,
}

impl Percentiles {
    /// Of latencies in nanoseconds.
    pub(super) fn of(latencies: &[u64]) -> Self {
        let mut histogram = Histogram::<u64>::new_with_bounds(1, LONGEST, 3)
            .expect("the bounds of the histogram are constants that fit");
        for nanoseconds in latencies {
            histogram.saturating_record((nanoseconds + 500) / 1000);
        }
        Self {
            count: histogram.len(),
            p50: histogram.value_at_quantile(0.50),
            p99: histogram.value_at_quantile(0.99),
            max: histogram.max(),
        }
    }
}

/// What a relay adds: percentiles of differences, which may be below zero. Microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Added {
    pub(super) p50: i64,
    pub(super) p99: i64,
}

impl Added {
    /// Each latency through the relay less the direct one of its pair, both in nanoseconds.
    pub(super) fn of(direct: &[u64], relayed: &[u64]) -> Self {
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let pairs = direct.iter().zip(relayed);
        let mut differences: Vec<i64> =
            pairs.map(|(direct, relayed)| signed(*relayed) - signed(*direct)).collect();
        differences.sort_unstable();
        let at = |percent| at_rank(&differences, percent).map_or(0, to_microseconds);
        Self { p50: at(50), p99: at(99) }
    }

    /// The medians of several rounds.
    pub(super) fn median(rounds: &[Self]) -> Self {
        let median = |of: fn(&Self) -> i64| {
            let mut values: Vec<i64> = rounds.iter().map(of).collect();
            values.sort_unstable();
            at_rank(&values, 50).unwrap_or(0)
        };
        Self { p50: median(|one| one.p50), p99: median(|one| one.p99) }
    }
}

/// The least value that so many of a hundred do not exceed (nearest rank).
pub(super) fn at_rank<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// Rounded to the nearest, half away from zero.
fn to_microseconds(nanoseconds: i64) -> i64 {
    (nanoseconds + 500 * nanoseconds.signum()) / 1000
}

/// One quantity of a round: latencies of pairs, in the order in which they were taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) direct: Percentiles,
    pub(super) relayed: Percentiles,
    pub(super) added: Added,
    /// The direct p99 of the first half of the pairs and of the second. Microseconds.
    pub(super) halves: [u64; 2],
}

impl Series {
    /// Nanoseconds.
    pub(super) fn of(name: &str, direct: &[u64], relayed: &[u64]) -> Self {
        let (first, second) = direct.split_at(direct.len() / 2);
        Self {
            name: name.to_owned(),
            direct: Percentiles::of(direct),
            relayed: Percentiles::of(relayed),
            added: Added::of(direct, relayed),
            halves: [first, second].map(|half| Percentiles::of(half).p99),
        }
    }

    /// Whether the machine was busy with something else: then the round counts for nothing.
    pub(super) fn is_void(&self) -> bool {
        let [first, second] = self.halves;
        first.max(second) * 100 > first.min(second) * STEADY
    }
}

/// When a request is due, from the start: a fixed rate, whatever becomes of those before.
pub(super) fn due(number: u64, rate: u64) -> Duration {
    Duration::from_nanos(number.saturating_mul(1_000_000_000) / rate.max(1))
}

/// How many are due within a span.
pub(super) fn count(span: Duration, rate: u64) -> u64 {
    let spans = u128::from(rate) * span.as_nanos() / 1_000_000_000;
    u64::try_from(spans).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_due_at_a_fixed_rate_without_drift() {
        assert_eq!(due(0, 2000), Duration::ZERO);
        assert_eq!(due(1, 2000), Duration::from_micros(500));
        assert_eq!(due(6_000, 2000), Duration::from_secs(3));
        assert_eq!(due(3, 3), Duration::from_secs(1));
        assert_eq!(due(1, 3), Duration::from_nanos(333_333_333));
        assert_eq!(count(Duration::from_millis(1500), 2000), 3000);
        assert_eq!(count(Duration::from_millis(1), 3), 0);
    }

    #[test]
    fn percentiles_are_rounded_to_microseconds_with_three_digits() {
        let latencies: Vec<u64> = (1..=1000).map(|number| number * 1000).collect();
        let told = Percentiles::of(&latencies);
        assert_eq!((told.count, told.p50, told.p99, told.max), (1000, 500, 990, 1000));
        assert_eq!(Percentiles::of(&[1_499, 1_500]).p50, 1);
        assert_eq!(Percentiles::of(&[]).p99, 0);
    }

    #[test]
    fn differences_are_of_pairs_and_not_of_percentiles() {
        // The relay is slower by 100 µs where the direct call is fast, and as fast where that is slow.
        let direct = [100_000, 900_000, 100_000, 900_000];
        let relayed = [200_000, 900_000, 200_000, 800_000];
        assert_eq!(Added::of(&direct, &relayed), Added { p50: 0, p99: 100 });
        assert_eq!(Added::of(&[1_600], &[0]), Added { p50: -2, p99: -2 });
        assert_eq!(Added::of(&[], &[]), Added::default());
    }

    #[test]
    fn the_median_of_rounds_is_taken_figure_by_figure() {
        let rounds = [(1, 30), (9, 10), (5, 20)].map(|(p50, p99)| Added { p50, p99 });
        assert_eq!(Added::median(&rounds), Added { p50: 5, p99: 20 });
        assert_eq!(Added::median(&[]), Added::default());
    }

    #[test]
    fn a_round_is_void_if_the_direct_p99_moved_by_more_than_30_percent() {
        let series = |first, second| Series { halves: [first, second], ..Series::default() };
        for (first, second, is_void) in
            [(100, 130, false), (130, 100, false), (100, 131, true), (131, 100, true), (0, 1, true)]
        {
            assert_eq!(series(first, second).is_void(), is_void, "{first} {second}");
        }
        let steady = vec![100_000; 50];
        let disturbed = [vec![100_000; 50], vec![200_000; 50]].concat();
        assert!(!Series::of("a", &[steady.clone(), steady].concat(), &disturbed).is_void());
        assert!(Series::of("a", &disturbed, &disturbed).is_void());
    }
}
