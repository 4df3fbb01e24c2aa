//! A page in a branch of another repository: one commit, replaced.

use store::{PageBranch, PageCommit, PageTarget, PageTip, Remote, StoreError, TroubleKind};

use super::deploy_key::DeployKey;
use super::page::MadeOf;
use super::{BRANCH, Report, Work};
use crate::environment;
use crate::outcome::Failure;
use crate::session::Session;

/// How often a branch is looked at anew that others replace at the same time.
const ATTEMPTS: u32 = 3;

/// The lines of the commit's message that say what the page is made of.
const RAW_TREE: &str = "Raw-Tree";
const PROGRAM: &str = "Program";
const OPTIONS: &str = "Options";

pub(super) fn publish(work: &Work<'_>) -> Result<Report, Failure> {
    let options = work.options;
    let scratch = tempfile::Builder::new().prefix("token-matters-").tempdir()?;
    let key = DeployKey::read(work.session, options.ssh_key_env.as_deref(), scratch.path())?;
    let target = target(work, key.as_ref())?;
    let mut report = Report {
        target: Some(format!("{}, branch {}", target.remote.shown(), target.branch)),
        raw_tree: work.recipe.raw_tree.clone(),
        ..Report::default()
    };
    let branch = PageBranch::open(&scratch.path().join("page.git"), target)?;
    let made_of = work.recipe.made_of();
    let tip = look(work, &branch, &report)?;
    let is_published =
        !options.force && tip.as_ref().is_some_and(|tip| stands_in(tip).as_ref() == Some(&made_of));
    report.changed = !is_published;
    report.commit = tip.as_ref().map(|tip| tip.commit.clone());
    let shown = report.target.clone().unwrap_or_default();
    if is_published {
        report.said = format!("{shown}: up to date, nothing to publish");
        return Ok(report);
    }
    if options.check {
        report.said = format!("{shown}: there is something to publish");
        return Ok(report);
    }
    let page = scratch.path().join("page");
    fs_err::create_dir_all(&page)?;
    report.left_out = work.recipe.make(work.source, &page)?;
    let commit = branch.commit(&page, &message(&made_of), work.session.environment.now)?;
    report.files = Some(commit.files);
    replace(work, &branch, (tip, commit), report)
}

/// Replaces the branch, unless it holds the same files already.
fn replace(
    work: &Work<'_>,
    branch: &PageBranch,
    (mut tip, commit): (Option<PageTip>, PageCommit),
    mut report: Report,
) -> Result<Report, Failure> {
    let shown = report.target.clone().unwrap_or_default();
    for _ in 0..ATTEMPTS {
        let is_same = tip.as_ref().is_some_and(|tip| tip.tree == commit.tree && tip.parents == 0);
        if is_same && !work.options.force {
            report.changed = false;
            report.said = format!("{shown}: the page is the same, nothing to publish");
            return Ok(report);
        }
        report.commit = Some(commit.commit.clone());
        if work.options.dry_run {
            report.said = format!("{shown}: {} files would be published", commit.files);
            return Ok(report);
        }
        match branch.replace(tip.as_ref(), &commit) {
            Ok(()) => {
                report.published = true;
                report.said = format!("{shown}: {} files published", commit.files);
                return Ok(report);
            }
            Err(StoreError::Remote(trouble)) if trouble.kind == TroubleKind::Race => {
                tip = look(work, branch, &report)?;
            }
            Err(error) => return Err(explained(error)),
        }
    }
    Err(Failure::Failed(anyhow::anyhow!(
        "{shown}: others replaced the branch during every one of {ATTEMPTS} attempts: run again later"
    )))
}

/// What the branch holds; an error if that is not ours to replace.
fn look(work: &Work<'_>, branch: &PageBranch, report: &Report) -> Result<Option<PageTip>, Failure> {
    let tip = branch.look().map_err(explained)?;
    let is_foreign = tip.as_ref().is_some_and(|tip| tip.trailer(RAW_TREE).is_none());
    if is_foreign && !work.options.force {
        let shown = report.target.as_deref().unwrap_or_default();
        return Err(Failure::Usage(format!(
            "{shown}: the branch holds commits that `publish` did not make, and they would be lost: name another branch with --branch, or let them be replaced with --force"
        )));
    }
    Ok(tip)
}

/// The remedies of the store are about the data repository; here another one is meant.
fn explained(error: StoreError) -> Failure {
    let StoreError::Remote(trouble) = error else { return error.into() };
    let remedy = match trouble.kind {
        TroubleKind::Denied => {
            "the target does not let this machine write: a deploy key needs write access, and its private half goes with --ssh-key-env NAME"
        }
        TroubleKind::NoRepository => "make the target repository first, or name another with --to",
        TroubleKind::Refused => {
            "a rule of the target refuses it: allow the branch to be replaced (force push)"
        }
        _ => return Failure::Failed(trouble.into()),
    };
    Failure::Failed(anyhow::anyhow!("{}: {}; {remedy}", trouble.call, trouble.message))
}

fn target(work: &Work<'_>, key: Option<&DeployKey>) -> Result<PageTarget, Failure> {
    let site = &work.settings.site;
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let Some(address) = given(&work.options.to).or_else(|| given(&site.repository)) else {
        return Err(Failure::Usage(
            "name the repository that takes the page with --to URL, or in token-matters.yaml as `site.repository`; --out DIR leaves the page in a folder instead"
                .to_owned(),
        ));
    };
    let address = address_of(work.session, &address);
    let address = if key.is_some() { over_ssh(&address) } else { address };
    let branch = given(&work.options.branch).or_else(|| given(&site.branch));
    Ok(PageTarget {
        remote: Remote { address, program: environment::git() },
        branch: branch.unwrap_or_else(|| BRANCH.to_owned()),
        ssh_command: key.map(DeployKey::ssh_command),
    })
}

/// A path is made absolute, because git runs elsewhere.
fn address_of(session: &Session, text: &str) -> String {
    let path = session.environment.expand(text);
    if !path.exists() {
        return text.to_owned();
    }
    std::path::absolute(&path).unwrap_or(path).to_string_lossy().into_owned()
}

/// A deploy key is of use over ssh alone: the same repository under its other address.
fn over_ssh(address: &str) -> String {
    let Some(rest) = address.strip_prefix("https://") else { return address.to_owned() };
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    format!("ssh://git@{rest}")
}

fn message(made_of: &MadeOf) -> String {
    let MadeOf { raw_tree, program, options } = made_of;
    format!(
        "Token usage\n\nMade by token-matters; replaced as a whole at every change.\n\n{RAW_TREE}: {raw_tree}\n{PROGRAM}: {program}\n{OPTIONS}: {options}\n"
    )
}

fn stands_in(tip: &PageTip) -> Option<MadeOf> {
    let value = |name| tip.trailer(name).map(str::to_owned);
    Some(MadeOf { raw_tree: value(RAW_TREE)?, program: value(PROGRAM)?, options: value(OPTIONS)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deploy_key_goes_over_ssh() {
        for (address, expected) in [
            ("https://github.com/me/tokens.git", "ssh://git@github.com/me/tokens.git"),
            ("https://me@github.com/me/tokens", "ssh://git@github.com/me/tokens"),
            ("git@github.com:me/tokens.git", "git@github.com:me/tokens.git"),
            ("/srv/tokens.git", "/srv/tokens.git"),
        ] {
            assert_eq!(over_ssh(address), expected);
        }
    }
}
