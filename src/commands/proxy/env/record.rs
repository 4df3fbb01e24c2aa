//! What was changed in a client's settings file, kept in `<data>/proxy/clients/<client>.json`: enough to take it back
//! byte for byte, and no more of the file than what was replaced.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use data_schema::UtcSeconds;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::outcome::Failure;
use crate::private;

/// What was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    pub(crate) client: String,
    pub(crate) file: PathBuf,
    /// Whether the file was there before.
    pub(crate) existed: bool,
    pub(crate) at: UtcSeconds,
    /// The proxy's address.
    pub(crate) address: String,
    pub(crate) changes: Vec<Change>,
    /// How the text changed, in this order.
    pub(crate) splices: Vec<Splice>,
    /// SHA-256 of the file as it was written, in hex.
    pub(crate) written: String,
}

/// A value that was set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) path: Vec<String>,
    /// What stood there.
    pub(crate) before: Option<Value>,
    pub(crate) ours: Value,
    /// How many groups above it were there.
    pub(crate) depth: usize,
}

/// A piece of text that took the place of another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Splice {
    /// Where, in bytes.
    pub(crate) at: usize,
    pub(crate) old: String,
    /// Bytes of the new piece.
    pub(crate) new: usize,
}

impl Splice {
    /// The difference of two texts.
    pub(crate) fn between(old: &str, new: &str) -> Self {
        let same = |(one, other): &(char, char)| one == other;
        let start: usize = old
            .chars()
            .zip(new.chars())
            .take_while(same)
            .map(|(letter, _)| letter.len_utf8())
            .sum();
        let (old, new) = (&old[start..], &new[start..]);
        let ends = old.chars().rev().zip(new.chars().rev());
        let end: usize = ends.take_while(same).map(|(letter, _)| letter.len_utf8()).sum();
        Self { at: start, old: old[..old.len() - end].to_owned(), new: new.len() - end }
    }

    /// The text before it. `None` where it does not fit.
    fn undone(&self, text: &str) -> Option<String> {
        let end = self.at.checked_add(self.new)?;
        Some(format!("{}{}{}", text.get(..self.at)?, self.old, text.get(end..)?))
    }
}

/// SHA-256 in hex.
pub(crate) fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl Record {
    fn folder(data: &Path) -> PathBuf {
        super::super::folder(data).join("clients")
    }

    fn path(data: &Path, client: &str) -> PathBuf {
        Self::folder(data).join(format!("{client}.json"))
    }

    /// What is known of a client.
    ///
    /// # Errors
    ///
    /// The file is there and cannot be read: what it knew must not be overwritten.
    pub(crate) fn read(data: &Path, client: &str) -> Result<Option<Self>, Failure> {
        let path = Self::path(data, client);
        match fs_err::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
                anyhow::anyhow!(
                    "{}: {error}; it says what was changed: mend it, or move it away",
                    path.display()
                )
                .into()
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps it.
    pub(crate) fn write(&self, data: &Path) -> Result<(), Failure> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(private::replace(&Self::path(data, &self.client), &bytes)?)
    }

    /// Forgets it.
    pub(crate) fn forget(data: &Path, client: &str) -> Result<(), Failure> {
        match fs_err::remove_file(Self::path(data, client)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// The text before it, byte for byte, if this one is what was written.
    pub(crate) fn original(&self, text: &str) -> Option<String> {
        if digest(text) != self.written {
            return None;
        }
        self.splices.iter().rev().try_fold(text.to_owned(), |text, splice| splice.undone(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_splice_leads_back_whatever_the_letters_are() {
        for (old, new) in [
            ("", "abc"),
            ("abc", ""),
            ("aaa", "aa"),
            ("aé日b", "aé本b"),
            ("{\r\n}", "{\r\n  \"x\": 1\r\n}"),
            ("same", "same"),
        ] {
            let splice = Splice::between(old, new);
            assert_eq!(splice.undone(new).as_deref(), Some(old), "{old} {new} {splice:?}");
        }
        let splice = Splice { at: 9, old: String::new(), new: usize::MAX };
        assert_eq!(splice.undone("short"), None);
    }
}
