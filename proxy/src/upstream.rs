//! Upstreams: who answers.

pub(crate) mod address;
mod auth;
pub(crate) mod aws;
pub(crate) mod presets;
mod profile;

use data_schema::{Confidential, Text};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, Uri};

pub use address::Version;
pub use auth::Auth;
pub use presets::{Preset, presets};
pub(crate) use profile::region_of;
pub use profile::{AwsKeys, AwsProfile};

use crate::protocol::Family;

/// A server that answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Upstream {
    /// Name, as it stands in paths, headers and the ledger: lower-case letters, digits, `-`.
    pub name: Text,
    /// Who bills, as records name it; the name where nothing else is known.
    pub vendor: Text,
    /// What it speaks.
    pub family: Family,
    /// `http` or `https`.
    pub scheme: Scheme,
    /// Host and port.
    pub authority: Authority,
    /// What stands before the version of every path: empty, or `/…` without a slash at the end.
    pub prefix: String,
    /// The version that stands behind it.
    pub version: Version,
    /// How it wants a key.
    pub auth: Auth,
    /// The key that the proxy adds; absent = the client brings its own.
    pub credential: Option<Confidential>,
    /// Where it is, where its address says so.
    pub region: Option<Text>,
    /// Patterns of the models that it serves.
    pub models: Vec<String>,
    /// Whether it stands at the address that its vendor publishes.
    pub is_preset: bool,
}

impl Upstream {
    /// An upstream at an address, such as `https://api.anthropic.com`, with or without `/v1`. Clients bring their own
    /// keys.
    ///
    /// # Errors
    ///
    /// The address is none, in words.
    pub fn new(name: &str, family: Family, address: &str) -> Result<Self, String> {
        let uri: Uri = address.parse().map_err(|error| format!("`{address}`: {error}"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(format!("`{address}` must begin with http:// or https://"));
        };
        if *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS {
            return Err(format!("`{address}` must begin with http:// or https://"));
        }
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err("an address has no user, no password and no `?`".to_owned());
        }
        if address::has_dots(uri.path()) {
            return Err(format!("`{address}` must have no `.` or `..` between slashes"));
        }
        let (prefix, version) = Version::of(family, uri.path());
        Ok(Self {
            name: Text::from(name),
            vendor: Text::from(name),
            family,
            scheme: scheme.clone(),
            authority: authority.clone(),
            prefix: prefix.to_owned(),
            version,
            auth: Auth::of(family),
            credential: None,
            region: None,
            models: Vec::new(),
            is_preset: false,
        })
    }

    /// Its address, as a person writes it.
    pub fn address(&self) -> String {
        let version = match &self.version {
            Version::Given(version) => format!("/{version}"),
            Version::Usual(_) | Version::None | Version::Free => String::new(),
        };
        format!("{}://{}{}{version}", self.scheme, self.authority, self.prefix)
    }

    /// Whether the proxy adds a credential of its own to a request with these headers. Whoever may send one spends the
    /// money of the proxy's owner.
    pub fn adds_credential(&self, headers: &HeaderMap) -> bool {
        let signs = matches!(self.auth, Auth::Aws(_));
        self.credential.is_some() || (signs && !headers.contains_key(http::header::AUTHORIZATION))
    }

    /// Whether it has a credential that the proxy can add.
    pub fn has_credential(&self) -> bool {
        self.credential.is_some() || matches!(self.auth, Auth::Aws(_))
    }

    /// The address of a path at this upstream. Scheme, host and port are the upstream's own, whatever the path holds.
    ///
    /// # Errors
    ///
    /// What the path holds cannot stand in an address.
    pub fn uri(&self, path: &PathAndQuery) -> Result<Uri, http::Error> {
        let path = match address::join(&self.prefix, &self.version, path.as_str()) {
            None => path.clone(),
            Some(joined) => PathAndQuery::try_from(joined)?,
        };
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
    }
}
