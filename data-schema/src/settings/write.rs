//! Writes the settings as YAML that a person can read and change.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::{BadgeSettings, LANGUAGES, Publish, SharedSettings, SiteSettings};

/// What the file begins with.
const HEAD: &str = "\
# Shared settings of Token Matters: what all machines and the workflow go by. Every key is optional.
# `token-matters` writes this file anew when it changes a setting; comments of your own are lost then.
";

/// What stands above the settings of the page.
const SITE: &str = "
# Where the page is published, and how it looks. `badges` adds pictures to those that are always there:
#   badges:
#     - name: month-cost  # file name: badge/month-cost.svg
#       metric: cost      # tokens, cost, requests, cache, streak, model, source, days or limit
#       period: 30d       # today, 7d, 28d, 30d, 91d, 12m or all
#       label: this month
#       color: green      # blue, green, amber, red, violet, grey or \"#rrggbb\"
#       style: flat       # flat, flat-square, for-the-badge, plastic or social
";

impl SharedSettings {
    /// The settings as YAML, every key with a comment that says what it is for. Unknown keys stand at the end.
    pub fn to_yaml(&self) -> String {
        let mut text = HEAD.to_owned();
        self.write_zone(&mut text);
        write_publish(&mut text, self.publish);
        text.push_str("\n# Names given in place of real ones. A name that was given stays, whoever comes later.\n");
        let Self { aliases, .. } = self;
        let kinds = [
            ("machines", &aliases.machines),
            ("projects", &aliases.projects),
            ("models", &aliases.models),
        ];
        text.push_str("aliases:\n");
        for (kind, names) in kinds {
            map(&mut text, 1, kind, names);
        }
        text.push_str(
            "\n# Colour slots of sources and models, from 0: a colour never changes its meaning.\n",
        );
        map(&mut text, 0, "colors", &self.colors);
        text.push_str("\n# The name under which a machine is shown, by its stored one: `token-matters machine rename`.\n");
        map(&mut text, 0, "machineNames", &self.machine_names);
        write_site(&mut text, &self.site);
        if !self.statements.count.is_empty() {
            text.push_str("\n# Interfaces whose statements count on days of which nothing else tells anything.\n");
            let ids: Vec<String> = self.statements.count.iter().map(|id| scalar(id)).collect();
            let _ = write!(text, "statements:\n  count: [{}]\n", ids.join(", "));
        }
        self.write_money(&mut text);
        if !self.other.is_empty() {
            text.push_str("\n# Keys that the version which wrote this file does not know.\n");
        }
        for (key, value) in &self.other {
            line(&mut text, 0, key, &json(value));
        }
        text
    }

    fn write_money(&self, text: &mut String) {
        let Self { plans, metered, budgets, currency, .. } = self;
        if plans.is_empty() && metered.is_empty() && budgets.is_empty() && currency.is_none() {
            return;
        }
        text.push_str("\n# Subscriptions, sources paid by the token, budgets, and the currency that amounts are shown in.\n");
        list(text, "plans", plans);
        list(text, "metered", metered);
        list(text, "budgets", budgets);
        if let Some(currency) = currency {
            line(text, 0, "currency", &scalar(currency));
        }
    }

    fn write_zone(&self, text: &mut String) {
        text.push_str("\n# Zone whose calendar days are reported, as the IANA database names it; without it, each machine's own.\n");
        match &self.timezone {
            Some(zone) => line(text, 0, "timezone", &scalar(zone)),
            None => text.push_str("# timezone: Europe/Berlin\n"),
        }
        text.push_str("\n# First day of a week in views: monday, sunday or saturday.\n");
        line(text, 0, "weekStart", &word(&self.week_start));
    }
}

fn write_publish(text: &mut String, publish: Publish) {
    text.push_str(
        "\n# What a published page shows. On your own machines everything is shown.\npublish:\n",
    );
    let Publish { machines, projects, models, hours, limits, cost } = publish;
    let lines = [
        ("machines", word(&machines), "alias: machine 1, machine 2; name: real names"),
        ("projects", word(&projects), "hide, alias or name"),
        ("models", word(&models), "listed: names in the price book, others numbered; name: all"),
        ("hours", word(&hours), "hours of the day: hide or show"),
        ("limits", word(&limits), "used part of vendors' limits: hide or show"),
        ("cost", word(&cost), "amounts: hide or show"),
    ];
    for (key, value, comment) in lines {
        line(text, 1, key, &format!("{value}  # {comment}"));
    }
}

fn write_site(text: &mut String, site: &SiteSettings) {
    text.push_str(SITE);
    let SiteSettings { repository, branch, address, title, languages, badges, other } = site;
    if *site == SiteSettings::default() {
        text.push_str("site: {}\n");
        return;
    }
    text.push_str("site:\n");
    let repository_is = "the git repository that takes it, in one commit that is replaced";
    let lines = [
        ("repository", repository, repository_is),
        ("branch", branch, "its branch; gh-pages if none is told"),
        ("address", address, "the page's address"),
        ("title", title, "heading of all pages"),
    ];
    for (key, value, comment) in lines {
        if let Some(value) = value {
            line(text, 1, key, &format!("{}  # {comment}", scalar(value)));
        }
    }
    if !languages.is_empty() {
        let tags: Vec<String> = languages.iter().map(|tag| scalar(tag)).collect();
        let known = LANGUAGES.join(", ");
        line(text, 1, "languages", &format!("[{}]  # some of {known}", tags.join(", ")));
    }
    if !badges.is_empty() {
        text.push_str("  badges:\n");
    }
    for badge in badges {
        write_badge(text, badge);
    }
    for (key, value) in other {
        line(text, 1, key, &json(value));
    }
}

fn write_badge(text: &mut String, badge: &BadgeSettings) {
    let BadgeSettings { name, metric, period, label, color, style, other } = badge;
    let _ = writeln!(text, "    - name: {}", scalar(name));
    line(text, 3, "metric", &scalar(metric));
    let lines = [("period", period), ("label", label), ("color", color), ("style", style)];
    for (key, value) in lines {
        if let Some(value) = value {
            line(text, 3, key, &scalar(value));
        }
    }
    for (key, value) in other {
        line(text, 3, key, &json(value));
    }
}

fn map<V: Serialize>(text: &mut String, depth: usize, key: &str, values: &BTreeMap<String, V>) {
    if values.is_empty() {
        return line(text, depth, key, "{}");
    }
    let _ = writeln!(text, "{:depth$}{}:", "", key, depth = 2 * depth);
    for (name, value) in values {
        let value = serde_json::to_value(value).unwrap_or_default();
        let value = value.as_str().map_or_else(|| json(&value), scalar);
        line(text, depth + 1, name, &value);
    }
}

/// A list of entries, one per line.
fn list<V: Serialize>(text: &mut String, key: &str, values: &[V]) {
    if values.is_empty() {
        return;
    }
    let _ = writeln!(text, "{key}:");
    for value in values {
        let value = serde_json::to_value(value).unwrap_or_default();
        let _ = writeln!(text, "  - {}", json(&value));
    }
}

fn line(text: &mut String, depth: usize, key: &str, value: &str) {
    let _ = writeln!(text, "{:depth$}{}: {value}", "", scalar(key), depth = 2 * depth);
}

/// The word of a choice.
fn word<T: Serialize>(choice: &T) -> String {
    serde_json::to_value(choice)
        .ok()
        .and_then(|word| word.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// A text as YAML: plain where nothing can be read into it, else quoted.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 12] =
        ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf", "none"];
    let begins = text.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    if begins && is_plain && !WORDS.contains(&text.to_lowercase().as_str()) {
        return text.to_owned();
    }
    json(&Value::from(text))
}

/// Compact JSON, which YAML reads as it is, once what YAML does not print is escaped.
fn json(value: &Value) -> String {
    let json = value.to_string();
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        let is_odd = ('\u{7f}'..='\u{9f}').contains(&letter)
            || ['\u{2028}', '\u{2029}', '\u{feff}', '\u{fffe}', '\u{ffff}'].contains(&letter);
        if is_odd {
            let _ = write!(text, "\\u{:04x}", u32::from(letter));
        } else {
            text.push(letter);
        }
    }
    text
}
