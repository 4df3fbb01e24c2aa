//! Writes `config.yaml`: the commented template with what is set, as a whole, readable by its owner alone.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use collector::Config;
use collector::source::{Info, Place, SOURCES, Source};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use serde_json::Value;

use crate::outcome::Failure;
use crate::private;

/// Name of the file in the data folder.
pub(crate) const NAME: &str = "config.yaml";
/// An example of a folder, for a tool that is not on this machine.
const ELSEWHERE: &str = "~/elsewhere";
/// The template.
const TEMPLATE: &str = include_str!("../templates/config/config.yaml");

/// What is set. Everything else stands in the file as a comment with its default.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    /// Address or path of the data repository.
    pub(crate) data_repo: Option<String>,
    /// Name of the machine.
    pub(crate) machine: Option<String>,
    /// IANA name of the report zone.
    pub(crate) timezone: Option<String>,
    /// Sources with something set; those that are not named here take their defaults.
    pub(crate) providers: Vec<ProviderSettings>,
    /// 60 or 1440.
    pub(crate) interval_minutes: Option<u32>,
    /// Minute of the hour.
    pub(crate) offset_minute: Option<u32>,
    /// Where the output of scheduled runs goes.
    pub(crate) log_file: Option<String>,
    /// Rules for what is stored.
    pub(crate) projects_include: Vec<String>,
    /// Rules for what is never stored.
    pub(crate) projects_exclude: Vec<String>,
    /// Whether `prices update` may fetch prices.
    pub(crate) prices_update: Option<bool>,
    /// From where.
    pub(crate) prices_from: Option<String>,
    /// The line for a prompt.
    pub(crate) statusline_template: Option<String>,
    /// Sources of 1.x that this version does not read: kept with all their keys.
    pub(crate) other_providers: Vec<(String, Value)>,
    /// What the proxy is told, as it stands there: it is read by the proxy alone.
    pub(crate) proxy: Option<String>,
}

/// What is set for one source.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ProviderSettings {
    /// Id of the source.
    pub(crate) id: String,
    /// Whether it is read, where it is told.
    pub(crate) enabled: Option<bool>,
    /// Where the tool keeps its files.
    pub(crate) directory: Option<String>,
}

/// A tool that is on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Present {
    /// Id of its source.
    pub(crate) id: &'static str,
    /// Where it keeps its files, as a person would write it.
    pub(crate) directory: String,
}

impl Present {
    /// The tools that have a folder on this machine.
    pub(crate) fn all(environment: &collector::Environment) -> Vec<Self> {
        let place = Place { environment, configured: None };
        let present = |source: &&'static dyn Source| {
            let located = source.locate(&place);
            Self::of(source.info(), located.roots.first()?, &environment.home)
        };
        SOURCES.iter().filter_map(present).collect()
    }

    /// A tool with the folder that its logs lie in: without what is below the folder that the configuration names.
    pub(crate) fn of(info: &'static Info, root: &Path, home: &Path) -> Option<Self> {
        let below = info.below.iter().find(|below| root.ends_with(below));
        let up = below.map_or(0, |below| Path::new(below).components().count());
        let directory = root.ancestors().nth(up)?;
        let directory = match directory.strip_prefix(home) {
            Ok(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
            Ok(rest) => format!("~/{}", rest.to_string_lossy().replace('\\', "/")),
            Err(_) => directory.to_string_lossy().into_owned(),
        };
        Some(Self { id: info.id, directory: scalar(&directory) })
    }
}

impl Settings {
    /// What a file says: the same settings, written anew, mean the same.
    pub(crate) fn parse(text: &str) -> Self {
        let config = Config::parse(text);
        let tree: Value = serde_saphyr::from_str(text).unwrap_or_default();
        let told =
            |section: &str, key: &str| tree[section].get(key).is_some_and(|value| !value.is_null());
        let is_source = |id: &str| SOURCES.iter().any(|source| source.id() == id);
        let mut settings = Self {
            data_repo: config.data_repo,
            machine: config.machine,
            timezone: config.timezone.map(|zone| zone.name().to_owned()),
            interval_minutes: told("schedule", "intervalMinutes")
                .then_some(config.schedule.interval_minutes),
            offset_minute: config.schedule.offset_minute,
            log_file: config.schedule.log_file,
            projects_include: config.projects.include,
            projects_exclude: config.projects.exclude,
            prices_update: told("prices", "update").then_some(config.prices.update),
            prices_from: config.prices.from,
            statusline_template: config.statusline.template,
            proxy: section(text, "proxy"),
            ..Self::default()
        };
        for (id, provider) in config.providers {
            let value = &tree["providers"][&id];
            if !is_source(&id) {
                settings.other_providers.push((id, value.clone()));
                continue;
            }
            let is_told = value.is_boolean() || value.get("enabled").is_some_and(Value::is_boolean);
            let enabled = is_told.then_some(provider.enabled);
            settings.providers.push(ProviderSettings {
                id,
                enabled,
                directory: provider.directory,
            });
        }
        settings
    }

    /// The file's text: the tools with something set, and those that are present.
    pub(crate) fn render(&self, present: &[Present]) -> Result<String, Failure> {
        let mut engine = Environment::new();
        // Values are written as YAML by `scalar`.
        engine.set_auto_escape_callback(|_| AutoEscape::None);
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build()?);
        let text = engine.render_named_str(
            NAME,
            TEMPLATE,
            minijinja::Value::from(Serde(&self.values(present))),
        );
        let mut text = text.context("the template of config.yaml is damaged: this is a bug")?;
        if let Some(proxy) = &self.proxy {
            text.push('\n');
            text.push_str(proxy);
        }
        Ok(text)
    }

    fn values(&self, present: &[Present]) -> Values {
        let text = |text: &Option<String>| text.as_deref().map(scalar);
        let source = |source: &&'static dyn Source| {
            let set = self.providers.iter().find(|provider| provider.id == source.id());
            let set = set.filter(|set| set.enabled.is_some() || set.directory.is_some());
            let there = present.iter().find(|present| present.id == source.id());
            let usual = there.map_or(ELSEWHERE, |there| &there.directory);
            (set.is_some() || there.is_some()).then(|| ProviderValues {
                id: source.id(),
                title: source.title(),
                enabled: set.and_then(|set| set.enabled),
                directory: set.and_then(|set| set.directory.as_deref()).map(scalar),
                directory_key: source.directory_key(),
                default_directory: usual.to_owned(),
            })
        };
        let other = |(id, settings): &(String, Value)| OtherValues {
            id: scalar(id),
            settings: settings.to_string(),
        };
        Values {
            data_repo: text(&self.data_repo),
            machine: text(&self.machine),
            timezone: text(&self.timezone),
            providers: SOURCES.iter().filter_map(source).collect(),
            other_providers: self.other_providers.iter().map(other).collect(),
            interval_minutes: self.interval_minutes,
            offset_minute: self.offset_minute,
            log_file: text(&self.log_file),
            projects_include: self.projects_include.iter().map(|rule| scalar(rule)).collect(),
            projects_exclude: self.projects_exclude.iter().map(|rule| scalar(rule)).collect(),
            prices_update: self.prices_update,
            prices_from: text(&self.prices_from),
            statusline_template: text(&self.statusline_template),
        }
    }
}

/// The lines of a key at the beginning of a line, with all that is below it and the remarks before it.
fn section(text: &str, key: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let is_key = |line: &&str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    let start = lines.iter().position(is_key)?;
    let is_inside =
        |line: &&&str| line.is_empty() || line.starts_with([' ', '\t', '#', '-', '}', ']']);
    let inside = lines[start + 1..].iter().take_while(is_inside).count();
    let is_remark = |line: &&&str| line.starts_with('#');
    let before = lines[..start].iter().rev().take_while(is_remark).count();
    let block = lines[start - before..=start + inside].join("\n");
    Some(block.trim_end().to_owned() + "\n")
}

/// Writes the file as a whole; nobody but its owner may read it. An old one with another text is kept as
/// `config.yaml.bak`, or with a number behind where that exists; its path is returned.
pub(crate) fn write(data: &Path, text: &str) -> Result<Option<PathBuf>, Failure> {
    private::create_folder(data)?;
    let path = data.join(NAME);
    let backup = match fs_err::read(&path) {
        Ok(old) if old == text.as_bytes() => return Ok(None),
        Ok(old) => Some(back_up(data, &old)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    private::replace(&path, text.as_bytes())?;
    Ok(backup)
}

/// Keeps the old file under the first free name.
fn back_up(data: &Path, old: &[u8]) -> Result<PathBuf, Failure> {
    let mut file = tempfile::Builder::new().prefix(".tm-config-").tempfile_in(data)?;
    file.write_all(old)?;
    let mut number = 0_u32;
    loop {
        let end = if number == 0 { String::new() } else { format!(".{number}") };
        let path = data.join(format!("{NAME}.bak{end}"));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if path.exists() => file = error.file,
            Err(error) => return Err(error.error.into()),
        }
        number += 1;
    }
}

/// A text as YAML reads it back: plain where that is safe, else in double quotes as in JSON.
fn scalar(text: &str) -> String {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "/._-~@+".contains(letter);
    let begins_well =
        text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '/');
    // `~/x` is a text, `~` alone is nothing at all.
    let begins_well = begins_well || text.starts_with("~/");
    let has_colons = text.contains(": ") || text.ends_with(':');
    let is_plain = text.chars().all(|letter| is_letter(letter) || letter == ':') && !has_colons;
    let is_word = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        .contains(&text.to_lowercase().as_str());
    if begins_well && is_plain && !is_word {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

/// What the template is given.
#[derive(Serialize)]
struct Values {
    data_repo: Option<String>,
    machine: Option<String>,
    timezone: Option<String>,
    providers: Vec<ProviderValues>,
    other_providers: Vec<OtherValues>,
    interval_minutes: Option<u32>,
    offset_minute: Option<u32>,
    log_file: Option<String>,
    projects_include: Vec<String>,
    projects_exclude: Vec<String>,
    prices_update: Option<bool>,
    prices_from: Option<String>,
    statusline_template: Option<String>,
}

#[derive(Serialize)]
struct ProviderValues {
    id: &'static str,
    title: &'static str,
    enabled: Option<bool>,
    directory: Option<String>,
    directory_key: &'static str,
    default_directory: String,
}

#[derive(Serialize)]
struct OtherValues {
    id: String,
    settings: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Settings {
        Settings {
            data_repo: Some("git@github.com:me/data.git".to_owned()),
            machine: Some("2026".to_owned()),
            timezone: Some("Europe/Berlin".to_owned()),
            providers: vec![
                ProviderSettings {
                    id: "claude-code".to_owned(),
                    enabled: Some(false),
                    directory: Some("~/my claude: #1".to_owned()),
                },
                ProviderSettings {
                    id: "codex".to_owned(),
                    enabled: None,
                    directory: Some("~".to_owned()),
                },
            ],
            interval_minutes: Some(1440),
            offset_minute: Some(0),
            log_file: Some("C:\\logs\\x \"y\".log".to_owned()),
            projects_include: vec!["github.com/me/*".to_owned()],
            projects_exclude: vec!["~/a b".to_owned(), "no".to_owned()],
            prices_update: Some(true),
            prices_from: Some("https://example.org/a: #b".to_owned()),
            statusline_template: Some("{today}[ \\{ {model}]\n{week}".to_owned()),
            other_providers: vec![(
                "glm-coding".to_owned(),
                serde_json::json!({"apiKey": "k: #", "baseUrl": "https://api.z.ai"}),
            )],
            proxy: Some("# mine\nproxy:\n  # here\n\n  listen: 127.0.0.1:9000\n".to_owned()),
        }
    }

    fn present(ids: &[&'static str]) -> Vec<Present> {
        let present = |id: &&'static str| Present { id, directory: format!("~/.{id}") };
        ids.iter().map(present).collect()
    }

    /// Sources without anything set stand in the file with comments only.
    fn read_back(text: &str) -> Settings {
        let mut read = Settings::parse(text);
        read.providers
            .retain(|provider| provider.enabled.is_some() || provider.directory.is_some());
        read
    }

    #[test]
    fn what_is_written_is_read_back_with_its_meaning() {
        for settings in [all(), Settings::default()] {
            for present in [present(&[]), present(&["codex", "qwen-code"])] {
                let text = settings.render(&present).unwrap();
                assert_eq!(Config::parse(&text).faults, [], "{text}");
                assert_eq!(read_back(&text), settings, "{text}");
            }
        }
    }

    #[test]
    fn only_tools_that_are_here_or_set_stand_in_the_file() {
        let sections = |text: &str| {
            let tree: Value = serde_saphyr::from_str(text).unwrap();
            tree["providers"].as_object().map_or(0, serde_json::Map::len)
        };
        let nothing = Settings::default().render(&[]).unwrap();
        assert_eq!(sections(&nothing), 0, "{nothing}");
        let found = Settings::default().render(&present(&["qwen-code"])).unwrap();
        assert_eq!(sections(&found), 1, "{found}");
        assert!(found.contains("  qwen-code:\n    #enabled: true\n    #directory: ~/.qwen-code\n"));
        let set = all().render(&present(&["qwen-code"])).unwrap();
        assert_eq!(sections(&set), 4, "{set}");
        // A file of an earlier version has a section for every source, most of them without anything set.
        let earlier =
            "providers:\n  claude-code:\n    #enabled: true\n  codex:\n    enabled: false\n";
        let read = Settings::parse(earlier);
        let new = read.render(&[]).unwrap();
        assert_eq!(sections(&new), 1, "{new}");
        assert_eq!(read_back(&new), read_back(earlier));
        assert!(!Config::parse(&new).is_enabled("codex"));
    }

    #[test]
    fn a_tool_is_named_by_the_folder_that_may_be_set() {
        let of = |id: &str, root: &str| {
            let source = SOURCES.iter().find(|source| source.id() == id).unwrap();
            Present::of(source.info(), Path::new(root), Path::new("/home/me")).unwrap().directory
        };
        assert_eq!(of("claude-code", "/home/me/.claude/projects"), "~/.claude");
        assert_eq!(of("cc-mirror", "/home/me/.cc-mirror/a/config/projects"), "~/.cc-mirror/a");
        assert_eq!(of("codex", "/srv/codex: x/sessions"), "\"/srv/codex: x\"");
        let home = tempfile::tempdir().unwrap();
        fs_err::create_dir_all(home.path().join(".codex/archived_sessions")).unwrap();
        let environment = collector::Environment {
            home: home.path().to_owned(),
            other_homes: Vec::new(),
            variables: std::collections::BTreeMap::new(),
            platform: collector::Platform::Linux,
            now: "2026-06-01T12:00:00Z".parse().unwrap(),
        };
        assert_eq!(
            Present::all(&environment),
            [Present { id: "codex", directory: "~/.codex".to_owned() }]
        );
    }

    #[test]
    fn every_default_in_a_comment_is_a_line_that_may_be_set() {
        let text = Settings::default().render(&present(&["claude-code", "codex"])).unwrap();
        let set: Vec<String> = text
            .lines()
            .map(|line| {
                let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
                match rest.strip_prefix('#').filter(|rest| !rest.starts_with(' ')) {
                    Some(rest) => format!("{indent}{rest}"),
                    None => line.to_owned(),
                }
            })
            .collect();
        let config = Config::parse(&set.join("\n"));
        assert_eq!(config.faults, []);
        assert!(
            config.data_repo.is_some() && config.machine.is_some() && config.timezone.is_some()
        );
        assert_eq!(config.providers.len(), 2);
        assert_eq!(config.directory("claude-code"), Some("~/.claude-code"));
        assert_eq!(config.schedule.offset_minute, Some(30));
        assert!(config.schedule.log_file.is_some());
        assert_eq!((config.projects.include.len(), config.projects.exclude.len()), (1, 2));
        assert!(config.statusline.template.is_some());
    }

    #[test]
    fn an_old_file_is_kept_under_a_free_name_and_nobody_else_may_read() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        assert_eq!(write(&data, "machine: a\n").unwrap(), None);
        assert_eq!(write(&data, "machine: a\n").unwrap(), None, "the same text needs no backup");
        assert_eq!(write(&data, "machine: b\n").unwrap(), Some(data.join("config.yaml.bak")));
        assert_eq!(write(&data, "machine: c\n").unwrap(), Some(data.join("config.yaml.bak.1")));
        let read = |name: &str| fs_err::read_to_string(data.join(name)).unwrap();
        assert_eq!(
            ["config.yaml", "config.yaml.bak", "config.yaml.bak.1"].map(read),
            ["machine: c\n", "machine: a\n", "machine: b\n"]
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |name: &str| {
                fs_err::metadata(data.join(name)).unwrap().permissions().mode() & 0o777
            };
            assert_eq!([mode("config.yaml"), mode("config.yaml.bak")], [0o600; 2]);
        }
        assert_eq!(fs_err::read_dir(&data).unwrap().count(), 3, "nothing temporary is left");
    }
}
