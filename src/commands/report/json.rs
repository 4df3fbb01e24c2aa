//! The object that `--json` prints; `docs/reports.md` explains every key. It is written row by row: there may be
//! millions.

use std::io::{self, Write};

use chrono_tz::Tz;
use collector::ScannedSource;
use data_schema::summary::{DateRange, WireShare};
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::ser::{Formatter, PrettyFormatter};
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
    rows: Rows<'a>,
    by_provider: Rows<'a>,
    totals: OneRow<'a>,
    /// What went through the proxy; absent if nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    wire: Option<WireShare>,
    sources: Vec<SourceJson<'a>>,
}

/// What stands around the rows.
pub(super) struct Around<'a> {
    pub(super) zone: Tz,
    pub(super) range: Option<Range>,
    pub(super) earlier: Option<Range>,
    pub(super) sources: &'a [ScannedSource],
    pub(super) has_money: bool,
}

/// Writes the report.
pub(super) fn json(made: &Report, frame: &Around<'_>, out: &mut impl Write) -> io::Result<()> {
    let days = |range: Option<Range>| range.map(|(start, end)| DateRange { start, end });
    let has_money = frame.has_money;
    let json = Json {
        version: data_schema::VERSION,
        timezone: frame.zone.name(),
        date_range: days(frame.range),
        earlier_range: days(frame.earlier),
        rows: Rows { rows: &made.rows, has_money },
        by_provider: Rows { rows: &made.by_provider, has_money },
        totals: OneRow { row: &made.totals, has_money },
        wire: made.wire,
        sources: frame.sources.iter().map(|source| SourceJson::new(&source.report)).collect(),
    };
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Harmless::default());
    json.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

struct Rows<'a> {
    rows: &'a [Row],
    has_money: bool,
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut array = serializer.serialize_seq(Some(self.rows.len()))?;
        for row in self.rows {
            array.serialize_element(&OneRow { row, has_money: self.has_money })?;
        }
        array.end()
    }
}

struct OneRow<'a> {
    row: &'a Row,
    has_money: bool,
}

impl Serialize for OneRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.has_money {
            return self.row.serialize(serializer);
        }
        let mut value = serde_json::to_value(self.row).map_err(serde::ser::Error::custom)?;
        take_money(&mut value);
        value.serialize(serializer)
    }
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

/// Lines that people can read, where letters that would steer a terminal are written as numbers. That says the same.
#[derive(Default)]
struct Harmless(PrettyFormatter<'static>);

impl Formatter for Harmless {
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(place) = rest.find(text::is_harmful) {
            let (before, after) = rest.split_at(place);
            out.write_all(before.as_bytes())?;
            let mut letters = after.chars();
            for unit in letters.next().into_iter().flat_map(units) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = letters.as_str();
        }
        out.write_all(rest.as_bytes())
    }

    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

/// How JSON numbers a letter.
fn units(letter: char) -> Vec<u16> {
    letter.encode_utf16(&mut [0; 2]).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_the_same_in_other_letters() {
        let said = [text::tests::HOSTILE, "ä\u{fffd}", "\"\\\u{202e}"];
        let mut out = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, Harmless::default());
        said.serialize(&mut serializer).unwrap();
        let escaped = String::from_utf8(out).unwrap();
        let told: Vec<String> = serde_json::from_str(&escaped).unwrap();
        assert_eq!(told, said);
        let mut letters = escaped.chars().filter(|letter| *letter != '\n');
        assert!(!letters.any(text::is_harmful));
        assert!(escaped.contains("ä\u{fffd}") && escaped.contains("\\u202e"));
    }

    #[test]
    fn without_money_nothing_is_said_of_it() {
        let row = Row::default();
        let text = |has_money| serde_json::to_string(&OneRow { row: &row, has_money }).unwrap();
        assert!(text(true).contains("USD") && text(true).contains("unpriced"));
        assert!(!text(false).contains("USD") && !text(false).contains("unpriced"));
    }
}
