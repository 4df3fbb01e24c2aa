//! What leaves the owner's machine, and what does not.

use data_schema::settings::{Naming, ProjectNaming, Publish};
use data_schema::summary::{LatestFile, MetaFile};
use data_schema::{HashId, LimitReading, Money};
use summarizer::{Input, Options};

use crate::support::{self, LARGE, UNLISTED, file, options, paths, record, summary, text, witness};

/// Two machines, two projects, a listed and an unlisted model, a limit.
fn input() -> Input {
    let mut first = record("1", "2026-05-01T10:00:00Z", LARGE, [1_000_000, 0]);
    first.attribution.project = Some("acme/rocket".into());
    first.attribution.session = Some(HashId::new("session", "s1"));
    let mut second = record("2", "2026-05-02T10:00:00Z", UNLISTED, [300, 0]);
    second.attribution.project = Some("acme/anvil".into());
    let reading = LimitReading {
        at: "2026-05-02T10:00:00Z".parse().unwrap(),
        account: None,
        window: "5h".to_owned(),
        scope: None,
        used_fraction: None,
        resets_at: None,
        via: "log".to_owned(),
        source: None,
    };
    let witnesses =
        [witness("zeus-macbook", "codex", first), witness("athena-tower", "codex", second)];
    let mut input = support::input(witnesses);
    input.limits = vec![("zeus-macbook".into(), "codex".into(), reading)];
    input
}

fn published() -> Options<'static> {
    Options { publish: Publish::default(), ..options(chrono_tz::UTC) }
}

#[test]
fn by_default_no_name_cost_hour_or_limit_is_published() {
    let summary = summary(&input(), &published());
    let text = text(&summary);
    let session = HashId::new("session", "s1").to_string();
    for secret in ["zeus", "athena", "acme", "rocket", "anvil", UNLISTED, &session] {
        assert!(!text.contains(secret), "{secret} is published");
    }
    assert!(!summary.files().contains_key("hours.json"));
    assert!(!summary.files().contains_key("limits.json"));
    assert!(paths(&summary, "projects").is_empty());
    assert!(!text.contains("byProject"));
    let meta: MetaFile = file(&summary, "meta.json");
    assert_eq!(meta.machines, ["machine 1", "machine 2"]);
    assert_eq!(meta.models, ["model 1", LARGE]);
    assert_eq!(meta.totals.cost.total_usd, None);
    assert!(meta.totals.cost.by_provider.is_empty() && meta.totals.cost.unpriced_models.is_empty());
    assert!(!text.contains(r#""costUSD":""#) && !text.contains(r#""cost":""#));
    assert_eq!(meta.totals.tokens.total_tokens, 1_000_300, "tokens are all there");
}

#[test]
fn on_the_own_machine_everything_is_shown() {
    let summary = summary(&input(), &options(chrono_tz::UTC));
    let meta: MetaFile = file(&summary, "meta.json");
    assert_eq!(meta.machines, ["athena-tower", "zeus-macbook"]);
    assert_eq!(meta.models, [UNLISTED, LARGE]);
    assert_eq!(
        paths(&summary, "projects"),
        ["projects/acme-anvil.json", "projects/acme-rocket.json"]
    );
    assert!(summary.files().contains_key("hours.json"));
    assert!(summary.files().contains_key("limits.json"));
}

#[test]
fn aliases_follow_first_sight_and_a_newcomer_changes_none() {
    let mut input = input();
    let names = |input: &Input| {
        let publish = Publish { projects: ProjectNaming::Alias, ..Publish::default() };
        let summary = summary(input, &Options { publish, ..published() });
        let day: data_schema::summary::DailySummary = file(&summary, "daily/2026-05-01.json");
        let row = &day.breakdown;
        (row.by_machine[0].machine.clone(), row.by_project[0].project.clone())
    };
    let before = names(&input);
    assert_eq!(before, ("machine 1".to_owned(), "project 1".to_owned()));
    let mut late = record("3", "2026-05-03T10:00:00Z", "another-secret", [1, 1]);
    late.attribution.project = Some("aaa/first-in-the-alphabet".into());
    support::add(&mut input, [witness("aaa-machine", "codex", late)]);
    assert_eq!(names(&input), before);
}

#[test]
fn an_alias_that_was_given_stays_and_is_given_once() {
    let mut input = input();
    let given = [("athena-tower".to_owned(), "machine 1".to_owned())];
    input.settings.aliases.machines.extend(given);
    input.settings.aliases.models.insert(UNLISTED.to_owned(), "our own".to_owned());
    let summary = summary(&input, &published());
    let meta: MetaFile = file(&summary, "meta.json");
    assert_eq!(meta.machines, ["machine 1", "machine 2"]);
    assert_eq!(meta.models, ["our own", LARGE]);
    let second: data_schema::summary::DailySummary = file(&summary, "daily/2026-05-02.json");
    assert_eq!(second.breakdown.by_machine[0].machine, "machine 1");
}

#[test]
fn names_can_be_published_one_by_one() {
    let publish =
        Publish { machines: Naming::Name, projects: ProjectNaming::Name, ..Publish::default() };
    let summary = summary(&input(), &Options { publish, ..published() });
    let text = text(&summary);
    assert!(text.contains("zeus-macbook") && text.contains("acme/rocket"));
    assert!(!text.contains(UNLISTED));
}

#[test]
fn tokens_without_a_price_are_counted_and_told_and_never_cost_zero() {
    let summary = summary(&input(), &options(chrono_tz::UTC));
    let meta: MetaFile = file(&summary, "meta.json");
    let cost = &meta.totals.cost;
    assert_eq!(cost.total_usd, Some("5".parse::<Money>().unwrap()));
    assert_eq!(
        (cost.unpriced_tokens, cost.unpriced_models.as_slice()),
        (300, &[UNLISTED.to_owned()][..])
    );
    let latest: LatestFile = file(&summary, "latest.json");
    let today = latest.today.unwrap();
    assert_eq!(today.totals.cost.total_usd, None, "nothing of this day has a price");
    assert_eq!(today.breakdown.by_model[0].aggregate.cost_usd, None);
    assert_eq!(today.totals.cost.by_provider["codex"].amount, None);
    let trend = &latest.last_7_days.daily_trend;
    let costs: Vec<_> = trend.iter().rev().take(3).map(|day| day.cost).collect();
    assert_eq!(costs, [None, Some("5".parse().unwrap()), Some(Money::ZERO)]);
}
