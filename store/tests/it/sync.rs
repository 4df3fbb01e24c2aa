//! Stores that follow a remote: real bare repositories, through the real `git`.

use data_schema::UsageRecord;
use store::{TroubleKind, Who};

use crate::net::{Net, id_of, run, sorted, trouble};
use crate::support::{NOW, git, ids, record, run_of};

const DAY: &str = "2026-05-01T10:00:00Z";

#[test]
fn two_machines_write_into_one_remote_and_its_history_is_a_line() {
    let net = Net::new();
    net.run("laptop", vec![record("a", DAY, 1)]);
    net.run("desk", vec![record("b", DAY, 2)]);
    let laptop = net.run("laptop", vec![record("c", DAY, 3)]);
    assert_eq!(net.held(), sorted(&["a", "b", "c"]));
    assert_eq!(net.remote_git(&["rev-list", "--count", "main"]).trim(), "3");
    assert_eq!(net.remote_git(&["rev-list", "--count", "--merges", "main"]).trim(), "0");
    assert_eq!(laptop.waiting().unwrap(), 0);
    let authors = net.remote_git(&["log", "--format=%an <%ae>", "main"]);
    let lines: std::collections::BTreeSet<&str> = authors.lines().collect();
    assert_eq!(lines.into_iter().collect::<Vec<_>>(), ["token-matters <token-matters@localhost>"]);
}

#[test]
fn only_what_a_machine_needs_is_downloaded() {
    let net = Net::new();
    let days = |machine: &str| -> Vec<UsageRecord> {
        let at = |day: u32| format!("2026-05-{day:02}T10:00:00Z");
        (1..=8).map(|day| record(&format!("{machine}{day}"), &at(day), 1)).collect()
    };
    net.run("laptop", days("laptop"));
    let desk = net.run("desk", days("desk"));
    let absent = desk_absent(&net);
    assert_eq!(absent, 8, "the other machine's days stay where they are");
    // A push from there needs none of them.
    net.run("desk", vec![record("late", DAY, 1)]);
    assert_eq!(desk_absent(&net), 8);
    assert_eq!(desk.fetch_content().unwrap(), 0);
    assert_eq!(desk_absent(&net), 0);
    assert_eq!(ids(&net.store("desk")).len(), 17);
}

/// Files of the newest state that are not in the repository of `desk`.
fn desk_absent(net: &Net) -> usize {
    let list = ["rev-list", "--objects", "--missing=print", "main"];
    let text = git(&net.path("desk"), &list).expect("git is installed where tests run");
    text.lines().filter(|line| line.starts_with('?')).count()
}

#[test]
fn what_waited_offline_is_pushed_later_in_one_commit() {
    let net = Net::new();
    net.run("desk", vec![record("a", DAY, 1)]);
    let laptop = net.run("laptop", vec![record("b", DAY, 1)]);
    fs_err::rename(net.remote_path(), net.path("away.git")).unwrap();
    for (native, count) in [("c", 1), ("d", 2)] {
        assert_eq!(trouble(run(&laptop, "laptop", vec![])), TroubleKind::NoRepository);
        laptop.store_run(&run_of("laptop", vec![record(native, DAY, 1)])).unwrap();
        assert_eq!(laptop.waiting().unwrap(), count);
    }
    fs_err::rename(net.path("away.git"), net.remote_path()).unwrap();
    net.run("desk", vec![record("e", DAY, 1)]);
    net.run("laptop", vec![]);
    assert_eq!(net.held(), sorted(&["a", "b", "c", "d", "e"]));
    assert_eq!(laptop.waiting().unwrap(), 0);
    assert_eq!(net.remote_git(&["rev-list", "--count", "main"]).trim(), "4");
}

#[test]
fn a_remote_that_was_emptied_is_filled_again_by_those_who_wrote_it() {
    let net = Net::new();
    net.run("laptop", vec![record("a", DAY, 1)]);
    net.run("desk", vec![record("b", DAY, 1)]);
    net.run("laptop", vec![record("c", DAY, 1)]);
    fs_err::remove_dir_all(net.remote_path()).unwrap();
    net.git(&["init", "--quiet", "--bare", "-b", "main", "remote.git"]);
    net.allow_filter();
    net.run("laptop", vec![]);
    assert_eq!(net.held(), sorted(&["a", "c"]));
    net.run("desk", vec![record("d", DAY, 1)]);
    assert_eq!(net.held(), sorted(&["a", "b", "c", "d"]));
}

#[test]
fn a_rewritten_remote_gets_back_what_it_lost_and_keeps_what_is_new() {
    let net = Net::new();
    net.run("laptop", vec![record("a", DAY, 1)]);
    net.run("desk", vec![record("b", DAY, 1)]);
    net.run("laptop", vec![record("c", "2026-05-02T10:00:00Z", 1)]);
    net.by_hand(
        |clone| {
            fs_err::remove_file(clone.join("raw/laptop/claude-code/2026-05-02.json")).unwrap();
            fs_err::write(clone.join("README.md"), "mine").unwrap();
        },
        true,
    );
    net.run("desk", vec![]);
    assert_eq!(net.held(), sorted(&["a", "b"]), "nobody writes another machine's folder");
    net.run("laptop", vec![record("d", DAY, 1)]);
    assert_eq!(net.held(), sorted(&["a", "b", "c", "d"]));
    assert_eq!(net.show("README.md"), "mine", "foreign files stay");
}

#[test]
fn a_remote_that_is_ahead_and_has_foreign_files_is_joined_with() {
    let net = Net::new();
    net.run("laptop", vec![record("a", DAY, 1)]);
    let earlier = fs_err::read(net.path("laptop").join("refs/heads/main")).unwrap();
    // The same machine writes from a copy of its folder: both have the same id.
    let copy = net.path("copy");
    let from = net.path("laptop").display().to_string();
    std::process::Command::new("cp")
        .args(["-r", &from, &copy.display().to_string()])
        .status()
        .unwrap();
    net.by_hand(|clone| fs_err::write(clone.join("notes.txt"), "x").unwrap(), false);
    let twin = net.store("copy");
    run(&twin, "laptop", vec![record("b", DAY, 2)]).unwrap();
    net.run("laptop", vec![record("c", DAY, 3)]);
    assert_eq!(net.held(), sorted(&["a", "b", "c"]));
    assert_eq!(net.tree().iter().filter(|path| path.ends_with("machine.json")).count(), 1);
    assert!(net.tree().contains(&"notes.txt".to_owned()));
    assert_ne!(fs_err::read(net.path("laptop").join("refs/heads/main")).unwrap(), earlier);
}

#[test]
fn a_name_that_another_machine_took_at_the_same_moment_is_given_way_to() {
    let net = Net::new();
    // Both are offline at first and think that the name is free.
    let first = net.store("first");
    let second = net.store("second");
    for (store, id) in [(&first, "aaaa1111"), (&second, "bbbb2222")] {
        let mut run = run_of("laptop", vec![record(id, DAY, 1)]);
        run.machine_id = id.to_owned();
        store.store_run(&run).unwrap();
    }
    for (store, id) in [(&first, "aaaa1111"), (&second, "bbbb2222")] {
        let who = Who { machine: "laptop", id };
        store.fetch(&who, NOW.parse().unwrap()).unwrap();
        store.push(&who, NOW.parse().unwrap()).unwrap();
    }
    assert_eq!(net.held(), sorted(&["aaaa1111", "bbbb2222"]));
    let cards: Vec<String> =
        net.tree().into_iter().filter(|path| path.ends_with("machine.json")).collect();
    assert_eq!(cards, ["raw/laptop-bbbb/machine.json", "raw/laptop/machine.json"]);
    assert_eq!(second.machine_name("laptop", "bbbb2222").unwrap(), "laptop-bbbb");
    // From now on each writes its own.
    let who = Who { machine: "laptop", id: "bbbb2222" };
    second.fetch(&who, NOW.parse().unwrap()).unwrap();
    assert_eq!(second.waiting().unwrap(), 0);
}

#[test]
fn an_open_store_goes_on_reading_after_many_fetches() {
    let net = Net::new();
    net.run("desk", vec![record("a", DAY, 1)]);
    let store = net.store("laptop");
    let id = id_of("laptop");
    let who = Who { machine: "laptop", id: &id };
    // A repository that is opened with few packs has room for a number of new ones.
    for number in 0..40 {
        let message = number.to_string();
        let user = ["-c", "user.name=a", "-c", "user.email=a@b"];
        let commit = ["commit-tree", "-p", "main", "-m", &message, "main^{tree}"];
        let commit = net.remote_git(&[&user[..], &commit[..]].concat());
        net.remote_git(&["update-ref", "refs/heads/main", commit.trim()]);
        store.fetch(&who, NOW.parse().unwrap()).unwrap();
    }
    run(&store, "laptop", vec![record("b", DAY, 1)]).unwrap();
    assert_eq!(net.held(), sorted(&["a", "b"]));
}
