//! Sources that tell a growing total: whoever looks how often, and whatever is forgotten in between, the same counts.

use std::collections::BTreeMap;
use std::path::Path;

use collector::source::{Role, SOURCES};
use rusqlite::Connection;

use crate::logs::World;
use crate::sources::{fixtures, put};

/// A session of one tool: how its file looks when the total is so much.
type Tool = fn(&World, Reading);

/// What a session tells at some time.
#[derive(Clone, Copy, Debug)]
struct Reading {
    at: &'static str,
    tokens: u64,
}

/// Three scans a day, on two days.
const STORY: [Reading; 6] = [
    Reading { at: "2026-05-01T08:00:00Z", tokens: 1000 },
    Reading { at: "2026-05-01T13:00:00Z", tokens: 1600 },
    Reading { at: "2026-05-01T23:00:00Z", tokens: 1700 },
    Reading { at: "2026-05-02T08:00:00Z", tokens: 1700 },
    Reading { at: "2026-05-02T13:00:00Z", tokens: 2500 },
    Reading { at: "2026-05-02T23:00:00Z", tokens: 4000 },
];

const TOOLS: [Tool; 3] = [zerostack, codewhale, warp];

fn zerostack(world: &World, reading: Reading) {
    let (input, output) = (reading.tokens - reading.tokens / 10, reading.tokens / 10);
    let session = format!(
        r#"{{"id":"s","created_at":"2026-05-01T07:00:00Z","updated_at":"{}","total_input_tokens":{input},"total_output_tokens":{output},"model":"m"}}"#,
        reading.at
    );
    world.write(".local/share/zerostack/sessions/s.json", session);
}

fn codewhale(world: &World, reading: Reading) {
    let session = format!(
        r#"{{"schema_version":1,"metadata":{{"id":"s","created_at":"2026-05-01T07:00:00Z","updated_at":"{}","total_tokens":{},"model":"m"}}}}"#,
        reading.at, reading.tokens
    );
    world.write(".codewhale/sessions/s.json", session);
}

fn warp(world: &World, reading: Reading) {
    let path = world.home.path().join(".local/state/warp-terminal/warp.sqlite");
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    let database = Connection::open(path).unwrap();
    database.pragma_update(None, "synchronous", "OFF").unwrap();
    let table = "CREATE TABLE IF NOT EXISTS agent_conversations (id INTEGER PRIMARY KEY, conversation_id TEXT UNIQUE, conversation_data TEXT, last_modified_at TIMESTAMP)";
    database.execute_batch(table).unwrap();
    let data = format!(
        r#"{{"conversation_usage_metadata":{{"token_usage":[{{"model_id":"m","warp_tokens":{}}}]}}}}"#,
        reading.tokens
    );
    let row = "INSERT OR REPLACE INTO agent_conversations VALUES (1, 's', ?1, ?2)";
    database.execute(row, [&data, &reading.at.replace('T', " ").replace('Z', "")]).unwrap();
}

/// Tokens that count, by UTC day.
fn days(world: &World) -> BTreeMap<String, u64> {
    let mut days = BTreeMap::new();
    for record in world.counted() {
        *days.entry(record.at.utc_date().to_string()).or_default() += record.usage.total();
    }
    days
}

/// What somebody does after a scan.
#[derive(Clone, Copy)]
struct Looks {
    /// Machines that look each time, in their order.
    machines: &'static [&'static str],
    /// Whether each loses its cache after every look.
    forgets: bool,
}

fn told(tool: Tool, story: &[Reading], looks: Looks) -> BTreeMap<String, u64> {
    let world = World::new();
    for reading in story {
        tool(&world, *reading);
        for machine in looks.machines {
            world.collect_on(machine);
            if looks.forgets {
                world.forget(machine);
            }
        }
    }
    days(&world)
}

#[test]
fn whoever_looks_how_often_the_days_of_a_counter_are_the_same() {
    let expected = BTreeMap::from([("2026-05-01".into(), 1700), ("2026-05-02".into(), 2300)]);
    let looks: [(&[&str], bool); 4] =
        [(&["m"], false), (&["m"], true), (&["m", "laptop"], true), (&["laptop", "m"], true)];
    for (index, tool) in TOOLS.into_iter().enumerate() {
        for (machines, forgets) in looks {
            let found = told(tool, &STORY, Looks { machines, forgets });
            assert_eq!(found, expected, "tool {index}, {machines:?}, forgets: {forgets}");
        }
    }
}

#[test]
fn machines_that_look_at_different_times_count_what_is_there_once() {
    for (index, tool) in TOOLS.into_iter().enumerate() {
        for turned in [false, true] {
            let world = World::new();
            for (place, reading) in STORY.into_iter().enumerate() {
                tool(&world, reading);
                let machine = if (place % 2 == 0) ^ turned { "m" } else { "laptop" };
                world.collect_on(machine);
            }
            let total: u64 = days(&world).values().sum();
            assert_eq!(total, 4000, "tool {index}, turned: {turned}");
            // Whoever comes last sees nothing new.
            world.forget("m");
            world.collect_on("m");
            world.collect_on("laptop");
            assert_eq!(days(&world).values().sum::<u64>(), 4000, "tool {index}");
        }
    }
}

#[test]
fn a_total_that_falls_begins_anew_and_takes_nothing_back() {
    let story = [STORY[0], STORY[1], Reading { at: "2026-05-02T08:00:00Z", tokens: 300 }];
    let expected = BTreeMap::from([("2026-05-01".into(), 1600), ("2026-05-02".into(), 300)]);
    for (index, tool) in TOOLS.into_iter().enumerate() {
        for machines in [&["m"][..], &["laptop", "m"]] {
            let found = told(tool, &story, Looks { machines, forgets: true });
            assert_eq!(found, expected, "tool {index}, {machines:?}");
        }
    }
}

/// Puts what a source's basic case has.
fn put_basic(id: &str, home: &Path) {
    put(&fixtures().join(id).join("basic/home"), home);
}

#[test]
fn every_counter_counts_its_basic_case_once_however_often_it_is_seen() {
    let counters = SOURCES.iter().filter(|source| source.info().role == Role::Counter);
    for source in counters {
        let once = World::new();
        put_basic(source.id(), once.home.path());
        once.collect_on("m");
        let often = World::new();
        put_basic(source.id(), often.home.path());
        for machine in ["laptop", "m", "m", "laptop", "m"] {
            often.collect_on(machine);
            often.forget(machine);
        }
        assert!(!days(&once).is_empty(), "{}", source.id());
        let (once, often) = (days(&once), days(&often));
        let sum = |days: &BTreeMap<String, u64>| days.values().sum::<u64>();
        assert_eq!(sum(&often), sum(&once), "{}", source.id());
    }
}
