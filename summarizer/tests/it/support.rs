//! What the tests build summaries from.

use std::sync::LazyLock;

use chrono_tz::Tz;
use data_schema::resolve::Witness;
use data_schema::settings::Publish;
use data_schema::{RecordId, Text, Tokens, UsageRecord};
use pricing::PriceBook;
use serde::de::DeserializeOwned;
use summarizer::{Input, Options, Summary, summarize, sums};

/// A price table of its own, so that the tests do not change with the real one.
pub(crate) static PRICES: LazyLock<PriceBook> = LazyLock::new(|| {
    let table = r#"{"version":"2.0","source":"test","date":"2026-01-01","models":{
        "test-large":[{"input":"5","output":"25","cacheRead":"0.5","cacheWrite":"6.25"}],
        "test-small":[{"input":"0.1","output":"0.400001"}]}}"#;
    PriceBook::builtin().with_user(table.as_bytes()).unwrap().0
});

/// A model of the table: 5 USD per million prompt tokens, 25 per million of output.
pub(crate) const LARGE: &str = "test-large";
/// A model that stands in no price book.
pub(crate) const UNLISTED: &str = "secret-model-x";

/// Everything is shown, the newest record is the clock.
pub(crate) fn options(zone: Tz) -> Options<'static> {
    Options { zone, as_of: None, publish: Publish::everything(), prices: &PRICES }
}

/// A response of prompt and output tokens.
pub(crate) fn record(name: &str, at: &str, model: &str, tokens: [u64; 2]) -> UsageRecord {
    let mut record = UsageRecord::new(RecordId::new("test", name, ""), at.parse().unwrap());
    record.usage.model = Text::from(model);
    record.usage.input_tokens = Tokens::new(tokens[0]);
    record.usage.output_tokens = Tokens::new(tokens[1]);
    record
}

pub(crate) fn witness(machine: &str, provider: &str, record: UsageRecord) -> Witness {
    Witness { machine: machine.into(), provider: provider.into(), record: Box::new(record) }
}

/// Responses of a large model on one machine, one per time, of 100 prompt and 10 output tokens.
pub(crate) fn at_times(times: &[&str]) -> Input {
    let record = |at: &&str| witness("laptop", "codex", record(at, at, LARGE, [100, 10]));
    input(times.iter().map(record))
}

/// An input of records, each at its place.
pub(crate) fn input(witnesses: impl IntoIterator<Item = Witness>) -> Input {
    let mut input = Input::default();
    add(&mut input, witnesses);
    input
}

/// Adds records, each at its place.
pub(crate) fn add(input: &mut Input, witnesses: impl IntoIterator<Item = Witness>) {
    for Witness { machine, provider, record } in witnesses {
        input.add(&machine, &provider, [record]);
    }
}

pub(crate) fn summary(input: &Input, options: &Options<'_>) -> Summary {
    let mut input = input.clone();
    let sums = sums(&mut input, options, false).unwrap();
    summarize(sums, &input, options)
}

/// A file of a summary.
pub(crate) fn file<T: DeserializeOwned>(summary: &Summary, path: &str) -> T {
    let bytes = summary.files().get(path).unwrap_or_else(|| panic!("there is no {path}"));
    serde_json::from_slice(bytes).unwrap()
}

/// Paths below a folder of a summary.
pub(crate) fn paths<'s>(summary: &'s Summary, folder: &str) -> Vec<&'s str> {
    let inside = |path: &&str| path.starts_with(&format!("{folder}/"));
    summary.files().keys().map(String::as_str).filter(inside).collect()
}

/// All files in one text, to look for what must not be there.
pub(crate) fn text(summary: &Summary) -> String {
    let mut text = String::new();
    for (path, bytes) in summary.files() {
        text.push_str(path);
        text.push_str(&String::from_utf8_lossy(bytes));
    }
    text
}
