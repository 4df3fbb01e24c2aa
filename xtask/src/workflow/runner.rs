//! Runs a job as its host would: a new machine each time, one step after the other.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use tempfile::TempDir;

use super::expression::{Values, fill, holds};
use super::world::{World, copy};

/// The longest chain of actions that use actions.
const DEPTH: u32 = 4;

#[derive(Deserialize)]
struct Workflow {
    jobs: BTreeMap<String, Job>,
}

#[derive(Deserialize)]
struct Job {
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Action {
    inputs: BTreeMap<String, Input>,
    runs: Runs,
}

#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    default: Option<String>,
}

#[derive(Deserialize)]
struct Runs {
    using: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    name: Option<String>,
    id: Option<String>,
    #[serde(rename = "if")]
    condition: Option<String>,
    uses: Option<String>,
    run: Option<String>,
    shell: Option<String>,
    #[serde(default)]
    with: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

/// What a run did.
pub(super) struct Ran {
    steps: Vec<String>,
    log: String,
}

impl Ran {
    /// Fails unless exactly these steps ran.
    pub(super) fn expect(&self, steps: &[&str]) -> Result<()> {
        ensure!(
            self.steps == steps,
            "{:?} should have run, and {:?} did:\n{}",
            steps,
            self.steps,
            self.log
        );
        Ok(())
    }
}

/// A machine of the host.
pub(super) struct Runner<'a> {
    world: &'a World,
    machine: TempDir,
}

/// What steps hand on.
#[derive(Default)]
struct State {
    ran: Vec<String>,
    log: String,
    artifact: Option<PathBuf>,
    /// Actions that are at work, one within the other.
    depth: u32,
}

impl<'a> Runner<'a> {
    pub(super) fn new(world: &'a World) -> Result<Self> {
        let machine = tempfile::tempdir()?;
        for folder in ["home", "temp"] {
            fs_err::create_dir_all(machine.path().join(folder))?;
        }
        Ok(Self { world, machine })
    }

    fn workspace(&self) -> PathBuf {
        self.machine.path().join("workspace")
    }

    /// Runs the job of the workflow that the data repository holds.
    pub(super) fn run(&self) -> Result<Ran> {
        let text = self.world.file_of_data(".github/workflows/summarize.yml")?;
        let workflow: Workflow = serde_saphyr::from_str(&text)?;
        let mut jobs = workflow.jobs.values();
        let (Some(job), None) = (jobs.next(), jobs.next()) else {
            bail!("the workflow has not one job")
        };
        let temp = self.machine.path().join("temp").display().to_string();
        let mut values = Values::from([("runner.temp".to_owned(), temp)]);
        let mut state = State::default();
        self.steps(&job.steps, &mut values, &mut state)?;
        Ok(Ran { steps: state.ran, log: state.log })
    }

    fn steps(&self, steps: &[Step], values: &mut Values, state: &mut State) -> Result<()> {
        ensure!(state.depth < DEPTH, "actions use each other");
        for step in steps {
            let goes =
                step.condition.as_deref().map_or(Ok(true), |condition| holds(condition, values))?;
            if !goes {
                continue;
            }
            let name = step.name.as_deref().or(step.uses.as_deref()).unwrap_or_default().to_owned();
            let outputs = match (&step.uses, &step.run) {
                (Some(uses), None) => self.action((uses, step), values, state),
                (None, Some(script)) => self.script(script, step, values, state),
                _ => bail!("a step uses an action or runs a script"),
            };
            let outputs = outputs.with_context(|| format!("step `{name}`:\n{}", state.log))?;
            if let Some(id) = &step.id {
                values.extend(
                    outputs
                        .into_iter()
                        .map(|(name, value)| (format!("steps.{id}.outputs.{name}"), value)),
                );
            }
        }
        Ok(())
    }

    fn script(
        &self,
        script: &str,
        step: &Step,
        values: &Values,
        state: &mut State,
    ) -> Result<Values> {
        ensure!(step.shell.as_deref().is_none_or(|shell| shell == "bash"), "only bash is known");
        ensure!(
            !script.contains("${{"),
            "a script with an expression in it can be made to run anything"
        );
        state.ran.push(step.name.clone().unwrap_or_default());
        let outputs = tempfile::NamedTempFile::new_in(self.machine.path())?;
        let mut command = Command::new("bash");
        // As the host does: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax>,
        // "defaults.run.shell", read 2026-11-21.
        command.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]);
        self.world.clean(&mut command);
        command
            .current_dir(self.workspace())
            .env("HOME", self.machine.path().join("home"))
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_OUTPUT", outputs.path());
        for (name, text) in &step.env {
            command.env(name, fill(text, values)?);
        }
        let output = command.output()?;
        state.log += &String::from_utf8_lossy(&output.stdout);
        state.log += &String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}", output.status);
        let text = fs_err::read_to_string(outputs.path())?;
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn action(
        &self,
        (uses, step): (&str, &Step),
        values: &Values,
        state: &mut State,
    ) -> Result<Values> {
        let with =
            |name: &str| step.with.get(name).map(|value| fill(&plain(value), values)).transpose();
        if let Some(path) = uses.strip_prefix("./") {
            return self.own_action((path, step), values, state);
        }
        let (action, commit) = uses.split_once('@').context("an action without a version")?;
        let is_pinned = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        ensure!(is_pinned, "{uses} is not pinned to a commit");
        match action {
            "actions/checkout" => {
                ensure!(
                    with("persist-credentials")?.as_deref() == Some("false"),
                    "a checkout keeps its credentials"
                );
                let depth = format!("--depth={}", with("fetch-depth")?.unwrap_or_default());
                self.world.clone_data(&self.workspace(), &depth)?;
            }
            "actions/upload-pages-artifact" => {
                state.ran.push(step.name.clone().unwrap_or_else(|| action.to_owned()));
                state.artifact = with("path")?.map(PathBuf::from);
            }
            "actions/deploy-pages" => {
                state.ran.push(action.to_owned());
                let artifact = state.artifact.as_ref().context("there is no artifact to deploy")?;
                let page = self.world.path("page");
                fs_err::remove_dir_all(&page)?;
                copy(artifact, &page)?;
            }
            _ => bail!("the action {action} is not known"),
        }
        Ok(Values::new())
    }

    /// Runs the steps of an action of the data repository.
    fn own_action(
        &self,
        (path, step): (&str, &Step),
        values: &Values,
        state: &mut State,
    ) -> Result<Values> {
        let folder = self.workspace().join(path);
        let action: Action =
            serde_saphyr::from_str(&fs_err::read_to_string(folder.join("action.yml"))?)?;
        ensure!(action.runs.using == "composite", "only composite actions are known");
        let mut inner =
            Values::from([("github.action_path".to_owned(), folder.display().to_string())]);
        inner.extend(
            values
                .iter()
                .filter(|(name, _)| name.starts_with("runner."))
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        for (name, input) in &action.inputs {
            let given = step.with.get(name).map(|value| fill(&plain(value), values)).transpose()?;
            let value = given.or_else(|| input.default.clone());
            inner.insert(
                format!("inputs.{name}"),
                value.with_context(|| format!("the input {name} is missing"))?,
            );
        }
        for name in step.with.keys() {
            ensure!(action.inputs.contains_key(name), "the action has no input {name}");
        }
        state.depth += 1;
        self.steps(&action.runs.steps, &mut inner, state)?;
        state.depth -= 1;
        let changed = inner.get("steps.check.outputs.changed").cloned().unwrap_or_default();
        Ok(Values::from([("changed".to_owned(), changed)]))
    }
}

/// A value of YAML as the host hands it on: a text.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
