//! `token-matters.yaml` as people write it.

use data_schema::settings::{
    Aliases, BadgeSettings, BudgetSettings, Naming, PlanSettings, ProjectNaming, Publish,
    SharedSettings, SiteSettings, StatementSettings, Visibility, WeekStart,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

fn read(text: &str) -> Result<SharedSettings, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}

#[test]
fn what_is_not_said_is_the_careful_default() {
    let settings = read("timezone: Europe/Berlin\n").unwrap();
    assert_eq!(settings.timezone.as_deref(), Some("Europe/Berlin"));
    let defaults = SharedSettings { timezone: settings.timezone.clone(), ..Default::default() };
    assert_eq!(settings, defaults);
    let publish = settings.publish;
    assert_eq!((publish.machines, publish.projects), (Naming::Alias, ProjectNaming::Hide));
    let hidden = [publish.hours, publish.limits, publish.cost];
    assert!(hidden.iter().all(|part| *part == Visibility::Hide));
}

#[test]
fn every_key_reads_as_it_is_documented() {
    let settings = read(
        "timezone: Asia/Tokyo\nweekStart: sunday\n\
         publish:\n  machines: name\n  projects: alias\n  models: name\n  hours: show\n  limits: show\n  cost: show\n\
         aliases:\n  machines: { laptop: machine 1 }\n  projects: { github.com/o/n: project 1 }\n  models: { mine: model 1 }\n\
         colors: { codex: 2 }\n",
    )
    .unwrap();
    assert_eq!(settings.week_start, WeekStart::Sunday);
    let expected = Publish { projects: ProjectNaming::Alias, ..Publish::everything() };
    assert_eq!(settings.publish, expected);
    assert_eq!(settings.aliases.projects["github.com/o/n"], "project 1");
    assert_eq!(settings.colors["codex"], 2);
}

#[test]
fn a_key_or_value_that_does_not_exist_is_named_with_its_place() {
    for (text, named) in [
        ("publish:\n  machine: name\n", "machine"),
        ("publish:\n  cost: maybe\n", "maybe"),
        ("weekStart: tuesday\n", "tuesday"),
        ("colors: { codex: 300 }\n", "300"),
        ("colors: { codex: -1 }\n", "-1"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(named), "{text}: {error}");
        assert!(error.contains("line"), "{text}: {error}");
    }
}

#[test]
fn a_key_of_another_version_is_kept_and_told() {
    let settings = read("timezon: UTC\nplans: { codex: [1, two, null] }\ntimezone:\n").unwrap();
    assert_eq!(settings.timezone, None);
    let notices = settings.notices().join("\n");
    assert!(notices.contains("`timezon` is not known") && notices.contains("`plans`"), "{notices}");
    let yaml = settings.to_yaml();
    assert!(yaml.contains("plans: {\"codex\":[1,\"two\",null]}"), "{yaml}");
    assert_eq!(read(&yaml).unwrap(), settings);
}

#[test]
fn the_file_says_what_every_key_is_for() {
    let mut settings =
        SharedSettings { timezone: Some("Europe/Berlin".into()), ..Default::default() };
    settings.machine_names.insert("ann-s-macbook".into(), "Ann's MacBook".into());
    settings.aliases.machines.insert("ann-s-macbook".into(), "machine 1".into());
    settings.colors.insert("codex".into(), 2);
    settings.site.address = Some("https://me.github.io/tokens/".into());
    settings.site.title = Some("Ann's tokens".into());
    settings.site.languages = vec!["en".into(), "ja".into()];
    settings.site.badges = vec![BadgeSettings {
        name: "month-cost".into(),
        metric: "cost".into(),
        period: Some("30d".into()),
        color: Some("#00aa55".into()),
        ..BadgeSettings::default()
    }];
    insta::assert_snapshot!(settings.to_yaml());
    insta::assert_snapshot!("defaults", SharedSettings::default().to_yaml());
    let defaults = read(&SharedSettings::default().to_yaml()).unwrap();
    assert_eq!(defaults, SharedSettings::default());
}

#[test]
fn two_changes_at_once_both_stand() {
    let base =
        read("timezone: UTC\nweekStart: monday\nmachineNames: { a: one, b: two }\n").unwrap();
    let mut ours = base.clone();
    ours.timezone = Some("Asia/Tokyo".into());
    ours.machine_names.insert("c".into(), "three".into());
    ours.machine_names.remove("a");
    let mut theirs = base.clone();
    theirs.week_start = WeekStart::Sunday;
    theirs.machine_names.insert("b".into(), "zwei".into());
    theirs.aliases.machines.insert("x".into(), "machine 1".into());
    ours.site.title = Some("T".into());
    theirs.site.languages = vec!["ja".into()];
    let merged = SharedSettings::merge(&base, &ours, &theirs);
    let expected = read(
        "timezone: Asia/Tokyo\nweekStart: sunday\nmachineNames: { b: zwei, c: three }\naliases: { machines: { x: machine 1 } }\n\
         site: { title: T, languages: [ja] }\n",
    );
    assert_eq!(merged, expected.unwrap());
    // Where both changed the same, ours stands.
    theirs.timezone = Some("Europe/Paris".into());
    let merged = SharedSettings::merge(&base, &ours, &theirs);
    assert_eq!(merged.timezone.as_deref(), Some("Asia/Tokyo"));
    assert_eq!(SharedSettings::merge(&base, &base, &theirs), theirs);
    assert_eq!(SharedSettings::merge(&base, &ours, &base), ours);
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "[ -~]{0,12}",
        any::<String>(),
        select(vec![
            "true",
            "null",
            "1",
            "1e3",
            "0x1f",
            "~",
            "- a",
            "a: b",
            "#x",
            "'",
            "\"",
            "y",
            "\u{85}\u{2028}\u{7f}"
        ])
        .prop_map(str::to_owned),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any_name().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(any_name(), inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_settings() -> impl Strategy<Value = SharedSettings> {
    let names = || prop::collection::btree_map(any_name(), any_name(), 0..3);
    let other = prop::collection::btree_map("[a-z]{1,5}[0-9 :#]", any_value(), 0..3);
    let colors = prop::collection::btree_map(any_name(), any::<u8>(), 0..3);
    let text = || prop::option::of(any_name());
    let publish =
        any::<bool>().prop_map(|all| if all { Publish::everything() } else { Publish::default() });
    let badge = (any_name(), any_name(), text(), text(), text(), text()).prop_map(
        |(name, metric, period, label, color, style)| BadgeSettings {
            name,
            metric,
            period,
            label,
            color,
            style,
            other: [("x".to_owned(), Value::from(1))].into(),
        },
    );
    let languages = prop::collection::vec(any_name(), 0..3);
    let site = (text(), text(), text(), text(), languages, prop::collection::vec(badge, 0..3));
    (text(), publish, (names(), names(), names()), colors, names(), site, other).prop_map(
        |(timezone, publish, aliases, colors, machine_names, site, other)| SharedSettings {
            timezone,
            week_start: WeekStart::Saturday,
            publish,
            aliases: Aliases { machines: aliases.0, projects: aliases.1, models: aliases.2 },
            colors,
            machine_names,
            site: SiteSettings {
                repository: site.0,
                branch: site.1,
                address: site.2,
                title: site.3,
                languages: site.4,
                badges: site.5,
                other: [("y".to_owned(), Value::from(vec![1]))].into(),
            },
            statements: StatementSettings { count: vec!["glm-coding".into(), "y".into()] },
            plans: vec![PlanSettings {
                name: "Max: \u{85}20x".into(),
                price: Some(Value::from("200.50")),
                since: Some("2026-01-15".into()),
                sources: vec!["claude-code".into()],
                other: [("z".to_owned(), Value::from(2))].into(),
                ..PlanSettings::default()
            }],
            metered: vec!["open code".into()],
            budgets: vec![BudgetSettings {
                amount: Some(Value::from(50)),
                of: Some("billed".into()),
                ..BudgetSettings::default()
            }],
            currency: Some("EUR".into()),
            other,
        },
    )
}

proptest! {
    #[test]
    fn any_settings_read_back_from_their_yaml(settings in any_settings()) {
        let yaml = settings.to_yaml();
        let back = read(&yaml);
        prop_assert_eq!(back.as_ref(), Ok(&settings), "{}", yaml);
    }
}

#[test]
fn settings_read_back_as_they_were_written() {
    let mut settings = SharedSettings { publish: Publish::everything(), ..Default::default() };
    settings.aliases.machines.insert("laptop".into(), "machine 1".into());
    let json = serde_json::to_string(&settings).unwrap();
    assert_eq!(read(&json).unwrap(), settings);
}

#[test]
fn what_a_page_cannot_show_is_told_with_its_key_and_left_out() {
    let settings = read(
        "site:\n  title: 2026\n  titel: x\n  address: ftp://a.b\n  languages: [en-GB, xx, ja, en, false]\n  badges:\n\
         \x20   - { name: good, metric: tokens, period: 7d, label: 12, color: '#A0b1C2', style: plastic, glow: 1 }\n\
         \x20   - { name: Bad Name, metric: tokens }\n    - { name: a, metric: costs }\n\
         \x20   - { name: b, metric: cost, period: 31d }\n    - { name: c, metric: cost, color: pink }\n\
         \x20   - { name: d, metric: cost, style: [flat] }\n    - tokens\n    -\n    - { name: good, metric: cost }\n\
         \x20   - { name: token-usage-x, metric: cost }\n    - { name: last, metric: limit, color: }\n",
    )
    .unwrap();
    let site = &settings.site;
    assert_eq!(site.title.as_deref(), Some("2026"));
    assert_eq!(
        (site.web_address(), site.known_languages()),
        (None, vec!["en".into(), "ja".into()])
    );
    let badges = site.good_badges();
    let names: Vec<&str> = badges.iter().map(|badge| badge.name.as_str()).collect();
    assert_eq!(names, ["good", "last"]);
    assert_eq!(badges[0].label.as_deref(), Some("12"));
    assert!(badges[0].other.is_empty() && badges[1].color.is_none());
    insta::assert_snapshot!("notices", settings.notices().join("\n"));
    assert_eq!(read(&settings.to_yaml()).unwrap(), settings, "nothing is lost by writing it");
}

#[test]
fn a_badge_without_its_list_is_one_badge() {
    let settings = read("site:\n  languages: zh\n  badges: { name: a, metric: days }\n").unwrap();
    assert_eq!(settings.site.languages, ["zh"]);
    assert_eq!(settings.site.good_badges().len(), 1);
    assert!(read("site:\n").unwrap().site == SiteSettings::default());
    assert!(read("site:\n  badges:\n").unwrap().site.badges.is_empty());
    assert!(read("site: [1]\n").unwrap_err().contains("line"));
}
