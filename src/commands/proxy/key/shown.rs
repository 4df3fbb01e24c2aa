//! Keys for people and for programs: never the key, never its hash.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{ContentArrangement, Table};
use data_schema::{Money, UtcSeconds};
use proxy::gate::{Amount, BudgetUse, Key, Keys, Terms};
use serde::Serialize;

use crate::output::plain;

/// A key as `--json` has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    name: &'a str,
    id: &'a str,
    /// `active`, `expired` or `revoked`.
    state: &'a str,
    created: UtcSeconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotated: Option<UtcSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked: Option<UtcSeconds>,
    #[serde(flatten)]
    terms: &'a Terms,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Vec<&'a BudgetUse>>,
}

impl<'a> Json<'a> {
    fn new(key: &'a Key, now: UtcSeconds, usage: Option<Vec<&'a BudgetUse>>) -> Self {
        Self {
            name: &key.name,
            id: &key.id,
            state: state(key, now),
            created: key.created,
            rotated: key.rotated,
            revoked: key.revoked,
            terms: &key.terms,
            usage,
        }
    }
}

fn state(key: &Key, now: UtcSeconds) -> &'static str {
    key.closed(now).unwrap_or("active")
}

/// All keys.
pub(super) fn list(keys: &Keys, now: UtcSeconds, as_json: bool) -> serde_json::Result<String> {
    if as_json {
        let all: Vec<_> = keys.keys.iter().map(|key| Json::new(key, now, None)).collect();
        let text = serde_json::to_string_pretty(&serde_json::json!({ "keys": all }))?;
        return Ok(text + "\n");
    }
    if keys.keys.is_empty() {
        return Ok(
            "there are no keys: `token-matters proxy key create NAME` makes one\n".to_owned()
        );
    }
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["Name", "Begins with", "State", "Ends", "Project", "Budgets and rates"]);
    for key in &keys.keys {
        let terms = &key.terms;
        let ends = terms.expires.map_or_else(|| "never".to_owned(), |end| end.to_string());
        table.add_row([
            key.name.to_string(),
            format!("tm_{}…", plain(&key.id)),
            state(key, now).to_owned(),
            ends,
            terms.project.as_deref().map(plain).unwrap_or_default(),
            limits(terms).join("\n"),
        ]);
    }
    Ok(format!("{table}\n"))
}

fn limits(terms: &Terms) -> Vec<String> {
    let budgets = terms.budgets.iter().map(ToString::to_string);
    budgets.chain(terms.rates.iter().map(ToString::to_string)).collect()
}

/// One key with what was used of its budgets.
pub(super) fn one(
    key: &Key,
    usage: &[BudgetUse],
    now: UtcSeconds,
    as_json: bool,
) -> serde_json::Result<String> {
    let is_its =
        |budget: &&BudgetUse| budget.owner == "key" && budget.name.as_ref() == Some(&key.name);
    let usage: Vec<&BudgetUse> = usage.iter().filter(is_its).collect();
    if as_json {
        return Ok(serde_json::to_string_pretty(&Json::new(key, now, Some(usage)))? + "\n");
    }
    let terms = &key.terms;
    let time = |time: Option<UtcSeconds>| time.map(|time| time.to_string());
    let names = |names: &[String]| (!names.is_empty()).then(|| names.join(", "));
    let rates: Vec<String> = terms.rates.iter().map(ToString::to_string).collect();
    let rows = [
        ("name", Some(key.name.to_string())),
        ("begins with", Some(format!("tm_{}…", key.id))),
        ("state", Some(state(key, now).to_owned())),
        ("created", time(Some(key.created))),
        ("rotated", time(key.rotated)),
        ("revoked", time(key.revoked)),
        ("ends", time(terms.expires)),
        ("project", terms.project.as_deref().map(ToOwned::to_owned)),
        ("models", names(&terms.models)),
        ("upstreams", names(&terms.upstreams)),
        ("upstream", terms.upstream.as_deref().map(ToOwned::to_owned)),
        ("rates", names(&rates)),
    ];
    let told = rows
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name:<12} {}\n", plain(&value?))));
    let budgets = usage.into_iter().map(|budget| format!("{:<12} {}\n", "budget", used(budget)));
    Ok(told.chain(budgets).collect())
}

fn used(budget: &BudgetUse) -> String {
    let amount = |amount: Amount| match amount {
        Amount::Count(count) => count.to_string(),
        Amount::Cost(cost) => short(cost),
    };
    let until = budget.resets.map(|end| format!(", begins anew at {end}")).unwrap_or_default();
    format!("{}: {} of {} used{until}", budget.budget, amount(budget.used), amount(budget.limit))
}

/// Dollars with four digits behind the point at most.
fn short(cost: Money) -> String {
    let rounded = cost.rounded(4);
    rounded.trim_end_matches('0').trim_end_matches('.').to_owned()
}
