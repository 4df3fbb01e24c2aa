//! What is shown, for people.

use std::fmt::Write as _;

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use data_schema::{Money, UsageRecord};
use pricing::{LineClass, PriceLine};
use serde_json::Value;

use super::json::{Audited, Shown, class, payer};
use super::witnesses::{Asked, Origin};
use crate::outcome::Failure;
use crate::output::{counted, data, grouped, plain};
use crate::session::Session;

/// Records of a session that are shown in full; more are a table.
const IN_FULL: usize = 1;

pub(super) fn print(session: &Session, shown: &Shown<'_>, asked: Asked) -> Result<(), Failure> {
    if matches!(asked, Asked::Record(_)) || shown.records.len() <= IN_FULL {
        for audited in &shown.records {
            data(&record(audited))?;
        }
    } else {
        data(&format!("{}\n", table(shown)))?;
        session.say(&format!(
            "{}. `token-matters audit RECORD` shows one of them with its fields in the log and how it was priced.",
            counted(shown.records.len(), "response")
        ));
    }
    session.say(&format!("Days of {}. Prices: {}.", shown.zone, shown.prices));
    Ok(())
}

/// One response in full.
fn record(audited: &Audited<'_>) -> String {
    let group = audited.group;
    let record = group.record();
    let mut text = format!("Record {}\n", record.id);
    let mut line = |name: &str, value: &str| {
        text.push_str(&plain(&format!("  {name:<24} {value}\n")));
    };
    match &group.fact {
        Some(fact) => line("counts on", &fact.day.to_string()),
        None => line("counts", "no"),
    }
    line("why", group.why());
    line("source", group.provider());
    for (name, value) in fields(record) {
        line(&name, &value);
    }
    line("all tokens", &grouped(record.usage.total()));
    text.push_str(&copies(audited));
    text.push_str(&raw(audited));
    text.push_str(&price(audited));
    text
}

/// Every field of a record that is told, by its name in the files.
fn fields(record: &UsageRecord) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::to_value(record) else { return Vec::new() };
    let told = fields.into_iter().filter(|(name, _)| name != "id");
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    told.map(|(name, value)| (name, text(value))).collect()
}

fn copies(audited: &Audited<'_>) -> String {
    let mut text = "\nCopies\n".to_owned();
    for copy in &audited.group.copies {
        let usage = &copy.record.usage;
        let place = if copy.origin == Origin::Store { "store" } else { "log" };
        let mark = if audited.group.is_counted(copy) { "counts" } else { "" };
        let told = format!(
            "  {} of {} ({place}), via {:?}, {:?}, revision {}: {} tokens  {mark}",
            copy.provider,
            audited.machine(copy),
            usage.via,
            usage.rank,
            usage.revision,
            grouped(usage.total()),
        );
        text.push_str(&plain(told.trim_end()));
        text.push('\n');
    }
    text
}

fn raw(audited: &Audited<'_>) -> String {
    let mut text = "\nIn the log\n".to_owned();
    if audited.raw.is_empty() {
        let why = if audited.has_log() {
            "its log cannot be read again: it has changed since it was scanned"
        } else if audited.is_of_this_machine() {
            "its log is not there any more; what the store holds is shown"
        } else {
            "its log is on another machine; what the store holds is shown"
        };
        let _ = writeln!(text, "  {why}");
    }
    for trace in &audited.raw {
        let line = trace.line.map_or_else(String::new, |line| format!(":{line}"));
        let row = trace.row.as_ref().map_or_else(String::new, |row| format!(", {row}"));
        let likely = if trace.is_likely { " (found by its counts)" } else { "" };
        let place = format!("  {}{line}{row}{likely}\n", trace.file.display());
        text.push_str(&plain(&place));
        let fields =
            trace.fields.as_ref().and_then(|fields| serde_json::to_string_pretty(fields).ok());
        for line in fields.iter().flat_map(|fields| fields.lines()) {
            text.push_str(&plain(&format!("    {line}\n")));
        }
    }
    text
}

fn price(audited: &Audited<'_>) -> String {
    let price = &audited.price;
    let mut text = "\nPrice\n".to_owned();
    let mut about = Vec::new();
    about.extend(price.from.map(|from| format!("price since {from}")));
    about.extend(price.tier.as_ref().map(|tier| format!("rates of {tier}")));
    about.extend(price.above.map(|above| {
        let context = price.context.unwrap_or(0);
        format!("rates above {} tokens, for a prompt of {}", grouped(above), grouped(context))
    }));
    if price.is_free {
        about.push("a model that costs nothing".to_owned());
    }
    if !about.is_empty() {
        text.push_str(&plain(&format!("  {}\n", about.join("; "))));
    }
    for line in &price.lines {
        text.push_str(&plain(&format!("  {}\n", of_line(line))));
    }
    match price.total {
        Some(total) => {
            let total = total.to_string();
            let _ = writeln!(text, "  {:<38} {total:>18} USD", "list value");
        }
        None => text.push_str("  no price is known: `token-matters prices explain` says why\n"),
    }
    let payer = payer(audited.payer).unwrap_or("nothing tells");
    let billed = audited.billed.map_or_else(String::new, |billed| format!(", billed {billed} USD"));
    let _ = writeln!(text, "  who pays: {payer}{billed}\n");
    text
}

fn of_line(line: &PriceLine) -> String {
    let amount = line.amount.map_or("no price".to_owned(), |amount| amount.to_string());
    let rate = line.rate.map_or_else(|| "–".to_owned(), |rate: Money| rate.to_string());
    let name = line.name.as_deref().unwrap_or_default();
    let what = match line.class {
        LineClass::Factor => format!("× {rate} ({name})"),
        LineClass::WebSearch => format!("{} searches × {rate}", grouped(line.count)),
        LineClass::Other => "another rule".to_owned(),
        of => format!("{} × {rate} / million  {}", grouped(line.count), class(of)),
    };
    format!("{what:<38} {amount:>18}")
}

/// The responses of a session.
fn table(shown: &Shown<'_>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header([
        "Record",
        "Time (UTC)",
        "Model",
        "Input",
        "Cache read",
        "Cache write",
        "Output",
        "List USD",
        "Copies",
        "In the log",
    ]);
    let (mut total, mut all) = (Money::ZERO, [0_u64; 4]);
    for audited in &shown.records {
        let record = audited.group.record();
        let usage = &record.usage;
        let count =
            |tokens: Option<data_schema::Tokens>| tokens.map_or(0, data_schema::Tokens::get);
        let counts = [
            count(usage.input_tokens),
            count(usage.cache_read_tokens),
            count(usage.cache_creation_tokens),
            count(usage.output_tokens),
        ];
        if audited.group.fact.is_some() {
            total += audited.price.total.unwrap_or_default();
            all.iter_mut().zip(counts).for_each(|(all, count)| *all += count);
        }
        let place = audited.raw.first().map_or_else(String::new, |trace| {
            let name = trace.file.file_name().unwrap_or_default().to_string_lossy();
            trace.line.map_or_else(|| name.to_string(), |line| format!("{name}:{line}"))
        });
        let cost = match (&audited.group.fact, audited.price.total) {
            (None, _) => "not counted".to_owned(),
            (_, Some(cost)) => cost.to_string(),
            (_, None) => "–".to_owned(),
        };
        let names = [record.id.to_string(), record.at.to_string(), plain(&usage.model)];
        let copies = audited.group.copies.len().to_string();
        table.add_row(cells(names, counts, [cost, copies, plain(&place)]));
    }
    let names = ["All that counts".to_owned(), String::new(), String::new()];
    table.add_row(cells(names, all, [total.to_string(), String::new(), String::new()]));
    table
}

fn cells(names: [String; 3], counts: [u64; 4], rest: [String; 3]) -> Vec<Cell> {
    let [cost, copies, place] = rest;
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let mut row: Vec<Cell> = names.into_iter().map(Cell::new).collect();
    row.extend(counts.into_iter().map(grouped).chain([cost, copies]).map(right));
    row.push(Cell::new(place));
    row
}
