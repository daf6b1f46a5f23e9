//! Reading tensors from a file, one at a time.

use super::{Dtype, Header, TensorInfo, WeightsError};
use crate::progress::Interrupted;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// An open safetensors file; only the header is in memory.
#[derive(Debug)]
pub struct TensorFile {
    file: File,
    path: PathBuf,
    header: Header,
}

impl TensorFile {
    /// Opens `path` and checks its header.
    pub fn open(path: &Path) -> Result<TensorFile, WeightsError> {
        let io = |source| WeightsError::Io {
            path: path.display().to_string(),
            action: "open",
            source,
        };
        // Asked before opening: opening a pipe would wait for its writer.
        if !std::fs::metadata(path).map_err(io)?.is_file() {
            return Err(WeightsError::NotAFile {
                path: path.display().to_string(),
            });
        }
        let mut file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        let header = Header::read(&mut file, length, path)?;
        Ok(TensorFile {
            file,
            path: path.to_owned(),
            header,
        })
    }

    /// The checked header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn path_text(&self) -> String {
        self.path.display().to_string()
    }

    /// The tensor `name`, or an error that names it, its shape in the network and the closest name.
    pub fn info(&self, name: &str, shape: &[usize]) -> Result<&TensorInfo, WeightsError> {
        self.header
            .tensors
            .get(name)
            .ok_or_else(|| self.missing(name, shape))
    }

    fn missing(&self, name: &str, shape: &[usize]) -> WeightsError {
        let closest = self
            .header
            .tensors
            .iter()
            .map(|(other, info)| {
                (
                    strsim::normalized_damerau_levenshtein(name, other),
                    other,
                    info,
                )
            })
            .filter(|(likeness, ..)| *likeness > 0.5)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, other, info)| (other.clone(), info.shape.clone()));
        WeightsError::Missing {
            path: self.path_text(),
            tensor: name.into(),
            shape: shape.into(),
            closest,
        }
    }

    /// The tensor's bytes, little-endian, as stored. `shape` and `dtype` must match; `network` names
    /// whoever expects them.
    pub fn bytes(
        &mut self,
        name: &str,
        dtype: Dtype,
        shape: &[usize],
        network: &str,
    ) -> Result<Vec<u8>, WeightsError> {
        let info = self.checked(name, shape, network)?;
        if info.dtype != dtype {
            return Err(WeightsError::Dtype {
                path: self.path_text(),
                tensor: name.into(),
                expected: dtype.name(),
                found: info.dtype.name(),
            });
        }
        self.read(name, info.offset, info.bytes)
    }

    /// The tensor as floats; F32, F16 and BF16 are accepted, NaN and infinity refused.
    pub fn floats(
        &mut self,
        name: &str,
        shape: &[usize],
        network: &str,
    ) -> Result<Vec<f32>, WeightsError> {
        let info = self.checked(name, shape, network)?;
        let (dtype, offset, length) = (info.dtype, info.offset, info.bytes);
        let convert: fn(&[u8]) -> f32 = match dtype {
            Dtype::F32 => |b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]),
            Dtype::F16 => |b| half::f16::from_le_bytes([b[0], b[1]]).to_f32(),
            Dtype::Bf16 => |b| half::bf16::from_le_bytes([b[0], b[1]]).to_f32(),
            other => {
                return Err(WeightsError::Dtype {
                    path: self.path_text(),
                    tensor: name.into(),
                    expected: "F32, F16 or BF16",
                    found: other.name(),
                })
            }
        };
        let bytes = self.read(name, offset, length)?;
        let values: Vec<f32> = bytes.chunks_exact(dtype.bytes()).map(convert).collect();
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(index) => Err(WeightsError::NotFinite {
                path: self.path_text(),
                tensor: name.into(),
                index,
                value: values[index],
            }),
        }
    }

    /// Bytes of all tensors together.
    pub fn data_bytes(&self) -> u64 {
        self.header
            .tensors
            .values()
            .map(|info| info.bytes as u64)
            .sum()
    }

    /// All tensors' bytes in the file's order, in portions of at most `chunk`.
    pub fn for_each_chunk(
        &mut self,
        chunk: usize,
        take: &mut dyn FnMut(&[u8]) -> Result<(), Interrupted>,
    ) -> Result<(), WeightsError> {
        // Tensors follow one another without gaps; the header's check saw to that.
        let mut offset = self
            .header
            .tensors
            .values()
            .map(|info| info.offset)
            .min()
            .unwrap_or(0);
        let end = offset + self.data_bytes();
        while offset < end {
            let length = (end - offset).min(chunk as u64) as usize;
            take(&self.read("data", offset, length)?)?;
            offset += length as u64;
        }
        Ok(())
    }

    fn checked(
        &self,
        name: &str,
        shape: &[usize],
        network: &str,
    ) -> Result<&TensorInfo, WeightsError> {
        let info = self.info(name, shape)?;
        if info.shape == shape {
            return Ok(info);
        }
        Err(WeightsError::Shape {
            path: self.path_text(),
            tensor: name.into(),
            network: network.into(),
            expected: shape.into(),
            found: info.shape.clone(),
        })
    }

    fn read(&mut self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, WeightsError> {
        let mut bytes = vec![0; length];
        let result = self
            .file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| self.file.read_exact(&mut bytes));
        match result {
            Ok(()) => Ok(bytes),
            // The file was whole when it was opened.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(WeightsError::Truncated {
                    path: self.path_text(),
                    what: format!("tensor {name}"),
                    expected: offset + length as u64,
                    found: self.file.metadata().map_or(0, |metadata| metadata.len()),
                })
            }
            Err(source) => Err(WeightsError::Io {
                path: self.path_text(),
                action: "read",
                source,
            }),
        }
    }
}
