//! Reports: rows by day, week, month, year or session, or by model, project or machine, and what they add up to.
//!
//! Every report is a sum of the same cells, so that all of them have the same totals.

use data_schema::summary::WireShare;

use crate::sums::{Cell, Sums};
pub(crate) use arrange::arrange;
use found::Found;
use part::Part;
pub use query::{Dimension, Grouping, Only, Order, Query};
pub use row::{Amounts, Change, Earlier, Report, Row, Tokens};
use view::View;
pub use wanted::{UnknownName, unknown_names};

mod arrange;
mod change;
mod found;
mod part;
mod period;
mod query;
mod row;
mod view;
mod wanted;

/// Makes a report. One by session has rows only if the sums were made with sessions. Windows of five hours and hours
/// of the day need the times of responses, which sums do not have: there are totals, and no rows.
pub fn report(sums: &Sums, query: &Query) -> Report {
    let view = View::new(sums, query);
    let found = view.found(query.range);
    let before = query.earlier.map(|range| view.found(Some(range)));
    let total = |found: &Found| (!found.by_source.is_empty()).then_some(found.total);
    let totals = Part::new(found.total, before.as_ref().map(|before| total(before).ok_or(())));
    let by_provider = found.by_source.iter().map(|(place, cell)| {
        let of_source = |before: &Found| before.by_source.get(place).copied().ok_or(());
        let part = Part::new(*cell, before.as_ref().map(of_source));
        let provider = Some(sums.names.providers[*place as usize].name.to_string());
        Row { provider, ..part.row() }
    });
    Report {
        by_provider: by_provider.collect(),
        totals: totals.row(),
        wire: wire(sums, query),
        rows: view.rows(&found, before.as_ref()),
    }
}

/// What went through the proxy on the days and of the sources that are asked for. It is not known of single models,
/// projects and machines.
fn wire(sums: &Sums, query: &Query) -> Option<WireShare> {
    let Only { models, projects, machines, .. } = &query.only;
    if !(models.is_empty() && projects.is_empty() && machines.is_empty()) {
        return None;
    }
    let is_in = |day| query.range.is_none_or(|(from, to)| (from..=to).contains(&day));
    let is_wanted = |source: &str| query.only.has_source(source);
    WireShare::sum(sums.wire.iter().filter(|row| is_in(row.date) && is_wanted(&row.provider)))
}

/// A row of nothing but numbers.
pub(crate) fn numbers(cell: &Cell) -> Row {
    Row {
        tokens: cell.tokens.into(),
        requests: cell.requests,
        cost: Amounts::of(cell),
        unpriced_tokens: cell.unpriced_tokens,
        inexact_tokens: cell.inexact_tokens,
        data_quality: cell.quality,
        ..Row::default()
    }
}
