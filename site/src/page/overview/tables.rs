//! Breakdowns: one table for each of source, model, machine and project.

use std::collections::BTreeMap;

use data_schema::summary::Aggregate;
use serde::Serialize;

use super::kit::{Chip, Kit, Name, Stack, Stretch};
use crate::chart::scale::share;
use crate::cube::{self, Dimension, Place};
use crate::locale::numbers::percent;
use crate::marks;

/// Rows that are always seen; all others are folded into one.
const ROWS: usize = 10;

/// Names with their sums.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    /// `sources`, …: stem of its id and key of its title.
    pub(crate) id: &'static str,
    /// Key of the first column's heading.
    pub(crate) head: &'static str,
    pub(crate) rows: Vec<Row>,
    /// Names beyond the tenth, added up.
    pub(crate) others: Option<Others>,
    pub(crate) has_cost: bool,
    pub(crate) has_change: bool,
}

/// One name.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: Name,
    pub(crate) chip: Option<Chip>,
    /// The subscription that pays for it.
    pub(crate) plan: Option<String>,
    pub(crate) sums: Sums,
    pub(crate) change: Option<String>,
}

/// The numbers of a row.
#[derive(Debug, Serialize)]
pub(crate) struct Sums {
    pub(crate) tokens: String,
    pub(crate) share: String,
    /// Length of its bar in percent.
    pub(crate) bar: String,
    pub(crate) cost: String,
}

/// What is folded.
#[derive(Debug, Serialize)]
pub(crate) struct Others {
    pub(crate) text: String,
    pub(crate) sums: Sums,
    pub(crate) rows: Vec<Row>,
}

/// The breakdowns of a stretch, those of which there is something to tell.
pub(crate) fn of(
    kit: &Kit<'_, '_>,
    stretch: &Stretch<'_>,
    stack: &Stack,
    but: Option<Dimension>,
) -> Vec<Table> {
    let wanted = |dimension: &Dimension| {
        Some(*dimension) != but
            && (*dimension != Dimension::Project || kit.context.data.shows_projects())
    };
    Dimension::ALL
        .into_iter()
        .filter(wanted)
        .map(|dimension| table(kit, stretch, stack, dimension))
        .collect()
}

fn table(kit: &Kit<'_, '_>, stretch: &Stretch<'_>, stack: &Stack, dimension: Dimension) -> Table {
    let mut sums = stretch.view.by(dimension);
    let all = stretch.view.total();
    // One row too many is no longer than the row that stands for it.
    let rest = if sums.len() > ROWS + 1 { sums.split_off(ROWS) } else { Vec::new() };
    let maker = Maker {
        kit,
        stack,
        dimension,
        all: &all,
        changes: changes(kit, stretch, dimension),
        makers: users(stretch, dimension),
    };
    let others = (!rest.is_empty()).then(|| {
        let mut sum = Aggregate::default();
        for (_, more) in &rest {
            cube::add(&mut sum, more);
        }
        let n = rest.len().to_string();
        Others {
            text: kit
                .context
                .locale
                .with("others", &[("n", n.into()), ("count", rest.len().into())]),
            sums: maker.sums(&sum),
            rows: rest.iter().map(|(place, sum)| maker.row(*place, sum)).collect(),
        }
    });
    Table {
        id: dimension.folder(),
        head: head(dimension),
        rows: sums.iter().map(|(place, sum)| maker.row(*place, sum)).collect(),
        others,
        has_cost: kit.shows_cost(),
        has_change: stretch.compared.is_some(),
    }
}

/// Key of a dimension's name in the singular.
pub(crate) fn head(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Source => "source",
        Dimension::Model => "model",
        Dimension::Machine => "machine",
        Dimension::Project => "project",
    }
}

/// How the tokens of each name have changed.
fn changes(
    kit: &Kit<'_, '_>,
    stretch: &Stretch<'_>,
    dimension: Dimension,
) -> BTreeMap<Place, String> {
    let Some(compared) = &stretch.compared else {
        return BTreeMap::new();
    };
    let before: BTreeMap<Place, Aggregate> = compared.before.by(dimension).into_iter().collect();
    let tokens = |sum: &Aggregate| sum.tokens.total_tokens;
    let change = |(place, now): (Place, Aggregate)| {
        let before = before.get(&place).map_or(0, tokens);
        Some((place, kit.context.locale.change(tokens(&now), before)?))
    };
    compared.now.by(dimension).into_iter().filter_map(change).collect()
}

/// The source that used most of each model: its mark stands before the model's name.
fn users(stretch: &Stretch<'_>, dimension: Dimension) -> BTreeMap<Place, Place> {
    let mut users = BTreeMap::new();
    if dimension == Dimension::Model {
        for ((model, source), _) in stretch.view.by_model_and_source() {
            users.entry(model).or_insert(source);
        }
    }
    users
}

struct Maker<'a, 'b, 'c> {
    kit: &'a Kit<'b, 'c>,
    stack: &'a Stack,
    dimension: Dimension,
    all: &'a Aggregate,
    changes: BTreeMap<Place, String>,
    makers: BTreeMap<Place, Place>,
}

impl Maker<'_, '_, '_> {
    fn sums(&self, sum: &Aggregate) -> Sums {
        let (of, whole) = (sum.tokens.total_tokens, self.all.tokens.total_tokens);
        Sums {
            tokens: self.kit.count(sum),
            share: percent(of, whole),
            bar: share(of, whole),
            cost: self.kit.cost(sum),
        }
    }

    fn row(&self, place: Place, sum: &Aggregate) -> Row {
        let mut name = self.kit.name(self.stack, self.dimension, place);
        if let (None, Some(source)) = (&name.color, self.makers.get(&place)) {
            name.mark =
                Some(marks::mark(self.kit.context.data.cube.name(Dimension::Source, *source)));
            let is_stacked = self.stack.dimension == Dimension::Source;
            name.color =
                Some(if is_stacked { self.stack.color(*source) } else { "soft".to_owned() });
        }
        Row {
            plan: self.plan(place),
            name,
            chip: self.kit.chip(sum),
            sums: self.sums(sum),
            change: self.changes.get(&place).cloned(),
        }
    }

    /// The subscription that pays for a source.
    fn plan(&self, place: Place) -> Option<String> {
        if self.dimension != Dimension::Source {
            return None;
        }
        let data = self.kit.context.data;
        let source = data.cube.name(Dimension::Source, place);
        let plan = data.plans.as_ref()?.plans.iter().find(|plan| plan.provider == source)?;
        Some(crate::names::line(&plan.name))
    }
}
