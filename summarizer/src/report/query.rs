//! What a report is asked for.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use data_schema::settings::WeekStart;
use pricing::PriceBook;

/// What rows are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever prints reports must handle all")]
pub enum Grouping {
    /// Calendar days of the report zone.
    Daily,
    /// Weeks: of ISO 8601, or those that begin on another day under the date of it.
    Weekly,
    /// Calendar months.
    Monthly,
    /// Calendar years.
    Yearly,
    /// Sessions of a tool.
    Session,
    /// Windows of five hours, from the first response on.
    Blocks,
    /// Models over the whole range.
    Models,
    /// Projects over the whole range.
    Projects,
    /// Machines over the whole range.
    Machines,
    /// Hours of the day over the whole range.
    Hours,
}

/// By what rows are split beside what they are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "whoever splits rows must handle all")]
pub enum Dimension {
    /// The source.
    Source,
    /// The model, under its canonical name.
    Model,
    /// The project.
    Project,
    /// The machine, under the name that it is shown by.
    Machine,
}

/// In which order rows come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever sorts rows must handle all")]
pub enum Order {
    /// By time or name.
    #[default]
    Key,
    /// The most tokens first.
    Tokens,
    /// The greatest list value first.
    Cost,
    /// The most responses first.
    Requests,
    /// The most output first.
    Output,
}

/// What alone is counted; an empty set leaves nothing out. Upper and lower case are the same everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "commands build it field by field")]
pub struct Only {
    /// Ids or titles of sources.
    pub sources: BTreeSet<String>,
    /// Names of models, as they were told or as they are shown. [`Only::spelled`] takes any other spelling.
    pub models: BTreeSet<String>,
    /// Names of projects, whole or the part behind a `/`; the empty name is that of what has no project.
    pub projects: BTreeSet<String>,
    /// Names of machines.
    pub machines: BTreeSet<String>,
}

impl Only {
    /// The same with the name that all spellings of a model are shown under.
    #[must_use]
    pub fn spelled(mut self, book: &PriceBook) -> Self {
        self.models = self.models.iter().map(|name| book.canonical_model(name)).collect();
        self
    }

    /// The names of one kind.
    pub(crate) fn names(&self, dimension: Dimension) -> &BTreeSet<String> {
        match dimension {
            Dimension::Source => &self.sources,
            Dimension::Model => &self.models,
            Dimension::Project => &self.projects,
            Dimension::Machine => &self.machines,
        }
    }
}

impl Dimension {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Source, Self::Model, Self::Project, Self::Machine];
}

impl Grouping {
    /// Whether rows need the times of responses: a [`Timeline`](crate::Timeline) makes them, and no sums.
    pub fn needs_times(self) -> bool {
        matches!(self, Self::Blocks | Self::Hours)
    }

    /// The dimension that rows are about.
    pub fn dimension(self) -> Option<Dimension> {
        match self {
            Self::Models => Some(Dimension::Model),
            Self::Projects => Some(Dimension::Project),
            Self::Machines => Some(Dimension::Machine),
            _ => None,
        }
    }
}

/// A question.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "commands build it field by field")]
pub struct Query {
    /// What rows are about.
    pub grouping: Grouping,
    /// By what they are split; sorted, each once.
    pub split: Vec<Dimension>,
    /// By what each row is taken apart: the parts of a row add up to it.
    pub parts: Vec<Dimension>,
    /// First and last day; absent = all.
    pub range: Option<(NaiveDate, NaiveDate)>,
    /// Days to compare with; the first period of them stands beside the first of the range. Means something only
    /// where the range is told.
    pub earlier: Option<(NaiveDate, NaiveDate)>,
    /// What alone is counted.
    pub only: Only,
    /// The order of rows.
    pub order: Order,
    /// The other way round.
    pub reverse: bool,
    /// So many rows at most, and one more that all others are added up in.
    pub top: Option<usize>,
    /// First day of a week.
    pub week_start: WeekStart,
}

impl Query {
    /// All days, split by source and model, in the order of time or name.
    pub fn new(grouping: Grouping) -> Self {
        Self {
            grouping,
            split: vec![Dimension::Source, Dimension::Model],
            parts: Vec::new(),
            range: None,
            earlier: None,
            only: Only::default(),
            order: Order::Key,
            reverse: false,
            top: None,
            week_start: WeekStart::Monday,
        }
    }

    /// The same of some days, both included; `None` = all.
    #[must_use]
    pub fn within(self, range: Option<(NaiveDate, NaiveDate)>) -> Self {
        Self { range, ..self }
    }
}
