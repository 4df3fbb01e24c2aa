//! The module of Explore, put together from its parts.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Parts of the module, each after those that it uses.
pub(super) const PARTS: [&str; 11] = [
    include_str!("../../../../templates/explore/numbers.js"),
    include_str!("../../../../templates/explore/days.js"),
    include_str!("../../../../templates/explore/state.js"),
    include_str!("../../../../templates/explore/rows.js"),
    include_str!("../../../../templates/explore/text.js"),
    include_str!("../../../../templates/explore/chart.js"),
    include_str!("../../../../templates/explore/dom.js"),
    include_str!("../../../../templates/explore/controls.js"),
    include_str!("../../../../templates/explore/plot.js"),
    include_str!("../../../../templates/explore/view.js"),
    include_str!("../../../../templates/explore/main.js"),
];

/// Its path below the root, with a hash of what it holds.
pub(super) fn address(module: &str) -> String {
    let hash = HEXLOWER.encode(&Sha256::digest(module.as_bytes()));
    format!("explore/explore-{}.js", &hash[..8])
}

/// The parts as one module: one request, without imports between them, comments on lines of their own, indentation
/// and needless line ends. No text in them goes over several lines.
pub(super) fn text() -> String {
    let is_code =
        |line: &&str| !(line.is_empty() || line.starts_with("//") || line.starts_with("import "));
    let lines = PARTS.iter().flat_map(|part| part.lines()).map(str::trim).filter(is_code);
    let mut text = String::new();
    for line in lines {
        text.push_str(&tight(line.strip_prefix("export ").unwrap_or(line)));
        if !line.ends_with(['{', '(', '[', ',', ';']) {
            text.push('\n');
        }
    }
    text
}

/// A line without the spaces around signs, outside of texts and templates. One with a pattern or an escape stays as it
/// is.
pub(super) fn tight(line: &str) -> String {
    if line.replace(" / ", "").contains(['/', '\\']) {
        return line.to_owned();
    }
    let (mut text, mut code, mut quote) = (String::new(), String::new(), None);
    for letter in line.chars() {
        match quote {
            Some(end) => {
                text.push(letter);
                quote = Some(end).filter(|end| *end != letter);
            }
            None if letter == '"' || letter == '`' => {
                text.push_str(&without_spaces(&code));
                code.clear();
                text.push(letter);
                quote = Some(letter);
            }
            None => code.push(letter),
        }
    }
    text.push_str(&without_spaces(&code));
    text
}

fn without_spaces(code: &str) -> String {
    let is_sign = |letter: Option<&char>| {
        letter.is_some_and(|letter| "=,;:?<>{}()[]|&*/%!".contains(*letter))
    };
    let letters: Vec<char> = code.chars().collect();
    let stays = |index: &usize| {
        let beside = index.checked_sub(1).and_then(|before| letters.get(before));
        letters[*index] != ' ' || !(is_sign(beside) || is_sign(letters.get(index + 1)))
    };
    (0..letters.len()).filter(stays).map(|index| letters[index]).collect()
}
