//! Cross-layer equalisation: channels of one size are quantised alike.
//!
//! ReLU and pools let a positive factor through, so a channel of a layer may be divided by `s` and the next layer's weights for it multiplied:
//! the network stays what it was in floats, up to their rounding. With `s = √(r₁ / r₂)`, where `r₁` is the largest weight that makes the channel and `r₂` the largest that
//! reads it, both become `√(r₁·r₂)` (M. Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, ICCV
//! 2019, equation 11).

use super::QuantiseError;
use crate::network::Layer;
use crate::progress::{Progress, Unit};
use crate::weights::{FloatWeights, LayerWeights};

/// Times that all weights are read; after that factors hardly change.
const SWEEPS: usize = 3;
/// A channel is scaled by so much at most, so that what nearly nothing reads does not vanish.
const MOST: f32 = 64.0;

/// What each layer's inputs and outputs are multiplied by.
pub(super) struct Equalised {
    /// For each layer with weights in order: its outputs' factors, one a channel; all 1 for the last.
    factors: Vec<Vec<f32>>,
}

/// Reads all weights, one layer at a time, and finds the factors.
///
/// # Errors
/// If the weights cannot be read, or `progress` is interrupted.
pub(super) fn equalise(
    model: &mut dyn FloatWeights,
    progress: &dyn Progress,
) -> Result<Equalised, QuantiseError> {
    let layers = model.network().layers.clone();
    let layers: Vec<&Layer> = layers
        .iter()
        .filter(|layer| layer.name().is_some())
        .collect();
    let mut state = Equalised {
        factors: layers
            .iter()
            .map(|layer| vec![1.0; outputs(layer)])
            .collect(),
    };
    progress.begin("equalising", (SWEEPS * layers.len()) as u64, Unit::Steps);
    for _ in 0..SWEEPS {
        // The largest weight that makes each channel of the layer before.
        let mut makes: Vec<f32> = Vec::new();
        for (index, layer) in layers.iter().enumerate() {
            progress.item(layer.name().unwrap_or_default())?;
            let Some(mut weights) = model.load(layer)? else {
                continue;
            };
            state.apply(index, &mut weights);
            if index > 0 {
                let columns = columns(&weights, makes.len());
                let more: Vec<f32> = makes
                    .iter()
                    .zip(&columns)
                    .map(|(&makes, &reads)| factor(makes, reads))
                    .collect();
                // What this layer's own rows are made of changes with it.
                scale_columns(&mut weights, &more);
                state.change(index - 1, &more);
            }
            makes = rows(&weights);
            progress.advance(1)?;
        }
    }
    progress.end();
    Ok(state)
}

impl Equalised {
    /// Scales the weights and bias of layer `index`, counted among those that have weights.
    pub(super) fn apply(&self, index: usize, weights: &mut LayerWeights) {
        if let Some(before) = index.checked_sub(1) {
            scale_columns(weights, &self.factors[before]);
        }
        let inputs = weights.weight.len() / weights.bias.len();
        let rows = weights.weight.chunks_exact_mut(inputs);
        for ((row, bias), factor) in rows.zip(&mut weights.bias).zip(&self.factors[index]) {
            row.iter_mut().for_each(|weight| *weight /= factor);
            *bias /= factor;
        }
    }

    /// Multiplies a layer's factors, within [`MOST`].
    fn change(&mut self, index: usize, more: &[f32]) {
        for (factor, more) in self.factors[index].iter_mut().zip(more) {
            *factor = (*factor * more).clamp(1.0 / MOST, MOST);
        }
    }
}

fn outputs(layer: &Layer) -> usize {
    layer.weight_shapes().map_or(0, |(_, [outputs])| outputs)
}

/// `√(makes / reads)`, or 1 for a channel that is nothing or that nothing reads.
fn factor(makes: f32, reads: f32) -> f32 {
    match makes > 0.0 && reads > 0.0 {
        true => (makes / reads).sqrt(),
        false => 1.0,
    }
}

/// The largest weight of each output.
fn rows(weights: &LayerWeights) -> Vec<f32> {
    let inputs = weights.weight.len() / weights.bias.len();
    let rows = weights.weight.chunks_exact(inputs);
    rows.map(largest).collect()
}

/// The largest weight for each of so many input channels; every one has equally many weights side by side.
fn columns(weights: &LayerWeights, channels: usize) -> Vec<f32> {
    let inputs = weights.weight.len() / weights.bias.len();
    let each = (inputs / channels).max(1);
    let mut found = vec![0f32; channels];
    for row in weights.weight.chunks_exact(inputs) {
        for (found, part) in found.iter_mut().zip(row.chunks_exact(each)) {
            *found = found.max(largest(part));
        }
    }
    found
}

/// Multiplies the weights for each input channel.
fn scale_columns(weights: &mut LayerWeights, factors: &[f32]) {
    let inputs = weights.weight.len() / weights.bias.len();
    let each = (inputs / factors.len().max(1)).max(1);
    for row in weights.weight.chunks_exact_mut(inputs) {
        for (part, factor) in row.chunks_exact_mut(each).zip(factors) {
            part.iter_mut().for_each(|weight| *weight *= factor);
        }
    }
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |max, value| max.max(value.abs()))
}

#[cfg(test)]
#[path = "equalise_tests.rs"]
mod tests;
