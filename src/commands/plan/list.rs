//! `plan list`: what subscriptions cost and covered.

use chrono::{Datelike, Months, NaiveDate};
use data_schema::{Money, sources};
use pricing::{Plan, PlanPeriod};
use serde::Serialize;
use summarizer::{Exchanged, Need, PlanMonth, PlanState, not_covered, plans};

use crate::known::{self, Ask, Known};
use crate::money::{self, InCurrency, Shown};
use crate::outcome::{Failure, Outcome};
use crate::output::{data, note, plain, problems};
use crate::session::Session;

/// Months that are shown.
const MONTHS: u32 = 12;
/// What is too little to be spoken of: list value that nobody is known to pay, in the currency's units.
const WORTH_A_WORD: Money = Money::from_picos(1_000_000_000_000);

/// The object that `--json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    version: &'a str,
    timezone: &'a str,
    /// Of all list values.
    currency: &'a str,
    plans: Vec<PlanJson<'a>>,
    /// Sources that are paid by the token where nothing else tells.
    metered: &'a [String],
    /// List value of the last twelve months of which nothing tells who pays.
    not_covered: Vec<NotCovered>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanJson<'a> {
    name: &'a str,
    price: Money,
    price_currency: &'a str,
    period: &'a str,
    since: NaiveDate,
    until: Option<NaiveDate>,
    sources: &'a [String],
    accounts: Vec<String>,
    /// Of the costs: that of the list values, or the price's own where there is no rate.
    currency: &'a str,
    months: Vec<MonthJson>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct MonthJson {
    month: String,
    /// Of its days up to today.
    cost: Money,
    /// Of all its days.
    whole_cost: Money,
    list_value: Money,
    /// How often the list value is the cost; null where it cost nothing, or in another currency.
    worth: Option<String>,
    is_worth_it: Option<bool>,
    is_running: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NotCovered {
    provider: String,
    list_value: Money,
}

pub(super) fn run(
    session: &Session,
    asked: &InCurrency,
    as_json: bool,
) -> Result<Outcome, Failure> {
    let known = known::read(session, Ask { need: Need::LEAST, ..Ask::default() })?;
    problems(&known.problems, "");
    let shown = Shown::new(&known.book, asked, &known.settings)?;
    let today = known.day(session.environment.now);
    let first = today.with_day(1).unwrap_or(today);
    let first = first.checked_sub_months(Months::new(MONTHS - 1)).unwrap_or(first);
    let (states, notices) = plans(&known.sums, shown.exchange(), first, today);
    for notice in &notices {
        note(&format!("warning: {notice}"));
    }
    let rest = not_covered(&known.sums, shown.exchange(), first);
    let rest: Vec<(String, Exchanged)> = rest.into_iter().collect();
    if as_json {
        print_json(&known, &shown, &states, rest)?;
    } else {
        print(session, &known, &shown, &states)?;
        tell_rest(session, &shown, &rest);
    }
    Ok(Outcome::partial_if(!known.problems.is_empty() || !notices.is_empty()))
}

fn print_json(
    known: &Known,
    shown: &Shown<'_>,
    states: &[PlanState],
    rest: Vec<(String, Exchanged)>,
) -> Result<(), Failure> {
    let rest = rest.into_iter();
    let json = Json {
        version: data_schema::VERSION,
        timezone: known.zone.name(),
        currency: shown.code(),
        plans: states.iter().map(|state| plan_json(shown, state)).collect(),
        metered: &known.settings.metered,
        not_covered: rest
            .map(|(provider, value)| NotCovered { provider, list_value: value.amount() })
            .collect(),
    };
    data(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    Ok(())
}

fn plan_json<'a>(shown: &Shown<'_>, state: &'a PlanState) -> PlanJson<'a> {
    let Plan { name, price, currency, period, since, until, sources, accounts } = &state.plan;
    let is_comparable = state.is_comparable(shown.exchange());
    let month = |month: &PlanMonth| MonthJson {
        month: month.month.format("%Y-%m").to_string(),
        cost: month.share.amount(),
        whole_cost: month.whole.amount(),
        list_value: month.covered.amount(),
        worth: month.worth_tenths().filter(|_| is_comparable).map(tenths),
        is_worth_it: is_comparable.then(|| month.is_worth_it()),
        is_running: month.is_running,
    };
    PlanJson {
        name,
        price: *price,
        price_currency: currency,
        period: period_word(*period),
        since: *since,
        until: *until,
        sources,
        accounts: accounts.iter().map(ToString::to_string).collect(),
        currency: &state.currency,
        months: state.months.iter().rev().map(month).collect(),
    }
}

fn period_word(period: PlanPeriod) -> &'static str {
    match period {
        PlanPeriod::Month => "month",
        PlanPeriod::Year => "year",
    }
}

fn tenths(number: u64) -> String {
    format!("{}.{}", number / 10, number % 10)
}

fn print(
    session: &Session,
    known: &Known,
    shown: &Shown<'_>,
    states: &[PlanState],
) -> Result<(), Failure> {
    if states.is_empty() {
        session.say("no plan is set: `token-matters plan add \"Max 20x\" --price 200 --since 2026-01-15 --source claude-code` adds one");
    }
    for state in states {
        data(&plain(&plan_text(shown, state)))?;
    }
    if states.len() > 1 {
        data(&plain(&all_together(shown, states)))?;
    }
    if !known.settings.metered.is_empty() {
        let metered = known.settings.metered.join(", ");
        data(&plain(&format!("Paid by the token: {metered}\n")))?;
    }
    if !states.is_empty() {
        session.say(&format!(
            "Months of {}. List value is what the tokens would have cost without the plan; a plan is never in what is billed.",
            known.zone
        ));
    }
    Ok(())
}

fn plan_text(shown: &Shown<'_>, state: &PlanState) -> String {
    let plan = &state.plan;
    let titles: Vec<&str> =
        plan.sources.iter().map(|id| sources::title(id).unwrap_or(id)).collect();
    let until = plan.until.map_or_else(String::new, |day| format!(", until {day}"));
    let only = match plan.accounts.len() {
        0 => "",
        1 => ", one account",
        _ => ", some accounts",
    };
    let mut text = format!(
        "{}: {} a {}, for {}{only}, since {}{until}\n",
        plan.name,
        money::text(plan.price, &plan.currency),
        period_word(plan.period),
        titles.join(" and "),
        plan.since
    );
    if state.months.is_empty() {
        text.push_str("  nothing of it lies in the last twelve months\n");
    }
    for month in state.months.iter().rev() {
        text.push_str(&month_text(shown, state, month));
    }
    text
}

fn month_text(shown: &Shown<'_>, state: &PlanState, month: &PlanMonth) -> String {
    let cost = |amount: Exchanged| money::text(amount.amount(), &state.currency);
    let mut paid = cost(month.share);
    if month.is_running && month.whole > month.share {
        paid = format!("{paid} of {} so far", cost(month.whole));
    }
    let value = shown.text(month.covered);
    let verdict = verdict(month).filter(|_| state.is_comparable(shown.exchange()));
    let verdict = verdict.map_or_else(String::new, |verdict| format!(": {verdict}"));
    format!("  {}  {paid}, list value {value}{verdict}\n", month.month.format("%Y-%m"))
}

/// Whether a month was worth it, and by how much.
fn verdict(month: &PlanMonth) -> Option<String> {
    let times = month.worth_tenths()?;
    let words = match (month.is_worth_it(), month.is_running) {
        (true, false) => "worth it",
        (true, true) => "worth it so far",
        (false, false) => "not worth it",
        (false, true) => "not worth it so far",
    };
    Some(format!("{} times its cost, {words}", tenths(times)))
}

/// What all subscriptions of this month cost and cover, those without a rate left out.
fn all_together(shown: &Shown<'_>, states: &[PlanState]) -> String {
    let comparable = states.iter().filter(|state| state.is_comparable(shown.exchange()));
    let running: Vec<&PlanMonth> =
        comparable.flat_map(|state| &state.months).filter(|month| month.is_running).collect();
    let whole: Exchanged = running.iter().map(|month| month.whole).sum();
    let covered: Exchanged = running.iter().map(|month| month.covered).sum();
    format!(
        "All plans this month: {}, list value so far {}\n",
        shown.text(whole),
        shown.text(covered)
    )
}

/// What nothing is known about: the next step.
fn tell_rest(session: &Session, shown: &Shown<'_>, rest: &[(String, Exchanged)]) {
    for (source, value) in rest.iter().filter(|(_, value)| value.amount() >= WORTH_A_WORD) {
        let title = sources::title(source).unwrap_or(source);
        let value = shown.text(*value);
        session.say(&format!(
            "Nothing tells who pays for {title}: {value} at list price in the last twelve months. `token-matters plan add NAME --price AMOUNT --since DAY --source {source}` names a plan, `token-matters plan metered {source}` says that it is paid by the token."
        ));
    }
}
