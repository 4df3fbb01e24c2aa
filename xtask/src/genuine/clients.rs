//! The clients: where they come from, how they are told to speak to the mock, and what they are asked to do.
//!
//! `{port}` in variables, files and arguments is the port that they speak to: the mock's, or the proxy's. Versions are those that run on Node.js 20.

use super::mock::Asides;

/// A client from the npm registry, or from `PyPI`.
#[derive(Debug)]
pub(super) struct Client {
    /// The id of the source that reads its logs.
    pub(super) id: &'static str,
    pub(super) package: &'static str,
    pub(super) version: &'static str,
    pub(super) program: Program,
    pub(super) variables: &'static [(&'static str, &'static str)],
    /// Files of its configuration, from the home folder.
    pub(super) files: &'static [(&'static str, &'static str)],
    /// What it asks for beside the work.
    pub(super) asides: Asides,
    pub(super) runs: &'static [Run],
}

/// What is started, below `node_modules`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Program {
    /// A program of the system, in the package of this system. `{system}` is `linux-x64` and the like.
    Native(&'static str),
    /// A script for Node.js.
    Script(&'static str),
    /// The text of a script for Python, beside a package from `PyPI`.
    Python(&'static str),
}

/// One call of a client.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) name: &'static str,
    pub(super) arguments: &'static [&'static str],
    pub(super) variables: &'static [(&'static str, &'static str)],
    /// Whether every stream breaks off.
    pub(super) is_cut: bool,
}

impl Run {
    pub(super) const fn new(name: &'static str, arguments: &'static [&'static str]) -> Self {
        Self { name, arguments, variables: &[], is_cut: false }
    }

    pub(super) const fn cut(arguments: &'static [&'static str]) -> Self {
        Self { name: "cut", arguments, variables: &[], is_cut: true }
    }

    const fn with(self, variables: &'static [(&'static str, &'static str)]) -> Self {
        Self { variables, ..self }
    }
}

/// All of them, in the order of the report.
pub(super) static CLIENTS: &[Client] =
    &[CLAUDE_CODE, CODEX, GEMINI_CLI, QWEN_CODE, OPENCODE, PI, COPILOT, CLINE];

const CLAUDE_CODE: Client = Client {
    id: "claude-code",
    package: "@anthropic-ai/claude-code",
    version: "2.1.197",
    program: Program::Native("@anthropic-ai/claude-code-{system}/claude"),
    variables: &[
        ("ANTHROPIC_BASE_URL", "http://127.0.0.1:{port}"),
        ("ANTHROPIC_API_KEY", "sk-ant-dummy"),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ("CLAUDE_CODE_MAX_RETRIES", "1"),
    ],
    files: &[],
    asides: &[("summarize this coding conversation", "title")],
    runs: &[
        Run::new(
            "plain",
            &["-p", "say hello", "--model", "claude-sonnet-4-5", "--output-format", "json"],
        ),
        Run::new(
            "continued",
            &[
                "-p",
                "say more",
                "--continue",
                "--model",
                "claude-sonnet-4-5",
                "--output-format",
                "json",
            ],
        ),
        Run::new(
            "tool, three blocks",
            &[
                "-p",
                "please USETOOL USEMULTI now",
                "--model",
                "claude-opus-4-8",
                "--output-format",
                "json",
                "--allowedTools",
                "Bash",
            ],
        ),
        Run::new(
            "sub-agent",
            &[
                "-p",
                "please USETASK now",
                "--model",
                "claude-sonnet-4-5",
                "--output-format",
                "json",
                "--allowedTools",
                "Task",
            ],
        ),
        Run::cut(&["-p", "hello cut", "--model", "claude-haiku-4-5"]),
    ],
};

const CODEX_CONFIG: &str = r#"model = "gpt-5"
model_provider = "mock"

[model_providers.mock]
name = "mock"
base_url = "http://127.0.0.1:{port}/v1"
env_key = "MOCK_KEY"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1
"#;

const CODEX: Client = Client {
    id: "codex",
    package: "@openai/codex",
    version: "0.169.0",
    program: Program::Native("@openai/codex-{system}/vendor/{triple}/bin/codex"),
    variables: &[("MOCK_KEY", "sk-dummy")],
    files: &[(".codex/config.toml", CODEX_CONFIG)],
    asides: &[],
    runs: &[
        Run::new(
            "plain",
            &["exec", "--skip-git-repo-check", "--sandbox", "danger-full-access", "say hello"],
        ),
        Run::new(
            "tool",
            &[
                "exec",
                "--skip-git-repo-check",
                "--sandbox",
                "danger-full-access",
                "please USETOOL now",
            ],
        ),
        Run::new("resumed", &["exec", "resume", "--last", "--skip-git-repo-check", "say more"]),
        Run::cut(&[
            "exec",
            "--skip-git-repo-check",
            "--sandbox",
            "danger-full-access",
            "hello cut",
        ]),
    ],
};

const GEMINI_CLI: Client = Client {
    id: "gemini-cli",
    package: "@google/gemini-cli",
    version: "0.61.0",
    program: Program::Script("@google/gemini-cli/bundle/gemini.js"),
    variables: &[
        ("GEMINI_CLI_TRUST_WORKSPACE", "true"),
        ("GEMINI_API_KEY", "dummy"),
        ("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:{port}"),
    ],
    files: &[(
        ".gemini/settings.json",
        r#"{"security": {"auth": {"selectedType": "gemini-api-key"}}}"#,
    )],
    asides: &[
        ("model_choice", "router"),
        ("complexity_score", "router"),
        ("next_speaker", "next speaker"),
    ],
    runs: &[
        Run::new("plain", &["-p", "say hello", "-m", "gemini-2.5-flash", "--yolo"]),
        Run::new(
            "resumed",
            &["-p", "say more", "-m", "gemini-2.5-flash", "--yolo", "--resume", "latest"],
        ),
        Run::new("tool", &["-p", "please USETOOL now", "-m", "gemini-2.5-flash", "--yolo"]),
        Run::new("no model named", &["-p", "say hello again", "--yolo"]),
        Run::cut(&["-p", "hello cut", "-m", "gemini-2.5-flash", "--yolo"]),
    ],
};

const QWEN_CODE: Client = Client {
    id: "qwen-code",
    package: "@qwen-code/qwen-code",
    version: "0.15.10",
    program: Program::Script("@qwen-code/qwen-code/cli.js"),
    variables: &[
        ("OPENAI_API_KEY", "dummy"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:{port}/v1"),
        ("OPENAI_MODEL", "qwen3-coder-plus"),
    ],
    files: &[],
    asides: &[("managed auto-memory", "memory extractor"), ("memory extract", "memory extractor")],
    runs: &[
        Run::new("plain", &["--auth-type", "openai", "--yolo", "-p", "say hello"]),
        Run::new("continued", &["--auth-type", "openai", "--yolo", "--continue", "-p", "say more"]),
        Run::new("tool", &["--auth-type", "openai", "--yolo", "-p", "please USETOOL now"]),
        Run::cut(&["--auth-type", "openai", "--yolo", "-p", "hello cut"]),
    ],
};

const OPENCODE_CONFIG: &str = r#"{
  "$schema": "https://opencode.ai/config.json",
  "autoupdate": false,
  "provider": {
    "mockchat": {
      "npm": "@ai-sdk/openai-compatible", "name": "mock chat",
      "options": {"baseURL": "http://127.0.0.1:{port}/v1", "apiKey": "dummy"},
      "models": {"gpt-5": {"name": "gpt-5"}}
    },
    "mockresponses": {
      "npm": "@ai-sdk/openai", "name": "mock responses",
      "options": {"baseURL": "http://127.0.0.1:{port}/v1", "apiKey": "dummy"},
      "models": {"gpt-5": {"name": "gpt-5"}}
    },
    "mockmessages": {
      "npm": "@ai-sdk/anthropic", "name": "mock messages",
      "options": {"baseURL": "http://127.0.0.1:{port}/v1", "apiKey": "dummy"},
      "models": {"claude-sonnet-4-5": {"name": "claude-sonnet-4-5"}}
    }
  }
}
"#;

const OPENCODE: Client = Client {
    id: "opencode",
    package: "opencode-ai",
    version: "1.18.33",
    program: Program::Native("opencode-{system}/bin/opencode"),
    variables: &[("OPENCODE_DISABLE_AUTOUPDATE", "1"), ("OPENCODE_DISABLE_MODELS_FETCH", "1")],
    files: &[(".config/opencode/opencode.json", OPENCODE_CONFIG)],
    asides: &[("title generator", "title"), ("Generate a title", "title")],
    runs: &[
        Run::new("chat", &["run", "-m", "mockchat/gpt-5", "say hello"]),
        Run::new("continued", &["run", "--continue", "-m", "mockchat/gpt-5", "say more"]),
        Run::new("chat, tool", &["run", "-m", "mockchat/gpt-5", "please USETOOL now"]),
        Run::new("responses, tool", &["run", "-m", "mockresponses/gpt-5", "please USETOOL now"]),
        Run::new(
            "messages, tool",
            &["run", "-m", "mockmessages/claude-sonnet-4-5", "please USETOOL now"],
        ),
    ],
};

const PI_MODELS: &str = r#"{"providers": {
  "mockmessages": {"baseUrl": "http://127.0.0.1:{port}", "apiKey": "dummy", "api": "anthropic-messages",
    "models": [{"id": "claude-sonnet-4-5"}]},
  "mockresponses": {"baseUrl": "http://127.0.0.1:{port}/v1", "apiKey": "dummy", "api": "openai-responses",
    "models": [{"id": "gpt-5"}]},
  "mockchat": {"baseUrl": "http://127.0.0.1:{port}/v1", "apiKey": "dummy", "api": "openai-completions",
    "models": [{"id": "gpt-5"}]},
  "mockgemini": {"baseUrl": "http://127.0.0.1:{port}/v1beta", "apiKey": "dummy", "api": "google-generative-ai",
    "models": [{"id": "gemini-2.5-flash"}]}
}}
"#;

const PI: Client = Client {
    id: "pi",
    package: "@mariozechner/pi-coding-agent",
    version: "0.73.1",
    program: Program::Script("@mariozechner/pi-coding-agent/dist/cli.js"),
    variables: &[("PI_OFFLINE", "1")],
    files: &[(".pi/agent/models.json", PI_MODELS)],
    asides: &[],
    runs: &[
        Run::new(
            "messages, tool",
            &[
                "-p",
                "--provider",
                "mockmessages",
                "--model",
                "claude-sonnet-4-5",
                "please USETOOL now",
            ],
        ),
        Run::new(
            "continued",
            &[
                "-p",
                "--continue",
                "--provider",
                "mockmessages",
                "--model",
                "claude-sonnet-4-5",
                "say more",
            ],
        ),
        Run::new(
            "responses, tool",
            &["-p", "--provider", "mockresponses", "--model", "gpt-5", "please USETOOL now"],
        ),
        Run::new(
            "chat, tool",
            &["-p", "--provider", "mockchat", "--model", "gpt-5", "please USETOOL now"],
        ),
        Run::new(
            "gemini, tool",
            &[
                "-p",
                "--provider",
                "mockgemini",
                "--model",
                "gemini-2.5-flash",
                "please USETOOL now",
            ],
        ),
        Run::cut(&[
            "-p",
            "--provider",
            "mockmessages",
            "--model",
            "claude-sonnet-4-5",
            "hello cut",
        ]),
    ],
};

const COPILOT: Client = Client {
    id: "copilot-cli",
    package: "@github/copilot",
    version: "1.0.102",
    program: Program::Script("@github/copilot/npm-loader.js"),
    variables: &[("COPILOT_OFFLINE", "true"), ("COPILOT_PROVIDER_API_KEY", "dummy")],
    files: &[],
    asides: &[],
    runs: &[
        Run::new("messages, tool", &["-p", "please USETOOL now", "--allow-all-tools"]).with(&[
            ("COPILOT_PROVIDER_TYPE", "anthropic"),
            ("COPILOT_PROVIDER_BASE_URL", "http://127.0.0.1:{port}"),
            ("COPILOT_MODEL", "claude-sonnet-4-5"),
        ]),
        Run::new("chat, tool", &["-p", "please USETOOL now", "--allow-all-tools"]).with(&[
            ("COPILOT_PROVIDER_TYPE", "openai"),
            ("COPILOT_PROVIDER_BASE_URL", "http://127.0.0.1:{port}/v1"),
            ("COPILOT_MODEL", "gpt-5"),
        ]),
        Run::new("responses, tool", &["-p", "please USETOOL now", "--allow-all-tools"]).with(&[
            ("COPILOT_PROVIDER_TYPE", "openai"),
            ("COPILOT_PROVIDER_WIRE_API", "responses"),
            ("COPILOT_PROVIDER_BASE_URL", "http://127.0.0.1:{port}/v1"),
            ("COPILOT_MODEL", "gpt-5"),
        ]),
    ],
};

const CLINE: Client = Client {
    id: "cline-cli",
    package: "cline",
    version: "3.0.65",
    program: Program::Script("cline/bin/cline"),
    variables: &[("CLINE_NO_AUTO_UPDATE", "1")],
    files: &[],
    asides: &[],
    runs: &[
        Run::new(
            "key",
            &[
                "auth",
                "-p",
                "openai",
                "-k",
                "dummy",
                "-m",
                "gpt-5",
                "-b",
                "http://127.0.0.1:{port}/v1",
            ],
        ),
        Run::new(
            "chat",
            &["-P", "openai", "-m", "gpt-5", "--json", "--timeout", "40", "say hello"],
        ),
        Run::new(
            "chat, tool",
            &["-P", "openai", "-m", "gpt-5", "--json", "--timeout", "40", "please USETOOL now"],
        ),
    ],
};
