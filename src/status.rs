//! `status.json`: how the last runs went, for `collect --status`, `doctor`, `schedule status` and the line that every
//! command shows when nothing has succeeded for days.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use collector::ScannedSource;
use data_schema::UtcSeconds;
use serde::{Deserialize, Serialize};

use crate::private;

/// How the last runs went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Status {
    /// The last run, whatever became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_run: Option<UtcSeconds>,
    /// The last run that stored everything and, with a remote, pushed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_success: Option<UtcSeconds>,
    /// Commits that wait for a push.
    pub(crate) waiting: usize,
    /// By id of the source.
    pub(crate) sources: BTreeMap<String, SourceStatus>,
    /// With a remote only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) push: Option<PushStatus>,
}

/// How a source did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SourceStatus {
    /// The newest response that was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_record: Option<UtcSeconds>,
    /// Runs in a row in which something of it could not be read.
    pub(crate) failures: u32,
    /// What the last of them said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_error: Option<String>,
}

/// How pushes did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PushStatus {
    /// When nothing waited last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_success: Option<UtcSeconds>,
    /// What went wrong since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl Status {
    /// The file in a data folder.
    pub(crate) fn path(data: &Path) -> PathBuf {
        data.join("status.json")
    }

    /// What is known; nothing if there is no such file, or a damaged one.
    pub(crate) fn read(data: &Path) -> Self {
        let bytes = fs_err::read(Self::path(data)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Replaces the file.
    pub(crate) fn write(&self, data: &Path) -> std::io::Result<()> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        private::replace(&Self::path(data), &bytes)
    }

    /// Notes how a source did; `newest` is its newest response, where the run looked at any.
    pub(crate) fn source(&mut self, source: &ScannedSource, newest: Option<UtcSeconds>) {
        let known = self.sources.entry(source.id.to_owned()).or_default();
        known.last_record = known.last_record.max(newest);
        if source.report.failed {
            known.failures = known.failures.saturating_add(1);
            known.last_error = source.report.warnings.first().map(|first| first.reason.clone());
        } else {
            known.failures = 0;
            known.last_error = None;
        }
    }
}
