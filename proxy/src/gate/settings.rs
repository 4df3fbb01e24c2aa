//! What `config.yaml` says about who may pass: below `proxy:`, the keys `budgets`, `rates`, `unpriced`, `requireKey`,
//! `allowedOrigins`, `allowedHosts`, `timezone`.

use std::sync::Arc;

use chrono_tz::Tz;
use data_schema::Text;
use http::uri::Authority;
use pricing::PriceBook;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::gate::book::{Owner, Pacing};
use crate::gate::limit::Limit;
use crate::gate::prices::Prices;
use crate::gate::rate::Rate;

/// Who may pass, and how much.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Settings {
    /// Budgets besides those of the keys.
    pub(crate) budgets: Vec<(Owner, Limit)>,
    /// How fast every key is that says nothing else.
    pub(crate) each_key: Pacing,
    /// How fast all requests together are.
    pub(crate) all: Pacing,
    /// What becomes of a model without a price where money is limited.
    pub(crate) unpriced: Unpriced,
    /// Whether an own key is needed even where clients bring the vendor's.
    pub(crate) require_key: bool,
    /// Pages that may ask.
    pub(crate) allowed_origins: Vec<String>,
    /// Names by which the proxy may be asked, besides those of this machine.
    pub(crate) allowed_hosts: Vec<String>,
    /// Whose days, weeks and months budgets follow.
    pub zone: Tz,
    /// List prices with the user's own on top; absent = those that come with the program.
    pub prices: Option<Arc<PriceBook>>,
}

/// What becomes of a request for a model without a price, where a budget is counted in money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unpriced {
    /// It is refused: a budget that does not see everything holds nothing.
    #[default]
    Block,
    /// It passes and costs nothing.
    Allow,
}

/// An entry of `budgets`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Budget {
    project: Option<Text>,
    key: Option<Text>,
    limit: Limit,
}

/// `rates`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[derive(Default)]
struct Rates {
    each_key: Vec<Rate>,
    all: Vec<Rate>,
}

impl Settings {
    /// Reads the keys that it knows of what stands below `proxy:`.
    ///
    /// # Errors
    ///
    /// What is wrong, in words, with the name of the key.
    pub fn parse(proxy: &Map<String, Value>) -> Result<Self, String> {
        let rates: Rates = value(proxy, "rates")?;
        let zone: Option<String> = value(proxy, "timezone")?;
        let zone = match zone {
            Some(name) => name.parse().map_err(|_| {
                format!("proxy.timezone: `{name}` is no IANA zone, such as `Europe/Berlin`")
            })?,
            None => Tz::UTC,
        };
        Ok(Self {
            budgets: budgets(proxy)?,
            each_key: Pacing::of(&rates.each_key),
            all: Pacing::of(&rates.all),
            unpriced: value(proxy, "unpriced")?,
            require_key: value(proxy, "requireKey")?,
            allowed_origins: origins(proxy)?,
            allowed_hosts: hosts(proxy)?,
            zone,
            prices: None,
        })
    }

    /// The same, with a key asked for in any case or not.
    #[must_use]
    pub(crate) fn with_required_key(self, require_key: bool) -> Self {
        Self { require_key, ..self }
    }

    /// Whether a key of the proxy's own is asked for in any case.
    pub fn requires_key(&self) -> bool {
        self.require_key
    }

    /// The prices that budgets are counted by.
    pub(crate) fn book(&self) -> Prices {
        Prices::new(self.prices.clone())
    }
}

/// The value of a key; its default where it is not set.
fn value<T: DeserializeOwned + Default>(
    proxy: &Map<String, Value>,
    name: &str,
) -> Result<T, String> {
    match proxy.get(name) {
        None | Some(Value::Null) => Ok(T::default()),
        Some(value) => T::deserialize(value).map_err(|error| format!("proxy.{name}: {error}")),
    }
}

fn budgets(proxy: &Map<String, Value>) -> Result<Vec<(Owner, Limit)>, String> {
    let entries: Vec<Value> = value(proxy, "budgets")?;
    let read = |(number, entry): (usize, &Value)| {
        let wrong = |what: &dyn std::fmt::Display| format!("proxy.budgets[{number}]: {what}");
        let budget = Budget::deserialize(entry).map_err(|error| wrong(&error))?;
        let owner = match (budget.project, budget.key) {
            (None, None) => Owner::All,
            (Some(project), None) => Owner::Project(project),
            (None, Some(key)) => Owner::Key(key),
            (Some(_), Some(_)) => return Err(wrong(&"a budget has one of `project` and `key`")),
        };
        Ok((owner, budget.limit))
    };
    entries.iter().enumerate().map(read).collect()
}

fn origins(proxy: &Map<String, Value>) -> Result<Vec<String>, String> {
    let given: Vec<String> = value(proxy, "allowedOrigins")?;
    let read = |origin: String| {
        let is_origin = origin.split_once("://").is_some_and(|(scheme, rest)| {
            !scheme.is_empty()
                && !rest.trim_end_matches('/').is_empty()
                && !rest.trim_end_matches('/').contains('/')
        });
        if !is_origin {
            return Err(format!(
                "proxy.allowedOrigins: `{origin}` must be scheme and host, such as `app://obsidian.md`"
            ));
        }
        Ok(origin.trim_end_matches('/').to_owned())
    };
    given.into_iter().map(read).collect()
}

fn hosts(proxy: &Map<String, Value>) -> Result<Vec<String>, String> {
    let given: Vec<String> = value(proxy, "allowedHosts")?;
    let read = |host: &String| {
        let authority = host.parse::<Authority>().ok();
        let authority = authority.filter(|authority| !authority.as_str().contains(['@', '*']));
        authority.map(|authority| authority.host().to_owned()).ok_or_else(|| {
            format!("proxy.allowedHosts: `{host}` must be a name, such as `host.docker.internal`")
        })
    };
    given.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: &Value) -> Result<Settings, String> {
        Settings::parse(value.as_object().unwrap())
    }

    #[test]
    fn everything_may_be_left_out() {
        let settings = parse(&json!({ "upstreams": [], "budgets": null })).unwrap();
        assert!(settings.budgets.is_empty() && settings.all.is_empty());
        assert_eq!((settings.unpriced, settings.require_key), (Unpriced::Block, false));
        assert_eq!(settings.zone, Tz::UTC);
    }

    #[test]
    fn everything_may_be_set() {
        let settings = parse(&json!({
            "budgets": [
                { "project": "website", "limit": "50 USD/month" },
                { "key": "ci", "limit": "10 requests/5h" },
                { "limit": "1000000 tokens/day" },
            ],
            "rates": { "eachKey": ["60 requests/minute"], "all": ["8 at once", "4 at once"] },
            "unpriced": "allow",
            "requireKey": true,
            "allowedOrigins": ["app://obsidian.md", "https://tool.example/"],
            "allowedHosts": ["host.docker.internal:8999"],
            "timezone": "Europe/Berlin",
        }))
        .unwrap();
        let owners: Vec<_> = settings.budgets.iter().map(|(owner, _)| owner.clone()).collect();
        let expected = [Owner::Project("website".into()), Owner::Key("ci".into()), Owner::All];
        assert_eq!(owners, expected);
        assert_eq!((settings.each_key.requests, settings.all.at_once), (Some(60), Some(4)));
        assert_eq!((settings.unpriced, settings.require_key), (Unpriced::Allow, true));
        assert_eq!(settings.allowed_origins, ["app://obsidian.md", "https://tool.example"]);
        assert_eq!(settings.allowed_hosts, ["host.docker.internal"]);
        assert_eq!(settings.zone, Tz::Europe__Berlin);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let cases = [
            (
                json!({ "budgets": [{ "limit": "5 USD/day" }, { "limit": "5 EUR/day" }] }),
                "budgets[1]: `5 EUR/day`",
            ),
            (
                json!({ "budgets": [{ "projekt": "x", "limit": "5 USD/day" }] }),
                "budgets[0]: unknown field `projekt`",
            ),
            (
                json!({ "budgets": [{ "project": "x", "key": "y", "limit": "5 USD/day" }] }),
                "one of",
            ),
            (json!({ "budgets": "5 USD/day" }), "proxy.budgets: "),
            (json!({ "rates": { "all": ["fast"] } }), "proxy.rates: `fast`"),
            (json!({ "unpriced": "maybe" }), "proxy.unpriced: unknown variant `maybe`"),
            (json!({ "requireKey": "yes" }), "proxy.requireKey: "),
            (json!({ "allowedOrigins": ["*"] }), "proxy.allowedOrigins: `*`"),
            (json!({ "allowedHosts": ["*.example"] }), "proxy.allowedHosts: `*.example`"),
            (json!({ "timezone": "Mars/Base" }), "proxy.timezone: `Mars/Base`"),
        ];
        for (value, expected) in cases {
            let told = parse(&value).unwrap_err();
            assert!(told.contains(expected), "{told}");
        }
    }
}
