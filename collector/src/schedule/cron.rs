//! A line of the user's crontab. Everybody else's lines stay as they are, byte for byte.

use std::path::Path;

use super::program::{run, run_with};
use super::units::once_line;
use super::{Entry, Names, ONCE_MARKER, Plan, ScheduleError, Unit};

/// The content of a crontab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crontab(Vec<u8>);

impl Crontab {
    /// A crontab with this content.
    pub fn new(content: impl Into<Vec<u8>>) -> Self {
        Self(content.into())
    }

    /// Its content.
    pub fn content(&self) -> &[u8] {
        &self.0
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split_inclusive(|byte| *byte == b'\n')
    }

    /// The same without lines that end with a marker.
    #[must_use]
    pub fn without(&self, markers: &[&str]) -> Self {
        let is_kept = |line: &&[u8]| !markers.iter().any(|marker| is_ours(line, marker));
        Self(self.lines().filter(is_kept).flatten().copied().collect())
    }

    /// The same with a line at its end.
    #[must_use]
    pub fn with(&self, line: &str) -> Self {
        let mut content = self.0.clone();
        if content.last().is_some_and(|byte| *byte != b'\n') {
            content.push(b'\n');
        }
        content.extend_from_slice(line.as_bytes());
        Self(content)
    }

    /// The first line that ends with the marker.
    pub fn entry(&self, marker: &str) -> Option<String> {
        let line = self.lines().find(|line| is_ours(line, marker))?;
        Some(String::from_utf8_lossy(line).trim().to_owned())
    }

    /// Reads the user's. None at all is an empty one; anything else that goes wrong is an error.
    fn read() -> Result<Self, ScheduleError> {
        let ran = run("crontab", &["-l"])?;
        if ran.is_success {
            return Ok(Self(ran.stdout));
        }
        let message = ran.message();
        // "no crontab for me" of Vixie's cron, cronie, dcron and macOS; busybox names the file that is missing.
        let is_none = message.contains("no crontab for")
            || (message.contains("can't open") && message.contains("No such file or directory"));
        if is_none { Ok(Self::default()) } else { Err(ScheduleError::Crontab { message }) }
    }

    /// Writes the user's, and reads it back.
    fn write(&self) -> Result<(), ScheduleError> {
        if self.0.is_empty() {
            run("crontab", &["-r"])?.checked()?;
        } else {
            run_with("crontab", &["-"], &self.0)?.checked()?;
        }
        if Self::read()? == *self { Ok(()) } else { Err(ScheduleError::NotKept) }
    }
}

/// A line of ours ends with the marker, which is a comment to the shell.
fn is_ours(line: &[u8], marker: &str) -> bool {
    line.trim_ascii_end().ends_with(marker.as_bytes())
}

/// Reads the crontab, changes it, and writes it if that changed anything.
fn change(change: impl FnOnce(&Crontab) -> Crontab) -> Result<(), ScheduleError> {
    let before = Crontab::read()?;
    let after = change(&before);
    if after == before { Ok(()) } else { after.write() }
}

/// Whether there is a cron. One whose crontab cannot be read is there, and says so when it is used.
pub(super) fn is_there() -> bool {
    !matches!(Crontab::read(), Err(ScheduleError::Missing { .. }))
}

pub(super) fn find(names: Names) -> Result<Option<Entry>, ScheduleError> {
    let crontab = match Crontab::read() {
        Err(ScheduleError::Missing { .. }) => return Ok(None),
        result => result?,
    };
    let entry = names.markers.first().and_then(|marker| crontab.entry(marker));
    Ok(entry.map(|text| Entry {
        place: "crontab".to_owned(),
        is_active: !text.starts_with('#'),
        text,
    }))
}

pub(super) fn install(names: Names, units: &[Unit]) -> Result<(), ScheduleError> {
    let line: String = units.iter().map(|unit| unit.text.as_str()).collect();
    change(|crontab| crontab.without(names.markers).with(&line))
}

pub(super) fn remove(names: Names) -> Result<(), ScheduleError> {
    match change(|crontab| crontab.without(names.markers)) {
        Err(ScheduleError::Missing { .. }) => Ok(()),
        result => result,
    }
}

pub(super) fn start(plan: &Plan, marker: &Path) -> Result<(), ScheduleError> {
    let line = once_line(plan, &marker.to_string_lossy())?;
    fs_err::write(marker, "cron takes this file away when it begins its first run\n")?;
    change(|crontab| crontab.without(&[ONCE_MARKER]).with(&line))
}

pub(super) fn started(marker: &Path) -> Result<(), ScheduleError> {
    match fs_err::remove_file(marker) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    change(|crontab| crontab.without(&[ONCE_MARKER]))
}
