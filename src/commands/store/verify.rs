//! `store verify`.

use std::path::Path;

use store::{Store, VerifyReport};

use crate::cli::Global;
use crate::environment;
use crate::outcome::{Failure, Outcome};
use crate::output::{counted, data, note};
use crate::session::{PROGRAM, Session};

pub(crate) fn run(global: &Global, fix: bool, raw: Option<&Path>) -> Result<Outcome, Failure> {
    let session = Session::open(global, true)?;
    let folder = raw.map_or_else(|| session.store_folder(), Path::to_owned);
    // With its remote: what is damaged here may be whole there.
    let store = Store::open_again(&folder, environment::git())?;
    let report = store.verify(fix, session.environment.now, PROGRAM)?;
    tell(&folder, &report)?;
    if report.is_good() {
        return Ok(Outcome::Done);
    }
    let remedy = if fix {
        "what is left cannot be repaired: the logs of the tools, or another machine's copy, may still hold it"
    } else {
        "run `token-matters store verify --fix` to repair it; nothing is thrown away"
    };
    Err(Failure::Failed(anyhow::anyhow!("{}; {remedy}", counted(report.problems.len(), "problem"))))
}

fn tell(folder: &Path, report: &VerifyReport) -> Result<(), Failure> {
    let found = [counted(report.files, "file"), counted(report.records, "response")].join(", ");
    let verdict = if report.is_good() { ", all as they were written" } else { "" };
    data(&format!("{}: {found}{verdict}\n", folder.display()))?;
    for problem in &report.problems {
        note(&format!("problem: {}: {}", problem.path, problem.reason));
    }
    if report.absent > 0 {
        let files = counted(report.absent, "file");
        note(&format!(
            "note: {files} of other machines are on the remote only, which could not be asked"
        ));
    }
    for path in &report.foreign {
        note(&format!("note: {path} is none of ours: left alone"));
    }
    if let Some(repair) = &report.repair {
        let back_to =
            repair.back_to.as_deref().unwrap_or("an empty store, because no commit is good");
        note(&format!(
            "repaired: back to {back_to}, {} joined again",
            counted(repair.files_joined, "file")
        ));
        if let Some(kept) = &repair.kept_as {
            note(&format!("the broken commit is kept as {kept}"));
        }
    }
    Ok(())
}
