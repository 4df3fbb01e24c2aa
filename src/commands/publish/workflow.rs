//! The files with which a host publishes by itself: they call this program and hold no logic of their own.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, context};

use super::actions::{FREE_MINUTES, Minutes, actions_minutes, on_push_is_affordable};
use crate::cli::{Global, Mode, Publish, WorkflowHost};
use crate::environment;
use crate::outcome::{Failure, Outcome};
use crate::output::note;

/// Runs a day, where nobody says otherwise.
pub(crate) const RUNS_PER_DAY: u32 = 4;

/// Pushes a day of a machine that collects every hour.
const HOURLY: u32 = 24;

/// What a workflow is told.
#[derive(Clone, Debug)]
pub(crate) struct Workflow {
    /// Where the page goes.
    pub(crate) mode: Mode,
    /// The repository that takes it; absent = as token-matters.yaml says.
    pub(crate) target: Option<String>,
    /// Its branch; absent = as token-matters.yaml says.
    pub(crate) branch: Option<String>,
    /// Minute of the hour at which it runs, below 60: a random one, because the hosts are busy on the hour.
    pub(crate) minute: u32,
    /// Runs a day, 1 to 24.
    pub(crate) runs_per_day: u32,
    /// Whether it runs at every push of data, too: see [`super::on_push_is_affordable`].
    pub(crate) on_push: bool,
    /// The version of the program that it runs.
    pub(crate) version: String,
}

impl Default for Workflow {
    fn default() -> Self {
        Self {
            mode: Mode::Repository,
            target: None,
            branch: None,
            minute: random(60),
            runs_per_day: RUNS_PER_DAY,
            on_push: false,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// A random number below a limit.
fn random(limit: u32) -> u32 {
    let digits = environment::random_id();
    let number = digits.get(..7).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    number.unwrap_or_default() % limit
}

/// The files for a host, with their paths in the data repository.
///
/// # Errors
///
/// A target or branch that cannot stand in such a file.
pub(crate) fn workflow_files(
    host: WorkflowHost,
    workflow: &Workflow,
) -> Result<Vec<(&'static str, String)>, Failure> {
    const ACTION: &str = include_str!("../../../.github/actions/publish/action.yml");
    const INSTALL: &str = include_str!("../../../.github/actions/publish/install.sh");
    const GITHUB: &str = include_str!("../../../templates/workflow/summarize.yml");
    const GITLAB: &str = include_str!("../../../templates/workflow/gitlab-ci.yml");
    const FORGEJO: &str = include_str!("../../../templates/workflow/forgejo.yml");
    let (path, template) = match host {
        WorkflowHost::Github => (".github/workflows/summarize.yml", GITHUB),
        WorkflowHost::Gitlab => (".gitlab-ci.yml", GITLAB),
        WorkflowHost::Forgejo => (".forgejo/workflows/summarize.yml", FORGEJO),
    };
    let mut files = vec![(path, render(template, workflow)?)];
    match host {
        WorkflowHost::Github => {
            files.push((".github/actions/publish/action.yml", ACTION.to_owned()));
            files.push((".github/actions/publish/install.sh", INSTALL.to_owned()));
        }
        WorkflowHost::Gitlab | WorkflowHost::Forgejo => {
            files.push(("token-matters-install.sh", INSTALL.to_owned()));
        }
    }
    Ok(files)
}

fn render(template: &str, workflow: &Workflow) -> Result<String, Failure> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).keep_trailing_newline(true).build()?;
    environment.set_syntax(syntax);
    let mode = match workflow.mode {
        Mode::Repository => "repository",
        Mode::Artifact => "artifact",
        Mode::None => "none",
    };
    let text = environment.render_str(
        template,
        context! {
            mode,
            target => plain(workflow.target.as_deref(), "target")?,
            branch => plain(workflow.branch.as_deref(), "branch")?,
            minute => workflow.minute % 60,
            hours => hours(workflow.runs_per_day),
            on_push => workflow.on_push,
            version => plain(Some(&workflow.version), "version")?,
        },
    )?;
    Ok(text)
}

/// Hours of the day, evenly apart: `1,7,13,19`. Hosts are busiest at midnight.
fn hours(runs_per_day: u32) -> String {
    let apart = 24 / runs_per_day.clamp(1, 24);
    let first = 1 % apart.max(1);
    let hours = (0..runs_per_day.clamp(1, 24)).map(|run| (first + run * apart).to_string());
    hours.collect::<Vec<_>>().join(",")
}

/// A text that stands between quotes in the file as it is; nothing else is an address or a branch.
fn plain(text: Option<&str>, what: &str) -> Result<String, Failure> {
    let text = text.unwrap_or_default().trim();
    if store::has_password(text) {
        return Err(Failure::Usage(format!(
            "the {what} {} holds a password, and a workflow is stored with the data: name it without one, and give the workflow a deploy key",
            store::without_secrets(text)
        )));
    }
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/:@._~+%-[]=".contains(letter);
    if text.chars().all(is_plain) && !text.contains("${{") {
        return Ok(text.to_owned());
    }
    Err(Failure::Usage(format!(
        "the {what} `{text}` cannot stand in a workflow: use letters, digits and /:@._~+%-[]= only"
    )))
}

/// `publish --write-workflow`: the files, into a checkout.
pub(super) fn write(_: &Global, host: WorkflowHost, options: &Publish) -> Result<Outcome, Failure> {
    let Some(out) = &options.out else {
        return Err(Failure::Usage(
            "name the checkout of the data repository with --out DIR".to_owned(),
        ));
    };
    let usual = Workflow::default();
    let workflow = Workflow {
        mode: options.mode.unwrap_or(usual.mode),
        target: options.to.clone(),
        branch: options.branch.clone(),
        minute: options.workflow.minute.unwrap_or(usual.minute),
        runs_per_day: options.workflow.runs_per_day,
        on_push: options.workflow.on_push,
        version: usual.version,
    };
    for (path, text) in workflow_files(host, &workflow)? {
        let path = out.join(path);
        fs_err::create_dir_all(path.parent().unwrap_or(out))?;
        fs_err::write(&path, text)?;
        note(&format!("written: {}", path.display()));
    }
    if host == WorkflowHost::Github {
        note(&cost(&workflow));
    }
    note(
        "commit and push these files; docs/publishing.md of Token Matters says what to set up beside them",
    );
    Ok(Outcome::Done)
}

/// What it costs, in a sentence.
fn cost(workflow: &Workflow) -> String {
    let Workflow { runs_per_day, on_push, .. } = *workflow;
    let Minutes { runs, minutes } = actions_minutes(1, HOURLY, runs_per_day, on_push);
    let advice = if on_push && !on_push_is_affordable(1, HOURLY, runs_per_day) {
        "; leave out --on-push unless your machines push once a day"
    } else {
        ""
    };
    format!(
        "with a machine that pushes every hour, these are at most {runs} runs and {minutes} minutes a month, of {FREE_MINUTES} that a private repository has for nothing{advice}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_spread_over_the_day() {
        assert_eq!(hours(4), "1,7,13,19");
        assert_eq!(hours(1), "1");
        assert_eq!(hours(24).split(',').count(), 24);
        assert!(hours(24).starts_with("0,1,2") && hours(24).ends_with(",23"));
    }

    #[test]
    fn a_target_cannot_bring_code_into_a_workflow() {
        for target in
            ["x\" \nrun: evil", "${{ secrets.KEY }}", "a'b", "$(id)", "https://me:secret@h/x"]
        {
            let workflow = Workflow { target: Some(target.to_owned()), ..Workflow::default() };
            let error = workflow_files(WorkflowHost::Github, &workflow).unwrap_err();
            assert!(!format!("{error:?}").contains("me:secret"), "{target}");
        }
    }
}
