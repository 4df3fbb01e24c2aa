//! The gate as the relay uses it.

use std::sync::atomic::{AtomicU64, Ordering};

use data_schema::{Confidential, Tokens};
use http::Request;
use serde_json::json;

use super::*;
use crate::protocol::Family;
use crate::upstream::Upstream;

fn clock() -> Clock {
    Clock::new(|| "2026-05-01T10:00:00Z".parse().unwrap())
}

fn config(folder: &Path, settings: &serde_json::Value) -> Config {
    let mut config = Config::new(folder.to_owned());
    config.gate = Settings::parse(settings.as_object().unwrap()).unwrap();
    config.add(Upstream::new("anthropic", Family::Anthropic, "http://127.0.0.1:9").unwrap());
    config
}

fn open(config: &Config) -> (Arc<Gate>, Option<NewKey>) {
    let (gate, new) = Gate::open(config, &clock()).unwrap();
    (Arc::new(gate), new)
}

fn create(folder: &Path, name: &str, terms: Terms) -> NewKey {
    let now = UtcSeconds::from(clock().now());
    Keys::edit(folder, |keys| keys.create(name, terms, now)).unwrap()
}

fn head(headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::post("/v1/messages").header("host", "127.0.0.1:8999");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

fn caller(gate: &Gate, key: Option<&NewKey>) -> Result<Caller, ProxyError> {
    let key = key.map(|key| ("x-api-key", key.key.expose()));
    gate.authenticate(&mut head(key.as_slice()))
}

fn ask(caller: &Caller) -> Ask<'_> {
    Ask {
        caller,
        project: None,
        model: Some("claude-sonnet-4-5"),
        upstream: "anthropic",
        vendor: Some("anthropic"),
        at: clock().now(),
        is_metered: true,
        needs_key: false,
        body: Some(400),
        most_output: Some(100),
    }
}

fn entry(key: &str, tokens: u64) -> LedgerEntry {
    LedgerEntry {
        at: clock().now(),
        upstream: Some("anthropic".into()),
        protocol: Some("anthropic-messages".into()),
        requested_model: Some("claude-sonnet-4-5".into()),
        status: Some(200),
        ttft_ms: Some(1),
        key: Some(key.into()),
        input_tokens: Tokens::new(tokens),
        ..LedgerEntry::default()
    }
}

fn kind<T: std::fmt::Debug>(result: Result<T, ProxyError>) -> (u16, &'static str) {
    let error = result.unwrap_err();
    (error.status.as_u16(), error.kind)
}

#[test]
fn without_keys_and_limits_nothing_is_asked_and_nothing_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let (gate, new) = open(&config(folder.path(), &json!({})));
    assert!(new.is_none());
    assert!(!folder.path().join("keys.json").exists());
    let mut head = head(&[("authorization", "Bearer sk-ant-1"), ("x-token-matters-admin", "x")]);
    let caller = gate.authenticate(&mut head).unwrap();
    assert_eq!(caller, Caller::default());
    assert_eq!(head.headers["authorization"], "Bearer sk-ant-1");
    assert!(!head.headers.contains_key("x-token-matters-admin"));
    assert!(gate.admit(&ask(&caller)).unwrap().held.is_none());
}

#[test]
fn a_key_of_the_proxys_own_is_needed_where_it_adds_one_or_listens_for_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut adding = config(folder.path(), &json!({}));
    let mut upstream = Upstream::new("glm", Family::Openai, "http://127.0.0.1:9").unwrap();
    upstream.credential = Some(Confidential::new("sk-vendor"));
    adding.add(upstream);
    let (gate, new) = open(&adding);
    let new = new.unwrap();
    assert_eq!(&*new.name, "default");
    assert!(open(&adding).1.is_none(), "only the first start makes one");
    let nobody = caller(&gate, None).unwrap();
    assert!(gate.admit(&ask(&nobody)).is_ok(), "here clients bring their own");
    let at_glm = |caller| Ask { upstream: "glm", needs_key: true, ..ask(caller) };
    assert_eq!(kind(gate.admit(&at_glm(&nobody))), (401, "key_missing"));
    let somebody = caller(&gate, Some(&new)).unwrap();
    assert!(gate.admit(&at_glm(&somebody)).is_ok());

    for listen in ["0.0.0.0:8999", "[::]:8999", "192.168.1.5:8999"] {
        let folder = tempfile::tempdir().unwrap();
        let mut public = config(folder.path(), &json!({}));
        public.listen = listen.parse().unwrap();
        let (gate, new) = open(&public);
        assert_eq!(kind(caller(&gate, None)), (401, "key_missing"));
        assert!(caller(&gate, new.as_ref()).is_ok());
    }
    let folder = tempfile::tempdir().unwrap();
    let (gate, new) = open(&config(folder.path(), &json!({ "requireKey": true })));
    assert_eq!(kind(caller(&gate, None)), (401, "key_missing"));
    assert!(new.is_some());
}

#[test]
fn a_key_that_is_none_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ended = Terms { expires: Some(UtcSeconds::from(clock().now())), ..Terms::default() };
    let ended = create(folder.path(), "ended", ended);
    let revoked = create(folder.path(), "revoked", Terms::default());
    let now = UtcSeconds::from(clock().now());
    Keys::edit(folder.path(), |keys| keys.revoke("revoked", now)).unwrap();
    let (gate, _) = open(&config(folder.path(), &json!({})));
    assert_eq!(kind(caller(&gate, Some(&ended))), (401, "key_closed"));
    assert_eq!(kind(caller(&gate, Some(&revoked))), (401, "key_closed"));
    let elsewhere = tempfile::tempdir().unwrap();
    let foreign = create(elsewhere.path(), "foreign", Terms::default());
    let error = caller(&gate, Some(&foreign)).unwrap_err();
    assert_eq!((error.status.as_u16(), error.kind), (401, "key_unknown"));
    assert!(!error.message.contains(&foreign.key.expose()[3..]));
}

#[test]
fn a_key_opens_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let terms = Terms {
        models: vec!["claude-*".to_owned()],
        upstreams: vec!["anthropic".to_owned()],
        project: Some("website".into()),
        upstream: Some("anthropic".into()),
        ..Terms::default()
    };
    let key = create(folder.path(), "ci", terms);
    let (gate, _) = open(&config(folder.path(), &json!({})));
    let caller = caller(&gate, Some(&key)).unwrap();
    assert_eq!(caller.project.as_deref(), Some("website"));
    assert_eq!(caller.upstream.as_deref(), Some("anthropic"));
    assert!(gate.admit(&ask(&caller)).is_ok());
    let other = Ask { upstream: "openai", ..ask(&caller) };
    assert_eq!(kind(gate.admit(&other)), (403, "key_upstream"));
    for model in [Some("gpt-5"), None] {
        let other = Ask { model, ..ask(&caller) };
        assert_eq!(kind(gate.admit(&other)), (403, "key_model"));
    }
    let list = Ask { model: None, is_metered: false, ..ask(&caller) };
    assert!(gate.admit(&list).is_ok());
}

#[test]
fn the_admin_key_opens_the_proxys_own_routes_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let user = create(folder.path(), "ci", Terms::default());
    let settings = config(folder.path(), &json!({}));
    let (gate, _) = open(&settings);
    let path = folder.path().join(ADMIN_FILE);
    let admin = fs_err::read_to_string(&path).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let is_admin = |key: &str| gate.is_admin(&head(&[("x-token-matters-admin", key)]).headers);
    assert!(is_admin(admin.trim()));
    for key in [user.key.expose(), "", "tma_", &admin.trim()[..46]] {
        assert!(!is_admin(key), "{key}");
    }
    assert!(!gate.is_admin(&HeaderMap::new()));
    let mut with_admin = head(&[("x-token-matters-key", admin.trim())]);
    assert_eq!(kind(gate.authenticate(&mut with_admin)), (401, "key_unknown"));
    let _again = open(&settings);
    assert_eq!(fs_err::read_to_string(&path).unwrap(), admin, "it stays");
    fs_err::write(&path, "\n").unwrap();
    assert!(Gate::open(&settings, &clock()).unwrap_err().to_string().contains("admin-key"));
}

#[test]
fn a_budget_is_reserved_settled_and_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let limit = |text: &str| vec![text.parse().unwrap()];
    let terms = Terms { budgets: limit("500 tokens/day"), ..Terms::default() };
    let key = create(folder.path(), "ci", terms);
    let (gate, _) = open(&config(folder.path(), &json!({})));
    let caller = caller(&gate, Some(&key)).unwrap();
    let first = gate.admit(&ask(&caller)).unwrap();
    let second = gate.admit(&ask(&caller)).unwrap();
    assert_eq!(kind(gate.admit(&ask(&caller))), (429, "budget"), "400 of 500 are reserved");
    drop(first);
    let third = gate.admit(&ask(&caller)).unwrap();
    second.settle(&entry("ci", 40));
    third.settle(&entry("ci", 400));
    let [usage] = &gate.usage()[..] else { panic!("one budget") };
    assert_eq!((usage.used, usage.reserved), (Amount::Count(440), Amount::Count(0)));
    let told = gate.admit(&ask(&caller)).unwrap_err();
    assert_eq!(told.retry_after, Some(14 * 3600));
    assert!(told.message.contains("440 tokens of 500 tokens used"), "{}", told.message);
    let free = Ask { is_metered: false, ..ask(&caller) };
    assert!(gate.admit(&free).is_ok(), "what costs nothing goes on");
}

#[test]
fn a_restart_knows_what_was_used() {
    let folder = tempfile::tempdir().unwrap();
    let budgets = ["1000 tokens/day", "0.01 USD/month", "9 requests/5h"];
    let budgets = budgets.iter().map(|text| text.parse().unwrap()).collect();
    create(folder.path(), "ci", Terms { budgets, ..Terms::default() });
    let settings = config(
        folder.path(),
        &json!({
            "budgets": [{ "project": "website", "limit": "2000 tokens/week" }, { "limit": "9 requests/day" }]
        }),
    );
    let ledger = crate::ledger::Ledger::open(&folder.path().join("ledger")).unwrap();
    for tokens in [100, 200] {
        ledger
            .record(&LedgerEntry { project: Some("website".into()), ..entry("ci", tokens) })
            .unwrap();
    }
    ledger.record(&LedgerEntry { key: None, ..entry("ci", 50) }).unwrap();
    drop(ledger);
    let (gate, _) = open(&settings);
    let usage = gate.usage();
    insta::assert_json_snapshot!(usage);
    let from_files = budget_use(folder.path(), &settings.gate, &clock()).unwrap();
    assert_eq!(from_files.len(), usage.len());
    assert!(usage.iter().all(|one| from_files.contains(one)));
}

#[test]
fn where_money_is_limited_a_model_without_a_price_is_blocked() {
    let folder = tempfile::tempdir().unwrap();
    let budgets = vec!["5 USD/day".parse().unwrap()];
    let key = create(folder.path(), "ci", Terms { budgets, ..Terms::default() });
    let unknown = |settings: &serde_json::Value| {
        let (gate, _) = open(&config(folder.path(), settings));
        let caller = caller(&gate, Some(&key)).unwrap();
        gate.admit(&Ask { model: Some("no-such-model-9"), ..ask(&caller) }).map(|_| ())
    };
    assert_eq!(kind(unknown(&json!({}))), (403, "unpriced"));
    assert_eq!(kind(unknown(&json!({ "unpriced": "block" }))), (403, "unpriced"));
    assert!(unknown(&json!({ "unpriced": "allow" })).is_ok());
}

#[test]
fn many_threads_never_overspend_and_leave_nothing_reserved() {
    let folder = tempfile::tempdir().unwrap();
    let budgets = vec!["10000 tokens/day".parse().unwrap(), "60 requests/5h".parse().unwrap()];
    let key = create(folder.path(), "ci", Terms { budgets, ..Terms::default() });
    let (gate, _) = open(&config(folder.path(), &json!({ "rates": { "eachKey": ["3 at once"] } })));
    let (passed, most) = (AtomicU64::new(0), AtomicU64::new(0));
    let open = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8_u64 {
            let (gate, key, passed, most, open) = (&gate, &key, &passed, &most, &open);
            scope.spawn(move || {
                let caller = caller(gate, Some(key)).unwrap();
                for number in 0..200_u64 {
                    let Ok(permit) = gate.admit(&ask(&caller)) else { continue };
                    most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    open.fetch_sub(1, Ordering::SeqCst);
                    if (thread + number) % 3 == 0 {
                        drop(permit);
                    } else {
                        passed.fetch_add(150, Ordering::SeqCst);
                        permit.settle(&entry("ci", 150));
                    }
                }
            });
        }
    });
    let passed = passed.into_inner();
    assert!((150..=60 * 150).contains(&passed), "{passed}");
    assert!(most.into_inner() <= 3);
    let of = |unit| gate.usage().into_iter().find(|one| one.unit == unit).unwrap();
    let tokens = of("tokens");
    assert_eq!((tokens.used, tokens.reserved), (Amount::Count(passed), Amount::Count(0)));
    assert_eq!(of("requests").used, Amount::Count(passed / 150));
}
