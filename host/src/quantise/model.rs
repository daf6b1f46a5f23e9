//! A quantised network: integers for the engine and for the host's classifier.

use crate::image::MAX_NORMALISED;
use crate::network::{Network, Shape};
use ndarray::{Array2, Array3, Array4, ArrayView3};
use rowfuse_spec::numerics::Requant;
use serde::{Deserialize, Serialize};

/// The input's value for a normalised pixel of 0.
pub const INPUT_ZERO_POINT: u8 = 128;
/// One step of the input: the largest normalised pixel there can be is 127 steps above zero.
pub const INPUT_SCALE: f32 = MAX_NORMALISED / 127.0;

/// A 3×3 convolution with ReLU in the engine's integers, and the pool after it.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantisedConv {
    /// The module's name, such as `features.0`.
    pub name: String,
    /// cout × cin × 3 × 3.
    pub weights: Array4<i8>,
    /// For each output channel. The bias has the input's zero point folded in:
    /// `bias' = bias − zero_point·Σg`, so that the engine may sum plain uint8 pixels over a border
    /// padded with the zero point.
    pub requant: Vec<Requant>,
    /// One step of the weights, for each output channel.
    pub weight_scales: Vec<f32>,
    /// Input value that means 0: [`INPUT_ZERO_POINT`] in the first layer, 0 in all others.
    pub input_zero_point: u8,
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

    /// Folds the zero point into biases that do not have it yet.
    pub(crate) fn fold(&mut self) {
        for o in 0..self.requant.len() {
            self.requant[o].bias -= self.zero_point_sum(o);
        }
    }
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
    /// One step of the input; its zero point is 0.
    pub input_scale: f32,
    /// What becomes of the sums.
    pub output: LinearOutput,
}

/// How well a layer survived quantisation, measured on the calibration images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerReport {
    /// The layer.
    pub name: String,
    /// Signal to noise of its output in dB, all layers before it quantised too; `None` if the output is
    /// exact or nothing but zeros.
    pub snr_db: Option<f64>,
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
    /// One step of the input.
    pub input_scale: f32,
    /// Convolutions in order.
    pub layers: Vec<QuantisedConv>,
    /// Height and width to which the last map is averaged before the classifier, if so.
    pub adaptive_pool: Option<(usize, usize)>,
    /// Fully connected layers in order.
    pub classifier: Vec<QuantisedLinear>,
    /// One entry for each convolution and fully connected layer.
    pub report: Vec<LayerReport>,
    /// How it was made, such as `percentile 99.99 of 2 images`.
    pub calibration: String,
}

impl QuantisedNetwork {
    /// The shape of the map that convolution `index` (at most their number) reads.
    pub fn input_of(&self, index: usize) -> Shape {
        let before = self.layers.iter().take(index);
        before.fold(self.network.input, |map, layer| {
            let step = if layer.pool_after { 2 } else { 1 };
            Shape::new(layer.cout(), map.height / step, map.width / step)
        })
    }

    /// Outputs of the classifier; 0 without one.
    pub fn classes(&self) -> usize {
        self.classifier
            .last()
            .map_or(0, |layer| layer.weights.nrows())
    }

    /// The normalised image as uint8: `clamp(round(x / scale) + 128, 0, 255)`.
    pub fn quantise_input(&self, image: ArrayView3<'_, f32>) -> Array3<u8> {
        quantise_input(image, self.input_scale)
    }
}

pub(crate) fn quantise_input(image: ArrayView3<'_, f32>, scale: f32) -> Array3<u8> {
    image.mapv(|x| ((x / scale).round() + f32::from(INPUT_ZERO_POINT)).clamp(0.0, 255.0) as u8)
}
