//! What a client says itself that a run cost, beside the list value of what was counted of it.

use std::path::Path;

use data_schema::Money;
use serde::Deserialize;
use serde_json::Number;

use super::compare::{Counted, classes};
use super::truth::Served;

/// Digits behind the point that are compared. What stands behind them is the noise of floating point.
const DIGITS: usize = 12;

/// The cost of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ToldCost {
    pub(super) run: String,
    pub(super) told: Money,
    /// `None`: something of it has no price.
    pub(super) ours: Option<Money>,
}

impl ToldCost {
    pub(super) fn is_same(&self) -> bool {
        self.ours == Some(self.told)
    }
}

/// What Claude Code prints with `--output-format json`.
#[derive(Deserialize)]
struct ResultLine {
    total_cost_usd: Number,
}

/// All runs of which the client printed a cost. `printed` gives what a run printed.
pub(super) fn costs(
    served: &[Served],
    counted: &[Counted],
    printed: impl Fn(&str) -> Option<String>,
) -> Vec<ToldCost> {
    let mut runs: Vec<&str> = served.iter().map(|answer| answer.run.as_str()).collect();
    runs.dedup();
    let cost = |run: &str| {
        let text = printed(run)?;
        let result: ResultLine = serde_json::from_str(text.trim()).ok()?;
        let told = exact(&result.total_cost_usd.to_string())?;
        let answers = served.iter().filter(|answer| answer.run == run);
        let records = answers.filter_map(|answer| {
            counted.iter().find(|record| record.classes == classes(answer.usage))
        });
        let ours = records.map(|record| record.list).sum::<Option<Money>>();
        Some(ToldCost { run: run.to_owned(), told, ours })
    };
    runs.into_iter().filter_map(cost).collect()
}

/// What a run printed, in the folder of a client.
pub(super) fn printed(folder: &Path, run: &str) -> Option<String> {
    let name = format!("{}.stdout", run.replace([' ', ','], "-"));
    fs_err::read_to_string(folder.join(name)).ok()
}

/// A number of floating point as it was meant: rounded to 12 digits behind the point.
fn exact(text: &str) -> Option<Money> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let Some((kept, rest)) = fraction.split_at_checked(DIGITS) else { return text.parse().ok() };
    let money: Money = format!("{whole}.{kept}").parse().ok()?;
    let is_up = rest.as_bytes().first().is_some_and(|digit| *digit >= b'5');
    Some(Money::from_picos(money.picos() + i128::from(is_up)))
}

#[cfg(test)]
mod tests {
    use super::super::truth::{Usage, Wire};
    use super::*;

    #[test]
    fn the_noise_of_floating_point_is_no_difference() {
        let money = |text: &str| text.parse::<Money>().ok();
        assert_eq!(exact("0.25932014999999997"), money("0.25932015"));
        assert_eq!(exact("0.49235910000000005"), money("0.4923591"));
        assert_eq!(exact("0.5"), money("0.5"));
        assert_eq!(exact("1.5e-7"), money("0.00000015"));
        assert_eq!(exact("2"), money("2"));
    }

    #[test]
    fn a_run_costs_what_its_answers_cost() {
        let served = |number: u64, run: &str| Served {
            number,
            run: run.to_owned(),
            usage: Usage::of(number, Wire::Messages),
            ..Served::default()
        };
        let counted = |number: u64, list: Option<&str>| Counted {
            source: "claude-code".to_owned(),
            model: String::new(),
            classes: classes(Usage::of(number, Wire::Messages)),
            list: list.map(|text| text.parse().unwrap()),
        };
        let answers =
            [served(1, "a"), served(2, "a"), served(3, "b"), served(4, "c"), served(5, "d")];
        let records = [
            counted(1, Some("1")),
            counted(2, Some("0.5")),
            counted(3, Some("2")),
            counted(5, None),
        ];
        let printed = |run: &str| match run {
            "a" => Some(r#"{"total_cost_usd":1.5000000000000002}"#.to_owned()),
            "b" | "d" => Some(r#"{"total_cost_usd":3}"#.to_owned()),
            _ => Some("hello".to_owned()),
        };
        let told = costs(&answers, &records, printed);
        let same: Vec<(&str, bool)> =
            told.iter().map(|cost| (cost.run.as_str(), cost.is_same())).collect();
        assert_eq!(same, [("a", true), ("b", false), ("d", false)]);
    }
}
