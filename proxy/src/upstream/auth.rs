//! How an upstream is given the key that the proxy adds.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri, header};

use super::aws::{self, Signer};
use super::{AwsProfile, Upstream};
use crate::error::ProxyError;
use crate::protocol::Family;
use crate::request::Outgoing;

/// How an upstream wants a key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Auth {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// A header with the key alone, such as `x-api-key`.
    Header(HeaderName),
    /// Another header with `Bearer KEY`.
    BearerIn(HeaderName),
    /// Amazon's signature, version 4, with credentials of the user's own.
    Aws(Arc<AwsProfile>),
    /// None.
    None,
}

/// Headers with which clients bring their own keys.
const CREDENTIALS: [HeaderName; 5] = [
    header::AUTHORIZATION,
    header::COOKIE,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
    HeaderName::from_static("api-key"),
];

/// Parts of a query with which clients bring their own keys.
const IN_QUERY: [&str; 3] = ["key", "access_token", "api-key"];

impl Auth {
    /// How servers of a family want a key.
    pub fn of(family: Family) -> Self {
        match family {
            Family::Anthropic => Self::Header(HeaderName::from_static("x-api-key")),
            Family::Gemini => Self::Header(HeaderName::from_static("x-goog-api-key")),
            Family::Openai | Family::Bedrock | Family::Other => Self::Bearer,
        }
    }

    /// What a setting or a preset says: `bearer`, `none`, `HEADER`, `HEADER: bearer`.
    ///
    /// # Errors
    ///
    /// It says nothing of that.
    pub(crate) fn named(word: &str) -> Result<Self, String> {
        let wrong = || {
            format!("`{word}` must be bearer, aws, none, or the name of a header such as x-api-key")
        };
        match word {
            "bearer" => Ok(Self::Bearer),
            "none" => Ok(Self::None),
            _ => match word.split_once(':') {
                Some((name, kind)) if kind.trim() == "bearer" => {
                    Ok(Self::BearerIn(name.trim().parse().map_err(|_| wrong())?))
                }
                Some(_) => Err(wrong()),
                None => Ok(Self::Header(word.parse().map_err(|_| wrong())?)),
            },
        }
    }

    /// The word for it in tables.
    pub fn word(&self) -> String {
        match self {
            Self::Bearer => "bearer".to_owned(),
            Self::Header(name) => name.to_string(),
            Self::BearerIn(name) => format!("{name}: bearer"),
            Self::Aws(_) => "aws".to_owned(),
            Self::None => "none".to_owned(),
        }
    }
}

impl Upstream {
    /// Adds the proxy's own credential, where there is one; else the client's passes as it is. `now` is for signatures.
    ///
    /// # Errors
    ///
    /// The client has signed the request, or it cannot be signed.
    pub(crate) fn prepare(
        &self,
        request: &mut Request<Outgoing>,
        now: DateTime<Utc>,
    ) -> Result<(), ProxyError> {
        if aws::is_signed(request.headers(), request.uri()) {
            return Err(aws::refused());
        }
        if let Some(key) = &self.credential {
            without_credentials(request)?;
            return self.add(request.headers_mut(), key.expose());
        }
        match &self.auth {
            Auth::Aws(profile) if !request.headers().contains_key(header::AUTHORIZATION) => {
                let keys = profile.keys().map_err(|error| failed(&error))?;
                Signer { keys: &keys, region: profile.region(), service: "bedrock", now }
                    .sign(request)
            }
            _ => Ok(()),
        }
    }

    fn add(&self, headers: &mut HeaderMap, key: &str) -> Result<(), ProxyError> {
        let (name, value) = match &self.auth {
            Auth::Bearer | Auth::Aws(_) => (header::AUTHORIZATION, format!("Bearer {key}")),
            Auth::BearerIn(name) => (name.clone(), format!("Bearer {key}")),
            Auth::Header(name) => (name.clone(), key.to_owned()),
            Auth::None => return Ok(()),
        };
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            failed(&format!("the key of the upstream {} has letters that no header has", self.name))
        })?;
        value.set_sensitive(true);
        headers.insert(name, value);
        Ok(())
    }
}

/// Takes everything out with which the client has named itself.
fn without_credentials(request: &mut Request<Outgoing>) -> Result<(), ProxyError> {
    for name in &CREDENTIALS {
        request.headers_mut().remove(name);
    }
    if let Some(uri) = without_key(request.uri()) {
        *request.uri_mut() = uri.map_err(|_| failed("the query cannot be sent on"))?;
    }
    Ok(())
}

/// The address without keys in its query; absent where it has none.
fn without_key(uri: &Uri) -> Option<Result<Uri, http::Error>> {
    let query = uri.query()?;
    let is_key = |part: &&str| IN_QUERY.contains(&part.split('=').next().unwrap_or_default());
    if !query.split('&').any(|part| is_key(&part)) {
        return None;
    }
    let kept: Vec<&str> = query.split('&').filter(|part| !is_key(part)).collect();
    let path = if kept.is_empty() {
        uri.path().to_owned()
    } else {
        format!("{}?{}", uri.path(), kept.join("&"))
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = match path.parse() {
        Ok(path) => Some(path),
        Err(error) => return Some(Err(http::Error::from(error))),
    };
    Some(Uri::from_parts(parts).map_err(http::Error::from))
}

fn failed(message: &str) -> ProxyError {
    ProxyError::new(StatusCode::BAD_GATEWAY, "credential", message)
}
