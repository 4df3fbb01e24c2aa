//! The alarm of a source: its tool still writes logs, and no new responses are read from them.
//!
//! A format that has changed shows in this way if it does not even tell which lines are answers. Tools also write
//! logs without answering anything, so that not every change counts:
//!
//! - A log that was opened again and closed has changed, too. One alone is no alarm, unless the tool has one only.
//! - A log without any response may be a beginning that nobody went on with. It counts from a length on that no
//!   beginning has.
//! - A database changes whenever its tool starts. It has to do so for two weeks.
//! - Whoever left a tool a quarter of a year ago may start it now and then.

use std::path::PathBuf;

use data_schema::UtcSeconds;

use crate::files::LogFile;
use crate::source::Source;

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Changes that are older say nothing of today; and so much younger must a change be than the newest response.
const RECENT: i64 = 3 * DAY;
/// The same distance for databases.
const RECENT_DATABASE: i64 = 14 * DAY;
/// A tool without a response for so long is not used any more.
const LEFT: i64 = 90 * DAY;
/// Clocks that differ by less are the same.
const AHEAD: i64 = DAY;
/// Bytes that a log without any response has to have.
const MORE_THAN_A_BEGINNING: u64 = 16 * 1024;
/// Logs that changed without a new response, at least.
const LOGS: usize = 2;
/// The same where no log has any response.
const LOGS_OF_A_STRANGER: usize = 3;

/// Logs that go on changing while responses have stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stalled {
    /// The newest response of the source; `None` if it has none at all.
    pub newest: Option<UtcSeconds>,
    /// When one of the logs was changed last.
    pub changed: UtcSeconds,
    /// Number of logs that changed since, without a new response.
    pub logs: usize,
    /// The one that was changed last.
    pub example: PathBuf,
}

impl Stalled {
    /// Looks at the logs of a source, each with the time of its newest response.
    pub(crate) fn of(
        source: &dyn Source,
        logs: &[(&LogFile, Option<UtcSeconds>)],
        now: UtcSeconds,
    ) -> Option<Self> {
        let newest = logs.iter().filter_map(|(_, newest)| *newest).max();
        let has_stopped = |(file, own): &&(&LogFile, Option<UtcSeconds>)| {
            let (changed, is_database) = (file.modified(), is_database(source, file));
            let distance = if is_database { RECENT_DATABASE } else { RECENT };
            let is_recent = changed >= now.plus(-RECENT) && changed <= now.plus(AHEAD);
            let is_long = file.identity.size >= MORE_THAN_A_BEGINNING && !is_database;
            let is_behind = newest.is_none_or(|newest| newest.plus(distance) < changed);
            is_recent && is_behind && (own.is_some() || is_long)
        };
        let mut stopped: Vec<&LogFile> =
            logs.iter().filter(has_stopped).map(|(file, _)| *file).collect();
        stopped.sort_by_key(|file| (file.modified(), &file.path));
        let enough = match newest {
            Some(newest) if newest < now.plus(-LEFT) => return None,
            Some(_) => LOGS.min(logs.len()),
            None => LOGS_OF_A_STRANGER,
        };
        let last = stopped.last().filter(|_| stopped.len() >= enough)?;
        let (changed, example) = (last.modified(), last.path.clone());
        Some(Self { newest, changed, logs: stopped.len(), example })
    }
}

/// Whether a log is a database with a write-ahead log beside it.
fn is_database(source: &dyn Source, file: &LogFile) -> bool {
    let companion = source.companion(&file.path);
    companion.is_some_and(|beside| beside.as_os_str().as_encoded_bytes().ends_with(b"-wal"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::files::Identity;
    use crate::source::SOURCES;

    const NOW: &str = "2026-06-01T12:00:00Z";

    fn at(text: &str) -> UtcSeconds {
        text.parse().unwrap()
    }

    /// Day and hour of the last change, bytes, day and hour of the newest response.
    fn stalled(logs: &[(&str, u64, Option<&str>)]) -> Option<Stalled> {
        let time = |text: &str| at(&format!("2026-{text}:00:00Z"));
        let file = |(changed, size): (&str, u64)| LogFile {
            path: Path::new("/x").join(changed),
            key: 0,
            identity: Identity {
                size,
                mtime_ns: time(changed).seconds() * 1_000_000_000,
                ..Identity::default()
            },
        };
        let logs: Vec<(LogFile, Option<UtcSeconds>)> = logs
            .iter()
            .map(|(changed, size, newest)| (file((changed, *size)), newest.map(time)))
            .collect();
        let logs: Vec<_> = logs.iter().map(|(file, newest)| (file, *newest)).collect();
        Stalled::of(SOURCES[0], &logs, at(NOW))
    }

    #[test]
    fn logs_that_change_for_days_without_a_new_response_are_an_alarm() {
        let found = stalled(&[
            ("05-20T10", 1_000, Some("05-20T10")),
            ("05-31T10", 90_000, None),
            ("06-01T10", 90_000, None),
        ]);
        let found = found.unwrap();
        assert_eq!((found.logs, found.newest), (2, Some(at("2026-05-20T10:00:00Z"))));
        assert_eq!(found.changed, at("2026-06-01T10:00:00Z"));
        assert_eq!(found.example, Path::new("/x/06-01T10"));
        // A tool with one log has no second one.
        assert!(stalled(&[("06-01T10", 100, Some("05-20T10"))]).is_some());
    }

    #[test]
    fn what_tools_write_without_answering_is_none() {
        // Used today, and opened again without a question.
        assert_eq!(
            stalled(&[("06-01T10", 100, Some("05-30T10")), ("06-01T11", 90_000, None)]),
            None
        );
        let old = ("05-20T10", 1_000, Some("05-20T10"));
        // One long session was opened again and closed.
        assert_eq!(stalled(&[old, ("06-01T10", 90_000, Some("05-10T10"))]), None);
        // Sessions that nobody went on with.
        assert_eq!(stalled(&[old, ("06-01T10", 900, None), ("05-31T10", 900, None)]), None);
        // Nothing has changed for a week.
        assert_eq!(stalled(&[old, ("05-24T10", 90_000, None), ("05-25T10", 90_000, None)]), None);
        // A tool that was left long ago.
        let left = ("02-01T10", 1_000, Some("02-01T10"));
        assert_eq!(stalled(&[left, ("05-31T10", 90_000, None), ("06-01T10", 90_000, None)]), None);
        // Files of a clock that is not ours.
        assert_eq!(stalled(&[old, ("08-01T10", 90_000, None), ("08-01T11", 90_000, None)]), None);
    }

    #[test]
    fn a_tool_of_which_nothing_was_ever_read_is_one_with_three_long_logs() {
        let log = |day: &'static str| (day, 90_000, None);
        assert_eq!(stalled(&[log("05-31T10"), log("06-01T10")]), None);
        assert!(stalled(&[log("05-31T10"), log("06-01T10"), log("05-30T10")]).is_some());
        assert_eq!(stalled(&[]), None);
    }
}
