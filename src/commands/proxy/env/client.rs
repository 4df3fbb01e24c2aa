//! What is known of a client: how it is pointed at a server, and which file of its own says so.

use std::path::PathBuf;

use collector::{Environment, Platform};
use serde_json::Value;

/// The proxy's header for a project.
const PROJECT_HEADER: &str = "x-token-matters-project";
/// The proxy's header for a key of its own.
const KEY_HEADER: &str = "x-token-matters-key";
/// Name of the provider in Codex's settings, where headers are asked for.
const CODEX_PROVIDER: &str = "token-matters";
/// Name of the upstream that serves a Codex with a `ChatGPT` login: `https://chatgpt.com/backend-api/codex`, which
/// Codex asks by itself for such a login (`to_api_provider` in `codex-rs/model-provider-info/src/lib.rs` of
/// <https://github.com/openai/codex>, read 2026-11-21).
pub(crate) const CHATGPT_UPSTREAM: &str = "codex";

/// What is put after the proxy's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// Nothing: the client adds `/v1/messages`, `/v1beta/models` and so on.
    Root,
    /// `/v1`: the client adds `/chat/completions`, `/messages` and so on.
    V1,
    /// `/v1beta`: the client adds `/models/…`.
    V1Beta,
    /// What Codex's login needs.
    Codex,
    /// An upstream of this name, whatever serves the rest.
    Of(&'static str),
}

/// Where a settings file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// Below the home folder, or in the folder that a variable names.
    Own {
        /// The variable.
        variable: Option<&'static str>,
        /// The usual folder, below the home folder.
        folder: &'static str,
    },
    /// Below `$XDG_CONFIG_HOME`; on Windows below the roaming or local folder of applications if it is named.
    Config {
        /// The folder.
        folder: &'static str,
        /// The variable that names the folder above it on Windows, and the folder below that.
        windows: Option<(&'static str, &'static str)>,
    },
}

/// How a settings file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// JSON; comments and commas at the end are taken, too.
    Json,
    /// TOML.
    Toml,
    /// Lines of `NAME=value`.
    Dotenv,
}

/// How a client sends headers of its user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Headers {
    /// Not at all, as far as is known.
    None,
    /// In one variable: its name, and what separates them.
    Variable(&'static str, &'static str),
    /// Only in the settings file.
    File,
}

/// Where the settings file takes headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileHeaders {
    None,
    /// All in one text.
    Joined(&'static [&'static str], &'static str),
    /// One key each in these objects.
    Objects(&'static [&'static [&'static str]]),
    /// A provider of its own, since the built-in one takes none.
    Codex,
}

/// A client's own settings file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SettingsFile {
    pub(crate) home: Home,
    /// Its names; the first that is there is taken, else the first.
    pub(crate) names: &'static [&'static str],
    pub(crate) format: Format,
    /// Keys that hold addresses.
    pub(crate) keys: &'static [(&'static [&'static str], Base)],
    pub(crate) headers: FileHeaders,
}

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    /// What it is called in commands.
    pub(crate) id: &'static str,
    /// Other names for it.
    pub(crate) aliases: &'static [&'static str],
    pub(crate) title: &'static str,
    /// The source that reads its logs, whose id the ledger also uses for it.
    pub(crate) source: Option<&'static str>,
    pub(crate) variables: &'static [(&'static str, Base)],
    /// Variables with a fixed value.
    pub(crate) fixed: &'static [(&'static str, &'static str)],
    pub(crate) headers: Headers,
    pub(crate) file: Option<SettingsFile>,
    /// What a person should know. `{address}` is the proxy's.
    pub(crate) notes: &'static [&'static str],
}

/// How a client logs in, where that decides whom it asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Login {
    /// With a key of the vendor's interface
    #[default]
    Key,
    /// With a subscription (Codex)
    Chatgpt,
}

/// Where a client is pointed at, and what it shall send.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    /// `http://127.0.0.1:8999`.
    pub(crate) address: String,
    /// An upstream's name, for the path.
    pub(crate) upstream: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) own_key: Option<String>,
    pub(crate) login: Login,
}

/// One value of a settings file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting {
    pub(crate) path: Vec<String>,
    pub(crate) value: Value,
}

impl Target {
    /// The address for a client.
    pub(crate) fn url(&self, base: Base) -> String {
        let upstream = match (&self.upstream, base, self.login) {
            (_, Base::Of(name), _) => Some(name),
            (None, Base::Codex, Login::Chatgpt) => Some(CHATGPT_UPSTREAM),
            (upstream, ..) => upstream.as_deref(),
        };
        let suffix = match (base, self.login) {
            (Base::Root | Base::Of(_), _) | (Base::Codex, Login::Chatgpt) => "",
            (Base::V1, _) | (Base::Codex, Login::Key) => "/v1",
            (Base::V1Beta, _) => "/v1beta",
        };
        let prefix = upstream.map_or_else(String::new, |name| format!("/{name}"));
        format!("{}{prefix}{suffix}", self.address)
    }

    /// The headers that the client shall send.
    pub(crate) fn headers(&self) -> Vec<(&'static str, &str)> {
        let project = self.project.as_deref().map(|project| (PROJECT_HEADER, project));
        let key = self.own_key.as_deref().map(|key| (KEY_HEADER, key));
        project.into_iter().chain(key).collect()
    }

    /// The headers in one text.
    pub(crate) fn joined(&self, separator: &str) -> String {
        let lines = self.headers().into_iter().map(|(name, value)| format!("{name}: {value}"));
        lines.collect::<Vec<_>>().join(separator)
    }
}

/// Whether a line is one of our headers.
pub(crate) fn is_our_header(line: &str) -> bool {
    line.trim_start().to_ascii_lowercase().starts_with("x-token-matters-")
}

impl Client {
    /// Whether it is called so.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.id == name || self.aliases.contains(&name)
    }

    /// What to export.
    pub(crate) fn exports(&self, target: &Target) -> Vec<(&'static str, String)> {
        let mut exports: Vec<(&str, String)> =
            self.fixed.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        exports.extend(self.variables.iter().map(|(name, base)| (*name, target.url(*base))));
        if let Headers::Variable(name, separator) = self.headers
            && !target.headers().is_empty()
        {
            exports.push((name, target.joined(separator)));
        }
        exports
    }
}

impl SettingsFile {
    /// Where it is, or would be made.
    pub(crate) fn path(&self, environment: &Environment) -> PathBuf {
        let folder = match self.home {
            Home::Own { variable, folder } => variable
                .and_then(|name| environment.variable(name))
                .map_or_else(|| environment.home.join(folder), |named| environment.expand(named)),
            Home::Config { folder, windows } => match (environment.platform, windows) {
                (Platform::Windows, Some((variable, below))) => {
                    environment.variable(variable).map_or_else(
                        || environment.config_home().join(folder),
                        |named| PathBuf::from(named).join(below),
                    )
                }
                _ => environment.config_home().join(folder),
            },
        };
        let there = self.names.iter().map(|name| folder.join(name)).find(|path| path.exists());
        there.unwrap_or_else(|| folder.join(self.names.first().copied().unwrap_or_default()))
    }

    /// What is to stand in it. `current` tells what stands there now.
    pub(crate) fn settings(
        &self,
        target: &Target,
        current: impl Fn(&[String]) -> Option<Value>,
    ) -> Vec<Setting> {
        let headers = target.headers();
        if matches!(self.headers, FileHeaders::Codex) && !headers.is_empty() {
            return codex_provider(target);
        }
        let mut settings: Vec<Setting> = self
            .keys
            .iter()
            .map(|(path, base)| Setting { path: owned(path), value: target.url(*base).into() })
            .collect();
        match self.headers {
            FileHeaders::Joined(path, separator) if !headers.is_empty() => {
                let path = owned(path);
                let now = current(&path);
                let now = now.as_ref().and_then(Value::as_str).unwrap_or_default();
                let mut lines: Vec<&str> = now
                    .split(separator)
                    .filter(|line| !line.trim().is_empty() && !is_our_header(line))
                    .collect();
                let ours = target.joined(separator);
                lines.push(&ours);
                let value = lines.join(separator).into();
                settings.push(Setting { path, value });
            }
            FileHeaders::Objects(paths) => {
                for (path, (name, value)) in
                    paths.iter().flat_map(|path| headers.iter().map(move |header| (path, header)))
                {
                    let mut path = owned(path);
                    path.push((*name).to_owned());
                    settings.push(Setting { path, value: (*value).into() });
                }
            }
            FileHeaders::None | FileHeaders::Joined(..) | FileHeaders::Codex => {}
        }
        settings
    }
}

/// A provider of its own for Codex, which keeps the user's login (`requires_openai_auth`).
fn codex_provider(target: &Target) -> Vec<Setting> {
    let key = |name: &str| owned(&["model_providers", CODEX_PROVIDER, name]);
    let set = |path, value| Setting { path, value };
    let mut settings = vec![
        set(owned(&["model_provider"]), CODEX_PROVIDER.into()),
        set(key("name"), "OpenAI through Token Matters".into()),
        set(key("base_url"), target.url(Base::Codex).into()),
        set(key("wire_api"), "responses".into()),
        set(key("requires_openai_auth"), true.into()),
    ];
    settings.extend(target.headers().into_iter().map(|(name, value)| {
        let mut path = key("http_headers");
        path.push(name.to_owned());
        set(path, value.into())
    }));
    settings
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|part| (*part).to_owned()).collect()
}
