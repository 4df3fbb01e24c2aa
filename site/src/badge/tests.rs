use std::path::Path;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    file: String,
    label: String,
    message: String,
    color: String,
    style: String,
}

fn style(name: &str) -> Style {
    Style::ALL.into_iter().find(|style| style.name() == name).unwrap()
}

#[test]
fn badges_are_those_of_badge_maker_byte_by_byte() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let index = fs_err::read(folder.join("index.json")).unwrap();
    let all: Vec<Golden> = serde_json::from_slice(&index).unwrap();
    assert_eq!(all.len(), 40);
    for golden in all {
        let expected = fs_err::read_to_string(folder.join(&golden.file)).unwrap();
        let badge = Badge::new(&golden.label, &golden.message);
        let made = badge.with_color(&golden.color).with_style(style(&golden.style)).svg();
        assert_eq!(made, expected.trim_end(), "{}", golden.file);
    }
}

#[test]
fn text_is_dark_from_the_brightness_on_at_which_badge_maker_changes() {
    // 0.6949 and 0.6951, which round to 0.69 and 0.70.
    let is_dark =
        |color: &str| Badge::new("", "x").with_color(color).svg().contains("fill=\"#333\"");
    assert!(!is_dark("#b1b1b1"));
    assert!(is_dark("#b2b2b2"));
    assert!(is_dark("#fff"));
    assert!(!is_dark("#555"));
    assert!(!is_dark("no colour"));
}

#[test]
fn a_picture_that_stands_in_a_page_has_ids_of_its_own() {
    for style in Style::ALL {
        let badge = Badge::new("tokens", "1.2M").with_style(style);
        let ids = |svg: &str| -> Vec<String> {
            svg.split(" id=\"")
                .skip(1)
                .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
                .collect()
        };
        let (one, other) =
            (badge.clone().with_ids_of("tokens-7d"), badge.with_ids_of("tokens-30d"));
        let (one, other) = (one.svg(), other.svg());
        assert!(ids(&one).iter().all(|id| !ids(&other).contains(id)), "{style:?}");
        for svg in [one, other] {
            let known = ids(&svg);
            for used in svg.split("url(#").skip(1) {
                let used = used.split_once(')').unwrap().0;
                assert!(known.iter().any(|id| id == used), "{used} in {svg}");
            }
        }
    }
}

/// All texts of elements, each once.
fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let mut texts: Vec<String> = document
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")))
        .map(|node| node.text().unwrap_or_default().to_owned())
        .collect();
    texts.dedup();
    texts
}

proptest! {
    #[test]
    fn whatever_a_text_is_the_badge_is_well_formed_and_says_it(
        label in any::<String>(),
        message in "\\PC{1,40}",
        color in any::<String>(),
        style in prop::sample::select(Style::ALL.to_vec()),
    ) {
        let badge = Badge::new(&label, &message).with_color(&color).with_style(style);
        let svg = badge.svg();
        prop_assert!(!svg.contains(|letter: char| letter.is_control()));
        let texts = texts(&svg);
        let said = |text: &str| match style {
            Style::ForTheBadge => text.to_uppercase(),
            _ => text.to_owned(),
        };
        prop_assert!(texts.contains(&said(badge.message())), "{texts:?}");
        if style != Style::Social && !badge.label().is_empty() {
            prop_assert!(texts.contains(&said(badge.label())), "{texts:?}");
        }
        let document = roxmltree::Document::parse(&svg).unwrap();
        let title = document.root_element().first_element_child().unwrap().text().unwrap_or_default();
        prop_assert_eq!(document.root_element().attribute("aria-label").unwrap(), title);
        prop_assert!(title.ends_with(&said(badge.message())));
    }
}

#[test]
fn a_text_longer_than_any_screen_is_drawn_in_its_whole_width() {
    let long = "W".repeat(1_000_000);
    for style in Style::ALL {
        assert!(texts(&Badge::new(&long, "x").with_style(style).svg()).contains(&long));
    }
}
