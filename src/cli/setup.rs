//! The arguments of `init`, `doctor` and `machine`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Every flag is the answer to a question.
#[derive(Args, Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Init {
    /// Ask nothing: take the answers of the flags, and the defaults
    #[arg(long)]
    pub(crate) yes: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) place: PlaceFlags,
    /// Name of this machine
    #[arg(long, value_name = "NAME")]
    pub(crate) machine: Option<String>,
    /// Never store this work: a folder such as ~/work/x, or a git remote such as github.com/me/secret (may be repeated)
    #[arg(long, value_name = "PROJECT")]
    pub(crate) exclude: Vec<String>,
    /// Store this work only (may be repeated)
    #[arg(long, value_name = "PROJECT")]
    pub(crate) include: Vec<String>,
    #[command(flatten)]
    pub(crate) site: SiteFlags,
    /// When the system collects [default: hourly]
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(crate) schedule: Option<Every>,
    /// Meter requests with the proxy: keep it running, and point the tools at it whose settings can say so
    #[arg(long, conflicts_with = "no_proxy")]
    pub(crate) proxy: bool,
    /// Leave the proxy as it is, without a question
    #[arg(long)]
    pub(crate) no_proxy: bool,
    /// Raise the days after which Claude Code deletes its transcripts, in its own settings.json
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) raise_claude_retention: Option<u32>,
}

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PlaceFlags {
    /// Data lives in this private git repository, which all your machines write into: a URL, or a path
    #[arg(long, value_name = "URL", group = "where")]
    pub(crate) remote: Option<String>,
    /// Data lives on this machine only
    #[arg(long, group = "where")]
    pub(crate) local: bool,
    /// Data lives in a new private repository on GitHub with this name; needs the program gh
    #[arg(long, value_name = "NAME", group = "where")]
    pub(crate) create_remote: Option<String>,
    /// Push usage data to a repository that everybody can read
    #[arg(long)]
    pub(crate) allow_public_data: bool,
}

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SiteFlags {
    /// Where the page goes: `none`, `artifact` (Pages of the data repository itself), or a second, public repository
    #[arg(long, value_name = "URL|artifact|none")]
    pub(crate) publish_to: Option<String>,
    /// Address under which the page will be found
    #[arg(long, value_name = "URL")]
    pub(crate) page_address: Option<String>,
    /// Kind of workflow that is put into the data repository [default: what its host understands]
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) ci: Option<Ci>,
    /// Machines on the page
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) machines_shown: Option<MachinesShown>,
    /// Projects on the page
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) projects_shown: Option<ProjectsShown>,
    /// Models on the page
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) models_shown: Option<ModelsShown>,
    /// Cost on the page
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) cost_shown: Option<Shown>,
    /// Hours of the day on the page
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) hours_shown: Option<Shown>,
    /// Limits of plans on the page
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) limits_shown: Option<Shown>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Every {
    /// Every hour
    Hourly,
    /// Every day at half past midnight
    Daily,
    /// Never by itself
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ci {
    /// .github/workflows/
    Github,
    /// .gitlab-ci.yml
    Gitlab,
    /// .forgejo/workflows/
    Forgejo,
    /// No workflow: `token-matters publish` makes the page
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MachinesShown {
    /// As machine 1, machine 2
    Alias,
    /// By name
    Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProjectsShown {
    /// Not at all
    Hide,
    /// As project 1, project 2
    Alias,
    /// By name
    Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModelsShown {
    /// Public models by name, others numbered
    Listed,
    /// All by name
    Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shown {
    /// Not at all
    Hide,
    /// As it is
    Show,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Doctor {
    /// Repair what is safe to repair
    #[arg(long)]
    pub(crate) fix: bool,
    /// Print a JSON array of groups with their checks
    #[arg(long)]
    pub(crate) json: bool,
    /// Check nothing: print a sample of a log without your words, to send with a report
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fix", "json"])]
    pub(crate) sample: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MachineVerb {
    /// Show a machine under another name, everywhere and from now on; nothing stored is changed
    #[command(
        after_help = "Two machines with one name are shown as one. Renaming a machine to its stored name takes it back.\n\nExamples:\n  token-matters machine rename anns-macbook-pro-2 \"Ann's laptop\"\n  token-matters machine rename \"Ann's laptop\" anns-macbook-pro-2"
    )]
    Rename {
        /// Its name, as it is stored or shown
        from: String,
        /// The name to show
        to: String,
    },
    /// The machines of the store: stored name, shown name, first collection, last response
    #[command(
        after_help = "Examples:\n  token-matters machine list\n  token-matters machine list --json"
    )]
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}
