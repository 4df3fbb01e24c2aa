//! What bodies of real shapes say.

use super::{Hints, hints};
use crate::protocol::Protocol;

fn of(body: &str) -> Hints {
    hints(Protocol::OpenaiChat, body.as_bytes())
}

#[test]
fn sessions_and_accounts_of_claude_code_are_read() {
    let old = r#"{"model":"claude-opus-4-8","max_tokens":32000,"metadata":{"user_id":"user_ab12_account_11111111-2222-3333-4444-555555555555_session_66666666-7777-8888-9999-000000000000"},"stream":true}"#;
    let told = hints(Protocol::AnthropicMessages, old.as_bytes());
    assert_eq!(told.model.as_deref(), Some("claude-opus-4-8"));
    assert!(told.is_stream);
    assert_eq!(told.most_output, Some(32000));
    assert_eq!(told.session.as_deref(), Some("66666666-7777-8888-9999-000000000000"));
    assert_eq!(told.account.as_deref(), Some("11111111-2222-3333-4444-555555555555"));
    let without = of(r#"{"metadata":{"user_id":"user_ab12_account__session_s-1"}}"#);
    assert_eq!((without.session.as_deref(), without.account), (Some("s-1"), None));
    let new = of(
        r#"{"metadata":{"user_id":"{\"device_id\":\"d\",\"account_uuid\":\"a-1\",\"session_id\":\"s-2\"}"}}"#,
    );
    assert_eq!((new.session.as_deref(), new.account.as_deref()), (Some("s-2"), Some("a-1")));
    for other in ["someone", "{broken", "a_session_b", "{}"] {
        let body = serde_json::json!({ "metadata": { "user_id": other } }).to_string();
        assert_eq!(of(&body).session, None, "{other}");
    }
}

#[test]
fn a_body_that_goes_on_says_what_it_can() {
    let body = r#"{"model":"m","stream":true,"session_id":"s","prompt_cache_key":"k","messages":[{"role":"user","content":"model"}],"max_tokens":7}"#;
    let whole = of(body);
    assert_eq!(whole.session.as_deref(), Some("s"));
    assert_eq!(whole.most_output, Some(7));
    assert_eq!(whole.end, Some(body.len()));
    for cut in 0..body.len() {
        let told = of(&body[..cut]);
        assert_eq!(told.end, None);
        assert!(told.model.is_none() || told.model == whole.model);
        assert_eq!(told.model.is_some(), cut >= 12);
    }
}

#[test]
fn the_greatest_answer_has_many_names() {
    let bodies = [
        r#"{"max_tokens":9}"#,
        r#"{"max_tokens":1,"max_completion_tokens":9}"#,
        r#"{"max_output_tokens":9}"#,
        r#"{"generationConfig":{"maxOutputTokens":9}}"#,
        r#"{"generation_config":{"max_output_tokens":9}}"#,
        r#"{"inferenceConfig":{"maxTokens":9}}"#,
        r#"{"request":{"generationConfig":{"maxOutputTokens":9}}}"#,
    ];
    for body in bodies {
        assert_eq!(of(body).most_output, Some(9), "{body}");
    }
}

#[test]
fn what_is_no_object_says_nothing() {
    for body in ["", "null", "\"model\"", "{\"model\":1,\"stream\":\"true\"", "\u{1}\u{2}"] {
        assert_eq!(of(body), Hints::default(), "{body}");
    }
    // A list is no body of a request.
    assert!(!of("[]").is_stream);
}
