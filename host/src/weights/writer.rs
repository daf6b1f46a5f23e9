//! Writing a safetensors file as a stream: header first, then each tensor's bytes in order.

use super::{Dtype, WeightsError};
use crate::atomic::AtomicFile;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A tensor that will be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedTensor {
    /// Its name.
    pub name: String,
    /// Its element type.
    pub dtype: Dtype,
    /// Its shape.
    pub shape: Vec<usize>,
}

impl PlannedTensor {
    /// Bytes of its data.
    pub fn bytes(&self) -> u64 {
        self.shape.iter().product::<usize>() as u64 * self.dtype.bytes() as u64
    }
}

/// Writes one file; dropped before [`TensorWriter::finish`] it leaves nothing behind.
#[derive(Debug)]
pub struct TensorWriter {
    file: AtomicFile,
    path: PathBuf,
    left: u64,
}

impl TensorWriter {
    /// Starts the file with the header of `tensors`, whose data must follow in that order.
    pub fn create(
        path: &Path,
        tensors: &[PlannedTensor],
        metadata: &BTreeMap<String, String>,
    ) -> Result<TensorWriter, WeightsError> {
        let mut header = serde_json::Map::new();
        if !metadata.is_empty() {
            header.insert("__metadata__".into(), serde_json::json!(metadata));
        }
        let mut end = 0;
        for tensor in tensors {
            let begin = end;
            end += tensor.bytes();
            let entry = serde_json::json!({
                "dtype": tensor.dtype.name(), "shape": tensor.shape, "data_offsets": [begin, end],
            });
            header.insert(tensor.name.clone(), entry);
        }
        let mut text = serde_json::Value::Object(header).to_string();
        // Data begin at a multiple of eight bytes, as the format's own library does.
        text.extend(std::iter::repeat_n(
            ' ',
            text.len().next_multiple_of(8) - text.len(),
        ));
        let io = |source| WeightsError::Io {
            path: path.display().to_string(),
            action: "write",
            source,
        };
        let mut file = AtomicFile::create(path).map_err(io)?;
        file.write_all(&(text.len() as u64).to_le_bytes())
            .map_err(io)?;
        file.write_all(text.as_bytes()).map_err(io)?;
        Ok(TensorWriter {
            file,
            path: path.to_owned(),
            left: end,
        })
    }

    /// Appends data.
    ///
    /// # Panics
    /// If more is written than the header promised: a fault of the caller.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), WeightsError> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .expect("no more data than the header says");
        self.file
            .write_all(bytes)
            .map_err(|source| self.error(source))
    }

    /// Moves the complete file to its place.
    ///
    /// # Panics
    /// If less was written than the header promised: a fault of the caller.
    pub fn finish(self) -> Result<(), WeightsError> {
        assert_eq!(self.left, 0, "all data the header promised");
        let path = self.path.display().to_string();
        let io = |source| WeightsError::Io {
            path,
            action: "write",
            source,
        };
        self.file.commit().map(drop).map_err(io)
    }

    fn error(&self, source: std::io::Error) -> WeightsError {
        WeightsError::Io {
            path: self.path.display().to_string(),
            action: "write",
            source,
        }
    }
}
