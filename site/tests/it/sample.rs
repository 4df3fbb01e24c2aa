//! Summaries for tests, added up from a list of uses: every file that the pages read, and all of them agree.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use data_schema::summary::{
    Budget, BudgetsFile, LimitState, LimitsSummary, Plan, PlanMonth, PlansFile, ReconcileFile,
    Reconciled, SUMMARY_VERSION, SiteFile, TokenCounts,
};
use data_schema::{Money, Quality};
use serde::Serialize;
use site::{Built, SiteError, SiteOptions, build_site};
use tempfile::TempDir;

#[path = "sample/shards.rs"]
mod shards;
#[path = "sample/states.rs"]
pub(crate) mod states;
#[path = "sample/sums.rs"]
mod sums;
#[path = "sample/views.rs"]
mod views;

/// Tokens of one source, model, machine and project on one day.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub(crate) day: NaiveDate,
    pub(crate) source: String,
    pub(crate) model: String,
    pub(crate) machine: String,
    pub(crate) project: String,
    pub(crate) tokens: u64,
    /// Percent of the tokens that are output, read from a cache, written to one; the rest is input.
    pub(crate) mix: [u64; 3],
    /// Told as a bare total, without classes.
    pub(crate) bare: bool,
    pub(crate) requests: u64,
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
            mix: [10, 50, 20],
            bare: false,
            requests: 1,
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

    /// Its classes; they never exceed the total.
    pub(crate) fn counts(&self) -> TokenCounts {
        if self.bare {
            return TokenCounts { total_tokens: self.tokens, ..TokenCounts::default() };
        }
        let [output, read, written] = self.mix.map(|percent| self.tokens / 100 * percent);
        TokenCounts {
            input_tokens: self.tokens - output - read - written,
            output_tokens: output,
            cache_read_tokens: read,
            cache_creation_tokens: written,
            reasoning_tokens: output / 4,
            total_tokens: self.tokens,
            ..TokenCounts::default()
        }
    }
}

/// A summary to be made.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a file that is there or not")]
pub(crate) struct Sample {
    pub(crate) uses: Vec<Use>,
    /// The day that windows end with.
    pub(crate) end: NaiveDate,
    /// Time of the newest record.
    pub(crate) last: Option<&'static str>,
    pub(crate) costs_hidden: bool,
    pub(crate) site: SiteFile,
    /// Whether `hours.json`, `sessions.json` and `prices.json` are there.
    pub(crate) hours: bool,
    pub(crate) sessions: bool,
    pub(crate) prices: bool,
    pub(crate) budgets: Vec<Budget>,
    pub(crate) plans: Vec<Plan>,
    pub(crate) plan_months: Vec<PlanMonth>,
    pub(crate) limits: Vec<LimitState>,
    pub(crate) reconciled: Vec<Reconciled>,
}

/// A built site, beside the summary that it is made of.
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
            site: SiteFile { version: SUMMARY_VERSION.to_owned(), ..SiteFile::default() },
            hours: false,
            sessions: false,
            prices: false,
            budgets: Vec::new(),
            plans: Vec::new(),
            plan_months: Vec::new(),
            limits: Vec::new(),
            reconciled: Vec::new(),
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
        let built = build_site(&root.path().join("summary"), root.path(), &SiteOptions::default());
        Site { root, built: built.unwrap() }
    }

    /// Writes `summary/` below a folder, in place of an earlier one.
    pub(crate) fn write(&self, root: &Path) {
        let summary = root.join("summary");
        if summary.exists() {
            fs_err::remove_dir_all(&summary).unwrap();
        }
        put(&summary.join("latest.json"), &self.latest());
        put(&summary.join("site.json"), &self.site);
        let shards = self.shards();
        put(&summary.join("meta.json"), &self.meta(shards.keys().cloned().collect()));
        fs_err::create_dir_all(summary.join("data/v1")).unwrap();
        for (name, bytes) in shards {
            fs_err::write(summary.join("data/v1").join(name), bytes).unwrap();
        }
        for (name, bytes) in self.optional() {
            fs_err::write(summary.join(name), bytes).unwrap();
        }
    }

    /// The files that are there only where there is something in them.
    fn optional(&self) -> BTreeMap<&'static str, Vec<u8>> {
        let version = || SUMMARY_VERSION.to_owned();
        let mut files = BTreeMap::new();
        let mut add = |name, is_there, bytes| {
            if is_there {
                files.insert(name, bytes);
            }
        };
        let budgets = BudgetsFile { version: version(), budgets: self.budgets.clone() };
        add("budgets.json", !self.budgets.is_empty(), json(&budgets));
        let plans = PlansFile {
            version: version(),
            plans: self.plans.clone(),
            months: self.plan_months.clone(),
        };
        add("plans.json", !self.plans.is_empty(), json(&plans));
        let limits = LimitsSummary {
            version: version(),
            limits: self.limits.clone(),
            ..LimitsSummary::default()
        };
        add("limits.json", !self.limits.is_empty(), json(&limits));
        let reconcile = ReconcileFile {
            version: version(),
            sources: self.reconciled.clone(),
            statements: Vec::new(),
        };
        add("reconcile.json", !self.reconciled.is_empty(), json(&reconcile));
        add("hours.json", self.hours, json(&self.hours_file()));
        add("sessions.json", self.sessions, json(&self.sessions_file()));
        add("prices.json", self.prices, json(&self.prices_file()));
        files
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

fn put(path: &Path, value: &impl Serialize) {
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, json(value)).unwrap();
}

impl Site {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn again(&self) -> Result<Built, SiteError> {
        build_site(&self.path("summary"), self.root.path(), &SiteOptions::default())
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

    /// All files but the summary, by their paths with `/`, sorted.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = self.below("");
        files.retain(|path, _| !path.starts_with("summary/"));
        files
    }

    /// All files of a folder, which is empty or ends with `/`, with those of folders in it.
    pub(crate) fn below(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs_err::read_dir(self.path(&folder)).unwrap() {
                let entry = entry.unwrap();
                let path = format!("{folder}{}", entry.file_name().into_string().unwrap());
                if entry.file_type().unwrap().is_dir() {
                    folders.push(format!("{path}/"));
                } else {
                    files.insert(path, fs_err::read(entry.path()).unwrap());
                }
            }
        }
        files
    }
}
