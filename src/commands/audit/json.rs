//! What is shown, as one JSON object.

use chrono::NaiveDate;
use collector::Trace;
use data_schema::{Money, RecordId, UsageRecord};
use pricing::{LineClass, Payer, PriceLines};
use serde::Serialize;
use serde_json::Value;

use super::witnesses::{Asked, Copy, Group, Origin};
use crate::known::evidence::Ground;
use crate::outcome::Failure;
use crate::output::data;

/// Version of the object.
const VERSION: &str = "1.0";

/// Everything that is shown.
pub(super) struct Shown<'a> {
    pub(super) zone: &'a str,
    pub(super) prices: String,
    pub(super) records: Vec<Audited<'a>>,
}

/// One response.
pub(super) struct Audited<'a> {
    pub(super) group: &'a Group,
    pub(super) raw: Vec<&'a Trace>,
    pub(super) price: PriceLines,
    pub(super) payer: Payer,
    pub(super) billed: Option<Money>,
    /// By name of the copy's machine in the store.
    ground: &'a Ground,
}

impl<'a> Shown<'a> {
    pub(super) fn new(groups: &'a [Group], traces: &'a [Trace], ground: &'a Ground) -> Self {
        let audited = |group: &'a Group| {
            let record = group.record();
            let prices = ground.book.of_model(group.provider(), &record.usage.model);
            let day = group.fact.as_ref().map_or_else(|| record.at.utc_date(), |fact| fact.day);
            let bill = prices.bill(record, day);
            let raw = traces.iter().filter(|trace| group.ids.contains(&trace.id)).collect();
            let price = prices.lines(record);
            Audited { group, raw, price, payer: bill.payer, billed: bill.billed, ground }
        };
        let (book, records) = (&ground.book, groups.iter().map(audited).collect());
        let prices = format!("{} ({})", book.source(), book.as_of());
        Self { zone: ground.zone.name(), prices, records }
    }
}

impl Audited<'_> {
    /// Name of a machine as it is shown.
    pub(super) fn machine<'s>(&'s self, copy: &'s Copy) -> &'s str {
        let shown = self.ground.settings.machine_names.get(&*copy.machine);
        shown.map_or(&*copy.machine, String::as_str)
    }

    /// Whether a log of this machine, as far as it is still there, tells of it.
    pub(super) fn has_log(&self) -> bool {
        self.group.copies.iter().any(|copy| copy.origin != Origin::Store)
    }

    /// Whether this machine stored it once.
    pub(super) fn is_of_this_machine(&self) -> bool {
        self.group.copies.iter().any(|copy| copy.machine == self.ground.machine)
    }
}

/// Names of classes in JSON.
pub(super) fn class(class: LineClass) -> &'static str {
    match class {
        LineClass::Input => "input",
        LineClass::CacheRead => "cacheRead",
        LineClass::CacheWrite => "cacheWrite",
        LineClass::CacheWrite1h => "cacheWrite1h",
        LineClass::Output => "output",
        LineClass::AllTokens => "allTokens",
        LineClass::Factor => "factor",
        LineClass::WebSearch => "webSearch",
        LineClass::Other => "other",
    }
}

pub(super) fn payer(payer: Payer) -> Option<&'static str> {
    match payer {
        Payer::Metered => Some("metered"),
        Payer::Plan => Some("plan"),
        Payer::Unknown => None,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    version: &'a str,
    asked: &'a str,
    kind: &'a str,
    timezone: &'a str,
    currency: &'a str,
    prices: &'a str,
    records: Vec<JsonRecord<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonRecord<'a> {
    id: RecordId,
    was: Vec<RecordId>,
    counts: bool,
    why: &'a str,
    /// Day of the report zone; null if it does not count.
    day: Option<NaiveDate>,
    machine: Option<&'a str>,
    provider: &'a str,
    record: &'a UsageRecord,
    all_tokens: u64,
    price: JsonPrice<'a>,
    copies: Vec<JsonCopy<'a>>,
    raw: Vec<JsonRaw<'a>>,
    /// Whether no log on this machine tells of it any more.
    log_is_gone: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonPrice<'a> {
    #[serde(rename = "listUSD")]
    list_usd: Option<Money>,
    payer: Option<&'a str>,
    #[serde(rename = "billedUSD")]
    billed_usd: Option<Money>,
    from: Option<NaiveDate>,
    tier: Option<&'a str>,
    context_tokens: Option<u64>,
    above: Option<u64>,
    is_free: bool,
    lines: Vec<JsonLine<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonLine<'a> {
    class: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    count: u64,
    rate: Option<Money>,
    #[serde(rename = "amountUSD")]
    amount_usd: Option<Money>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonCopy<'a> {
    id: RecordId,
    machine: &'a str,
    provider: &'a str,
    stands_in: &'a str,
    via: data_schema::Via,
    rank: data_schema::Rank,
    kind: data_schema::Kind,
    quality: data_schema::Quality,
    revision: u32,
    all_tokens: u64,
    is_counted: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonRaw<'a> {
    provider: &'a str,
    file: String,
    line: Option<u64>,
    row: Option<&'a str>,
    /// Whether the place was found by its counts, and not by the record's id.
    is_likely: bool,
    fields: Option<&'a Value>,
}

pub(super) fn print(shown: &Shown<'_>, what: &str, asked: Asked) -> Result<(), Failure> {
    let object = Json {
        version: VERSION,
        asked: what,
        kind: match asked {
            Asked::Record(_) => "record",
            Asked::Session(_) => "session",
        },
        timezone: shown.zone,
        currency: "USD",
        prices: &shown.prices,
        records: shown.records.iter().map(record).collect(),
    };
    data(&format!("{}\n", serde_json::to_string_pretty(&object)?))?;
    Ok(())
}

fn record<'a>(audited: &'a Audited<'_>) -> JsonRecord<'a> {
    let group = audited.group;
    let record = group.record();
    let copies = group.copies.iter().map(|copy| {
        let usage = &copy.record.usage;
        JsonCopy {
            id: copy.record.id,
            machine: audited.machine(copy),
            provider: &copy.provider,
            stands_in: if copy.origin == Origin::Store { "store" } else { "log" },
            via: usage.via,
            rank: usage.rank,
            kind: usage.kind,
            quality: usage.quality,
            revision: usage.revision,
            all_tokens: usage.total(),
            is_counted: group.is_counted(copy),
        }
    });
    let raw = audited.raw.iter().map(|trace| JsonRaw {
        provider: trace.source,
        file: trace.file.display().to_string(),
        line: trace.line,
        row: trace.row.as_deref(),
        is_likely: trace.is_likely,
        fields: trace.fields.as_ref(),
    });
    JsonRecord {
        id: record.id,
        was: group.ids.iter().copied().filter(|id| *id != record.id).collect(),
        counts: group.fact.is_some(),
        why: group.why(),
        day: group.fact.as_ref().map(|fact| fact.day),
        machine: group.fact.as_ref().map(|fact| {
            let shown = audited.ground.settings.machine_names.get(&*fact.machine);
            shown.map_or(&*fact.machine, String::as_str)
        }),
        provider: group.provider(),
        record,
        all_tokens: record.usage.total(),
        price: price(audited),
        copies: copies.collect(),
        raw: raw.collect(),
        log_is_gone: audited.raw.is_empty(),
    }
}

fn price<'a>(audited: &'a Audited<'_>) -> JsonPrice<'a> {
    let price = &audited.price;
    let lines = price.lines.iter().map(|line| JsonLine {
        class: class(line.class),
        name: line.name.as_deref(),
        count: line.count,
        rate: line.rate,
        amount_usd: line.amount,
    });
    JsonPrice {
        list_usd: price.total,
        payer: payer(audited.payer),
        billed_usd: audited.billed,
        from: price.from,
        tier: price.tier.as_deref(),
        context_tokens: price.context,
        above: price.above,
        is_free: price.is_free,
        lines: lines.collect(),
    }
}
