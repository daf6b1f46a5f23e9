//! What is quantised, how, and what is refused before anything is computed.

use super::equalise::equalise;
use super::follow::State;
use super::{LayerReport, Method, QuantiseError, QuantisedNetwork};
use crate::image::Normalisation;
use crate::network::{Layer, Network, Shape};
use crate::progress::{Progress, Unit};
use crate::weights::FloatWeights;
use ndarray::Array3;
use rowfuse_spec::numerics::MAX_INPUT_CHANNELS;
use serde::Serialize;

/// How to quantise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// How activation ranges are chosen.
    pub method: Method,
    /// How the images are normalised; kept with the network, which takes others in the same way.
    pub normalisation: Normalisation,
    /// Whether weights are first scaled so that channels are of one size, as far as the network stays the same.
    pub equalise: bool,
    /// Whether biases of convolutions make up for the mean error that rounding leaves in each channel.
    pub correct_bias: bool,
}

impl Default for Options {
    /// The 99.99th percentile, images as for ImageNet, and nothing else.
    fn default() -> Self {
        Options {
            method: Method::Percentile(99.99),
            normalisation: Normalisation::IMAGENET,
            equalise: false,
            correct_bias: false,
        }
    }
}

impl std::fmt::Display for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.method)?;
        if self.equalise {
            f.write_str(", equalised")?;
        }
        if self.correct_bias {
            f.write_str(", biases corrected")?;
        }
        Ok(())
    }
}

/// Quantises `model` with the help of normalised images of the network's input shape.
///
/// Only one layer's float weights are in memory at a time.
pub fn quantise(
    model: &mut dyn FloatWeights,
    images: &[Array3<f32>],
    options: &Options,
    progress: &dyn Progress,
) -> Result<QuantisedNetwork, QuantiseError> {
    let network = model.network().clone();
    options.method.validate()?;
    if !options.normalisation.is_valid() {
        return Err(QuantiseError::Normalisation);
    }
    if !options.normalisation.fits(network.input) {
        return Err(QuantiseError::GreyNormalisation);
    }
    check(&network, images)?;
    let equalised = match options.equalise {
        true => Some(equalise(model, progress)?),
        false => None,
    };
    let mut state = State::new(network.clone(), images, options);
    let mut with_weights = 0;
    progress.begin("quantising", network.layers.len() as u64, Unit::Steps);
    for layer in &network.layers {
        progress.item(layer.name().unwrap_or("pool"))?;
        let mut weights = model.load(layer)?;
        if let Some(weights) = &mut weights {
            if let Some(equalised) = &equalised {
                equalised.apply(with_weights, weights);
            }
            with_weights += 1;
        }
        state.layer(layer, weights, progress)?;
        progress.advance(1)?;
    }
    progress.end();
    Ok(state.into_result())
}

/// What came of one way to quantise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tried {
    /// How activation ranges were chosen.
    pub method: Method,
    /// What it did to each layer.
    pub layers: Vec<LayerReport>,
}

/// Quantises in several ways (at least one), and keeps the network with the best signal to noise in its last layer: the first of equals.
///
/// # Errors
/// As [`quantise`].
pub fn best_of(
    model: &mut dyn FloatWeights,
    images: &[Array3<f32>],
    ways: &[Options],
    progress: &dyn Progress,
) -> Result<(QuantisedNetwork, Vec<Tried>), QuantiseError> {
    let mut best: Option<QuantisedNetwork> = None;
    let mut tried = Vec::with_capacity(ways.len());
    for options in ways {
        let network = quantise(model, images, options, progress)?;
        tried.push(Tried {
            method: options.method,
            layers: network.report.clone(),
        });
        // Without noise nothing is better.
        let quality = |network: &QuantisedNetwork| {
            let last = network.report.last().and_then(|layer| layer.snr_db);
            last.unwrap_or(f64::INFINITY)
        };
        if best
            .as_ref()
            .is_none_or(|best| quality(&network) > quality(best))
        {
            best = Some(network);
        }
    }
    best.map(|best| (best, tried)).ok_or(QuantiseError::NoWays)
}

/// Refuses networks that could not be run, and images that are not theirs.
fn check(network: &Network, images: &[Array3<f32>]) -> Result<(), QuantiseError> {
    check_structure(network)?;
    if images.is_empty() {
        return Err(QuantiseError::NoImages);
    }
    for (index, image) in images.iter().enumerate() {
        let (channels, height, width) = image.dim();
        let found = Shape::new(channels, height, width);
        if found != network.input {
            return Err(QuantiseError::ImageShape {
                index,
                expected: network.input,
                found,
            });
        }
    }
    Ok(())
}

/// Refuses what the engine or the classifier could not run.
pub(crate) fn check_structure(network: &Network) -> Result<(), QuantiseError> {
    network.shapes()?;
    let last = network.layers.len().saturating_sub(1);
    for (index, layer) in network.layers.iter().enumerate() {
        let (before, earlier) = (index.checked_sub(1), &network.layers[..index]);
        let before = before.map(|before| &network.layers[before]);
        let has_conv = earlier
            .iter()
            .any(|layer| matches!(layer, Layer::Conv { .. }));
        let fault = match layer {
            Layer::Conv { cin, .. } if *cin > MAX_INPUT_CHANNELS as usize => Some(format!(
                "{cin} input channels, the engine takes at most {MAX_INPUT_CHANNELS}"
            )),
            Layer::Pool if !matches!(before, Some(Layer::Conv { .. })) => {
                Some("a pool that does not follow a convolution".into())
            }
            Layer::Linear { .. } if !has_conv => {
                Some("no convolution before the classifier".into())
            }
            Layer::Linear { relu, .. } if *relu == (index == last) => {
                Some("ReLU must follow every fully connected layer but the last".into())
            }
            _ => None,
        };
        if let Some(reason) = fault {
            return Err(QuantiseError::Structure {
                network: network.name.clone(),
                index,
                reason,
            });
        }
    }
    Ok(())
}
