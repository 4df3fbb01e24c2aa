//! The newest word of vendors about their limits, with its age.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use collector::Scanned;
use data_schema::{LimitReading, LimitsFile, UtcSeconds};
use serde::{Deserialize, Serialize};
use store::{EntryKind, Snapshot, Store};

use crate::current::spans::{percent, span};

/// A reading with the source that told it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Limit {
    pub(crate) source: String,
    #[serde(flatten)]
    pub(crate) reading: LimitReading,
}

impl Limit {
    /// A reading that a source told, of its own limits or of those of another one.
    fn new(source: &str, reading: &LimitReading) -> Self {
        let mut reading = reading.clone();
        let source = reading.source.take().unwrap_or_else(|| source.to_owned());
        Self { source, reading }
    }

    /// The used part in steps of 10⁻⁴; unknown where it was not told, or has started anew since.
    pub(crate) fn used(&self, now: UtcSeconds) -> Option<u64> {
        let is_over = self.reading.resets_at.is_some_and(|at| at <= now);
        self.reading.used_fraction.filter(|_| !is_over).map(|used| u64::from(used.steps()))
    }

    /// Seconds until it starts anew.
    pub(crate) fn left(&self, now: UtcSeconds) -> Option<i64> {
        let left = self.reading.resets_at?.seconds() - now.seconds();
        (left > 0).then_some(left)
    }

    /// Seconds since it was told.
    pub(crate) fn age(&self, now: UtcSeconds) -> i64 {
        (now.seconds() - self.reading.at.seconds()).max(0)
    }

    /// `Codex CLI 5h`, with what it covers.
    pub(crate) fn name(&self) -> String {
        let title = data_schema::sources::title(&self.source).unwrap_or(&self.source);
        let scope = self.reading.scope.as_ref().map(|scope| format!(" {scope}"));
        format!("{title} {}{}", self.reading.window, scope.unwrap_or_default())
    }

    /// `24%, 2h 10m left`.
    pub(crate) fn text(&self, now: UtcSeconds) -> Option<String> {
        let used = percent(self.used(now)?);
        let left = self.left(now).map(|left| format!(", {} left", span(left)));
        Some(format!("{used}{}", left.unwrap_or_default()))
    }
}

/// The newest reading of every limit, sorted by source and window; limits that nothing was told of for a month are
/// left out.
pub(crate) fn newest(readings: impl IntoIterator<Item = Limit>, now: UtcSeconds) -> Vec<Limit> {
    let mut newest: BTreeMap<_, Limit> = BTreeMap::new();
    for limit in readings {
        if limit.age(now) > OLDEST {
            continue;
        }
        let reading = &limit.reading;
        let key = (
            limit.source.clone(),
            reading.window.clone(),
            reading.scope.clone(),
            reading.account.map(|account| account.to_string()),
        );
        match newest.get(&key) {
            Some(known) if known.reading.at >= reading.at => {}
            _ => {
                newest.insert(key, limit);
            }
        }
    }
    newest.into_values().collect()
}

/// Seconds after which a reading says nothing any more.
const OLDEST: i64 = 31 * 86_400;

/// What a run that stores has found in the logs that are not stored yet.
pub(crate) fn scanned(scanned: &Scanned) -> Vec<Limit> {
    let sources = scanned.sources.iter();
    let limits = sources
        .flat_map(|source| source.limits.iter().map(|reading| Limit::new(source.id, reading)));
    limits.collect()
}

/// What a store holds of this month and the one before: of one machine, or of all. A file that cannot be read is left
/// out here: reports tell what is wrong with it.
pub(crate) fn stored(store: &Store, machine: Option<&str>, now: UtcSeconds) -> Vec<Limit> {
    store.snapshot().map_or_else(|_| Vec::new(), |snapshot| of(&snapshot, machine, now))
}

fn of(snapshot: &Snapshot, machine: Option<&str>, now: UtcSeconds) -> Vec<Limit> {
    let months = months(now.utc_date());
    let mut limits = Vec::new();
    for entry in snapshot.entries() {
        let EntryKind::Limits(month) = &entry.kind else { continue };
        let is_recent = months.iter().any(|recent| recent.starts_with(month.as_str()));
        let is_wanted = machine.is_none_or(|machine| *entry.machine == *machine);
        if !is_recent || !is_wanted || snapshot.is_absent(entry) {
            continue;
        }
        let Ok(bytes) = snapshot.read(entry) else { continue };
        let Ok(file) = LimitsFile::parse(&bytes) else { continue };
        limits.extend(file.readings.iter().map(|reading| Limit::new(&entry.provider, reading)));
    }
    limits
}

/// This month and the one before, as files name them. A closed year has the year alone.
fn months(today: NaiveDate) -> [String; 2] {
    let before = today.with_day(1).and_then(|first| first.pred_opt()).unwrap_or(today);
    [today, before].map(|day| day.format("%Y-%m").to_string())
}

#[cfg(test)]
mod tests {
    use data_schema::Fraction;

    use super::*;

    fn time(text: &str) -> UtcSeconds {
        text.parse().unwrap()
    }

    fn limit(source: &str, window: &str, at: &str, used: f64) -> Limit {
        let reading = LimitReading {
            at: time(at),
            account: None,
            window: window.to_owned(),
            scope: None,
            used_fraction: Fraction::new(used),
            resets_at: Some(time("2026-06-15T14:10:00Z")),
            via: "log".to_owned(),
            source: None,
        };
        Limit { source: source.to_owned(), reading }
    }

    #[test]
    fn of_every_limit_the_newest_word_counts() {
        let now = time("2026-06-15T12:00:00Z");
        let all = [
            limit("codex", "5h", "2026-06-15T11:00:00Z", 0.2),
            limit("codex", "5h", "2026-06-15T11:30:00Z", 0.24),
            limit("codex", "7d", "2026-06-15T10:00:00Z", 0.9),
            limit("codex", "5h", "2026-06-15T10:30:00Z", 0.1),
            limit("claude-code", "5h", "2026-04-15T10:30:00Z", 0.1),
        ];
        let newest = newest(all, now);
        let told: Vec<_> = newest.iter().map(|limit| (limit.name(), limit.text(now))).collect();
        let expected = [("Codex CLI 5h", "24%, 2h 10m left"), ("Codex CLI 7d", "90%, 2h 10m left")];
        assert_eq!(told, expected.map(|(name, text)| (name.to_owned(), Some(text.to_owned()))));
        assert_eq!(newest[0].age(now), 1_800);
    }

    #[test]
    fn a_limit_that_started_anew_is_unknown_and_not_zero() {
        let limit = limit("codex", "5h", "2026-06-15T11:00:00Z", 0.2);
        let later = time("2026-06-15T14:10:00Z");
        assert_eq!((limit.used(later), limit.left(later), limit.text(later)), (None, None, None));
    }

    #[test]
    fn the_month_before_the_first_of_january_is_december() {
        let day = "2027-01-01".parse().unwrap();
        assert_eq!(months(day), ["2027-01", "2026-12"]);
    }
}
