//! The arguments of `store`.

use std::path::PathBuf;

use chrono_tz::Tz;
use clap::{Args, Subcommand, ValueEnum};

use super::{Days, zone};

#[derive(Debug, Subcommand)]
pub(crate) enum StoreVerb {
    /// Check every file: hash, version, place
    #[command(
        after_help = "Examples:\n  token-matters store verify\n  token-matters store verify --fix"
    )]
    Verify {
        /// Step back to the newest good commit and join what can still be read
        #[arg(long)]
        fix: bool,
        /// Store to check [default: this machine's]
        #[arg(long, value_name = "DIR")]
        raw: Option<PathBuf>,
    },
    /// Take over the data of Token Matters 1.x
    #[command(
        after_help = "Examples:\n  token-matters store import ~/token-matters-data\n  token-matters store import https://github.com/me/token-matters-data --zone Asia/Shanghai"
    )]
    Import(Import),
    /// Take something out of the store for ever, on all machines
    #[command(
        after_help = "Examples:\n  token-matters store forget --project github.com/me/secret --dry-run\n  token-matters store forget --machine old-laptop"
    )]
    Forget(Forget),
    /// What changed when
    #[command(
        after_help = "Examples:\n  token-matters store log\n  token-matters store log --limit 100 --json"
    )]
    Log {
        /// Number of changes, the newest first
        #[arg(long, value_name = "NUMBER", default_value_t = 20)]
        limit: usize,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Write all responses as JSON Lines or CSV
    #[command(
        after_help = "Examples:\n  token-matters store export > usage.jsonl\n  token-matters store export --format csv --since 2026-01-01 --out usage.csv"
    )]
    Export(Export),
    /// Pack the repository, and make months of days that have been closed for a week
    #[command(after_help = "Examples:\n  token-matters store compact")]
    Compact,
}

#[derive(Args, Debug)]
pub(crate) struct Import {
    /// A checkout, a repository, or its URL
    #[arg(value_name = "PATH|URL")]
    pub(crate) from: String,
    /// Zone whose days the sums are about [default: that of the import before, else `timezone` of the 1.x
    /// configuration, else Asia/Shanghai, which 1.x took]
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub(crate) zone: Option<Tz>,
    /// Read and report, but store nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
#[group(id = "what", required = true, multiple = false)]
pub(crate) struct What {
    /// A project, as `report` names it
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// A machine
    #[arg(long, value_name = "NAME")]
    pub(crate) machine: Option<String>,
    /// A source
    #[arg(long, value_name = "ID")]
    pub(crate) source: Option<String>,
    /// A session: the tool's own id of it, or the digits that `report session` shows
    #[arg(long, value_name = "ID")]
    pub(crate) session: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Forget {
    #[command(flatten)]
    pub(crate) what: What,
    /// Show what would be taken out
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    /// Form
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    pub(crate) format: ExportFormat,
    #[command(flatten)]
    pub(crate) days: Days,
    /// File to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values, RFC 4180
    Csv,
    /// Apache Parquet, where the program was built with it
    Parquet,
}
