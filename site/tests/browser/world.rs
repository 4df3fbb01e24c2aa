//! One browser and one copy of every site for all tests. They go with the last test that uses them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::chromium::Browser;
use crate::sample::{Sample, Site, states};
use crate::server::Server;

static WORLD: Mutex<Weak<World>> = Mutex::new(Weak::new());

pub(crate) struct World {
    pub(crate) browser: Browser,
    sites: Mutex<BTreeMap<String, Arc<Served>>>,
}

/// A built site that is served.
pub(crate) struct Served {
    pub(crate) server: Server,
    pub(crate) sample: Sample,
    pub(crate) site: Site,
    /// Paths of its pages, sorted.
    pub(crate) pages: Vec<String>,
}

pub(crate) fn world() -> Arc<World> {
    let mut known = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    known.upgrade().unwrap_or_else(|| {
        let world = Arc::new(World { browser: Browser::launch(), sites: Mutex::default() });
        *known = Arc::downgrade(&world);
        world
    })
}

impl World {
    /// The site of a state.
    pub(crate) fn site(&self, state: &str) -> Arc<Served> {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let site = sites.entry(state.to_owned()).or_insert_with(|| {
            let sample = states::named(state);
            let site = sample.build();
            let pages = site.files().into_keys().filter(|path| path.ends_with(".html")).collect();
            Arc::new(Served { server: Server::of(site.path("")), sample, site, pages })
        });
        Arc::clone(site)
    }
}

impl Served {
    /// One page of every kind: of many weeks, say, one.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let mut kinds = BTreeMap::new();
        for page in &self.pages {
            kinds.entry(kind(page)).or_insert_with(|| page.clone());
        }
        kinds.into_values().collect()
    }

    /// The address of a page as a file.
    pub(crate) fn file(&self, path: &str) -> String {
        format!("file://{}", self.site.path(path).display())
    }
}

/// What pages of one kind share of their paths.
fn kind(path: &str) -> String {
    let folder = path.split('/').next().unwrap_or_default().to_owned();
    let part = |part: &str| {
        let is_named = matches!(folder.as_str(), "sources" | "models" | "machines" | "projects");
        if is_named && part != folder && part != "index.html" {
            return "NAME".to_owned();
        }
        part.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect()
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// What is wrong on some pages, told at once.
pub(crate) fn assert_none(faults: &[String]) {
    let told: Vec<&str> = faults.iter().map(String::as_str).take(30).collect();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), told.join("\n"));
}

#[test]
fn pages_of_one_kind_are_known_by_their_paths() {
    assert_eq!(kind("2026/w08/index.html"), kind("2025/w51/index.html"));
    assert_eq!(kind("models/gpt-5/index.html"), kind("models/o3/index.html"));
    assert_ne!(kind("2026/08/index.html"), kind("2026/w08/index.html"));
    assert_ne!(kind("models/index.html"), kind("models/gpt-5/index.html"));
    assert_ne!(kind("index.html"), kind("404.html"));
}
