use std::collections::BTreeSet;

use super::*;
use crate::cube::tests::{shard, use_of};

fn colors(uses: &[(u16, &str)], fixed: &[(&str, u8)]) -> (Cube, Colors) {
    let rows: Vec<_> = uses.iter().map(|(day, source)| use_of(*day, source, "m", 1)).collect();
    let cube = Cube::new(&[shard(2026, &rows)]).unwrap();
    let fixed = fixed.iter().map(|(name, slot)| ((*name).to_owned(), *slot)).collect();
    let colors = Colors::new(&cube, Dimension::Source, &fixed);
    (cube, colors)
}

fn color(cube: &Cube, colors: &Colors, names: &[&str]) -> Vec<String> {
    let all = cube.names(Dimension::Source);
    let place =
        |name: &&str| Place::try_from(all.iter().position(|known| known == name).unwrap()).unwrap();
    let places: Vec<Place> = names.iter().map(place).collect();
    let page = colors.of_page(&places);
    places.iter().map(|place| page.get(place).map_or(OTHER, String::as_str).to_owned()).collect()
}

#[test]
fn a_known_source_has_its_colour_whatever_else_is_there() {
    let (cube, alone) = colors(&[(1, "codex")], &[]);
    assert_eq!(color(&cube, &alone, &["codex"]), ["s1"]);
    let (cube, among) = colors(&[(1, "aider"), (2, "codex"), (3, "zed")], &[]);
    assert_eq!(color(&cube, &among, &["zed", "codex", "aider"]), ["s2", "s1", "s0"]);
}

#[test]
fn a_name_that_comes_later_changes_no_colour() {
    let (cube, before) = colors(&[(1, "aider"), (2, "zed")], &[]);
    let old = color(&cube, &before, &["aider", "zed"]);
    let (cube, after) = colors(&[(1, "aider"), (2, "zed"), (3, "amp"), (4, "bee")], &[]);
    assert_eq!(color(&cube, &after, &["bee", "aider", "amp", "zed"])[1], old[0]);
    assert_eq!(color(&cube, &after, &["bee", "aider", "amp", "zed"])[3], old[1]);
}

#[test]
fn no_two_names_of_a_page_share_a_colour_and_the_seventh_is_other() {
    let ids: Vec<String> = (0..9).map(|number| format!("tool-{number}")).collect();
    let uses: Vec<(u16, &str)> = (1..).zip(ids.iter().map(String::as_str)).collect();
    let (cube, colors) = colors(&uses, &[("tool-3", 0)]);
    let names: Vec<&str> = ids.iter().rev().map(String::as_str).collect();
    let found = color(&cube, &colors, &names);
    let own: BTreeSet<&String> = found.iter().filter(|color| *color != OTHER).collect();
    assert_eq!(own.len(), SERIES.len());
    assert_eq!(found.iter().filter(|color| *color == OTHER).count(), 3);
    assert_eq!(color(&cube, &colors, &["tool-3"]), ["s0"]);
}

#[test]
fn the_best_known_sources_have_a_mark_that_no_other_has() {
    let own: BTreeSet<&str> = KNOWN.iter().take(OWN_MARKS).map(|(id, _)| mark(id)).collect();
    assert_eq!(own.len(), OWN_MARKS);
    assert!(KNOWN.iter().skip(OWN_MARKS).all(|(id, _)| !own.contains(mark(id))));
    assert_eq!(mark("a-tool-of-tomorrow"), mark("a-tool-of-tomorrow"));
    assert_eq!(source_title("claude-code"), "Claude Code");
    assert_eq!(source_title("a\nb"), "a b");
}
