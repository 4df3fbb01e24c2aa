//! The workflow files that `init` puts into the data repository.

use crate::cli::{Ci, Mode, WorkflowHost};
use crate::commands::publish::{self, RUNS_PER_DAY, Workflow, workflow_files};
use crate::init::answers::Target;
use crate::init::plan::PageSteps;
use crate::outcome::Failure;

/// All kinds, with the file that says that ours is there.
const KINDS: [(Ci, WorkflowHost, &str); 3] = [
    (Ci::Github, WorkflowHost::Github, ".github/workflows/summarize.yml"),
    (Ci::Gitlab, WorkflowHost::Gitlab, ".gitlab-ci.yml"),
    (Ci::Forgejo, WorkflowHost::Forgejo, ".forgejo/workflows/summarize.yml"),
];
/// Name of the secret that the templates read.
pub(crate) const SECRET: &str = "TOKEN_MATTERS_DEPLOY_KEY";

/// The file of a kind.
pub(crate) fn path(ci: Ci) -> Option<&'static str> {
    KINDS.iter().find(|kind| kind.0 == ci).map(|kind| kind.2)
}

/// The files of all kinds.
pub(crate) fn paths() -> Vec<String> {
    KINDS.iter().map(|kind| kind.2.to_owned()).collect()
}

/// Whether GitHub's free minutes suffice for a run at every push.
pub(crate) fn on_push_is_affordable(machines: usize, pushes_per_day: u32) -> bool {
    let machines = u32::try_from(machines).unwrap_or(u32::MAX);
    publish::on_push_is_affordable(machines, pushes_per_day, RUNS_PER_DAY)
}

/// The files, always the same for the same answers: the minute follows from the address, so that repositories spread
/// over the hour and a second `init` changes nothing.
pub(crate) fn files(
    page: &PageSteps,
    address: &str,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let Some((ci, on_push)) = page.workflow else { return Ok(Vec::new()) };
    let Some((_, host, _)) = KINDS.iter().find(|kind| kind.0 == ci) else { return Ok(Vec::new()) };
    let minute = u32::try_from(store::check(address.as_bytes()) % 60).unwrap_or_default();
    let mode = if page.target == Target::Artifact { Mode::Artifact } else { Mode::Repository };
    workflow_files(*host, &Workflow { mode, minute, on_push, ..Workflow::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_is_looked_for_is_the_one_that_is_written() {
        for (ci, _, path) in KINDS {
            let page = PageSteps {
                target: Target::Repository("/srv/page.git".to_owned()),
                data: None,
                page: None,
                with_gh: false,
                branch: "gh-pages".to_owned(),
                workflow: Some((ci, false)),
                address: None,
            };
            let files = files(&page, "https://github.com/me/data").unwrap();
            let workflow = files.iter().find(|file| file.0 == path).unwrap();
            assert!(workflow.1.contains(SECRET), "{path}");
        }
    }
}
