//! A page in a folder, for a host that takes an artifact.
//!
//! What is published already is asked of the page itself: `published.json` at its address. So the workflow needs no
//! right to write anything, and a page whose deployment failed does not count as published.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use walkdir::WalkDir;

use super::page::{MADE_OF, MadeOf};
use super::{Report, Work, unknown};
use crate::http;
use crate::outcome::Failure;

/// How long the published page may take to answer.
const DEADLINE: Duration = Duration::from_secs(20);

pub(super) fn publish(work: &Work<'_>) -> Result<Report, Failure> {
    let made_of = work.recipe.made_of();
    if work.options.check {
        let is_published =
            !work.options.force && published(work).is_some_and(|known| known == made_of);
        let said =
            if is_published { "the page is up to date" } else { "there is something to publish" };
        return Ok(report(work, !is_published, said.to_owned()));
    }
    let Some(out) = &work.options.out else {
        return Err(Failure::Usage("name the folder for the page with --out DIR".to_owned()));
    };
    refuse_others(out, work.options.force)?;
    let parent = std::path::absolute(out)?;
    let parent = parent.parent().unwrap_or(Path::new("."));
    fs_err::create_dir_all(parent)?;
    let new = tempfile::Builder::new().prefix(".token-matters-").tempdir_in(parent)?;
    let page = new.path().join("page");
    let mut report = made(work, &page)?;
    fs_err::write(page.join(MADE_OF), serde_json::to_vec(&made_of)?)?;
    if work.options.dry_run {
        report.said = format!("{}: {}", out.display(), report.said);
        return Ok(report);
    }
    if out.exists() {
        fs_err::rename(out, new.path().join("old"))?;
    }
    fs_err::rename(&page, out)?;
    report.published = true;
    report.said = format!("{}: {}", out.display(), report.said);
    Ok(report)
}

/// Makes the page and throws it away.
pub(super) fn try_out(work: &Work<'_>) -> Result<Report, Failure> {
    if work.options.check {
        return Ok(report(work, true, "the page is made, and goes nowhere".to_owned()));
    }
    let new = tempfile::Builder::new().prefix("token-matters-").tempdir()?;
    made(work, &new.path().join("page"))
}

/// Makes the page in a folder.
fn made(work: &Work<'_>, page: &Path) -> Result<Report, Failure> {
    fs_err::create_dir_all(page)?;
    let left_out = work.recipe.make(work.source, page)?;
    let files =
        WalkDir::new(page).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    let files = files.count();
    Ok(Report { left_out, files: Some(files), ..report(work, true, format!("{files} files")) })
}

fn report(work: &Work<'_>, changed: bool, said: String) -> Report {
    let target = work.options.out.as_ref().map(|out| out.display().to_string());
    Report { changed, target, raw_tree: work.recipe.raw_tree.clone(), said, ..Report::default() }
}

/// What the published page says it is made of, if it can be asked.
fn published(work: &Work<'_>) -> Option<MadeOf> {
    let Some(address) = &work.settings.site.address else {
        unknown("token-matters.yaml does not say the address of the page (`site.address`)");
        return None;
    };
    // A cache on the way must not answer for a page that has been replaced.
    let url = format!("{}/{MADE_OF}?{}", address.trim_end_matches('/'), work.recipe.raw_tree);
    let read = http::get(&url, DEADLINE).map_err(|error| format!("{address}/{MADE_OF} {error}"));
    let parsed = read.and_then(|bytes| {
        serde_json::from_slice(&bytes)
            .map_err(|error| format!("{address}/{MADE_OF} is damaged: {error}"))
    });
    parsed.map_err(|error| unknown(&error)).ok()
}

/// A folder with other things in it is not taken away.
fn refuse_others(out: &Path, force: bool) -> Result<(), Failure> {
    if !out.exists() || force || out.join(MADE_OF).is_file() {
        return Ok(());
    }
    let is_empty = fs_err::read_dir(out).context("--out must be a folder")?.next().is_none();
    if is_empty {
        return Ok(());
    }
    let shown = out.display();
    Err(Failure::Usage(format!(
        "{shown} holds other things, and the page takes the whole folder: name another, or let them be replaced with --force"
    )))
}
