//! Remotes that refuse, hang, are of another kind, or are damaged: a message, and nothing lost.

use std::path::Path;
use std::time::Duration;

use store::{GitProgram, Remote, Store, StoreError, TroubleKind, Who};

use crate::net::{Net, run, sorted, trouble};
use crate::support::{NOW, git, ids, record, run_of};

const DAY: &str = "2026-05-01T10:00:00Z";

#[cfg(unix)]
fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs_err::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs_err::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

/// Runs twice: the first time the remote is in the way, then it is not any more.
fn waits_and_arrives(net: &Net, kind: TroubleKind, mend: impl FnOnce()) {
    let store = net.store("laptop");
    assert_eq!(trouble(run(&store, "laptop", vec![record("b", DAY, 1)])), kind);
    mend();
    run(&store, "laptop", vec![record("c", DAY, 1)]).unwrap();
    assert_eq!(net.held(), sorted(&["a", "b", "c"]));
    assert_eq!(store.waiting().unwrap(), 0);
}

#[cfg(unix)]
#[test]
fn a_remote_that_refuses_gets_the_commit_later() {
    let net = Net::new();
    net.run("laptop", vec![record("a", DAY, 1)]);
    let hook = net.remote_path().join("hooks/pre-receive");
    fs_err::create_dir_all(hook.parent().unwrap()).unwrap();
    script(&hook, "echo no pushes today >&2; exit 1");
    waits_and_arrives(&net, TroubleKind::Refused, || fs_err::remove_file(&hook).unwrap());
}

#[cfg(unix)]
#[test]
fn a_remote_that_hangs_is_left_at_the_deadline_with_all_its_processes() {
    let net = Net::new();
    net.run("laptop", vec![record("a", DAY, 1)]);
    let hook = net.remote_path().join("hooks/pre-receive");
    fs_err::create_dir_all(hook.parent().unwrap()).unwrap();
    let pid = net.path("pid");
    script(&hook, &format!("echo $$ > {}; exec sleep 1000", pid.display()));
    let program = GitProgram::new("git", Duration::from_secs(2));
    let remote = Remote { address: net.address(), program };
    let store = Store::open_remote(&net.path("laptop"), remote).unwrap();
    assert_eq!(trouble(run(&store, "laptop", vec![record("b", DAY, 1)])), TroubleKind::Hangs);
    let pid = fs_err::read_to_string(pid).unwrap();
    let is_gone = || !Path::new("/proc").join(pid.trim()).exists();
    let patience = std::time::Instant::now();
    while !is_gone() && patience.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(is_gone(), "the process that hung is still there");
    fs_err::remove_file(&hook).unwrap();
    net.run("laptop", vec![record("c", DAY, 1)]);
    assert_eq!(net.held(), sorted(&["a", "b", "c"]));
}

#[test]
fn a_remote_with_sha256_names_is_told_with_a_way_that_works() {
    let net = Net::new();
    net.git(&["init", "--quiet", "--bare", "--object-format=sha256", "other.git"]);
    let address = format!("file://{}", net.path("other.git").display());
    let store = net.store_at("laptop", &address);
    let error = run(&store, "laptop", vec![record("a", DAY, 1)]).unwrap_err();
    let StoreError::Remote(trouble) = &error else { panic!("{error}") };
    assert_eq!(trouble.kind, TroubleKind::Sha256, "{error}");
    assert!(error.to_string().contains("--object-format=sha1"), "{error}");
    // The way: another remote takes everything.
    store.store_run(&run_of("laptop", vec![record("a", DAY, 1)])).unwrap();
    let new = net.store("new");
    new.join_store(&store, NOW.parse().unwrap()).unwrap();
    run(&new, "laptop", vec![]).unwrap();
    assert_eq!(net.held(), sorted(&["a"]));
}

#[cfg(unix)]
#[test]
fn a_remote_of_another_user_is_told_with_the_command_that_allows_it() {
    let net = Net::new();
    net.run("desk", vec![record("a", DAY, 1)]);
    if std::os::unix::fs::chown(net.remote_path(), Some(12345), None).is_err() {
        println!("skipped: only root can give a repository away");
        return;
    }
    let store = net.store("laptop");
    let error = run(&store, "laptop", vec![record("b", DAY, 1)]).unwrap_err();
    std::os::unix::fs::chown(net.remote_path(), Some(0), None).unwrap();
    let StoreError::Remote(trouble) = &error else { panic!("{error}") };
    assert_eq!(trouble.kind, TroubleKind::ForeignOwner, "{error}");
    assert!(error.to_string().contains("safe.directory"), "{error}");
}

#[test]
fn a_server_without_filters_sends_more_and_works() {
    let net = Net::new();
    net.remote_git(&["config", "uploadpack.allowFilter", "false"]);
    net.run("desk", vec![record("a", DAY, 1)]);
    net.run("laptop", vec![record("b", DAY, 1)]);
    net.run("desk", vec![record("c", DAY, 1)]);
    assert_eq!(net.held(), sorted(&["a", "b", "c"]));
    assert_eq!(ids(&net.store("laptop")).len(), 2);
}

#[cfg(unix)]
#[test]
fn a_server_that_gives_out_no_single_files_is_read_as_a_whole() {
    let net = Net::new();
    net.run("desk", vec![record("a", DAY, 1)]);
    // A server of the old kind: filters, but no objects by name.
    let ssh = net.path("ssh");
    script(&ssh, "for last; do :; done\nunset GIT_PROTOCOL\nexec sh -c \"$last\"");
    net.remote_git(&["config", "uploadpack.allowAnySHA1InWant", "false"]);
    let wrapper = net.path("git-over-old-ssh");
    script(&wrapper, &format!("GIT_SSH_COMMAND={} exec git \"$@\"", ssh.display()));
    let address = format!("ssh://old.example{}", net.remote_path().display());
    let program = GitProgram::new(wrapper, Duration::from_secs(20));
    let open = || {
        let remote = Remote { address: address.clone(), program: program.clone() };
        Store::open_remote(&net.path("laptop"), remote).unwrap()
    };
    // Strangers cannot be tried here: the address is not public.
    run(&open(), "laptop", vec![record("b", DAY, 1)]).unwrap();
    net.run("desk", vec![record("c", DAY, 1)]);
    let store = open();
    run(&store, "laptop", vec![record("d", DAY, 1)]).unwrap();
    assert_eq!(store.fetch_content().unwrap(), 0);
    assert_eq!(ids(&store), sorted(&["a", "b", "c", "d"]));
    assert_eq!(net.held(), sorted(&["a", "b", "c", "d"]));
}

#[test]
fn a_host_without_git_gets_a_clear_message_and_keeps_collecting() {
    let net = Net::new();
    let program = GitProgram::new(net.path("no-such-git"), Duration::from_secs(5));
    let remote = Remote { address: net.address(), program };
    let store = Store::open_remote(&net.path("laptop"), remote).unwrap();
    let error = run(&store, "laptop", vec![]).unwrap_err().to_string();
    assert!(error.contains("install git"), "{error}");
    store.store_run(&run_of("laptop", vec![record("a", DAY, 1)])).unwrap();
    assert_eq!(store.waiting().unwrap(), 1);
    net.run("laptop", vec![]);
    assert_eq!(net.held(), sorted(&["a"]));
}

#[test]
fn a_remote_that_lost_objects_is_told_and_a_new_one_gets_everything() {
    let net = Net::new();
    net.run("laptop", vec![record("a", DAY, 1), record("b", "2026-05-02T10:00:00Z", 1)]);
    let tree = net.remote_git(&["rev-parse", "main^{tree}"]);
    let tree = tree.trim();
    fs_err::remove_file(net.remote_path().join("objects").join(&tree[..2]).join(&tree[2..]))
        .unwrap();
    let desk = net.store("desk");
    let error = run(&desk, "desk", vec![record("c", DAY, 1)]).unwrap_err();
    let StoreError::Remote(trouble) = &error else { panic!("{error}") };
    assert_eq!(trouble.kind, TroubleKind::Damaged, "{error}");
    // Everything that the machines hold goes to a new one.
    net.git(&["init", "--quiet", "--bare", "-b", "main", "new.git"]);
    let address = format!("file://{}", net.path("new.git").display());
    let new = net.store_at("new-laptop", &address);
    new.join_store(&net.store("laptop"), NOW.parse().unwrap()).unwrap();
    run(&new, "laptop", vec![]).unwrap();
    assert_eq!(ids(&new), sorted(&["a", "b"]));
}

#[test]
fn a_public_remote_is_refused_until_it_is_allowed() {
    let net = Net::new();
    // Everybody can read `https://code.example/`: on this machine it leads to the bare repository.
    let config = net.path("system-gitconfig");
    let folder = net.remote_path().parent().unwrap().display().to_string();
    let text = format!("[url \"file://{folder}/\"]\n\tinsteadOf = https://code.example/\n");
    fs_err::write(&config, text).unwrap();
    let wrapper = net.path("git-with-config");
    script(&wrapper, &format!("GIT_CONFIG_SYSTEM={} exec git \"$@\"", config.display()));
    let address = "https://me:secret@code.example/remote.git";
    let real = "https://code.example/remote.git";
    let open = |address: &str| {
        let program = GitProgram::new(wrapper.clone(), Duration::from_secs(20));
        let remote = Remote { address: address.to_owned(), program };
        Store::open_remote(&net.path("laptop"), remote).unwrap()
    };
    let store = open(real);
    let error = run(&store, "laptop", vec![record("a", DAY, 1)]).unwrap_err();
    assert!(matches!(error, StoreError::Public { .. }), "{error}");
    assert!(error.to_string().contains("--allow-public-data"), "{error}");
    assert_eq!(store.waiting().unwrap(), 1);
    store.allow_public().unwrap();
    run(&store, "laptop", vec![]).unwrap();
    assert_eq!(net.held(), sorted(&["a"]));
    let program = GitProgram::new("git", Duration::from_secs(1));
    let shown = Remote { address: address.to_owned(), program }.shown();
    assert_eq!(shown, real);
}

#[test]
fn an_earlier_store_is_joined_with_all_its_machines() {
    let net = Net::new();
    // What was collected before there was a remote.
    let old = Store::open_or_init(&net.path("old")).unwrap();
    old.store_run(&run_of("laptop", vec![record("a", DAY, 1)])).unwrap();
    old.store_run(&run_of("gone", vec![record("b", DAY, 1)])).unwrap();
    // The remote has another machine with the name `gone`.
    let mut other = run_of("gone", vec![record("c", DAY, 1)]);
    other.machine_id = "ffff0000".to_owned();
    let there = net.store("there");
    there.store_run(&other).unwrap();
    there.push(&Who { machine: "gone", id: "ffff0000" }, NOW.parse().unwrap()).unwrap();
    let new = net.store("laptop");
    run(&new, "laptop", vec![]).unwrap();
    let (commit, absent) = new.join_store(&old, NOW.parse().unwrap()).unwrap();
    assert!(commit.is_some() && absent == 0);
    run(&new, "laptop", vec![record("d", DAY, 1)]).unwrap();
    assert_eq!(net.held(), sorted(&["a", "b", "c", "d"]));
    let cards = net.tree().into_iter().filter(|path| path.ends_with("machine.json"));
    assert_eq!(cards.count(), 3, "{:?}", net.tree());
    // Again: nothing new. The old one is as it was.
    assert_eq!(new.join_store(&old, NOW.parse().unwrap()).unwrap(), (None, 0));
    assert_eq!(ids(&old), sorted(&["a", "b"]));
    git(&net.remote_path(), &["fsck", "--full"]).unwrap();
}
