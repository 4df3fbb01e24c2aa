//! `publish`: the page in a branch of another repository, or in a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Machine, Run, tree};

/// A machine that publishes to a repository beside it.
struct Publisher {
    machine: Machine,
}

impl Publisher {
    fn new() -> Self {
        let publisher = Self { machine: Machine::new() };
        publisher.git(&["init", "--quiet", "--bare", "public.git"]);
        publisher
    }

    /// With the logs of a case, collected.
    fn with(case: &str) -> Self {
        let publisher = Self { machine: Self::new().machine.with_case(case) };
        publisher.machine.config("machine: secret-laptop\ntimezone: UTC\n");
        publisher.machine.run(&["collect"]).ok();
        publisher
    }

    fn collect(self, case: &str) -> Self {
        let publisher = Self { machine: self.machine.with_case(case) };
        publisher.machine.run(&["collect"]).ok();
        publisher
    }

    fn path(&self, name: &str) -> PathBuf {
        self.machine.root.path().join(name)
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=someone", "-c", "user.email=someone@localhost"])
            .args(arguments)
            .current_dir(self.machine.root.path())
            .env("HOME", self.machine.home())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.machine.command(&[&["publish"], arguments].concat());
        let path = std::env::vars_os().find(|(name, _)| name == "PATH").unwrap().1;
        command.env("PATH", path);
        command
    }

    fn publish(&self, arguments: &[&str]) -> Run {
        Run(self.command(arguments).output().unwrap())
    }

    fn to(&self, arguments: &[&str]) -> Run {
        self.publish(&[&["--to", "public.git"], arguments].concat())
    }

    /// The commits of the branch: one.
    fn tip(&self) -> String {
        let commits = self.git(&["-C", "public.git", "rev-list", "gh-pages"]);
        assert_eq!(commits.lines().count(), 1, "the branch has a history");
        commits
    }

    fn message(&self) -> String {
        self.git(&["-C", "public.git", "log", "-1", "--format=%an%n%B", "gh-pages"])
    }

    fn page(&self, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let root = self.path(folder);
        let files = tree(&root).into_iter();
        files.map(|(path, bytes)| (path.strip_prefix(&root).unwrap().to_owned(), bytes)).collect()
    }

    fn published(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let _ = fs_err::remove_dir_all(self.path("seen"));
        self.git(&["clone", "--quiet", "--branch=gh-pages", "public.git", "seen"]);
        fs_err::remove_dir_all(self.path("seen/.git")).unwrap();
        self.page("seen")
    }
}

#[test]
fn the_branch_is_one_commit_that_is_replaced_when_the_data_changes_and_never_else() {
    let publisher = Publisher::with("X10_midnight");
    let run = publisher.to(&[]).ok();
    assert!(run.stderr().contains("files published"), "{}", run.stderr());
    let (tip, message) = (publisher.tip(), publisher.message());
    for line in ["token-matters\n", "\nRaw-Tree: ", "\nProgram: token-matters "] {
        assert!(message.contains(line), "{line:?}: {message}");
    }
    let page = publisher.published();
    assert!(
        page.contains_key(Path::new("index.html"))
            && page.contains_key(Path::new("summary/latest.json"))
    );
    assert!(page.contains_key(Path::new(".nojekyll")));

    let again = publisher.to(&["--json"]).ok().json();
    assert_eq!(
        (&again["changed"], &again["published"]),
        (&Value::from(false), &Value::from(false))
    );
    assert_eq!(publisher.tip(), tip);

    let publisher = publisher.collect("A_stream");
    publisher.to(&[]).ok();
    assert_ne!(publisher.tip(), tip);
    assert_ne!(publisher.published(), page);
}

#[test]
fn data_that_makes_the_same_page_pushes_nothing() {
    let publisher = Publisher::with("X10_midnight");
    publisher.to(&[]).ok();
    let tip = publisher.tip();
    // Another content, but nothing that the page shows: a setting of machines only.
    publisher.git(&["clone", "--quiet", "data/store.git", "checkout"]);
    fs_err::write(publisher.path("checkout/token-matters.yaml"), "timezone: UTC\n").unwrap();
    let run = publisher.to(&["--raw", "checkout", "--json"]).ok().json();
    assert_eq!((&run["changed"], &run["published"]), (&Value::from(false), &Value::from(false)));
    assert_eq!(publisher.tip(), tip);
}

#[test]
fn what_is_published_is_what_a_folder_gets_and_hides_what_the_settings_hide() {
    let publisher = Publisher::with("X10_midnight");
    publisher.to(&[]).ok();
    publisher.publish(&["--out", "folder"]).ok();
    let mut folder = publisher.page("folder");
    assert!(folder.remove(Path::new("published.json")).is_some());
    assert_eq!(folder, publisher.published());
    for (path, bytes) in folder {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains("secret-laptop"), "{}", path.display());
    }
}

#[test]
fn a_branch_with_the_work_of_others_is_left_alone_unless_forced() {
    let publisher = Publisher::with("X10_midnight");
    publisher.git(&["init", "--quiet", "--initial-branch=gh-pages", "theirs"]);
    publisher.git(&[
        "-C",
        "theirs",
        "commit",
        "--quiet",
        "--allow-empty",
        "--message",
        "a page by hand",
    ]);
    publisher.git(&["-C", "theirs", "push", "--quiet", "../public.git", "gh-pages"]);
    let tip = publisher.tip();
    for arguments in [&[][..], &["--check"], &["--dry-run"]] {
        let run = publisher.to(arguments);
        assert_eq!((run.code(), run.stderr().contains("--force")), (2, true), "{}", run.stderr());
    }
    assert_eq!(publisher.tip(), tip);
    publisher.to(&["--force"]).ok();
    assert_ne!(publisher.tip(), tip);
}

#[test]
fn a_check_says_by_its_exit_code_or_to_the_workflow_whether_there_is_something_to_do() {
    let publisher = Publisher::with("X10_midnight");
    let check = |publisher: &Publisher| {
        let run = publisher.to(&["--check"]);
        let output = publisher.path("output");
        let told = publisher
            .command(&["--to", "public.git", "--check"])
            .env("GITHUB_OUTPUT", &output)
            .status();
        assert!(told.unwrap().success());
        let told = fs_err::read_to_string(&output).unwrap();
        fs_err::remove_file(output).unwrap();
        assert_eq!(told, run.stdout());
        (run.code(), told)
    };
    assert_eq!(check(&publisher), (3, "changed=true\n".to_owned()));
    publisher.to(&["--dry-run"]).ok();
    assert_eq!(check(&publisher), (3, "changed=true\n".to_owned()));
    publisher.to(&[]).ok();
    assert_eq!(check(&publisher), (0, "changed=false\n".to_owned()));
    let publisher = publisher.collect("A_stream");
    assert_eq!(check(&publisher), (3, "changed=true\n".to_owned()));
}

#[test]
fn a_store_a_checkout_of_it_and_its_address_are_the_same_data() {
    let publisher = Publisher::with("X10_midnight");
    publisher.git(&["clone", "--quiet", "data/store.git", "checkout"]);
    // What lies beside the data does not count.
    fs_err::write(publisher.path("checkout/README.md"), "mine").unwrap();
    publisher.git(&["clone", "--quiet", "--bare", "checkout", "data.git"]);
    let address = format!("file://{}", publisher.path("data.git").display());
    let raw_tree = |arguments: &[&str]| {
        let run =
            publisher.publish(&[&["--mode", "none", "--json"], arguments].concat()).ok().json();
        run["rawTree"].as_str().unwrap().to_owned()
    };
    let expected = raw_tree(&[]);
    for raw in ["checkout", "data.git", &address] {
        assert_eq!(raw_tree(&["--raw", raw]), expected, "{raw}");
    }
    // Git itself gives the tree that name.
    let listed = publisher.git(&["-C", "checkout", "ls-tree", "HEAD", "raw", "token-matters.yaml"]);
    fs_err::write(publisher.path("listed"), listed + "\n").unwrap();
    let made = Command::new("git")
        .args(["-C", "checkout", "mktree"])
        .stdin(fs_err::File::open(publisher.path("listed")).unwrap().into_file())
        .current_dir(publisher.machine.root.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&made.stdout).trim(), expected);
}

#[test]
fn two_that_publish_at_once_do_no_harm() {
    let publisher = Publisher::with("X10_midnight");
    let start = || publisher.command(&["--to", "public.git", "--force"]).spawn().unwrap();
    let mut runs = [start(), start(), start()];
    for run in &mut runs {
        assert!(run.wait().unwrap().success());
    }
    publisher.tip();
    publisher.publish(&["--out", "folder"]).ok();
    let mut folder = publisher.page("folder");
    folder.remove(Path::new("published.json"));
    assert_eq!(folder, publisher.published());
}

#[test]
fn a_folder_with_other_things_is_not_taken() {
    let publisher = Publisher::with("X10_midnight");
    fs_err::create_dir_all(publisher.path("mine")).unwrap();
    fs_err::write(publisher.path("mine/letter.txt"), "dear").unwrap();
    let run = publisher.publish(&["--out", "mine"]);
    assert_eq!((run.code(), run.stderr().contains("--force")), (2, true), "{}", run.stderr());
    assert_eq!(fs_err::read_to_string(publisher.path("mine/letter.txt")).unwrap(), "dear");
    // A page of ours is replaced, with nothing left of the one before.
    publisher.publish(&["--out", "ours"]).ok();
    fs_err::write(publisher.path("ours/summary/orphan.json"), "{}").unwrap();
    publisher.publish(&["--out", "ours"]).ok();
    assert!(!publisher.path("ours/summary/orphan.json").exists());
}

#[test]
fn a_store_without_data_publishes_no_empty_page() {
    let publisher = Publisher::new();
    fs_err::create_dir_all(publisher.path("checkout/.git")).unwrap();
    let run = publisher.to(&["--raw", "checkout"]).ok();
    assert!(run.stderr().contains("no data to publish yet"), "{}", run.stderr());
    let run = publisher.to(&["--raw", "checkout", "--check"]);
    assert_eq!((run.code(), run.stdout().as_str()), (0, "changed=false\n"));
    assert!(publisher.git(&["-C", "public.git", "branch"]).is_empty());
}

#[test]
fn a_target_that_is_not_named_or_not_there_is_told_with_what_to_do() {
    let publisher = Publisher::with("X10_midnight");
    let run = publisher.publish(&[]);
    assert_eq!(
        (run.code(), run.stderr().contains("site.repository")),
        (2, true),
        "{}",
        run.stderr()
    );
    let run = publisher.publish(&["--to", "nowhere.git"]);
    assert_eq!(
        (run.code(), run.stderr().contains("make the target repository")),
        (1, true),
        "{}",
        run.stderr()
    );
    let run = publisher.to(&["--branch", "a..b"]);
    assert_eq!(
        (run.code(), run.stderr().contains("no name of a branch")),
        (1, true),
        "{}",
        run.stderr()
    );
}

#[cfg(unix)]
#[test]
fn a_deploy_key_is_readable_by_its_user_alone_and_never_printed() {
    use std::os::unix::fs::PermissionsExt as _;
    const SECRET: &str = "c2VjcmV0LWtleS1tYXRlcmlhbA";
    let publisher = Publisher::with("X10_midnight");
    // An ssh that notes what it is given, and refuses.
    let bin = publisher.path("bin");
    fs_err::create_dir_all(&bin).unwrap();
    let script = "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$SEEN\"\nwhile [ $# -gt 0 ]; do\n  [ \"$1\" = -i ] && { ls -l \"$2\"; cat \"$2\"; } >> \"$SEEN\"\n  shift\ndone\necho 'git@127.0.0.1: Permission denied (publickey).' >&2\nexit 255\n";
    fs_err::write(bin.join("ssh"), script).unwrap();
    fs_err::set_permissions(bin.join("ssh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let key = format!(
        "-----BEGIN OPENSSH PRIVATE KEY-----\r\n{SECRET}\r\n-----END OPENSSH PRIVATE KEY-----"
    );
    let path = std::env::vars_os().find(|(name, _)| name == "PATH").unwrap().1;
    let path = format!("{}:{}", bin.display(), path.to_string_lossy());
    let mut command = publisher.command(&[
        "--to",
        "https://127.0.0.1/me/page.git",
        "--ssh-key-env",
        "DEPLOY",
        "-v",
    ]);
    command.env("PATH", path).env("SEEN", publisher.path("seen.txt")).env("DEPLOY", &key);
    let run = Run(command.output().unwrap());
    assert_eq!(run.code(), 1);
    assert!(run.stderr().contains("deploy key needs write access"), "{}", run.stderr());
    assert!(!run.stderr().contains(SECRET) && !run.stdout().contains(SECRET));
    let seen = fs_err::read_to_string(publisher.path("seen.txt")).unwrap();
    for part in [
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
        "known-hosts",
        "git@127.0.0.1",
        "-rw-------",
    ] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    let clean = key.replace('\r', "") + "\n";
    assert!(seen.ends_with(&clean), "{seen}");
    // Text that is no key is refused without being repeated.
    let mut command =
        publisher.command(&["--to", "https://127.0.0.1/x", "--ssh-key-env", "DEPLOY"]);
    let run = Run(command.env("DEPLOY", SECRET).output().unwrap());
    assert_eq!((run.code(), run.stderr().contains(SECRET)), (2, false), "{}", run.stderr());
}

#[test]
fn the_files_of_a_workflow_are_written_for_every_host() {
    let publisher = Publisher::new();
    let mut all = String::new();
    for (host, mode, file) in [
        ("github", "repository", ".github/workflows/summarize.yml"),
        ("github", "artifact", ".github/workflows/summarize.yml"),
        ("gitlab", "repository", ".gitlab-ci.yml"),
        ("gitlab", "artifact", ".gitlab-ci.yml"),
        ("forgejo", "repository", ".forgejo/workflows/summarize.yml"),
    ] {
        let more = ["--mode", mode, "--to", "git@github.com:me/tokens.git", "--minute", "17"];
        publisher
            .publish(&[&["--write-workflow", host, "--out", "checkout"], &more[..]].concat())
            .ok();
        let text = fs_err::read_to_string(publisher.path("checkout").join(file)).unwrap();
        all.extend(["=== ", host, ", ", mode, "\n", &text]);
    }
    let install =
        fs_err::read_to_string(publisher.path("checkout/.github/actions/publish/install.sh"))
            .unwrap();
    assert!(install.starts_with("#!/bin/sh\n") && !install.contains('\r'));
    insta::with_settings!({filters => vec![(env!("CARGO_PKG_VERSION"), "VERSION")]}, {
        insta::assert_snapshot!(all);
    });
}
