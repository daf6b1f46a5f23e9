//! How fast VGG16 is quantised and planned. To keep it small, the classifier is left out and it is calibrated on
//! one small image.
#![allow(clippy::unwrap_used)]

use criterion::{Criterion, SamplingMode};
use ndarray::Array3;
use rowfuse::network::{Network, Shape, Vgg};
use rowfuse::plan::testing::body;
use rowfuse::plan::{plan, PlanOptions};
use rowfuse::progress::Silent;
use rowfuse::quantise::{quantise, Method, Options};
use rowfuse::weights::{write_random, Model, TensorFile};
use rowfuse_spec::config::preset;
use std::time::Duration;

/// Output channels of VGG16's convolutions, a pool behind each block.
const BLOCKS: [&[usize]; 5] = [
    &[64, 64],
    &[128, 128],
    &[256, 256, 256],
    &[512, 512, 512],
    &[512, 512, 512],
];

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(5))
        .configure_from_args();
    quantising(&mut criterion);
    planning(&mut criterion);
    criterion.final_summary();
}

fn quantising(criterion: &mut Criterion) {
    let network = Network::vgg_like(Shape::new(3, 32, 32), &BLOCKS);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("float");
    write_random(&path, &network, 1, &Silent).unwrap();
    let mut model = Model::new(TensorFile::open(&path).unwrap(), &network).unwrap();
    let images = [Array3::from_shape_fn((3, 32, 32), |(c, y, x)| {
        ((7 * y + 5 * x + c) % 17) as f32 / 8.0 - 1.0
    })];
    let options = Options {
        method: Method::Percentile(99.99),
        ..Options::default()
    };
    let mut group = criterion.benchmark_group("quantise");
    group.sampling_mode(SamplingMode::Flat);
    group.bench_function("VGG16's convolutions at 32×32", |bencher| {
        bencher.iter(|| quantise(&mut model, &images, &options, &Silent).unwrap());
    });
    group.finish();
}

fn planning(criterion: &mut Criterion) {
    let network = body(&Vgg::Vgg16.network(224), 1);
    let config = preset("ulx3s-85f").unwrap();
    let options = PlanOptions::default();
    let mut group = criterion.benchmark_group("plan");
    group.sampling_mode(SamplingMode::Flat);
    group.bench_function("VGG16 at 224×224", |bencher| {
        bencher.iter(|| plan(&network, &config, &options).unwrap());
    });
    group.finish();
}
