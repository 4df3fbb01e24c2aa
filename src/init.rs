//! `init`: facts, answers, a plan, and then what the plan says. Nothing is written before the plan was shown.

mod answers;
mod apply;
mod ask;
mod claude;
mod detect;
mod github;
mod hosts;
mod page;
mod plan;
pub(crate) mod program;
mod projects;
mod questions;
mod survey;
mod words;
mod workflow;

#[cfg(test)]
mod tests;

use crate::cli::{Global, Init};
use crate::outcome::{Failure, Outcome};
use crate::output::{data, note};
use crate::session::Session;
use apply::{Work, apply};
use ask::{Ask, Defaults, Terminal, yes};
use detect::detect;
use hosts::Hosted;
use plan::{Facts, Plan};
use questions::Questions;
use survey::{Real, World};

/// Asks a person at a terminal, or nobody.
pub(crate) fn run(global: &Global, flags: &Init) -> Result<Outcome, Failure> {
    if flags.yes {
        return with(global, flags, &mut Defaults);
    }
    with(global, flags, &mut Terminal::open()?)
}

/// The whole way, with somebody who answers.
fn with(global: &Global, flags: &Init, ask: &mut dyn Ask) -> Result<Outcome, Failure> {
    let flags = settled(flags);
    let session = Session::open(global, false)?;
    let detected = detect(&session, global.timezone)?;
    let found = words::found(&detected, session.verbose);
    if ask.is_person() {
        ask.tell(&found);
    } else {
        session.say(&found);
    }
    let mut world = Real { session: &session, workflows: workflow::paths(), login: None };
    let mut questions = Questions { flags: &flags, detected: &detected, ask, world: &mut world };
    let (answers, survey) = questions.all()?;
    let login = is_about_github(&answers, &survey).then(|| world.github().ok()).flatten();
    let facts =
        Facts { flags: &flags, detected: &detected, survey: &survey, login: login.as_ref() };
    let plan = Plan::of(facts, &answers);
    if flags.dry_run {
        let gap = if ask.is_person() { "\n" } else { "" };
        data(&format!("{gap}{}\n", plan.text()))?;
        session.say("Nothing was done: this is a dry run.");
        return Ok(Outcome::Done);
    }
    if ask.is_person() {
        ask.tell(&format!("\n{}", plan.text()));
    } else {
        session.say(&plan.text());
    }
    if plan.steps.is_empty() {
        return Ok(Outcome::Done);
    }
    if ask.is_person() && !yes(ask, "Shall this be done?", true)? {
        note("Nothing was written.");
        return Ok(Outcome::Done);
    }
    let mut work = Work { global, flags: &flags, answers: &answers, ask, is_partial: false };
    Ok(apply(&mut work, &plan))
}

/// Whether `gh` can be of use.
fn is_about_github(answers: &answers::Answers, survey: &survey::Survey) -> bool {
    let data = questions::data_address(&answers.place, survey);
    let page = answers.site.settings().repository;
    let hosts = [data, page].into_iter().flatten().filter_map(|address| Hosted::of(&address));
    answers.site.target != answers::Target::Nowhere
        && hosts.into_iter().any(|hosted| hosted.forge == Some(hosts::Forge::GitHub))
}

/// The flags with paths that mean the same from anywhere.
fn settled(flags: &Init) -> Init {
    let mut flags = flags.clone();
    let remote = &mut flags.place.remote;
    *remote = remote.as_deref().map(hosts::settled);
    let page = &mut flags.site.publish_to;
    let is_word = |text: &str| matches!(text, "none" | "artifact");
    *page = page
        .as_deref()
        .map(|text| if is_word(text) { text.to_owned() } else { hosts::settled(text) });
    flags
}
