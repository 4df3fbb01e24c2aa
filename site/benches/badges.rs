//! How long a badge takes, style by style; 0.05 ms are allowed.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use site::{Badge, Style};

fn badges(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("badge");
    for style in Style::ALL {
        group.bench_function(BenchmarkId::from_parameter(style.name()), |bencher| {
            bencher.iter(|| {
                let badge = Badge::new(black_box("AI tokens (30d)"), black_box("1.2B · $843.10"));
                badge.with_color("#0b6bcb").with_style(style).with_ids_of("tokens-30d").svg()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, badges);
criterion_main!(benches);
