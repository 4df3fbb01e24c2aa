//! Sources that are known by name: the same id and title in the collector, in summaries and on pages.

mod client;

pub use client::{may_speak_as, of_client};

/// Id of the source that reads the ledger of our own proxy.
pub const PROXY: &str = "proxy";

/// Id and title of every source, in an order that never changes: the places of the first ten are the numbers of their
/// marks and preferred colours. New ones go to the end.
pub const KNOWN: [(&str, &str); 76] = [
    ("claude-code", "Claude Code"),
    ("codex", "Codex CLI"),
    ("gemini-cli", "Gemini CLI"),
    ("opencode", "OpenCode"),
    ("cursor", "Cursor"),
    ("copilot-cli", "Copilot CLI"),
    ("qwen-code", "Qwen Code"),
    ("glm-coding", "GLM Coding"),
    ("trae-pro", "Trae"),
    ("proxy", "Proxy"),
    ("claude-desktop", "Claude Desktop"),
    ("cc-mirror", "cc-mirror"),
    ("claude-science", "Claude Science"),
    ("kilo-cli", "Kilo CLI"),
    ("mimo-code", "MiMo Code"),
    ("copilot-vscode", "Copilot in VS Code"),
    ("cline", "Cline"),
    ("roo-code", "Roo Code"),
    ("kilo-code", "Kilo Code"),
    ("zoo-code", "Zoo Code"),
    ("bob", "IBM Bob"),
    ("cline-cli", "Cline CLI"),
    ("amp", "Amp"),
    ("droid", "Droid"),
    ("codebuff", "Codebuff"),
    ("goose", "Goose"),
    ("hermes", "Hermes Agent"),
    ("pi", "pi"),
    ("omp", "OMP"),
    ("gajae-code", "gajae-code"),
    ("openclaw", "OpenClaw"),
    ("kimi-cli", "Kimi CLI"),
    ("kimi-code", "Kimi Code"),
    ("grok", "Grok Build"),
    ("antigravity", "Antigravity"),
    ("zed", "Zed"),
    ("kiro", "Kiro"),
    ("junie", "Junie"),
    ("zcode", "ZCode"),
    ("mux", "Mux"),
    ("crush", "Crush"),
    ("devin", "Devin"),
    ("jcode", "Jcode"),
    ("codebuddy", "CodeBuddy"),
    ("workbuddy", "WorkBuddy"),
    ("deepseek-harness", "DeepSeek Harness"),
    ("piebald", "Piebald"),
    ("rovo-dev", "Rovo Dev"),
    ("mistral-vibe", "Mistral Vibe"),
    ("forge", "Forge"),
    ("aider", "Aider"),
    ("opencodereview", "OpenCodeReview"),
    ("octofriend", "Octofriend"),
    ("quick-desktop", "Quick Desktop"),
    ("lingtai", "LingTai"),
    ("buzz", "Buzz"),
    ("codewhale", "CodeWhale"),
    ("zerostack", "Zerostack"),
    ("command-code", "Command Code"),
    ("warp", "Warp"),
    ("openclaude", "OpenClaude"),
    ("open-design", "Open Design"),
    ("continue", "Continue"),
    ("anthropic-admin", "Anthropic usage and cost"),
    ("anthropic-claude-code", "Claude Code analytics"),
    ("openai-admin", "OpenAI usage and costs"),
    ("openrouter", "OpenRouter activity"),
    ("copilot-metrics", "Copilot metrics"),
    ("litellm", "LiteLLM spend"),
    ("zai-monitor", "z.ai monitoring"),
    ("cursor-admin", "Cursor team usage"),
    ("cursor-export", "Cursor export"),
    ("claude-relay", "claude-relay-service"),
    ("cliproxyapi", "CLIProxyAPI"),
    ("sub2api", "Sub2API"),
    ("cursor-local", "Cursor on this machine"),
];

/// Sources whose format is known from what others say of it, and from neither a file that the tool wrote in a run of
/// ours nor its own code: what they count is partial at best. Sorted. A test of the collector keeps it equal to its
/// registry.
pub const UNVERIFIED: &[&str] = &[
    "amp",
    "antigravity",
    "bob",
    "claude-science",
    "codebuddy",
    "codebuff",
    "command-code",
    "cursor-export",
    "cursor-local",
    "devin",
    "droid",
    "junie",
    "kiro",
    "piebald",
    "quick-desktop",
    "rovo-dev",
    "trae-pro",
    "workbuddy",
    "zcode",
];

/// Whether a source's format is known from descriptions only.
pub fn is_unverified(id: &str) -> bool {
    UNVERIFIED.binary_search(&id).is_ok()
}

/// Interfaces of vendors and relays: what they tell are statements, a second opinion that is in no total.
pub const STATEMENTS: [&str; 12] = [
    "glm-coding",
    "zai-monitor",
    "cursor-admin",
    "anthropic-admin",
    "anthropic-claude-code",
    "openai-admin",
    "openrouter",
    "copilot-metrics",
    "litellm",
    "claude-relay",
    "cliproxyapi",
    "sub2api",
];

/// Whether a source tells statements.
pub fn tells_statements(id: &str) -> bool {
    STATEMENTS.contains(&id)
}

/// What the names of all models begin with that a statement without a model is about.
pub fn unnamed_models(id: &str) -> Option<&'static str> {
    matches!(id, "glm-coding" | "zai-monitor").then_some("glm")
}

/// The title of a known source.
pub fn title(id: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(known, _)| *known == id).map(|(_, title)| *title)
}

/// Whether a source is a tool or vendor that everybody can have. Any other folder of a machine may be called anything.
pub fn is_known(id: &str) -> bool {
    title(id).is_some()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{KNOWN, UNVERIFIED, is_known, is_unverified};

    #[test]
    fn every_source_has_an_id_and_a_title_of_its_own() {
        let ids: BTreeSet<&str> = KNOWN.iter().map(|(id, _)| *id).collect();
        let titles: BTreeSet<&str> = KNOWN.iter().map(|(_, title)| *title).collect();
        assert_eq!((ids.len(), titles.len()), (KNOWN.len(), KNOWN.len()));
        let is_plain = |id: &&str| {
            id.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        assert!(ids.iter().all(is_plain));
    }

    #[test]
    fn unverified_sources_are_sorted_and_known() {
        assert!(UNVERIFIED.is_sorted_by(|one, other| one < other), "{UNVERIFIED:?}");
        assert!(UNVERIFIED.iter().all(|id| is_known(id) && is_unverified(id)));
        assert!(!is_unverified("claude-code"));
    }
}
