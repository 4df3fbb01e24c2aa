//! Keys: the client's own pass untouched, or the proxy's take their place.

use std::sync::Arc;

use bytes::Bytes;
use data_schema::Confidential;
use http::Request;
use proxy::{Auth, AwsKeys, AwsProfile, Config, Family, Upstream};
use sha2::{Digest, Sha256};

use crate::support::{Answer, Arrived, Mock, Running};

/// What arrives of a request with every kind of key.
async fn arrived(path: &str, change: impl FnOnce(&mut Config, &str)) -> Arrived {
    let mock = Mock::start(|_| Answer::whole("application/json", "{}")).await;
    let url = format!("http://{}", mock.address);
    let proxy = Running::with(&mock, |config| change(config, &url)).await;
    let request = Request::post(path)
        .header("authorization", "Bearer client-1")
        .header("x-api-key", "client-2")
        .header("x-goog-api-key", "client-3")
        .header("api-key", "client-4")
        .header("anthropic-beta", "a,b")
        .body(Bytes::from_static(b"{}"))
        .unwrap();
    assert_eq!(proxy.send(request).await.status(), 200);
    mock.arrived().remove(0)
}

fn with_key(config: &mut Config, family: Family, url: &str, auth: Option<Auth>) {
    let mut upstream = Upstream::new(family.word(), family, url).unwrap();
    upstream.credential = Some(Confidential::new("proxy-key"));
    upstream.auth = auth.unwrap_or(upstream.auth);
    config.upstreams.insert(family.word().to_owned(), Arc::new(upstream));
}

#[tokio::test]
async fn the_clients_own_key_passes_untouched() {
    let arrived = arrived("/v1beta/models/g:generateContent?key=mine&alt=sse", |_, _| {}).await;
    assert_eq!(arrived.line, "POST /v1beta/models/g:generateContent?key=mine&alt=sse");
    assert_eq!(arrived.headers["authorization"], "Bearer client-1");
    assert_eq!(arrived.headers["x-api-key"], "client-2");
    assert_eq!(arrived.headers["x-goog-api-key"], "client-3");
    assert_eq!(arrived.headers["api-key"], "client-4");
}

#[tokio::test]
async fn a_key_of_the_proxys_takes_the_place_of_every_other() {
    let cases = [
        (Family::Anthropic, "/v1/messages?beta=true", None, "x-api-key", "proxy-key"),
        (Family::Openai, "/v1/chat/completions", None, "authorization", "Bearer proxy-key"),
        (
            Family::Gemini,
            "/v1beta/models/g:generateContent?alt=sse&key=mine&access_token=x",
            None,
            "x-goog-api-key",
            "proxy-key",
        ),
        (Family::Bedrock, "/model/m/converse", None, "authorization", "Bearer proxy-key"),
        (
            Family::Openai,
            "/v1/responses?key=mine",
            Some(Auth::Header("api-key".parse().unwrap())),
            "api-key",
            "proxy-key",
        ),
    ];
    for (family, path, auth, header, value) in cases {
        let arrived = arrived(path, |config, url| with_key(config, family, url, auth)).await;
        assert_eq!(arrived.headers[header], value, "{path}");
        for name in ["authorization", "x-api-key", "x-goog-api-key", "api-key"] {
            assert!(name == header || !arrived.headers.contains_key(name), "{path}: {name}");
        }
        assert_eq!(arrived.headers["anthropic-beta"], "a,b");
        assert!(!arrived.line.contains("mine") && !arrived.line.contains("access_token"));
        let kept = path.contains("alt=sse") || path.contains("beta=true");
        assert_eq!(arrived.line.contains('?'), kept, "{}", arrived.line);
    }
}

/// A proxy that signs, before a mock.
async fn signing(mock: &Mock, change: impl FnOnce(&mut Config)) -> Running {
    let url = format!("http://{}", mock.address);
    Running::with(mock, |config| {
        let token = Some(Confidential::new("TOKEN"));
        let keys = AwsKeys::new("AKIDEXAMPLE", Confidential::new("SECRET"), token);
        let mut upstream = Upstream::new("bedrock", Family::Bedrock, &url).unwrap();
        upstream.auth = Auth::Aws(Arc::new(AwsProfile::of_keys("eu-central-1", keys)));
        assert!(upstream.has_credential());
        config.upstreams.insert("bedrock".to_owned(), Arc::new(upstream));
        change(config);
    })
    .await
}

#[tokio::test]
async fn a_request_without_a_key_is_signed_over_host_path_and_body() {
    let mock = Mock::start(|_| Answer::whole("application/json", "{}")).await;
    let proxy = signing(&mock, |_| {}).await;
    let body = r#"{"messages":[]}"#;
    let answer = proxy.post("/model/anthropic.claude%3A0/converse", body).await;
    assert_eq!(answer.status(), 200);
    let arrived = mock.arrived().remove(0);
    assert_eq!(arrived.body, body);
    let date = arrived.headers["x-amz-date"].to_str().unwrap().to_owned();
    assert_eq!(date, "20260501T100000Z");
    assert_eq!(arrived.headers["x-amz-security-token"], "TOKEN");
    let scope = "20260501/eu-central-1/bedrock/aws4_request";
    let names = "content-type;host;x-amz-date;x-amz-security-token";
    let canonical = format!(
        "POST\n/model/anthropic.claude%253A0/converse\n\ncontent-type:application/json\nhost:{}\nx-amz-date:{date}\nx-amz-security-token:TOKEN\n\n{names}\n{}",
        mock.address,
        hex(&Sha256::digest(body))
    );
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let key = ["20260501", "eu-central-1", "bedrock", "aws4_request"]
        .iter()
        .fold(b"AWS4SECRET".to_vec(), |key, part| hmac(&key, part.as_bytes()));
    let signature = hex(&hmac(&key, to_sign.as_bytes()));
    assert_eq!(
        arrived.headers["authorization"].to_str().unwrap(),
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={names}, Signature={signature}"
        )
    );
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// HMAC with SHA-256, RFC 2104.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let padded = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

#[tokio::test]
async fn a_bearer_key_of_the_clients_passes_a_proxy_that_signs() {
    let mock = Mock::start(|_| Answer::whole("application/json", "{}")).await;
    let proxy = signing(&mock, |_| {}).await;
    let request = Request::post("/model/m/invoke").header("authorization", "Bearer bedrock-key");
    assert_eq!(proxy.send(request.body(Bytes::new()).unwrap()).await.status(), 200);
    assert_eq!(mock.arrived()[0].headers["authorization"], "Bearer bedrock-key");
}

#[tokio::test]
async fn a_signature_of_the_clients_is_refused_with_advice() {
    let mock = Mock::start(|_| Answer::whole("application/json", "{}")).await;
    let proxy = signing(&mock, |_| {}).await;
    let signature = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260501/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=00";
    for request in [
        Request::post("/model/m/invoke").header("authorization", signature),
        Request::post("/model/m/invoke?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00"),
    ] {
        let answer = proxy.send(request.body(Bytes::new()).unwrap()).await;
        assert_eq!(answer.status(), 400);
        assert_eq!(answer.headers()["x-token-matters-error"], "signed");
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        assert!(text.contains("AWS_BEARER_TOKEN_BEDROCK") && text.contains("profile"), "{text}");
        assert!(!text.contains("AKIDEXAMPLE"));
    }
    assert!(mock.arrived().is_empty());
}

#[tokio::test]
async fn a_body_that_is_too_long_to_be_read_is_not_signed() {
    let mock = Mock::start(|_| Answer::whole("application/json", "{}")).await;
    let proxy = signing(&mock, |config| config.limits.buffered = 1000).await;
    let answer = proxy.post("/model/m/invoke", vec![b' '; 100_000]).await;
    assert_eq!(answer.status(), 413);
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    assert!(text.contains("proxy.limits.buffered"), "{text}");
    assert!(mock.arrived().is_empty());
}
