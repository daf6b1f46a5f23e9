//! What can be wrong with an ONNX file.

use crate::fault::{Exit, Fault};
use crate::network::NetworkError;
use crate::quantise::QuantiseError;

/// An ONNX file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OnnxError {
    /// The operating system refused.
    #[error("{path}: cannot read: {source}")]
    Io {
        /// The file.
        path: String,
        /// Its reason.
        source: std::io::Error,
    },
    /// The path is not a regular file.
    #[error("{path} is not a regular file")]
    NotAFile {
        /// The path.
        path: String,
    },
    /// Longer than is accepted.
    #[error("{path} has {found} bytes, the limit is {limit}")]
    FileTooLarge {
        /// The file.
        path: String,
        /// Its length.
        found: u64,
        /// Bytes accepted.
        limit: u64,
    },
    /// Its content is unsound, or nothing that rowfuse runs.
    #[error("{path}: {fault}")]
    Content {
        /// The file.
        path: String,
        /// What it is.
        fault: Box<OnnxFault>,
    },
}

/// What is wrong with the content of an ONNX file.
#[derive(Debug, thiserror::Error)]
pub enum OnnxFault {
    /// The bytes are not the protobuf messages of ONNX.
    #[error("this is not an ONNX model: {reason}")]
    Syntax {
        /// Which message and why.
        reason: String,
    },
    /// More of something than any honest model has.
    #[error("{what} is {found}, the limit is {limit}")]
    Limit {
        /// What was counted.
        what: String,
        /// How much there is.
        found: u64,
        /// How much is accepted.
        limit: u64,
    },
    /// A tensor whose data are not what it declares, or that is stored in a way that is not read.
    #[error("tensor '{tensor}': {reason}")]
    Tensor {
        /// Its name.
        tensor: String,
        /// What was expected and found.
        reason: String,
    },
    /// Values that are missing, given twice or read by several.
    #[error("{reason}")]
    Graph {
        /// What was expected and found.
        reason: String,
    },
    /// A node that is unsound or cannot run.
    #[error("node '{node}' ({op}): {reason}")]
    Node {
        /// Its name.
        node: String,
        /// Its operator.
        op: String,
        /// What was expected and found.
        reason: String,
    },
    /// The layers do not fit together.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A layer's integers are beyond what the engine takes.
    #[error(transparent)]
    Quantise(#[from] QuantiseError),
}

impl OnnxFault {
    pub(super) fn graph(reason: impl Into<String>) -> OnnxFault {
        let reason = reason.into();
        OnnxFault::Graph { reason }
    }

    pub(super) fn tensor(tensor: &str, reason: impl Into<String>) -> OnnxFault {
        OnnxFault::Tensor {
            tensor: tensor.into(),
            reason: reason.into(),
        }
    }
}

impl Fault for OnnxError {
    fn code(&self) -> &'static str {
        match self {
            OnnxError::Io { .. } => "onnx.io",
            OnnxError::NotAFile { .. } => "onnx.not_a_file",
            OnnxError::FileTooLarge { .. } => "onnx.file_too_large",
            OnnxError::Content { fault, .. } => match &**fault {
                OnnxFault::Syntax { .. } => "onnx.syntax",
                OnnxFault::Limit { .. } => "onnx.limit",
                OnnxFault::Tensor { .. } => "onnx.tensor",
                OnnxFault::Graph { .. } => "onnx.graph",
                OnnxFault::Node { .. } => "onnx.node",
                OnnxFault::Network(error) => error.code(),
                OnnxFault::Quantise(error) => error.code(),
            },
        }
    }

    fn help(&self) -> String {
        match self {
            OnnxError::Io { .. } => "check the path and its permissions",
            OnnxError::NotAFile { .. } => "give the path of an .onnx file",
            OnnxError::FileTooLarge { .. } => {
                "a model of this size does not fit a board: use a smaller one"
            }
            OnnxError::Content { fault, .. } => match &**fault {
                OnnxFault::Syntax { .. } => {
                    "the file is damaged or of another kind: export the model again, as .onnx"
                }
                OnnxFault::Limit { .. } | OnnxFault::Graph { .. } | OnnxFault::Tensor { .. } => {
                    "export the model again as one .onnx file for inference, a batch of one image, \
                     weights inside (onnx.checker says whether it is sound)"
                }
                OnnxFault::Node { .. } => {
                    "see docs/onnx.md for what is taken; leave this node out, replace it by one that is, \
                     or fold it before the export"
                }
                OnnxFault::Network(error) => return error.help(),
                OnnxFault::Quantise(error) => return error.help(),
            },
        }
        .into()
    }

    fn exit(&self) -> Exit {
        Exit::Input
    }
}
