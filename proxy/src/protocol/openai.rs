//! Paths of `OpenAI`, and of all who speak its protocols: Azure, relays, self-hosted servers.
//!
//! <https://platform.openai.com/docs/api-reference/introduction>,
//! <https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference> (read 2026-11-21).

use super::endpoint::{Endpoint, Platform, decoded};
use super::{Family, Protocol, google};

/// What a path of `OpenAI` says.
pub(super) fn endpoint(path: &str) -> Option<Endpoint> {
    let mut back = path.rsplit('/');
    let (last, before) = (back.next()?, back.next().unwrap_or_default());
    let protocol = match (before, last) {
        ("chat", "completions") => Protocol::OpenaiChat,
        (_, "completions") => Protocol::OpenaiCompletions,
        (_, "embeddings") => Protocol::OpenaiEmbeddings,
        // Compaction runs a model and is billed; its answer has the usage of a response.
        (_, "responses") | ("responses", "compact") => Protocol::OpenaiResponses,
        // Tokens are counted for nothing; a response that is got again was counted when it was made.
        _ if is_shared(path) || path.contains("/responses/") => Protocol::Unmetered,
        _ => return None,
    };
    let region = google::location(path).map(str::to_owned);
    let platform = region.is_some().then_some(Platform::Vertex);
    let model = deployment(path);
    Some(Endpoint { model, platform, region, ..Endpoint::plain(protocol, Family::Openai) })
}

/// Whether a path creates a response: where the `WebSocket` form is opened, too.
pub(super) fn is_responses(path: &str) -> bool {
    path.ends_with("/responses")
}

/// Paths below `/v1/` that several vendors have, such as `/v1/models` and `/v1/files`; `OpenAI`'s where no header says
/// more.
pub(super) fn is_shared(path: &str) -> bool {
    path.starts_with("/v1/") || path == "/v1" || path == "/models" || path.starts_with("/models/")
}

/// `/openai/deployments/{deployment}/…` of Azure.
fn deployment(path: &str) -> Option<String> {
    let rest = &path[path.find("/deployments/")? + "/deployments/".len()..];
    let name = decoded(rest.split('/').next()?)?;
    (!name.is_empty()).then(|| name.into_owned())
}
