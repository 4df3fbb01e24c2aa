//! The rows of an export: what each column holds. `docs/export.md` is their contract.

use std::collections::HashMap;

use chrono_tz::Tz;
use data_schema::fields::{FIELDS, FieldKind};
use data_schema::settings::SharedSettings;
use data_schema::{Money, Text, UsageRecord};
use pricing::{Cost, ModelPrices, Payer, PriceBook};
use serde::Serialize;
use serde_json::{Map, Value};
use store::Problem;
use summarizer::{Fact, Facts};

use super::Request;
use super::file::Failed;

/// Version of the columns: the first number is raised when one is taken away, moved or means something else.
pub(super) const SCHEMA_VERSION: &str = "1.0";
/// Fields of a record that a day sum does not have.
const NOT_OF_SUMS: [&str; 4] = ["id", "at", "revision", "was"];

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A whole number.
    Count,
    /// `2026-05-01`.
    Day,
    /// `2026-05-01T10:00:00Z`.
    Time,
    /// A decimal number with 12 digits behind the point at most.
    Decimal,
}

const FIRST: [(&str, Kind); 6] = [
    ("schemaVersion", Kind::Text),
    ("row", Kind::Text),
    ("day", Kind::Day),
    ("zone", Kind::Text),
    ("machine", Kind::Text),
    ("provider", Kind::Text),
];
const LAST: [(&str, Kind); 6] = [
    ("allTokens", Kind::Count),
    ("payer", Kind::Text),
    ("listUSD", Kind::Decimal),
    ("billedUSD", Kind::Decimal),
    ("coveredUSD", Kind::Decimal),
    ("priceBook", Kind::Text),
];

/// All columns, in their order.
pub(super) fn columns() -> impl Iterator<Item = (&'static str, Kind)> {
    let fields = FIELDS.iter().map(|field| {
        let kind = match field.kind {
            FieldKind::Count => Kind::Count,
            FieldKind::Time => Kind::Time,
            FieldKind::Decimal => Kind::Decimal,
            FieldKind::Id
            | FieldKind::Ids
            | FieldKind::Hash
            | FieldKind::Text
            | FieldKind::OneOf(_) => Kind::Text,
        };
        (field.name, kind)
    });
    FIRST.into_iter().chain(fields).chain(LAST)
}

/// What is exported, with what it takes to show it.
pub(super) struct Source {
    facts: Facts,
    settings: SharedSettings,
    book: PriceBook,
    pub(super) zone: &'static str,
    /// Day and number of the price book.
    pub(super) price_book: String,
    pub(super) problems: Vec<Problem>,
}

/// One row.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row<'a> {
    schema_version: &'a str,
    #[serde(rename = "row")]
    kind: &'a str,
    day: String,
    zone: &'a str,
    machine: &'a str,
    provider: &'a str,
    #[serde(flatten)]
    record: Record<'a>,
    all_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer: Option<&'a str>,
    #[serde(rename = "listUSD", skip_serializing_if = "Option::is_none")]
    list_usd: Option<Money>,
    #[serde(rename = "billedUSD", skip_serializing_if = "Option::is_none")]
    billed_usd: Option<Money>,
    #[serde(rename = "coveredUSD", skip_serializing_if = "Option::is_none")]
    covered_usd: Option<Money>,
    price_book: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Record<'a> {
    Response(&'a UsageRecord),
    DaySum(Value),
}

impl Source {
    pub(super) fn new(
        facts: Facts,
        settings: SharedSettings,
        book: PriceBook,
        (zone, problems): (Tz, Vec<Problem>),
    ) -> Self {
        let price_book = format!("{} {:016x}", book.as_of(), book.fingerprint());
        Self { facts, settings, book, zone: zone.name(), price_book, problems }
    }

    /// Hands out all rows that are asked for, the earliest first. No more than a month of them is in memory.
    pub(super) fn each(
        &self,
        request: &Request<'_>,
        mut take: impl FnMut(&Row<'_>) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        // Looked up once for many responses.
        let mut prices: HashMap<(Text, Text), ModelPrices<'_>> = HashMap::new();
        self.facts.each(request.days, |fact| {
            let is_wanted = request.sources.is_empty()
                || request.sources.iter().any(|id| **id == **fact.provider);
            if !is_wanted {
                return Ok(());
            }
            let name = (fact.provider.clone(), fact.record.usage.model.clone());
            let prices = prices
                .entry(name)
                .or_insert_with_key(|(provider, model)| self.book.of_model(provider, model));
            take(&self.row(fact, prices))
        })
    }

    fn row<'a>(&'a self, fact: &Fact<'a>, prices: &ModelPrices<'_>) -> Row<'a> {
        let machine = self.settings.machine_names.get(&**fact.machine);
        let bill = prices.bill(fact.record, fact.day);
        let list = match bill.list {
            Cost::Priced(amount) => Some(amount),
            Cost::Unpriced => None,
        };
        Row {
            schema_version: SCHEMA_VERSION,
            kind: if fact.is_day_sum { "daySum" } else { "response" },
            day: fact.day.to_string(),
            zone: self.zone,
            machine: machine.map_or(&**fact.machine, String::as_str),
            provider: fact.provider,
            record: if fact.is_day_sum {
                of_sum(fact.record)
            } else {
                Record::Response(fact.record)
            },
            all_tokens: fact.record.usage.total(),
            payer: match bill.payer {
                Payer::Metered => Some("metered"),
                Payer::Plan => Some("plan"),
                Payer::Unknown => None,
            },
            list_usd: list,
            billed_usd: bill.billed,
            covered_usd: list.filter(|_| bill.payer == Payer::Plan),
            price_book: &self.price_book,
        }
    }
}

impl Row<'_> {
    /// The row by the names of its columns.
    pub(super) fn values(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(values)) => values,
            _ => Map::new(),
        }
    }
}

/// The part of a record that a day sum has.
fn of_sum(record: &UsageRecord) -> Record<'static> {
    let mut record = serde_json::to_value(record).unwrap_or_default();
    if let Some(map) = record.as_object_mut() {
        map.retain(|name, _| !NOT_OF_SUMS.contains(&name.as_str()));
    }
    Record::DaySum(record)
}
