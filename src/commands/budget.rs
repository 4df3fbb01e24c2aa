//! `budget`: what a period may cost, and what it comes to.

use clap::{Args, Subcommand, ValueEnum};
use data_schema::settings::{BudgetSettings, SharedSettings};
use pricing::{amount, currency_code};
use serde_json::Value;

use crate::cli::Global;
use crate::commands::plan::{check_name, check_source};
use crate::outcome::{Failure, Outcome};
use crate::output::plain;
use crate::session::Session;
use crate::shared_change;

pub(crate) mod show;

/// What is asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum BudgetVerb {
    /// All budgets with what is spent, and what the period comes to
    #[command(
        after_help = "Examples:\n  token-matters budget list\n  token-matters budget list --json"
    )]
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Set a budget, or another amount for the one of the same name
    #[command(
        after_help = "Examples:\n  token-matters budget set 200\n  token-matters budget set 20 --per day --of billed\n  token-matters budget set 50 --per week --source codex --name \"Codex a week\"\n  token-matters budget set 300 --currency EUR --project website"
    )]
    Set(Set),
    /// Take a budget away
    #[command(
        after_help = "Examples:\n  token-matters budget remove month\n  token-matters budget remove \"Codex a week\""
    )]
    Remove {
        /// Its name, as `budget list` shows it
        name: String,
    },
    /// End with exit code 4 if a budget is passed, so that a hook can act
    #[command(
        after_help = "With --quiet, only budgets that are passed are printed. docs/money.md has a hook.\n\nExamples:\n  token-matters budget check\n  token-matters budget check --quiet || echo \"stop here\"\n  token-matters budget check --json"
    )]
    Check {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// A new budget.
#[derive(Args, Debug)]
pub(crate) struct Set {
    /// What a period may cost
    #[arg(allow_hyphen_values = true)]
    amount: String,
    /// Its name [default: what it is about, such as `month` or `codex billed day`]
    #[arg(long)]
    name: Option<String>,
    /// What it holds for; weeks begin as `weekStart` of token-matters.yaml says
    #[arg(long, value_enum, default_value_t = Per::Month)]
    per: Per,
    /// What is held against it
    #[arg(long, value_enum, default_value_t = Of::List)]
    of: Of,
    /// Only this source
    #[arg(long, value_name = "ID")]
    source: Option<String>,
    /// Only this project
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Currency of the amount [default: USD]
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Per {
    Day,
    Week,
    Month,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    /// What everything would cost at list price, whoever pays
    List,
    /// What is paid by the token
    Billed,
}

pub(crate) fn run(global: &Global, verb: &BudgetVerb) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    match verb {
        BudgetVerb::List { json } => show::list(&session, *json),
        BudgetVerb::Set(new) => set(&session, new),
        BudgetVerb::Remove { name } => remove(&session, name.trim()),
        BudgetVerb::Check { json } => show::check(&session, *json),
    }
}

fn set(session: &Session, new: &Set) -> Result<Outcome, Failure> {
    let budget = entry(new)?;
    let name = budget.shown_name();
    check_name(&name)?;
    if let Some(source) = &budget.source {
        check_source(source);
    }
    let message = format!("budget set: {name}\n");
    let (is_new, outcome) = shared_change::settings(session, &message, |settings| {
        let named = settings.budgets.iter_mut().find(|known| known.shown_name() == name);
        let is_new = named.is_none();
        match named {
            Some(known) => *known = BudgetSettings { other: known.other.clone(), ..budget.clone() },
            None => settings.budgets.push(budget.clone()),
        }
        Ok(is_new)
    })?;
    let verb = if is_new { "is set" } else { "is another one now" };
    session.say(&format!(
        "the budget `{name}` {verb}; `token-matters budget list` shows how it stands"
    ));
    Ok(outcome)
}

fn entry(new: &Set) -> Result<BudgetSettings, Failure> {
    let usage = |reason: String| Failure::Usage(reason);
    let value = Value::from(new.amount.trim());
    amount("amount", Some(&value)).map_err(usage)?;
    let currency = new.currency.as_deref().map(|code| currency_code(Some(code))).transpose();
    let period = match new.per {
        Per::Day => "day",
        Per::Week => "week",
        Per::Month => "month",
    };
    let text = |text: &Option<String>| text.as_deref().map(|text| text.trim().to_owned());
    Ok(BudgetSettings {
        name: text(&new.name),
        amount: Some(value),
        currency: currency.map_err(usage)?,
        period: Some(period.to_owned()),
        of: match new.of {
            Of::List => None,
            Of::Billed => Some("billed".to_owned()),
        },
        source: text(&new.source),
        project: text(&new.project),
        ..BudgetSettings::default()
    })
}

fn remove(session: &Session, name: &str) -> Result<Outcome, Failure> {
    let message = format!("budget remove: {}\n", plain(name).replace('\n', " "));
    let ((), outcome) = shared_change::settings(session, &message, |settings| {
        let names = names(settings);
        settings.budgets.retain(|known| known.shown_name() != name);
        if settings.budgets.len() < names.len() {
            return Ok(());
        }
        let known = if names.is_empty() { "none yet".to_owned() } else { names.join(", ") };
        Err(Failure::Usage(format!("there is no budget `{name}`; there are: {known}")))
    })?;
    session.say(&format!("the budget `{name}` is taken away"));
    Ok(outcome)
}

fn names(settings: &SharedSettings) -> Vec<String> {
    settings.budgets.iter().map(BudgetSettings::shown_name).collect()
}
