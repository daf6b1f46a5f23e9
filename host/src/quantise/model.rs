//! A quantised network: integers for the engine and for the host's classifier.

use crate::image::{Normalisation, MAX_NORMALISED};
use crate::network::{Network, Pool, Shape, Window};
use ndarray::{Array2, Array3, Array4, ArrayView3};
use rowfuse_spec::numerics::{Requant, OUTPUT_FACTOR};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The input's value for a normalised pixel of 0.
pub const INPUT_ZERO_POINT: u8 = 128;
/// One step of the input: the largest normalised pixel there can be is 127 steps above zero.
pub const INPUT_SCALE: f32 = MAX_NORMALISED / 127.0;

/// The value of zero behind a convolution without ReLU.
pub const SIGNED_ZERO_POINT: u8 = 128;

/// A convolution in the engine's integers, with the host's pools before it and the engine's own behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantisedConv {
    /// The module's name, such as `features.0`.
    pub name: String,
    /// What the host makes of the map before, in that order; usually nothing.
    pub before: Vec<Pool>,
    /// Kernel, strides and padding.
    pub window: Window,
    /// cout × cin × kernel rows × kernel columns.
    pub weights: Array4<i8>,
    /// For each output channel. The bias has the input's zero point folded in:
    /// `bias' = bias − zero_point·Σg`, so that the engine may sum plain uint8 pixels over a border
    /// padded with the zero point; and the output's, so that `clamp` is at 0 and 255 whatever it is.
    pub requant: Vec<Requant>,
    /// One step of the weights, for each output channel.
    pub weight_scales: Vec<f32>,
    /// Input value that means 0: [`INPUT_ZERO_POINT`] in the first layer, 0 behind a ReLU.
    pub input_zero_point: u8,
    /// Output value that means 0: 0 with ReLU, [`SIGNED_ZERO_POINT`] without.
    pub output_zero_point: u8,
    /// One step of the input.
    pub input_scale: f32,
    /// One step of the output.
    pub output_scale: f32,
    /// Whether a 2×2 max-pool follows.
    pub pool_after: bool,
}

impl QuantisedConv {
    /// Output channels.
    pub fn cout(&self) -> usize {
        self.weights.dim().0
    }

    /// Input channels.
    pub fn cin(&self) -> usize {
        self.weights.dim().1
    }

    /// The shape of what comes of a map: pools, convolution, pool. A map that is too small for one of them stays as it is.
    pub fn output_of(&self, map: Shape) -> Shape {
        let map = self.pooled(map);
        let [height, width] = self
            .window
            .output(map.height, map.width)
            .unwrap_or([map.height, map.width]);
        let step = if self.pool_after { 2 } else { 1 };
        Shape::new(self.cout(), height / step, width / step)
    }

    /// The shape of the map that the convolution itself reads: behind the pools before it.
    pub fn pooled(&self, map: Shape) -> Shape {
        let pools = self.before.iter();
        pools.fold(map, |map, pool| pool.output(map).unwrap_or(map))
    }

    /// The bias of channel `o` without the input's zero point: what is added to Σ (d − zero point)·g.
    pub fn unfolded_bias(&self, o: usize) -> i32 {
        self.requant[o].bias + self.zero_point_sum(o)
    }

    /// As [`Requant`]s whose bias is the unfolded one.
    pub fn unfolded_requant(&self) -> Vec<Requant> {
        let unfold = |(o, requant): (usize, &Requant)| Requant {
            bias: self.unfolded_bias(o),
            ..*requant
        };
        self.requant.iter().enumerate().map(unfold).collect()
    }

    fn zero_point_sum(&self, o: usize) -> i32 {
        let sum: i32 = self
            .weights
            .index_axis(ndarray::Axis(0), o)
            .iter()
            .map(|&g| i32::from(g))
            .sum();
        i32::from(self.input_zero_point) * sum
    }

    /// Folds the input's zero point into biases that do not have it yet.
    pub(crate) fn fold(&mut self) {
        for o in 0..self.requant.len() {
            self.requant[o].bias -= self.zero_point_sum(o);
        }
    }

    /// Adds the output's zero point to biases that do not have it yet: as many sums as make so many steps of the output.
    pub(crate) fn lift(&mut self) {
        for requant in &mut self.requant {
            requant.bias += lift_of(requant, self.output_zero_point);
        }
    }
}

/// The sum that a channel's multiplier and shift make `steps` of, rounded: the share that the output's zero point has in its bias.
pub(crate) fn lift_of(requant: &Requant, steps: u8) -> i32 {
    let ratio =
        OUTPUT_FACTOR as f64 * f64::from(requant.multiplier) / (1u64 << requant.shift) as f64;
    (f64::from(steps) / ratio).round() as i32
}

/// What becomes of a fully connected layer's sums.
#[derive(Clone, Debug, PartialEq)]
pub enum LinearOutput {
    /// ReLU and back to uint8 with this step.
    Requant {
        /// For each output.
        requant: Vec<Requant>,
        /// One step of the output.
        scale: f32,
    },
    /// The last layer: floats, `(acc + bias)·input_scale·weight_scale`.
    Logits {
        /// For each output, at the scale of input × weight.
        bias: Vec<i32>,
    },
}

/// A fully connected layer in integers, run on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantisedLinear {
    /// The module's name, such as `classifier.0`.
    pub name: String,
    /// outputs × inputs.
    pub weights: Array2<i8>,
    /// One step of the weights, for each output.
    pub weight_scales: Vec<f32>,
    /// One step of the input. Its zero point, 0 but behind a layer without ReLU, is folded into the biases.
    pub input_scale: f32,
    /// What becomes of the sums.
    pub output: LinearOutput,
}

impl QuantisedLinear {
    /// Folds the input's zero point into biases that do not have it yet.
    pub(crate) fn fold(&mut self, zero_point: u8) {
        let sums = self.weights.rows().into_iter();
        let sums = sums.map(|row| row.iter().map(|&g| i32::from(g)).sum::<i32>());
        let shares = sums.map(|sum| i32::from(zero_point) * sum);
        match &mut self.output {
            LinearOutput::Requant { requant, .. } => {
                for (requant, share) in requant.iter_mut().zip(shares) {
                    requant.bias -= share;
                }
            }
            LinearOutput::Logits { bias } => {
                for (bias, share) in bias.iter_mut().zip(shares) {
                    *bias -= share;
                }
            }
        }
    }
}

/// How well a layer survived quantisation, measured on the calibration images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerReport {
    /// The layer.
    pub name: String,
    /// Signal to noise of its output in dB, all layers before it quantised too; `None` if the output is
    /// exact or nothing but zeros.
    pub snr_db: Option<f64>,
    /// The same if nothing before it were quantised but its input: what this layer alone costs.
    #[serde(default)]
    pub own_snr_db: Option<f64>,
    /// The largest output of the float network.
    pub float_max: f32,
    /// The output at which the integers saturate; `None` for logits.
    pub saturates_at: Option<f32>,
}

/// A network in the engine's integers.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantisedNetwork {
    /// The network it was made from.
    pub network: Network,
    /// How an image becomes its input.
    pub normalisation: Normalisation,
    /// One step of the input.
    pub input_scale: f32,
    /// Convolutions in order.
    pub layers: Vec<QuantisedConv>,
    /// What the host makes of the last map before the classifier, in that order.
    pub tail: Vec<Pool>,
    /// Fully connected layers in order.
    pub classifier: Vec<QuantisedLinear>,
    /// One entry for each convolution and fully connected layer.
    pub report: Vec<LayerReport>,
    /// How it was made, such as `percentile 99.99 of 2 images`.
    pub calibration: String,
}

impl QuantisedNetwork {
    /// The layer that by itself costs most.
    pub fn worst(&self) -> Option<&LayerReport> {
        let known = self
            .report
            .iter()
            .filter(|layer| layer.own_snr_db.is_some());
        known.min_by(|a, b| {
            a.own_snr_db
                .partial_cmp(&b.own_snr_db)
                .unwrap_or(Ordering::Equal)
        })
    }

    /// The shape of the map that convolution `index` (at most their number) reads.
    pub fn input_of(&self, index: usize) -> Shape {
        let before = self.layers.iter().take(index);
        before.fold(self.network.input, |map, layer| layer.output_of(map))
    }

    /// Input value of the classifier that means 0.
    pub fn tail_zero_point(&self) -> u8 {
        let last = self.layers.last();
        last.map_or(INPUT_ZERO_POINT, |layer| layer.output_zero_point)
    }

    /// What the classifier reads: the last convolution's map (channels × rows × columns) behind the host's pools.
    pub fn tail_of(&self, map: ArrayView3<'_, u8>) -> Array3<u8> {
        let zero_point = self.tail_zero_point();
        let pools = self.tail.iter();
        pools.fold(map.to_owned(), |map, pool| {
            pool.integers(map.view(), zero_point)
        })
    }

    /// Outputs of the classifier; 0 without one.
    pub fn classes(&self) -> usize {
        self.classifier
            .last()
            .map_or(0, |layer| layer.weights.nrows())
    }

    /// Input value that means 0; without a convolution [`INPUT_ZERO_POINT`].
    pub fn input_zero_point(&self) -> u8 {
        let first = self.layers.first();
        first.map_or(INPUT_ZERO_POINT, |layer| layer.input_zero_point)
    }

    /// The normalised image as uint8: `clamp(round(x / scale) + zero point, 0, 255)`, halves rounded to even as ONNX's
    /// QuantizeLinear does.
    pub fn quantise_input(&self, image: ArrayView3<'_, f32>) -> Array3<u8> {
        quantise_input(image, self.input_scale, self.input_zero_point())
    }
}

pub(crate) fn quantise_input(image: ArrayView3<'_, f32>, scale: f32, zero_point: u8) -> Array3<u8> {
    integers(image, scale, zero_point)
}

/// The integers that stand for floats: `clamp(round(x / scale) + zero_point, 0, 255)`, halves to even as ONNX's QuantizeLinear.
pub(crate) fn integers(map: ArrayView3<'_, f32>, scale: f32, zero_point: u8) -> Array3<u8> {
    let zero_point = f32::from(zero_point);
    map.mapv(|x| ((x / scale).round_ties_even() + zero_point).clamp(0.0, 255.0) as u8)
}
