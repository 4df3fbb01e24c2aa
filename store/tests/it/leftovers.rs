//! What a killed run, a fetch that was cut off and a process in the background leave behind.

use std::time::Duration;

use store::{GitProgram, Remote, Store, Who};

use crate::net::{Net, id_of, run, sorted};
use crate::support::{NOW, record};

const DAY: &str = "2026-05-01T10:00:00Z";
/// Locks that `git` and gix take on the way.
const LOCKS: [&str; 7] = [
    "refs/heads/main.lock",
    "refs/token-matters/base.lock",
    "refs/token-matters/remote.lock",
    "packed-refs.lock",
    "shallow.lock",
    "HEAD.lock",
    "config.lock",
];

fn age(path: &std::path::Path) {
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    let old = file.metadata().unwrap().modified().unwrap() - Duration::from_hours(1);
    file.set_modified(old).unwrap();
}

#[test]
fn a_lock_that_a_killed_run_left_stops_no_later_run() {
    for (number, lock) in LOCKS.into_iter().enumerate() {
        let net = Net::new();
        net.run("laptop", vec![record("a", DAY, 1)]);
        net.run("desk", vec![record("b", DAY, 2)]);
        let path = net.path("laptop").join(lock);
        fs_err::write(&path, "").unwrap();
        age(&path);
        let store = net.store("laptop");
        let ran = run(&store, "laptop", vec![record("c", DAY, 3)]);
        assert!(ran.is_ok(), "{number} {lock}: {ran:?}");
        assert_eq!(net.held(), sorted(&["a", "b", "c"]), "{lock}");
    }
}

#[cfg(unix)]
#[test]
fn a_fetch_that_is_ended_at_its_deadline_stops_no_later_run() {
    use std::os::unix::fs::PermissionsExt;
    let net = Net::new();
    net.run("laptop", vec![record("a", DAY, 1)]);
    net.run("desk", vec![record("b", DAY, 2)]);
    // As a host that stops in the middle of a pack: `git` holds the lock of its shallow commits then.
    let slow = net.path("slow-git");
    let text = "#!/bin/sh\nfor word in \"$@\"; do case \"$word\" in fetch) : > shallow.lock; exec sleep 1000;; esac; done\nexec git \"$@\"\n";
    fs_err::write(&slow, text).unwrap();
    fs_err::set_permissions(&slow, PermissionsExt::from_mode(0o755)).unwrap();
    let program = GitProgram::new(&slow, Duration::from_secs(1));
    let remote = Remote { address: net.address(), program };
    let store = Store::open_remote(&net.path("laptop"), remote).unwrap();
    let id = id_of("laptop");
    let who = Who { machine: "laptop", id: &id };
    store.fetch(&who, NOW.parse().unwrap()).unwrap_err();
    net.run("laptop", vec![record("c", DAY, 3)]);
    assert_eq!(net.held(), sorted(&["a", "b", "c"]));
}

#[cfg(unix)]
#[test]
fn a_process_that_git_leaves_in_the_background_holds_nobody_up() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("git");
    let pid = folder.path().join("pid");
    // As an agent, or a connection that is kept open: it inherits the pipes.
    let text =
        format!("#!/bin/sh\nsleep 60 &\necho $! > {}\necho git version 2.47.3\n", pid.display());
    fs_err::write(&path, text).unwrap();
    fs_err::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let program = GitProgram::new(path, Duration::from_secs(10));
        send.send(program.version()).unwrap();
    });
    let answer = receive.recv_timeout(Duration::from_secs(30));
    let pid = fs_err::read_to_string(pid).unwrap();
    std::process::Command::new("kill").arg(pid.trim()).status().unwrap();
    assert_eq!(answer.unwrap().unwrap(), "2.47.3");
}

#[test]
fn limits_of_a_forgotten_machine_do_not_come_back_with_its_next_run() {
    use data_schema::{LimitReading, Scope, Tombstone};
    let net = Net::new();
    let laptop = net.store("laptop");
    let mut first = crate::support::run_of("laptop", vec![record("a", DAY, 1)]);
    first.sources[0].limits = vec![LimitReading {
        at: DAY.parse().unwrap(),
        account: None,
        window: "5h".to_owned(),
        scope: None,
        used_fraction: None,
        resets_at: None,
        via: "log".into(),
        source: None,
    }];
    let id = id_of("laptop");
    let (who, now) = (Who { machine: "laptop", id: &id }, NOW.parse().unwrap());
    laptop.fetch(&who, now).unwrap();
    laptop.store_run(&first).unwrap();
    laptop.push(&who, now).unwrap();
    let is_held = || net.tree().iter().any(|path| path.contains("/limits-"));
    assert!(is_held());
    let desk = net.run("desk", vec![record("b", DAY, 2)]);
    desk.fetch_content().unwrap();
    desk.forget(&Tombstone::new(Scope::Machine, "laptop", [7; 16], now), now).unwrap();
    net.run("desk", vec![]);
    assert!(!is_held());
    net.run("laptop", vec![]);
    assert!(!is_held(), "{:?}", net.tree());
    assert_eq!(net.held(), sorted(&["b"]));
}

#[test]
fn what_is_forgotten_while_its_month_is_made_elsewhere_is_not_in_the_month() {
    use data_schema::{Scope, Tombstone};
    let net = Net::new();
    let mut secret = record("secret", DAY, 1);
    secret.attribution.project = Some("secret".into());
    let laptop = net.run("laptop", vec![secret, record("a", DAY, 1)]);
    let desk = net.run("desk", vec![record("b", DAY, 2)]);
    desk.fetch_content().unwrap();
    let now = NOW.parse().unwrap();
    desk.forget(&Tombstone::new(Scope::Project, "secret", [7; 16], now), now).unwrap();
    let later = "2026-07-01T00:00:00Z".parse().unwrap();
    laptop.compact("laptop", later).unwrap();
    let id = id_of("laptop");
    laptop.push(&Who { machine: "laptop", id: &id }, later).unwrap();
    assert_eq!(net.held(), sorted(&["a", "b", "secret"]));
    net.run("desk", vec![]);
    assert_eq!(net.held(), sorted(&["a", "b"]));
    net.run("laptop", vec![]);
    assert_eq!(net.held(), sorted(&["a", "b"]));
}
