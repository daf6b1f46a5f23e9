//! Weights in safetensors files: reading them with suspicion, writing them atomically, inventing them
//! from a seed.
//!
//! A file is eight bytes of header length (little-endian), a JSON header that gives each tensor's type,
//! shape and byte range, and the data. Nothing in a header is believed before it is checked against the
//! file's real length.

mod dtype;
mod error;
mod header;
mod init;
mod model;
mod reader;
mod writer;

pub use dtype::Dtype;
pub use error::WeightsError;
pub use header::{Header, TensorInfo, MAX_HEADER_BYTES};
pub use init::{model_bytes, write_random};
pub use model::{FloatWeights, LayerWeights, Model};
pub use reader::TensorFile;
pub use writer::{PlannedTensor, TensorWriter};
