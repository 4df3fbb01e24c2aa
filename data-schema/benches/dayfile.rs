//! How long a record of a day file takes to read: in a file of a day and in one of a month.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use data_schema::{DayFile, HashId, Period, RecordId, Tokens, UsageRecord, UtcSeconds};
use sha2::{Digest, Sha256};

/// A file with so many records, in sessions of five.
fn file(records: u32) -> Vec<u8> {
    let start = UtcSeconds::default().plus(1_777_593_600);
    let record = |number: u32| {
        let id = RecordId::new("bench", &number.to_string(), "");
        let at = start.plus(i64::from(number * (86_400 / records)));
        let mut record = UsageRecord::new(id, at);
        let seed = u64::from_be_bytes(id.bytes());
        let tokens = |shift: u32, limit: u64| Tokens::new((seed >> shift) % limit);
        record.usage.model =
            if seed.is_multiple_of(5) { "gpt-5.4" } else { "gpt-5.3-codex" }.into();
        record.usage.input_tokens = tokens(8, 2_000);
        record.usage.cache_read_tokens = tokens(16, 120_000);
        record.usage.cache_creation_tokens = tokens(24, 6_000);
        record.usage.output_tokens = tokens(32, 3_000);
        record.attribution.session = Some(HashId::new("session", &(number / 5).to_string()));
        record.attribution.project =
            Some(format!("github.com/acme/app-{}", number / 5 % 40).into());
        record.attribution.client = Some("codex/2.0.0".into());
        record.attribution.vendor = Some("openrouter".into());
        record
    };
    let records = (0..records).map(record).collect();
    DayFile::new("laptop".into(), "codex".into(), Period::day_of(start), start, records).to_bytes()
}

fn read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("day file");
    for records in [20, 2_000] {
        let bytes = file(records);
        group.throughput(Throughput::Elements(u64::from(records)));
        group.bench_with_input(BenchmarkId::new("parse", records), &bytes, |bencher, bytes| {
            bencher.iter(|| DayFile::parse(bytes));
        });
        group.bench_with_input(
            BenchmarkId::new("read_records", records),
            &bytes,
            |bencher, bytes| {
                bencher.iter(|| {
                    let mut total = 0;
                    let head = DayFile::read_records(bytes, |record| total += record.usage.total());
                    (head, total)
                });
            },
        );
        group.bench_with_input(BenchmarkId::new("SHA-256", records), &bytes, |bencher, bytes| {
            bencher.iter(|| Sha256::digest(bytes));
        });
    }
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
