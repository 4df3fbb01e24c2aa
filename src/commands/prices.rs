//! `prices`: which prices count and why, and newer ones.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use crate::cli::Global;
use crate::outcome::{Failure, Outcome};
use crate::session::Session;

mod check;
mod explain;
mod list;
mod show;
mod update;

pub(crate) use update::offered;

/// What is asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Prices {
    /// List the models with their prices of today
    #[command(
        after_help = "Examples:\n  token-matters prices list\n  token-matters prices list --model sonnet\n  token-matters prices list --json"
    )]
    List {
        /// Only models whose name contains this
        #[arg(long, value_name = "TEXT")]
        model: Option<String>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Show all prices of a model, with their days, tiers and sizes
    #[command(
        after_help = "Examples:\n  token-matters prices show claude-sonnet-4-5\n  token-matters prices show gpt-5.4 --at 2026-06-01"
    )]
    Show {
        /// Name of the model, in any spelling
        #[arg(allow_hyphen_values = true)]
        model: String,
        /// Only the price of this day
        #[arg(long, value_name = "DAY")]
        at: Option<NaiveDate>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Say which rule prices a model and why, with every line of a sum
    #[command(
        after_help = "Examples:\n  token-matters prices explain claude-sonnet-4-5 --input 300000 --output 1000\n  token-matters prices explain us.anthropic.claude-opus-4-8-v1:0 --region us --tier fast\n  token-matters prices explain gpt-5.9-x"
    )]
    Explain(Explain),
    /// Fetch newer prices; what was counted before does not change
    #[command(
        after_help = "Nothing is fetched unless config.yaml has `prices: {update: true}` or --yes is told. Older prices\nstay with their end: days before today cost the same afterwards.\n\nExamples:\n  token-matters prices update --dry-run\n  token-matters prices update --yes\n  token-matters prices update --from https://models.dev/api.json --yes\n  token-matters prices update --from prices.json --sha256 2c26b46b…"
    )]
    Update(Update),
    /// Check a pricing.json, line by line
    #[command(
        after_help = "Exit code 0 if all of it is used, 3 if some of it is not or looks wrong, 2 if none of it can be read.\n\nExamples:\n  token-matters prices check\n  token-matters prices check my-prices.json"
    )]
    Check {
        /// The file [default: pricing.json of the data folder]
        file: Option<PathBuf>,
    },
}

/// What is to be explained.
#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// Name of the model, in any spelling
    #[arg(allow_hyphen_values = true)]
    pub(crate) model: String,
    /// The day of the response [default: today]
    #[arg(long, value_name = "DAY")]
    pub(crate) at: Option<NaiveDate>,
    /// The source that told it: prices of Token Matters 1.x hold for one
    #[arg(long, value_name = "ID")]
    pub(crate) source: Option<String>,
    /// How it was served: batch, flex, priority, fast
    #[arg(long, value_name = "TIER")]
    pub(crate) tier: Option<String>,
    /// Where it was served, such as us
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    #[command(flatten)]
    pub(crate) counts: Counts,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a response used.
#[derive(Args, Clone, Copy, Debug)]
#[command(
    next_help_heading = "What the response used [default: a million of input and of output, as two responses]"
)]
pub(crate) struct Counts {
    /// Prompt tokens outside the cache
    #[arg(long, value_name = "N")]
    pub(crate) input: Option<u64>,
    /// Output tokens, reasoning included
    #[arg(long, value_name = "N")]
    pub(crate) output: Option<u64>,
    /// Prompt tokens read from a cache
    #[arg(long, value_name = "N")]
    pub(crate) cache_read: Option<u64>,
    /// Prompt tokens written to a cache, all lifetimes
    #[arg(long, value_name = "N")]
    pub(crate) cache_write: Option<u64>,
    /// Of those, for an hour
    #[arg(long, value_name = "N")]
    pub(crate) cache_write_1h: Option<u64>,
    /// Audio tokens, of input or output
    #[arg(long, value_name = "N")]
    pub(crate) audio: Option<u64>,
    /// Image tokens, of input or output
    #[arg(long, value_name = "N")]
    pub(crate) image: Option<u64>,
    /// Web searches
    #[arg(long, value_name = "N")]
    pub(crate) web_searches: Option<u32>,
}

/// Where newer prices come from.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Update {
    /// Address (https://…) or file [default: `prices.from` of config.yaml, else the list of `LiteLLM`]
    #[arg(long, value_name = "URL|FILE")]
    pub(crate) from: Option<String>,
    /// SHA-256 that the file must have, as 64 hex digits
    #[arg(long, value_name = "HEX")]
    pub(crate) sha256: Option<String>,
    /// Show what would change, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Fetch without `prices: {update: true}` in config.yaml
    #[arg(long)]
    pub(crate) yes: bool,
    /// Take prices that look like a mistake as well
    #[arg(long)]
    pub(crate) force: bool,
    /// Take prices of Bedrock, Vertex, Azure and `OpenRouter` where they differ from the vendor's
    #[arg(long)]
    pub(crate) resellers: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(global: &Global, verb: &Prices) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    match verb {
        Prices::List { model, json } => list::run(&session, model.as_deref(), *json),
        Prices::Show { model, at, json } => show::run(&session, model, *at, *json),
        Prices::Explain(asked) => explain::run(&session, asked),
        Prices::Update(asked) => update::run(&session, asked),
        Prices::Check { file } => check::run(&session, file.as_deref()),
    }
}

/// The prices in force here.
fn book(session: &Session) -> Result<pricing::PriceBook, Failure> {
    let store = session.existing_store()?;
    let snapshot = store.map(|store| store.snapshot()).transpose()?;
    session.prices(snapshot.as_ref())
}

/// Today in UTC, whose days prices have.
fn today(session: &Session) -> NaiveDate {
    session.environment.now.utc_date()
}

/// Prints one JSON object.
fn print(value: &serde_json::Value) -> Result<(), Failure> {
    crate::output::data(&format!("{}\n", serde_json::to_string_pretty(value)?))?;
    Ok(())
}
