use super::*;

fn faults(text: &str) -> Vec<String> {
    Config::parse(text).faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_configuration_of_1_x_is_read_with_its_meaning() {
    let config = Config::parse(
        "dataRepo: ~/data\nmachine: work\ntimezone: Europe/Berlin\nproviders:\n  claude-code:\n    enabled: false\n    claudeDir: ~/c\n  glm-coding:\n    apiKey: secret\n    baseUrl: https://api.z.ai\n  trae-pro:\n    traeDir: /t\n    estimation: {outputTokenRate: 80}\nschedule:\n  intervalMinutes: 60\n  offsetMinute: 30\n  logFile: /tmp/x.log\n",
    );
    assert_eq!(config.faults, []);
    assert_eq!(config.data_repo.as_deref(), Some("~/data"));
    assert_eq!(config.machine.as_deref(), Some("work"));
    assert_eq!(config.timezone, Some(chrono_tz::Europe::Berlin));
    assert!(!config.is_enabled("claude-code"));
    assert!(config.is_enabled("codex"));
    assert_eq!(config.directory("claude-code"), Some("~/c"));
    let schedule = ScheduleConfig {
        interval_minutes: 60,
        offset_minute: Some(30),
        log_file: Some("/tmp/x.log".to_owned()),
    };
    assert_eq!(config.schedule, schedule);
    let glm = &config.providers["glm-coding"];
    assert_eq!(glm.api_key.as_ref().map(Secret::expose), Some("secret"));
    assert_eq!(glm.base_url.as_deref(), Some("https://api.z.ai"));
    assert!(!format!("{config:?}").contains("secret"));
}

#[test]
fn a_fault_costs_its_own_key_only_and_names_line_and_remedy() {
    let text = "machine: work\ntimezon: UTC\ntimezone: Europe/Berlim\nproviders:\n  codx: {}\n  codex:\n    enabled: maybe\n";
    assert_eq!(
        faults(text),
        [
            "line 2: `timezon` is not a known key: did you mean `timezone`?",
            "line 3: `timezone`: `Europe/Berlim` is no zone of the IANA database; did you mean `Europe/Berlin`?",
            "line 5: `codx` is not a known key: did you mean `codex`?",
            "line 7: `enabled`: must be `true` or `false`",
        ]
    );
    let config = Config::parse(text);
    assert_eq!(config.machine.as_deref(), Some("work"));
    assert!(config.is_enabled("codex"));
}

#[test]
fn rules_and_schedule_are_read_and_their_faults_told() {
    let text = "projects:\n  include: ~/work\n  exclude: [github.com/me/*, ~/secret]\nschedule:\n  intervalMinutes: 30\n  offsetMinute: 61\n";
    let config = Config::parse(text);
    assert_eq!(config.projects.include, ["~/work"]);
    assert_eq!(config.projects.exclude, ["github.com/me/*", "~/secret"]);
    assert_eq!(config.schedule, ScheduleConfig::default());
    assert_eq!(
        faults(text),
        [
            "line 5: `intervalMinutes`: must be 60 (hourly) or 1440 (daily)",
            "line 6: `offsetMinute`: must be a minute from 0 to 59",
        ]
    );
    assert_eq!(faults("projects:\n  exclude: 3\n").len(), 1);
}

#[test]
fn fetching_prices_is_off_until_it_is_asked_for() {
    assert_eq!(Config::parse("machine: a\n").prices, PricesConfig::default());
    assert!(!PricesConfig::default().update);
    let config = Config::parse("prices:\n  update: true\n  from: https://example.org/p.json\n");
    let from = Some("https://example.org/p.json".to_owned());
    assert_eq!(config.prices, PricesConfig { update: true, from });
    let text = "prices:\n  update: yes please\n  form: x\n";
    let expected = [
        "line 2: `update`: must be `true` or `false`",
        "line 3: `form` is not a known key: did you mean `from`?",
    ];
    assert_eq!(faults(text), expected);
    assert_eq!(faults("prices: true\n").len(), 1);
}

#[test]
fn the_line_for_a_prompt_is_a_text_of_its_own() {
    let text = "statusline:\n  template: '{model} {today}'\n";
    assert_eq!(faults(text).len(), 0);
    assert_eq!(Config::parse(text).statusline.template.as_deref(), Some("{model} {today}"));
    assert_eq!(Config::parse("statusline:\n").statusline.template, None);
    assert_eq!(faults("statusline:\n"), faults(""));
    let wrong = "statusline:\n  templat: x\n  template: [x]\n";
    let expected = [
        "line 2: `templat` is not a known key: did you mean `template`?",
        "line 3: `template`: must be a text",
    ];
    assert_eq!(faults(wrong), expected);
    assert_eq!(faults("statusline: x\n").len(), 1);
}

#[test]
fn interfaces_have_keys_of_their_own() {
    let text = "providers:\n  litellm:\n    apiKey: ${LITELLM}\n    baseURL: http://localhost:4000\n  openai-admin: false\n  glm-coding:\n    apiKey: ''\n";
    let config = Config::parse(text);
    let expected = "line 4: `baseURL` is not a known key: did you mean `baseUrl`?";
    assert_eq!(faults(text), [expected]);
    let key = config.providers["litellm"].api_key.as_ref();
    assert_eq!(key.map(Secret::expose), Some("${LITELLM}"));
    assert!(!config.is_enabled("openai-admin"));
    assert_eq!(config.providers["glm-coding"].api_key, None);
}

#[test]
fn what_is_no_configuration_is_one_fault() {
    assert_eq!(faults("- a\n- b\n").len(), 1);
    let broken = faults("machine: [work\n");
    assert!(broken[0].contains("not valid YAML"), "{broken:?}");
    assert_eq!(Config::parse("").faults, []);
    assert_eq!(Config::parse("# nothing\n").faults, []);
    assert_eq!(faults("machine: {a: 1}\n"), ["line 1: `machine`: must be a text"]);
}
