//! `proxy upstreams`: who can answer.

use std::fmt::Write as _;

use clap::Args;
use proxy::{Auth, Config, Family, Preset, Upstream, presets};
use serde::Serialize;

use crate::cli::Global;
use crate::commands::proxy::settings;
use crate::outcome::{Failure, Outcome};
use crate::output::{data, plain};

#[derive(Args, Debug)]
pub(crate) struct Upstreams {
    /// Print one JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

/// One that can answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'static str>,
    protocol: &'static str,
    url: String,
    auth: String,
    /// The variable in which its key usually is.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_variable: Option<&'static str>,
    vendor: String,
    models: Vec<String>,
    /// Whether the settings name it.
    is_configured: bool,
    /// Whether the proxy adds a credential of its own.
    has_credential: bool,
    /// Whether it answers what nothing else decides.
    is_default: bool,
    /// What the settings must say before it can answer.
    needs: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    docs: Option<&'static str>,
}

pub(crate) fn run(global: &Global, options: &Upstreams) -> Result<Outcome, Failure> {
    let config = settings::config(global, settings::read(global)?)?;
    let rows = rows(&config);
    let text = if options.json {
        format!("{}\n", serde_json::to_string_pretty(&rows)?)
    } else {
        table(&rows)
    };
    data(&text)?;
    Ok(Outcome::Done)
}

/// Those of the settings first, then the built-in ones.
fn rows(config: &Config) -> Vec<Row> {
    let own = config.upstreams.values().map(|upstream| configured(config, upstream));
    let others = presets().values().filter(|preset| !config.upstreams.contains_key(preset.name));
    own.chain(others.map(|preset| built_in(config, preset))).collect()
}

fn configured(config: &Config, upstream: &Upstream) -> Row {
    let preset = presets().get(&*upstream.name);
    Row {
        name: upstream.name.to_string(),
        title: preset.map(|preset| preset.title),
        protocol: upstream.family.word(),
        url: upstream.address(),
        auth: upstream.auth.word(),
        key_variable: preset.and_then(|preset| preset.key),
        vendor: upstream.vendor.to_string(),
        models: upstream.models.clone(),
        is_configured: true,
        has_credential: upstream.has_credential(),
        is_default: is_default(config, &upstream.name),
        needs: Vec::new(),
        docs: preset.map(|preset| preset.docs),
    }
}

fn built_in(config: &Config, preset: &Preset) -> Row {
    Row {
        name: preset.name.to_owned(),
        title: Some(preset.title),
        protocol: preset.family.word(),
        url: preset.url.to_owned(),
        auth: preset.auth.map_or_else(|| Auth::of(preset.family).word(), str::to_owned),
        key_variable: preset.key,
        vendor: preset.vendor.unwrap_or(preset.name).to_owned(),
        models: preset.models.iter().map(|&model| model.to_owned()).collect(),
        is_configured: false,
        has_credential: false,
        is_default: is_default(config, preset.name),
        needs: preset.placeholders(),
        docs: Some(preset.docs),
    }
}

/// Whether a protocol's requests go there where nothing else decides.
fn is_default(config: &Config, name: &str) -> bool {
    Family::ALL.into_iter().any(|family| {
        config.defaults.get(&family).map_or_else(|| family.word(), String::as_str) == name
    })
}

fn table(rows: &[Row]) -> String {
    let width = |cell: fn(&Row) -> &str| rows.iter().map(|row| cell(row).len()).max().unwrap_or(0);
    let (names, urls) = (width(|row| &row.name), width(|row| &row.url));
    let mut text = String::new();
    for row in rows {
        let key = row.key_variable.unwrap_or("-");
        let state = state(row);
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "{:names$}  {:9}  {:urls$}  {key:26}  {state}",
            row.name,
            row.protocol,
            plain(&row.url)
        );
    }
    let lines = text.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

fn state(row: &Row) -> String {
    let mut words = Vec::new();
    if row.is_configured {
        words.push("configured".to_owned());
    }
    if row.has_credential {
        words.push("key added".to_owned());
    }
    if row.is_default {
        words.push("default".to_owned());
    }
    if !row.needs.is_empty() {
        words.push(format!("needs {}", row.needs.join(", ")));
    }
    words.join(", ")
}
