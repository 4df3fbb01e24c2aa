//! At default levels, nothing that is published says a name or its hash.

use std::path::Path;

use data_schema::settings::{BadgeSettings, SharedSettings};
use data_schema::{
    DayFile, HashId, LimitReading, LimitsFile, MachineFile, Period, RecordId, Text, Tokens,
    UsageRecord, Version,
};
use serde_json::Value;

use crate::support::{Machine, NOW, tree};

/// A model that has a price.
const MODEL: &str = "claude-sonnet-4-5";

/// Makes canaries and keeps them.
#[derive(Default)]
struct Canaries {
    all: Vec<String>,
}

impl Canaries {
    fn next(&mut self, field: &str) -> String {
        let canary = format!("canary{}-{field}-q7", self.all.len());
        self.all.push(canary.clone());
        canary
    }

    fn text(&mut self, field: &str) -> Text {
        Text::from(self.next(field))
    }
}

/// A record every free text of which is a canary. The model of every second one has a price.
fn record(number: u64, canaries: &mut Canaries) -> UsageRecord {
    let native = canaries.next("native-id");
    let at = format!("2026-05-{:02}T10:00:00Z", number + 1).parse().unwrap();
    let mut record = UsageRecord::new(RecordId::new("anthropic", &native, ""), at);
    record.was = vec![RecordId::new("codex", &canaries.next("earlier-id"), "")];
    let usage = &mut record.usage;
    usage.model = if number.is_multiple_of(2) { canaries.text("model") } else { MODEL.into() };
    usage.requested_model = Some(canaries.text("requested-model"));
    usage.tier = Some(canaries.text("tier"));
    usage.region = Some(canaries.text("region"));
    usage.cost = Some("1.23".into());
    usage.currency = Some(canaries.text("currency"));
    usage.input_tokens = Tokens::new(1000);
    usage.output_tokens = Tokens::new(10);
    usage.revision = 1;
    let part = &mut record.attribution;
    part.session = Some(HashId::new("session", &canaries.next("session")));
    part.parent = Some(HashId::new("session", &canaries.next("parent")));
    part.account = Some(HashId::new("account", &canaries.next("account")));
    part.project = Some(canaries.text("project"));
    part.agent = Some(canaries.text("agent"));
    part.client = Some(canaries.text("client"));
    part.key = Some(canaries.text("key"));
    part.vendor = Some(canaries.text("vendor"));
    let unknown = [(canaries.next("extra-key"), Value::from(canaries.next("extra-value")))];
    record.extra = Some(Box::new(unknown.into_iter().collect()));
    record
}

fn write(path: &Path, bytes: &[u8]) {
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, bytes).unwrap();
}

/// A store in which every free text is a canary.
fn canary_store(root: &Path) -> Canaries {
    let mut canaries = Canaries::default();
    let now = NOW.parse().unwrap();
    for provider in ["claude-code".to_owned(), canaries.next("source")] {
        let machine = canaries.text("machine");
        let folder = root.join("raw").join(&*machine).join(&provider);
        let provider = Text::from(provider);
        for number in 0..4 {
            let record = record(number, &mut canaries);
            let period = Period::day_of(record.at);
            let day = DayFile::new(machine.clone(), provider.clone(), period, now, vec![record]);
            write(&folder.join(format!("{period}.json")), &day.to_bytes());
        }
        let limits = LimitsFile {
            version: Version::CURRENT,
            machine: machine.clone(),
            provider: provider.clone(),
            month: "2026-05".into(),
            collected_at: now,
            readings: vec![LimitReading {
                at: "2026-05-01T10:00:00Z".parse().unwrap(),
                account: Some(HashId::new("account", &canaries.next("limit-account"))),
                window: canaries.next("window"),
                scope: Some(canaries.next("scope")),
                used_fraction: None,
                resets_at: None,
                via: canaries.next("via"),
                source: None,
            }],
        };
        write(&folder.join("limits-2026-05.json"), &limits.to_bytes());
        let v1 = format!(
            r#"{{"version":"1.0","collectedAt":"{}","machine":"{machine}","provider":"{provider}","date":"2026-02-19","records":[{{"model":"{}","inputTokens":5,"totalTokens":5,"requests":1}}]}}"#,
            canaries.next("collected-at"),
            canaries.next("v1-model"),
        );
        write(&folder.join("2026-02-19_a1b2c3.json"), v1.as_bytes());
        let card = MachineFile {
            version: "2.0".into(),
            machine: machine.to_string(),
            id: canaries.next("machine-id"),
            first_collected: now,
            programs: vec![canaries.next("program")],
        };
        write(&root.join("raw").join(&*machine).join("machine.json"), &card.to_bytes());
    }
    let settings = settings(&mut canaries);
    write(&root.join("token-matters.yaml"), settings.to_yaml().as_bytes());
    canaries
}

/// Settings full of canaries. Only names that are given in place of others are meant to be seen.
fn settings(canaries: &mut Canaries) -> SharedSettings {
    let machines: Vec<String> =
        canaries.all.iter().filter(|name| name.contains("-machine-q7")).cloned().collect();
    let mut settings = SharedSettings { timezone: Some("UTC".into()), ..SharedSettings::default() };
    settings.machine_names.insert(machines[0].clone(), canaries.next("shown-name"));
    settings.aliases.machines.insert(machines[1].clone(), "the second".into());
    settings.aliases.projects.insert(canaries.next("aliased-project"), canaries.next("alias"));
    settings.aliases.models.insert(canaries.next("aliased-model"), canaries.next("alias"));
    settings.colors.insert(canaries.next("coloured"), 3);
    settings.site.repository = Some(canaries.next("repository"));
    settings.site.branch = Some(canaries.next("branch"));
    settings.site.address = Some(canaries.next("address"));
    let named = canaries.all.clone();
    settings.colors.extend(named.into_iter().zip((0..6).cycle()));
    // What cannot be shown is left out; what else stands beside a badge goes nowhere.
    settings.site.languages = vec!["en".into(), canaries.next("language")];
    settings.site.other.insert(canaries.next("site-key"), Value::from(canaries.next("value")));
    let other = [(canaries.next("badge-key"), Value::from(canaries.next("value")))].into();
    let badge =
        |name: String, metric: String| BadgeSettings { name, metric, ..BadgeSettings::default() };
    settings.site.badges = vec![
        BadgeSettings { other, ..badge("own".into(), "tokens".into()) },
        badge(canaries.next("badge"), "none".into()),
        badge("other".into(), canaries.next("metric")),
    ];
    settings.other.insert(canaries.next("unknown"), Value::from(canaries.next("unknown-value")));
    settings
}

/// Everything by which somebody who guesses a name could tell that it is there: the name, and the start of its
/// hashes, of any kind that the program makes.
fn traces(canary: &str) -> Vec<String> {
    let mut traces = vec![canary.to_owned()];
    for kind in ["session", "account", "key", "project", "machine", "model", "source"] {
        traces.push(HashId::new(kind, canary).to_string()[..8].to_owned());
    }
    for space in ["anthropic", "openai", "codex", "claude-code", "gemini", "project", "machine", ""]
    {
        traces.push(RecordId::new(space, canary, "").to_string()[..8].to_owned());
        let [first, second, third, fourth, ..] = RecordId::new(space, canary, "").bytes();
        traces.push(format!("{first:02x}{second:02x}{third:02x}{fourth:02x}"));
    }
    let plain = data_schema::Secret::hash(canary);
    traces.push(plain["sha256:".len()..][..8].to_owned());
    traces
}

#[test]
fn at_default_levels_nothing_that_is_published_says_a_free_text_or_its_hash() {
    let machine = Machine::new();
    let (root, out) = (machine.root.path().join("data-repo"), machine.root.path().join("out"));
    let canaries = canary_store(&root);
    assert!(canaries.all.len() > 130, "{}", canaries.all.len());
    let (raw, site) = (root.to_str().unwrap(), out.to_str().unwrap());
    machine.run(&["summarize", "--raw", raw, "--out", site, "--publish"]).ok();
    let summary = out.join("summary");
    machine.run(&["site", "build", "--summary", summary.to_str().unwrap(), "--out", site]).ok();
    let meta: Value =
        serde_json::from_slice(&fs_err::read(summary.join("meta.json")).unwrap()).unwrap();
    assert_eq!(meta["totals"]["requests"], 10, "everything is counted");
    assert!(out.join("index.html").is_file());
    let mut found = Vec::new();
    let published = tree(&out);
    for (path, bytes) in &published {
        let text = format!(
            "{}\n{}",
            path.strip_prefix(&out).unwrap().display(),
            String::from_utf8_lossy(bytes)
        );
        for canary in &canaries.all {
            found.extend(
                traces(canary)
                    .into_iter()
                    .filter(|trace| text.contains(trace.as_str()))
                    .map(|trace| format!("{}: {trace} of {canary}", path.display())),
            );
        }
        assert!(!text.contains("canary"), "{}", path.display());
    }
    assert_eq!(found, Vec::<String>::new());
    assert!(published.len() > 10, "{}", published.len());
}
