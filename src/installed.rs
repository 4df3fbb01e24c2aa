//! What was put into a scheduler last, kept in the data folder, and what stands there now.

use std::path::Path;

use collector::schedule::{Entry, Host, Job, Mechanism, ScheduleError, find};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::outcome::Failure;
use crate::private;

/// A record of what was installed.
pub(crate) trait Installed: Serialize + DeserializeOwned {
    /// What it is about.
    const JOB: Job;
    /// Its file below the data folder.
    const FILE: &'static str;

    /// The scheduler that was chosen.
    fn mechanism(&self) -> Mechanism;

    /// What is known; nothing if there is no such file, or a damaged one.
    fn read(data: &Path) -> Option<Self> {
        serde_json::from_slice(&fs_err::read(data.join(Self::FILE)).ok()?).ok()
    }

    fn write(&self, data: &Path) -> Result<(), Failure> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(private::replace(&data.join(Self::FILE), &bytes)?)
    }

    fn forget(data: &Path) -> Result<(), Failure> {
        match fs_err::remove_file(data.join(Self::FILE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// What stands in each scheduler that this platform usually has, and in the one that was chosen.
    fn look(host: &Host, data: &Path) -> Vec<(Mechanism, Result<Option<Entry>, ScheduleError>)> {
        let mut mechanisms = Mechanism::of(host.platform).to_vec();
        let chosen = Self::read(data).map(|record| record.mechanism());
        mechanisms.extend(chosen.filter(|chosen| !mechanisms.contains(chosen)));
        mechanisms.into_iter().map(|each| (each, find(host, each, Self::JOB))).collect()
    }
}
