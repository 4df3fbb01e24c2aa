//! Two changes of the settings at once: what each changed stands.

use std::collections::{BTreeMap, BTreeSet};

use super::{Aliases, SharedSettings, SiteSettings};

impl SharedSettings {
    /// The settings after two changes of `base`: by key, `ours` where it differs from `base`, else `theirs`.
    /// Names, aliases, colours and unknown keys are merged entry by entry, so that two machines may each add one.
    #[must_use]
    pub fn merge(base: &Self, ours: &Self, theirs: &Self) -> Self {
        let all = [base, ours, theirs];
        let aliases = |field: fn(&Aliases) -> &BTreeMap<String, String>| {
            entries(all.map(|settings| field(&settings.aliases)))
        };
        Self {
            timezone: value(all.map(|settings| &settings.timezone)),
            week_start: value(all.map(|settings| &settings.week_start)),
            publish: value(all.map(|settings| &settings.publish)),
            aliases: Aliases {
                machines: aliases(|aliases| &aliases.machines),
                projects: aliases(|aliases| &aliases.projects),
                models: aliases(|aliases| &aliases.models),
            },
            colors: entries(all.map(|settings| &settings.colors)),
            machine_names: entries(all.map(|settings| &settings.machine_names)),
            site: site(all.map(|settings| &settings.site)),
            statements: value(all.map(|settings| &settings.statements)),
            plans: value(all.map(|settings| &settings.plans)),
            metered: value(all.map(|settings| &settings.metered)),
            budgets: value(all.map(|settings| &settings.budgets)),
            currency: value(all.map(|settings| &settings.currency)),
            other: entries(all.map(|settings| &settings.other)),
        }
    }
}

fn site(all: [&SiteSettings; 3]) -> SiteSettings {
    SiteSettings {
        repository: value(all.map(|site| &site.repository)),
        branch: value(all.map(|site| &site.branch)),
        address: value(all.map(|site| &site.address)),
        title: value(all.map(|site| &site.title)),
        languages: value(all.map(|site| &site.languages)),
        badges: value(all.map(|site| &site.badges)),
        other: entries(all.map(|site| &site.other)),
    }
}

fn value<T: Clone + PartialEq>([base, ours, theirs]: [&T; 3]) -> T {
    if ours == base { theirs.clone() } else { ours.clone() }
}

fn entries<V: Clone + PartialEq>(maps: [&BTreeMap<String, V>; 3]) -> BTreeMap<String, V> {
    let keys: BTreeSet<&String> = maps.iter().flat_map(|map| map.keys()).collect();
    let merged = |key: &String| {
        let [base, ours, theirs] = maps.map(|map| map.get(key).cloned());
        Some((key.clone(), value([&base, &ours, &theirs])?))
    };
    keys.into_iter().filter_map(merged).collect()
}
