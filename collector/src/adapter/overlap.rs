//! One spend, two tools: a tool that passes a call to another tool, which keeps a log of its own. The other tool called
//! the model, so the call counts there.

/// Names that tools give to a provider that is another tool of this machine, one whose logs are read too. Not among
/// them: `gemini-cli` and `qwen-code`, by which some tools mean the login of that tool and call the model themselves.
///
/// Goose: <https://github.com/block/goose/tree/main/crates/goose/src/providers>; `OpenCode`:
/// <https://www.npmjs.com/package/ai-sdk-provider-claude-code>; Zed:
/// <https://zed.dev/docs/ai/external-agents>. Read 2026-11-21.
const TOOLS: [&str; 12] = [
    "amp-acp",
    "claude-acp",
    "claude-agent-sdk",
    "claude-cli",
    "claude-code",
    "claude-code-acp",
    "codex-acp",
    "codex-cli",
    "copilot-acp",
    "gemini-acp",
    "opencode-acp",
    "pi-acp",
];

/// Whether what a tool names as the provider is another tool that keeps a log of its own.
pub(crate) fn logs_itself(provider: &str) -> bool {
    TOOLS.iter().any(|tool| provider.trim().eq_ignore_ascii_case(tool))
}
