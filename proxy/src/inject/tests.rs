//! The least change of a body.

use bytes::Bytes;
use proptest::prelude::*;

use super::request;
use crate::hints::hints;
use crate::protocol::Protocol;

fn sent(protocol: Protocol, body: &str) -> Option<String> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let sent = request(protocol, &hints(protocol, &body), &body)?;
    Some(String::from_utf8(sent.to_vec()).unwrap())
}

#[test]
fn usage_is_asked_for_with_the_least_change() {
    let cases = [
        (
            "{ \"stream\" : true }\n",
            "{ \"stream\" : true ,\"stream_options\":{\"include_usage\":true}}\n",
        ),
        (
            r#"{"stream":true,"stream_options":null}"#,
            r#"{"stream":true,"stream_options":{"include_usage":true}}"#,
        ),
        (
            r#"{"stream_options":{ },"stream":true}"#,
            r#"{"stream_options":{"include_usage":true },"stream":true}"#,
        ),
        (
            r#"{"stream_options":{"x":1},"stream":true}"#,
            r#"{"stream_options":{"include_usage":true,"x":1},"stream":true}"#,
        ),
        (
            r#"{"stream_options":{"include_usage": false , "x":1},"stream":true}"#,
            r#"{"stream_options":{"include_usage": true , "x":1},"stream":true}"#,
        ),
        (
            r#"{"stream_options":{"include_usage":true},"stream":true,"stream_options":{"include_usage":null}}"#,
            r#"{"stream_options":{"include_usage":true},"stream":true,"stream_options":{"include_usage":true}}"#,
        ),
    ];
    for (body, wanted) in cases {
        assert_eq!(sent(Protocol::OpenaiChat, body).as_deref(), Some(wanted));
        assert_eq!(sent(Protocol::OpenaiCompletions, body).as_deref(), Some(wanted));
        assert_eq!(sent(Protocol::OpenaiResponses, body), None);
    }
}

#[test]
fn nothing_else_is_changed() {
    let bodies = [
        r#"{"stream":true,"stream_options":{"include_usage":true}}"#,
        r#"{"stream":false}"#,
        r#"{"model":"m"}"#,
        r#"{"stream":true,"stream_options":7}"#,
        r#"{"stream":true"#,
        r#"{"stream":true]"#,
        "",
        "[]",
    ];
    for body in bodies {
        assert_eq!(sent(Protocol::OpenaiChat, body), None, "{body}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn all_other_fields_stay(text in "[a-z\\\\\"{}\u{e9}]{0,12}", number in any::<i32>()) {
        let body = serde_json::json!({ "x": text, "stream": true, "y": [number, { "z": text }] }).to_string();
        let mut wanted: serde_json::Value = serde_json::from_str(&body).unwrap();
        wanted["stream_options"] = serde_json::json!({ "include_usage": true });
        let sent = sent(Protocol::OpenaiChat, &body).unwrap();
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&sent).unwrap(), wanted);
        prop_assert!(sent.starts_with(&body[..body.len() - 1]));
    }
}
