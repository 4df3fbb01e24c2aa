//! Sums of 100,000 packed records: plain ones, and ones that stand on two machines.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use data_schema::settings::Publish;
use data_schema::{HashId, RecordId, Text, Tokens, UsageRecord, UtcSeconds};
use pricing::PriceBook;
use summarizer::{Input, Options, sums};

const RECORDS: u32 = 100_000;
/// Records of one file.
const FILE: u32 = 20;
const MODELS: [&str; 3] = ["claude-sonnet-4-6", "claude-opus-4-8", "gpt-5.5"];

fn record(number: u32) -> UsageRecord {
    let id = RecordId::new("bench", &number.to_string(), "");
    let at = UtcSeconds::default().plus(1_700_000_000 + i64::from(number) * 300);
    let mut record = UsageRecord::new(id, at);
    let some = u64::from(number) % 977;
    record.usage.model = MODELS[number as usize / 7 % MODELS.len()].into();
    record.usage.input_tokens = Tokens::new(some);
    record.usage.cache_read_tokens = Tokens::new(some * 130);
    record.usage.cache_creation_tokens = Tokens::new(some * 9);
    record.usage.output_tokens = Tokens::new(some * 3);
    record.attribution.project = Some(format!("github.com/acme/app-{}", number / 50 % 12).into());
    record.attribution.session = Some(HashId::new("session", &(number / 30).to_string()));
    record
}

/// All records on each of these machines.
fn input(machines: &[&str]) -> Input {
    let mut blocks = Vec::new();
    for machine in machines {
        for file in 0..RECORDS / FILE {
            let records = (file * FILE..(file + 1) * FILE).map(|number| Box::new(record(number)));
            let mut one = Input::default();
            one.add(&Text::from(*machine), &Text::from("claude-code"), records);
            blocks.extend(one.parts.into_iter().flat_map(|part| part.blocks));
        }
    }
    let mut input = Input::default();
    input.add_blocks(blocks).expect("they were packed just now");
    input
}

fn benches(criterion: &mut Criterion) {
    let book = PriceBook::builtin();
    let publish = Publish::everything();
    let options = Options { zone: chrono_tz::Europe::Berlin, as_of: None, publish, prices: &book };
    let mut group = criterion.benchmark_group("sums");
    group.throughput(Throughput::Elements(u64::from(RECORDS))).sample_size(20);
    for (name, machines) in [("plain", &["laptop"][..]), ("two machines", &["laptop", "tower"])] {
        let input = input(machines);
        for with_sessions in [false, true] {
            let name = format!("{name}{}", if with_sessions { ", sessions" } else { "" });
            let run = |mut input: Input| black_box(sums(&mut input, &options, with_sessions));
            group.bench_function(name, |bencher| {
                bencher.iter_batched(|| input.clone(), run, BatchSize::LargeInput);
            });
        }
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
