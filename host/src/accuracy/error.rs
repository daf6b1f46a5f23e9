//! What can stop a measurement.

use super::NpyError;
use crate::fault::{Exit, Fault};
use crate::network::Shape;
use crate::plan::PlanError;
use crate::progress::Interrupted;
use crate::quantise::QuantiseError;
use crate::run::RunError;
use crate::trained::TrainedError;
use crate::weights::WeightsError;

/// Images, labels or a network that cannot be used, or a run that failed.
#[derive(Debug, thiserror::Error)]
pub enum AccuracyError {
    /// A file that is no array, or of other elements.
    #[error(transparent)]
    Npy(#[from] NpyError),
    /// An array that holds no images.
    #[error("{file} is an array of shape {found:?}, expected images: number × rows × columns, or × 3 for colours, with sides of 1 to 4096")]
    Images {
        /// The file.
        file: String,
        /// The array's shape.
        found: Vec<usize>,
    },
    /// An array that holds no labels.
    #[error("{file} is an array of shape {found:?}, expected labels: one dimension")]
    Labels {
        /// The file.
        file: String,
        /// The array's shape.
        found: Vec<usize>,
    },
    /// More of one than of the other.
    #[error("{image_file} holds {images} images, but {label_file} {labels} labels")]
    Counts {
        /// How many images.
        images: usize,
        /// Their file.
        image_file: String,
        /// How many labels.
        labels: usize,
        /// Their file.
        label_file: String,
    },
    /// A label that no class has.
    #[error("{file}: label {index} is {found}, the network has classes 0 to {}", classes - 1)]
    Label {
        /// The file.
        file: String,
        /// Its place, counted from 0.
        index: usize,
        /// The label.
        found: String,
        /// Classes of the network; at least 1.
        classes: usize,
    },
    /// A label that can be none.
    #[error("{file}: label {index} is negative")]
    NoLabel {
        /// The file.
        file: String,
        /// Its place, counted from 0.
        index: usize,
    },
    /// A network that does not say what it sees.
    #[error("{network} has no classifier, so nothing can be right or wrong")]
    NoClassifier {
        /// The network.
        network: String,
    },
    /// A network of other images.
    #[error("{network} takes {input}, the images have {height}×{width} pixels")]
    Input {
        /// The network.
        network: String,
        /// What it takes.
        input: Shape,
        /// Rows of the images.
        height: usize,
        /// Columns of the images.
        width: usize,
    },
    /// A network that cannot be read.
    #[error(transparent)]
    Trained(Box<TrainedError>),
    /// Weights that cannot be read.
    #[error(transparent)]
    Weights(Box<WeightsError>),
    /// A network that cannot be quantised.
    #[error(transparent)]
    Quantise(#[from] QuantiseError),
    /// A network that the engine cannot run, or not in such blocks.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A board that failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Stopped by the user.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<WeightsError> for AccuracyError {
    fn from(error: WeightsError) -> AccuracyError {
        AccuracyError::Weights(Box::new(error))
    }
}

impl From<TrainedError> for AccuracyError {
    fn from(error: TrainedError) -> AccuracyError {
        AccuracyError::Trained(Box::new(error))
    }
}

impl Fault for AccuracyError {
    fn code(&self) -> &'static str {
        match self {
            AccuracyError::Npy(error) => error.code(),
            AccuracyError::Images { .. } => "accuracy.images",
            AccuracyError::Labels { .. } => "accuracy.labels",
            AccuracyError::Counts { .. } => "accuracy.counts",
            AccuracyError::Label { .. } | AccuracyError::NoLabel { .. } => "accuracy.label",
            AccuracyError::NoClassifier { .. } => "accuracy.no_classifier",
            AccuracyError::Input { .. } => "accuracy.input",
            AccuracyError::Trained(error) => error.code(),
            AccuracyError::Weights(error) => error.code(),
            AccuracyError::Quantise(error) => error.code(),
            AccuracyError::Plan(error) => error.code(),
            AccuracyError::Run(error) => error.code(),
            AccuracyError::Interrupted(error) => error.code(),
        }
    }

    fn help(&self) -> String {
        match self {
            AccuracyError::Npy(error) => return error.help(),
            AccuracyError::Images { .. } => {
                "reshape the array; one image alone is 1 × rows × columns"
            }
            AccuracyError::Labels { .. } => {
                "flatten the array; labels are numbers of classes, not one-hot"
            }
            AccuracyError::Counts { .. } => "give the labels of these very images",
            AccuracyError::Label { .. } | AccuracyError::NoLabel { .. } => {
                "count classes from 0, as the network was trained with"
            }
            AccuracyError::NoClassifier { .. } => "use a network with a classifier",
            AccuracyError::Input { .. } => {
                "give images of the size that the network was trained with"
            }
            AccuracyError::Trained(error) => return error.help(),
            AccuracyError::Weights(error) => return error.help(),
            AccuracyError::Quantise(error) => return error.help(),
            AccuracyError::Plan(error) => return error.help(),
            AccuracyError::Run(error) => return error.help(),
            AccuracyError::Interrupted(error) => return error.help(),
        }
        .into()
    }

    fn exit(&self) -> Exit {
        match self {
            AccuracyError::Trained(error) => error.exit(),
            AccuracyError::Weights(error) => error.exit(),
            AccuracyError::Quantise(error) => error.exit(),
            AccuracyError::Plan(error) => error.exit(),
            AccuracyError::Run(error) => error.exit(),
            AccuracyError::Interrupted(error) => error.exit(),
            _ => Exit::Input,
        }
    }
}
