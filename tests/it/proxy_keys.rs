//! `proxy key`, and the first key that `proxy serve` makes.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use crate::support::{Machine, Run};

fn folder(machine: &Machine) -> PathBuf {
    machine.data().join("proxy")
}

fn create(machine: &Machine, arguments: &[&str]) -> String {
    let run = machine.run(&[&["proxy", "key", "create"], arguments].concat()).ok();
    let key = run.stdout();
    assert!(key.starts_with("tm_") && key.trim_end().len() == 46, "{key}");
    assert!(!run.stderr().contains(key.trim_end()), "it is printed once");
    key.trim_end().to_owned()
}

/// What was printed, with the random part of keys left out.
fn told(run: &Run, keys: &[&str]) -> String {
    let text = format!("{}{}", run.stdout(), run.stderr());
    keys.iter().fold(text, |text, key| text.replace(&key[..11], "tm_XXXXXXXX"))
}

/// A key with everything that a key can have.
const FULL: [&str; 19] = [
    "ci",
    "--project",
    "website",
    "--expires",
    "30d",
    "--models",
    "claude-*,gpt-5",
    "--upstreams",
    "anthropic,openai",
    "--upstream",
    "anthropic",
    "--budget",
    "5 USD/day",
    "--budget",
    "100000 tokens/5h",
    "--rate",
    "60 requests/minute",
    "--rate",
    "4 at once",
];

#[test]
fn a_key_is_made_listed_shown_rotated_and_revoked() {
    let machine = Machine::new();
    assert_eq!(
        told(&machine.run(&["proxy", "key", "list"]).ok(), &[]),
        "there are no keys: `token-matters proxy key create NAME` makes one\n"
    );
    let key = create(&machine, &FULL);
    let anna = create(&machine, &["anna", "--expires", "2026-12-31"]);
    let list = machine.run(&["proxy", "key", "list"]).ok();
    let list = told(&list, &[&key, &anna]);
    let row = |name: &str| list.lines().find(|line| line.contains(name)).unwrap().to_owned();
    for part in ["tm_XXXXXXXX…", "active", "2026-07-01T12:00:00Z", "website", "5 USD/day"] {
        assert!(row(" ci ").contains(part), "{part}: {list}");
    }
    for part in ["tm_XXXXXXXX…", "active", "2027-01-01T00:00:00Z"] {
        assert!(row(" anna ").contains(part), "{part}: {list}");
    }
    assert!(list.contains("100000 tokens/5h") && list.contains("4 at once"), "{list}");
    let show = machine.run(&["proxy", "key", "show", "ci"]).ok();
    let expected = "\
name         ci
begins with  tm_XXXXXXXX…
state        active
created      2026-06-01T12:00:00Z
ends         2026-07-01T12:00:00Z
project      website
models       claude-*, gpt-5
upstreams    anthropic, openai
upstream     anthropic
rates        60 requests/minute, 4 at once
budget       5 USD/day: 0 of 5 used, begins anew at 2026-06-02T00:00:00Z
budget       100000 tokens/5h: 0 of 100000 used
";
    assert_eq!(told(&show, &[&key]), expected);
    let json = machine.run(&["proxy", "key", "list", "--json"]).ok().json();
    assert_eq!(json["keys"][0]["budgets"][1], "100000 tokens/5h");
    assert_eq!(json["keys"][0]["id"], key[3..11]);
    assert!(!json.to_string().contains("hash"));

    let rotated = machine.run(&["proxy", "key", "rotate", "ci"]).ok().stdout();
    assert!(rotated.starts_with("tm_") && rotated.trim_end() != key);
    machine.run(&["proxy", "key", "revoke", "anna"]).ok();
    let json = machine.run(&["proxy", "key", "list", "--json"]).ok().json();
    assert_eq!(
        (&json["keys"][0]["state"], &json["keys"][1]["state"]),
        (&"active".into(), &"revoked".into())
    );
    for secret in [&key[11..], &rotated.trim_end()[11..]] {
        for (path, bytes) in crate::support::tree(&machine.data()) {
            assert!(!String::from_utf8_lossy(&bytes).contains(secret), "{}", path.display());
        }
    }
}

#[test]
fn show_tells_what_was_used_of_budgets() {
    let machine = Machine::new();
    let key = create(
        &machine,
        &[
            "ci",
            "--budget",
            "5 USD/day",
            "--budget",
            "1000 tokens/month",
            "--budget",
            "9 requests/5h",
        ],
    );
    fs_err::create_dir_all(folder(&machine).join("ledger")).unwrap();
    let line = |at: &str| {
        format!(
            r#"{{"request":"1","at":"{at}","status":200,"path":"POST /v1/messages","upstream":"anthropic","protocol":"anthropic-messages","model":"claude-sonnet-4-5","inputTokens":100,"outputTokens":10,"ttftMs":1,"key":"ci","vendor":"anthropic"}}"#
        ) + "\n"
    };
    fs_err::write(
        folder(&machine).join("ledger/2026-06-01.jsonl"),
        line("2026-06-01T09:00:00.000Z"),
    )
    .unwrap();
    fs_err::write(
        folder(&machine).join("ledger/2026-05-31.jsonl"),
        line("2026-05-31T09:00:00.000Z"),
    )
    .unwrap();
    let show = machine.run(&["proxy", "key", "show", "ci"]).ok();
    let expected = "\
name         ci
begins with  tm_XXXXXXXX…
state        active
created      2026-06-01T12:00:00Z
budget       5 USD/day: 0.0005 of 5 used, begins anew at 2026-06-02T00:00:00Z
budget       1000 tokens/month: 110 of 1000 used, begins anew at 2026-07-01T00:00:00Z
budget       9 requests/5h: 1 of 9 used, begins anew at 2026-06-01T14:00:00Z
";
    assert_eq!(told(&show, &[&key]), expected);
    let json = machine.run(&["proxy", "key", "show", "ci", "--json"]).ok().json();
    assert_eq!(json["usage"][0]["used"], "0.00045");
    assert_eq!(json["usage"][1]["used"], 110);
    // The user's own prices count, as they do for reports, and so does the zone of the proxy's settings.
    fs_err::write(
        machine.data().join("pricing.json"),
        r#"{"version":"2.0","date":"2026-06-01","models":{"claude-sonnet-4-5":[{"input":"30","output":"150"}]}}"#,
    )
    .unwrap();
    let json = machine.run(&["proxy", "key", "show", "ci", "--json"]).ok().json();
    assert_eq!(json["usage"][0]["used"], "0.0045");
}

#[test]
fn what_cannot_be_is_told() {
    let machine = Machine::new();
    create(&machine, &["ci"]);
    let refused = |arguments: &[&str]| {
        let run = machine.run(&[&["proxy", "key"], arguments].concat());
        assert_eq!(run.code(), 2, "{arguments:?}");
        assert_eq!(run.stdout(), "");
        run.stderr()
    };
    assert!(refused(&["create", "ci"]).contains("already"));
    assert!(refused(&["create", "a b"]).contains("1 to 40"));
    assert!(refused(&["create", "x", "--budget", "5 EUR/day"]).contains("5 USD/day"));
    assert!(refused(&["create", "x", "--rate", "fast"]).contains("8 at once"));
    assert!(refused(&["create", "x", "--expires", "2026-05-31"]).contains("over"));
    for verb in ["show", "revoke", "rotate"] {
        assert!(refused(&[verb, "cj"]).contains("there are: ci"), "{verb}");
    }
    machine.run(&["proxy", "key", "revoke", "ci"]).ok();
    assert!(refused(&["rotate", "ci"]).contains("revoked"));
}

#[test]
fn a_damaged_file_is_told_and_left_alone() {
    let machine = Machine::new();
    create(&machine, &["ci"]);
    let path = folder(&machine).join("keys.json");
    fs_err::write(&path, "{\"version\":1,").unwrap();
    for arguments in [&["create", "x"][..], &["list"], &["revoke", "ci"]] {
        let run = machine.run(&[&["proxy", "key"], arguments].concat());
        assert_eq!(run.code(), 1, "{arguments:?}");
        assert!(run.stderr().contains("damaged") && run.stderr().contains("keys.json"));
    }
    assert_eq!(fs_err::read_to_string(&path).unwrap(), "{\"version\":1,");
}

#[cfg(unix)]
#[test]
fn files_of_keys_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let machine = Machine::new();
    create(&machine, &["ci"]);
    let mode = |name: &str| {
        fs_err::metadata(folder(&machine).join(name)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("keys.json"), 0o600);
    assert_eq!(mode(""), 0o700);
}

/// A proxy of the command that is ended with the test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a proxy that listens for other machines, and takes what it said.
fn serve(machine: &Machine) -> String {
    let mut command = machine.command(&["proxy", "serve", "--listen", "0.0.0.0:0"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut serving = Serving(child);
    let mut line = String::new();
    BufReader::new(serving.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("listening on http://0.0.0.0:"), "{line}");
    let mut stderr = serving.0.stderr.take().unwrap();
    drop(serving);
    let mut told = String::new();
    stderr.read_to_string(&mut told).unwrap();
    told
}

#[test]
fn a_proxy_for_other_machines_makes_its_first_key_once() {
    let machine = Machine::new();
    let told = serve(&machine);
    let (_, key) = told.trim_end().rsplit_once(' ').unwrap();
    assert!(key.starts_with("tm_") && key.len() == 46, "{told}");
    let json = machine.run(&["proxy", "key", "list", "--json"]).ok().json();
    assert_eq!(json["keys"][0]["name"], "default");
    assert_eq!(json["keys"][0]["id"], key[3..11]);
    assert!(!serve(&machine).contains("tm_"), "only once");
}
