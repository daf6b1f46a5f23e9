//! What quantisation costs, measured.

use super::QuantisedConv;
use crate::float;
use ndarray::{Array1, Array3, ArrayView2};
use rowfuse_spec::numerics::Requant;

/// The sums of an integer convolution by float products, right to about one part in 2^23, which is enough to measure noise.
pub(super) fn sums(conv: &QuantisedConv, map: &Array3<u8>) -> Array3<f32> {
    let zero_point = f32::from(conv.input_zero_point);
    let input = map.mapv(|value| f32::from(value) - zero_point);
    let weights: Vec<f32> = conv.weights.iter().map(|&g| f32::from(g)).collect();
    let inputs = weights.len() / conv.cout();
    let matrix =
        ArrayView2::from_shape((conv.cout(), inputs), &weights).expect("as many as before");
    let bias = Array1::zeros(conv.cout());
    float::convolve(input.view(), matrix, bias.view(), &conv.window)
}

/// What becomes of [`sums`]. The input's zero point is not in `conv`'s biases yet, the output's is.
pub(super) fn requantised(conv: &QuantisedConv, sums: &Array3<f32>) -> Array3<u8> {
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

/// Means of each channel over all places of all maps.
#[derive(Default)]
pub(super) struct Means {
    sums: Vec<f64>,
    places: usize,
}

impl Means {
    /// Adds a map; all have as many channels.
    pub(super) fn add(&mut self, map: &Array3<f32>) {
        self.sums.resize(map.dim().0, 0.0);
        for (sum, channel) in self.sums.iter_mut().zip(map.outer_iter()) {
            *sum += channel.iter().map(|&value| f64::from(value)).sum::<f64>();
        }
        self.places += map.dim().1 * map.dim().2;
    }

    /// The mean of a channel.
    pub(super) fn of(&self, channel: usize) -> f64 {
        self.sums[channel] / self.places.max(1) as f64
    }
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

    /// The same of integers, where `zero_point` stands for zero.
    pub(super) fn add_integers(
        &mut self,
        float: &Array3<f32>,
        integer: &Array3<u8>,
        scale: f32,
        zero_point: u8,
    ) {
        let value = |&value: &u8| (f32::from(value) - f32::from(zero_point)) * scale;
        self.add(float.iter().copied(), integer.iter().map(value));
    }

    /// Signal to noise in dB, to the nearest 1024th, which text holds exactly; `None` without signal or without noise.
    pub(super) fn decibels(&self) -> Option<f64> {
        let decibels = || 10.0 * (self.signal / self.noise).log10();
        (self.signal > 0.0 && self.noise > 0.0).then(|| (1024.0 * decibels()).round() / 1024.0)
    }
}
