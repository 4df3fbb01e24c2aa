//! Badges as files.

use crate::markup;
use crate::sample::{Sample, Use};

const NAMES: [&str; 5] = ["usage", "usage-cost", "usage-pixel", "usage-cost-pixel", "usage-dark"];

#[test]
fn all_badges_of_a_small_sample() {
    let site = Sample::small().build();
    for name in NAMES {
        let svg = site.badge(name);
        assert_eq!(markup::svg(&svg), Ok(()), "{name}");
        insta::assert_snapshot!(format!("badge-{name}"), svg);
    }
}

#[test]
fn a_badge_without_data_says_so_and_is_quiet() {
    let site = Sample::new([]).build();
    for name in &NAMES[..4] {
        let svg = site.badge(name);
        assert!(svg.contains(">no data yet</text>"), "{name}: {svg}");
        assert!(!svg.contains("$0.00") && !svg.contains("#1668a8"), "{name}: {svg}");
    }
    assert!(site.badge("usage-dark").contains(">0</text>"));
    for name in NAMES {
        assert_eq!(markup::svg(&site.badge(name)), Ok(()), "{name}");
    }
}

#[test]
fn a_badge_of_a_week_without_use_says_so_although_there_is_older_data() {
    let site = Sample::new([Use::on("2026-05-01")]).build();
    assert!(site.badge("usage").contains("no data yet"));
    assert!(site.badge("usage-dark").contains(">1,000,000</text>"));
}

#[test]
fn a_badge_shows_that_a_price_is_missing() {
    let some = [Use::on("2026-05-20"), Use::on("2026-05-20").by("codex", "x").unpriced()];
    let site = Sample::new(some).build();
    assert!(site.badge("usage-cost").contains(">2.0M · $2.50+</text>"));
    let site = Sample::new([Use::on("2026-05-20").unpriced()]).build();
    assert!(site.badge("usage-cost").contains(">1.0M · no price yet</text>"));
    assert!(!site.badge("usage-cost-pixel").contains("$0"));
}

#[test]
fn a_badge_of_hidden_costs_shows_tokens_alone() {
    let mut sample = Sample::small();
    sample.costs_hidden = true;
    let site = sample.build();
    assert_eq!(site.badge("usage-cost"), site.badge("usage"));
    assert_eq!(site.badge("usage-cost-pixel"), site.badge("usage-pixel"));
}
