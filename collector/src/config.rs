//! `config.yaml`: what one machine is told. Keys of Token Matters 1.x keep their names and meaning.
//!
//! A fault never costs more than its own key: the reader takes the default for it and tells the fault.
//! Whoever asks a person (`up`, `report`) stops at a fault; a scheduled collect tells it and goes on.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use data_schema::nearest;
use serde_json::{Map, Value};

use crate::interface::{INTERFACES, Secret};
use crate::source::SOURCES;

/// What a machine is told.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// Folder of the store, if it is not the one in the data folder.
    pub data_repo: Option<String>,
    /// Name of the machine, if it is not derived.
    pub machine: Option<String>,
    /// Report zone, if the shared settings tell none.
    pub timezone: Option<Tz>,
    /// By id of the source.
    pub providers: BTreeMap<String, ProviderConfig>,
    /// When the system collects.
    pub schedule: ScheduleConfig,
    /// What work is stored.
    pub projects: ProjectRules,
    /// Whether and from where newer prices are fetched.
    pub prices: PricesConfig,
    /// How the line for a prompt looks.
    pub statusline: StatuslineConfig,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// Keys that are known and not used yet.
    pub notices: Vec<String>,
}

/// What a machine is told about one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderConfig {
    /// Whether it is read; only `false` switches it off.
    pub enabled: bool,
    /// Where the tool keeps its files.
    pub directory: Option<String>,
    /// Of an interface: the key as it is written: itself, `${VARIABLE}`, or `keyring:NAME`.
    pub api_key: Option<Secret>,
    /// Of an interface: another address than the vendor's.
    pub base_url: Option<String>,
    /// Of an interface: whose account it is.
    pub account: Option<String>,
    /// Of an interface: which organization it is about.
    pub organization: Option<String>,
}

/// When the system collects.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain settings")]
pub struct ScheduleConfig {
    /// 60: every hour; 1440: every day.
    pub interval_minutes: u32,
    /// Minute of the hour, 0 to 59; absent = one that is derived from the machine's id, so that machines do not all
    /// push at once. Daily runs are at half past midnight when it is absent.
    pub offset_minute: Option<u32>,
    /// Where a run's output goes; absent = a file in the data folder.
    pub log_file: Option<String>,
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self { interval_minutes: 60, offset_minute: None, log_file: None }
    }
}

/// Whether and from where newer prices are fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain settings")]
pub struct PricesConfig {
    /// Whether `prices update` may fetch them without being told so each time.
    pub update: bool,
    /// From where; absent = the list of `LiteLLM`.
    pub from: Option<String>,
}

/// What work is stored, by folder (`~/work`, with all below it) or git remote (`github.com/owner/name`, `*` for any
/// run of characters).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain settings")]
pub struct ProjectRules {
    /// Only these; empty = all.
    pub include: Vec<String>,
    /// Never these.
    pub exclude: Vec<String>,
}

/// How the line for a prompt looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain settings")]
pub struct StatuslineConfig {
    /// The line with names of fields in braces; absent = the usual one. What is wrong in it is told in the line.
    pub template: Option<String>,
}

/// Something wrong in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Number of the line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong, and what to do.
    pub message: String,
}

/// Keys of the first level.
const KEYS: [&str; 9] = [
    "dataRepo",
    "machine",
    "timezone",
    "providers",
    "schedule",
    "projects",
    "prices",
    "statusline",
    "proxy",
];
/// Keys of `projects`.
const PROJECT_KEYS: [&str; 2] = ["include", "exclude"];
/// Keys of `prices`.
const PRICES_KEYS: [&str; 2] = ["update", "from"];
/// Keys of `schedule`.
const SCHEDULE_KEYS: [&str; 3] = ["intervalMinutes", "offsetMinute", "logFile"];
/// The source of 1.x that is none of those, with the key of its place.
const CURSOR: (&str, &str) = ("cursor", "cursorDir");

/// Every source that may be named, with the key of its place.
fn known_providers() -> Vec<(&'static str, &'static str)> {
    let sources = SOURCES.iter().map(|source| (source.id(), source.directory_key()));
    let interfaces = INTERFACES.iter().map(|interface| (interface.id(), "baseUrl"));
    sources.chain(interfaces).chain([CURSOR]).collect()
}

/// Keys of other sources of 1.x.
const OTHER_PROVIDER_KEYS: [&str; 3] = ["baseUrl", "apiKey", "estimation"];
/// Keys of interfaces.
const INTERFACE_KEYS: [&str; 5] = ["enabled", "apiKey", "baseUrl", "account", "organization"];

impl Config {
    /// Reads a configuration. Never fails: what cannot be read is a fault and takes its default.
    pub fn parse(text: &str) -> Self {
        let mut config = Self::default();
        if text.trim().is_empty() {
            return config;
        }
        match serde_saphyr::from_str::<Value>(text) {
            Ok(Value::Object(map)) => Reader { text, config: &mut config }.top(&map),
            Ok(Value::Null) => {}
            Ok(_) => {
                config.fault(None, "is not a list of `key: value` lines; see `token-matters help`");
            }
            Err(error) => {
                let line = error.location().map(|location| location.line());
                let line = line.and_then(|line| usize::try_from(line).ok());
                let message = error.to_string();
                let first = message.lines().next().unwrap_or_default();
                config.fault(line, format!("is not valid YAML: {first}"));
            }
        }
        config.faults.sort_by_key(|fault| fault.line);
        config
    }

    /// Whether a source is read. Of two that see the same requests, the better one is read, once it is set up.
    pub fn is_enabled(&self, id: &str) -> bool {
        let is_worse = id == "cursor-local" && self.directory("cursor-export").is_some();
        self.providers.get(id).map_or(!is_worse, |provider| provider.enabled)
    }

    /// The folder that is named for a source.
    pub fn directory(&self, id: &str) -> Option<&str> {
        self.providers.get(id)?.directory.as_deref()
    }

    fn fault(&mut self, line: Option<usize>, message: impl Into<String>) {
        self.faults.push(Fault { line, message: message.into() });
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "line {line}: {}", self.message),
            None => formatter.write_str(&self.message),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    config: &'a mut Config,
}

impl Reader<'_> {
    fn top(&mut self, map: &Map<String, Value>) {
        for (key, value) in map {
            match (key.as_str(), value) {
                // What the proxy is told is read by the proxy.
                (_, Value::Null) | ("proxy", _) => {}
                ("dataRepo", value) => self.config.data_repo = self.text(key, value),
                ("machine", value) => self.config.machine = self.text(key, value),
                ("timezone", value) => self.zone(value),
                ("providers", Value::Object(map)) => self.providers(map),
                ("schedule", Value::Object(map)) => self.schedule(map),
                ("projects", Value::Object(map)) => self.projects(map),
                ("prices", Value::Object(map)) => self.prices(map),
                ("statusline", Value::Object(map)) => self.statusline(map),
                ("providers" | "schedule" | "projects" | "prices" | "statusline", _) => {
                    self.wrong(key, "must be a list of `key: value` lines");
                }
                _ => self.unknown(key, &KEYS),
            }
        }
    }

    fn text(&mut self, key: &str, value: &Value) -> Option<String> {
        match value {
            Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => {
                self.wrong(key, "must be a text");
                None
            }
        }
    }

    fn zone(&mut self, value: &Value) {
        let Some(name) = self.text("timezone", value) else { return };
        if let Ok(zone) = name.parse() {
            self.config.timezone = Some(zone);
        } else {
            let near = nearest(&name, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            self.wrong("timezone", &format!("`{name}` is no zone of the IANA database{hint}"));
        }
    }

    fn providers(&mut self, map: &Map<String, Value>) {
        for (id, value) in map {
            let all = known_providers();
            let Some((_, directory_key)) = all.iter().find(|(known, _)| known == id) else {
                let ids: Vec<&str> = all.iter().map(|(id, _)| *id).collect();
                self.unknown(id, &ids);
                continue;
            };
            let is_interface = INTERFACES.iter().any(|interface| interface.id() == id);
            if !is_interface && !SOURCES.iter().any(|source| source.id() == id) {
                self.config
                    .notices
                    .push(format!("`providers.{id}` is known but not read by this version yet"));
            }
            let mut provider = ProviderConfig { enabled: true, ..ProviderConfig::default() };
            match value {
                Value::Object(keys) => {
                    for (key, value) in keys {
                        if is_interface {
                            self.interface_key(&mut provider, key, value);
                        } else {
                            self.provider_key(&mut provider, directory_key, key, value);
                        }
                    }
                }
                // 1.x ignored this form; whoever wrote it meant it.
                Value::Bool(enabled) => provider.enabled = *enabled,
                Value::Null => {}
                _ => self.wrong(id, "must be a list of `key: value` lines"),
            }
            self.config.providers.insert(id.clone(), provider);
        }
    }

    fn provider_key(
        &mut self,
        provider: &mut ProviderConfig,
        directory: &str,
        key: &str,
        value: &Value,
    ) {
        match (key, value) {
            ("enabled", Value::Bool(enabled)) => provider.enabled = *enabled,
            ("enabled", _) => self.wrong(key, "must be `true` or `false`"),
            (_, value) if key == directory || key == "directory" => {
                provider.directory = self.text(key, value);
            }
            ("estimation", _) => self.config.notices.push(
                "`estimation` is known but not used: what is estimated is the same on all machines"
                    .to_owned(),
            ),
            _ if OTHER_PROVIDER_KEYS.contains(&key) => {}
            _ => self.unknown(key, &["enabled", directory]),
        }
    }

    fn interface_key(&mut self, provider: &mut ProviderConfig, key: &str, value: &Value) {
        match (key, value) {
            ("enabled", Value::Bool(enabled)) => provider.enabled = *enabled,
            ("enabled", _) => self.wrong(key, "must be `true` or `false`"),
            // Version 1.x took an empty key as none.
            (_, Value::Null) => {}
            ("apiKey", Value::String(text)) if text.trim().is_empty() => {}
            ("apiKey", _) => provider.api_key = self.text(key, value).map(Secret::new),
            ("baseUrl", _) => provider.base_url = self.text(key, value),
            ("account", _) => provider.account = self.text(key, value),
            ("organization", _) => provider.organization = self.text(key, value),
            _ => self.unknown(key, &INTERFACE_KEYS),
        }
    }

    fn schedule(&mut self, map: &Map<String, Value>) {
        for (key, value) in map {
            match (key.as_str(), value.as_u64().and_then(|number| u32::try_from(number).ok())) {
                ("intervalMinutes", Some(minutes @ (60 | 1440))) => {
                    self.config.schedule.interval_minutes = minutes;
                }
                ("intervalMinutes", _) => self.wrong(key, "must be 60 (hourly) or 1440 (daily)"),
                ("offsetMinute", Some(minute @ 0..60)) => {
                    self.config.schedule.offset_minute = Some(minute);
                }
                ("offsetMinute", _) => self.wrong(key, "must be a minute from 0 to 59"),
                ("logFile", _) => self.config.schedule.log_file = self.text(key, value),
                _ => self.unknown(key, &SCHEDULE_KEYS),
            }
        }
    }

    fn projects(&mut self, map: &Map<String, Value>) {
        for (key, value) in map {
            match key.as_str() {
                "include" => self.config.projects.include = self.list(key, value),
                "exclude" => self.config.projects.exclude = self.list(key, value),
                _ => self.unknown(key, &PROJECT_KEYS),
            }
        }
    }

    fn prices(&mut self, map: &Map<String, Value>) {
        for (key, value) in map {
            match (key.as_str(), value) {
                (_, Value::Null) => {}
                ("update", Value::Bool(update)) => self.config.prices.update = *update,
                ("update", _) => self.wrong(key, "must be `true` or `false`"),
                ("from", _) => self.config.prices.from = self.text(key, value),
                _ => self.unknown(key, &PRICES_KEYS),
            }
        }
    }

    fn statusline(&mut self, map: &Map<String, Value>) {
        for (key, value) in map {
            match (key.as_str(), value) {
                (_, Value::Null) => {}
                ("template", value) => self.config.statusline.template = self.text(key, value),
                _ => self.unknown(key, &["template"]),
            }
        }
    }

    fn list(&mut self, key: &str, value: &Value) -> Vec<String> {
        let texts = match value {
            Value::Array(values) => {
                values.iter().map(|value| Some(value.as_str()?.trim().to_owned())).collect()
            }
            Value::String(text) => Some(vec![text.trim().to_owned()]),
            _ => None,
        };
        texts.unwrap_or_else(|| {
            self.wrong(key, "must be a list of texts");
            Vec::new()
        })
    }

    fn unknown(&mut self, key: &str, known: &[&str]) {
        let hint = match nearest(key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        let line = self.line_of(key);
        self.config.fault(line, format!("`{key}` is not a known key: {hint}"));
    }

    fn wrong(&mut self, key: &str, message: &str) {
        let line = self.line_of(key);
        self.config.fault(line, format!("`{key}`: {message}"));
    }

    /// The first line that begins with the key.
    fn line_of(&self, key: &str) -> Option<usize> {
        let starts = |line: &str| {
            let line = line.trim_start().trim_start_matches(['"', '\'', '{', ' ']);
            line.strip_prefix(key).is_some_and(|rest| {
                rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':')
            })
        };
        self.text.lines().position(starts).map(|index| index + 1)
    }
}

#[cfg(test)]
mod tests;
