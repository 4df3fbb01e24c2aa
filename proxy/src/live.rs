//! What is on its way now, and what has just ended: for `proxy top`.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use chrono::{DateTime, Utc};
use data_schema::{LedgerEntry, LimitReading, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Requests that have ended and are still shown.
const RECENT: usize = 50;

/// What is going on.
#[derive(Debug, Default)]
pub(crate) struct Live {
    open: Mutex<HashMap<u64, Arc<Open>>>,
    recent: Mutex<VecDeque<LedgerEntry>>,
    next: AtomicU64,
}

/// A request on its way.
#[derive(Debug)]
pub(crate) struct Open {
    number: u64,
    request: String,
    path: String,
    started: Instant,
    /// Who asks whom for which model, as soon as that is known.
    known: OnceLock<Known>,
    bytes: AtomicU64,
}

#[derive(Debug)]
struct Known {
    client: Option<Text>,
    model: Option<Text>,
    upstream: Option<Text>,
}

/// What `GET /token-matters/live` answers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Snapshot {
    /// When it was taken.
    pub at: DateTime<Utc>,
    /// Of the program.
    pub version: String,
    /// On their way, the oldest first.
    pub open: Vec<OpenRequest>,
    /// Ended, the latest first.
    pub recent: Vec<LedgerEntry>,
    /// What vendors said about their limits last, by name of the upstream.
    pub limits: Vec<(String, LimitReading)>,
    /// How much of each budget is used: [`BudgetUse`](crate::gate::BudgetUse) as JSON.
    pub budgets: Vec<Value>,
}

/// A request on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OpenRequest {
    /// Its id.
    pub request: String,
    /// Method and path.
    pub path: String,
    /// Who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Text>,
    /// For which model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Text>,
    /// Whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Text>,
    /// Bytes of the answer until now.
    pub bytes: u64,
    /// Milliseconds until now.
    pub elapsed_ms: u64,
}

impl Live {
    /// A request has begun.
    pub(crate) fn begin(&self, entry: &LedgerEntry, started: Instant) -> Arc<Open> {
        let open = Arc::new(Open {
            number: self.next.fetch_add(1, Ordering::Relaxed),
            request: entry.request.clone(),
            path: entry.path.clone(),
            started,
            known: OnceLock::new(),
            bytes: AtomicU64::new(0),
        });
        lock(&self.open).insert(open.number, Arc::clone(&open));
        open
    }

    /// It has ended.
    pub(crate) fn end(&self, open: &Open, entry: &LedgerEntry) {
        lock(&self.open).remove(&open.number);
        let mut recent = lock(&self.recent);
        if recent.len() == RECENT {
            recent.pop_back();
        }
        recent.push_front(entry.clone());
    }

    /// All of it.
    pub(crate) fn snapshot(&self) -> (Vec<OpenRequest>, Vec<LedgerEntry>) {
        let mut open: Vec<Arc<Open>> = lock(&self.open).values().cloned().collect();
        open.sort_by_key(|open| open.number);
        let open = open.iter().map(|open| open.shown()).collect();
        (open, lock(&self.recent).iter().cloned().collect())
    }
}

impl Open {
    /// Who asks whom is known now.
    pub(crate) fn know(&self, entry: &LedgerEntry) {
        let (client, model) = (entry.client.clone(), entry.requested_model.clone());
        let known = Known { client, model, upstream: entry.upstream.clone() };
        // Only the first time counts: nothing of it changes later.
        let _ = self.known.set(known);
    }

    /// More of the answer has passed.
    pub(crate) fn passed(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn shown(&self) -> OpenRequest {
        let known = self.known.get();
        OpenRequest {
            request: self.request.clone(),
            path: self.path.clone(),
            client: known.and_then(|known| known.client.clone()),
            model: known.and_then(|known| known.model.clone()),
            upstream: known.and_then(|known| known.upstream.clone()),
            bytes: self.bytes.load(Ordering::Relaxed),
            elapsed_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_is_shown_until_it_ends() {
        let live = Live::default();
        let entry = LedgerEntry { request: "a".to_owned(), ..LedgerEntry::default() };
        let open = live.begin(&entry, Instant::now());
        open.know(&LedgerEntry { requested_model: Some(Text::from("m")), ..entry.clone() });
        open.passed(5);
        open.passed(7);
        let (now, ended) = live.snapshot();
        assert_eq!((now.len(), ended.len()), (1, 0));
        assert_eq!((now[0].request.as_str(), now[0].model.as_deref()), ("a", Some("m")));
        assert_eq!(now[0].bytes, 12);
        live.end(&open, &entry);
        let (now, ended) = live.snapshot();
        assert_eq!((now.len(), ended.len()), (0, 1));
    }

    #[test]
    fn no_more_than_the_latest_are_kept() {
        let live = Live::default();
        for number in 0..RECENT + 5 {
            let entry = LedgerEntry { request: number.to_string(), ..LedgerEntry::default() };
            let open = live.begin(&entry, Instant::now());
            live.end(&open, &entry);
        }
        let (_, ended) = live.snapshot();
        assert_eq!(ended.len(), RECENT);
        assert_eq!(ended[0].request, (RECENT + 4).to_string());
    }
}
