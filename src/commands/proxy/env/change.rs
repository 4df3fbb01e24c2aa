//! Changes a client's settings file, and takes that back.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use collector::Environment;
use serde_json::Value;

use super::client::{Client, Format, SettingsFile, Target, is_our_header};
use super::edit;
use super::record::{Change, Record, Splice, digest};
use crate::outcome::Failure;
use crate::output::note;

/// Addresses of vendors, which the proxy asks by itself.
const VENDORS: [&str; 4] = [
    "https://api.anthropic.com",
    "https://api.openai.com",
    "https://generativelanguage.googleapis.com",
    "https://chatgpt.com/backend-api",
];

/// Whose file, and where.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a> {
    pub(crate) client: &'static Client,
    pub(crate) environment: &'a Environment,
    pub(crate) data: &'a Path,
}

/// What would be written.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) path: PathBuf,
    /// The text; `None` if the file would be taken away.
    pub(crate) text: Option<String>,
    /// What is different, for a person.
    pub(crate) lines: Vec<String>,
    /// What is to be known of it; `None` if there is nothing to know any more.
    pub(crate) record: Option<Record>,
    /// Whether the file is different from what it is.
    pub(crate) is_new: bool,
}

/// What a client's settings say about the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pointing {
    /// Nothing.
    Away,
    /// They point at it: the file.
    Here(PathBuf),
    /// They cannot be read: why.
    Unknown(String),
}

impl Desk<'_> {
    fn file(&self) -> Result<&'static SettingsFile, Failure> {
        self.client.file.as_ref().ok_or_else(|| {
            let (id, title) = (self.client.id, self.client.title);
            Failure::Usage(format!(
                "{title} has no settings file that could be changed here: put the lines that `token-matters proxy env {id}` prints where your shell reads them"
            ))
        })
    }

    /// What to write so that the client goes through the proxy. `replace`: also where another server is named now.
    pub(crate) fn write(&self, target: &Target, replace: bool) -> Result<Draft, Failure> {
        let file = self.file()?;
        let path = file.path(self.environment);
        let now = read(&path)?;
        let known = Record::read(self.data, self.client.id)?;
        if let Some(known) = known.as_ref().filter(|known| known.file != path) {
            return Err(Failure::Usage(format!(
                "{} was changed before, and now it is {}: take the first one back with `token-matters proxy env {} --undo`",
                known.file.display(),
                path.display(),
                self.client.id
            )));
        }
        let at = |reason: String| failed(&path, &reason);
        let base = match (&known, &now) {
            (Some(known), Some(now)) => match known.original(now) {
                Some(original) => original,
                None => take_back(file.format, now, known).map_err(at)?.0,
            },
            (_, now) => now.clone().unwrap_or_default(),
        };
        let existed = match (&known, &now) {
            (Some(known), Some(_)) => known.existed,
            (_, now) => now.is_some(),
        };
        let (text, record) = self.draft(file, target, (&base, existed), replace)?;
        let is_new = now.as_deref() != Some(text.as_str());
        let lines = record.changes.iter().map(line).collect();
        Ok(Draft { path, text: Some(text), lines, record: Some(record), is_new })
    }

    fn draft(
        &self,
        file: &SettingsFile,
        target: &Target,
        (base, existed): (&str, bool),
        replace: bool,
    ) -> Result<(String, Record), Failure> {
        let path = file.path(self.environment);
        let at = |reason: String| failed(&path, &reason);
        // A file that is broken is told as such, once.
        edit::get(file.format, base, &[String::new()]).map_err(at)?;
        let value = |path: &[String]| edit::get(file.format, base, path).ok().flatten();
        let settings = file.settings(target, value);
        let (mut text, mut changes, mut splices) = (base.to_owned(), Vec::new(), Vec::new());
        for setting in settings {
            let before = edit::get(file.format, &text, &setting.path).map_err(at)?;
            if !replace && target.upstream.is_none() {
                self.refuse_others(&setting.value, before.as_ref(), &target.address)?;
            }
            let depth = edit::depth(file.format, &text, &setting.path).map_err(at)?;
            let new = edit::set(file.format, &text, &setting.path, &setting.value).map_err(at)?;
            splices.push(Splice::between(&text, &new));
            changes.push(Change { path: setting.path, before, ours: setting.value, depth });
            text = new;
        }
        let record = Record {
            client: self.client.id.to_owned(),
            file: path,
            existed,
            at: self.environment.now,
            address: target.address.clone(),
            changes,
            splices,
            written: digest(&text),
        };
        Ok((text, record))
    }

    /// A server of somebody's own would be passed over: the proxy sends to the vendor unless it is told otherwise.
    fn refuse_others(
        &self,
        ours: &Value,
        before: Option<&Value>,
        address: &str,
    ) -> Result<(), Failure> {
        let is_address = |text: &&str| text.starts_with("http://") || text.starts_with("https://");
        let before = before.and_then(Value::as_str).filter(is_address);
        let Some(before) = before.filter(|_| ours.as_str().as_ref().is_some_and(is_address)) else {
            return Ok(());
        };
        if before.starts_with(address) || VENDORS.iter().any(|vendor| before.starts_with(vendor)) {
            return Ok(());
        }
        let id = self.client.id;
        Err(Failure::Usage(format!(
            "{} is pointed at {} now, which the proxy would pass over: add that as an upstream below `proxy.upstreams` of config.yaml and use `token-matters proxy env {id} --write --upstream NAME`, or send to the vendor itself with --replace",
            self.client.title,
            store::without_secrets(before)
        )))
    }

    /// What to write so that the file is as it was before. `None` if nothing was ever written.
    pub(crate) fn undo(&self) -> Result<Option<Draft>, Failure> {
        let Some(known) = Record::read(self.data, self.client.id)? else { return Ok(None) };
        let path = known.file.clone();
        let draft = |text: Option<String>, lines: Vec<String>, is_new: bool| {
            Some(Draft { path: path.clone(), text, lines, record: None, is_new })
        };
        let Some(now) = read(&path)? else {
            return Ok(draft(
                None,
                vec!["it is gone: there is nothing to take back".to_owned()],
                false,
            ));
        };
        if let Some(original) = known.original(&now) {
            let text = known.existed.then_some(original);
            let said = if known.existed {
                "as it was before, byte for byte"
            } else {
                "taken away: it was not there before"
            };
            return Ok(draft(text, vec![said.to_owned()], true));
        }
        let format = self.file()?.format;
        let (text, mut lines) =
            take_back(format, &now, &known).map_err(|reason| failed(&path, &reason))?;
        lines.insert(
            0,
            "it was changed since by somebody else: only what was set here is taken back"
                .to_owned(),
        );
        let is_new = text != now;
        Ok(draft(Some(text), lines, is_new))
    }

    /// Writes a draft, and what is to be known of it. The record goes first: one too many can be undone, one too few
    /// cannot.
    pub(crate) fn keep(&self, draft: &Draft) -> Result<(), Failure> {
        if let Some(record) = &draft.record {
            record.write(self.data)?;
        }
        if draft.is_new {
            match &draft.text {
                Some(text) => replace(&draft.path, text)?,
                None => fs_err::remove_file(&draft.path)?,
            }
        }
        if draft.record.is_none() {
            Record::forget(self.data, self.client.id)?;
        }
        Ok(())
    }

    /// Whether the client's settings point at an address, whoever wrote them.
    pub(crate) fn pointing(&self, address: &str) -> Pointing {
        let Some(file) = &self.client.file else { return Pointing::Away };
        let path = file.path(self.environment);
        let text = match fs_err::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Pointing::Away,
            Err(error) => return Pointing::Unknown(error.to_string()),
        };
        let target = Target { address: address.to_owned(), ..Target::default() };
        let with_headers = Target { project: Some(String::new()), ..target.clone() };
        let settings = [file.settings(&target, |_| None), file.settings(&with_headers, |_| None)];
        for setting in settings.concat() {
            match edit::get(file.format, &text, &setting.path) {
                Err(reason) => return Pointing::Unknown(format!("{} {reason}", path.display())),
                Ok(Some(Value::String(value))) if is_below(&value, address) => {
                    return Pointing::Here(path);
                }
                Ok(_) => {}
            }
        }
        Pointing::Away
    }
}

/// Whether an address is one of a server: it, or below it.
pub(crate) fn is_below(value: &str, server: &str) -> bool {
    let value = value.replace("://localhost:", "://127.0.0.1:");
    value.strip_prefix(server).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Takes single values back. Also says what was left.
fn take_back(format: Format, text: &str, record: &Record) -> Result<(String, Vec<String>), String> {
    let (mut text, mut lines) = (text.to_owned(), Vec::new());
    for change in record.changes.iter().rev() {
        let name = change.path.join(".");
        let now = edit::get(format, &text, &change.path)?;
        if now.as_ref() == Some(&change.ours) {
            text = match &change.before {
                Some(before) => edit::set(format, &text, &change.path, before)?,
                None => edit::remove(format, &text, &change.path, change.depth)?,
            };
            lines.push(match &change.before {
                Some(_) => format!("{name}: what it was before"),
                None => format!("{name}: taken out"),
            });
        } else if let Some(rest) = now.as_ref().and_then(without_our_headers) {
            text = edit::set(format, &text, &change.path, &rest.into())?;
            lines.push(format!("{name}: our lines taken out"));
        } else if now.is_none() {
            lines.push(format!("{name}: gone already"));
        } else {
            lines.push(format!("{name}: somebody else has set it since, and it stays"));
        }
    }
    Ok((text, lines))
}

fn without_our_headers(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let lines: Vec<&str> = text.split('\n').collect();
    let kept: Vec<&str> = lines.iter().copied().filter(|line| !is_our_header(line)).collect();
    (kept.len() < lines.len()).then(|| kept.join("\n"))
}

fn line(change: &Change) -> String {
    let name = change.path.join(".");
    // Headers may hold a key of the proxy's.
    let is_secret = name.to_lowercase().contains("headers");
    let value = match &change.ours {
        _ if is_secret => "(headers)".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match &change.before {
        Some(before) if *before == change.ours => format!("{name} = {value}, as it was"),
        Some(Value::String(before)) if !is_secret => {
            format!("{name} = {value}, was {}", store::without_secrets(before))
        }
        Some(_) => format!("{name} = {value}, was something else"),
        None => format!("{name} = {value}"),
    }
}

fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs_err::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn failed(path: &Path, reason: &str) -> Failure {
    let path = path.display();
    Failure::Failed(anyhow::anyhow!("{path} {reason}; it was left as it is"))
}

/// Replaces a file at once; its rights stay, and a link of dotfiles kept elsewhere stays a link.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let target = if path.exists() { fs_err::canonicalize(path)? } else { path.to_owned() };
    let folder = target.parent().unwrap_or(Path::new("."));
    fs_err::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".tm-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Ok(old) = fs_err::metadata(&target) {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&target)?;
    Ok(())
}

/// Tells what was done, or would be.
pub(crate) fn tell(draft: &Draft, is_dry: bool) {
    let path = draft.path.display();
    match (draft.is_new, is_dry) {
        (false, _) => note(&format!("{path}: nothing to change")),
        (true, true) => note(&format!("{path} would be changed:")),
        (true, false) => note(&format!("{path} is changed:")),
    }
    for line in &draft.lines {
        note(&format!("  {line}"));
    }
}
