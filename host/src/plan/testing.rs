//! Networks of random integers, for tests and the self-test.

use ndarray::{Array3, Array4};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::numerics::Requant;

use crate::network::{Layer, Network, Pool, Shape};
use crate::quantise::{QuantisedConv, QuantisedNetwork, INPUT_ZERO_POINT, SIGNED_ZERO_POINT};

/// 3×3 convolutions of `layers` output channels, some with a pool behind them: see [`body`].
pub fn random(input: Shape, layers: &[(usize, bool)], seed: u64) -> QuantisedNetwork {
    let mut network = Network {
        name: "random".into(),
        input,
        layers: Vec::new(),
    };
    let mut cin = input.channels;
    for (index, &(cout, pool)) in layers.iter().enumerate() {
        let conv = Layer::conv3(format!("conv{index}"), cin, cout);
        network.layers.push(conv);
        if pool {
            network.layers.push(Layer::Pool);
        }
        cin = cout;
    }
    body(&network, seed)
}

/// The convolutions and pools of a network described elsewhere, such as VGG16, with noise for weights and
/// parameters that keep most values between 0 and 255. The input's zero point is 128.
pub fn body(network: &Network, seed: u64) -> QuantisedNetwork {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut layers = network.layers.clone();
    layers.retain(|layer| !matches!(layer, Layer::Linear { .. }));
    let mut convs: Vec<QuantisedConv> = Vec::new();
    let mut pools = Vec::new();
    let mut zero_point = INPUT_ZERO_POINT;
    for layer in &layers {
        if let Layer::Conv { relu, .. } = layer {
            let before = std::mem::take(&mut pools);
            convs.extend(conv(layer, before, zero_point, &mut random));
            zero_point = if *relu { 0 } else { SIGNED_ZERO_POINT };
        } else if let Some(pool) = layer.host_pool() {
            pools.push(pool);
        } else if let Some(conv) = convs.last_mut() {
            conv.pool_after = true;
        }
    }
    QuantisedNetwork {
        normalisation: crate::image::Normalisation::IMAGENET,
        network: Network {
            layers,
            ..network.clone()
        },
        input_scale: 1.0,
        layers: convs,
        tail: pools,
        classifier: Vec::new(),
        report: Vec::new(),
        calibration: "none".into(),
    }
}

/// A convolution of noise; nothing of another layer.
fn conv(
    layer: &Layer,
    before: Vec<Pool>,
    input_zero_point: u8,
    random: &mut ChaCha8Rng,
) -> Option<QuantisedConv> {
    let Layer::Conv {
        name,
        cin,
        cout,
        window,
        relu,
    } = layer
    else {
        return None;
    };
    let [rows, columns] = window.kernel;
    // Keeps the spread of the values from layer to layer, and lifts them off zero.
    let inputs = (cin * rows * columns / 9).max(1);
    let shift = 22 + inputs.ilog2() / 2;
    let lift = inputs.isqrt() as i32;
    let requant = (0..*cout).map(|_| Requant {
        bias: lift * random.gen_range(-3_000..9_000),
        multiplier: random.gen_range(1200..3600),
        shift,
    });
    let requant = requant.collect();
    let weights = Array4::from_shape_simple_fn((*cout, *cin, rows, columns), || random.gen());
    let mut conv = QuantisedConv {
        name: name.clone(),
        before,
        window: *window,
        weights,
        requant,
        weight_scales: vec![1.0; *cout],
        input_zero_point,
        output_zero_point: if *relu { 0 } else { SIGNED_ZERO_POINT },
        input_scale: 1.0,
        output_scale: 1.0,
        pool_after: false,
    };
    conv.lift();
    conv.fold();
    Some(conv)
}

/// An image of noise.
pub fn image(input: Shape, seed: u64) -> Array3<u8> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Array3::from_shape_simple_fn((input.channels, input.height, input.width), || random.gen())
}

/// A network of up to four convolutions with any channels, poolings and map, and what it is.
#[cfg(test)]
pub(crate) fn any_network(random_number: &mut impl Rng) -> (QuantisedNetwork, String) {
    let (height, width) = (
        random_number.gen_range(8..72),
        random_number.gen_range(8..72),
    );
    let (mut short, mut layers) = (height.min(width), Vec::new());
    for _ in 0..random_number.gen_range(1..=4) {
        let pool = short >= 16 && random_number.gen_bool(0.4);
        short /= if pool { 2 } else { 1 };
        layers.push((random_number.gen_range(1..=64), pool));
    }
    let input = Shape::new(random_number.gen_range(1..=20), height, width);
    let network = random(input, &layers, random_number.gen());
    (network, format!("{input:?}, {layers:?}"))
}
