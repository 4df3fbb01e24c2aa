//! Builds pages again when what they are made of changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use site::{SiteOptions, build_site};
use walkdir::WalkDir;

use super::Live;
use crate::output::{boxes, note};

/// How often is looked.
const PAUSE: Duration = Duration::from_millis(300);

/// Pages and what they are made of.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    pub(crate) root: PathBuf,
    pub(crate) options: SiteOptions,
}

/// A file as it was seen last: path, bytes, time of the last change.
type Seen = (PathBuf, u64, Option<SystemTime>);

impl Pages {
    fn summary(&self) -> PathBuf {
        self.root.join("summary")
    }

    /// Builds, and tells the terminal and browsers what came of it.
    fn build(&self, live: &Live) {
        let result = match build_site(&self.summary(), &self.root, &self.options) {
            Ok(built) => {
                let (changed, removed) = (built.changed, built.removed);
                note(&format!("built: {changed} files changed, {removed} removed"));
                boxes(&built);
                Ok(changed + removed > 0)
            }
            Err(error) => {
                note(&format!("error: {error}"));
                Err(error.to_string())
            }
        };
        live.built(result);
    }

    /// All that a page is made of, as it is now.
    fn seen(&self) -> Vec<Seen> {
        let summary = self.summary();
        let mut seen = files(&summary.join("data"), usize::MAX);
        seen.extend(files(&summary, 1));
        if let Some(templates) = &self.options.templates {
            seen.extend(files(templates, usize::MAX));
        }
        seen
    }

    /// Builds now, and from now on whenever something has changed, for as long as the program runs.
    pub(crate) fn watch(self, live: &Arc<Live>) {
        let mut built = self.seen();
        self.build(live);
        let live = Arc::clone(live);
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(PAUSE);
                let mut now = self.seen();
                if now == built {
                    continue;
                }
                // Somebody may still be writing: what two looks see alike is built.
                loop {
                    std::thread::sleep(PAUSE / 3);
                    let again = self.seen();
                    if again == now {
                        break;
                    }
                    now = again;
                }
                self.build(&live);
                built = now;
            }
        });
    }
}

/// Files below a folder, sorted; one that cannot be looked at is none.
fn files(folder: &Path, depth: usize) -> Vec<Seen> {
    let entries = WalkDir::new(folder).max_depth(depth).sort_by_file_name();
    let of_files = entries.into_iter().flatten().filter(|entry| entry.file_type().is_file());
    of_files
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some((entry.into_path(), metadata.len(), metadata.modified().ok()))
        })
        .collect()
}
