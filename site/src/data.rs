//! Everything that `summary/` holds, read once. Pages are made of nothing else.

use std::path::Path;

use chrono::NaiveDate;
use chrono_tz::Tz;
use data_schema::summary::{
    BudgetsFile, HoursFile, LatestFile, LimitsSummary, MetaFile, PlansFile, PricesSummary,
    ReconcileFile, SUMMARY_VERSION, SessionsFile, Shard, SiteFile,
};
use fs_err as fs;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::de::DeserializeOwned;

use crate::SiteError;
use crate::cube::Cube;
use crate::names;

/// A summary.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) meta: MetaFile,
    pub(crate) latest: LatestFile,
    /// How the pages are set up; as it is by default, where there is no such file.
    pub(crate) site: SiteFile,
    pub(crate) cube: Cube,
    pub(crate) hours: Option<HoursFile>,
    pub(crate) limits: Option<LimitsSummary>,
    pub(crate) sessions: Option<SessionsFile>,
    pub(crate) prices: Option<PricesSummary>,
    pub(crate) budgets: Option<BudgetsFile>,
    pub(crate) plans: Option<PlansFile>,
    pub(crate) reconcile: Option<ReconcileFile>,
    /// The report zone; none if its name is not known here.
    pub(crate) zone: Option<Tz>,
    /// The last day of all windows.
    pub(crate) end: NaiveDate,
    /// Whether `summary/` is published beside the pages, so that they may lead to it.
    pub(crate) is_beside: bool,
    /// Names and bytes of the shards, for the browser.
    pub(crate) shards: Vec<(String, Vec<u8>)>,
}

impl Data {
    /// Reads a `summary/` folder.
    ///
    /// # Errors
    ///
    /// There is no summary, or a file of it cannot be read or is of another major version.
    pub(crate) fn read(summary: &Path) -> Result<Self, SiteError> {
        if !summary.join("meta.json").is_file() {
            return Err(SiteError::Missing { path: summary.to_owned() });
        }
        let mut meta: MetaFile = read_known(&summary.join("meta.json"))?;
        check_names(&summary.join("meta.json"), &meta)?;
        let mut latest: LatestFile = read_known(&summary.join("latest.json"))?;
        let files: Vec<(String, Vec<u8>, Shard)> =
            meta.shards.par_iter().map(|name| shard(summary, name)).collect::<Result<_, _>>()?;
        let (mut shards, mut years) = (Vec::new(), Vec::new());
        for (name, bytes, year) in files {
            shards.push((name, bytes));
            years.push(year);
        }
        let faulty = |message| SiteError::Summary { path: summary.join("data/v1"), message };
        let optional = Optional(summary);
        let hours: Option<HoursFile> = optional.read("hours.json")?;
        let zone = latest.timezone.parse().ok();
        (latest.timezone, meta.timezone) = (shown(&latest.timezone), shown(&meta.timezone));
        Ok(Self {
            cube: Cube::new(&years).map_err(faulty)?,
            site: optional.read("site.json")?.unwrap_or_default(),
            hours: hours.map(|hours| HoursFile { timezone: shown(&hours.timezone), ..hours }),
            limits: optional.read("limits.json")?,
            sessions: optional.read("sessions.json")?,
            prices: optional.read("prices.json")?,
            budgets: optional.read("budgets.json")?,
            plans: optional.read("plans.json")?,
            reconcile: optional.read("reconcile.json")?,
            zone,
            end: latest.last_30_days.date_range.end,
            meta,
            latest,
            is_beside: false,
            shards,
        })
    }

    /// Whether nothing was ever counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.cube.range().is_none()
    }

    /// Whether amounts are shown: they are hidden where not even tokens without a price are told.
    pub(crate) fn shows_cost(&self) -> bool {
        let cost = &self.meta.totals.cost;
        cost.total_usd.is_some() || cost.unpriced_tokens > 0
    }

    /// Whether projects are told apart.
    pub(crate) fn shows_projects(&self) -> bool {
        let names = self.cube.names(crate::cube::Dimension::Project);
        names.iter().any(|name| !name.is_empty())
    }
}

/// A zone's name as people say it.
fn shown(zone: &str) -> String {
    let utc = ["Etc/UTC", "Etc/UCT", "Etc/Zulu", "Zulu"].contains(&zone);
    if utc { "UTC".to_owned() } else { names::line(zone) }
}

fn shard(summary: &Path, name: &str) -> Result<(String, Vec<u8>, Shard), SiteError> {
    let path = summary.join("data/v1").join(name);
    let bytes = fs::read(&path)?;
    let year = parse(&path, &bytes)?;
    Ok((name.to_owned(), bytes, year))
}

/// Files that need not be there.
struct Optional<'a>(&'a Path);

impl Optional<'_> {
    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, SiteError> {
        let path = self.0.join(name);
        if path.is_file() { read_known(&path).map(Some) } else { Ok(None) }
    }
}

/// `2026-6a67163397763b12.json`, the form of our own shards: no other file is copied or removed.
pub(crate) fn is_shard(name: &str) -> bool {
    let parts = name.strip_suffix(".json").and_then(|stem| stem.split_once('-'));
    parts.is_some_and(|(year, hash)| {
        year.len() == 4
            && year.bytes().all(|byte| byte.is_ascii_digit())
            && hash.len() == 16
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Names in `meta.json` become paths: one that is not of our form must not lead out of the folder.
fn check_names(path: &Path, meta: &MetaFile) -> Result<(), SiteError> {
    match meta.shards.iter().find(|name| !is_shard(name)) {
        None => Ok(()),
        Some(name) => Err(SiteError::Summary {
            path: path.to_owned(),
            message: format!("{name:?} is not the name of a file of a summary"),
        }),
    }
}

/// Reads a file of a version that is known here.
fn read_known<T: DeserializeOwned>(path: &Path) -> Result<T, SiteError> {
    #[derive(serde::Deserialize)]
    struct Version {
        version: String,
    }
    let bytes = fs::read(path)?;
    let Version { version } = parse(path, &bytes)?;
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    if major(&version) != major(SUMMARY_VERSION) {
        return Err(SiteError::Version { path: path.to_owned(), version });
    }
    parse(path, &bytes)
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, SiteError> {
    serde_json::from_slice(bytes)
        .map_err(|error| SiteError::Summary { path: path.to_owned(), message: error.to_string() })
}
