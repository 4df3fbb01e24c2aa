//! Time to draw each kind of picture: cards, link previews, the year in review.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use data_schema::summary::{
    Breakdown, CostBreakdown, DateRange, LatestFile, MetaFile, PeriodSummary, SUMMARY_VERSION,
    Shard, ShardColumns, ShardDictionaries, TokenCounts, Totals,
};
use data_schema::{Money, Quality};
use tempfile::TempDir;

const NAMES: u32 = 7;
const SHARD: &str = "2026-0123456789abcdef.json";

/// A year in which seven models of seven sources are used every day.
fn shard() -> Shard {
    let mut columns = ShardColumns::default();
    for day in 1..=365 {
        for name in 0..NAMES {
            let tokens = u64::from(day) * 7_919 % 1_000 * (u64::from(name) + 1) * 1_000;
            columns.day.push(day);
            columns.provider.push(name);
            columns.model.push(name);
            columns.machine.push(0);
            columns.project.push(0);
            columns.input_tokens.push(tokens / 10);
            columns.output_tokens.push(tokens / 20);
            columns.cache_creation_tokens.push(tokens / 8);
            columns.cache_read_tokens.push(tokens);
            columns.reasoning_tokens.push(0);
            columns.other_tokens.push(0);
            columns.requests.push(tokens / 100_000);
            columns.cost_usd.push(Some(Money::from_picos(i128::from(tokens) * 1_000_000)));
            columns.unpriced_tokens.push(0);
            columns.quality.push(0);
            columns.inexact_tokens.push(0);
        }
    }
    let names = |stem: &str| (0..NAMES).map(|number| format!("{stem}-{number}")).collect();
    let dictionaries = ShardDictionaries {
        providers: names("source"),
        models: names("claude-model"),
        machines: vec!["laptop".into()],
        projects: vec![String::new()],
    };
    Shard { version: SUMMARY_VERSION.into(), year: 2026, dictionaries, columns }
}

fn write(summary: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let end = "2026-12-31".parse()?;
    let totals = Totals {
        tokens: TokenCounts::default(),
        cost: CostBreakdown { total_usd: Some(Money::ZERO), ..CostBreakdown::default() },
        requests: 0,
        data_quality: Quality::Exact,
        inexact_tokens: 0,
        wire: None,
    };
    let period = PeriodSummary {
        date_range: DateRange { start: end, end },
        totals: totals.clone(),
        breakdown: Breakdown::default(),
        daily_trend: Vec::new(),
    };
    let latest = LatestFile {
        version: SUMMARY_VERSION.into(),
        last_updated: None,
        timezone: "UTC".into(),
        last_7_days: period.clone(),
        last_30_days: period,
        today: None,
    };
    let meta = MetaFile {
        version: SUMMARY_VERSION.into(),
        last_updated: None,
        timezone: "UTC".into(),
        date_range: None,
        totals,
        providers: Vec::new(),
        machines: Vec::new(),
        models: Vec::new(),
        slugs: std::collections::BTreeMap::new(),
        daily_files: Vec::new(),
        weekly_files: Vec::new(),
        monthly_files: Vec::new(),
        shards: vec![SHARD.into()],
    };
    fs_err::create_dir_all(summary.join("data/v1"))?;
    fs_err::write(summary.join("latest.json"), serde_json::to_vec(&latest)?)?;
    fs_err::write(summary.join("meta.json"), serde_json::to_vec(&meta)?)?;
    fs_err::write(summary.join("data/v1").join(SHARD), serde_json::to_vec(&shard())?)?;
    Ok(())
}

fn pictures(criterion: &mut Criterion) {
    let folder = TempDir::new();
    let Ok(folder) = folder else { return };
    if write(folder.path()).is_err() {
        return;
    }
    let mut visit = |path: &str, draw: &dyn Fn() -> usize| {
        // One of each kind: other themes and windows cost the same.
        let is_kind = path.starts_with("card/") && !path.contains('-')
            || ["og/index.png", "og/12m.png", "wrapped/2026.svg", "wrapped/2026.png"]
                .contains(&path);
        if is_kind {
            criterion.bench_function(path, |bencher| bencher.iter(|| black_box(draw())));
        }
    };
    let done = site::each_picture(folder.path(), &mut visit);
    assert!(done.is_ok(), "{done:?}");
}

criterion_group! { name = benches; config = Criterion::default().sample_size(20); targets = pictures }
criterion_main!(benches);
