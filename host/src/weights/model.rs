//! A float file that holds exactly a network's tensors.

use super::{TensorFile, WeightsError};
use crate::network::{is_counter, Layer, Network, StoredLayer, Variant};
use std::collections::BTreeMap;
use std::path::Path;

/// Weight and bias of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerWeights {
    /// Output-major: cout × cin × kernel, or outputs × inputs.
    pub weight: Vec<f32>,
    /// One for each output.
    pub bias: Vec<f32>,
}

/// Where the float weights of a network come from, a layer at a time.
pub trait FloatWeights {
    /// The network.
    fn network(&self) -> &Network;
    /// Reads a layer's weights; `None` for a layer without any. NaN and infinity are refused.
    fn load(&mut self, layer: &Layer) -> Result<Option<LayerWeights>, WeightsError>;
}

/// A file checked against a network: every tensor is there with its shape, and none besides but counters of training steps. Names are
/// those of a [`Variant`]; batch norm is folded into the convolution before it when that is read.
#[derive(Debug)]
pub struct Model {
    file: TensorFile,
    network: Network,
    /// Where the weights of each layer that has some lie, by its name.
    stored: BTreeMap<String, StoredLayer>,
}

impl Model {
    /// Opens `path` and compares names and shapes with `network`'s.
    pub fn open(path: &Path, network: &Network) -> Result<Model, WeightsError> {
        Model::new(TensorFile::open(path)?, network)
    }

    /// As [`Model::open`], for a file that is open already.
    pub fn new(file: TensorFile, network: &Network) -> Result<Model, WeightsError> {
        let names = file.header().tensors.keys().map(String::as_str);
        let variant = Variant::of(network, names).unwrap_or(Variant::PLAIN);
        let layers = variant.layers(network);
        let tensors: Vec<(String, Vec<usize>)> =
            layers.iter().flat_map(StoredLayer::tensors).collect();
        for (name, shape) in &tensors {
            let info = file.info(name, shape)?;
            if info.shape != *shape {
                return Err(WeightsError::Shape {
                    path: file.path_text(),
                    tensor: name.clone(),
                    network: network.name.clone(),
                    expected: shape.clone(),
                    found: info.shape.clone(),
                });
            }
        }
        let known = |name: &str| is_counter(name) || tensors.iter().any(|tensor| tensor.0 == name);
        if let Some((name, info)) = file.header().tensors.iter().find(|(name, _)| !known(name)) {
            return Err(WeightsError::Unexpected {
                path: file.path_text(),
                tensor: name.clone(),
                shape: info.shape.clone(),
                network: network.name.clone(),
            });
        }
        let names = network.layers.iter().filter_map(Layer::name);
        Ok(Model {
            stored: names.map(String::from).zip(layers).collect(),
            file,
            network: network.clone(),
        })
    }
}

impl FloatWeights for Model {
    fn network(&self) -> &Network {
        &self.network
    }

    fn load(&mut self, layer: &Layer) -> Result<Option<LayerWeights>, WeightsError> {
        let stored = layer.name().and_then(|name| self.stored.get(name));
        let Some(stored) = stored.cloned() else {
            return Ok(None);
        };
        let network = &self.network.name;
        let mut parts = Vec::new();
        for (name, shape) in stored.tensors() {
            parts.push(self.file.floats(&name, &shape, network)?);
        }
        let mut parts = parts.into_iter();
        let mut next = || parts.next().unwrap_or_default();
        let mut weights = LayerWeights {
            weight: next(),
            bias: next(),
        };
        if let Some(norm) = &stored.norm {
            let norm_of = [next(), next(), next(), next()];
            fold(&mut weights, norm_of).map_err(|(index, value)| WeightsError::NotFinite {
                path: self.file.path_text(),
                tensor: format!("{norm}.running_var"),
                index,
                value,
            })?;
        }
        Ok(Some(weights))
    }
}

/// What torch's batch norm adds to the variance.
const EPSILON: f64 = 1e-5;

/// Folds a batch norm (weight, bias, mean and variance, a value for each output) into the layer before it: `y = w·(x − mean)/√(variance +
/// ε) + b`. An output whose variance gives no finite factor is returned with it.
fn fold(weights: &mut LayerWeights, norm: [Vec<f32>; 4]) -> Result<(), (usize, f32)> {
    let [scale, shift, mean, variance] = norm;
    let inputs = weights.weight.len() / weights.bias.len().max(1);
    for (output, row) in weights.weight.chunks_exact_mut(inputs.max(1)).enumerate() {
        let factor = f64::from(scale[output]) / (f64::from(variance[output]) + EPSILON).sqrt();
        row.iter_mut()
            .for_each(|value| *value = (f64::from(*value) * factor) as f32);
        let centred = f64::from(weights.bias[output]) - f64::from(mean[output]);
        let bias = (centred * factor + f64::from(shift[output])) as f32;
        weights.bias[output] = bias;
        if !bias.is_finite() || row.iter().any(|value| !value.is_finite()) {
            return Err((output, variance[output]));
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
