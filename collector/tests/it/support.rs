//! Scans of a folder that stands for a home.

use std::collections::BTreeMap;
use std::path::Path;

use collector::source::{Place, SOURCES, Scan, Scanned, Source};
use collector::{Environment, Platform, Projects};

/// The run's own time in all tests.
pub(crate) const NOW: &str = "2026-06-01T00:00:00Z";

pub(crate) fn environment(home: &Path) -> Environment {
    Environment {
        home: home.to_owned(),
        variables: BTreeMap::new(),
        platform: Platform::Linux,
        now: NOW.parse().unwrap(),
    }
}

pub(crate) fn source(id: &str) -> &'static dyn Source {
    *SOURCES.iter().find(|source| source.id() == id).unwrap()
}

/// Reads what one source has below `home`.
pub(crate) fn scan(id: &str, home: &Path) -> Scanned {
    let environment = environment(home);
    let source = source(id);
    let located = source.locate(&Place { environment: &environment, configured: None });
    let projects = Projects::new(home);
    let scan = Scan {
        environment: &environment,
        projects: &projects,
        is_stored: &|_| false,
        progress: &|_| {},
    };
    source.scan(&located.roots, &scan)
}
