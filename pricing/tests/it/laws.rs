//! Laws that hold for every model of the table.

use std::sync::LazyLock;

use data_schema::{Money, PricesFile, Text, Usage};
use pricing::{Cost, PriceBook};
use proptest::prelude::*;

use crate::{response, tokens};

static BOOK: LazyLock<PriceBook> = LazyLock::new(PriceBook::builtin);

static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let table: PricesFile = serde_json::from_str(include_str!("../../data/prices.json")).unwrap();
    table.models.into_keys().collect()
});

/// Input, cache read, written for minutes, written for an hour, output, web searches.
type Counts = [u64; 6];

/// How a response was served.
#[derive(Clone, Debug)]
struct Served {
    model: String,
    tier: Option<&'static str>,
    region: Option<&'static str>,
}

fn served() -> impl Strategy<Value = Served> {
    let tiers = [None, Some("fast"), Some("priority"), Some("batch"), Some("flex"), Some("auto")];
    let tier = prop::sample::select(tiers.to_vec());
    let region = prop::sample::select(vec![None, Some("us"), Some("eu")]);
    (0..NAMES.len(), tier, region).prop_map(|(model, tier, region)| Served {
        model: NAMES[model].clone(),
        tier,
        region,
    })
}

fn fill(usage: &mut Usage, served: &Served, counts: Counts) {
    let [input, read, minutes, hour, output, searches] = counts;
    usage.input_tokens = tokens(input);
    usage.cache_read_tokens = tokens(read);
    usage.cache_creation_tokens = tokens(minutes + hour);
    usage.cache_creation_1h_tokens = tokens(hour);
    usage.output_tokens = tokens(output);
    usage.web_searches = u32::try_from(searches).ok();
    usage.tier = served.tier.map(Text::from);
    usage.region = served.region.map(Text::from);
}

fn cost(served: &Served, counts: Counts) -> Money {
    let record = response(&served.model, |usage| fill(usage, served, counts));
    match BOOK.cost("p", &record) {
        Cost::Priced(amount) => amount,
        Cost::Unpriced => panic!("{} has no price", served.model),
    }
}

fn plus(left: Counts, right: Counts) -> Counts {
    std::array::from_fn(|class| left[class] + right[class])
}

/// Two of them stay below the smallest long-context limit, which is 100,000.
fn short() -> impl Strategy<Value = Counts> {
    prop::array::uniform6(0..12_000_u64)
}

fn any_size() -> impl Strategy<Value = Counts> {
    prop::array::uniform6(0..400_000_u64)
}

proptest! {
    #[test]
    fn two_short_responses_cost_what_one_of_both_would(
        served in served(), left in short(), right in short(),
    ) {
        let apart = cost(&served, left) + cost(&served, right);
        prop_assert_eq!(cost(&served, plus(left, right)), apart);
    }

    #[test]
    fn the_cost_is_the_sum_over_the_classes(served in served(), counts in short()) {
        let alone = |class: usize| {
            cost(&served, std::array::from_fn(|other| if other == class { counts[other] } else { 0 }))
        };
        prop_assert_eq!(cost(&served, counts), (0..counts.len()).map(alone).sum::<Money>());
    }

    #[test]
    fn what_is_explained_is_what_is_charged(served in served(), counts in any_size()) {
        let told = BOOK.explain("p", &response(&served.model, |usage| fill(usage, &served, counts)));
        prop_assert_eq!(told.cost, Some(cost(&served, counts)));
        let working = told.in_force.unwrap().working;
        let (searches, tokens): (Vec<_>, Vec<_>) =
            working.lines.iter().partition(|line| line.class == "webSearches");
        let sum = |lines: Vec<&pricing::Line>| {
            lines.into_iter().filter_map(|line| line.amount).sum::<Money>()
        };
        let one = 1_000_000_000_000;
        let tokens = working.factors.iter().fold(sum(tokens).picos(), |sum, (_, factor)| {
            sum / one * factor.picos() + sum % one * factor.picos() / one
        });
        prop_assert_eq!(working.total, Some(Money::from_picos(tokens) + sum(searches)));
    }

    #[test]
    fn more_of_a_class_never_costs_less(
        served in served(), counts in any_size(), class in 0..6_usize, more in 1..400_000_u64,
    ) {
        let mut greater = counts;
        greater[class] += more;
        prop_assert!(cost(&served, greater) >= cost(&served, counts));
    }

    #[test]
    fn no_name_and_no_count_make_it_panic(
        model in "\\PC{0,40}", counts in prop::array::uniform6(0..=data_schema::MAX_COUNT / 2),
    ) {
        let served = Served { model, tier: None, region: None };
        let record = response(&served.model, |usage| fill(usage, &served, counts));
        let is_known = BOOK.knows(&served.model);
        let priced = BOOK.cost("p", &record) != Cost::Unpriced;
        let costs = counts.iter().any(|count| *count > 0) && !served.model.trim().ends_with(":free");
        prop_assert_eq!(priced, is_known || !costs);
    }
}
