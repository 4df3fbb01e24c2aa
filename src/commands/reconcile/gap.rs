//! The rows: what somebody told of a day and model, what was counted, and the gap between them.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use data_schema::Money;
use data_schema::sources::unnamed_models;
use pricing::PriceBook;
use summarizer::StatedDay;

use super::Reconcile;
use super::causes::Cause;
use super::counted::{Classes, Counted, Tally, key};
use super::invoice::Invoice;

/// The model of what names none.
const UNKNOWN: &str = "unknown";

/// Where the other side's word comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Witness {
    /// An interface that was asked; its statement is stored.
    Statement,
    /// A file that was named.
    File,
}

/// One day of one model.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Id of the interface, or name of the file.
    pub(super) by: String,
    pub(super) witness: Witness,
    /// Day of UTC.
    pub(super) day: NaiveDate,
    /// As the other side names it; as logs name it where only those do.
    pub(super) model: String,
    pub(super) key: String,
    pub(super) stated: Stated,
    /// What was counted; `None`: nothing.
    pub(super) tally: Option<Tally>,
    /// Whether the statement counts itself, because nothing else tells anything.
    pub(super) counts: bool,
    pub(super) causes: Vec<Cause>,
}

/// What the other side told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stated {
    /// All tokens; `None`: it told none.
    pub(super) tokens: Option<u64>,
    pub(super) classes: Classes,
    pub(super) requests: Option<u64>,
    /// In USD.
    pub(super) cost: Option<Money>,
}

impl Row {
    /// Tokens that were counted.
    pub(super) fn counted(&self) -> u64 {
        self.tally.as_ref().map_or(0, |tally| tally.classes.total)
    }

    /// The list value of what was counted; `None` where nothing of it has a price.
    pub(super) fn list(&self) -> Option<Money> {
        self.tally.as_ref().map_or(Some(Money::ZERO), Tally::list)
    }

    /// Tokens that were told and not counted; below zero where more was counted.
    pub(super) fn gap(&self) -> Option<i128> {
        // What counts itself has no other side.
        let counted = if self.counts { self.stated.tokens? } else { self.counted() };
        Some(i128::from(self.stated.tokens?) - i128::from(counted))
    }

    /// The same in USD.
    pub(super) fn cost_gap(&self) -> Option<Money> {
        let cost = self.stated.cost?;
        if self.counts { Some(Money::ZERO) } else { Some(cost - self.list()?) }
    }
}

/// Percent of a whole with one digit behind the point; `None` of nothing.
pub(super) fn percent(part: i128, whole: i128) -> Option<String> {
    if whole <= 0 {
        return None;
    }
    let tenths = part.checked_mul(1000)?;
    // Half away from zero, as money is rounded.
    let rounded = (tenths.abs().checked_mul(2)?.checked_add(whole)?) / whole.checked_mul(2)?;
    let sign = if part < 0 && rounded > 0 { "-" } else { "" };
    Some(format!("{sign}{}.{}", rounded / 10, rounded % 10))
}

/// A row for each statement that an interface told.
pub(super) fn rows_of_statements(
    stated: &[StatedDay],
    counted: &Counted<'_>,
    options: &Reconcile,
) -> Vec<Row> {
    let wanted = stated.iter().filter(|row| options.asks(&row.interface));
    let row = |row: &StatedDay| {
        let key = key(&row.model);
        let family = unnamed_models(&row.interface).filter(|_| &*row.model == UNKNOWN);
        let tally = match family {
            Some(family) => counted.of_day(row.day, |key| key.starts_with(family)),
            None => counted.of(row.day, &key).cloned(),
        };
        Row {
            by: row.interface.to_string(),
            witness: Witness::Statement,
            day: row.day,
            model: row.model.to_string(),
            key,
            stated: Stated {
                tokens: (row.tokens > 0).then_some(row.tokens),
                requests: (row.requests > 0).then_some(row.requests),
                cost: row.cost,
                classes: Classes::default(),
            },
            tally,
            counts: row.counts,
            causes: Vec::new(),
        }
    };
    wanted.map(row).collect()
}

/// A row for each day and model of a file, and for what was counted on its days of the models of its vendor.
pub(super) fn rows_of_file(
    invoice: &mut Invoice,
    counted: &Counted<'_>,
    book: &PriceBook,
    days: Option<(NaiveDate, NaiveDate)>,
) -> Vec<Row> {
    invoice.exchange(book);
    let is_wanted = |day: NaiveDate| days.is_none_or(|(from, to)| (from..=to).contains(&day));
    let mut rows: Vec<Row> = Vec::new();
    let mut seen: BTreeSet<(NaiveDate, String)> = BTreeSet::new();
    for ((day, key), told) in invoice.sums.iter().filter(|((day, _), _)| is_wanted(*day)) {
        // A line without a model is about all that its vendor sold on the day.
        let tally = if key.is_empty() {
            let is_alone = invoice.sums.range((*day, String::from("\0"))..).next();
            let is_alone = is_alone.is_none_or(|((next, _), _)| next != day);
            is_alone.then(|| counted.of_day(*day, |key| invoice.form.sells(key))).flatten()
        } else {
            seen.insert((*day, key.clone()));
            counted.of(*day, key).cloned()
        };
        rows.push(row_of(invoice, (*day, key), &told.model, told.stated, tally));
    }
    let has_sums_of_all = invoice.sums.keys().any(|(_, key)| key.is_empty());
    if has_sums_of_all || !invoice.form.is_of_one_vendor() {
        return rows;
    }
    let told_days: BTreeSet<NaiveDate> = invoice.sums.keys().map(|(day, _)| *day).collect();
    for day in told_days.into_iter().filter(|day| is_wanted(*day)) {
        for (key, tally) in counted.keys_of(day) {
            if invoice.form.sells(key) && !seen.contains(&(day, key.to_owned())) {
                // Whoever lists all of its models says nothing of this one.
                let nothing = Stated { tokens: Some(0), ..Stated::default() };
                rows.push(row_of(invoice, (day, key), key, nothing, Some(tally.clone())));
            }
        }
    }
    rows.sort_by(|one, other| (one.day, &one.key).cmp(&(other.day, &other.key)));
    rows
}

fn row_of(
    invoice: &Invoice,
    (day, key): (NaiveDate, &str),
    model: &str,
    stated: Stated,
    tally: Option<Tally>,
) -> Row {
    Row {
        by: invoice.name.clone(),
        witness: Witness::File,
        day,
        model: if model.is_empty() { UNKNOWN.to_owned() } else { model.to_owned() },
        key: key.to_owned(),
        stated,
        tally,
        counts: false,
        causes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_rounded_once_and_never_of_nothing() {
        assert_eq!(percent(1, 3).as_deref(), Some("33.3"));
        assert_eq!(percent(-2, 3).as_deref(), Some("-66.7"));
        assert_eq!(percent(-1, 100_000).as_deref(), Some("0.0"));
        assert_eq!(percent(5, 0), None);
        assert_eq!(percent(i128::MAX, 1), None);
    }
}
