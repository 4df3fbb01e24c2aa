//! Built-in sample data: thirteen months of a person with three machines and four tools.
//!
//! Made from a fixed sequence, so that two demos of one day are the same. The numbers are invented; their
//! proportions are those of real logs (most of the prompt comes from a cache, and a session reads more of it with every
//! response).

use std::collections::BTreeMap;

use data_schema::{
    Attribution, Fraction, HashId, Interner, LimitReading, MachineFile, Quality, RecordId, Tokens,
    Usage, UsageRecord, UtcSeconds,
};
use summarizer::Input;

/// Days of the sample.
const DAYS: i64 = 400;
const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;
/// Two weeks away, as days of the sample.
const AWAY: std::ops::Range<i64> = 268..282;

/// A model with how often a session begins with it (parts of 100) and how large its responses are.
struct Model {
    provider: &'static str,
    name: &'static str,
    weight: u64,
    size: u64,
    /// Days of the sample on which it is used.
    days: std::ops::Range<i64>,
}

const fn model(
    provider: &'static str,
    name: &'static str,
    (weight, size): (u64, u64),
    days: std::ops::Range<i64>,
) -> Model {
    Model { provider, name, weight, size, days }
}

/// Beyond the last day.
const STILL: i64 = DAYS + 1;

const MODELS: [Model; 14] = [
    model("claude-code", "claude-sonnet-4-5", (40, 9), 0..190),
    model("claude-code", "claude-sonnet-4-6", (30, 10), 150..STILL),
    model("claude-code", "claude-opus-4-6", (18, 13), 90..230),
    model("claude-code", "claude-opus-4-8", (24, 14), 215..STILL),
    model("claude-code", "claude-haiku-4-5-20251001", (8, 4), 0..STILL),
    model("codex", "gpt-5.3-codex", (20, 12), 40..STILL),
    model("codex", "gpt-5.4", (9, 9), 160..STILL),
    model("codex", "gpt-5.5", (18, 13), 270..STILL),
    model("codex", "gpt-6-preview", (3, 11), 372..STILL),
    model("gemini-cli", "gemini-2.5-pro", (9, 8), 60..260),
    model("gemini-cli", "gemini-3.1-pro-preview", (10, 8), 240..STILL),
    model("gemini-cli", "gemini-3.5-flash", (5, 5), 300..STILL),
    model("opencode", "glm-4.6", (6, 7), 120..STILL),
    model("opencode", "kimi-k2.5", (7, 8), 310..STILL),
];
const MACHINES: [(&str, u64); 3] = [("studio", 58), ("laptop", 34), ("ci-runner", 8)];
const PROJECTS: [(&str, u64); 6] = [
    ("github.com/acme/storefront", 34),
    ("github.com/acme/api", 26),
    ("github.com/acme/infra", 14),
    ("github.com/ada/notes", 12),
    ("github.com/ada/compiler", 8),
    ("$HOME/scratch", 6),
];
/// Hours in which sessions begin, with how often: work, and some evenings.
const HOURS: [(i64, u64); 13] = [
    (7, 3),
    (8, 9),
    (9, 14),
    (10, 15),
    (11, 12),
    (12, 4),
    (13, 10),
    (14, 14),
    (15, 12),
    (16, 9),
    (17, 5),
    (20, 5),
    (21, 3),
];

/// A fixed sequence of numbers that look random (`SplitMix64`, <https://prng.di.unimi.it/splitmix64.c>).
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    fn pick<'t, T>(&mut self, weighted: &'t [T], weight: impl Fn(&T) -> u64) -> &'t T {
        let mut left = self.below(weighted.iter().map(&weight).sum());
        weighted
            .iter()
            .find(|item| {
                let found = left < weight(item);
                left = left.saturating_sub(weight(item));
                found
            })
            .unwrap_or(&weighted[0])
    }
}

/// The sample up to `now`.
pub(crate) fn input(now: UtcSeconds) -> Input {
    let today = now.seconds() / DAY;
    let mut sample = Sample {
        sequence: Sequence(7),
        names: Interner::default(),
        records: BTreeMap::new(),
        passed: now.seconds() - today * DAY,
    };
    for day in 0..=DAYS {
        sample.day(day, (today - DAYS + day) * DAY);
    }
    let mut input = Input::default();
    for (name, _) in MACHINES {
        let card = MachineFile {
            version: data_schema::VERSION.into(),
            machine: name.into(),
            id: name.into(),
            first_collected: UtcSeconds::default().plus((today - DAYS) * DAY),
            programs: Vec::new(),
        };
        input.machines.insert(sample.names.text(name), card);
    }
    for (window, used, left) in [("5h", 0.42, 2 * HOUR), ("7d", 0.63, 3 * DAY)] {
        let reading = LimitReading {
            at: now,
            account: None,
            window: window.to_owned(),
            scope: None,
            used_fraction: Fraction::new(used),
            resets_at: Some(now.plus(left)),
            via: "log".to_owned(),
            source: None,
        };
        let place = (sample.names.text("studio"), sample.names.text("claude-code"));
        input.limits.push((place.0, place.1, reading));
    }
    for ((machine, provider), records) in sample.records {
        let (machine, provider) = (sample.names.text(machine), sample.names.text(provider));
        input.add(&machine, &provider, records.into_iter().map(Box::new));
    }
    input
}

/// What is made of the sequence.
struct Sample {
    sequence: Sequence,
    names: Interner,
    /// By machine and source.
    records: BTreeMap<(&'static str, &'static str), Vec<UsageRecord>>,
    /// Seconds of the last day that have passed.
    passed: i64,
}

/// A session: what its responses have in common.
struct Session {
    day: i64,
    /// Midnight of the day.
    start: i64,
    number: u64,
    model: &'static Model,
    machine: &'static str,
    project: &'static str,
}

impl Sample {
    fn day(&mut self, day: i64, start: i64) {
        let is_weekend = (start / DAY + 3).rem_euclid(7) >= 5;
        // More from month to month, with good and bad days, and now and then none at all.
        let growth = 10 + day.unsigned_abs() / 14;
        let mood = self.sequence.below(10);
        // The days that a visitor looks at first are never empty.
        let is_idle = (mood == 0 && day < DAYS - 7) || AWAY.contains(&day);
        let busy = if is_weekend { 3 } else { 12 };
        let sessions = if is_idle { 0 } else { 1 + busy * growth * (4 + mood) / 400 };
        for number in 0..sessions {
            self.session(day, start, number);
        }
    }

    fn session(&mut self, day: i64, start: i64, number: u64) {
        let there = |model: &Model| if model.days.contains(&day) { model.weight } else { 0 };
        let model = self.sequence.pick(&MODELS, there);
        let (machine, _) = self.sequence.pick(&MACHINES, |(_, weight)| *weight);
        let (project, _) = self.sequence.pick(&PROJECTS, |(_, weight)| *weight);
        let session = Session { day, start, number, model, machine, project };
        let (hour, _) = self.sequence.pick(&HOURS, |(_, weight)| *weight);
        let mut at = hour * HOUR + self.seconds(HOUR);
        // Most are short, some go on for hours.
        let long = 1 + self.sequence.below(6) * self.sequence.below(6);
        let responses = 3 + self.sequence.below(4 * long);
        for place in 0..responses {
            at += 12 + self.seconds(110);
            self.response(&session, at.min(DAY - 1), place);
        }
    }

    fn seconds(&mut self, limit: i64) -> i64 {
        i64::try_from(self.sequence.below(limit.unsigned_abs())).unwrap_or(0)
    }

    fn response(&mut self, session: &Session, at: i64, place: u64) {
        let Session { day, start, number, .. } = *session;
        // The last day has as many hours as have passed.
        let at = if day == DAYS { at * self.passed / DAY } else { at };
        let id = RecordId::new("demo", &format!("{day}/{number}/{place}"), "");
        let mut record = UsageRecord::new(id, UtcSeconds::default().plus(start + at));
        record.usage = self.usage(model_of(session, place), place);
        let hash = HashId::new("session", &format!("{day}/{number}"));
        record.attribution = Attribution {
            session: Some(hash),
            project: Some(self.names.text(session.project)),
            ..Attribution::default()
        };
        let origin = (session.machine, session.model.provider);
        self.records.entry(origin).or_default().push(record);
    }

    fn usage(&mut self, model: &Model, place: u64) -> Usage {
        let size = model.size;
        let output = 60 + self.sequence.below(190 * size);
        let is_claude = model.provider == "claude-code";
        let quality = match (model.provider, self.sequence.below(400)) {
            // A tool that tells no numbers of a response that was broken off.
            ("gemini-cli", 0..24) => Quality::Estimated,
            (_, 0) => Quality::Partial,
            _ => Quality::Exact,
        };
        // A session reads what it has said before.
        let read = (600 + self.sequence.below(700)) * size * (place.min(30) + 1) / 3;
        Usage {
            model: self.names.text(model.name),
            input_tokens: Tokens::new(40 + self.sequence.below(170 * size)),
            cache_read_tokens: Tokens::new(read),
            cache_creation_tokens: is_claude
                .then(|| Tokens::saturating(self.sequence.below(520 * size))),
            output_tokens: Tokens::new(output),
            reasoning_tokens: (!is_claude).then(|| Tokens::saturating(self.sequence.below(output))),
            quality,
            revision: 1,
            ..Usage::default()
        }
    }
}

/// The model of a session, now and then a smaller one of the same tool.
fn model_of(session: &Session, place: u64) -> &'static Model {
    let is_other = place % 7 == 5;
    let others = MODELS.iter().filter(|model| {
        model.provider == session.model.provider && model.days.contains(&session.day)
    });
    let smallest = others.min_by_key(|model| model.size);
    smallest.filter(|_| is_other).unwrap_or(session.model)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UtcSeconds {
        text.parse().unwrap()
    }

    #[test]
    fn the_sample_ends_now_and_is_the_same_for_one_time() {
        for now in ["2026-06-01T12:00:00Z", "2026-06-01T00:00:30Z"] {
            let now = at(now);
            let mut times = Vec::new();
            let (mut today, mut tools) = (0, std::collections::BTreeSet::new());
            input(now)
                .each_stored(|_, provider, record| {
                    times.push(record.at);
                    today += u32::from(record.at.seconds() / DAY == now.seconds() / DAY);
                    tools.insert(provider.to_string());
                })
                .unwrap();
            assert!(times.iter().all(|at| *at <= now) && today > 0, "{today} responses today");
            let first = times.iter().min().unwrap();
            assert!(first.seconds() < now.seconds() - 390 * DAY, "{first}");
            assert_eq!(tools.len(), 4);
            assert!((15_000..60_000).contains(&times.len()), "{}", times.len());
            let mut again = Vec::new();
            input(now).each_stored(|_, _, record| again.push(record.at)).unwrap();
            assert_eq!(times, again);
        }
    }
}
