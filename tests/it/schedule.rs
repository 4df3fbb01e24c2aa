//! `schedule`, against programs of schedulers that only write down what they are told.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use crate::support::{Machine, Run, tree};

/// `crontab` with a table of its own; a line for the first run is run as cron would: by `sh`, with no variables but
/// HOME.
const CRONTAB: &str = r#"
case "$1" in
  -l) [ -f "$ROOT/table" ] || { echo "no crontab for me" >&2; exit 1; }
      cat "$ROOT/table" ;;
  -r) rm "$ROOT/table" ;;
  -) cat > "$ROOT/table"
     once=$(grep -e '-once$' "$ROOT/table" | sed -e 's/^[*] [*] [*] [*] [*] //' -e 's/\\%/%/g')
     [ -z "$once" ] || env -i HOME="$HOME" sh -c "$once" & ;;
esac
"#;

/// A user manager that starts the service as `ExecStart` says, as far as a shell understands it.
const SYSTEMCTL: &str = r#"
case "$*" in
  *"start --no-block"*)
    start=$(sed -n -e 's/^ExecStart=//p' "$HOME/.config/systemd/user/token-matters.service")
    env -i HOME="$HOME" sh -c "$start" & ;;
  *NextElapse*) echo "Mon 2026-06-01 12:07:00 UTC" ;;
esac
"#;

/// A machine with its schedulers.
struct Host {
    machine: Machine,
}

impl Host {
    fn new(programs: &[(&str, &str)]) -> Self {
        let host = Self { machine: Machine::new() };
        fs_err::create_dir_all(host.fakes()).unwrap();
        for (name, script) in programs {
            host.program(name, script);
        }
        host
    }

    fn fakes(&self) -> PathBuf {
        self.machine.root.path().join("fakes")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.machine.root.path().join(name)
    }

    fn unit(&self, name: &str) -> PathBuf {
        self.machine.home().join(".config/systemd/user").join(name)
    }

    fn log(&self) -> PathBuf {
        self.machine.data().join("logs/collect.log")
    }

    /// Puts a program in the search path that notes how it is called.
    fn program(&self, name: &str, script: &str) {
        let path = self.fakes().join(name);
        let text = format!("#!/bin/sh\necho \"{name} $*\" >> \"$ROOT/calls\"\n{script}");
        fs_err::write(&path, text).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.machine.command(&[&["schedule"], arguments].concat());
        // The shell's own programs, without any scheduler of this machine.
        let path = format!("{}:{}", self.fakes().display(), self.tools().display());
        command.env("PATH", path).env("ROOT", self.machine.root.path());
        command
    }

    /// A folder with what the scripts call.
    fn tools(&self) -> PathBuf {
        let folder = self.path("tools");
        if !folder.is_dir() {
            fs_err::create_dir_all(&folder).unwrap();
            for name in ["cat", "sed", "grep", "env", "rm", "id", "sh", "cp"] {
                let places = ["/usr/bin", "/bin"].map(|place| PathBuf::from(place).join(name));
                let place = places.into_iter().find(|place| place.exists()).unwrap();
                std::os::unix::fs::symlink(place, folder.join(name)).unwrap();
            }
        }
        folder
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run(self.command(arguments).output().unwrap())
    }

    /// How the schedulers were called, except for questions.
    fn calls(&self) -> Vec<String> {
        let calls = fs_err::read_to_string(self.path("calls")).unwrap_or_default();
        let questions = ["show-environment", "is-active", "crontab -l", "show-user", "show token"];
        let is_order = |call: &&str| !questions.iter().any(|question| call.contains(question));
        calls.lines().filter(is_order).map(str::to_owned).collect()
    }

    fn table(&self) -> Option<String> {
        fs_err::read_to_string(self.path("table")).ok()
    }

    fn with_table(self, text: &str) -> Self {
        fs_err::write(self.path("table"), text).unwrap();
        self
    }
}

/// A line of 1.x, and another one.
const OLD_TABLE: &str = "5 4 * * * /usr/local/bin/backup 'a%b'\n30 * * * * cd /tm/collector && /n/npx tsx /tm/collector/src/main.ts >> /tmp/x.log 2>&1 # token-matters-collector\n@daily last";

#[test]
fn a_dry_run_prints_the_unit_and_changes_nothing() {
    let host = Host::new(&[("systemctl", SYSTEMCTL), ("crontab", CRONTAB)]).with_table(OLD_TABLE);
    host.tools();
    for (scheduler, sign) in [
        ("systemd", "OnCalendar="),
        ("cron", "# token-matters-collector\n"),
        ("launchd", "<key>Label</key>"),
        ("task", "<Task version"),
    ] {
        let before = tree(host.machine.root.path());
        let run = host.run(&["install", "--dry-run", "--with", scheduler]).ok();
        assert!(run.stdout().contains(sign), "{}", run.stdout());
        assert!(run.stdout().contains("collect --log-file") || scheduler == "launchd");
        assert_eq!(tree(host.machine.root.path()), before, "{scheduler}");
    }
    assert_eq!(host.calls(), [""; 0]);
}

#[test]
fn a_systemd_timer_is_installed_run_once_and_taken_out_without_a_trace() {
    let host = Host::new(&[("systemctl", SYSTEMCTL), ("crontab", CRONTAB)]);
    let run = host.run(&["install"]).ok();
    let told = run.stderr();
    assert!(told.contains("installed: the systemd user manager runs"), "{told}");
    assert!(told.contains("the first scheduled run went well; there is no remote"), "{told}");
    assert_eq!(
        host.calls(),
        [
            "systemctl --user daemon-reload",
            "systemctl --user enable token-matters.timer",
            "systemctl --user restart token-matters.timer",
            "systemctl --user start --no-block token-matters.service",
        ]
    );
    assert!(fs_err::read_to_string(host.log()).unwrap().contains("\nend exit 0\n"));
    let service = fs_err::read_to_string(host.unit("token-matters.service")).unwrap();
    assert!(!service.contains("SSH_AUTH_SOCK"), "{service}");
    assert!(service.contains(env!("CARGO_BIN_EXE_token-matters")), "{service}");

    fs_err::remove_file(host.path("calls")).unwrap();
    host.run(&["uninstall"]).ok();
    assert_eq!(
        host.calls(),
        [
            "systemctl --user disable --now token-matters.timer",
            "systemctl --user daemon-reload",
            "systemctl --user reset-failed token-matters.service",
        ]
    );
    assert!(!host.unit("token-matters.service").exists());
    assert!(!host.unit("token-matters.timer").exists());
    assert!(!host.machine.data().join("schedule.json").exists());
    let again = host.run(&["uninstall"]).ok();
    assert!(again.stderr().contains("nothing is scheduled"), "{}", again.stderr());
}

#[test]
fn a_line_of_the_predecessor_is_replaced_by_a_timer_and_other_lines_stay() {
    let host = Host::new(&[("systemctl", SYSTEMCTL), ("crontab", CRONTAB)]).with_table(OLD_TABLE);
    let run = host.run(&["install", "--no-run"]).ok();
    let told = run.stderr();
    assert!(told.contains("replaced the entry of Token Matters 1.x in cron"), "{told}");
    let left = "5 4 * * * /usr/local/bin/backup 'a%b'\n@daily last";
    assert_eq!(host.table().unwrap(), left);
    assert!(host.unit("token-matters.timer").is_file());
}

#[test]
fn cron_is_taken_where_no_user_manager_answers_and_runs_the_line_once() {
    let host = Host::new(&[("systemctl", "exit 1"), ("crontab", CRONTAB)]).with_table(OLD_TABLE);
    let run = host.run(&["install"]).ok();
    let told = run.stderr();
    assert!(told.contains("the first scheduled run went well"), "{told}");
    let table = host.table().unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[..2], ["5 4 * * * /usr/local/bin/backup 'a%b'", "@daily last"]);
    assert!(lines[2].ends_with(">/dev/null 2>&1 # token-matters-collector"), "{table}");
    assert_eq!(lines.len(), 3, "the line of the first run is gone: {table}");
    assert!(!host.machine.data().join("first-run").exists());

    // Again: one line, not two.
    host.run(&["install", "--no-run"]).ok();
    assert_eq!(host.table().unwrap(), table);
    host.run(&["uninstall"]).ok();
    assert_eq!(host.table().unwrap(), "5 4 * * * /usr/local/bin/backup 'a%b'\n@daily last\n");
}

#[test]
fn a_crontab_that_did_not_exist_does_not_exist_afterwards() {
    let host = Host::new(&[("crontab", CRONTAB)]);
    host.run(&["install", "--no-run"]).ok();
    assert_eq!(host.table().unwrap().lines().count(), 1);
    host.run(&["uninstall"]).ok();
    assert_eq!(host.table(), None);
    assert_eq!(host.calls(), ["crontab -", "crontab -r"]);
}

#[test]
fn a_crontab_that_cannot_be_read_is_left_alone() {
    let refuses =
        "[ \"$1\" = - ] && cat > \"$ROOT/table\"\necho 'crontabs: Permission denied' >&2\nexit 1";
    let host = Host::new(&[("crontab", refuses)]).with_table(OLD_TABLE);
    let run = host.run(&["install", "--with", "cron"]);
    assert_eq!(run.code(), 1);
    let told = run.stderr();
    assert!(told.contains("could not be read, so it was left alone"), "{told}");
    assert!(told.contains("Permission denied"), "{told}");
    let run = host.run(&["uninstall"]);
    assert_eq!(run.code(), 1);
    assert!(run.stderr().contains("could not be read"), "{}", run.stderr());
    assert_eq!(host.calls(), [""; 0]);
    assert_eq!(host.table().unwrap(), OLD_TABLE);
}

#[test]
fn a_crontab_that_does_not_keep_what_is_written_is_told() {
    let forgets = "[ \"$1\" = -l ] && echo '1 1 * * * x'\nexit 0";
    let host = Host::new(&[("crontab", forgets)]);
    let run = host.run(&["install", "--no-run"]);
    assert_eq!(run.code(), 1);
    assert!(run.stderr().contains("does not hold what was written"), "{}", run.stderr());
    assert!(!host.machine.data().join("schedule.json").exists());
}

#[test]
fn without_a_scheduler_the_line_for_another_one_is_told() {
    let host = Host::new(&[]);
    let run = host.run(&["install"]);
    assert_eq!(run.code(), 1);
    let told = run.stderr();
    assert!(told.contains("let your own scheduler run this line every hour at minute"), "{told}");
    assert!(told.lines().last().unwrap().contains(" collect --log-file "), "{told}");
}

#[test]
fn a_push_that_fails_in_the_scheduler_is_told_with_its_remedy() {
    let script = r#"
case "$*" in
  *"start --no-block"*)
    cat "$ROOT/status" > "$TOKEN_MATTERS_HOME/status.json"
    printf 'begin now\nwarning: told by the run\nend exit 3\n' >> "$TOKEN_MATTERS_HOME/logs/collect.log" ;;
esac
"#;
    let host = Host::new(&[("systemctl", script)]);
    let status = json!({
        "lastRun": "2026-06-01T12:00:00Z",
        "waiting": 2,
        "push": {"error": "git push: Permission denied (publickey)"},
    });
    fs_err::write(host.path("status"), status.to_string()).unwrap();
    let run = host.run(&["install"]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    let told = run.stderr();
    assert!(told.contains("could not push, 2 commits wait: git push: Permission denied"), "{told}");
    assert!(told.contains("there is no ssh agent"), "{told}");
    assert!(told.contains("  warning: told by the run"), "{told}");
}

#[test]
fn a_scheduler_that_does_not_begin_is_told() {
    let host = Host::new(&[("systemctl", "exit 0")]);
    let run = host.run(&["install", "--wait", "0"]);
    assert_eq!(run.code(), 3);
    let told = run.stderr();
    assert!(told.contains("did not begin the first run"), "{told}");
    assert!(told.contains("journalctl --user"), "{told}");
}

#[test]
fn launchd_agents_are_bootstrapped_into_the_session_of_the_user() {
    let known = "[ \"$1\" = print ] && exit 1\n[ \"$1\" = list ] && exit 1\nexit 0";
    let host = Host::new(&[("launchctl", known), ("id", "echo 501")]);
    host.run(&["install", "--with", "launchd", "--no-run"]).ok();
    let plist = host.machine.home().join("Library/LaunchAgents/com.token-matters.collector.plist");
    assert!(plist.is_file());
    let target = "gui/501/com.token-matters.collector";
    let calls: Vec<String> =
        host.calls().into_iter().filter(|call| call.starts_with("launchctl")).collect();
    assert_eq!(
        calls,
        [
            format!("launchctl bootout {target}"),
            format!("launchctl enable {target}"),
            format!("launchctl bootstrap gui/501 {}", plist.display()),
        ]
    );
    fs_err::remove_file(host.path("calls")).unwrap();
    host.run(&["uninstall"]).ok();
    assert!(!plist.exists());
    assert!(host.calls().contains(&format!("launchctl bootout {target}")), "{:?}", host.calls());
}

#[test]
fn launchd_without_a_graphical_session_falls_back_to_loading() {
    let script = "case \"$1\" in print|bootout|bootstrap) exit 5;; esac\nexit 0";
    let host = Host::new(&[("launchctl", script), ("id", "echo 501")]);
    host.run(&["install", "--with", "launchd", "--no-run"]).ok();
    assert!(host.calls().iter().any(|call| call.starts_with("launchctl load -w ")));
    // One that says nothing and does not know the agent afterwards.
    let silent = "case \"$1\" in load) exit 0;; esac\nexit 5";
    let host = Host::new(&[("launchctl", silent), ("id", "echo 501")]);
    let run = host.run(&["install", "--with", "launchd", "--no-run"]);
    assert_eq!(run.code(), 1);
    assert!(run.stderr().contains("does not know the agent afterwards"), "{}", run.stderr());
}

#[test]
fn a_task_is_created_from_a_file_in_utf_16() {
    let script = "[ \"$1\" = /Query ] && exit 1\n[ \"$1\" = /Create ] && cp \"$5\" \"$ROOT/task.xml\"\nexit 0";
    let host = Host::new(&[("schtasks", script)]);
    host.run(&["install", "--with", "task", "--no-run"]).ok();
    let bytes = fs_err::read(host.path("task.xml")).unwrap();
    assert_eq!(bytes[..2], [0xff, 0xfe]);
    let units: Vec<u16> =
        bytes[2..].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let text = String::from_utf16(&units).unwrap();
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n"), "{text}");
    assert!(text.contains("collect --log-file"), "{text}");
    let create = &host.calls()[0];
    assert!(create.starts_with("schtasks /Create /TN TokenMattersCollector /XML "), "{create}");
    assert!(create.ends_with(" /F"), "{create}");
}

#[test]
fn times_and_the_log_come_from_the_configuration() {
    let host = Host::new(&[("systemctl", SYSTEMCTL)]);
    let config = "schedule:\n  intervalMinutes: 1440\n  offsetMinute: 5\n  logFile: ~/own.log\n";
    host.machine.config(config);
    let run = host.run(&["install"]).ok();
    assert!(run.stderr().contains("every day at 00:05"), "{}", run.stderr());
    let timer = fs_err::read_to_string(host.unit("token-matters.timer")).unwrap();
    assert!(timer.contains("OnCalendar=*-*-* 00:05:00\n"), "{timer}");
    let log = fs_err::read_to_string(host.machine.home().join("own.log")).unwrap();
    assert!(log.starts_with("begin ") && log.ends_with("\nend exit 0\n"), "{log}");
    // A broken configuration stops an install, and not the taking out.
    host.machine.config("schedule:\n  intervalMinutes: 7\n");
    assert_eq!(host.run(&["install", "--no-run"]).code(), 2);
    host.run(&["uninstall"]).ok();
    assert!(!host.unit("token-matters.timer").exists());
}

#[test]
fn variables_that_say_where_files_are_come_along_and_agents_do_not() {
    let host = Host::new(&[("systemctl", SYSTEMCTL)]);
    let mut command = host.command(&["install", "--no-run"]);
    command.env("CODEX_HOME", "/c d").env("SSH_AUTH_SOCK", "/run/agent").env("MY_TOKEN", "s3cret");
    Run(command.output().unwrap()).ok();
    let service = fs_err::read_to_string(host.unit("token-matters.service")).unwrap();
    assert!(service.contains("Environment=\"CODEX_HOME=/c d\"\n"), "{service}");
    assert!(service.contains("Environment=PATH="), "{service}");
    assert!(!service.contains("agent") && !service.contains("s3cret"), "{service}");
}

#[test]
fn the_status_tells_what_is_installed_and_how_it_does() {
    let host = Host::new(&[("systemctl", SYSTEMCTL), ("crontab", CRONTAB)]);
    let nothing = host.run(&["status"]).ok();
    assert!(nothing.stdout().contains("nothing is scheduled"), "{}", nothing.stdout());
    assert_eq!(host.run(&["status", "--json"]).ok().json()["installed"], false);

    host.run(&["install", "--no-run"]).ok();
    let status = json!({
        "lastRun": "2026-06-01T11:00:00Z",
        "lastSuccess": "2026-06-01T10:00:00Z",
        "waiting": 1,
        "push": {"error": "no route"},
    });
    fs_err::write(host.machine.data().join("status.json"), status.to_string()).unwrap();
    let json = host.run(&["status", "--json"]).ok().json();
    let entry = json!({
        "mechanism": "systemd",
        "place": host.unit("token-matters.timer"),
        "active": true,
        "predecessor": false,
        "nextRun": "Mon 2026-06-01 12:07:00 UTC",
    });
    assert_eq!(json["entries"], json!([entry]));
    assert_eq!(json["lastSuccess"], "2026-06-01T10:00:00Z");
    assert_eq!(json["pushError"], "no route");
    assert_eq!(json["problems"], json!([]));
    let text = host.run(&["status"]).ok().stdout();
    for line in [
        "next run: Mon 2026-06-01 12:07:00 UTC\n",
        "last run: 2026-06-01T11:00:00Z\n",
        "waiting for a push: 1 commit\n",
        "last push failed: no route\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn the_status_tells_what_keeps_an_entry_from_running() {
    let dead = "case \"$*\" in *is-active*) exit 3;; esac";
    let host = Host::new(&[("systemctl", dead), ("crontab", CRONTAB)]).with_table(OLD_TABLE);
    fs_err::create_dir_all(host.unit("")).unwrap();
    fs_err::write(host.unit("token-matters.timer"), "[Timer]\n").unwrap();
    let record = json!({
        "mechanism": "systemd",
        "installedAt": "2026-05-01T00:00:00Z",
        "program": "/no/such/token-matters",
        "logFile": "/l",
        "rhythm": "every hour at minute 7",
    });
    fs_err::create_dir_all(host.machine.data()).unwrap();
    fs_err::write(host.machine.data().join("schedule.json"), record.to_string()).unwrap();
    let run = host.run(&["status", "--json"]);
    assert_eq!(run.code(), 3);
    let problems = run.json()["problems"].to_string();
    for sign in
        ["does not run it", "Token Matters 1.x", "both run", "/no/such/token-matters is gone"]
    {
        assert!(problems.contains(sign), "{sign}: {problems}");
    }
}

#[test]
fn every_command_says_when_nothing_succeeded_for_three_days() {
    let machine = Machine::new();
    fs_err::create_dir_all(machine.data()).unwrap();
    let status = |last: &str| {
        let text = json!({"lastRun": "2026-06-01T11:00:00Z", "lastSuccess": last}).to_string();
        fs_err::write(machine.data().join("status.json"), text).unwrap();
    };
    let told = |arguments: &[&str]| {
        machine.run(arguments).stderr().matches("nothing was collected successfully since").count()
    };
    status("2026-05-29T11:59:59Z");
    assert_eq!(told(&["report", "--local"]), 1);
    assert_eq!(told(&["store", "verify"]), 1);
    assert_eq!(told(&["report", "--local", "--quiet"]), 0);
    status("2026-05-29T12:00:00Z");
    assert_eq!(told(&["report", "--local"]), 0);
    status("2026-05-29T11:59:59Z");
    // The status line comes last: it starts a run in the background, which writes a status of its own.
    for quiet in [["collect", "--dry-run"].as_slice(), &["doctor"], &["statusline"]] {
        assert_eq!(told(quiet), 0, "{quiet:?}");
    }
}

#[test]
fn what_a_scheduled_run_says_also_goes_to_its_log() {
    let machine = Machine::new().with_case("A_stream");
    let log = machine.data().join("logs/x.log");
    let told = machine.run(&["collect", "--log-file", log.to_str().unwrap()]).stderr();
    let logged = fs_err::read_to_string(&log).unwrap();
    let lines: Vec<&str> = logged.lines().collect();
    assert!(lines[0].starts_with("begin 2026-06-01T12:00:00Z token-matters "), "{logged}");
    assert_eq!(lines[1..lines.len() - 1], told.lines().collect::<Vec<_>>());
    assert!(lines[lines.len() - 1].starts_with("end exit "), "{logged}");
    // A log that cannot be written does not stop it.
    let run = machine.run(&["collect", "--log-file", "/dev/null/x.log"]).ok();
    assert!(run.stderr().contains("no log is written"), "{}", run.stderr());
}

/// Not part of a usual run: it changes the crontab of whoever runs it, for two minutes, and needs the service.
#[test]
#[ignore = "changes the user's own crontab and needs a cron service: run it with `--ignored`"]
fn a_real_cron_runs_it() {
    let read = || Command::new("crontab").arg("-l").output().unwrap().stdout;
    let machine = Machine::new();
    let before = read();
    let run = |arguments: &[&str]| {
        let mut command = machine.command(arguments);
        Run(command.env("PATH", "/usr/bin:/bin").output().unwrap())
    };
    let installed = run(&["schedule", "install", "--with", "cron"]);
    let during = read();
    let taken_out = run(&["schedule", "uninstall"]);
    assert_eq!(read(), before);
    assert!(during.ends_with(b"# token-matters-collector\n"));
    taken_out.ok();
    let told = installed.ok().stderr();
    assert!(told.contains("the first scheduled run went well"), "{told}");
}
