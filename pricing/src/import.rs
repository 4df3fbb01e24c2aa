//! Price tables of others, read into the form of this one.
//!
//! Only vendors' own prices are taken unless resellers are asked for: the same name has other prices there. A row that
//! cannot be read costs itself only.

use std::collections::BTreeMap;

use data_schema::{DatedPrice, PricesFile};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::{PriceError, refresh};

mod litellm;
mod models_dev;

/// In which form a file of prices is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever reads files must handle all")]
pub enum Format {
    /// The form of `pricing/data/prices.json`.
    Table,
    /// `model_prices_and_context_window.json` of <https://github.com/BerriAI/litellm> (read 2026-11-22).
    LiteLlm,
    /// `api.json` of <https://models.dev> (read 2026-11-22).
    ModelsDev,
}

/// What a file of prices holds.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever uses it uses all of it")]
pub struct Imported {
    /// In which form it was.
    pub format: Format,
    /// The table that it is; of another form, one without source and date of its own.
    pub table: PricesFile,
    /// Rows that could not be read, one line each.
    pub notices: Vec<String>,
}

/// What tells a table of this program from others: they have neither as a text.
#[derive(Deserialize)]
struct Root {
    version: Option<IgnoredAny>,
    models: Option<IgnoredAny>,
}

/// Prices by name of the model, and rows that could not be read.
type Models = (BTreeMap<String, Vec<DatedPrice>>, Vec<String>);

/// Reads a file of prices. `source` and `date` say where it comes from, unless it is a table that says so itself.
/// With `resellers`, rows of Bedrock, Vertex, Azure and `OpenRouter` are taken as well, under their whole keys
/// (`azure/eu/gpt-4o`), where their price is not the vendor's.
///
/// # Errors
///
/// None of the known forms, or a table with something that no price can be.
pub fn read(
    bytes: &[u8],
    (source, date): (&str, chrono::NaiveDate),
    resellers: bool,
) -> Result<Imported, PriceError> {
    let root: Root = serde_json::from_slice(bytes)?;
    if root.models.is_some() && root.version.is_some() {
        let table: PricesFile = serde_json::from_slice(bytes)?;
        refresh::check(&table)?;
        return Ok(Imported { format: Format::Table, table, notices: Vec::new() });
    }
    let format = if is_models_dev(bytes) { Format::ModelsDev } else { Format::LiteLlm };
    let (models, notices) = match format {
        Format::ModelsDev => models_dev::models(bytes, resellers)?,
        _ => litellm::models(bytes, resellers)?,
    };
    let table = PricesFile {
        version: data_schema::VERSION.into(),
        source: source.to_owned(),
        date,
        exchange_rates: BTreeMap::new(),
        models,
    };
    if table.models.is_empty() {
        return Err(PriceError::Table(
            "no model with a price: a table of this program, of LiteLLM or of models.dev is meant"
                .to_owned(),
        ));
    }
    refresh::check(&table)?;
    Ok(Imported { format, table, notices })
}

/// Whether the first level is one of vendors with models, and not of models.
fn is_models_dev(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Vendor {
        models: Option<IgnoredAny>,
    }
    let vendors = serde_json::from_slice::<BTreeMap<String, Vendor>>(bytes);
    vendors.is_ok_and(|all| all.values().any(|vendor| vendor.models.is_some()))
}

/// Takes rows of resellers only where their price is not what is found for the same name without them.
fn add_resellers(models: &mut BTreeMap<String, Vec<DatedPrice>>, rows: Vec<(String, DatedPrice)>) {
    for (key, price) in rows {
        let listed = crate::name::spellings(&key).into_iter().find_map(|name| models.get(&name));
        let is_same = listed.is_some_and(|listed| listed.len() == 1 && listed[0] == price);
        if !is_same {
            models.insert(key, vec![price]);
        }
    }
}

#[cfg(test)]
mod tests;
