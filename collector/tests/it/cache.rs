//! Cached equals fresh: whatever happens to logs between two runs, a run with the scan cache finds what a run
//! without it finds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use collector::source::Progress;
use collector::{Config, SAVED_AFTER, ScanOptions, Scanned, SourceReport, scan_sources};
use data_schema::{LimitReading, UsageRecord, UtcSeconds};
use proptest::prelude::*;
use store::StoredMark;
use tempfile::TempDir;

use crate::logs::{context, count, event, meta, record, rollout, session};
use crate::support::environment;

/// What can happen between two runs.
#[derive(Clone, Debug)]
enum Happens {
    /// Lines are appended to a log; the last one may have no end.
    Append { log: usize, lines: Vec<Line>, cut: bool },
    /// The rest of a line that had no end comes.
    Complete { log: usize },
    /// The log is cut to a part of its length.
    Truncate { log: usize, percent: u8 },
    /// Another file takes its place.
    Replace { log: usize, lines: Vec<Line> },
    /// It is written anew in place.
    Rewrite { log: usize, lines: Vec<Line> },
    /// It gets another name.
    Rename { log: usize },
    /// It is deleted.
    Delete { log: usize },
    /// Its time is set, backwards or forwards.
    Touch { log: usize, hours: i64 },
    /// A card appears beside the log of a sub-agent.
    Card { kind: u8 },
    /// A normal run.
    Run,
    /// A run that is cut off after so many logs.
    Killed { after: usize },
    /// The run's clock is set to so many hours from the usual.
    Clock { hours: i64 },
    /// The cache of an earlier run comes back.
    OldCache,
    /// The cache is cut, or one of its bytes is another.
    Damage { at: u16, cut: bool },
}

/// A line of a log, in either form.
#[derive(Clone, Copy, Debug)]
struct Line {
    response: u8,
    output: u8,
    minute: i16,
    kind: u8,
}

const LOGS: usize = 7;
const THREADS: [&str; 3] = [
    "019f0000-0000-7000-8000-000000000001",
    "019f1000-0000-7000-8000-000000000002",
    "019f2000-0000-7000-8000-000000000003",
];

fn line() -> impl Strategy<Value = Line> {
    (0..6_u8, 0..4_u8, -30..90_i16, 0..12_u8).prop_map(|(response, output, minute, kind)| Line {
        response,
        output,
        minute,
        kind,
    })
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec(line(), 1..12)
}

fn happens() -> impl Strategy<Value = Happens> {
    let log = 0..LOGS;
    prop_oneof![
        8 => (log.clone(), lines(), prop::bool::weighted(0.2))
            .prop_map(|(log, lines, cut)| Happens::Append { log, lines, cut }),
        1 => log.clone().prop_map(|log| Happens::Complete { log }),
        1 => (log.clone(), 0..100_u8).prop_map(|(log, percent)| Happens::Truncate { log, percent }),
        1 => (log.clone(), lines()).prop_map(|(log, lines)| Happens::Replace { log, lines }),
        1 => (log.clone(), lines()).prop_map(|(log, lines)| Happens::Rewrite { log, lines }),
        1 => log.clone().prop_map(|log| Happens::Rename { log }),
        1 => log.clone().prop_map(|log| Happens::Delete { log }),
        1 => (log, -40..40_i64).prop_map(|(log, hours)| Happens::Touch { log, hours }),
        1 => (0..3_u8).prop_map(|kind| Happens::Card { kind }),
        8 => Just(Happens::Run),
        2 => (0..5_usize).prop_map(|after| Happens::Killed { after }),
        1 => (-1000..1000_i64).prop_map(|hours| Happens::Clock { hours }),
        1 => Just(Happens::OldCache),
        1 => (any::<u16>(), any::<bool>()).prop_map(|(at, cut)| Happens::Damage { at, cut }),
    ]
}

/// Logs and a cache, as they come to be.
struct World {
    home: TempDir,
    cache: TempDir,
    now: UtcSeconds,
    names: Vec<String>,
    /// What is missing of the last line.
    open: Vec<String>,
    renamed: usize,
}

/// What a run finds.
#[derive(Debug, PartialEq)]
struct Found {
    records: Vec<UsageRecord>,
    limits: Vec<LimitReading>,
    report: SourceReport,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let names = vec![
            session("a"),
            session("b"),
            ".claude/projects/p/a/subagents/agent-x.jsonl".to_owned(),
            rollout(THREADS[0]),
            rollout(THREADS[1]),
            rollout(THREADS[2]),
            rollout("plain"),
        ];
        Self {
            now: environment(home.path()).now,
            home,
            cache: tempfile::tempdir().unwrap(),
            open: vec![String::new(); names.len()],
            names,
            renamed: 0,
        }
    }

    fn path(&self, log: usize) -> PathBuf {
        self.home.path().join(&self.names[log])
    }

    fn cache(&self) -> PathBuf {
        self.cache.path().join("scan.bin")
    }

    fn happen(&mut self, what: &Happens) {
        match what {
            Happens::Append { log, lines, cut } => {
                let mut text = std::mem::take(&mut self.open[*log]);
                text += &self.text(*log, lines);
                if *cut {
                    let keep = text.len() - text.len().min(9);
                    self.open[*log] = text.split_off(keep);
                }
                append(&self.path(*log), &text);
            }
            Happens::Complete { log } => {
                let rest = std::mem::take(&mut self.open[*log]);
                append(&self.path(*log), &rest);
            }
            Happens::Truncate { log, percent } => {
                let text = fs_err::read_to_string(self.path(*log)).unwrap_or_default();
                let keep = text.len() * usize::from(*percent) / 100;
                self.write(*log, &text[..keep]);
            }
            Happens::Replace { log, lines } => {
                let _ = fs_err::remove_file(self.path(*log));
                self.write(*log, &self.text(*log, lines));
            }
            Happens::Rewrite { log, lines } => self.write(*log, &self.text(*log, lines)),
            Happens::Rename { log } => {
                self.renamed += 1;
                let old = self.path(*log);
                let name = self.names[*log].replace(".jsonl", &format!("{}.jsonl", self.renamed));
                self.names[*log] = name;
                let _ = fs_err::rename(old, self.path(*log));
            }
            Happens::Delete { log } => {
                let _ = fs_err::remove_file(self.path(*log));
                self.open[*log].clear();
            }
            Happens::Touch { log, hours } => self.touch(*log, *hours),
            Happens::Card { kind } => self.card(*kind),
            Happens::Clock { hours } => {
                self.now = environment(self.home.path()).now.plus(hours * 3600);
            }
            Happens::Run => {
                let before = fs_err::read(self.cache()).unwrap_or_default();
                fs_err::write(self.cache.path().join("old.bin"), before).unwrap();
                self.scan(true);
            }
            Happens::Killed { after } => self.killed(*after),
            Happens::OldCache => {
                let old = fs_err::read(self.cache.path().join("old.bin")).unwrap_or_default();
                fs_err::write(self.cache(), old).unwrap();
            }
            Happens::Damage { at, cut } => self.damage(*at, *cut),
        }
    }

    fn write(&mut self, log: usize, text: &str) {
        self.open[log].clear();
        let path = self.path(log);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    fn touch(&self, log: usize, hours: i64) {
        let seconds = self.now.plus(hours * 3600).seconds().unsigned_abs();
        if let Ok(file) = fs_err::OpenOptions::new().append(true).open(self.path(log)) {
            file.file().set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        }
    }

    fn card(&self, kind: u8) {
        let path = self.home.path().join(".claude/projects/p/a/subagents/agent-x.meta.json");
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, format!(r#"{{"agentType":"kind-{kind}"}}"#)).unwrap();
    }

    fn damage(&self, at: u16, cut: bool) {
        let mut bytes = fs_err::read(self.cache()).unwrap_or_default();
        if bytes.is_empty() {
            return;
        }
        let place = usize::from(at) % bytes.len();
        if cut {
            bytes.truncate(place);
        } else {
            bytes[place] ^= 0x40;
        }
        fs_err::write(self.cache(), bytes).unwrap();
    }

    /// Lines in the form of the log's tool.
    fn text(&self, log: usize, lines: &[Line]) -> String {
        if self.names[log].starts_with(".claude") {
            return lines.iter().map(|line| claude(*line, log == 2)).collect();
        }
        let thread = THREADS.get(log - 3).copied().unwrap_or("plain");
        let parent = (log == 4 || log == 5).then(|| THREADS[log - 4]);
        let is_new = !self.path(log).exists();
        let start = if is_new { meta("10:00:00", thread, parent) } else { String::new() };
        start + &lines.iter().map(|line| codex(*line, log)).collect::<String>()
    }

    fn options_run(
        &self,
        cache: Option<&Path>,
        progress: &(dyn Fn(Progress) + Sync),
        saved_after: u64,
    ) -> Scanned {
        let mut environment = environment(self.home.path());
        environment.now = self.now;
        scan_sources(&ScanOptions {
            environment: &environment,
            config: &Config::default(),
            only: &[],
            cache,
            saved_after,
            mark: Some(&StoredMark::default()),
            progress: &|_, step| progress(step),
        })
    }

    fn scan(&self, cached: bool) -> Vec<Found> {
        let cache = self.cache();
        let scanned = self.options_run(cached.then_some(&*cache), &|_| {}, SAVED_AFTER);
        let found = scanned.sources.into_iter().map(|source| Found {
            records: source.records().unwrap().into_sorted(),
            limits: source.limits,
            report: source.report,
        });
        found.collect()
    }

    /// A run that ends in the middle, having saved after every log.
    fn killed(&self, after: usize) {
        let cache = self.cache();
        let done = AtomicUsize::new(0);
        let progress = |step: Progress| {
            if step == Progress::File && done.fetch_add(1, Ordering::SeqCst) >= after {
                std::panic::resume_unwind(Box::new("killed"));
            }
        };
        let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let _ = one_thread.install(|| {
            catch_unwind(AssertUnwindSafe(|| self.options_run(Some(&cache), &progress, 0)))
        });
    }
}

fn append(path: &Path, text: &str) {
    use std::io::Write;
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = fs_err::OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn claude(line: Line, is_side: bool) -> String {
    let Line { response, output, minute, kind } = line;
    let at = match kind {
        0 => r#""1970-01-01T00:00:00Z""#.to_owned(),
        1 => r#""2026-07-01T00:00:00Z""#.to_owned(),
        2 => "null".to_owned(),
        _ => format!(
            r#""2026-05-01T{:02}:{:02}:00Z""#,
            10 + minute.div_euclid(60),
            minute.rem_euclid(60)
        ),
    };
    let id = match kind {
        3 => String::new(),
        4 => format!(r#""id":"short{response}","#),
        _ => format!(r#""id":"msg_01AbCdEfGhIjKlMnOp{response}","#),
    };
    let stop = if output == 3 { r#""end_turn""# } else { "null" };
    match kind {
        5 => "{\"type\":\"user\",\"message\":{\"content\":\"x\"}}\n".to_owned(),
        6 => "{\"usage\": broken\n".to_owned(),
        _ => {
            format!(
                r#"{{"type":"assistant","timestamp":{at},"sessionId":"s","uuid":"u{response}{minute}","isSidechain":{is_side},"version":"2.1.0","cwd":"/w{}","message":{{{id}"model":"claude-sonnet-4-5","stop_reason":{stop},"usage":{{"input_tokens":100,"output_tokens":{}}}}}}}"#,
                response % 2,
                output * 5,
            ) + "\n"
        }
    }
}

fn codex(line: Line, log: usize) -> String {
    let Line { response, output, minute, kind } = line;
    let time = format!("{:02}:{:02}:00", 10 + minute.div_euclid(60), minute.rem_euclid(60));
    let total = u64::from(response) * 1000 + u64::from(output) * 100;
    match kind {
        0 => context(&time, if output > 1 { "gpt-5" } else { "gpt-5.5" }),
        1 => record(
            &time,
            &format!("resp_68a1b2c3d4e5f607{response}{log}"),
            100 * u64::from(output + 1),
        ),
        2 => meta(&time, THREADS[usize::from(response) % 3], None),
        3 => "{\"type\":\"token_count\", broken\n".to_owned(),
        4 => event(
            &time,
            "event_msg",
            &format!(
                r#"{{"type":"token_count","info":null,"rate_limits":{{"primary":{{"used_percent":{output},"window_minutes":300}}}}}}"#
            ),
        ),
        5 => record(&time, &format!("r{response}"), 100),
        _ => count(&time, total, 100 * u64::from(output + 1)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 5, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_to_logs_and_cache_a_cached_run_finds_what_a_fresh_one_finds(
        story in prop::collection::vec(happens(), 1..40),
    ) {
        let mut world = World::new();
        for what in &story {
            world.happen(what);
            if matches!(what, Happens::Run) {
                prop_assert_eq!(world.scan(true), world.scan(false));
            }
        }
        prop_assert_eq!(world.scan(true), world.scan(false));
        // And once more, now that nothing has changed.
        prop_assert_eq!(world.scan(true), world.scan(false));
    }
}
