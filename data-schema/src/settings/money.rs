//! What the shared settings say about money: subscriptions, budgets, the currency of display.
//!
//! Nothing in here stops collecting or reporting: an entry that cannot be used is told and left out, by whoever uses it
//! (`pricing::Payers`, `summarizer::budgets`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A subscription, as the file has it. Whether it can be used is for `pricing::Payers` to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct PlanSettings {
    /// Its name: `Max 20x`.
    pub name: String,
    /// What it costs a period: a decimal amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Value>,
    /// ISO 4217 code; absent = `USD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// `month` or `year`; absent = `month`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// First day that it covers: `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// First day that it does not cover any more; absent = it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Sources that it covers: `claude-code`.
    pub sources: Vec<String>,
    /// Hashes of the accounts that it covers; empty = every account of these sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// Keys that this version does not know: kept, and told.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// A budget, as the file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct BudgetSettings {
    /// Its name; absent = made of what it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What a period may cost: a decimal amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Value>,
    /// ISO 4217 code; absent = `USD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// `day`, `week` or `month`; absent = `month`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// What is held against it: `list` or `billed`; absent = `list`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Only this source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Only this project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Keys that this version does not know: kept, and told.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

impl BudgetSettings {
    /// Its name, or what it is about in words: `month`, `claude-code day`, `billed week`.
    pub fn shown_name(&self) -> String {
        if let Some(name) = self.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
            return name.to_owned();
        }
        let of = self.of.as_deref().filter(|of| *of != "list");
        let period = self.period.as_deref().unwrap_or("month");
        let parts = [self.source.as_deref(), self.project.as_deref(), of, Some(period)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_without_a_name_is_called_by_what_it_is_about() {
        let text = |text: &str| Some(text.to_owned());
        let all = BudgetSettings::default();
        assert_eq!(all.shown_name(), "month");
        let one = BudgetSettings {
            source: text("codex"),
            of: text("billed"),
            period: text("day"),
            ..BudgetSettings::default()
        };
        assert_eq!(one.shown_name(), "codex billed day");
        assert_eq!(BudgetSettings { name: text(" mine "), ..one }.shown_name(), "mine");
    }
}
