//! What can be wrong with a file of weights.

use crate::fault::{Exit, Fault};
use crate::onnx::OnnxError;
use crate::progress::Interrupted;

/// A file of weights that cannot be used, or could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The operating system refused.
    #[error("{path}: cannot {action}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What was tried.
        action: &'static str,
        /// Its reason.
        source: std::io::Error,
    },
    /// The path is not a regular file.
    #[error("{path} is not a regular file")]
    NotAFile {
        /// The path.
        path: String,
    },
    /// The file ends too soon.
    #[error("{path} is truncated: {what} needs {expected} bytes, the file has {found}")]
    Truncated {
        /// The file.
        path: String,
        /// What is incomplete.
        what: String,
        /// Bytes the file should have at least.
        expected: u64,
        /// Bytes it has.
        found: u64,
    },
    /// Bytes after the last tensor.
    #[error("{path} has {extra} bytes after its last tensor")]
    Trailing {
        /// The file.
        path: String,
        /// How many.
        extra: u64,
    },
    /// A header longer than any honest one.
    #[error("{path}: the header claims {found} bytes, the limit is {limit}")]
    HeaderTooLarge {
        /// The file.
        path: String,
        /// Bytes claimed.
        found: u64,
        /// Bytes accepted.
        limit: u64,
    },
    /// The header is not the JSON that the format asks for.
    #[error("{path}: the header is not a safetensors header: {reason}")]
    HeaderSyntax {
        /// The file.
        path: String,
        /// Where and why.
        reason: String,
    },
    /// Two entries of the same name.
    #[error("{path}: the header names {name} twice")]
    Duplicate {
        /// The file.
        path: String,
        /// The name.
        name: String,
    },
    /// An element type the format does not know.
    #[error("{path}: tensor {tensor} has the unknown type {found:?}")]
    UnknownDtype {
        /// The file.
        path: String,
        /// The tensor.
        tensor: String,
        /// The type's name.
        found: String,
    },
    /// A shape whose size does not fit any memory.
    #[error("{path}: tensor {tensor} claims the absurd shape {shape:?}")]
    AbsurdShape {
        /// The file.
        path: String,
        /// The tensor.
        tensor: String,
        /// The shape.
        shape: Vec<u64>,
    },
    /// A byte range that is backwards or does not match shape and type.
    #[error("{path}: tensor {tensor} ({shape:?}, {dtype}) needs {expected} bytes, its range {begin}..{end} does not give them")]
    Range {
        /// The file.
        path: String,
        /// The tensor.
        tensor: String,
        /// Its type.
        dtype: String,
        /// Its shape.
        shape: Vec<u64>,
        /// Bytes that shape and type need.
        expected: u64,
        /// First byte claimed.
        begin: u64,
        /// One past the last byte claimed.
        end: u64,
    },
    /// Tensors that share bytes, or bytes that no tensor owns.
    #[error("{path}: tensor {tensor} begins at byte {found}, where the tensor before it ends at {expected}")]
    Layout {
        /// The file.
        path: String,
        /// The tensor.
        tensor: String,
        /// Where it should begin.
        expected: u64,
        /// Where it begins.
        found: u64,
    },
    /// A tensor the network needs and the file lacks.
    #[error("{path} has no tensor {tensor} of shape {shape:?}{}", closest_text(.closest))]
    Missing {
        /// The file.
        path: String,
        /// The tensor.
        tensor: String,
        /// The shape the network needs.
        shape: Vec<usize>,
        /// The file's closest name and its shape.
        closest: Option<(String, Vec<usize>)>,
    },
    /// A tensor the network does not know.
    #[error("{path} has a tensor {tensor} of shape {shape:?} that {network} does not have")]
    Unexpected {
        /// The file.
        path: String,
        /// The tensor.
        tensor: String,
        /// Its shape.
        shape: Vec<usize>,
        /// The network's name.
        network: String,
    },
    /// A tensor of another shape than the network's.
    #[error("{path}: tensor {tensor} has shape {found:?}, {network} expects {expected:?}")]
    Shape {
        /// The file.
        path: String,
        /// The tensor.
        tensor: String,
        /// The network's name.
        network: String,
        /// The shape the network needs.
        expected: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// A type that is not accepted here.
    #[error("{path}: tensor {tensor} has type {found}, expected {expected}")]
    Dtype {
        /// The file.
        path: String,
        /// The tensor.
        tensor: String,
        /// Accepted types.
        expected: &'static str,
        /// The type in the file.
        found: &'static str,
    },
    /// NaN or infinity.
    #[error("{path}: tensor {tensor} is {value} at index {index}")]
    NotFinite {
        /// The file.
        path: String,
        /// The tensor.
        tensor: String,
        /// Flat index of the first such value.
        index: usize,
        /// The value.
        value: f32,
    },
    /// The weights of an ONNX file.
    #[error(transparent)]
    Onnx(Box<OnnxError>),
    /// Stopped on request.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

fn closest_text(closest: &Option<(String, Vec<usize>)>) -> String {
    match closest {
        Some((name, shape)) => format!("; the closest name is {name} of shape {shape:?}"),
        None => String::new(),
    }
}

impl Fault for WeightsError {
    fn code(&self) -> &'static str {
        match self {
            WeightsError::Io { .. } => "weights.io",
            WeightsError::NotAFile { .. } => "weights.not_a_file",
            WeightsError::Truncated { .. } => "weights.truncated",
            WeightsError::Trailing { .. } => "weights.trailing_bytes",
            WeightsError::HeaderTooLarge { .. } => "weights.header_too_large",
            WeightsError::HeaderSyntax { .. } => "weights.header_syntax",
            WeightsError::Duplicate { .. } => "weights.duplicate_name",
            WeightsError::UnknownDtype { .. } => "weights.unknown_dtype",
            WeightsError::AbsurdShape { .. } => "weights.absurd_shape",
            WeightsError::Range { .. } => "weights.range",
            WeightsError::Layout { .. } => "weights.layout",
            WeightsError::Missing { .. } => "weights.missing_tensor",
            WeightsError::Unexpected { .. } => "weights.unexpected_tensor",
            WeightsError::Shape { .. } => "weights.shape",
            WeightsError::Dtype { .. } => "weights.dtype",
            WeightsError::NotFinite { .. } => "weights.not_finite",
            WeightsError::Onnx(error) => error.code(),
            WeightsError::Interrupted(interrupted) => interrupted.code(),
        }
    }

    fn help(&self) -> String {
        match self {
            WeightsError::Io { .. } => "check the path, its permissions and the free space".into(),
            WeightsError::NotAFile { .. } => "give the path of a .safetensors file".into(),
            WeightsError::Truncated { .. } | WeightsError::Trailing { .. } => {
                "the file was cut short or damaged: copy or download it again".into()
            }
            WeightsError::HeaderTooLarge { .. }
            | WeightsError::HeaderSyntax { .. }
            | WeightsError::Duplicate { .. }
            | WeightsError::AbsurdShape { .. }
            | WeightsError::Range { .. }
            | WeightsError::Layout { .. } => {
                "this is not a sound safetensors file; save it anew with the safetensors library \
                 (a PyTorch .pth file must be converted first)"
                    .into()
            }
            WeightsError::UnknownDtype { .. } | WeightsError::Dtype { .. } => {
                "save the weights as F32, F16 or BF16; quantised models come from `rowfuse quantize`".into()
            }
            WeightsError::Missing { .. } => {
                "tensors need torchvision's names (features.0.weight …); rename them, or choose another --arch".into()
            }
            WeightsError::Unexpected { .. } | WeightsError::Shape { .. } => {
                "choose the --arch these weights were trained for (batch-norm variants must be folded first)".into()
            }
            WeightsError::NotFinite { .. } => {
                "the training diverged or the file is damaged: use weights without NaN and infinity".into()
            }
            WeightsError::Onnx(error) => error.help(),
            WeightsError::Interrupted(interrupted) => interrupted.help(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            WeightsError::Interrupted(interrupted) => interrupted.exit(),
            _ => Exit::Input,
        }
    }
}
