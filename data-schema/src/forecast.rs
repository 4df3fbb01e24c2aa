//! What a period comes to if the rest of it is like the last weeks.
//!
//! One rule for every place that tells it: what has come together, and for each day left the mean of the same weekday in
//! the last whole weeks, four at most. Amounts are whole numbers of any unit, so that nothing is lost.

/// A forecast for a month needs so many days of the month.
pub const DAYS: u32 = 5;
/// What the rest is taken to be like: so many whole weeks before the last known day at most, which may not be over.
pub const WEEKS: u64 = 4;
/// Where more than a part of this of the tokens has no price, nothing is told of an amount.
pub const UNPRICED: u64 = 5;

/// What a period comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "three numbers and nothing else")]
pub struct Forecast {
    /// About so much.
    pub value: u128,
    /// At least so much, and never less than there is already.
    pub low: u128,
    /// At most so much.
    pub high: u128,
}

/// How many of the days before the last known one count: whole weeks, given how many days are known before it.
pub fn days_before(known: u64) -> u64 {
    (known / 7).min(WEEKS) * 7
}

/// What a period of many days comes to, of which `rest` are left after the last known one. `before` are the days before
/// the last known one, whole weeks, in order ([`days_before`]); `None` if there is not one week.
///
/// The range is half of what the largest and the smallest of those weeks differ by, for the weeks that are left.
pub fn rest(spent: u128, before: &[u128], rest: u64) -> Option<Forecast> {
    let weeks: Vec<&[u128]> = before.chunks_exact(7).collect();
    let count = u128::try_from(weeks.len()).ok().filter(|count| *count > 0)?;
    let sums = || weeks.iter().map(|week| sum(week.iter().copied()));
    // `before` ends the day before the last known one: the day after that has the second weekday of each week.
    let ahead = (0..rest).map(|day| usize::try_from((day + 1) % 7).unwrap_or(0));
    let more = sum(ahead.map(|day| sum(weeks.iter().map(|week| week[day])))) / count;
    let spread = sums().max()? - sums().min()?;
    let spread = spread.saturating_mul(u128::from(rest)) / 14;
    let value = spent.saturating_add(more);
    Some(Forecast {
        value,
        low: value.saturating_sub(spread).max(spent),
        high: value.saturating_add(spread),
    })
}

/// What a day comes to: the mean of the same weekday, or what it has come to already. `before` as for [`rest`].
pub fn day(spent: u128, before: &[u128]) -> Option<u128> {
    let same = || before.chunks_exact(7).map(|week| week[0]);
    let count = u128::try_from(same().count()).ok().filter(|count| *count > 0)?;
    Some((sum(same()) / count).max(spent))
}

fn sum(values: impl Iterator<Item = u128>) -> u128 {
    values.fold(0, u128::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_left_is_taken_as_the_same_weekday_was() {
        // Two weeks that end the day before the last known one; 10 on its weekday, 1 and 2 on the next two.
        let weeks = [10, 1, 2, 0, 0, 0, 0, 10, 3, 2, 0, 0, 0, 0];
        assert_eq!(rest(100, &weeks, 2), Some(Forecast { value: 104, low: 104, high: 104 }));
        assert_eq!(rest(100, &weeks, 7), Some(Forecast { value: 114, low: 113, high: 115 }));
        assert_eq!(rest(100, &weeks, 0), Some(Forecast { value: 100, low: 100, high: 100 }));
    }

    #[test]
    fn a_forecast_is_never_below_what_there_is_and_needs_a_week() {
        let uneven = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 700];
        assert_eq!(rest(5, &uneven, 7), Some(Forecast { value: 355, low: 5, high: 705 }));
        assert_eq!(rest(5, &[1, 2, 3], 7), None);
        assert_eq!(rest(u128::MAX, &[u128::MAX; 14], 7).map(|told| told.value), Some(u128::MAX));
    }

    #[test]
    fn a_day_is_taken_as_the_same_weekday_was() {
        let weeks = [10, 1, 1, 1, 1, 1, 1, 20, 1, 1, 1, 1, 1, 1];
        assert_eq!(day(3, &weeks), Some(15));
        assert_eq!(day(16, &weeks), Some(16));
        assert_eq!(day(3, &[]), None);
    }

    #[test]
    fn whole_weeks_count_and_four_at_most() {
        let counted: Vec<u64> = [0, 6, 7, 20, 28, 400].map(days_before).to_vec();
        assert_eq!(counted, [0, 0, 7, 14, 28, 28]);
    }
}
