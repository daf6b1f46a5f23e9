//! The header of a safetensors file, checked against the file's real length.

use super::{Dtype, WeightsError};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Longest header accepted: a thousand times what a VGG needs.
pub const MAX_HEADER_BYTES: u64 = 16 << 20;
/// Bytes of the header's length.
const PREFIX: u64 = 8;
/// Key of the free-form text entries.
const METADATA: &str = "__metadata__";

/// A tensor in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Element type.
    pub dtype: Dtype,
    /// Shape; the product of its sides is the number of elements and fits memory.
    pub shape: Vec<usize>,
    /// First byte, from the file's start.
    pub offset: u64,
    /// Bytes.
    pub bytes: usize,
}

/// A header whose every claim has been checked.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Header {
    /// Tensors by name.
    pub tensors: BTreeMap<String, TensorInfo>,
    /// The free-form text entries.
    pub metadata: BTreeMap<String, String>,
}

/// A JSON object that keeps duplicates, which a map would drop without a word.
struct Pairs<V>(Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor<V>(std::marker::PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for PairsVisitor<V> {
            type Value = Pairs<V>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<V>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor(std::marker::PhantomData))
    }
}

/// One value of the header: a tensor or, under its own key, the metadata.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Entry {
    Tensor(RawTensor),
    Metadata(Pairs<String>),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTensor {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

impl Header {
    /// Reads and checks the header of a file of `file_bytes` bytes; `path` is for messages.
    ///
    /// Refuses a length beyond the file or [`MAX_HEADER_BYTES`], anything but the format's JSON,
    /// duplicate names, unknown types, shapes that overflow, ranges that do not fit shape and type,
    /// overlaps, gaps, missing and surplus bytes.
    pub fn read(
        reader: &mut impl Read,
        file_bytes: u64,
        path: &Path,
    ) -> Result<Header, WeightsError> {
        let name = || path.display().to_string();
        let io = |source| WeightsError::Io {
            path: name(),
            action: "read the header",
            source,
        };
        let truncated = |what: &str, expected| WeightsError::Truncated {
            path: name(),
            what: what.into(),
            expected,
            found: file_bytes,
        };
        if file_bytes < PREFIX {
            return Err(truncated("the header's length", PREFIX));
        }
        let mut prefix = [0; PREFIX as usize];
        reader.read_exact(&mut prefix).map_err(io)?;
        let length = u64::from_le_bytes(prefix);
        if length > MAX_HEADER_BYTES {
            return Err(WeightsError::HeaderTooLarge {
                path: name(),
                found: length,
                limit: MAX_HEADER_BYTES,
            });
        }
        if length > file_bytes - PREFIX {
            return Err(truncated("the header", PREFIX + length));
        }
        let mut text = vec![0; length as usize];
        reader.read_exact(&mut text).map_err(io)?;
        let pairs: Pairs<Entry> =
            serde_json::from_slice(&text).map_err(|error| WeightsError::HeaderSyntax {
                path: name(),
                reason: error.to_string(),
            })?;
        Header::check(pairs.0, PREFIX + length, file_bytes, path)
    }

    fn check(
        entries: Vec<(String, Entry)>,
        data_start: u64,
        file_bytes: u64,
        path: &Path,
    ) -> Result<Header, WeightsError> {
        let file = || path.display().to_string();
        let mut header = Header::default();
        for (name, entry) in entries {
            let fresh = match entry {
                Entry::Metadata(pairs) if name == METADATA => {
                    if !header.metadata.is_empty() {
                        return Err(WeightsError::Duplicate { path: file(), name });
                    }
                    for (key, value) in pairs.0 {
                        if header.metadata.insert(key.clone(), value).is_some() {
                            return Err(WeightsError::Duplicate {
                                path: file(),
                                name: key,
                            });
                        }
                    }
                    true
                }
                Entry::Tensor(raw) if name != METADATA => {
                    let info = raw.check(&name, data_start, path)?;
                    header.tensors.insert(name.clone(), info).is_none()
                }
                _ => {
                    let reason = format!("{name} is neither a tensor nor text entries");
                    return Err(WeightsError::HeaderSyntax {
                        path: file(),
                        reason,
                    });
                }
            };
            if !fresh {
                return Err(WeightsError::Duplicate { path: file(), name });
            }
        }
        header.check_layout(data_start, file_bytes, path)?;
        Ok(header)
    }

    /// Tensors must follow one another without overlap or gap, up to the file's last byte.
    fn check_layout(
        &self,
        data_start: u64,
        file_bytes: u64,
        path: &Path,
    ) -> Result<(), WeightsError> {
        let mut tensors: Vec<_> = self.tensors.iter().collect();
        tensors.sort_by_key(|(_, info)| (info.offset, info.bytes));
        let mut expected = data_start;
        for (name, info) in tensors {
            if info.offset != expected {
                return Err(WeightsError::Layout {
                    path: path.display().to_string(),
                    tensor: name.clone(),
                    expected: expected - data_start,
                    found: info.offset - data_start,
                });
            }
            expected += info.bytes as u64;
            if expected > file_bytes {
                return Err(WeightsError::Truncated {
                    path: path.display().to_string(),
                    what: format!("tensor {name}"),
                    expected,
                    found: file_bytes,
                });
            }
        }
        if expected < file_bytes {
            let extra = file_bytes - expected;
            return Err(WeightsError::Trailing {
                path: path.display().to_string(),
                extra,
            });
        }
        Ok(())
    }
}

impl RawTensor {
    fn check(self, name: &str, data_start: u64, path: &Path) -> Result<TensorInfo, WeightsError> {
        let path = || path.display().to_string();
        let tensor = || name.to_owned();
        let Some(dtype) = Dtype::from_name(&self.dtype) else {
            return Err(WeightsError::UnknownDtype {
                path: path(),
                tensor: tensor(),
                found: self.dtype,
            });
        };
        let bytes = self
            .shape
            .iter()
            .try_fold(dtype.bytes() as u64, |bytes, &side| bytes.checked_mul(side))
            .filter(|&bytes| isize::try_from(bytes).is_ok())
            .filter(|_| {
                self.shape.len() <= 8
                    && self.shape.iter().all(|&side| isize::try_from(side).is_ok())
            });
        let Some(bytes) = bytes else {
            return Err(WeightsError::AbsurdShape {
                path: path(),
                tensor: tensor(),
                shape: self.shape,
            });
        };
        let (begin, end) = self.data_offsets;
        let offset = data_start
            .checked_add(begin)
            .filter(|_| end.checked_sub(begin) == Some(bytes));
        let Some(offset) = offset.filter(|offset| offset.checked_add(bytes).is_some()) else {
            return Err(WeightsError::Range {
                path: path(),
                tensor: tensor(),
                dtype: self.dtype,
                shape: self.shape,
                expected: bytes,
                begin,
                end,
            });
        };
        let shape = self.shape.iter().map(|&side| side as usize).collect();
        Ok(TensorInfo {
            dtype,
            shape,
            offset,
            bytes: bytes as usize,
        })
    }
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
