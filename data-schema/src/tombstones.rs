//! `tombstones.json` in the data repository's root: what is to be forgotten, on all machines and for ever.
//!
//! A tombstone names nothing: it holds a keyed hash of what is meant, under a random key of its own. Whoever
//! collects, reads or merges asks it whether a record is meant. The set only ever grows; [`Tombstones::union`]
//! is commutative, associative and idempotent, so that it may be merged in any order.
//!
//! ```json
//! {
//!   "version": "2.0",
//!   "tombstones": [
//!     {
//!       "scope": "project",
//!       "salt": "00112233445566778899aabbccddeeff",
//!       "hash": "0123456789abcdef",
//!       "at": "2026-05-01T10:00:00Z"
//!     }
//!   ]
//! }
//! ```

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{DayFile, FormatError, HashId, LimitsFile, Text, UsageRecord, UtcSeconds, Version};

/// Where they stand, from the root of the data repository.
pub const TOMBSTONES_FILE: &str = "tombstones.json";

/// Bytes of a salt.
const SALT_BYTES: usize = 16;
/// Bytes of a hash: 16 hex digits.
const HASH_BYTES: usize = 8;

/// What is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "whoever forgets must handle every kind")]
pub enum Scope {
    /// All records of a project, by its name.
    Project,
    /// Everything that a machine wrote, by the name that it writes under.
    Machine,
    /// Everything of a source, by its id.
    Source,
    /// All records of a session, by its hash in 16 hex digits.
    Session,
}

/// One thing that is forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Tombstone {
    /// `project`, `machine`, `source` or `session`; another word of a newer version is kept and forgets nothing.
    pub scope: String,
    /// The key of the hash: 32 hex digits, random.
    pub salt: String,
    /// 16 hex digits of SHA-256(salt, SHA-256(salt, scope, 0, value)).
    pub hash: String,
    /// When it was written.
    pub at: UtcSeconds,
    /// Fields of a newer version, kept as they were.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// A tombstone's identity.
type Key = (String, String, String);

/// All tombstones of a data repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstones {
    version: Version,
    all: BTreeMap<Key, Tombstone>,
    /// Keys of a newer version.
    other: BTreeMap<String, Value>,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct File {
    version: String,
    tombstones: Vec<Tombstone>,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

impl Scope {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Project, Self::Machine, Self::Source, Self::Session];

    /// The word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Machine => "machine",
            Self::Source => "source",
            Self::Session => "session",
        }
    }
}

impl Tombstone {
    /// A tombstone for something; `salt` must be random.
    pub fn new(scope: Scope, value: &str, salt: [u8; SALT_BYTES], at: UtcSeconds) -> Self {
        Self {
            scope: scope.word().to_owned(),
            salt: HEXLOWER.encode(&salt),
            hash: HEXLOWER.encode(&keyed_hash(&salt, scope, value)),
            at,
            other: BTreeMap::new(),
        }
    }

    /// Checks salt and hash.
    fn check(&self) -> Result<(), FormatError> {
        for (field, digits, bytes) in
            [("salt", &self.salt, SALT_BYTES), ("hash", &self.hash, HASH_BYTES)]
        {
            let is_right = digits.len() == 2 * bytes && HEXLOWER.decode(digits.as_bytes()).is_ok();
            if !is_right {
                let message = format!("must be {} hex digits", 2 * bytes);
                return Err(FormatError::Field { field, message });
            }
        }
        Ok(())
    }

    fn key(&self) -> Key {
        (self.scope.clone(), self.hash.clone(), self.salt.clone())
    }
}

/// The hash of something under a key, nested so that nothing can be appended to what was hashed.
fn keyed_hash(salt: &[u8], scope: Scope, value: &str) -> [u8; HASH_BYTES] {
    let mut inner = Sha256::new();
    inner.update(salt);
    inner.update(scope.word());
    inner.update([0]);
    inner.update(value);
    let mut outer = Sha256::new();
    outer.update(salt);
    outer.update(inner.finalize());
    let mut hash = [0; HASH_BYTES];
    hash.copy_from_slice(&outer.finalize()[..HASH_BYTES]);
    hash
}

impl Default for Tombstones {
    fn default() -> Self {
        Self { version: Version::CURRENT, all: BTreeMap::new(), other: BTreeMap::new() }
    }
}

impl Tombstones {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// Not JSON of that shape, an unknown major version, a salt or hash that is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let file: File =
            serde_json::from_slice(bytes).map_err(|error| FormatError::json(&error))?;
        let version: Version = file.version.parse()?;
        if version.major != Version::CURRENT.major {
            return Err(FormatError::UnknownVersion { found: file.version });
        }
        let mut tombstones = Self { version, all: BTreeMap::new(), other: file.other };
        for tombstone in file.tombstones {
            tombstone.check()?;
            tombstones.insert(tombstone);
        }
        Ok(tombstones)
    }

    /// The file's bytes: 2-space JSON, sorted, newline at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let file = File {
            version: self.version.to_string(),
            tombstones: self.all.values().cloned().collect(),
            other: self.other.clone(),
        };
        let mut bytes = serde_json::to_vec_pretty(&file).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Adds one.
    pub fn insert(&mut self, tombstone: Tombstone) {
        match self.all.entry(tombstone.key()) {
            std::collections::btree_map::Entry::Vacant(empty) => {
                empty.insert(tombstone);
            }
            std::collections::btree_map::Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.at = known.at.min(tombstone.at);
                join_values(&mut known.other, tombstone.other);
            }
        }
    }

    /// What either of two files says. Commutative, associative and idempotent.
    #[must_use]
    pub fn union(mut self, other: Self) -> Self {
        self.version = self.version.max(other.version);
        join_values(&mut self.other, other.other);
        other.all.into_values().for_each(|tombstone| self.insert(tombstone));
        self
    }

    /// Number of tombstones.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether nothing is forgotten.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether something of this name is forgotten.
    pub fn covers(&self, scope: Scope, value: &str) -> bool {
        self.memory().covers(scope, value)
    }

    /// Whether a record is forgotten. Whoever asks about many keeps a [`Tombstones::memory`].
    pub fn forgets(&self, machine: &str, provider: &str, record: &UsageRecord) -> bool {
        let mut memory = self.memory();
        memory.forgets_source(machine, provider) || memory.forgets_record(record)
    }

    /// The file without what is forgotten; `None` if nothing is left.
    pub fn strip(&self, file: &DayFile) -> Option<DayFile> {
        let mut memory = self.memory();
        if memory.forgets_source(&file.machine, &file.provider) {
            return None;
        }
        let mut file = file.clone();
        file.records.retain(|record| !memory.forgets_record(record));
        let revisions = file.records.iter().map(|record| record.usage.revision);
        file.adapter.revision = revisions.max()?;
        Some(file)
    }

    /// The same for limits, which belong to a machine and a source and to nothing else.
    pub fn strip_limits(&self, file: &LimitsFile) -> Option<LimitsFile> {
        let forgets = self.memory().forgets_source(&file.machine, &file.provider);
        (!forgets).then(|| file.clone())
    }

    /// Gets ready to be asked about many records.
    pub fn memory(&self) -> Memory {
        let mut memory = Memory::default();
        for tombstone in self.all.values() {
            let scope = Scope::ALL.into_iter().find(|scope| scope.word() == tombstone.scope);
            let decode = |digits: &str| HEXLOWER.decode(digits.as_bytes()).ok();
            let (Some(scope), Some(salt), Some(hash)) =
                (scope, decode(&tombstone.salt), decode(&tombstone.hash))
            else {
                continue;
            };
            let (Ok(salt), Ok(hash)) = (salt.try_into(), hash.try_into()) else { continue };
            memory.marks[scope as usize].push((salt, hash));
        }
        memory
    }
}

/// Every key survives, with the greater text where both have it.
fn join_values(known: &mut BTreeMap<String, Value>, more: BTreeMap<String, Value>) {
    for (key, value) in more {
        let text = |value: &Value| value.to_string();
        let is_greater = known.get(&key).map(text) < Some(text(&value));
        if is_greater {
            known.insert(key, value);
        }
    }
}

/// Tombstones with the answers that have been given: every name is hashed once.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Salts and hashes by the place of their scope.
    marks: [Vec<([u8; SALT_BYTES], [u8; HASH_BYTES])>; 4],
    names: [FxHashMap<Text, bool>; 4],
    sessions: FxHashMap<HashId, bool>,
}

impl Memory {
    /// Whether nothing is forgotten.
    pub fn is_empty(&self) -> bool {
        self.marks.iter().all(Vec::is_empty)
    }

    /// Whether something of a kind is forgotten.
    pub fn has(&self, scope: Scope) -> bool {
        !self.marks[scope as usize].is_empty()
    }

    /// Whether something of this name is forgotten.
    pub fn covers(&mut self, scope: Scope, value: &str) -> bool {
        if !self.has(scope) {
            return false;
        }
        let names = &mut self.names[scope as usize];
        if let Some(known) = names.get(value) {
            return *known;
        }
        let marks = &self.marks[scope as usize];
        let is_meant = marks.iter().any(|(salt, hash)| keyed_hash(salt, scope, value) == *hash);
        names.insert(Text::from(value), is_meant);
        is_meant
    }

    /// Whether everything of a source on a machine is forgotten.
    pub fn forgets_source(&mut self, machine: &str, provider: &str) -> bool {
        self.covers(Scope::Machine, machine) || self.covers(Scope::Source, provider)
    }

    /// Whether a session is forgotten.
    pub fn forgets_session(&mut self, session: HashId) -> bool {
        if !self.has(Scope::Session) {
            return false;
        }
        if let Some(known) = self.sessions.get(&session) {
            return *known;
        }
        let value = session.to_string();
        let marks = &self.marks[Scope::Session as usize];
        let is_meant =
            marks.iter().any(|(salt, hash)| keyed_hash(salt, Scope::Session, &value) == *hash);
        self.sessions.insert(session, is_meant);
        is_meant
    }

    /// Whether a record is forgotten by its project or session.
    pub fn forgets_record(&mut self, record: &UsageRecord) -> bool {
        let part = &record.attribution;
        part.project.as_ref().is_some_and(|project| self.covers(Scope::Project, project))
            || part.session.is_some_and(|session| self.forgets_session(session))
    }
}

/// The JSON Schema of the file.
#[cfg(feature = "schema")]
pub fn tombstones_schema() -> schemars::Schema {
    schemars::schema_for!(File)
}

#[cfg(test)]
mod tests;
