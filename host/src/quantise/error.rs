//! What can stop a quantisation, or the use of its result.

use crate::fault::{Exit, Fault};
use crate::network::{NetworkError, Shape};
use crate::progress::Interrupted;
use crate::weights::WeightsError;

/// A network that cannot be quantised, or a quantised file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum QuantiseError {
    /// Reading or writing tensors failed.
    #[error(transparent)]
    Weights(Box<WeightsError>),
    /// The network's layers do not fit together.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Calibration without images.
    #[error("calibration needs at least one image, found none")]
    NoImages,
    /// Nothing to try.
    #[error("no way to choose ranges is given")]
    NoWays,
    /// A calibration image of another shape.
    #[error("calibration image {index} is {found}, the network takes {expected}")]
    ImageShape {
        /// Its position.
        index: usize,
        /// The network's input.
        expected: Shape,
        /// The image's shape.
        found: Shape,
    },
    /// A percentile outside the sensible range.
    #[error("the percentile is {found}, expected more than 50 and at most 100")]
    Percentile {
        /// The value given.
        found: f64,
    },
    /// A normalisation of images that gives nothing to work with.
    #[error("the normalisation of images is not finite, or divides by 0")]
    Normalisation,
    /// A normalisation of colours for a network that sees grey.
    #[error("the network takes grey images, but the normalisation has different values for red, green and blue")]
    GreyNormalisation,
    /// Layers in an order that the engine cannot run.
    #[error("layer {index} of {network}: {reason}")]
    Structure {
        /// The network.
        network: String,
        /// Position of the layer.
        index: usize,
        /// What is not supported.
        reason: String,
    },
    /// Activations or weights beyond the range of floats.
    #[error("layer {layer}: values leave the range of 32-bit floats on calibration image {image}")]
    Overflow {
        /// The layer.
        layer: String,
        /// The image.
        image: usize,
    },
    /// A ratio of scales that multiplier and shift cannot express.
    #[error("layer {layer}, channel {channel}: the scale ratio {ratio:e} is outside 2^-31 to 9")]
    Ratio {
        /// The layer.
        layer: String,
        /// The output channel.
        channel: usize,
        /// Input scale × weight scale / output scale.
        ratio: f64,
    },
    /// Not a quantised model.
    #[error("{path} is not a quantised model: {reason}")]
    NotQuantised {
        /// The file.
        path: String,
        /// What is missing or wrong.
        reason: String,
    },
    /// Written by another version.
    #[error("{path} has format {found}, this rowfuse reads format {expected}")]
    Schema {
        /// The file.
        path: String,
        /// The version accepted.
        expected: u32,
        /// The version found.
        found: u32,
    },
    /// The content is not what was written.
    #[error("{path} is damaged: its SHA-256 is {found}, it was written with {expected}")]
    Checksum {
        /// The file.
        path: String,
        /// The sum stored in it.
        expected: String,
        /// The sum of its content.
        found: String,
    },
    /// Stopped on request.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<WeightsError> for QuantiseError {
    fn from(error: WeightsError) -> Self {
        match error {
            WeightsError::Interrupted(interrupted) => QuantiseError::Interrupted(interrupted),
            error => QuantiseError::Weights(Box::new(error)),
        }
    }
}

impl Fault for QuantiseError {
    fn code(&self) -> &'static str {
        match self {
            QuantiseError::Weights(error) => error.code(),
            QuantiseError::Network(error) => error.code(),
            QuantiseError::NoImages => "quantise.no_images",
            QuantiseError::NoWays => "quantise.no_ways",
            QuantiseError::ImageShape { .. } => "quantise.image_shape",
            QuantiseError::Percentile { .. } => "quantise.percentile",
            QuantiseError::Normalisation => "quantise.normalisation",
            QuantiseError::GreyNormalisation => "quantise.grey_normalisation",
            QuantiseError::Structure { .. } => "quantise.structure",
            QuantiseError::Overflow { .. } => "quantise.overflow",
            QuantiseError::Ratio { .. } => "quantise.ratio",
            QuantiseError::NotQuantised { .. } => "quantise.not_quantised",
            QuantiseError::Schema { .. } => "quantise.schema",
            QuantiseError::Checksum { .. } => "quantise.checksum",
            QuantiseError::Interrupted(error) => error.code(),
        }
    }

    fn help(&self) -> String {
        match self {
            QuantiseError::Weights(error) => return error.help(),
            QuantiseError::Network(error) => return error.help(),
            QuantiseError::Interrupted(error) => return error.help(),
            QuantiseError::NoWays => "name at least one method",
            QuantiseError::NoImages => "give a few photographs of the kind the network will see",
            QuantiseError::ImageShape { .. } => "prepare every image for the network's input size",
            QuantiseError::Normalisation => "give finite means and deviations above 0",
            QuantiseError::GreyNormalisation => {
                "say what it was trained with: `--normalise unit` for values from 0 to 1, `--normalise none` for bytes"
            }
            QuantiseError::Percentile { .. } => "99.99 is a good start; 100 is the same as min-max",
            QuantiseError::Structure { .. } => {
                "the engine runs 3×3 convolutions with ReLU, each followed by at most one 2×2 pool, \
                 then fully connected layers with ReLU but for the last"
            }
            QuantiseError::Overflow { .. } | QuantiseError::Ratio { .. } => {
                "check the weights: a trained network's activations stay far below this"
            }
            QuantiseError::NotQuantised { .. } | QuantiseError::Schema { .. } => "make the file with `rowfuse quantize`",
            QuantiseError::Checksum { .. } => "copy the file again, or make it anew with `rowfuse quantize`",
        }
        .into()
    }

    fn exit(&self) -> Exit {
        match self {
            QuantiseError::Weights(error) => error.exit(),
            QuantiseError::Network(error) => error.exit(),
            QuantiseError::Interrupted(error) => error.exit(),
            _ => Exit::Input,
        }
    }
}
