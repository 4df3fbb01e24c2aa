//! What became of a number.

use data_schema::Money;

use super::row::{Change, Earlier};
use crate::sums::Cell;

impl Change {
    /// What changed since an earlier range; all is `None` if it had nothing.
    pub(super) fn of(now: &Cell, earlier: Option<&Cell>) -> Self {
        let Some(earlier) = earlier else { return Self::default() };
        let tokens = |cell: &Cell| i128::from(cell.tokens.total_tokens);
        let requests = |cell: &Cell| i128::from(cell.requests);
        let lists = now.cost().zip(earlier.cost());
        Self {
            earlier: Some(Earlier {
                total_tokens: earlier.tokens.total_tokens,
                requests: earlier.requests,
                list_usd: earlier.cost(),
            }),
            total_tokens: Some(tokens(now) - tokens(earlier)),
            total_tokens_percent: percent(tokens(now), tokens(earlier)),
            requests: Some(requests(now) - requests(earlier)),
            requests_percent: percent(requests(now), requests(earlier)),
            list_usd: lists.map(|(now, earlier)| now - earlier),
            list_percent: lists.and_then(|(now, earlier)| percent_of(now, earlier)),
        }
    }
}

fn percent_of(now: Money, earlier: Money) -> Option<String> {
    percent(now.picos(), earlier.picos())
}

/// The growth in percent with one digit behind the point, rounded half away from zero; `None` where there was nothing
/// before, or a number is beyond all reason.
fn percent(now: i128, earlier: i128) -> Option<String> {
    if earlier <= 0 {
        return None;
    }
    let growth = now.checked_sub(earlier)?.checked_mul(1000)?;
    let half = if growth < 0 { -earlier } else { earlier };
    let tenths = growth.checked_mul(2)?.checked_add(half)? / earlier.checked_mul(2)?;
    let sign = if tenths < 0 { "-" } else { "" };
    let size = tenths.unsigned_abs();
    Some(format!("{sign}{}.{}", size / 10, size % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_rounded_once_and_nothing_has_none() {
        for (now, earlier, expected) in [
            (150, 100, Some("50.0")),
            (50, 100, Some("-50.0")),
            (100, 300, Some("-66.7")),
            (2001, 2000, Some("0.1")),
            (1999, 2000, Some("-0.1")),
            (20_001, 20_000, Some("0.0")),
            (0, 5, Some("-100.0")),
            (5, 0, None),
            (i128::MAX, 1, None),
        ] {
            assert_eq!(percent(now, earlier).as_deref(), expected, "{now} after {earlier}");
        }
    }

    #[test]
    fn where_nothing_was_before_all_is_unknown() {
        let now = Cell { requests: 3, ..Cell::default() };
        assert_eq!(Change::of(&now, None), Change::default());
        let before = Cell { requests: 2, ..Cell::default() };
        let change = Change::of(&now, Some(&before));
        assert_eq!((change.requests, change.requests_percent.as_deref()), (Some(1), Some("50.0")));
        assert_eq!((change.total_tokens, change.total_tokens_percent), (Some(0), None));
    }
}
