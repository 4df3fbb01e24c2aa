//! What the scheduler is to run: this program, with what it needs to find there and does not have.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use collector::Environment;
use collector::schedule::{Plan, Rhythm, vanishing};

use crate::cli::Global;
use crate::environment;
use crate::outcome::Failure;
use crate::session::Session;

/// Variables beside PATH that say where tools and git keep their files. None holds a secret; `SSH_AUTH_SOCK` names a
/// socket that is gone after the next login.
const VARIABLES: [&str; 6] = [
    "CLAUDE_CONFIG_DIR",
    "CODEX_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "GIT_CONFIG_GLOBAL",
    "GIT_SSH_COMMAND",
];

/// Folders that every search path needs, for git and ssh.
const SYSTEM_FOLDERS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// The plan, and what a person should know about it.
pub(super) struct Made {
    pub(super) plan: Plan,
    pub(super) log_file: PathBuf,
    pub(super) warnings: Vec<String>,
}

/// Makes the plan of a machine.
pub(super) fn make(
    session: &Session,
    own: &Environment,
    global: &Global,
    machine_id: &str,
) -> Result<Made, Failure> {
    let program = program()?;
    let temporary = environment::temporary_folder();
    let log_file = log_file(session, own);
    let mut warnings = Vec::new();
    if let Some(why) = vanishing(&program, &temporary) {
        warnings.push(format!(
            "{} lies in {why}: install the program elsewhere, and run this command again with that one",
            program.display()
        ));
    }
    let mut arguments = vec!["collect".to_owned(), "--log-file".to_owned(), text(&log_file)?];
    if session.data != own.home.join(".token-matters") {
        arguments.extend(["--data".to_owned(), text(&session.data)?]);
    }
    if global.home.is_some() {
        arguments.extend(["--home".to_owned(), text(&session.environment.home)?]);
    }
    let plan = Plan {
        rhythm: Rhythm::of(&session.config.schedule, machine_id),
        program: text(&program)?,
        arguments,
        variables: variables(own, &temporary),
        log: None,
    };
    Ok(Made { plan, log_file, warnings })
}

/// The program's path that stays the same when a newer version comes: the link in the search path, such as
/// Homebrew's, rather than the versioned folder that it leads to.
pub(crate) fn program() -> Result<PathBuf, Failure> {
    let running = environment::program().ok_or_else(|| {
        anyhow!("the path of this program is unknown: call it by its absolute path")
    })?;
    let target = fs_err::canonicalize(&running).unwrap_or_else(|_| running.clone());
    let named = environment::in_search_path("token-matters");
    let is_same = |path: &PathBuf| fs_err::canonicalize(path).is_ok_and(|path| path == target);
    Ok(named.into_iter().find(is_same).unwrap_or(running))
}

/// Where a run's output goes.
fn log_file(session: &Session, own: &Environment) -> PathBuf {
    match &session.config.schedule.log_file {
        Some(path) => session.data.join(own.expand(path)),
        None => session.data.join("logs").join("collect.log"),
    }
}

fn variables(own: &Environment, temporary: &Path) -> BTreeMap<String, String> {
    let set = VARIABLES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), own.variable(name)?.to_owned())));
    let path = search_path(own.variable("PATH").unwrap_or_default(), temporary);
    set.chain(path.map(|path| ("PATH".to_owned(), path))).collect()
}

/// The search path without folders that will not be there: relative ones, and those that a version manager makes for
/// one shell.
fn search_path(path: &str, temporary: &Path) -> Option<String> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let system = if cfg!(windows) { [].as_slice() } else { SYSTEM_FOLDERS.as_slice() };
    for folder in std::env::split_paths(path).chain(system.iter().map(PathBuf::from)) {
        let is_short_lived = [temporary, Path::new("/tmp"), Path::new("/run/user")]
            .iter()
            .any(|place| folder.starts_with(place));
        if folder.is_absolute() && !is_short_lived && !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    std::env::join_paths(folders).ok()?.into_string().ok()
}

/// A path as schedulers are told it.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    path.to_str().map(ToOwned::to_owned).ok_or_else(|| {
        Failure::Usage(format!(
            "{} is not UTF-8, which schedulers cannot be told: choose another folder with --data",
            path.display()
        ))
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_search_path_keeps_what_stays_and_has_the_system() {
        let path =
            "/opt/homebrew/bin:bin::/run/user/1000/fnm/bin:/usr/bin:/T/x/bin:/opt/homebrew/bin";
        assert_eq!(
            search_path(path, Path::new("/T")).unwrap(),
            "/opt/homebrew/bin:/usr/bin:/usr/local/bin:/bin"
        );
        assert_eq!(search_path("", Path::new("/T")).unwrap(), "/usr/local/bin:/usr/bin:/bin");
    }
}
