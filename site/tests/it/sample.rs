//! Summaries for tests, added up from a list of uses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate};
use data_schema::summary::{
    Aggregate, Breakdown, CostBreakdown, DailySummary, DailyTrendEntry, DateRange, LatestFile,
    MachineSummary, MetaFile, ModelSummary, MonthlySummary, PeriodSummary, ProjectSummary,
    ProviderSummary, SUMMARY_VERSION, TokenCounts, Totals, TrendPart,
};
use data_schema::{Money, Quality, UtcSeconds};
use serde::Serialize;
use site::{Built, SiteError, build_site};
use tempfile::TempDir;

/// Tokens of one source, model, machine and project on one day.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub(crate) day: NaiveDate,
    pub(crate) source: String,
    pub(crate) model: String,
    pub(crate) machine: String,
    pub(crate) project: String,
    pub(crate) tokens: u64,
    /// `None` is a model without a price.
    pub(crate) cost: Option<Money>,
    pub(crate) quality: Quality,
}

impl Use {
    /// A million tokens of Claude Code for 2.50 dollars.
    pub(crate) fn on(day: &str) -> Self {
        Self {
            day: day.parse().unwrap(),
            source: "claude-code".into(),
            model: "claude-sonnet-4-6".into(),
            machine: "laptop".into(),
            project: "github.com/ada/notes".into(),
            tokens: 1_000_000,
            cost: Some("2.5".parse().unwrap()),
            quality: Quality::Exact,
        }
    }

    pub(crate) fn by(mut self, source: &str, model: &str) -> Self {
        (self.source, self.model) = (source.into(), model.into());
        self
    }

    pub(crate) fn at(mut self, machine: &str) -> Self {
        self.machine = machine.into();
        self
    }

    pub(crate) fn tokens(mut self, tokens: u64) -> Self {
        self.tokens = tokens;
        self
    }

    pub(crate) fn unpriced(mut self) -> Self {
        self.cost = None;
        self
    }
}

/// A summary to be made.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) uses: Vec<Use>,
    /// The day that windows end with.
    pub(crate) end: NaiveDate,
    /// Time of the newest record.
    pub(crate) last: Option<&'static str>,
    pub(crate) costs_hidden: bool,
    pub(crate) shards: Vec<String>,
}

/// A built site.
pub(crate) struct Site {
    root: TempDir,
    pub(crate) built: Built,
}

impl Sample {
    pub(crate) fn new(uses: impl IntoIterator<Item = Use>) -> Self {
        Self {
            uses: uses.into_iter().collect(),
            end: "2026-05-20".parse().unwrap(),
            last: Some("2026-05-20T16:42:10Z"),
            costs_hidden: false,
            shards: Vec::new(),
        }
    }

    /// A few days of two sources and machines: one number of each kind.
    pub(crate) fn small() -> Self {
        let mut partial = Use::on("2026-05-20").by("codex", "gpt-5.5").at("studio").tokens(400_000);
        partial.quality = Quality::Partial;
        Self::new([
            Use::on("2026-04-02").tokens(30_000_000),
            Use::on("2026-05-12"),
            Use::on("2026-05-18").tokens(2_340_000),
            Use::on("2026-05-18").by("codex", "gpt-6-preview").tokens(1_250).unpriced(),
            Use::on("2026-05-20").tokens(750_000),
            partial,
        ])
    }

    pub(crate) fn build(&self) -> Site {
        let root = TempDir::new().unwrap();
        self.write(root.path());
        let built = build_site(&root.path().join("summary"), root.path()).unwrap();
        Site { root, built }
    }

    /// Writes `summary/` and the shards in it.
    pub(crate) fn write(&self, root: &Path) {
        let summary = root.join("summary");
        put(&summary.join("latest.json"), &self.latest());
        put(&summary.join("meta.json"), &self.meta());
        for (month, file) in self.months() {
            put(&summary.join("monthly").join(format!("{month}.json")), &file);
        }
        for shard in &self.shards {
            put(&summary.join("data/v1").join(shard), &shard);
        }
    }

    pub(crate) fn latest(&self) -> LatestFile {
        let today: Vec<&Use> = self.uses.iter().filter(|one| one.day == self.end).collect();
        let window = |days: u64| {
            let start = self.end.checked_sub_days(Days::new(days - 1)).unwrap();
            self.period(DateRange { start, end: self.end })
        };
        LatestFile {
            version: SUMMARY_VERSION.to_owned(),
            last_updated: self.last_updated(),
            timezone: "Europe/Berlin".to_owned(),
            last_7_days: window(7),
            last_30_days: window(30),
            today: (!today.is_empty()).then(|| DailySummary {
                version: SUMMARY_VERSION.to_owned(),
                date: self.end,
                totals: self.totals(&today),
                breakdown: self.breakdown(&today),
            }),
        }
    }

    pub(crate) fn meta(&self) -> MetaFile {
        let all: Vec<&Use> = self.uses.iter().collect();
        let names = |key: fn(&Use) -> &String| -> Vec<String> {
            let names: BTreeSet<&String> = self.uses.iter().map(key).collect();
            names.into_iter().cloned().collect()
        };
        MetaFile {
            version: SUMMARY_VERSION.to_owned(),
            last_updated: self.last_updated(),
            timezone: "Europe/Berlin".to_owned(),
            date_range: range(&all),
            totals: self.totals(&all),
            providers: names(|one| &one.source),
            machines: names(|one| &one.machine),
            models: names(|one| &one.model),
            slugs: BTreeMap::new(),
            daily_files: Vec::new(),
            weekly_files: Vec::new(),
            monthly_files: self.months().into_keys().collect(),
            shards: self.shards.clone(),
        }
    }

    fn last_updated(&self) -> Option<UtcSeconds> {
        let text = self.last.filter(|_| !self.uses.is_empty())?;
        Some(serde_json::from_value(text.into()).unwrap())
    }

    fn months(&self) -> BTreeMap<String, MonthlySummary> {
        let mut months: BTreeMap<String, Vec<&Use>> = BTreeMap::new();
        for one in &self.uses {
            months.entry(one.day.format("%Y-%m").to_string()).or_default().push(one);
        }
        let file = |(month, uses): (String, Vec<&Use>)| {
            let period = self.period(range(&uses).unwrap());
            (month.clone(), MonthlySummary { version: SUMMARY_VERSION.to_owned(), month, period })
        };
        months.into_iter().map(file).collect()
    }

    fn period(&self, range: DateRange) -> PeriodSummary {
        let inside: Vec<&Use> =
            self.uses.iter().filter(|one| (range.start..=range.end).contains(&one.day)).collect();
        let days = range.start.iter_days().take_while(|day| *day <= range.end);
        PeriodSummary {
            date_range: range,
            totals: self.totals(&inside),
            breakdown: self.breakdown(&inside),
            daily_trend: days.map(|day| self.trend(day)).collect(),
        }
    }

    fn trend(&self, day: NaiveDate) -> DailyTrendEntry {
        let uses: Vec<&Use> = self.uses.iter().filter(|one| one.day == day).collect();
        let all = self.aggregate(&uses);
        let part = |(id, row): (String, Aggregate)| {
            let part = TrendPart {
                total_tokens: row.tokens.total_tokens,
                cost_usd: row.cost_usd,
                data_quality: row.data_quality,
            };
            (id, part)
        };
        DailyTrendEntry {
            date: day,
            total_tokens: all.tokens.total_tokens,
            cost: all.cost_usd,
            requests: all.requests,
            by_provider: self
                .grouped(&uses, |one| one.source.clone())
                .into_iter()
                .map(part)
                .collect(),
        }
    }

    fn totals(&self, uses: &[&Use]) -> Totals {
        let all = self.aggregate(uses);
        let unpriced: BTreeSet<&String> =
            uses.iter().filter(|one| one.cost.is_none()).map(|one| &one.model).collect();
        Totals {
            tokens: all.tokens,
            cost: CostBreakdown {
                total_usd: all.cost_usd,
                unpriced_tokens: all.unpriced_tokens,
                unpriced_models: unpriced
                    .into_iter()
                    .filter(|_| !self.costs_hidden)
                    .cloned()
                    .collect(),
                by_provider: BTreeMap::new(),
            },
            requests: all.requests,
            data_quality: all.data_quality,
            inexact_tokens: all.inexact_tokens,
        }
    }

    fn breakdown(&self, uses: &[&Use]) -> Breakdown {
        let rows = |key: fn(&Use) -> String| self.grouped(uses, key).into_iter();
        Breakdown {
            by_provider: rows(|one| one.source.clone())
                .map(|(provider, aggregate)| ProviderSummary::new(provider, aggregate))
                .collect(),
            by_machine: rows(|one| one.machine.clone())
                .map(|(machine, aggregate)| MachineSummary { machine, aggregate })
                .collect(),
            by_model: rows(|one| format!("{}\0{}", one.source, one.model))
                .map(|(key, aggregate)| {
                    let (provider, model) = key.split_once('\0').unwrap();
                    ModelSummary { model: model.into(), provider: provider.into(), aggregate }
                })
                .collect(),
            by_project: rows(|one| one.project.clone())
                .map(|(project, aggregate)| ProjectSummary { project, aggregate })
                .collect(),
        }
    }

    /// Largest first, then by name.
    fn grouped(&self, uses: &[&Use], key: impl Fn(&Use) -> String) -> Vec<(String, Aggregate)> {
        let mut groups: BTreeMap<String, Vec<&Use>> = BTreeMap::new();
        for one in uses {
            groups.entry(key(one)).or_default().push(one);
        }
        let mut rows: Vec<_> =
            groups.into_iter().map(|(key, uses)| (key, self.aggregate(&uses))).collect();
        rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.tokens.total_tokens));
        rows
    }

    fn aggregate(&self, uses: &[&Use]) -> Aggregate {
        let mut sum = Aggregate::default();
        for one in uses {
            let (output, read, written) = (one.tokens / 10, one.tokens / 2, one.tokens / 5);
            sum.tokens.add(&TokenCounts {
                input_tokens: one.tokens - output - read - written,
                output_tokens: output,
                cache_read_tokens: read,
                cache_creation_tokens: written,
                total_tokens: one.tokens,
                ..TokenCounts::default()
            });
            sum.requests += 1;
            sum.data_quality = sum.data_quality.max(one.quality);
            if one.quality != Quality::Exact {
                sum.inexact_tokens = sum.inexact_tokens.saturating_add(one.tokens);
            }
            match one.cost {
                _ if self.costs_hidden => {}
                Some(cost) => sum.cost_usd = Some(sum.cost_usd.unwrap_or(Money::ZERO) + cost),
                None => sum.unpriced_tokens = sum.unpriced_tokens.saturating_add(one.tokens),
            }
        }
        if uses.is_empty() && !self.costs_hidden {
            sum.cost_usd = Some(Money::ZERO);
        }
        sum
    }
}

fn range(uses: &[&Use]) -> Option<DateRange> {
    let start = uses.iter().map(|one| one.day).min()?;
    let end = uses.iter().map(|one| one.day).max()?;
    Some(DateRange { start, end })
}

fn put(path: &Path, value: &impl Serialize) {
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, serde_json::to_vec_pretty(value).unwrap()).unwrap();
}

impl Site {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn again(&self) -> Result<Built, SiteError> {
        build_site(&self.path("summary"), self.root.path())
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs_err::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn page(&self) -> String {
        self.text("index.html")
    }

    pub(crate) fn badge(&self, name: &str) -> String {
        self.text(&format!("badge/token-{name}.svg"))
    }
}
