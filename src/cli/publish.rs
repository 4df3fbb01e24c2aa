//! The arguments of `publish`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  token-matters publish --to git@github.com:me/tokens.git
  token-matters publish --out public
  token-matters publish --check
  token-matters publish --write-workflow github --out ~/token-data

With --check nothing is published: `changed=true` or `changed=false` is printed, and written to
$GITHUB_OUTPUT where there is one; else the exit code is 3 when there is something to publish.";

#[derive(Args, Clone, Debug, Default)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Publish {
    /// Data to publish: a folder with raw/ below it, or a repository by path or URL [default: this machine's store]
    #[arg(long, value_name = "DIR|REPO")]
    pub(crate) raw: Option<String>,
    /// Repository that takes the page [default: `site.repository` of token-matters.yaml]
    #[arg(long, value_name = "URL")]
    pub(crate) to: Option<String>,
    /// Its branch, which is replaced by one commit [default: `site.branch` of token-matters.yaml, else gh-pages]
    #[arg(long, value_name = "NAME")]
    pub(crate) branch: Option<String>,
    /// Leave the page in this folder, and push nothing
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Where the page goes [default: artifact with --out, else repository]
    #[arg(long, value_enum)]
    pub(crate) mode: Option<Mode>,
    /// Only say whether there is something to publish
    #[arg(long)]
    pub(crate) check: bool,
    /// Make the page and say what would be done, but push nothing
    #[arg(long, conflicts_with = "check")]
    pub(crate) dry_run: bool,
    /// Replace a branch or folder with other content, and publish what is published already
    #[arg(long)]
    pub(crate) force: bool,
    /// Environment variable that holds the private key of a deploy key
    #[arg(long, value_name = "NAME")]
    pub(crate) ssh_key_env: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) workflow: WorkflowOptions,
}

/// Where a page goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// To a branch of a repository
    Repository,
    /// Into a folder that the host of the page takes: a Pages artifact
    Artifact,
    /// Nowhere: it is only made
    None,
}

/// What `--write-workflow` is told.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct WorkflowOptions {
    /// Write the files with which a host publishes by itself into --out, the checkout of the data repository
    #[arg(long = "write-workflow", value_enum, value_name = "HOST", requires = "out")]
    pub(crate) host: Option<WorkflowHost>,
    /// Runs a day
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=24), requires = "host")]
    pub(crate) runs_per_day: u32,
    /// Minute of the hour [default: a random one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=59), requires = "host")]
    pub(crate) minute: Option<u32>,
    /// Run at every push of data, too
    #[arg(long, requires = "host")]
    pub(crate) on_push: bool,
}

/// Who runs a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WorkflowHost {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
    /// Forgejo Actions
    Forgejo,
}
