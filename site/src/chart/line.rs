//! The line of a month: what has come together by each day, beside the month before, a budget and a forecast.

use std::fmt::Write as _;

use serde::Serialize;

use super::scale::{Axis, HEIGHT, WIDTH, part, tenths};

/// What is drawn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Month {
    /// Days of the longer of the two months.
    pub(crate) days: usize,
    /// Sum by the end of each day so far.
    pub(crate) now: Vec<u64>,
    /// The same of the month before.
    pub(crate) before: Vec<u64>,
    pub(crate) budget: Option<u64>,
    pub(crate) forecast: Option<Forecast>,
}

/// What the month comes to if the rest is like the last weeks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forecast {
    pub(crate) value: u64,
    pub(crate) low: u64,
    pub(crate) high: u64,
    /// Number of the month's last day.
    pub(crate) last_day: usize,
}

/// A drawing.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    pub(crate) now: String,
    pub(crate) before: String,
    /// Dashed, and the area of its range.
    pub(crate) forecast: Option<String>,
    pub(crate) range: Option<String>,
    pub(crate) budget: Option<String>,
    pub(crate) grid: String,
}

/// The axis that all lines fit on.
pub(crate) fn axis(month: &Month) -> Axis {
    let ends = [
        month.now.last().copied(),
        month.before.last().copied(),
        month.budget,
        month.forecast.map(|forecast| forecast.high),
    ];
    Axis::of(ends.into_iter().flatten().max().unwrap_or(0))
}

/// Draws the lines; each starts with nothing at the beginning of the first day.
pub(crate) fn month(month: &Month, axis: Axis) -> Line {
    let x = |day: usize| tenths(part(day as u64, month.days as u64, WIDTH));
    let y = |value: u64| tenths(axis.y(value));
    let cumulative = |values: &[u64]| {
        let mut path = String::new();
        if !values.is_empty() {
            let _ = write!(path, "M0 {}", tenths(HEIGHT));
        }
        for (day, value) in values.iter().enumerate() {
            let _ = write!(path, "L{} {}", x(day + 1), y(*value));
        }
        path
    };
    let start = (month.now.len(), month.now.last().copied().unwrap_or(0));
    let from = format!("M{} {}", x(start.0), y(start.1));
    let to = |forecast: &Forecast, value: u64| format!("L{} {}", x(forecast.last_day), y(value));
    Line {
        now: cumulative(&month.now),
        before: cumulative(&month.before),
        forecast: month.forecast.map(|forecast| format!("{from}{}", to(&forecast, forecast.value))),
        range: month.forecast.filter(|forecast| forecast.low < forecast.high).map(|forecast| {
            format!("{from}{}{}z", to(&forecast, forecast.high), to(&forecast, forecast.low))
        }),
        budget: month.budget.map(|budget| format!("M0 {}h{}", y(budget), tenths(WIDTH))),
        grid: axis.grid(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_starts_with_nothing_and_its_forecast_goes_on_from_today() {
        let drawn = Month {
            days: 4,
            now: vec![10, 30],
            before: vec![20, 20, 40],
            budget: Some(75),
            forecast: Some(Forecast { value: 60, low: 50, high: 100, last_day: 4 }),
        };
        let line = month(&drawn, axis(&drawn));
        assert_eq!(line.now, "M0 230L250 207L500 161");
        assert_eq!(line.before, "M0 230L250 184L500 184L750 138");
        assert_eq!(line.forecast.as_deref(), Some("M500 161L1000 92"));
        assert_eq!(line.range.as_deref(), Some("M500 161L1000 0L1000 115z"));
        assert_eq!(line.budget.as_deref(), Some("M0 57.5h1000"));
    }

    #[test]
    fn without_a_month_before_there_is_one_line() {
        let drawn = Month { days: 30, now: vec![5], ..Month::default() };
        let line = month(&drawn, axis(&drawn));
        assert_eq!((line.before.as_str(), line.range, line.budget), ("", None, None));
        assert_eq!(line.now, "M0 230L33.3 115");
    }
}
