//! `keys.json`: the proxy's own keys, without what opens anything.
//!
//! The file is replaced as a whole, by one program at a time. What a newer version wrote into it is kept; what cannot
//! be understood is told and left alone.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use data_schema::{Confidential, Text, UtcSeconds};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::gate::limit::Limit;
use crate::gate::rate::Rate;
use crate::gate::secret::{self, KeyHash};
use crate::{pattern, private};

/// Name of the file in the proxy's folder.
pub(crate) const FILE: &str = "keys.json";
/// What one program at a time holds while it changes the file.
const LOCK: &str = "keys.lock";
/// The version of the file that is written, and the newest that is understood.
const VERSION: u32 = 1;
/// Letters of a name at most.
const LONGEST_NAME: usize = 40;

/// Why keys cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// A file cannot be read or written.
    #[error("the proxy's keys: {0}")]
    Io(#[from] io::Error),
    /// The file is not what was written.
    #[error("{path} is damaged and was left as it is: {reason}; mend it, or move it away to begin anew", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        reason: String,
    },
    /// The file is of a newer program.
    #[error("{path} has version {version}, and this program knows {VERSION}: use a newer one", path = path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// No key has this name.
    #[error("there is no key `{name}`; there are: {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// What was asked for cannot be.
    #[error("{0}")]
    Refused(String),
    /// The system has no random bytes.
    #[error("no key can be made: {0}")]
    Random(#[from] getrandom::Error),
}

/// One key, without the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Key {
    /// The name under which the ledger has it.
    pub name: Text,
    /// The key's first letters behind `tm_`: no secret.
    pub id: String,
    /// SHA-256 of the key.
    pub(crate) hash: KeyHash,
    /// When the name was given.
    pub created: UtcSeconds,
    /// When the key was replaced last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated: Option<UtcSeconds>,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<UtcSeconds>,
    /// What it is for and what it may do.
    #[serde(flatten)]
    pub terms: Terms,
    /// Fields of a newer version, kept as they were.
    #[serde(flatten)]
    pub(crate) other: BTreeMap<String, Value>,
}

/// What a key is for and what it may do. Empty = everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "the command fills it field by field")]
pub struct Terms {
    /// From when on it opens nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<UtcSeconds>,
    /// The project that its requests are charged to, whatever they say themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<Text>,
    /// Patterns of models that it opens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// Names of upstreams that it opens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub upstreams: Vec<String>,
    /// The upstream that answers where nothing else was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Text>,
    /// What may be used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Limit>,
    /// How fast.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<Rate>,
}

/// All keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Keys {
    version: u32,
    /// In the order in which they were made.
    pub keys: Vec<Key>,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

/// A key that was made just now: the one time that it can be shown.
#[derive(Debug)]
#[non_exhaustive]
pub struct NewKey {
    /// Its name.
    pub name: Text,
    /// The key itself.
    pub key: Confidential,
}

impl Key {
    /// Why it opens nothing at a moment: `revoked` or `expired`.
    pub fn closed(&self, now: UtcSeconds) -> Option<&'static str> {
        if self.revoked.is_some() {
            return Some("revoked");
        }
        self.terms.expires.is_some_and(|expires| expires <= now).then_some("expired")
    }

    /// Whether it opens a model.
    pub(crate) fn opens_model(&self, model: Option<&str>) -> bool {
        let patterns = &self.terms.models;
        let fits = |model: &str| patterns.iter().any(|known| pattern::fits(known, model));
        patterns.is_empty() || model.is_some_and(fits)
    }

    /// Whether it opens an upstream.
    pub(crate) fn opens_upstream(&self, upstream: &str) -> bool {
        let names = &self.terms.upstreams;
        names.is_empty() || names.iter().any(|name| name == upstream)
    }
}

impl Keys {
    /// The keys in the proxy's folder; none if there is no file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is damaged, or is of a newer program.
    pub fn read(folder: &Path) -> Result<Self, KeysError> {
        let path = folder.join(FILE);
        match fs_err::read(&path) {
            Ok(bytes) => Self::parse(&path, &bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Self { version: VERSION, keys: Vec::new(), other: BTreeMap::new() })
            }
            Err(error) => Err(error.into()),
        }
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, KeysError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let damaged = |reason: String| KeysError::Damaged { path: path.to_owned(), reason };
        let found: Version =
            serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
        if found.version > VERSION {
            return Err(KeysError::Newer { path: path.to_owned(), version: found.version });
        }
        let keys: Self =
            serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
        for (number, key) in keys.keys.iter().enumerate() {
            let earlier = &keys.keys[..number];
            if earlier.iter().any(|other| other.name == key.name || other.id == key.id) {
                return Err(damaged(format!("name or id of `{}` stands in it twice", key.name)));
            }
        }
        Ok(keys)
    }

    /// Changes the keys in a folder. Only one program at a time does; nothing is written if the change fails.
    ///
    /// # Errors
    ///
    /// Those of [`Keys::read`], of the change, and of writing.
    pub fn edit<T>(
        folder: &Path,
        change: impl FnOnce(&mut Self) -> Result<T, KeysError>,
    ) -> Result<T, KeysError> {
        private::create_folder(folder)?;
        let mut options = fs_err::OpenOptions::new();
        let lock = options.create(true).truncate(false).write(true).open(folder.join(LOCK))?;
        lock.file().lock()?;
        let mut keys = Self::read(folder)?;
        let changed = change(&mut keys)?;
        let mut bytes = serde_json::to_vec_pretty(&keys).map_err(io::Error::from)?;
        bytes.push(b'\n');
        private::replace(&folder.join(FILE), &bytes)?;
        Ok(changed)
    }

    /// The key of a name.
    ///
    /// # Errors
    ///
    /// There is none; the error lists the names.
    pub fn get(&self, name: &str) -> Result<&Key, KeysError> {
        self.keys.iter().find(|key| *key.name == *name).ok_or_else(|| self.unknown(name))
    }

    fn get_mut(&mut self, name: &str) -> Result<&mut Key, KeysError> {
        let unknown = self.unknown(name);
        self.keys.iter_mut().find(|key| *key.name == *name).ok_or(unknown)
    }

    fn unknown(&self, name: &str) -> KeysError {
        let names: Vec<&str> = self.keys.iter().map(|key| &*key.name).collect();
        let known = if names.is_empty() { "none yet".to_owned() } else { names.join(", ") };
        KeysError::Unknown { name: name.to_owned(), known }
    }

    /// Makes a key.
    ///
    /// # Errors
    ///
    /// The name is none, or is taken: the ledger knows keys by their names, so that even that of a revoked key is not
    /// given twice.
    pub fn create(
        &mut self,
        name: &str,
        terms: Terms,
        now: UtcSeconds,
    ) -> Result<NewKey, KeysError> {
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_letter) {
            let text = format!(
                "a name has 1 to {LONGEST_NAME} of the letters a-z, A-Z, 0-9, `-`, `_`, `.`"
            );
            return Err(KeysError::Refused(text));
        }
        if let Ok(key) = self.get(name) {
            let what = if key.revoked.is_some() { ", which is revoked" } else { "" };
            return Err(KeysError::Refused(format!(
                "there is a key `{name}` already{what}: the ledger knows keys by their names, so take another, or `rotate` it"
            )));
        }
        let (key, id) = self.draw()?;
        let name = Text::from(name);
        self.keys.push(Key {
            name: Text::clone(&name),
            id,
            hash: KeyHash::of(key.expose()),
            created: now,
            rotated: None,
            revoked: None,
            terms,
            other: BTreeMap::new(),
        });
        Ok(NewKey { name, key })
    }

    /// Takes a key back. Taking it back again changes nothing.
    ///
    /// # Errors
    ///
    /// There is none of this name.
    pub fn revoke(&mut self, name: &str, now: UtcSeconds) -> Result<(), KeysError> {
        self.get_mut(name)?.revoked.get_or_insert(now);
        Ok(())
    }

    /// Puts a new key in the place of one, under the same name and with the same budgets. The old one opens nothing
    /// any more.
    ///
    /// # Errors
    ///
    /// There is none of this name, or it is revoked.
    pub fn rotate(&mut self, name: &str, now: UtcSeconds) -> Result<NewKey, KeysError> {
        let (key, id) = self.draw()?;
        let found = self.get_mut(name)?;
        if found.revoked.is_some() {
            return Err(KeysError::Refused(format!("the key `{name}` is revoked: create another")));
        }
        found.id = id;
        found.hash = KeyHash::of(key.expose());
        found.rotated = Some(now);
        Ok(NewKey { name: Text::clone(&found.name), key })
    }

    /// A new key whose id no other has.
    fn draw(&self) -> Result<(Confidential, String), KeysError> {
        loop {
            let key = secret::draw(secret::PREFIX)?;
            let id = secret::id(key.expose()).unwrap_or_default().to_owned();
            if !self.keys.iter().any(|other| other.id == id) {
                return Ok((key, id));
            }
        }
    }
}

#[cfg(test)]
mod tests;
