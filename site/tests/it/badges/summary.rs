//! A summary whose yearly shards hold real rows.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use data_schema::settings::BadgeSettings;
use data_schema::summary::{
    Breakdown, CostBreakdown, DateRange, LatestFile, LimitState, LimitsSummary, MetaFile,
    PeriodSummary, SUMMARY_VERSION, Shard, ShardColumns, ShardDictionaries, SiteFile, Totals,
};
use data_schema::{Fraction, LimitReading, Money};
use serde::Serialize;
use serde_json::Value;
use tempfile::TempDir;

const END: &str = "2026-05-20";
const NEWEST: &str = "2026-05-20T16:42:10Z";

/// One row of a shard.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    day: NaiveDate,
    source: String,
    model: String,
    tokens: u64,
    is_priced: bool,
    quality: u8,
}

impl Turn {
    /// A million tokens, of which half are read from a cache, for two dollars.
    pub(crate) fn on(day: &str) -> Self {
        Self {
            day: day.parse().unwrap(),
            source: "claude-code".into(),
            model: "claude-sonnet-4-6".into(),
            tokens: 1_000_000,
            is_priced: true,
            quality: 0,
        }
    }

    pub(crate) fn by(mut self, source: &str, model: &str) -> Self {
        (self.source, self.model) = (source.into(), model.into());
        self
    }

    pub(crate) fn tokens(mut self, tokens: u64) -> Self {
        self.tokens = tokens;
        self
    }

    pub(crate) fn unpriced(mut self) -> Self {
        self.is_priced = false;
        self
    }

    pub(crate) fn estimated(mut self) -> Self {
        self.quality = 2;
        self
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Summary {
    turns: Vec<Turn>,
    pub(crate) hides_cost: bool,
    pub(crate) has_address: bool,
    pub(crate) languages: Vec<String>,
    pub(crate) limits: Option<Vec<LimitState>>,
    pub(crate) own: Vec<BadgeSettings>,
}

/// A built site.
pub(crate) struct Built(TempDir);

pub(crate) fn limit(source: &str, window: &str, used: f64, resets: &str) -> LimitState {
    LimitState {
        provider: source.into(),
        reading: LimitReading {
            at: NEWEST.parse().unwrap(),
            account: None,
            window: window.into(),
            scope: None,
            used_fraction: Fraction::new(used),
            resets_at: Some(resets.parse().unwrap()),
            via: "api".into(),
            source: None,
        },
    }
}

impl Summary {
    pub(crate) fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self {
            turns: turns.into_iter().collect(),
            hides_cost: false,
            has_address: true,
            languages: Vec::new(),
            limits: None,
            own: Vec::new(),
        }
    }

    pub(crate) fn build(&self) -> Built {
        let root = TempDir::new().unwrap();
        let summary = root.path().join("summary");
        let put = |name: &str, value: Value| {
            let path = summary.join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, value.to_string()).unwrap();
        };
        let years: BTreeSet<i32> = self.turns.iter().map(|turn| turn.day.year()).collect();
        let shards: Vec<String> =
            years.iter().map(|year| format!("{year}-0123456789abcdef.json")).collect();
        for (year, name) in years.iter().zip(&shards) {
            put(&format!("data/v1/{name}"), json(&self.shard(*year)));
        }
        put("meta.json", json(&self.meta(shards)));
        put("latest.json", json(&self.latest()));
        put("site.json", json(&self.site()));
        if let Some(limits) = &self.limits {
            let file = LimitsSummary {
                version: SUMMARY_VERSION.into(),
                limits: limits.clone(),
                ..LimitsSummary::default()
            };
            put("limits.json", json(&file));
        }
        site::build_site(&summary, root.path(), &site::SiteOptions::default()).unwrap();
        Built(root)
    }

    fn site(&self) -> SiteFile {
        SiteFile {
            version: SUMMARY_VERSION.into(),
            address: self.has_address.then(|| "https://ada.example/usage/".to_owned()),
            languages: self.languages.clone(),
            badges: self.own.clone(),
            ..SiteFile::default()
        }
    }

    fn meta(&self, shards: Vec<String>) -> MetaFile {
        MetaFile {
            version: SUMMARY_VERSION.into(),
            last_updated: Some(NEWEST.parse().unwrap()),
            timezone: "Europe/Berlin".into(),
            date_range: None,
            totals: Totals {
                cost: CostBreakdown {
                    total_usd: (!self.hides_cost).then_some(Money::ZERO),
                    ..CostBreakdown::default()
                },
                ..Totals::default()
            },
            providers: Vec::new(),
            machines: Vec::new(),
            models: Vec::new(),
            slugs: std::collections::BTreeMap::new(),
            daily_files: Vec::new(),
            weekly_files: Vec::new(),
            monthly_files: Vec::new(),
            shards,
        }
    }

    #[expect(clippy::unused_self, reason = "beside its sisters")]
    fn latest(&self) -> LatestFile {
        let end: NaiveDate = END.parse().unwrap();
        let window = || PeriodSummary {
            date_range: DateRange { start: end, end },
            totals: Totals::default(),
            breakdown: Breakdown::default(),
            daily_trend: Vec::new(),
        };
        LatestFile {
            version: SUMMARY_VERSION.into(),
            last_updated: Some(NEWEST.parse().unwrap()),
            timezone: "Europe/Berlin".into(),
            last_7_days: window(),
            last_30_days: window(),
            today: None,
        }
    }

    fn shard(&self, year: i32) -> Shard {
        let mut turns: Vec<&Turn> =
            self.turns.iter().filter(|turn| turn.day.year() == year).collect();
        turns.sort_by_key(|turn| turn.day);
        let names = |of: fn(&Turn) -> &String| -> Vec<String> {
            let names: BTreeSet<&String> = turns.iter().map(|turn| of(turn)).collect();
            names.into_iter().cloned().collect()
        };
        let (providers, models) = (names(|turn| &turn.source), names(|turn| &turn.model));
        let mut columns = ShardColumns::default();
        for turn in turns {
            let place = |names: &[String], name: &String| {
                u32::try_from(names.binary_search(name).unwrap()).unwrap()
            };
            let (read, output) = (turn.tokens / 2, turn.tokens / 10);
            let cost =
                turn.is_priced.then(|| Money::from_picos(2_000_000 * i128::from(turn.tokens)));
            columns.day.push(u16::try_from(turn.day.ordinal()).unwrap());
            columns.provider.push(place(&providers, &turn.source));
            columns.model.push(place(&models, &turn.model));
            columns.machine.push(0);
            columns.project.push(0);
            columns.input_tokens.push(turn.tokens - read - output);
            columns.output_tokens.push(output);
            columns.cache_creation_tokens.push(0);
            columns.cache_read_tokens.push(read);
            columns.reasoning_tokens.push(0);
            columns.other_tokens.push(0);
            columns.requests.push(1);
            columns.cost_usd.push(cost.filter(|_| !self.hides_cost));
            let unpriced = if turn.is_priced || self.hides_cost { 0 } else { turn.tokens };
            columns.unpriced_tokens.push(unpriced);
            columns.quality.push(turn.quality);
            columns.inexact_tokens.push(if turn.quality == 0 { 0 } else { turn.tokens });
        }
        let dictionaries = ShardDictionaries {
            providers,
            models,
            machines: vec!["laptop".into()],
            projects: vec![String::new()],
        };
        Shard { version: SUMMARY_VERSION.into(), year, dictionaries, columns }
    }
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

impl Built {
    pub(crate) fn text(&self, path: &str) -> String {
        fs_err::read_to_string(self.0.path().join(path)).unwrap()
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path)).unwrap()
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.0.path().join(path).is_file()
    }

    /// Sources of all pictures of a page, each of which has words instead of it.
    pub(crate) fn pictures(&self, page: &str) -> Vec<String> {
        let html = scraper::Html::parse_document(&self.text(page));
        let images = scraper::Selector::parse("main img").unwrap();
        let images = html.select(&images).map(|image| image.value());
        images
            .inspect(|image| assert!(!image.attr("alt").unwrap().is_empty()))
            .map(|image| image.attr("src").unwrap().to_owned())
            .collect()
    }

    /// Texts of some elements of a page.
    pub(crate) fn codes(&self, page: &str, selector: &str) -> Vec<String> {
        let html = scraper::Html::parse_document(&self.text(page));
        let codes = scraper::Selector::parse(selector).unwrap();
        html.select(&codes).map(|code| code.text().collect()).collect()
    }

    /// Names of all files in `badge/`.
    pub(crate) fn badges(&self) -> BTreeSet<String> {
        let folder = fs_err::read_dir(self.0.path().join("badge")).unwrap();
        folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}
