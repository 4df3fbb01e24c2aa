//! `proxy top`: what goes through now, once a second.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use clap::Args;
use collector::{Client, Http as _, Request};
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use data_schema::{LedgerEntry, LimitReading, Tokens};
use proxy::{OpenRequest, Snapshot};
use serde_json::Value;

use crate::cli::Global;
use crate::commands::proxy::folder;
use crate::environment;
use crate::outcome::{Failure, Outcome};
use crate::output::{data, grouped, plain};
use crate::session::PROGRAM;

/// How long the proxy may take to answer.
const DEADLINE: Duration = Duration::from_secs(3);
/// How often it is asked.
const PAUSE: Duration = Duration::from_secs(1);
/// Rows of what has ended.
const ENDED: usize = 10;
/// Moves to the corner of a terminal, and clears it.
const CLEAR: &str = "\x1b[H\x1b[J";

#[derive(Args, Debug)]
pub(crate) struct Top {
    /// Where the proxy listens [default: `proxy.listen` of config.yaml, else 127.0.0.1:8999]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) address: Option<SocketAddr>,
    /// Print once and end
    #[arg(long)]
    pub(crate) once: bool,
    /// Print one JSON object and end
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(global: &Global, options: &Top) -> Result<Outcome, Failure> {
    let data_folder = environment::data_folder(global)?;
    let key = fs_err::read_to_string(folder(&data_folder).join("admin-key"));
    let key = key.map_err(|error| {
        Failure::Usage(format!("{error}: start the proxy with `token-matters proxy serve` first"))
    })?;
    let mut client = Client::new(PROGRAM, DEADLINE);
    let address = options.address.map(|address| format!("http://{address}"));
    let address = address.unwrap_or_else(|| super::address(&data_folder));
    let mut ask = || ask(&mut client, &address, key.trim());
    if options.json {
        data(&(serde_json::to_string_pretty(&ask()?)? + "\n"))?;
        return Ok(Outcome::Done);
    }
    if options.once || !std::io::stdout().is_terminal() {
        data(&plain(&shown(&ask()?)))?;
        return Ok(Outcome::Done);
    }
    loop {
        let text = plain(&shown(&ask()?));
        data(&format!("{CLEAR}{text}Ctrl-C ends this; the proxy goes on.\n"))?;
        thread::sleep(PAUSE);
    }
}

fn ask(client: &mut Client, address: &str, key: &str) -> Result<Snapshot, Failure> {
    let url = format!("{address}/token-matters/live");
    let answer = client.send(&Request::get(url).header("x-token-matters-admin", key));
    let answer = answer.map_err(|error| {
        Failure::Usage(format!(
            "no proxy answers at {address} ({error}): start one with `token-matters proxy serve`, or name where it listens with --address"
        ))
    })?;
    if answer.status != 200 {
        return Err(Failure::Usage(format!(
            "what listens at {address} is no proxy of this data folder (it answers {})",
            answer.status
        )));
    }
    Ok(serde_json::from_slice(&answer.body)?)
}

fn shown(snapshot: &Snapshot) -> String {
    let mut text = format!(
        "{}  {} on their way\n",
        snapshot.at.format("%Y-%m-%d %H:%M:%S UTC"),
        snapshot.open.len()
    );
    if !snapshot.open.is_empty() {
        text += &open(&snapshot.open);
    }
    if !snapshot.recent.is_empty() {
        let _ = write!(text, "\nended\n{}", ended(&snapshot.recent));
    }
    if !snapshot.limits.is_empty() {
        let _ = write!(text, "\nlimits, as vendors told them\n{}", limits(snapshot));
    }
    if !snapshot.budgets.is_empty() {
        let _ = write!(text, "\nbudgets\n{}", budgets(&snapshot.budgets));
    }
    text
}

fn table(heads: &[&str], numbers: std::ops::Range<usize>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(heads.iter().map(|head| Cell::new(*head)).collect::<Vec<_>>());
    for column in numbers {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn or_dash(text: Option<&str>) -> &str {
    text.unwrap_or("–")
}

fn open(requests: &[OpenRequest]) -> String {
    let mut table = table(&["request", "client", "model", "upstream", "bytes", "seconds"], 4..6);
    for request in requests {
        table.add_row([
            request.request.clone(),
            or_dash(request.client.as_deref()).to_owned(),
            or_dash(request.model.as_deref()).to_owned(),
            or_dash(request.upstream.as_deref()).to_owned(),
            grouped(request.bytes),
            format!("{:.1}", Duration::from_millis(request.elapsed_ms).as_secs_f32()),
        ]);
    }
    format!("{table}\n")
}

fn ended(entries: &[LedgerEntry]) -> String {
    let heads = ["request", "client", "model", "status", "in", "out", "first ms", "ms"];
    let mut table = table(&heads, 3..8);
    for entry in entries.iter().take(ENDED) {
        let prompt = [entry.input_tokens, entry.cache_read_tokens, entry.cache_creation_tokens];
        let prompt = prompt.into_iter().flatten().map(Tokens::get).reduce(u64::saturating_add);
        let count = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), grouped);
        let model = entry.model.as_deref().or(entry.requested_model.as_deref());
        table.add_row([
            entry.request.clone(),
            or_dash(entry.client.as_deref()).to_owned(),
            or_dash(model).to_owned(),
            entry.status.map_or_else(|| "–".to_owned(), |status| status.to_string()),
            count(prompt),
            count(entry.output_tokens.map(Tokens::get)),
            count(entry.ttft_ms.map(u64::from)),
            count(entry.duration_ms.map(u64::from)),
        ]);
    }
    format!("{table}\n")
}

fn limits(snapshot: &Snapshot) -> String {
    let mut table = table(&["upstream", "window", "of", "used", "anew at", "age s"], 3..4);
    for (upstream, reading) in &snapshot.limits {
        let LimitReading { window, scope, used_fraction, resets_at, at, .. } = reading;
        let age = (snapshot.at.timestamp() - at.seconds()).max(0);
        table.add_row([
            upstream.clone(),
            window.clone(),
            or_dash(scope.as_deref()).to_owned(),
            used_fraction.map_or_else(
                || "unknown".to_owned(),
                |used| format!("{:.1} %", used.get() * 100.0),
            ),
            resets_at.map_or_else(|| "unknown".to_owned(), |at| at.to_string()),
            age.to_string(),
        ]);
    }
    format!("{table}\n")
}

fn budgets(budgets: &[Value]) -> String {
    let mut table = table(&["of", "name", "budget", "used", "on the way", "anew at"], 3..5);
    for budget in budgets {
        let text = |name: &str| match &budget[name] {
            Value::Null => "–".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        table.add_row(["owner", "name", "budget", "used", "reserved", "resets"].map(text));
    }
    format!("{table}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_shown_as_tables() {
        let snapshot = serde_json::from_value(serde_json::json!({
            "at": "2026-05-01T10:00:30Z",
            "version": "0.1.0",
            "open": [{
                "request": "5f0c9a1be27d4430", "path": "POST /v1/messages", "client": "claude-code/2.1.197",
                "model": "claude-opus-4-8", "upstream": "anthropic", "bytes": 12345, "elapsedMs": 4200
            }],
            "recent": [{
                "request": "0c0c9a1be27d4431", "at": "2026-05-01T10:00:00Z", "path": "POST /v1/responses",
                "status": 200, "model": "gpt-5", "inputTokens": 1200, "cacheReadTokens": 34, "outputTokens": 5,
                "ttftMs": 900, "durationMs": 1000
            }],
            "limits": [["anthropic", {
                "at": "2026-05-01T10:00:00Z", "window": "5h", "usedFraction": 0.425,
                "resetsAt": "2026-05-01T13:00:00Z", "via": "wire"
            }]],
            "budgets": [{
                "owner": "key", "name": "ci", "budget": "5 USD/day", "unit": "USD", "window": "day",
                "used": "1.25", "reserved": "0", "limit": "5", "resets": "2026-05-02T00:00:00Z"
            }]
        }));
        insta::assert_snapshot!(shown(&snapshot.unwrap()));
    }

    #[test]
    fn nothing_is_shown_as_nothing() {
        assert_eq!(shown(&Snapshot::default()), "1970-01-01 00:00:00 UTC  0 on their way\n");
    }
}
