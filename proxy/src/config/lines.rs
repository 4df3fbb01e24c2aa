//! The line of a key in a YAML file, for messages.

/// The line, from 1, of a key that stands below others; of the innermost of them that begins a line.
pub(super) fn line_of(text: &str, path: &[&str]) -> Option<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let (mut from, mut outer, mut found) = (0, None, None);
    for key in path {
        let Some(at) = below(&lines, from, outer).find(|at| is_key(lines[*at], key)) else { break };
        (found, from, outer) = (Some(at + 1), at + 1, Some(indent(lines[at])));
    }
    found
}

/// Lines that stand deeper than the key above them, or at the margin.
fn below<'l>(
    lines: &'l [&str],
    from: usize,
    outer: Option<usize>,
) -> impl Iterator<Item = usize> + 'l {
    let is_content = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let all = (from..lines.len()).filter(move |at| is_content(lines[*at]));
    all.take_while(move |at| outer.is_none_or(|outer| indent(lines[*at]) > outer))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '-']).len()
}

fn is_key(line: &str, key: &str) -> bool {
    let line = line.trim_start_matches([' ', '-', '"', '\'', '{']);
    let rest = line.strip_prefix(key).unwrap_or_default();
    rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_that_of_the_key_below_its_own_parents() {
        let text = "url: 1\nproxy:\n  # url: 2\n  upstreams:\n    one:\n      url: 3\n    two: {url: 4}\n  models:\n    - match: a\n      upstream: one\nother:\n  limits: 5\n";
        assert_eq!(line_of(text, &["proxy", "upstreams", "one", "url"]), Some(6));
        assert_eq!(line_of(text, &["proxy", "upstreams", "two", "url"]), Some(7));
        assert_eq!(line_of(text, &["proxy", "models"]), Some(8));
        assert_eq!(line_of(text, &["proxy", "limits"]), Some(2));
        assert_eq!(line_of("{}", &["proxy"]), None);
    }
}
