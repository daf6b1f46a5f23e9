//! What quantisation costs, measured.

use super::QuantisedConv;
use crate::float;
use ndarray::{Array1, Array3, ArrayView2};
use rowfuse_spec::numerics::Requant;

/// The integer convolution by float products: sums are right to about one part in 2^23, which is enough
/// to measure noise. The input's zero point is not in
/// `conv`'s biases yet, the output's is.
pub(super) fn emulate(conv: &QuantisedConv, map: &Array3<u8>) -> Array3<u8> {
    let zero_point = f32::from(conv.input_zero_point);
    let input = map.mapv(|value| f32::from(value) - zero_point);
    let weights: Vec<f32> = conv.weights.iter().map(|&g| f32::from(g)).collect();
    let inputs = weights.len() / conv.cout();
    let matrix =
        ArrayView2::from_shape((conv.cout(), inputs), &weights).expect("as many as before");
    let bias = Array1::zeros(conv.cout());
    let sums = float::convolve(input.view(), matrix, bias.view(), &conv.window);
    let mut output = Array3::zeros(sums.dim());
    for ((sums, mut output), requant) in sums
        .outer_iter()
        .zip(output.outer_iter_mut())
        .zip(&conv.requant)
    {
        let apply = |requant: &Requant, sum: f32| requant.apply(sum.round() as i32);
        output.zip_mut_with(&sums, |output, &sum| *output = apply(requant, sum));
    }
    output
}

/// Signal and noise power.
#[derive(Default)]
pub(super) struct Noise {
    signal: f64,
    noise: f64,
}

impl Noise {
    /// Adds values of the float network and what the integers make of them.
    pub(super) fn add(
        &mut self,
        float: impl Iterator<Item = f32>,
        integer: impl Iterator<Item = f32>,
    ) {
        for (float, integer) in float.zip(integer) {
            self.signal += f64::from(float).powi(2);
            self.noise += f64::from(float - integer).powi(2);
        }
    }

    /// Signal to noise in dB; `None` without signal or without noise.
    pub(super) fn decibels(&self) -> Option<f64> {
        (self.signal > 0.0 && self.noise > 0.0).then(|| 10.0 * (self.signal / self.noise).log10())
    }
}
