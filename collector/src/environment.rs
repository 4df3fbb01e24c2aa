//! What the command knows of the machine, handed in: libraries read neither variables nor the clock.

use std::collections::BTreeMap;
use std::path::PathBuf;

use data_schema::UtcSeconds;

/// The family of operating system that decides where tools keep their files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every path rule must name all three")]
pub enum Platform {
    /// Linux and other systems with XDG folders.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

/// The surroundings of a run.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the command and tests build it field by field")]
pub struct Environment {
    /// The folder below which the tools keep their logs (`--home`).
    pub home: PathBuf,
    /// Homes of other systems on this machine, with the folders of Linux: running WSL distributions under Windows.
    pub other_homes: Vec<PathBuf>,
    /// Environment variables. Empty values count as not set.
    pub variables: BTreeMap<String, String>,
    /// Family of the operating system.
    pub platform: Platform,
    /// The run's own time.
    pub now: UtcSeconds,
}

impl Environment {
    /// A variable that is set to something.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A path with `~` at its start replaced by the home folder.
    pub fn expand(&self, path: &str) -> PathBuf {
        if path == "~" {
            return self.home.clone();
        }
        match path.strip_prefix("~/").or_else(|| path.strip_prefix("~\\")) {
            Some(rest) => self.home.join(rest),
            None => PathBuf::from(path),
        }
    }

    /// `$XDG_CONFIG_HOME` or its default.
    pub fn config_home(&self) -> PathBuf {
        self.variable("XDG_CONFIG_HOME").map_or_else(|| self.home.join(".config"), PathBuf::from)
    }
}
