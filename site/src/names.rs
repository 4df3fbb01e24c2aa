//! Names from logs, made harmless: as one line of text, and as part of a path.

use data_schema::HashId;

/// Letters of a name that is not cut; of a longer one, so many of its beginning and of its end stay, where
/// versions are.
const LETTERS: usize = 64;
const BEGIN: usize = 40;
const END: usize = 23;

/// Longest part of a path that is made of a name.
const SLUG: usize = 60;

/// A name as one line: control characters become spaces, marks that turn the direction of the text around
/// them go, and what is longer than any real name is cut in the middle.
pub(crate) fn line(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    let line: String = text.chars().filter(|letter| !turns(*letter)).map(plain).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return "unnamed".to_owned();
    }
    let letters: Vec<char> = line.chars().collect();
    if letters.len() <= LETTERS {
        return line;
    }
    let begin: String = letters[..BEGIN].iter().collect();
    let end: String = letters[letters.len() - END..].iter().collect();
    format!("{begin}…{end}")
}

/// Whether a letter turns the direction of the text around it.
pub(crate) fn turns(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A name as part of a path and of a URL: lower-case letters, digits, `.`, `_` and `-`. What is not so by itself gets
/// a hash, so that two names never share a page.
pub(crate) fn slug(name: &str) -> String {
    let safe = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || "._-".contains(letter)
    };
    let starts_well =
        name.starts_with(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit());
    let is_plain = starts_well
        && name.len() <= SLUG
        && name.chars().all(safe)
        && !name.ends_with('.')
        && !reserved(name);
    if is_plain {
        return name.to_owned();
    }
    let lower = name.to_lowercase();
    let mut text: String =
        lower.chars().map(|letter| if safe(letter) { letter } else { '-' }).collect();
    text.truncate(SLUG);
    let hash = HashId::new("slug", name).to_string();
    let text = text.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    format!("{}{}{}", text, if text.is_empty() { "" } else { "-" }, &hash[..8.min(hash.len())])
}

/// Names that Windows keeps for devices.
fn reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    let numbered = |word: &str| {
        stem.len() == 4
            && stem.starts_with(word)
            && stem.ends_with(|letter: char| letter.is_ascii_digit())
    };
    ["con", "prn", "aux", "nul"].contains(&stem) || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line_that_turns_nothing_around() {
        assert_eq!(line("gpt-5.5"), "gpt-5.5");
        assert_eq!(line(" a\nb\u{0}\tc "), "a b c");
        assert_eq!(line("evil\u{202e}txt.exe\u{2066}"), "eviltxt.exe");
        assert_eq!(line("\u{200f}\n"), "unnamed");
        assert_eq!(line(&"é".repeat(64)), "é".repeat(64));
        let long = format!("{}-2026-05", "é".repeat(60));
        assert_eq!(line(&long), format!("{}…{}-2026-05", "é".repeat(40), "é".repeat(15)));
    }

    #[test]
    fn a_slug_is_a_safe_part_of_a_path_and_no_two_names_share_one() {
        assert_eq!(slug("claude-opus-4.8"), "claude-opus-4.8");
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "CON",
            "con",
            "lpt1.txt",
            "index.html\0",
            "Ä",
            "-x",
            "x.",
        ] {
            let slug = slug(name);
            assert_ne!(slug, name);
            assert!(slug.starts_with(|letter: char| letter.is_ascii_alphanumeric()), "{slug}");
            assert!(!slug.contains(['/', '\\', ':', ' ']), "{slug}");
        }
        assert_ne!(slug("a/b"), slug("a-b"));
        assert_ne!(slug("GPT"), slug("gpt"));
        assert!(slug(&"x/".repeat(300)).len() < 80);
    }
}
