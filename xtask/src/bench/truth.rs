//! What a corpus holds, written beside it, and what tools say that it holds.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::ops::AddAssign;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

/// Name of the file beside a corpus.
pub(crate) const FILE: &str = "truth.json";

/// Sums of responses. Tokens; `input` is what was neither read from nor written to a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Totals {
    pub(crate) responses: u64,
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) cache_read: u64,
    pub(crate) cache_creation: u64,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.responses += other.responses;
        self.input += other.input;
        self.output += other.output;
        self.cache_read += other.cache_read;
        self.cache_creation += other.cache_creation;
    }
}

/// Totals by source.
pub(crate) type Sources = BTreeMap<String, Totals>;

/// A line that a bench appends to a log, and takes away again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Append {
    /// The log, from the corpus' folder.
    pub(crate) path: String,
    /// Its length without the line. Bytes.
    pub(crate) bytes: u64,
    pub(crate) source: String,
    pub(crate) line: String,
    /// What the line adds.
    pub(crate) adds: Totals,
}

/// What a corpus holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Truth {
    /// What it was made with: kind, options and the revision of the generator.
    pub(crate) recipe: String,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) sources: Sources,
    pub(crate) append: Option<Append>,
}

impl Truth {
    /// `None` where no whole corpus is.
    pub(crate) fn read(corpus: &Path) -> Option<Self> {
        serde_json::from_slice(&fs_err::read(corpus.join(FILE)).ok()?).ok()
    }

    pub(crate) fn write(&self, corpus: &Path) -> Result<()> {
        Ok(fs_err::write(corpus.join(FILE), serde_json::to_vec_pretty(self)?)?)
    }

    /// Notes a source's part.
    pub(crate) fn add(&mut self, source: &str, files: u64, bytes: u64, totals: Totals) {
        self.files += files;
        self.bytes += bytes;
        *self.sources.entry(source.to_owned()).or_default() += totals;
    }
}

/// Sums of two corpora.
pub(crate) fn both(one: &Sources, other: &Sources) -> Sources {
    let mut both = one.clone();
    for (source, totals) in other {
        *both.entry(source.clone()).or_default() += *totals;
    }
    both
}

/// Sum of all sources.
pub(crate) fn sum(sources: &Sources) -> Totals {
    let mut sum = Totals::default();
    for totals in sources.values() {
        sum += *totals;
    }
    sum
}

/// A sum as ours and ccusage write it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    /// ccusage does not count them.
    requests: Option<u64>,
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: u64,
    cache_creation_tokens: u64,
}

impl From<Told> for Totals {
    fn from(told: Told) -> Self {
        Self {
            responses: told.requests.unwrap_or(0),
            input: told.input_tokens,
            output: told.output_tokens,
            cache_read: told.cache_read_tokens,
            cache_creation: told.cache_creation_tokens,
        }
    }
}

#[derive(Deserialize)]
struct Report {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    provider: String,
    #[serde(flatten)]
    told: Told,
}

/// What the `meta.json` of a summary has, and what ccusage prints.
#[derive(Deserialize)]
struct Whole {
    totals: Told,
}

/// Reads JSON piece by piece: what this process takes counts as the first memory of those it starts.
fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let file = BufReader::new(fs_err::File::open(path)?);
    serde_json::from_reader(file).with_context(|| format!("{} is no report", path.display()))
}

/// What `token-matters report --json` says, by source.
pub(crate) fn of_report(output: &Path) -> Result<Sources> {
    let report: Report = read(output)?;
    let mut sources = Sources::new();
    for row in report.rows {
        *sources.entry(row.provider).or_default() += row.told.into();
    }
    Ok(sources)
}

/// What the `meta.json` of a summary says.
pub(crate) fn of_summary(root: &Path) -> Result<Totals> {
    read(&root.join("summary/meta.json")).map(|whole: Whole| whole.totals.into())
}

/// What the totals of a report of ours say.
pub(crate) fn of_totals(output: &Path) -> Result<Totals> {
    read(output).map(|whole: Whole| whole.totals.into())
}

/// What ccusage says.
pub(crate) fn of_ccusage(output: &Path) -> Result<Totals> {
    read(output).map(|whole: Whole| whole.totals.into())
}

/// Fails where a tool's answer is not what is there. A corpus that has 0 responses does not know how many there are.
pub(crate) fn compare(expected: &Sources, told: &Sources) -> Result<()> {
    for source in expected.keys().chain(told.keys()) {
        let (expected, told) = (expected.get(source), told.get(source));
        let is_known = expected.is_none_or(|expected| expected.responses > 0);
        let responses = |told: &Totals| if is_known { told.responses } else { 0 };
        let told = told.map(|told| Totals { responses: responses(told), ..*told });
        ensure!(
            expected == told.as_ref(),
            "WRONG TOTAL of {source}: the corpus holds {expected:?}, the tool says {told:?}"
        );
    }
    Ok(())
}

/// The same for one sum.
pub(crate) fn compare_sum(expected: Totals, told: Totals) -> Result<()> {
    if expected != told {
        bail!("WRONG TOTAL: the corpus holds {expected:?}, the tool says {told:?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"provider":"codex","requests":1,"inputTokens":2,"outputTokens":3,"cacheReadTokens":4,"cacheCreationTokens":5}"#;

    fn report(text: &str) -> Result<Sources> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs_err::write(&path, text).unwrap();
        of_report(&path)
    }

    #[test]
    fn rows_of_a_report_are_summed_by_source_and_any_difference_is_an_error() {
        let told = report(&format!(r#"{{"rows":[{ROW},{ROW}]}}"#)).unwrap();
        let totals =
            Totals { responses: 2, input: 4, output: 6, cache_read: 8, cache_creation: 10 };
        let mut expected = Sources::from([("codex".to_owned(), totals)]);
        compare(&expected, &told).unwrap();
        expected.entry("codex".to_owned()).or_default().output += 1;
        let error = compare(&expected, &told).unwrap_err().to_string();
        assert!(error.starts_with("WRONG TOTAL of codex"), "{error}");
        compare(&Sources::new(), &told).unwrap_err();
        compare(&told, &Sources::new()).unwrap_err();
    }

    #[test]
    fn a_row_without_a_count_is_an_error_and_not_zero() {
        let short = ROW.replace(r#","cacheReadTokens":4"#, "");
        report(&format!(r#"{{"rows":[{short}]}}"#)).unwrap_err();
    }
}
