//! Settings, presets, and the addresses that paths lead to.

use std::path::{Path, PathBuf};

use proxy::{Auth, Config, Family, Settings, Surroundings, Upstream, presets};

fn build(text: &str) -> Result<Config, Vec<String>> {
    build_with(text, &[], None)
}

fn build_with(
    text: &str,
    variables: &[(&str, &str)],
    home: Option<&Path>,
) -> Result<Config, Vec<String>> {
    let variable = |wanted: &str| {
        let found = variables.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| (*value).to_owned())
    };
    let key = |text: &str| match text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => variable(name).ok_or_else(|| format!("`{name}` is not set")),
        None => Ok(text.to_owned()),
    };
    let around = Surroundings { key: &key, variable: &variable, home };
    let built = Settings::parse(text).config(PathBuf::from("nowhere"), &around);
    built.map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

fn uri(upstream: &Upstream, path: &str) -> String {
    upstream.uri(&path.parse().unwrap()).unwrap().to_string()
}

#[test]
fn a_path_with_and_without_a_version_arrives_at_the_same_place() {
    let cases = [
        (Family::Openai, "https://a.example", "https://a.example/v1/chat/completions"),
        (Family::Openai, "https://a.example/v1", "https://a.example/v1/chat/completions"),
        (Family::Openai, "https://a.example/v1/", "https://a.example/v1/chat/completions"),
        (Family::Openai, "https://a.example/api/v4", "https://a.example/api/v4/chat/completions"),
        (Family::Openai, "https://a.example/team", "https://a.example/team/v1/chat/completions"),
    ];
    for (family, address, expected) in cases {
        let upstream = Upstream::new("a", family, address).unwrap();
        assert_eq!(uri(&upstream, "/v1/chat/completions"), expected, "{address}");
        assert_eq!(uri(&upstream, "/chat/completions"), expected, "{address}");
        assert_eq!(uri(&upstream, "/v1/chat/completions?a=b"), format!("{expected}?a=b"));
        let whole = expected.strip_prefix("https://a.example").unwrap();
        assert_eq!(uri(&upstream, whole), expected, "{address}: its own path stays");
    }
    let anthropic = Upstream::new("a", Family::Anthropic, "https://a.example/anthropic").unwrap();
    assert_eq!(uri(&anthropic, "/v1/messages"), "https://a.example/anthropic/v1/messages");
    assert_eq!(uri(&anthropic, "/messages"), "https://a.example/anthropic/v1/messages");
    assert_eq!(uri(&anthropic, "/api/oauth/usage"), "https://a.example/anthropic/api/oauth/usage");
    let gemini = Upstream::new("g", Family::Gemini, "https://g.example/v1beta").unwrap();
    assert_eq!(
        uri(&gemini, "/v1/models/m:countTokens"),
        "https://g.example/v1/models/m:countTokens"
    );
    assert_eq!(uri(&gemini, "/models/m:x"), "https://g.example/v1beta/models/m:x");
    let bedrock = Upstream::new("b", Family::Bedrock, "https://b.example").unwrap();
    assert_eq!(uri(&bedrock, "/model/a%3A1/invoke"), "https://b.example/model/a%3A1/invoke");
    assert_eq!(uri(&bedrock, "/v1/x"), "https://b.example/v1/x");
}

#[test]
fn presets_are_asked_where_their_vendors_answer() {
    let text = "proxy:\n  upstreams:\n    azure: {resource: mine}\n    infomaniak: {project: '42'}\n    cloudflare: {account: abc}\n    vertex: {region: europe-west1}\n    bedrock: {region: eu-central-1}\n";
    let config = build(text).unwrap();
    let cases = [
        (
            "azure",
            "/v1/chat/completions",
            "https://mine.openai.azure.com/openai/v1/chat/completions",
        ),
        (
            "azure",
            "/openai/deployments/gpt/chat/completions?api-version=1",
            "https://mine.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=1",
        ),
        (
            "infomaniak",
            "/chat/completions",
            "https://api.infomaniak.com/2/ai/42/openai/v1/chat/completions",
        ),
        (
            "cloudflare",
            "/v1/chat/completions",
            "https://api.cloudflare.com/client/v4/accounts/abc/ai/v1/chat/completions",
        ),
        (
            "vertex",
            "/v1/projects/p/locations/europe-west1/publishers/google/models/g:generateContent",
            "https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/europe-west1/publishers/google/models/g:generateContent",
        ),
        (
            "vertex",
            "/projects/p/locations/l",
            "https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/l",
        ),
        (
            "bedrock",
            "/model/m/converse",
            "https://bedrock-runtime.eu-central-1.amazonaws.com/model/m/converse",
        ),
    ];
    for (name, path, expected) in cases {
        assert_eq!(uri(&config.upstreams[name], path), expected, "{name}");
    }
    assert_eq!(config.upstreams["vertex"].region.as_deref(), Some("europe-west1"));
    let ready = build("proxy:\n  upstreams: {openrouter: {}, perplexity: {}, zai: {}, codex: {}, deepinfra: {}, github-models: {}}\n").unwrap();
    let cases = [
        ("openrouter", "https://openrouter.ai/api/v1/chat/completions"),
        ("perplexity", "https://api.perplexity.ai/chat/completions"),
        ("zai", "https://api.z.ai/api/paas/v4/chat/completions"),
        ("codex", "https://chatgpt.com/backend-api/codex/chat/completions"),
        ("deepinfra", "https://api.deepinfra.com/v1/openai/chat/completions"),
        ("github-models", "https://models.github.ai/inference/chat/completions"),
    ];
    for (name, expected) in cases {
        for path in ["/v1/chat/completions", "/chat/completions"] {
            assert_eq!(uri(&ready.upstreams[name], path), expected, "{name} {path}");
        }
    }
}

#[test]
fn without_settings_the_vendors_of_the_protocols_answer() {
    let config = build("").unwrap();
    assert!(config.has_presets && config.upstreams.is_empty() && !config.gate.requires_key());
    for (name, url) in [
        ("anthropic", "https://api.anthropic.com"),
        ("openai", "https://api.openai.com/v1"),
        ("gemini", "https://generativelanguage.googleapis.com"),
    ] {
        assert_eq!(presets()[name].url, url);
        assert_eq!(presets()[name].family.word(), name);
    }
    let here = build_with("", &[("AWS_REGION", "us-west-2")], None).unwrap();
    let bedrock = &here.upstreams["bedrock"];
    assert_eq!(bedrock.address(), "https://bedrock-runtime.us-west-2.amazonaws.com");
    assert!(!bedrock.has_credential(), "nothing is signed unasked");
}

#[test]
fn every_setting_is_read() {
    let text = "machine: work\nproxy:\n  listen: 0.0.0.0:9000\n  upstreams:\n    mine:\n      url: http://gpu.example:8000\n      protocol: openai\n      auth: x-my-key\n      key: ${MINE}\n      vendor: ours\n      models: [llama-*, qwen*]\n    openai: http://127.0.0.1:1/v1\n    deepseek: {key: plain}\n  default:\n    anthropic: zai-anthropic\n    openai: mine\n  models:\n    - match: gpt-*\n      upstream: openai\n  limits: {head: 32 KB, body: 1 GB, buffered: 2097152, bufferedInAll: 32 MB, connections: 100}\n  deadlines: {clientHead: 5s, clientIdle: 6s, connect: 7s, upstreamHead: 8m, upstreamIdle: 9m, shutdown: 1h}\n  retries: 2\n  keepAlive: 15s\n  requireKey: true\n  budgets: [{project: a, limit: 50 USD/month}]\n  unpriced: block\n";
    let config = build_with(text, &[("MINE", "secret-1")], None).unwrap();
    assert_eq!(config.listen.to_string(), "0.0.0.0:9000");
    let mine = &config.upstreams["mine"];
    assert_eq!((&*mine.vendor, mine.family), ("ours", Family::Openai));
    assert!(matches!(&mine.auth, Auth::Header(name) if name == "x-my-key"));
    assert!(mine.has_credential() && config.gate.requires_key());
    assert!(!format!("{config:?}").contains("secret-1"));
    assert_eq!(config.upstreams["openai"].address(), "http://127.0.0.1:1/v1");
    assert_eq!(config.defaults[&Family::Openai], "mine");
    assert_eq!(config.defaults[&Family::Anthropic], "zai-anthropic");
    let models: Vec<String> =
        config.models.iter().map(|(pattern, name)| format!("{pattern}={name}")).collect();
    // What is said in so many words comes first; `openai` brings what is known of its models.
    assert_eq!(models[..3], ["gpt-*=openai", "deepseek-*=deepseek", "llama-*=mine"]);
    let limits = &config.limits;
    assert_eq!((limits.head, limits.body, limits.buffered), (32 << 10, 1 << 30, 2 << 20));
    assert_eq!((limits.buffered_in_all, limits.connections), (32 << 20, 100));
    let deadlines = &config.deadlines;
    let seconds = [
        deadlines.client_head,
        deadlines.client_idle,
        deadlines.connect,
        deadlines.upstream_head,
        deadlines.upstream_idle,
        deadlines.shutdown,
    ];
    assert_eq!(seconds.map(|span| span.as_secs()), [5, 6, 7, 480, 540, 3600]);
    assert_eq!((config.retries, config.keep_alive.unwrap().as_secs()), (2, 15));
    let gate = format!("{:?}", config.gate);
    assert!(gate.contains("Block") && gate.contains("Project(\"a\")"), "{gate}");
}

#[test]
fn faults_are_told_with_line_key_and_remedy() {
    let text = "machine: a\nproxy:\n  listn: 1\n  listen: localhost\n  upstreams:\n    One: http://x\n    v1: http://x\n    mine: {}\n    opnrouter: {}\n    azure: {}\n    two:\n      url: ftp://x\n    three:\n      url: http://x\n      ky: a\n      protocol: soap\n    four: {url: 'http://x', key: '${NONE}'}\n    five: {url: 'http://u:p@x'}\n  default: {openai: opanai, gpt: openai}\n  models: [{match: a}]\n  limits: {head: much}\n  deadlines: {conect: 1}\n  retries: 99\n";
    let faults = build(text).unwrap_err();
    let expected = [
        "line 3: `proxy.listn` is not a known key: did you mean `listen`?",
        "line 4: `proxy.listen`: must be an address and a port, such as 127.0.0.1:8999",
        "line 6: `proxy.upstreams.One`: a name has lower-case letters, digits and `-` only",
        "line 7: `proxy.upstreams.v1`: `v1` begins paths of the APIs: take another name",
        "line 8: `proxy.upstreams.mine`: needs `url`, as it is no built-in upstream",
        "line 9: `proxy.upstreams.opnrouter`: needs `url`, as it is no built-in upstream; or did you mean `openrouter`?",
        "line 10: `proxy.upstreams.azure`: the upstream `azure` needs `resource`: set `proxy.upstreams.azure.resource` in config.yaml",
        "line 12: `proxy.upstreams.two.url`: `ftp://x` must begin with http:// or https://",
        "line 15: `proxy.upstreams.three.ky` is not a known key: did you mean `key`?",
        "line 16: `proxy.upstreams.three.protocol`: must be anthropic, openai, gemini, bedrock or other",
        "line 17: `proxy.upstreams.four.key`: `NONE` is not set",
        "line 18: `proxy.upstreams.five.url`: an address has no user, no password and no `?`",
        "line 19: `proxy.default.gpt` is not a known key: known are anthropic, openai, gemini, bedrock",
        "line 19: `proxy.default.openai`: `opanai` is no upstream: did you mean `openai`?",
        "line 20: `proxy.models`: must be a list of `- {match: PATTERN, upstream: NAME}`",
        "line 21: `proxy.limits.head`: must be an amount such as 64 KB, 256 MB, or a number of bytes",
        "line 22: `proxy.deadlines.conect` is not a known key: did you mean `connect`?",
        "line 23: `proxy.retries`: must be a number from 0 to 10",
    ];
    for fault in expected {
        assert!(
            faults.iter().any(|told| told.starts_with(fault)),
            "{fault}\nis not in\n{}",
            faults.join("\n")
        );
    }
    assert_eq!(faults.len(), expected.len(), "{}", faults.join("\n"));
    assert!(build("proxy: [1\n").unwrap_err()[0].contains("not valid YAML"));
    assert_eq!(
        build("proxy: 3\n").unwrap_err(),
        ["line 1: `proxy`: must be a list of `key: value` lines"]
    );
}

#[test]
fn a_command_line_adds_upstreams() {
    let around = Surroundings { key: &|key| Ok(key.to_owned()), variable: &|_| None, home: None };
    let mut settings = Settings::parse("proxy:\n  upstreams:\n    openai: {key: mine}\n");
    for (written, is_good) in [
        ("openai=http://127.0.0.1:1", true),
        ("mine=anthropic+http://127.0.0.1:2/x", true),
        ("plain=http://127.0.0.1:3", true),
        ("openai", false),
        ("Mine=http://127.0.0.1:4", false),
        ("x=soap+http://127.0.0.1:5", false),
    ] {
        assert_eq!(settings.add(written).is_ok(), is_good, "{written}");
    }
    let config = settings.config(PathBuf::from("nowhere"), &around).unwrap();
    let upstream = |name: &str| (config.upstreams[name].family, config.upstreams[name].address());
    assert_eq!(upstream("openai"), (Family::Openai, "http://127.0.0.1:1".to_owned()));
    assert_eq!(upstream("mine"), (Family::Anthropic, "http://127.0.0.1:2/x".to_owned()));
    assert_eq!(upstream("plain").0, Family::Openai);
    assert_eq!(config.defaults.len(), 1, "{:?}", config.defaults);
}
