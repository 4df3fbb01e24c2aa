//! What only the command reads: variables, the home folder, the clock, the host's name.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use collector::{Environment, Platform};
use data_schema::UtcSeconds;
use store::GitProgram;

use crate::cli::Global;
use crate::outcome::Failure;

/// Where Token Matters keeps its files.
const DATA_VARIABLE: &str = "TOKEN_MATTERS_HOME";
/// The run's time in tests: a fixed clock.
const NOW_VARIABLE: &str = "TOKEN_MATTERS_NOW";

/// Seconds that one call of git may take: for slow networks, and for tests.
const GIT_DEADLINE_VARIABLE: &str = "TOKEN_MATTERS_GIT_DEADLINE";
/// The usual deadline.
const GIT_DEADLINE: Duration = Duration::from_secs(50);

/// The user's `git`.
pub(crate) fn git() -> GitProgram {
    let seconds = variable(GIT_DEADLINE_VARIABLE).and_then(|seconds| seconds.trim().parse().ok());
    GitProgram::new("git", seconds.map_or(GIT_DEADLINE, Duration::from_secs))
}

/// Reads the surroundings. With `--home`, variables that say where tools keep their files do not count.
pub(crate) fn read(global: &Global) -> Result<Environment, Failure> {
    let mut variables: BTreeMap<String, String> = match &global.home {
        Some(_) => BTreeMap::new(),
        None => std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
    };
    let home = global.home.clone().or_else(home).ok_or_else(|| {
        Failure::Usage("your home folder is unknown: set HOME, or name it with --home DIR".into())
    })?;
    if !home.is_dir() {
        let home = home.display();
        return Err(Failure::Usage(format!(
            "{home} is not a folder: name the folder with the tools' logs with --home DIR"
        )));
    }
    // The proxy's ledger lies there, whoever named the folder and however.
    if let Ok(data) = data_folder(global) {
        variables.insert(DATA_VARIABLE.to_owned(), data.to_string_lossy().into_owned());
    }
    let other_homes = Vec::new();
    Ok(Environment {
        home: absolute(home),
        other_homes,
        variables,
        platform: platform(),
        now: now()?,
    })
}

/// The folder of the configuration, the store and the page.
pub(crate) fn data_folder(global: &Global) -> Result<PathBuf, Failure> {
    let named = global.data.clone().or_else(|| variable(DATA_VARIABLE).map(PathBuf::from));
    let folder = named.or_else(|| Some(home()?.join(".token-matters")));
    folder.map(absolute).ok_or_else(|| {
        Failure::Usage(
            "your home folder is unknown: set HOME or TOKEN_MATTERS_HOME, or use --data DIR".into(),
        )
    })
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads variables")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// A key for an interface. It is no place of a tool: `--home` changes nothing about it.
pub(crate) fn key_variable(name: &str) -> Option<String> {
    variable(name).map(|key| key.trim().to_owned())
}

fn home() -> Option<PathBuf> {
    let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    variable(name).map(PathBuf::from)
}

fn platform() -> Platform {
    if cfg!(windows) {
        Platform::Windows
    } else if cfg!(target_os = "macos") {
        Platform::MacOs
    } else {
        Platform::Linux
    }
}

/// The run's own time.
pub(crate) fn now() -> Result<UtcSeconds, Failure> {
    if let Some(fixed) = variable(NOW_VARIABLE) {
        return fixed.parse().map_err(|error| Failure::Usage(format!("{NOW_VARIABLE}: {error}")));
    }
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    let since =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Ok(UtcSeconds::new(seconds).unwrap_or_default())
}

/// The clock of a program that keeps running: it goes on from [`now`], fixed or not.
pub(crate) fn clock() -> Result<proxy::Clock, Failure> {
    let (begin, started) = (now()?.to_chrono(), std::time::Instant::now());
    let is_fixed = variable(NOW_VARIABLE).is_some();
    Ok(proxy::Clock::new(move || {
        if is_fixed {
            return begin + started.elapsed();
        }
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
        let now = std::time::SystemTime::now();
        now.into()
    }))
}

/// What the terminal of the output can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Whether it is one, and shall be colored.
    pub(crate) colors: bool,
    /// Whether it shows more than ASCII.
    pub(crate) unicode: bool,
}

/// What standard output can show: colors on a terminal without `NO_COLOR` (<https://no-color.org>, read 2026-11-21),
/// signs beyond ASCII in a UTF-8 locale.
pub(crate) fn terminal() -> Terminal {
    let is_dumb = variable("TERM").is_some_and(|name| name == "dumb");
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).unwrap_or_default();
    let locale = locale.to_lowercase();
    let is_utf8 = cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8");
    let is_terminal = std::io::stdout().is_terminal();
    let colors = is_terminal && !is_dumb && variable("NO_COLOR").is_none();
    Terminal { colors, unicode: is_utf8 && !is_dumb }
}

/// Columns of the terminal that standard output goes to: what `COLUMNS` says, else what the terminal says; `None` where
/// neither does, as in a file.
pub(crate) fn width() -> Option<usize> {
    let told = variable("COLUMNS").and_then(|columns| columns.trim().parse().ok());
    told.filter(|columns| *columns > 0).or_else(|| {
        let is_terminal = std::io::stdout().is_terminal();
        let size = is_terminal.then(ratatui::crossterm::terminal::size)?;
        size.ok().map(|(columns, _)| usize::from(columns)).filter(|columns| *columns > 0)
    })
}

/// Whether colors may be used where the output goes to a program that shows them.
pub(crate) fn may_color() -> bool {
    variable("NO_COLOR").is_none() && variable("TERM").is_none_or(|name| name != "dumb")
}

/// This program.
pub(crate) fn program() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// The system's folder for temporary files.
pub(crate) fn temporary_folder() -> PathBuf {
    std::env::temp_dir()
}

/// All programs of a name in the search path, in its order.
pub(crate) fn in_search_path(name: &str) -> Vec<PathBuf> {
    // What the system takes where nothing is set.
    let list = variable("PATH").unwrap_or_else(|| "/usr/bin:/bin".to_owned());
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let places = std::env::split_paths(&list).map(|folder| folder.join(&name));
    places.filter(|path| path.is_absolute() && path.is_file()).collect()
}

/// The system's zone; UTC where it tells none.
pub(crate) fn system_zone() -> Tz {
    let name = variable("TZ").or_else(|| iana_time_zone::get_timezone().ok());
    name.and_then(|name| name.trim_start_matches(':').parse().ok()).unwrap_or(Tz::UTC)
}

/// The host's name.
pub(crate) fn host() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

/// A new random id of 32 hex digits: the standard library's hash keys come from the system.
pub(crate) fn random_id() -> String {
    let half = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", half(), half())
}
