//! Paths of Google: the Gemini API, Vertex AI, and Code Assist.
//!
//! <https://ai.google.dev/api/generate-content>, <https://cloud.google.com/vertex-ai/docs/reference/rest>,
//! <https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai> (read 2026-11-21).

use super::endpoint::{Endpoint, Platform, decoded};
use super::{Family, Protocol};

/// What a path of Google says.
pub(super) fn endpoint(path: &str) -> Option<Endpoint> {
    if let Some(action) = code_assist(path) {
        let (protocol, is_stream) = gemini(action);
        let platform = Some(Platform::CodeAssist);
        let endpoint = Endpoint::plain(protocol, Family::Gemini);
        return Some(Endpoint { is_stream, platform, ..endpoint });
    }
    action(path).or_else(|| rest(path))
}

/// `…/models/{model}:{action}`, `…/tunedModels/{model}:{action}`, `…/endpoints/{id}:{action}`. The colon may be
/// encoded.
fn action(path: &str) -> Option<Endpoint> {
    let (before, last) = path.rsplit_once('/')?;
    let kind = before.rsplit('/').next().unwrap_or_default();
    if !matches!(kind, "models" | "tunedModels" | "endpoints" | "cachedContents") {
        return None;
    }
    let last = decoded(last)?;
    let (model, action) = last.rsplit_once(':')?;
    let publisher = publisher(before);
    let (family, (protocol, is_stream)) = match (action, publisher) {
        ("rawPredict" | "streamRawPredict", Some(publisher)) => raw(publisher, model, action),
        _ => (Family::Gemini, gemini(action)),
    };
    let model = match kind {
        "tunedModels" => format!("tunedModels/{model}"),
        _ => model.to_owned(),
    };
    let region = location(path).map(str::to_owned);
    let platform = region.is_some().then_some(Platform::Vertex);
    Some(Endpoint { protocol, family, model: Some(model), is_stream, platform, region })
}

/// What an action of Gemini's own says. Embeddings and predictions have no usage in tokens that is told.
fn gemini(action: &str) -> (Protocol, Option<bool>) {
    match action {
        "generateContent" => (Protocol::GeminiGenerate, Some(false)),
        "streamGenerateContent" => (Protocol::GeminiGenerate, Some(true)),
        _ => (Protocol::Unmetered, None),
    }
}

/// Models of other makers at Vertex AI speak their makers' protocols. `rawPredict` streams too, if its body says so.
fn raw(publisher: &str, model: &str, action: &str) -> (Family, (Protocol, Option<bool>)) {
    let is_stream = (action == "streamRawPredict").then_some(true);
    match publisher {
        "anthropic" if model == "count-tokens" => (Family::Anthropic, (Protocol::Unmetered, None)),
        "anthropic" => (Family::Anthropic, (Protocol::AnthropicMessages, is_stream)),
        "mistralai" => (Family::Openai, (Protocol::OpenaiChat, is_stream)),
        _ => (Family::Gemini, (Protocol::Unmetered, is_stream)),
    }
}

/// Whatever else is Google's alone.
fn rest(path: &str) -> Option<Endpoint> {
    let starts = ["/v1beta/", "/v1alpha/", "/v1beta1/", "/upload/v1beta/", "/v1/projects/"];
    let is_google = starts.iter().any(|start| path.starts_with(start))
        && !path.contains("/endpoints/openapi/")
        && !path.contains("/openai/");
    is_google.then(|| Endpoint {
        region: location(path).map(str::to_owned),
        ..Endpoint::plain(Protocol::Unmetered, Family::Gemini)
    })
}

fn code_assist(path: &str) -> Option<&str> {
    path.rsplit('/').next()?.strip_prefix("v1internal:")
}

fn publisher(path: &str) -> Option<&str> {
    let rest = &path[path.find("/publishers/")? + "/publishers/".len()..];
    rest.split('/').next()
}

/// The location of a path of Vertex AI.
pub(super) fn location(path: &str) -> Option<&str> {
    if !path.contains("/projects/") {
        return None;
    }
    let rest = &path[path.find("/locations/")? + "/locations/".len()..];
    rest.split('/').next().filter(|location| !location.is_empty())
}
