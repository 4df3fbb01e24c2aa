//! `proxy:` in `config.yaml`. Every key is described in `docs/proxy-settings.md`.
//!
//! Keys of the proxy open what costs money: a fault is never passed over. Whoever starts the proxy is told all of them,
//! each with its line and what to do.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use data_schema::{Confidential, nearest};
use serde_json::{Map, Value};

use super::lines::line_of;
use super::{Deadlines, Limits, values};
use crate::protocol::Family;

/// What the configuration says of the proxy.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Settings {
    /// Where it listens.
    pub listen: Option<SocketAddr>,
    /// Who answers, by name.
    pub upstreams: BTreeMap<String, UpstreamSettings>,
    /// Who answers what nothing else decides.
    pub defaults: BTreeMap<Family, String>,
    /// Patterns of models and who answers them, in order.
    pub models: Vec<(String, String)>,
    /// How much there may be of anything.
    pub limits: Limits,
    /// How long anything may take.
    pub deadlines: Deadlines,
    /// Tries after the first.
    pub retries: u32,
    /// How often a silent stream is given a comment.
    pub keep_alive: Option<Duration>,
    /// Whether a key of the proxy's own is asked for in any case.
    pub require_key: bool,
    /// Settings that others read, as they are written.
    pub others: Map<String, Value>,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// The file, for the lines of what is wrong.
    pub(super) text: String,
}

/// What the configuration says of one upstream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpstreamSettings {
    /// Its address; absent = that of the built-in one of its name.
    pub url: Option<String>,
    /// What it speaks.
    pub protocol: Option<Family>,
    /// How it wants a key.
    pub auth: Option<String>,
    /// The key, as it is written: itself, `${VARIABLE}` or `keyring:NAME`.
    pub key: Option<Confidential>,
    /// Where it is.
    pub region: Option<String>,
    /// The profile of Amazon's tools that signs.
    pub profile: Option<String>,
    /// One's own name at the vendor.
    pub resource: Option<String>,
    /// The project there.
    pub project: Option<String>,
    /// The account there.
    pub account: Option<String>,
    /// The version in its paths.
    pub version: Option<String>,
    /// Who bills.
    pub vendor: Option<String>,
    /// Patterns of the models that it serves.
    pub models: Option<Vec<String>>,
}

/// Something wrong in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Number of the line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "line {line}: {}", self.message),
            None => formatter.write_str(&self.message),
        }
    }
}

/// Keys of `proxy`.
const KEYS: [&str; 16] = [
    "listen",
    "upstreams",
    "default",
    "models",
    "limits",
    "deadlines",
    "retries",
    "keepAlive",
    "requireKey",
    "allowedHosts",
    "allowedOrigins",
    "budgets",
    "logBodies",
    "rates",
    "timezone",
    "unpriced",
];
/// Keys of an upstream.
const UPSTREAM_KEYS: [&str; 12] = [
    "url", "protocol", "auth", "key", "region", "profile", "resource", "project", "account",
    "version", "vendor", "models",
];
const LIMITS: [&str; 5] = ["head", "body", "buffered", "bufferedInAll", "connections"];
const DEADLINES: [&str; 6] =
    ["clientHead", "clientIdle", "connect", "upstreamHead", "upstreamIdle", "shutdown"];

impl Settings {
    /// Reads a whole `config.yaml`, of which only `proxy` is looked at.
    pub fn parse(text: &str) -> Self {
        let mut settings = Self { text: text.to_owned(), ..Self::default() };
        if text.trim().is_empty() {
            return settings;
        }
        match serde_saphyr::from_str::<Value>(text) {
            Ok(Value::Object(mut all)) => match all.remove("proxy") {
                None | Some(Value::Null) => {}
                Some(Value::Object(map)) => settings.read(map),
                Some(_) => settings.wrong(&[], "must be a list of `key: value` lines"),
            },
            Ok(_) => {}
            Err(error) => {
                let line = error.location().and_then(|at| usize::try_from(at.line()).ok());
                let message = error.to_string();
                let first = message.lines().next().unwrap_or_default();
                settings
                    .faults
                    .push(Fault { line, message: format!("is not valid YAML: {first}") });
            }
        }
        settings.faults.sort_by_key(|fault| fault.line);
        settings
    }

    fn read(&mut self, map: Map<String, Value>) {
        for (key, value) in map {
            match (key.as_str(), value) {
                (_, Value::Null) => {}
                ("upstreams", Value::Object(map)) => self.read_upstreams(&map),
                ("default", Value::Object(map)) => self.read_defaults(&map),
                ("models", Value::Array(list)) => self.read_models(&list),
                ("limits", Value::Object(map)) => self.read_limits(&map),
                ("deadlines", Value::Object(map)) => self.read_deadlines(&map),
                ("upstreams" | "default" | "limits" | "deadlines", _) => {
                    self.wrong(&[&key], "must be a list of `key: value` lines");
                }
                ("models", _) => {
                    self.wrong(&[&key], "must be a list of `- {match: PATTERN, upstream: NAME}`");
                }
                (
                    "allowedHosts" | "allowedOrigins" | "budgets" | "logBodies" | "rates"
                    | "timezone" | "unpriced",
                    value,
                ) => {
                    self.others.insert(key, value);
                }
                (_, value) => self.read_plain(&key, &value),
            }
        }
    }

    fn read_plain(&mut self, key: &str, value: &Value) {
        match key {
            "listen" => match value.as_str().and_then(|text| text.trim().parse().ok()) {
                Some(address) => self.listen = Some(address),
                None => self.wrong(&[key], "must be an address and a port, such as 127.0.0.1:8999"),
            },
            "retries" => match value.as_u64().and_then(|number| u32::try_from(number).ok()) {
                Some(retries @ 0..=10) => self.retries = retries,
                _ => self.wrong(&[key], "must be a number from 0 to 10"),
            },
            "keepAlive" => match values::duration(value) {
                Ok(Duration::ZERO) => self.keep_alive = None,
                Ok(span) => self.keep_alive = Some(span),
                Err(message) => self.wrong(&[key], message),
            },
            "requireKey" => match value.as_bool() {
                Some(require) => self.require_key = require,
                None => self.wrong(&[key], "must be `true` or `false`"),
            },
            _ => self.unknown(&[key], &KEYS),
        }
    }

    fn read_upstreams(&mut self, map: &Map<String, Value>) {
        for (name, value) in map {
            let path = ["upstreams", name.as_str()];
            if let Err(message) = super::build::check_name(name) {
                self.wrong(&path, &message);
                continue;
            }
            let mut upstream = UpstreamSettings::default();
            match value {
                Value::Null => {}
                // An address alone is the usual case.
                Value::String(url) => upstream.url = Some(url.trim().to_owned()),
                Value::Object(map) => {
                    for (key, value) in map {
                        self.read_upstream(&mut upstream, name, key, value);
                    }
                }
                _ => self.wrong(&path, "must be an address, or a list of `key: value` lines"),
            }
            self.upstreams.insert(name.clone(), upstream);
        }
    }

    fn read_upstream(&mut self, of: &mut UpstreamSettings, name: &str, key: &str, value: &Value) {
        let path = ["upstreams", name, key];
        if key == "models" {
            of.models = texts(value);
            if of.models.is_none() {
                self.wrong(&path, "must be a list of patterns such as `gpt-*`");
            }
            return;
        }
        if !UPSTREAM_KEYS.contains(&key) {
            return self.unknown(&path, &UPSTREAM_KEYS);
        }
        let text = match value {
            Value::String(text) if !text.trim().is_empty() => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Null => return,
            _ => return self.wrong(&path, "must be a text"),
        };
        match key {
            "protocol" => match Family::of(&text) {
                Some(family) => of.protocol = Some(family),
                None => {
                    self.wrong(&path, "must be anthropic, openai, gemini, bedrock or other");
                }
            },
            "url" => of.url = Some(text),
            "auth" => of.auth = Some(text),
            "key" => of.key = Some(Confidential::new(text)),
            "region" => of.region = Some(text),
            "profile" => of.profile = Some(text),
            "resource" => of.resource = Some(text),
            "project" => of.project = Some(text),
            "account" => of.account = Some(text),
            "version" => of.version = Some(text),
            _ => of.vendor = Some(text),
        }
    }

    fn read_defaults(&mut self, map: &Map<String, Value>) {
        let families = Family::ALL.map(Family::word);
        for (key, value) in map {
            let path = ["default", key.as_str()];
            match (Family::of(key), value.as_str()) {
                (Some(family), Some(name)) => {
                    self.defaults.insert(family, name.trim().to_owned());
                }
                (Some(_), None) => self.wrong(&path, "must be the name of an upstream"),
                (None, _) => self.unknown(&path, &families),
            }
        }
    }

    fn read_models(&mut self, list: &[Value]) {
        for rule in list {
            let text = |key: &str| Some(rule.get(key)?.as_str()?.trim().to_owned());
            let is_more = rule.as_object().is_some_and(|rule| rule.len() > 2);
            match (text("match"), text("upstream")) {
                (Some(pattern), Some(name)) if !is_more => self.models.push((pattern, name)),
                _ => self
                    .wrong(&["models"], "must be a list of `- {match: PATTERN, upstream: NAME}`"),
            }
        }
    }

    fn read_limits(&mut self, map: &Map<String, Value>) {
        for (key, value) in map {
            let path = ["limits", key.as_str()];
            if !LIMITS.contains(&key.as_str()) {
                self.unknown(&path, &LIMITS);
                continue;
            }
            let bytes = match values::bytes(value) {
                Ok(0) | Err(_) if key == "connections" => {
                    self.wrong(&path, "must be a number of connections");
                    continue;
                }
                Ok(bytes) => bytes,
                Err(message) => {
                    self.wrong(&path, message);
                    continue;
                }
            };
            let size = usize::try_from(bytes).unwrap_or(usize::MAX);
            match key.as_str() {
                "head" => self.limits.head = size,
                "body" => self.limits.body = bytes,
                "buffered" => self.limits.buffered = size,
                "bufferedInAll" => self.limits.buffered_in_all = size,
                _ => self.limits.connections = size,
            }
        }
    }

    fn read_deadlines(&mut self, map: &Map<String, Value>) {
        for (key, value) in map {
            let path = ["deadlines", key.as_str()];
            let deadlines = &mut self.deadlines;
            let place = match key.as_str() {
                "clientHead" => &mut deadlines.client_head,
                "clientIdle" => &mut deadlines.client_idle,
                "connect" => &mut deadlines.connect,
                "upstreamHead" => &mut deadlines.upstream_head,
                "upstreamIdle" => &mut deadlines.upstream_idle,
                "shutdown" => &mut deadlines.shutdown,
                _ => {
                    self.unknown(&path, &DEADLINES);
                    continue;
                }
            };
            match values::duration(value) {
                Ok(span) => *place = span,
                Err(message) => self.wrong(&path, message),
            }
        }
    }

    fn unknown(&mut self, path: &[&str], known: &[&str]) {
        let key = path.last().copied().unwrap_or_default();
        let hint = match nearest(key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        self.fault(path, |path| format!("`{path}` is not a known key: {hint}"));
    }

    /// Notes what is wrong with a key below `proxy`.
    pub(super) fn wrong(&mut self, path: &[&str], message: &str) {
        self.fault(path, |path| format!("`{path}`: {message}"));
    }

    fn fault(&mut self, path: &[&str], message: impl Fn(&str) -> String) {
        let path = [&["proxy"], path].concat();
        let line = line_of(&self.text, &path);
        self.faults.push(Fault { line, message: message(&path.join(".")) });
    }
}

/// A list of texts, or one.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(values) => {
            values.iter().map(|value| Some(value.as_str()?.trim().to_owned())).collect()
        }
        Value::String(text) => Some(vec![text.trim().to_owned()]),
        _ => None,
    }
}
