//! The envelope that day files and limits files share: a few lines of head, then one item per line.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Adapter, FormatError, UtcSeconds, Version};

/// The head of a file.
pub(crate) struct Envelope<'a> {
    pub(crate) machine: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) period: &'a str,
    pub(crate) collected_at: UtcSeconds,
    pub(crate) adapter: Option<&'a Adapter>,
    /// Key of the list: `records` or `readings`.
    pub(crate) list: &'a str,
}

/// What the `hash` line is made of: 16 hex digits.
const HASH_BYTES: usize = 8;
/// How the two lines begin that the hash leaves out.
const UNHASHED: [&[u8]; 2] = [b"  \"collectedAt\": ", b"  \"hash\": "];

/// Writes a whole file.
pub(crate) fn write<T: Serialize>(
    envelope: &Envelope<'_>,
    items: impl Iterator<Item = T>,
) -> Vec<u8> {
    write_with(envelope, &[], items)
}

/// Writes a whole file with more texts in its head.
pub(crate) fn write_with<T: Serialize>(
    envelope: &Envelope<'_>,
    more: &[(&str, String)],
    items: impl Iterator<Item = T>,
) -> Vec<u8> {
    let mut list = Vec::new();
    for item in items {
        list.extend_from_slice(if list.is_empty() { b"    " } else { b",\n    " });
        list.extend(json(&item));
    }
    let head = head(envelope, more);
    let tail = [b"  \"", envelope.list.as_bytes(), b"\": [\n", &list, b"\n  ]\n}\n"].concat();
    let mut hasher = Sha256::new();
    hasher.update(&head);
    hasher.update(&tail);
    let hash = HEXLOWER.encode(&hasher.finalize()[..HASH_BYTES]);
    // `collectedAt` stands before `adapter`, where a reader looks for it: split the head there.
    let adapter = b"  \"adapter\": ";
    let split = head.windows(adapter.len()).position(|window| window == adapter);
    let (before, after) = head.split_at(split.unwrap_or(head.len()));
    let volatile = format!("  \"collectedAt\": \"{}\",\n", envelope.collected_at);
    let hash = format!("  \"hash\": \"{hash}\",\n");
    [before, volatile.as_bytes(), after, hash.as_bytes(), &tail].concat()
}

/// The head without the two lines that are not hashed.
fn head(envelope: &Envelope<'_>, more: &[(&str, String)]) -> Vec<u8> {
    let mut head = b"{\n".to_vec();
    let mut entry = |key: &str, value: Vec<u8>| {
        head.extend_from_slice(format!("  \"{key}\": ").as_bytes());
        head.extend(value);
        head.extend_from_slice(b",\n");
    };
    entry("version", json(&Version::CURRENT.to_string()));
    entry("machine", json(&envelope.machine));
    entry("provider", json(&envelope.provider));
    entry("period", json(&envelope.period));
    for (key, text) in more {
        entry(key, json(text));
    }
    if let Some(adapter) = envelope.adapter {
        let name = String::from_utf8_lossy(&json(&adapter.name)).into_owned();
        let revision = adapter.revision;
        entry("adapter", format!("{{ \"name\": {name}, \"revision\": {revision} }}").into_bytes());
    }
    head
}

/// Compact JSON of a value that always serializes: no map with keys that are not text.
fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_else(|_| b"null".to_vec())
}

/// The version of a file of ours, if it is one that is known here.
pub(crate) fn check_version(bytes: &[u8]) -> Result<Version, FormatError> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        version: Option<std::borrow::Cow<'a, str>>,
    }
    let head: Head<'_> =
        serde_json::from_slice(bytes).map_err(|error| FormatError::json(&error))?;
    let text = head.version.ok_or(FormatError::NoVersion)?;
    let version: Version = text.parse()?;
    if version.major == Version::CURRENT.major {
        return Ok(version);
    }
    Err(FormatError::UnknownVersion { found: text.into_owned() })
}

/// Checks the stored hash against the bytes as they are, without the two lines that it leaves out.
///
/// Works on bytes, so that a file of a newer minor version verifies as well.
pub(crate) fn check_hash(bytes: &[u8], stored: &str) -> Result<(), FormatError> {
    let mut hasher = Sha256::new();
    // Lines that stand together are hashed together.
    let (mut from, mut to) = (0, 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if UNHASHED.iter().any(|start| line.starts_with(start)) {
            hasher.update(&bytes[from..to]);
            from = to + line.len();
        }
        to += line.len();
        if line.ends_with(b"[\n") {
            break;
        }
    }
    hasher.update(&bytes[from..]);
    let mut computed = [0; 2 * HASH_BYTES];
    HEXLOWER.encode_mut(&hasher.finalize()[..HASH_BYTES], &mut computed);
    if computed == stored.as_bytes() {
        return Ok(());
    }
    let computed = String::from_utf8_lossy(&computed).into_owned();
    Err(FormatError::HashMismatch { stored: stored.chars().take(40).collect(), computed })
}
