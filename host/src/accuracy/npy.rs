//! Arrays of integers in NumPy's format, read with suspicion.
//!
//! The format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>. The `ndarray-npy` crate, which writes our
//! arrays, trusts a header's lengths and shape too much to read those of others.

use crate::bounded;
use crate::fault::Fault;
use py_literal::Value;
use std::path::Path;

/// Longest file accepted.
pub const MAX_BYTES: u64 = 1 << 30;
/// Longest header accepted; NumPy's own for integers take 118 bytes.
const MAX_HEADER: usize = 1024;
/// Brackets that a header opens: the dictionary's and the shape's.
const BRACKETS: usize = 2;
const MAGIC: &[u8] = b"\x93NUMPY";

/// An array that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
    /// The operating system refused.
    #[error("{path}: cannot read: {source}")]
    Io {
        /// The file.
        path: String,
        /// Its reason.
        source: std::io::Error,
    },
    /// Longer than is accepted.
    #[error("{path} has {found} bytes, the limit is {MAX_BYTES}")]
    TooLarge {
        /// The file.
        path: String,
        /// Its length.
        found: u64,
    },
    /// Not in NumPy's format, or damaged.
    #[error("{path} is no NumPy array: {reason}")]
    Format {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// Elements of another type.
    #[error("{path} holds elements of type {found}, expected {expected}")]
    Dtype {
        /// The file.
        path: String,
        /// The types that would do.
        expected: &'static str,
        /// NumPy's name of the type found.
        found: String,
    },
    /// More or fewer bytes than the shape needs.
    #[error("{path}: its shape {shape:?} needs {expected} bytes of data, found {found}")]
    Length {
        /// The file.
        path: String,
        /// The shape that its header says.
        shape: Vec<usize>,
        /// Bytes of that shape; `too many` if they cannot be counted.
        expected: String,
        /// Bytes behind the header.
        found: usize,
    },
}

impl Fault for NpyError {
    fn code(&self) -> &'static str {
        match self {
            NpyError::Io { .. } => "npy.io",
            NpyError::TooLarge { .. } => "npy.too_large",
            NpyError::Format { .. } => "npy.format",
            NpyError::Dtype { .. } => "npy.dtype",
            NpyError::Length { .. } => "npy.length",
        }
    }

    fn help(&self) -> String {
        match self {
            NpyError::Io { .. } => "check the path and its permissions",
            NpyError::TooLarge { .. } => "cut the array into several files",
            NpyError::Format { .. } | NpyError::Length { .. } => {
                "write the array again with numpy.save"
            }
            NpyError::Dtype { .. } => "convert the array with numpy's astype",
        }
        .into()
    }
}

/// An array in C order: its shape, NumPy's name of its elements' type such as `|u1`, and its bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Npy {
    pub shape: Vec<usize>,
    pub dtype: String,
    pub data: Vec<u8>,
}

/// Reads a file. Refuses what is no regular file, too long, or not as long as its shape says.
pub(super) fn read(path: &Path) -> Result<Npy, NpyError> {
    let name = path.display().to_string();
    let bytes = bounded::read(path, MAX_BYTES).map_err(|refused| match refused.into_io() {
        Ok(source) => NpyError::Io {
            path: name.clone(),
            source,
        },
        Err(found) => NpyError::TooLarge {
            path: name.clone(),
            found,
        },
    })?;
    parse(bytes, &name)
}

/// The array in a file's bytes; `name` is for messages.
pub(super) fn parse(mut bytes: Vec<u8>, name: &str) -> Result<Npy, NpyError> {
    let refuse = |reason: String| NpyError::Format {
        path: name.into(),
        reason,
    };
    let (start, length) = header_place(&bytes).map_err(refuse)?;
    let header = &bytes[start..start + length];
    let (dtype, width, shape) = header_fields(header).map_err(refuse)?;
    let found = bytes.len() - start - length;
    let values = shape.iter().try_fold(1usize, |n, &by| n.checked_mul(by));
    let expected = values.and_then(|values| values.checked_mul(width));
    if expected != Some(found) {
        return Err(NpyError::Length {
            path: name.into(),
            shape,
            expected: expected.map_or("too many".into(), |n| n.to_string()),
            found,
        });
    }
    let data = bytes.split_off(start + length);
    Ok(Npy { shape, dtype, data })
}

/// Where the header's text begins and how long it is; both lie within the bytes.
fn header_place(bytes: &[u8]) -> Result<(usize, usize), String> {
    let begins = bytes.strip_prefix(MAGIC).and_then(|rest| rest.get(..4));
    let &[major, _, low, high] = begins.ok_or("it does not begin as one")? else {
        return Err("it ends within its header".into());
    };
    let (start, length) = match major {
        1 => (10, usize::from(u16::from_le_bytes([low, high]))),
        2 | 3 => {
            let more = bytes.get(10..12).ok_or("it ends within its header")?;
            let length = u32::from_le_bytes([low, high, more[0], more[1]]);
            (12, usize::try_from(length).unwrap_or(usize::MAX))
        }
        _ => return Err(format!("version {major} of the format is not known")),
    };
    if length > MAX_HEADER {
        return Err(format!(
            "its header has {length} bytes, the limit is {MAX_HEADER}"
        ));
    }
    match bytes.len() - start < length {
        true => Err("it ends within its header".into()),
        false => Ok((start, length)),
    }
}

/// Type of the elements, their width in bytes, and shape.
fn header_fields(header: &[u8]) -> Result<(String, usize, Vec<usize>), String> {
    let text = std::str::from_utf8(header).map_err(|_| "its header is no text")?;
    // The parser goes down a level for each bracket, and may try each level several times.
    if text.matches(['(', '[', '{']).count() > BRACKETS {
        return Err("its elements are of several types, or its header is damaged".into());
    }
    let value: Value = text
        .trim()
        .parse()
        .map_err(|_| "its header is no Python dictionary")?;
    let fields = value
        .as_dict()
        .ok_or("its header is no Python dictionary")?;
    let field = |name: &str| {
        let mut of_name = fields.iter();
        let found = of_name.find(|(key, _)| key.as_string().is_some_and(|key| key == name));
        let found = found.map(|(_, value)| value);
        found.ok_or_else(|| format!("its header has no entry {name}"))
    };
    if field("fortran_order")?.as_boolean() != Some(false) {
        return Err(
            "its rows are columns (fortran_order); numpy.ascontiguousarray turns them".into(),
        );
    }
    let shape = field("shape")?.as_tuple().and_then(|sizes| {
        let size = |size: &Value| size.as_integer()?.to_string().parse().ok();
        sizes.iter().map(size).collect::<Option<Vec<usize>>>()
    });
    let shape = shape.ok_or("its shape is not a tuple of sizes")?;
    let dtype = field("descr")?
        .as_string()
        .ok_or("its elements are of several types")?;
    let width = dtype.get(2..).and_then(|width| width.parse().ok());
    let width = width.filter(|width| (1..=16).contains(width));
    let width = width.ok_or_else(|| format!("the type {dtype:?} of its elements is not known"))?;
    Ok((dtype.clone(), width, shape))
}

#[cfg(test)]
#[path = "npy_tests.rs"]
mod tests;
