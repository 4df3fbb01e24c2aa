//! A scan of all logs, with progress on a terminal.

use std::path::Path;

use collector::{SAVED_AFTER, ScanOptions, Scanned, scan_sources};
use store::StoredMark;

use crate::progress::Bar;
use crate::session::Session;
use crate::wsl;

/// Reads the logs of every source that is switched on. Without a cache all of them are read anew, and nothing is kept.
pub(crate) fn scan(session: &Session, cache: Option<&Path>) -> Scanned {
    scan_since(session, cache, None)
}

/// The same; of logs that the store lacks something of, what vendors said of their limits is told as well.
pub(crate) fn scan_since(
    session: &Session,
    cache: Option<&Path>,
    mark: Option<&StoredMark>,
) -> Scanned {
    let bar = Bar::new(session.quiet);
    let progress = |title: &str, progress| bar.tell(title, progress);
    let scanned = scan_sources(&ScanOptions {
        environment: &wsl::with_homes(&session.environment),
        config: &session.config,
        only: &[],
        cache,
        saved_after: SAVED_AFTER,
        mark,
        progress: &progress,
    });
    bar.done();
    scanned
}

/// The same for verbs that leave nothing behind where nothing is yet: a machine without a data folder gets none.
pub(crate) fn look(session: &Session) -> Scanned {
    let cache = session.data.is_dir().then(|| session.scan_cache());
    scan(session, cache.as_deref())
}
