//! What is known of a source before any of its files is read: where they lie, how exact they are, how that is known.

use data_schema::{Quality, sources};

/// What is known of a source.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "every source writes one out in full")]
pub struct Info {
    /// The provider's id: name of its folder in the store. One of [`sources::KNOWN`].
    pub id: &'static str,
    /// What counts. Raised when the same line would count differently: all logs are read anew then.
    pub revision: u32,
    /// What one of its records stands for.
    pub role: Role,
    /// How exact what its files tell is at best.
    pub quality: Quality,
    /// How its format is known.
    pub evidence: Evidence,
    /// What its files do not tell, in a few words for people; empty if nothing that matters.
    pub lacks: &'static str,
    /// What the tool itself deletes.
    pub keeps: Keeps,
    /// The key below `providers.<id>` that names the tool's folder.
    pub directory_key: &'static str,
    /// Variables of the tool that name its folder instead of the usual places.
    pub variables: &'static [Variable],
    /// Where the logs lie below a folder that the configuration or a variable names; a folder that has none of them
    /// is taken as it is.
    pub below: &'static [&'static str],
    /// The usual places.
    pub folders: &'static [Folder],
    /// Names of folders that are never entered.
    pub not_entered: &'static [&'static str],
}

/// What a record of a source stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever shows a role must show all")]
pub enum Role {
    /// A response.
    Meter,
    /// A reading of a total that grows while the session goes on.
    Counter,
    /// Sums of a vendor or relay, in no total.
    Statement,
}

/// How a format is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever shows evidence must show all")]
pub enum Evidence {
    /// From a file that the tool wrote in a run of ours.
    Genuine {
        /// Version of the tool.
        version: &'static str,
        /// Day of the run.
        date: &'static str,
    },
    /// From the tool's own code.
    VendorCode {
        /// `owner/name`.
        repository: &'static str,
        /// Commit, or the day of the copy that was read.
        commit: &'static str,
    },
    /// From what others say of it: its records are partial at best.
    Described {
        /// Addresses, with the day they were read.
        by: &'static [&'static str],
    },
}

/// How long a tool keeps its logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever shows it must show all")]
pub enum Keeps {
    /// It deletes them after so many days, unless its settings say otherwise.
    Days(u32),
    /// It deletes nothing by itself.
    Forever,
    /// It drops old entries at times that nobody has described.
    Prunes,
    /// Not known.
    Unknown,
}

/// A variable of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "every source writes them out in full")]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Whether the usual places count beside it.
    pub adds: bool,
}

/// A place where a tool keeps its logs.
///
/// A path begins with `~` (home), `{data}` (`$XDG_DATA_HOME`), `{config}` (`$XDG_CONFIG_HOME`), `{state}`
/// (`$XDG_STATE_HOME`), `{support}` (`~/Library/Application Support`), `{appdata}` (`%APPDATA%`), `{localappdata}`
/// (`%LOCALAPPDATA%`), `{user-data}` (where applications of the system keep their data: the one of `{config}`,
/// `{support}` and `{appdata}` that fits) or `{editor}` (the data folder of every editor that is built on VS Code).
/// `*` stands for any run of characters in one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "every source writes them out in full")]
pub struct Folder {
    /// Systems that have it.
    pub on: On,
    /// The path, with `/`.
    pub path: &'static str,
}

/// Systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever shows it must show all")]
pub enum On {
    /// All of them.
    All,
    /// Linux and its kin.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl Info {
    /// The tool's name for people.
    pub fn title(&self) -> &'static str {
        sources::title(self.id).unwrap_or(self.id)
    }

    /// How exact its records are at best: partial where the format is known from descriptions only.
    pub fn best_quality(&self) -> Quality {
        self.as_known(self.quality)
    }

    /// What a record's quality is worth: no better than partial where the format is known from descriptions only.
    pub(crate) fn as_known(&self, told: Quality) -> Quality {
        let known = if self.is_verified() { Quality::Exact } else { Quality::Partial };
        told.max(known)
    }

    /// Whether the format is known from the tool itself.
    pub fn is_verified(&self) -> bool {
        !matches!(self.evidence, Evidence::Described { .. })
    }
}

impl Role {
    /// The word for it in files and tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Meter => "meter",
            Self::Counter => "counter",
            Self::Statement => "statement",
        }
    }
}

impl Evidence {
    /// The word for it in files and tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Genuine { .. } => "genuine",
            Self::VendorCode { .. } => "vendor-code",
            Self::Described { .. } => "described",
        }
    }
}

impl Folder {
    /// A place on all systems.
    pub(crate) const fn all(path: &'static str) -> Self {
        Self { on: On::All, path }
    }

    /// A place on one kind of system.
    pub(crate) const fn on(on: On, path: &'static str) -> Self {
        Self { on, path }
    }
}

impl Variable {
    /// A variable that stands for all usual places.
    pub(crate) const fn instead(name: &'static str) -> Self {
        Self { name, adds: false }
    }

    /// A variable that names one more place.
    pub(crate) const fn beside(name: &'static str) -> Self {
        Self { name, adds: true }
    }
}
