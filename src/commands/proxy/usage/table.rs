//! Requests as a table for people.

use chrono_tz::Tz;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use data_schema::{End, LedgerEntry, Money, Tokens, sources};
use pricing::{Cost, PriceBook};

use crate::output::{counted, grouped, plain};

/// The last requests of many, by their time.
pub(super) struct Last {
    most: usize,
    entries: Vec<LedgerEntry>,
}

impl Last {
    pub(super) fn new(most: usize) -> Self {
        Self { most, entries: Vec::new() }
    }

    pub(super) fn push(&mut self, entry: LedgerEntry) {
        self.entries.push(entry);
        // Most of them are let go long before the end.
        if self.entries.len() / 2 > self.most.saturating_add(100) {
            self.shorten();
        }
    }

    pub(super) fn into_sorted(mut self) -> Vec<LedgerEntry> {
        self.shorten();
        self.entries
    }

    fn shorten(&mut self) {
        self.entries.sort_by_key(|entry| entry.at);
        let more = self.entries.len().saturating_sub(self.most);
        self.entries.drain(..more);
    }
}

/// The last requests, and the sum of all.
pub(super) struct Shown {
    prices: PriceBook,
    last: Last,
    requests: usize,
    sums: [u64; 4],
    cost: Money,
    /// Whether some tokens have no price.
    has_more: bool,
}

impl Shown {
    pub(super) fn new(prices: PriceBook, most: usize) -> Self {
        let last = Last::new(most);
        Self { prices, last, requests: 0, sums: [0; 4], cost: Money::ZERO, has_more: false }
    }

    pub(super) fn take(&mut self, entry: LedgerEntry) {
        self.requests += 1;
        for (sum, count) in self.sums.iter_mut().zip(counts(&entry)) {
            *sum = sum.saturating_add(count.map_or(0, Tokens::get));
        }
        match self.cost(&entry) {
            Some(Cost::Priced(cost)) => self.cost += cost,
            Some(Cost::Unpriced) => self.has_more = true,
            None => {}
        }
        self.last.push(entry);
    }

    /// What it would cost at list price; `None` if it tells no tokens.
    fn cost(&self, entry: &LedgerEntry) -> Option<Cost> {
        let client = entry.client.as_deref().unwrap_or_default();
        let client = client.split('/').next().unwrap_or_default();
        let provider = if sources::is_known(client) { client } else { "proxy" };
        Some(self.prices.cost(provider, &entry.to_record()?))
    }

    pub(super) fn table(mut self, zone: Tz) -> Table {
        let mut table = Table::new();
        table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header([
            "Time",
            "Client",
            "Model",
            "Input",
            "Cache read",
            "Cache write",
            "Output",
            "List USD",
            "Status",
            "First byte",
            "Took",
        ]);
        let last = std::mem::replace(&mut self.last, Last::new(0));
        for entry in last.into_sorted() {
            table.add_row(self.row(&entry, zone));
        }
        let mut cost = self.cost.rounded(2);
        if self.has_more {
            cost.push('+');
        }
        let mut row = vec![text(&counted(self.requests, "request")), text(""), text("")];
        row.extend(self.sums.iter().map(|sum| number(grouped(*sum))));
        row.push(number(cost));
        table.add_row(row);
        table
    }

    fn row(&self, entry: &LedgerEntry, zone: Tz) -> Vec<Cell> {
        let time = entry.at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string();
        let model = entry.model.as_deref().or(entry.requested_model.as_deref());
        let mut row = vec![text(&time), text(entry.client.as_deref().unwrap_or(""))];
        row.push(text(model.unwrap_or("")));
        let counts = counts(entry).map(|count| count.map(|count| grouped(count.get())));
        row.extend(counts.map(|count| number(count.unwrap_or_default())));
        row.push(number(match self.cost(entry) {
            Some(Cost::Priced(cost)) => cost.rounded(4),
            Some(Cost::Unpriced) => "no price".to_owned(),
            None => String::new(),
        }));
        row.push(text(&status(entry)));
        row.extend([entry.ttft_ms, entry.duration_ms].map(|span| number(seconds(span))));
        row
    }
}

/// Prompt, cache read and written, output.
fn counts(entry: &LedgerEntry) -> [Option<Tokens>; 4] {
    [
        entry.input_tokens.or(entry.total_tokens),
        entry.cache_read_tokens,
        entry.cache_creation_tokens,
        entry.output_tokens,
    ]
}

/// `200`, `429 rate_limit_error`, `200 cut: client gone`.
fn status(entry: &LedgerEntry) -> String {
    let mut status = entry.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    let end = match entry.end {
        End::Complete => None,
        End::ClientClosed => Some("cut: client gone"),
        End::UpstreamError => Some("cut: upstream"),
        End::Truncated => Some("cut"),
    };
    if let Some(more) = entry.error.as_deref().or(end) {
        status.push(' ');
        status.push_str(more);
    }
    status
}

/// Milliseconds as people read them.
fn seconds(milliseconds: Option<u32>) -> String {
    milliseconds.map_or_else(String::new, |span| match span {
        0..1000 => format!("{span} ms"),
        _ => format!("{}.{} s", span / 1000, span % 1000 / 100),
    })
}

fn text(text: &str) -> Cell {
    Cell::new(plain(text))
}

fn number(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}
