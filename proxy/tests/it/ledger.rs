//! The ledger: no line is lost, mixed or doubled, whatever happens to its files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use data_schema::LedgerEntry;
use http::Request;
use proxy::{Ledger, LedgerLimits, LogBodies, Range, entries, read};

use crate::support::{Answer, Mock, Running};

/// A request of a day, by number.
fn request(day: &str, number: u64) -> LedgerEntry {
    LedgerEntry {
        request: format!("{number:016x}"),
        at: format!("{day}T10:00:00Z").parse().unwrap(),
        path: "POST /v1/messages".to_owned(),
        status: Some(200),
        ..LedgerEntry::default()
    }
}

fn numbers(entries: &[LedgerEntry]) -> Vec<u64> {
    entries.iter().map(|entry| u64::from_str_radix(&entry.request, 16).unwrap()).collect()
}

/// What is read, and what is told of damage.
fn told(folder: &Path) -> (Vec<u64>, Vec<String>) {
    let mut damaged = Vec::new();
    let all = entries(folder, |path, line, reason| {
        damaged.push(format!("{}:{line} {reason}", path.file_name().unwrap().display()));
    });
    (numbers(&all.unwrap()), damaged)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let all = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        all.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    files.sort();
    files
}

fn file_names(folder: &Path) -> Vec<String> {
    let names = files(folder);
    names.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_line_is_in_the_file_when_recording_returns_and_only_its_owner_can_read_it() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("proxy/ledger");
    let ledger = Ledger::open(&folder).unwrap();
    for number in 0..3 {
        ledger.record(&request("2026-05-01", number)).unwrap();
        assert_eq!(told(&folder).0.len() as u64, number + 1, "nothing waits in the process");
    }
    assert_eq!(ledger.health().written, 3);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&files(&folder)[0]), 0o600);
    }
    drop(ledger);
    let ledger = Ledger::open(&folder).unwrap();
    ledger.record(&request("2026-05-01", 3)).unwrap();
    assert_eq!(told(&folder), (vec![0, 1, 2, 3], Vec::new()));
    assert_eq!(file_names(&folder), ["2026-05-01.jsonl"], "the same file goes on");
}

#[test]
fn proxies_on_one_folder_do_not_mix_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    let ledgers = [0, 1].map(|_| Ledger::open(folder.path()).unwrap());
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let ledger = &ledgers[usize::from(thread % 2 == 1)];
            scope.spawn(move || {
                for number in 0..100 {
                    ledger.record(&request("2026-05-01", thread * 100 + number)).unwrap();
                }
            });
        }
    });
    let (mut all, damaged) = told(folder.path());
    all.sort_unstable();
    assert_eq!((all, damaged), ((0..400).collect(), Vec::new()));
    assert_eq!(file_names(folder.path()), ["2026-05-01.2.jsonl", "2026-05-01.jsonl"]);
    drop(ledgers);
    let next = Ledger::open(folder.path()).unwrap();
    next.record(&request("2026-05-01", 400)).unwrap();
    assert_eq!(files(folder.path()).len(), 2, "a proxy that has ended leaves its place");
}

#[test]
fn a_cut_at_any_byte_of_the_last_line_loses_that_line_alone() {
    let root = tempfile::tempdir().unwrap();
    let whole = root.path().join("whole");
    let ledger = Ledger::open(&whole).unwrap();
    for number in 0..3 {
        ledger.record(&request("2026-05-01", number)).unwrap();
    }
    drop(ledger);
    let bytes = fs_err::read(&files(&whole)[0]).unwrap();
    let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for cut in last..=bytes.len() {
        let folder = root.path().join(cut.to_string());
        fs_err::create_dir_all(&folder).unwrap();
        fs_err::write(folder.join("2026-05-01.jsonl"), &bytes[..cut]).unwrap();
        let (seen, damaged) = told(&folder);
        let is_there = cut + 1 >= bytes.len();
        let is_torn = cut > last && !is_there;
        assert_eq!(seen, if is_there { vec![0, 1, 2] } else { vec![0, 1] }, "{cut}");
        assert_eq!(damaged.len(), usize::from(is_torn), "{cut}");
        if is_torn {
            assert!(damaged[0].starts_with("2026-05-01.jsonl:3 ends in the middle"), "{damaged:?}");
        }
        Ledger::open(&folder).unwrap().record(&request("2026-05-01", 9)).unwrap();
        let (after, damaged) = told(&folder);
        assert_eq!(after, [seen, vec![9]].concat(), "{cut}: the next line stands alone");
        assert_eq!(damaged.len(), usize::from(is_torn), "{cut}");
    }
}

#[test]
fn damage_in_the_middle_costs_its_own_line() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    ledger.record(&request("2026-05-01", 1)).unwrap();
    drop(ledger);
    let path = &files(folder.path())[0];
    let good = fs_err::read(path).unwrap();
    let long = vec![b'x'; 3 << 20];
    let damage: [&[u8]; 6] = [b"\0\0\0\0", b"{}", b"[1]", b"\xff\xfe{", b"", &long];
    let mut bytes = good.clone();
    for line in damage {
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
        bytes.extend_from_slice(&good);
    }
    fs_err::write(path, bytes).unwrap();
    let (seen, damaged) = told(folder.path());
    assert_eq!(seen, [1; 7]);
    assert_eq!(damaged.len(), 5, "{damaged:?}");
}

#[test]
fn a_new_day_and_a_full_file_begin_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut limits = LedgerLimits::default();
    limits.file = 500;
    let ledger = Ledger::with_limits(folder.path(), limits).unwrap();
    for (number, day) in (0..).zip([1, 1, 1, 1, 1, 1, 2, 1, 2, 3]) {
        ledger.record(&request(&format!("2026-05-{day:02}"), number)).unwrap();
    }
    let names = file_names(folder.path());
    assert!(names.contains(&"2026-05-01-2.jsonl".to_owned()), "{names:?}");
    assert!(names.contains(&"2026-05-03.jsonl".to_owned()), "{names:?}");
    assert_eq!(told(folder.path()), ((0..10).collect(), Vec::new()), "in the order of writing");
    for path in files(folder.path()) {
        assert!(fs_err::metadata(path).unwrap().len() <= 500);
    }
    let at = |text: &str| Some(text.parse().unwrap());
    let days = [
        (Range { since: at("2026-05-02T00:00:00Z"), until: None }, vec![6, 8, 9]),
        (Range { since: None, until: at("2026-05-02T00:00:00Z") }, vec![0, 1, 2, 3, 4, 5, 7]),
        (
            Range { since: at("2026-05-02T10:00:00Z"), until: at("2026-05-03T10:00:00Z") },
            vec![6, 8],
        ),
    ];
    for (range, expected) in days {
        let mut found = Vec::new();
        read(folder.path(), range, |entry| found.push(entry), |_, _, _| {}).unwrap();
        assert_eq!(numbers(&found), expected, "{range:?}");
    }
}

#[test]
fn what_cannot_be_written_waits_is_told_once_and_is_written_later() {
    let folder = tempfile::tempdir().unwrap();
    // A folder in the file's place: nobody can write there, whoever runs the tests.
    let place = folder.path().join("2026-05-01.jsonl");
    fs_err::create_dir(&place).unwrap();
    let mut limits = LedgerLimits::default();
    limits.waiting = 1000;
    let ledger = Ledger::with_limits(folder.path(), limits).unwrap();
    let told_at: Vec<u64> =
        (0..20).filter(|number| ledger.record(&request("2026-05-01", *number)).is_err()).collect();
    assert_eq!(told_at, [0], "once a minute");
    let health = ledger.health();
    assert_eq!(health.waiting as u64 + health.lost, 20);
    assert!(health.waiting > 5 && health.lost > 5, "{health:?}");
    fs_err::remove_dir(&place).unwrap();
    wait_for(|| ledger.health().waiting == 0);
    ledger.record(&request("2026-05-01", 99)).unwrap();
    let (seen, damaged) = told(folder.path());
    let kept = health.waiting as u64;
    assert_eq!(seen, (0..kept).chain([99]).collect::<Vec<u64>>());
    assert_eq!(damaged, Vec::<String>::new());
}

#[test]
fn a_folder_that_somebody_has_cleared_is_made_again() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("ledger");
    let ledger = Ledger::open(&folder).unwrap();
    ledger.record(&request("2026-05-01", 1)).unwrap();
    fs_err::remove_dir_all(&folder).unwrap();
    wait_for(|| {
        ledger.record(&request("2026-05-01", 2)).unwrap();
        folder.exists()
    });
    assert!(told(&folder).0.contains(&2));
}

fn wait_for(is_so: impl Fn() -> bool) {
    for _ in 0..1000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it never came");
}

#[tokio::test]
async fn bodies_are_kept_where_that_is_wanted_and_hold_no_credential() {
    let mock = Mock::start(|_| Answer::whole("application/json", "{\"id\": \"msg_1\" }")).await;
    let proxy = Running::with(&mock, |config| {
        config.log_bodies = Some(LogBodies::default());
    })
    .await;
    let sent = "{\"model\":\"m\",\"messages\":[\"hello\"]}";
    let request = Request::post("/v1/messages?key=secret-2").header("x-api-key", "secret-1");
    proxy.send(request.body(sent.into()).unwrap()).await;
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    let bodies = proxy.folder.path().join("bodies");
    let kept =
        |what: &str| fs_err::read_to_string(bodies.join(format!("{}.{what}", entry.request)));
    assert_eq!(kept("request").unwrap(), sent);
    assert_eq!(kept("answer").unwrap(), "{\"id\": \"msg_1\" }");
    for file in fs_err::read_dir(&bodies).unwrap() {
        assert!(!fs_err::read_to_string(file.unwrap().path()).unwrap().contains("secret"));
    }
    let line = fs_err::read_to_string(&files(&proxy.folder.path().join("ledger"))[0]).unwrap();
    assert!(!line.contains("hello") && !line.contains("secret"), "{line}");
}

#[tokio::test]
async fn no_word_of_a_request_or_an_answer_stays_by_default() {
    let mock =
        Mock::start(|_| Answer::whole("application/json", "{\"text\": \"plum pudding\"}")).await;
    let proxy = Running::before(&mock).await;
    proxy.post("/v1/messages", "{\"model\":\"m\",\"messages\":[\"custard\"]}").await;
    proxy.ledger(1).await;
    assert!(!proxy.folder.path().join("bodies").exists());
    for path in files(&proxy.folder.path().join("ledger")) {
        let text = fs_err::read_to_string(path).unwrap();
        assert!(!text.contains("plum") && !text.contains("custard"), "{text}");
    }
}
