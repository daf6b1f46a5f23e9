//! The classifier, which stays on the host: its weights alone exceed the board's memory.
//!
//! Integers until the last layer: uint8 × int8 summed in int32, requantised as the engine does it; the
//! last layer gives floats.

mod beside;
mod names;
mod top;

pub use beside::classify_beside;
pub use names::ClassNames;
pub use top::{top, Guess};

use crate::quantise::{LinearOutput, QuantisedLinear, QuantisedNetwork};
use ndarray::ArrayView3;

/// The last map of the body to class scores. `None` if the network has no classifier.
///
/// `map` is the body's output, channels × height × width of uint8; it is averaged to the size the
/// classifier was trained with if need be.
///
/// # Panics
/// If the map does not have the features the classifier takes.
pub fn classify(network: &QuantisedNetwork, map: ArrayView3<'_, u8>) -> Option<Vec<f32>> {
    let (last, before) = network.classifier.split_last()?;
    let map = network.tail_of(map);
    let mut features: Vec<u8> = map.iter().copied().collect();
    for layer in before {
        features = hidden(layer, &features);
    }
    Some(self::last(last, &features))
}

/// The exact sums of a layer, without bias: Σ input·weight for each output.
///
/// # Panics
/// If `input` does not have the layer's number of inputs.
pub fn sums(layer: &QuantisedLinear, input: &[u8]) -> Vec<i32> {
    assert_eq!(
        layer.weights.ncols(),
        input.len(),
        "as many inputs as the layer takes"
    );
    let weights = layer.weights.as_standard_layout();
    let weights = weights.as_slice().expect("standard layout is contiguous");
    weights
        .chunks_exact(input.len())
        .map(|row| dot(input, row))
        .collect()
}

/// |sum| ≤ 25,088·255·127 < 2^30 for VGG: no overflow.
fn dot(input: &[u8], row: &[i8]) -> i32 {
    // Products of 16-bit values are what vector units add in pairs.
    input
        .iter()
        .zip(row)
        .map(|(&d, &g)| i32::from(i16::from(d)) * i32::from(i16::from(g)))
        .sum()
}

/// A hidden layer: requantised outputs.
///
/// # Panics
/// If the layer is the last one, which gives floats.
pub fn hidden(layer: &QuantisedLinear, input: &[u8]) -> Vec<u8> {
    let LinearOutput::Requant { requant, .. } = &layer.output else {
        panic!("layer {} gives floats", layer.name)
    };
    sums(layer, input)
        .into_iter()
        .zip(requant)
        .map(|(sum, requant)| requant.apply(sum))
        .collect()
}

/// The last layer: scores.
///
/// # Panics
/// If the layer is a hidden one, which gives uint8.
pub fn last(layer: &QuantisedLinear, input: &[u8]) -> Vec<f32> {
    let LinearOutput::Logits { bias } = &layer.output else {
        panic!("layer {} gives uint8", layer.name)
    };
    let scale = |sum: i32, bias: i32, weight_scale: f32| {
        (i64::from(sum) + i64::from(bias)) as f32 * (layer.input_scale * weight_scale)
    };
    let biased = sums(layer, input)
        .into_iter()
        .zip(bias)
        .zip(&layer.weight_scales);
    biased
        .map(|((sum, &bias), &weight_scale)| scale(sum, bias, weight_scale))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use proptest::prelude::*;
    use rowfuse_spec::numerics::Requant;

    proptest! {
        #[test]
        fn sums_are_exact(input in prop::collection::vec(any::<u8>(), 1..200), row: u64, outputs in 1usize..4) {
            let weight = |o: usize, i: usize| (row.rotate_left((o * 7 + i * 13) as u32) & 255) as u8 as i8;
            let weights = Array2::from_shape_fn((outputs, input.len()), |(o, i)| weight(o, i));
            let requant = vec![Requant { bias: -3, multiplier: 40_000, shift: 30 }; outputs];
            let mut layer = QuantisedLinear {
                name: "l".into(),
                weights,
                weight_scales: vec![0.5; outputs],
                input_scale: 0.25,
                output: LinearOutput::Requant { requant, scale: 1.0 },
            };
            let expected: Vec<i64> = (0..outputs)
                .map(|o| input.iter().enumerate().map(|(i, &d)| i64::from(d) * i64::from(weight(o, i))).sum())
                .collect();
            let found: Vec<i64> = sums(&layer, &input).into_iter().map(i64::from).collect();
            prop_assert_eq!(&found, &expected);
            for (value, sum) in hidden(&layer, &input).into_iter().zip(&expected) {
                let scaled = ((sum - 3) * 9 * 40_000 + (1 << 29)) >> 30;
                prop_assert_eq!(i64::from(value), scaled.clamp(0, 255));
            }
            layer.output = LinearOutput::Logits { bias: vec![7; outputs] };
            for (value, sum) in last(&layer, &input).into_iter().zip(&expected) {
                prop_assert_eq!(value, (sum + 7) as f32 * 0.125);
            }
        }
    }
}
