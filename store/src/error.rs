//! What can go wrong with a store, and what to do about it.

use std::io;
use std::path::PathBuf;

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
