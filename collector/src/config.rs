//! `config.yaml`: what one machine is told. Keys of Token Matters 1.x keep their names and meaning.
//!
//! A fault never costs more than its own key: the reader takes the default for it and tells the fault.
//! Whoever asks a person (`up`, `report`) stops at a fault; a scheduled collect tells it and goes on.

use std::collections::BTreeMap;

use chrono_tz::Tz;
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
const KEYS: [&str; 6] = ["dataRepo", "machine", "timezone", "providers", "schedule", "projects"];
/// Keys of `projects`.
const PROJECT_KEYS: [&str; 2] = ["include", "exclude"];
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
                (_, Value::Null) => {}
                ("dataRepo", value) => self.config.data_repo = self.text(key, value),
                ("machine", value) => self.config.machine = self.text(key, value),
                ("timezone", value) => self.zone(value),
                ("providers", Value::Object(map)) => self.providers(map),
                ("schedule", Value::Object(map)) => self.schedule(map),
                ("projects", Value::Object(map)) => self.projects(map),
                ("providers" | "schedule" | "projects", _) => {
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

/// The candidate that is spelled most alike, if one is near enough to be meant.
fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    let distances =
        candidates.map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate));
    let (distance, candidate) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2.max(word.len() / 4)).then_some(candidate)
}

/// Number of letters to change, add or take away.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, known) in other.iter().enumerate() {
            let change = diagonal + usize::from(letter != *known);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        Config::parse(text).faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_configuration_of_1_x_is_read_with_its_meaning() {
        let config = Config::parse(
            "dataRepo: ~/data\nmachine: work\ntimezone: Europe/Berlin\nproviders:\n  claude-code:\n    enabled: false\n    claudeDir: ~/c\n  glm-coding:\n    apiKey: secret\n    baseUrl: https://api.z.ai\n  trae-pro:\n    traeDir: /t\n    estimation: {outputTokenRate: 80}\nschedule:\n  intervalMinutes: 60\n  offsetMinute: 30\n  logFile: /tmp/x.log\n",
        );
        assert_eq!(config.faults, []);
        assert_eq!(config.data_repo.as_deref(), Some("~/data"));
        assert_eq!(config.machine.as_deref(), Some("work"));
        assert_eq!(config.timezone, Some(chrono_tz::Europe::Berlin));
        assert!(!config.is_enabled("claude-code"));
        assert!(config.is_enabled("codex"));
        assert_eq!(config.directory("claude-code"), Some("~/c"));
        let schedule = ScheduleConfig {
            interval_minutes: 60,
            offset_minute: Some(30),
            log_file: Some("/tmp/x.log".to_owned()),
        };
        assert_eq!(config.schedule, schedule);
        let glm = &config.providers["glm-coding"];
        assert_eq!(glm.api_key.as_ref().map(Secret::expose), Some("secret"));
        assert_eq!(glm.base_url.as_deref(), Some("https://api.z.ai"));
        assert!(!format!("{config:?}").contains("secret"));
    }

    #[test]
    fn a_fault_costs_its_own_key_only_and_names_line_and_remedy() {
        let text = "machine: work\ntimezon: UTC\ntimezone: Europe/Berlim\nproviders:\n  codx: {}\n  codex:\n    enabled: maybe\n";
        assert_eq!(
            faults(text),
            [
                "line 2: `timezon` is not a known key: did you mean `timezone`?",
                "line 3: `timezone`: `Europe/Berlim` is no zone of the IANA database; did you mean `Europe/Berlin`?",
                "line 5: `codx` is not a known key: did you mean `codex`?",
                "line 7: `enabled`: must be `true` or `false`",
            ]
        );
        let config = Config::parse(text);
        assert_eq!(config.machine.as_deref(), Some("work"));
        assert!(config.is_enabled("codex"));
    }

    #[test]
    fn rules_and_schedule_are_read_and_their_faults_told() {
        let text = "projects:\n  include: ~/work\n  exclude: [github.com/me/*, ~/secret]\nschedule:\n  intervalMinutes: 30\n  offsetMinute: 61\n";
        let config = Config::parse(text);
        assert_eq!(config.projects.include, ["~/work"]);
        assert_eq!(config.projects.exclude, ["github.com/me/*", "~/secret"]);
        assert_eq!(config.schedule, ScheduleConfig::default());
        assert_eq!(
            faults(text),
            [
                "line 5: `intervalMinutes`: must be 60 (hourly) or 1440 (daily)",
                "line 6: `offsetMinute`: must be a minute from 0 to 59",
            ]
        );
        assert_eq!(faults("projects:\n  exclude: 3\n").len(), 1);
    }

    #[test]
    fn interfaces_have_keys_of_their_own() {
        let text = "providers:\n  litellm:\n    apiKey: ${LITELLM}\n    baseURL: http://localhost:4000\n  openai-admin: false\n  glm-coding:\n    apiKey: ''\n";
        let config = Config::parse(text);
        let expected = "line 4: `baseURL` is not a known key: did you mean `baseUrl`?";
        assert_eq!(faults(text), [expected]);
        let key = config.providers["litellm"].api_key.as_ref();
        assert_eq!(key.map(Secret::expose), Some("${LITELLM}"));
        assert!(!config.is_enabled("openai-admin"));
        assert_eq!(config.providers["glm-coding"].api_key, None);
    }

    #[test]
    fn what_is_no_configuration_is_one_fault() {
        assert_eq!(faults("- a\n- b\n").len(), 1);
        let broken = faults("machine: [work\n");
        assert!(broken[0].contains("not valid YAML"), "{broken:?}");
        assert_eq!(Config::parse("").faults, []);
        assert_eq!(Config::parse("# nothing\n").faults, []);
        assert_eq!(faults("machine: {a: 1}\n"), ["line 1: `machine`: must be a text"]);
    }
}
