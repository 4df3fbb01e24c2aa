//! `publish`: summary and page of a store, put where others can see it.

mod actions;
mod deploy_key;
mod folder;
mod page;
mod repository;
mod source;
mod workflow;

use data_schema::settings::SharedSettings;
use serde::Serialize;
use summarizer::read_settings;

pub(crate) use actions::on_push_is_affordable;
pub(crate) use workflow::{RUNS_PER_DAY, Workflow, workflow_files};

use crate::cli::{Global, Mode, Publish};
use crate::outcome::{Failure, Outcome};
use crate::output::{data, note, notes};
use crate::session::Session;
use page::Recipe;
use source::Source;

/// The branch that GitHub offers for pages.
const BRANCH: &str = "gh-pages";

/// What was done, or would be: the JSON that is printed.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// Whether there is, or was, something to publish.
    changed: bool,
    /// Whether it is published now.
    published: bool,
    /// Where to, without user names and passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// The commit of the branch, or that would be pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    /// Files of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<usize>,
    /// What names the data that it is made of.
    raw_tree: String,
    /// Files of the store that could not be used.
    left_out: usize,
    /// The same in a sentence.
    #[serde(skip)]
    said: String,
}

/// What the ways of publishing share.
struct Work<'a> {
    session: &'a Session,
    options: &'a Publish,
    source: &'a Source,
    settings: &'a SharedSettings,
    recipe: &'a Recipe,
}

pub(crate) fn run(global: &Global, options: &Publish) -> Result<Outcome, Failure> {
    if let Some(host) = options.workflow.host {
        return workflow::write(global, host, options);
    }
    let session = Session::open(global, true)?;
    let source = Source::open(&session, options.raw.as_deref())?;
    let settings = read_settings(&source.snapshot)?;
    notes(&settings.notices());
    let recipe = Recipe::new(&session, &source, &settings)?;
    let work =
        Work { session: &session, options, source: &source, settings: &settings, recipe: &recipe };
    let report = match (source.is_empty(), mode(options)) {
        (true, _) => Report {
            raw_tree: recipe.raw_tree.clone(),
            said:
                "there is no data to publish yet: `token-matters collect` on a machine brings some"
                    .to_owned(),
            ..Report::default()
        },
        (false, Mode::Repository) => repository::publish(&work)?,
        (false, Mode::Artifact) => folder::publish(&work)?,
        (false, Mode::None) => folder::try_out(&work)?,
    };
    tell(&session, options, &report)
}

fn mode(options: &Publish) -> Mode {
    let usual = if options.out.is_some() { Mode::Artifact } else { Mode::Repository };
    options.mode.unwrap_or(usual)
}

/// Prints what was done. Where a workflow reads outputs, the answer of a check goes there.
fn tell(session: &Session, options: &Publish, report: &Report) -> Result<Outcome, Failure> {
    session.say(&report.said);
    if options.json {
        data(&format!("{}\n", serde_json::to_string(report)?))?;
    }
    let outputs = session.environment.variables.get("GITHUB_OUTPUT");
    if !options.check {
        // A step that ends with 3 would stop the workflow before the page is handed over.
        if outputs.is_some() && report.left_out > 0 {
            data(&format!(
                "::warning::{} files of the store could not be used\n",
                report.left_out
            ))?;
            return Ok(Outcome::Done);
        }
        return Ok(Outcome::partial_if(report.left_out > 0));
    }
    let line = format!("changed={}\n", report.changed);
    if !options.json {
        data(&line)?;
    }
    let Some(path) = outputs else {
        return Ok(Outcome::partial_if(report.changed));
    };
    let mut file = fs_err::OpenOptions::new().create(true).append(true).open(path)?;
    std::io::Write::write_all(&mut file, line.as_bytes())?;
    Ok(Outcome::Done)
}

/// Warns of what cannot be found out: publishing once more does no harm.
fn unknown(what: &str) {
    note(&format!("note: {what}: the page is made anew"));
}
