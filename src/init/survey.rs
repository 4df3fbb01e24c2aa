//! What a place already holds: whether anybody can read it, who writes there, what all agreed on.

use std::path::Path;

use data_schema::MachineFile;
use data_schema::settings::SharedSettings;
use store::{EntryKind, Location, Remote, Snapshot, Store, Who};
use summarizer::read_settings;

use crate::environment;
use crate::init::github::{self, Login};
use crate::outcome::Failure;
use crate::session::Session;

/// What is known of a place for data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Survey {
    /// Address of the repository that all machines write into; `None` on this machine alone.
    pub(crate) address: Option<String>,
    /// Whether anybody can read it; `None` if that could not be found out.
    pub(crate) is_public: Option<bool>,
    /// The shared settings; the defaults where there are none yet.
    pub(crate) shared: SharedSettings,
    /// Names and ids of the machines that write there.
    pub(crate) machines: Vec<(String, String)>,
    /// Our workflow files that are there.
    pub(crate) workflows: Vec<String>,
}

/// Who can be asked about a place. Nothing there is changed by that.
pub(crate) trait World {
    /// Looks at a place: `None` is the repository in the data folder. An error says what to do.
    fn survey(&mut self, place: Option<&str>) -> Result<Survey, String>;

    /// Who is logged in to GitHub with `gh`. An error says what to do.
    fn github(&mut self) -> Result<Login, String>;
}

/// The real one.
pub(crate) struct Real<'a> {
    pub(crate) session: &'a Session,
    /// Paths of workflows that are ours.
    pub(crate) workflows: Vec<String>,
    /// What `gh` said, once it has been asked.
    pub(crate) login: Option<Result<Login, String>>,
}

impl World for Real<'_> {
    fn survey(&mut self, place: Option<&str>) -> Result<Survey, String> {
        let location = match place {
            Some(place) => Location::of(place, &self.session.environment.expand(place)),
            None => Location::Own(self.session.data.join("store.git")),
        };
        let told = |failure: &dyn std::fmt::Display| failure.to_string();
        match location {
            Location::Own(folder) | Location::Folder(folder)
                if !folder.exists() && place.is_some() =>
            {
                Err(missing(&folder))
            }
            Location::Own(folder) if !folder.exists() => {
                Ok(Survey { is_public: Some(false), ..Survey::default() })
            }
            Location::Own(folder) => {
                let store = Store::open(&folder).map_err(|error| told(&error))?;
                self.read(&store, None, Some(false))
            }
            Location::Folder(folder) => self.read(&Store::folder(&folder), None, Some(false)),
            Location::Remote(address) => {
                self.remote(&Remote { address, program: environment::git() })
            }
        }
    }

    fn github(&mut self) -> Result<Login, String> {
        self.login.get_or_insert_with(github::login).clone()
    }
}

impl Real<'_> {
    /// Fetches into a folder that vanishes again.
    fn remote(&self, remote: &Remote) -> Result<Survey, String> {
        let told = |failure: &dyn std::fmt::Display| failure.to_string();
        remote.probe().map_err(|trouble| told(&trouble))?;
        let scratch = tempfile::tempdir().map_err(|error| told(&error))?;
        let is_public = remote.is_public(scratch.path()).ok();
        let store = Store::open_remote(&scratch.path().join("look.git"), remote.clone());
        let store = store.map_err(|error| told(&error))?;
        let who = Who { machine: "init", id: "init" };
        store.fetch(&who, self.session.environment.now).map_err(|error| told(&error))?;
        self.read(&store, Some(remote.address.clone()), is_public)
    }

    fn read(
        &self,
        store: &Store,
        address: Option<String>,
        is_public: Option<bool>,
    ) -> Result<Survey, String> {
        let snapshot = store.snapshot().map_err(|error| error.to_string())?;
        let shared = read_settings(&snapshot).map_err(|error| error.to_string())?;
        let here = |path: &&String| snapshot.has_file(path);
        let workflows = self.workflows.iter().filter(here).cloned().collect();
        Ok(Survey { address, is_public, shared, machines: machines(&snapshot), workflows })
    }
}

/// Names and ids. A card that cannot be read is told by `store verify`.
pub(crate) fn machines(snapshot: &Snapshot) -> Vec<(String, String)> {
    let cards = snapshot.entries().iter().filter(|entry| entry.kind == EntryKind::Machine);
    let cards = cards.map(|entry| {
        let card = snapshot.read(entry).ok().and_then(|bytes| MachineFile::parse(&bytes).ok());
        (entry.machine.to_string(), card.map_or_else(String::new, |card| card.id))
    });
    cards.collect()
}

/// What is said of a path without anything there.
pub(crate) fn missing(folder: &Path) -> String {
    let path = folder.display();
    format!(
        "{path} is not there: make it with `git init --bare {path}`, or name another repository"
    )
}

/// What a failure is, in one line.
pub(crate) fn told(failure: &Failure) -> String {
    match failure {
        Failure::Usage(message) => message.clone(),
        Failure::Failed(error) => format!("{error:#}"),
    }
}
