//! `audit`: the fields of a log beside what they became, and how that was priced.

use std::collections::BTreeMap;

use clap::Args;
use collector::{LogOfRecords, find_lines};
use data_schema::{HashId, RecordId};

use crate::cli::Global;
use crate::known::Ask;
use crate::known::evidence::look;
use crate::outcome::{Failure, Outcome};
use crate::output::problems;
use crate::session::Session;
use crate::wsl;

use witnesses::{Asked, Group, Origin, find};

mod json;
mod show;
mod witnesses;

/// What is asked for.
#[derive(Args, Debug)]
pub(crate) struct Audit {
    /// A record, by the 11 characters of its id (`export` shows them); or a session, by the tool's own id of it or the 16
    /// digits that `report session` shows
    #[arg(value_name = "RECORD|SESSION", allow_hyphen_values = true)]
    pub(crate) what: String,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(global: &Global, options: &Audit) -> Result<Outcome, Failure> {
    let what = options.what.trim();
    let session = Session::open(global, true)?;
    let ask = Ask::default();
    let wanted = asked(what);
    let ((asked, groups), ground) = look(&session, ask, |evidence| {
        let mut evidence = evidence;
        for asked in &wanted {
            let groups = find(&mut evidence, *asked)?;
            if !groups.is_empty() {
                return Ok((*asked, groups));
            }
        }
        Ok((wanted[0], Vec::new()))
    })?;
    problems(&ground.problems, "");
    if groups.is_empty() {
        return Err(Failure::Usage(format!(
            "`{what}` is no record and no session that is known: `token-matters export` has the ids of records, \
             `token-matters report session` those of sessions"
        )));
    }
    let logs = logs(&groups, &ground.scanned);
    let traces = find_lines(&wsl::with_homes(&session.environment), &session.config, &logs);
    let shown = json::Shown::new(&groups, &traces, &ground);
    if options.json {
        json::print(&shown, what, asked)?;
    } else {
        show::print(&session, &shown, asked)?;
    }
    Ok(Outcome::partial_if(!ground.problems.is_empty()))
}

/// What a text may name, the likeliest first.
fn asked(what: &str) -> Vec<Asked> {
    let mut asked = Vec::new();
    asked.extend(what.parse::<RecordId>().ok().map(Asked::Record));
    asked.extend(what.parse::<HashId>().ok().map(Asked::Session));
    asked.push(Asked::Session(HashId::new("session", what)));
    asked
}

/// The logs of this machine that hold a copy, with their records.
fn logs(groups: &[Group], scanned: &collector::Scanned) -> Vec<LogOfRecords> {
    let mut logs: BTreeMap<(usize, usize), Vec<data_schema::UsageRecord>> = BTreeMap::new();
    for copy in groups.iter().flat_map(|group| &group.copies) {
        if let Origin::Log { source, block } = copy.origin {
            logs.entry((source, block)).or_default().push(copy.record.clone());
        }
    }
    let log = |((source, block), records): ((usize, usize), _)| {
        let source = scanned.sources.get(source)?;
        let log = *source.log_keys().get(block)?;
        Some(LogOfRecords { source: source.id.to_owned(), log, records })
    };
    logs.into_iter().filter_map(log).collect()
}
