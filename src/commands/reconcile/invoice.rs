//! Reads an invoice or an export of usage. Whatever is wrong with a line is told with file and line, and never stops
//! the others.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use chrono::NaiveDate;
use csv::StringRecord;
use data_schema::Money;
use pricing::{PriceBook, currency_code};

use super::counted::{Classes, key};
use super::dates::{Order, day};
use super::form::{Columns, Form, Places};
use super::gap::Stated;
use super::values::{amount, count, is_nothing, shown};
use crate::outcome::Failure;

/// A file that is larger is no export of a person's usage. Bytes.
const LARGEST: u64 = 512 * 1024 * 1024;
/// Lines before the header that are looked at: some exports begin with a title.
const BEFORE_HEADER: usize = 30;
/// Problems that are told; all are counted.
const TOLD: usize = 10;
/// Problems that are kept.
const KEPT: usize = 1000;

/// What a file told.
#[derive(Debug)]
pub(super) struct Invoice {
    /// As it was named.
    pub(super) name: String,
    pub(super) form: Form,
    /// Lines that were used.
    pub(super) used: usize,
    /// Lines that could not be used.
    pub(super) skipped: usize,
    /// What was wrong, with file and line.
    pub(super) problems: Vec<String>,
    /// By day of UTC and key of the model; no key: a sum of all models.
    pub(super) sums: BTreeMap<(NaiveDate, String), Told>,
    /// Amounts in currencies that have no rate.
    pub(super) without_rate: usize,
}

/// What was told of a day and model.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// As the file writes it.
    pub(super) model: String,
    pub(super) stated: Stated,
    /// By currency.
    costs: BTreeMap<String, Money>,
}

/// One line.
struct Entry {
    day: NaiveDate,
    model: String,
    tokens: Option<Classes>,
    requests: Option<u64>,
    cost: Option<(Money, String)>,
}

/// How the lines of a file are read.
struct Reader<'a> {
    places: &'a Places,
    order: Order,
    comma_is_point: bool,
}

/// A record's place is told before the empty lines in front of it: it begins behind them.
fn place(record: &mut StringRecord, text: &str) {
    let Some(mut position) = record.position().cloned() else { return };
    let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let empty = ends.filter(|byte| **byte == b'\n').count();
    position.set_line(position.line() + empty as u64);
    record.set_position(Some(position));
}

impl Invoice {
    /// Reads a file.
    pub(super) fn read(path: &Path, columns: Option<&Columns>) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let text = text_of(path)?;
        let delimiter = delimiter(&text);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut records = Vec::new();
        let mut problems = Vec::new();
        for record in reader.records() {
            match record {
                Ok(record) => records.push(record),
                Err(error) => problems.push(format!("{name}: {error}; the line is left out")),
            }
        }
        for record in &mut records {
            place(record, &text);
        }
        let (head, form, places) = header(&name, &records, columns)?;
        let skipped = problems.len();
        let mut invoice =
            Self { name, form, used: 0, skipped, problems, sums: BTreeMap::new(), without_rate: 0 };
        invoice.take_all(&records[head..], &places, delimiter == b';');
        if invoice.used == 0 && invoice.skipped > 0 {
            let first = invoice.problems.first().cloned().unwrap_or_default();
            return Err(Failure::Usage(format!(
                "{}: no line of it can be used: {first}",
                invoice.name
            )));
        }
        Ok(invoice)
    }

    fn take_all(&mut self, records: &[StringRecord], places: &Places, comma_is_point: bool) {
        let Some((header, lines)) = records.split_first() else { return };
        let dates = lines.iter().filter_map(|record| record.get(places.date));
        let reader = Reader { places, order: Order::of(dates), comma_is_point };
        for record in lines {
            let line = record.position().map_or(0, csv::Position::line);
            match reader.entry(record, header.len()) {
                Ok(Some(entry)) => self.add(entry),
                Ok(None) => {}
                Err(reason) => {
                    self.skipped += 1;
                    self.tell(format!("{}:{line}: {reason}; the line is left out", self.name));
                }
            }
        }
    }

    fn tell(&mut self, problem: String) {
        if self.problems.len() < KEPT {
            self.problems.push(problem);
        }
    }

    /// The problems that are told, the number of the others behind them.
    pub(super) fn first_problems(&self) -> Vec<String> {
        let mut told: Vec<String> = self.problems.iter().take(TOLD).cloned().collect();
        let more = self.skipped.max(self.problems.len()).saturating_sub(told.len());
        if more > 0 {
            told.push(format!("{}: {more} more lines are left out; --json lists them", self.name));
        }
        told
    }

    fn add(&mut self, entry: Entry) {
        self.used += 1;
        let key = if entry.model.is_empty() { String::new() } else { key(&entry.model) };
        let told = self.sums.entry((entry.day, key)).or_default();
        if told.model.is_empty() {
            told.model = entry.model;
        }
        let stated = &mut told.stated;
        if let Some(classes) = entry.tokens {
            stated.classes.add(classes);
            stated.tokens = Some(stated.classes.total);
        }
        if let Some(requests) = entry.requests {
            stated.requests = Some(stated.requests.unwrap_or(0).saturating_add(requests));
        }
        if let Some((amount, currency)) = entry.cost {
            *told.costs.entry(currency).or_default() += amount;
        }
    }

    /// Puts all amounts into USD. One without a rate is left out and told.
    pub(super) fn exchange(&mut self, book: &PriceBook) {
        let mut missing: BTreeMap<String, usize> = BTreeMap::new();
        for ((day, _), told) in &mut self.sums {
            let mut sum: Option<Money> = None;
            for (currency, amount) in &told.costs {
                match book.usd(currency, *day).and_then(|rate| exchanged(*amount, rate)) {
                    Some(amount) => sum = Some(sum.unwrap_or_default() + amount),
                    None => *missing.entry(currency.clone()).or_default() += 1,
                }
            }
            // Half of a cost is no cost that could be compared.
            let is_whole = told.costs.keys().all(|currency| !missing.contains_key(currency));
            told.stated.cost = sum.filter(|_| is_whole);
        }
        for (currency, count) in missing {
            self.without_rate += count;
            self.tell(format!(
                "{}: there is no exchange rate for {currency}: {count} costs are left out; name one under `exchangeRates` \
                 in pricing.json",
                self.name
            ));
        }
    }
}

impl Reader<'_> {
    /// What a line tells; `None` of an empty one.
    fn entry(&self, record: &StringRecord, columns: usize) -> Result<Option<Entry>, String> {
        if record.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(None);
        }
        if record.len() < columns {
            return Err(format!("it has {} columns, and the header has {columns}", record.len()));
        }
        let places = self.places;
        let cell = |place: Option<usize>| place.and_then(|place| record.get(place)).unwrap_or("");
        let date = cell(Some(places.date));
        let day = day(date, self.order)
            .ok_or_else(|| format!("`{}` is no day, such as 2026-01-31", shown(date)))?;
        let of = |place: Option<usize>| count(cell(place));
        let (mut input, cache_read) = (of(places.input)?, of(places.cache_read)?);
        if places.input_has_cache {
            input = input.map(|input| input.saturating_sub(cache_read.unwrap_or(0)));
        }
        let mut cache_write: Option<u64> = None;
        for place in &places.cache_write {
            if let Some(more) = of(Some(*place))? {
                cache_write = Some(cache_write.unwrap_or(0).saturating_add(more));
            }
        }
        let (output, total) = (of(places.output)?, of(places.total)?);
        let told = [input, cache_read, cache_write, output];
        let sum = told.iter().flatten().fold(0_u64, |sum, more| sum.saturating_add(*more));
        let tells_tokens = total.is_some() || told.iter().any(Option::is_some);
        let tokens = tells_tokens.then(|| Classes {
            input: input.unwrap_or(0),
            cache_read: cache_read.unwrap_or(0),
            cache_write: cache_write.unwrap_or(0),
            output: output.unwrap_or(0),
            total: total.unwrap_or(sum),
        });
        let requests = if places.is_request { Some(1) } else { of(places.requests)? };
        let cost = self.cost(cell(places.cost), cell(places.currency))?;
        if tokens.is_none() && cost.is_none() && requests.is_none() {
            return Err("it tells neither tokens nor requests nor a cost".to_owned());
        }
        let model = match places.line_item {
            Some(place) => model_of_item(cell(Some(place))).to_owned(),
            None => cell(places.model).trim().to_owned(),
        };
        let model = if is_nothing(&model) { String::new() } else { model };
        Ok(Some(Entry { day, model, tokens, requests, cost }))
    }

    fn cost(&self, cell: &str, currency: &str) -> Result<Option<(Money, String)>, String> {
        let Some((amount, in_cell)) = amount(cell, self.comma_is_point)? else { return Ok(None) };
        let named = (!currency.trim().is_empty()).then(|| currency.trim());
        let code = currency_code(named.or(in_cell.as_deref()))?;
        Ok(Some((amount, code)))
    }
}

/// `gpt-5-2025-08-07, input` names a model; `Web search` does not.
fn model_of_item(item: &str) -> &str {
    match item.split_once(", ") {
        Some((model, _)) if !model.trim().contains(' ') => model.trim(),
        _ => "",
    }
}

fn exchanged(amount: Money, rate: Money) -> Option<Money> {
    const ONE: i128 = 1_000_000_000_000;
    let (amount, rate) = (amount.picos(), rate.picos());
    let whole = (amount / ONE).checked_mul(rate)?;
    let rest = (amount % ONE).checked_mul(rate)? / ONE;
    Some(Money::from_picos(whole.checked_add(rest)?))
}

/// The file as text: with a byte order mark, or as UTF-16, as spreadsheets write it.
fn text_of(path: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    fs_err::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        let text = format!("{} has more than 512 MiB: export fewer days at once", path.display());
        return Err(Failure::Usage(text));
    }
    let units = |of: fn([u8; 2]) -> u16| -> String {
        let pairs = bytes[2..].as_chunks::<2>().0;
        let units: Vec<u16> = pairs.iter().map(|pair| of(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    Ok(match bytes.as_slice() {
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        bytes => String::from_utf8_lossy(bytes).into_owned(),
    })
}

/// What stands between the cells: of the first lines, whatever stands there most often outside of quotes.
fn delimiter(text: &str) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut is_quoted = false;
    for byte in text.bytes().take(8 * 1024) {
        if byte == b'"' {
            is_quoted = !is_quoted;
        } else if !is_quoted && let Some((_, count)) = counts.iter_mut().find(|(is, _)| *is == byte)
        {
            *count += 1;
        }
    }
    // The first of equals is the comma.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(byte, _)| byte)
}

/// Where the header stands, and what form it speaks of.
fn header(
    name: &str,
    records: &[StringRecord],
    columns: Option<&Columns>,
) -> Result<(usize, Form, Places), Failure> {
    // What the record with the most cells lacks: a title has one cell.
    let mut missing = None;
    let mut most = 0;
    for (at, record) in records.iter().take(BEFORE_HEADER).enumerate() {
        match Form::of(record, columns) {
            Ok((form, places)) => return Ok((at, form, places)),
            Err(column) if record.len() > most => {
                most = record.len();
                missing = Some(column);
            }
            Err(_) => {}
        }
    }
    let first: Vec<String> =
        records.first().map(|head| head.iter().map(shown).collect()).unwrap_or_default();
    let there = if first.is_empty() { "nothing".to_owned() } else { first.join(", ") };
    let reason = match (columns, missing.filter(|column| !column.is_empty())) {
        (Some(_), Some(column)) => format!("it has no column `{column}`"),
        _ => "its columns are of no export that is known".to_owned(),
    };
    Err(Failure::Usage(format!(
        "{name}: {reason}; it begins with: {there}. Name its columns: --columns date=…,model=…,input=…,output=…,cost=…"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_separates_cells_is_found_outside_of_quotes() {
        assert_eq!(delimiter("a,b,c\n1,2,3"), b',');
        assert_eq!(delimiter("a;b;c\n\"1,0,0,0\";2,5;3"), b';');
        assert_eq!(delimiter("a\tb\n"), b'\t');
        assert_eq!(delimiter("a"), b',');
    }

    #[test]
    fn a_line_of_an_invoice_may_name_a_model() {
        assert_eq!(model_of_item("gpt-5-2025-08-07, input"), "gpt-5-2025-08-07");
        assert_eq!(model_of_item("Web search, calls"), "");
        assert_eq!(model_of_item("storage"), "");
    }
}
