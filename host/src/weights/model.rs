//! A float file that holds exactly a network's tensors.

use super::{TensorFile, WeightsError};
use crate::network::{Layer, Network};
use std::path::Path;

/// Weight and bias of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerWeights {
    /// Output-major: cout × cin × kernel, or outputs × inputs.
    pub weight: Vec<f32>,
    /// One for each output.
    pub bias: Vec<f32>,
}

/// A file checked against a network: every tensor is there with its shape, and none besides.
#[derive(Debug)]
pub struct Model {
    file: TensorFile,
    network: Network,
}

impl Model {
    /// Opens `path` and compares names and shapes with `network`'s.
    pub fn open(path: &Path, network: &Network) -> Result<Model, WeightsError> {
        Model::new(TensorFile::open(path)?, network)
    }

    /// As [`Model::open`], for a file that is open already.
    pub fn new(file: TensorFile, network: &Network) -> Result<Model, WeightsError> {
        let tensors = network.tensors();
        for tensor in &tensors {
            let info = file.info(&tensor.name, &tensor.shape)?;
            if info.shape != tensor.shape {
                return Err(WeightsError::Shape {
                    path: file.path_text(),
                    tensor: tensor.name.clone(),
                    network: network.name.clone(),
                    expected: tensor.shape.clone(),
                    found: info.shape.clone(),
                });
            }
        }
        let known = |name: &str| tensors.iter().any(|tensor| tensor.name == name);
        if let Some((name, info)) = file.header().tensors.iter().find(|(name, _)| !known(name)) {
            return Err(WeightsError::Unexpected {
                path: file.path_text(),
                tensor: name.clone(),
                shape: info.shape.clone(),
                network: network.name.clone(),
            });
        }
        Ok(Model {
            file,
            network: network.clone(),
        })
    }

    /// The network the file was checked against.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Reads a layer's weights; `None` for a layer without any. NaN and infinity are refused.
    pub fn load(&mut self, layer: &Layer) -> Result<Option<LayerWeights>, WeightsError> {
        let (Some(name), Some((weight, bias))) = (layer.name(), layer.weight_shapes()) else {
            return Ok(None);
        };
        let network = &self.network.name;
        let weight = self
            .file
            .floats(&format!("{name}.weight"), &weight, network)?;
        let bias = self.file.floats(&format!("{name}.bias"), &bias, network)?;
        Ok(Some(LayerWeights { weight, bias }))
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
