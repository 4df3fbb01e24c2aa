//! `proxy key`: the proxy's own keys.

use clap::{Args, Subcommand};
use data_schema::UtcSeconds;
use proxy::gate::{Keys, KeysError, Limit, NewKey, Rate, Terms};

use crate::cli::Global;
use crate::commands::proxy::{folder, settings};
use crate::environment;
use crate::outcome::{Failure, Outcome};
use crate::output::{data, note};

mod expiry;
mod shown;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyVerb {
    /// Make a key; it is printed once
    #[command(
        after_help = "The key alone goes to standard output. Only its hash is kept: what is lost is replaced with `rotate`.\n\nExamples:\n  token-matters proxy key create ci\n  token-matters proxy key create anna --project website --expires 90d --budget \"5 USD/day\" --budget \"100 USD/month\"\n  token-matters proxy key create bot --models \"claude-haiku-*\" --upstreams anthropic --rate \"60 requests/minute\" --rate \"4 at once\""
    )]
    Create(Create),
    /// All keys, revoked ones included
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// What a key opens, and what was used of its budgets
    Show {
        /// Its name
        name: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Take a key back, within a second and for ever
    Revoke {
        /// Its name
        name: String,
    },
    /// Put a new key in the place of one, under the same name and with the same budgets
    Rotate {
        /// Its name
        name: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// Who or what it is for, as reports name it
    pub(crate) name: String,
    /// The project that its requests are charged to
    #[arg(long, value_name = "P")]
    pub(crate) project: Option<String>,
    /// When it ends: a number of days such as 30d, or the last day such as 2026-12-31 (UTC)
    #[arg(long, value_name = "WHEN")]
    pub(crate) expires: Option<String>,
    /// The models that it opens, `*` for any run of letters; all if not given
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    pub(crate) models: Vec<String>,
    /// The upstreams that it opens; all if not given
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) upstreams: Vec<String>,
    /// The upstream that answers where the request names none
    #[arg(long, value_name = "NAME")]
    pub(crate) upstream: Option<String>,
    /// What may be used: "5 USD/day", "100000 tokens/5h", "200 requests/month"; may be repeated
    #[arg(long, value_name = "LIMIT")]
    pub(crate) budget: Vec<Limit>,
    /// How fast: "60 requests/minute", "100000 tokens/minute", "8 at once"; may be repeated
    #[arg(long, value_name = "RATE")]
    pub(crate) rate: Vec<Rate>,
}

pub(crate) fn run(global: &Global, verb: &KeyVerb) -> Result<Outcome, Failure> {
    let now = environment::now()?;
    let folder = folder(&environment::data_folder(global)?);
    match verb {
        KeyVerb::Create(options) => {
            let terms = terms(options, now)?;
            let made = Keys::edit(&folder, |keys| keys.create(&options.name, terms, now));
            print(&made.map_err(refused)?)?;
        }
        KeyVerb::List { json } => {
            data(&shown::list(&Keys::read(&folder).map_err(refused)?, now, *json)?)?;
        }
        KeyVerb::Show { name, json } => {
            let keys = Keys::read(&folder).map_err(refused)?;
            let key = keys.get(name).map_err(refused)?;
            let config = settings::config(global, settings::read(global)?)?;
            let all = proxy::gate::budget_use(&folder, &config.gate, &environment::clock()?);
            data(&shown::one(key, &all.map_err(refused)?, now, *json)?)?;
        }
        KeyVerb::Revoke { name } => {
            Keys::edit(&folder, |keys| keys.revoke(name, now)).map_err(refused)?;
            note(&format!(
                "the key `{name}` opens nothing any more; running proxies know it within a second"
            ));
        }
        KeyVerb::Rotate { name } => {
            let made = Keys::edit(&folder, |keys| keys.rotate(name, now));
            print(&made.map_err(refused)?)?;
        }
    }
    Ok(Outcome::Done)
}

fn terms(options: &Create, now: UtcSeconds) -> Result<Terms, Failure> {
    let text = |given: &Option<String>| given.as_deref().map(data_schema::Text::from);
    let expires = options.expires.as_deref().map(|when| expiry::read(when, now)).transpose();
    Ok(Terms {
        expires: expires.map_err(|error| Failure::Usage(format!("--expires {error}")))?,
        project: text(&options.project),
        models: options.models.clone(),
        upstreams: options.upstreams.clone(),
        upstream: text(&options.upstream),
        budgets: options.budget.clone(),
        rates: options.rate.clone(),
    })
}

/// Prints a key, the one time that it is known. It goes nowhere else: not even into a log file of the command.
fn print(made: &NewKey) -> Result<(), Failure> {
    data(&format!("{}\n", made.key.expose()))?;
    note(&format!(
        "this is the key `{}`; it is shown this once, and only its hash is kept. Running proxies know it within a second.",
        made.name
    ));
    Ok(())
}

/// What a person can change is a matter of usage.
fn refused(error: KeysError) -> Failure {
    match error {
        KeysError::Unknown { .. } | KeysError::Refused(_) => Failure::Usage(error.to_string()),
        other => other.into(),
    }
}
