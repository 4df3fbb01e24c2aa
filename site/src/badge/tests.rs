use std::path::Path;

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    file: String,
    label: String,
    message: String,
    color: String,
}

#[test]
fn flat_badges_are_those_of_badge_maker_byte_by_byte() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let index = fs_err::read(folder.join("index.json")).unwrap();
    let all: Vec<Golden> = serde_json::from_slice(&index).unwrap();
    assert_eq!(all.len(), 8);
    let templates = Templates::new().unwrap();
    for golden in all {
        let expected = fs_err::read_to_string(folder.join(&golden.file)).unwrap();
        let made = flat(&templates, &golden.label, &golden.message, &golden.color).unwrap();
        assert_eq!(made, expected.trim_end(), "{}", golden.file);
    }
}

#[test]
fn widths_are_sorted_for_the_search() {
    assert!(WIDTHS.is_sorted_by_key(|(letter, _)| *letter));
}
