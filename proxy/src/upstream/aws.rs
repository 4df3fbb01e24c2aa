//! Amazon's signature, version 4, for requests to Bedrock.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html> (read 2026-11-21). The signature covers the
//! host, so that one that a client made for the proxy's address is worth nothing at Amazon; and the hash of the whole
//! body: only S3 takes bodies that are not signed.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri, header};

use super::AwsKeys;
use crate::error::ProxyError;
use crate::request::Outgoing;

/// How a signature begins.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What a signature is made with.
pub(crate) struct Signer<'a> {
    pub(crate) keys: &'a AwsKeys,
    pub(crate) region: &'a str,
    /// `bedrock`.
    pub(crate) service: &'a str,
    pub(crate) now: DateTime<Utc>,
}

/// Whether a client has signed its request.
pub(crate) fn is_signed(headers: &HeaderMap, uri: &Uri) -> bool {
    let signature = headers.get(header::AUTHORIZATION);
    signature.is_some_and(|value| value.as_bytes().starts_with(ALGORITHM.as_bytes()))
        || uri.query().is_some_and(|query| query.contains("X-Amz-Signature="))
}

/// What a client is told that has signed its request.
pub(crate) fn refused() -> ProxyError {
    ProxyError::new(
        StatusCode::BAD_REQUEST,
        "signed",
        "this request is signed for the proxy's own address (AWS Signature Version 4), so that Amazon would refuse it: \
         let the client use a Bedrock API key (AWS_BEARER_TOKEN_BEDROCK), or let it send none and the proxy sign: name \
         the profile as `proxy.upstreams.bedrock.profile` in config.yaml (Claude Code: CLAUDE_CODE_SKIP_BEDROCK_AUTH=1)",
    )
}

impl Signer<'_> {
    /// Signs a request, whose body must have been read.
    ///
    /// # Errors
    ///
    /// The body is too long to have been read, or something cannot be signed.
    pub(crate) fn sign(&self, request: &mut Request<Outgoing>) -> Result<(), ProxyError> {
        if request.body().whole().is_none() {
            return Err(ProxyError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "unsigned",
                "a signature needs the whole body, and this one is longer than what the proxy reads before it sends it \
                 on: raise `proxy.limits.buffered` in config.yaml, or use a Bedrock API key",
            ));
        }
        let names: Vec<HeaderName> = request.headers().keys().cloned().collect();
        for name in names.iter().filter(|name| name.as_str().starts_with("x-amz-")) {
            request.headers_mut().remove(name);
        }
        let (method, uri) = (request.method().as_str(), request.uri().to_string());
        let signed = self.headers(method, &uri, request.headers(), request.body().beginning());
        let signed = signed.map_err(|error| {
            ProxyError::new(
                StatusCode::BAD_GATEWAY,
                "unsigned",
                format!("cannot be signed: {error}"),
            )
        })?;
        request.headers_mut().extend(signed);
        Ok(())
    }

    /// The headers that make the signature. Of the request's own, the type of the content is signed: what stands
    /// between here and Amazon may change others.
    fn headers(
        &self,
        method: &str,
        uri: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
        let text = |error: &dyn std::error::Error| error.to_string();
        let keys = self.keys;
        let token = keys.token.as_ref().map(|token| token.expose().to_owned());
        let secret = keys.secret.expose();
        let identity =
            Credentials::new(keys.id.as_str(), secret, token, None, "token-matters").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(SystemTime::from(self.now))
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| text(&error))?
            .into();
        let kept = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kept = kept.map(|value| ("content-type", value)).into_iter();
        let request = SignableRequest::new(method, uri, kept, SignableBody::Bytes(body))
            .map_err(|error| text(&error))?;
        let (instructions, _) = sign(request, &params).map_err(|error| text(&error))?.into_parts();
        let (headers, _) = instructions.into_parts();
        let one = |name: &'static str, value: &str| {
            let mut value = HeaderValue::try_from(value).map_err(|error| text(&error))?;
            value.set_sensitive(true);
            Ok((HeaderName::from_static(name), value))
        };
        headers.iter().map(|header| one(header.name(), header.value())).collect()
    }
}

#[cfg(test)]
mod tests {
    //! Vectors of Amazon's own: <https://github.com/awslabs/aws-c-auth>, `tests/aws-signing-test-suite/v4`
    //! (Apache-2.0, read 2026-11-21). Their credentials are the examples of Amazon's documentation.

    use data_schema::Confidential;

    use super::*;

    fn signature(method: &str, uri: &str, token: Option<&str>) -> String {
        let secret = Confidential::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let keys = AwsKeys::new("AKIDEXAMPLE", secret, token.map(Confidential::new));
        let now = "2015-08-30T12:36:00Z".parse().unwrap();
        let signer = Signer { keys: &keys, region: "us-east-1", service: "service", now };
        let signed = signer.headers(method, uri, &HeaderMap::new(), b"").unwrap();
        let value = &signed.iter().find(|(name, _)| *name == header::AUTHORIZATION).unwrap().1;
        assert!(value.is_sensitive());
        let text = value.to_str().unwrap();
        assert!(text.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        ));
        text.rsplit_once("Signature=").unwrap().1.to_owned()
    }

    #[test]
    fn signatures_are_those_of_amazons_vectors() {
        let token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
        let host = "https://example.amazonaws.com";
        let cases = [
            // get-vanilla-with-session-token
            (
                "GET",
                "/",
                Some(token),
                "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
            ),
            // post-vanilla-query
            (
                "POST",
                "/?Param1=value1",
                None,
                "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
            ),
            // get-vanilla
            ("GET", "/", None, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            // post-vanilla
            ("POST", "/", None, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ];
        for (method, path, token, expected) in cases {
            assert_eq!(signature(method, &format!("{host}{path}"), token), expected, "{path}");
        }
    }
}
