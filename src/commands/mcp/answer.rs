//! What tools take and give.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use collector::interface::INTERFACES;
use collector::source::SOURCES;
use data_schema::nearest;
use rmcp::model::JsonObject;
use rmcp::schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::outcome::Failure;

/// The answer to a question.
pub(super) struct Answer {
    /// For people, and for clients that show no structured content.
    pub(super) text: String,
    pub(super) data: Value,
}

/// One name or several.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(crate = "rmcp::schemars")]
pub(super) enum Names {
    /// One name
    One(String),
    /// Several names
    Several(Vec<String>),
}

impl Names {
    pub(super) fn into_set(self) -> BTreeSet<String> {
        match self {
            Self::One(name) => BTreeSet::from([name]),
            Self::Several(names) => names.into_iter().collect(),
        }
    }
}

/// Reads arguments. What does not fit is told with what to do.
pub(super) fn arguments<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Failure> {
    serde_json::from_value(Value::Object(arguments)).map_err(|error| {
        Failure::Usage(format!(
            "the arguments do not fit: {error}; the input schema of the tool says what fits"
        ))
    })
}

/// Reads a day.
pub(super) fn day(key: &str, text: Option<&str>) -> Result<Option<NaiveDate>, Failure> {
    text.map(|text| {
        text.trim().parse().map_err(|_| {
            Failure::Usage(format!("`{key}`: `{text}` is no day: write it as 2026-01-31"))
        })
    })
    .transpose()
}

/// A source that nobody knows is a mistake, and not one that was never used.
pub(super) fn check_sources<'n>(ids: impl IntoIterator<Item = &'n String>) -> Result<(), Failure> {
    let known = || {
        let sources = SOURCES.iter().map(|source| source.id());
        sources.chain(INTERFACES.iter().map(|interface| interface.id()))
    };
    for id in ids {
        if known().any(|known| known == id) {
            continue;
        }
        let hint = nearest(id, known()).map_or_else(
            || "the tool `sources` lists what is read".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Failure::Usage(format!("`source`: `{id}` is no id of a source: {hint}")));
    }
    Ok(())
}
