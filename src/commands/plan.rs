//! `plan`: subscriptions, and whether they were worth it.

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use data_schema::settings::{PlanSettings, SharedSettings};
use pricing::Payers;
use serde_json::Value;

use crate::cli::Global;
use crate::money::InCurrency;
use crate::outcome::{Failure, Outcome};
use crate::output::{note, plain};
use crate::session::Session;
use crate::shared_change;

mod list;

/// Letters of a name at most.
const LONGEST_NAME: usize = 60;

/// What is asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum PlanVerb {
    /// What each subscription costs, the list value that it covered, and whether it was worth it, month by month
    #[command(
        after_help = "Examples:\n  token-matters plan list\n  token-matters plan list --currency EUR\n  token-matters plan list --json"
    )]
    List {
        #[command(flatten)]
        currency: InCurrency,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Say that a subscription pays for sources
    #[command(
        after_help = "--since is the first day that was paid for: its day of the month is when each period begins.\n\nExamples:\n  token-matters plan add \"Max 20x\" --price 200 --since 2026-01-15 --source claude-code\n  token-matters plan add Plus --price 23 --currency EUR --since 2026-03-01 --source codex --source codex-cloud\n  token-matters plan add Team --price 300 --period year --since 2026-02-01 --source cursor"
    )]
    Add(Add),
    /// Say that a subscription has ended
    #[command(after_help = "Examples:\n  token-matters plan end \"Max 20x\" --on 2026-06-15")]
    End {
        /// Its name
        name: String,
        /// First day that it does not cover any more
        #[arg(long, value_name = "DAY")]
        on: NaiveDate,
    },
    /// Take a subscription away, as if it had never been
    #[command(after_help = "Examples:\n  token-matters plan remove Plus")]
    Remove {
        /// Its name
        name: String,
    },
    /// Say that a source is paid by the token
    #[command(
        after_help = "What a response itself tells goes first, then subscriptions, then this.\n\nExamples:\n  token-matters plan metered opencode\n  token-matters plan metered opencode --remove"
    )]
    Metered {
        /// Id of the source
        #[arg(value_name = "SOURCE")]
        source: String,
        /// Say so no longer
        #[arg(long)]
        remove: bool,
    },
}

/// A new subscription.
#[derive(Args, Debug)]
pub(crate) struct Add {
    /// Its name
    name: String,
    /// What it costs a period
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    price: String,
    /// Currency of the price [default: USD]
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// How often it is paid
    #[arg(long, value_enum, default_value_t = Paid::Month)]
    period: Paid,
    /// First day that was paid for
    #[arg(long, value_name = "DAY")]
    since: NaiveDate,
    /// First day that it does not cover any more
    #[arg(long, value_name = "DAY")]
    until: Option<NaiveDate>,
    /// A source that it covers (may be repeated)
    #[arg(long = "source", value_name = "ID", required = true)]
    sources: Vec<String>,
    /// Hash of an account that alone it covers, as `store export` shows it (may be repeated)
    #[arg(long = "account", value_name = "HASH")]
    accounts: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Paid {
    /// From a day of the month to the same of the next one
    Month,
    /// From a day to the same of the next year
    Year,
}

pub(crate) fn run(global: &Global, verb: &PlanVerb) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    match verb {
        PlanVerb::List { currency, json } => list::run(&session, currency, *json),
        PlanVerb::Add(new) => add(&session, new),
        PlanVerb::End { name, on } => end(&session, name.trim(), *on),
        PlanVerb::Remove { name } => remove(&session, name.trim()),
        PlanVerb::Metered { source, remove } => metered(&session, source.trim(), *remove),
    }
}

/// A name that can stand in settings, messages and tables.
pub(crate) fn check_name(name: &str) -> Result<(), Failure> {
    let is_plain = !name.is_empty() && plain(name) == name && !name.contains('\n');
    if is_plain && name.chars().count() <= LONGEST_NAME {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "a name must have 1 to {LONGEST_NAME} letters and no control characters"
    )))
}

/// Tells of an id that no source has: nothing is ever found under it. A source of one's own may be called anything.
pub(crate) fn check_source(id: &str) {
    if data_schema::sources::is_known(id) {
        return;
    }
    let known = data_schema::sources::KNOWN.iter().map(|(id, _)| *id);
    let meant = data_schema::nearest(id, known)
        .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    note(&format!("warning: `{id}` is no source that this version knows{meant}"));
}

fn add(session: &Session, new: &Add) -> Result<Outcome, Failure> {
    let plan = entry(new);
    check_name(&plan.name)?;
    let alone = SharedSettings { plans: vec![plan.clone()], ..SharedSettings::default() };
    if let Some(reason) = Payers::new(&alone).1.into_iter().next() {
        let reason = reason.split_once("is not used: ").map_or(&*reason, |(_, reason)| reason);
        return Err(Failure::Usage(reason.to_owned()));
    }
    plan.sources.iter().for_each(|source| check_source(source));
    let message = format!("plan add: {}\n", plan.name);
    let ((), outcome) = shared_change::settings(session, &message, |settings| {
        let (known, _) = Payers::new(settings);
        let clash = known.plans().iter().find(|known| {
            known.name == plan.name && known.until.is_none_or(|until| until > new.since)
        });
        if let Some(known) = clash {
            return Err(Failure::Usage(format!(
                "there is a plan `{0}` since {1} already: `token-matters plan end \"{0}\" --on {2}` ends it first, or give this one another name",
                known.name, known.since, new.since
            )));
        }
        settings.plans.push(plan.clone());
        Ok(())
    })?;
    let sources = plan.sources.join(", ");
    session.say(&format!(
        "{} pays for {sources} since {}; `token-matters plan list` shows whether it is worth it",
        plan.name, new.since
    ));
    Ok(outcome)
}

fn entry(new: &Add) -> PlanSettings {
    let Add { name, price, currency, period, since, until, sources, accounts } = new;
    let period = match period {
        Paid::Month => "month",
        Paid::Year => "year",
    };
    PlanSettings {
        name: name.trim().to_owned(),
        price: Some(Value::from(price.trim())),
        currency: currency.as_deref().map(|code| code.trim().to_uppercase()),
        period: Some(period.to_owned()),
        since: Some(since.to_string()),
        until: until.map(|day| day.to_string()),
        sources: sources.iter().map(|source| source.trim().to_owned()).collect(),
        accounts: accounts.clone(),
        ..PlanSettings::default()
    }
}

fn end(session: &Session, name: &str, on: NaiveDate) -> Result<Outcome, Failure> {
    let message = format!("plan end: {} on {on}\n", plain(name).replace('\n', " "));
    let ((), outcome) = shared_change::settings(session, &message, |settings| {
        let names = names(settings);
        let mut named = settings.plans.iter_mut().filter(|plan| plan.name.trim() == name);
        // Of several, one after the other, the last one is what ends.
        let Some(plan) = named.next_back() else { return Err(no_plan(name, &names)) };
        plan.until = Some(on.to_string());
        let alone = SharedSettings { plans: vec![plan.clone()], ..SharedSettings::default() };
        match Payers::new(&alone).1.into_iter().next() {
            Some(reason) => Err(Failure::Usage(reason)),
            None => Ok(()),
        }
    })?;
    session.say(&format!("{name} covers nothing from {on} on"));
    Ok(outcome)
}

fn remove(session: &Session, name: &str) -> Result<Outcome, Failure> {
    let message = format!("plan remove: {}\n", plain(name).replace('\n', " "));
    let ((), outcome) = shared_change::settings(session, &message, |settings| {
        let names = names(settings);
        let before = settings.plans.len();
        settings.plans.retain(|plan| plan.name.trim() != name);
        if settings.plans.len() == before { Err(no_plan(name, &names)) } else { Ok(()) }
    })?;
    session.say(&format!("{name} is taken away: what it covered is covered by nothing now"));
    Ok(outcome)
}

fn names(settings: &SharedSettings) -> Vec<String> {
    settings.plans.iter().map(|plan| plan.name.trim().to_owned()).collect()
}

fn no_plan(name: &str, names: &[String]) -> Failure {
    let known = if names.is_empty() { "none yet".to_owned() } else { names.join(", ") };
    Failure::Usage(format!("there is no plan `{name}`; there are: {known}"))
}

fn metered(session: &Session, source: &str, remove: bool) -> Result<Outcome, Failure> {
    check_name(source)?;
    check_source(source);
    let word = if remove { "no longer metered" } else { "metered" };
    let message = format!("plan metered: {source} is {word}\n");
    let (was, outcome) = shared_change::settings(session, &message, |settings| {
        let was = settings.metered.iter().any(|known| known == source);
        settings.metered.retain(|known| known != source);
        if !remove {
            settings.metered.push(source.to_owned());
        }
        Ok(was)
    })?;
    session.say(&match (was, remove) {
        (false, true) => {
            format!("{source} was not named as paid by the token: nothing was changed")
        }
        (_, true) => format!("{source} is not named as paid by the token any more"),
        (_, false) => {
            format!("{source} is paid by the token where no response or plan says otherwise")
        }
    });
    Ok(outcome)
}
