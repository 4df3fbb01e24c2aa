//! Upstreams that are known: `data/upstreams.json`, built in.
//!
//! Each row has its vendor's page and the day of the row. Values in braces are filled in from the settings:
//! `region`, `resource` (a name of one's own at the vendor), `project`, `account`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use data_schema::Text;
use serde::Deserialize;

use super::{Auth, Upstream, Version};
use crate::protocol::Family;

/// Read at its first use: most runs need none but the default.
static PRESETS: LazyLock<BTreeMap<&'static str, Preset>> = LazyLock::new(|| {
    let rows: Vec<Preset> =
        serde_json::from_str(include_str!("../../data/upstreams.json")).unwrap_or_default();
    rows.into_iter().map(|row| (row.name, row)).collect()
});

/// Those that need no settings.
static READY: LazyLock<BTreeMap<&'static str, Arc<Upstream>>> = LazyLock::new(|| {
    let ready = |preset: &Preset| Some((preset.name, Arc::new(preset.upstream(&|_| None).ok()?)));
    presets().values().filter_map(ready).collect()
});

/// What can stand in braces.
pub(crate) const PLACEHOLDERS: [&str; 4] = ["region", "resource", "project", "account"];

/// An upstream that is known.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its address, with braces where settings must fill it.
    pub url: &'static str,
    /// What it speaks.
    #[serde(default = "openai")]
    pub family: Family,
    /// How it wants a key, where it is not as its family does.
    #[serde(default)]
    pub auth: Option<&'static str>,
    /// The variable in which its key usually is.
    #[serde(default)]
    pub key: Option<&'static str>,
    /// Models that are its own.
    #[serde(default)]
    pub models: Vec<&'static str>,
    /// Who bills, where it is not its name.
    #[serde(default)]
    pub vendor: Option<&'static str>,
    /// The version in its paths, where its address does not say it.
    #[serde(default)]
    pub version: Option<&'static str>,
    /// The page of the vendor.
    pub docs: &'static str,
    /// The day of the row.
    pub read: &'static str,
}

fn openai() -> Family {
    Family::Openai
}

/// All that are known, by name.
pub fn presets() -> &'static BTreeMap<&'static str, Preset> {
    &PRESETS
}

/// One that needs no settings.
pub(crate) fn ready(name: &str) -> Option<Arc<Upstream>> {
    READY.get(name).cloned()
}

impl Preset {
    /// What must be filled in.
    pub fn placeholders(&self) -> Vec<&'static str> {
        let is_in = |name: &&str| self.url.contains(&format!("{{{name}}}"));
        PLACEHOLDERS.into_iter().filter(is_in).collect()
    }

    /// The upstream, with what the settings say.
    ///
    /// # Errors
    ///
    /// Something is missing, or cannot stand in an address; in words.
    pub(crate) fn upstream(
        &self,
        setting: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Upstream, String> {
        let mut url = self.url.to_owned();
        for name in self.placeholders() {
            let value = setting(name).ok_or_else(|| {
                format!("the upstream `{}` needs `{name}`: set `proxy.upstreams.{0}.{name}` in config.yaml", self.name)
            })?;
            if !is_plain(&value) {
                return Err(format!("`{name}` must have letters, digits, `-`, `_` and `.` only"));
            }
            url = url.replace(&format!("{{{name}}}"), &value);
        }
        let mut upstream = Upstream::new(self.name, self.family, &url)?;
        self.complete(&mut upstream)?;
        upstream.region =
            setting("region").filter(|_| self.url.contains("{region}")).map(Text::from);
        upstream.is_preset = true;
        Ok(upstream)
    }

    /// Gives an upstream at another address what is known of this one.
    pub(crate) fn complete(&self, upstream: &mut Upstream) -> Result<(), String> {
        if let Some(vendor) = self.vendor {
            upstream.vendor = Text::from(vendor);
        }
        if let Some(auth) = self.auth {
            upstream.auth = Auth::named(auth)?;
        }
        if let Some(version) = self.version {
            upstream.version = Version::named(version).ok_or("no version")?;
        }
        upstream.models = self.models.iter().map(|&model| model.to_owned()).collect();
        Ok(())
    }
}

/// Whether a value can stand in a host's name or a path without saying more than itself.
fn is_plain(value: &str) -> bool {
    let is_good = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    !value.is_empty() && value.chars().all(is_good) && !value.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_whole_and_its_address_parses() {
        let rows: Vec<Preset> =
            serde_json::from_str(include_str!("../../data/upstreams.json")).unwrap();
        assert!(rows.len() >= 60, "{}", rows.len());
        assert_eq!(rows.len(), presets().len(), "names are unique");
        for preset in &rows {
            let name = preset.name;
            let is_name = |letter: char| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
            };
            assert!(name.chars().all(is_name), "{name}");
            assert!(!crate::route::RESERVED.contains(&name), "{name}");
            assert!(!preset.title.is_empty() && preset.docs.starts_with("https://"), "{name}");
            assert!(preset.read.parse::<chrono::NaiveDate>().is_ok(), "{name}");
            let upstream = preset.upstream(&|name| Some(format!("my-{name}"))).unwrap();
            let address = upstream.address();
            assert!(!address.contains(['{', '}']), "{name}: {address}");
            let is_near = address.starts_with("http://127.0.0.1:");
            assert!(is_near || address.starts_with("https://"), "{name}: {address}");
            if preset.placeholders().is_empty() {
                assert_eq!(address, preset.url, "{name}");
            }
        }
    }

    #[test]
    fn what_must_be_filled_in_is_asked_for_and_cannot_change_the_host() {
        let azure = &presets()["azure"];
        let missing = azure.upstream(&|_| None).unwrap_err();
        assert!(missing.contains("`proxy.upstreams.azure.resource`"), "{missing}");
        for evil in ["evil.com/", "a@evil.com", "evil.com#", "..", "", "a:1", "a%2f"] {
            assert!(azure.upstream(&|_| Some(evil.to_owned())).is_err(), "{evil}");
        }
        let mine = azure.upstream(&|_| Some("mine".to_owned())).unwrap();
        assert_eq!(mine.authority.as_str(), "mine.openai.azure.com");
    }
}
