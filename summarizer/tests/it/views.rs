//! What only pages read: how they are set up, the largest sessions, prices.

use data_schema::settings::{BadgeSettings, Publish, Visibility, WeekStart};
use data_schema::summary::{MetaFile, PriceOrigin, PricesSummary, SessionsFile, Shard, SiteFile};
use data_schema::{HashId, Quality, Tokens};
use pricing::PriceBook;
use summarizer::{Input, Options, Summary, summarize, sums};
use tempfile::TempDir;

use crate::support::{
    LARGE, UNLISTED, at_times, file, input, options, paths, record, summary, text, witness,
};

fn published() -> Options<'static> {
    let publish = Publish { cost: Visibility::Show, ..Publish::default() };
    Options { publish, ..options(chrono_tz::UTC) }
}

fn with_sessions(input: &Input, options: &Options<'_>) -> Summary {
    let mut input = input.clone();
    let sums = sums(&mut input, options, true).unwrap();
    summarize(sums, &input, options)
}

/// A response of a session.
fn of_session(
    session: &str,
    (id, at): (&str, &str),
    (model, tokens): (&str, u64),
) -> data_schema::resolve::Witness {
    let mut record = record(id, at, model, [tokens, 0]);
    record.attribution.session = Some(HashId::new("session", session));
    record.attribution.project = Some(format!("acme/{session}").into());
    witness("laptop", "codex", record)
}

#[test]
fn the_site_file_says_what_the_settings_say_about_the_pages_and_no_more() {
    let mut input = at_times(&["2026-05-01T10:00:00Z"]);
    let settings = &mut input.settings;
    settings.week_start = WeekStart::Sunday;
    settings.aliases.machines.insert("laptop".into(), "my secret alias".into());
    settings.aliases.projects.insert("p".into(), "my secret alias".into());
    settings.site.title = Some(" Ann's tokens ".into());
    settings.site.repository = Some("git@example.org:me/secret.git".into());
    settings.site.address = Some("https://me.github.io/tokens".into());
    settings.site.languages = vec!["ja-JP".into(), "xx".into(), "en".into()];
    let badge = |name: &str, metric: &str| BadgeSettings {
        name: name.into(),
        metric: metric.into(),
        ..BadgeSettings::default()
    };
    settings.site.badges = vec![badge("good", "cost"), badge("bad", "costs")];
    let site: SiteFile = file(&summary(&input, &published()), "site.json");
    assert_eq!(site.title.as_deref(), Some("Ann's tokens"));
    assert_eq!(site.address.as_deref(), Some("https://me.github.io/tokens/"));
    assert_eq!(site.languages, ["ja", "en"]);
    assert_eq!((site.week_start, site.badges), (WeekStart::Sunday, vec![badge("good", "cost")]));
    let all = summary(&input, &published());
    let text = String::from_utf8_lossy(&all.files()["site.json"]).into_owned();
    assert!(!text.contains("secret"), "{text}");
    let nothing: SiteFile = file(&summary(&Input::default(), &published()), "site.json");
    assert_eq!(nothing, SiteFile { version: "2.0".into(), ..SiteFile::default() });
}

#[test]
fn colors_stand_under_shown_names_only() {
    let mut input = input([
        witness("a", "codex", record("1", "2026-05-01T10:00:00Z", UNLISTED, [1, 1])),
        witness("a", "our-own-tool", record("2", "2026-05-01T10:00:00Z", LARGE, [1, 1])),
        witness("a", "codex", record("3", "2026-05-01T10:00:00Z", "gpt-5.5-2026-04-01", [1, 1])),
    ]);
    let given = [(UNLISTED, 1), ("our-own-tool", 2), (LARGE, 3), ("gpt-5.5", 4), ("a", 5)];
    let given = given.into_iter().chain([("never-used", 6), ("acme/x", 7)]);
    input.settings.colors = given.map(|(name, slot)| (name.to_owned(), slot)).collect();
    let colors = |options: &Options<'_>| {
        let site: SiteFile = file(&summary(&input, options), "site.json");
        site.colors.into_iter().map(|(name, slot)| format!("{name} {slot}")).collect::<Vec<_>>()
    };
    let shown = ["gpt-5.5 4".into(), "our-own-tool 2".into(), format!("{UNLISTED} 1")];
    let all = colors(&options(chrono_tz::UTC));
    assert_eq!(all, [&shown[..], &[format!("{LARGE} 3")]].concat());
    assert_eq!(colors(&published()), ["gpt-5.5 4", "model 1 1", "source 1 2", "test-large 3"]);
}

#[test]
fn a_color_for_a_number_goes_before_that_of_the_hidden_name() {
    let mut input =
        input([witness("a", "x", record("1", "2026-05-01T10:00:00Z", UNLISTED, [1, 1]))]);
    input.settings.colors = [(UNLISTED.to_owned(), 1), ("model 1".to_owned(), 2)].into();
    let site: SiteFile = file(&summary(&input, &published()), "site.json");
    assert_eq!(site.colors, [("model 1".to_owned(), 2)].into());
}

#[test]
fn sessions_are_those_with_most_tokens_with_all_that_is_known_of_them() {
    let first = ("1", "2026-05-01T23:00:00Z");
    let mut small = (0..120).map(|number: u64| {
        let at = format!("2026-05-03T10:{:02}:00Z", number % 60);
        of_session(&format!("s{number}"), (&format!("x{number}"), &at), (LARGE, 1 + number))
    });
    let mut all: Vec<_> = small.by_ref().collect();
    all.push(of_session("big", first, (LARGE, 500)));
    all.push(of_session("big", ("2", "2026-05-02T01:30:00Z"), (UNLISTED, 700)));
    let mut other = of_session("big", ("3", "2026-05-02T02:00:00Z"), ("test-small", 900));
    other.record.attribution.session = None;
    all.push(other);
    let sessions: SessionsFile =
        file(&with_sessions(&input(all), &options(chrono_tz::UTC)), "sessions.json");
    assert_eq!((sessions.count, sessions.sessions.len()), (121, 100));
    let big = &sessions.sessions[0];
    assert_eq!(big.session, HashId::new("session", "big").to_string());
    assert_eq!(
        (big.models.as_slice(), big.provider.as_str()),
        (&[UNLISTED.to_owned(), LARGE.to_owned()][..], "codex")
    );
    assert_eq!(big.project.as_deref(), Some("acme/big"));
    assert_eq!(
        (big.first_at, big.last_at),
        (first.1.parse().unwrap(), "2026-05-02T01:30:00Z".parse().unwrap())
    );
    let numbers = &big.aggregate;
    assert_eq!(
        (numbers.tokens.total_tokens, numbers.requests, numbers.unpriced_tokens),
        (1_200, 2, 700)
    );
    assert_eq!(numbers.cost_usd, Some("0.0025".parse().unwrap()));
    let sizes: Vec<u64> =
        sessions.sessions.iter().map(|row| row.aggregate.tokens.total_tokens).collect();
    let expected: Vec<u64> = [1_200].into_iter().chain((22..=120).rev()).collect();
    assert_eq!(sizes, expected);
}

#[test]
fn sessions_are_for_the_owner_alone() {
    let input = input([of_session("s", ("1", "2026-05-01T10:00:00Z"), (LARGE, 1))]);
    let folder = TempDir::new().unwrap();
    let own = with_sessions(&input, &options(chrono_tz::UTC));
    own.write(folder.path()).unwrap();
    assert!(folder.path().join("sessions.json").is_file());
    for publish in [
        Publish::default(),
        Publish { limits: Visibility::Hide, ..Publish::everything() },
        Publish { cost: Visibility::Hide, ..Publish::everything() },
    ] {
        let open = with_sessions(&input, &Options { publish, ..options(chrono_tz::UTC) });
        assert!(!open.files().contains_key("sessions.json"), "{publish:?}");
        own.write(folder.path()).unwrap();
        open.write(folder.path()).unwrap();
        assert!(!folder.path().join("sessions.json").exists(), "published over a private summary");
    }
    assert!(!summary(&input, &options(chrono_tz::UTC)).files().contains_key("sessions.json"));
}

#[test]
fn prices_tell_of_every_model_and_source_what_counts() {
    let input = input([
        witness("a", "codex", record("1", "2026-05-01T10:00:00Z", LARGE, [10, 1])),
        witness("b", "codex", record("2", "2026-05-09T10:00:00Z", LARGE, [10, 1])),
        witness("a", "opencode", record("3", "2026-05-02T10:00:00Z", LARGE, [5_000, 1])),
        witness("a", "codex", record("4", "2026-05-03T10:00:00Z", UNLISTED, [7, 0])),
        witness("a", "opencode", record("5", "2026-05-03T10:00:00Z", "own:free", [8, 0])),
        witness("a", "codex", record("6", "2026-05-03T10:00:00Z", "gpt-5.5-2026-04-01", [9, 0])),
    ]);
    let made = summary(&input, &options(chrono_tz::UTC));
    let prices: PricesSummary = file(&made, "prices.json");
    let builtin = PriceBook::builtin();
    assert_eq!((prices.as_of, prices.source.as_str()), (builtin.as_of(), builtin.source()));
    let rows: Vec<_> = prices
        .models
        .iter()
        .map(|row| {
            (
                row.model.as_str(),
                row.provider.as_str(),
                row.total_tokens,
                row.unpriced_tokens,
                row.origin,
            )
        })
        .collect();
    let expected = [
        (UNLISTED, "codex", 7, 7, None),
        (LARGE, "opencode", 5_001, 0, Some(PriceOrigin::User)),
        (LARGE, "codex", 22, 0, Some(PriceOrigin::User)),
        ("gpt-5.5", "codex", 9, 0, Some(PriceOrigin::Listed)),
        ("own:free", "opencode", 8, 0, Some(PriceOrigin::Free)),
    ];
    assert_eq!(rows, expected);
    let large = &prices.models[2];
    assert_eq!(
        (large.date_range.start.to_string(), large.date_range.end.to_string()),
        ("2026-05-01".into(), "2026-05-09".into())
    );
    assert_eq!((large.prices.len(), large.prices[0].output), (1, Some("25".parse().unwrap())));
    assert!(
        prices.models[0].prices.is_empty()
            && prices.models.iter().all(|row| row.found_as.is_none())
    );
    let meta: MetaFile = file(&made, "meta.json");
    let total: u64 = prices.models.iter().map(|row| row.total_tokens).sum();
    assert_eq!(total, meta.totals.tokens.total_tokens);
}

#[test]
fn prices_are_published_with_costs_only_and_name_no_hidden_model() {
    let v1 = format!(
        r#"{{"providers":{{"codex":{{"models":{{"{UNLISTED}":{{"totalPerKTok":0.001}},"_default":{{"inputPerMTok":3}}}}}}}}}}"#
    );
    let book = PriceBook::builtin().with_user(v1.as_bytes()).unwrap().0;
    let input = input([
        witness(
            "a",
            "codex",
            record("1", "2026-05-01T10:00:00Z", &format!("x/{UNLISTED}"), [10, 1]),
        ),
        witness("a", "codex", record("2", "2026-05-01T10:00:00Z", "another", [1, 0])),
    ]);
    let open = Options { prices: &book, ..published() };
    let made = summary(&input, &open);
    assert!(!text(&made).contains(UNLISTED), "{}", text(&made));
    let prices: PricesSummary = file(&made, "prices.json");
    let own = &prices.models[0];
    assert_eq!(
        (own.model.as_str(), own.origin, &own.found_as),
        ("model 2", Some(PriceOrigin::User), &None)
    );
    assert_eq!(own.prices[0].total, Some("1".parse().unwrap()));
    let shown: PricesSummary =
        file(&summary(&input, &Options { publish: Publish::everything(), ..open }), "prices.json");
    let found: Vec<_> = shown.models.iter().map(|row| row.found_as.as_deref()).collect();
    assert_eq!(found, [Some(UNLISTED), Some("_default")]);

    let folder = TempDir::new().unwrap();
    made.write(folder.path()).unwrap();
    assert!(folder.path().join("prices.json").is_file());
    let hidden =
        summary(&input, &Options { publish: Publish::default(), ..options(chrono_tz::UTC) });
    hidden.write(folder.path()).unwrap();
    assert!(!folder.path().join("prices.json").exists());
}

#[test]
fn shards_tell_bare_totals_and_inexact_tokens_row_by_row() {
    let mut bare = record("1", "2026-05-01T10:00:00Z", LARGE, [0, 0]);
    (bare.usage.input_tokens, bare.usage.output_tokens) = (None, None);
    bare.usage.total_tokens = Tokens::new(900);
    bare.usage.quality = Quality::Estimated;
    let exact = record("2", "2026-05-01T11:00:00Z", LARGE, [60, 5]);
    let input = input([witness("a", "codex", bare), witness("a", "codex", exact)]);
    let made = summary(&input, &options(chrono_tz::UTC));
    let shard: Shard = file(&made, paths(&made, "data")[0]);
    let columns = &shard.columns;
    assert_eq!((columns.input_tokens[0], columns.output_tokens[0]), (60, 5));
    assert_eq!((columns.other_tokens[0], columns.inexact_tokens[0]), (900, 900));
    assert_eq!((columns.quality[0], columns.unpriced_tokens[0]), (2, 900));
}
