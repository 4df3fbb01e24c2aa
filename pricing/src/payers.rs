//! Who pays for a response: a subscription, or whoever pays by the token.
//!
//! What a response itself tells goes first, then the subscriptions of `token-matters.yaml`, then its list of sources that
//! are paid by the token. Where nothing tells, nobody is assumed to pay: its list value is in no bill.

use chrono::NaiveDate;
use data_schema::settings::{PlanSettings, SharedSettings};
use data_schema::{Billing, HashId, Money, UsageRecord};
use serde_json::Value;

use crate::Cost;

/// A subscription that can be used.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "tests build plans field by field")]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// What it costs a period.
    pub price: Money,
    /// ISO 4217 code of the price.
    pub currency: String,
    /// How often it is paid.
    pub period: PlanPeriod,
    /// First day that it covers.
    pub since: NaiveDate,
    /// First day that it does not cover any more.
    pub until: Option<NaiveDate>,
    /// Sources that it covers.
    pub sources: Vec<String>,
    /// Accounts that it covers; empty = all of these sources.
    pub accounts: Vec<HashId>,
}

/// How often a subscription is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "whoever shares a price out must handle all")]
pub enum PlanPeriod {
    /// From a day of the month to the same of the next one.
    Month,
    /// From a day to the same of the next year.
    Year,
}

/// Who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever adds amounts must handle all")]
pub enum Payer {
    /// Somebody pays by the token.
    Metered,
    /// A subscription.
    Plan,
    /// Nothing tells.
    Unknown,
}

/// What a response costs, and who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever adds bills must handle all")]
pub struct Bill {
    /// What it would cost at list price.
    pub list: Cost,
    /// Who pays.
    pub payer: Payer,
    /// What is paid for it in USD, where it is metered: what the tool or vendor told, else the list value.
    pub billed: Option<Money>,
    /// Which subscription covers it: its place in [`Payers::plans`]. A response that says itself that a subscription
    /// pays may be of none that is known.
    pub plan: Option<u32>,
}

/// The subscriptions, and the sources that are paid by the token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payers {
    plans: Vec<Plan>,
    metered: Vec<String>,
}

/// Who may pay for one source.
#[derive(Clone, Debug, Default)]
pub(crate) struct PayersOf<'a> {
    /// With their places among all.
    plans: Vec<(u32, &'a Plan)>,
    is_metered: bool,
}

impl Plan {
    /// Whether it covers a day.
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.since <= day && self.until.is_none_or(|until| day < until)
    }

    /// Whether it covers a source, of whatever account.
    pub fn is_of(&self, provider: &str) -> bool {
        self.sources.iter().any(|source| source == provider)
    }

    /// Reads an entry of the settings.
    fn new(settings: &PlanSettings) -> Result<Self, String> {
        let PlanSettings { name, price, currency, period, since, until, sources, accounts, .. } =
            settings;
        let missing = |key: &str| format!("`{key}` is missing");
        let day = |key: &str, text: &str| {
            let text = text.trim();
            text.parse::<NaiveDate>()
                .map_err(|_| format!("`{key}`: `{text}` is no day, such as 2026-01-31"))
        };
        if name.trim().is_empty() {
            return Err(missing("name"));
        }
        if sources.is_empty() {
            return Err(format!(
                "{}: name what it covers, such as [claude-code]",
                missing("sources")
            ));
        }
        let price = amount("price", price.as_ref())?;
        let since = since
            .as_deref()
            .ok_or_else(|| format!("{}: name the first day that was paid for", missing("since")))?;
        let since = day("since", since)?;
        let until = until.as_deref().map(|text| day("until", text)).transpose()?;
        if until.is_some_and(|until| until <= since) {
            return Err("`until` is not after `since`".to_owned());
        }
        let period = match period.as_deref().unwrap_or("month") {
            "month" => PlanPeriod::Month,
            "year" => PlanPeriod::Year,
            other => return Err(format!("`period`: `{other}` is neither `month` nor `year`")),
        };
        let account = |text: &String| {
            text.parse::<HashId>().map_err(|_| {
                format!(
                    "`accounts`: `{text}` is no hash of 16 digits, as `store export` shows them"
                )
            })
        };
        Ok(Self {
            name: name.trim().to_owned(),
            price,
            currency: currency_code(currency.as_deref())?,
            period,
            since,
            until,
            sources: sources.clone(),
            accounts: accounts.iter().map(account).collect::<Result<_, _>>()?,
        })
    }
}

/// A decimal amount above or at zero, as a text or a number.
///
/// # Errors
///
/// What is wrong with it, in words that name `key`.
pub fn amount(key: &str, value: Option<&Value>) -> Result<Money, String> {
    let text = match value {
        None | Some(Value::Null) => return Err(format!("`{key}` is missing")),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(other) => other.to_string(),
    };
    let amount: Money = text
        .parse()
        .map_err(|_| format!("`{key}`: `{text}` is no decimal amount, such as 20.00"))?;
    if amount < Money::ZERO {
        return Err(format!("`{key}`: `{text}` is below zero"));
    }
    Ok(amount)
}

/// An ISO 4217 code in capital letters; none is `USD`.
///
/// # Errors
///
/// It has not three letters.
pub fn currency_code(text: Option<&str>) -> Result<String, String> {
    let code = text.unwrap_or("USD").trim().to_uppercase();
    if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(code);
    }
    Err(format!("`currency`: `{code}` is no code of three letters, such as EUR"))
}

impl Payers {
    /// Reads the settings; returns what cannot be used as well, one line each.
    pub fn new(settings: &SharedSettings) -> (Self, Vec<String>) {
        let (mut plans, mut notices) = (Vec::new(), Vec::new());
        for (place, entry) in (1..).zip(&settings.plans) {
            match Plan::new(entry) {
                Ok(plan) => plans.push(plan),
                Err(reason) => notices.push(format!(
                    "token-matters.yaml: plan {place} (`{}`) is not used: {reason}",
                    entry.name
                )),
            }
            for key in entry.other.keys() {
                notices.push(format!("token-matters.yaml: plan {place}: `{key}` is not known"));
            }
        }
        (Self { plans, metered: settings.metered.clone() }, notices)
    }

    /// All subscriptions.
    pub fn plans(&self) -> &[Plan] {
        &self.plans
    }

    /// Whether a source is named as one that is paid by the token.
    pub fn is_metered(&self, provider: &str) -> bool {
        self.metered.iter().any(|source| source == provider)
    }

    pub(crate) fn of(&self, provider: &str) -> PayersOf<'_> {
        PayersOf {
            plans: (0..).zip(&self.plans).filter(|(_, plan)| plan.is_of(provider)).collect(),
            is_metered: self.is_metered(provider),
        }
    }

    /// What tells these payers from others: the same text, the same payer of every response.
    pub(crate) fn text(&self) -> String {
        format!("{self:?}")
    }
}

impl PayersOf<'_> {
    /// Who pays for a response of a day, and which subscription that is: of several, the first that names its account,
    /// else the first.
    pub(crate) fn payer(&self, record: &UsageRecord, day: NaiveDate) -> (Payer, Option<u32>) {
        if record.usage.billing == Some(Billing::Metered) {
            return (Payer::Metered, None);
        }
        let account = record.attribution.account;
        let days = || self.plans.iter().filter(|(_, plan)| plan.covers(day));
        let by_account = account.and_then(|one| {
            let mut named = days().filter(|(_, plan)| plan.accounts.contains(&one));
            named.next()
        });
        let covering = by_account.or_else(|| days().find(|(_, plan)| plan.accounts.is_empty()));
        match covering {
            Some((place, _)) => (Payer::Plan, Some(*place)),
            None if record.usage.billing == Some(Billing::Plan) => (Payer::Plan, None),
            None if self.is_metered => (Payer::Metered, None),
            None => (Payer::Unknown, None),
        }
    }
}
