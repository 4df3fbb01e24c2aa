//! What `reconcile` prints.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use data_schema::Money;
use serde::Serialize;

use super::causes::Cause;
use super::counted::Classes;
use super::gap::{Row, Witness, percent};
use super::{Found, Reconcile};
use crate::outcome::Failure;
use crate::output::{counted, data, grouped, plain};
use crate::session::Session;

/// Version of the object.
const VERSION: &str = "1.0";
/// Digits of amounts in tables.
const DIGITS: usize = 4;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    version: &'a str,
    /// Of the days of `rows`.
    timezone: &'a str,
    currency: &'a str,
    since: Option<NaiveDate>,
    until: Option<NaiveDate>,
    rows: Vec<JsonRow<'a>>,
    totals: Vec<JsonTotal<'a>>,
    proxy: JsonProxy<'a>,
    files: Vec<JsonFile<'a>>,
    /// In words, those that occur.
    causes: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonRow<'a> {
    day: NaiveDate,
    by: &'a str,
    witness: &'a str,
    model: &'a str,
    stated_tokens: Option<u64>,
    counted_tokens: u64,
    gap_tokens: Option<i128>,
    gap_percent: Option<String>,
    stated_requests: Option<u64>,
    counted_requests: u64,
    #[serde(rename = "statedUSD")]
    stated_usd: Option<Money>,
    #[serde(rename = "listUSD")]
    list_usd: Option<Money>,
    #[serde(rename = "gapUSD")]
    gap_usd: Option<Money>,
    #[serde(rename = "gapUSDPercent")]
    gap_usd_percent: Option<String>,
    stated_by_class: Option<JsonClasses>,
    counted_by_class: JsonClasses,
    sources: Vec<&'a str>,
    /// Whether the statement counts itself, because nothing else tells anything.
    counts: bool,
    causes: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "keys of the object")]
struct JsonClasses {
    input_tokens: u64,
    cache_read_tokens: u64,
    cache_creation_tokens: u64,
    output_tokens: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonTotal<'a> {
    by: &'a str,
    stated_tokens: u64,
    counted_tokens: u64,
    gap_tokens: i128,
    gap_percent: Option<String>,
    #[serde(rename = "statedUSD")]
    stated_usd: Option<Money>,
    #[serde(rename = "listUSD")]
    list_usd: Option<Money>,
    #[serde(rename = "gapUSD")]
    gap_usd: Option<Money>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonProxy<'a> {
    /// Of its days.
    timezone: &'a str,
    rows: Vec<JsonWire<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonWire<'a> {
    day: NaiveDate,
    source: &'a str,
    requests: u64,
    wire_tokens: u64,
    log_tokens: u64,
    counted_tokens: u64,
    not_in_log_requests: u64,
    not_in_log_tokens: u64,
    causes: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonFile<'a> {
    file: &'a str,
    form: &'a str,
    used_lines: usize,
    skipped_lines: usize,
    problems: &'a [String],
}

/// Sums of all rows of one witness. Costs are compared where both sides have one.
#[derive(Default)]
struct Total {
    stated: u64,
    counted: u64,
    gap: i128,
    costs: Option<(Money, Money)>,
}

impl Total {
    fn of<'a>(rows: impl Iterator<Item = &'a Row>) -> Self {
        let mut total = Self::default();
        for row in rows {
            if let (Some(stated), Some(gap)) = (row.stated.tokens, row.gap()) {
                total.stated = total.stated.saturating_add(stated);
                total.counted = total.counted.saturating_add(row.counted());
                total.gap = total.gap.saturating_add(gap);
            }
            if let (Some(stated), Some(gap)) = (row.stated.cost, row.cost_gap()) {
                let (told, list) = total.costs.unwrap_or_default();
                total.costs = Some((told + stated, list + (stated - gap)));
            }
        }
        total
    }

    fn json<'a>(&self, by: &'a str) -> JsonTotal<'a> {
        JsonTotal {
            by,
            stated_tokens: self.stated,
            counted_tokens: self.counted,
            gap_tokens: self.gap,
            gap_percent: percent(self.gap, i128::from(self.stated)),
            stated_usd: self.costs.map(|(stated, _)| stated),
            list_usd: self.costs.map(|(_, list)| list),
            gap_usd: self.costs.map(|(stated, list)| stated - list),
        }
    }
}

impl From<Classes> for JsonClasses {
    fn from(classes: Classes) -> Self {
        Self {
            input_tokens: classes.input,
            cache_read_tokens: classes.cache_read,
            cache_creation_tokens: classes.cache_write,
            output_tokens: classes.output,
        }
    }
}

/// The rows of each witness, in their order.
fn by_witness(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|one, other| one.by == other.by && one.witness == other.witness)
}

fn keys(causes: &[Cause]) -> Vec<&'static str> {
    causes.iter().map(|cause| cause.key()).collect()
}

/// Causes that occur.
fn occurring(found: &Found) -> Vec<Cause> {
    let by_rows = found.rows.iter().flat_map(|row| row.causes.iter().copied());
    let by_proxy = found.proxy.wire.iter().filter(|day| day.not_in_log_requests > 0);
    let mut all: Vec<Cause> = by_rows.chain(by_proxy.map(|_| Cause::CutStreams)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

pub(super) fn json(found: &Found, options: &Reconcile) -> Result<(), Failure> {
    let classes = |row: &Row| row.tally.as_ref().map(|tally| tally.classes).unwrap_or_default();
    let row = |row| -> JsonRow<'_> {
        let row: &Row = row;
        let (gap, cost_gap) = (row.gap(), row.cost_gap());
        let told = row.stated.classes != Classes::default();
        JsonRow {
            day: row.day,
            by: &row.by,
            witness: match row.witness {
                Witness::Statement => "statement",
                Witness::File => "file",
            },
            model: &row.model,
            stated_tokens: row.stated.tokens,
            counted_tokens: row.counted(),
            gap_tokens: gap,
            gap_percent: gap.and_then(|gap| percent(gap, row.stated.tokens?.into())),
            stated_requests: row.stated.requests,
            counted_requests: row.tally.as_ref().map_or(0, |tally| tally.requests),
            stated_usd: row.stated.cost,
            list_usd: row.list(),
            gap_usd: cost_gap,
            gap_usd_percent: cost_gap
                .and_then(|gap| percent(gap.picos(), row.stated.cost?.picos())),
            stated_by_class: told.then(|| row.stated.classes.into()),
            counted_by_class: classes(row).into(),
            sources: row
                .tally
                .iter()
                .flat_map(|tally| tally.sources.iter())
                .map(|id| &**id)
                .collect(),
            counts: row.counts,
            causes: keys(&row.causes),
        }
    };
    let total = |rows| -> JsonTotal<'_> {
        let rows: &[Row] = rows;
        Total::of(rows.iter()).json(&rows[0].by)
    };
    let object = Json {
        version: VERSION,
        timezone: "UTC",
        currency: "USD",
        since: options.since,
        until: options.until,
        rows: found.rows.iter().map(row).collect(),
        totals: by_witness(&found.rows).map(total).collect(),
        proxy: proxy(found),
        files: files(found),
        causes: occurring(found).into_iter().map(|cause| (cause.key(), cause.text())).collect(),
    };
    data(&format!("{}\n", serde_json::to_string_pretty(&object)?))?;
    Ok(())
}

fn proxy(found: &Found) -> JsonProxy<'_> {
    let rows = found.proxy.wire.iter().map(|day| JsonWire {
        day: day.date,
        source: &day.provider,
        requests: day.requests,
        wire_tokens: day.wire_tokens,
        log_tokens: day.log_tokens,
        counted_tokens: day.counted_tokens,
        not_in_log_requests: day.not_in_log_requests,
        not_in_log_tokens: day.not_in_log_tokens,
        causes: if day.not_in_log_requests > 0 { keys(&[Cause::CutStreams]) } else { Vec::new() },
    });
    JsonProxy { timezone: found.zone.name(), rows: rows.collect() }
}

fn files(found: &Found) -> Vec<JsonFile<'_>> {
    let files = found.invoices.iter().map(|invoice| JsonFile {
        file: &invoice.name,
        form: invoice.form.title(),
        used_lines: invoice.used,
        skipped_lines: invoice.skipped,
        problems: &invoice.problems,
    });
    files.collect()
}

pub(super) fn text(session: &Session, found: &Found) -> Result<(), Failure> {
    if found.rows.is_empty() && found.proxy.wire.is_empty() {
        session.say(
            "Nobody but the logs says anything about these days. Name a file (`--with bill.csv`), set up an interface \
             (docs/interfaces.md), or let tools speak through `proxy serve`.",
        );
        return Ok(());
    }
    let causes = occurring(found);
    for rows in by_witness(&found.rows) {
        data(&format!("{}\n{}\n", plain(&rows[0].by), table(rows, &causes)))?;
    }
    if !found.proxy.wire.is_empty() {
        data(&format!("proxy, days of {}\n{}\n", found.zone, wire_table(found, &causes)))?;
    }
    for (number, cause) in (1..).zip(&causes) {
        data(&format!("{number}  {}\n", cause.text()))?;
    }
    for invoice in &found.invoices {
        let used = counted(invoice.used, "line");
        let skipped = counted(invoice.skipped, "line");
        session.say(&format!(
            "{}: {}; {used} read, {skipped} left out.",
            invoice.name,
            invoice.form.title()
        ));
    }
    session.say("Days of UTC. A gap is what the other side tells more; a cost is held against the list value.");
    if let Some((first, last)) = found.counted {
        session.say(&format!("Counted from {first} to {last}."));
    }
    Ok(())
}

/// The numbers of causes in the list below the tables.
fn numbers(causes: &[Cause], all: &[Cause]) -> String {
    let place = |cause: &Cause| all.iter().position(|one| one == cause);
    let numbers = causes.iter().filter_map(place).map(|place| (place + 1).to_string());
    numbers.collect::<Vec<_>>().join(" ")
}

fn table(rows: &[Row], causes: &[Cause]) -> Table {
    let mut table = new_table();
    table.set_header([
        "Day", "Model", "Told", "Counted", "Gap", "%", "Told USD", "List USD", "Gap USD", "Why",
    ]);
    let money = |amount: Option<Money>| amount.map_or("–".to_owned(), |one| one.rounded(DIGITS));
    for row in rows {
        let gap = row.gap();
        let why = if row.counts { "counts".to_owned() } else { numbers(&row.causes, causes) };
        table.add_row(cells([
            row.day.to_string(),
            plain(&row.model),
            row.stated.tokens.map_or("–".to_owned(), grouped),
            grouped(row.counted()),
            gap.map_or("–".to_owned(), signed),
            gap.and_then(|gap| percent(gap, row.stated.tokens?.into())).unwrap_or_default(),
            money(row.stated.cost),
            money(row.list()),
            money(row.cost_gap()),
            why,
        ]));
    }
    let total = Total::of(rows.iter()).json("");
    table.add_row(cells([
        "All".to_owned(),
        String::new(),
        grouped(total.stated_tokens),
        grouped(total.counted_tokens),
        signed(total.gap_tokens),
        total.gap_percent.unwrap_or_default(),
        money(total.stated_usd),
        money(total.list_usd),
        money(total.gap_usd),
        String::new(),
    ]));
    table
}

fn wire_table(found: &Found, causes: &[Cause]) -> Table {
    let mut table = new_table();
    table.set_header([
        "Day",
        "Source",
        "Requests",
        "Proxy",
        "Logs",
        "Counted",
        "In no log",
        "Tokens",
        "Why",
    ]);
    for day in &found.proxy.wire {
        let why = if day.not_in_log_requests > 0 { &[Cause::CutStreams][..] } else { &[] };
        table.add_row(cells([
            day.date.to_string(),
            plain(&day.provider),
            grouped(day.requests),
            grouped(day.wire_tokens),
            grouped(day.log_tokens),
            grouped(day.counted_tokens),
            grouped(day.not_in_log_requests),
            grouped(day.not_in_log_tokens),
            numbers(why, causes),
        ]));
    }
    table
}

fn new_table() -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// Names on the left, numbers on the right.
fn cells<const N: usize>(texts: [String; N]) -> Vec<Cell> {
    let cell = |(place, text): (usize, String)| {
        let side =
            if place < 2 || place + 1 == N { CellAlignment::Left } else { CellAlignment::Right };
        Cell::new(text).set_alignment(side)
    };
    texts.into_iter().enumerate().map(cell).collect()
}

fn signed(gap: i128) -> String {
    let size = u64::try_from(gap.unsigned_abs()).unwrap_or(u64::MAX);
    let sign = if gap < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(size))
}
