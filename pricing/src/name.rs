//! Spellings of model names.
//!
//! A name is looked up as it is, then with documented additions taken away, one after the other; what
//! is left must be in the book. A neighbour's price is never taken: `gpt-5.9` is not `gpt-5`.

/// The spellings of a name to look up, the most exact first.
pub(crate) fn spellings(name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |name: &str| {
        if !name.is_empty() && !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    };
    let lower = name.trim().to_lowercase();
    add(&lower);
    let local = without_vendor(&lower);
    add(local);
    let plain = without_additions(local);
    add(plain);
    let dashed = claude_dashes(plain);
    add(&dashed);
    add(without_date(&dashed));
    found
}

/// Takes away who serves the model: `anthropic/…`, `us.anthropic.…`, `openrouter/openai/…`.
fn without_vendor(name: &str) -> &str {
    let name = name.rsplit('/').next().unwrap_or(name);
    let regions = ["us.", "eu.", "apac.", "jp.", "au.", "global.", "us-gov."];
    let name = regions.iter().find_map(|region| name.strip_prefix(region)).unwrap_or(name);
    name.strip_prefix("anthropic.").unwrap_or(name)
}

/// Takes away what says how a model is used but not which one it is: `[1m]`, `-v1:0`, `:thinking`,
/// `-thinking`, `(high)`, `-latest`.
fn without_additions(name: &str) -> &str {
    let mut name = name;
    loop {
        let before = name;
        for ending in ["[1m]", ":thinking", "-thinking", ":free", "-latest"] {
            name = name.strip_suffix(ending).unwrap_or(name).trim_end();
        }
        if let Some((rest, _)) = name.rsplit_once('(').filter(|_| name.ends_with(')')) {
            name = rest.trim_end();
        }
        if let Some((rest, version)) = name.rsplit_once("-v")
            && version
                .split_once(':')
                .is_some_and(|(major, minor)| is_number(major) && is_number(minor))
        {
            name = rest;
        }
        if name == before {
            return name;
        }
    }
}

/// `claude-4.5-sonnet` and `claude-sonnet-4.5` are `claude-sonnet-4-5`.
fn claude_dashes(name: &str) -> String {
    let Some(rest) = name.strip_prefix("claude-") else { return name.to_owned() };
    let rest = rest.replace('.', "-");
    let parts: Vec<&str> = rest.split('-').collect();
    let numbers = parts.iter().take_while(|part| is_number(part) && part.len() < 3).count();
    let families = ["opus", "sonnet", "haiku"];
    let swapped = match parts.get(numbers) {
        // Version 3 had its number in front.
        Some(family)
            if (1..=2).contains(&numbers) && families.contains(family) && parts[0] != "3" =>
        {
            let (version, tail) = (&parts[..numbers], &parts[numbers + 1..]);
            [&[*family][..], version, tail].concat().join("-")
        }
        _ => rest,
    };
    format!("claude-{swapped}")
}

/// Takes away the day of a snapshot: `-20250929`, `@20250929`, `-2025-09-29`.
fn without_date(name: &str) -> &str {
    if let Some((rest, date)) = name.rsplit_once(['-', '@'])
        && date.len() == 8
        && is_number(date)
    {
        return rest;
    }
    let start = name.len().saturating_sub(11);
    match name.get(start..) {
        Some(date) if is_dashed_date(date) => &name[..start],
        _ => name,
    }
}

fn is_dashed_date(text: &str) -> bool {
    text.len() == 11
        && text.bytes().enumerate().all(|(index, byte)| match index {
            0 | 5 | 8 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a reseller gives the model away.
pub(crate) fn is_free(name: &str) -> bool {
    name.trim().ends_with(":free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_ends_in_the_same_name() {
        for name in [
            "claude-sonnet-4-5",
            "Claude-Sonnet-4.5",
            "claude-4.5-sonnet",
            "anthropic/claude-sonnet-4-5-20250929",
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "claude-sonnet-4-5@20250929",
            "claude-sonnet-4-5[1m]",
            "claude-sonnet-4-5-thinking",
            "claude-sonnet-4-5:free",
            "openrouter/anthropic/claude-sonnet-4.5:thinking",
        ] {
            assert_eq!(spellings(name).last().unwrap(), "claude-sonnet-4-5", "{name}");
        }
        assert_eq!(spellings("gpt-5.4-2026-03-05 (high)").last().unwrap(), "gpt-5.4");
        assert_eq!(spellings("claude-3.5-sonnet").last().unwrap(), "claude-3-5-sonnet");
    }

    #[test]
    fn a_version_is_never_taken_away() {
        for name in ["gpt-5.9", "claude-opus-4-9", "gpt-5-codex", "o3-pro", "auto", "model"] {
            assert_eq!(spellings(name), [name], "{name}");
        }
    }
}
