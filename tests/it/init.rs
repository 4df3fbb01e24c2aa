//! `init`: from nothing to a published page, again, and on a second machine.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::support::{Machine, Run, responses, tree};

/// Repositories that machines share.
struct Remotes(tempfile::TempDir);

impl Remotes {
    fn new(names: &[&str]) -> Self {
        let remotes = Self(tempfile::tempdir().unwrap());
        for name in names {
            git(&["init", "--bare", "--quiet", &remotes.path(name)]);
        }
        remotes
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// What git prints about one of them.
    fn ask(&self, name: &str, arguments: &[&str]) -> String {
        let path = self.path(name);
        let output =
            Command::new("git").args(["--git-dir", &path]).args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

fn git(arguments: &[&str]) {
    assert!(Command::new("git").args(arguments).status().unwrap().success(), "{arguments:?}");
}

/// A machine with `count` responses of its own, beginning with a number.
fn machine(first: u64, count: u64) -> Machine {
    let machine = Machine::new();
    machine.write_log(".claude/projects/p/s.jsonl", &responses(first..first + count));
    machine
}

fn init(machine: &Machine, arguments: &[&str]) -> Run {
    machine.run(&[&["init", "--yes", "--schedule", "none"], arguments].concat())
}

#[test]
fn from_nothing_to_a_published_page_and_a_second_machine_joins() {
    let remotes = Remotes::new(&["data.git", "page.git"]);
    let (data, page) = (remotes.path("data.git"), remotes.path("page.git"));
    let first = machine(0, 20);
    let flags = ["--remote", &data, "--publish-to", &page, "--machine", "one", "--ci", "github"];
    let run = init(&first, &[&flags[..], &["--timezone", "Europe/Berlin"]].concat()).ok();
    assert!(run.stderr().contains("Claude Code: 1 log file"), "{}", run.stderr());
    assert!(run.stderr().contains("Anybody will be able to read it"), "{}", run.stderr());
    first.run(&["collect"]).ok();
    let published = remotes.ask("page.git", &["ls-tree", "-r", "--name-only", "gh-pages"]);
    for file in ["index.html", "badge/token-usage.svg", "summary/latest.json"] {
        assert!(published.lines().any(|line| line == file), "{file}: {published}");
    }
    assert!(
        remotes.ask("data.git", &["show", "main:token-matters.yaml"]).contains("Europe/Berlin")
    );
    let workflow = remotes.ask("data.git", &["show", "main:.github/workflows/summarize.yml"]);
    assert!(workflow.contains("TOKEN_MATTERS_DEPLOY_KEY"), "{workflow}");
    let config = fs_err::read_to_string(first.data().join("config.yaml")).unwrap();
    assert!(config.contains("\ndataRepo: ") && config.contains("\nmachine: one"), "{config}");

    let second = machine(100, 7);
    let run = init(&second, &["--remote", &data, "--machine", "two"]).ok();
    assert!(!run.stderr().contains("token-matters.yaml"), "{}", run.stderr());
    second.run(&["collect"]).ok();
    publish_as_the_workflow_does(&remotes, &first);
    let latest = remotes.ask("page.git", &["show", "gh-pages:summary/meta.json"]);
    let meta: serde_json::Value = serde_json::from_str(&latest).unwrap();
    assert_eq!(meta["totals"]["requests"], 27, "{meta}");
    assert_eq!(remotes.ask("page.git", &["rev-list", "--count", "gh-pages"]), "1");
    assert_eq!(second.totals(&[])["requests"], 27);
}

/// The steps of the workflow: a checkout, a check, and the page.
fn publish_as_the_workflow_does(remotes: &Remotes, machine: &Machine) {
    let scratch = tempfile::tempdir().unwrap();
    let checkout = scratch.path().join("checkout");
    git(&[
        "clone",
        "--quiet",
        "--branch=main",
        &remotes.path("data.git"),
        checkout.to_str().unwrap(),
    ]);
    let run = |arguments: &[&str]| {
        let mut command = machine.command(arguments);
        command.env("TOKEN_MATTERS_HOME", scratch.path().join("data")).current_dir(&checkout);
        Run(command.output().unwrap())
    };
    let check = run(&["publish", "--check", "--raw", "."]);
    assert!(check.stdout().contains("changed=true"), "{}{}", check.stdout(), check.stderr());
    run(&["publish", "--raw", "."]).ok();
    let check = run(&["publish", "--check", "--raw", "."]).ok();
    assert!(check.stdout().contains("changed=false"), "{}{}", check.stdout(), check.stderr());
}

#[test]
fn a_second_run_changes_nothing() {
    let remotes = Remotes::new(&["data.git", "page.git"]);
    let (data, page) = (remotes.path("data.git"), remotes.path("page.git"));
    let machine = machine(0, 5);
    let flags =
        ["--remote", &data, "--publish-to", &page, "--ci", "gitlab", "--exclude", "~/secret"];
    init(&machine, &flags).ok();
    let state = || {
        let tips = ["data.git", "page.git"].map(|name| remotes.ask(name, &["for-each-ref"]));
        (fs_err::read(machine.data().join("config.yaml")).unwrap(), tips)
    };
    let before = state();
    assert!(before.1.iter().all(|tips| !tips.is_empty()), "{before:?}");
    let again = machine.run(&["init", "--yes"]).ok();
    assert!(again.stderr().contains("there is nothing to change"), "{}", again.stderr());
    init(&machine, &flags).ok();
    assert_eq!(state(), before);
    assert!(!machine.data().join("config.yaml.bak").exists());
}

#[test]
fn without_a_terminal_the_flags_are_told_and_nothing_is_written() {
    let machine = machine(0, 5);
    let run = machine.run(&["init"]);
    assert_eq!(run.code(), 2);
    for flag in ["--yes", "--remote", "--local", "--schedule"] {
        assert!(run.stderr().contains(flag), "{flag}: {}", run.stderr());
    }
    let remotes = Remotes::new(&["data.git"]);
    let dry =
        machine.run(&["init", "--yes", "--dry-run", "--remote", &remotes.path("data.git")]).ok();
    assert!(dry.stdout().contains("What will be done:\n  1. write "), "{}", dry.stdout());
    assert!(!machine.data().exists());
    assert_eq!(remotes.ask("data.git", &["for-each-ref"]), "");
}

#[test]
fn a_configuration_of_1_x_is_kept_beside_the_new_one_and_its_checkout_goes_on_through_its_origin() {
    let remotes = Remotes::new(&["data.git"]);
    let machine = machine(0, 5);
    let checkout = machine.root.path().join("token-matters-data");
    git(&["clone", "--quiet", &remotes.path("data.git"), checkout.to_str().unwrap()]);
    let old = format!(
        "dataRepo: {}\ntimezone: Asia/Tokyo\nproviders:\n  glm-coding:\n    enabled: false\n    apiKey: k\n",
        checkout.display()
    );
    machine.config(&old);
    init(&machine, &["--exclude", "github.com/me/secret"]).ok();
    let read = |name: &str| fs_err::read_to_string(machine.data().join(name)).unwrap();
    assert_eq!(read("config.yaml.bak"), old);
    // A path of Windows stands there in quotes.
    let new = read("config.yaml").replace(r"\\", r"\");
    for part in
        [checkout.to_str().unwrap(), "apiKey", "github.com/me/secret", "# Token Matters: what"]
    {
        assert!(new.contains(part), "{part}: {new}");
    }
    assert!(remotes.ask("data.git", &["show", "main:token-matters.yaml"]).contains("Asia/Tokyo"));
}

#[test]
fn claude_code_keeps_its_transcripts_longer_only_if_that_is_asked_for() {
    let machine = machine(0, 5);
    let settings = machine.home().join(".claude/settings.json");
    let old = "{\n    \"model\": \"opus\",\n    \"cleanupPeriodDays\": 20\n}\n";
    fs_err::write(&settings, old).unwrap();
    init(&machine, &["--local"]).ok();
    assert_eq!(fs_err::read_to_string(&settings).unwrap(), old);
    init(&machine, &["--raise-claude-retention", "400"]).ok();
    assert_eq!(fs_err::read_to_string(&settings).unwrap(), old.replace("20", "400"));
    assert_eq!(fs_err::read_to_string(settings.with_file_name("settings.json.bak")).unwrap(), old);
    let again = init(&machine, &["--raise-claude-retention", "100"]).ok();
    assert!(again.stderr().contains("nothing to change"), "{}", again.stderr());
}

#[test]
fn a_local_store_moves_to_a_remote_with_all_that_it_holds() {
    let remotes = Remotes::new(&["data.git"]);
    let machine = machine(0, 9);
    init(&machine, &["--local"]).ok();
    fs_err::remove_dir_all(machine.home().join(".claude")).unwrap();
    init(&machine, &["--remote", &remotes.path("data.git")]).ok();
    assert_eq!(machine.totals(&[])["requests"], 9);
    assert!(
        remotes
            .ask("data.git", &["ls-tree", "-r", "--name-only", "main"])
            .contains("/claude-code/")
    );
}

#[cfg(unix)]
#[test]
fn a_step_that_fails_says_what_is_done_and_how_to_go_on() {
    use std::os::unix::fs::PermissionsExt as _;
    let remotes = Remotes::new(&["data.git", "page.git"]);
    let hook = PathBuf::from(remotes.path("data.git")).join("hooks/pre-receive");
    fs_err::create_dir_all(hook.parent().unwrap()).unwrap();
    fs_err::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
    fs_err::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let machine = machine(0, 5);
    let (data, page) = (remotes.path("data.git"), remotes.path("page.git"));
    let flags = ["--remote", &data, "--publish-to", &page];
    let run = init(&machine, &flags);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    for said in
        ["✗ the first collection", "Done: config.yaml", "run the same `token-matters init` again"]
    {
        assert!(run.stderr().contains(said), "{said}: {}", run.stderr());
    }
    assert_eq!(remotes.ask("page.git", &["for-each-ref"]), "");
    fs_err::remove_file(&hook).unwrap();
    init(&machine, &flags).ok();
    assert!(remotes.ask("page.git", &["for-each-ref"]).contains("gh-pages"));
}

#[cfg(unix)]
#[test]
fn a_workflow_that_the_host_refuses_does_not_keep_back_the_data() {
    use std::os::unix::fs::PermissionsExt as _;
    let remotes = Remotes::new(&["data.git", "page.git"]);
    let hook = PathBuf::from(remotes.path("data.git")).join("hooks/update");
    fs_err::create_dir_all(hook.parent().unwrap()).unwrap();
    let script = "#!/bin/sh\nfor commit in $(git rev-list \"$3\"); do\n  git ls-tree -r --name-only \"$commit\" | grep -q '^.github/' && echo 'refusing to allow this' >&2 && exit 1\ndone\nexit 0\n";
    fs_err::write(&hook, script).unwrap();
    fs_err::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let machine = machine(0, 5);
    let (data, page) = (remotes.path("data.git"), remotes.path("page.git"));
    let run = init(&machine, &["--remote", &data, "--publish-to", &page, "--ci", "github"]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    for said in [
        "✗ the page: the workflow could not be pushed",
        "gh auth refresh -h github.com -s workflow",
    ] {
        assert!(run.stderr().contains(said), "{said}: {}", run.stderr());
    }
    machine.write_log(".claude/projects/p/t.jsonl", &responses(50..53));
    machine.run(&["collect"]).ok();
    let there = remotes.ask("data.git", &["ls-tree", "-r", "--name-only", "main"]);
    assert!(!there.contains(".github"), "{there}");
    let second = Machine::new();
    init(&second, &["--remote", &data, "--machine", "two"]).ok();
    assert_eq!(second.totals(&[])["requests"], 8);
}

#[cfg(unix)]
#[test]
fn without_a_scheduler_all_the_rest_is_done() {
    let machine = machine(0, 5);
    let mut command = machine.command(&["init", "--yes", "--local"]);
    let run = Run(command.env("PATH", machine.root.path()).output().unwrap());
    assert_eq!(run.code(), 3, "{}", run.stderr());
    for said in ["✗ the schedule", "Done: config.yaml, the first collection, token-matters.yaml"]
    {
        assert!(run.stderr().contains(said), "{said}: {}", run.stderr());
    }
    assert_eq!(machine.totals(&[])["requests"], 5);
}

/// A `gh` that makes repositories in a folder and notes how it is called.
#[cfg(unix)]
const GH: &str = r#"#!/bin/sh
echo "$*" >> "$GH_FOLDER/calls"
case "$1 $2" in
  "api user") echo me ;;
  "repo view") test -d "$GH_FOLDER/$3.git" ;;
  "repo create") git init --quiet --bare "$GH_FOLDER/$3.git" ;;
  "repo deploy-key") cat "$4" > "$GH_FOLDER/public-key" ;;
  "secret list") test ! -e "$GH_FOLDER/private-key" || echo TOKEN_MATTERS_DEPLOY_KEY ;;
  "secret set") cat > "$GH_FOLDER/private-key" ;;
  "api repos/me/tokens/pages") test -e "$GH_FOLDER/pages" ;;
  "api -X") touch "$GH_FOLDER/pages" ;;
esac
"#;

#[cfg(unix)]
#[test]
fn with_gh_both_repositories_the_key_the_secret_and_pages_are_made_once() {
    if Command::new("ssh-keygen").arg("-?").output().is_err() {
        eprintln!("not run: ssh-keygen is not there");
        return;
    }
    let (machine, hub) = (machine(0, 5), Hub::new());
    let run = |arguments: &[&str]| hub.run(&machine, arguments);
    let page = serve_pages();
    let flags = ["--create-remote", "token-data", "--publish-to", "https://github.com/me/tokens"];
    // The stand-in for GitHub is a folder, which everybody can read.
    let flags = [&flags[..], &["--page-address", &page, "--allow-public-data"]].concat();
    let first = run(&flags).ok();
    assert!(first.stderr().contains(&format!("the page answers: {page}")), "{}", first.stderr());
    let calls = hub.calls();
    for call in [
        "repo create me/token-data --private",
        "repo create me/tokens --public",
        "secret set TOKEN_MATTERS_DEPLOY_KEY --repo me/token-data",
        "api -X POST repos/me/tokens/pages -f build_type=legacy -f source[branch]=gh-pages -f source[path]=/",
    ] {
        assert!(calls.lines().any(|line| line == call), "{call}: {calls}");
    }
    let added = calls.lines().find(|line| line.starts_with("repo deploy-key add")).unwrap();
    assert!(added.ends_with("--repo me/tokens --title token-matters --allow-write"), "{added}");
    let folder = Path::new(added.split(' ').nth(3).unwrap()).parent().unwrap();
    assert!(!folder.exists(), "the key stays on no machine");
    assert!(hub.read("private-key").contains("PRIVATE KEY"));
    assert!(hub.read("public-key").starts_with("ssh-ed25519 "));
    for text in [first.stdout(), first.stderr(), calls] {
        assert!(!text.contains("PRIVATE KEY"));
    }
    let made = hub.calls().lines().filter(|call| is_making(call)).count();
    run(&flags).ok();
    assert_eq!(hub.calls().lines().filter(|call| is_making(call)).count(), made, "{}", hub.calls());
}

#[cfg(unix)]
fn is_making(call: &str) -> bool {
    ["repo create", "repo deploy-key", "secret set", "api -X"]
        .iter()
        .any(|made| call.starts_with(made))
}

/// A folder in place of github.com, with its `gh`.
#[cfg(unix)]
struct Hub(tempfile::TempDir);

#[cfg(unix)]
impl Hub {
    fn new() -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let hub = Self(tempfile::tempdir().unwrap());
        let program = hub.0.path().join("bin/gh");
        fs_err::create_dir_all(program.parent().unwrap()).unwrap();
        fs_err::write(&program, GH).unwrap();
        fs_err::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let config = format!(
            "[url \"file://{}/\"]\n\tinsteadOf = https://github.com/\n",
            hub.0.path().display()
        );
        fs_err::write(hub.0.path().join("gitconfig"), config).unwrap();
        hub
    }

    fn run(&self, machine: &Machine, arguments: &[&str]) -> Run {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.0.path().join("bin").display());
        let mut command =
            machine.command(&[&["init", "--yes", "--schedule", "none"], arguments].concat());
        command
            .env("PATH", path)
            .env("GH_FOLDER", self.0.path())
            .env("GIT_CONFIG_GLOBAL", self.0.path().join("gitconfig"));
        Run(command.output().unwrap())
    }

    fn read(&self, name: &str) -> String {
        fs_err::read_to_string(self.0.path().join(name)).unwrap_or_default()
    }

    fn calls(&self) -> String {
        self.read("calls")
    }
}

/// A page that answers for as long as the test runs.
fn serve_pages() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
            );
        }
    });
    address
}

#[test]
fn nothing_of_the_answers_is_taken_if_a_place_cannot_be_used() {
    let machine = machine(0, 5);
    for (arguments, code, said) in [
        (&["--remote", "gone.git"][..], 2, "is not there"),
        (&["--local", "--publish-to", "artifact"], 2, "add --remote"),
        (&["--local", "--publish-to", "https://me:x1@h/p.git"], 2, "must hold no password"),
        (&["--local", "--publish-to", "gone.git"], 2, "git init --bare"),
        (
            &["--local", "--publish-to", "https://h/p.git", "--page-address", "me"],
            2,
            "begins with https://",
        ),
        (&["--create-remote", "data"], 2, "https://github.com/new?name=data&visibility=private"),
        (&["--local", "--remote", "x"], 2, "cannot be used with"),
    ] {
        let run = init(&machine, arguments);
        assert_eq!(run.code(), code, "{}", run.stderr());
        assert!(run.stderr().contains(said), "{said}: {}", run.stderr());
    }
    assert!(!machine.data().exists());
    assert!(tree(&machine.home()).keys().all(|path| path.ends_with("s.jsonl")));
}
