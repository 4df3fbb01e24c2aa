//! Patterns of models and upstreams: `*` stands for any run of characters. Letters' case does not count.

/// Whether a whole name fits a pattern.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut read) = (0, 0);
    // Where the last star stands, and how much of the name it takes.
    let mut star: Option<(usize, usize)> = None;
    while read < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(letter) if letter.eq_ignore_ascii_case(&name[read]) => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                at = place + 1;
                read = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run() {
        let yes = [
            ("gpt-*", "gpt-5.1"),
            ("*", ""),
            ("*-mini", "gpt-5-mini"),
            ("a*b*c", "axxbyybzzc"),
            ("Claude-*", "claude-opus-4-8"),
            ("o1", "o1"),
            ("claude-*", "claude-opus-4"),
            ("gpt-5", "GPT-5"),
            ("*-mini", "o3-mini"),
            ("a*b*c", "axxbyyc"),
            ("a**c", "ac"),
            ("*b*", "abc"),
            ("ab*ba", "abba"),
        ];
        for (pattern, name) in yes {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        let no = [
            ("gpt-*", "xgpt-5"),
            ("o1", "o1-mini"),
            ("", "a"),
            ("a*b", "ac"),
            ("*-mini", "mini"),
            ("claude-*", "xclaude-1"),
            ("gpt-5", "gpt-5-mini"),
            ("ab*ba", "aba"),
            ("a*b*c", "acb"),
            ("*-mini", "o3-mini-high"),
            ("a*", ""),
        ];
        for (pattern, name) in no {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
