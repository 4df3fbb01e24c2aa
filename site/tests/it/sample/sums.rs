//! `latest.json` and `meta.json` of a sample.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use data_schema::summary::{
    Aggregate, Breakdown, CostBreakdown, DailySummary, DailyTrendEntry, DateRange, LatestFile,
    MachineSummary, MetaFile, ModelSummary, PeriodSummary, ProjectSummary, ProviderSummary,
    SUMMARY_VERSION, Totals, TrendPart,
};
use data_schema::{Money, Quality, UtcSeconds};

use super::{Sample, Use};

impl Sample {
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

    pub(crate) fn meta(&self, shards: Vec<String>) -> MetaFile {
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
            monthly_files: Vec::new(),
            shards,
        }
    }

    fn last_updated(&self) -> Option<UtcSeconds> {
        let text = self.last.filter(|_| !self.uses.is_empty())?;
        Some(serde_json::from_value(text.into()).unwrap())
    }

    fn period(&self, range: DateRange) -> PeriodSummary {
        let inside: Vec<&Use> =
            self.uses.iter().filter(|one| (range.start..=range.end).contains(&one.day)).collect();
        let days = range.start.iter_days().take_while(|day| *day <= range.end);
        PeriodSummary {
            date_range: range,
            totals: self.totals(&inside),
            breakdown: self.breakdown(&inside),
            daily_trend: days.map(|day| self.trend(day, &inside)).collect(),
        }
    }

    fn trend(&self, day: NaiveDate, uses: &[&Use]) -> DailyTrendEntry {
        let uses: Vec<&Use> = uses.iter().copied().filter(|one| one.day == day).collect();
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
        let unpriced = unpriced.into_iter().filter(|_| !self.costs_hidden);
        Totals {
            tokens: all.tokens,
            cost: CostBreakdown {
                total_usd: all.cost_usd,
                unpriced_tokens: all.unpriced_tokens,
                unpriced_models: unpriced.cloned().collect(),
                ..CostBreakdown::default()
            },
            requests: all.requests,
            data_quality: all.data_quality,
            inexact_tokens: all.inexact_tokens,
            wire: None,
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
                .filter(|(project, _)| !project.is_empty())
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

    pub(super) fn aggregate(&self, uses: &[&Use]) -> Aggregate {
        let mut sum = Aggregate::default();
        for one in uses {
            sum.tokens.add(&one.counts());
            sum.requests = sum.requests.saturating_add(one.requests);
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

pub(super) fn range(uses: &[&Use]) -> Option<DateRange> {
    let start = uses.iter().map(|one| one.day).min()?;
    let end = uses.iter().map(|one| one.day).max()?;
    Some(DateRange { start, end })
}
