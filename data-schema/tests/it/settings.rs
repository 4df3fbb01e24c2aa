//! `token-matters.yaml` as people write it.

use data_schema::settings::{
    Naming, ProjectNaming, Publish, SharedSettings, Visibility, WeekStart,
};

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
        ("timezon: UTC\n", "timezon"),
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
fn settings_read_back_as_they_were_written() {
    let mut settings = SharedSettings { publish: Publish::everything(), ..Default::default() };
    settings.aliases.machines.insert("laptop".into(), "machine 1".into());
    let json = serde_json::to_string(&settings).unwrap();
    assert_eq!(read(&json).unwrap(), settings);
}
