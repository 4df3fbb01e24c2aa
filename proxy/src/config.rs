//! What the proxy is told.

mod build;
mod lines;
mod settings;
mod values;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use build::Surroundings;
pub use settings::{Fault, Settings, UpstreamSettings};

use crate::bodies::LogBodies;
use crate::gate;
use crate::ledger::LedgerLimits;
use crate::protocol::Family;
use crate::upstream::{Upstream, presets};

/// The port that clients are pointed at.
const PORT: u16 = 8999;

/// What the proxy is told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The folder of its ledger and its state.
    pub folder: PathBuf,
    /// Who answers, by name.
    pub upstreams: BTreeMap<String, Arc<Upstream>>,
    /// Who answers what nothing else decides: names of upstreams.
    pub defaults: BTreeMap<Family, String>,
    /// Patterns of models (`*` for any run of characters) and who answers them, in order.
    pub models: Vec<(String, String)>,
    /// How much there may be of anything.
    pub limits: Limits,
    /// How long anything may take.
    pub deadlines: Deadlines,
    /// Tries after the first, before the first byte of an answer, where the upstream could not be reached.
    pub retries: u32,
    /// How often a silent stream is given a comment; absent = never.
    pub keep_alive: Option<Duration>,
    /// Whether the built-in upstreams can be asked too, and answer their families by default.
    pub has_presets: bool,
    /// Who may pass, and how much.
    pub gate: gate::Settings,
    /// How large the ledger may become.
    pub ledger: LedgerLimits,
    /// Whether bodies are kept for a while; absent = none is.
    pub log_bodies: Option<LogBodies>,
}

/// What a name leads to.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// An upstream.
    Known(Arc<Upstream>),
    /// A built-in one that needs settings: which, in words.
    Needs(String),
    /// There is none.
    Nothing,
}

/// How much there may be of anything.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a request's head.
    pub head: usize,
    /// Bytes of a request's body.
    pub body: u64,
    /// Bytes of a request's body that are read before it is sent on.
    pub buffered: usize,
    /// The same of all requests together.
    pub buffered_in_all: usize,
    /// Open connections.
    pub connections: usize,
}

/// How long anything may take.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Deadlines {
    /// Until a client has sent its head.
    pub client_head: Duration,
    /// Until a client sends the next bytes of its body, or takes the next ones of an answer.
    pub client_idle: Duration,
    /// Until an upstream is connected.
    pub connect: Duration,
    /// Until an upstream has sent its head.
    pub upstream_head: Duration,
    /// Until an upstream sends its next bytes.
    pub upstream_idle: Duration,
    /// That open answers are given at the end.
    pub shutdown: Duration,
}

impl Config {
    /// Defaults, without upstreams.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT),
            folder,
            upstreams: BTreeMap::new(),
            defaults: BTreeMap::new(),
            models: Vec::new(),
            limits: Limits::default(),
            deadlines: Deadlines::default(),
            retries: 0,
            keep_alive: None,
            has_presets: false,
            gate: gate::Settings::default(),
            ledger: LedgerLimits::default(),
            log_bodies: None,
        }
    }

    /// The upstream of a name.
    pub(crate) fn upstream(&self, name: &str) -> Found {
        if let Some(upstream) = self.upstreams.get(name) {
            return Found::Known(Arc::clone(upstream));
        }
        if !self.has_presets {
            return Found::Nothing;
        }
        if let Some(upstream) = presets::ready(name) {
            return Found::Known(upstream);
        }
        let missing = presets().get(name).and_then(|preset| preset.upstream(&|_| None).err());
        missing.map_or(Found::Nothing, Found::Needs)
    }

    /// Names of all upstreams: those of the settings first.
    pub fn names(&self) -> Vec<&str> {
        let own = self.upstreams.keys().map(String::as_str);
        let others = presets().keys().copied().filter(|_| self.has_presets);
        own.chain(others.filter(|name| !self.upstreams.contains_key(*name))).collect()
    }

    /// Adds an upstream, which answers its family by default if it is the first of it.
    pub fn add(&mut self, upstream: Upstream) {
        let name = upstream.name.to_string();
        self.defaults.entry(upstream.family).or_insert(name);
        self.put(upstream);
    }

    /// Adds an upstream that is asked where it is named.
    pub(crate) fn put(&mut self, upstream: Upstream) {
        let name = upstream.name.to_string();
        self.upstreams.insert(name, Arc::new(upstream));
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 64 * 1024,
            body: 256 * 1024 * 1024,
            buffered: 1024 * 1024,
            buffered_in_all: 64 * 1024 * 1024,
            connections: 16_384,
        }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            client_head: Duration::from_secs(30),
            client_idle: Duration::from_mins(2),
            connect: Duration::from_secs(10),
            // Long thinking without a stream is silent for minutes.
            upstream_head: Duration::from_mins(15),
            upstream_idle: Duration::from_mins(10),
            shutdown: Duration::from_mins(10),
        }
    }
}
