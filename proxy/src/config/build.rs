//! From what the configuration says to what the proxy runs with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_schema::{Confidential, Text, nearest};

use super::settings::{Fault, Settings, UpstreamSettings};
use super::{Config, Found};
use crate::bodies::LogBodies;
use crate::gate;
use crate::protocol::Family;
use crate::route::RESERVED;
use crate::upstream::{Auth, AwsKeys, AwsProfile, Preset, Upstream, Version, presets};

/// What the settings may refer to, handed in by the command.
#[expect(missing_debug_implementations, reason = "it holds functions only")]
#[expect(clippy::exhaustive_structs, reason = "the command makes it")]
pub struct Surroundings<'a> {
    /// The key behind what is written: itself, `${VARIABLE}` or `keyring:NAME`.
    pub key: &'a dyn Fn(&str) -> Result<String, String>,
    /// A variable, if it is set.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The home folder, where Amazon's tools keep their files.
    pub home: Option<&'a Path>,
}

/// Whether an upstream can have this name.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let is_good =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if name.is_empty() || name.len() > 63 || !name.chars().all(is_good) {
        return Err("a name has lower-case letters, digits and `-` only".to_owned());
    }
    if RESERVED.contains(&name) {
        return Err(format!("`{name}` begins paths of the APIs: take another name"));
    }
    Ok(())
}

impl Settings {
    /// Adds `NAME=URL` or `NAME=PROTOCOL+URL` of a command line. A name of a protocol makes it the default there.
    ///
    /// # Errors
    ///
    /// It is none of both, in words.
    pub fn add(&mut self, written: &str) -> Result<(), String> {
        let (name, address) = written.split_once('=').ok_or("must be NAME=URL")?;
        check_name(name)?;
        let scheme = address.split("://").next().unwrap_or_default();
        let (protocol, url) = match scheme.split_once('+') {
            None => (None, address),
            Some((word, _)) => {
                let family = Family::of(word).ok_or_else(|| {
                    format!("`{word}` must be anthropic, openai, gemini, bedrock or other")
                })?;
                (Some(family), &address[word.len() + 1..])
            }
        };
        let upstream = self.upstreams.entry(name.to_owned()).or_default();
        upstream.url = Some(url.to_owned());
        upstream.protocol = protocol.or(upstream.protocol);
        if let Some(family) = Family::of(name).filter(|family| *family != Family::Other) {
            self.defaults.insert(family, name.to_owned());
        }
        Ok(())
    }

    /// What the proxy runs with.
    ///
    /// # Errors
    ///
    /// All that is wrong.
    pub fn config(
        mut self,
        folder: PathBuf,
        around: &Surroundings<'_>,
    ) -> Result<Config, Vec<Fault>> {
        let mut config = Config::new(folder);
        config.has_presets = true;
        for (name, upstream) in self.upstreams.clone() {
            match build(&name, &upstream, around) {
                Ok(upstream) => {
                    let patterns = upstream.models.iter();
                    let models = patterns.map(|pattern| (pattern.clone(), name.clone()));
                    config.models.extend(models.collect::<Vec<_>>());
                    config.put(upstream);
                }
                Err((key, message)) => {
                    let path: Vec<&str> = ["upstreams", &name].into_iter().chain(key).collect();
                    self.wrong(&path, &message);
                }
            }
        }
        add_bedrock(&mut config, around);
        self.check_names(&config);
        let (gate, log_bodies) = (self.gate(), self.log_bodies());
        if !self.faults.is_empty() {
            self.faults.sort_by_key(|fault| fault.line);
            return Err(self.faults);
        }
        // What is said in so many words goes before what an upstream is good for.
        config.models.splice(0..0, self.models);
        config.listen = self.listen.unwrap_or(config.listen);
        config.defaults = self.defaults;
        config.limits = self.limits;
        config.deadlines = self.deadlines;
        config.retries = self.retries;
        config.keep_alive = self.keep_alive;
        config.gate = gate;
        config.log_bodies = log_bodies;
        Ok(config)
    }

    fn gate(&mut self) -> gate::Settings {
        match gate::Settings::parse(&self.others) {
            Ok(settings) => settings.with_required_key(self.require_key),
            Err(message) => {
                self.faults.push(Fault { line: None, message });
                gate::Settings::default()
            }
        }
    }

    fn log_bodies(&mut self) -> Option<LogBodies> {
        match LogBodies::parse(self.others.get("logBodies")?) {
            Ok(settings) => settings,
            Err(message) => {
                self.wrong(&["logBodies"], message);
                None
            }
        }
    }

    /// Whether every upstream that is named exists.
    fn check_names(&mut self, config: &Config) {
        let mut faults = Vec::new();
        let defaults =
            self.defaults.iter().map(|(family, name)| (vec!["default", family.word()], name));
        let models = self.models.iter().map(|(_, name)| (vec!["models"], name));
        for (path, name) in defaults.chain(models) {
            let message = match config.upstream(name) {
                Found::Known(_) => continue,
                Found::Needs(message) => message,
                // One that is wrong itself was told before.
                Found::Nothing if self.upstreams.contains_key(name) => continue,
                Found::Nothing => match nearest(name, config.names().into_iter()) {
                    Some(near) => format!("`{name}` is no upstream: did you mean `{near}`?"),
                    None => format!(
                        "`{name}` is no upstream: `token-matters proxy upstreams` lists them"
                    ),
                },
            };
            faults.push((path, message));
        }
        for (path, message) in faults {
            self.wrong(&path, &message);
        }
    }
}

/// What is wrong with an upstream: its key, and why.
type Wrong = (Option<&'static str>, String);

fn build(
    name: &str,
    told: &UpstreamSettings,
    around: &Surroundings<'_>,
) -> Result<Upstream, Wrong> {
    let preset = presets().get(name);
    let region = region(told, preset, around);
    let mut upstream = match (&told.url, preset) {
        (Some(url), _) => at(name, url, told, preset)?,
        (None, Some(preset)) => {
            let setting = |key: &str| match key {
                "region" => region.clone(),
                "resource" => told.resource.clone(),
                "project" => told.project.clone(),
                _ => told.account.clone(),
            };
            preset.upstream(&setting).map_err(|error| (None, error))?
        }
        (None, None) => {
            let hint = nearest(name, presets().keys().copied());
            let hint = hint.map(|near| format!("; or did you mean `{near}`?")).unwrap_or_default();
            return Err((None, format!("needs `url`, as it is no built-in upstream{hint}")));
        }
    };
    upstream.family = told.protocol.unwrap_or(upstream.family);
    if let Some(vendor) = &told.vendor {
        upstream.vendor = Text::from(vendor.as_str());
    }
    if let Some(version) = &told.version {
        let wrong = || (Some("version"), "must be none, v1, or another version".to_owned());
        upstream.version = Version::named(version).ok_or_else(wrong)?;
    }
    if let Some(models) = &told.models {
        upstream.models.clone_from(models);
    }
    upstream.region = region.as_deref().map(Text::from).or(upstream.region);
    credentials(&mut upstream, told, region, around)?;
    Ok(upstream)
}

/// An upstream at an address of the user's own, with what is known of the built-in one of its name.
fn at(
    name: &str,
    url: &str,
    told: &UpstreamSettings,
    preset: Option<&Preset>,
) -> Result<Upstream, Wrong> {
    let wrong = |error| (Some("url"), error);
    let family = told.protocol.or(preset.map(|preset| preset.family)).unwrap_or(Family::Openai);
    let mut upstream = Upstream::new(name, family, url).map_err(wrong)?;
    let version = upstream.version.clone();
    if let Some(preset) = preset.filter(|preset| preset.family == family) {
        preset.complete(&mut upstream).map_err(wrong)?;
        if matches!(version, Version::Given(_)) {
            upstream.version = version;
        }
    }
    Ok(upstream)
}

/// How the proxy names itself there.
fn credentials(
    upstream: &mut Upstream,
    told: &UpstreamSettings,
    region: Option<String>,
    around: &Surroundings<'_>,
) -> Result<(), Wrong> {
    let is_aws = told.profile.is_some() || told.auth.as_deref() == Some("aws");
    if is_aws {
        if told.key.is_some() {
            return Err((Some("key"), "cannot stand beside `profile` or `auth: aws`".to_owned()));
        }
        let region = region.ok_or_else(|| {
            let message = "must be named, such as us-east-1: a signature is for one region";
            (Some("region"), message.to_owned())
        })?;
        upstream.auth = Auth::Aws(Arc::new(profile(told, region, around)?));
        return Ok(());
    }
    if let Some(auth) = &told.auth {
        upstream.auth = Auth::named(auth).map_err(|error| (Some("auth"), error))?;
    } else if told.key.is_some() && matches!(upstream.auth, Auth::None) {
        upstream.auth = Auth::of(upstream.family);
    }
    if let Some(key) = &told.key {
        let key = (around.key)(key.expose()).map_err(|error| (Some("key"), error))?;
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err((Some("key"), "has letters that no key has".to_owned()));
        }
        upstream.credential = Some(Confidential::new(key));
    }
    Ok(())
}

fn profile(
    told: &UpstreamSettings,
    region: String,
    around: &Surroundings<'_>,
) -> Result<AwsProfile, Wrong> {
    let variable = |name| (around.variable)(name);
    let keys = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"));
    if told.profile.is_none()
        && let (Some(id), Some(secret)) = keys
    {
        let token = variable("AWS_SESSION_TOKEN").map(Confidential::new);
        return Ok(AwsProfile::of_keys(region, AwsKeys::new(id, Confidential::new(secret), token)));
    }
    let Some(home) = around.home else {
        return Err((Some("profile"), "your home folder is unknown: set HOME".to_owned()));
    };
    Ok(AwsProfile::of_files(region, &profile_name(told, around), &home.join(".aws")))
}

fn profile_name(told: &UpstreamSettings, around: &Surroundings<'_>) -> String {
    let name = told.profile.clone().or_else(|| (around.variable)("AWS_PROFILE"));
    name.unwrap_or_else(|| "default".to_owned())
}

/// The region: the setting; for Bedrock also what Amazon's own tools would take.
fn region(
    told: &UpstreamSettings,
    preset: Option<&Preset>,
    around: &Surroundings<'_>,
) -> Option<String> {
    let family = told.protocol.or(preset.map(|preset| preset.family));
    if told.region.is_some() || family != Some(Family::Bedrock) {
        return told.region.clone();
    }
    let variable =
        ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| (around.variable)(name));
    variable.or_else(|| {
        let name = profile_name(told, around);
        crate::upstream::region_of(&name, &around.home?.join(".aws"))
    })
}

/// Bedrock without a word in the settings: in the region that Amazon's own tools would take. Clients bring their keys.
fn add_bedrock(config: &mut Config, around: &Surroundings<'_>) {
    let name = Family::Bedrock.word();
    if config.upstreams.contains_key(name) {
        return;
    }
    if let Ok(mut upstream) = build(name, &UpstreamSettings::default(), around) {
        upstream.is_preset = true;
        config.put(upstream);
    }
}
