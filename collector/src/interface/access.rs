//! What opens an interface.

use data_schema::{Confidential as Secret, HashId};

use crate::config::ProviderConfig;

/// What opens an interface, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the command and tests build it")]
pub struct Access {
    /// The key as it goes into a header.
    pub key: Secret,
    /// Another address than the vendor's.
    pub base_url: Option<String>,
    /// Whose account it is, if the vendor must be told or cannot tell.
    pub account: Option<String>,
    /// Which organization, if the vendor must be told.
    pub organization: Option<String>,
}

impl Access {
    /// What the configuration says, with a key that has been found.
    pub fn new(config: &ProviderConfig, key: Secret) -> Self {
        let ProviderConfig { base_url, account, organization, .. } = config.clone();
        Self { key, base_url, account, organization }
    }

    /// Whose it is where nobody told: the same for one key on two machines, and nothing to read.
    pub(crate) fn fingerprint(&self) -> String {
        let of = format!("{}\0{}", self.base_url.as_deref().unwrap_or_default(), self.key.expose());
        HashId::new("key", &of).to_string()
    }
}
