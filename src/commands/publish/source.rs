//! Where the data comes from.

use store::{Location, Remote, Snapshot, Store, StoreError, Who};
use tempfile::TempDir;

use crate::environment;
use crate::outcome::Failure;
use crate::output::problems;
use crate::session::Session;

/// The data that is published.
pub(super) struct Source {
    store: Store,
    pub(super) snapshot: Snapshot,
    /// Holds the copy of a repository that is not this machine's, as long as it is read.
    _scratch: Option<TempDir>,
}

impl Source {
    /// Opens a folder, a repository, or this machine's store, and brings its newest state. Of a remote, only what is
    /// needed to tell whether anything has changed.
    pub(super) fn open(session: &Session, raw: Option<&str>) -> Result<Self, Failure> {
        let (store, scratch) = match raw {
            None => (session.store()?, None),
            Some(text) => named(session, text)?,
        };
        if store.remote().is_some() {
            let identity = session.identity_to_read()?;
            let who = Who { machine: &identity.name, id: &identity.id };
            let fetched = store.fetch(&who, session.environment.now)?;
            problems(&fetched.problems, "");
        }
        let snapshot = store.snapshot()?;
        Ok(Self { store, snapshot, _scratch: scratch })
    }

    /// Whether it holds nothing that counts.
    pub(super) fn is_empty(&self) -> bool {
        self.snapshot.entries().is_empty()
    }

    /// Brings the content of all files here; fails if some are missing.
    pub(super) fn complete(&self) -> Result<(), Failure> {
        match self.store.fetch_content()? {
            0 => Ok(()),
            missing => Err(Failure::Failed(anyhow::anyhow!(
                "{missing} files of other machines could not be fetched, and a page without them would be wrong: run again later; `token-matters doctor` checks the remote"
            ))),
        }
    }
}

/// What `--raw` names: a folder is read as it is, also where it is a checkout with an origin.
fn named(session: &Session, text: &str) -> Result<(Store, Option<TempDir>), Failure> {
    let path = session.environment.expand(text);
    if path.join(".git").exists() || path.join("raw").is_dir() {
        return Ok((Store::folder(&path), None));
    }
    let address = match Store::open(&path) {
        Ok(store) => return Ok((store, None)),
        Err(StoreError::NotOurs { .. }) => {
            let path = std::path::absolute(&path)?;
            path.to_string_lossy().into_owned()
        }
        Err(StoreError::Missing { .. }) => match Location::of(text, &path) {
            Location::Remote(address) => address,
            Location::Own(_) | Location::Folder(_) => {
                let shown = path.display();
                return Err(Failure::Usage(format!(
                    "--raw: there is no data in {shown}: name a folder with raw/ below it, or a repository"
                )));
            }
        },
        Err(error) => return Err(error.into()),
    };
    let scratch = tempfile::Builder::new().prefix("token-matters-").tempdir()?;
    let remote = Remote { address, program: environment::git() };
    let store = Store::open_remote(&scratch.path().join("data.git"), remote)?;
    Ok((store, Some(scratch)))
}
