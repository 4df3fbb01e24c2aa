//! Which tool a client is that names itself in `User-Agent`.

use super::{is_known, tells_statements};

/// First words of `User-Agent`, in lower case, by the id of the tool that sends them. Ids of tools stand for themselves
/// and are not listed.
///
/// Read 2026-11-21 in the tools' own code and in requests that they sent: `claude-cli/2.1.197 (external, cli)`,
/// `codex_cli_rs/0.169.0 (…)` with its siblings `codex_exec`, `codex-tui` and `codex_vscode` (originators of
/// <https://github.com/openai/codex>), `GeminiCLI/… (linux; x64)` (<https://github.com/google-gemini/gemini-cli>),
/// `QwenCode/… (linux; x64)` (<https://github.com/QwenLM/qwen-code>), `RooCode/…`
/// (<https://github.com/RooCodeInc/Roo-Code>), `Kilo-Code/…` (<https://github.com/Kilo-Org/kilocode>), `KimiCLI/…`
/// (<https://github.com/MoonshotAI/kimi-cli>), `Charm-Crush/… (https://charm.land/crush)`
/// (<https://github.com/charmbracelet/crush>), `factory-cli/…` (Droid), `GitHubCopilotChat/…` (Copilot in VS Code), `copilot/…` (Copilot CLI).
const CLIENTS: [(&str, &str); 11] = [
    ("charm-crush", "crush"),
    ("claude-cli", "claude-code"),
    ("copilot", "copilot-cli"),
    ("factory-cli", "droid"),
    ("geminicli", "gemini-cli"),
    ("githubcopilotchat", "copilot-vscode"),
    ("kilo-code", "kilo-code"),
    ("kimicli", "kimi-cli"),
    ("pi-coding-agent", "pi"),
    ("qwencode", "qwen-code"),
    ("roocode", "roo-code"),
];

/// Beginnings of such words: tools that name themselves after the place that they run in, as `codex_vscode` and
/// `GeminiCLI-vscode` do.
const FAMILIES: [(&str, &str); 5] = [
    ("codex_", "codex"),
    ("codex-", "codex"),
    ("geminicli-", "gemini-cli"),
    ("goose-", "goose"),
    ("qwencode-", "qwen-code"),
];

/// Id of the tool that a client is: `claude-cli/2.1.197` and `claude-code/2.1.197` are `claude-code`. `None` for what
/// may be any program, such as an SDK.
///
/// ```
/// use data_schema::sources::of_client;
/// assert_eq!(of_client("claude-cli/2.1.197 (external, cli)"), Some("claude-code"));
/// assert_eq!(of_client("openai-python/1.2"), None);
/// ```
pub fn of_client(client: &str) -> Option<&'static str> {
    let name = client.trim().split(['/', ' ']).next()?;
    let name = name.to_ascii_lowercase();
    let listed = CLIENTS.binary_search_by(|(known, _)| (*known).cmp(&name));
    if let Ok(place) = listed {
        return Some(CLIENTS[place].1);
    }
    if let Some((_, tool)) = FAMILIES.iter().find(|(beginning, _)| name.starts_with(beginning)) {
        return Some(tool);
    }
    // The proxy and vendors' interfaces are sources, and no tools.
    let is_tool = is_known(&name) && name != super::PROXY && !tells_statements(&name);
    let known = || super::KNOWN.iter().find(|(id, _)| *id == name).map(|(id, _)| *id);
    if is_tool { known() } else { None }
}

/// Tools that may speak under the name of another one: forks and hosts of Claude Code, and Qwen Code, which calls
/// itself `claude-cli` where it speaks Anthropic's protocol (<https://github.com/QwenLM/qwen-code>, read 2026-11-21).
const SPEAK_AS: [(&str, &str); 5] = [
    ("cc-mirror", "claude-code"),
    ("claude-desktop", "claude-code"),
    ("claude-science", "claude-code"),
    ("openclaude", "claude-code"),
    ("qwen-code", "claude-code"),
];

/// Whether requests under the name of `named` may be those of `tool`.
pub fn may_speak_as(tool: &str, named: &str) -> bool {
    tool == named || SPEAK_AS.contains(&(tool, named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_sorted_and_name_known_sources() {
        assert!(CLIENTS.is_sorted_by(|one, other| one.0 < other.0));
        assert!(CLIENTS.iter().all(|(_, id)| is_known(id)));
        let lower = |name: &str| name.bytes().all(|byte| !byte.is_ascii_uppercase());
        assert!(CLIENTS.iter().all(|(name, _)| lower(name)));
    }

    #[test]
    fn a_client_is_found_by_its_name_in_any_case_and_by_the_id_of_its_source() {
        for (client, tool) in [
            ("codex_exec/0.169.0 (Debian 13.0.0; x86_64)", Some("codex")),
            ("GeminiCLI/0.29.0/gemini-2.5-pro (linux; x64)", Some("gemini-cli")),
            ("opencode/1.0.3 ai-sdk/provider-utils/3.0", Some("opencode")),
            ("goose", Some("goose")),
            ("proxy/1", None),
            ("litellm/1.80", None),
            ("OpenAI/Python 1.2", None),
            ("", None),
        ] {
            assert_eq!(of_client(client), tool, "{client}");
        }
    }
}
