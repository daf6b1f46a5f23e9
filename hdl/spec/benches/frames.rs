//! How fast frames of the link are encoded and decoded.

use criterion::{Criterion, Throughput};
use rowfuse_spec::frame::{Decoder, Request, MAX_DATA};
use std::hint::black_box;
use std::time::Duration;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    frames(&mut criterion);
    criterion.final_summary();
}

/// The longest WRITE, in bytes of the frame.
fn frames(criterion: &mut Criterion) {
    let request = Request::Write {
        address: 0x1_0000,
        data: (0..MAX_DATA).map(|n| n as u8).collect(),
    };
    let frame = request.frame(1).expect("a legal request");
    let bytes = frame.encode().expect("a legal frame");
    let mut group = criterion.benchmark_group("frame");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("encode", |bencher| {
        bencher.iter(|| black_box(&frame).encode());
    });
    group.bench_function("decode", |bencher| {
        let mut decoder = Decoder::new();
        bencher.iter(|| decoder.push_all(black_box(&bytes)));
    });
    group.finish();
}
