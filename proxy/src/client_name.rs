//! Which tool asks, by its `User-Agent`.
//!
//! Names of tools are known in one place, [`data_schema::sources::of_client`].

use data_schema::Text;
use data_schema::sources;

/// Longest name and version that are kept.
const LONGEST: usize = 64;

/// The tool and its version, under the id of its source where that is known; libraries stay what they are.
pub(crate) fn of(user_agent: &str) -> Option<Text> {
    let (product, version) = product(user_agent.trim_start())?;
    let version: String = version.chars().take_while(|letter| is_plain(*letter)).collect();
    let name = sources::of_client(&product).unwrap_or(&product);
    let mut text = if version.is_empty() { name.to_owned() } else { format!("{name}/{version}") };
    text.truncate(LONGEST);
    Some(Text::from(text))
}

/// The product's name in lower case and what begins with its version: `name/1.2 …`, or `Vendor/Language 1.2` of
/// official libraries. A name of two words (`Charm Crush/1.2`) is joined.
fn product(user_agent: &str) -> Option<(String, &str)> {
    let (name, rest) = user_agent.split_once('/').unwrap_or((user_agent, ""));
    let name = match name.split_once(' ') {
        Some((first, second)) if !rest.is_empty() && !second.contains(' ') => {
            format!("{first}-{second}")
        }
        Some((first, _)) => first.to_owned(),
        None => name.to_owned(),
    };
    let name = name.to_ascii_lowercase();
    let name = name.strip_prefix("async").unwrap_or(&name);
    if !is_word(name) {
        return None;
    }
    if let ("openai" | "anthropic", Some((language, version))) = (name, rest.split_once(' '))
        && is_word(language)
    {
        return Some((format!("{name}-{}", language.to_ascii_lowercase()), version));
    }
    Some((name.to_owned(), rest))
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | '+')
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_go_under_the_ids_of_their_sources() {
        let all = [
            ("claude-cli/2.1.197 (external, cli)", "claude-code/2.1.197"),
            ("codex_exec/0.169.0 (Debian 13.0.0; x86_64) unknown", "codex/0.169.0"),
            ("codex_cli_rs/0.87.0", "codex/0.87.0"),
            ("GeminiCLI/0.52.1/gemini-3.8-flash (linux; x64; terminal)", "gemini-cli/0.52.1"),
            ("opencode/1.18.4 ai-sdk/provider-utils/4.0.1 runtime/bun/1.3.14", "opencode/1.18.4"),
            ("QwenCode/0.21.0 (linux; x64)", "qwen-code/0.21.0"),
            ("copilot/1.0.51 (linux v24.1.0)", "copilot-cli/1.0.51"),
            ("GitHubCopilotChat/0.40.0", "copilot-vscode/0.40.0"),
            ("Cline/3.90.1", "cline/3.90.1"),
            ("goose/1.19", "goose/1.19"),
            ("aider/0.90.1", "aider/0.90.1"),
            ("Kilo-Code/7.1", "kilo-code/7.1"),
            ("Charm Crush/0.61.0", "crush/0.61.0"),
            ("pi/0.80", "pi/0.80"),
        ];
        for (user_agent, expected) in all {
            assert_eq!(of(user_agent).as_deref(), Some(expected), "{user_agent}");
        }
    }

    #[test]
    fn libraries_and_others_stay_what_they_are() {
        let all = [
            ("OpenAI/Python 1.2", Some("openai-python/1.2")),
            ("AsyncOpenAI/Python 3.1.0", Some("openai-python/3.1.0")),
            ("Anthropic/Python 2.11.0", Some("anthropic-python/2.11.0")),
            ("Anthropic/JS 0.90.0", Some("anthropic-js/0.90.0")),
            ("google-genai-sdk/3.4.0 gl-python/3.13.5", Some("google-genai-sdk/3.4.0")),
            ("python-requests/2.33.0", Some("python-requests/2.33.0")),
            ("curl", Some("curl")),
            ("pirate/1.0", Some("pirate/1.0")),
            ("", None),
            ("/1.0", None),
            ("<script>/1", None),
        ];
        for (user_agent, expected) in all {
            assert_eq!(of(user_agent).as_deref(), expected, "{user_agent}");
        }
    }

    #[test]
    fn a_long_one_is_cut_and_a_version_ends_at_the_first_odd_sign() {
        let long = of(&format!("tool/{}", "1".repeat(500)));
        assert_eq!(long.map(|name| name.len()), Some(LONGEST));
        assert_eq!(of("tool/1.2;key=secret").as_deref(), Some("tool/1.2"));
    }
}
