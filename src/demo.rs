//! Built-in sample data: half a year of a person with three machines and two tools.
//!
//! Made from a fixed sequence, so that two demos of one day are the same. The numbers are invented; their
//! proportions are those of real logs (most of the prompt comes from a cache).

use data_schema::{
    Attribution, HashId, Interner, MachineFile, Quality, RecordId, Tokens, Usage, UsageRecord,
    UtcSeconds,
};
use summarizer::Input;

/// Days of the sample.
const DAYS: i64 = 190;
const DAY: i64 = 86_400;

/// A model with how often it is used (parts of 100) and how large its responses are.
struct Model {
    provider: &'static str,
    name: &'static str,
    weight: u64,
    size: u64,
    /// First day of the sample on which it is there.
    since: i64,
}

const MODELS: [Model; 7] = [
    Model { provider: "claude-code", name: "claude-sonnet-4-6", weight: 34, size: 10, since: 0 },
    Model { provider: "claude-code", name: "claude-opus-4-8", weight: 22, size: 14, since: 20 },
    Model {
        provider: "claude-code",
        name: "claude-haiku-4-5-20251001",
        weight: 10,
        size: 4,
        since: 0,
    },
    Model { provider: "codex", name: "gpt-5.3-codex", weight: 16, size: 12, since: 0 },
    Model { provider: "codex", name: "gpt-5.5", weight: 16, size: 13, since: 70 },
    Model { provider: "codex", name: "gpt-5.4", weight: 6, size: 9, since: 40 },
    Model { provider: "codex", name: "gpt-6-preview", weight: 2, size: 11, since: 160 },
];
const MACHINES: [(&str, u64); 3] = [("studio", 60), ("laptop", 32), ("ci-runner", 8)];
const PROJECTS: [(&str, u64); 5] = [
    ("github.com/acme/storefront", 38),
    ("github.com/acme/api", 27),
    ("github.com/acme/infra", 14),
    ("github.com/ada/notes", 13),
    ("$HOME/scratch", 8),
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
    let mut input = Input::default();
    let mut sequence = Sequence(7);
    let mut names = Interner::default();
    let today = now.seconds() / DAY;
    for day in 0..=DAYS {
        let start = (today - DAYS + day) * DAY;
        let weekday = (start / DAY + 3) % 7;
        let busy = if weekday >= 5 { 6 } else { 40 };
        // More from month to month, with good and bad days, and now and then none at all.
        let growth = 10 + u64::try_from(day).unwrap_or(0) / 6;
        let mood = sequence.below(10);
        // The days that a visitor looks at first are never empty.
        let idle = mood == 0 && day < DAYS - 7;
        let responses = if idle { 0 } else { busy * growth * (4 + mood) / 110 };
        for number in 0..responses {
            // The last day has as many hours as have passed.
            let (first, hours) =
                if day == DAYS { (0, now.seconds() - start) } else { (7 * 3600, 13 * 3600) };
            let at =
                start + first + i64::try_from(sequence.below(hours.unsigned_abs())).unwrap_or(0);
            add(&mut input, &mut sequence, &mut names, &Moment { day, number, at });
        }
    }
    for (name, _) in MACHINES {
        let card = MachineFile {
            version: data_schema::VERSION.into(),
            machine: name.into(),
            id: name.into(),
            first_collected: UtcSeconds::default().plus((today - DAYS) * DAY),
            programs: Vec::new(),
        };
        input.machines.insert(names.text(name), card);
    }
    input
}

struct Moment {
    day: i64,
    number: u64,
    at: i64,
}

fn add(input: &mut Input, sequence: &mut Sequence, names: &mut Interner, moment: &Moment) {
    let there = |model: &Model| if model.since <= moment.day { model.weight } else { 0 };
    let model = sequence.pick(&MODELS, there);
    let (machine, _) = sequence.pick(&MACHINES, |(_, weight)| *weight);
    let (project, _) = sequence.pick(&PROJECTS, |(_, weight)| *weight);
    let session = format!("{}-{}-{}", moment.day, model.provider, moment.number / 30);
    let id = RecordId::new("demo", &format!("{}/{}", moment.day, moment.number), "");
    let mut record = UsageRecord::new(id, UtcSeconds::default().plus(moment.at));
    record.usage = usage(sequence, names, model);
    record.attribution = Attribution {
        session: Some(HashId::new("session", &session)),
        project: Some(names.text(project)),
        ..Attribution::default()
    };
    input.add(&names.text(machine), &names.text(model.provider), [Box::new(record)]);
}

fn usage(sequence: &mut Sequence, names: &mut Interner, model: &Model) -> Usage {
    let size = model.size;
    let output = 60 + sequence.below(190 * size);
    let is_claude = model.provider == "claude-code";
    let quality = if sequence.below(400) == 0 { Quality::Partial } else { Quality::Exact };
    Usage {
        model: names.text(model.name),
        input_tokens: Tokens::new(40 + sequence.below(170 * size)),
        cache_read_tokens: Tokens::new(sequence.below(9_000 * size)),
        cache_creation_tokens: is_claude.then(|| Tokens::saturating(sequence.below(520 * size))),
        output_tokens: Tokens::new(output),
        reasoning_tokens: (!is_claude).then(|| Tokens::saturating(sequence.below(output))),
        quality,
        revision: 1,
        ..Usage::default()
    }
}
