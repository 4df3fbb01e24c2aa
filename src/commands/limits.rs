//! `limits`: windows of five hours, and what vendors say of their limits.

use std::collections::BTreeSet;

use clap::Args;
use data_schema::{Text, UtcSeconds};
use summarizer::{Only, Window};

use crate::cli::Global;
use crate::environment;
use crate::known::{self, Ask, KnownTimeline};
use crate::outcome::{Failure, Outcome};
use crate::output::{data, problems};
use crate::session::Session;

mod json;
mod text;

/// What is asked for.
#[derive(Args, Debug)]
pub(crate) struct Limits {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Every instant at which a vendor said that a window would start anew, and how far it was from what was to be
    /// expected
    #[arg(long)]
    pub(crate) history: bool,
    /// One source alone
    #[arg(long, value_name = "ID")]
    pub(crate) source: Option<String>,
}

/// Sources that were used so lately are told of even if nothing is known of their limits. Days.
const LATELY: i64 = 7;

/// What is told.
struct Told<'a> {
    known: &'a KnownTimeline,
    /// The newest window of each source and account, the one that began last first.
    windows: Vec<Window>,
    now: UtcSeconds,
    options: &'a Limits,
}

impl Told<'_> {
    fn is_wanted(&self, source: &str) -> bool {
        self.options.source.as_deref().is_none_or(|wanted| wanted == source)
    }

    /// All sources that there is something to tell of, sorted.
    fn sources(&self) -> BTreeSet<Text> {
        let windows = self.windows.iter().filter(|window| self.is_late(window));
        let windows = windows.map(|window| window.provider.clone());
        let said = self.known.limits.now(self.now).map(|limit| limit.of.provider.clone());
        windows.chain(said).filter(|source| self.is_wanted(source)).collect()
    }

    fn is_late(&self, window: &Window) -> bool {
        self.now.seconds() - window.last.seconds() <= LATELY * 86_400
            || self.options.source.is_some()
    }

    fn windows_of(&self, source: &str) -> impl Iterator<Item = &Window> {
        let windows = self.windows.iter();
        windows.filter(move |window| &*window.provider == source && self.is_late(window))
    }

    /// What would tell the limits of a source of which nobody said anything; `None` if something was said.
    fn hint(&self, source: &str) -> Option<String> {
        let mut said = self.known.limits.now(self.now);
        if said.any(|limit| &*limit.of.provider == source) {
            return None;
        }
        Some(match source {
            "codex" => "the logs of Codex tell its limits with a subscription, in versions since September 2025".to_owned(),
            "claude-code" => {
                "the logs of Claude Code tell none: its answers do, where they go through the proxy (`token-matters proxy env claude --write`)".to_owned()
            }
            _ => "its logs tell none: answers of its vendor may, where they go through the proxy (`token-matters proxy env --list`)".to_owned(),
        })
    }
}

pub(crate) fn run(global: &Global, options: &Limits) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    if let Some(source) = &options.source
        && !data_schema::sources::is_known(source)
    {
        let message = format!(
            "--source {source}: no such source: `token-matters collect --status` lists them"
        );
        return Err(Failure::Usage(message));
    }
    let ask = Ask::default();
    let known = known::read_timeline(&session, ask, &Only::default(), true)?;
    problems(&known.problems, "");
    let mut windows: Vec<Window> = known.timeline.newest_windows().collect();
    windows.sort_by(|one, other| {
        other.start.cmp(&one.start).then_with(|| one.provider.cmp(&other.provider))
    });
    let told = Told { known: &known, windows, now: environment::now()?, options };
    if options.json {
        data(&format!("{}\n", serde_json::to_string_pretty(&json::of(&told))?))?;
    } else if told.sources().is_empty() {
        session.say("Nothing was used in the last 7 days, and no vendor said anything of its limits. `token-matters up` says where it looks.");
    } else {
        data(&text::of(&told))?;
        session.say("What a vendor said counts use on all machines; the windows of five hours are counted here, from what is known.");
    }
    Ok(Outcome::partial_if(!known.problems.is_empty()))
}
