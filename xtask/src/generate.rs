//! `cargo xtask generate`: files that are made from types and tables. `cargo xtask check` compares them.

use std::path::Path;

use anyhow::Result;
use data_schema::settings::SharedSettings;
use data_schema::summary::{
    BudgetsFile, DailySummary, DimensionSummary, HoursFile, LatestFile, LimitsSummary, MetaFile,
    MonthlySummary, PlansFile, PricesSummary, ReconcileFile, SessionsFile, Shard, SiteFile,
    WeeklySummary,
};
use data_schema::{LedgerEntry, LimitReading, MachineFile, PricesFile, UtcSeconds, fields};
use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};

use crate::sources;

/// Where the schemas lie.
const SCHEMAS: &str = "data-schema/schema";
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Writes every file that is not as it should be, or with `check` only names it.
pub(crate) fn run(root: &Path, check: bool) -> Result<Vec<String>> {
    let mut stale = Vec::new();
    for (path, text) in files()? {
        let target = root.join(&path);
        if fs_err::read_to_string(&target).is_ok_and(|known| known == text) {
            continue;
        }
        if !check {
            fs_err::create_dir_all(target.parent().unwrap_or(root))?;
            fs_err::write(&target, text)?;
        }
        stale.push(path);
    }
    Ok(stale)
}

fn files() -> Result<Vec<(String, String)>> {
    let schemas: [(&str, Value); 24] = [
        ("day-file", day_file()),
        ("day-file-1.0", day_file_v1()),
        ("day-sums-file", day_sums_file()),
        ("limits-file", limits_file()),
        ("ledger-line", of::<LedgerEntry>()),
        ("machine", of::<MachineFile>()),
        ("token-matters-yaml", of::<SharedSettings>()),
        ("tombstones", data_schema::tombstones_schema().to_value()),
        ("prices", of::<PricesFile>()),
        ("summary-latest", of::<LatestFile>()),
        ("summary-meta", of::<MetaFile>()),
        ("summary-daily", of::<DailySummary>()),
        ("summary-weekly", of::<WeeklySummary>()),
        ("summary-monthly", of::<MonthlySummary>()),
        ("summary-dimension", of::<DimensionSummary>()),
        ("summary-hours", of::<HoursFile>()),
        ("summary-limits", of::<LimitsSummary>()),
        ("summary-shard", of::<Shard>()),
        ("summary-site", of::<SiteFile>()),
        ("summary-sessions", of::<SessionsFile>()),
        ("summary-prices", of::<PricesSummary>()),
        ("summary-budgets", of::<BudgetsFile>()),
        ("summary-plans", of::<PlansFile>()),
        ("summary-reconcile", of::<ReconcileFile>()),
    ];
    let mut files = vec![
        ("docs/fields.md".to_owned(), fields::markdown()),
        ("docs/sources.md".to_owned(), sources::markdown()?),
    ];
    for (name, schema) in schemas {
        let text = serde_json::to_string_pretty(&schema)?;
        files.push((format!("{SCHEMAS}/{name}.json"), text + "\n"));
    }
    Ok(files)
}

fn of<T: JsonSchema>() -> Value {
    schema_for!(T).to_value()
}

/// What day files and limits files begin with.
fn envelope(title: &str, list: &str, item: &Value, more: &[(&str, Value)]) -> Value {
    let mut properties = json!({
        "version": { "type": "string", "pattern": "^2\\.[0-9]+$" },
        "machine": { "type": "string" },
        "provider": { "type": "string" },
        "period": { "type": "string" },
        "collectedAt": { "type": "string", "description": "when this content was first written; not hashed" },
        "hash": { "type": "string", "pattern": "^[0-9a-f]{16}$", "description": "SHA-256 over the file without the collectedAt and hash lines, 16 hex digits" },
    });
    let mut required =
        vec!["version", "machine", "provider", "period", "collectedAt", "hash", list];
    properties[list] = json!({ "type": "array", "minItems": 1, "items": item });
    for (name, schema) in more {
        properties[*name] = schema.clone();
        required.push(name);
    }
    json!({ "$schema": DRAFT, "title": title, "type": "object", "required": required, "properties": properties })
}

fn day_file() -> Value {
    let adapter = json!({
        "type": "object",
        "required": ["name", "revision"],
        "properties": { "name": { "type": "string" }, "revision": { "type": "integer", "minimum": 0 } },
    });
    envelope("DayFile", "records", &fields::record_schema(), &[("adapter", adapter)])
}

fn limits_file() -> Value {
    let mut reading = of::<LimitReading>();
    // References point to the root of the file, so the definitions must stand there.
    let definitions = reading.as_object_mut().and_then(|reading| {
        reading.remove("$schema");
        reading.remove("$defs")
    });
    let mut file = envelope("LimitsFile", "readings", &reading, &[]);
    if let Some(definitions) = definitions {
        file["$defs"] = definitions;
    }
    file
}

/// Day sums that were taken over from 1.x.
fn day_sums_file() -> Value {
    let count = json!({ "type": "integer", "minimum": 0, "maximum": data_schema::MAX_COUNT });
    let time = of::<UtcSeconds>();
    let time = json!({ "type": "string", "pattern": time["pattern"] });
    let sum = json!({
        "type": "object",
        "required": ["date", "from", "to", "model"],
        "properties": {
            "date": { "type": "string", "format": "date", "description": "the day, as 1.x named it" },
            "from": time,
            "to": time,
            "model": { "type": "string" },
            "inputTokens": count,
            "cacheReadTokens": count,
            "cacheCreationTokens": count,
            "outputTokens": count,
            "totalTokens": count,
            "requests": { "type": "integer", "minimum": 0 },
            "quality": { "enum": ["exact", "partial", "estimated"] },
        },
    });
    let zone =
        json!({ "type": "string", "description": "the IANA zone whose days the sums are about" });
    let mut file = envelope("DaySumsFile", "sums", &sum, &[("zone", zone)]);
    file["properties"]["coveredSince"] = json!({
        "type": "string",
        "pattern": time["pattern"],
        "description": "from when on the records of this machine and provider count, and the sums are a second opinion",
    });
    file
}

/// The format of 1.x, which is read and never written.
fn day_file_v1() -> Value {
    let count = json!({ "type": "number" });
    let record = json!({
        "type": "object",
        "properties": {
            "model": { "type": "string" },
            "inputTokens": count,
            "outputTokens": count,
            "cacheCreationTokens": count,
            "cacheReadTokens": count,
            "totalTokens": count,
            "requests": count,
        },
    });
    json!({
        "$schema": DRAFT,
        "title": "DayFileV1",
        "type": "object",
        "required": ["version", "collectedAt", "machine", "provider", "date", "records"],
        "properties": {
            "version": { "const": "1.0" },
            "collectedAt": { "type": "string" },
            "machine": { "type": "string" },
            "provider": { "type": "string" },
            "date": { "type": "string", "format": "date" },
            "dataQuality": { "enum": ["exact", "partial", "estimated"] },
            "records": { "type": "array", "items": record },
        },
    })
}
