//! What can go wrong with a store, and what to do about it.

use std::io;
use std::path::PathBuf;

use crate::Trouble;

/// An error of the store. Nothing that was stored before is lost by any of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A folder with other things in it.
    #[error("{} is not a Token Matters store and not empty: nothing was changed; name another folder, or move this one away", path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// There is no store.
    #[error("there is no store in {}: `token-matters collect` makes one", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// Nothing to import.
    #[error(
        "{path} is no data repository of Token Matters 1.x: name a checkout with `raw/` in it, a repository, or its URL"
    )]
    NoLegacy {
        /// As it was named.
        path: String,
    },
    /// The file system refused something.
    #[error("{source}{}", remedy(source))]
    Io {
        /// What it said, with the path.
        #[from]
        source: io::Error,
    },
    /// The git repository cannot be read or written.
    #[error("the repository in {} cannot be used: {message}; `token-matters store verify` shows what is damaged, `--fix` repairs it", path.display())]
    Git {
        /// The repository.
        path: PathBuf,
        /// What gix said.
        message: String,
    },
    /// The remote could not be asked, or refused.
    #[error(transparent)]
    Remote(#[from] Trouble),
    /// A file that was about to be written is not as the format says.
    #[error(
        "{path}: {reason}; nothing was stored: this is a fault of the program, please report it"
    )]
    Invalid {
        /// Its path in the store.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The file that says what is to be forgotten cannot be read.
    #[error("{path}: {reason}; correct it in the data repository, or take back the commit that changed it: until then nothing is stored or shown, so that nothing comes back", path = data_schema::TOMBSTONES_FILE)]
    Tombstones {
        /// What is wrong.
        reason: String,
    },
    /// Anybody could read what is pushed.
    #[error(
        "{address} can be read by anybody: raw data is not sent there; make it private, or run `token-matters collect --allow-public-data` once if you mean it"
    )]
    Public {
        /// The remote, without secrets.
        address: String,
    },
    /// Others wrote all the time.
    #[error("{} was changed by others during every one of {attempts} attempts: run again later; nothing is lost", path.display())]
    Busy {
        /// The repository.
        path: PathBuf,
        /// Number of attempts.
        attempts: u32,
    },
}

impl StoreError {
    /// Whether the file system refused to write or to be read, and a person can change that.
    pub(crate) fn is_refusal(kind: io::ErrorKind) -> bool {
        !remedy(&kind.into()).is_empty()
    }
}

/// What to do about the usual faults of a file system.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ": make room and run again; what was stored before is untouched"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            ": check the owner and the permissions of the folder"
        }
        _ => "",
    }
}
