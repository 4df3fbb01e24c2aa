//! `proxy service`, against programs of schedulers that only write down what they are told, and what `doctor` and
//! `init` make of it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Machine, Run, claude_line, tree};

/// `crontab` with a table of its own.
const CRONTAB: &str = r#"
case "$1" in
  -l) [ -f "$ROOT/table" ] || { echo "no crontab for me" >&2; exit 1; }
      cat "$ROOT/table" ;;
  -r) rm "$ROOT/table" ;;
  -) cat > "$ROOT/table" ;;
esac
"#;
const SYSTEMCTL: &str = "case \"$*\" in *ActiveEnter*) echo 'Mon 2026-06-01 11:00:00 UTC';; esac";

struct Host {
    machine: Machine,
    address: String,
}

/// Answers every request like a proxy, until the test ends.
fn healthz(version: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let body = format!("{{\"status\":\"ok\",\"version\":\"{version}\"}}");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
        }
    });
    address
}

/// An address where nobody is.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

impl Host {
    fn new(programs: &[(&str, &str)], address: String) -> Self {
        let host = Self { machine: Machine::new(), address };
        host.machine.config(&format!("proxy:\n  listen: {}\n", host.address));
        fs_err::create_dir_all(host.path("fakes")).unwrap();
        for (name, script) in programs {
            let path = host.path("fakes").join(name);
            let text = format!("#!/bin/sh\necho \"{name} $*\" >> \"$ROOT/calls\"\n{script}");
            fs_err::write(&path, text).unwrap();
            fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs_err::create_dir_all(host.path("tools")).unwrap();
        for name in ["cat", "rm", "sh", "cp", "id", "git"] {
            let places = ["/usr/bin", "/bin"].map(|place| PathBuf::from(place).join(name));
            let place = places.into_iter().find(|place| place.exists()).unwrap();
            std::os::unix::fs::symlink(place, host.path("tools").join(name)).unwrap();
        }
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.machine.root.path().join(name)
    }

    fn unit(&self) -> PathBuf {
        self.machine.home().join(".config/systemd/user/token-matters-proxy.service")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.machine.command(arguments);
        let path = format!("{}:{}", self.path("fakes").display(), self.path("tools").display());
        command.env("PATH", path).env("ROOT", self.machine.root.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run(self.command(arguments).output().unwrap())
    }

    fn service(&self, arguments: &[&str]) -> Run {
        self.run(&[&["proxy", "service"], arguments].concat())
    }

    /// How the schedulers were called, except for questions.
    fn calls(&self) -> Vec<String> {
        let calls = fs_err::read_to_string(self.path("calls")).unwrap_or_default();
        let questions = [
            "show-environment",
            "is-active",
            "crontab -l",
            "show-user",
            "--user show",
            "show token",
        ];
        let is_order = |call: &&str| !questions.iter().any(|question| call.contains(question));
        calls.lines().filter(is_order).map(str::to_owned).collect()
    }

    fn settings(&self) -> PathBuf {
        self.machine.home().join(".claude/settings.json")
    }

    fn point_claude(&self) {
        self.run(&["proxy", "env", "claude", "--write"]).ok();
    }

    /// State and message of a check of the group Proxy.
    fn check(&self, label: &str) -> (String, String, String) {
        // Hours after everything was set up.
        let mut command = self.command(&["doctor", "--json"]);
        let groups =
            Run(command.env("TOKEN_MATTERS_NOW", "2026-06-01T18:00:00Z").output().unwrap());
        let groups = groups.json();
        let group =
            groups.as_array().unwrap().iter().find(|group| group["group"] == "Proxy").unwrap();
        let checks = group["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["label"] == label);
        let check = check.unwrap_or_else(|| panic!("no {label} in {group:#}"));
        let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
        (text("state"), text("message"), text("remedy"))
    }
}

#[test]
fn a_dry_run_prints_the_unit_of_every_scheduler_and_changes_nothing() {
    let host = Host::new(&[("systemctl", SYSTEMCTL), ("crontab", CRONTAB)], nobody());
    for (scheduler, sign) in [
        ("systemd", "Restart=always"),
        ("cron", "proxy serve --data "),
        ("launchd", "<key>KeepAlive</key>"),
        ("task", "<Interval>PT1M</Interval>"),
    ] {
        let before = tree(host.machine.root.path());
        let run = host.service(&["install", "--dry-run", "--with", scheduler]).ok();
        assert!(run.stdout().contains(sign), "{}", run.stdout());
        assert_eq!(tree(host.machine.root.path()), before, "{scheduler}");
    }
    assert_eq!(host.calls(), [""; 0]);
}

#[test]
fn systemd_starts_it_and_takes_it_out_again() {
    let host = Host::new(&[("systemctl", SYSTEMCTL)], healthz(env!("CARGO_PKG_VERSION")));
    let run = host.service(&["install"]).ok();
    assert!(
        run.stderr().contains(&format!("it answers at http://{}", host.address)),
        "{}",
        run.stderr()
    );
    assert_eq!(
        host.calls(),
        [
            "systemctl --user daemon-reload",
            "systemctl --user enable token-matters-proxy.service",
            "systemctl --user restart token-matters-proxy.service",
        ]
    );
    let unit = fs_err::read_to_string(host.unit()).unwrap();
    assert!(
        unit.contains(&format!(
            "ExecStart={} proxy serve --data ",
            env!("CARGO_BIN_EXE_token-matters")
        )),
        "{unit}"
    );
    let status = host.service(&["status", "--json"]).ok().json();
    assert_eq!(status["running"], true);
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(status["since"], "Mon 2026-06-01 11:00:00 UTC");
    assert_eq!(status["log"], "journalctl --user -u token-matters-proxy");
    assert_eq!(status["problems"], json!([]));
    let text = host.service(&["status"]).ok().stdout();
    assert!(text.contains("running: yes, version "), "{text}");

    fs_err::remove_file(host.path("calls")).unwrap();
    host.service(&["uninstall"]).ok();
    assert_eq!(
        host.calls(),
        [
            "systemctl --user disable --now token-matters-proxy.service",
            "systemctl --user daemon-reload",
            "systemctl --user reset-failed token-matters-proxy.service",
        ]
    );
    assert!(!host.unit().exists());
    assert!(!host.machine.data().join("proxy/service.json").exists());
    assert!(host.service(&["uninstall"]).ok().stderr().contains("no service is installed"));
}

#[test]
fn the_schedule_and_the_proxy_do_not_touch_each_other() {
    let host = Host::new(&[("systemctl", "exit 1"), ("crontab", CRONTAB)], nobody());
    fs_err::write(host.path("table"), "5 4 * * * /usr/local/bin/backup 'a%b'\n@daily last")
        .unwrap();
    let table = || fs_err::read_to_string(host.path("table")).unwrap();
    host.run(&["schedule", "install", "--no-run"]).ok();
    let collect = table();
    host.service(&["install", "--wait", "0"]).ok();
    let both = table();
    let line = both.strip_prefix(&collect).unwrap();
    assert!(
        line.starts_with("* * * * * ") && line.ends_with(">/dev/null 2>&1 # token-matters-proxy\n"),
        "{line}"
    );
    host.service(&["install", "--wait", "0"]).ok();
    assert_eq!(table(), both, "one line, not two");
    host.service(&["uninstall"]).ok();
    assert_eq!(table(), collect);
    host.service(&["install", "--wait", "0"]).ok();
    host.run(&["schedule", "uninstall"]).ok();
    assert!(table().ends_with("# token-matters-proxy\n"), "{}", table());
}

#[test]
fn launchd_and_task_scheduler_are_told_by_their_own_names() {
    let launchctl = "case \"$1\" in print|list|bootout) exit 1;; esac\nexit 0";
    let host = Host::new(&[("launchctl", launchctl)], nobody());
    host.service(&["install", "--with", "launchd", "--wait", "0"]).ok();
    let plist = host.machine.home().join("Library/LaunchAgents/com.token-matters.proxy.plist");
    assert!(fs_err::read_to_string(&plist).unwrap().contains("/logs/proxy.log</string>"));
    assert!(
        host.calls().iter().any(|call| call.ends_with(&format!(" {}", plist.display()))),
        "{:?}",
        host.calls()
    );

    let schtasks = "[ \"$1\" = /Query ] && exit 1\nexit 0";
    let host = Host::new(&[("schtasks", schtasks)], nobody());
    host.service(&["install", "--with", "task", "--wait", "0"]).ok();
    let calls = host.calls();
    assert!(
        calls[calls.len() - 2].starts_with("schtasks /Create /TN TokenMattersProxy /XML "),
        "{calls:?}"
    );
    assert_eq!(calls.last().unwrap(), "schtasks /Run /TN TokenMattersProxy");
}

#[test]
fn a_service_that_does_not_answer_is_told() {
    let host = Host::new(&[("systemctl", SYSTEMCTL)], nobody());
    let run = host.service(&["install", "--wait", "1"]);
    assert_eq!(run.code(), 3);
    assert!(run.stderr().contains("nothing answers at"), "{}", run.stderr());
    assert!(run.stderr().contains("journalctl --user -u token-matters-proxy"), "{}", run.stderr());
    assert_eq!(host.service(&["status"]).code(), 3);
}

#[test]
fn no_client_is_left_talking_to_nothing_without_a_word() {
    let host = Host::new(&[("systemctl", SYSTEMCTL)], healthz(env!("CARGO_PKG_VERSION")));
    host.service(&["install"]).ok();
    host.point_claude();
    let by_hand = format!(
        "{{\"providers\": {{\"openai\": {{\"baseUrl\": \"http://{}/v1\"}}}}}}",
        host.address
    );
    host.machine.write_log(".pi/agent/models.json", &by_hand);
    let run = host.service(&["uninstall", "--dry-run"]).ok();
    assert!(run.stderr().contains("Claude Code points at the proxy"), "{}", run.stderr());
    let run = host.service(&["uninstall", "--undo-clients"]);
    assert_eq!(run.code(), 3, "pi is left: {}", run.stderr());
    assert!(run.stderr().contains("pi points at the proxy"), "{}", run.stderr());
    assert!(run.stderr().contains("set by hand"), "{}", run.stderr());
    assert!(!run.stderr().contains("Claude Code points"), "{}", run.stderr());
    assert!(!host.settings().exists());
    assert!(!host.unit().exists());
}

#[test]
fn doctor_says_nothing_of_a_proxy_that_is_not_used() {
    let host = Host::new(&[], nobody());
    let (state, message, _) = host.check("proxy");
    assert!(state == "off" && message.contains("init --proxy"), "{message}");
}

#[test]
fn doctor_sees_clients_that_talk_to_nothing() {
    let host = Host::new(&[("systemctl", SYSTEMCTL)], nobody());
    host.point_claude();
    let (state, message, remedy) = host.check("Claude Code");
    assert_eq!(state, "fail");
    assert!(
        message.contains(".claude/settings.json") && message.contains("nothing answers"),
        "{message}"
    );
    assert!(remedy.contains("proxy env claude --undo"), "{remedy}");
    assert_eq!(host.check("proxy").0, "fail");
    assert_eq!(host.check("service").0, "warn");
    host.run(&["proxy", "env", "claude", "--undo"]).ok();
    assert_eq!(host.check("proxy").0, "off");
    // A variable of the shell leads there as well.
    let mut command = host.command(&["doctor", "--json"]);
    command.env("ANTHROPIC_BASE_URL", format!("http://{}", host.address));
    let groups = Run(command.output().unwrap()).json().to_string();
    assert!(groups.contains("unset ANTHROPIC_BASE_URL"), "{groups}");
}

#[test]
fn doctor_sees_a_client_that_works_beside_the_proxy() {
    let host = Host::new(&[("systemctl", SYSTEMCTL)], healthz(env!("CARGO_PKG_VERSION")));
    host.service(&["install"]).ok();
    host.point_claude();
    let (state, message, _) = host.check("Claude Code");
    assert!(state == "pass" && message.contains("nothing has come yet"), "{message}");
    // The record is of 12:00.
    let log = ".claude/projects/p/s.jsonl";
    host.machine.write_log(log, &claude_line("msg_1", "2026-06-01T12:50:00Z", 5));
    assert_eq!(host.check("Claude Code").0, "pass");
    let more = claude_line("msg_2", "2026-06-01T15:00:00Z", 5);
    host.machine.write_log(".claude/projects/p/later.jsonl", &more);
    let (state, message, _) = host.check("Claude Code");
    assert_eq!(state, "warn");
    assert!(message.contains("works beside the proxy since 2026-06-01T12:00:00Z"), "{message}");
    let ledger = host.machine.data().join("proxy/ledger");
    fs_err::create_dir_all(&ledger).unwrap();
    let line = |at: &str, client: &str| {
        json!({"request": "1", "at": at, "path": "POST /v1/messages", "client": client}).to_string()
            + "\n"
    };
    let lines = line("2026-06-01T14:30:00.000Z", "claude-code/2.1.0")
        + &line("2026-06-01T16:00:00.000Z", "codex/1");
    fs_err::write(ledger.join("2026-06-01.jsonl"), lines).unwrap();
    let (state, message, _) = host.check("Claude Code");
    assert!(
        state == "pass" && message.contains("the last time at 2026-06-01T14:30:00Z"),
        "{message}"
    );
    assert_eq!(host.check("ledger").0, "pass");
    assert_eq!(host.check("service").0, "pass");
    assert_eq!(host.check("proxy").0, "pass");
}

#[test]
fn doctor_sees_another_version_another_program_and_settings_that_were_changed() {
    let host = Host::new(&[("systemctl", SYSTEMCTL)], healthz("0.0.1"));
    host.point_claude();
    let (state, message, _) = host.check("proxy");
    assert!(state == "warn" && message.contains("version 0.0.1"), "{message}");
    fs_err::write(host.settings(), "{}").unwrap();
    let (state, message, _) = host.check("Claude Code");
    assert!(state == "warn" && message.contains("no longer points"), "{message}");
    fs_err::write(host.settings(), "{").unwrap();
    let (state, message, _) = host.check("Claude Code");
    assert!(state == "warn" && message.contains("not valid JSON"), "{message}");
    let other = healthz("\" , \"x");
    host.machine.config(&format!("proxy:\n  listen: {other}\n"));
    let (state, message, _) = host.check("proxy");
    assert!(state == "fail" && message.contains("another program"), "{message}");
}

#[test]
fn init_keeps_it_running_and_points_the_tools_that_are_here() {
    let host = Host::new(&[("systemctl", SYSTEMCTL)], healthz(env!("CARGO_PKG_VERSION")));
    host.machine
        .write_log(".claude/projects/p/s.jsonl", &claude_line("msg_1", "2026-06-01T11:00:00Z", 5));
    let init = ["init", "--yes", "--local", "--schedule", "none"];
    let plan = host.run(&[&init[..], &["--proxy", "--dry-run"]].concat()).ok().stdout();
    for line in
        ["keep the proxy running, at http://127.0.0.1:", "point Claude Code at the proxy, in "]
    {
        assert!(plan.contains(line), "{plan}");
    }
    assert!(!host.settings().exists() && !host.unit().exists());
    let run = host.run(&[&init[..], &["--proxy"]].concat()).ok();
    assert!(run.stderr().contains("Claude Code goes through it"), "{}", run.stderr());
    let settings: Value = serde_json::from_slice(&fs_err::read(host.settings()).unwrap()).unwrap();
    assert_eq!(settings["env"]["ANTHROPIC_BASE_URL"], format!("http://{}", host.address));
    assert!(host.unit().exists());
    // Without the flag nothing of it is done, and nothing is taken back.
    let again = host.run(&init).ok();
    assert!(!again.stderr().contains("proxy"), "{}", again.stderr());
    assert!(host.unit().exists());
    assert_eq!(host.run(&["init", "--yes", "--proxy", "--no-proxy"]).code(), 2);
}

#[test]
fn init_points_no_tool_at_a_proxy_that_does_not_answer() {
    let host = Host::new(&[("systemctl", SYSTEMCTL)], healthz("\""));
    host.machine
        .write_log(".claude/projects/p/s.jsonl", &claude_line("msg_1", "2026-06-01T11:00:00Z", 5));
    let run = host.run(&["init", "--yes", "--local", "--schedule", "none", "--proxy"]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    assert!(run.stderr().contains("no tool was pointed at it"), "{}", run.stderr());
    assert!(!host.settings().exists());
}
