//! The object that `--json` prints; `docs/reports.md` explains every key.

use chrono_tz::Tz;
use collector::ScannedSource;
use data_schema::summary::{DateRange, WireShare};
use serde::Serialize;
use serde_json::Value;
use summarizer::{Report, Row};

use super::range::Range;
use super::text;
use crate::commands::collect::SourceJson;

/// Keys that are left out with `--no-cost`.
const MONEY: [&str; 6] =
    ["cost", "listUSD", "listPercent", "unpricedTokens", "costPerHourUSD", "projectedCostUSD"];

/// Keys stand in this order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    version: &'a str,
    timezone: &'a str,
    /// The days that are counted; absent if they are all.
    #[serde(skip_serializing_if = "Option::is_none")]
    date_range: Option<DateRange>,
    /// The days of `change`; absent if nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    earlier_range: Option<DateRange>,
    rows: &'a [Row],
    by_provider: &'a [Row],
    totals: &'a Row,
    /// What went through the proxy; absent if nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    wire: Option<WireShare>,
    sources: Vec<SourceJson<'a>>,
}

/// What stands around the rows.
pub(super) struct Frame<'a> {
    pub(super) zone: Tz,
    pub(super) range: Option<Range>,
    pub(super) earlier: Option<Range>,
    pub(super) sources: &'a [ScannedSource],
    pub(super) has_money: bool,
}

pub(super) fn json(made: &Report, frame: &Frame<'_>) -> serde_json::Result<String> {
    let days = |range: Option<Range>| range.map(|(start, end)| DateRange { start, end });
    let json = Json {
        version: data_schema::VERSION,
        timezone: frame.zone.name(),
        date_range: days(frame.range),
        earlier_range: days(frame.earlier),
        rows: &made.rows,
        by_provider: &made.by_provider,
        totals: &made.totals,
        wire: made.wire,
        sources: frame.sources.iter().map(|source| SourceJson::new(&source.report)).collect(),
    };
    let text = if frame.has_money {
        serde_json::to_string_pretty(&json)?
    } else {
        let mut value = serde_json::to_value(&json)?;
        take_money(&mut value);
        serde_json::to_string_pretty(&value)?
    };
    Ok(format!("{}\n", text::json(&text)))
}

fn take_money(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !MONEY.contains(&key.as_str()));
            map.values_mut().for_each(take_money);
        }
        Value::Array(values) => values.iter_mut().for_each(take_money),
        _ => {}
    }
}
