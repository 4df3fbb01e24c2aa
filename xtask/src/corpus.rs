//! `cargo xtask bench-corpus OUT`: day files of ten years, to measure `summarize` with.
//!
//! The same files at every run: every number comes from the hash of the record's name.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use data_schema::{
    Attribution, DayFile, HashId, Interner, Period, RecordId, Text, Tokens, Usage, UsageRecord,
    UtcSeconds,
};

const USAGE: &str =
    "usage: cargo xtask bench-corpus OUT [--machines 3] [--sources 5] [--years 10] [--records 20]";

/// Sources with models of theirs. The last model of all stands in no price book.
const SOURCES: [(&str, [&str; 3]); 5] = [
    ("claude-code", ["claude-sonnet-4-5-20250929", "claude-opus-4-8", "claude-haiku-4-5"]),
    ("codex", ["gpt-5.3-codex", "gpt-5.5", "gpt-5.4"]),
    ("gemini-cli", ["gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.0-flash"]),
    ("opencode", ["glm-5", "kimi-k3", "deepseek-chat"]),
    ("qwen-code", ["qwen3-coder-plus", "qwen3-max", "house-model-1"]),
];
const PROJECTS: u64 = 12;
/// Records of one session.
const SESSION: i64 = 7;
const DAYS_OF_YEAR: i64 = 365;
/// 2016-01-01, in days since 1970. The default ends with 2025-12-28, before any test's clock.
const FIRST_DAY: i64 = 16_801;
/// Seconds.
const DAY: i64 = 86_400;

/// How much is written.
struct Size {
    machines: usize,
    sources: usize,
    years: i64,
    /// Records of a day file.
    records: i64,
}

/// Writes the files below `OUT/raw/`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (out, options) = arguments.split_first().context(USAGE)?;
    let size = size(options)?;
    let mut names = Interner::default();
    for machine in (1..=size.machines).map(|number| format!("machine-{number}")) {
        for (source, models) in &SOURCES[..size.sources] {
            let folder = Path::new(out).join("raw").join(&machine).join(source);
            fs_err::create_dir_all(&folder)?;
            let models = models.map(|model| names.text(model));
            for day in 0..size.years * DAYS_OF_YEAR {
                let mut file = Maker { names: &mut names, machine: &machine, source, day };
                let file = file.day_file(&models, size.records);
                fs_err::write(folder.join(format!("{}.json", file.period)), file.to_bytes())?;
            }
        }
    }
    Ok(())
}

fn size(options: &[String]) -> Result<Size> {
    let mut size = Size { machines: 3, sources: SOURCES.len(), years: 10, records: 20 };
    for option in options.chunks(2) {
        let [name, value] = option else { bail!(USAGE) };
        let number: u32 = value.parse().with_context(|| format!("{name} {value}\n{USAGE}"))?;
        match name.as_str() {
            "--machines" => size.machines = usize::try_from(number)?,
            "--sources" => size.sources = usize::try_from(number)?,
            "--years" => size.years = i64::from(number),
            "--records" => size.records = i64::from(number),
            _ => bail!(USAGE),
        }
    }
    ensure!((1..=SOURCES.len()).contains(&size.sources), "--sources is 1 to {}", SOURCES.len());
    ensure!((1..=DAY).contains(&size.records), "--records is 1 to {DAY}");
    Ok(size)
}

/// Makes one file.
struct Maker<'a> {
    names: &'a mut Interner,
    machine: &'a str,
    source: &'a str,
    day: i64,
}

impl Maker<'_> {
    fn day_file(&mut self, models: &[Text; 3], records: i64) -> DayFile {
        let start = UtcSeconds::default().plus((FIRST_DAY + self.day) * DAY);
        let step = DAY / records;
        let records = (0..records).map(|number| {
            let part = |part: i64| format!("{}/{}/{}/{part}", self.machine, self.source, self.day);
            let id = RecordId::new("bench", &part(number), "");
            let session = HashId::new("session", &part(number / SESSION));
            let work =
                u64::from_be_bytes(RecordId::new("work", &part(number / SESSION), "").bytes());
            let seed = u64::from_be_bytes(id.bytes());
            let offset = i64::try_from(seed % step.unsigned_abs()).unwrap_or(0);
            let mut record = UsageRecord::new(id, start.plus(number * step + offset));
            // A session has a main model; one response in five comes from a sub-agent with another.
            let by_agent = seed.is_multiple_of(5);
            let model = if by_agent { 2 } else { usize::try_from(work % 2).unwrap_or(0) };
            record.usage = usage(seed, Text::clone(&models[model]));
            record.attribution = Attribution {
                session: Some(session),
                project: Some(self.names.text(&format!("github.com/acme/app-{}", work % PROJECTS))),
                agent: by_agent.then(|| self.names.text("explore")),
                client: Some(self.names.text(&format!("{}/2.{}.0", self.source, self.day / 30))),
                vendor: Some(self.names.text("openrouter")),
                ..Attribution::default()
            };
            record
        });
        let records = records.collect();
        let (machine, provider) = (Text::from(self.machine), Text::from(self.source));
        DayFile::new(machine, provider, Period::day_of(start), start.plus(DAY), records)
    }
}

fn usage(seed: u64, model: Text) -> Usage {
    let part = |shift: u32, limit: u64| Tokens::new((seed >> shift) % limit);
    Usage {
        model,
        input_tokens: part(8, 2_000),
        cache_read_tokens: part(16, 120_000),
        cache_creation_tokens: part(24, 6_000),
        output_tokens: part(32, 3_000),
        revision: 1,
        ..Usage::default()
    }
}
