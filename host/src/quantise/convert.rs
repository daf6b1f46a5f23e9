//! A layer's float weights as integers, given the scales around it.

use super::requant::requant_for;
use super::QuantiseError;
use crate::weights::LayerWeights;
use rowfuse_spec::numerics::Requant;

/// Largest magnitude of a weight.
const WEIGHT_MAX: f32 = 127.0;
/// Largest magnitude of a bias here: half the engine's limit, so that the zero point's share, at most
/// 128·127·9·512 < 2^27, always fits beside it.
pub(super) const BIAS_MAX: f64 = (1u32 << 29) as f64;
/// Smallest ratio used: below it even the largest sum is less than one output step.
const RATIO_MIN: f64 = 1.0 / (1u32 << 28) as f64;

/// The same where the output has a zero point of 128, so that its share of the bias, at most 2^28, fits too. Weights become coarser there by
/// at most a tenth of an output step in the sum of 512 channels.
const SIGNED_RATIO_MIN: f64 = 1.0 / (1u32 << 21) as f64;

/// What a layer's outputs become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Output {
    /// Integers from 0 to 255 steps of that size.
    Rectified(f32),
    /// Integers from −128 to 127 steps of that size.
    Signed(f32),
    /// Floats.
    Float,
}

impl Output {
    fn scale(self) -> Option<f64> {
        match self {
            Output::Rectified(scale) | Output::Signed(scale) => Some(scale.into()),
            Output::Float => None,
        }
    }

    /// Smallest ratio of input scale × weight scale to output scale.
    fn ratio_min(self) -> f64 {
        match self {
            Output::Signed(_) => SIGNED_RATIO_MIN,
            _ => RATIO_MIN,
        }
    }
}

/// Integer weights and biases of a layer, and one weight scale for each output.
pub(super) struct Converted {
    pub(super) weights: Vec<i8>,
    pub(super) bias: Vec<i32>,
    pub(super) scales: Vec<f32>,
}

/// One step of a layer's output, given the value `limit` at which it shall saturate after so many steps.
///
/// It is never finer than the finest step the layer's sums can make; that also gives dead layers,
/// whose limit is 0, a sensible scale.
pub(super) fn output_scale(
    weights: &LayerWeights,
    input_scale: f32,
    limit: f32,
    steps: f32,
) -> f32 {
    let largest = weights.weight.iter().fold(0f32, |max, w| max.max(w.abs()));
    let finest = input_scale * (largest / WEIGHT_MAX);
    let scale = (limit / steps).max(finest);
    if scale >= f32::MIN_POSITIVE {
        scale
    } else {
        input_scale
    }
}

/// Rounds weights and biases.
pub(super) fn convert(weights: &LayerWeights, input_scale: f32, output: Output) -> Converted {
    let outputs = weights.bias.len();
    let inputs = weights.weight.len() / outputs;
    let mut converted = Converted {
        weights: Vec::with_capacity(weights.weight.len()),
        bias: Vec::with_capacity(outputs),
        scales: Vec::with_capacity(outputs),
    };
    for (row, &bias) in weights.weight.chunks_exact(inputs).zip(&weights.bias) {
        let largest = row.iter().fold(0f32, |max, w| max.max(w.abs()));
        let scale = weight_scale(largest, bias, input_scale, output);
        let rounded = row
            .iter()
            .map(|w| (w / scale).round().clamp(-WEIGHT_MAX, WEIGHT_MAX) as i8);
        converted.weights.extend(rounded);
        // A bias so negative that it is cut here keeps its channel at zero just the same.
        let steps = (f64::from(bias) / (f64::from(input_scale) * f64::from(scale))).round();
        converted.bias.push(steps.clamp(-BIAS_MAX, BIAS_MAX) as i32);
        converted.scales.push(scale);
    }
    converted
}

/// One step of a channel's weights: the largest is 127 steps, unless its bias or the requantiser's range
/// asks for coarser ones. The latter happens only where the weights hardly matter.
fn weight_scale(largest: f32, bias: f32, input_scale: f32, output: Output) -> f32 {
    let input_scale = f64::from(input_scale);
    let one = output.scale().map_or(1.0, |scale| scale / input_scale);
    let for_weights = match largest > 0.0 {
        true => f64::from(largest / WEIGHT_MAX),
        false => one,
    };
    let for_bias = f64::from(bias) / (input_scale * BIAS_MAX);
    let for_ratio = match output {
        Output::Float => f64::from(f32::MIN_POSITIVE),
        output => one * output.ratio_min(),
    };
    for_weights
        .max(for_bias)
        .max(for_ratio)
        .max(f64::from(f32::MIN_POSITIVE)) as f32
}

/// Multipliers and shifts of a layer.
pub(super) fn requants(
    layer: &str,
    converted: &Converted,
    input_scale: f32,
    output_scale: f32,
) -> Result<Vec<Requant>, QuantiseError> {
    let channels = converted.scales.iter().zip(&converted.bias).enumerate();
    channels
        .map(|(channel, (&scale, &bias))| {
            let ratio = f64::from(input_scale) * f64::from(scale) / f64::from(output_scale);
            requant_for(ratio, bias).ok_or_else(|| QuantiseError::Ratio {
                layer: layer.into(),
                channel,
                ratio,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn layer(weight: Vec<f32>, bias: f32) -> LayerWeights {
        LayerWeights {
            weight,
            bias: vec![bias],
        }
    }

    #[test]
    fn the_largest_weight_is_127() {
        let converted = convert(
            &layer(vec![0.5, -1.0, 0.004, 0.0039], 0.02),
            0.1,
            Output::Rectified(0.1),
        );
        assert_eq!(converted.weights, [64, -127, 1, 0]);
        assert_eq!(converted.bias, [25]); // 0.02 · 127 / 0.1 = 25.4
    }

    /// Weights that hardly matter are coarser where the zero point's share must fit into the bias.
    #[test]
    fn the_zero_points_share_fits_into_the_bias() {
        let (input, output) = (0.5, 0.25);
        let weights = layer(vec![1e-30; 9], 0.0);
        let ratio = |output_kind| {
            let scale = convert(&weights, input, output_kind).scales[0];
            f64::from(input) * f64::from(scale) / f64::from(output)
        };
        assert_eq!(ratio(Output::Rectified(output)), RATIO_MIN);
        let signed = ratio(Output::Signed(output));
        assert_eq!(signed, SIGNED_RATIO_MIN);
        assert!(128.0 / signed <= BIAS_MAX);
        // One would not do for both.
        const { assert!(128.0 / RATIO_MIN > BIAS_MAX) };
    }

    #[test]
    fn a_channel_without_weights_gives_its_bias() {
        let weights = layer(vec![0.0; 9], 1.5);
        let output = output_scale(&weights, 0.02, 3.0, 255.0);
        let converted = convert(&weights, 0.02, Output::Rectified(output));
        let requant = requants("l", &converted, 0.02, output).unwrap()[0];
        let error = f32::from(requant.apply(0)) * output - 1.5;
        assert!(error.abs() < 0.51 * output, "{error}");
    }

    #[test]
    fn a_dead_layer_has_a_scale() {
        for weights in [
            layer(vec![0.0; 9], 0.0),
            layer(vec![1e-3; 9], -5.0),
            layer(vec![0.0; 9], -1.0),
        ] {
            let output = output_scale(&weights, 0.02, 0.0, 255.0);
            assert!(output > 0.0);
            let converted = convert(&weights, 0.02, Output::Rectified(output));
            let requant = requants("l", &converted, 0.02, output).unwrap()[0];
            assert_eq!(requant.apply(0), 0);
        }
    }

    #[test]
    fn a_ratio_out_of_range_is_named() {
        let converted = Converted {
            weights: vec![1],
            bias: vec![0],
            scales: vec![20.0],
        };
        let error = requants("features.7", &converted, 1.0, 1.0).err().unwrap();
        assert!(
            error.to_string().starts_with("layer features.7, channel 0"),
            "{error}"
        );
    }

    proptest! {
        /// Whatever the finite weights, the result is legal for the engine.
        #[test]
        fn always_legal(
            exponents in prop::collection::vec(-30i32..10, 9), bias in -1e6f32..1e6,
            input_scale in 1e-4f32..10.0, spread in 0.01f32..1e4,
        ) {
            let row: Vec<f32> = exponents.iter().map(|&e| (e as f32).exp2()).collect();
            // What a single layer's output can be: at least its positive bias.
            let limit = bias.max(0.0) + spread;
            let weights = layer(row, bias);
            let output = output_scale(&weights, input_scale, limit, 255.0);
            let converted = convert(&weights, input_scale, Output::Rectified(output));
            for requant in requants("l", &converted, input_scale, output).unwrap() {
                prop_assert!(requant.validate().is_ok());
                prop_assert!(requant.bias.unsigned_abs() <= 1 << 29);
            }
        }
    }
}
