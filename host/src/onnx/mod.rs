//! Models in ONNX files: the graph is read with suspicion, simplified to a sequence of layers and turned into a [`Network`] with float
//! weights, or, if it is quantised, into the engine's integers with its own scales and zero points.
//!
//! A file is whole in memory, at most [`MAX_FILE_BYTES`]; of its weights only one layer's are decoded at a time. What cannot run is
//! refused by the name of its node. `docs/onnx.md` lists what is taken.

mod assemble;
mod constant;
mod context;
mod convert;
mod elementwise;
mod error;
mod fold;
mod graph;
mod node;
mod ops;
mod proto;
mod reshape;
mod sizes;
mod source;
mod step;
mod tensor;
mod walk;
mod weighted;
mod window;

pub use error::{OnnxError, OnnxFault};

use crate::bounded::{self, Refused};
use crate::image::Normalisation;
use crate::network::{Layer, Network};
use crate::quantise::{QuantiseError, QuantisedNetwork};
use crate::weights::{FloatWeights, LayerWeights, WeightsError};
use prost::bytes::Bytes;
use source::Source;
use std::collections::HashMap;
use std::path::Path;

/// Longest file that is read; VGG19 in floats has 575 MB.
pub const MAX_FILE_BYTES: u64 = 1 << 30;

/// What became of a node.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Mapped {
    /// Its name.
    pub node: String,
    /// Its operator.
    pub op: String,
    /// The layer it is now, or the one it went into, or why it was dropped.
    pub became: String,
}

/// A model that rowfuse can run.
#[derive(Debug)]
pub struct Imported {
    /// Its layers, or its integers.
    pub model: ImportedModel,
    /// How an image becomes its input: what was asked for, and what the model itself begins with.
    pub normalisation: Normalisation,
    /// What became of each node, in order.
    pub mapped: Vec<Mapped>,
}

/// The two kinds of models.
#[derive(Debug)]
pub enum ImportedModel {
    /// In floats, to be quantised.
    Float(FloatModel),
    /// Quantised already.
    Quantised(Box<QuantisedNetwork>),
}

/// A float model of an ONNX file.
#[derive(Debug)]
pub struct FloatModel {
    network: Network,
    sources: HashMap<String, Source>,
    path: String,
}

impl Imported {
    /// The network, whichever kind it is.
    pub fn network(&self) -> &Network {
        match &self.model {
            ImportedModel::Float(model) => &model.network,
            ImportedModel::Quantised(quantised) => &quantised.network,
        }
    }
}

impl FloatWeights for FloatModel {
    fn network(&self) -> &Network {
        &self.network
    }

    fn load(&mut self, layer: &Layer) -> Result<Option<LayerWeights>, WeightsError> {
        let source = layer.name().and_then(|name| self.sources.get(name));
        let content = |fault| OnnxError::Content {
            path: self.path.clone(),
            fault: Box::new(fault),
        };
        let weights = source.map(Source::load).transpose();
        weights.map_err(|fault| WeightsError::Onnx(Box::new(content(fault))))
    }
}

/// Reads the model in the file `path`.
///
/// `size` is the input's height and width, for models that leave them open. `normalisation` is what the model expects to be done with
/// an image before it.
pub fn read(
    path: &Path,
    size: Option<(usize, usize)>,
    normalisation: Normalisation,
) -> Result<Imported, OnnxError> {
    let bytes = bytes(path)?;
    let name = path.file_stem().map(|name| name.to_string_lossy());
    let name = node::shown(&name.unwrap_or_default());
    let content = |fault| OnnxError::Content {
        path: path.display().to_string(),
        fault: Box::new(fault),
    };
    let mut imported = decode(&bytes, &name, size, normalisation).map_err(content)?;
    if let ImportedModel::Float(model) = &mut imported.model {
        model.path = path.display().to_string();
    }
    Ok(imported)
}

/// As [`read`], for a file's content.
pub fn decode(
    bytes: &Bytes,
    name: &str,
    size: Option<(usize, usize)>,
    normalisation: Normalisation,
) -> Result<Imported, OnnxFault> {
    let mut graph = graph::Graph::read(bytes)?;
    let (input, steps) = walk::walk(&mut graph, size)?;
    let mut assembled = assemble::assemble(input, steps)?;
    let network = assembled.network(name)?;
    let normalisation = match &assembled.affine {
        None => normalisation,
        Some((scale, shift)) => normalisation.then(scale, shift).ok_or_else(|| {
            OnnxFault::graph(format!(
                "it begins by scaling {} channels, rowfuse normalises the 3 of a colour image, or the 1 of a grey one",
                scale.len()
            ))
        })?,
    };
    if !normalisation.fits(network.input) {
        return Err(QuantiseError::GreyNormalisation.into());
    }
    let mapped = std::mem::take(&mut assembled.mapped);
    let model = match assembled.quantised {
        true => {
            let quantised = convert::convert(&assembled, network, normalisation)?;
            ImportedModel::Quantised(Box::new(quantised))
        }
        false => {
            let items = assembled.items.into_iter();
            let sources =
                items.filter_map(|item| Some((item.layer.name()?.to_owned(), item.source?)));
            ImportedModel::Float(FloatModel {
                sources: sources.collect(),
                network,
                path: name.into(),
            })
        }
    };
    Ok(Imported {
        model,
        normalisation,
        mapped,
    })
}

/// The content of a regular file of a sensible length.
fn bytes(path: &Path) -> Result<Bytes, OnnxError> {
    let text = || path.display().to_string();
    let read = bounded::read(path, MAX_FILE_BYTES).map_err(|refused| match refused {
        Refused::Io(source) => OnnxError::Io {
            path: text(),
            source,
        },
        Refused::NotAFile => OnnxError::NotAFile { path: text() },
        Refused::TooLarge(found) => OnnxError::FileTooLarge {
            path: text(),
            found,
            limit: MAX_FILE_BYTES,
        },
    })?;
    Ok(read.into())
}

#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod referee_tests;
#[cfg(test)]
mod refusal_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
