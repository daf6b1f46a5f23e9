//! How fast the golden model convolves one layer: as it is defined, and quickly.

use criterion::{Criterion, SamplingMode, Throughput};
use rowfuse_testbench::cases::{Case, Pixels, Shape, Weights};
use rowfuse_testbench::golden::{plain, quick};
use std::hint::black_box;
use std::time::Duration;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    layer(&mut criterion);
    criterion.final_summary();
}

/// A layer of 64 channels each way, in multiply-accumulate operations.
fn layer(criterion: &mut Criterion) {
    let shape = Shape {
        inputs: 64,
        outputs: 64,
        height: 28,
        width: 28,
        pool: false,
    };
    let case = Case::new(shape, Pixels::Random, Weights::Random, 1);
    let (map, weights) = (&case.map, &case.layer.weights);
    let macs = 9 * shape.inputs * shape.outputs * shape.height * shape.width;
    let mut group = criterion.benchmark_group("golden convolution");
    group.sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(macs as u64));
    group.bench_function("plain", |bencher| {
        bencher.iter(|| plain::convolve(black_box(map), weights));
    });
    group.bench_function("quick", |bencher| {
        bencher.iter(|| quick::convolve(black_box(map), weights));
    });
    group.finish();
}
