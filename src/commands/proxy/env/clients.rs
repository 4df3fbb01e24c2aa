//! The clients. Where nothing else is said, what is here was seen with the client itself against a server of our own
//! (`cargo xtask genuine`), or stands in its documentation, read 2026-11-21.

use super::client::{Base, Client, FileHeaders, Format, Headers, Home, SettingsFile};

/// All, in the order in which they are listed.
pub(crate) static CLIENTS: &[Client] = &[
    CLAUDE,
    CODEX,
    GEMINI,
    OPENCODE,
    QWEN,
    PI,
    COPILOT,
    CLINE,
    AIDER,
    GOOSE,
    CRUSH,
    ZED,
    DROID,
    OPENAI_SDK,
    ANTHROPIC_SDK,
    GOOGLE_GENAI,
    LITELLM,
];

/// What most of them are like.
const PLAIN: Client = Client {
    id: "",
    aliases: &[],
    title: "",
    source: None,
    variables: &[],
    fixed: &[],
    headers: Headers::None,
    file: None,
    notes: &[],
};

/// Settings: <https://docs.anthropic.com/en/docs/claude-code/settings>; a login of one's own behind a base address:
/// <https://docs.anthropic.com/en/docs/claude-code/llm-gateway>.
const CLAUDE: Client = Client {
    id: "claude",
    aliases: &["claude-code"],
    title: "Claude Code",
    source: Some("claude-code"),
    variables: &[("ANTHROPIC_BASE_URL", Base::Root)],
    headers: Headers::Variable("ANTHROPIC_CUSTOM_HEADERS", "\n"),
    file: Some(SettingsFile {
        home: Home::Own { variable: Some("CLAUDE_CONFIG_DIR"), folder: ".claude" },
        names: &["settings.json"],
        format: Format::Json,
        keys: &[(&["env", "ANTHROPIC_BASE_URL"], Base::Root)],
        headers: FileHeaders::Joined(&["env", "ANTHROPIC_CUSTOM_HEADERS"], "\n"),
    }),
    notes: &[
        "Your login stays in use, a subscription as well as a key: it is handed through and never stored.",
        "Claude Code on Bedrock or Vertex does not read this address: see docs/proxy.md.",
    ],
    ..PLAIN
};

/// `openai_base_url` replaces the address of the built-in provider: `codex-rs/model-provider-info/src/lib.rs` of
/// <https://github.com/openai/codex>, which ignores a table `model_providers.openai` (issue 11698 there) and the
/// variable `OPENAI_BASE_URL`.
const CODEX: Client = Client {
    id: "codex",
    title: "Codex",
    source: Some("codex"),
    headers: Headers::File,
    file: Some(SettingsFile {
        home: Home::Own { variable: Some("CODEX_HOME"), folder: ".codex" },
        names: &["config.toml"],
        format: Format::Toml,
        keys: &[(&["openai_base_url"], Base::Codex)],
        headers: FileHeaders::Codex,
    }),
    notes: &[
        "A login with ChatGPT asks chatgpt.com, which only the upstream `codex` of the proxy serves; its tokens are refused by api.openai.com: `--login chatgpt` or `--login key` says which one it is if that cannot be seen.",
        "Codex's other calls to chatgpt.com (limits, cloud tasks) do not go through the proxy; they cost no tokens.",
        "A provider of your own (`model_provider` in config.toml) has its own `base_url`, which this does not change.",
    ],
    ..PLAIN
};

/// `packages/core/src/core/contentGenerator.ts` of <https://github.com/google-gemini/gemini-cli> for keys, and
/// `packages/core/src/code_assist/server.ts` there for a Google login.
const GEMINI: Client = Client {
    id: "gemini",
    aliases: &["gemini-cli"],
    title: "Gemini CLI",
    source: Some("gemini-cli"),
    variables: &[
        ("GOOGLE_GEMINI_BASE_URL", Base::Root),
        ("CODE_ASSIST_ENDPOINT", Base::Of("code-assist")),
    ],
    headers: Headers::Variable("GEMINI_CLI_CUSTOM_HEADERS", ", "),
    file: Some(SettingsFile {
        home: Home::Own { variable: None, folder: ".gemini" },
        names: &[".env"],
        format: Format::Dotenv,
        keys: &[
            (&["GOOGLE_GEMINI_BASE_URL"], Base::Root),
            (&["CODE_ASSIST_ENDPOINT"], Base::Of("code-assist")),
        ],
        headers: FileHeaders::Joined(&["GEMINI_CLI_CUSTOM_HEADERS"], ", "),
    }),
    notes: &[
        "The first address is for an API key. With a Google login, Gemini CLI asks Google's Code Assist at the second one.",
        "A `.env` file in the project, or above it, hides ~/.gemini/.env: Gemini CLI reads the first one only.",
    ],
    ..PLAIN
};

/// <https://opencode.ai/docs/config>, and its page on providers.
const OPENCODE: Client = Client {
    id: "opencode",
    title: "OpenCode",
    source: Some("opencode"),
    headers: Headers::File,
    file: Some(SettingsFile {
        home: Home::Config { folder: "opencode", windows: None },
        names: &["opencode.json", "opencode.jsonc"],
        format: Format::Json,
        keys: &[
            (&["provider", "anthropic", "options", "baseURL"], Base::V1),
            (&["provider", "openai", "options", "baseURL"], Base::V1),
            (&["provider", "google", "options", "baseURL"], Base::V1Beta),
        ],
        headers: FileHeaders::Objects(&[
            &["provider", "anthropic", "options", "headers"],
            &["provider", "openai", "options", "headers"],
            &["provider", "google", "options", "headers"],
        ]),
    }),
    notes: &[
        "Other providers of OpenCode need a line of their own: `provider.NAME.options.baseURL` with {address}/UPSTREAM/v1.",
        "A login with ChatGPT goes to chatgpt.com whatever is set here, beside the proxy.",
    ],
    ..PLAIN
};

/// <https://qwenlm.github.io/qwen-code-docs/en/users/configuration/settings/>.
const QWEN: Client = Client {
    id: "qwen",
    aliases: &["qwen-code"],
    title: "Qwen Code",
    source: Some("qwen-code"),
    variables: &[("OPENAI_BASE_URL", Base::V1)],
    file: Some(SettingsFile {
        home: Home::Own { variable: None, folder: ".qwen" },
        names: &["settings.json"],
        format: Format::Json,
        keys: &[(&["env", "OPENAI_BASE_URL"], Base::V1)],
        headers: FileHeaders::None,
    }),
    notes: &[
        "Your key must be the one of the upstream that serves it: name that with --upstream if it is not OpenAI's.",
        "A `baseUrl` of an entry of `modelProviders`, or of `security.auth`, is used before this one.",
    ],
    ..PLAIN
};

/// `packages/coding-agent/docs/models.md` of <https://github.com/earendil-works/pi>.
const PI: Client = Client {
    id: "pi",
    title: "pi",
    source: Some("pi"),
    headers: Headers::File,
    file: Some(SettingsFile {
        home: Home::Own { variable: Some("PI_CODING_AGENT_DIR"), folder: ".pi/agent" },
        names: &["models.json"],
        format: Format::Json,
        keys: &[
            (&["providers", "anthropic", "baseUrl"], Base::Root),
            (&["providers", "openai", "baseUrl"], Base::V1),
            (&["providers", "google", "baseUrl"], Base::V1Beta),
        ],
        headers: FileHeaders::Objects(&[
            &["providers", "anthropic", "headers"],
            &["providers", "openai", "headers"],
            &["providers", "google", "headers"],
        ]),
    }),
    notes: &[
        "Logins and keys stay where they are; only the addresses of three built-in providers change.",
    ],
    ..PLAIN
};

const COPILOT: Client = Client {
    id: "copilot",
    aliases: &["copilot-cli"],
    title: "GitHub Copilot CLI",
    source: Some("copilot-cli"),
    variables: &[("COPILOT_PROVIDER_BASE_URL", Base::V1)],
    fixed: &[("COPILOT_PROVIDER_TYPE", "openai")],
    notes: &[
        "Only with a key of your own: also set COPILOT_PROVIDER_API_KEY and COPILOT_MODEL. With a GitHub login it asks GitHub alone, and nothing can be put between.",
        "For Claude's models: COPILOT_PROVIDER_TYPE=anthropic and COPILOT_PROVIDER_BASE_URL={address}.",
    ],
    ..PLAIN
};

const CLINE: Client = Client {
    id: "cline",
    aliases: &["cline-cli"],
    title: "Cline",
    source: Some("cline-cli"),
    notes: &[
        "The command line tool takes an address with its key: cline auth -p openai -k KEY -m MODEL -b {address}/v1",
        "In the editor: API provider `OpenAI Compatible` with the base URL {address}/v1, or `Anthropic` with `Use custom base URL` and {address}.",
    ],
    ..PLAIN
};

const AIDER: Client = Client {
    id: "aider",
    title: "aider",
    source: Some("aider"),
    variables: &[("OPENAI_API_BASE", Base::V1), ("ANTHROPIC_API_BASE", Base::Root)],
    notes: &["The same can stand in ~/.aider.conf.yml: `openai-api-base: {address}/v1`."],
    ..PLAIN
};

/// <https://block.github.io/goose/docs/getting-started/providers>.
const GOOSE: Client = Client {
    id: "goose",
    title: "Goose",
    source: Some("goose"),
    variables: &[
        ("ANTHROPIC_HOST", Base::Root),
        ("OPENAI_HOST", Base::Root),
        ("GOOGLE_HOST", Base::Root),
    ],
    notes: &["The same names can stand in Goose's config.yaml."],
    ..PLAIN
};

/// <https://github.com/charmbracelet/crush>: settings of known providers are merged into what it knows of them.
const CRUSH: Client = Client {
    id: "crush",
    title: "Crush",
    source: Some("crush"),
    headers: Headers::File,
    file: Some(SettingsFile {
        home: Home::Config { folder: "crush", windows: Some(("LOCALAPPDATA", "crush")) },
        names: &["crush.json"],
        format: Format::Json,
        keys: &[
            (&["providers", "anthropic", "base_url"], Base::Root),
            (&["providers", "openai", "base_url"], Base::V1),
            (&["providers", "gemini", "base_url"], Base::Root),
        ],
        headers: FileHeaders::Objects(&[
            &["providers", "anthropic", "extra_headers"],
            &["providers", "openai", "extra_headers"],
            &["providers", "gemini", "extra_headers"],
        ]),
    }),
    ..PLAIN
};

/// <https://zed.dev/docs/ai/use-api-access>.
const ZED: Client = Client {
    id: "zed",
    title: "Zed",
    source: Some("zed"),
    file: Some(SettingsFile {
        home: Home::Config { folder: "zed", windows: Some(("APPDATA", "Zed")) },
        names: &["settings.json"],
        format: Format::Json,
        keys: &[
            (&["language_models", "anthropic", "api_url"], Base::Root),
            (&["language_models", "openai", "api_url"], Base::V1),
            (&["language_models", "google", "api_url"], Base::Root),
        ],
        headers: FileHeaders::None,
    }),
    notes: &[
        "Only for keys of your own: models that Zed hosts are asked at Zed, and agents that run in it (Claude Code, Codex) have their own settings.",
    ],
    ..PLAIN
};

/// <https://docs.factory.ai/model-independence/byok>.
const DROID: Client = Client {
    id: "droid",
    title: "Droid",
    source: Some("droid"),
    notes: &[
        "Only for models of your own: give entries of `customModels` in ~/.factory/settings.json this `baseUrl`: {address} for the provider `anthropic`, {address}/v1 for `openai` and `generic-chat-completion-api`.",
        "Models that Factory hosts are asked at Factory, and nothing can be put between.",
    ],
    ..PLAIN
};

const OPENAI_SDK: Client = Client {
    id: "openai-sdk",
    aliases: &["openai"],
    title: "OpenAI's libraries",
    variables: &[("OPENAI_BASE_URL", Base::V1)],
    notes: &["Headers: `OpenAI(default_headers={\"x-token-matters-project\": \"NAME\"})`."],
    ..PLAIN
};

const ANTHROPIC_SDK: Client = Client {
    id: "anthropic-sdk",
    aliases: &["anthropic"],
    title: "Anthropic's libraries",
    variables: &[("ANTHROPIC_BASE_URL", Base::Root)],
    notes: &["Headers: `Anthropic(default_headers={\"x-token-matters-project\": \"NAME\"})`."],
    ..PLAIN
};

const GOOGLE_GENAI: Client = Client {
    id: "google-genai",
    aliases: &["gemini-sdk"],
    title: "Google's Gen AI libraries",
    variables: &[("GOOGLE_GEMINI_BASE_URL", Base::Root)],
    notes: &[
        "In code: `Client(http_options=HttpOptions(base_url=\"{address}\"))`, which also takes `headers`.",
    ],
    ..PLAIN
};

const LITELLM: Client = Client {
    id: "litellm",
    title: "LiteLLM",
    variables: &[("OPENAI_API_BASE", Base::V1), ("ANTHROPIC_API_BASE", Base::Root)],
    notes: &[
        "In code: `completion(..., api_base=…, extra_headers={\"x-token-matters-project\": \"NAME\"})`.",
    ],
    ..PLAIN
};

/// The client of a name.
///
/// # Errors
///
/// There is none; the error says what it may have meant.
pub(crate) fn named(name: &str) -> Result<&'static Client, String> {
    let lower = name.to_lowercase();
    if let Some(client) = CLIENTS.iter().find(|client| client.is_called(&lower)) {
        return Ok(client);
    }
    let names = || {
        CLIENTS
            .iter()
            .flat_map(|client| [client.id].into_iter().chain(client.aliases.iter().copied()))
    };
    let near = names().min_by_key(|known| distance(known, &lower)).filter(|known| {
        distance(known, &lower) <= 2 || known.starts_with(&lower) || lower.starts_with(known)
    });
    let meant = near.map_or_else(String::new, |near| format!(" Did you mean `{near}`?"));
    let elsewhere = if ["cursor", "continue"].contains(&lower.as_str()) {
        " docs/proxy.md says how far it can go through the proxy."
    } else {
        ""
    };
    Err(format!(
        "`{name}` is no client that is known here.{meant}{elsewhere} `token-matters proxy env --list` lists them"
    ))
}

/// Letters to add, take away or change (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut corner = line;
        row[0] = line + 1;
        for (column, &against) in other.iter().enumerate() {
            let changed = corner + usize::from(letter != against);
            corner = row[column + 1];
            row[column + 1] = changed.min(corner + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_others_are_suggested() {
        assert_eq!(named("claude-code").unwrap().id, "claude");
        assert_eq!(named("Codex").unwrap().id, "codex");
        assert!(named("claud").unwrap_err().contains("`claude`"));
        assert!(named("opncode").unwrap_err().contains("`opencode`"));
        assert!(named("cursor").unwrap_err().contains("docs/proxy.md"));
        assert!(!named("zzzzzz").unwrap_err().contains("mean"));
    }

    #[test]
    fn every_client_says_something_and_no_name_is_there_twice() {
        let mut names: Vec<&str> = CLIENTS.iter().map(|client| client.id).collect();
        names.extend(CLIENTS.iter().flat_map(|client| client.aliases.iter().copied()));
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for client in CLIENTS {
            assert!(
                !client.variables.is_empty() || client.file.is_some() || !client.notes.is_empty()
            );
        }
    }
}
