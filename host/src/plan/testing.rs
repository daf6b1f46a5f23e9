//! Networks of random integers, for tests and the self-test.

use ndarray::{Array3, Array4};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::numerics::Requant;

use crate::network::{Layer, Network, Shape};
use crate::quantise::{QuantisedConv, QuantisedNetwork};

/// Convolutions of `layers` output channels, some with a pool behind them, with noise for weights and
/// parameters that keep most values between 0 and 255. The first layer's zero point is 128.
pub fn random(input: Shape, layers: &[(usize, bool)], seed: u64) -> QuantisedNetwork {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut network = Network {
        name: "random".into(),
        input,
        layers: Vec::new(),
    };
    let mut cin = input.channels;
    let mut convs = Vec::new();
    for (index, &(cout, pool)) in layers.iter().enumerate() {
        let name = format!("conv{index}");
        // Keeps the spread of the values from layer to layer, and lifts them off zero.
        let shift = 22 + cin.ilog2() / 2;
        let lift = cin.isqrt() as i32;
        let requant = (0..cout).map(|_| Requant {
            bias: lift * random.gen_range(-3_000..9_000),
            multiplier: random.gen_range(1200..3600),
            shift,
        });
        let requant = requant.collect();
        let weights = Array4::from_shape_simple_fn((cout, cin, 3, 3), || random.gen());
        let mut conv = QuantisedConv {
            name: name.clone(),
            weights,
            requant,
            weight_scales: vec![1.0; cout],
            input_zero_point: if index == 0 { 128 } else { 0 },
            input_scale: 1.0,
            output_scale: 1.0,
            pool_after: pool,
        };
        conv.fold();
        convs.push(conv);
        network.layers.push(Layer::Conv { name, cin, cout });
        if pool {
            network.layers.push(Layer::Pool);
        }
        cin = cout;
    }
    QuantisedNetwork {
        network,
        input_scale: 1.0,
        layers: convs,
        adaptive_pool: None,
        classifier: Vec::new(),
        report: Vec::new(),
        calibration: "none".into(),
    }
}

/// The convolutions of a network described elsewhere, such as VGG16, in random integers.
pub fn body(network: &Network, seed: u64) -> QuantisedNetwork {
    let mut layers: Vec<(usize, bool)> = Vec::new();
    for layer in &network.layers {
        match layer {
            Layer::Conv { cout, .. } => layers.push((*cout, false)),
            Layer::Pool => layers
                .iter_mut()
                .last()
                .into_iter()
                .for_each(|last| last.1 = true),
            _ => {}
        }
    }
    random(network.input, &layers, seed)
}

/// An image of noise.
pub fn image(input: Shape, seed: u64) -> Array3<u8> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Array3::from_shape_simple_fn((input.channels, input.height, input.width), || random.gen())
}
