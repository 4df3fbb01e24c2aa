//! Does what the plan says. Every step tells in one line what it has done; one that fails says what is left.

use std::io;
use std::path::PathBuf;

use data_schema::UtcSeconds;
use store::{Changes, Snapshot, Store, StoreError, Who};
use summarizer::read_settings;

use crate::cli::{Collect, Every, Global, Init, Install};
use crate::commands::proxy::env::change::Desk;
use crate::commands::proxy::env::client::Client;
use crate::commands::proxy::env::{self, TargetFlags};
use crate::commands::proxy::service::{self, InstallService};
use crate::commands::{collect, schedule};
use crate::config_file;
use crate::init::answers::Answers;
use crate::init::ask::Ask;
use crate::init::plan::{Plan, Step};
use crate::init::{claude, github, page, survey};
use crate::outcome::{Failure, Outcome};
use crate::output::note;
use crate::session::Session;

/// What the steps need.
pub(crate) struct Work<'a> {
    pub(crate) global: &'a Global,
    pub(crate) flags: &'a Init,
    pub(crate) answers: &'a Answers,
    pub(crate) ask: &'a mut dyn Ask,
    /// Whether something was told that was not done, without being a failure of a step.
    pub(crate) is_partial: bool,
}

/// Does all steps. What the later ones build on stops them; the page and the schedule do not need each other.
pub(crate) fn apply(work: &mut Work<'_>, plan: &Plan) -> Outcome {
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for step in &plan.steps {
        let name = name(step);
        match one(work, step) {
            Ok(said) => {
                done.push(name);
                if !said.is_empty() {
                    work.say(&format!("✓ {said}"));
                }
            }
            Err(failure) => {
                note(&format!("✗ {name}: {}", survey::told(&failure)));
                failed.push(name);
                if !matches!(
                    step,
                    Step::Page(_) | Step::Schedule(_) | Step::Proxy { .. } | Step::Retention { .. }
                ) {
                    break;
                }
            }
        }
    }
    if failed.is_empty() {
        work.say(
            "Done. `token-matters doctor` checks everything; `token-matters up` shows the page.",
        );
        return Outcome::partial_if(work.is_partial);
    }
    let done = if done.is_empty() { "nothing".to_owned() } else { done.join(", ") };
    note(&format!(
        "Not done: {}. Done: {done}. When the reason is gone, run the same `token-matters init` again: what is done \
         stays done.",
        failed.join(", "),
    ));
    Outcome::Partial
}

/// A step in a few words.
fn name(step: &Step) -> &'static str {
    match step {
        Step::CreateData { .. } => "the private repository",
        Step::Retention { .. } => "Claude Code's settings",
        Step::Config { .. } => "config.yaml",
        Step::Collect { .. } => "the first collection",
        Step::Agree { .. } => "token-matters.yaml",
        Step::Page(_) => "the page",
        Step::Schedule(_) => "the schedule",
        Step::Proxy { .. } => "the proxy",
    }
}

fn one(work: &mut Work<'_>, step: &Step) -> Result<String, Failure> {
    match step {
        Step::CreateData { slug } => {
            let is_new = github::create(slug, true).map_err(failed)?;
            Ok(if is_new {
                format!("{slug} is made, private")
            } else {
                format!("{slug} is there already")
            })
        }
        Step::Retention { path, days, .. } => {
            let backup = claude::raise(path, *days)?;
            let kept = backup.map(|backup| format!("; the old file is {}", backup.display()));
            Ok(format!(
                "Claude Code keeps its transcripts for {days} days{}",
                kept.unwrap_or_default()
            ))
        }
        Step::Config { settings, present, path, .. } => {
            let data =
                path.parent().ok_or_else(|| failed("config.yaml has no folder".to_owned()))?;
            let backup = config_file::write(data, &settings.render(present)?)?;
            let kept = backup.map(|backup| format!("; the old one is {}", backup.display()));
            Ok(format!("{} is written{}", path.display(), kept.unwrap_or_default()))
        }
        Step::Collect { to } => work.collect(to.as_deref()),
        Step::Agree { changes } => {
            work.agree()?;
            Ok(format!("noted for all machines: {}", changes.join("; ")))
        }
        Step::Page(page) => page::set_up(work, page),
        Step::Schedule(every) => work.schedule(*every),
        Step::Proxy { address, clients } => work.proxy(address, clients),
    }
}

/// An error that is told as it is.
pub(crate) fn failed(message: String) -> Failure {
    Failure::Failed(anyhow::anyhow!(message))
}

impl Work<'_> {
    /// Tells something that is no result.
    pub(crate) fn say(&mut self, text: &str) {
        if self.ask.is_person() {
            self.ask.tell(text);
        } else if !self.global.quiet {
            note(text);
        }
    }

    /// The configuration as it is now, with the store.
    pub(crate) fn open(&self) -> Result<(Session, Store), Failure> {
        let session = Session::open(self.global, false)?;
        let store = session.store()?;
        Ok((session, store))
    }

    fn collect(&mut self, to: Option<&str>) -> Result<String, Failure> {
        let options =
            Collect { allow_public_data: self.flags.place.allow_public_data, ..Collect::default() };
        let outcome = collect::run(self.global, &options)?;
        let (_, store) = self.open()?;
        if store.waiting()? > 0 {
            return Err(failed("what was collected is stored here, and could not be pushed: the lines above say why".to_owned()));
        }
        self.is_partial |= outcome != Outcome::Done;
        Ok(match to {
            Some(address) => format!("collected, and pushed to {address}"),
            None => format!("collected; the store is {}", store.path().display()),
        })
    }

    /// Puts what was decided into the shared settings.
    fn agree(&self) -> Result<(), Failure> {
        let answers = self.answers;
        self.change("init: settings for all machines", &mut |snapshot| {
            let mut shared = read_settings(snapshot).map_err(io::Error::other)?;
            let mut changes = Changes::default();
            if !answers.agree(&mut shared).is_empty() {
                changes.write("token-matters.yaml", shared.to_yaml().into_bytes());
            }
            Ok(changes)
        })
    }

    /// One commit, pushed.
    pub(crate) fn change(
        &self,
        message: &str,
        change: &mut dyn FnMut(&Snapshot) -> Result<Changes, StoreError>,
    ) -> Result<(), Failure> {
        let (session, store) = self.open()?;
        let identity = session.identity()?;
        let (who, now) =
            (Who { machine: &identity.name, id: &identity.id }, session.environment.now);
        store.fetch(&who, now)?;
        store.edit(now, message, change)?;
        push(&store, &who, now)
    }

    fn schedule(&mut self, every: Every) -> Result<String, Failure> {
        if every == Every::None {
            return Ok(String::new());
        }
        match schedule::install(self.global, Install::default())? {
            Outcome::Done => Ok("the system collects from now on".to_owned()),
            _ => Err(failed("the entry is in place, and its first run failed: the lines above say why; `token-matters schedule status` shows how it goes".to_owned())),
        }
    }
}

impl Work<'_> {
    /// The service first: no client is pointed at a proxy that does not answer.
    fn proxy(
        &mut self,
        address: &str,
        clients: &[(&'static Client, PathBuf)],
    ) -> Result<String, Failure> {
        if service::install(self.global, InstallService::default())? != Outcome::Done {
            return Err(failed("the service is in place and does not answer: no tool was pointed at it; `token-matters proxy service status` says more".to_owned()));
        }
        let session = Session::open(self.global, false)?;
        let mut done = Vec::new();
        for (client, path) in clients {
            let desk = Desk { client, environment: &session.environment, data: &session.data };
            let target =
                env::target(&session.environment, address.to_owned(), &TargetFlags::default())?;
            match desk.write(&target, false).and_then(|draft| desk.keep(&draft)) {
                Ok(()) => done.push(client.title),
                Err(failure) => {
                    self.is_partial = true;
                    let reason = survey::told(&failure);
                    self.say(&format!(
                        "{}: left as it is ({}): {reason}",
                        client.title,
                        path.display()
                    ));
                }
            }
        }
        let done = if done.is_empty() { "no tool".to_owned() } else { done.join(", ") };
        Ok(format!(
            "the proxy runs at {address}, and {done} goes through it from the next start on"
        ))
    }
}

fn push(store: &Store, who: &Who<'_>, now: UtcSeconds) -> Result<(), Failure> {
    if store.remote().is_some() {
        store.push(who, now)?;
    }
    Ok(())
}
