//! `stores.json`: which store this machine writes into, and which earlier ones are not joined into it yet.
//!
//! Whoever changes `dataRepo`, or names a remote for the first time, loses nothing: everything of the earlier store
//! is joined into the new one. The earlier one is left as it is, and is done with only when that has arrived.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::outcome::Failure;
use crate::private;
use crate::session::Session;

/// What is noted. Folders below the data folder are kept without it, so that it can be moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Stores {
    current: PathBuf,
    earlier: Vec<PathBuf>,
}

/// Notes which store is written into now; returns the earlier ones that are to be joined into it.
pub(crate) fn enter(session: &Session) -> Result<Vec<PathBuf>, Failure> {
    let path = path(session);
    let bytes = fs_err::read(&path).unwrap_or_default();
    let known: Stores = serde_json::from_slice(&bytes).unwrap_or_else(|_| Stores {
        // Before there was such a file, everybody had the built-in store.
        current: PathBuf::from("store.git"),
        earlier: Vec::new(),
    });
    let current = short(session, &session.store_folder());
    let mut stores = known.clone();
    if stores.current != current {
        stores.earlier.push(std::mem::replace(&mut stores.current, current));
    }
    let mut seen = std::collections::BTreeSet::new();
    let is_there = |folder: &PathBuf| session.data.join(folder).exists();
    stores.earlier.retain(|folder| {
        *folder != stores.current && is_there(folder) && seen.insert(folder.clone())
    });
    if stores != known {
        write(&path, &stores)?;
    }
    Ok(stores.earlier.iter().map(|folder| session.data.join(folder)).collect())
}

/// Earlier stores that are not joined yet. Notes nothing.
pub(crate) fn earlier(session: &Session) -> Vec<PathBuf> {
    let bytes = fs_err::read(path(session)).unwrap_or_default();
    let stores: Stores = serde_json::from_slice(&bytes).unwrap_or_default();
    stores.earlier.iter().map(|folder| session.data.join(folder)).collect()
}

/// Notes that earlier stores are joined and that this has arrived.
pub(crate) fn done(session: &Session, folders: &[PathBuf]) -> Result<(), Failure> {
    let path = path(session);
    let mut stores: Stores = serde_json::from_slice(&fs_err::read(&path)?).unwrap_or_default();
    stores.earlier.retain(|folder| !folders.contains(&session.data.join(folder)));
    write(&path, &stores)
}

fn path(session: &Session) -> PathBuf {
    session.data.join("stores.json")
}

fn short(session: &Session, folder: &Path) -> PathBuf {
    folder.strip_prefix(&session.data).unwrap_or(folder).to_owned()
}

fn write(path: &Path, stores: &Stores) -> Result<(), Failure> {
    Ok(private::replace(path, &serde_json::to_vec_pretty(stores)?)?)
}
