//! A trained network in whichever format it comes: safetensors under known names, ONNX in floats or quantised, or rowfuse's own
//! quantised file.

use crate::fault::{Exit, Fault};
use crate::image::Normalisation;
use crate::network::{detect, Network, NetworkError, NAMES};
use crate::onnx::{self, Imported, ImportedModel, Mapped, OnnxError};
use crate::progress::Progress;
use crate::quantise::{self, is_quantised, QuantiseError, QuantisedNetwork};
use crate::weights::{FloatWeights, Model, TensorFile, WeightsError};
use std::path::Path;

/// A trained network.
pub struct Trained {
    /// Its weights.
    pub weights: Weights,
    /// How an image becomes its input: what was asked for, and what an ONNX model itself begins with; of a quantised network its own.
    pub normalisation: Normalisation,
    /// What became of each node of an ONNX model, in order; else empty.
    pub mapped: Vec<Mapped>,
}

/// Weights of a trained network.
pub enum Weights {
    /// In floats, to be quantised.
    Float(Box<dyn FloatWeights>),
    /// Quantised already.
    Quantised(Box<QuantisedNetwork>),
}

/// What is not in the file, and has to be said or guessed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'a> {
    /// One of [`NAMES`], for safetensors; by default the one whose tensors the file has.
    pub arch: Option<&'a str>,
    /// Height and width of the input in pixels; by default those of its training.
    pub size: Option<(usize, usize)>,
    /// What the network expects to be done with images first.
    pub normalisation: Normalisation,
}

impl Trained {
    /// Reads a network. A name that ends in `.onnx` is ONNX, everything else safetensors.
    ///
    /// # Errors
    /// If the file cannot be read, holds no network that is known, or one that does not fit the hints.
    pub fn open(
        file: &Path,
        hints: &Hints,
        progress: &dyn Progress,
    ) -> Result<Trained, TrainedError> {
        match is_onnx(file) {
            true => Trained::onnx(file, hints),
            false => Trained::safetensors(file, hints, progress),
        }
    }

    fn onnx(file: &Path, hints: &Hints) -> Result<Trained, TrainedError> {
        if hints.arch.is_some() {
            let file = file.display().to_string();
            return Err(TrainedError::Arch { file });
        }
        let Imported {
            model,
            normalisation,
            mapped,
        } = onnx::read(file, hints.size, hints.normalisation)?;
        let weights = match model {
            ImportedModel::Float(model) => Weights::Float(Box::new(model)),
            ImportedModel::Quantised(quantised) => Weights::Quantised(quantised),
        };
        Ok(Trained {
            weights,
            normalisation,
            mapped,
        })
    }

    fn safetensors(
        file: &Path,
        hints: &Hints,
        progress: &dyn Progress,
    ) -> Result<Trained, TrainedError> {
        let tensors = TensorFile::open(file)?;
        if is_quantised(&tensors) {
            let (quantised, _) = quantise::load(file, progress)?;
            return Ok(Trained {
                normalisation: quantised.normalisation,
                weights: Weights::Quantised(Box::new(quantised)),
                mapped: Vec::new(),
            });
        }
        let detected = || detect(tensors.header().tensors.keys().map(String::as_str));
        let network = hints.arch.or_else(detected);
        let network = network.and_then(|arch| Network::named(arch, hints.size));
        let network = network.ok_or_else(|| TrainedError::Unknown {
            file: file.display().to_string(),
        })?;
        network.shapes().map_err(|source| TrainedError::Network {
            network: network.name.clone(),
            height: network.input.height,
            width: network.input.width,
            source: Box::new(source),
        })?;
        Ok(Trained {
            weights: Weights::Float(Box::new(Model::new(tensors, &network)?)),
            normalisation: hints.normalisation,
            mapped: Vec::new(),
        })
    }
}

/// Whether a file's name says that it is ONNX.
fn is_onnx(file: &Path) -> bool {
    let end = file.extension();
    end.is_some_and(|end| end.eq_ignore_ascii_case("onnx"))
}

/// A file that holds no network that can be used.
#[derive(Debug, thiserror::Error)]
pub enum TrainedError {
    /// Weights of an unknown network.
    #[error("{file} has the tensors of none of {}", NAMES.join(", "))]
    Unknown {
        /// The file.
        file: String,
    },
    /// A name was given for what names itself.
    #[error("{file} says itself what its network is, so no other can be named")]
    Arch {
        /// The file.
        file: String,
    },
    /// Layers that do not fit together, or not to images of that size.
    #[error("{network} for images of {height}×{width} pixels: {source}")]
    Network {
        /// The network.
        network: String,
        /// Rows of the images.
        height: usize,
        /// Columns of the images.
        width: usize,
        /// What does not fit.
        source: Box<NetworkError>,
    },
    /// Weights that cannot be read.
    #[error(transparent)]
    Weights(Box<WeightsError>),
    /// ONNX that cannot be read.
    #[error(transparent)]
    Onnx(#[from] OnnxError),
    /// A quantised file that cannot be read.
    #[error(transparent)]
    Quantise(#[from] QuantiseError),
}

impl From<WeightsError> for TrainedError {
    fn from(error: WeightsError) -> TrainedError {
        TrainedError::Weights(Box::new(error))
    }
}

impl Fault for TrainedError {
    fn code(&self) -> &'static str {
        match self {
            TrainedError::Unknown { .. } => "trained.unknown",
            TrainedError::Arch { .. } => "trained.arch",
            TrainedError::Network { source, .. } => source.code(),
            TrainedError::Weights(error) => error.code(),
            TrainedError::Onnx(error) => error.code(),
            TrainedError::Quantise(error) => error.code(),
        }
    }

    fn help(&self) -> String {
        match self {
            TrainedError::Unknown { .. } => {
                "`rowfuse quantize --arch` says what is missing of one of them; other networks come as ONNX"
            }
            TrainedError::Arch { .. } => "leave --arch out; it is for safetensors in floats",
            TrainedError::Network { .. } => {
                "give images of the size that the network was trained with"
            }
            TrainedError::Weights(error) => return error.help(),
            TrainedError::Onnx(error) => return error.help(),
            TrainedError::Quantise(error) => return error.help(),
        }
        .into()
    }

    fn exit(&self) -> Exit {
        match self {
            TrainedError::Arch { .. } => Exit::Usage,
            TrainedError::Weights(error) => error.exit(),
            TrainedError::Onnx(error) => error.exit(),
            TrainedError::Quantise(error) => error.exit(),
            _ => Exit::Input,
        }
    }
}
