//! Every state that a site can be in keeps every rule, and its start page is as it was looked at.

use crate::golden;
use crate::rules::Tree;
use crate::sample::states::named;

macro_rules! states {
    ($($test:ident: $name:literal),* $(,)?) => {$(
        #[test]
        fn $test() {
            check($name);
        }
    )*};
}

states!(
    an_empty_store_is_a_sound_site: "empty",
    one_day_is_a_sound_site: "one-day",
    less_than_a_week_is_a_sound_site: "under-a-week",
    a_quarter_is_a_sound_site: "a-quarter",
    a_year_is_a_sound_site: "a-year",
    three_years_of_twelve_machines_are_a_sound_site: "three-years-and-twelve-machines",
    models_without_a_price_are_a_sound_site: "unpriced",
    estimated_numbers_are_a_sound_site: "estimated",
    subscriptions_are_a_sound_site: "plan-tools",
    a_silent_machine_is_a_sound_site: "stale",
    aliases_are_a_sound_site: "aliases",
    hidden_costs_are_a_sound_site: "hidden-costs",
    hidden_projects_are_a_sound_site: "hidden-projects",
    budgets_are_a_sound_site: "budget",
    limits_are_a_sound_site: "limits",
    sessions_are_a_sound_site: "sessions",
    prices_and_witnesses_are_a_sound_site: "prices",
    three_languages_are_a_sound_site: "languages",
    hostile_names_are_a_sound_site: "hostile",
);

/// Faults that are told at once.
const TOLD: usize = 40;

fn check(name: &str) {
    let sample = named(name);
    let site = sample.build();
    let tree = Tree::of(&site, &sample);
    let faults = tree.faults();
    let told: Vec<&str> = faults.iter().map(String::as_str).take(TOLD).collect();
    assert!(faults.is_empty(), "{name}: {} faults\n{}", faults.len(), told.join("\n"));
    golden::page(name, &site.page());
    match name {
        "one-day" => golden::tree(name, &tree.files, true),
        "a-year" => golden::tree(name, &tree.files, false),
        _ => {}
    }
}
