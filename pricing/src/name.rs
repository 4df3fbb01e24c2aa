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
    let mut name = without_vendor(&lower).to_owned();
    add(&name);
    while let Some(simpler) = simpler(&name) {
        add(&simpler);
        name = simpler;
    }
    found
}

/// The name after the next step, if there is one: each step is looked up, because a name may be listed
/// with an ending that stands in others' way (`chat-latest`).
fn simpler(name: &str) -> Option<String> {
    if let Some(rest) = without_addition(name).or_else(|| without_date(name)) {
        return Some(rest.to_owned());
    }
    claude_dashes(name).filter(|dashed| dashed != name)
}

/// Takes away who serves the model: `anthropic/…`, `us.anthropic.…`, `openrouter/openai/…`.
fn without_vendor(name: &str) -> &str {
    let name = name.rsplit('/').next().unwrap_or(name);
    let regions = ["us.", "eu.", "apac.", "jp.", "au.", "ca.", "global.", "us-gov."];
    let name = regions.iter().find_map(|region| name.strip_prefix(region)).unwrap_or(name);
    name.strip_prefix("anthropic.").unwrap_or(name)
}

/// Takes away one thing that says how a model is used but not which one it is: `[1m]`, `-v1:0`,
/// `:thinking`, `-thinking`, `(high)`, `-latest`, `@default`.
///
/// Amazon Bedrock ends names of Claude in `-v1:0` or `-v1`, Google Vertex in a day or `@default` (keys of
/// <https://github.com/BerriAI/litellm>, `model_prices_and_context_window.json`, read 2026-11-19). `OpenRouter` ends
/// them in a way of routing, which is no model of its own
/// (<https://openrouter.ai/docs/guides/routing/model-variants/overview>, read 2026-11-22).
fn without_addition(name: &str) -> Option<&str> {
    let endings = [
        "[1m]",
        ":thinking",
        "-thinking",
        ":free",
        ":nitro",
        ":floor",
        ":exacto",
        "-latest",
        "@default",
    ];
    if let Some(rest) = endings.iter().find_map(|ending| name.strip_suffix(ending)) {
        return Some(rest.trim_end());
    }
    if let Some((rest, _)) = name.rsplit_once('(').filter(|_| name.ends_with(')')) {
        return Some(rest.trim_end());
    }
    let (rest, version) = name.rsplit_once("-v")?;
    is_deployment(rest, version).then_some(rest)
}

/// Whether what follows `-v` counts deployments of a model: `1:0`, and `1` behind a name of Claude that
/// has told its version before.
fn is_deployment(model: &str, version: &str) -> bool {
    if let Some((major, minor)) = version.split_once(':') {
        return is_number(major) && is_number(minor);
    }
    let rest = model.strip_prefix("claude-").unwrap_or_default();
    rest.contains(char::is_numeric) && is_number(version)
}

/// `claude-4.5-sonnet` and `claude-sonnet-4.5` are `claude-sonnet-4-5`.
fn claude_dashes(name: &str) -> Option<String> {
    let rest = name.strip_prefix("claude-")?.replace('.', "-");
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
    Some(format!("claude-{swapped}"))
}

/// Takes away the day of a snapshot: `-20250929`, `@20250929`, `-2025-09-29`.
fn without_date(name: &str) -> Option<&str> {
    if let Some((rest, date)) = name.rsplit_once(['-', '@'])
        && date.len() == 8
        && is_number(date)
    {
        return Some(rest);
    }
    let (rest, date) = name.split_at_checked(name.len().checked_sub(11)?)?;
    is_dashed_date(date).then_some(rest)
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
            "us.anthropic.claude-sonnet-4-5-v1:0",
            "anthropic.claude-sonnet-4-5-v1",
            "claude-sonnet-4-5@20250929",
            "vertex_ai/claude-sonnet-4-5@default",
            "claude-sonnet-4-5[1m]",
            "claude-sonnet-4-5-thinking",
            "claude-sonnet-4-5:free",
            "openrouter/anthropic/claude-sonnet-4.5:thinking",
            "openrouter/anthropic/claude-sonnet-4.5:nitro",
        ] {
            assert_eq!(spellings(name).last().unwrap(), "claude-sonnet-4-5", "{name}");
        }
        assert_eq!(spellings("gpt-5.4-2026-03-05 (high)").last().unwrap(), "gpt-5.4");
        assert_eq!(spellings("claude-3.5-sonnet").last().unwrap(), "claude-3-5-sonnet");
        assert_eq!(
            spellings("claude-4.5-sonnet-thinking-20250929").last().unwrap(),
            "claude-sonnet-4-5"
        );
    }

    #[test]
    fn every_step_on_the_way_is_looked_up() {
        let found = spellings("x/chat-thinking-latest (high) [1m]");
        let steps = [
            "x/chat-thinking-latest (high) [1m]",
            "chat-thinking-latest (high) [1m]",
            "chat-thinking-latest (high)",
            "chat-thinking-latest",
            "chat-thinking",
            "chat",
        ];
        assert_eq!(found, steps);
    }

    #[test]
    fn a_version_is_never_taken_away() {
        for name in [
            "gpt-5.9",
            "claude-opus-4-9",
            "gpt-5-codex",
            "o3-pro",
            "deepseek-v3",
            "claude-v2",
            "auto",
            "model",
        ] {
            assert_eq!(spellings(name), [name], "{name}");
        }
    }
}
