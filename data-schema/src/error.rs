//! What can be wrong with a file of ours.
//!
//! A variant says what failed; the caller, who knows the path, adds it. Messages start lower-case,
//! have no full stop and say what to do where there is something to do.

use thiserror::Error;

/// What is wrong with a day file, a settings file or a value in one.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The file is not JSON of the expected shape.
    #[error("line {line}, column {column}: {message}")]
    Json {
        /// Line in the file, from 1.
        line: usize,
        /// Column in the line, from 1.
        column: usize,
        /// What the parser expected.
        message: String,
    },
    /// The envelope has no `version`, or one that is not two numbers.
    #[error("not a file of ours: no `version` like \"2.0\"")]
    NoVersion,
    /// Written by a program with another idea of the format.
    #[error("format version {found} is not known here (known: 1.0 and 2.x): update token-matters")]
    UnknownVersion {
        /// The version in the file.
        found: String,
    },
    /// The content is not what was hashed when it was written.
    #[error("the content does not match its hash: stored {stored}, computed {computed}")]
    HashMismatch {
        /// As the file says.
        stored: String,
        /// Over the bytes as they are.
        computed: String,
    },
    /// A field holds what it must not hold.
    #[error("field `{field}`: {message}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// Not a decimal amount with at most 12 digits behind the point.
    #[error("`{0}` is not a decimal amount with at most 12 digits behind the point")]
    Money(String),
    /// Not a time in UTC.
    #[error("`{0}` is not a time like 2026-05-01T10:00:00Z")]
    Time(String),
    /// Not an id of the expected length and alphabet.
    #[error("`{0}` is not an id of {1} characters")]
    Id(String, usize),
}

impl FormatError {
    /// Wraps a JSON error with its place.
    pub(crate) fn json(error: &serde_json::Error) -> Self {
        let full = error.to_string();
        let suffix = format!(" at line {} column {}", error.line(), error.column());
        Self::Json {
            line: error.line(),
            column: error.column(),
            message: full.strip_suffix(&suffix).unwrap_or(&full).to_owned(),
        }
    }
}
