//! Tensors of an ONNX file: judged by their header, read when they are needed.

use super::proto::{self, decode};
use super::OnnxFault;
use prost::bytes::Bytes;

/// Most values of a tensor; the largest of VGG has 102,760,448.
pub(super) const MAX_VALUES: usize = 1 << 28;
/// Most dimensions.
const MAX_RANK: usize = 8;

/// An element type that is read; the numbers are ONNX's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    F32,
    U8,
    I8,
    I32,
    I64,
    F16,
    F64,
    Bf16,
}

impl Element {
    fn from_number(number: i32) -> Option<Element> {
        Some(match number {
            1 => Element::F32,
            2 => Element::U8,
            3 => Element::I8,
            6 => Element::I32,
            7 => Element::I64,
            10 => Element::F16,
            11 => Element::F64,
            16 => Element::Bf16,
            _ => return None,
        })
    }

    fn bytes(self) -> usize {
        match self {
            Element::U8 | Element::I8 => 1,
            Element::F16 | Element::Bf16 => 2,
            Element::F32 | Element::I32 => 4,
            Element::F64 | Element::I64 => 8,
        }
    }

    pub(super) fn is_float(self) -> bool {
        matches!(
            self,
            Element::F32 | Element::F16 | Element::F64 | Element::Bf16
        )
    }
}

/// A tensor whose shape and length agree; its values are still in the file's bytes.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) dims: Vec<usize>,
    pub(super) element: Element,
    raw: Bytes,
    /// The whole message, for typed data.
    message: Bytes,
}

impl Tensor {
    /// Reads a tensor's header. `name` is used where the tensor has none.
    pub(super) fn new(message: &Bytes, name: &str) -> Result<Tensor, OnnxFault> {
        let header: proto::Tensor = decode(message)?;
        let name = match header.name.is_empty() {
            true => name.to_owned(),
            false => header.name,
        };
        if header.data_location == 1 || !header.external_data.is_empty() {
            let reason = "its data lie in another file (external data); only files that hold everything are read";
            return Err(OnnxFault::tensor(&name, reason));
        }
        let Some(element) = Element::from_number(header.data_type) else {
            let reason = format!("element type {} is not read, expected float, float16, bfloat16, double, int8, uint8, int32 or int64", header.data_type);
            return Err(OnnxFault::tensor(&name, reason));
        };
        let dims = sizes(&name, &header.dims)?;
        let tensor = Tensor {
            name,
            dims,
            element,
            raw: header.raw_data,
            message: message.clone(),
        };
        let expected = tensor.len() * element.bytes();
        if !tensor.raw.is_empty() && tensor.raw.len() != expected {
            return Err(tensor.fault(format!(
                "shape {:?} needs {expected} bytes, it has {}",
                tensor.dims,
                tensor.raw.len()
            )));
        }
        // Every value takes a byte at least, so nothing longer than the file is ever made room for.
        if tensor.raw.is_empty() && message.len() < tensor.len() {
            return Err(tensor.fault(format!(
                "shape {:?} needs {} values, it has {} bytes in all",
                tensor.dims,
                tensor.len(),
                message.len()
            )));
        }
        Ok(tensor)
    }

    /// A tensor of a node's own numbers; there are at most as many as an attribute holds.
    pub(super) fn of_floats(name: &str, dims: Vec<usize>, values: &[f32]) -> Tensor {
        let raw = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Tensor::of_bytes(name, dims, Element::F32, raw)
    }

    /// As [`Tensor::of_floats`].
    pub(super) fn of_integers(name: &str, dims: Vec<usize>, values: &[i64]) -> Tensor {
        let raw = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Tensor::of_bytes(name, dims, Element::I64, raw)
    }

    fn of_bytes(name: &str, dims: Vec<usize>, element: Element, raw: Vec<u8>) -> Tensor {
        Tensor {
            name: name.into(),
            dims,
            element,
            raw: raw.into(),
            message: Bytes::new(),
        }
    }

    /// The same under another name.
    pub(super) fn renamed(&self, name: &str) -> Tensor {
        Tensor {
            name: name.into(),
            ..self.clone()
        }
    }

    /// Number of values.
    pub(super) fn len(&self) -> usize {
        self.dims.iter().product()
    }

    pub(super) fn fault(&self, reason: impl Into<String>) -> OnnxFault {
        OnnxFault::tensor(&self.name, reason)
    }

    /// The values as finite floats; integers are refused.
    pub(super) fn floats(&self) -> Result<Vec<f32>, OnnxFault> {
        if !self.element.is_float() {
            return Err(self.fault(format!("has type {:?}, expected floats", self.element)));
        }
        let values: Vec<f32> = match (self.element, self.raw.is_empty()) {
            (Element::F32, false) => self.each(f32::from_le_bytes),
            (Element::F64, false) => self.each(|bytes| f64::from_le_bytes(bytes) as f32),
            (Element::F16, false) => self.each(|bytes| half::f16::from_le_bytes(bytes).to_f32()),
            (_, false) => self.each(|bytes| half::bf16::from_le_bytes(bytes).to_f32()),
            (element, true) => {
                let data: proto::TensorData = decode(&self.message)?;
                match element {
                    Element::F32 => data.floats,
                    Element::F64 => data.doubles.into_iter().map(|x| x as f32).collect(),
                    // Halves lie in the lower 16 bits of 32-bit integers.
                    Element::F16 => data
                        .int32
                        .into_iter()
                        .map(|bits| half::f16::from_bits(bits as u16).to_f32())
                        .collect(),
                    _ => data
                        .int32
                        .into_iter()
                        .map(|bits| half::bf16::from_bits(bits as u16).to_f32())
                        .collect(),
                }
            }
        };
        self.counted(values.len())?;
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(index) => Err(self.fault(format!("is {} at index {index}", values[index]))),
        }
    }

    /// The values as integers; floats are refused.
    pub(super) fn integers(&self) -> Result<Vec<i64>, OnnxFault> {
        let values: Vec<i64> = match (self.element, self.raw.is_empty()) {
            (Element::I8, false) => self.each(|[byte]: [u8; 1]| i64::from(byte as i8)),
            (Element::U8, false) => self.each(|[byte]: [u8; 1]| i64::from(byte)),
            (Element::I32, false) => self.each(|bytes| i64::from(i32::from_le_bytes(bytes))),
            (Element::I64, false) => self.each(i64::from_le_bytes),
            (element, true) if !element.is_float() => {
                let data: proto::TensorData = decode(&self.message)?;
                match element {
                    Element::I64 => data.int64,
                    _ => data.int32.into_iter().map(i64::from).collect(),
                }
            }
            _ => return Err(self.fault(format!("has type {:?}, expected integers", self.element))),
        };
        self.counted(values.len())?;
        let range: std::ops::RangeInclusive<i64> = match self.element {
            Element::I8 => -128..=127,
            Element::U8 => 0..=255,
            _ => return Ok(values),
        };
        match values.iter().find(|value| !range.contains(*value)) {
            None => Ok(values),
            Some(value) => Err(self.fault(format!("holds {value}, beyond {:?}", self.element))),
        }
    }

    fn each<const N: usize, T>(&self, convert: impl Fn([u8; N]) -> T) -> Vec<T> {
        let chunks = self.raw.chunks_exact(N);
        chunks
            .map(|chunk| convert(std::array::from_fn(|byte| chunk[byte])))
            .collect()
    }

    fn counted(&self, found: usize) -> Result<(), OnnxFault> {
        if found == self.len() {
            return Ok(());
        }
        Err(self.fault(format!(
            "shape {:?} needs {} values, it has {found}",
            self.dims,
            self.len()
        )))
    }
}

fn sizes(name: &str, dims: &[i64]) -> Result<Vec<usize>, OnnxFault> {
    let absurd = || OnnxFault::tensor(name, format!("claims the absurd shape {dims:?}"));
    if dims.len() > MAX_RANK {
        let reason = format!("has {} dimensions, the limit is {MAX_RANK}", dims.len());
        return Err(OnnxFault::tensor(name, reason));
    }
    let sizes: Option<Vec<usize>> = dims.iter().map(|&dim| usize::try_from(dim).ok()).collect();
    let sizes = sizes.ok_or_else(absurd)?;
    let count = sizes
        .iter()
        .try_fold(1usize, |product, &dim| product.checked_mul(dim.max(1)));
    match count {
        Some(count) if count <= MAX_VALUES => Ok(sizes),
        _ => Err(absurd()),
    }
}
