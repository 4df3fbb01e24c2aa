//! A summary on disk and a context over it, for tests of pages.

use std::collections::BTreeMap;
use std::sync::Arc;

use data_schema::summary::{
    Aggregate, Breakdown, CostBreakdown, DateRange, LatestFile, MetaFile, PeriodSummary,
    SUMMARY_VERSION, Shard, Totals,
};
use serde::Serialize;
use tempfile::TempDir;

use crate::SiteError;
use crate::context::{Assets, Context};
use crate::cube::Cube;
use crate::data::Data;
use crate::locale::Locale;
use crate::output::File;
use crate::templates::Templates;

/// A summary that ends with 20 May 2026.
pub(super) struct Sample {
    folder: TempDir,
    is_beside: bool,
}

impl Sample {
    /// With these years. Costs are hidden where no row of theirs tells anything of them.
    pub(super) fn new(shards: &[Shard]) -> Self {
        let folder = TempDir::new().unwrap();
        let cube = Cube::new(shards).unwrap();
        let total = cube.all().total();
        let names: Vec<String> =
            shards.iter().map(|shard| format!("{}-0123456789abcdef.json", shard.year)).collect();
        let sample = Self { folder, is_beside: true };
        sample.write("meta.json", &meta(&total, cube.range(), &names));
        sample.write("latest.json", &latest());
        for (name, shard) in names.iter().zip(shards) {
            sample.write(&format!("data/v1/{name}"), shard);
        }
        sample
    }

    /// With one more file.
    pub(super) fn with(self, name: &str, content: &impl Serialize) -> Self {
        self.write(name, content);
        self
    }

    /// Published without the summary.
    pub(super) fn apart(self) -> Self {
        Self { is_beside: false, ..self }
    }

    fn write(&self, name: &str, content: &impl Serialize) {
        let path = self.folder.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, serde_json::to_vec(content).unwrap()).unwrap();
    }

    /// What a builder makes, in English.
    pub(super) fn files(
        &self,
        build: impl Fn(&Context<'_>) -> Result<Vec<File>, SiteError>,
    ) -> BTreeMap<String, String> {
        self.see(|context| {
            let files = build(context).unwrap().into_iter();
            files.map(|file| (file.path, String::from_utf8(file.bytes).unwrap())).collect()
        })
    }

    /// Calls a function with a context.
    pub(super) fn see<T>(&self, look: impl Fn(&Context<'_>) -> T) -> T {
        let mut data = Data::read(self.folder.path()).unwrap();
        data.is_beside = self.is_beside;
        let locale = Arc::new(Locale::new("en").unwrap());
        let templates = Templates::new(Arc::clone(&locale), None).unwrap();
        let assets = Assets::new(&templates, "").unwrap();
        let languages = vec!["en"];
        look(&Context { data: &data, locale, templates, home: String::new(), languages, assets })
    }
}

fn meta(total: &Aggregate, range: Option<DateRange>, shards: &[String]) -> MetaFile {
    MetaFile {
        version: SUMMARY_VERSION.to_owned(),
        last_updated: range.map(|_| "2026-05-20T16:42:10Z".parse().unwrap()),
        timezone: "Europe/Berlin".to_owned(),
        date_range: range,
        totals: Totals {
            tokens: total.tokens,
            cost: CostBreakdown {
                total_usd: total.cost_usd,
                unpriced_tokens: total.unpriced_tokens,
                ..CostBreakdown::default()
            },
            requests: total.requests,
            data_quality: total.data_quality,
            inexact_tokens: total.inexact_tokens,
            wire: None,
        },
        providers: Vec::new(),
        machines: Vec::new(),
        models: Vec::new(),
        slugs: BTreeMap::new(),
        daily_files: Vec::new(),
        weekly_files: Vec::new(),
        monthly_files: Vec::new(),
        shards: shards.to_vec(),
    }
}

fn latest() -> LatestFile {
    let end = "2026-05-20".parse().unwrap();
    let period = PeriodSummary {
        date_range: DateRange { start: end, end },
        totals: Totals::default(),
        breakdown: Breakdown::default(),
        daily_trend: Vec::new(),
    };
    LatestFile {
        version: SUMMARY_VERSION.to_owned(),
        last_updated: None,
        timezone: "Europe/Berlin".to_owned(),
        last_7_days: period.clone(),
        last_30_days: period,
        today: None,
    }
}
