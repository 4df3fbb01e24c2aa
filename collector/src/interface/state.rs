//! `interfaces.json` in the data folder: what was asked last. It may be deleted at any time.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use chrono::NaiveDate;
use data_schema::UtcSeconds;
use serde::{Deserialize, Serialize};

/// An interface is asked at most this often, in seconds: once an hour, with a little room for a schedule that is not
/// to the second.
const PAUSE: i64 = 55 * 60;

/// By id of the interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct State(BTreeMap<String, Last>);

/// How an interface was asked last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Last {
    /// When.
    pub(crate) asked: UtcSeconds,
    /// The last day that was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) up_to: Option<NaiveDate>,
    /// With which key, as a hash: another one begins anew.
    pub(crate) access: String,
}

impl State {
    /// What is known; nothing if there is no such file, or a damaged one.
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = fs_err::read(path).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Replaces the file.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".tm-").tempfile_in(folder)?;
        file.write_all(&bytes)?;
        file.persist(path)?;
        Ok(())
    }

    /// How an interface was asked last with this key.
    pub(crate) fn last(&self, id: &str, access: &str) -> Option<&Last> {
        self.0.get(id).filter(|last| last.access == access)
    }

    pub(crate) fn note(&mut self, id: &str, last: Last) {
        self.0.insert(id.to_owned(), last);
    }
}

impl Last {
    /// Whether it is too early to ask again. A time that is yet to come is a clock that was wrong.
    pub(crate) fn is_recent(&self, now: UtcSeconds) -> bool {
        (0..PAUSE).contains(&(now.seconds() - self.asked.seconds()))
    }
}
