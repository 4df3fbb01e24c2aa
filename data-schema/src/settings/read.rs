//! Reads the settings key by key, so that a fault is told with its line and an unknown key is kept.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::SharedSettings;

/// Keys of the first level.
pub(super) const KEYS: [&str; 12] = [
    "timezone",
    "weekStart",
    "publish",
    "aliases",
    "colors",
    "machineNames",
    "site",
    "statements",
    "plans",
    "metered",
    "budgets",
    "currency",
];

impl SharedSettings {
    /// What a person should know about the file: what of it this version does not use.
    pub fn notices(&self) -> Vec<String> {
        let notice = |key: &String| {
            if KEYS.contains(&key.as_str()) {
                return format!(
                    "token-matters.yaml: `{key}` is not a list of entries as docs/money.md has it: it is kept and not used"
                );
            }
            format!(
                "token-matters.yaml: `{key}` is not known to this version: it is kept and not used; known are {}",
                KEYS.join(", ")
            )
        };
        let of_site = self.site.notices().into_iter();
        let of_site = of_site.map(|notice| format!("token-matters.yaml: {notice}"));
        self.other.keys().map(notice).chain(of_site).collect()
    }
}

impl SharedSettings {
    /// What is not of the form that it should have is kept as it stands and told: it stops nothing.
    fn take_money(&mut self, key: String, value: Value) {
        let taken = match key.as_str() {
            _ if value.is_null() => true,
            "plans" => take(&mut self.plans, &value),
            "metered" => take(&mut self.metered, &value),
            _ => take(&mut self.budgets, &value),
        };
        if !taken {
            self.other.insert(key, value);
        }
    }
}

/// Whether a value has the form of its place.
fn take<T: serde::de::DeserializeOwned>(place: &mut T, value: &Value) -> bool {
    serde_json::from_value(value.clone()).map(|read| *place = read).is_ok()
}

impl<'de> Deserialize<'de> for SharedSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Settings;
        impl<'de> Visitor<'de> for Settings {
            type Value = SharedSettings;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of `key: value` lines")
            }

            fn visit_unit<E>(self) -> Result<SharedSettings, E> {
                Ok(SharedSettings::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SharedSettings, A::Error> {
                let mut settings = SharedSettings::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "timezone" => settings.timezone = map.next_value()?,
                        "weekStart" => set(&mut settings.week_start, map.next_value()?),
                        "publish" => set(&mut settings.publish, map.next_value()?),
                        "aliases" => set(&mut settings.aliases, map.next_value()?),
                        "colors" => set(&mut settings.colors, map.next_value()?),
                        "machineNames" => set(&mut settings.machine_names, map.next_value()?),
                        "site" => set(&mut settings.site, map.next_value()?),
                        "statements" => set(&mut settings.statements, map.next_value()?),
                        "plans" | "metered" | "budgets" => {
                            settings.take_money(key, map.next_value()?);
                        }
                        "currency" => settings.currency = map.next_value()?,
                        _ => {
                            settings.other.insert(key, map.next_value()?);
                        }
                    }
                }
                Ok(settings)
            }
        }
        deserializer.deserialize_map(Settings)
    }
}

/// A key without a value says nothing.
pub(super) fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
