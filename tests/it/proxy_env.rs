//! `proxy env`: what each client is told, and settings files that come back byte for byte.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{Machine, Run, tree};

/// All clients, as `--list` has them.
const CLIENTS: [&str; 17] = [
    "claude",
    "codex",
    "gemini",
    "opencode",
    "qwen",
    "pi",
    "copilot",
    "cline",
    "aider",
    "goose",
    "crush",
    "zed",
    "droid",
    "openai-sdk",
    "anthropic-sdk",
    "google-genai",
    "litellm",
];
/// Those whose settings file can be changed, with its path from the home folder.
const WITH_FILE: [(&str, &str); 8] = [
    ("claude", ".claude/settings.json"),
    ("codex", ".codex/config.toml"),
    ("gemini", ".gemini/.env"),
    ("opencode", ".config/opencode/opencode.json"),
    ("qwen", ".qwen/settings.json"),
    ("pi", ".pi/agent/models.json"),
    ("crush", ".config/crush/crush.json"),
    ("zed", ".config/zed/settings.json"),
];

fn env(machine: &Machine, arguments: &[&str]) -> Run {
    machine.run(&[&["proxy", "env"], arguments].concat())
}

/// With everything that differs between machines replaced.
fn filtered(machine: &Machine, text: &str) -> String {
    text.replace(machine.root.path().to_str().unwrap(), "[ROOT]")
}

fn put(machine: &Machine, path: &str, text: &str) -> PathBuf {
    machine.write_log(path, text);
    machine.home().join(path)
}

fn text(path: &PathBuf) -> String {
    fs_err::read_to_string(path).unwrap()
}

#[cfg(unix)]
#[test]
fn every_client_is_told_what_to_export_or_to_write() {
    let machine = Machine::new();
    let told: Vec<String> = CLIENTS
        .iter()
        .map(|client| format!("== {client}\n{}", env(&machine, &[client]).ok().stdout()))
        .collect();
    let told = told.concat();
    insta::assert_snapshot!(filtered(&machine, &told));
    insta::assert_snapshot!(filtered(&machine, &env(&machine, &["--list"]).ok().stdout()));
    assert!(!machine.data().exists(), "printing changes nothing");
    assert!(tree(&machine.home()).is_empty());
}

#[cfg(unix)]
#[test]
fn every_client_with_a_project_and_a_key_of_the_proxy() {
    let machine = Machine::new();
    let flags = ["--project", "shop", "--own-key", "tm-1234", "--upstream", "work"];
    let told: Vec<String> = CLIENTS
        .iter()
        .map(|client| {
            let told = env(&machine, &[&[*client], &flags[..]].concat()).ok().stdout();
            let lines =
                told.lines().filter(|line| !line.starts_with("# ") || line.starts_with("#   "));
            format!("== {client}\n{}\n", lines.collect::<Vec<_>>().join("\n"))
        })
        .collect();
    let told = told.concat();
    insta::assert_snapshot!(filtered(&machine, &told));
}

/// What a shell makes of the lines.
#[cfg(unix)]
fn evaluated(machine: &Machine, arguments: &[&str], variable: &str) -> String {
    let script = format!("eval \"$(cat)\"; printf %s \"${variable}\"");
    let lines = env(machine, arguments).ok().stdout();
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .env(variable, "before")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), lines.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[cfg(unix)]
#[test]
fn a_shell_takes_the_lines_as_they_are() {
    let machine = Machine::new();
    assert_eq!(evaluated(&machine, &["claude"], "ANTHROPIC_BASE_URL"), "http://127.0.0.1:8999");
    let headers = ["claude", "--project", "it's $HOME", "--own-key", "tm-1"];
    assert_eq!(
        evaluated(&machine, &headers, "ANTHROPIC_CUSTOM_HEADERS"),
        "x-token-matters-project: it's $HOME\nx-token-matters-key: tm-1"
    );
    assert_eq!(evaluated(&machine, &["claude", "--undo"], "ANTHROPIC_BASE_URL"), "");
    // A client without variables sets none, and its lines are still a script.
    assert_eq!(evaluated(&machine, &["codex"], "OPENAI_BASE_URL"), "before");
}

#[test]
fn lines_are_for_the_shell_that_is_named() {
    let machine = Machine::new();
    let line = |shell: &str| {
        let told = env(&machine, &["goose", "--shell", shell]).ok().stdout();
        told.lines().find(|line| line.contains("ANTHROPIC_HOST")).unwrap().to_owned()
    };
    assert_eq!(line("sh"), "export ANTHROPIC_HOST=http://127.0.0.1:8999");
    assert_eq!(line("fish"), "set -gx ANTHROPIC_HOST 'http://127.0.0.1:8999'");
    assert_eq!(line("powershell"), "$env:ANTHROPIC_HOST = 'http://127.0.0.1:8999'");
    assert_eq!(line("cmd"), "set \"ANTHROPIC_HOST=http://127.0.0.1:8999\"");
}

#[test]
fn the_address_is_that_of_the_configuration() {
    let machine = Machine::new();
    let told = || env(&machine, &["anthropic-sdk"]).ok().stdout();
    machine.config("proxy:\n  listen: 0.0.0.0:9100\n");
    assert!(told().contains("ANTHROPIC_BASE_URL=http://127.0.0.1:9100\n"), "{}", told());
    machine.config("proxy:\n  listen: '[::1]:9100'\n");
    assert!(told().contains("http://[::1]:9100"), "{}", told());
    let told =
        env(&machine, &["anthropic-sdk", "--address", "https://proxy.example/"]).ok().stdout();
    assert!(told.contains("ANTHROPIC_BASE_URL=https://proxy.example\n"), "{told}");
    for wrong in ["127.0.0.1:8999", "http://", "http://a b", "http://x$(id)", "http://u:p@h"] {
        assert_eq!(env(&machine, &["claude", "--address", wrong]).code(), 2, "{wrong}");
    }
}

#[test]
fn names_that_are_unknown_are_answered_with_what_was_meant() {
    let machine = Machine::new();
    let run = env(&machine, &["claud"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("Did you mean `claude`?"), "{}", run.stderr());
    assert!(env(&machine, &["cursor"]).stderr().contains("docs/proxy.md"));
    assert_eq!(env(&machine, &[]).code(), 2);
    let run = env(&machine, &["aider", "--write"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("has no settings file"), "{}", run.stderr());
}

#[test]
fn a_file_that_was_not_there_is_made_and_taken_away_again() {
    for (client, path) in WITH_FILE {
        let machine = Machine::new();
        let file = machine.home().join(path);
        let dry = env(&machine, &[client, "--write", "--dry-run"]).ok();
        assert!(dry.stderr().contains("would be changed"), "{}", dry.stderr());
        assert!(!file.exists() && !machine.data().exists(), "{client}");
        env(&machine, &[client, "--write"]).ok();
        let written = text(&file);
        assert!(written.contains("http://127.0.0.1:8999") && written.ends_with('\n'), "{written}");
        let again = env(&machine, &[client, "--write"]).ok();
        assert!(again.stderr().contains("nothing to change"), "{client}: {}", again.stderr());
        assert_eq!(text(&file), written);
        env(&machine, &[client, "--undo"]).ok();
        assert!(!file.exists(), "{client}");
        assert!(tree(&machine.data()).is_empty(), "{client}");
        let again = env(&machine, &[client, "--undo"]).ok();
        assert!(again.stderr().contains("nothing was written"), "{}", again.stderr());
    }
}

/// Files as people have them: comments, odd spaces, line ends of Windows, keys that are there already.
const JSON: [&str; 6] = [
    "{}",
    "{}\n",
    "{\n  \"model\": \"x\",\n  \"env\": {\n    \"A\": \"1\"\n  }\n}\n",
    "{\r\n\t\"z\" : 1e3,\r\n\t\"env\": {},\r\n\t\"provider\": {\"anthropic\": {\"options\": {\"baseURL\": \"https://api.anthropic.com/v1\"}}}\r\n}\r\n",
    "{\"a\":[1,2,{\"b\":\"}\\\"\"}],\"env\":{\"ANTHROPIC_BASE_URL\":\"https://api.anthropic.com\",\"OPENAI_BASE_URL\":\"https://api.openai.com/v1\"}}",
    "// mine\n{\n  /* of the tool */\n  \"language_models\": {\n    \"anthropic\": { \"version\": \"1\", }, // last\n  },\n  \"providers\": { \"日本\": {} },\n}\n",
];
const TOML: [&str; 5] = [
    "",
    "# mine\nmodel = \"gpt-5\" # the big one\n",
    "model = 'x'\r\n\r\n[projects.\"/a b\"]\r\ntrust_level = \"trusted\"\r\n",
    "openai_base_url   =   \"https://api.openai.com/v1\"   # old\n\n[tui]\nnotifications = true",
    "[[hooks]]\nname = \"a\"\n[model_providers]\n[model_providers.x]\nname = 'X'\n",
];
const DOTENV: [&str; 4] = [
    "",
    "# keys\nGEMINI_API_KEY=\"canary # secret\"\n",
    "A=1\r\nexport GOOGLE_GEMINI_BASE_URL = 'https://generativelanguage.googleapis.com' # old\r\nB=2",
    "GEMINI_MODEL=x",
];

fn samples(path: &str) -> &'static [&'static str] {
    match path.rsplit('.').next().unwrap() {
        "toml" => &TOML,
        "env" => &DOTENV,
        _ => &JSON,
    }
}

#[test]
fn every_file_comes_back_byte_for_byte() {
    for (client, path) in WITH_FILE {
        for sample in samples(path) {
            let machine = Machine::new();
            let file = put(&machine, path, sample);
            for flags in [&["--write"][..], &["--write", "--project", "shop"], &["--write"]] {
                env(&machine, &[&[client], flags].concat()).ok();
                assert!(text(&file).contains("http://127.0.0.1:8999"), "{client}: {}", text(&file));
            }
            env(&machine, &[client, "--undo"]).ok();
            assert_eq!(text(&file), *sample, "{client}");
            assert!(tree(&machine.data()).is_empty());
        }
    }
}

#[test]
fn everything_else_in_a_file_stays_as_it_is() {
    let machine = Machine::new();
    let file = put(&machine, ".config/zed/settings.json", JSON[5]);
    env(&machine, &["zed", "--write"]).ok();
    let zed = text(&file);
    for kept in
        ["// mine\n", "/* of the tool */", "// last\n", "\"version\": \"1\"", "\"日本\": {}"]
    {
        assert!(zed.contains(kept), "{kept}: {zed}");
    }
    let file = put(&machine, ".codex/config.toml", TOML[3]);
    env(&machine, &["codex", "--write"]).ok();
    assert_eq!(
        text(&file),
        "openai_base_url   =   \"http://127.0.0.1:8999/v1\"   # old\n\n[tui]\nnotifications = true"
    );
    let file = put(&machine, ".gemini/.env", DOTENV[2]);
    env(&machine, &["gemini", "--write"]).ok();
    assert_eq!(
        text(&file),
        "A=1\r\nGOOGLE_GEMINI_BASE_URL=http://127.0.0.1:8999\r\nB=2\r\nCODE_ASSIST_ENDPOINT=http://127.0.0.1:8999/code-assist\r\n"
    );
}

#[test]
fn a_file_that_was_changed_since_loses_only_what_was_set_here() {
    let machine = Machine::new();
    let file = put(&machine, ".claude/settings.json", "{\n  \"model\": \"x\"\n}\n");
    env(&machine, &["claude", "--write", "--project", "shop"]).ok();
    let edited =
        text(&file).replace("\"model\": \"x\"", "\"model\": \"y\",\n  \"theme\": \"dark\"");
    fs_err::write(&file, &edited).unwrap();
    // Once more in between: what was there at first is still known.
    env(&machine, &["claude", "--write"]).ok();
    fs_err::write(&file, text(&file) + "\n").unwrap();
    let run = env(&machine, &["claude", "--undo"]).ok();
    assert!(run.stderr().contains("changed since by somebody else"), "{}", run.stderr());
    let left: serde_json::Value = serde_json::from_str(&text(&file)).unwrap();
    assert_eq!(left, serde_json::json!({"model": "y", "theme": "dark"}));
}

#[test]
fn a_value_that_somebody_else_has_set_since_stays() {
    let machine = Machine::new();
    let file = put(&machine, ".codex/config.toml", "model = \"x\"\n");
    env(&machine, &["codex", "--write"]).ok();
    let edited = text(&file).replace("http://127.0.0.1:8999/v1", "https://other.example/v1");
    fs_err::write(&file, &edited).unwrap();
    let run = env(&machine, &["codex", "--undo"]).ok();
    assert!(run.stderr().contains("somebody else has set it since"), "{}", run.stderr());
    assert_eq!(text(&file), edited);
}

#[test]
fn a_server_of_somebodys_own_is_not_passed_over() {
    let machine = Machine::new();
    let own = "{\"env\": {\"ANTHROPIC_BASE_URL\": \"https://me:canary@gateway.example\"}}";
    let file = put(&machine, ".claude/settings.json", own);
    let run = env(&machine, &["claude", "--write"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("--upstream NAME"), "{}", run.stderr());
    assert!(!run.stderr().contains("canary"), "{}", run.stderr());
    assert_eq!(text(&file), own);
    let run = env(&machine, &["claude", "--write", "--upstream", "gateway"]).ok();
    assert!(!run.stderr().contains("canary"), "{}", run.stderr());
    assert!(text(&file).contains("http://127.0.0.1:8999/gateway\""), "{}", text(&file));
    env(&machine, &["claude", "--undo"]).ok();
    assert_eq!(text(&file), own);
    env(&machine, &["claude", "--write", "--replace"]).ok();
    env(&machine, &["claude", "--undo"]).ok();
    assert_eq!(text(&file), own);
}

#[test]
fn files_that_are_broken_are_never_written() {
    for (client, path, broken) in [
        ("claude", ".claude/settings.json", "{\"env\": {"),
        ("claude", ".claude/settings.json", "[]"),
        ("claude", ".claude/settings.json", "{\"env\": \"none\"}"),
        ("claude", ".claude/settings.json", "{\"a\": 1 \"b\": 2}"),
        ("opencode", ".config/opencode/opencode.json", "{'provider': {}}"),
        ("codex", ".codex/config.toml", "model = \n"),
        ("codex", ".codex/config.toml", "[openai_base_url]\nx = 1\n"),
    ] {
        let machine = Machine::new();
        let file = put(&machine, path, broken);
        let run = env(&machine, &[client, "--write"]);
        assert_eq!(run.code(), 1, "{broken}: {}", run.stderr());
        assert!(run.stderr().contains("left as it is"), "{}", run.stderr());
        assert_eq!(text(&file), broken);
        assert!(!machine.data().exists(), "{broken}");
    }
    let machine = Machine::new();
    let file = put(&machine, ".claude/settings.json", "");
    fs_err::write(&file, b"{\"a\": \"\xff\"}").unwrap();
    assert_eq!(env(&machine, &["claude", "--write"]).code(), 1);
    assert_eq!(fs_err::read(&file).unwrap(), b"{\"a\": \"\xff\"}");
}

#[test]
fn headers_of_somebodys_own_stay_beside_ours() {
    let machine = Machine::new();
    let own = "{\"env\": {\"ANTHROPIC_CUSTOM_HEADERS\": \"x-team: a\"}}";
    let file = put(&machine, ".claude/settings.json", own);
    env(&machine, &["claude", "--write", "--project", "one"]).ok();
    let run =
        env(&machine, &["claude", "--write", "--project", "two", "--own-key", "canary-key"]).ok();
    assert!(!run.stderr().contains("canary-key"), "{}", run.stderr());
    let now: serde_json::Value = serde_json::from_str(&text(&file)).unwrap();
    assert_eq!(
        now["env"]["ANTHROPIC_CUSTOM_HEADERS"],
        "x-team: a\nx-token-matters-project: two\nx-token-matters-key: canary-key"
    );
    env(&machine, &["claude", "--undo"]).ok();
    assert_eq!(text(&file), own);
}

#[test]
fn codex_is_pointed_where_its_login_is_taken() {
    let machine = Machine::new();
    let file = machine.home().join(".codex/config.toml");
    let written = |arguments: &[&str]| {
        env(&machine, &[&["codex", "--write"], arguments].concat()).ok();
        text(&file)
    };
    assert_eq!(written(&[]), "openai_base_url = \"http://127.0.0.1:8999/v1\"\n");
    let auth =
        r#"{"auth_mode": "chatgpt", "OPENAI_API_KEY": null, "tokens": {"access_token": "canary"}}"#;
    put(&machine, ".codex/auth.json", auth);
    assert_eq!(written(&[]), "openai_base_url = \"http://127.0.0.1:8999/codex\"\n");
    assert_eq!(written(&["--login", "key"]), "openai_base_url = \"http://127.0.0.1:8999/v1\"\n");
    put(&machine, ".codex/auth.json", r#"{"OPENAI_API_KEY": "canary"}"#);
    let with_project = written(&["--project", "shop"]);
    for line in [
        "model_provider = \"token-matters\"",
        "requires_openai_auth = true",
        "x-token-matters-project = \"shop\"",
    ] {
        assert!(with_project.contains(line), "{with_project}");
    }
    assert_eq!(text(&machine.home().join(".codex/auth.json")), r#"{"OPENAI_API_KEY": "canary"}"#);
    for (path, content) in tree(&machine.data()) {
        assert!(!String::from_utf8_lossy(&content).contains("canary"), "{}", path.display());
    }
}

#[cfg(unix)]
#[test]
fn rights_and_links_stay_and_what_is_known_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &PathBuf| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
    let machine = Machine::new();
    let real = put(&machine, "dotfiles/claude.json", "{}");
    fs_err::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    let link = machine.home().join(".claude/settings.json");
    fs_err::create_dir_all(link.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    env(&machine, &["claude", "--write"]).ok();
    assert!(fs_err::symlink_metadata(&link).unwrap().is_symlink());
    assert!(text(&real).contains("8999"));
    assert_eq!(mode(&real), 0o640);
    assert_eq!(mode(&machine.data().join("proxy/clients/claude.json")), 0o600);
    env(&machine, &["claude", "--undo"]).ok();
    assert_eq!((text(&real).as_str(), mode(&real)), ("{}", 0o640));
}

#[test]
fn a_record_that_is_damaged_stops_it_before_anything_is_lost() {
    let machine = Machine::new();
    let file = put(&machine, ".claude/settings.json", "{}");
    env(&machine, &["claude", "--write"]).ok();
    let written = text(&file);
    fs_err::write(machine.data().join("proxy/clients/claude.json"), "{").unwrap();
    for flag in ["--write", "--undo"] {
        let run = env(&machine, &["claude", flag]);
        assert_eq!(run.code(), 1);
        assert!(run.stderr().contains("it says what was changed"), "{}", run.stderr());
    }
    assert_eq!(text(&file), written);
}

#[test]
fn headers_that_would_break_a_line_are_refused() {
    let machine = Machine::new();
    for wrong in ["a\nx-evil: 1", "é", "", "a,b"] {
        assert_eq!(env(&machine, &["claude", "--project", wrong]).code(), 2, "{wrong:?}");
    }
    assert_eq!(env(&machine, &["claude", "--upstream", "../x"]).code(), 2);
    let run = env(&machine, &["zed", "--write", "--project", "shop"]).ok();
    assert!(run.stderr().contains("cannot be told to send headers"), "{}", run.stderr());
}
