//! `token-matters.yaml` in the data repository's root: what all machines and the workflow share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod merge;
mod money;
mod read;
mod site;
mod write;

pub use money::{BudgetSettings, PlanSettings};
pub use site::{BadgeSettings, COLORS, LANGUAGES, METRICS, PERIODS, STYLES, SiteSettings};

/// Where they stand, from the root of the data repository.
pub const SETTINGS_FILE: &str = "token-matters.yaml";

/// The shared settings. A file that is not there is [`SharedSettings::default`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct SharedSettings {
    /// IANA name of the zone that reports and summaries use.
    pub timezone: Option<String>,
    /// First day of a week in views; week files are ISO 8601 weeks whatever stands here.
    pub week_start: WeekStart,
    /// What output that leaves the owner's machine shows.
    pub publish: Publish,
    /// Aliases, given once, in order of first sight.
    pub aliases: Aliases,
    /// Colour slots by source or model, so that a colour never changes its meaning.
    pub colors: BTreeMap<String, u8>,
    /// The name under which a machine is shown, by the name that it writes under: `machine rename`.
    pub machine_names: BTreeMap<String, String>,
    /// Where the page is published, and how it looks.
    pub site: SiteSettings,
    /// What vendors and relays tell.
    #[serde(skip_serializing_if = "StatementSettings::is_default")]
    pub statements: StatementSettings,
    /// Subscriptions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<PlanSettings>,
    /// Sources that are paid by the token, where nothing else tells.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metered: Vec<String>,
    /// What a day, week or month may cost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<BudgetSettings>,
    /// Currency that amounts are shown in: an ISO 4217 code; absent = `USD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Keys that this version does not know: kept, and told.
    #[serde(flatten)]
    pub other: BTreeMap<String, serde_json::Value>,
}

impl Default for SharedSettings {
    fn default() -> Self {
        Self {
            timezone: None,
            week_start: WeekStart::Monday,
            publish: Publish::default(),
            aliases: Aliases::default(),
            colors: BTreeMap::new(),
            machine_names: BTreeMap::new(),
            site: SiteSettings::default(),
            statements: StatementSettings::default(),
            plans: Vec::new(),
            metered: Vec::new(),
            budgets: Vec::new(),
            currency: None,
            other: BTreeMap::new(),
        }
    }
}

/// What becomes of statements: what vendors and relays tell of days and models.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct StatementSettings {
    /// Ids of interfaces whose statements count on days of which nothing else tells anything about the model, the
    /// first one first.
    pub count: Vec<String>,
}

impl StatementSettings {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// First day of a week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum WeekStart {
    /// As in ISO 8601.
    #[default]
    Monday,
    /// As in North America.
    Sunday,
    /// As in parts of the Arab world.
    Saturday,
}

/// What published output shows. The defaults are the careful ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct Publish {
    /// Names of machines.
    pub machines: Naming,
    /// Names of projects.
    pub projects: ProjectNaming,
    /// Names of models and sources.
    pub models: ModelNaming,
    /// The hour grid.
    pub hours: Visibility,
    /// The limits.
    pub limits: Visibility,
    /// Costs.
    pub cost: Visibility,
}

/// How a name is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum Naming {
    /// A given name such as `machine 1`.
    #[default]
    Alias,
    /// The real name.
    Name,
}

/// How a project's name is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum ProjectNaming {
    /// Not at all.
    #[default]
    Hide,
    /// A given name such as `project 1`.
    Alias,
    /// The real name.
    Name,
}

/// How models and sources are published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum ModelNaming {
    /// Models in the price book and [known sources](crate::sources::KNOWN) as they are, others numbered.
    #[default]
    Listed,
    /// The real name.
    Name,
}

/// Whether something is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "the format fixes the values")]
pub enum Visibility {
    /// Not at all.
    #[default]
    Hide,
    /// As it is.
    Show,
}

/// Given names by real name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the fields")]
pub struct Aliases {
    /// Of machines.
    pub machines: BTreeMap<String, String>,
    /// Of projects.
    pub projects: BTreeMap<String, String>,
    /// Of models that no price book lists.
    pub models: BTreeMap<String, String>,
}

impl Publish {
    /// Everything as it is: the owner's own machine.
    pub fn everything() -> Self {
        Self {
            machines: Naming::Name,
            projects: ProjectNaming::Name,
            models: ModelNaming::Name,
            hours: Visibility::Show,
            limits: Visibility::Show,
            cost: Visibility::Show,
        }
    }
}
