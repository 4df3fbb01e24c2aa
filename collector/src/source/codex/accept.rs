//! Which `token_count` events are new requests, and what each of them used.

use super::shape::Counts;

/// A fall of a total by less than one part in so many is an event that comes late, not a reset.
const LATE_FALL_PART: u64 = 20;

/// Follows the running total of one file.
#[derive(Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) before: Option<Counts>,
    pub(super) last_without_total: Option<Counts>,
}

impl Totals {
    /// What a new request used; `None` for an event that repeats an earlier one.
    pub(super) fn accept(&mut self, total: Option<Counts>, last: Option<Counts>) -> Option<Counts> {
        let Some(total) = total else { return self.accept_last(last?) };
        if total.sum() == 0 || self.before == Some(total) {
            return None;
        }
        let used = match self.before {
            Some(before) if total.sum() >= before.sum() => {
                last.unwrap_or_else(|| total.since(&before))
            }
            Some(before) if is_late(&before, &total, last.as_ref()) => return None,
            // The first event, or a new epoch: the total started again.
            _ => last.unwrap_or(total),
        };
        self.before = Some(total);
        (used.sum() > 0).then_some(used)
    }

    /// Without a total, only an event that is equal to the one before can be known as a repeat.
    fn accept_last(&mut self, last: Counts) -> Option<Counts> {
        if last.sum() == 0 || self.last_without_total == Some(last) {
            return None;
        }
        self.last_without_total = Some(last);
        Some(last)
    }
}

/// Whether a total that fell belongs to an event that was overtaken. One that equals its own request
/// is the first of a new epoch.
fn is_late(before: &Counts, total: &Counts, last: Option<&Counts>) -> bool {
    let starts_anew = last.is_some_and(|last| last.sum() == total.sum());
    let fall = before.sum() - total.sum();
    !starts_anew && fall * LATE_FALL_PART <= before.sum()
}

#[cfg(test)]
mod tests {
    use data_schema::Tokens;

    use super::*;

    fn counts(sum: u64) -> Counts {
        Counts { input: Tokens::new(sum), ..Counts::default() }
    }

    fn accepted(events: &[(u64, Option<u64>)]) -> Vec<u64> {
        let mut totals = Totals::default();
        events
            .iter()
            .filter_map(|(total, last)| totals.accept(Some(counts(*total)), last.map(counts)))
            .map(|used| used.sum())
            .collect()
    }

    #[test]
    fn an_unchanged_total_is_no_request() {
        let same = (1100, Some(1100));
        assert_eq!(accepted(&[same, same, same]), [1100]);
    }

    #[test]
    fn totals_alone_give_differences_and_a_reset_starts_anew() {
        let events = [(1100, None), (1650, None), (220, None), (550, None)];
        assert_eq!(accepted(&events), [1100, 550, 220, 330]);
    }

    #[test]
    fn a_total_that_comes_late_is_left_out() {
        let events = [(10_000, Some(10_000)), (9_900, Some(100)), (10_200, Some(200))];
        assert_eq!(accepted(&events), [10_000, 200]);
    }

    #[test]
    fn interleaved_lineages_never_count_their_gaps() {
        let million = 1_000_000;
        let events = [100, 5, 101, 6].map(|total| (total * million, Some(million)));
        assert_eq!(accepted(&events), [million; 4]);
    }

    #[test]
    fn the_first_event_of_a_resumed_file_counts_its_last_request() {
        assert_eq!(accepted(&[(95_000, Some(550))]), [550]);
    }

    #[test]
    fn a_total_that_returns_after_a_reset_counts_again() {
        let events = [(1100, Some(1100)), (3300, Some(2200)), (1100, Some(1100))];
        assert_eq!(accepted(&events), [1100, 2200, 1100]);
    }

    #[test]
    fn zero_totals_leave_the_baseline_as_it_was() {
        let events = [(10_000, Some(500)), (0, Some(0)), (10_600, Some(600))];
        assert_eq!(accepted(&events), [500, 600]);
    }
}
