//! From the path that a client asks for to the path that the upstream is asked for.
//!
//! Clients are given an address with or without `/v1`, and vendors have theirs with `/v1`, `/v4`, `/api/v1` or
//! nothing. So that `/NAME/v1/chat/completions` and `/NAME/chat/completions` both arrive, in this order:
//!
//! 1. a path that begins as the path of the upstream's address does, up to its version, stays as it is;
//! 2. `/v1` at its beginning becomes the upstream's version: `/v4`, or nothing where the upstream has none;
//! 3. a path of the API without a version gets the upstream's;
//! 4. everything else is put behind the path of the upstream's address, unchanged.
//!
//! Google's versions differ in what they answer: `/v1` and `/v1beta` stay what they are.

use crate::protocol::Family;

/// The version in the paths of an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Version {
    /// The address says it: `v1`, `v4`.
    Given(String),
    /// The address says none, and the API has this one, beside paths without any.
    Usual(&'static str),
    /// Paths have none.
    None,
    /// What a client writes is right.
    Free,
}

/// First parts of paths of the APIs, without a version.
const ROOTS: [&str; 25] = [
    "audio",
    "batches",
    "cachedContents",
    "chat",
    "completions",
    "conversations",
    "corpora",
    "embeddings",
    "files",
    "fim",
    "fine_tuning",
    "images",
    "messages",
    "models",
    "moderations",
    "operations",
    "organizations",
    "projects",
    "realtime",
    "rerank",
    "responses",
    "skills",
    "tunedModels",
    "uploads",
    "vector_stores",
];

impl Version {
    /// Splits the path of an address into what stands before the version, and the version.
    pub(crate) fn of(family: Family, path: &str) -> (&str, Self) {
        let path = path.trim_end_matches('/');
        let usual = match family {
            Family::Anthropic | Family::Openai => Self::Usual("v1"),
            Family::Gemini => Self::Usual("v1beta"),
            Family::Bedrock | Family::Other => return (path, Self::Free),
        };
        match path.rsplit_once('/') {
            Some((before, last)) if is_version(last) => (before, Self::given(family, last)),
            _ => (path, usual),
        }
    }

    /// An upstream of Google's has all its versions at one address.
    fn given(family: Family, version: &str) -> Self {
        match (family, version) {
            (Family::Gemini, "v1") => Self::Usual("v1"),
            (Family::Gemini, _) => Self::Usual("v1beta"),
            _ => Self::Given(version.to_owned()),
        }
    }

    /// What a setting or a preset says: `none`, `v1`, `v1beta`, `v4`.
    pub(crate) fn named(word: &str) -> Option<Self> {
        match word {
            "none" => Some(Self::None),
            "v1" => Some(Self::Usual("v1")),
            "v1beta" => Some(Self::Usual("v1beta")),
            _ if is_version(word) => Some(Self::Given(word.to_owned())),
            _ => None,
        }
    }
}

/// The path that an upstream is asked for; absent = the one that the client asked for.
pub(crate) fn join(prefix: &str, version: &Version, path: &str) -> Option<String> {
    let first = path[1.min(path.len())..].split(['/', '?']).next().unwrap_or_default();
    let is_whole = !prefix.is_empty() && follows(path, prefix);
    if is_whole {
        return None;
    }
    // Where a version stands already, the client's `/v1` goes.
    let rest = || path.strip_prefix("/v1").filter(|_| first == "v1").unwrap_or(path);
    match version {
        Version::Usual(version) if ROOTS.contains(&first) => {
            Some(format!("{prefix}/{version}{path}"))
        }
        Version::Given(version) if prefix.is_empty() && first == version => None,
        Version::Given(version) => Some(format!("{prefix}/{version}{}", rest())),
        Version::None if prefix.is_empty() && first != "v1" => None,
        Version::None => Some(rooted(format!("{prefix}{}", rest()))),
        Version::Usual(_) | Version::Free if prefix.is_empty() => None,
        Version::Usual(_) | Version::Free => Some(format!("{prefix}{path}")),
    }
}

/// A path is never empty.
fn rooted(path: String) -> String {
    if path.starts_with('/') { path } else { format!("/{path}") }
}

/// Whether a path begins with another, up to the end of a part.
fn follows(path: &str, beginning: &str) -> bool {
    path.strip_prefix(beginning).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

/// `v1`, `v4`, `v1beta`.
fn is_version(text: &str) -> bool {
    let rest = text.strip_prefix('v').unwrap_or_default();
    rest.starts_with(|letter: char| letter.is_ascii_digit())
        && rest.chars().all(char::is_alphanumeric)
}

/// Whether a path has `.` or `..` as a part, encoded or not: servers resolve them, each in its own way, and a path
/// could leave what the upstream's address allows.
pub(crate) fn has_dots(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    if !path.contains("/.") && !path.contains('%') && !path.contains('\\') {
        return false;
    }
    let plain = path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/");
    let plain = plain.replace("%5c", "/").replace('\\', "/");
    plain.split('/').any(|part| matches!(part, "." | ".."))
}
