//! What vendors and relays tell: beside the totals, and in them only where nothing else is.

use chrono_tz::UTC;
use data_schema::resolve::Witness;
use data_schema::settings::Publish;
use data_schema::summary::{LatestFile, MetaFile, ReconcileFile, Statements};
use data_schema::{Kind, Tokens, UsageRecord, Via};
use summarizer::{Facts, Input, Options, SummarizeError};

use crate::support::{LARGE, file, input, options, record, summary, witness};

fn statement(provider: &str, at: &str, model: &str, tokens: [u64; 2]) -> Witness {
    let mut told: UsageRecord = record(&format!("{provider}{at}{model}"), at, model, tokens);
    told.usage.kind = Kind::Statement;
    told.usage.via = Via::Api;
    told.usage.requests = Some(4);
    told.usage.cost = Some("1.25".into());
    told.usage.currency = Some("USD".into());
    witness("laptop", provider, told)
}

/// Two responses of a day of UTC, one of which is of the next day in Tokyo.
fn logs() -> Vec<Witness> {
    vec![
        witness("laptop", "codex", record("1", "2026-05-01T10:00:00Z", LARGE, [100, 10])),
        witness("tower", "opencode", record("2", "2026-05-01T22:00:00Z", LARGE, [200, 20])),
    ]
}

fn told(input: &Input, options: &Options<'_>) -> Vec<Statements> {
    file::<ReconcileFile>(&summary(input, options), "reconcile.json").statements
}

fn total(input: &Input, options: &Options<'_>) -> u64 {
    let meta: MetaFile = file(&summary(input, options), "meta.json");
    let facts = Facts::of(&mut input.clone(), options.zone).unwrap();
    let mut tokens = 0;
    let all = facts.each(None, |fact| {
        tokens += fact.record.usage.total();
        Ok::<(), SummarizeError>(())
    });
    all.unwrap();
    assert_eq!(tokens, meta.totals.tokens.total_tokens, "an export adds up to the totals");
    tokens
}

#[test]
fn logs_and_the_matching_statement_give_the_same_totals_and_no_gap() {
    for zone in [UTC, chrono_tz::Asia::Tokyo] {
        let (options, alone) = (options(zone), input(logs()));
        let mut both = logs();
        let release = format!("vendor/{}-2026-01-01", LARGE.to_uppercase());
        both.push(statement("openai-admin", "2026-05-01T00:00:00Z", &release, [300, 30]));
        // The same on another machine, where the same key is.
        both.push(Witness { machine: "tower".into(), ..both[2].clone() });
        let both = input(both);
        assert_eq!(total(&both, &options), total(&alone, &options));
        let latest = |input| file::<LatestFile>(&summary(input, &options), "latest.json");
        assert_eq!(latest(&both), latest(&alone));
        let told = told(&both, &options);
        assert_eq!(told.len(), 1);
        let numbers = (told[0].stated_tokens, told[0].counted_tokens);
        assert_eq!((numbers, told[0].missing_tokens, told[0].more_tokens), ((330, 330), 0, 0));
        assert_eq!((told[0].stated_requests, told[0].counts), (4, false));
        assert_eq!(told[0].cost_usd.unwrap().to_string(), "1.25");
    }
}

#[test]
fn without_statements_there_is_no_file() {
    assert!(!summary(&input(logs()), &options(UTC)).files().contains_key("reconcile.json"));
}

#[test]
fn gaps_are_told_day_by_day_and_only_of_days_that_were_told() {
    let mut all = logs();
    all.push(witness("laptop", "codex", record("3", "2026-05-02T10:00:00Z", LARGE, [7, 0])));
    all.push(witness("laptop", "codex", record("4", "2026-05-03T10:00:00Z", LARGE, [9, 0])));
    all.push(statement("litellm", "2026-05-01T00:00:00Z", LARGE, [300, 40]));
    all.push(statement("litellm", "2026-05-02T00:00:00Z", LARGE, [5, 0]));
    all.push(statement("litellm", "2026-05-02T00:00:00Z", "other-model", [50, 0]));
    let told = told(&input(all), &options(UTC));
    let of = &told[0];
    assert_eq!((of.stated_tokens, of.counted_tokens), (395, 337));
    assert_eq!((of.missing_tokens, of.more_tokens), (60, 2));
    assert_eq!(of.models.len(), 2);
    assert_eq!(of.date_range.end, "2026-05-02".parse().unwrap());
}

#[test]
fn a_sum_without_models_stands_against_all_models_of_its_vendor() {
    let told_of = |at, tokens| {
        let mut told = statement("glm-coding", at, "unknown", [0, 0]);
        told.record.usage.input_tokens = None;
        told.record.usage.output_tokens = None;
        told.record.usage.total_tokens = Tokens::new(tokens);
        told
    };
    let all = vec![
        witness("laptop", "opencode", record("1", "2026-05-01T10:00:00Z", "z-ai/glm-5", [100, 10])),
        witness("laptop", "zcode", record("2", "2026-05-01T11:00:00Z", "GLM-4.7", [5, 5])),
        witness("laptop", "codex", record("3", "2026-05-01T11:00:00Z", LARGE, [1000, 0])),
        told_of("2026-05-01T10:00:00Z", 100),
        told_of("2026-05-01T11:00:00Z", 30),
    ];
    let told = told(&input(all), &options(UTC));
    assert_eq!(
        (told[0].stated_tokens, told[0].counted_tokens, told[0].missing_tokens),
        (130, 120, 10)
    );
}

#[test]
fn a_statement_counts_where_the_settings_say_so_and_nothing_else_tells() {
    let mut all = logs();
    all.push(statement("openrouter", "2026-05-01T00:00:00Z", LARGE, [999, 0]));
    all.push(statement("openrouter", "2026-05-02T00:00:00Z", LARGE, [50, 5]));
    all.push(statement("litellm", "2026-05-02T00:00:00Z", LARGE, [60, 5]));
    let mut all = input(all);
    let options = options(UTC);
    assert_eq!(total(&all, &options), 330);
    all.settings.statements.count = vec!["openrouter".into(), "litellm".into()];
    assert_eq!(total(&all, &options), 385, "of two, the first one");
    let told = told(&all, &options);
    let counts: Vec<_> = told.iter().map(|one| (one.provider.as_str(), one.counts)).collect();
    assert_eq!(counts, [("litellm", false), ("openrouter", true)]);
}

#[test]
fn what_is_published_says_nothing_of_costs_and_names() {
    let mut all = logs();
    all.push(statement("openrouter", "2026-05-01T00:00:00Z", "secret-model-x", [1, 0]));
    let all = input(all);
    let options = Options { publish: Publish::default(), ..options(UTC) };
    let summary = summary(&all, &options);
    let text = String::from_utf8_lossy(&summary.files()["reconcile.json"]).into_owned();
    assert!(!text.contains("secret") && !text.contains("cost"), "{text}");
    assert!(text.contains("\"other\""), "{text}");
}
