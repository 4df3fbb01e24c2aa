//! `raw/<machine>/machine.json`: who writes below this folder.

use serde::{Deserialize, Serialize};

use crate::{FormatError, UtcSeconds};

/// A machine's card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct MachineFile {
    /// `2.0`.
    pub version: String,
    /// Name of the machine, as in the path.
    pub machine: String,
    /// Random, made on the first run: two machines with one name are told apart by it.
    pub id: String,
    /// First collection.
    pub first_collected: UtcSeconds,
    /// Versions of the programs that collected here, sorted.
    pub programs: Vec<String>,
}

impl MachineFile {
    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads a card.
    ///
    /// # Errors
    ///
    /// Not JSON of that shape.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        serde_json::from_slice(bytes).map_err(|error| FormatError::json(&error))
    }
}
