//! Many machines that push at once, twins, and copied homes.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use store::{GitProgram, Remote, Store, Who};

use crate::net::{Net, id_of, run, run_as, sorted};
use crate::support::{NOW, record, run_of, variable};

const DAY: &str = "2026-05-01T10:00:00Z";
/// How many machines, and how many runs each: a soak sets more.
const MACHINES: &str = "TOKEN_MATTERS_SOAK_MACHINES";
const RUNS: &str = "TOKEN_MATTERS_SOAK_RUNS";

fn number(name: &str, usual: usize) -> usize {
    variable(name).and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A server on this machine, gone with the value.
struct Daemon {
    child: Child,
    port: u16,
}

impl Daemon {
    /// `None` where git has no daemon.
    fn new(net: &Net) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let base = net.remote_path().parent().unwrap().display().to_string();
        // The program itself: `git daemon` would leave it behind when it is killed.
        let programs = net.git(&["--exec-path"]);
        let child = Command::new(std::path::Path::new(programs.trim()).join("git-daemon"))
            .args(["--reuseaddr", "--export-all", "--enable=receive-pack"])
            .args(["--listen=127.0.0.1", "--max-connections=0"])
            .args([format!("--port={port}"), format!("--base-path={base}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut daemon = Self { child, port };
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if daemon.child.try_wait().ok()?.is_some() || start.elapsed() > Duration::from_secs(20)
            {
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(daemon)
    }

    fn address(&self) -> String {
        format!("git://127.0.0.1:{}/remote.git", self.port)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn open(net: &Net, folder: &str, address: &str) -> Store {
    let program = GitProgram::new("git", Duration::from_secs(50));
    let remote = Remote { address: address.to_owned(), program };
    Store::open_remote(&net.path(folder), remote).unwrap()
}

#[test]
fn many_machines_that_push_at_once_lose_nothing_and_end_in_time() {
    let net = Net::new();
    net.remote_git(&["config", "gc.auto", "0"]);
    net.remote_git(&["config", "receive.autogc", "false"]);
    let Some(daemon) = Daemon::new(&net) else {
        println!("skipped: this git has no daemon");
        return;
    };
    let (machines, runs) = (number(MACHINES, 6), number(RUNS, 4));
    let address = daemon.address();
    let slowest = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..machines)
            .map(|machine| {
                let (net, address) = (&net, &address);
                scope.spawn(move || {
                    let git = GitProgram::new("git", Duration::from_secs(50));
                    let name = format!("m{machine}");
                    let mut slowest = Duration::ZERO;
                    for number in 0..runs {
                        let start = Instant::now();
                        let store = open(net, &name, address);
                        let native = format!("{machine}-{number}");
                        // A run that gives up is an error here.
                        run(&store, &name, vec![record(&native, DAY, 1)]).unwrap();
                        // As every run of the command does: each fetch leaves a pack.
                        store.care(Some(&git), false).unwrap();
                        slowest = slowest.max(start.elapsed());
                    }
                    slowest
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).max().unwrap_or_default()
    });
    println!("{machines} machines, {runs} runs each: the slowest run took {slowest:.1?}");
    let natives: Vec<String> = (0..machines)
        .flat_map(|machine| (0..runs).map(move |number| format!("{machine}-{number}")))
        .collect();
    let natives: Vec<&str> = natives.iter().map(String::as_str).collect();
    assert_eq!(net.held(), sorted(&natives));
    let count = net.remote_git(&["rev-list", "--count", "main"]);
    assert_eq!(count.trim(), (machines * runs).to_string(), "one commit a run");
    assert_eq!(net.remote_git(&["rev-list", "--count", "--merges", "main"]).trim(), "0");
}

#[test]
fn twins_with_one_name_count_everything_once() {
    let net = Net::new();
    let runs = number(RUNS, 5);
    std::thread::scope(|scope| {
        for twin in ["aaaa1111", "bbbb2222"] {
            let net = &net;
            scope.spawn(move || {
                for number in 0..runs {
                    let store = net.store(twin);
                    // Half of what they see is the same.
                    let own = record(&format!("{twin}-{number}"), DAY, 1);
                    let both = record(&format!("both-{number}"), DAY, 1);
                    run_as(&store, ("laptop", twin), vec![own, both]).unwrap();
                }
            });
        }
    });
    let natives: Vec<String> = (0..runs)
        .flat_map(|number| ["aaaa1111", "bbbb2222", "both"].map(|who| format!("{who}-{number}")))
        .collect();
    let natives: Vec<&str> = natives.iter().map(String::as_str).collect();
    assert_eq!(net.held(), sorted(&natives));
    let cards = net.tree().into_iter().filter(|path| path.ends_with("machine.json"));
    assert_eq!(cards.count(), 2);
}

#[test]
fn a_copied_home_changes_no_closed_month() {
    let net = Net::new();
    let old = "2026-03-01T10:00:00Z";
    net.run("laptop", vec![record("a", old, 1), record("b", DAY, 1)]);
    net.run("desk", vec![record("c", old, 1)]);
    let months = |net: &Net| {
        let list = net.remote_git(&["ls-tree", "-r", "main", "raw"]);
        let months = list.lines().filter(|line| line.contains("2026-03")).map(str::to_owned);
        months.collect::<Vec<_>>()
    };
    let before = months(&net);
    assert_eq!(before.len(), 2, "{before:?}");
    // The copy has the id, the name and the logs of the first one, and goes on by itself.
    let (from, to) =
        (net.path("laptop").display().to_string(), net.path("copy").display().to_string());
    assert!(Command::new("cp").args(["-r", &from, &to]).status().unwrap().success());
    for number in 0..3 {
        let id = id_of("laptop");
        for folder in ["copy", "laptop"] {
            let native = format!("{folder}-{number}");
            let records = vec![record("a", old, 1), record(&native, DAY, 1)];
            run_as(&net.store(folder), ("laptop", &id), records).unwrap();
        }
    }
    assert_eq!(months(&net), before);
    assert_eq!(net.held().len(), 3 + 6);
}

#[test]
fn a_month_that_is_folded_while_others_push_keeps_its_records() {
    let net = Net::new();
    let id = id_of("laptop");
    let who = Who { machine: "laptop", id: &id };
    let at = |now: &str, natives: &[&str], day: &str| {
        let records = natives.iter().map(|native| record(native, day, 1)).collect();
        let mut run = run_of("laptop", records);
        id.clone_into(&mut run.machine_id);
        run.now = now.parse().unwrap();
        run
    };
    let laptop = net.store("laptop");
    let early = "2026-03-03T00:00:00Z";
    laptop.store_run(&at(early, &["a", "b"], "2026-03-01T10:00:00Z")).unwrap();
    laptop.push(&who, early.parse().unwrap()).unwrap();
    // The month closes with this run, which does not know yet that another machine has pushed.
    laptop.store_run(&at(NOW, &["c"], DAY)).unwrap();
    net.run("desk", vec![record("d", DAY, 1)]);
    let pushed = laptop.push(&who, NOW.parse().unwrap()).unwrap();
    assert!(pushed.attempts > 1, "the first try must lose, or this proves nothing");
    assert_eq!(net.held(), sorted(&["a", "b", "c", "d"]));
    let months = net.tree().into_iter().filter(|path| path.contains("laptop/claude-code/2026-03_"));
    assert_eq!(months.count(), 1, "{:?}", net.tree());
}
