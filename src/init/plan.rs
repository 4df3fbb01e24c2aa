//! What will be written and run, made of facts and answers before anything is done.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::cli::{Ci, Every, Init};
use crate::commands::proxy::env::client::Client;
use crate::config_file::{Present, Settings};
use crate::init::answers::{Answers, Place, Target};
use crate::init::detect::Detected;
use crate::init::github::Login;
use crate::init::hosts::{Forge, Hosted};
use crate::init::questions::data_address;
use crate::init::survey::Survey;
use crate::init::workflow;

/// Steps in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
}

/// One thing that is done. Doing it twice does no harm: what is there already stays.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// A private repository at GitHub.
    CreateData { slug: String },
    /// Claude Code's own settings.
    Retention { path: PathBuf, from: u32, days: u32 },
    /// `config.yaml`.
    Config { settings: Box<Settings>, present: Vec<Present>, path: PathBuf, replaces: bool },
    /// The first collection, and its push.
    Collect { to: Option<String> },
    /// `token-matters.yaml` in the store.
    Agree { changes: Vec<String> },
    /// Everything about the page, after it has been shown.
    Page(Box<PageSteps>),
    /// The entry in the system's scheduler.
    Schedule(Every),
    /// The proxy's service, and the settings of clients: names and files.
    Proxy { address: String, clients: Vec<(&'static Client, PathBuf)> },
}

/// How the page is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageSteps {
    pub(crate) target: Target,
    /// The data repository, if it is on a host.
    pub(crate) data: Option<Hosted>,
    /// The page's repository, if it is on a host.
    pub(crate) page: Option<Hosted>,
    /// Whether GitHub is told by `gh`; else a person is told what to do.
    pub(crate) with_gh: bool,
    /// The branch that is published.
    pub(crate) branch: String,
    /// The workflow: kind, and whether a push starts it.
    pub(crate) workflow: Option<(Ci, bool)>,
    /// The page's address.
    pub(crate) address: Option<String>,
}

/// What is known when the plan is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) flags: &'a Init,
    pub(crate) detected: &'a Detected,
    pub(crate) survey: &'a Survey,
    /// Who is logged in at GitHub.
    pub(crate) login: Option<&'a Login>,
}

impl Plan {
    /// Makes it.
    pub(crate) fn of(facts: Facts<'_>, answers: &Answers) -> Self {
        let (detected, survey) = (facts.detected, facts.survey);
        let mut steps = Vec::new();
        if let Place::New { slug, .. } = &answers.place {
            steps.push(Step::CreateData { slug: slug.clone() });
        }
        if let (Some(days), Some(path), Some(from)) =
            (answers.claude_days, &detected.claude_settings, detected.claude_days())
        {
            steps.push(Step::Retention { path: path.clone(), from, days });
        }
        let settings = settings(detected, answers);
        if detected.settings.as_ref() != Some(&settings) {
            let (path, replaces) = (detected.config_path.clone(), detected.settings.is_some());
            let (settings, present) = (Box::new(settings), detected.present.clone());
            steps.push(Step::Config { settings, present, path, replaces });
        }
        let changes = answers.agree(&mut survey.shared.clone());
        let writes = detected
            .machine_id
            .as_ref()
            .is_some_and(|id| survey.machines.iter().any(|(_, other)| other == id));
        if !steps.is_empty() || !changes.is_empty() || !writes {
            let to = data_address(&answers.place, survey);
            steps.push(Step::Collect { to: to.map(|address| store::without_secrets(&address)) });
        }
        if !changes.is_empty() {
            steps.push(Step::Agree { changes });
        }
        steps.extend(page(facts, answers).map(|page| Step::Page(Box::new(page))));
        if let Some(every) =
            answers.schedule.filter(|every| *every != Every::None || facts.flags.schedule.is_none())
        {
            steps.push(Step::Schedule(every));
        }
        steps.retain(|step| *step != Step::Schedule(Every::None));
        if answers.proxy {
            let (address, clients) = (detected.proxy.clone(), detected.clients.clone());
            steps.push(Step::Proxy { address, clients });
        }
        Self { steps }
    }

    /// The plan for a person.
    pub(crate) fn text(&self) -> String {
        if self.steps.is_empty() {
            return "Everything is set up: there is nothing to change.".to_owned();
        }
        let mut text = "What will be done:".to_owned();
        let lines = self.steps.iter().flat_map(Step::lines);
        for (number, line) in (1..).zip(lines) {
            let _ = write!(text, "\n  {number}. {line}");
        }
        text
    }
}

/// What `config.yaml` will say.
fn settings(detected: &Detected, answers: &Answers) -> Settings {
    let mut settings = detected.settings.clone().unwrap_or_default();
    settings.data_repo = match &answers.place {
        Place::Here => None,
        Place::Named(address) | Place::New { address, .. } => Some(address.clone()),
    };
    if answers.machine != detected.machine {
        settings.machine = Some(answers.machine.clone());
    }
    settings.projects_include.clone_from(&answers.include);
    settings.projects_exclude.clone_from(&answers.exclude);
    settings.interval_minutes = match (answers.schedule, settings.interval_minutes) {
        (Some(Every::Daily), _) => Some(1440),
        (Some(Every::Hourly), Some(1440)) => Some(60),
        (_, now) => now,
    };
    settings
}

/// The steps of the page, if something about it is asked for or missing.
fn page(facts: Facts<'_>, answers: &Answers) -> Option<PageSteps> {
    let (survey, site) = (facts.survey, &answers.site);
    let data_address = data_address(&answers.place, survey);
    let path = workflow::path(site.ci);
    let is_there = path.is_none_or(|path| survey.workflows.iter().any(|there| there == path));
    let known = Target::known(&survey.shared, !survey.workflows.is_empty());
    let is_as_it_was = known == site.target && is_there && facts.flags.site.publish_to.is_none();
    if site.target == Target::Nowhere || is_as_it_was {
        return None;
    }
    let data = data_address.as_deref().and_then(Hosted::of);
    let page = match &site.target {
        Target::Repository(address) => Hosted::of(address),
        Target::Artifact | Target::Nowhere => None,
    };
    let is_github = |hosted: &Option<Hosted>| {
        hosted.as_ref().is_none_or(|hosted| hosted.forge == Some(Forge::GitHub))
    };
    let with_gh = facts.login.is_some()
        && is_github(&data)
        && is_github(&page)
        && (data.is_some() || page.is_some());
    let id = facts.detected.machine_id.as_deref();
    let own = usize::from(!survey.machines.iter().any(|(_, other)| Some(other.as_str()) == id));
    let settings = settings(facts.detected, answers);
    let pushes = if settings.interval_minutes == Some(1440) { 1 } else { 24 };
    let on_push = site.ci == Ci::Github
        && workflow::on_push_is_affordable(survey.machines.len() + own, pushes);
    let branch = site.settings().branch.or_else(|| survey.shared.site.branch.clone());
    Some(PageSteps {
        target: site.target.clone(),
        data,
        page,
        with_gh,
        branch: branch.unwrap_or_else(|| "gh-pages".to_owned()),
        workflow: path.map(|_| (site.ci, on_push)),
        address: site.address.clone(),
    })
}

impl Step {
    /// What it does, one line for each thing.
    pub(crate) fn lines(&self) -> Vec<String> {
        match self {
            Self::CreateData { slug } => {
                vec![format!("create the private repository {slug} on GitHub, with gh")]
            }
            Self::Retention { path, from, days } => {
                let path = path.display();
                vec![format!(
                    "let Claude Code keep its transcripts for {days} days instead of {from}: `cleanupPeriodDays` in {path}; the old file is kept beside it"
                )]
            }
            Self::Config { settings, path, replaces, .. } => {
                let kept = if *replaces { "; the old one is kept beside it" } else { "" };
                let name = settings.machine.as_ref();
                let name =
                    name.map_or_else(String::new, |name| format!(", with the machine name {name}"));
                vec![format!("write {}{name}{kept}", path.display())]
            }
            Self::Collect { to: None } => vec!["collect, and store on this machine".to_owned()],
            Self::Collect { to: Some(address) } => vec![format!("collect, and push to {address}")],
            Self::Agree { changes } => {
                vec![format!(
                    "note in token-matters.yaml, for all machines: {}",
                    changes.join("; ")
                )]
            }
            Self::Page(page) => page.lines(),
            Self::Schedule(Every::Hourly) => vec!["let the system collect every hour".to_owned()],
            Self::Schedule(Every::Daily) => vec!["let the system collect every day".to_owned()],
            Self::Schedule(Every::None) => Vec::new(),
            Self::Proxy { address, clients } => {
                let mut lines =
                    vec![format!("let the system keep the proxy running, at {address}")];
                lines.extend(clients.iter().map(|(client, path)| {
                    let (title, path) = (client.title, path.display());
                    format!("point {title} at the proxy, in {path}; its login stays as it is")
                }));
                lines
            }
        }
    }
}

impl PageSteps {
    fn lines(&self) -> Vec<String> {
        let by = if self.with_gh { "with gh" } else { "by hand (you are told how)" };
        let mut lines = vec![
            "build the page on this machine and show it, before anybody else can see it".to_owned(),
        ];
        let place = self.page.as_ref().map(Hosted::slug);
        match &self.target {
            Target::Repository(address) => {
                if let Some(place) = &place {
                    lines.push(format!(
                        "make sure that the public repository {place} is there, {by}"
                    ));
                }
                if self.needs_key() {
                    lines.push(format!(
                        "let the workflow write there: a deploy key and a secret, {by}"
                    ));
                }
                let address = store::without_secrets(address);
                lines.push(format!(
                    "publish the page to {address}, branch {}: anybody can read it then",
                    self.branch
                ));
                if place.is_some() {
                    lines.push(format!("switch Pages on, {by}"));
                }
            }
            Target::Artifact => lines.push(format!(
                "switch Pages of the data repository on, {by}: anybody can read them then"
            )),
            Target::Nowhere => {}
        }
        if let Some((ci, on_push)) = self.workflow
            && let Some(path) = workflow::path(ci)
        {
            let starts = match (ci, on_push) {
                (Ci::Gitlab, _) => {
                    "it makes the page when the schedule that you give it there says so"
                }
                (_, true) => "it makes the page four times a day, and on every push",
                (_, false) => "it makes the page four times a day",
            };
            lines.push(format!("put {path} into the data repository: {starts}"));
        }
        lines.extend(self.address.as_ref().map(|address| format!("fetch {address}")));
        lines
    }

    /// Whether a workflow is to write into a second repository.
    pub(crate) fn needs_key(&self) -> bool {
        self.workflow.is_some() && matches!(self.target, Target::Repository(_))
    }
}
