//! Every interface against recorded requests and answers: `tests/fixtures/interfaces/<interface>/<case>.json`.
//!
//! A case holds the run's time, what opens the interface, exchanges, and what must come of them. A request that no
//! exchange names gets `otherwise`, as far as there is one; every exchange must be used. `expected.records` has a line
//! per record: time, model, input, cache read, cache creation, output, total, requests, cost.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use collector::interface::{Access, Asked, INTERFACES, Secret, Wanted, ask_all};
use collector::source::{Evidence, Role};
use collector::{
    Config, Http, HttpError, Request, Response, Runner, SAVED_AFTER, ScanOptions, collect,
};
use data_schema::{Kind, Tokens, UsageRecord, UtcSeconds, Via};
use serde::Deserialize;
use serde_json::Value;
use store::Store;

use crate::support::environment;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    now: UtcSeconds,
    /// Another key than the usual one.
    key: Option<String>,
    #[serde(default)]
    base_url: Option<String>,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    organization: Option<String>,
    exchanges: Vec<Exchange>,
    otherwise: Option<Value>,
    expected: Expected,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    url: String,
    /// Of a `POST`.
    body: Option<Value>,
    /// A header, and what must stand in it.
    header: (String, String),
    #[serde(default = "ok")]
    status: u16,
    answer: Value,
}

fn ok() -> u16 {
    200
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(default)]
    records: Vec<String>,
    /// Account-wide limits: window, scope, used, reset.
    #[serde(default)]
    limits: Vec<String>,
    /// A part of the one warning.
    error: Option<String>,
}

/// The key of all cases. It stands in no answer, no record and no message.
const KEY: &str = "geheim-0123456789";

struct Played {
    case: Case,
    used: Vec<bool>,
    asked: Vec<String>,
}

impl Http for Played {
    fn send(&mut self, request: &Request) -> Result<Response, HttpError> {
        assert!(!request.url.contains(KEY), "a key in an address: {}", request.url);
        self.asked.push(request.url.clone());
        let body: Option<Value> =
            request.body.as_ref().map(|body| serde_json::from_str(body).unwrap());
        let fits = |exchange: &&Exchange| exchange.url == request.url && exchange.body == body;
        let Some(place) = self.case.exchanges.iter().position(|exchange| fits(&exchange)) else {
            let Some(answer) = &self.case.otherwise else {
                panic!("{} {body:?} is in no exchange", request.url)
            };
            let body = answer.to_string().into_bytes();
            return Ok(Response { status: 200, retry_after: None, body });
        };
        self.used[place] = true;
        let exchange = &self.case.exchanges[place];
        let (name, value) = &exchange.header;
        let sent = request.headers.iter().find(|(known, _)| known == name);
        assert_eq!(sent.map(|(_, value)| value.as_str()), Some(value.as_str()), "{name}");
        let body = exchange.answer.to_string().into_bytes();
        Ok(Response { status: exchange.status, retry_after: None, body })
    }

    fn pause(&mut self, _: Duration) {}

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

/// Hands the player out, and back.
struct Shared(std::rc::Rc<std::cell::RefCell<Played>>);

impl Http for Shared {
    fn send(&mut self, request: &Request) -> Result<Response, HttpError> {
        self.0.borrow_mut().send(request)
    }

    fn pause(&mut self, _: Duration) {}

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/interfaces")
}

fn cases(id: &str) -> BTreeMap<String, Case> {
    let entries = fs_err::read_dir(fixtures().join(id)).into_iter().flatten();
    let case = |path: &Path| {
        let text = fs_err::read(path).unwrap();
        let case = serde_json::from_slice(&text);
        case.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), case(&entry.path())))
        .collect()
}

/// What an interface tells in a case, and the addresses that it asked.
fn play(id: &str, case: &Case, noted: &Path, at_once: bool) -> (Asked, Vec<String>) {
    let interface = *INTERFACES.iter().find(|interface| interface.id() == id).unwrap();
    let used = vec![false; case.exchanges.len()];
    let played = Played { case: case.clone(), used, asked: Vec::new() };
    let played = std::rc::Rc::new(std::cell::RefCell::new(played));
    let access = Ok(Access {
        key: Secret::new(case.key.as_deref().unwrap_or(KEY)),
        base_url: case.base_url.clone(),
        account: case.account.clone(),
        organization: case.organization.clone(),
    });
    let wanted = vec![Wanted { interface, access, now: at_once }];
    let mut http = || Box::new(Shared(std::rc::Rc::clone(&played))) as Box<dyn Http>;
    let asked = ask_all(wanted, noted, case.now, &mut http);
    let played = played.borrow();
    if !played.asked.is_empty() {
        assert!(
            played.used.iter().all(|used| *used),
            "{id}: {:?} of {:?}",
            played.used,
            played.asked
        );
    }
    (asked, played.asked.clone())
}

/// Collects what was told, and nothing else, into a store; returns its records.
fn stored(store: &Store, machine: &str, asked: &mut Asked, now: UtcSeconds) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    let mut environment = environment(home.path());
    environment.now = now;
    let runner = Runner { machine, machine_id: machine, program: "test 1" };
    let options = ScanOptions {
        environment: &environment,
        config: &Config::default(),
        only: &["none".to_owned()],
        cache: None,
        saved_after: SAVED_AFTER,
        mark: None,
        progress: &|_, _| {},
    };
    let collected = collect(store, &runner, &options, (None, asked)).unwrap();
    let sources = &collected.scanned.sources;
    sources.iter().flat_map(|source| &source.report.warnings).map(|w| w.reason.clone()).collect()
}

fn records(store: &Store) -> Vec<UsageRecord> {
    let mut records = Vec::new();
    for part in store.snapshot().unwrap().index().unwrap().parts {
        for block in part.blocks {
            block.each(|record| records.push(record.clone())).unwrap();
        }
    }
    records.sort_by_key(|record| (record.at, record.usage.model.to_string(), record.id));
    records
}

fn line(record: &UsageRecord) -> String {
    let usage = &record.usage;
    assert_eq!((usage.kind, usage.via), (Kind::Statement, Via::Api));
    let number = |count: Option<Tokens>| count.map_or("-".to_owned(), |c| c.get().to_string());
    let counts = [
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_creation_tokens,
        usage.output_tokens,
        usage.total_tokens,
    ];
    let counts = counts.map(number).join(" ");
    let cost = usage.cost.as_deref().unwrap_or("-");
    format!("{} {} {counts} {} {cost}", record.at, usage.model, usage.request_count())
}

#[test]
fn every_interface_tells_what_its_vendor_says() {
    for interface in INTERFACES {
        let id = interface.id();
        let cases = cases(id);
        assert!(cases.contains_key("basic.json"), "{id} has no basic.json");
        for (name, case) in cases {
            let folder = tempfile::tempdir().unwrap();
            let (mut asked, _) = play(id, &case, &folder.path().join("interfaces.json"), false);
            let store = Store::open_or_init(&folder.path().join("store.git")).unwrap();
            let warnings = stored(&store, "laptop", &mut asked, case.now);
            let records = records(&store);
            let lines: Vec<String> = records.iter().map(line).collect();
            assert_eq!(lines, case.expected.records, "{id}/{name}: {warnings:?}");
            assert_eq!(limits(&store), case.expected.limits, "{id}/{name}");
            match &case.expected.error {
                Some(part) => {
                    assert!(warnings.len() == 1 && warnings[0].contains(part), "{warnings:?}");
                }
                None => assert_eq!(warnings, Vec::<String>::new(), "{id}/{name}"),
            }
            let all = format!("{warnings:?}{records:?}");
            for secret in [KEY, "sk-or-", "sk-ant-api", "sk-abc", "@example.com", "refresh-me"] {
                assert!(!all.contains(secret), "{id}/{name} tells {secret}");
            }
        }
    }
}

fn limits(store: &Store) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let mut lines = Vec::new();
    for entry in snapshot.entries() {
        if matches!(entry.kind, store::EntryKind::Limits(_)) {
            let file = data_schema::LimitsFile::parse(&snapshot.read(entry).unwrap()).unwrap();
            lines.extend(file.readings.iter().map(|reading| {
                let used = reading.used_fraction.map_or(-1.0, data_schema::Fraction::get);
                let (scope, reset) = (reading.scope.as_deref().unwrap_or("-"), reading.resets_at);
                format!("{} {scope} {used} {}", reading.window, reset.unwrap_or_default())
            }));
        }
    }
    lines
}

#[test]
fn one_key_on_two_machines_is_one_statement() {
    for interface in INTERFACES {
        let id = interface.id();
        let case = &cases(id)["basic.json"];
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_or_init(&folder.path().join("store.git")).unwrap();
        for machine in ["laptop", "tower"] {
            let (mut asked, _) = play(id, case, &folder.path().join(machine), false);
            stored(&store, machine, &mut asked, case.now);
        }
        let all = records(&store);
        let ids: std::collections::BTreeSet<_> = all.iter().map(|record| record.id).collect();
        assert_eq!(all.len(), 2 * case.expected.records.len(), "{id}");
        assert_eq!(ids.len(), case.expected.records.len(), "{id}");
    }
}

#[test]
fn an_interface_is_asked_once_an_hour_and_then_for_the_last_days_only() {
    let folder = tempfile::tempdir().unwrap();
    let noted = folder.path().join("interfaces.json");
    let case = cases("openrouter").remove("basic.json").unwrap();
    let ask = |case: &Case, at_once| {
        let (asked, addresses) = play("openrouter", case, &noted, at_once);
        asked.note(&noted).unwrap();
        addresses.len()
    };
    assert_eq!(ask(&case, false), 1);
    assert_eq!(ask(&case, false), 0, "a minute later");
    assert_eq!(ask(&case, true), 1, "somebody asked for it by name");
    let later = Case { now: case.now.plus(3600), ..case.clone() };
    assert_eq!(ask(&later, false), 1);
    let text = fs_err::read_to_string(&noted).unwrap();
    assert!(!text.contains(KEY), "{text}");
    fs_err::write(&noted, "damaged").unwrap();
    assert_eq!(ask(&later, false), 1);
}

#[test]
fn one_that_fails_stops_no_other_and_no_network_is_told_once() {
    struct Off;
    impl Http for Off {
        fn send(&mut self, _: &Request) -> Result<Response, HttpError> {
            Err(HttpError::UnknownHost)
        }
        fn pause(&mut self, _: Duration) {}
        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let wanted = INTERFACES.iter().map(|interface| {
        let access = Access {
            key: Secret::new(KEY),
            base_url: Some("https://nowhere.example".to_owned()),
            account: Some("me".to_owned()),
            organization: None,
        };
        let access =
            if interface.id() == "litellm" { Err("no key".to_owned()) } else { Ok(access) };
        Wanted { interface: *interface, access, now: false }
    });
    let now: UtcSeconds = "2026-05-04T12:00:00Z".parse().unwrap();
    let mut http = || Box::new(Off) as Box<dyn Http>;
    let mut asked = ask_all(wanted.collect(), &folder.path().join("i.json"), now, &mut http);
    let store = Store::open_or_init(&folder.path().join("store.git")).unwrap();
    let warnings = stored(&store, "laptop", &mut asked, now);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("has a host that nobody knows"), "{warnings:?}");
    assert_eq!(warnings[1], "no key");
}

#[test]
fn every_interface_says_how_it_is_asked() {
    let known = |id: &str| data_schema::sources::is_known(id);
    assert!(INTERFACES.len() >= 10);
    for interface in INTERFACES {
        let (info, terms) = (interface.info(), interface.terms());
        assert!(known(info.id) && info.role == Role::Statement, "{}", info.id);
        assert!(data_schema::sources::tells_statements(info.id), "{}", info.id);
        assert!(terms.documentation.contains("https://") && terms.documentation.contains("(20"));
        assert!(!terms.variables.is_empty() && !terms.key.is_empty() && !terms.tells.is_empty());
        assert!((1..=31).contains(&terms.days_at_once) && terms.days_back >= terms.days_at_once);
        if let Evidence::Described { by } = info.evidence {
            assert!(by.len() >= 2, "{} is described by one only", info.id);
        }
    }
}
