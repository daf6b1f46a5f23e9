//! Prints how long the quick golden model takes for the thirteen 3×3 layers of VGG16.

use std::time::Instant;

use rowfuse_testbench::cases::{Case, Pixels, Shape, Weights};
use rowfuse_testbench::golden::quick;

/// Output channels of each layer, and whether it is pooled.
const LAYERS: [(usize, bool); 13] = [
    (64, false),
    (64, true),
    (128, false),
    (128, true),
    (256, false),
    (256, false),
    (256, true),
    (512, false),
    (512, false),
    (512, true),
    (512, false),
    (512, false),
    (512, true),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut inputs, mut size) = (3, 224);
    let (mut seconds, mut macs) = (0.0, 0);
    for (number, (outputs, pool)) in LAYERS.into_iter().enumerate() {
        let shape = Shape {
            inputs,
            outputs,
            height: size,
            width: size,
            pool,
        };
        let case = Case::new(shape, Pixels::Random, Weights::Random, number as u64);
        let start = Instant::now();
        let acc = quick::convolve(&case.map, &case.layer.weights)?;
        let convolved = start.elapsed().as_secs_f64();
        quick::layer(&case.map, &case.layer)?;
        let all = start.elapsed().as_secs_f64() - convolved;
        let layer_macs = acc.len() * inputs * 9;
        println!("{case}: {convolved:.3} s, with requantisation and pooling {all:.3} s");
        seconds += all;
        macs += layer_macs;
        inputs = outputs;
        size /= if pool { 2 } else { 1 };
    }
    let rate = macs as f64 / seconds / 1e9;
    println!(
        "all: {seconds:.2} s for {:.2} GMAC, {rate:.1} GMAC/s",
        macs as f64 / 1e9
    );
    Ok(())
}
