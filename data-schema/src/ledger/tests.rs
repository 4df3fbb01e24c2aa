use super::*;
use crate::Fraction;

/// Every field is told.
fn full() -> LedgerEntry {
    let text = |text: &str| Some(Text::from(text));
    LedgerEntry {
        request: "5f0c9a1be27d4430".to_owned(),
        at: "2026-05-01T10:00:00.123Z".parse().unwrap(),
        status: Some(200),
        path: "POST /v1/messages".to_owned(),
        upstream: text("anthropic"),
        route: text("default"),
        protocol: text("anthropic-messages"),
        requested_model: text("claude-opus-latest"),
        model: text("claude-opus-4-8"),
        response: Some("msg_01XFDUDYJgAACzvnptVvoYEL".to_owned()),
        input_tokens: Tokens::new(12),
        cache_read_tokens: Tokens::new(45_321),
        cache_creation_tokens: Tokens::new(1_200),
        cache_creation_1h_tokens: Tokens::new(0),
        output_tokens: Tokens::new(801),
        reasoning_tokens: Tokens::new(300),
        image_tokens: Tokens::new(1),
        audio_tokens: Tokens::new(2),
        total_tokens: Tokens::new(47_334),
        web_searches: Some(1),
        tier: text("priority"),
        region: text("eu"),
        cost: text("0.0123"),
        quality: Quality::Estimated,
        end: End::ClientClosed,
        ttft_ms: Some(812),
        duration_ms: Some(10_234),
        overhead_us: Some(85),
        session: Some(HashId::new("session", "s")),
        project: text("app"),
        agent: text("explore"),
        client: text("claude-code/2.1.197"),
        account: Some(HashId::new("account", "a")),
        key: text("laptop"),
        vendor: text("anthropic"),
        error: text("overloaded_error"),
        attempts: vec![Attempt {
            upstream: "anthropic".into(),
            status: Some(529),
            error: text("overloaded_error"),
            duration_ms: 40,
        }],
        limits: vec![LimitReading {
            at: "2026-05-01T10:00:00Z".parse().unwrap(),
            account: None,
            window: "5h".to_owned(),
            scope: None,
            used_fraction: Fraction::new(0.25),
            resets_at: None,
            via: "wire".to_owned(),
            source: None,
        }],
        bytes_in: 102_400,
        bytes_out: 20_480,
    }
}

fn line(entry: &LedgerEntry) -> String {
    serde_json::to_string(entry).unwrap()
}

fn read(line: &str) -> LedgerEntry {
    serde_json::from_str(line).unwrap()
}

#[test]
fn a_line_reads_back_and_an_empty_one_tells_nothing() {
    let entry = full();
    assert_eq!(read(&line(&entry)), entry);
    let empty = LedgerEntry { request: "0".repeat(16), ..LedgerEntry::default() };
    assert_eq!(
        line(&empty),
        r#"{"request":"0000000000000000","at":"1970-01-01T00:00:00.000Z","path":""}"#
    );
    assert_eq!(read(&line(&empty)), empty);
    assert!(empty.to_record().is_none());
}

#[test]
fn a_line_of_a_newer_version_still_counts() {
    let newer = line(&full())
        .replacen('{', r#"{"warmth":{"degrees":[1,2]},"#, 1)
        .replace(r#""estimated""#, r#""guessed""#)
        .replace(r#""client_closed""#, r#""paused""#);
    let expected = LedgerEntry { quality: Quality::Partial, end: End::Truncated, ..full() };
    assert_eq!(read(&newer), expected);
}

#[test]
fn a_line_that_has_been_tampered_with_is_refused() {
    for (good, bad) in [
        (r#""inputTokens":12"#, r#""inputTokens":-12"#),
        (r#""outputTokens":801"#, r#""outputTokens":1e30"#),
        (r#""status":200"#, r#""status":70000"#),
        (r#""at":"2026-05-01T10:00:00.123Z""#, r#""at":"yesterday""#),
    ] {
        let tampered = line(&full()).replace(good, bad);
        assert_ne!(tampered, line(&full()), "{good}");
        assert!(serde_json::from_str::<LedgerEntry>(&tampered).is_err(), "{bad}");
    }
}

#[test]
fn the_record_says_what_the_line_says_and_was_seen_on_the_wire() {
    let record = full().to_record().unwrap();
    assert_eq!(record.id, RecordId::new("anthropic", "msg_01XFDUDYJgAACzvnptVvoYEL", ""));
    assert_eq!(record.at, "2026-05-01T10:00:00Z".parse().unwrap());
    assert_eq!(record.usage.via, Via::Wire);
    assert_eq!(record.usage.end, End::ClientClosed);
    assert_eq!(&*record.usage.model, "claude-opus-4-8");
    assert_eq!(record.usage.requested_model.as_deref(), Some("claude-opus-latest"));
    assert_eq!(record.usage.input_tokens, Tokens::new(12));
    assert_eq!(record.usage.currency.as_deref(), Some("USD"));
    assert_eq!((record.usage.ttft_ms, record.usage.duration_ms), (Some(812), Some(10_234)));
    assert_eq!(record.attribution.client.as_deref(), Some("claude-code/2.1.197"));
    assert_eq!(record.attribution.key.as_deref(), Some("laptop"));
}

#[test]
fn ids_that_are_not_random_enough_leave_the_request_its_own() {
    let with = |response: Option<&str>| LedgerEntry {
        response: response.map(ToOwned::to_owned),
        ..full()
    };
    let own = RecordId::new("proxy", "5f0c9a1be27d4430", "");
    for poor in [None, Some(""), Some("chatcmpl-7"), Some("chatcmpl-constant"), Some("id")] {
        assert_eq!(with(poor).id(), own, "{poor:?}");
    }
    assert_ne!(with(Some("resp_0123456789abcdef0123")).id(), own);
}

/// Millions of them are kept: nothing may make them grow unnoticed.
#[test]
fn the_line_of_a_usual_request_is_short() {
    let usual = LedgerEntry {
        requested_model: Some("claude-opus-4-8".into()),
        cache_creation_1h_tokens: None,
        reasoning_tokens: None,
        image_tokens: None,
        audio_tokens: None,
        total_tokens: None,
        web_searches: None,
        tier: None,
        region: None,
        cost: None,
        quality: Quality::Exact,
        end: End::Complete,
        project: None,
        agent: None,
        account: None,
        key: None,
        error: None,
        attempts: Vec::new(),
        limits: Vec::new(),
        ..full()
    };
    let length = line(&usual).len();
    assert!(length < 600, "{length} bytes");
    let refused = LedgerEntry {
        request: usual.request,
        at: usual.at,
        path: usual.path,
        status: Some(401),
        error: Some("key".into()),
        end: End::UpstreamError,
        ..LedgerEntry::default()
    };
    let length = line(&refused).len();
    assert!(length < 200, "{length} bytes");
}
