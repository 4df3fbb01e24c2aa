//! What `doctor` looks at: groups of checks, each with what it found and what to do.
//!
//! A check never stops the others. What `--fix` repairs belongs to this program alone: a tool's own files are read
//! and never touched.

use std::path::Path;

use collector::Environment;
use data_schema::UtcSeconds;
use serde::Serialize;

use crate::cli::Global;
use crate::environment;
use crate::health::Health;
use crate::outcome::Failure;
use crate::session::Session;

mod configuration;
mod dependencies;
mod page;
mod program;
mod proxy;
mod remote;
mod render;
mod schedule;
mod sources;
mod state;
mod storage;

pub(crate) use render::{json, text};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// As it should be.
    Pass,
    /// It works, but not as well as it could, or not for ever.
    Warn,
    /// It does not work.
    Fail,
    /// It did not work, and was repaired.
    Fixed,
    /// Not used here.
    Off,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What was looked at.
    pub(crate) label: String,
    /// How it is.
    pub(crate) state: State,
    /// What was found.
    pub(crate) message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
    /// Whether `--fix` would repair it.
    pub(crate) fixable: bool,
    /// Whether it says so little that lines for people tell it together with others of its kind.
    #[serde(skip)]
    folds: bool,
    /// What is known of the source that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<Box<Health>>,
}

/// Checks that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Group {
    /// Its name.
    pub(crate) group: &'static str,
    /// In the order in which they are shown.
    pub(crate) checks: Vec<Check>,
}

impl Check {
    fn new(state: State, label: &str, message: impl Into<String>) -> Self {
        Self {
            label: label.to_owned(),
            state,
            message: message.into(),
            remedy: None,
            fixable: false,
            folds: false,
            source: None,
        }
    }

    fn pass(label: &str, message: impl Into<String>) -> Self {
        Self::new(State::Pass, label, message)
    }

    fn warn(label: &str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..Self::new(State::Warn, label, message) }
    }

    fn fail(label: &str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..Self::new(State::Fail, label, message) }
    }

    fn fixed(label: &str, message: impl Into<String>) -> Self {
        Self::new(State::Fixed, label, message)
    }

    fn off(label: &str, message: impl Into<String>) -> Self {
        Self::new(State::Off, label, message)
    }

    /// The same, of a kind that `--fix` repairs.
    fn fixable(self) -> Self {
        Self { fixable: true, ..self }
    }

    /// The same, told in one line with others.
    fn folding(self) -> Self {
        Self { folds: true, ..self }
    }
}

/// What every group is given.
struct Visit {
    session: Session,
    fix: bool,
}

impl Visit {
    fn data(&self) -> &Path {
        &self.session.data
    }

    fn environment(&self) -> &Environment {
        &self.session.environment
    }

    fn now(&self) -> UtcSeconds {
        self.session.environment.now
    }
}

/// Looks at everything; with `fix`, repairs what is safe to repair.
pub(crate) fn examine(global: &Global, fix: bool) -> Result<Vec<Group>, Failure> {
    let data = environment::data_folder(global)?;
    // What the others look at depends on it, so it is repaired first.
    let configuration = configuration::checks(&data, &environment::read(global)?, fix);
    let visit = Visit { session: Session::open_silently(global)?, fix };
    let store = storage::look(&visit);
    let tools = sources::look(&visit);
    let scheduled = schedule::look(&visit, global);
    let state = state::checks(&visit, &scheduled, &tools.notices);
    let newest = tools.checks.iter().filter_map(|check| {
        let health = check.source.as_ref()?;
        Some((health.source, health.newest_record?))
    });
    let proxy = proxy::checks(&visit, global, &newest.collect());
    let page = page::checks(&visit, store.settings.as_ref(), store.newest_day);
    let group = |group: &'static str, checks: Vec<Check>| Group { group, checks };
    Ok(vec![
        group("Program", program::checks(&visit, store.newest_day)),
        group("Dependencies", dependencies::checks(&visit)),
        group("Configuration", configuration),
        group("Store", store.checks),
        group("Remote", remote::checks(&visit)),
        group("Sources", tools.checks),
        group("State", state),
        group("Schedule", scheduled.checks),
        group("Proxy", proxy),
        group("Published page", page),
    ])
}

/// What a failure of another verb would have said.
fn told(failure: &Failure) -> String {
    match failure {
        Failure::Usage(message) => message.clone(),
        Failure::Failed(error) => format!("{error:#}"),
    }
}

/// Whether nothing is broken.
pub(crate) fn is_well(groups: &[Group]) -> bool {
    groups.iter().flat_map(|group| &group.checks).all(|check| check.state != State::Fail)
}
