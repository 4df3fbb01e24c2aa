//! What budgets come to, for people, programs and hooks.

use std::fmt::Write as _;

use chrono::NaiveDate;
use data_schema::Money;
use serde::Serialize;
use summarizer::{BudgetState, Need, Standing, budgets};

use crate::environment;
use crate::known::{self, Ask, Known};
use crate::money;
use crate::outcome::{Failure, Outcome};
use crate::output::{data, grouped, note, plain, problems};
use crate::session::Session;

/// The object that `--json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    version: &'a str,
    timezone: &'a str,
    budgets: Vec<BudgetJson<'a>>,
    /// What of the settings cannot be used.
    notices: &'a [String],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BudgetJson<'a> {
    name: &'a str,
    state: &'a str,
    period: &'a str,
    of: &'a str,
    source: Option<&'a str>,
    project: Option<&'a str>,
    currency: &'a str,
    amount: Money,
    spent: Money,
    /// Percent of the amount; null if that is nothing.
    share: Option<u64>,
    /// Null where too little is known for one.
    forecast: Option<Money>,
    start: NaiveDate,
    end: NaiveDate,
    unpriced_tokens: u64,
}

pub(super) fn list(session: &Session, as_json: bool) -> Result<Outcome, Failure> {
    show(session, as_json, false)
}

/// The same with exit code 4 if one is passed.
pub(super) fn check(session: &Session, as_json: bool) -> Result<Outcome, Failure> {
    show(session, as_json, true)
}

fn show(session: &Session, as_json: bool, is_check: bool) -> Result<Outcome, Failure> {
    let (known, ()) = known::read_for(session, Ask::default(), |frame| {
        Ok((Need::of_budgets(frame.settings), ()))
    })?;
    problems(&known.problems, "");
    let today = known.day(session.environment.now);
    let (states, notices) = budgets(&known.sums, &known.settings, &known.book, today);
    for notice in &notices {
        note(&format!("warning: {notice}"));
    }
    let is_passed = |state: &&BudgetState| state.standing() == Standing::Passed;
    if as_json {
        print_json(&known, &states, &notices)?;
    } else if is_check && session.quiet {
        print(states.iter().filter(is_passed))?;
    } else {
        print(states.iter())?;
        if states.is_empty() && notices.is_empty() {
            session.say("no budget is set: `token-matters budget set 200 --per month` sets one");
        }
    }
    if is_check && states.iter().any(|state| is_passed(&state)) {
        return Ok(Outcome::OverBudget);
    }
    Ok(Outcome::partial_if(!known.problems.is_empty() || !notices.is_empty()))
}

fn print<'s>(states: impl Iterator<Item = &'s BudgetState>) -> Result<(), Failure> {
    let has_colors = environment::terminal().colors;
    for state in states {
        data(&format!("{}\n", line(state, has_colors)))?;
    }
    Ok(())
}

/// One line: what is spent of it, what it comes to, and how it stands.
pub(crate) fn line(state: &BudgetState, has_colors: bool) -> String {
    let text = |amount: Money| money::text(amount, &state.currency);
    let (spent, amount) = (text(state.spent.amount()), text(state.amount));
    let share = state.share().map_or_else(String::new, |share| format!(" ({share} %)"));
    let mut line = format!("{}: {spent} of {amount}{share}", state.name);
    if let Some(forecast) = state.forecast {
        let (forecast, end) = (text(forecast.amount()), state.end);
        let _ = write!(line, ", about {forecast} by the end of {end}");
    }
    line.push_str(match state.standing() {
        Standing::Within => "",
        Standing::Expected => ": expected to be passed",
        Standing::Passed => ": passed",
    });
    if state.unpriced_tokens > 0 {
        let tokens = grouped(state.unpriced_tokens);
        let _ = write!(line, "; {tokens} tokens without a price are not in it");
    }
    let line = plain(&line).replace('\n', " ");
    // Colours say how it stands, and nothing else.
    match state.standing() {
        Standing::Passed if has_colors => format!("\u{1b}[31m{line}\u{1b}[0m"),
        Standing::Expected if has_colors => format!("\u{1b}[33m{line}\u{1b}[0m"),
        _ => line,
    }
}

fn print_json(known: &Known, states: &[BudgetState], notices: &[String]) -> Result<(), Failure> {
    let json = Json {
        version: data_schema::VERSION,
        timezone: known.zone.name(),
        budgets: states.iter().map(budget_json).collect(),
        notices,
    };
    data(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    Ok(())
}

fn budget_json(state: &BudgetState) -> BudgetJson<'_> {
    BudgetJson {
        name: &state.name,
        state: state.standing().word(),
        period: state.period.word(),
        of: state.of.word(),
        source: state.source.as_deref(),
        project: state.project.as_deref(),
        currency: &state.currency,
        amount: state.amount,
        spent: state.spent.amount(),
        share: state.share(),
        forecast: state.forecast.map(summarizer::Exchanged::amount),
        start: state.start,
        end: state.end,
        unpriced_tokens: state.unpriced_tokens,
    }
}
