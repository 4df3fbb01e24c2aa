//! The data folder and `config.yaml` in it.

use std::io;
use std::path::Path;

use collector::{Config, Environment};
use serde_json::Value;

use super::{Check, told};
use crate::config_file::{self, Present, Settings};
use crate::output::counted;
use crate::private;

/// Keys of a provider that hold what others must not see.
#[cfg(any(unix, test))]
const SECRET_KEYS: [&str; 1] = ["apiKey"];

pub(super) fn checks(data: &Path, environment: &Environment, fix: bool) -> Vec<Check> {
    let path = data.join(config_file::NAME);
    let mut checks = vec![folder(data, fix)];
    let text = match fs_err::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            checks.push(missing(data, environment, fix));
            return checks;
        }
        Err(error) => {
            let remedy = format!(
                "check the owner and permissions of {}; until then every key takes its default",
                path.display()
            );
            checks.push(Check::fail("file", error.to_string(), remedy));
            return checks;
        }
    };
    checks.push(Check::pass("file", path.display().to_string()));
    let config = Config::parse(&text);
    checks.extend(content(&config, &text, &path));
    checks.extend(rights(&path, &text, fix));
    checks
}

fn folder(data: &Path, fix: bool) -> Check {
    const LABEL: &str = "folder";
    let shown = data.display().to_string();
    if data.is_dir() {
        return Check::pass(LABEL, shown);
    }
    if data.exists() {
        let message = format!("{shown} is not a folder");
        return Check::fail(
            LABEL,
            message,
            "move it away, or name another folder with TOKEN_MATTERS_HOME or --data",
        );
    }
    if !fix {
        let message = format!("{shown} is not there yet");
        return Check::warn(LABEL, message, "the first `token-matters collect` makes it").fixable();
    }
    match private::create_folder(data) {
        Ok(()) => Check::fixed(LABEL, format!("{shown} was made")),
        Err(error) => Check::fail(
            LABEL,
            error.to_string(),
            "check the owner and permissions of the folder above it",
        ),
    }
}

fn missing(data: &Path, environment: &Environment, fix: bool) -> Check {
    const LABEL: &str = "file";
    let path = data.join(config_file::NAME);
    let shown = path.display();
    if !fix {
        let message = format!("{shown} is not there: every key takes its default");
        return Check::warn(LABEL, message, "`token-matters init` asks and writes it").fixable();
    }
    let written = Settings::default().render(&Present::all(environment));
    let written = written.and_then(|text| config_file::write(data, &text));
    match written {
        Ok(_) => Check::fixed(LABEL, format!("{shown} was made, with every key in a comment")),
        Err(failure) => {
            Check::fail(LABEL, told(&failure), "check the owner and permissions of the data folder")
        }
    }
}

/// Every fault, with its line; what is known and not used.
fn content(config: &Config, text: &str, path: &Path) -> Vec<Check> {
    const LABEL: &str = "keys";
    let name = path.display();
    let remedy = format!("mend it in {name}; until then its default is used");
    let faults =
        config.faults.iter().map(|fault| Check::fail(LABEL, fault.to_string(), remedy.clone()));
    let mut checks: Vec<Check> = faults.collect();
    if checks.is_empty() {
        let tree: Value = serde_saphyr::from_str(text).unwrap_or_default();
        let message = match set(&tree) {
            0 => "all take their defaults".to_owned(),
            count => format!("{} of yours, and all are understood", counted(count, "value")),
        };
        checks.push(Check::pass(LABEL, message));
    }
    checks.extend(config.notices.iter().map(|notice| Check::off(LABEL, notice.clone())));
    checks
}

/// Number of values that are set.
fn set(tree: &Value) -> usize {
    match tree {
        Value::Null => 0,
        Value::Object(map) => map.values().map(set).sum(),
        _ => 1,
    }
}

/// Whether a file that holds a key is for its owner alone.
#[cfg(unix)]
fn rights(path: &Path, text: &str, fix: bool) -> Option<Check> {
    use std::os::unix::fs::PermissionsExt as _;
    const LABEL: &str = "rights";
    let mode = fs_err::metadata(path).ok()?.permissions().mode() & 0o777;
    let shown = path.display();
    let of_others = mode & 0o077;
    if of_others == 0 {
        return Some(Check::pass(LABEL, "only you can read the file"));
    }
    if !has_secret(text) {
        return Some(Check::pass(
            LABEL,
            "others can read the file, and it holds no key or password",
        ));
    }
    if !fix {
        let message = "others can read the file, and it holds a key or password";
        let remedy =
            format!("`chmod 600 {shown}`, and make the key anew if others use this machine");
        return Some(Check::fail(LABEL, message, remedy).fixable());
    }
    Some(match fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o600)) {
        Ok(()) => Check::fixed(LABEL, "the file holds a key or password and is now yours alone"),
        Err(error) => {
            Check::fail(LABEL, error.to_string(), format!("`chmod 600 {shown}`, as its owner"))
        }
    })
}

/// Other systems keep a home folder from others by themselves.
#[cfg(not(unix))]
fn rights(_path: &Path, _text: &str, _fix: bool) -> Option<Check> {
    None
}

/// Whether the text holds a key, or an address with a password.
#[cfg(any(unix, test))]
fn has_secret(text: &str) -> bool {
    let tree: Value = serde_saphyr::from_str(text).unwrap_or_default();
    let is_set = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let providers = tree["providers"].as_object().into_iter().flat_map(|map| map.values());
    let has_key =
        providers.clone().any(|provider| SECRET_KEYS.iter().any(|key| is_set(&provider[key])));
    let address = tree["dataRepo"].as_str().unwrap_or_default();
    let user =
        address.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
    has_key || user.is_some_and(|(user, _)| user.contains(':') || address.starts_with("http"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_passwords_are_known_as_secrets() {
        for (text, expected) in [
            ("machine: a\n", false),
            ("providers:\n  glm-coding:\n    apiKey: k\n", true),
            ("providers:\n  glm-coding:\n    apiKey: ''\n", false),
            ("dataRepo: https://me:pw@host/x\n", true),
            ("dataRepo: https://token@host/x\n", true),
            ("dataRepo: ssh://git@host/x\n", false),
            ("dataRepo: git@host:x\n", false),
            ("providers: [", false),
        ] {
            assert_eq!(has_secret(text), expected, "{text}");
        }
    }
}
