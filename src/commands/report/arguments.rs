//! What can be asked of `report`.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use data_schema::settings::WeekStart;
use summarizer::{Dimension, Grouping, Only, Order};

use crate::cli::Days;

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Report {
    /// What a row is about
    #[arg(value_enum, default_value_t = ReportKind::Daily)]
    pub(crate) kind: ReportKind,
    #[command(flatten)]
    pub(crate) days: Days,
    /// The last days, weeks, months or years, with this one: 28d, 12w, 6m, 1y; a number alone counts periods of the report
    #[arg(long, value_name = "PERIODS", conflicts_with_all = ["date", "since", "from", "to"])]
    pub(crate) last: Option<Last>,
    /// Split rows by these; `none` for no split [default: source,model for reports by time and session, else none]
    #[arg(long, value_enum, value_name = "A,B", value_delimiter = ',')]
    pub(crate) by: Vec<SplitBy>,
    /// Show below each row what it is made of, by model
    #[arg(long)]
    pub(crate) breakdown: bool,
    #[command(flatten)]
    pub(crate) only: OnlyThese,
    /// Order of rows [default: time for reports by time, else cost]
    #[arg(long, value_enum, value_name = "KEY")]
    pub(crate) sort: Option<Sort>,
    /// Smallest or earliest first
    #[arg(long, conflicts_with = "desc")]
    pub(crate) asc: bool,
    /// Largest or latest first
    #[arg(long)]
    pub(crate) desc: bool,
    /// So many rows, those that cost most if nothing else is told, and all others in one more
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) top: Option<u32>,
    /// Show what changed since the range before, which is as long
    #[arg(long, value_enum, value_name = "RANGE")]
    pub(crate) compare: Option<Compare>,
    /// First day of a week [default: `weekStart` of token-matters.yaml, else monday]
    #[arg(long, value_enum, value_name = "DAY")]
    pub(crate) week_start: Option<FirstDay>,
    #[command(flatten)]
    pub(crate) look: Look,
    /// Only what the logs on this machine hold, without the store
    #[arg(long)]
    pub(crate) local: bool,
    /// Read all logs anew, and keep nothing of them for the next run
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Accepted, and changes nothing: a report fetches no prices
    #[arg(long)]
    pub(crate) offline: bool,
}

/// What alone is counted.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct OnlyThese {
    /// Only this source, by id or title (may be repeated)
    #[arg(long = "source", visible_alias = "provider", value_name = "ID")]
    sources: Vec<String>,
    /// Only this model, in any spelling (may be repeated; --model=NAME if it begins with `-`)
    #[arg(long = "model", value_name = "NAME")]
    models: Vec<String>,
    /// Only this project: its name or the end of it behind a `/`; an empty name is what has no project (may be repeated)
    #[arg(long = "project", value_name = "NAME")]
    projects: Vec<String>,
    /// Only this machine (may be repeated)
    #[arg(long = "machine", value_name = "NAME")]
    machines: Vec<String>,
}

impl OnlyThese {
    pub(crate) fn only(&self) -> Only {
        let set = |names: &Vec<String>| names.iter().cloned().collect();
        Only {
            sources: set(&self.sources),
            models: set(&self.models),
            projects: set(&self.projects),
            machines: set(&self.machines),
        }
    }
}

/// How it is printed.
#[derive(Args, Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Look {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Print comma-separated values (RFC 4180)
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Print a Markdown table
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    pub(crate) markdown: bool,
    /// Leave out everything that is money
    #[arg(long)]
    pub(crate) no_cost: bool,
    /// Currency of amounts in tables
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Option<String>,
    /// Columns that a table may take [default: $COLUMNS, else those of the terminal]
    #[arg(long, value_name = "COLUMNS")]
    pub(crate) width: Option<usize>,
}

impl Look {
    /// Whether programs read what is printed.
    pub(crate) fn is_for_programs(&self) -> bool {
        self.json || self.csv
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportKind {
    Daily,
    Weekly,
    Monthly,
    Yearly,
    Session,
    /// Windows of five hours
    Blocks,
    Models,
    Projects,
    Machines,
    /// Hours of the day
    Hours,
}

impl ReportKind {
    pub(crate) fn grouping(self) -> Grouping {
        match self {
            Self::Daily => Grouping::Daily,
            Self::Weekly => Grouping::Weekly,
            Self::Monthly => Grouping::Monthly,
            Self::Yearly => Grouping::Yearly,
            Self::Session => Grouping::Session,
            Self::Blocks => Grouping::Blocks,
            Self::Models => Grouping::Models,
            Self::Projects => Grouping::Projects,
            Self::Machines => Grouping::Machines,
            Self::Hours => Grouping::Hours,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SplitBy {
    #[value(alias = "provider")]
    Source,
    Model,
    Project,
    Machine,
    None,
}

impl SplitBy {
    pub(crate) fn dimension(self) -> Option<Dimension> {
        match self {
            Self::Source => Some(Dimension::Source),
            Self::Model => Some(Dimension::Model),
            Self::Project => Some(Dimension::Project),
            Self::Machine => Some(Dimension::Machine),
            Self::None => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    /// Time or name
    #[value(aliases = ["time", "name", "date"])]
    Key,
    Tokens,
    Cost,
    #[value(alias = "responses")]
    Requests,
    Output,
}

impl Sort {
    pub(crate) fn order(self) -> Order {
        match self {
            Self::Key => Order::Key,
            Self::Tokens => Order::Tokens,
            Self::Cost => Order::Cost,
            Self::Requests => Order::Requests,
            Self::Output => Order::Output,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compare {
    /// The days before, as many
    Previous,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FirstDay {
    Monday,
    Sunday,
    Saturday,
}

impl FirstDay {
    pub(crate) fn week_start(self) -> WeekStart {
        match self {
            Self::Monday => WeekStart::Monday,
            Self::Sunday => WeekStart::Sunday,
            Self::Saturday => WeekStart::Saturday,
        }
    }
}

/// A number of periods up to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Last {
    pub(crate) count: u32,
    /// Absent: that of the report.
    pub(crate) unit: Option<Unit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Day,
    Week,
    Month,
    Year,
}

/// More than a lifetime of days.
const MOST: u32 = 40_000;

impl FromStr for Last {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let split = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        let (count, unit) = text.split_at(split);
        let unit = match unit {
            "" => Ok(None),
            "d" => Ok(Some(Unit::Day)),
            "w" => Ok(Some(Unit::Week)),
            "m" => Ok(Some(Unit::Month)),
            "y" => Ok(Some(Unit::Year)),
            _ => Err(()),
        };
        let count = count.parse::<u32>().ok().filter(|count| (1..=MOST).contains(count));
        match (count, unit) {
            (Some(count), Ok(unit)) => Ok(Self { count, unit }),
            _ => Err(format!(
                "a number from 1 to {MOST} with d, w, m or y behind it, such as 28d or 6m"
            )),
        }
    }
}
