//! From what is known of a source to the folders of this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Folder, Info, Located, On, Place};
use crate::environment::{Environment, Platform};

/// Data folders of editors that are built on VS Code, below the place of the system's applications.
const EDITORS: [&str; 10] = [
    "Code",
    "Code - Insiders",
    "Code - OSS",
    "VSCodium",
    "Cursor",
    "Windsurf",
    "Positron",
    "Trae",
    "Kiro",
    "Antigravity",
];

/// Their servers, for work on a remote machine.
const SERVERS: [&str; 6] = [
    "~/.vscode-server/data",
    "~/.vscode-server-insiders/data",
    "~/.vscodium-server/data",
    "~/.cursor-server/data",
    "~/.windsurf-server/data",
    "~/.vscode-remote/data",
];

/// Where a source's logs are: below the folder of the configuration, else where the tool's variables say, else in the
/// usual places, here and in the homes of other systems on this machine.
pub(crate) fn locate(info: &Info, place: &Place<'_>) -> Located {
    let environment = place.environment;
    if let Some(configured) = place.configured {
        let named = format!("`providers.{}.{}`", info.id, info.directory_key);
        return Located::among(below(info, environment.expand(configured)), Some(&named));
    }
    let mut located = Located::default();
    let mut is_moved = false;
    for variable in info.variables {
        let Some(list) = environment.variable(variable.name) else { continue };
        let folders = list.split(',').map(str::trim).filter(|folder| !folder.is_empty());
        let folders = folders.flat_map(|folder| below(info, environment.expand(folder)));
        located.add(Located::among(folders.collect(), Some(&format!("`{}`", variable.name))));
        is_moved |= !variable.adds;
    }
    if !is_moved {
        located.add(usual(info, environment));
    }
    located
}

/// The places below a named folder. One that ends with such a place is that place itself.
fn below(info: &Info, folder: PathBuf) -> Vec<PathBuf> {
    let is_one = info.below.iter().any(|below| folder.ends_with(below));
    let there: Vec<PathBuf> =
        info.below.iter().map(|below| folder.join(below)).filter(|path| path.exists()).collect();
    match (there.is_empty(), is_one || folder.exists(), info.below.first()) {
        (false, ..) if !is_one => there,
        (_, false, Some(first)) => vec![folder.join(first)],
        _ => vec![folder],
    }
}

fn usual(info: &Info, environment: &Environment) -> Located {
    let own = Home { path: &environment.home, platform: environment.platform, environment };
    let mut located = Located::among(own.places(info.folders), None);
    for path in &environment.other_homes {
        // Homes of other systems are those of Linux under Windows; their variables are not ours.
        let plain = Environment { variables: BTreeMap::default(), ..environment.clone() };
        let home = Home { path, platform: Platform::Linux, environment: &plain };
        let there = home.places(info.folders).into_iter().filter(|place| place.exists());
        located.add(Located::among(there.collect(), None));
    }
    located
}

/// A home folder, and the system that it belongs to.
struct Home<'a> {
    path: &'a Path,
    platform: Platform,
    environment: &'a Environment,
}

impl Home<'_> {
    fn places(&self, folders: &[Folder]) -> Vec<PathBuf> {
        let mut places: Vec<PathBuf> = Vec::new();
        for folder in folders.iter().filter(|folder| self.has(folder.on)) {
            for start in self.starts(folder.path) {
                for place in matching(&start) {
                    if !places.contains(&place) {
                        places.push(place);
                    }
                }
            }
        }
        places
    }

    fn has(&self, on: On) -> bool {
        match on {
            On::All => true,
            On::Linux => self.platform == Platform::Linux,
            On::MacOs => self.platform == Platform::MacOs,
            On::Windows => self.platform == Platform::Windows,
        }
    }

    /// A path with its beginning replaced; several for the editors.
    fn starts(&self, path: &str) -> Vec<PathBuf> {
        let (token, rest) = path.split_once('/').unwrap_or((path, ""));
        if token == "{editor}" {
            let own = EDITORS.iter().map(|editor| self.base("{user-data}").join(editor));
            let servers =
                SERVERS.iter().map(|server| self.path.join(server.trim_start_matches("~/")));
            return own.chain(servers).map(|base| base.join(rest)).collect();
        }
        vec![self.base(token).join(rest)]
    }

    fn base(&self, token: &str) -> PathBuf {
        let or = |variable: &str, below: &str| {
            let set = self.environment.variable(variable).map(PathBuf::from);
            set.filter(|path| path.is_absolute()).unwrap_or_else(|| self.path.join(below))
        };
        match token {
            "~" => self.path.to_owned(),
            "{data}" => or("XDG_DATA_HOME", ".local/share"),
            "{config}" => or("XDG_CONFIG_HOME", ".config"),
            "{state}" => or("XDG_STATE_HOME", ".local/state"),
            "{support}" => self.path.join("Library/Application Support"),
            "{appdata}" => or("APPDATA", "AppData/Roaming"),
            "{localappdata}" => or("LOCALAPPDATA", "AppData/Local"),
            "{user-data}" => match self.platform {
                Platform::Linux => self.base("{config}"),
                Platform::MacOs => self.base("{support}"),
                Platform::Windows => self.base("{appdata}"),
            },
            other => PathBuf::from(other),
        }
    }
}

/// The paths that a pattern stands for; itself if it has no `*`, or nothing fits.
fn matching(pattern: &Path) -> Vec<PathBuf> {
    let has_star = |path: &Path| path.as_os_str().as_encoded_bytes().contains(&b'*');
    if !has_star(pattern) {
        return vec![pattern.to_owned()];
    }
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let part = part.as_os_str();
        let Some(text) = part.to_str().filter(|text| text.contains('*')) else {
            for path in &mut found {
                path.push(part);
            }
            continue;
        };
        found = found.iter().flat_map(|folder| children(folder, text)).collect();
    }
    found.retain(|path| path.exists());
    if found.is_empty() { vec![pattern.to_owned()] } else { found }
}

/// What lies in a folder and fits, sorted.
fn children(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
    let fitting = entries.filter(|entry| fits(&entry.file_name().to_string_lossy(), pattern));
    let mut paths: Vec<PathBuf> = fitting.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Whether a name fits a pattern in which `*` stands for any run of characters.
pub(crate) fn fits(name: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(before) = last.replace(part) {
            let before: &str = before;
            let Some(at) = rest.find(before) else { return false };
            rest = &rest[at + before.len()..];
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

#[cfg(test)]
mod tests;
