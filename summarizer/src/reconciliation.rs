//! What vendors, relays and the proxy tell beside what was counted, day by day, for whoever wants to look into a gap.

use chrono::NaiveDate;
use data_schema::resolve::WireDay;
use data_schema::{Money, Text};

use crate::sums::{Stated, Sums};

/// The words of others, day by day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reconciliation {
    /// What interfaces told, by interface, day of UTC and model.
    pub stated: Vec<StatedDay>,
    /// What the proxy saw, by day of the report zone and source.
    pub wire: Vec<WireDay>,
}

/// What an interface told of a model and a day of UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatedDay {
    /// Id of the interface.
    pub interface: Text,
    /// Day of UTC.
    pub day: NaiveDate,
    /// As the interface names it; `unknown` where it tells a sum of all models.
    pub model: Text,
    /// Tokens that were told; 0 = it tells costs or requests only.
    pub tokens: u64,
    /// Tokens that were counted of the same day and model.
    pub counted_tokens: u64,
    /// Requests that were told.
    pub requests: u64,
    /// What they cost in USD, as it was told.
    pub cost: Option<Money>,
    /// Whether the statement itself counts, because nothing else does: then both sides are the same.
    pub counts: bool,
}

/// What was told, of some days.
pub fn reconciliation(sums: &Sums, days: Option<(NaiveDate, NaiveDate)>) -> Reconciliation {
    let is_wanted = |day: NaiveDate| days.is_none_or(|(from, to)| (from..=to).contains(&day));
    let stated = sums.stated.iter().filter(|row| is_wanted(row.day)).map(told);
    let wire = sums.wire.iter().filter(|day| is_wanted(day.date)).cloned();
    Reconciliation { stated: stated.collect(), wire: wire.collect() }
}

fn told(row: &Stated) -> StatedDay {
    StatedDay {
        interface: row.provider.clone(),
        day: row.day,
        model: row.model.clone(),
        tokens: row.tokens,
        counted_tokens: row.counted,
        requests: row.requests,
        cost: (row.cost > 0).then(|| Money::from_picos(row.cost)),
        counts: row.counts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_chosen_and_a_cost_that_was_not_told_is_none() {
        let row = |day: &str, cost| Stated {
            provider: "openai-admin".into(),
            day: day.parse().unwrap(),
            model: "gpt-5".into(),
            tokens: 10,
            counted: 7,
            requests: 1,
            cost,
            counts: false,
        };
        let sums = Sums {
            stated: vec![row("2026-05-01", 0), row("2026-05-02", 5)],
            wire: vec![WireDay { date: "2026-05-02".parse().unwrap(), ..WireDay::default() }],
            ..Sums::default()
        };
        let day: NaiveDate = "2026-05-02".parse().unwrap();
        let made = reconciliation(&sums, Some((day, day)));
        assert_eq!((made.stated.len(), made.wire.len()), (1, 1));
        assert_eq!(made.stated[0].cost, Some(Money::from_picos(5)));
        let all = reconciliation(&sums, None);
        assert_eq!((all.stated.len(), all.stated[0].cost), (2, None));
    }
}
