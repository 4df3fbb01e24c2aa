//! Steps of colour, as quantiles of what there is: token counts have long tails, and steps of equal height would
//! leave nearly every day in the palest one.

use serde::Serialize;

use crate::locale::Locale;

/// Steps of colour of what was used at all.
const STEPS: u8 = 5;

/// The counts at which a step begins, rising; up to four.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Levels {
    thresholds: Vec<u64>,
}

/// One entry of the legend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Step {
    level: u8,
    text: String,
}

impl Levels {
    /// Fifths of the counts that are not zero. Thresholds are rounded to two digits before anything is put into a
    /// step, so that the legend is true to the last token; a step that would be empty is not made.
    pub(crate) fn of(counts: impl Iterator<Item = u64>) -> Self {
        let mut counts: Vec<u64> = counts.filter(|count| *count > 0).collect();
        counts.sort_unstable();
        let (Some(least), Some(most)) = (counts.first().copied(), counts.last().copied()) else {
            return Self { thresholds: Vec::new() };
        };
        let steps = usize::from(STEPS);
        let fifths = (1..steps).filter_map(|step| counts.get(counts.len() * step / steps));
        let mut thresholds: Vec<u64> = fifths.map(|count| two_digits(*count)).collect();
        thresholds.retain(|threshold| *threshold > least && *threshold <= most);
        thresholds.dedup();
        Self { thresholds }
    }

    /// 0 is no use, 5 the most. Where there are fewer steps, the palest are left out.
    pub(crate) fn level(&self, count: u64) -> u8 {
        if count == 0 {
            return 0;
        }
        let above = self.thresholds.iter().filter(|threshold| count < **threshold).count();
        STEPS.saturating_sub(u8::try_from(above).unwrap_or(STEPS))
    }

    /// What the steps mean: nothing, `under 2M`, `5M`, `12M`, `30M`, `more`. Empty if there is only one.
    pub(crate) fn legend(&self, locale: &Locale) -> Vec<Step> {
        let Some(first) = self.thresholds.first() else { return Vec::new() };
        let lowest = self.level(1);
        let mut steps = vec![Step { level: 0, text: locale.text("levels-none") }];
        for (level, threshold) in (lowest..).zip(&self.thresholds) {
            let n = trimmed(&locale.tokens(*threshold));
            let text = if threshold == first {
                locale.with("levels-under", &[("n", n.into())])
            } else {
                n
            };
            steps.push(Step { level, text });
        }
        steps.push(Step { level: STEPS, text: locale.text("levels-more") });
        steps
    }
}

/// The nearest count with two digits that are not zero.
fn two_digits(count: u64) -> u64 {
    let scale = 10_u64.pow(count.checked_ilog10().unwrap_or(0).saturating_sub(1));
    (count / scale)
        .saturating_add(u64::from(count % scale * 2 >= scale && scale > 1))
        .saturating_mul(scale)
}

/// `2M` for `2.00M`: a round number says so.
fn trimmed(text: &str) -> String {
    let is_part = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ',');
    let end = text.find(|letter: char| !is_part(letter)).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number = if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    };
    format!("{number}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(counts: &[u64]) -> Vec<String> {
        let locale = Locale::new("en").unwrap();
        let legend = Levels::of(counts.iter().copied()).legend(&locale);
        legend.into_iter().map(|step| format!("{} {}", step.level, step.text)).collect()
    }

    #[test]
    fn every_step_holds_a_fifth_of_the_active_days_whatever_the_tail() {
        // One day is a thousand times as large as the others: by height, all others would be in one step.
        let counts: Vec<u64> =
            (1..=100).map(|n| n * 1_000_000).chain([0, 0, 90_000_000_000]).collect();
        let levels = Levels::of(counts.iter().copied());
        let mut days = [0; 6];
        for count in &counts {
            days[usize::from(levels.level(*count))] += 1;
        }
        assert_eq!(days[0], 2, "days without use are a step of their own");
        assert!(days[1..].iter().all(|days| (18..=22).contains(days)), "{days:?}");
    }

    #[test]
    fn the_legend_tells_the_thresholds_that_levels_are_made_with() {
        let counts = [1_240_000, 2_040_000, 4_960_000, 12_300_000, 30_400_000];
        let levels = Levels::of(counts.into_iter());
        assert_eq!(texts(&counts), ["0 none", "1 under 2M", "2 5M", "3 12M", "4 30M", "5 more"]);
        assert_eq!(levels.level(1_999_999), 1);
        assert_eq!(levels.level(2_000_000), 2, "a threshold belongs to the step that it begins");
        assert_eq!(levels.level(30_000_000), 5);
    }

    #[test]
    fn few_days_have_few_steps_and_the_most_is_always_the_last_one() {
        assert_eq!(Levels::of([7_u64].into_iter()).level(7), 5);
        assert!(texts(&[7]).is_empty(), "one step needs no legend");
        assert!(texts(&[3_000, 3_000, 3_000]).is_empty());
        let two = Levels::of([1_000, 0, 5_000].into_iter());
        assert_eq!([two.level(0), two.level(1_000), two.level(5_000)], [0, 4, 5]);
        assert_eq!(texts(&[1_000, 5_000]), ["0 none", "4 under 5K", "5 more"]);
    }

    #[test]
    fn thresholds_are_round_and_never_overflow() {
        for (count, round) in [(0, 0), (7, 7), (94, 94), (95, 95), (947, 950), (9_960, 10_000)] {
            assert_eq!(two_digits(count), round, "{count}");
        }
        assert!(two_digits(u64::MAX) > u64::MAX / 2);
        assert_eq!(trimmed("1.20億"), "1.2億");
        assert_eq!(trimmed("120"), "120");
    }
}
