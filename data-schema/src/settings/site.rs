//! What the shared settings say about the pages: where they are published and how they look.
//!
//! Nothing in here stops collecting or publishing: a badge or a language that cannot be made is told and left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::read::set;

/// Where the page is published, and how it looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct SiteSettings {
    /// The git repository that takes the page, as one commit that is replaced; absent = the data repository's own
    /// Pages artifact, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Its branch; absent = `gh-pages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The page's address, such as `https://me.github.io/tokens/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Heading of all pages; absent = `Token Matters`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Languages of the pages: `en`, `zh`, `ja`. The first is at the root, each other one in a folder of its name;
    /// empty = English.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Badges beside those that are always there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub badges: Vec<BadgeSettings>,
    /// Keys that this version does not know: kept, and told.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// A badge of the user's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct BadgeSettings {
    /// File name without its ending: small letters, digits, `-`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[a-z0-9-]{1,64}$")))]
    pub name: String,
    /// What it shows: `tokens`, `cost`, `requests`, `cache`, `streak`, `model`, `source`, `days` or `limit`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = METRICS)))]
    pub metric: String,
    /// Of which days: `today`, `7d`, `28d`, `30d`, `91d`, `12m` or `all`; absent = `30d`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = PERIODS)))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// Its left text; absent = that of the metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Colour of its right part: `blue`, `green`, `amber`, `red`, `violet`, `grey`, or `#rrggbb`; absent = blue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// `flat`, `flat-square`, `for-the-badge`, `plastic` or `social`; absent = flat.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = STYLES)))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// Keys that this version does not know: kept, and told.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// Languages that pages can be in.
pub const LANGUAGES: [&str; 3] = ["en", "zh", "ja"];
/// What a badge can show.
pub const METRICS: [&str; 9] =
    ["tokens", "cost", "requests", "cache", "streak", "model", "source", "days", "limit"];
/// Of which days a badge can be.
pub const PERIODS: [&str; 7] = ["today", "7d", "28d", "30d", "91d", "12m", "all"];
/// Named colours of a badge.
pub const COLORS: [&str; 6] = ["blue", "green", "amber", "red", "violet", "grey"];
/// Styles of a badge.
pub const STYLES: [&str; 5] = ["flat", "flat-square", "for-the-badge", "plastic", "social"];

/// Letters of a badge's name at most.
const NAME_LENGTH: usize = 64;
/// Names that begin so are those of badges that are always there.
const OURS: &str = "token-usage";

impl SiteSettings {
    /// The page's address with a slash at the end, if it is one of the web.
    pub fn web_address(&self) -> Option<String> {
        let address = self.address.as_deref()?.trim();
        let lower = address.to_ascii_lowercase();
        let host = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"))?;
        let is_one = !host.is_empty() && !address.contains(char::is_whitespace);
        is_one.then(|| format!("{}/", address.trim_end_matches('/')))
    }

    /// The languages that pages can be in, each once.
    pub fn known_languages(&self) -> Vec<String> {
        let mut known: Vec<String> = Vec::new();
        for language in self.languages.iter().filter_map(|tag| language(tag)) {
            if !known.iter().any(|tag| tag == language) {
                known.push(language.to_owned());
            }
        }
        known
    }

    /// The badges that can be made.
    pub fn good_badges(&self) -> Vec<BadgeSettings> {
        let mut names = BTreeSet::new();
        let good = self.badges.iter().filter(|badge| badge.fault().is_none());
        good.filter(|badge| names.insert(&badge.name))
            .map(|badge| BadgeSettings { other: BTreeMap::new(), ..badge.clone() })
            .collect()
    }

    /// What cannot be used, with its key and what may stand there.
    pub fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if let Some(address) = self.address.as_deref().filter(|_| self.web_address().is_none()) {
            notices.push(format!(
                "`site.address`: `{address}` is no address of a page: it begins with https:// or http://, or is not used"
            ));
        }
        for tag in self.languages.iter().filter(|tag| language(tag).is_none()) {
            let known = LANGUAGES.join(", ");
            notices.push(format!("`site.languages`: `{tag}` is left out: use some of {known}"));
        }
        for key in self.other.keys() {
            notices.push(format!(
                "`site.{key}` is not known to this version: it is kept and not used"
            ));
        }
        let mut names = BTreeSet::new();
        for (number, badge) in (1..).zip(&self.badges) {
            let about = format!("`site.badges`, badge {number}");
            if let Some(fault) = badge.fault() {
                notices.push(format!("{about}: {fault}: this badge is left out"));
            } else if !names.insert(&badge.name) {
                notices.push(format!(
                    "{about}: `name`: `{}` is that of a badge before: this badge is left out",
                    badge.name
                ));
            }
            for key in badge.other.keys() {
                notices.push(format!(
                    "{about}: `{key}` is not known to this version: it is kept and not used"
                ));
            }
        }
        notices
    }
}

/// The language of a tag; of a tag with a region, its language.
fn language(tag: &str) -> Option<&'static str> {
    let wanted = tag.trim().split(['-', '_']).next().unwrap_or(tag).to_ascii_lowercase();
    LANGUAGES.into_iter().find(|language| *language == wanted)
}

impl BadgeSettings {
    /// Why the badge cannot be made.
    fn fault(&self) -> Option<String> {
        let Self { name, metric, period, color, style, .. } = self;
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > NAME_LENGTH || !name.bytes().all(is_plain) {
            return Some(format!(
                "`name`: `{name}` must be of small letters, digits and `-`, {NAME_LENGTH} at most"
            ));
        }
        if name.starts_with(OURS) {
            return Some(format!(
                "`name`: `{name}` begins as those that are always there, `{OURS}`"
            ));
        }
        let one_of = |key: &str, value: &str, known: &[&str], more: &str| {
            let fault = || format!("`{key}`: `{value}` must be one of {}{more}", known.join(", "));
            (!known.contains(&value)).then(fault)
        };
        let or_absent = |key: &str, value: &Option<String>, known: &[&str]| {
            value.as_deref().and_then(|value| one_of(key, value, known, ""))
        };
        let color = color.as_deref().filter(|color| !is_rgb(color));
        one_of("metric", metric, &METRICS, "")
            .or_else(|| or_absent("period", period, &PERIODS))
            .or_else(|| one_of("color", color?, &COLORS, ", or \"#rrggbb\" in quotes"))
            .or_else(|| or_absent("style", style, &STYLES))
    }
}

fn is_rgb(color: &str) -> bool {
    let digits = color.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl<'de> Deserialize<'de> for SiteSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Settings;
        impl<'de> Visitor<'de> for Settings {
            type Value = SiteSettings;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of `key: value` lines")
            }

            fn visit_unit<E>(self) -> Result<SiteSettings, E> {
                Ok(SiteSettings::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SiteSettings, A::Error> {
                let mut site = SiteSettings::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "repository" => site.repository = map.next_value()?,
                        "branch" => site.branch = map.next_value()?,
                        "address" => site.address = map.next_value()?,
                        "title" => site.title = map.next_value()?,
                        "languages" => {
                            set(&mut site.languages, Some(many(map.next_value()?, text)));
                        }
                        "badges" => set(&mut site.badges, Some(many(map.next_value()?, badge))),
                        _ => {
                            site.other.insert(key, map.next_value()?);
                        }
                    }
                }
                Ok(site)
            }
        }
        deserializer.deserialize_map(Settings)
    }
}

impl<'de> Deserialize<'de> for BadgeSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(badge)
    }
}

/// A list, or one thing without its list.
fn many<T>(value: Value, one: impl Fn(Value) -> T) -> Vec<T> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.into_iter().map(one).collect(),
        value => vec![one(value)],
    }
}

/// A badge of whatever stands there: what it lacks is told later, with what may stand there.
fn badge(value: Value) -> BadgeSettings {
    let mut badge = BadgeSettings::default();
    let Value::Object(values) = value else {
        return BadgeSettings { name: text(value), ..badge };
    };
    for (key, value) in values {
        let place = match key.as_str() {
            "name" => {
                badge.name = text(value);
                continue;
            }
            "metric" => {
                badge.metric = text(value);
                continue;
            }
            "period" => &mut badge.period,
            "label" => &mut badge.label,
            "color" => &mut badge.color,
            "style" => &mut badge.style,
            _ => {
                badge.other.insert(key, value);
                continue;
            }
        };
        *place = (!value.is_null()).then(|| text(value));
    }
    badge
}

fn text(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn badge(name: &str, metric: &str) -> BadgeSettings {
        BadgeSettings { name: name.into(), metric: metric.into(), ..BadgeSettings::default() }
    }

    #[test]
    fn every_known_word_makes_a_badge() {
        for metric in METRICS {
            assert_eq!(badge("a", metric).fault(), None, "{metric}");
        }
        for (period, style) in PERIODS.into_iter().zip(STYLES.into_iter().cycle()) {
            let (period, style) = (Some(period.to_owned()), Some(style.to_owned()));
            assert_eq!(BadgeSettings { period, style, ..badge("a-1", "cost") }.fault(), None);
        }
        for color in COLORS.into_iter().chain(["#00ffAA"]) {
            let color = Some(color.to_owned());
            assert_eq!(BadgeSettings { color, ..badge("a", "cost") }.fault(), None);
        }
    }

    #[test]
    fn an_address_ends_in_one_slash_and_is_one_of_the_web() {
        let of = |address: &str| {
            SiteSettings { address: Some(address.to_owned()), ..SiteSettings::default() }
                .web_address()
        };
        for address in ["https://me.io/t", " https://me.io/t/ ", "https://me.io/t//"] {
            assert_eq!(of(address).as_deref(), Some("https://me.io/t/"), "{address}");
        }
        for address in ["javascript:alert(1)", "me.io", "https://", "https://a b", ""] {
            assert_eq!(of(address), None, "{address}");
        }
    }
}
