//! What stays when logs are collected, changed, deleted and collected again.

use data_schema::TimeQuality;

use crate::logs::{
    World, answer, answer_of, context, count, event, meta, record, rollout, session, totals,
};
use crate::support::scan;

const ROOT: &str = "019f0000-0000-7000-8000-000000000001";
const CHILD: &str = "019f1000-0000-7000-8000-000000000002";
const GRANDCHILD: &str = "019f2000-0000-7000-8000-000000000003";
const AT: &str = "2026-05-01T10:00:00Z";

fn root() -> String {
    meta("10:00:00", ROOT, None)
        + &context("10:00:00", "gpt-5")
        + &count("10:00:05", 1100, 1100)
        + &count("10:00:30", 3300, 2200)
}

/// A thread that replays its ancestors in a burst and adds requests of its own.
fn fork(time: &str, id: &str, ancestors: &[&str], replayed: &[u64], own: &[u64]) -> String {
    let (hour, start) = (&time[..2], format!("{time}:00:00"));
    let mut log = meta(&start, id, ancestors.first().copied());
    for (index, ancestor) in ancestors.iter().enumerate() {
        log += &meta(&start, ancestor, ancestors.get(index + 1).copied());
    }
    log += &context(&start, "gpt-5");
    let mut total = 0;
    for used in replayed {
        total += used;
        log += &count(&start, total, *used);
    }
    for (index, used) in own.iter().enumerate() {
        total += used;
        log += &count(&format!("{hour}:{:02}:00", index + 1), total, *used);
    }
    log
}

#[test]
fn a_family_is_stored_once_however_its_logs_come_and_go() {
    let child = fork("11", CHILD, &[ROOT], &[1100, 2200], &[550]);
    let grandchild = fork("12", GRANDCHILD, &[CHILD, ROOT], &[1100, 2200, 550], &[70]);
    let logs = [(ROOT, root()), (CHILD, child), (GRANDCHILD, grandchild)];
    let all = [70, 550, 1100, 2200];
    // Every set of logs of the first run; then all that is deleted comes to lie beside the grandchild.
    for first in 0..8_u8 {
        let world = World::new();
        for (index, (id, log)) in logs.iter().enumerate() {
            if first & (1 << index) != 0 {
                world.write(&rollout(id), log);
            }
        }
        world.collect();
        for (index, (id, _)) in logs.iter().enumerate() {
            if first & (1 << index) != 0 {
                world.remove(&rollout(id));
            }
        }
        world.write(&rollout(GRANDCHILD), &logs[2].1);
        world.collect();
        assert_eq!(world.totals(), all, "first run with the logs {first:03b}");
        for (id, log) in &logs {
            world.write(&rollout(id), log);
        }
        world.collect();
        assert_eq!(world.totals(), all, "first run with the logs {first:03b}, then all");
        assert!(world.collect().stored.commit.is_none());
    }
}

#[test]
fn deleted_logs_take_nothing_from_the_store_and_the_same_logs_add_nothing() {
    let world = World::new();
    world.write(&session("s"), answer("m1", AT));
    world.write(&rollout(ROOT), root());
    world.collect();
    assert!(world.collect().stored.commit.is_none());
    world.remove(&session("s"));
    world.remove(&rollout(ROOT));
    world.collect();
    assert_eq!(world.totals(), [110, 1100, 2200]);
}

#[test]
fn a_line_that_was_half_written_is_read_once_when_it_is_complete() {
    let (first, second) = (answer("m1", AT), answer("m2", AT));
    let world = World::new();
    let half = first.clone() + &second[..second.len() - 5];
    world.write(&session("s"), &half);
    let scanned = world.collect();
    let report = &scanned.scanned.sources[0].report;
    assert_eq!((report.records, report.skipped), (1, 1));
    world.write(&session("s"), first + &second);
    world.collect();
    assert_eq!(world.totals(), [110, 110]);
}

#[test]
fn an_answer_that_grows_between_two_runs_counts_with_its_last_numbers() {
    let line = |output: u64| {
        answer_of("m", AT, &format!(r#"{{"input_tokens":100,"output_tokens":{output}}}"#))
    };
    let world = World::new();
    world.write(&session("s"), line(1));
    world.collect();
    world.write(&session("s"), line(1) + &line(159));
    world.collect();
    assert_eq!(world.totals(), [259]);
}

#[test]
fn a_run_between_the_two_lines_of_a_response_leaves_one_response() {
    let start = meta("10:00:00", "a", None) + &context("10:00:00", "gpt-5");
    let counted = count("10:00:05", 1100, 1100);
    let told = record("10:00:05", "resp_1", 1100);
    let later = count("10:01:00", 1650, 550) + &record("10:01:00", "resp_2", 550);
    for (first, both) in [(&counted, counted.clone() + &told), (&told, told.clone() + &counted)] {
        let world = World::new();
        world.write(&rollout("a"), start.clone() + first);
        world.collect();
        assert_eq!(world.totals(), [1100]);
        world.write(&rollout("a"), start.clone() + &both + &later);
        world.collect();
        assert_eq!(world.totals(), [550, 1100]);
    }
}

#[test]
fn a_file_that_is_cut_or_replaced_under_its_name_doubles_and_loses_nothing() {
    let world = World::new();
    world.write(&session("s"), answer("m1", AT) + &answer("m2", AT));
    world.write(&rollout(ROOT), root());
    world.collect();
    world.write(&session("s"), answer("m3", AT));
    world.write(&rollout(ROOT), meta("10:00:00", ROOT, None) + &count("10:00:05", 1100, 1100));
    world.collect();
    assert_eq!(world.totals(), [110, 110, 110, 1100, 2200]);
}

#[test]
fn a_file_of_equal_size_and_new_content_is_read_anew() {
    let world = World::new();
    let path = world.write(&session("s"), answer("m1", AT));
    world.collect();
    fs_err::remove_file(&path).unwrap();
    world.write(&session("s"), answer("m2", AT));
    let later = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_780_000_000);
    fs_err::File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
    world.collect();
    assert_eq!(world.totals(), [110, 110]);
}

#[test]
fn logs_collected_line_by_line_are_those_collected_at_once() {
    let claude: Vec<String> = [("m1", 1), ("m1", 159), ("m2", 7), ("m3", 9), ("m2", 20)]
        .iter()
        .map(|(id, output)| {
            let usage = format!(r#"{{"input_tokens":100,"output_tokens":{output}}}"#);
            answer_of(id, AT, &usage)
        })
        .collect();
    let codex: Vec<String> = root()
        .lines()
        .map(|line| format!("{line}\n"))
        .chain([record("10:00:40", "resp_1", 550), count("10:00:41", 3850, 550)])
        .chain([count("10:01:00", 3850, 550), count("10:02:00", 220, 220)])
        .collect();
    let (at_once, by_line) = (World::new(), World::new());
    for length in 1..=claude.len().max(codex.len()) {
        by_line.write(&session("s"), claude[..length.min(claude.len())].concat());
        by_line.write(&rollout(ROOT), codex[..length.min(codex.len())].concat());
        by_line.collect();
    }
    at_once.write(&session("s"), claude.concat());
    at_once.write(&rollout(ROOT), codex.concat());
    at_once.collect();
    assert_eq!(by_line.totals(), at_once.totals());
    assert_eq!(at_once.totals(), [109, 120, 220, 259, 550, 1100, 2200]);
}

#[test]
fn names_of_files_and_the_number_of_threads_change_no_byte_of_the_store() {
    let stored_with = |threads: usize, turned: bool| {
        let world = World::new();
        for number in 0..20 {
            let name = if turned { 19 - number } else { number };
            let shared = answer_of(
                "msg_01AbCdEfGhIjKlMnOpQrStUv",
                &format!("2026-05-01T10:00:{number:02}Z"),
                &format!(r#"{{"input_tokens":100,"output_tokens":{}}}"#, number % 7),
            );
            let id = format!("msg_01AbCdEfGhIjKlMnOpQr{number:04}");
            world.write(&session(&format!("s{name:02}")), shared + &answer(&id, AT));
            let id = format!("019f1000-0000-7000-8000-0000000000{number:02}");
            let own = [550, 600 + number];
            let log = fork("11", &id, &[ROOT], &[1100, 2200], &own);
            world.write(&rollout(&format!("{name:02}-{id}")), log);
        }
        world.write(&rollout(&format!("{}-{ROOT}", if turned { "zz" } else { "00" })), root());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| world.collect());
        assert_eq!(world.counted().len(), 21 + 42);
        world.stored()
    };
    let reference = stored_with(1, false);
    assert!(reference.len() >= 3);
    for (threads, turned) in [(4, false), (1, true), (4, true)] {
        assert!(stored_with(threads, turned) == reference, "{threads} threads, turned: {turned}");
    }
}

#[test]
fn the_time_of_a_copy_never_replaces_that_of_the_response() {
    let world = World::new();
    world.write(&rollout(ROOT), root());
    world.collect();
    world.remove(&rollout(ROOT));
    let fork = fork("23", CHILD, &[ROOT], &[1100, 2200], &[]).replace("2026-05-01", "2026-05-02");
    world.write(&rollout(CHILD), fork);
    world.collect();
    let counted = world.counted();
    assert_eq!(totals(&counted), [1100, 2200]);
    let times: Vec<String> = counted.iter().map(|record| record.at.to_string()).collect();
    assert_eq!(times, ["2026-05-01T10:00:05Z", "2026-05-01T10:00:30Z"]);
    assert!(counted.iter().all(|record| record.at_quality == TimeQuality::Trusted));
}

#[test]
fn limits_of_a_replay_are_those_of_its_parent() {
    let limits = |time: &str, percent: u64| {
        let window = format!(r#"{{"used_percent":{percent},"window_minutes":10080}}"#);
        event(
            time,
            "event_msg",
            &format!(
                r#"{{"type":"token_count","info":null,"rate_limits":{{"secondary":{window}}}}}"#
            ),
        )
    };
    let world = World::new();
    let head = meta("11:00:00", CHILD, Some(ROOT)) + &context("11:00:00", "gpt-5");
    let replay = limits("11:00:00", 5) + &count("11:00:00", 1100, 1100);
    let own = limits("11:05:00", 9) + &count("11:05:00", 1650, 550);
    world.write(&rollout(CHILD), head + &replay + &own);
    let read = scan("codex", world.home.path()).limits;
    let read: Vec<_> =
        read.iter().map(|limit| (limit.window.as_str(), limit.at.to_string())).collect();
    assert_eq!(read, [("7d", "2026-05-01T11:05:00Z".to_owned())]);
}
