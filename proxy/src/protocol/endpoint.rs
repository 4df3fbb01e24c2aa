//! What a request's path says: protocol, family, model, platform.
//!
//! A path is read from its end, because clients put what they like before it: `/v1/chat/completions`,
//! `/api/v1/chat/completions` and `/chat/completions` are the same.

use std::borrow::Cow;

use http::{HeaderMap, Method, header};
use percent_encoding::percent_decode_str;

use super::{Family, Protocol, google, openai};

/// What a path says of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// What is spoken.
    pub protocol: Protocol,
    /// Whose shape errors have, and which upstream serves by default.
    pub family: Family,
    /// The model, where the path names it.
    pub model: Option<String>,
    /// Whether a stream is asked for, where the path says so.
    pub is_stream: Option<bool>,
    /// Whose paths look like this, where no other vendor's do.
    pub platform: Option<Platform>,
    /// Where it is served, where the path says so: Vertex AI's location.
    pub region: Option<String>,
}

/// A platform that is known by its paths alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "every rule about platforms must name all of them")]
pub enum Platform {
    /// Azure `OpenAI`: `/openai/deployments/…`, or `api-version` behind `/openai/…`.
    Azure,
    /// Amazon Bedrock: `/model/…`.
    Bedrock,
    /// Google Vertex AI: `/v1/projects/…/locations/…`.
    Vertex,
    /// Gemini Code Assist, where logins of Gemini CLI go: `/v1internal:…`.
    CodeAssist,
    /// `ChatGPT`'s back-end, where logins of Codex go: `/backend-api/codex/…`.
    Codex,
    /// The Gemini API in `OpenAI`'s protocol: `/v1beta/openai/…`.
    GeminiOpenai,
}

impl Platform {
    /// The name of its upstream, and of who bills there.
    pub fn upstream(self) -> &'static str {
        match self {
            Self::Azure => "azure",
            Self::Bedrock => "bedrock",
            Self::Vertex => "vertex",
            Self::CodeAssist => "code-assist",
            Self::Codex => "codex",
            Self::GeminiOpenai => "gemini",
        }
    }
}

impl Endpoint {
    /// What a method and a path say. The path is the one that the upstream is asked for: without a prefix that names
    /// an upstream, with `/v1/gemini/` as `/v1beta/` already.
    pub fn of(method: &Method, path: &str) -> Self {
        let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
        let found = anthropic(path)
            .or_else(|| google::endpoint(path))
            .or_else(|| bedrock(path))
            .or_else(|| openai::endpoint(path));
        let mut endpoint = found.unwrap_or_default();
        if endpoint.platform.is_none() {
            endpoint.platform = platform(path);
        }
        if *method != Method::POST {
            // Lists, and what was answered before: it was counted when it was made.
            endpoint.protocol = Protocol::Unmetered;
        }
        endpoint
    }

    /// The same with what the headers add: whose list of models or whose own path is meant, and whether a `WebSocket` is
    /// opened.
    pub fn of_request(method: &Method, path: &str, headers: &HeaderMap) -> Self {
        let mut endpoint = Self::of(method, path);
        let path = path.split('?').next().unwrap_or_default();
        if *method == Method::GET && is_websocket(headers) && openai::is_responses(path) {
            endpoint.protocol = Protocol::OpenaiResponses;
            endpoint.is_stream = Some(true);
        }
        let is_open = endpoint.family == Family::Other || openai::is_shared(path);
        if endpoint.protocol == Protocol::Unmetered && is_open {
            if headers.contains_key("anthropic-version") || headers.contains_key("x-api-key") {
                endpoint.family = Family::Anthropic;
            } else if headers.contains_key("x-goog-api-key") {
                endpoint.family = Family::Gemini;
            }
        }
        endpoint
    }

    pub(super) fn plain(protocol: Protocol, family: Family) -> Self {
        Self { protocol, family, ..Self::default() }
    }
}

/// Whether the client asks to speak `WebSocket` from here on.
fn is_websocket(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// <https://platform.claude.com/docs/en/api/overview> (read 2026-11-21). Counting tokens is free; batches are billed when
/// they have run, which no answer of them tells in time.
fn anthropic(path: &str) -> Option<Endpoint> {
    let plain = |protocol| Some(Endpoint::plain(protocol, Family::Anthropic));
    if let Some(before) = path.strip_suffix("/messages") {
        // Threads of OpenAI's assistants have messages too.
        let is_thread = before.rsplit('/').nth(1) == Some("threads");
        return if is_thread { None } else { plain(Protocol::AnthropicMessages) };
    }
    let is_other = path.ends_with("/messages/count_tokens")
        || path.contains("/messages/batches")
        || path.ends_with("/v1/complete")
        || path.starts_with("/v1/organizations/")
        || path.starts_with("/v1/skills");
    if is_other { plain(Protocol::Unmetered) } else { None }
}

/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html>
/// (read 2026-11-21). A model may be an ARN, whose `:` and `/` clients write as `%3A` and `%2F`, or do not.
fn bedrock(path: &str) -> Option<Endpoint> {
    let rest = &path[path.find("/model/")? + "/model/".len()..];
    let (model, action) = rest.rsplit_once('/')?;
    let (protocol, is_stream) = match action {
        "invoke" => (Protocol::BedrockInvoke, Some(false)),
        "invoke-with-response-stream" => (Protocol::BedrockInvoke, Some(true)),
        "converse" => (Protocol::BedrockConverse, Some(false)),
        "converse-stream" => (Protocol::BedrockConverse, Some(true)),
        "count-tokens" => (Protocol::Unmetered, None),
        _ => return None,
    };
    let model = decoded(model).filter(|model| !model.is_empty())?.into_owned();
    let (family, platform) = (Family::Bedrock, Some(Platform::Bedrock));
    Some(Endpoint { protocol, family, model: Some(model), is_stream, platform, region: None })
}

fn platform(path: &str) -> Option<Platform> {
    let begins = |start: &str| path.starts_with(start);
    if begins("/openai/deployments/") {
        Some(Platform::Azure)
    } else if begins("/v1/projects/") || begins("/v1beta1/projects/") {
        Some(Platform::Vertex)
    } else if begins("/v1beta/openai/") {
        Some(Platform::GeminiOpenai)
    } else if begins("/backend-api/codex/") {
        Some(Platform::Codex)
    } else if begins("/async-invoke") || begins("/guardrail/") {
        Some(Platform::Bedrock)
    } else {
        None
    }
}

/// A piece of a path without its percent signs; absent if it is no text.
pub(super) fn decoded(text: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(text).decode_utf8().ok()
}
