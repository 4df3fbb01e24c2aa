//! What can be found out without asking.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use chrono_tz::Tz;
use collector::ScannedSource;
use collector::source::SOURCES;
use data_schema::UtcSeconds;

use crate::commands::proxy;
use crate::commands::proxy::env::change::{Desk, Pointing};
use crate::commands::proxy::env::client::Client;
use crate::commands::proxy::env::clients::CLIENTS;
use crate::config_file::{self, Present, Settings};
use crate::environment;
use crate::init::claude;
use crate::installed::Installed;
use crate::outcome::Failure;
use crate::scan::look;
use crate::session::Session;

/// Facts about this machine.
#[derive(Clone, Debug)]
pub(crate) struct Detected {
    pub(crate) tools: Vec<Tool>,
    /// What work the logs are about, the most tokens first: name as it would be stored, tokens.
    pub(crate) projects: Vec<(String, u64)>,
    /// Tools that have logs here.
    pub(crate) present: Vec<Present>,
    /// What `config.yaml` says; `None` where there is none.
    pub(crate) settings: Option<Settings>,
    pub(crate) config_path: PathBuf,
    /// The name that this machine has, or would get.
    pub(crate) machine: String,
    /// Its random id, if it has collected before.
    pub(crate) machine_id: Option<String>,
    /// The system's zone, or that of the flag.
    pub(crate) zone: Tz,
    /// Whether a person named that zone.
    pub(crate) zone_is_asked: bool,
    /// Where Claude Code's settings are, where its logs are.
    pub(crate) claude_settings: Option<PathBuf>,
    /// Version of git; `None` where there is none.
    pub(crate) git: Option<String>,
    /// The proxy's address.
    pub(crate) proxy: String,
    /// Whether the proxy is set up already.
    pub(crate) has_proxy: bool,
    /// Tools with logs here whose settings can point at the proxy, and do not: with their files.
    pub(crate) clients: Vec<(&'static Client, PathBuf)>,
}

/// A tool whose logs were looked for.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    pub(crate) title: String,
    pub(crate) files: usize,
    pub(crate) bytes: u64,
    pub(crate) responses: usize,
    pub(crate) looked: Vec<PathBuf>,
    pub(crate) deletes: Option<Deletes>,
}

/// What a tool is going to delete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deletes {
    /// Days after which it deletes a log.
    pub(crate) after_days: u32,
    /// Days until its oldest log goes.
    pub(crate) first_in_days: u32,
    /// Logs that go within 14 days, and bytes in them.
    pub(crate) soon: (usize, u64),
}

/// Looks around. Nothing is written, but what earlier runs keep of the logs may be brought up to date.
pub(crate) fn detect(session: &Session, zone: Option<Tz>) -> Result<Detected, Failure> {
    let path = session.data.join(config_file::NAME);
    let settings = match fs_err::read_to_string(&path) {
        Ok(text) => Some(Settings::parse(&text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let mut scanned = look(session);
    scanned.notices();
    let identity = session.identity_to_read()?;
    let now = session.environment.now;
    let claude =
        scanned.sources.iter().find(|source| source.id == "claude-code" && source.report.files > 0);
    let claude = claude.and_then(|source| {
        source.located.roots.first()?.parent().map(|root| root.join("settings.json"))
    });
    let address = proxy::address(&session.data);
    let home = &session.environment.home;
    let present = scanned.sources.iter().filter(|source| source.report.files > 0);
    let present = present.filter_map(|scanned| {
        let source = SOURCES.iter().find(|source| source.id() == scanned.id)?;
        Present::of(source.info(), scanned.located.roots.first()?, home)
    });
    Ok(Detected {
        present: present.collect(),
        tools: scanned.sources.iter().map(|source| tool(source, now)).collect(),
        projects: projects(&scanned.sources)?,
        config_path: path,
        machine: identity.name,
        machine_id: Some(identity.id).filter(|id| !id.is_empty()),
        zone: zone.or(session.config.timezone).unwrap_or_else(environment::system_zone),
        zone_is_asked: zone.is_some(),
        claude_settings: claude,
        git: environment::git().version().ok(),
        settings,
        has_proxy: proxy::service::Record::read(&session.data).is_some(),
        clients: clients(session, &scanned.sources, &address),
        proxy: address,
    })
}

/// Tools with logs whose settings file can be changed.
fn clients(
    session: &Session,
    sources: &[ScannedSource],
    address: &str,
) -> Vec<(&'static Client, PathBuf)> {
    let environment = &session.environment;
    let here = |client: &&Client| {
        let is_it = |source: &&ScannedSource| Some(source.id) == client.source;
        sources.iter().filter(is_it).any(|source| source.report.files > 0)
    };
    let clients = CLIENTS.iter().filter(here).filter(|client| {
        Desk { client, environment, data: &session.data }.pointing(address) == Pointing::Away
    });
    clients.filter_map(|client| Some((client, client.file.as_ref()?.path(environment)))).collect()
}

fn tool(source: &ScannedSource, now: UtcSeconds) -> Tool {
    let report = &source.report;
    let deletes = report.retention.as_ref().map(|retention| {
        let age = (now.seconds() - retention.oldest.seconds()).max(0) / 86_400;
        let age = u32::try_from(age).unwrap_or(u32::MAX);
        Deletes {
            after_days: retention.days,
            first_in_days: retention.days.saturating_sub(age),
            soon: (retention.files, retention.bytes),
        }
    });
    Tool {
        title: source.title.to_owned(),
        files: report.files,
        bytes: report.bytes,
        responses: report.records,
        looked: source.located.looked.clone(),
        deletes,
    }
}

/// Tokens by project; each response once.
fn projects(sources: &[ScannedSource]) -> Result<Vec<(String, u64)>, Failure> {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    let mut seen = HashSet::new();
    for source in sources {
        for block in source.blocks()? {
            block.each(|record| {
                if let Some(project) = &record.attribution.project
                    && seen.insert(record.id)
                {
                    let sum = sums.entry(project.to_string()).or_default();
                    *sum = sum.saturating_add(record.usage.total());
                }
            })?;
        }
    }
    let mut projects: Vec<(String, u64)> = sums.into_iter().collect();
    projects.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    Ok(projects)
}

impl Detected {
    /// Days after which Claude Code deletes, if it is there.
    pub(crate) fn claude_days(&self) -> Option<u32> {
        self.claude_settings.as_ref()?;
        let deletes = self.tools.iter().find_map(|tool| tool.deletes);
        Some(deletes.map_or(claude::USUAL_DAYS, |deletes| deletes.after_days))
    }
}
